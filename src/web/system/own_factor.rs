//! One's own second factor: set up with a picture and a code, recovery codes shown once, taken away again.

use super::account_faults::place;
use crate::admin::accounts::Proof;
use crate::admin::second_factor::{self, Begun};
use crate::admin::{AccountError, totp};
use crate::http::Problem;
use crate::http::errors::account_problem;
use crate::model::{Secret, TotpState};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Person;
use actix_web::{HttpResponse, web};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/account/second-factor", show)
        .post("/account/second-factor", begin)
        .post("/account/second-factor/confirm", confirm)
        .post("/account/second-factor/off", take_away);
}

#[derive(Template)]
#[template(path = "system/second_factor.html")]
struct FactorPage {
    f: Frame,
    is_on: bool,
    /// `data:` address of the picture and the secret to type, while one is being set up.
    pending: Option<(String, String)>,
    /// Shown once, after it was set up.
    codes: Vec<String>,
    faults: Faults,
}

impl FactorPage {
    fn new(person: &Person, pending: Option<Begun>) -> Result<Self, Problem> {
        let pending = match pending {
            Some(begun) => {
                let picture = totp::qr_svg(begun.uri.expose()).map_err(Problem::internal)?;
                let address = format!("data:image/svg+xml;base64,{}", STANDARD.encode(picture));
                Some((address, grouped(begun.secret.expose())))
            }
            None => None,
        };
        Ok(Self {
            f: person.frame(person.t.factor_title()),
            is_on: person.account.totp != TotpState::Off,
            pending,
            codes: Vec::new(),
            faults: Faults::default(),
        })
    }
}

/// Groups of four, for typing.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

async fn show(person: Person) -> Result<HttpResponse, Problem> {
    reply::page(&FactorPage::new(&person, None)?)
}

#[derive(Deserialize)]
struct PasswordField {
    present: String,
}

async fn begin(person: Person, web: web::Data<Web>, form: Form<PasswordField>) -> Result<HttpResponse, Problem> {
    let password = Secret::new(form.0.present);
    match second_factor::begin_totp(&web.app.admin, &person.account.id, &password).await {
        Ok(begun) => reply::page(&FactorPage::new(&person, Some(begun))?),
        Err(error) => refused(&person, error, None),
    }
}

fn refused(person: &Person, error: AccountError, pending: Option<Begun>) -> Result<HttpResponse, Problem> {
    let mut page = FactorPage::new(person, pending)?;
    place(person.t, error, &mut page.faults)?;
    reply::again(&page)
}

#[derive(Deserialize)]
struct CodeField {
    code: String,
}

async fn confirm(person: Person, web: web::Data<Web>, form: Form<CodeField>) -> Result<HttpResponse, Problem> {
    let (env, id) = (&web.app.admin, &person.account.id);
    let (actor, session) = (person.actor(), Some(&person.session.id));
    match second_factor::confirm_totp(env, &actor, id, form.0.code.trim(), session).await {
        Ok(codes) => {
            let mut page = FactorPage::new(&person, None)?;
            page.is_on = true;
            page.codes = codes.iter().map(|code| code.expose().to_owned()).collect();
            reply::page(&page)
        }
        Err(error) => {
            let pending = second_factor::pending_totp(env, id).await.map_err(account_problem)?;
            if let AccountError::Wait { retry_after_s } = error {
                let mut page = FactorPage::new(&person, pending)?;
                page.faults.add("code", person.t.sign_in_wait(retry_after_s));
                return reply::again(&page);
            }
            refused(&person, error, pending)
        }
    }
}

async fn take_away(person: Person, web: web::Data<Web>, form: Form<PasswordField>) -> Result<HttpResponse, Problem> {
    let proof = Proof::Own { password: Secret::new(form.0.present), session: Some(person.session.id.clone()) };
    match second_factor::reset_totp(&web.app.admin, &person.actor(), &person.account.id, proof).await {
        Ok(_) => Ok(reply::go(&person, "/account", Some(Flash::warning(person.t.factor_taken_away())))),
        Err(error) => refused(&person, error, None),
    }
}
