//! Callback keys: generated, shown once beside the address, with a guide where they go (AUTH-10).

use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::CorpWrite;
use crate::model::{AppKey, CallbackOf, Corp, CorpKey};
use crate::setup::service;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .post("/corps/{corp}/callback-keys", renew_contacts)
        .post("/corps/{corp}/apps/{app}/callback-keys", renew_app);
}

#[derive(Template)]
#[template(path = "corps/callback_keys.html")]
struct KeysPage {
    f: Frame,
    corp: Corp,
    app: Option<AppKey>,
    url: String,
    token: String,
    aes_key: String,
}

async fn renew(who: &Person, web: &Web, key: &CorpKey, app: Option<AppKey>) -> Result<HttpResponse, Problem> {
    let store = &web.app.store;
    let corp = service::get_corp(store, key).await.map_err(setup_problem)?;
    let of = app.clone().map_or(CallbackOf::Contacts, CallbackOf::App);
    let (token, aes_key) = service::renew_callback_keys(store, &who.actor(), key, &of).await.map_err(setup_problem)?;
    let public_url = web.app.public_url().await.map_err(store_problem)?;
    reply::page(&KeysPage {
        f: who.frame(who.t.callback_keys_title()),
        url: format!("{public_url}/cb/{key}/{of}"),
        token: token.expose().to_owned(),
        aes_key: aes_key.expose().to_owned(),
        corp,
        app,
    })
}

async fn renew_contacts(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    renew(&who, &web, &key, None).await
}

async fn renew_app(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (key, app) = path.into_inner();
    renew(&who, &web, &key, Some(app)).await
}
