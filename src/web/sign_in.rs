//! The door: name, password, code; and the way out.

use super::flash::Flash;
use super::form::{Form, Nothing};
use super::frame::Frame;
use super::routes::Routes;
use super::state::Web;
use super::visit::{Person, Visit, Visitor};
use super::{cookies, reply};
use crate::admin::sessions;
use crate::admin::sign_in::{self, Attempt, Refused};
use crate::http::errors::store_problem;
use crate::http::{Problem, Query};
use crate::model::Secret;
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/sign-in", show).post("/sign-in", enter).post("/sign-out", leave);
}

#[derive(Debug, Default, Deserialize)]
struct Way {
    /// Where to go after signing in.
    next: Option<String>,
}

#[derive(Deserialize)]
struct Fields {
    name: String,
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    f: Frame,
    name: String,
    next: String,
    fault: String,
    asks_code: bool,
}

async fn show(visitor: Visitor, web: web::Data<Web>, way: Query<Way>) -> Result<HttpResponse, Problem> {
    if crate::admin::first_start::is_open(&web.app.admin).await.map_err(store_problem)? {
        return Ok(reply::see_other(&visitor.url("/setup")));
    }
    let next = own_path(way.0.next.as_deref());
    let f = visitor.frame(visitor.t.sign_in_title());
    reply::page(&SignInPage { f, name: String::new(), next, fault: String::new(), asks_code: false })
}

async fn enter(
    visitor: Visitor,
    web: web::Data<Web>,
    request: HttpRequest,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let Fields { name, password, code, next } = form.0;
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let attempt = Attempt {
        name: name.trim().to_owned(),
        password: Secret::new(password),
        code: Some(code).filter(|code| !code.trim().is_empty()),
        visitor: sessions::Visitor { from: visitor.from, user_agent },
    };
    let asked = attempt.code.is_some();
    match sign_in::sign_in(&web.app.admin, attempt).await {
        Ok(opened) => Ok(welcome(&visitor, &opened, &own_path(Some(&next)))),
        Err(refused) => {
            let t = visitor.t;
            let (status, fault) = match &refused {
                Refused::Wrong | Refused::Disabled => (StatusCode::UNAUTHORIZED, t.sign_in_wrong().to_owned()),
                Refused::NeedsCode => (StatusCode::UNAUTHORIZED, t.sign_in_needs_code().to_owned()),
                Refused::WrongCode => (StatusCode::UNAUTHORIZED, t.sign_in_wrong_code().to_owned()),
                Refused::Wait { retry_after_s } => (StatusCode::TOO_MANY_REQUESTS, t.sign_in_wait(retry_after_s)),
                Refused::Failed(_) | Refused::Hash(_) => return Err(Problem::internal(refused)),
            };
            let asks_code = asked || matches!(refused, Refused::NeedsCode | Refused::WrongCode);
            let f = visitor.frame(t.sign_in_title());
            let page = SignInPage { f, name, next: own_path(Some(&next)), fault, asks_code };
            let mut answer = reply::page_with(status, &page)?;
            if let Refused::Wait { retry_after_s } = refused {
                answer.headers_mut().insert(actix_web::http::header::RETRY_AFTER, retry_after_s.into());
            }
            Ok(answer)
        }
    }
}

/// Gives the browser its session and shows the way.
pub(super) fn welcome(visit: &Visit, opened: &sessions::Opened, next: &str) -> HttpResponse {
    let mut answer = reply::see_other(&visit.url(next));
    // a header that cannot be written shows the sign-in page once more
    let _ = answer.add_cookie(&cookies::make(visit, cookies::SESSION, opened.token.expose(), None));
    let _ = answer.add_cookie(&cookies::make(visit, cookies::VISITOR, "", Some(0)));
    answer
}

async fn leave(
    person: Person,
    web: web::Data<Web>,
    request: HttpRequest,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    if let Some(token) = cookies::read(&request, cookies::SESSION, person.is_secure) {
        sessions::close(&web.app.admin, &token).await.map_err(store_problem)?;
    }
    let mut answer = reply::go(&person, "/sign-in", Some(Flash::good(person.t.sign_in_left())));
    let _ = answer.add_cookie(&cookies::make(&person, cookies::SESSION, "", Some(0)));
    Ok(answer)
}

/// A path of ours, or the overview: never another site.
fn own_path(next: Option<&str>) -> String {
    let fine = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains('\\')
            && !path.chars().any(char::is_control)
            && !path.starts_with("/sign-")
    };
    next.filter(fine).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (next, expected) in [
            (None, "/"),
            (Some("/corps/a?x=1"), "/corps/a?x=1"),
            (Some("//evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("/a\r\nSet-Cookie: x"), "/"),
            (Some("/sign-out"), "/"),
            (Some(""), "/"),
        ] {
            assert_eq!(own_path(next), expected, "{next:?}");
        }
    }
}
