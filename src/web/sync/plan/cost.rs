//! What applying a plan costs: calls by endpoint against the quota's windows, and when it would be done.

use crate::locale::T;
use crate::model::{Corp, PlanHead};
use crate::web::time;

/// The tab with the cost.
pub(super) struct CostView {
    pub(super) calls: u64,
    pub(super) reads: u64,
    pub(super) took: String,
    pub(super) done_at: String,
    pub(super) strategy: String,
    pub(super) strategy_why: &'static str,
    /// How the new members are divided; empty when they are not.
    pub(super) strategy_share: String,
    pub(super) creations: u64,
    pub(super) creation_cap: Option<u64>,
    pub(super) per_minute: u32,
    pub(super) per_hour: u32,
    pub(super) concurrency: u32,
    pub(super) endpoints: Vec<EndpointView>,
}

/// The calls of one endpoint.
pub(super) struct EndpointView {
    pub(super) endpoint: String,
    pub(super) calls: u64,
    /// Windows of a minute and of an hour that they need at least.
    pub(super) minutes: u64,
    pub(super) hours: u64,
    /// Share of one hour's calls, at most 100.
    pub(super) share: u64,
}

pub(super) fn view(t: T, corp: &Corp, head: &PlanHead, now_ms: i64) -> CostView {
    let (budget, quota) = (&head.budget, &corp.quota);
    let took_ms = i64::try_from(budget.estimated_s).unwrap_or(i64::MAX / 1000).saturating_mul(1000);
    let (per_minute, per_hour) = (u64::from(quota.calls_per_minute.max(1)), u64::from(quota.calls_per_hour.max(1)));
    let endpoints = budget.by_endpoint.iter().map(|(endpoint, calls)| EndpointView {
        endpoint: endpoint.clone(),
        calls: *calls,
        minutes: calls.div_ceil(per_minute),
        hours: calls.div_ceil(per_hour),
        share: (calls * 100 / per_hour).min(100),
    });
    CostView {
        calls: budget.calls,
        reads: budget.reads,
        took: time::span(t, took_ms),
        done_at: time::minute(now_ms.saturating_add(took_ms)),
        strategy: t.call_strategy(&budget.strategy),
        strategy_why: t.call_strategy_reason(&budget.strategy_reason),
        strategy_share: t.batch_share(budget.batch.as_ref()),
        creations: budget.creations_30_days,
        creation_cap: budget.creation_cap,
        per_minute: quota.calls_per_minute,
        per_hour: quota.calls_per_hour,
        concurrency: quota.concurrency,
        endpoints: endpoints.collect(),
    }
}
