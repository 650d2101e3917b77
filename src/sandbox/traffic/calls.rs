//! The calls log: the last calls, and counts of all. No token, secret or body is kept.

use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Number, from 1.
    pub seq: u64,
    /// When, by the sandbox's clock.
    pub at_ms: i64,
    /// `GET` or `POST`.
    pub method: String,
    /// Path after `/cgi-bin/`, e.g. `user/create`.
    pub endpoint: String,
    /// Corp, where the token told it.
    pub corpid: String,
    /// `contacts`, `app 1000002`, or empty.
    pub credential: String,
    /// Caller.
    pub ip: String,
    /// userid or department id, where there is one.
    pub subject: String,
    /// What was answered, or would have been.
    pub errcode: i64,
    /// Whether the call was carried out without an error, even if its answer was lost.
    pub is_applied: bool,
    /// Fault that hit it, or empty.
    pub fault: String,
}

/// Counts of one endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EndpointCount {
    /// Calls.
    pub calls: u64,
    /// Calls by errcode; 0 is success.
    pub by_errcode: BTreeMap<i64, u64>,
    /// Calls hit by a fault.
    pub faults: u64,
}

/// The log.
#[derive(Debug)]
pub struct Calls {
    last: VecDeque<Call>,
    counts: BTreeMap<String, EndpointCount>,
    total: u64,
    kept: usize,
}

impl Default for Calls {
    fn default() -> Self {
        Self { last: VecDeque::new(), counts: BTreeMap::new(), total: 0, kept: 10_000 }
    }
}

impl Calls {
    /// A log that remembers the last `kept` calls.
    pub fn keeping(kept: usize) -> Self {
        Self { kept, ..Self::default() }
    }

    /// Adds a call; its number is set here.
    pub fn push(&mut self, mut call: Call) {
        self.total += 1;
        call.seq = self.total;
        if !self.counts.contains_key(&call.endpoint) {
            self.counts.insert(call.endpoint.clone(), EndpointCount::default());
        }
        if let Some(count) = self.counts.get_mut(&call.endpoint) {
            count.calls += 1;
            *count.by_errcode.entry(call.errcode).or_default() += 1;
            count.faults += u64::from(!call.fault.is_empty());
        }
        if self.kept == 0 {
            return;
        }
        if self.last.len() == self.kept {
            self.last.pop_front();
        }
        self.last.push_back(call);
    }

    /// The remembered calls, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Call> + ExactSizeIterator {
        self.last.iter()
    }

    /// Counts by endpoint, over all calls.
    pub fn counts(&self) -> &BTreeMap<String, EndpointCount> {
        &self.counts
    }

    /// All calls since the start or the last [`Calls::clear`].
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::keeping(self.kept);
    }
}
