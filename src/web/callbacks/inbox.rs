//! The inbox: what came, filtered, by time; the work on many done again.

use super::addresses::name_of;
use super::senders;
use crate::callbacks::InboxSettings;
use crate::http::Problem;
use crate::http::errors::{browse_problem, setup_problem, store_problem};
use crate::http::permission::{CallbacksManage, CallbacksRead, SettingsWrite};
use crate::locale::T;
use crate::model::{ApiScope, CallbackOf, Corp, CorpKey, InboxId, InboxItem, InboxState};
use crate::setup::service;
use crate::store::inbox::InboxFilter;
use crate::store::{self, Order, PAGE_MAX, Search};
use crate::web::export::{self, Kind, Out};
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::sure::Sure;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

const PARAMETERS: [&str; 10] = ["receiver", "kind", "state", "sender", "q", "from", "until", "sort", "dir", "after"];
const DAY_MS: i64 = 24 * 3_600_000;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/inbox", list)
        .files("/corps/{corp}/inbox", files)
        .post("/corps/{corp}/inbox-replays", replay)
        .post("/corps/{corp}/inbox-settings", save_settings);
}

pub(super) struct Row {
    pub(super) item: InboxItem,
    pub(super) when: String,
    pub(super) what: String,
    pub(super) receiver: String,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    /// Who sent it: name and page.
    pub(super) sender: Option<(String, String)>,
    /// Path of the message that it is about.
    pub(super) message: Option<String>,
}

/// The message that a note names.
fn message_of(note: &str) -> Option<&str> {
    let (_, rest) = note.split("; ").find_map(|part| part.split_once("message "))?;
    rest.split(' ').next().filter(|id| !id.is_empty())
}

impl Row {
    pub(super) fn of(t: T, corp: &Corp, item: InboxItem) -> Self {
        let (state, class) = match item.state {
            InboxState::Waiting => (t.inbox_waiting(), "warn"),
            InboxState::Done => (t.inbox_done(), "good"),
            InboxState::Failed => (t.inbox_failed(), "bad"),
        };
        Self {
            when: time::second(item.received_at_ms),
            what: t.callback_kind(&item.kind),
            receiver: name_of(t, corp, &item.receiver),
            state,
            class,
            sender: None,
            message: item
                .note
                .as_deref()
                .and_then(message_of)
                .map(|id| format!("/tenants/{}/messages/{id}", corp.tenant)),
            item,
        }
    }
}

#[derive(Template)]
#[template(path = "callbacks/inbox.html")]
struct InboxPage {
    f: Frame,
    corp: Corp,
    list: Listing,
    rows: Vec<Row>,
    next: Option<String>,
    can_replay: bool,
    /// Said where not all members of a name were looked for.
    cut: Option<String>,
    kept_days: u32,
    can_set: bool,
}

impl InboxPage {
    fn receivers(&self) -> Vec<(String, String)> {
        let apps = self.corp.apps.iter().map(|app| CallbackOf::App(app.key.clone()));
        let all = [CallbackOf::Contacts, CallbackOf::Customers].into_iter().chain(apps);
        all.map(|of| (of.segment().to_owned(), name_of(self.f.t, &self.corp, &of))).collect()
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        self.f.t.callback_kinds()
    }

    fn states(&self) -> [(&'static str, &'static str); 3] {
        let t = self.f.t;
        [("waiting", t.inbox_waiting()), ("done", t.inbox_done()), ("failed", t.inbox_failed())]
    }
}

fn state_of(name: &str) -> Option<InboxState> {
    [InboxState::Waiting, InboxState::Done, InboxState::Failed].into_iter().find(|state| state.name() == name)
}

fn filter(get: impl Fn(&str) -> String) -> InboxFilter {
    let some = |name: &str| Some(get(name)).filter(|text| !text.is_empty());
    InboxFilter {
        receiver: some("receiver").map(CallbackOf::from),
        kind: some("kind"),
        state: state_of(&get("state")),
        from: some("sender").into_iter().collect(),
        text: some("q").map(|text| Search::new(&text)),
        from_ms: time::of_day(&get("from")),
        until_ms: time::of_day(&get("until")).map(|at_ms| at_ms + DAY_MS),
        order: Order::Newest,
    }
}

/// Members of one name that are looked for; where there are more, it is said.
const SENDERS_MAX: usize = 100;

/// The filter with the members whom the sender that was typed may mean, beside one of this very userid; and whether more
/// members have that name than are looked for.
async fn meant(web: &Web, key: &CorpKey, mut filter: InboxFilter) -> Result<(InboxFilter, bool), Problem> {
    let Some(typed) = filter.from.first().map(|typed| typed.trim().to_owned()) else { return Ok((filter, false)) };
    let called = web.app.views.mirror(key, move |view| Ok(view.members_called(&typed, SENDERS_MAX + 1)));
    let called = called.await.map_err(browse_problem)?;
    filter.from.extend(called.iter().take(SENDERS_MAX).map(ToString::to_string));
    Ok((filter, called.len() > SENDERS_MAX))
}

async fn list(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    let list = Listing::of(&who, &PARAMETERS);
    let corp = service::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let after: Option<InboxId> = list.after_id()?;
    let filter = InboxFilter { order: list.by_time(), ..filter(|name| list.get(name).to_owned()) };
    let (filter, is_cut) = meant(&web, &key, filter).await?;
    let page = web.app.callbacks.search(&key, filter, after, ROWS).await;
    let page = page.map_err(store_problem)?;
    let t = who.t;
    let mut rows: Vec<Row> = page.rows.into_iter().map(|item| Row::of(t, &corp, item)).collect();
    senders::name(&who, &web, &corp, &mut rows).await?;
    reply::page(&InboxPage {
        f: who.frame(t.nav_inbox()),
        rows,
        next: page.next.map(|id| list.at("after", id.as_str())),
        can_replay: who.may(ApiScope::CallbacksManage) && !is_cut,
        cut: is_cut.then(|| t.inbox_sender_many(SENDERS_MAX)),
        kept_days: web.app.callbacks.settings().await.map_err(store_problem)?.kept_days,
        can_set: who.may(ApiScope::SettingsWrite),
        corp,
        list,
    })
}

async fn files(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    whole(&who, &web, &key, Kind::of(&who)).await
}

/// Everything that the filters want, with what was said.
async fn whole(who: &Person, web: &Web, key: &CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let (t, list) = (who.t, Listing::of(who, &PARAMETERS));
    list.check_days()?;
    let corp = service::get_corp(&web.app.store, key).await.map_err(setup_problem)?;
    let filter = InboxFilter { order: list.by_time(), ..filter(|name| list.get(name).to_owned()) };
    let (filter, is_cut) = meant(web, key, filter).await?;
    if is_cut {
        return Err(Problem::invalid("inbox.sender", t.inbox_sender_many(SENDERS_MAX)));
    }
    // what has just arrived is taken over first
    web.app.callbacks.search(key, filter.clone(), None, 1).await.map_err(store_problem)?;
    let captions = vec![
        t.audit_when(),
        t.inbox_kind(),
        t.inbox_code(),
        t.inbox_receiver(),
        t.inbox_sender(),
        t.inbox_state(),
        t.inbox_note(),
        t.inbox_source(),
        t.inbox_id(),
    ];
    let (store, key, file) = (web.app.store.clone(), key.clone(), format!("inbox-{key}"));
    let fill = move |out: Out<'_>| {
        let read = |after: Option<InboxId>| {
            let page = store.read(|tx| store::inbox::search(tx, &key, &filter, after.as_ref(), PAGE_MAX))?;
            Ok((page.rows, page.next))
        };
        out.rows(export::pages(read).map(|item| {
            let row = Row::of(t, &corp, item?);
            Ok([
                time::machine(row.item.received_at_ms),
                row.what,
                row.item.kind.to_string(),
                row.receiver,
                row.item.from.to_string(),
                row.state.to_owned(),
                row.item.note.as_deref().map(|note| t.inbox_done_text(note).to_string()).unwrap_or_default(),
                row.item.text,
                row.item.id.to_string(),
            ])
        }))
    };
    export::file(web, kind, &file, captions, fill).await
}

#[derive(Debug, Deserialize)]
struct Kept {
    kept_days: String,
}

/// Sets how long callbacks of all corps are kept.
async fn save_settings(
    who: Admin<SettingsWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<Kept>,
) -> Result<HttpResponse, Problem> {
    let to = format!("/corps/{key}/inbox");
    let range = InboxSettings::KEPT_DAYS;
    let Some(kept_days) = form.0.kept_days.trim().parse().ok().filter(|days| range.contains(days)) else {
        let fault = who.t.settings_fault_range(*range.start(), *range.end());
        return Ok(reply::go(&who, &to, Some(Flash::bad(fault))));
    };
    let saved = web.app.callbacks.put_settings(&who.actor(), InboxSettings { kept_days }).await;
    saved.map_err(store_problem)?;
    Ok(reply::go(&who, &to, Some(Flash::good(who.t.saved()))))
}

/// The filter of the page that the button stands on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    receiver: String,
    kind: String,
    state: String,
    sender: String,
    q: String,
    from: String,
    until: String,
    /// When the question was first asked, Unix milliseconds: what came later is not meant.
    asked_at: Option<i64>,
    /// Absent on the way from the list.
    confirm: Option<String>,
}

async fn replay(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<Wanted>,
) -> Result<HttpResponse, Problem> {
    let Wanted { receiver, kind, state, sender, q, from, until, asked_at, confirm } = form.0;
    let get = |name: &str| {
        let text = match name {
            "receiver" => &receiver,
            "kind" => &kind,
            "state" => &state,
            "sender" => &sender,
            "q" => &q,
            "from" => &from,
            _ => &until,
        };
        text.trim().to_owned()
    };
    let (t, list) = (who.t, format!("/corps/{key}/inbox"));
    let asked_at = asked_at.unwrap_or_else(|| web.app.clock.now_ms());
    let (mut wanted, is_cut) = meant(&web, &key, filter(get)).await?;
    wanted.until_ms = Some(wanted.until_ms.map_or(asked_at, |until_ms| until_ms.min(asked_at)));
    let names = ["receiver", "kind", "state", "sender", "q", "from", "until"];
    let mut carried: Vec<_> = names.map(|name| (name, get(name))).into_iter().collect();
    carried.retain(|(_, value)| !value.is_empty());
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&carried).finish();
    let back = if query.is_empty() { list.clone() } else { format!("{list}?{query}") };
    if is_cut {
        return Ok(reply::go(&who, &back, Some(Flash::bad(t.inbox_sender_many(SENDERS_MAX)))));
    }
    let count = web.app.callbacks.replayable(&key, wanted.clone()).await.map_err(store_problem)?.len();
    if count > 0 {
        carried.push(("asked_at", asked_at.to_string()));
        let sure = Sure {
            f: who.frame(t.inbox_replay_all()),
            lead: t.inbox_replay_sure(count),
            notes: vec![t.inbox_replay_hint().to_owned()],
            action: format!("{list}-replays"),
            back: (t.nav_inbox().to_owned(), back.clone()),
            carried,
            choice: None,
            word: count.to_string(),
            is_mistyped: false,
        };
        if let Some(page) = sure.ask(confirm.as_deref())? {
            return Ok(page);
        }
    }
    let count = web.app.callbacks.replay_all(&key, wanted, &who.actor()).await.map_err(store_problem)?;
    Ok(reply::go(&who, &back, Some(Flash::good(t.inbox_replayed(count)))))
}
