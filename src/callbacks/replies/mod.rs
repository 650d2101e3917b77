//! Auto replies: rules as people and programs change them, the box to try them out, and the choice at the moment a member
//! has said something.

mod answer;
mod draft;
mod service;

pub(super) use answer::{Answered, answer};
pub use draft::{AutoReplyDraft, KEYWORD_MAX, PRIORITIES, REPLY_MAX, ReplyFault, ReplyRule};
pub use service::{RULES_MAX, TriedReply};

use crate::model::{AppKey, AutoReplyId, CorpKey, PictureId};
use crate::store::{self, Reads, StoreError};

/// Why a rule is refused.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// Its fields are not acceptable.
    #[error("the rule is not acceptable: {}", .0.iter().map(|fault| format!("{} {}", fault.field, fault.rule.text())).collect::<Vec<_>>().join("; "))]
    Faults(Vec<ReplyFault>),
    /// The corp has no such app.
    #[error("there is no app {0}")]
    NoApp(AppKey),
    /// There is no such rule.
    #[error("there is no auto reply {0}")]
    NoRule(AutoReplyId),
    /// There is no such picture.
    #[error("there is no picture {0}")]
    NoPicture(PictureId),
    /// A file is no picture that WeCom takes.
    #[error("the picture is not acceptable: it {0}")]
    Picture(&'static str),
    /// A picture cannot be removed while rules send it.
    #[error("the picture is sent by auto replies: {}", .0.join(", "))]
    PictureInUse(Vec<String>),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a corp, which must exist, has an app.
pub(super) fn has_app(tx: &impl Reads, corp: &CorpKey, app: &AppKey) -> Result<bool, StoreError> {
    let corp = store::corps::find(tx, corp)?.ok_or_else(|| StoreError::not_found(format!("corp {corp}")))?;
    Ok(corp.find_app(app).is_some())
}
