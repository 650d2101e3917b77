//! The appliance itself: first start, one's own account, administrators, keys, audit log, settings, backups,
//! diagnostics, about.

mod about;
mod account;
mod account_faults;
mod accounts;
mod audit;
mod backup;
mod diagnostics;
mod errcodes;
mod keys;
mod own_factor;
mod settings;
mod setup;

use super::routes::Routes;

pub(super) fn routes(routes: &mut Routes) {
    setup::routes(routes);
    account::routes(routes);
    own_factor::routes(routes);
    accounts::routes(routes);
    keys::routes(routes);
    audit::routes(routes);
    settings::routes(routes);
    backup::routes(routes);
    diagnostics::routes(routes);
    errcodes::routes(routes);
    about::routes(routes);
}
