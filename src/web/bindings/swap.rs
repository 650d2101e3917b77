//! `/corps/{corp}/bindings/swap`: crossed links are put right (DIR-34): two people are chosen, before and after are shown,
//! then both links change in one step.

use super::looked;
use crate::browse::BrowseError;
use crate::browse::directory::EmployeeRow;
use crate::browse::mirror::{BindingRow, MirrorView};
use crate::http::Problem;
use crate::http::errors::sync_problem;
use crate::http::permission::BindingWrite;
use crate::locale::T;
use crate::model::{CorpKey, EmployeeId, UserId};
use crate::sync::{SyncError, bindings};
use crate::web::directory::find_person;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/bindings/swap", show).post("/corps/{corp}/bindings/swap/confirm", swap);
}

/// One of the two people.
struct Side {
    person: EmployeeRow,
    binding: Option<BindingRow>,
}

#[derive(Template)]
#[template(path = "bindings/swap.html")]
struct SwapPage {
    f: Frame,
    corp: CorpKey,
    first: String,
    second: String,
    faults: Faults,
    sides: Option<(Side, Side)>,
}

impl SwapPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}{path}", self.corp))
    }

    fn member_url(&self, userid: &UserId) -> String {
        self.at(&format!("/members/{}", part(userid)))
    }
}

async fn show(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    let list = Listing::of(&who, &["first", "second"]);
    let (first, second) = (list.get("first").to_owned(), list.get("second").to_owned());
    let page = page(&who, &web, corp.into_inner(), first, second).await?;
    if page.faults.is_empty() { reply::page(&page) } else { reply::again(&page) }
}

async fn page(
    who: &Admin<BindingWrite>,
    web: &Web,
    corp: CorpKey,
    first: String,
    second: String,
) -> Result<SwapPage, Problem> {
    let (t, names) = (who.t, (first.clone(), second.clone()));
    let found = web.app.views.mirror(&corp, move |view| find(t, view, &names.0, &names.1));
    let (sides, faults) = looked(found.await)?;
    Ok(SwapPage { f: who.frame(t.swap_title()), corp, first, second, faults, sides })
}

/// The two people, where both are named and one of them at least is linked.
fn find(t: T, view: &MirrorView, first: &str, second: &str) -> Result<(Option<(Side, Side)>, Faults), BrowseError> {
    let mut faults = Faults::default();
    let mut side = |field: &str, typed: &str| {
        if typed.is_empty() {
            return None;
        }
        match find_person(t, view.directory(), typed) {
            Ok(id) => {
                let binding = view.binding(&id);
                view.directory().employee(&id).map(|person| Side { person, binding })
            }
            Err(several) if several.is_empty() => {
                faults.add(field, t.pick_no_person(typed));
                None
            }
            Err(several) => {
                faults.add(field, t.pick_several_people(typed, several.join("、")));
                None
            }
        }
    };
    let pair = (side("first", first), side("second", second));
    let (Some(a), Some(b)) = pair else { return Ok((None, faults)) };
    if a.person.id == b.person.id {
        faults.add("second", t.swap_same());
    } else if a.binding.is_none() && b.binding.is_none() {
        faults.add("second", t.swap_neither());
    }
    let sides = faults.is_empty().then_some((a, b));
    Ok((sides, faults))
}

#[derive(Debug, Deserialize)]
struct Fields {
    first: String,
    second: String,
    /// The members that the page showed, so that nothing else is exchanged.
    #[serde(default)]
    seen: String,
}

/// The members of both, as a page shows them.
fn seen(a: &Side, b: &Side) -> String {
    let of = |side: &Side| side.binding.as_ref().map(|row| row.userid.folded().to_string()).unwrap_or_default();
    format!("{}|{}", of(a), of(b))
}

impl SwapPage {
    fn seen(&self) -> String {
        self.sides.as_ref().map(|(a, b)| seen(a, b)).unwrap_or_default()
    }
}

async fn swap(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let Fields { first, second, seen } = form.0;
    web.app.views.refresh_corp(&corp);
    let mut page = page(&who, &web, corp.clone(), first.clone(), second.clone()).await?;
    if page.faults.is_empty() && page.sides.is_some() && page.seen() != seen {
        page.faults.add("second", who.t.swap_changed());
    }
    if !page.faults.is_empty() || page.sides.is_none() {
        return reply::again(&page);
    }
    let Some((a, b)) = &page.sides else { return reply::again(&page) };
    let ids: (EmployeeId, EmployeeId) = (a.person.id.clone(), b.person.id.clone());
    match bindings::swap(&web.app.env, &corp, &ids.0, &ids.1, &who.actor()).await {
        Ok(_) => {
            web.app.views.refresh_corp(&corp);
            let done = Flash::good(who.t.swap_done(&a.person.name, &b.person.name));
            Ok(reply::go(&who, &format!("/corps/{corp}/bindings?q={}", part(&ids.0)), Some(done)))
        }
        Err(SyncError::Binding(_)) => {
            page.faults.add("second", who.t.swap_changed());
            reply::again(&page)
        }
        Err(other) => Err(sync_problem(other)),
    }
}
