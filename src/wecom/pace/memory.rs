//! What outlives the process: how many calls of each API went out in each minute of the last hour, and lock-outs.
//!
//! It is kept ahead of the calls: before a call goes out, the kept number covers it. Calls are granted in portions, so
//! that one write covers many, and after a crash the whole portion counts as used: a restart in the middle of a large run
//! may wait a little longer than it must, and never runs into a lock-out (45009).

use super::{HOUR_MS, LOST_MS, Pacer};
use crate::wecom::endpoint;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

const MINUTE: i64 = 60_000;
/// Minutes that still count in an hour's window, with one for the lost answers.
const MINUTES_KEPT: i64 = HOUR_MS / MINUTE + 2;
/// One portion is this part of a minute's quota, so that a crash costs at most so much of it.
const PORTION_PART: u32 = 20;
const PORTION_MAX: u32 = 500;

/// Whose quota it is: a corp at an address, or (with an empty CorpID) all corps at it together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QuotaAccount {
    /// Base of the API's address.
    pub api_base: String,
    /// CorpID.
    pub corpid: String,
}

/// What is kept of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuotaUsed {
    /// By endpoint name.
    pub apis: BTreeMap<String, ApiUsed>,
}

/// What is kept of one API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiUsed {
    /// Minutes since 1970 with the calls of each, the earliest first.
    pub minutes: Vec<(i64, u32)>,
    /// End of a lock-out, Unix milliseconds; 0 = none.
    pub blocked_until_ms: i64,
    /// Lock-outs in a row.
    pub strikes: usize,
}

/// Where it is kept. `Err` is a sentence for the log: calls go on, as if nothing were kept.
pub trait QuotaMemory: Send + Sync {
    /// What was kept last.
    fn load<'a>(&'a self, account: &'a QuotaAccount) -> BoxFuture<'a, Result<QuotaUsed, String>>;
    /// Keeps it durably.
    fn save<'a>(&'a self, account: &'a QuotaAccount, used: QuotaUsed) -> BoxFuture<'a, Result<(), String>>;
}

/// The memory of one pacer.
pub(super) struct Kept {
    pub(super) account: QuotaAccount,
    pub(super) memory: Arc<dyn QuotaMemory>,
    recalled: OnceCell<()>,
    portions: Mutex<HashMap<&'static str, Portion>>,
}

/// Calls that are kept as used and have not gone out yet.
#[derive(Debug, Clone, Copy)]
struct Portion {
    minute: i64,
    left: u32,
}

impl Kept {
    pub(super) fn new(account: QuotaAccount, memory: Arc<dyn QuotaMemory>) -> Self {
        Self { account, memory, recalled: OnceCell::new(), portions: Mutex::default() }
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Pacer {
    /// Counts what an earlier process has used; once.
    pub(super) async fn recall(&self) {
        let Some(kept) = &self.kept else { return };
        let load = async {
            match kept.memory.load(&kept.account).await {
                Ok(used) => self.count_as_used(used),
                Err(error) => tracing::warn!(%error, "the calls before the restart are not known: {error}"),
            }
        };
        kept.recalled.get_or_init(|| load).await;
    }

    /// To be called when nothing is left to wait for, right before a call goes out: when it returns, the call is kept as
    /// used.
    pub(in crate::wecom) async fn promise(&self, name: &'static str) {
        let Some(kept) = &self.kept else { return };
        let mut portions = kept.portions.lock().await;
        let minute = self.clock.now_ms().div_euclid(MINUTE);
        let former = portions.get_mut(name);
        if let Some(portion) = former
            && portion.minute == minute
            && portion.left > 0
        {
            portion.left -= 1;
            return;
        }
        let unused = portions.remove(name);
        let count = self.grant(name, minute, unused);
        self.save(kept).await;
        portions.insert(name, Portion { minute, left: count - 1 });
    }

    /// Keeps a lock-out too.
    pub(in crate::wecom) async fn remember_block(&self) {
        if let Some(kept) = &self.kept {
            let _one_at_a_time = kept.portions.lock().await;
            self.save(kept).await;
        }
    }

    async fn save(&self, kept: &Kept) {
        let used = self.used();
        if let Err(error) = kept.memory.save(&kept.account, used).await {
            tracing::warn!(%error, "the calls made are not kept for a restart: {error}");
        }
    }

    /// Adds a portion to the minute's number; what an earlier minute did not use is taken off it.
    fn grant(&self, name: &'static str, minute: i64, unused: Option<Portion>) -> u32 {
        let mut state = self.state();
        let quota = state.quota;
        let count = (quota.calls_per_minute / PORTION_PART).clamp(1, PORTION_MAX);
        let api = state.api(name);
        if let Some(unused) = unused
            && let Some((_, kept)) = api.minutes.iter_mut().rev().find(|(at, _)| *at == unused.minute)
        {
            *kept = kept.saturating_sub(unused.left);
        }
        match api.minutes.back_mut() {
            Some((at, kept)) if *at == minute => *kept += count,
            _ => api.minutes.push_back((minute, count)),
        }
        while api.minutes.front().is_some_and(|(at, _)| *at < minute - MINUTES_KEPT) {
            api.minutes.pop_front();
        }
        count
    }

    fn used(&self) -> QuotaUsed {
        let now_ms = self.clock.now_ms();
        let oldest = now_ms.div_euclid(MINUTE) - MINUTES_KEPT;
        let state = self.state();
        let apis = state.apis.iter().map(|(name, api)| {
            let minutes = api.minutes.iter().filter(|(at, _)| *at >= oldest).copied().collect();
            let is_blocked = api.blocked_until_ms > now_ms;
            let blocked_until_ms = if is_blocked { api.blocked_until_ms } else { 0 };
            let strikes = if is_blocked { api.strikes } else { 0 };
            ((*name).to_owned(), ApiUsed { minutes, blocked_until_ms, strikes })
        });
        QuotaUsed { apis: apis.collect() }
    }

    /// Each call counts as made at the end of its minute, the latest moment at which it may have been.
    fn count_as_used(&self, used: QuotaUsed) {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        for (name, kept) in used.apis {
            let Some(endpoint) = endpoint::find(&name) else { continue };
            let api = state.api(endpoint.name);
            for (minute, calls) in kept.minutes {
                // a clock that was wrong must not block for longer than a window
                let last_ms = ((minute + 1) * MINUTE).min(now_ms) + LOST_MS;
                if calls == 0 || last_ms + HOUR_MS <= now_ms {
                    continue;
                }
                api.minute.add(last_ms, calls);
                api.hour.add(last_ms, calls);
                api.minutes.push_back((minute.min(now_ms.div_euclid(MINUTE)), calls));
            }
            api.blocked_until_ms = kept.blocked_until_ms.min(now_ms + HOUR_MS);
            api.strikes = kept.strikes;
        }
    }
}
