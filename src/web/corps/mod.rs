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
use super::time;
use crate::locale::T;
use crate::model::SecretName;
use crate::store::trials::{self, TestFailure, Trials};

pub(super) fn routes(routes: &mut Routes) {
    list::routes(routes);
    tenants::routes(routes);
    edit::routes(routes);
    hub::routes(routes);
    secrets::routes(routes);
    apps::routes(routes);
    callbacks::routes(routes);
}

/// What the last test of a credential found wrong, and when.
pub(super) fn failed_test(t: T, trials: &Trials, of: &SecretName) -> Option<String> {
    trials::failure(trials, of).map(|failure| told(t, failure))
}

/// The same of a failure.
pub(super) fn told(t: T, failure: &TestFailure) -> String {
    t.app_test_failed_at(time::minute(failure.at_ms), t.lang.pick(&failure.zh, &failure.en))
}
