//! The scope (DIR-51, DIR-52): units with everything below, people included, people excluded; picked on the tree. What is
//! picked stands in the address until it is saved, so it can be tried first (PEER-05).

use super::fields::SyncFields;
use super::picks::{PICKS_MAX, Picks, address};
use crate::browse::Branch;
use crate::browse::directory::{EmployeeQuery, UnitNode};
use crate::http::Problem;
use crate::http::errors::{browse_problem, setup_problem};
use crate::http::permission::{CorpWrite, SyncRead};
use crate::model::{ApiScope, Corp, CorpKey, DownstreamOptions, EmployeeId, OutOfScope, UnitId};
use crate::setup::service::{self as setup, Consent};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::slice::{self, Slice};
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// Units that a search offers.
const FOUND_MAX: usize = 50;
/// What the address says: the unit that is looked into, the searches, the page of each list, what was picked, and what was
/// entered in the settings before and is not saved.
const PARAMETERS: [&str; 9] = ["at", "uq", "q", "below", "chosen", "included", "excluded", "pick", "draft"];

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/settings/scope", show).post("/corps/{corp}/settings/scope", change);
}

/// One that is chosen or can be.
struct Entry {
    id: String,
    name: String,
    detail: String,
    is_chosen: bool,
    has_below: bool,
}

#[derive(Template)]
#[template(path = "settings/scope.html")]
struct ScopePage {
    f: Frame,
    corp: Corp,
    list: Listing,
    path: Vec<(String, String)>,
    units: Slice<Entry>,
    /// Hits of the search for units.
    found: Vec<Entry>,
    people: Vec<Entry>,
    chosen_units: Slice<Entry>,
    included: Slice<Entry>,
    excluded: Slice<Entry>,
    can_change: bool,
    picks: Picks,
    /// With everything that waits to be saved together with the scope.
    drafted: DownstreamOptions,
}

impl ScopePage {
    /// Whether one more may be picked.
    fn may_pick(&self) -> bool {
        self.can_change && self.picks.all().len() < PICKS_MAX
    }

    /// Whether other settings wait to be saved together with the scope.
    fn is_drafted(&self) -> bool {
        !self.list.get("draft").is_empty()
    }

    /// Whether leaving loses something.
    fn is_unsaved(&self) -> bool {
        self.is_drafted() || !self.picks.all().is_empty()
    }

    /// The settings, with what was picked and entered.
    fn back(&self) -> String {
        let path = self.f.url(&format!("/corps/{}/settings", self.corp.key));
        address(&path, self.picks.all(), self.list.get("draft"))
    }

    /// This page without what was picked.
    fn without_picks(&self) -> String {
        address(&self.list.action, &[], self.list.get("draft"))
    }

    /// What becomes of linked people who are excluded, and whether they lose something.
    fn excluding(&self) -> (&'static str, &'static str) {
        let (t, options) = (self.f.t, &self.drafted);
        match options.out_of_scope {
            OutOfScope::Disable if options.remove => ("warn-text", t.scope_excluding_disable()),
            OutOfScope::Delete if options.remove => ("bad-text", t.scope_excluding_delete()),
            _ => ("muted", t.scope_excluding_keep()),
        }
    }
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, key: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let mut corp = setup::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let list = Listing::of(&who, &PARAMETERS);
    let picks = Picks::of(list.values("pick"));
    picks.put_over(&mut corp.downstream.scope);
    let list = list.with_values("pick", picks.all());
    let can_change = who.may(ApiScope::CorpWrite);
    let list = if can_change { list } else { list.with_values("draft", &[]) };
    let mut drafted = corp.clone();
    SyncFields::drafted(&corp, list.get("draft")).put_over(who.t, &mut drafted, &mut Faults::default());
    let view = web.app.views.directory_view(&corp.tenant).await.map_err(browse_problem)?;
    let scope = &corp.downstream.scope;
    let unit_entry = |node: &UnitNode| {
        let id = node.branch.node().map(ToString::to_string).unwrap_or_default();
        Entry {
            is_chosen: scope.units.iter().any(|known| known.as_str() == id),
            name: node.name.to_string(),
            detail: who.t.scope_people(node.total),
            has_below: node.children > 0,
            id,
        }
    };
    let at = Some(list.get("at")).filter(|id| !id.is_empty()).map(|id| Branch::Node(UnitId::from(id)));
    // the page that is asked for is known when the number of units is
    let below = |from: usize| match &at {
        Some(branch) => view.children(branch, from, ROWS).map_or((Vec::new(), 0), |part| (part.nodes, part.total)),
        None => {
            let tops = view.tops();
            let total = tops.len();
            (tops.into_iter().skip(from).take(ROWS).collect(), total)
        }
    };
    let total = below(0).1;
    let (nodes, _) = below((slice::page_of(&list, "below", total) - 1) * ROWS);
    let found = view.find_units(list.get("uq"), FOUND_MAX);
    let way = |node: &UnitNode| {
        let steps = view.path(&node.branch);
        let names: Vec<String> = steps.iter().map(|step| step.name.to_string()).collect();
        names.join(" / ")
    };
    let path = at.as_ref().map(|branch| view.path(branch)).unwrap_or_default();
    let path =
        path.into_iter().filter_map(|step| Some((step.branch.node()?.to_string(), step.name.to_string()))).collect();
    let person_entry = |id: &EmployeeId| {
        let row = view.employee(id);
        Entry {
            id: id.to_string(),
            name: row.as_ref().map_or_else(|| id.to_string(), |row| row.name.to_string()),
            detail: match row {
                Some(row) => row.unit.name.map(|name| name.to_string()).unwrap_or_default(),
                None => who.t.scope_gone().to_owned(),
            },
            is_chosen: true,
            has_below: false,
        }
    };
    let people = match list.get("q") {
        "" => Vec::new(),
        text => {
            let query = EmployeeQuery { search: text.to_owned(), ..EmployeeQuery::default() };
            let page = view.page(&query).map_err(browse_problem)?;
            page.rows.iter().map(|row| person_entry(&row.id)).collect()
        }
    };
    let chosen = |id: &UnitId| match view.unit(&Branch::Node(id.clone())) {
        Some(node) => unit_entry(&node),
        None => Entry {
            id: id.to_string(),
            name: id.to_string(),
            detail: who.t.scope_gone().to_owned(),
            is_chosen: true,
            has_below: false,
        },
    };
    let offered: Vec<Entry> = nodes.iter().filter(|node| node.branch.node().is_some()).map(unit_entry).collect();
    reply::page(&ScopePage {
        f: who.frame(who.t.scope_title()),
        units: Slice::part(&list, "below", offered, total),
        found: found
            .iter()
            .filter(|node| node.branch.node().is_some())
            .map(|node| Entry { detail: way(node), ..unit_entry(node) })
            .collect(),
        path,
        people,
        chosen_units: Slice::placed(&list, "chosen", &scope.units, chosen),
        included: Slice::placed(&list, "included", &scope.include, person_entry),
        excluded: Slice::placed(&list, "excluded", &scope.exclude, person_entry),
        can_change,
        drafted: drafted.downstream,
        picks,
        list,
        corp,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    pick: Vec<String>,
}

async fn change(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let picks = Picks::of(form.0.pick.iter().map(String::as_str));
    // put over what is there at that moment, so that nothing that others save is lost
    let edit = move |corp: &mut Corp| {
        picks.put_over(&mut corp.downstream.scope);
        Ok(())
    };
    let done = setup::edit_settings(&web.app.store, &who.actor(), &key, Consent::default(), edit).await;
    done.map_err(setup_problem)?;
    let path = format!("/corps/{key}/settings/scope");
    Ok(reply::go(&who, &path, Some(Flash::good(who.t.scope_saved()))))
}
