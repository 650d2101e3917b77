//! Secrets of a corp: written here, never read back (PEER-28). Callback keys are the exception that proves it: they are
//! made here and shown once, because they must be copied into WeCom's console (AUTH-10).

use super::answer::{Created, NoContent, Ok, Page, Reply};
use super::auth::{CorpRead, CorpWrite, Key};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::app::App;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::{Body, Problem};
use crate::model::{AppKey, CallbackOf, CorpKey, Secret, SecretName};
use crate::setup::service;
use actix_web::web;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

const NO_BODY: &[u8] = &[];

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Secrets", "Secrets of a corp and its apps: written, never read back.")
        .get("/api/v1/corps/{corp}/secrets", "List which secrets are set", list)
        .put("/api/v1/corps/{corp}/secrets/{secret}", "Set a secret of the corp", put)
        .delete("/api/v1/corps/{corp}/secrets/{secret}", "Take a secret of the corp away", remove)
        .put(
            "/api/v1/corps/{corp}/apps/{app}/secrets/{secret}",
            "Set a secret of an app\n`secret`, `token` or `aes_key`.",
            put_of_app,
        )
        .delete("/api/v1/corps/{corp}/apps/{app}/secrets/{secret}", "Take a secret of an app away", remove_of_app)
        .post(
            "/api/v1/corps/{corp}/callback-keys",
            "Make new keys for the contacts callback\nThe answer shows them once, for copying into WeCom's console. The former ones are void at \
             once. A repetition with the same Idempotency-Key answers without them.",
            renew,
        )
        .post(
            "/api/v1/corps/{corp}/customers-callback-keys",
            "Make new keys for the callback of customer events",
            renew_of_customers,
        )
        .post("/api/v1/corps/{corp}/apps/{app}/callback-keys", "Make new keys for an app's callback", renew_of_app);
}

/// Whether a secret is set.
#[derive(Debug, Serialize, ToSchema)]
struct SecretView {
    /// The app that it belongs to; absent = the corp itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<AppKey>,
    /// `contacts`, `contacts_token`, `contacts_aes_key`, `customers_token`, `customers_aes_key`; of an app `secret`, `token`, `aes_key`
    secret: &'static str,
    /// Whether there is one.
    is_set: bool,
}

/// A secret on its way in.
#[derive(Deserialize, ToSchema)]
struct SecretBody {
    /// The secret.
    value: String,
}

/// Callback keys just made.
#[derive(Debug, Serialize, ToSchema)]
struct CallbackKeysView {
    /// The URL to enter in WeCom's console.
    url: String,
    /// Token; absent in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// EncodingAESKey; absent in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    aes_key: Option<String>,
}

async fn list(
    _: Key<CorpRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
) -> Result<Ok<Page<SecretView>>, Problem> {
    let all = service::list_secrets(&state.app.store, &corp).await.map_err(setup_problem)?;
    Result::Ok(Reply::new(Page::whole(all.into_iter().map(view).collect())))
}

fn view((name, is_set): (SecretName, bool)) -> SecretView {
    let (app, secret) = match name {
        SecretName::Contacts => (None, "contacts"),
        SecretName::ContactsToken => (None, "contacts_token"),
        SecretName::ContactsAesKey => (None, "contacts_aes_key"),
        SecretName::CustomersToken => (None, "customers_token"),
        SecretName::CustomersAesKey => (None, "customers_aes_key"),
        SecretName::App(app) => (Some(app), "secret"),
        SecretName::AppToken(app) => (Some(app), "token"),
        SecretName::AppAesKey(app) => (Some(app), "aes_key"),
    };
    SecretView { app, secret, is_set }
}

fn of_corp(name: &str) -> Result<SecretName, Problem> {
    match name {
        "contacts" => Result::Ok(SecretName::Contacts),
        "contacts_token" => Result::Ok(SecretName::ContactsToken),
        "contacts_aes_key" => Result::Ok(SecretName::ContactsAesKey),
        "customers_token" => Result::Ok(SecretName::CustomersToken),
        "customers_aes_key" => Result::Ok(SecretName::CustomersAesKey),
        other => Err(Problem::not_found("secret", other)),
    }
}

fn of_app(app: AppKey, name: &str) -> Result<SecretName, Problem> {
    match name {
        "secret" => Result::Ok(SecretName::App(app)),
        "token" => Result::Ok(SecretName::AppToken(app)),
        "aes_key" => Result::Ok(SecretName::AppAesKey(app)),
        other => Err(Problem::not_found("secret", other)),
    }
}

async fn put(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, String)>,
    body: Body<SecretBody>,
) -> Result<NoContent, Problem> {
    let (corp, name) = path.into_inner();
    save(&caller, &state, &corp, of_corp(&name)?, body.value).await
}

async fn put_of_app(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, AppKey, String)>,
    body: Body<SecretBody>,
) -> Result<NoContent, Problem> {
    let (corp, app, name) = path.into_inner();
    save(&caller, &state, &corp, of_app(app, &name)?, body.value).await
}

async fn save(
    caller: &Key<CorpWrite>,
    state: &State,
    corp: &CorpKey,
    name: SecretName,
    body: SecretBody,
) -> Result<NoContent, Problem> {
    let done = service::put_secret(&state.app.store, &caller.actor, corp, name, Secret::new(body.value)).await;
    done.map(|_| NoContent).map_err(setup_problem)
}

async fn remove(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, String)>,
) -> Result<NoContent, Problem> {
    let (corp, name) = path.into_inner();
    let done = service::remove_secret(&state.app.store, &caller.actor, &corp, of_corp(&name)?).await;
    done.map(|()| NoContent).map_err(setup_problem)
}

async fn remove_of_app(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, AppKey, String)>,
) -> Result<NoContent, Problem> {
    let (corp, app, name) = path.into_inner();
    let done = service::remove_secret(&state.app.store, &caller.actor, &corp, of_app(app, &name)?).await;
    done.map(|()| NoContent).map_err(setup_problem)
}

async fn renew(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    once: Once,
) -> Result<Created<CallbackKeysView>, Problem> {
    let (id, app) = (caller.id.clone(), state.app.clone());
    once.run(&state, &id, NO_BODY, make_keys(caller, app, corp.into_inner(), CallbackOf::Contacts)).await
}

async fn renew_of_customers(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    once: Once,
) -> Result<Created<CallbackKeysView>, Problem> {
    let (id, app) = (caller.id.clone(), state.app.clone());
    once.run(&state, &id, NO_BODY, make_keys(caller, app, corp.into_inner(), CallbackOf::Customers)).await
}

async fn renew_of_app(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, AppKey)>,
    once: Once,
) -> Result<Created<CallbackKeysView>, Problem> {
    let (corp, of) = path.into_inner();
    let (id, app) = (caller.id.clone(), state.app.clone());
    once.run(&state, &id, NO_BODY, make_keys(caller, app, corp, CallbackOf::App(of))).await
}

async fn make_keys(
    caller: Key<CorpWrite>,
    app: Arc<App>,
    corp: CorpKey,
    of: CallbackOf,
) -> Result<Created<CallbackKeysView>, Problem> {
    let public_url = app.public_url().await.map_err(store_problem)?;
    let made = service::renew_callback_keys(&app.store, &caller.actor, &corp, &of).await;
    let (token, aes_key) = made.map_err(setup_problem)?;
    let url = format!("{public_url}/cb/{corp}/{of}");
    let mut answer = CallbackKeysView { url, token: None, aes_key: None };
    let kept = serde_json::to_value(&answer).map_err(Problem::internal)?;
    answer.token = Some(token.expose().to_owned());
    answer.aes_key = Some(aes_key.expose().to_owned());
    Result::Ok(Reply::new(answer).keeping(kept))
}
