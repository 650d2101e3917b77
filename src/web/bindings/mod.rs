//! Who is who: links between people and members, and between units and departments; made and taken away by people.

mod act;
mod all;
mod file;
mod list;
mod new;
mod open;
mod resolve;
mod swap;

pub(super) use file::LinkUpload;

use super::routes::Routes;
use super::state::Web;
use crate::browse::directory::EmployeeQuery;
use crate::browse::mirror::{MirrorView, UserLookup};
use crate::browse::{BrowseError, Paging};
use crate::http::Problem;
use crate::http::errors::{browse_problem, store_problem};
use crate::locale::T;
use crate::model::{Corp, CorpKey, EmployeeStatus, UserId};
use crate::store;

pub(super) fn routes(routes: &mut Routes) {
    list::routes(routes);
    act::routes(routes);
    new::routes(routes);
    open::routes(routes);
    resolve::routes(routes);
    file::routes(routes);
    all::routes(routes);
    swap::routes(routes);
}

/// One of the pages about links, for the row of tabs.
struct Tab {
    name: &'static str,
    href: String,
    count: Option<usize>,
    is_current: bool,
}

/// How much there is on each of the pages.
#[derive(Clone, Copy)]
struct Counts {
    bound: usize,
    cases: usize,
    employees: usize,
    members: usize,
}

impl Counts {
    fn of(view: &MirrorView, cases: usize) -> Result<Self, BrowseError> {
        let paging = Paging { limit: 1, ..Paging::default() };
        let active = EmployeeQuery { status: Some(EmployeeStatus::Active), paging, ..EmployeeQuery::default() };
        let totals = view.totals();
        let employees = view.people(&active, Some(false))?.total;
        Ok(Self { bound: totals.members - totals.unbound, cases, employees, members: totals.unbound })
    }

    fn tabs(&self, t: T, base: &str, corp: &CorpKey, current: &str) -> Vec<Tab> {
        let all = [
            ("", t.bind_tab_bound(), Some(self.bound)),
            ("/resolve", t.bind_tab_cases(), Some(self.cases)),
            ("/employees", t.bind_tab_employees(), Some(self.employees)),
            ("/members", t.bind_tab_members(), Some(self.members)),
            ("/file", t.bind_tab_file(), None),
        ];
        let tab = |(path, name, count): (&str, &'static str, Option<usize>)| Tab {
            name,
            href: format!("{base}/corps/{corp}/bindings{path}"),
            count,
            is_current: path == current,
        };
        all.into_iter().map(tab).collect()
    }
}

/// The corp of a path.
async fn get_corp(web: &Web, key: &CorpKey) -> Result<Corp, Problem> {
    let wanted = key.clone();
    let found = web.app.store.read_async(move |tx| store::corps::find(tx, &wanted)).await.map_err(store_problem)?;
    found.ok_or_else(|| Problem::not_found("corp", key))
}

/// How many cases wait for a person.
async fn count_cases(web: &Web, key: &CorpKey) -> Result<usize, Problem> {
    let wanted = key.clone();
    let found = web.app.store.read_async(move |tx| store::resolve::count(tx, &wanted)).await;
    Ok(usize::try_from(found.map_err(store_problem)?).unwrap_or(usize::MAX))
}

/// The member of this userid, or the only one of this name; otherwise the userids of all that have it.
fn find_member(view: &MirrorView, typed: &str) -> Result<UserId, Vec<String>> {
    match view.lookup_member(typed) {
        UserLookup::One(userid) => Ok(userid),
        UserLookup::Several(several) => Err(several.iter().map(ToString::to_string).collect()),
    }
}

fn looked<T>(found: Result<T, BrowseError>) -> Result<T, Problem> {
    found.map_err(browse_problem)
}
