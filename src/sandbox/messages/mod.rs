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

use crate::sandbox::state::member::Text;
use codes::Codes;
use flow::{Days, Flows};
use message::{Origin, Room};
use repeats::Repeats;
use ring::Ring;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// How far members have read, by folded userid and name of the room.
    pub read: BTreeMap<Text, BTreeMap<String, u64>>,
}

impl Messages {
    /// The member has the room open: everything in it is read.
    pub fn mark_read(&mut self, folded: &Text, room: &Room) {
        let newest = self.ring.iter().next_back().map(|message| message.number);
        if let Some(newest) = newest {
            self.read.entry(folded.clone()).or_default().insert(room.name(), newest);
        }
    }

    /// Messages in a room that the member has not seen yet.
    pub fn unread(&self, folded: &str, room: &Room) -> usize {
        let read = self.read.get(folded).and_then(|rooms| rooms.get(&room.name())).copied().unwrap_or_default();
        let newer = self.ring.iter().rev().take_while(|message| message.number > read);
        newer
            .filter(|message| message.origin.is_in(room) && !matches!(message.origin, Origin::Member { .. }))
            .filter(|message| message.receipt(folded).is_some_and(|receipt| !receipt.is_dropped))
            .count()
    }
}
