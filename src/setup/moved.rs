//! Secrets of WeCom stay with the address that they were given for (PEER-28): who may change an address but does not
//! know the secrets must not have them sent elsewhere. Pure.

use super::fault::SetupFault;
use super::section::join;
use crate::model::{Corp, Endpoints, Secret, SecretName};
use std::collections::BTreeMap;

/// Refuses a corp whose calls would go another way than before while stored secrets go along that are not `given` anew;
/// `path` leads the place of the fault.
pub(super) fn check_moved<'s>(
    former: &Endpoints,
    corp: &Corp,
    stored: impl Iterator<Item = &'s SecretName>,
    given: &BTreeMap<SecretName, Secret>,
    path: &str,
) -> Option<SetupFault> {
    let (key, told) = what_moved(former, &corp.endpoints)?;
    let is_sent = |name: &SecretName| match name {
        SecretName::Contacts => true,
        SecretName::App(app) => corp.find_app(app).is_some(),
        _ => false,
    };
    let old: Vec<String> =
        stored.filter(|name| is_sent(name) && !given.contains_key(*name)).map(SecretName::path).collect();
    if old.is_empty() {
        return None;
    }
    let message = format!(
        "{told}, and with it the stored secrets ({}) would go there; give them anew with the set-up file, or remove them \
         first and set them again afterwards",
        old.join(", ")
    );
    Some(SetupFault::new(join(path, key), message))
}

/// The first setting that makes the calls go another way.
fn what_moved(former: &Endpoints, now: &Endpoints) -> Option<(&'static str, &'static str)> {
    let origin = |address: &str| url::Url::parse(address).map(|url| url.origin().ascii_serialization()).ok();
    if origin(&former.api_base) != origin(&now.api_base) {
        Some(("api_base", "names another server"))
    } else if former.proxy != now.proxy {
        Some(("proxy", "names another way to the server"))
    } else if former.ca_file != now.ca_file {
        Some(("ca_file", "trusts another authority"))
    } else {
        None
    }
}
