//! What keeps a callback out, and how its receiver fares.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a callback was not taken. The text of each, and what to do, is in the locale files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallbackFault {
    /// The corp has no such app.
    UnknownApp,
    /// The app's callback is switched off.
    Off,
    /// There is no Token or no EncodingAESKey.
    NoKeys,
    /// The stored EncodingAESKey cannot be used.
    BadKey,
    /// `msg_signature`, `timestamp`, `nonce` or `echostr` is missing.
    Parameters,
    /// The body is too large.
    TooLarge,
    /// The body broke off or came too slowly.
    BrokenOff,
    /// The outer body is neither the documented XML nor JSON.
    Envelope,
    /// Token and content do not give the signature, nor does the EncodingAESKey open the content.
    Signature,
    /// The EncodingAESKey opens the content, the Token does not give the signature.
    Token,
    /// The keys of another receiver of the corp fit: the URL is entered in the wrong place.
    OtherReceiver,
    /// `Encrypt` is not base64.
    Base64,
    /// `Encrypt` has an impossible length.
    Length,
    /// The EncodingAESKey differs.
    Padding,
    /// The length inside the plaintext does not fit.
    LengthField,
    /// The CorpID inside the plaintext differs.
    ReceiveId,
    /// The message is not UTF-8.
    Utf8,
    /// The message inside is neither XML nor JSON, or says not what it is.
    Message,
    /// It is older than what is kept: a replay could not be told from it.
    Stale,
    /// The AgentID inside is that of another app; it was taken all the same.
    AgentId,
    /// It could not be stored in time.
    NotStored,
}

impl CallbackFault {
    /// Every fault, in the order of the checks.
    pub const ALL: [Self; 21] = [
        Self::UnknownApp,
        Self::Off,
        Self::NoKeys,
        Self::BadKey,
        Self::Parameters,
        Self::TooLarge,
        Self::BrokenOff,
        Self::Envelope,
        Self::Signature,
        Self::Token,
        Self::OtherReceiver,
        Self::Base64,
        Self::Length,
        Self::Padding,
        Self::LengthField,
        Self::ReceiveId,
        Self::Utf8,
        Self::Message,
        Self::Stale,
        Self::AgentId,
        Self::NotStored,
    ];

    /// The name, as documents and metrics spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownApp => "unknown_app",
            Self::Off => "off",
            Self::NoKeys => "no_keys",
            Self::BadKey => "bad_key",
            Self::Parameters => "parameters",
            Self::TooLarge => "too_large",
            Self::BrokenOff => "broken_off",
            Self::Envelope => "envelope",
            Self::Signature => "signature",
            Self::Token => "token",
            Self::OtherReceiver => "other_receiver",
            Self::Base64 => "base64",
            Self::Length => "length",
            Self::Padding => "padding",
            Self::LengthField => "length_field",
            Self::ReceiveId => "receive_id",
            Self::Utf8 => "utf8",
            Self::Message => "message",
            Self::Stale => "stale",
            Self::AgentId => "agent_id",
            Self::NotStored => "not_stored",
        }
    }
}

/// One callback that was not taken, for the administrator; the sender was told nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackFailure {
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Whether it was the check of the URL (GET) and not a delivery (POST).
    pub is_check: bool,
    /// What was wrong.
    pub fault: CallbackFault,
    /// Particulars, English; empty = none.
    #[serde(default)]
    pub detail: String,
    /// Who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What is known of one receiver: the last checks of its URL and the last failures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CallbackHealth {
    /// When the console last checked the URL with success, Unix milliseconds.
    pub checked_at_ms: Option<i64>,
    /// When a delivery was last taken, Unix milliseconds; as of the last failure, or since the start.
    pub taken_at_ms: Option<i64>,
    /// Failures ever counted.
    pub failures: u64,
    /// The last ones, the newest first.
    pub last: Vec<CallbackFailure>,
}

impl CallbackHealth {
    /// Failures that are kept.
    pub const KEPT: usize = 20;

    /// Adds a failure.
    pub fn note(&mut self, failure: CallbackFailure) {
        self.failures += 1;
        self.last.insert(0, failure);
        self.last.truncate(Self::KEPT);
    }

    /// Whether the newest failure is later than the last success.
    pub fn is_failing(&self) -> bool {
        let good = self.checked_at_ms.max(self.taken_at_ms);
        self.last.iter().any(|failure| failure.fault != CallbackFault::AgentId && Some(failure.at_ms) > good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_failures_are_kept_and_a_success_ends_them() {
        let mut health = CallbackHealth::default();
        for at_ms in 0..30 {
            let fault = CallbackFault::Signature;
            health.note(CallbackFailure { at_ms, is_check: false, fault, detail: String::new(), from: None });
        }
        assert_eq!((health.failures, health.last.len(), health.last[0].at_ms), (30, CallbackHealth::KEPT, 29));
        assert!(health.is_failing());
        health.taken_at_ms = Some(29);
        assert!(!health.is_failing());
    }
}
