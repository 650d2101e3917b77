//! What became of each record of a run: the plan's changes with their outcomes.

use super::{ErrcodeView, explain, frame, get};
use crate::browse::plan::{ChangeQuery, ChangeRow, PlanView};
use crate::browse::{BrowseError, Page};
use crate::http::Problem;
use crate::http::errors::browse_problem;
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{ApiScope, JournalEntry, Outcome, Run, RunId, RunKind};
use crate::store::{self, ReadTx, Store, StoreError};
use crate::web::export::{self, Kind, Out};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::state::Web;
use crate::web::sync::plan::changes::{self, RowView};
use crate::web::sync::{Choice, any};
use crate::web::visit::{Admin, Person};
use crate::web::{link, reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

const PARAMS: [&str; 7] = ["q", "kind", "outcome", "sort", "dir", "after", "before"];

struct RecordView {
    row: RowView,
    state: &'static str,
    tone: &'static str,
    at: String,
    attempts: u32,
    errcode: Option<ErrcodeView>,
    message: String,
    may_retry: bool,
}

#[derive(Template)]
#[template(path = "sync/records.html")]
struct RecordsPage {
    f: Frame,
    id: String,
    list: Listing,
    kinds: Vec<Choice>,
    outcomes: Vec<Choice>,
    page: Page<RecordView>,
}

/// What is asked for: all changes, or those that failed.
fn query(list: &Listing) -> ChangeQuery {
    changes::query(list)
}

async fn run_with_plan(web: &Web, run: &RunId) -> Result<(Run, std::sync::Arc<PlanView>), Problem> {
    let run = get(web, run).await?;
    let plan = run.plan.clone().filter(|_| run.kind == RunKind::Downstream);
    let plan = plan.ok_or_else(|| Problem::not_found("records of run", &run.id))?;
    let (view, _) = web.app.views.plan_view(&plan).await.map_err(browse_problem)?;
    Ok((run, view))
}

pub(super) async fn show(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    run: web::Path<RunId>,
) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let (run, view) = run_with_plan(&web, &run).await?;
    let list = Listing::of(&who, &PARAMS);
    let asked = query(&list);
    let may_retry = run.state.is_final() && who.may(ApiScope::SyncRun);
    let (store, id, wants_failed) = (web.app.store.clone(), run.id.clone(), list.is("outcome", "failed"));
    let failed: Vec<u32> = run.failed.iter().map(|record| record.seq).collect();
    let read = tokio::task::spawn_blocking(move || {
        let mut kinds = vec![any(t, t.change_what())];
        kinds.extend(view.summary().by_kind.iter().map(|(kind, count)| {
            let code = crate::web::code::of(kind);
            let label = format!("{} ({count})", t.change_kind(&code));
            (code, label)
        }));
        let page = if wants_failed { failed_page(&view, &asked, &failed)? } else { view.page(&asked)? };
        let seqs: Vec<u32> = page.rows.iter().map(|row| row.seq).collect();
        let entries = entries(&store, &id, &seqs)?;
        let mut entries = entries.into_iter();
        let page = page.map(|row| record(t, row, entries.next().flatten(), may_retry));
        Ok::<_, BrowseError>((kinds, page))
    });
    let (kinds, page) = read.await.map_err(Problem::internal)?.map_err(browse_problem)?;
    let outcomes = vec![any(t, t.record_outcome()), ("failed".into(), t.record_failed_only().to_owned())];
    let id = link::part(&run.id);
    let f = frame(&who, &run, t.records_title().to_owned());
    reply::page(&RecordsPage { f, id, list, kinds, outcomes, page })
}

/// The failed ones in the order of application; the run keeps at most a thousand of them.
fn failed_page(view: &PlanView, asked: &ChangeQuery, failed: &[u32]) -> Result<Page<ChangeRow>, BrowseError> {
    let mut seqs = failed.to_vec();
    seqs.sort_unstable();
    let from = asked.paging.cursor.as_deref().and_then(|seq| seq.parse().ok()).unwrap_or(0_u32);
    let before = seqs.partition_point(|seq| *seq < from);
    let mut rows = Vec::with_capacity(ROWS);
    for seq in seqs[before..].iter().take(ROWS) {
        rows.extend(view.change(*seq)?);
    }
    let next = seqs.get(before + ROWS).map(ToString::to_string);
    let previous = (before > 0).then(|| seqs[before.saturating_sub(ROWS)].to_string());
    Ok(Page { rows, total: seqs.len(), before, next, previous })
}

fn entries(store: &Store, run: &RunId, seqs: &[u32]) -> Result<Vec<Option<JournalEntry>>, StoreError> {
    store.read(|tx: &ReadTx| seqs.iter().map(|seq| store::runs::entry(tx, run, *seq)).collect())
}

fn record(t: T, row: ChangeRow, entry: Option<JournalEntry>, may_retry: bool) -> RecordView {
    let (state, tone, errcode, message, is_open) = match entry.as_ref().map(|entry| &entry.outcome) {
        None => (t.outcome_waiting(), "", None, String::new(), false),
        Some(Outcome::Intended) => (t.outcome_intended(), "info", None, String::new(), false),
        Some(Outcome::Done) => (t.outcome_done(), "good", None, String::new(), false),
        Some(Outcome::FoundDone) => (t.outcome_found_done(), "good", None, String::new(), false),
        Some(Outcome::Failed { errcode, message }) => {
            (t.outcome_failed(), "bad", explain(t, *errcode), message.clone(), true)
        }
        Some(Outcome::Skipped { because_of }) => {
            (t.outcome_skipped(), "warn", None, t.outcome_skipped_because(because_of), true)
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
        may_retry: may_retry && is_open,
    }
}

pub(super) async fn csv(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    run: web::Path<RunId>,
) -> Result<HttpResponse, Problem> {
    whole(&who, &web, &run, Kind::Csv).await
}

pub(super) async fn xlsx(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    run: web::Path<RunId>,
) -> Result<HttpResponse, Problem> {
    whole(&who, &web, &run, Kind::Xlsx).await
}

async fn whole(who: &Person, web: &Web, run: &RunId, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let (run, view) = run_with_plan(web, run).await?;
    let list = Listing::of(who, &PARAMS);
    let (asked, wants_failed, store) = (query(&list), list.is("outcome", "failed"), web.app.store.clone());
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
        let rows = view.rows(&asked).map(|row| {
            let row = row?;
            let entry = store.read(|tx| store::runs::entry(tx, &run.id, row.seq))?;
            Ok(record(t, row, entry, false))
        });
        let is_wanted = |row: &Result<RecordView, BrowseError>| {
            !wants_failed || row.as_ref().map_or(true, |record| matches!(record.tone, "bad" | "warn"))
        };
        let rows = rows.filter(is_wanted).map(|record| {
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
                message,
            ])
        });
        out.rows(rows)
    };
    export::file(&web.app.views, kind, t.records_file(), captions, fill).await
}
