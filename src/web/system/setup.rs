//! First start (OPS-01): behind a one-time link, the first administrator and the external address.

use super::account_faults::{check_repeated, place};
use crate::admin::first_start::{self, FirstStartError, NewAdministrator};
use crate::admin::sessions;
use crate::admin::settings::SettingsError;
use crate::http::errors::store_problem;
use crate::http::{Problem, Query};
use crate::model::Secret;
use crate::web::form::{Faults, Form};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::sign_in::welcome;
use crate::web::state::Web;
use crate::web::visit::Visitor;
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/setup", show).post("/setup", finish);
}

#[derive(Debug, Deserialize)]
struct Link {
    token: Option<String>,
}

#[derive(Default, Deserialize)]
struct Fields {
    token: String,
    name: String,
    display_name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    repeated: String,
    public_url: String,
}

#[derive(Template)]
#[template(path = "system/setup.html")]
struct SetupPage {
    f: Frame,
    fields: Fields,
    faults: Faults,
    /// Set by the operator; cannot be changed here.
    is_fixed: bool,
}

#[derive(Template)]
#[template(path = "system/setup_link.html")]
struct LinkPage {
    f: Frame,
}

async fn show(visitor: Visitor, web: web::Data<Web>, link: Query<Link>) -> Result<HttpResponse, Problem> {
    let token = link.0.token.unwrap_or_default();
    if let Err(error) = first_start::check(&web.app.admin, &token).await {
        return turned_away(&visitor, error);
    }
    let public_url = web.app.public_url().await.map_err(store_problem)?;
    let fields = Fields { token, public_url, ..Fields::default() };
    let f = visitor.frame(visitor.t.setup_title());
    let is_fixed = web.app.config.server.public_url.is_some();
    reply::page(&SetupPage { f, fields, faults: Faults::default(), is_fixed })
}

fn turned_away(visitor: &Visitor, error: FirstStartError) -> Result<HttpResponse, Problem> {
    match error {
        FirstStartError::Done => Ok(reply::see_other(&visitor.url("/sign-in"))),
        FirstStartError::Store(cause) => Err(store_problem(cause)),
        _ => reply::page_with(StatusCode::FORBIDDEN, &LinkPage { f: visitor.frame(visitor.t.setup_title()) }),
    }
}

async fn finish(
    visitor: Visitor,
    web: web::Data<Web>,
    request: HttpRequest,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0;
    let t = visitor.t;
    let mut faults = Faults::default();
    check_repeated(t, &fields.password, &fields.repeated, &mut faults);
    let password = Secret::new(std::mem::take(&mut fields.password));
    for error in first_start::faults(&fields.name, &fields.display_name, &password, &fields.public_url) {
        match error {
            FirstStartError::Account(error) => place(t, error, &mut faults)?,
            _ => faults.add("public_url", t.settings_fault_url()),
        }
    }
    let new = NewAdministrator {
        name: fields.name.trim().to_owned(),
        display_name: fields.display_name.trim().to_owned(),
        password,
        language: Some(visitor.lang().code().to_owned()),
    };
    let is_fixed = web.app.config.server.public_url.is_some();
    if faults.is_empty() {
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let from = sessions::Visitor { from: visitor.from, user_agent };
        let address = fields.public_url.trim();
        match first_start::finish(&web.app.admin, &fields.token, new, address, &from).await {
            Ok(opened) => return Ok(welcome(&visitor, &opened, "/")),
            Err(FirstStartError::Account(error)) => place(t, error, &mut faults)?,
            Err(FirstStartError::Settings(SettingsError::Store(cause))) => return Err(store_problem(cause)),
            Err(FirstStartError::Settings(_)) => faults.add("public_url", t.settings_fault_url()),
            Err(error) => return turned_away(&visitor, error),
        }
    }
    fields.repeated.clear();
    reply::again(&SetupPage { f: visitor.frame(t.setup_title()), fields, faults, is_fixed })
}
