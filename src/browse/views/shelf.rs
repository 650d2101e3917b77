//! What is kept: snapshots by key, when each was looked at last, and how much all of them may take.

use super::ViewLimits;
use crate::browse::directory::DirectoryView;
use crate::browse::error::BrowseError;
use crate::browse::mirror::{Base, MirrorView};
use crate::browse::plan::PlanView;
use crate::model::{CorpKey, PlanId, TenantKey};
use std::collections::HashMap;
use std::sync::Arc;

/// A large snapshot is shown for so many times as long as it took to make it, so that making snapshots takes a fifth of the
/// time at most, however fast rows change.
const SHOWN_TIMES: i64 = 4;

/// What a snapshot shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Directory(TenantKey),
    Base(CorpKey),
    Mirror(CorpKey),
    Plan(PlanId),
}

/// A snapshot.
#[derive(Debug, Clone)]
pub(super) enum Snapshot {
    Directory(Arc<DirectoryView>),
    Base(Arc<Base>),
    Mirror(Arc<MirrorView>),
    Plan(Arc<PlanView>),
}

impl Snapshot {
    fn bytes(&self) -> usize {
        match self {
            Self::Directory(view) => view.bytes(),
            Self::Base(base) => base.bytes(),
            Self::Mirror(view) => view.bytes(),
            Self::Plan(view) => view.bytes(),
        }
    }

    /// Whether it holds a snapshot of this tenant's directory.
    fn rests_on(&self, tenant: &TenantKey) -> bool {
        match self {
            Self::Mirror(view) => view.tenant() == tenant,
            Self::Directory(_) | Self::Base(_) | Self::Plan(_) => false,
        }
    }

    fn revision(&self) -> [u64; 2] {
        match self {
            Self::Directory(view) => [view.revision(), 0],
            Self::Base(base) => [base.revision(), 0],
            Self::Mirror(view) => view.revision(),
            // never changes
            Self::Plan(_) => [0, 0],
        }
    }

    /// A key led to a snapshot of another kind, which only a bug can bring about.
    pub(super) fn unexpected(&self) -> BrowseError {
        BrowseError::Bug(format!("a snapshot of another kind, revision {:?}", self.revision()))
    }
}

/// A snapshot on the shelf.
#[derive(Debug)]
pub(super) struct Kept {
    snapshot: Snapshot,
    made_at_ms: i64,
    made_in_ms: i64,
    used_at_ms: i64,
    /// A person's own change must be seen: only a newer revision will do.
    is_expired: bool,
}

impl Kept {
    /// One that was made just now and took so long.
    pub(super) fn new(snapshot: Snapshot, now_ms: i64, made_in_ms: u64) -> Self {
        let made_in_ms = i64::try_from(made_in_ms).unwrap_or(i64::MAX / SHOWN_TIMES).max(1);
        Self { snapshot, made_at_ms: now_ms, made_in_ms, used_at_ms: now_ms, is_expired: false }
    }

    /// Whether it may still be shown although rows have changed.
    fn may_be_late(&self, now_ms: i64, late_bytes: usize) -> bool {
        !self.is_expired
            && now_ms - self.made_at_ms < self.made_in_ms * SHOWN_TIMES
            && self.snapshot.bytes() >= late_bytes
    }
}

/// The snapshots that are kept.
#[derive(Debug)]
pub(super) struct Shelf {
    kept: HashMap<Key, Kept>,
    limits: ViewLimits,
}

impl Shelf {
    pub(super) fn new(limits: ViewLimits) -> Self {
        Self { kept: HashMap::new(), limits }
    }

    /// The snapshot of a key if it is of this revision, or newer, or may be late. It counts as looked at.
    pub(super) fn find(&mut self, key: &Key, revision: [u64; 2], now_ms: i64) -> Option<Snapshot> {
        let kept = self.kept.get_mut(key)?;
        let is_new = kept.snapshot.revision().iter().zip(&revision).all(|(found, wanted)| found >= wanted);
        if !is_new && !kept.may_be_late(now_ms, self.limits.late_bytes) {
            return None;
        }
        kept.used_at_ms = now_ms;
        Some(kept.snapshot.clone())
    }

    /// Keeps a snapshot in the place of an older one; gives back what has to go for it.
    pub(super) fn put(&mut self, key: Key, kept: Kept) -> Vec<Kept> {
        let mut dropped: Vec<Kept> = self.kept.insert(key.clone(), kept).into_iter().collect();
        // what rests on the former one keeps it in memory and will not be asked for again
        match &key {
            Key::Base(corp) => dropped.extend(self.kept.remove(&Key::Mirror(corp.clone()))),
            Key::Directory(tenant) => dropped.extend(self.take(|_, kept| kept.snapshot.rests_on(tenant))),
            Key::Mirror(_) | Key::Plan(_) => {}
        }
        self.trim(Some(&key), &mut dropped);
        dropped
    }

    /// Takes out what was looked at longest ago until all together keep to their bound.
    fn trim(&mut self, stays: Option<&Key>, dropped: &mut Vec<Kept>) {
        while self.bytes() > self.limits.bytes_max {
            let others = self.kept.iter().filter(|(key, _)| stays != Some(*key));
            let oldest = others.min_by_key(|(_, kept)| kept.used_at_ms).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            dropped.extend(self.kept.remove(&oldest));
        }
    }

    /// The next question for this key gets a snapshot of its revision.
    pub(super) fn expire(&mut self, key: &Key) {
        if let Some(kept) = self.kept.get_mut(key) {
            kept.is_expired = true;
        }
    }

    /// Takes out what was looked at last before this moment, and what is too much: sorting adds to a snapshot.
    pub(super) fn take_unused(&mut self, before_ms: i64) -> Vec<Kept> {
        let mut dropped = self.take(|_, kept| kept.used_at_ms <= before_ms);
        self.trim(None, &mut dropped);
        dropped
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    pub(super) fn bytes(&self) -> usize {
        self.kept.values().map(|kept| kept.snapshot.bytes()).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    fn take(&mut self, goes: impl Fn(&Key, &Kept) -> bool) -> Vec<Kept> {
        self.kept.extract_if(|key, kept| goes(key, kept)).map(|(_, kept)| kept).collect()
    }
}
