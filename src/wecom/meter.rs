//! Who is told about calls: the appliance's metrics (observer) and the counts of one run (meter).

use super::endpoint::Endpoint;
use crate::model::{Calls, CorpKey};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Stands in for an errcode when no usable answer came.
pub const NO_ANSWER: i64 = -1000;

/// Is told about every request, retries and gettoken included. Must not block.
pub trait CallObserver: Send + Sync {
    /// One request ended with this errcode ([`NO_ANSWER`] when none came) after so many milliseconds.
    fn called(&self, corp: &CorpKey, endpoint: &'static str, errcode: i64, elapsed_ms: u64);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl CallObserver for NoObserver {
    fn called(&self, _: &CorpKey, _: &'static str, _: i64, _: u64) {}
}

/// Counts the requests of one run, retries included. `gettoken` counts in `by_endpoint` only: it is neither a read
/// of the directory nor a write.
#[derive(Debug, Default)]
pub struct CallMeter(Mutex<Calls>);

impl CallMeter {
    /// All zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// The counts so far.
    pub fn calls(&self) -> Calls {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count(&self, endpoint: &Endpoint) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if endpoint.name != super::endpoint::GETTOKEN.name {
            if endpoint.is_write() {
                calls.writes += 1;
            } else {
                calls.reads += 1;
            }
        }
        count_one(&mut calls.by_endpoint, endpoint.name);
    }
}

fn count_one(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
