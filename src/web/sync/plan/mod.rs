//! The preview (DIR-61): tree in colours, changes with their reasons, checks, cost; then apply, allow or reject.

mod act;
pub(super) mod changes;
mod checks;
mod cost;
pub(super) mod left_out;
mod tree;

use super::cards::{CorpView, PlanCard};
use crate::browse::PAGE_MAX;
use crate::browse::plan::ColourCounts;
use crate::http::Problem;
use crate::http::errors::{browse_problem, store_problem, sync_problem};
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{Decision, MemberCounts, PlanId, PlanState};
use crate::store;
use crate::sync::SyncError;
use crate::web::export::{self, Kind, Out};
use crate::web::form::Faults;
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

const _: () = assert!(ROWS <= PAGE_MAX);

/// Parameters of the page.
pub(super) const PARAMS: [&str; 13] =
    ["tab", "q", "colour", "kind", "side", "reason", "undo", "branch", "open", "sort", "dir", "after", "before"];

pub(super) fn routes(routes: &mut Routes) {
    routes
        // before the page, whose hole would take the ending too
        .files("/plans/{plan}", files)
        .get("/plans/{plan}", show)
        .get("/plans/{plan}/tree", tree::children)
        .post("/plans/{plan}/apply", act::apply)
        .post("/plans/{plan}/decide", act::decide)
        .post("/plans/{plan}/offers", act::bind_offer);
}

/// Which part of the page is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Changes,
    Checks,
    Cost,
}

/// A tile with a count, which filters.
struct Tile {
    label: &'static str,
    members: u32,
    departments: u32,
    href: String,
    is_chosen: bool,
    /// What cannot be taken back among them.
    note: Option<String>,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "sync/plan.html")]
struct PlanPage {
    f: Frame,
    list: Listing,
    card: PlanCard,
    corp: CorpView,
    tab: Tab,
    hash: String,
    options_hash: String,
    undoes: Option<String>,
    /// Who had it made by hand.
    made_by: Option<String>,
    /// The first of two who must allow it.
    first_allow: Option<DecisionView>,
    decision: Option<DecisionView>,
    applied_by: Option<String>,
    act: act::Act,
    /// The directory has changed since it was made.
    has_moved_on: bool,
    /// Who cannot be brought into WeCom.
    left_out: Vec<left_out::LeftOut>,
    faults: Faults,
    reason: String,
    changes_total: usize,
    /// Guards that hold it, broken entries of the never-list, notices.
    checks_total: usize,
    has_trouble: bool,
    estimated: String,
    tiles: Vec<Tile>,
    changes: Option<changes::ChangesView>,
    checks: Option<checks::ChecksView>,
    cost: Option<cost::CostView>,
}

/// A decision as it is shown.
struct DecisionView {
    by: String,
    at: String,
    reason: String,
    is_allowed: bool,
}

impl DecisionView {
    fn new(t: T, decision: &Decision) -> Self {
        Self {
            by: t.sync_actor(&decision.by),
            at: time::minute(decision.at_ms),
            reason: decision.reason.clone(),
            is_allowed: decision.allowed,
        }
    }
}

/// What was entered and is not acceptable.
#[derive(Default)]
struct Entered {
    faults: Faults,
    reason: String,
    /// 200, or why it stands here again.
    status: StatusCode,
}

impl Entered {
    fn refused(faults: Faults, reason: String) -> Self {
        Self { faults, reason, status: StatusCode::UNPROCESSABLE_ENTITY }
    }
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, plan: web::Path<PlanId>) -> Result<HttpResponse, Problem> {
    page(&who, &web, &plan, Entered::default()).await
}

/// The page, with the faults of a form.
async fn page(who: &Person, web: &Web, plan: &PlanId, entered: Entered) -> Result<HttpResponse, Problem> {
    let (app, t) = (&web.app, who.t);
    let list = Listing::of(who, &PARAMS);
    let head = crate::sync::service::get_plan(&app.env, plan).await.map_err(sync_problem)?;
    let looked_at = head.clone();
    let read = app.store.read_async(move |tx| {
        let Some(corp) = store::corps::find(tx, &looked_at.corp)? else { return Ok(None) };
        let left_out = left_out::find(tx, &corp, &looked_at)?;
        let two = match crate::admin::settings::read(tx)?.two_person_removals {
            true => Some(act::Deciders { accounts: store::accounts::list(tx)?, keys: store::api_keys::list(tx)? }),
            false => None,
        };
        let has_moved_on = store::directory::counts(tx, &corp.tenant)?.revision != looked_at.directory_revision;
        let writes = crate::sync::service::writes(tx, &corp.key)?;
        let was_refused =
            has_moved_on && looked_at.state.is_open() && crate::sync::service::was_refused(tx, &looked_at)?;
        Ok(Some((corp, left_out, two, (has_moved_on, was_refused), writes)))
    });
    let found = read.await.map_err(store_problem)?;
    let (corp, left_out, two, (has_moved_on, was_refused), writes) =
        found.ok_or_else(|| sync_problem(SyncError::NoCorp(head.corp.clone())))?;
    let now_ms = app.clock.now_ms();
    let tab = match list.get("tab") {
        "checks" => Tab::Checks,
        "cost" => Tab::Cost,
        _ => Tab::Changes,
    };
    let (looking, removed) = (list.clone(), head.counts.members.clone());
    let (tiles, changes, changes_total) = app
        .views
        .plan(plan, move |view, _| {
            let summary = view.summary();
            let tiles = tiles(t, &looking, &removed, summary.members, summary.departments);
            let total = summary.changes;
            let changes = (tab == Tab::Changes).then(|| changes::view(t, view, &looking, &summary)).transpose()?;
            Ok((tiles, changes, total))
        })
        .await
        .map_err(browse_problem)?;
    let checks = match tab {
        Tab::Checks => Some(checks::view(who, web, &corp, &head, &list).await?),
        _ => None,
    };
    let troubles = head.tripped().count() + head.invariants.iter().filter(|entry| !entry.holds).count();
    let mut card = PlanCard::new(t, &head, corp.name.clone(), now_ms).beside(t, &corp, writes, &head);
    let mut act = act::Act::new(who, (&corp, writes), &head, two.as_ref(), now_ms);
    if was_refused && card.overtaken.is_none() && !act.is_over {
        card = card.no_more(t, t.plan_was_refused());
        (act.overtaken, act.may_apply) = (Some(t.plan_was_refused()), false);
    }
    let page = PlanPage {
        f: who.frame_at(&head.corp, "sync", t.plan_title()),
        card,
        tab,
        hash: head.hash.clone(),
        options_hash: head.options_hash.clone(),
        undoes: head.undoes.as_ref().map(ToString::to_string),
        made_by: head.made_by.as_ref().map(|by| t.sync_actor(by)),
        first_allow: head
            .first_allow
            .as_ref()
            .filter(|_| head.state == PlanState::Held)
            .map(|decision| DecisionView::new(t, decision)),
        decision: head.decision.as_ref().map(|decision| DecisionView::new(t, decision)),
        applied_by: head.taken_by.as_ref().map(ToString::to_string),
        left_out: left_out::view(t, &|path| who.url(path), &corp, &list.action, left_out),
        // what an undo gives back is not compared with the directory
        has_moved_on: has_moved_on && head.undoes.is_none() && head.state.is_open() && head.expires_at_ms > now_ms,
        act,
        faults: entered.faults,
        reason: entered.reason,
        changes_total,
        checks_total: head.notices.len() + troubles,
        has_trouble: troubles > 0,
        estimated: time::span(t, i64::try_from(head.budget.estimated_s).unwrap_or(i64::MAX / 1000) * 1000),
        tiles,
        changes,
        checks,
        cost: (tab == Tab::Cost).then(|| cost::view(t, &corp, &head, now_ms)),
        corp: CorpView { key: corp.key, name: corp.name },
        list,
    };
    reply::page_with(entered.status, &page)
}

fn tiles(t: T, list: &Listing, removed: &MemberCounts, members: ColourCounts, departments: ColourCounts) -> Vec<Tile> {
    let tile = |colour: &str, label, tone, count: fn(&ColourCounts) -> u32| Tile {
        label,
        members: count(&members),
        departments: count(&departments),
        href: if list.is("colour", colour) { list.with("colour", "") } else { list.with("colour", colour) },
        note: None,
        is_chosen: !colour.is_empty() && list.is("colour", colour),
        tone,
    };
    // deleting is not called by the word that stands for disabling too
    let (label, note) = match (removed.delete, removed.disable) {
        (0, _) => (t.colour_removed(), None),
        (_, 0) => (t.colour_deleted(), None),
        (deleted, _) => (t.colour_removed(), Some(t.tile_deletes(deleted))),
    };
    vec![
        tile("new", t.colour_new(), "new", |counts| counts.new),
        tile("linked", t.colour_linked(), "matched", |counts| counts.linked),
        tile("changed", t.colour_changed(), "changed", |counts| counts.changed),
        Tile { note, ..tile("removed", label, "removed", |counts| counts.removed) },
        Tile { href: String::new(), ..tile("", t.colour_matched(), "", |counts| counts.matched) },
        Tile { href: String::new(), ..tile("", t.colour_untouched(), "", |counts| counts.untouched) },
    ]
}

async fn files(who: Admin<SyncRead>, web: web::Data<Web>, plan: web::Path<PlanId>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, &plan, Kind::of(&who)).await
}

async fn whole(who: &Person, web: &Web, plan: &PlanId, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let query = changes::query(&Listing::of(who, &PARAMS));
    let (view, _) = web.app.views.plan_view(plan).await.map_err(browse_problem)?;
    let captions = vec![
        t.change_seq(),
        t.change_what(),
        t.change_name(),
        t.change_employee(),
        t.change_userid(),
        t.change_place(),
        t.change_why(),
        t.change_undo(),
        t.change_differences(),
    ];
    let name = format!("plan-{}-{}", view.corp(), view.id());
    let fill = move |out: Out<'_>| out.rows(view.rows(&query).map(|row| row.map(|row| changes::cells(t, row))));
    export::file(web, kind, &name, captions, fill).await
}
