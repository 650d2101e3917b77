//! The seam to rules and templates: what a message says at which app.

use crate::model::content::Content;
use crate::model::{AppKey, CorpKey, Message, QuietWindow};
use crate::store::{ReadTx, StoreError};

/// One target of a message: an app, and what is said there.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// Id of the rule.
    pub rule: String,
    /// Corp.
    pub corp: CorpKey,
    /// App.
    pub app: AppKey,
    /// What is said, one after the other, or why it cannot be said.
    pub contents: Result<Vec<Content>, String>,
    /// Hours in which nothing is sent.
    pub quiet: Option<QuietWindow>,
    /// Milliseconds within which further messages to the same member are collected; `None` = each goes out by itself.
    pub digest_ms: Option<i64>,
}

/// Finds the targets of a message and what is said at each.
pub trait Compose: Send + Sync + 'static {
    /// Targets of the message, each corp and app once; none = no rule matches.
    fn compose(&self, tx: &ReadTx, message: &Message) -> Result<Vec<Composed>, StoreError>;
}

/// Without rules no message has a target.
#[derive(Debug, Clone, Copy)]
pub struct NoRules;

impl Compose for NoRules {
    fn compose(&self, _: &ReadTx, _: &Message) -> Result<Vec<Composed>, StoreError> {
        Ok(Vec::new())
    }
}
