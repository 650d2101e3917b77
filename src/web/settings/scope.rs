//! The scope (DIR-51, DIR-52): units with everything below, people included, people excluded; picked on the tree.

use crate::browse::Branch;
use crate::browse::directory::{EmployeeQuery, UnitNode};
use crate::http::Problem;
use crate::http::errors::{browse_problem, setup_problem};
use crate::http::permission::{CorpWrite, SyncRead};
use crate::model::{ApiScope, Corp, CorpKey, EmployeeId, Scope, UnitId};
use crate::setup::service::{self as setup, Consent};
use crate::web::flash::Flash;
use crate::web::form::Form;
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
/// What the address says: the unit that is looked into, the searches, and the page of each list.
const PARAMETERS: [&str; 7] = ["at", "uq", "q", "below", "chosen", "included", "excluded"];

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
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, key: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = setup::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let list = Listing::of(&who, &PARAMETERS);
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
        can_change: who.may(ApiScope::CorpWrite),
        list,
        corp,
    })
}

#[derive(Debug, Deserialize)]
struct Fields {
    /// `unit`, `include`, `exclude`, with `+` or `-` before it.
    what: String,
    id: String,
    #[serde(default)]
    back: String,
}

/// Adds or takes one entry; answers whether anything changed.
fn edit(scope: &mut Scope, what: &str, id: &str) -> bool {
    fn toggle<I: PartialEq>(list: &mut Vec<I>, id: I, is_added: bool) -> bool {
        let before = list.len();
        if is_added && !list.contains(&id) {
            list.push(id);
        } else if !is_added {
            list.retain(|known| *known != id);
        }
        list.len() != before
    }
    let (is_added, list) = (what.starts_with('+'), what.trim_start_matches(['+', '-']));
    match list {
        "unit" => toggle(&mut scope.units, UnitId::from(id), is_added),
        "include" => toggle(&mut scope.include, EmployeeId::from(id), is_added),
        "exclude" => toggle(&mut scope.exclude, EmployeeId::from(id), is_added),
        _ => false,
    }
}

async fn change(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let (what, id) = (fields.what, fields.id);
    let edit = move |corp: &mut Corp| {
        edit(&mut corp.downstream.scope, &what, id.trim());
        Ok(())
    };
    let done = setup::edit_settings(&web.app.store, &who.actor(), &key, Consent::default(), edit).await;
    done.map_err(setup_problem)?;
    let back = if fields.back.starts_with('?') { fields.back.as_str() } else { "" };
    let path = format!("/corps/{key}/settings/scope{back}");
    Ok(reply::go(&who, &path, Some(Flash::good(who.t.scope_saved()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_and_go() {
        let mut scope = Scope::default();
        for (what, id, changes) in [
            ("+unit", "u1", true),
            ("+unit", "u1", false),
            ("+exclude", "e1", true),
            ("-exclude", "e2", false),
            ("-unit", "u1", true),
            ("+nonsense", "x", false),
        ] {
            assert_eq!(edit(&mut scope, what, id), changes, "{what} {id}");
        }
        assert!(scope.units.is_empty() && scope.exclude == [EmployeeId::from("e1")]);
    }
}
