//! API keys: list, create (shown once), revoke.

use crate::admin::keys::{self, KeyError, NewKey};
use crate::http::Problem;
use crate::http::errors::{key_problem, store_problem};
use crate::http::permission::KeysAdmin;
use crate::locale::T;
use crate::model::{ApiKey, ApiScope};
use crate::web::export::{self, Kind, Out};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::slice::{self, Slice};
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

const DAY_MS: i64 = 24 * 3_600_000;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/system/keys", list)
        .files("/system/keys", files)
        .get("/system/keys/new", show_new)
        .post("/system/keys/new", create)
        .post("/system/keys/{id}/revoke", revoke);
}

struct Row {
    key: ApiKey,
    created: String,
    expires: String,
    state: &'static str,
    class: &'static str,
    is_valid: bool,
}

impl Row {
    fn new(t: T, key: ApiKey, now_ms: i64) -> Self {
        let (state, class) = match State::of(&key, now_ms) {
            State::Revoked => (t.keys_revoked(), "bad"),
            State::Valid => (t.keys_valid(), "good"),
            State::Expired => (t.keys_expired(), "warn"),
        };
        Self {
            created: time::minute(key.created_at_ms),
            expires: key.expires_at_ms.map_or(t.keys_no_end().to_owned(), time::minute),
            state,
            class,
            is_valid: key.is_valid_at(now_ms),
            key,
        }
    }
}

/// Whether a key opens anything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Valid,
    Expired,
    Revoked,
}

impl State {
    fn of(key: &ApiKey, now_ms: i64) -> Self {
        match (key.revoked_at_ms, key.is_valid_at(now_ms)) {
            (Some(_), _) => Self::Revoked,
            (None, true) => Self::Valid,
            (None, false) => Self::Expired,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

#[derive(Template)]
#[template(path = "system/keys.html")]
struct KeysPage {
    f: Frame,
    list: Listing,
    page: Slice<Row>,
}

impl KeysPage {
    fn states(&self) -> [(&'static str, &'static str); 3] {
        let t = self.f.t;
        [("valid", t.keys_valid()), ("expired", t.keys_expired()), ("revoked", t.keys_revoked())]
    }
}

const PARAMETERS: [&str; 5] = ["q", "state", "sort", "dir", "page"];

/// The keys that the address asks for, in its order; without one, those in force first, the newest of them at the top.
async fn find(web: &Web, listing: &Listing) -> Result<Vec<ApiKey>, Problem> {
    let now_ms = web.app.clock.now_ms();
    let is_wanted = |key: &ApiKey| {
        slice::is_hit(listing, [key.name.as_str(), key.id.as_str(), key.created_by.as_str()])
            && ["", State::of(key, now_ms).code()].contains(&listing.get("state"))
    };
    let all = keys::list(&web.app.store).await.map_err(key_problem)?;
    let mut rows: Vec<ApiKey> = all.into_iter().filter(is_wanted).collect();
    match listing.get("sort") {
        "name" => slice::sort(listing, &mut rows, |key| (key.name.to_lowercase(), key.id.clone())),
        "created" => slice::sort(listing, &mut rows, |key| (key.created_at_ms, key.id.clone())),
        "expires" => {
            slice::sort(listing, &mut rows, |key| (key.expires_at_ms.unwrap_or(i64::MAX), key.id.clone()));
        }
        _ => rows.sort_by_key(|key| (State::of(key, now_ms), std::cmp::Reverse(key.created_at_ms))),
    }
    Ok(rows)
}

async fn list(who: Admin<KeysAdmin>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (t, now_ms) = (who.t, web.app.clock.now_ms());
    let list = Listing::of(&who, &PARAMETERS);
    let rows = find(&web, &list).await?;
    let page = Slice::of(&list, &rows, |key| Row::new(t, key.clone(), now_ms));
    reply::page(&KeysPage { f: who.frame(t.nav_keys()), list, page })
}

async fn files(who: Admin<KeysAdmin>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::of(&who)).await
}

async fn whole(who: &Person, web: &Web, kind: Kind) -> Result<HttpResponse, Problem> {
    let (t, now_ms) = (who.t, web.app.clock.now_ms());
    let rows = find(web, &Listing::of(who, &PARAMETERS)).await?;
    let captions = vec![
        t.keys_name(),
        t.keys_id(),
        t.keys_scopes(),
        t.keys_networks(),
        t.keys_created(),
        t.keys_created_by(),
        t.keys_expires(),
        t.accounts_state(),
    ];
    let cells = move |key: ApiKey| {
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
        let (scopes, networks, by, id, name) =
            (scopes.join(" "), key.networks.join(" "), key.created_by.clone(), key.id.clone(), key.name.clone());
        let row = Row::new(t, key, now_ms);
        Ok([name, id, scopes, networks, row.created, by, row.expires, row.state.to_owned()])
    };
    let fill = move |out: Out<'_>| out.rows(rows.into_iter().map(cells));
    export::file(web, kind, "api-keys", captions, fill).await
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Fields {
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    networks: String,
    #[serde(default)]
    days: String,
}

#[derive(Template)]
#[template(path = "system/key_new.html")]
struct NewPage {
    f: Frame,
    fields: Fields,
    faults: Faults,
}

impl NewPage {
    fn scopes(&self) -> Vec<(&'static str, &'static str, bool)> {
        ApiScope::ALL
            .into_iter()
            .map(|scope| {
                let is_on = self.fields.scopes.iter().any(|name| name == scope.name());
                (scope.name(), self.f.t.scope_about(scope), is_on)
            })
            .collect()
    }

    fn lifetimes(&self) -> Vec<(&'static str, String)> {
        let t = self.f.t;
        let days = |count: &'static str| (count, t.keys_days(count));
        vec![days("30"), days("90"), days("365"), ("", t.keys_no_end().to_owned())]
    }
}

/// A key that was just made, shown once.
#[derive(Template)]
#[template(path = "system/key_made.html")]
struct MadePage {
    f: Frame,
    name: String,
    text: String,
    public_url: String,
    /// A path that the key may read; `None` where it may read nothing.
    sample: Option<&'static str>,
}

/// What a key with these scopes can be tried with.
fn sample(scopes: &[ApiScope]) -> Option<&'static str> {
    let readable = [
        (ApiScope::OpsRead, "/api/v1/status"),
        (ApiScope::DirectoryRead, "/api/v1/tenants"),
        (ApiScope::CorpRead, "/api/v1/corps"),
        (ApiScope::MessagesRead, "/api/v1/message-queues"),
        (ApiScope::CallbacksRead, "/api/v1/webhooks"),
        (ApiScope::AuditRead, "/api/v1/audit"),
        (ApiScope::AccountsAdmin, "/api/v1/accounts"),
        (ApiScope::KeysAdmin, "/api/v1/api-keys"),
        (ApiScope::OpsBackup, "/api/v1/backups"),
    ];
    readable.into_iter().find(|(scope, _)| scopes.contains(scope)).map(|(_, path)| path)
}

async fn show_new(who: Admin<KeysAdmin>) -> Result<HttpResponse, Problem> {
    let fields = Fields { days: "365".into(), ..Fields::default() };
    reply::page(&NewPage { f: who.frame(who.t.keys_new()), fields, faults: Faults::default() })
}

async fn create(who: Admin<KeysAdmin>, web: web::Data<Web>, form: Form<Fields>) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let days: Option<i64> = fields.days.parse().ok().filter(|days| (1..=3_650).contains(days));
    let new = NewKey {
        name: fields.name.trim().to_owned(),
        scopes: fields.scopes.iter().filter_map(|name| ApiScope::find(name)).collect(),
        networks: fields
            .networks
            .split([',', ' ', '\n', '\r'])
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect(),
        expires_at_ms: days.map(|days| web.app.clock.now_ms() + days * DAY_MS),
    };
    match keys::create(&web.app.store, &web.app.clock, &who.actor(), new).await {
        Ok((key, text)) => {
            let public_url = web.app.public_url().await.map_err(store_problem)?;
            let (f, text) = (who.frame(who.t.keys_made()), text.expose().to_owned());
            reply::page(&MadePage { f, sample: sample(&key.scopes), name: key.name, text, public_url })
        }
        Err(error) => refused(&who, fields, error),
    }
}

fn refused(who: &Person, fields: Fields, error: KeyError) -> Result<HttpResponse, Problem> {
    let (t, mut faults) = (who.t, Faults::default());
    match &error {
        KeyError::Name => faults.add("name", t.keys_fault_name()),
        KeyError::NameTaken(name) => faults.add("name", t.keys_fault_name_taken(name)),
        KeyError::NoScope => faults.add("scopes", t.keys_fault_scopes()),
        KeyError::Network(text) => faults.add("networks", t.keys_fault_network(text)),
        _ => return Err(key_problem(error)),
    }
    reply::again(&NewPage { f: who.frame(t.keys_new()), fields, faults })
}

async fn revoke(
    who: Admin<KeysAdmin>,
    web: web::Data<Web>,
    id: web::Path<String>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let revoked = keys::revoke(&web.app.store, &web.app.clock, &who.actor(), &id).await.map_err(key_problem)?;
    // with a key go those that were made with it
    let names: Vec<String> = std::iter::once(revoked.key).chain(revoked.with_it).map(|key| key.name).collect();
    Ok(reply::go(&who, "/system/keys", Some(Flash::good(who.t.keys_revoked_now(names.join(", "))))))
}
