//! One run: how far it is while it works, what became of it, what can be done about it.

mod act;
mod records;

use super::cards::{CorpView, RunCard};
use super::plan::left_out::{self, LeftOut};
use crate::api::answer::Events;
use crate::api::events::{self, Right};
use crate::http::errors::{store_problem, sync_problem};
use crate::http::permission::SyncRead;
use crate::http::{Problem, Settings};
use crate::locale::{self, T};
use crate::model::{
    ApiScope, Corp, EmployeeId, FailedRecord, MirrorHead, PlanHead, PlanState, Run, RunBrief, RunId, RunKind, RunState,
};
use crate::store::{self, Reads, StoreError};
use crate::sync::SyncError;
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{link, reply, time};
use crate::wecom::errcode;
use actix_web::{HttpResponse, web};
use askama::Template;

/// Failed records that are listed on the run's own page; the others are among the records.
const FAILED_SHOWN: usize = 50;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/runs/{run}", show)
        .get("/runs/{run}/events", watch)
        .get("/runs/{run}/records", records::show)
        .files("/runs/{run}/records", records::files)
        .post("/runs/{run}/records/{seq}/retry", act::retry)
        .post("/runs/{run}/cancel", act::cancel)
        .post("/runs/{run}/resume", act::resume)
        .post("/runs/{run}/undo", act::undo);
}

/// What went wrong, in the reader's language, with the engine's sentence beside it.
struct Trouble {
    title: String,
    what: String,
    fix: String,
    detail: String,
    errcode: Option<ErrcodeView>,
}

/// WeCom's refusal, explained.
pub(super) struct ErrcodeView {
    pub(super) code: i64,
    pub(super) meaning: &'static str,
    pub(super) cause: &'static str,
    pub(super) fix: &'static str,
}

struct FailedView {
    seq: u32,
    subject: String,
    /// Whom it is about: the name and the page that explains.
    person: Option<(String, String)>,
    step: String,
    errcode: Option<ErrcodeView>,
    message: Said,
    /// Trying it again cannot succeed.
    needs_plan: bool,
}

/// A sentence of the engine in the reader's language; `is_told` = false leaves it English.
struct Said {
    text: String,
    is_told: bool,
}

impl Said {
    fn new(t: T, said: &str) -> Self {
        let told = t.retold(said);
        Self { is_told: told.is_some(), text: told.unwrap_or_else(|| said.to_owned()) }
    }
}

struct PullView {
    strategy: &'static str,
    departments: u64,
    members: u64,
    bound: u64,
    ambiguous: u64,
    unreadable: u64,
    /// What could not be read, while the mirror is still the one of this run: subject, what, why.
    gaps: Vec<(String, String, String)>,
    why: String,
}

#[derive(Template)]
#[template(path = "sync/run.html")]
struct RunPage {
    f: Frame,
    corp: CorpView,
    card: RunCard,
    kind: RunKind,
    /// The run that it takes back.
    undoes: Option<String>,
    /// The run that takes it back, when that began, and where it stands.
    undone: Option<(String, String, &'static str)>,
    /// That run has taken back all of it.
    is_undone: bool,
    /// Who was not brought into WeCom.
    left_out: Vec<LeftOut>,
    state: RunState,
    id: String,
    started: String,
    ended: Option<String>,
    plan: Option<String>,
    events: String,
    trouble: Option<Trouble>,
    failed: Vec<FailedView>,
    failed_total: u64,
    endpoints: Vec<(String, u64)>,
    reads: u64,
    writes: u64,
    pull: Option<PullView>,
    may_cancel: bool,
    may_resume: bool,
    may_retry: bool,
    may_undo: bool,
    /// The pull was not believed because much was missing: a person may say that it is right.
    may_accept: bool,
    has_records: bool,
    /// The first that a small run has changed.
    first: Vec<records::Changed>,
}

/// Runs up to this many records name the first of them on their page.
const SMALL: u64 = 2_000;

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, run: web::Path<RunId>) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let run = get(&web, &run).await?;
    let then = Listing::of(&who, &["then"]);
    if let (true, RunKind::Plan, RunState::Done, Some(plan)) = (then.is("then", "plan"), run.kind, run.state, &run.plan)
    {
        return Ok(reply::see_other(&who.url(&format!("/plans/{}", link::part(plan)))));
    }
    let (key, plan, id, undone_by) = (run.corp.clone(), run.plan.clone(), run.id.clone(), run.undone_by.clone());
    let is_small = run.kind == RunKind::Downstream && run.state.is_final() && run.total <= SMALL;
    let seqs: Vec<u32> = run.failed.iter().take(FAILED_SHOWN).map(|record| record.seq).collect();
    let base = who.base.clone();
    let who_url = move |path: &str| format!("{base}{path}");
    let read = web.app.store.read_async(move |tx| {
        let plan = plan.map(|plan| store::plans::head(tx, &plan)).transpose()?.flatten();
        let corp = store::corps::find(tx, &key)?;
        let people = people(tx, corp.as_ref(), plan.as_ref(), &seqs)?;
        let first = match (&corp, &plan) {
            (Some(corp), Some(plan)) if is_small && plan.state == PlanState::Taken => {
                records::first(tx, t, corp, &id, &plan.id)?
            }
            _ => Vec::new(),
        };
        let left_out = match (&corp, &plan) {
            (Some(corp), Some(plan)) if plan.state == PlanState::Taken => {
                let plan_url = who_url(&format!("/plans/{}", link::part(&plan.id)));
                let found = left_out::find(tx, corp, plan)?;
                left_out::view(t, &who_url, corp, &plan_url, found)
            }
            _ => Vec::new(),
        };
        let undone = undone_by.map(|id| store::runs::find(tx, &id)).transpose()?.flatten();
        Ok((corp, store::mirror::head(tx, &key)?, plan, people, first, left_out, undone))
    });
    let (corp, mirror, plan, people, first, left_out, undone) = read.await.map_err(store_problem)?;
    let name = corp.map_or_else(|| run.corp.to_string(), |corp| corp.name);
    let is_applied =
        run.kind == RunKind::Downstream && plan.as_ref().is_some_and(|plan| plan.state == PlanState::Taken);
    let runs = who.may(ApiScope::SyncRun);
    let is_final = run.state.is_final();
    let id = link::part(&run.id);
    // taken back as a whole, and that was not taken back itself
    let is_undone = undone.as_ref().is_some_and(|by| {
        by.state == RunState::Done && by.undone_by.is_none() && by.counts.total() >= run.counts.total()
    });
    let card = RunCard::new(t, &RunBrief::from(&run), web.app.clock.now_ms());
    let page = RunPage {
        f: who.frame_at(&run.corp, "runs", t.run_title(card.kind)),
        card,
        kind: run.kind,
        undoes: run.undoes.as_ref().map(link::part),
        undone: undone.map(|run| (link::part(&run.id), time::second(run.started_at_ms), t.run_state(run.state))),
        is_undone,
        left_out,
        state: run.state,
        started: time::second(run.started_at_ms),
        ended: run.ended_at_ms.map(time::second),
        plan: run.plan.as_ref().filter(|_| plan.is_some()).map(link::part),
        events: who.url(&format!("/runs/{id}/events")),
        trouble: trouble(t, &run),
        failed: run
            .failed
            .iter()
            .zip(people)
            .map(|(record, person)| {
                let link = |id: &EmployeeId| who.url(&format!("/corps/{}/explain/{}", run.corp, link::part(id)));
                let person = person.map(|(id, name)| (name, link(&id)));
                FailedView { person, ..failed(t, record) }
            })
            .collect(),
        failed_total: run.failed_total,
        endpoints: run.calls.by_endpoint.iter().map(|(endpoint, calls)| (endpoint.clone(), *calls)).collect(),
        reads: run.calls.reads,
        writes: run.calls.writes,
        pull: pull(t, &run, mirror),
        may_cancel: !is_final && runs,
        may_resume: is_applied && matches!(run.state, RunState::Failed | RunState::Cancelled) && runs,
        may_retry: is_applied && is_final && runs,
        may_undo: is_applied && is_final && run.counts.total() > 0 && !is_undone && runs,
        may_accept: run.code.as_deref() == Some("sync.suspicious_read") && runs,
        has_records: is_applied,
        first,
        corp: CorpView { key: run.corp, name },
        id,
    };
    if is_final { reply::page(&page) } else { reply::reloading_page(&page) }
}

async fn get(web: &Web, run: &RunId) -> Result<Run, Problem> {
    let found = web.app.jobs.find(run).await.map_err(sync_problem)?;
    found.ok_or_else(|| sync_problem(SyncError::NoRun(run.clone())))
}

/// Events of a run, for the script of its page.
async fn watch(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    settings: web::Data<Settings>,
    run: web::Path<RunId>,
) -> Result<Events, Problem> {
    // subscribed before the state is read, so that nothing falls between the two
    let live = web.app.jobs.subscribe(&run);
    let now = get(&web, &run).await?;
    let right = Right::Session { account: who.account.id.clone(), session: who.session.id.clone() };
    events::stream(web.app.clone(), &settings, now, live, right)
}

pub(super) fn explain(t: T, code: i64) -> Option<ErrcodeView> {
    let known = errcode::explain(code).filter(|_| code != 0)?;
    Some(ErrcodeView {
        code,
        meaning: t.lang.pick(known.meaning.zh, known.meaning.en),
        cause: t.lang.pick(known.cause.zh, known.cause.en),
        fix: t.lang.pick(known.fix.zh, known.fix.en),
    })
}

/// Whom these changes of a plan are about.
fn people(
    tx: &impl Reads,
    corp: Option<&Corp>,
    plan: Option<&PlanHead>,
    seqs: &[u32],
) -> Result<Vec<Option<(EmployeeId, String)>>, StoreError> {
    let person = |seq: &u32| {
        let (Some(corp), Some(plan)) = (corp, plan) else { return Ok(None) };
        let change = store::plans::change(tx, &plan.id, *seq)?;
        let Some(id) = change.as_ref().and_then(|change| change.action.employee()) else { return Ok(None) };
        let known = store::directory::find_employee(tx, &corp.tenant, id)?;
        Ok(Some((id.clone(), known.map_or_else(|| id.to_string(), |employee| employee.name.to_string()))))
    };
    seqs.iter().map(person).collect()
}

fn failed(t: T, record: &FailedRecord) -> FailedView {
    FailedView {
        person: None,
        seq: record.seq,
        subject: t.run_subject(&record.subject),
        step: record.step.clone(),
        errcode: explain(t, record.errcode),
        message: Said::new(t, &record.message),
        needs_plan: record.needs_plan,
    }
}

fn trouble(t: T, run: &Run) -> Option<Trouble> {
    let detail = run.message.as_deref().map(|said| t.told(said)).unwrap_or_default();
    let errcode = run.errcode.and_then(|code| explain(t, code));
    let code = run.code.as_deref()?;
    if let Some(title) = t.run_code(code) {
        return Some(Trouble { title: title.to_owned(), what: String::new(), fix: String::new(), detail, errcode });
    }
    if run.state != RunState::Failed {
        return None;
    }
    let advice = locale::advice(t.lang, code, 500);
    Some(Trouble { title: advice.title.into(), what: advice.what.into(), fix: advice.fix.into(), detail, errcode })
}

fn pull(t: T, run: &Run, mirror: Option<MirrorHead>) -> Option<PullView> {
    let found = run.pull.as_ref()?;
    // the list of gaps is kept with the mirror: it is this run's as long as no later one has read
    let own = mirror.filter(|head| {
        head.read_at_ms >= run.started_at_ms && run.ended_at_ms.is_none_or(|ended_ms| head.read_at_ms <= ended_ms)
    });
    let gaps = own.iter().flat_map(|head| &head.unreadable);
    Some(PullView {
        strategy: t.read_strategy(found.strategy),
        departments: found.departments,
        members: found.members,
        bound: found.bound,
        ambiguous: found.ambiguous,
        unreadable: found.unreadable,
        gaps: gaps
            .map(|gap| (t.run_subject(&gap.subject), t.unreadable_part(&gap.what), t.told(&gap.why)))
            .take(200)
            .collect(),
        why: own.map(|head| t.told(&head.strategy_reason)).unwrap_or_default(),
    })
}

/// A frame for the pages below a run.
fn frame(who: &Person, run: &Run, title: String) -> Frame {
    who.frame_at(&run.corp, "runs", title)
}
