//! Callback keys: generated, shown once beside the address, with a guide where they go (AUTH-10).

use super::guide::{Guide, guide};
use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::CorpWrite;
use crate::model::{AppKey, CallbackOf, Corp, CorpKey, Secret};
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
        .post("/corps/{corp}/customers-callback-keys", renew_customers)
        .post("/corps/{corp}/apps/{app}/callback-keys", renew_app);
}

#[derive(Template)]
#[template(path = "corps/callback_keys.html")]
struct KeysPage {
    f: Frame,
    corp: Corp,
    /// Back to the page of the app, or of the corp.
    back: String,
    guide: Guide,
}

async fn renew(who: &Person, web: &Web, key: &CorpKey, of: CallbackOf) -> Result<HttpResponse, Problem> {
    let made = service::renew_callback_keys(&web.app.store, &who.actor(), key, &of).await;
    let (token, aes_key) = made.map_err(setup_problem)?;
    shown_once(who, web, key, of, [Some(token), Some(aes_key)]).await
}

/// The page with keys that were just made, token and EncodingAESKey: they are on no other.
pub(super) async fn shown_once(
    who: &Person,
    web: &Web,
    key: &CorpKey,
    of: CallbackOf,
    [token, aes_key]: [Option<Secret>; 2],
) -> Result<HttpResponse, Problem> {
    let corp = service::get_corp(&web.app.store, key).await.map_err(setup_problem)?;
    let public_url = web.app.public_url().await.map_err(store_problem)?;
    reply::page(&KeysPage {
        f: who.frame(who.t.callback_keys_title()),
        back: match &of {
            CallbackOf::App(app) => who.url(&format!("/corps/{key}/apps/{app}")),
            _ => who.url(&format!("/corps/{key}#{of}-callback")),
        },
        guide: Guide {
            token: token.map(|token| token.expose().to_owned()),
            aes_key: aes_key.map(|aes_key| aes_key.expose().to_owned()),
            ..guide(who.t, &corp, &of, &public_url)
        },
        corp,
    })
}

async fn renew_contacts(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    renew(&who, &web, &key, CallbackOf::Contacts).await
}

async fn renew_customers(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    renew(&who, &web, &key, CallbackOf::Customers).await
}

async fn renew_app(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, AppKey)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (key, app) = path.into_inner();
    renew(&who, &web, &key, CallbackOf::App(app)).await
}
