//! Runs under way: one at a time per corp, watched, cancelled, resumed after a crash, started by schedules.
//!
//! Owns the tasks; what a run does is the business of [`crate::sync`].

mod active;
pub mod cron;
mod interrupted;
mod schedule;

pub use crate::sync::progress::{Phase, RunEvent};
pub use interrupted::Cancelled;
pub use schedule::{ScheduleHealth, ScheduleKind};

use crate::model::{Actor, Asked, CancelAsked, CorpKey, Outcome, PlanId, RetryAsked, Run, RunId, RunKind, RunState};
use crate::store::{self, Reads};
use crate::sync::env::{Env, Lease};
use crate::sync::error::SyncError;
use crate::sync::progress::Watch;
use crate::sync::pull::PullRequest;
use crate::sync::service::{self, PlanRequest};
use crate::sync::{apply, runs};
use crate::tasks::joined;
use active::Active;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Starts, watches and stops runs. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    env: Env,
    active: Active,
    tasks: TaskTracker,
    stop: CancellationToken,
    ended: broadcast::Sender<Run>,
}

/// Why a run does not go on.
const SUPERSEDED: &str = "a later run has written to WeCom since: make a new plan";

/// Ended runs that a slow listener may be behind before it misses some.
const ENDED_KEPT: usize = 64;

impl Jobs {
    /// No run under way. Must be called inside a tokio runtime's lifetime; runs are tasks of the runtime that starts
    /// them.
    pub fn new(env: Env) -> Self {
        let (active, tasks, stop) = (Active::default(), TaskTracker::new(), CancellationToken::new());
        let ended = broadcast::channel(ENDED_KEPT).0;
        Self(Arc::new(Inner { env, active, tasks, stop, ended }))
    }

    /// What runs work with.
    pub fn env(&self) -> &Env {
        &self.0.env
    }

    /// Starts a pull (DIR-01).
    ///
    /// # Errors
    /// [`SyncError::Busy`] names what is at work on the corp; nothing was started then.
    pub async fn start_pull(&self, corp: &CorpKey, request: PullRequest, actor: &Actor) -> Result<RunId, SyncError> {
        self.check_open()?;
        let run = runs::new_run(self.env(), corp, RunKind::Pull, actor);
        let lease = self.occupy(&run)?;
        let known = self.env().get_corp(corp).await?;
        runs::begin(self.env(), &run, actor, "run.pull").await?;
        Ok(self.spawn(lease, run, move |env, run, watch| async move {
            // the run's row says how it ended
            let _ = runs::pull(&env, &known, request, run, &watch).await;
        }))
    }

    /// Starts making a plan: pulls as asked, computes, stores; the run's row names the plan at the end.
    ///
    /// # Errors
    /// As [`Jobs::start_pull`].
    pub async fn start_plan(&self, corp: &CorpKey, request: PlanRequest, actor: &Actor) -> Result<RunId, SyncError> {
        self.check_open()?;
        let known = self.env().get_corp(corp).await?;
        let run = runs::new_run(self.env(), corp, RunKind::Plan, actor);
        let lease = self.occupy(&run)?;
        runs::begin(self.env(), &run, actor, "run.plan").await?;
        Ok(self.spawn(lease, run, move |env, run, watch| async move {
            runs::plan(&env, &known, request, run, &watch).await;
        }))
    }

    /// Starts making a plan that takes back what a run has done.
    ///
    /// # Errors
    /// As [`Jobs::start_pull`]; [`SyncError::NoUndo`] when the run has done nothing or is under way.
    pub async fn start_undo(&self, undone: &RunId, actor: &Actor) -> Result<RunId, SyncError> {
        self.check_open()?;
        let wanted = self.find(undone).await?.ok_or_else(|| SyncError::NoRun(undone.clone()))?;
        let corp = self.env().get_corp(&wanted.corp).await?;
        let run = runs::new_run(self.env(), &corp.key, RunKind::Plan, actor);
        let lease = self.occupy(&run)?;
        let undone = service::check_undo(self.env(), undone).await?;
        runs::begin(self.env(), &run, actor, "run.undo").await?;
        Ok(self.spawn(lease, run, move |env, run, watch| async move {
            runs::undo(&env, &corp, undone, run, &watch).await;
        }))
    }

    /// Starts pull, plan and, when no guard trips, apply (DIR-03). A held plan ends the run as held.
    ///
    /// # Errors
    /// As [`Jobs::start_pull`]; also when the corp is read-only or its downstream is off, and
    /// [`SyncError::Interrupted`] while an interrupted run of the corp waits to be resumed or given up.
    pub async fn start_sync(&self, corp: &CorpKey, request: PullRequest, actor: &Actor) -> Result<RunId, SyncError> {
        self.check_open()?;
        let run = runs::new_run(self.env(), corp, RunKind::Downstream, actor);
        let lease = self.claim(&run).await?;
        let known = self.env().get_corp(corp).await?;
        apply::check_allowed(&known)?;
        runs::begin(self.env(), &run, actor, "run.sync").await?;
        Ok(self.spawn(lease, run, move |env, run, watch| async move {
            runs::sync(&env, &known, request, run, &watch).await;
        }))
    }

    /// Starts applying a stored plan that is ready or was allowed. What WeCom has become meanwhile is compared first:
    /// drift ends the run as failed with nothing written.
    ///
    /// # Errors
    /// As [`Jobs::start_sync`]; also when the plan is held, rejected, refused, taken, expired or made with other
    /// settings.
    pub async fn start_apply(&self, plan: &PlanId, actor: &Actor) -> Result<RunId, SyncError> {
        self.check_open()?;
        let head = crate::sync::service::get_plan(self.env(), plan).await?;
        let mut run = runs::new_run(self.env(), &head.corp, RunKind::Downstream, actor);
        let lease = self.claim(&run).await?;
        let corp = self.env().get_corp(&head.corp).await?;
        apply::get_applicable(self.env(), &corp, plan).await?;
        run.plan = Some(plan.clone());
        runs::begin(self.env(), &run, actor, "run.apply").await?;
        let plan = plan.clone();
        Ok(self.spawn(lease, run, move |env, run, watch| async move {
            runs::apply(&env, &corp, plan, run, &watch).await;
        }))
    }

    /// Does one failed or skipped record of an ended run again, with those that were skipped because of it (PEER-07). One
    /// whose outcome is not known is looked at first. The rest of the run stays as it is: a stop or a crash meanwhile leaves
    /// the run ended, as it was or better.
    ///
    /// # Errors
    /// [`SyncError::NoRetry`] when the record is done, the run has not ended, or a later run has written since.
    pub async fn retry(&self, run: &RunId, seq: u32, actor: &Actor) -> Result<RunId, SyncError> {
        self.check_open()?;
        let refuse = |why: &str| SyncError::NoRetry { run: run.clone(), seq, why: why.to_owned() };
        let lease = self.claim(&self.get(run).await?).await?;
        let ended = self.get(run).await?;
        if !ended.state.is_final() {
            return Err(refuse("the run was interrupted: resume it or give it up first"));
        }
        let Some(plan) = ended.plan.clone().filter(|_| ended.kind == RunKind::Downstream) else {
            return Err(refuse("the run has applied no plan"));
        };
        if self.is_superseded(&ended).await? {
            return Err(refuse(SUPERSEDED));
        }
        let corp = self.env().get_corp(&ended.corp).await?;
        apply::get_resumable(self.env(), &corp, &plan).await?;
        let wanted = run.clone();
        let entry = self.env().store.read_async(move |tx| store::runs::entry(tx, &wanted, seq)).await?;
        match entry.map(|entry| entry.outcome) {
            Some(Outcome::Failed { .. } | Outcome::Skipped { .. } | Outcome::Intended) => {}
            Some(Outcome::Done | Outcome::FoundDone) => return Err(refuse("it did not fail")),
            None => return Err(refuse("the run has no such record, or did not get that far")),
        }
        let retry = RetryAsked { seq, before: ended.ending() };
        let reopened = reopened(ended);
        let asked = Asked { cancel: None, retry: Some(retry.clone()) };
        runs::begin_asked(self.env(), &reopened, asked, actor, "run.retry").await?;
        Ok(self.spawn(lease, reopened, move |env, run, watch| async move {
            runs::retry(&env, &corp, run, retry, &watch).await;
        }))
    }

    /// Goes on with a run that an error, a person or a crash stopped: what is done is not done again, and what is left is
    /// compared with WeCom first.
    ///
    /// # Errors
    /// [`SyncError::NoResume`] when there is nothing to go on with; also when the plan has expired or its settings have
    /// changed. The run is as it was then.
    pub async fn resume(&self, run: &RunId, actor: &Actor) -> Result<RunId, SyncError> {
        self.check_open()?;
        let refuse = |why: &str| SyncError::NoResume { run: run.clone(), why: why.to_owned() };
        let lease = self.claim(&self.get(run).await?).await?;
        let ended = self.get(run).await?;
        let is_stopped = matches!(ended.state, RunState::Failed | RunState::Cancelled | RunState::Running);
        let Some(plan) = ended.plan.clone().filter(|_| is_stopped && ended.kind == RunKind::Downstream) else {
            return Err(refuse("it was not stopped half way: start a new one"));
        };
        if !self.has_taken_plan(&ended).await? {
            return Err(refuse("it was not stopped half way: start a new one"));
        }
        if self.is_superseded(&ended).await? {
            return Err(refuse(SUPERSEDED));
        }
        let corp = self.env().get_corp(&ended.corp).await?;
        apply::get_resumable(self.env(), &corp, &plan).await?;
        let reopened = reopened(ended);
        runs::begin(self.env(), &reopened, actor, "run.resume").await?;
        Ok(self.spawn(lease, reopened, move |env, run, watch| async move {
            runs::resume(&env, &corp, run, &watch).await;
        }))
    }

    /// Asks a run to end between two records, or gives one up that was interrupted and waits. What was done stays done. On
    /// `Ok` it does not go on by itself any more, whatever happens to the process.
    ///
    /// # Errors
    /// [`SyncError::NoRun`]; [`SyncError::Ended`] when it is neither under way nor waits.
    pub async fn cancel(&self, run: &RunId, actor: &Actor) -> Result<Cancelled, SyncError> {
        let Some(found) = self.0.active.find(run) else { return self.give_up(run, actor).await };
        let (id, actor) = (run.clone(), actor.clone());
        let noted = self.env().store.write(move |tx| {
            let Some(run) = store::runs::find(tx, &id)? else { return Ok(Err(SyncError::NoRun(id.clone()))) };
            if run.state.is_final() {
                return Ok(Err(SyncError::Ended { run: run.id, state: run.state }));
            }
            let mut asked = store::runs::asked(tx, &run)?;
            asked.cancel.get_or_insert_with(|| CancelAsked { by: actor.name.clone(), at_ms: tx.now_ms() });
            store::runs::put_asked(tx, &run, &asked)?;
            let after = serde_json::json!({ "corp": run.corp });
            store::audit::append(tx, &actor, "run.cancel", &format!("run {id}"), None, Some(after))?;
            Ok(Ok(()))
        });
        noted.await??;
        found.cancel();
        Ok(Cancelled::UnderWay)
    }

    /// Events of a run from now on. For a run that is not under way the receiver is closed at once.
    pub fn subscribe(&self, run: &RunId) -> broadcast::Receiver<RunEvent> {
        match self.0.active.find(run) {
            Some(watch) => watch.subscribe(),
            None => broadcast::channel(1).1,
        }
    }

    /// The row of every run that ends from now on, for counters.
    pub fn subscribe_ended(&self) -> broadcast::Receiver<Run> {
        self.0.ended.subscribe()
    }

    /// Returns when the run is not under way any more, with its row as stored.
    pub async fn wait(&self, run: &RunId) -> Result<Run, SyncError> {
        self.0.active.ended(run).await;
        self.find(run).await?.ok_or_else(|| SyncError::NoRun(run.clone()))
    }

    /// The row of a run as stored; at most a second old while it is under way.
    pub async fn find(&self, run: &RunId) -> Result<Option<Run>, SyncError> {
        let wanted = run.clone();
        Ok(self.env().store.read_async(move |tx| store::runs::find(tx, &wanted)).await?)
    }

    /// The runs under way.
    pub fn under_way(&self) -> Vec<RunId> {
        self.0.active.list()
    }

    /// Starts the loop that starts scheduled pulls and syncs (DIR-09, DIR-55). Ends with [`Jobs::shutdown`].
    pub fn start_schedules(&self) {
        let jobs = self.clone();
        self.0.tasks.spawn(async move { schedule::run(jobs).await });
    }

    /// How the schedules of all corps fare, for health and metrics.
    pub async fn schedules(&self) -> Result<Vec<ScheduleHealth>, SyncError> {
        schedule::health(self.env()).await
    }

    /// Takes no more work, lets calls under way end, and returns when all tasks have. Runs that are not through stay
    /// under way in the store and are taken up by [`Jobs::resume_interrupted`] at the next start.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    fn announce(&self, ended: Run) {
        // an error only means that nobody listens
        let _ = self.0.ended.send(ended);
    }

    fn stop_token(&self) -> &CancellationToken {
        &self.0.stop
    }

    fn check_open(&self) -> Result<(), SyncError> {
        if self.0.stop.is_cancelled() { Err(SyncError::Stopping) } else { Ok(()) }
    }

    fn occupy(&self, run: &Run) -> Result<Lease, SyncError> {
        let kind = match run.kind {
            RunKind::Pull => "pull",
            RunKind::Downstream => "sync",
            RunKind::Plan => "plan",
        };
        self.env().occupy(&run.corp, &format!("{kind} {}", run.id), &run.by)
    }

    async fn get(&self, run: &RunId) -> Result<Run, SyncError> {
        self.find(run).await?.ok_or_else(|| SyncError::NoRun(run.clone()))
    }

    /// The lease of something that writes to WeCom. What the caller then reads is as it stays: nobody else writes.
    ///
    /// # Errors
    /// [`SyncError::Busy`], or [`SyncError::Interrupted`] while another run of the corp waits to be resumed or given up.
    async fn claim(&self, run: &Run) -> Result<Lease, SyncError> {
        let lease = self.occupy(run)?;
        self.end_idle(&run.corp, &run.id).await?;
        Ok(lease)
    }

    async fn has_taken_plan(&self, run: &Run) -> Result<bool, SyncError> {
        let Some(plan) = run.plan.clone() else { return Ok(false) };
        let head = self.env().store.read_async(move |tx| store::plans::head(tx, &plan)).await?;
        Ok(head.is_some_and(|head| head.state == crate::model::PlanState::Taken))
    }

    /// Runs the work as a task that holds the lease. A bug that ends the task leaves a failed run, not a running one; the
    /// end of the runtime leaves it under way, for the next start to take it up.
    fn spawn<F>(&self, lease: Lease, run: Run, work: impl FnOnce(Env, Run, Watch) -> F + Send + 'static) -> RunId
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let id = run.id.clone();
        let watch = Watch::new(id.clone(), self.0.stop.clone());
        let done = self.0.active.enter(watch.clone());
        let (jobs, env, row) = (self.clone(), self.env().clone(), run.clone());
        let task = self.0.tasks.spawn(work(self.env().clone(), run, watch.clone()));
        self.0.tasks.spawn(async move {
            if let Err(bug) = joined(task).await {
                tracing::error!(run.id = %row.id, error = %bug, "run {} ended by a bug", row.id);
                // the row in hand is from before the start: it does not know the plan, nor what was done
                let row = jobs.find(&row.id).await.ok().flatten().unwrap_or(row);
                let calls = row.calls.clone();
                runs::stop(&env, row, calls, &SyncError::Bug(bug), &watch).await;
            }
            if let Ok(Some(ended)) = jobs.find(&watch.run).await {
                jobs.announce(ended);
            }
            drop(lease);
            drop(done);
        });
        id
    }
}

/// An ended run that goes on: under way again in the store too, so that a crash does not strand it half way.
fn reopened(run: Run) -> Run {
    Run { state: RunState::Running, ended_at_ms: None, message: None, code: None, errcode: None, ..run }
}

#[cfg(test)]
mod tests;
