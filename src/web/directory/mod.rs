//! Both directories: the OA's units and people, WeCom's departments and members as last read, and the two side by side.

mod card;
mod compare;
mod edit_person;
mod edit_unit;
mod fields;
mod history;
mod import;
mod list;
mod member;
mod members;
pub(super) mod pick;
mod tree;
mod words;

pub(super) use import::Import;
pub(super) use list::{person_captions, person_cells};
pub(super) use members::{member_captions, member_cells};
pub(super) use pick::find_person;

use super::routes::Routes;
use super::state::Web;
use super::visit::Person;
use crate::http::Problem;
use crate::http::errors::{browse_problem, store_problem};
use crate::model::{CorpKey, Tenant, TenantKey};
use crate::store;

pub(super) fn routes(routes: &mut Routes) {
    list::routes(routes);
    card::routes(routes);
    history::routes(routes);
    edit_person::routes(routes);
    edit_unit::routes(routes);
    import::routes(routes);
    members::routes(routes);
    member::routes(routes);
    compare::routes(routes);
}

/// The tenant of a path.
async fn get_tenant(web: &Web, key: &TenantKey) -> Result<Tenant, Problem> {
    let wanted = key.clone();
    let found = web.app.store.read_async(move |tx| store::tenants::find(tx, &wanted)).await.map_err(store_problem)?;
    found.ok_or_else(|| Problem::not_found("tenant", key))
}

/// The corp that the navigation leads to, where the person may look at it.
fn corp_of(who: &Person, tenant: &TenantKey) -> Option<CorpKey> {
    if !who.may(crate::model::ApiScope::SyncRead) {
        return None;
    }
    let place = who.frame("").place.filter(|place| place.tenant == *tenant);
    place.and_then(|place| place.corp).map(|corp| corp.key)
}

/// What people read about a snapshot that could not be made.
fn looked<T>(found: Result<T, crate::browse::BrowseError>) -> Result<T, Problem> {
    found.map_err(browse_problem)
}
