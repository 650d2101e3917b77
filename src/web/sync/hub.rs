//! A corp's sync at a glance: what is set, what was done last, what comes next, what waits; and the buttons.

use super::cards::{CorpView, PlanCard, RunCard};
use crate::http::Problem;
use crate::http::errors::{store_problem, sync_problem};
use crate::http::permission::{SyncRead, SyncRun};
use crate::jobs::ScheduleKind;
use crate::locale::T;
use crate::model::{
    Access, ApiScope, Corp, CorpKey, DownstreamOptions, Leaver, MirrorHead, OutOfScope, PlanHead, RunBrief, RunState,
    SecretName,
};
use crate::store::{self, Reads, StoreError};
use crate::sync::SyncError;
use crate::sync::pull::PullRequest;
use crate::sync::service::{self, PlanRequest};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing, is_on};
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{link, reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// Runs and plans that are shown.
const SHOWN: usize = 8;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/sync", show)
        .post("/corps/{corp}/sync/pull", pull)
        .post("/corps/{corp}/sync/plan", plan)
        .post("/corps/{corp}/sync/run", sync);
}

/// Something that must be done first.
struct Missing {
    text: &'static str,
    label: &'static str,
    href: String,
}

struct ScheduleView {
    what: &'static str,
    next: Option<(String, String)>,
    trouble: bool,
    detail: String,
}

#[derive(Template)]
#[template(path = "sync/hub.html")]
struct HubPage {
    f: Frame,
    corp: CorpView,
    missing: Vec<Missing>,
    /// Nothing can be read yet.
    is_blocked: bool,
    may_run: bool,
    may_set: bool,
    may_write: bool,
    /// What a sync removes without asking.
    unasked: String,
    settings: Vec<(&'static str, String)>,
    pull: Option<(String, String, String)>,
    last_good: Option<RunCard>,
    last: Option<RunCard>,
    running: Option<RunCard>,
    schedules: Vec<ScheduleView>,
    waiting: Vec<PlanCard>,
    plans: Vec<PlanCard>,
    runs: Vec<RunCard>,
}

struct Facts {
    corp: Corp,
    has_people: bool,
    has_secret: bool,
    mirror: Option<MirrorHead>,
    runs: Vec<RunBrief>,
    /// The last downstream run that has ended, and the last one that was done whole.
    syncs: (Option<RunBrief>, Option<RunBrief>),
    plans: Vec<PlanHead>,
    /// Plans that can still be allowed.
    waiting: Vec<PlanHead>,
    /// How often runs have written.
    writes: u64,
    /// Whether two people allow each removal.
    is_two: bool,
}

fn load(tx: &impl Reads, corp: &CorpKey, now_ms: i64) -> Result<Option<Facts>, StoreError> {
    let Some(corp) = store::corps::find(tx, corp)? else { return Ok(None) };
    let key = &corp.key;
    let mut names = vec![SecretName::Contacts];
    names.extend(corp.read_app.clone().map(SecretName::App));
    let mut has_secret = false;
    for name in &names {
        has_secret |= store::secrets::find(tx, key, name)?.is_some();
    }
    let (runs, syncs) = (store::runs::briefs(tx, key, None, SHOWN)?, store::runs::last_syncs(tx, key)?);
    Ok(Some(Facts {
        has_people: store::directory::counts(tx, &corp.tenant)?.employees > 0,
        has_secret,
        mirror: store::mirror::head(tx, key)?,
        runs,
        syncs,
        plans: store::plans::list(tx, key, SHOWN)?,
        waiting: service::waiting(tx, &corp, now_ms)?,
        writes: service::writes(tx, key)?,
        is_two: crate::admin::settings::read(tx)?.two_person_removals,
        corp,
    }))
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let app = &web.app;
    let (t, now_ms) = (who.t, app.clock.now_ms());
    let wanted = corp.clone();
    let found = app.store.read_async(move |tx| load(tx, &wanted, now_ms)).await.map_err(store_problem)?;
    let Some(facts) = found else { return Err(sync_problem(SyncError::NoCorp(corp.into_inner()))) };
    let schedules = app.jobs.schedules().await.map_err(sync_problem)?;
    let schedules = schedules.into_iter().filter(|health| health.corp == facts.corp.key);
    let schedules = schedules.map(|health| ScheduleView {
        what: match health.kind {
            ScheduleKind::Pull => t.hub_schedule_pull(),
            ScheduleKind::Sync => t.hub_schedule_sync(),
        },
        next: health.next_at_ms.map(|at_ms| (time::minute(at_ms), time::machine(at_ms))),
        trouble: health.is_unhealthy,
        detail: health.last_error,
    });
    let run_card = |run: &RunBrief| RunCard::new(t, run, now_ms);
    let card = |head: &PlanHead| {
        let card = PlanCard::new(t, head, facts.corp.name.clone(), now_ms);
        card.beside(t, &facts.corp, facts.writes, head)
    };
    let members = facts.mirror.as_ref().map_or(0, |head| head.members);
    let missing = missing(&who, &facts);
    let page = HubPage {
        f: who.frame(t.nav_sync()),
        is_blocked: !facts.has_secret,
        may_run: who.may(ApiScope::SyncRun),
        may_set: who.may(ApiScope::CorpWrite),
        may_write: facts.corp.access == Access::ReadWrite && facts.corp.downstream.enabled,
        settings: sentences(t, &facts.corp),
        unasked: match unasked(&facts.corp.downstream, members, facts.is_two) {
            (0, 0) => t.hub_sync_unasked_none().to_owned(),
            (people, departments) => t.hub_sync_unasked(people, departments),
        },
        pull: facts.mirror.as_ref().map(|head| {
            let read = t.hub_read(head.departments, head.members);
            (time::minute(head.read_at_ms), time::ago(t, head.read_at_ms, now_ms), read)
        }),
        last_good: facts.syncs.1.as_ref().map(run_card),
        last: facts.syncs.0.as_ref().map(run_card),
        running: facts.runs.iter().find(|run| run.state == RunState::Running).map(run_card),
        schedules: schedules.collect(),
        waiting: facts.waiting.iter().map(card).collect(),
        plans: facts.plans.iter().map(card).collect(),
        runs: facts.runs.iter().map(run_card).collect(),
        corp: CorpView { key: facts.corp.key.clone(), name: facts.corp.name.clone() },
        missing,
    };
    reply::page(&page)
}

fn missing(who: &Person, facts: &Facts) -> Vec<Missing> {
    let t = who.t;
    let corp = format!("/corps/{}", facts.corp.key);
    let checks = [
        (!facts.has_people, t.hub_needs_people(), t.nav_import(), format!("/tenants/{}/import", facts.corp.tenant)),
        (!facts.has_secret, t.hub_needs_secret(), t.hub_to_corp(), corp.clone()),
        (facts.corp.access != Access::ReadWrite, t.hub_needs_access(), t.hub_to_corp(), corp.clone()),
        (!facts.corp.downstream.enabled, t.hub_needs_enabled(), t.nav_sync_settings(), format!("{corp}/settings")),
    ];
    let open = checks.into_iter().filter(|(is_missing, ..)| *is_missing);
    open.map(|(_, text, label, path)| Missing { text, label, href: who.url(&path) }).collect()
}

/// How many people and departments a sync removes at most before a guard holds it; `members` are in WeCom. Pure.
fn unasked(options: &DownstreamOptions, members: u64, is_two: bool) -> (u64, u64) {
    let guard = &options.guard;
    if !options.remove {
        return (0, 0);
    }
    let share = members.saturating_mul(u64::from(guard.max_removal_percent)) / 100;
    let people = share.min(guard.max_removals.into()).min(guard.max_removals_30_days.into());
    (if is_two { 0 } else { people }, guard.max_department_removals.into())
}

/// One sentence for each setting that matters most.
fn sentences(t: T, corp: &Corp) -> Vec<(&'static str, String)> {
    let options = &corp.downstream;
    let mut leavers = match options.leaver {
        Leaver::Disable if options.delete_after_days > 0 => t.hub_leaver_disable_delete(options.delete_after_days),
        Leaver::Disable => t.hub_leaver_disable().to_owned(),
        Leaver::Delete => t.hub_leaver_delete().to_owned(),
    };
    if !options.remove {
        leavers = t.hub_remove_off().to_owned();
    }
    let outside = match options.out_of_scope {
        OutOfScope::Keep => t.hub_outside_keep(),
        OutOfScope::Disable => t.hub_outside_disable(),
        OutOfScope::Delete => t.hub_outside_delete(),
    };
    let direction = match (corp.access, options.enabled) {
        (Access::ReadOnly, _) => t.hub_direction_read_only(),
        (Access::ReadWrite, false) => t.hub_direction_off(),
        (Access::ReadWrite, true) => t.hub_direction_on(),
    };
    let guard = &options.guard;
    vec![
        (t.hub_direction(), direction.to_owned()),
        (t.hub_scope(), t.scope_words(&options.scope)),
        (t.hub_leavers(), leavers),
        (t.hub_outside(), outside.to_owned()),
        (t.hub_guards(), t.hub_guards_text(guard.max_removals, guard.max_removal_percent)),
    ]
}

#[derive(Deserialize)]
struct PullFields {
    full: Option<String>,
    accept_shrink: Option<String>,
    /// Typed by who says that a suspiciously small answer is right.
    #[serde(default)]
    confirm: String,
    #[serde(default)]
    back: String,
}

async fn pull(
    who: Admin<SyncRun>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    form: Form<PullFields>,
) -> Result<HttpResponse, Problem> {
    let accepts = is_on(form.0.accept_shrink.as_ref());
    if accepts && form.0.confirm.trim() != corp.as_str() {
        let to = link::back(&form.0.back, &format!("/corps/{corp}/sync"));
        return Ok(reply::go(&who, &to, Some(Flash::bad(who.t.confirm_mismatch()))));
    }
    let request = PullRequest { full: is_on(form.0.full.as_ref()), accept_shrink: accepts };
    let run = web.app.jobs.start_pull(&corp, request, &who.actor()).await.map_err(sync_problem)?;
    Ok(reply::go(&who, &format!("/runs/{run}"), None))
}

async fn plan(
    who: Admin<SyncRun>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let run = web.app.jobs.start_plan(&corp, PlanRequest::default(), &who.actor()).await.map_err(sync_problem)?;
    Ok(reply::go(&who, &format!("/runs/{run}?then=plan"), None))
}

async fn sync(
    who: Admin<SyncRun>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let request = PullRequest::default();
    let run = web.app.jobs.start_sync(&corp, request, &who.actor()).await.map_err(sync_problem)?;
    Ok(reply::go(&who, &format!("/runs/{run}"), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GuardLimits;

    #[test]
    fn what_a_sync_removes_without_asking() {
        for (limits, members, remove, is_two, expected) in [
            ((50, 10, 100, 3), 1_000, true, false, (50, 3)),
            ((50, 10, 100, 3), 99, true, false, (9, 3)),
            ((50, 10, 7, 3), 1_000, true, false, (7, 3)),
            ((50, 10, 100, 3), 1_000, true, true, (0, 3)),
            ((50, 10, 100, 3), 1_000, false, false, (0, 0)),
            ((50, 0, 100, 0), 1_000, true, false, (0, 0)),
        ] {
            let guard = GuardLimits {
                max_removals: limits.0,
                max_removal_percent: limits.1,
                max_removals_30_days: limits.2,
                max_department_removals: limits.3,
                ..GuardLimits::default()
            };
            let options = DownstreamOptions { guard, remove, ..DownstreamOptions::default() };
            assert_eq!(unasked(&options, members, is_two), expected, "{limits:?} {members}");
        }
    }
}
