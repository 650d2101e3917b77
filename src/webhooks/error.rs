//! Why something about a webhook is refused.

use crate::store::StoreError;

/// One fault of a webhook's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookFault {
    /// The setting.
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

/// What goes wrong.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The settings are not acceptable.
    #[error("the settings of the webhook are not acceptable: {}", .0.iter().map(|fault| format!("{} {}", fault.field, fault.rule)).collect::<Vec<_>>().join("; "))]
    Faults(Vec<WebhookFault>),
    /// There is no such webhook.
    #[error("there is no webhook {0}")]
    NoWebhook(String),
    /// There is no such telling.
    #[error("there is no telling {0}")]
    NoPost(String),
    /// The telling waits or was taken: there is nothing to send again.
    #[error("telling {0} is not a dead letter")]
    NotDead(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
