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
use crate::model::{Corp, SecretName};
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

/// A credential whose last test failed.
pub(super) struct FailedTest {
    /// As people call it: the corp's name and the app's.
    pub(super) name: String,
    /// Path of the page where it is set.
    pub(super) path: String,
    /// What was found, and when.
    pub(super) text: String,
}

/// A corp's credentials whose last test failed.
pub(super) fn failed_tests(t: T, corp: &Corp, trials: &Trials) -> Vec<FailedTest> {
    let hub = format!("/corps/{}", corp.key);
    let apps =
        corp.apps.iter().map(|app| (SecretName::App(app.key.clone()), &*app.name, format!("{hub}/apps/{}", app.key)));
    let all = std::iter::once((SecretName::Contacts, t.contacts_secret(), hub.clone())).chain(apps);
    all.filter_map(|(of, name, path)| {
        let text = failed_test(t, trials, &of)?;
        Some(FailedTest { name: format!("{} / {name}", corp.name), path, text })
    })
    .collect()
}

/// The same of a failure.
pub(super) fn told(t: T, failure: &TestFailure) -> String {
    t.app_test_failed_at(time::minute(failure.at_ms), t.lang.pick(&failure.zh, &failure.en))
}
