//! The audit log: who changed what, before and after, from where; filtered, exported, verified.

use crate::browse::{self, BrowseError};
use crate::http::Problem;
use crate::http::errors::{browse_problem, store_problem};
use crate::http::permission::AuditRead;
use crate::locale::T;
use crate::model::{ApiScope, AuditRow};
use crate::store::audit::AuditFilter;
use crate::store::{self, Order, PAGE_MAX, Store, StoreError};
use crate::web::export::{self, Kind, Out};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person, Visit};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};

const PARAMETERS: [&str; 8] = ["actor", "action", "subject", "from", "until", "sort", "dir", "after"];
const DAY_MS: i64 = 24 * 3_600_000;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/system/audit", list).files("/system/audit", files).post("/system/audit/verify", verify);
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
    who: String,
    what: String,
    subject: String,
    /// Of a corp, a tenant, a person or a unit.
    name: String,
    differences: Vec<Difference>,
}

#[derive(Template)]
#[template(path = "system/audit.html")]
struct AuditPage {
    f: Frame,
    list: Listing,
    rows: Vec<Row>,
    next: Option<String>,
    looked_to: Option<String>,
}

impl AuditPage {
    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        self.f.t.audit_kinds()
    }
}

/// What a visit asks for; people, corps and administrators are found by their names too.
async fn filter(who: &Person, web: &Web, list: &Listing) -> Result<AuditFilter, Problem> {
    let (t, looks_up_people) = (who.t, who.may(ApiScope::DirectoryRead));
    let filter = AuditFilter {
        action: Some(list.get("action").to_owned()).filter(|text| !text.is_empty()),
        from_ms: time::of_day(list.get("from")),
        until_ms: time::of_day(list.get("until")).map(|at_ms| at_ms + DAY_MS),
        order: list.by_time(),
        ..AuditFilter::default()
    };
    let (actor, subject) = (t.actor_wanted(list.get("actor")), t.audit_subject_wanted(list.get("subject")));
    let app = &web.app;
    browse::audit::meant(&app.store, &app.views, &actor, &subject, looks_up_people, filter)
        .await
        .map_err(browse_problem)
}

fn listing(visit: &Visit) -> Listing {
    Listing::of(visit, &PARAMETERS)
}

async fn list(who: Admin<AuditRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let list = listing(&who);
    let (t, after) = (who.t, list.after(|text| text.parse().ok())?);
    let filter = filter(&who, &web, &list).await?;
    let page = web.app.store.read_async(move |tx| {
        let page = store::audit::search(tx, &filter, after, ROWS)?;
        let names = browse::audit::names(tx, &page.rows)?;
        Ok((page, names))
    });
    let (page, names) = page.await.map_err(store_problem)?;
    let rows = page
        .rows
        .into_iter()
        .zip(names)
        .map(|(row, name)| Row {
            when: time::second(row.at_ms),
            who: t.sync_actor(&row.actor.name),
            what: t.audit_action(&row.action),
            subject: t.audit_subject_name(&row.subject),
            name,
            differences: told(t, differences(row.before.as_ref(), row.after.as_ref())),
            row,
        })
        .collect();
    reply::page(&AuditPage {
        f: who.frame(t.nav_audit()),
        list,
        rows,
        looked_to: page.next.and(page.looked_to_ms).map(time::second),
        next: page.next.map(|seq| seq.to_string()),
    })
}

async fn files(who: Admin<AuditRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::of(&who)).await
}

/// Every row that the filters want, with what chains it to the row before, so that the file can be checked by itself.
async fn whole(who: &Person, web: &Web, kind: Kind) -> Result<HttpResponse, Problem> {
    let (t, list) = (who.t, listing(who));
    list.check_days()?;
    let captions = vec![
        t.audit_number(),
        t.audit_when(),
        t.audit_who(),
        t.audit_from_address(),
        t.audit_what(),
        t.audit_code(),
        t.audit_subject(),
        t.audit_before(),
        t.audit_after(),
        t.audit_hash(),
        t.audit_hash_before(),
    ];
    let rows = Rows {
        store: web.app.store.clone(),
        filter: filter(who, web, &list).await?,
        after: None,
        waiting: VecDeque::new(),
        is_end: false,
    };
    let fill = move |out: Out<'_>| out.rows(rows.map(|found| found.map(|(row, before)| cells(t, row, before))));
    export::file(web, kind, "audit", captions, fill).await
}

fn cells(t: T, row: AuditRow, hash_before: String) -> [String; 11] {
    let json = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
    [
        row.seq.to_string(),
        time::machine(row.at_ms),
        row.actor.name,
        row.actor.from.unwrap_or_default(),
        t.audit_action(&row.action),
        row.action,
        row.subject,
        json(row.before),
        json(row.after),
        row.hash,
        hash_before,
    ]
}

/// The rows of a filter in its order, each with the hash of the row before; few are held at once.
struct Rows {
    store: Store,
    filter: AuditFilter,
    after: Option<u64>,
    waiting: VecDeque<(AuditRow, String)>,
    is_end: bool,
}

impl Rows {
    fn read(&mut self) -> Result<(), StoreError> {
        let (filter, after) = (&self.filter, self.after);
        let (rows, next) = self.store.read(|tx| {
            let page = store::audit::search(tx, filter, after, PAGE_MAX)?;
            // the row before stands beside it, or was not wanted
            let older = |at: usize| match filter.order {
                Order::Newest => page.rows.get(at + 1),
                Order::Oldest => page.rows.get(at.checked_sub(1)?),
            };
            let hash = |at: usize, row: &AuditRow| match older(at) {
                Some(older) if older.seq + 1 == row.seq => Ok(older.hash.clone()),
                _ => store::audit::hash_before(tx, row.seq),
            };
            let hashes: Vec<String> =
                page.rows.iter().enumerate().map(|(at, row)| hash(at, row)).collect::<Result<_, StoreError>>()?;
            Ok((page.rows.into_iter().zip(hashes).collect(), page.next))
        })?;
        (self.waiting, self.after, self.is_end) = (rows, next, next.is_none());
        Ok(())
    }
}

impl Iterator for Rows {
    type Item = Result<(AuditRow, String), BrowseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.waiting.is_empty() && !self.is_end {
            if let Err(error) = self.read() {
                self.is_end = true;
                return Some(Err(error.into()));
            }
        }
        self.waiting.pop_front().map(Ok)
    }
}

async fn verify(who: Admin<AuditRead>, web: web::Data<Web>, _: Form<Nothing>) -> Result<HttpResponse, Problem> {
    let fault = web.app.store.read_async(store::audit::verify_chain).await.map_err(store_problem)?;
    let flash = match fault {
        None => Flash::good(who.t.audit_whole()),
        Some(fault) => Flash::bad(who.t.audit_broken(fault.seq)),
    };
    Ok(reply::go(&who, "/system/audit", Some(flash)))
}

/// The same in the reader's words, as far as they are known. Of a secret that stays set, another one is told.
fn told(t: T, differences: Vec<Difference>) -> Vec<Difference> {
    let one = |Difference { field, before, after }: Difference| Difference {
        before: if field.starts_with("secret ") && before == after {
            String::new()
        } else {
            moment(t, &field, &before)
        },
        after: if field.starts_with("secret ") && before == after {
            t.audit_secret_new().to_owned()
        } else {
            moment(t, &field, &after)
        },
        field: t.audit_field(&field),
    };
    differences.into_iter().map(one).collect()
}

/// A value in words; a moment as people read it.
fn moment(t: T, field: &str, value: &str) -> String {
    let is_moment = ["_at_ms", "last_seen_ms", "last_sign_in_ms", "since_ms"].iter().any(|end| field.ends_with(end));
    match value.parse().ok().filter(|_| is_moment) {
        Some(at_ms) => time::second(at_ms),
        None => t.audit_value(field, value),
    }
}

/// The fields that differ, by their path, in the order of their names.
fn differences(before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    // changed settings are stored as what differs
    if let (None, Some(Value::Array(options))) = (before, after)
        && options.iter().all(|option| option.get("option").is_some())
    {
        let told = |option: &Value, part: &str| option.get(part).map(text).unwrap_or_default();
        let one = |option| Difference {
            field: told(option, "option"),
            before: told(option, "before"),
            after: told(option, "after"),
        };
        return options.iter().map(one).collect();
    }
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
        other => into.push((path.to_owned(), text(other))),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SecretName;
    use serde_json::json;

    #[test]
    fn known_fields_are_told_in_words() {
        let row = |field: &str, before: &str, after: &str| Difference {
            field: field.into(),
            before: before.into(),
            after: after.into(),
        };
        let secret = |name: SecretName, before: &str| row(&format!("secret {}", name.path()), before, "set");
        for (stored, expected) in [
            (row("user_agent", "", "curl"), ["浏览器", "", "curl"]),
            (row("enabled", "true", "false"), ["启用", "是", "否"]),
            (row("opened_at_ms", "", "1764081607000"), ["登录时间", "", "2025-11-25 22:40:07"]),
            (row("endpoints.timeout_ms", "5000", "60000"), ["endpoints.timeout_ms", "5000", "60000"]),
            (row("timeout_ms", "5000", "60000"), ["超时（毫秒）", "5000", "60000"]),
            (row("units.added", "", "36"), ["OA 部门 · 新增", "", "36"]),
            (secret(SecretName::Contacts, "set"), ["凭证：通讯录同步 Secret", "", "已更换"]),
            (secret(SecretName::ContactsToken, "set"), ["凭证：通讯录变更 回调 Token", "", "已更换"]),
            (secret(SecretName::CustomersAesKey, ""), ["凭证：客户联系 回调 EncodingAESKey", "", "已设置"]),
            (secret(SecretName::App("oa".into()), ""), ["凭证：应用 oa Secret", "", "已设置"]),
            (secret(SecretName::AppToken("oa".into()), "set"), ["凭证：应用 oa 回调 Token", "", "已更换"]),
            (row("downstream.guard", "1", "2"), ["downstream.guard", "1", "2"]),
        ] {
            let shown = told(T::default(), vec![stored]).remove(0);
            assert_eq!([shown.field, shown.before, shown.after], expected);
        }
    }

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
        let options = json!([{"option": "name", "before": "x", "after": "y"}, {"option": "secret a", "before": "set", "after": "set"}]);
        let found: Vec<_> = differences(None, Some(&options))
            .into_iter()
            .map(|found| (found.field, found.before, found.after))
            .collect();
        assert_eq!(found, [row("name", "x", "y"), row("secret a", "set", "set")]);
    }
}
