//! Names in the audit log, which keeps ids and sign-in names: whom a search means, and what its rows are about.

use super::{BrowseError, Views};
use crate::model::{AuditRow, TenantKey};
use crate::store::audit::AuditFilter;
use crate::store::{self, Reads, Search, Store, StoreError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// People of one name that are looked for in one tenant.
const PEOPLE_MAX: usize = 20;

/// The filter with what the words for an actor and a subject may mean beside themselves: administrators by their shown
/// name, corps and tenants by a part of their name, people by their name, account or employee number, for whoever may read these.
///
/// # Errors
/// Where a directory cannot be read.
pub async fn meant(
    store: &Store,
    views: &Views,
    actor: &str,
    subject: &str,
    looks_up_people: bool,
    filter: AuditFilter,
) -> Result<AuditFilter, BrowseError> {
    let words = |text: &str| Some(Search::new(text)).filter(|search| !search.is_empty());
    let name = subject.trim();
    let name = ["corp ", "tenant ", "employee "].iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name);
    let mut filter = AuditFilter { actor: words(actor), subject: words(subject), ..filter };
    let (by_actor, by_name) = (filter.actor.clone(), words(name));
    let (actors, subjects, tenants, corps) = store
        .read_async(move |tx| {
            let hits = |search: &Option<Search>, name: &str| search.as_ref().is_some_and(|search| search.hits([name]));
            let mut accounts = store::accounts::list(tx)?;
            accounts.retain(|account| hits(&by_actor, &account.display_name));
            let tenants = store::tenants::list(tx)?;
            let corps = store::corps::list(tx)?;
            let places = corps.iter().map(|corp| (corp.key.to_string(), corp.name.clone()));
            let places = places.chain(tenants.iter().map(|tenant| (tenant.key.to_string(), tenant.name.clone())));
            let subjects: Vec<String> = places.filter(|(_, name)| hits(&by_name, name)).map(|(key, _)| key).collect();
            let actors: Vec<String> = accounts.iter().map(|account| format!("account:{}", account.name)).collect();
            Ok((actors, subjects, tenants, corps))
        })
        .await?;
    (filter.actors, filter.subjects) = (actors, subjects);
    for tenant in tenants.iter().filter(|_| looks_up_people && !name.is_empty()) {
        let typed = name.to_owned();
        let called = views.directory(&tenant.key, move |view| Ok(view.people_called(&typed, PEOPLE_MAX))).await?;
        let own = corps.iter().filter(|corp| corp.tenant == tenant.key).map(|corp| corp.key.to_string());
        let places: Arc<[String]> = own.chain([tenant.key.to_string()]).collect();
        filter.people.extend(called.iter().map(|id| (format!("employee {id}"), places.clone())));
    }
    Ok(filter)
}

/// What each row is about, by its name: a corp, a tenant, a person or a unit; empty where it is none of them, or not known.
pub fn names(tx: &impl Reads, rows: &[AuditRow]) -> Result<Vec<String>, StoreError> {
    let corps: BTreeMap<_, _> = store::corps::list(tx)?.into_iter().map(|corp| (corp.key.to_string(), corp)).collect();
    let tenants = store::tenants::list(tx)?.into_iter().map(|tenant| (tenant.key.to_string(), tenant.name));
    let tenants: BTreeMap<_, _> = tenants.collect();
    let corp_name = |key: &str| corps.get(key).map(|corp| corp.name.clone());
    let name = |row: &AuditRow| {
        let (kind, rest) = row.subject.split_once(' ').unwrap_or(("", &row.subject));
        let of_action = row.action.split('.').next().unwrap_or_default();
        Ok(match (kind, of_action) {
            ("corp", _) => corp_name(rest),
            ("tenant", _) | ("", "tenant" | "directory") => tenants.get(rest).cloned(),
            ("", "key" | "webhook") => None,
            ("", _) => corp_name(rest),
            ("employee" | "unit", _) => {
                let changes = [&row.before, &row.after].into_iter().flatten();
                let corp = changes.filter_map(|change| change.get("corp").and_then(Value::as_str)).next();
                let of_corp = corp.and_then(|key| corps.get(key)).map(|corp| (rest, corp.tenant.clone()));
                let of_tenant = rest.rsplit_once(' ').filter(|(_, tenant)| tenants.contains_key(*tenant));
                match of_tenant.map(|(id, tenant)| (id, TenantKey::from(tenant))).or(of_corp) {
                    None => None,
                    Some((id, tenant)) if kind == "unit" => {
                        store::directory::find_unit(tx, &tenant, &id.into())?.map(|unit| unit.name.to_string())
                    }
                    Some((id, tenant)) => {
                        store::directory::find_employee(tx, &tenant, &id.into())?.map(|found| found.name.to_string())
                    }
                }
            }
            _ => None,
        }
        .unwrap_or_default())
    };
    rows.iter().map(name).collect()
}
