//! Messages of a corp: what was said, to whom, what arrived in truth, and what may still be done with it.
//!
//! Knows contents, receivers and windows of time; no HTTP and no XML. Everything is bounded: the oldest messages, codes
//! and checks are forgotten (`MessageLimits`).

pub mod card;
pub mod codes;
pub mod content;
pub mod flow;
pub mod message;
pub mod read;
pub mod receivers;
pub mod repeats;
pub mod ring;
pub mod update;

use codes::Codes;
use flow::{Days, Flows};
use repeats::Repeats;
use ring::Ring;
use serde::{Deserialize, Serialize};

/// Everything about the messages of a corp.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Messages {
    /// The messages themselves.
    pub ring: Ring,
    /// response_codes.
    pub codes: Codes,
    /// Duplicate checks.
    pub repeats: Repeats,
    /// App messages to members, for the silent drop.
    pub flows: Flows,
    /// Group chat messages to members, for theirs.
    pub chat_flows: Flows,
    /// Messages by app and day.
    pub days: Days,
}
