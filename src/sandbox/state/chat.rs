//! Group chats that apps made (doc path 90244) and group robots (doc path 91770).

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A group chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    /// The app that made it and alone may use it.
    pub agentid: u64,
    /// Name.
    pub name: String,
    /// Owner, folded userid; one of the members.
    pub owner: String,
    /// Members, folded userids.
    pub members: BTreeSet<String>,
    /// Creation.
    pub created_at_ms: i64,
    /// Dissolved (private editions): calls answer 49008.
    #[serde(default)]
    pub is_dismissed: bool,
}

/// All group chats of a corp.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chats {
    /// By chatid.
    pub groups: BTreeMap<String, Chat>,
    /// When groups were made.
    pub creations: VecDeque<i64>,
    /// When groups were changed.
    pub changes: VecDeque<i64>,
    /// Person-times sent: when and how many, oldest first.
    pub sent: VecDeque<(i64, u64)>,
}

impl Chats {
    /// Counts person-times in; `false` = one of the windows is full, and nothing was counted.
    pub fn takes(&mut self, person_times: u64, minute: u64, hour: u64, now_ms: i64) -> bool {
        const MINUTE_MS: i64 = 60_000;
        const HOUR_MS: i64 = 3_600_000;
        while self.sent.front().is_some_and(|(at_ms, _)| at_ms + HOUR_MS <= now_ms) {
            self.sent.pop_front();
        }
        let within = |span_ms: i64| -> u64 {
            self.sent.iter().filter(|(at_ms, _)| at_ms + span_ms > now_ms).map(|(_, count)| count).sum()
        };
        let is_free = |limit: u64, span_ms| limit == 0 || within(span_ms) + person_times <= limit;
        if !(is_free(minute, MINUTE_MS) && is_free(hour, HOUR_MS)) {
            return false;
        }
        match self.sent.back_mut() {
            Some((at_ms, count)) if *at_ms == now_ms => *count += person_times,
            _ => self.sent.push_back((now_ms, person_times)),
        }
        true
    }
}

fn yes() -> bool {
    true
}

/// A group robot. It is made by a member in a group; here by `/_sandbox/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Robot {
    /// Name.
    pub name: String,
    /// Members of its group, folded userids.
    #[serde(default)]
    pub members: BTreeSet<String>,
    /// Switched on (93004).
    #[serde(default = "yes")]
    pub is_enabled: bool,
    /// Still in the group (93008).
    #[serde(default = "yes")]
    pub is_in_group: bool,
    /// When it spoke.
    #[serde(default)]
    pub sent: VecDeque<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn person_times_are_counted_in_both_windows() {
        let mut chats = Chats::default();
        for (now_ms, count, takes) in [
            (0, 60, true),
            (1, 41, false), // 101 in the minute
            (2, 40, true),
            (60_000, 60, true),
            (60_001, 41, false),  // 41 + 40 + 60 in the minute
            (120_000, 41, false), // 201 in the hour
            (120_000, 40, true),
            (3_600_000, 60, true), // the first 60 have left the hour
        ] {
            assert_eq!(chats.takes(count, 100, 200, now_ms), takes, "{count} at {now_ms}");
        }
        assert!(chats.takes(1_000_000, 0, 0, 3_600_000), "0 = no limit");
    }
}
