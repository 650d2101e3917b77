//! The contacts secret: set, never shown (AUTH-09).

use crate::http::Problem;
use crate::http::errors::setup_problem;
use crate::http::permission::CorpWrite;
use crate::model::{CorpKey, Secret, SecretName};
use crate::setup::{SetupError, service};
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.post("/corps/{corp}/contacts-secret", save);
}

#[derive(Deserialize)]
struct Fields {
    secret: String,
}

async fn save(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let secret = Secret::new(form.0.secret.trim());
    let done = service::put_secret(&web.app.store, &who.actor(), &key, SecretName::Contacts, secret).await;
    let flash = match done {
        Ok(_) => {
            // tokens of the former secret must not be used any more
            web.app.clients.forget(&key);
            Flash::good(who.t.secret_saved())
        }
        Err(SetupError::Faults(_)) => Flash::bad(who.t.secret_fault()),
        Err(error) => return Err(setup_problem(error)),
    };
    Ok(reply::go(&who, &format!("/corps/{key}"), Some(flash)))
}
