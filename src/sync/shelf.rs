//! One plan on what is stored now, kept for a while: who looks into one person looks into the next, and at 100,000 people
//! loading and planning take seconds while everything that is about one person takes a fraction of one.
//!
//! What is kept is never shown when anything has changed that the plan depends on, and goes after a pause.

use super::env::Env;
use super::error::SyncError;
use super::explain::{Explanation, Told, explain_told};
use super::facts::{self, Memory};
use super::load::Loaded;
use super::service::load_whole;
use crate::clock::Clock;
use crate::directory;
use crate::model::{Corp, CorpKey, EmployeeId, MirrorHead};
use crate::store::{self, Reads, StoreError};
use crate::tasks::joined;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Mutex;

/// Days pass in a plan too (a disabled member is due for deletion), so a kept one is not shown for longer.
const MAX_AGE_MS: i64 = 5 * 60_000;
/// So long after the last look it goes; some 200 MiB at 100,000 people.
const IDLE_MS: i64 = 2 * 60_000;

/// Where the plan is kept; of one corp at a time.
#[derive(Clone, Default)]
pub(super) struct Shelf(Arc<Mutex<Option<Kept>>>);

struct Kept {
    corp: CorpKey,
    stamp: Stamp,
    made_at_ms: i64,
    used_at_ms: i64,
    prepared: Arc<Prepared>,
}

struct Prepared {
    loaded: Loaded,
    told: Told,
}

/// What tells whether a plan would still be the same.
#[derive(PartialEq)]
struct Stamp {
    corp: Corp,
    directory: u64,
    links: u64,
    mirror: Option<MirrorHead>,
    memory: Memory,
    secrets: Vec<String>,
    is_importing: bool,
}

fn stamp(tx: &impl Reads, key: &CorpKey) -> Result<Option<Stamp>, StoreError> {
    let Some(corp) = store::corps::find(tx, key)? else { return Ok(None) };
    Ok(Some(Stamp {
        directory: store::directory::counts(tx, &corp.tenant)?.revision,
        links: store::revisions::of_corp(tx, key)?,
        mirror: store::mirror::head(tx, key)?,
        memory: facts::get(tx, key)?,
        secrets: store::secrets::names(tx, key)?,
        is_importing: directory::find_unfinished(tx, &corp.tenant)?.is_some(),
        corp,
    }))
}

/// Everything about one person: source row, scope, match attempts, values, what would be sent and what blocks it
/// (PEER-04). Works on what is stored now; writes nothing and calls nobody.
pub async fn explain(env: &Env, corp: &CorpKey, employee: &EmployeeId) -> Result<Explanation, SyncError> {
    let prepared = prepare(env, corp).await?;
    let employee = employee.clone();
    let explained = tokio::task::spawn_blocking(move || {
        let input = prepared.loaded.input(&prepared.loaded.corp)?;
        Some(explain_told(&input, &prepared.told, &employee))
    });
    let explained = joined(explained).await.map_err(SyncError::Bug)?;
    explained.ok_or_else(|| SyncError::NotConfigured { corp: corp.clone(), why: "it was never pulled".into() })
}

/// [`explain`] of somebody who must be there.
///
/// # Errors
/// [`SyncError::NoEmployee`] when nobody of this id is in the directory or linked.
pub async fn get_explanation(env: &Env, corp: &CorpKey, employee: &EmployeeId) -> Result<Explanation, SyncError> {
    let explained = explain(env, corp, employee).await?;
    if explained.employee.is_none() && explained.binding.is_none() {
        return Err(SyncError::NoEmployee { corp: corp.clone(), employee: explained.id });
    }
    Ok(explained)
}

/// The kept plan, or a new one. Who comes while it is made waits for it instead of making another.
async fn prepare(env: &Env, corp: &CorpKey) -> Result<Arc<Prepared>, SyncError> {
    let mut shelf = env.shelf.0.lock().await;
    let (key, now_ms) = (corp.clone(), env.clock.now_ms());
    // before everything is loaded: what changes meanwhile makes the stamp an old one
    let stamp = env.store.read_async(move |tx| stamp(tx, &key)).await?;
    let stamp = stamp.ok_or_else(|| SyncError::NoCorp(corp.clone()))?;
    if let Some(kept) = shelf.as_mut()
        && kept.corp == *corp
        && kept.stamp == stamp
        && now_ms - kept.made_at_ms < MAX_AGE_MS
    {
        kept.used_at_ms = now_ms;
        return Ok(kept.prepared.clone());
    }
    let is_watched = shelf.take().is_some();
    let loaded = load_whole(env, corp).await?;
    let prepared = tokio::task::spawn_blocking(move || {
        let told = loaded.input(&loaded.corp).map(|input| Told::of(&input));
        told.map(|told| Arc::new(Prepared { loaded, told }))
    });
    let prepared = joined(prepared).await.map_err(SyncError::Bug)?;
    let prepared =
        prepared.ok_or_else(|| SyncError::NotConfigured { corp: corp.clone(), why: "it was never pulled".into() })?;
    let (made_at_ms, used_at_ms) = (now_ms, now_ms);
    *shelf = Some(Kept { corp: corp.clone(), stamp, made_at_ms, used_at_ms, prepared: prepared.clone() });
    if !is_watched {
        tokio::spawn(clear_when_idle(Arc::downgrade(&env.shelf.0), env.clock.clone()));
    }
    Ok(prepared)
}

/// Takes the plan off the shelf when nobody has looked for a while.
async fn clear_when_idle(shelf: Weak<Mutex<Option<Kept>>>, clock: Clock) {
    loop {
        clock.sleep(Duration::from_millis(IDLE_MS.unsigned_abs())).await;
        let Some(shelf) = shelf.upgrade() else { return };
        let mut kept = shelf.lock().await;
        let is_idle = kept.as_ref().is_none_or(|kept| clock.now_ms() - kept.used_at_ms >= IDLE_MS);
        if is_idle {
            *kept = None;
            return;
        }
    }
}
