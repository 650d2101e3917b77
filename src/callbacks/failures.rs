//! Failures of callbacks for the administrator: the last ones of each receiver, in memory at once, in the store at most
//! every few seconds, however often a stranger knocks.

use crate::clock::Clock;
use crate::model::{CallbackFailure, CallbackHealth, CallbackOf, CorpKey};
use crate::store::{self, Store, StoreError};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures of one receiver are written at most so often.
const WRITTEN_EVERY_MS: i64 = 5_000;
/// A failure is looked into (by trying other keys) at most so often per receiver.
const LOOKED_INTO_EVERY_MS: i64 = 1_000;
/// Receivers that are watched: a stranger can invent names of apps, but no more than this.
const WATCHED_MAX: usize = 2_000;

#[derive(Debug, Default)]
struct Watched {
    health: CallbackHealth,
    is_loaded: bool,
    written_at_ms: i64,
    looked_into_at_ms: i64,
}

type Map = HashMap<(CorpKey, CallbackOf), Watched>;

/// The last failures of all receivers.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<Map>);

impl Failures {
    fn lock(&self) -> MutexGuard<'_, Map> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a failure of this receiver may be looked into now.
    pub(super) fn may_look_into(&self, corp: &CorpKey, of: &CallbackOf, now_ms: i64) -> bool {
        let (key, mut map) = ((corp.clone(), of.clone()), self.lock());
        if map.len() >= WATCHED_MAX && !map.contains_key(&key) {
            return false;
        }
        let watched = map.entry(key).or_default();
        let may = !(0..LOOKED_INTO_EVERY_MS).contains(&(now_ms - watched.looked_into_at_ms));
        if may {
            watched.looked_into_at_ms = now_ms;
        }
        may
    }

    /// Notes a failure; it is stored within seconds.
    pub(super) fn note(&self, store: &Store, clock: &Clock, corp: &CorpKey, of: &CallbackOf, failure: CallbackFailure) {
        self.change(store, clock, corp, of, false, move |health| health.note(failure));
    }

    /// Notes that the console has checked the URL with success; it is stored at once.
    pub(super) fn note_checked(&self, store: &Store, clock: &Clock, corp: &CorpKey, of: &CallbackOf) {
        let now_ms = clock.now_ms();
        self.change(store, clock, corp, of, true, move |health| health.checked_at_ms = Some(now_ms));
    }

    /// Notes that a delivery was taken; in memory only, for the inbox itself says it.
    pub(super) fn note_taken(&self, corp: &CorpKey, of: &CallbackOf, now_ms: i64) {
        let mut map = self.lock();
        if !map.is_empty()
            && let Some(watched) = map.get_mut(&(corp.clone(), of.clone()))
        {
            watched.health.taken_at_ms = Some(now_ms);
        }
    }

    /// What is known of a receiver: as stored, with what came since.
    pub(super) fn health(&self, corp: &CorpKey, of: &CallbackOf, stored: CallbackHealth) -> CallbackHealth {
        match self.lock().get_mut(&(corp.clone(), of.clone())) {
            None => stored,
            Some(watched) => {
                watched.load(stored);
                watched.health.clone()
            }
        }
    }

    fn change(
        &self,
        store: &Store,
        clock: &Clock,
        corp: &CorpKey,
        of: &CallbackOf,
        at_once: bool,
        change: impl FnOnce(&mut CallbackHealth),
    ) {
        let (key, now_ms) = ((corp.clone(), of.clone()), clock.now_ms());
        let mut map = self.lock();
        if map.len() >= WATCHED_MAX && !map.contains_key(&key) {
            return;
        }
        let watched = map.entry(key).or_default();
        if !watched.is_loaded {
            watched.load(store.read(|tx| store::inbox::health(tx, corp, of)).unwrap_or_default());
        }
        change(&mut watched.health);
        if !at_once && (0..WRITTEN_EVERY_MS).contains(&(now_ms - watched.written_at_ms)) {
            return;
        }
        watched.written_at_ms = now_ms;
        let (store, corp, of, health) = (store.clone(), corp.clone(), of.clone(), watched.health.clone());
        drop(map);
        // lost half-way it is written with the next failure
        tokio::spawn(async move {
            let written = store.write(move |tx| match store::corps::find(tx, &corp)? {
                Some(_) => store::inbox::put_health(tx, &corp, &of, &health),
                None => Ok(()),
            });
            match written.await {
                Ok(()) | Err(StoreError::Closed) => {}
                Err(error) => tracing::warn!(%error, "failures of callbacks could not be stored"),
            }
        });
    }
}

impl Watched {
    /// Takes what is stored under what came since the start.
    fn load(&mut self, stored: CallbackHealth) {
        if self.is_loaded {
            return;
        }
        self.is_loaded = true;
        self.health.checked_at_ms = self.health.checked_at_ms.max(stored.checked_at_ms);
        self.health.taken_at_ms = self.health.taken_at_ms.max(stored.taken_at_ms);
        self.health.failures += stored.failures;
        self.health.last.extend(stored.last);
        self.health.last.truncate(CallbackHealth::KEPT);
    }
}
