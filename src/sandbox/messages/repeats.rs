//! The duplicate check: an identical request within its interval is not delivered again (doc path 90236).

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// A request that was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Delivered {
    until_ms: i64,
    msgid: String,
}

/// Requests that asked for the check, the oldest forgotten.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Repeats {
    delivered: HashMap<String, Delivered>,
    order: VecDeque<String>,
}

impl Repeats {
    /// The msgid of the same request, when its interval is not over.
    pub fn find(&self, fingerprint: &str, now_ms: i64) -> Option<&str> {
        self.delivered
            .get(fingerprint)
            .filter(|request| now_ms < request.until_ms)
            .map(|request| request.msgid.as_str())
    }

    /// Remembers a delivered request.
    pub fn note(&mut self, fingerprint: String, until_ms: i64, msgid: &str, kept: usize) {
        let request = Delivered { until_ms, msgid: msgid.to_owned() };
        if self.delivered.insert(fingerprint.clone(), request).is_none() {
            self.order.push_back(fingerprint);
        }
        while self.order.len() > kept.max(1) {
            if let Some(oldest) = self.order.pop_front() {
                self.delivered.remove(&oldest);
            }
        }
    }
}
