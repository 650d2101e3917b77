//! Corps and apps: connect, edit, secrets, callback keys, remove; tenants.

mod apps;
mod callbacks;
mod edit;
mod faults;
mod fields;
mod guide;
mod hub;
mod list;
mod secrets;
mod tenants;

use super::routes::Routes;

pub(super) fn routes(routes: &mut Routes) {
    list::routes(routes);
    tenants::routes(routes);
    edit::routes(routes);
    hub::routes(routes);
    secrets::routes(routes);
    apps::routes(routes);
    callbacks::routes(routes);
}
