//! Why a rule cannot be saved.

use crate::expr::ExprError;
use crate::model::content::LimitFault;
use crate::model::rule::{BUTTON_MAX_CHARS, NAME_MAX_CHARS, TARGETS_MAX};
use crate::model::{AppKey, CorpKey, Digest};
use crate::store::StoreError;

/// Why something about rules was not done; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The rule cannot be saved like this.
    #[error("the rule has faults")]
    Faults(Vec<RuleFault>),
    /// There are as many rules as there may be.
    #[error("a tenant has at most {} rules", crate::model::rule::RULES_MAX)]
    TooMany,
    /// The store failed, or something does not exist.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// One fault of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFault {
    /// Where, e.g. `targets[0].title`.
    pub at: String,
    /// What.
    pub kind: RuleFaultKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleFaultKind {
    /// Empty or too long.
    #[error("must have 1 to {NAME_MAX_CHARS} characters")]
    Length,
    /// A filter or a template does not compile.
    #[error("{0}")]
    Expression(#[from] ExprError),
    /// None, or too many.
    #[error("a rule has 1 to {TARGETS_MAX} targets")]
    Targets,
    /// The same app twice.
    #[error("the app is a target of this rule already")]
    Twice,
    /// No such corp at this tenant.
    #[error("the tenant has no corp {0}")]
    NoCorp(CorpKey),
    /// No such app at the corp.
    #[error("the corp has no app {0}")]
    NoApp(AppKey),
    /// MSG-10.
    #[error("has {got} characters, {BUTTON_MAX_CHARS} are allowed")]
    Button {
        /// Given.
        got: usize,
    },
    /// MSG-11: buttons need somebody who hears of them.
    #[error(
        "a template card with buttons needs the app's callback (URL, Token, EncodingAESKey): switch it on for the app"
    )]
    NoCallback,
    /// Both ends are the same.
    #[error("quiet hours need two different times")]
    QuietHours,
    /// Outside of the range.
    #[error("must be {} to {} seconds", Digest::WINDOW_S.start(), Digest::WINDOW_S.end())]
    Digest,
    /// WeCom would refuse what comes out.
    #[error("{0}")]
    Limit(LimitFault),
}
