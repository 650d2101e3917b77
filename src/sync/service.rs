//! What pages, API and commands ask of the engine about plans: make one, look at it, decide about it, explain.

pub use super::decide::{
    Decided, Overtaken, Part, count_waiting, decide, disabled_department, overtaken, part_of, waiting, was_refused,
    writes,
};
pub use super::shelf::{explain, get_explanation};

use super::decide;
use super::env::Env;
use super::error::SyncError;
use super::input::Draft;
use super::load::{self, Loaded};
use super::progress::Watch;
use super::pull::PullRequest;
use super::{facts, hash, plan, runs};
use crate::admin::settings;
use crate::clock::Stopwatch;
use crate::model::{
    Action, Actor, Change, Corp, CorpKey, Direction, DownstreamOptions, MatchRule, MirrorHead, Outcome, PlanHead,
    PlanId, PlanState, Run, RunId,
};
use crate::store::{self, CHUNK_ROWS, StoreError};
use crate::tasks::joined;
use std::collections::HashSet;

/// A plan can be applied for a day.
pub const VALID_MS: i64 = 24 * 3_600 * 1_000;
/// Plans that nobody applied are kept for a week after that.
pub const KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// So many forgotten plans are cleared away with each new one.
const CLEARED_AT_ONCE: usize = 20;

/// Whether a plan is made on fresh data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullPolicy {
    /// Always pull first (DIR-03, DIR-56).
    Always,
    /// Pull unless the mirror was read within so many milliseconds.
    IfOlderThan(i64),
    /// Never pull; only a mirror that was never read, or torn, is an error.
    Never,
}

/// What is asked of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanRequest {
    /// Whether to pull first.
    pub policy: PullPolicy,
    /// How, if so.
    pub pull: PullRequest,
}

impl Default for PlanRequest {
    fn default() -> Self {
        Self { policy: PullPolicy::Always, pull: PullRequest::default() }
    }
}

/// The id of every [`WhatIf`].
pub const WHAT_IF_ID: &str = "what-if";

/// A plan that was computed but not stored: what other settings would do (PEER-05). It can never be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    /// As of a stored plan; its id is `what-if`.
    pub head: PlanHead,
    /// Its changes.
    pub changes: Vec<Change>,
}

/// Pulls as asked, then plans, and stores the plan. Takes the corp's lease while it works.
pub async fn make_plan(env: &Env, corp: &CorpKey, actor: &Actor, request: PlanRequest) -> Result<PlanHead, SyncError> {
    let _lease = env.occupy(corp, "making a plan", &actor.name)?;
    let known = env.get_corp(corp).await?;
    if must_pull(env, corp, request.policy).await? {
        let run = runs::begin_pull(env, corp, actor).await?;
        let watch = Watch::unwatched(run.id.clone());
        runs::pull(env, &known, request.pull, run, &watch).await.1?;
    }
    plan_and_store(env, corp, &actor.name).await
}

/// Whether a plan begins with a pull.
pub(super) async fn must_pull(env: &Env, corp: &CorpKey, policy: PullPolicy) -> Result<bool, SyncError> {
    let PullPolicy::IfOlderThan(age_ms) = policy else { return Ok(policy == PullPolicy::Always) };
    let key = corp.clone();
    let (head, memory) =
        env.store.read_async(move |tx| Ok((store::mirror::head(tx, &key)?, facts::get(tx, &key)?))).await?;
    // a mirror that was read in the future was read by a clock which was ahead
    let is_fresh = |head: MirrorHead| (0..=age_ms).contains(&(env.clock.now_ms() - head.read_at_ms));
    Ok(memory.is_mirror_torn || !head.is_some_and(is_fresh))
}

/// Plans on what is stored and stores the plan, which `by` asked for. The caller holds the corp's lease.
pub(super) async fn plan_and_store(env: &Env, corp: &CorpKey, by: &str) -> Result<PlanHead, SyncError> {
    let loaded = load_whole(env, corp).await?;
    let (corp, draft, compute_ms, loaded) = compute(loaded, None).await?;
    store_draft(env, &corp, draft, &loaded, compute_ms, Origin { by, undoes: None }).await
}

/// Loads what a plan needs and refuses a mirror that cannot be planned with.
pub(super) async fn load_whole(env: &Env, corp: &CorpKey) -> Result<Loaded, SyncError> {
    let loaded = load::load(&env.store, corp, env.clock.now_ms()).await?;
    if let Some(import) = &loaded.unfinished {
        return Err(SyncError::DirectoryUnfinished { source_name: import.source_name.clone() });
    }
    let why = if loaded.head.is_none() {
        "it was never pulled: pull first"
    } else if loaded.memory.is_mirror_torn {
        "the last pull was interrupted while it was stored: pull again"
    } else {
        return Ok(loaded);
    };
    Err(SyncError::NotConfigured { corp: corp.clone(), why: why.into() })
}

/// Computes on a thread where that may take a while. With other options than the stored ones it is a what-if.
async fn compute(
    loaded: Loaded,
    other: Option<(DownstreamOptions, Option<Vec<MatchRule>>)>,
) -> Result<(Corp, Draft, u64, Loaded), SyncError> {
    let computed = tokio::task::spawn_blocking(move || {
        let mut corp = loaded.corp.clone();
        if let Some((downstream, match_rules)) = other {
            corp.downstream = downstream;
            corp.match_rules = match_rules.unwrap_or(corp.match_rules);
        }
        let watch = Stopwatch::start();
        let Some(input) = loaded.input(&corp) else {
            return Err(SyncError::NotConfigured { corp: corp.key.clone(), why: "it was never pulled".into() });
        };
        let draft = plan::plan(&input)?;
        Ok((corp, draft, watch.elapsed_ms(), loaded))
    });
    joined(computed).await.map_err(SyncError::Bug)?
}

fn head_of(env: &Env, corp: &Corp, draft: &Draft, loaded: &Loaded, compute_ms: u64) -> PlanHead {
    let now_ms = env.clock.now_ms();
    PlanHead {
        id: PlanId::from(env.new_id()),
        corp: corp.key.clone(),
        direction: Direction::Downstream,
        hash: draft.hash.clone(),
        created_at_ms: now_ms,
        expires_at_ms: now_ms + VALID_MS,
        state: if !draft.is_sound() {
            PlanState::Refused
        } else if draft.is_held() {
            PlanState::Held
        } else {
            PlanState::Ready
        },
        guards: draft.guards.clone(),
        counts: draft.counts.clone(),
        budget: draft.budget.clone(),
        invariants: draft.invariants.clone(),
        notices: draft.notices.clone(),
        offers: draft.offers.clone(),
        blast: draft.blast.clone(),
        source_employees: draft.source_employees,
        directory_revision: loaded.directory_revision,
        mirror_read_at_ms: loaded.head.as_ref().map_or(0, |head| head.read_at_ms),
        writes: loaded.memory.writes,
        options_hash: hash::of_options(corp),
        undoes: None,
        made_by: None,
        first_allow: None,
        taken_by: None,
        decision: None,
        compute_ms,
    }
}

/// Where a plan comes from.
pub(super) struct Origin<'a> {
    /// Who asked for it, as the audit log names them.
    pub(super) by: &'a str,
    /// The run that it takes back.
    pub(super) undoes: Option<RunId>,
}

/// Stores a computed plan: its changes first, its head last, so that a plan without all its changes does not exist.
pub(super) async fn store_draft(
    env: &Env,
    corp: &Corp,
    draft: Draft,
    loaded: &Loaded,
    compute_ms: u64,
    origin: Origin<'_>,
) -> Result<PlanHead, SyncError> {
    let mut head = head_of(env, corp, &draft, loaded, compute_ms);
    let is_undo = origin.undoes.is_some();
    head.undoes = origin.undoes;
    head.made_by = (origin.by != Actor::schedule().name).then(|| origin.by.to_owned());
    if env.store.read_async(settings::read).await?.two_person_removals {
        decide::hold_for_two(&mut head);
    }
    let (key, id) = (corp.key.clone(), head.id.clone());
    env.store
        .write_chunks(
            draft.changes,
            CHUNK_ROWS,
            move |tx, _, chunk| store::plans::put_changes(tx, &key, &id, chunk),
            |_| {},
        )
        .await?;
    let (written, resolve, forget_before_ms) = (head.clone(), draft.resolve, head.expires_at_ms - VALID_MS - KEPT_MS);
    env.store
        .write(move |tx| {
            store::plans::put_head(tx, &written)?;
            store::plans::remove_expired(tx, forget_before_ms, CLEARED_AT_ONCE)?;
            if is_undo {
                return Ok(());
            }
            store::resolve::put_all(tx, &written.corp, &resolve)
        })
        .await?;
    Ok(head)
}

/// What other settings would do with the data that is stored now (PEER-05). Writes nothing and calls nobody.
pub async fn plan_with_options(
    env: &Env,
    corp: &CorpKey,
    downstream: DownstreamOptions,
    match_rules: Option<Vec<MatchRule>>,
) -> Result<WhatIf, SyncError> {
    let loaded = load_whole(env, corp).await?;
    let (corp, draft, compute_ms, loaded) = compute(loaded, Some((downstream, match_rules))).await?;
    let mut head = head_of(env, &corp, &draft, &loaded, compute_ms);
    head.id = PlanId::from(WHAT_IF_ID);
    Ok(WhatIf { head, changes: draft.changes })
}

/// Pulls, then makes a plan that takes back what a run has done (BEY-01). It passes the same guards, and each of its
/// changes says how far it gives back the state.
///
/// # Errors
/// [`SyncError::NoUndo`] when the run has done nothing or is under way.
pub async fn undo(env: &Env, run: &RunId, actor: &Actor) -> Result<PlanHead, SyncError> {
    let corp = get_run(env, run).await?.corp;
    let _lease = env.occupy(&corp, "making a plan that undoes a run", &actor.name)?;
    let undone = check_undo(env, run).await?;
    let corp = env.get_corp(&corp).await?;
    let pull_run = runs::begin_pull(env, &corp.key, actor).await?;
    let watch = Watch::unwatched(pull_run.id.clone());
    runs::pull(env, &corp, undone.pull_request(), pull_run, &watch).await.1?;
    plan_undo(env, &corp, undone, &actor.name).await
}

async fn get_run(env: &Env, run: &RunId) -> Result<Run, SyncError> {
    let wanted = run.clone();
    let found = env.store.read_async(move |tx| store::runs::find(tx, &wanted)).await?;
    found.ok_or_else(|| SyncError::NoRun(run.clone()))
}

/// What is to be taken back.
pub(crate) struct Undone {
    run: RunId,
    changes: Vec<Change>,
    done: HashSet<u32>,
}

impl Undone {
    /// How to pull first: a creation may only be taken back by what its member is now, not by what we remember of it.
    pub(crate) fn pull_request(&self) -> PullRequest {
        let full = self.changes.iter().any(|change| matches!(change.action, Action::CreateMember { .. }));
        PullRequest { full, ..PullRequest::default() }
    }
}

/// What a run has done.
///
/// # Errors
/// [`SyncError::NoUndo`] when that is nothing, or the run is under way.
pub(crate) async fn check_undo(env: &Env, run: &RunId) -> Result<Undone, SyncError> {
    let refuse = |why: &str| SyncError::NoUndo { run: run.clone(), why: why.to_owned() };
    let found = get_run(env, run).await?;
    let Some(applied) = found.plan.clone().filter(|_| found.state.is_final()) else {
        return Err(refuse(if found.state.is_final() { "it has applied no plan" } else { "it is under way" }));
    };
    let wanted = run.clone();
    let entries = env.store.read_async(move |tx| store::runs::entries(tx, &wanted, 0..u32::MAX)).await?;
    let is_done = |outcome: &Outcome| matches!(outcome, Outcome::Done | Outcome::FoundDone);
    let done: HashSet<u32> = entries.iter().filter(|e| is_done(&e.outcome)).map(|e| e.seq).collect();
    if done.is_empty() {
        return Err(refuse("it has done nothing"));
    }
    let changes = list_changes(env, &applied, 0, u32::MAX).await?;
    Ok(Undone { run: run.clone(), changes, done })
}

/// Plans on what is stored. The caller holds the corp's lease and has pulled.
pub(super) async fn plan_undo(env: &Env, corp: &Corp, undone: Undone, by: &str) -> Result<PlanHead, SyncError> {
    let Undone { run, changes, done } = undone;
    let loaded = load_whole(env, &corp.key).await?;
    let computed = tokio::task::spawn_blocking(move || {
        let watch = Stopwatch::start();
        let Some(input) = loaded.input(&loaded.corp) else {
            return Err(SyncError::NotConfigured { corp: loaded.corp.key.clone(), why: "it was never pulled".into() });
        };
        let draft = super::undo::undo(&input, &changes, |seq| done.contains(&seq))?;
        Ok((draft, watch.elapsed_ms(), loaded))
    });
    let (draft, compute_ms, loaded) = joined(computed).await.map_err(SyncError::Bug)??;
    let origin = Origin { by, undoes: Some(run) };
    store_draft(env, corp, draft, &loaded, compute_ms, origin).await
}

/// The head of a plan.
pub async fn get_plan(env: &Env, plan: &PlanId) -> Result<PlanHead, SyncError> {
    let wanted = plan.clone();
    let found = env.store.read_async(move |tx| store::plans::head(tx, &wanted)).await?;
    found.ok_or_else(|| SyncError::NoPlan(plan.clone()))
}

/// The latest plans of a corp, the newest first.
pub async fn list_plans(env: &Env, corp: &CorpKey, limit: usize) -> Result<Vec<PlanHead>, SyncError> {
    let key = corp.clone();
    Ok(env.store.read_async(move |tx| store::plans::list(tx, &key, limit)).await?)
}

/// One page of a plan's changes, from `from` on, in the order of application.
pub async fn list_changes(env: &Env, plan: &PlanId, from: u32, limit: u32) -> Result<Vec<Change>, SyncError> {
    let wanted = plan.clone();
    let range = from..from.saturating_add(limit);
    let found = env.store.read_async(move |tx| store::plans::changes(tx, &wanted, range)).await;
    found.map_err(|error| match error {
        StoreError::NotFound { .. } => SyncError::NoPlan(plan.clone()),
        other => other.into(),
    })
}
