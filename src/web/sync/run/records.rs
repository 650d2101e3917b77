//! What became of each record of a run: the plan's changes with their outcomes.

use super::{ErrcodeView, Said, explain, frame, get};
use crate::browse::plan::{ChangeKind, ChangeQuery, ChangeRow, ChangeSide, PlanView};
use crate::browse::{BrowseError, Page};
use crate::http::Problem;
use crate::http::errors::browse_problem;
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{
    Action, ApiScope, Change, Corp, CorpKey, JournalEntry, MemberField, Outcome, PlanId, Run, RunId, RunKind, UnitId,
};
use crate::store::{self, ReadTx, Reads, Store, StoreError};
use crate::web::export::{self, Kind, Out};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::state::Web;
use crate::web::sync::plan::changes::{self, RowView};
use crate::web::sync::{Choice, any};
use crate::web::visit::{Admin, Person};
use crate::web::{code, link, reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use std::collections::BTreeSet;

const PARAMS: [&str; 7] = ["q", "kind", "outcome", "sort", "dir", "after", "before"];

struct RecordView {
    row: RowView,
    state: &'static str,
    tone: &'static str,
    at: String,
    attempts: u32,
    errcode: Option<ErrcodeView>,
    message: Said,
    may_retry: bool,
    needs_plan: bool,
}

#[derive(Template)]
#[template(path = "sync/records.html")]
struct RecordsPage {
    f: Frame,
    id: String,
    corp: CorpKey,
    list: Listing,
    kinds: Vec<Choice>,
    outcomes: Vec<Choice>,
    page: Page<RecordView>,
}

async fn run_with_plan(web: &Web, run: &RunId) -> Result<(Run, std::sync::Arc<PlanView>), Problem> {
    let run = get(web, run).await?;
    let plan = run.plan.clone().filter(|_| run.kind == RunKind::Downstream);
    let plan = plan.ok_or_else(|| Problem::not_found("records of run", &run.id))?;
    let (view, _) = web.app.views.plan_view(&plan).await.map_err(browse_problem)?;
    Ok((run, view))
}

/// Records that a run's own page names.
const FIRST: usize = 12;
/// They are looked for among so many of the run's first.
const LOOKED_AT: u32 = 200;

/// Somebody or something that a run has changed.
pub(super) struct Changed {
    pub(super) kind: String,
    pub(super) tone: &'static str,
    pub(super) name: String,
    pub(super) employee: Option<String>,
    pub(super) place: String,
}

/// The first that a run has changed, in the order of application: people, where there are any among them. What failed or
/// was not reached is not named. Reads a few hundred rows, whatever the size of the organisation.
pub(super) fn first(
    tx: &impl Reads,
    t: T,
    corp: &Corp,
    run: &RunId,
    plan: &PlanId,
) -> Result<Vec<Changed>, StoreError> {
    let entries = store::runs::entries(tx, run, 0..LOOKED_AT)?;
    let is_done = |entry: &&JournalEntry| matches!(entry.outcome, Outcome::Done | Outcome::FoundDone);
    let done: BTreeSet<u32> = entries.iter().filter(is_done).map(|entry| entry.seq).collect();
    let mut found = store::plans::changes(tx, plan, 0..LOOKED_AT)?;
    found.retain(|change| done.contains(&change.seq));
    let is_of_member = |change: &Change| ChangeKind::of(&change.action).side() == ChangeSide::Members;
    if found.iter().any(is_of_member) {
        found.retain(is_of_member);
    }
    found.truncate(FIRST);
    found.iter().map(|change| changed(tx, t, corp, &change.action)).collect()
}

fn changed(tx: &impl Reads, t: T, corp: &Corp, action: &Action) -> Result<Changed, StoreError> {
    let unit_name = |id: &UnitId| {
        let unit = store::directory::find_unit(tx, &corp.tenant, id)?;
        Ok::<_, StoreError>(unit.map(|unit| unit.name.to_string()))
    };
    let employee = action.employee();
    let known = employee.map(|id| store::directory::find_employee(tx, &corp.tenant, id)).transpose()?.flatten();
    let place = known.as_ref().map(|known| unit_name(&known.unit_id)).transpose()?.flatten();
    let name = match (known, action) {
        (Some(known), _) => known.name.to_string(),
        (None, Action::BindDepartment { unit, .. } | Action::UnbindDepartment { unit, .. }) => {
            unit_name(unit)?.unwrap_or_else(|| unit.to_string())
        }
        (None, _) => {
            let member = action.member_before().map(|(userid, image)| {
                image.fields.get(&MemberField::Name).map_or_else(|| userid.to_string(), |name| name.to_string())
            });
            let before = action.department_before();
            let after = action.department_after().and_then(|after| after.name.as_ref());
            let department = after.or(before.and_then(|(_, before)| before.name.as_ref())).map(|name| name.to_string());
            let numbers = employee.map(ToString::to_string).or(before.map(|(id, _)| format!("#{id}")));
            member.or(department).or(numbers).unwrap_or_default()
        }
    };
    let kind = ChangeKind::of(action);
    Ok(Changed {
        kind: t.change_kind(&code::of(kind)),
        tone: changes::tone(kind),
        name,
        employee: employee.map(ToString::to_string),
        place: place.unwrap_or_default(),
    })
}

pub(super) async fn show(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    run: web::Path<RunId>,
) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let (run, view) = run_with_plan(&web, &run).await?;
    let list = Listing::of(&who, &PARAMS);
    let corp = run.corp.clone();
    let (f, id) = (frame(&who, &run, t.records_title().to_owned()), link::part(&run.id));
    let may_retry = run.state.is_final() && who.may(ApiScope::SyncRun);
    let (store, asked) = (web.app.store.clone(), list.clone());
    let read = tokio::task::spawn_blocking(move || {
        let mut kinds = vec![any(t, t.change_what())];
        kinds.extend(view.summary().by_kind.iter().map(|(kind, count)| {
            let kind = code::of(kind);
            let label = format!("{} ({count})", t.change_kind(&kind));
            (kind, label)
        }));
        let page = view.page(&query(&asked, &store, &run)?)?;
        let seqs: Vec<u32> = page.rows.iter().map(|row| row.seq).collect();
        let entries = entries(&store, &run.id, &seqs)?;
        let mut entries = entries.into_iter();
        let page = page.map(|row| record(t, row, entries.next().flatten(), may_retry));
        Ok::<_, BrowseError>((kinds, page))
    });
    let (kinds, page) = read.await.map_err(Problem::internal)?.map_err(browse_problem)?;
    let outcomes = vec![any(t, t.record_outcome()), ("failed".into(), t.record_failed_only().to_owned())];
    reply::page(&RecordsPage { f, id, corp, list, kinds, outcomes, page })
}

/// What is asked for: all changes, or those that failed. The run's row names the first thousand of these; where there are
/// more, the journal tells them.
fn query(list: &Listing, store: &Store, run: &Run) -> Result<ChangeQuery, BrowseError> {
    let mut asked = changes::query(list);
    if list.is("outcome", "failed") {
        let named = run.failed.iter().map(|record| record.seq);
        let is_whole = run.failed.len() as u64 >= run.failed_total;
        asked.among = Some(match is_whole {
            true => named.collect(),
            false => store.read(|tx| store::runs::failed_seqs(tx, &run.id))?.into_iter().collect(),
        });
    }
    Ok(asked)
}

fn entries(store: &Store, run: &RunId, seqs: &[u32]) -> Result<Vec<Option<JournalEntry>>, StoreError> {
    store.read(|tx: &ReadTx| seqs.iter().map(|seq| store::runs::entry(tx, run, *seq)).collect())
}

fn record(t: T, row: ChangeRow, entry: Option<JournalEntry>, may_retry: bool) -> RecordView {
    let (mut errcode, mut message) = (None, Said::new(t, ""));
    let (mut is_open, mut needs_plan) = (false, false);
    let (state, tone) = match entry.as_ref().map(|entry| &entry.outcome) {
        None => (t.outcome_waiting(), ""),
        Some(Outcome::Intended) => (t.outcome_intended(), "info"),
        Some(Outcome::Done) => (t.outcome_done(), "good"),
        Some(Outcome::FoundDone) => (t.outcome_found_done(), "good"),
        Some(Outcome::Failed { errcode: code, message: said, needs_plan: is_refused }) => {
            (errcode, message) = (explain(t, *code), Said::new(t, said));
            (is_open, needs_plan) = (true, *is_refused);
            (t.outcome_failed(), "bad")
        }
        Some(Outcome::Skipped { because_of }) => {
            message = Said { text: t.outcome_skipped_because(because_of), is_told: true };
            is_open = true;
            (t.outcome_skipped(), "warn")
        }
    };
    RecordView {
        row: changes::row_view(t, row),
        state,
        tone,
        at: entry.as_ref().map(|entry| time::second(entry.at_ms)).unwrap_or_default(),
        attempts: entry.as_ref().map_or(0, |entry| entry.attempts),
        errcode,
        message,
        may_retry: may_retry && is_open && !needs_plan,
        needs_plan,
    }
}

pub(super) async fn files(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    run: web::Path<RunId>,
) -> Result<HttpResponse, Problem> {
    whole(&who, &web, &run, Kind::of(&who)).await
}

async fn whole(who: &Person, web: &Web, run: &RunId, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let (run, view) = run_with_plan(web, run).await?;
    let list = Listing::of(who, &PARAMS);
    let (store, name) = (web.app.store.clone(), format!("run-{}-{}", run.corp, run.id));
    let captions = vec![
        t.change_seq(),
        t.change_what(),
        t.change_name(),
        t.change_employee(),
        t.change_userid(),
        t.change_why(),
        t.record_outcome(),
        t.record_at(),
        t.record_message(),
    ];
    let fill = move |out: Out<'_>| {
        let asked = query(&list, &store, &run)?;
        let rows = view.rows(&asked).map(|row| {
            let row = row?;
            let entry = store.read(|tx| store::runs::entry(tx, &run.id, row.seq))?;
            Ok(record(t, row, entry, false))
        });
        let rows = rows.map(|record: Result<RecordView, BrowseError>| {
            let RecordView { row, state, at, message, .. } = record?;
            let (oa, wecom) = (row.employee.or(row.unit), row.userid.or(row.department));
            Ok([
                row.seq.to_string(),
                row.kind,
                row.name,
                oa.unwrap_or_default(),
                wecom.unwrap_or_default(),
                row.why,
                state.to_owned(),
                at,
                message.text,
            ])
        });
        out.rows(rows)
    };
    export::file(web, kind, &name, captions, fill).await
}
