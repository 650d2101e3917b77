//! WeCom → mirror, then automatic binding (DIR-01, DIR-03).
//!
//! Everything is read before anything is replaced: a read that fails, or cannot be believed, leaves the former mirror
//! as it was. This room writes nothing to WeCom and removes nobody; what is missing from a complete read is only no
//! longer in the mirror, and the plan decides what that means.

mod bind;
pub(crate) mod choose;
pub(crate) mod context;
mod export;
pub(crate) mod ids;
mod lists;
pub(crate) mod reading;
mod save;
mod trust;

pub use bind::Bound;
pub use reading::UNREADABLE_KEPT;

use super::env::Env;
use super::error::SyncError;
use super::hints;
use super::progress::{Phase, Watch};
use crate::model::{Corp, MirrorHead, PullResult};
use crate::store;
use crate::wecom::CallMeter;
use choose::Findings;
use context::{Context, Former};
use save::Learnt;
use std::sync::Arc;

/// Names and details of everything are read again after a day.
pub const FULL_EVERY_MS: i64 = 24 * 3_600 * 1_000;

/// What is asked of a pull.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PullRequest {
    /// Read names and details of everything, not only of what is new.
    pub full: bool,
    /// A person's word that the many departments or members missing from the answer were really removed.
    pub accept_shrink: bool,
}

/// Reads the corp into the mirror and binds. The caller holds the corp's lease.
///
/// On `Err` the mirror is as it was, or marked as torn when the store failed in the middle.
pub async fn pull(
    env: &Env,
    corp: &Corp,
    request: PullRequest,
    meter: Arc<CallMeter>,
    watch: &Watch,
) -> Result<(MirrorHead, PullResult), SyncError> {
    watch.reading(Phase::Pull, 0, 0);
    let key = corp.key.clone();
    let (former, bindings) =
        env.store.read_async(move |tx| Ok((Former::load(tx, &key)?, store::bindings::members(tx, &key)?))).await?;
    let memory = &former.memory;
    // a time to come is that of a clock which was ahead, and says nothing
    let is_fresh = |at: i64| (0..FULL_EVERY_MS).contains(&(env.clock.now_ms() - at));
    let is_stale = !memory.full_read_at_ms.is_some_and(is_fresh);
    let is_full = request.full || former.hints.is_full || former.head.is_none() || memory.is_mirror_torn || is_stale;
    let mut findings = Findings::from(memory);
    if request.full {
        // what a credential may do can be widened in the console: ask again
        findings = Findings { lists_ids: None, contacts_reads_details: None };
    }
    let client = env.client(corp).await?.metered(meter);
    let context = Context {
        corp: corp.clone(),
        client,
        clock: env.clock.clone(),
        watch: watch.clone(),
        former,
        is_full,
        width: usize::try_from(corp.quota.concurrency.clamp(1, 64)).unwrap_or(1),
    };
    let reading = choose::read(&context, &mut findings).await?;
    context.check()?;
    let known = trust::Former {
        departments: context.former.departments.keys().copied().collect(),
        members: context.former.members.keys().cloned().collect(),
    };
    trust::check(&reading, &known, request.accept_shrink).map_err(|why| SyncError::Suspicious { why })?;
    let now_ms = env.clock.now_ms();
    let served = context.former.hints.clone();
    let learnt = Learnt { findings, clock_skew_s: context.client.clock_skew_s() };
    let head = save::save(&env.store, &corp.key, &context.former, reading, learnt, &bindings, now_ms).await?;
    if !served.is_empty() {
        let key = corp.key.clone();
        env.store.write(move |tx| hints::serve(tx, &key, &served)).await?;
    }
    let bound = bind::bind(env, corp).await?;
    let result = PullResult {
        strategy: head.strategy,
        departments: head.departments,
        members: head.members,
        bound: bound.bound,
        ambiguous: bound.ambiguous,
        unreadable: head.unreadable_total,
    };
    Ok((head, result))
}
