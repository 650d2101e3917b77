//! The audit log: who changed what, before and after, from where; filtered, exported, verified.

use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::http::permission::AuditRead;
use crate::model::AuditRow;
use crate::store;
use crate::store::Search;
use crate::store::audit::AuditFilter;
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Visit};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::Value;
use std::collections::BTreeSet;

const PARAMETERS: [&str; 6] = ["actor", "action", "subject", "from", "until", "before"];
const DAY_MS: i64 = 24 * 3_600_000;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/system/audit", list).post("/system/audit/verify", verify);
}

/// One value that differs.
struct Difference {
    field: String,
    before: String,
    after: String,
}

struct Row {
    row: AuditRow,
    when: String,
    what: String,
    differences: Vec<Difference>,
}

#[derive(Template)]
#[template(path = "system/audit.html")]
struct AuditPage {
    f: Frame,
    list: Listing,
    rows: Vec<Row>,
    next: Option<String>,
    looked_back_to: Option<String>,
}

impl AuditPage {
    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        self.f.t.audit_kinds()
    }
}

/// What a visit asks for.
fn filter(list: &Listing) -> AuditFilter {
    let search = |name: &str| Some(list.get(name)).filter(|text| !text.is_empty()).map(Search::new);
    AuditFilter {
        actor: search("actor"),
        action: Some(list.get("action").to_owned()).filter(|text| !text.is_empty()),
        subject: search("subject"),
        from_ms: time::of_day(list.get("from")),
        until_ms: time::of_day(list.get("until")).map(|at_ms| at_ms + DAY_MS),
    }
}

fn listing(visit: &Visit) -> Listing {
    Listing::of(visit, &PARAMETERS)
}

async fn list(who: Admin<AuditRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let list = listing(&who);
    let (filter, before) = (filter(&list), list.get("before").parse().ok());
    let page = web.app.store.read_async(move |tx| store::audit::search(tx, &filter, before, ROWS));
    let page = page.await.map_err(store_problem)?;
    let t = who.t;
    let rows = page
        .rows
        .into_iter()
        .map(|row| Row {
            when: time::second(row.at_ms),
            what: t.audit_action(&row.action),
            differences: differences(row.before.as_ref(), row.after.as_ref()),
            row,
        })
        .collect();
    reply::page(&AuditPage {
        f: who.frame(t.nav_audit()),
        list,
        rows,
        looked_back_to: page.next.and(page.looked_back_to_ms).map(time::second),
        next: page.next.map(|seq| seq.to_string()),
    })
}

async fn verify(who: Admin<AuditRead>, web: web::Data<Web>, _: Form<Nothing>) -> Result<HttpResponse, Problem> {
    let fault = web.app.store.read_async(store::audit::verify_chain).await.map_err(store_problem)?;
    let flash = match fault {
        None => Flash::good(who.t.audit_whole()),
        Some(fault) => Flash::bad(who.t.audit_broken(fault.seq)),
    };
    Ok(reply::go(&who, "/system/audit", Some(flash)))
}

/// The fields that differ, by their path, in the order of their names.
fn differences(before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    before.inspect(|value| flatten("", value, &mut old));
    after.inspect(|value| flatten("", value, &mut new));
    let find = |list: &[(String, String)], field: &str| {
        list.iter().find(|(known, _)| known == field).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let fields: BTreeSet<&String> = old.iter().chain(&new).map(|(field, _)| field).collect();
    fields
        .into_iter()
        .map(|field| Difference { field: field.clone(), before: find(&old, field), after: find(&new, field) })
        .filter(|difference| difference.before != difference.after)
        .collect()
}

fn flatten(path: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, into);
            }
        }
        Value::Null => {}
        Value::String(text) => into.push((path.to_owned(), text.clone())),
        other => into.push((path.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_shown() {
        let (before, after) = (json!({"a": 1, "b": {"c": "x", "d": [1]}}), json!({"a": 1, "b": {"c": "y"}, "e": true}));
        let found: Vec<_> = differences(Some(&before), Some(&after))
            .into_iter()
            .map(|found| (found.field, found.before, found.after))
            .collect();
        let row = |field: &str, before: &str, after: &str| (field.to_owned(), before.to_owned(), after.to_owned());
        assert_eq!(found, [row("b.c", "x", "y"), row("b.d", "[1]", ""), row("e", "", "true")]);
        assert!(differences(None, None).is_empty());
    }
}
