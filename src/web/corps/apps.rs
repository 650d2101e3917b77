//! Apps of a corp (AUTH-03): add, change, secret, which one reads details.

use super::callbacks::shown_once;
use super::failed_test;
use super::faults::place;
use super::guide::{Guide, guide};
use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::CorpWrite;
use crate::model::{App, AppKey, CallbackOf, Corp, CorpKey, Secret, SecretName};
use crate::setup::{SetupError, service};
use crate::store;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, is_on};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use std::collections::BTreeMap;

const NAMES: [&str; 4] = ["key", "name", "agentid", "secret"];

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/apps/new", show_new)
        .post("/corps/{corp}/apps/new", create)
        .get("/corps/{corp}/apps/{app}", show)
        .post("/corps/{corp}/apps/{app}", save)
        .post("/corps/{corp}/apps/{app}/remove", remove);
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Fields {
    key: String,
    name: String,
    agentid: String,
    secret: String,
    is_reader: Option<String>,
    callback: Option<String>,
}

#[derive(Template)]
#[template(path = "corps/app.html")]
struct AppPage {
    f: Frame,
    corp: Corp,
    fields: Fields,
    faults: Faults,
    is_new: bool,
    has_secret: bool,
    has_callback_keys: bool,
    /// Nothing has gone through with it yet.
    is_untested: bool,
    /// What its last test found wrong.
    failed: Option<String>,
    guide: Guide,
}

impl AppPage {
    fn is_reader(&self) -> bool {
        is_on(self.fields.is_reader.as_ref())
    }

    fn renew_url(&self) -> String {
        self.f.url(&format!("/corps/{}/apps/{}/callback-keys", self.corp.key, self.fields.key))
    }

    fn callback_hint(&self) -> &'static str {
        if self.has_callback_keys { self.f.t.app_callback_on_hint() } else { self.f.t.app_callback_new_hint() }
    }

    fn secret_hint(&self) -> &'static str {
        if self.has_secret { self.f.t.secret_hint() } else { self.f.t.secret_new_hint() }
    }

    fn receives(&self) -> bool {
        is_on(self.fields.callback.as_ref())
    }
}

async fn page(
    who: &Person,
    web: &Web,
    corp: Corp,
    fields: Fields,
    faults: Faults,
    is_new: bool,
) -> Result<AppPage, Problem> {
    let secrets = service::list_secrets(&web.app.store, &corp.key).await.map_err(setup_problem)?;
    let key = AppKey::from(fields.key.as_str());
    let is_set = |name: SecretName| secrets.iter().any(|(known, is_set)| *known == name && *is_set);
    let public_url = web.app.public_url().await.map_err(store_problem)?;
    let of = corp.key.clone();
    let trials = web.app.store.read_async(move |tx| store::trials::list(tx, &of)).await.map_err(store_problem)?;
    let title = if is_new { who.t.app_new().to_owned() } else { fields.name.clone() };
    Ok(AppPage {
        f: who.frame(title),
        has_secret: is_set(SecretName::App(key.clone())),
        is_untested: !is_new && store::trials::is_untested(&trials, &key),
        failed: failed_test(who.t, &trials, &SecretName::App(key.clone())).filter(|_| !is_new),
        has_callback_keys: is_set(SecretName::AppToken(key.clone())) && is_set(SecretName::AppAesKey(key.clone())),
        guide: guide(who.t, &corp, &CallbackOf::App(key), &public_url),
        corp,
        // what was typed is not sent back: it is to be typed again
        faults: match fields.secret.trim().is_empty() || faults.is_empty() {
            true => faults,
            false => {
                let mut faults = faults;
                faults.add("secret", who.t.app_secret_again());
                faults
            }
        },
        fields: Fields { secret: String::new(), ..fields },
        is_new,
    })
}

async fn get(web: &Web, key: &CorpKey) -> Result<Corp, Problem> {
    service::get_corp(&web.app.store, key).await.map_err(setup_problem)
}

async fn show_new(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    let corp = get(&web, &key).await?;
    let is_reader = corp.read_app.is_none().then(|| "1".to_owned());
    let fields = Fields { is_reader, ..Fields::default() };
    reply::page(&page(&who, &web, corp, fields, Faults::default(), true).await?)
}

async fn show(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
) -> Result<HttpResponse, Problem> {
    let (key, app) = path.into_inner();
    let corp = get(&web, &key).await?;
    let found = corp.find_app(&app).ok_or_else(|| Problem::not_found("app", &app))?;
    let fields = Fields {
        key: found.key.to_string(),
        name: found.name.clone(),
        agentid: found.agentid.to_string(),
        secret: String::new(),
        is_reader: (corp.read_app.as_ref() == Some(&app)).then(|| "1".to_owned()),
        callback: found.callback_enabled.then(|| "1".to_owned()),
    };
    reply::page(&page(&who, &web, corp, fields, Faults::default(), false).await?)
}

/// Token and EncodingAESKey that have just come to be.
type Made = [Option<Secret>; 2];

/// Saves what was entered, all or nothing. Answers the callback keys of an app that begins to receive: they are shown now
/// or never.
async fn store_app(
    who: &Person,
    web: &Web,
    corp: &Corp,
    fields: &Fields,
    faults: &mut Faults,
) -> Result<Made, Problem> {
    let t = who.t;
    let secrets = service::list_secrets(&web.app.store, &corp.key).await.map_err(setup_problem)?;
    let is_set = |name: SecretName| secrets.iter().any(|(known, is_set)| *known == name && *is_set);
    let key = AppKey::from(fields.key.trim());
    let agentid = fields.agentid.trim().parse::<u64>().ok().filter(|id| *id > 0);
    if agentid.is_none() {
        faults.add("agentid", t.app_fault_agentid());
    }
    let wants_reader = is_on(fields.is_reader.as_ref());
    if wants_reader && fields.secret.trim().is_empty() && !is_set(SecretName::App(key.clone())) {
        faults.add("secret", t.app_secret_needed());
    }
    let Some(agentid) = agentid.filter(|_| faults.is_empty()) else { return Ok(Made::default()) };
    let app = App {
        key: key.clone(),
        name: fields.name.trim().to_owned(),
        agentid,
        callback_enabled: is_on(fields.callback.as_ref()),
    };
    let of = CallbackOf::App(key.clone());
    let missing =
        [of.token(), of.aes_key()].map(|name| (app.callback_enabled && !is_set(name.clone())).then_some(name));
    let mut secrets = BTreeMap::new();
    if !fields.secret.trim().is_empty() {
        secrets.insert(SecretName::App(key.clone()), Secret::new(fields.secret.trim()));
    }
    let (store, actor) = (&web.app.store, who.actor());
    if let Err(error) = service::put_app(store, &actor, &corp.key, app, Some(wants_reader), secrets).await {
        return place(t, error, &NAMES, "key", faults).map(|()| Made::default());
    }
    web.app.clients.forget(&corp.key);
    // those that stand: whoever saved at the same moment sees the same
    let of = corp.key.clone();
    let read = store.read_async(move |tx| {
        let [token, aes_key] = missing.map(|name| name.map(|name| store::secrets::find(tx, &of, &name)).transpose());
        Ok([token?.flatten(), aes_key?.flatten()])
    });
    read.await.map_err(store_problem)
}

/// After saving: the keys where there are new ones, else the page itself.
async fn saved(
    who: &Person,
    web: &Web,
    key: &CorpKey,
    app: &str,
    made: Made,
    to: &str,
) -> Result<HttpResponse, Problem> {
    if made.iter().any(Option::is_some) {
        return shown_once(who, web, key, CallbackOf::App(AppKey::from(app.trim())), made).await;
    }
    Ok(reply::go(who, to, Some(Flash::good(who.t.app_saved()))))
}

async fn create(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let (corp, fields, mut faults) = (get(&web, &key).await?, form.0, Faults::default());
    let mut made = Made::default();
    if corp.find_app(&AppKey::from(fields.key.trim())).is_some() {
        faults.add("key", who.t.setup_fault_taken());
    } else {
        made = store_app(&who, &web, &corp, &fields, &mut faults).await?;
    }
    if faults.is_empty() {
        return saved(&who, &web, &key, &fields.key, made, &format!("/corps/{key}")).await;
    }
    reply::again(&page(&who, &web, corp, fields, faults, true).await?)
}

async fn save(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let (key, app) = path.into_inner();
    let corp = get(&web, &key).await?;
    corp.find_app(&app).ok_or_else(|| Problem::not_found("app", &app))?;
    let (fields, mut faults) = (Fields { key: app.to_string(), ..form.0 }, Faults::default());
    let made = store_app(&who, &web, &corp, &fields, &mut faults).await?;
    if faults.is_empty() {
        return saved(&who, &web, &key, app.as_str(), made, &format!("/corps/{key}/apps/{app}")).await;
    }
    reply::again(&page(&who, &web, corp, fields, faults, false).await?)
}

#[derive(Debug, Deserialize)]
struct Confirmation {
    confirm: String,
}

async fn remove(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
    form: Form<Confirmation>,
) -> Result<HttpResponse, Problem> {
    let (key, app) = path.into_inner();
    let back = format!("/corps/{key}/apps/{app}");
    if form.0.confirm.trim() != app.as_str() {
        return Ok(reply::go(&who, &back, Some(Flash::bad(who.t.confirm_mismatch()))));
    }
    match service::remove_app(&web.app.store, &who.actor(), &key, &app).await {
        Ok(()) => Ok(reply::go(&who, &format!("/corps/{key}"), Some(Flash::good(who.t.app_removed(&app))))),
        Err(SetupError::Conflict { .. }) => Ok(reply::go(&who, &back, Some(Flash::bad(who.t.app_is_needed())))),
        Err(error) => Err(setup_problem(error)),
    }
}
