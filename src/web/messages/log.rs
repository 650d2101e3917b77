//! The push log (MSG-18): one line per recipient, searched by recipient, source, title, state and time, as a page and a file.

use super::{class, get_tenant, place};
use crate::browse::BrowseError;
use crate::http::Problem;
use crate::http::errors::{browse_problem, setup_problem, store_problem};
use crate::http::permission::MessagesRead;
use crate::locale::Lang;
use crate::messages::{is_hopeless, log};
use crate::model::{ApiScope, Delivery, DeliveryState, MessageId, TenantKey};
use crate::setup::service as setup;
use crate::store::deliveries::{DeliveryCursor, DeliveryFilter};
use crate::store::{self, Search};
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

pub(super) const PARAMETERS: [&str; 11] =
    ["who", "title", "source", "state", "message", "from", "until", "sort", "dir", "after", GONE_ON];
/// Names the place up to which dead letters have been sent again; the button goes on from there.
pub(super) const GONE_ON: &str = "resent";
/// What narrows the list besides a recipient.
const OTHER_FILTERS: [&str; 6] = ["title", "source", "state", "message", "from", "until"];
const DAY_MS: i64 = 24 * 3_600_000;
/// Sources that are offered.
const SOURCES_MAX: usize = 100;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/tenants/{tenant}/messages", list).files("/tenants/{tenant}/messages", files);
}

struct Row {
    delivery: Delivery,
    when: String,
    title: String,
    source: String,
    name: String,
    /// Corp and app as people call them.
    place: String,
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
    /// Nobody is known by what was typed, and nothing else was asked for.
    is_unknown: bool,
    /// Not everybody of that name was looked for.
    is_cut: bool,
    may_send: bool,
    /// Where the dead letters of this search are sent again; empty where there are none that could be, or
    /// by somebody who may not.
    redrive: String,
    /// Why none of those that are dead can be sent again; empty where some may be.
    hopeless: &'static str,
}

/// What a visit asks for.
pub(super) struct Asked {
    pub(super) filter: DeliveryFilter,
    /// Whether the directory knows whom it names, if it names somebody.
    is_known: bool,
    is_cut: bool,
}

/// Reads what a visit asks for.
pub(super) async fn asked(web: &Web, tenant: &TenantKey, list: &Listing) -> Result<Asked, Problem> {
    let meant = match list.get("who") {
        "" => None,
        typed => Some(web.app.views.recipients(tenant, typed).await.map_err(browse_problem)?),
    };
    let states = match list.get("state") {
        "dead" => DeliveryState::ALL.into_iter().filter(|state| state.is_dead()).collect(),
        name => DeliveryState::find(name).into_iter().collect(),
    };
    let some = |name: &str| Some(list.get(name)).filter(|text| !text.is_empty());
    let is_known = meant.as_ref().is_none_or(|meant| meant.is_known);
    let is_cut = meant.as_ref().is_some_and(|meant| meant.is_cut);
    let filter = DeliveryFilter {
        recipients: meant.map(|meant| meant.recipients).unwrap_or_default(),
        states,
        message: some("message").map(MessageId::from),
        source: some("source").map(str::to_owned),
        title: some("title").map(Search::new),
        from_ms: time::of_day(list.get("from")),
        until_ms: time::of_day(list.get("until")).map(|at_ms| at_ms + DAY_MS),
        changed_until_ms: None,
        order: list.by_time(),
    };
    Ok(Asked { filter, is_known, is_cut })
}

async fn list(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let (t, tenant) = (who.t, get_tenant(&web, &tenant).await?.key);
    let list = Listing::of(&who, &PARAMETERS);
    let Asked { filter, is_known, is_cut } = asked(&web, &tenant, &list).await?;
    let after = list.after(DeliveryCursor::parse)?;
    let found = web.app.messages.search_deliveries(tenant.clone(), filter, after, ROWS).await;
    let (found, next) = found.map_err(store_problem)?;
    let corps = setup::list_corps(&web.app.store, Some(tenant.clone())).await.map_err(setup_problem)?;
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
        place: place(&corps, &delivery),
        name,
        state: t.recipient_state(&delivery),
        class: class(delivery.state),
        why: why(t, &delivery),
        delivery,
    });
    let mut states = vec![("dead", t.push_log_dead())];
    states.extend(DeliveryState::ALL.map(|state| (state.name(), t.delivery_state(state))));
    let rows: Vec<Row> = rows.collect();
    let is_dead =
        list.is("state", "dead") || DeliveryState::find(list.get("state")).is_some_and(|state| state.is_dead());
    let has_some = !rows.is_empty() || next.is_some();
    let may_redrive = is_dead && has_some && who.may(ApiScope::MessagesManage);
    // the button means all pages: only of a single one all that is found is seen
    let is_all = next.is_none() && list.get("after").is_empty();
    let is_hopeless = is_all && rows.iter().all(|row| is_hopeless(&row.delivery, !row.name.is_empty()));
    let hopeless = if may_redrive && is_hopeless { hopeless(t, rows.iter().map(|row| &row.delivery)) } else { "" };
    let redrive = if may_redrive && !is_hopeless {
        let all = list.clone().on(who.url(&format!("/tenants/{tenant}/redrives")));
        // all that are found, on whichever page the button stands
        if list.is(GONE_ON, list.get("after")) { format!("{}{}", all.action, all.query()) } else { all.first() }
    } else {
        String::new()
    };
    // with other filters they may be what leaves the list empty
    let is_unknown = !is_known && OTHER_FILTERS.iter().all(|name| list.get(name).is_empty());
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
        is_cut,
        hopeless,
    })
}

/// Why dead letters that are all hopeless cannot be sent again: a unit that comes later does not make them reach anybody.
pub(super) fn hopeless<'r>(t: crate::locale::T, mut rows: impl Iterator<Item = &'r Delivery>) -> &'static str {
    let are_units = rows.all(|row| row.code.as_deref() == Some("unknown_unit"));
    if are_units { t.push_unknown_units() } else { t.push_unknown_all() }
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
    let due =
        row.due_at_ms.filter(|_| row.state == DeliveryState::Waiting).map(|at_ms| t.push_goes_out(time::second(at_ms)));
    let told = reason(t, row);
    due.map_or_else(|| told.clone(), |due| format!("{told}{}{due}", t.lang.pick("", " ")))
}

fn reason(t: crate::locale::T, row: &Delivery) -> String {
    match row.code.as_deref().map(|code| t.delivery_why(code)).filter(|text| !text.is_empty()) {
        // what exactly is wrong with the content stands in the sentence
        Some(text) if row.code.as_deref() == Some("content") => {
            let more = row.error.as_deref().and_then(|error| t.content_fault(error));
            more.map_or_else(|| text.to_owned(), |more| format!("{text} {more}"))
        }
        // it may be there some day
        Some(text) if row.state == DeliveryState::UnknownRecipient && row.employee.is_some() => {
            format!("{text}{}{}", t.lang.pick("", " "), t.push_unknown_later())
        }
        Some(text) => text.to_owned(),
        None => row.error.as_deref().map(|error| t.told(error)).unwrap_or_default(),
    }
}

async fn files(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let kind = Kind::of(&who);
    file(who, web, tenant, kind).await
}

async fn file(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    kind: Kind,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let list = Listing::of(&who, &PARAMETERS);
    list.check_days()?;
    let filter = asked(&web, &tenant, &list).await?.filter;
    let t = who.t;
    let (store, name) = (web.app.store.clone(), format!("messages-{tenant}"));
    let fill = move |out: Out<'_>| {
        let (people, key) = (store.clone(), tenant.clone());
        let tell = move |row: &Delivery| {
            let mut cells = log::cells(row);
            // the state and the reason as the page says them, and who it is
            (cells[4], cells[6]) = (t.recipient_state(row).to_owned(), why(t, row));
            let name = row
                .employee
                .as_ref()
                .and_then(|id| people.read(|tx| store::directory::find_employee(tx, &key, id)).ok().flatten());
            cells.push(name.map(|person| person.name.to_string()).unwrap_or_default());
            cells
        };
        out.rows(log::rows(&store, tenant, filter, tell).map(|row| row.map_err(BrowseError::from)))
    };
    let mut captions = log::captions(t.lang == Lang::Zh);
    captions.push(t.field_name());
    export::file(&web, kind, &name, captions, fill).await
}
