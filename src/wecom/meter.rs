//! Who is told about calls: the appliance's metrics (observer) and the counts of one run (meter).

use super::clients::Credential;
use super::endpoint::Endpoint;
use crate::model::{Calls, CorpKey, SecretName};
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
/// of the directory nor a write. Knows, too, with which secrets calls went through.
#[derive(Debug, Default)]
pub struct CallMeter(Mutex<Calls>, Mutex<BTreeMap<Credential, (i64, i64)>>);

impl CallMeter {
    /// All zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// The counts so far.
    pub fn calls(&self) -> Calls {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The secrets with which calls went through, each with when the first and the last of them began, Unix milliseconds.
    pub fn passed(&self) -> Vec<(SecretName, i64, i64)> {
        let passed = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let name = |credential: &Credential| match credential {
            Credential::Contacts => SecretName::Contacts,
            Credential::App(app) => SecretName::App(app.clone()),
        };
        passed.iter().map(|(credential, (first, last))| (name(credential), *first, *last)).collect()
    }

    pub(crate) fn pass(&self, credential: &Credential, began_ms: i64) {
        let mut passed = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, last) = passed.entry(credential.clone()).or_insert((began_ms, began_ms));
        (*first, *last) = (began_ms.min(*first), began_ms.max(*last));
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
