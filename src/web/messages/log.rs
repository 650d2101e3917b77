//! The push log (MSG-18): one line per recipient, searched by recipient, source, state and time, as a page and a file.

use super::{class, get_tenant};
use crate::browse::BrowseError;
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::http::permission::MessagesRead;
use crate::locale::Lang;
use crate::messages::log;
use crate::model::{ApiScope, CorpKey, Delivery, DeliveryState, EmployeeId, MessageId, TenantKey, UserId};
use crate::store::deliveries::{DeliveryCursor, DeliveryFilter, Recipient};
use crate::store::{self, Store, StoreError};
use crate::web::export::{self, Kind, Out};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use std::collections::HashMap;

pub(super) const PARAMETERS: [&str; 10] =
    ["who", "source", "state", "message", "from", "until", "sort", "dir", "after", GONE_ON];
/// Names the place up to which dead letters have been sent again; the button goes on from there.
pub(super) const GONE_ON: &str = "resent";
const DAY_MS: i64 = 24 * 3_600_000;
/// Sources that are offered.
const SOURCES_MAX: usize = 100;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/tenants/{tenant}/messages", list)
        .get("/tenants/{tenant}/messages.csv", csv)
        .get("/tenants/{tenant}/messages.xlsx", xlsx);
}

struct Row {
    delivery: Delivery,
    when: String,
    title: String,
    source: String,
    name: String,
    state: &'static str,
    class: &'static str,
    why: String,
}

#[derive(Template)]
#[template(path = "messages/log.html")]
struct LogPage {
    f: Frame,
    tenant: TenantKey,
    list: Listing,
    rows: Vec<Row>,
    sources: Vec<String>,
    states: Vec<(&'static str, &'static str)>,
    next: Option<String>,
    is_unknown: bool,
    may_send: bool,
    /// Where the dead letters of this search are sent again; empty where there are none, or by somebody who may not.
    redrive: String,
}

/// Whom the reader means: `corp/userid`, an employee's id, or an account.
fn person(store: &Store, tenant: &TenantKey, text: &str) -> Result<Option<Recipient>, StoreError> {
    if let Some((corp, userid)) = text.split_once('/') {
        return Ok(Some(Recipient::Member(CorpKey::from(corp.trim()), UserId::from(userid.trim()))));
    }
    store.read(|tx| {
        let id = EmployeeId::from(text);
        if store::directory::find_employee(tx, tenant, &id)?.is_some() {
            return Ok(Some(Recipient::Employee(id)));
        }
        let found = store::directory::find_by_account(tx, tenant, text)?;
        Ok(found.into_iter().next().map(|employee| Recipient::Employee(employee.id)))
    })
}

/// What a visit asks for; `None` when it names somebody who does not exist.
pub(super) fn filter(store: &Store, tenant: &TenantKey, list: &Listing) -> Result<Option<DeliveryFilter>, StoreError> {
    let recipient = match list.get("who") {
        "" => None,
        text => match person(store, tenant, text)? {
            None => return Ok(None),
            found => found,
        },
    };
    let states = match list.get("state") {
        "dead" => DeliveryState::ALL.into_iter().filter(|state| state.is_dead()).collect(),
        name => DeliveryState::find(name).into_iter().collect(),
    };
    Ok(Some(DeliveryFilter {
        recipient,
        states,
        message: Some(list.get("message")).filter(|id| !id.is_empty()).map(MessageId::from),
        source: Some(list.get("source").to_owned()).filter(|text| !text.is_empty()),
        from_ms: time::of_day(list.get("from")),
        until_ms: time::of_day(list.get("until")).map(|at_ms| at_ms + DAY_MS),
        order: list.by_time(),
    }))
}

async fn list(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let (t, tenant) = (who.t, get_tenant(&web, &tenant).await?.key);
    let list = Listing::of(&who, &PARAMETERS);
    let filter = filter(&web.app.store, &tenant, &list).map_err(store_problem)?;
    let is_unknown = filter.is_none();
    let after = list.after(DeliveryCursor::parse)?;
    let (found, next) = match filter {
        Some(filter) => {
            let found = web.app.messages.search_deliveries(tenant.clone(), filter, after, ROWS).await;
            found.map_err(store_problem)?
        }
        None => (Vec::new(), None),
    };
    let of = tenant.clone();
    let read = web.app.store.read_async(move |tx| {
        let (mut messages, mut rows) = (HashMap::new(), Vec::with_capacity(found.len()));
        for row in found {
            if !messages.contains_key(&row.message) {
                messages.insert(row.message.clone(), store::messages::find(tx, &row.message)?);
            }
            let message = messages.get(&row.message).and_then(Clone::clone);
            let name = match &row.employee {
                Some(id) => store::directory::find_employee(tx, &of, id)?.map(|employee| employee.name.to_string()),
                None => None,
            };
            rows.push((row, message, name.unwrap_or_default()));
        }
        Ok((rows, store::messages::sources(tx, &of, SOURCES_MAX)?))
    });
    let (found, sources) = read.await.map_err(store_problem)?;
    let rows = found.into_iter().map(|(delivery, message, name)| Row {
        when: message.as_ref().map(|message| time::minute(message.accepted_at_ms)).unwrap_or_default(),
        title: message.as_ref().map(|message| message.title.clone()).unwrap_or_default(),
        source: message.map(|message| message.source).unwrap_or_default(),
        name,
        state: t.delivery_state(delivery.state),
        class: class(delivery.state),
        why: why(t, &delivery),
        delivery,
    });
    let mut states = vec![("dead", t.push_log_dead())];
    states.extend(DeliveryState::ALL.map(|state| (state.name(), t.delivery_state(state))));
    let rows: Vec<Row> = rows.collect();
    let is_dead =
        list.is("state", "dead") || DeliveryState::find(list.get("state")).is_some_and(|state| state.is_dead());
    let redrive = if is_dead && !rows.is_empty() && who.may(ApiScope::MessagesManage) {
        let all = list.clone().on(who.url(&format!("/tenants/{tenant}/redrives")));
        // all that are found, on whichever page the button stands
        if list.is(GONE_ON, list.get("after")) { format!("{}{}", all.action, all.query()) } else { all.first() }
    } else {
        String::new()
    };
    reply::page(&LogPage {
        rows,
        redrive,
        f: who.frame(t.nav_push_log()),
        may_send: who.may(ApiScope::MessagesSend),
        tenant,
        list,
        sources,
        states,
        next: next.map(|cursor| cursor.to_string()),
        is_unknown,
    })
}

/// Why, in the reader's language, with what WeCom's errcode means; WeCom's own words where we have none.
pub(super) fn why(t: crate::locale::T, row: &Delivery) -> String {
    let told = what(t, row);
    match row.errcode.filter(|code| *code != 0).and_then(crate::wecom::errcode::explain) {
        Some(known) => {
            let (meaning, fix) =
                (t.lang.pick(known.meaning.zh, known.meaning.en), t.lang.pick(known.fix.zh, known.fix.en));
            [told.as_str(), meaning, fix].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        }
        None => told,
    }
}

fn what(t: crate::locale::T, row: &Delivery) -> String {
    match row.code.as_deref().map(|code| t.delivery_why(code)).filter(|text| !text.is_empty()) {
        // what exactly is wrong with the content stands in the sentence
        Some(text) if row.code.as_deref() == Some("content") => {
            let more = row.error.as_deref().and_then(|error| t.content_fault(error));
            more.map_or_else(|| text.to_owned(), |more| format!("{text} {more}"))
        }
        Some(text) => text.to_owned(),
        None => row.error.as_deref().map(|error| t.told(error)).unwrap_or_default(),
    }
}

async fn csv(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    file(who, web, tenant, Kind::Csv).await
}

async fn xlsx(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    file(who, web, tenant, Kind::Xlsx).await
}

async fn file(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    kind: Kind,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let list = Listing::of(&who, &PARAMETERS);
    let filter = filter(&web.app.store, &tenant, &list).map_err(store_problem)?;
    let t = who.t;
    let (store, name) = (web.app.store.clone(), format!("{}-{tenant}", who.t.nav_push_log()));
    let fill = move |out: Out<'_>| match filter {
        Some(filter) => {
            let (people, key) = (store.clone(), tenant.clone());
            let tell = move |row: &Delivery| {
                let mut cells = log::cells(row);
                // the state and the reason as the page says them, and who it is
                (cells[4], cells[6]) = (t.delivery_state(row.state).to_owned(), why(t, row));
                let name = row
                    .employee
                    .as_ref()
                    .and_then(|id| people.read(|tx| store::directory::find_employee(tx, &key, id)).ok().flatten());
                cells.push(name.map(|person| person.name.to_string()).unwrap_or_default());
                cells
            };
            out.rows(log::rows(&store, tenant, filter, tell).map(|row| row.map_err(BrowseError::from)))
        }
        None => out.rows(std::iter::empty::<Result<Vec<String>, BrowseError>>()),
    };
    let mut captions = log::captions(t.lang == Lang::Zh);
    captions.push(t.field_name());
    export::file(&web.app.views, kind, &name, captions, fill).await
}
