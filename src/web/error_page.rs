//! Problems as pages: what happened, why, what to do, the request's id; never internals.

use super::frame::Frame;
use super::visit::{Person, Visit};
use super::{guard, reply};
use crate::http::Problem;
use crate::locale;
use crate::wecom::errcode;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use std::rc::Rc;

/// First parts of paths that machines ask for; their errors stay `application/problem+json`.
const MACHINES: [&str; 9] = ["api", "scim", "cb", "oidc", "cas", "sso", "healthz", "readyz", "metrics"];

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    f: Frame,
    problem: &'a Problem,
    advice: locale::Advice,
    errcode: Option<ErrcodeView>,
    request_id: &'a str,
    back: String,
}

impl ErrorPage<'_> {
    /// Whether the request was no request of our pages: what a parser says of it helps nobody.
    fn is_malformed(&self) -> bool {
        self.problem.code().starts_with("request.") && self.problem.status() == StatusCode::BAD_REQUEST
    }
}

struct ErrcodeView {
    code: i64,
    meaning: &'static str,
    cause: &'static str,
    fix: &'static str,
}

/// Answers a problem as a page where a browser asked for one. For [`crate::http::start`].
pub fn error_page(request: &HttpRequest, problem: &Problem, request_id: &str) -> Option<HttpResponse> {
    let visit = request.extensions().get::<Rc<Visit>>().cloned();
    let visit = visit.unwrap_or_else(|| Rc::new(guard::of(request)));
    let first = visit.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if MACHINES.contains(&first) || !accepts.contains("text/html") {
        return None;
    }
    let advice = locale::advice(visit.lang(), problem.code(), problem.status().as_u16());
    let person = request.extensions().get::<Person>().cloned();
    let f = match person {
        Some(person) => person.frame(advice.title),
        None => Frame::new(&visit, None, advice.title.to_owned()),
    };
    let errcode = problem.fact("errcode").and_then(serde_json::Value::as_i64).and_then(errcode::explain);
    let errcode = errcode.map(|known| ErrcodeView {
        code: known.code,
        meaning: visit.lang().pick(known.meaning.zh, known.meaning.en),
        cause: visit.lang().pick(known.cause.zh, known.cause.en),
        fix: visit.lang().pick(known.fix.zh, known.fix.en),
    });
    let page = ErrorPage { f, problem, advice, errcode, request_id, back: back(request, &visit) };
    let mut answer = reply::page_with(problem.status(), &page).ok()?;
    if let Some((name, value)) = problem.header() {
        answer.headers_mut().insert(name.clone(), value.clone());
    }
    Some(answer)
}

/// The page before, when it is one of ours; otherwise the overview.
fn back(request: &HttpRequest, visit: &Visit) -> String {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let referer = request.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    let own = referer.and_then(|text| text.split_once("://")).and_then(|(_, rest)| rest.strip_prefix(host));
    match own {
        Some(path) if path.starts_with('/') && !path.starts_with("//") => path.to_owned(),
        _ => visit.url("/"),
    }
}
