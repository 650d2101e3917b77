//! Who sent a callback, by name: the employee where the member is linked, else the member.

use super::inbox::Row;
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::model::{Corp, MemberField, UserId};
use crate::store;
use crate::web::link::part;
use crate::web::state::Web;
use crate::web::visit::Person;
use std::collections::BTreeMap;

/// Gives the rows the names of their senders and links to their pages. Who is known to neither side stays without one.
pub(super) async fn name(who: &Person, web: &Web, corp: &Corp, rows: &mut [Row]) -> Result<(), Problem> {
    let wanted: BTreeMap<String, ()> = rows.iter().map(|row| (row.item.from.to_string(), ())).collect();
    let (key, tenant) = (corp.key.clone(), corp.tenant.clone());
    let read = web.app.store.read_async(move |tx| {
        let mut known = BTreeMap::new();
        for from in wanted.into_keys().filter(|from| !from.is_empty()) {
            let userid = UserId::from(from.as_str());
            if let Some(binding) = store::bindings::find_by_userid(tx, &key, &userid)?
                && let Some(person) = store::directory::find_employee(tx, &tenant, &binding.employee)?
            {
                let page = format!("/tenants/{tenant}/employees/{}", part(&person.id));
                known.insert(from, (person.name.to_string(), page));
            } else if let Some(member) = store::mirror::find_member(tx, &key, &userid)? {
                let name = member.fields.get(&MemberField::Name).map_or_else(|| from.clone(), ToString::to_string);
                known.insert(from, (name, format!("/corps/{key}/members/{}", part(&userid))));
            }
        }
        Ok(known)
    });
    let known = read.await.map_err(store_problem)?;
    for row in rows {
        let sender = known.get(row.item.from.as_str());
        row.sender = sender.map(|(name, page)| (name.clone(), who.url(page)));
    }
    Ok(())
}
