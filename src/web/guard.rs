//! Stands before every page: finds out who asks, from where, in which language; turns away strangers, forged forms and
//! people without the right. Runs before anything of the request's body is read.

use super::state::Web;
use super::visit::{Person, Theme, Visit, no_right};
use super::{cookies, flash, here, nav, reply};
use crate::admin::{csrf, sessions, settings};
use crate::http::errors::store_problem;
use crate::http::{Problem, Settings, client_address};
use crate::locale::{Lang, T};
use crate::model::{ApiScope, CorpKey};
use crate::store::StoreError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::Cookie;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use std::net::IpAddr;
use std::rc::Rc;

/// Whom a route lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Everybody.
    Open,
    /// Who has signed in, and has the right where one is named.
    SignedIn(Option<ApiScope>),
}

impl Gate {
    /// The stricter of two. A handler names one right at most; of two, the second counts.
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (gate, Self::Open) | (gate @ Self::SignedIn(Some(_)), Self::SignedIn(None)) => gate,
            (_, gate) => gate,
        }
    }
}

/// How long a choice of language or colours is remembered.
const CHOICE_S: i64 = 365 * 24 * 3600;

pub(super) async fn guard<B: MessageBody + 'static>(
    gate: Gate,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut cookies = Vec::new();
    let outcome = admit(gate, request.request(), &mut cookies).await;
    let (visit, answer) = match outcome {
        Ok(Admitted::In { visit, person }) => {
            let visit = Rc::new(visit);
            request.extensions_mut().insert(visit.clone());
            if let Some(person) = person {
                request.extensions_mut().insert(person.of(visit.clone()));
            }
            (visit, next.call(request).await?.map_into_boxed_body())
        }
        Ok(Admitted::Elsewhere { visit, answer }) => (Rc::new(visit), request.into_response(answer)),
        Ok(Admitted::NoRight { visit, person, needed }) => {
            let visit = Rc::new(visit);
            request.extensions_mut().insert(visit.clone());
            request.extensions_mut().insert(person.of(visit.clone()));
            (visit, request.error_response(no_right(needed)))
        }
        Err((visit, problem)) => {
            let visit = Rc::new(visit);
            request.extensions_mut().insert(visit.clone());
            (visit, request.error_response(problem))
        }
    };
    Ok(with_cookies(answer, &visit, cookies))
}

/// What becomes of a request.
pub(super) enum Admitted {
    In { visit: Visit, person: Option<Box<Person>> },
    Elsewhere { visit: Visit, answer: HttpResponse },
    NoRight { visit: Visit, person: Box<Person>, needed: ApiScope },
}

/// Finds out who asks and whether the gate lets them in; leaves the cookies that the browser shall keep.
pub(super) async fn admit(
    gate: Gate,
    request: &HttpRequest,
    cookies: &mut Vec<Cookie<'static>>,
) -> Result<Admitted, (Visit, Problem)> {
    let mut visit = of(request);
    let is_form = request.method() == Method::POST;
    let Some(web) = request.app_data::<web::Data<Web>>() else {
        return Err((visit, Problem::internal(std::io::Error::other("no application"))));
    };
    if is_form {
        match is_from_here(request, web).await {
            Ok(true) => {}
            Ok(false) => return Err((visit, forged())),
            Err(error) => return Err((visit, store_problem(error))),
        }
    }
    if let Some(answer) = choose(request, &visit, cookies) {
        return Ok(Admitted::Elsewhere { visit, answer });
    }
    let env = &web.app.admin;
    if chosen_lang(request, visit.is_secure).is_none() {
        match settings::get(env).await {
            Ok(settings) => visit.t = T::new(Lang::find(&settings.language).unwrap_or_default()),
            Err(error) => return Err((visit, store_problem(error))),
        }
    }
    let Gate::SignedIn(needed) = gate else {
        let known = cookies::read(request, cookies::VISITOR, visit.is_secure).filter(|value| csrf::is_visitor(value));
        let value = known.unwrap_or_else(|| {
            let fresh = csrf::new_visitor().expose().to_owned();
            cookies.push(cookies::make(&visit, cookies::VISITOR, &fresh, None));
            fresh
        });
        visit.form_token = csrf::visitor_token(env, &value);
        return Ok(Admitted::In { visit, person: None });
    };
    let token = cookies::read(request, cookies::SESSION, visit.is_secure);
    let found = match &token {
        Some(token) => match sessions::find(env, token).await {
            Ok(found) => found,
            Err(error) => return Err((visit, store_problem(error))),
        },
        None => None,
    };
    let (Some((session, account)), Some(token)) = (found, token) else {
        if is_form {
            return Err((visit, expired()));
        }
        let answer = reply::see_other(&sign_in_url(&visit));
        return Ok(Admitted::Elsewhere { visit, answer });
    };
    if cookies::read(request, cookies::LANG, visit.is_secure).is_none()
        && let Some(lang) = account.language.as_deref().and_then(Lang::find)
    {
        visit.t = T::new(lang);
    }
    visit.form_token = csrf::csrf_token(&token);
    match nav::places(&web.app.store).await {
        Ok(places) => visit.places = places,
        Err(error) => return Err((visit, store_problem(error))),
    }
    match nav::waiting(&web.app.store, web.app.clock.now_ms()).await {
        Ok(waiting) => visit.waiting = waiting,
        Err(error) => return Err((visit, store_problem(error))),
    }
    if account.must_change_password && !["/account", "/sign-out"].iter().any(|free| visit.path.starts_with(free)) {
        let answer = reply::see_other(&visit.url("/account/password"));
        return Ok(Admitted::Elsewhere { visit, answer });
    }
    if let Some(corp) = corp_of_path(request)
        && visit.places.iter().any(|place| place.corp.as_ref().is_some_and(|known| known.key == corp))
        && visit.corp.as_ref() != Some(&corp)
    {
        cookies.push(cookies::make(&visit, cookies::CORP, corp.as_str(), Some(CHOICE_S)));
        visit.corp = Some(corp);
    }
    // the visit is shared when it is complete; until then the person carries an empty one
    let person = Box::new(Person { visit: Rc::new(visit.clone()), account, session });
    match needed.filter(|needed| !person.may(*needed)) {
        Some(needed) => Ok(Admitted::NoRight { visit, person, needed }),
        None => Ok(Admitted::In { visit, person: Some(person) }),
    }
}

/// What a request says before anybody is asked.
pub(super) fn of(request: &HttpRequest) -> Visit {
    let settings = request.app_data::<web::Data<Settings>>();
    let base = settings.map(|settings| settings.base_path.clone()).unwrap_or_default();
    let is_secure = settings.is_some_and(|settings| settings.is_tls || is_https_at_proxy(request, settings));
    let lang = chosen_lang(request, is_secure).unwrap_or_default();
    let theme = cookies::read(request, cookies::THEME, is_secure).and_then(|code| Theme::find(&code));
    let path = request.path().strip_prefix(base.as_str()).unwrap_or(request.path()).to_owned();
    let mut visit = Visit {
        t: T::new(lang),
        theme: theme.unwrap_or_default(),
        path,
        base,
        query: request.query_string().to_owned(),
        here: String::new(),
        is_answer: request.method() == Method::POST,
        from: settings.and_then(|settings| client_address::of(request, &settings.trusted_proxies)),
        is_secure,
        form_token: String::new(),
        flash: flash::of(request, is_secure),
        corp: corp_of_cookie(request, is_secure),
        places: Vec::new(),
        waiting: 0,
    };
    let routes = request.app_data::<web::Data<Web>>().map_or(&[][..], |web| &web.routes);
    visit.here = here::of(request, &visit, routes);
    visit
}

/// The language that the browser asks for: what was chosen on a page, else what it prefers. `None` leaves it to the settings.
fn chosen_lang(request: &HttpRequest, is_secure: bool) -> Option<Lang> {
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let kept = cookies::read(request, cookies::LANG, is_secure).and_then(|code| Lang::find(&code));
    kept.or_else(|| accepted.and_then(Lang::negotiate))
}

fn is_behind_trusted(request: &HttpRequest, settings: &Settings) -> bool {
    let is_trusted = |ip: IpAddr| settings.trusted_proxies.iter().any(|block| block.contains(ip));
    request.peer_addr().is_some_and(|peer| is_trusted(peer.ip().to_canonical()))
}

fn is_https_at_proxy(request: &HttpRequest, settings: &Settings) -> bool {
    is_behind_trusted(request, settings)
        && request.headers().get("x-forwarded-proto").is_some_and(|value| value.as_bytes() == b"https")
}

fn corp_of_path(request: &HttpRequest) -> Option<CorpKey> {
    CorpKey::parse(request.match_info().get("corp")?).ok()
}

fn corp_of_cookie(request: &HttpRequest, is_secure: bool) -> Option<CorpKey> {
    cookies::read(request, cookies::CORP, is_secure).and_then(|key| CorpKey::parse(&key).ok())
}

/// Whether the browser says that the form stands on one of our own pages: at the host that it has asked, at the one that a trusted
/// proxy was asked for, or at the public address. A browser that says nothing is left to the form's token.
async fn is_from_here(request: &HttpRequest, web: &Web) -> Result<bool, StoreError> {
    let header = |name: &str| request.headers().get(name).map(HeaderValue::as_bytes);
    if let Some(site) = header("sec-fetch-site") {
        return Ok(site == b"same-origin");
    }
    let Some(origin) = header("origin") else { return Ok(true) };
    let Some((scheme, host)) = std::str::from_utf8(origin).ok().and_then(|origin| origin.split_once("://")) else {
        return Ok(false);
    };
    let is_host = |asked: &[u8]| host.as_bytes().eq_ignore_ascii_case(asked.trim_ascii());
    if header("host").is_some_and(is_host) {
        return Ok(true);
    }
    let settings = request.app_data::<web::Data<Settings>>();
    if settings.is_some_and(|settings| is_behind_trusted(request, settings))
        && header("x-forwarded-host").is_some_and(is_host)
    {
        return Ok(true);
    }
    let public = url::Url::parse(&web.app.public_url().await?).ok().map(|url| url.origin().ascii_serialization());
    Ok(public.is_some_and(|public| public.eq_ignore_ascii_case(&format!("{scheme}://{host}"))))
}

/// `?lang=` and `?theme=` are kept in a cookie and leave the address.
fn choose(request: &HttpRequest, visit: &Visit, cookies: &mut Vec<Cookie<'static>>) -> Option<HttpResponse> {
    if request.method() != Method::GET {
        return None;
    }
    let mut rest = url::form_urlencoded::Serializer::new(String::new());
    let before = cookies.len();
    for (name, value) in url::form_urlencoded::parse(visit.query.as_bytes()) {
        let kept = match name.as_ref() {
            "lang" => Lang::find(&value).map(|lang| (cookies::LANG, lang.code())),
            "theme" => Theme::find(&value).map(|theme| (cookies::THEME, theme.code())),
            _ => None,
        };
        match kept {
            Some((cookie, code)) => cookies.push(cookies::make(visit, cookie, code, Some(CHOICE_S))),
            None => drop(rest.append_pair(&name, &value)),
        }
    }
    if cookies.len() == before {
        return None;
    }
    let rest = rest.finish();
    let mark = if rest.is_empty() { "" } else { "?" };
    Some(reply::see_other(&format!("{}{mark}{rest}", visit.url(&visit.path))))
}

/// Where a stranger signs in and comes back from.
fn sign_in_url(visit: &Visit) -> String {
    let mark = if visit.query.is_empty() { "" } else { "?" };
    let back = format!("{}{mark}{}", visit.path, visit.query);
    if back == "/" {
        return visit.url("/sign-in");
    }
    let next: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    visit.url(&format!("/sign-in?next={next}"))
}

/// The answer to `?lang=` and `?theme=` at an address that no route guards.
pub(super) fn chosen(request: &HttpRequest) -> Option<HttpResponse> {
    let (visit, mut cookies) = (of(request), Vec::new());
    let mut answer = choose(request, &visit, &mut cookies)?;
    append(answer.headers_mut(), cookies);
    Some(answer)
}

fn append(headers: &mut HeaderMap, cookies: Vec<Cookie<'static>>) {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

/// Gives the browser what it shall keep, and takes the sentence that was shown.
fn with_cookies(
    mut answer: ServiceResponse<BoxBody>,
    visit: &Visit,
    mut cookies: Vec<Cookie<'static>>,
) -> ServiceResponse<BoxBody> {
    let is_page = answer.status() == StatusCode::OK
        && answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        cookies.extend(flash::shown(visit, reply::reloads(answer.response())));
    }
    append(answer.headers_mut(), cookies);
    answer
}

/// A form that another site sent, or one whose token is not good.
pub(super) fn forged() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "form.token",
        "This form is out of date or was not sent from a page of this server. Go back, load the page again and repeat.",
    )
}

fn expired() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "account.signed_out",
        "You have been signed out in the meantime; nothing was done. Sign in and repeat.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_gate_counts() {
        let right = Gate::SignedIn(Some(ApiScope::SyncRun));
        let person = Gate::SignedIn(None);
        for (a, b, expected) in [
            (Gate::Open, Gate::Open, Gate::Open),
            (Gate::Open, right, right),
            (right, Gate::Open, right),
            (right, person, right),
            (person, right, right),
            (person, Gate::Open, person),
        ] {
            assert_eq!(a.and(b), expected, "{a:?} {b:?}");
        }
    }
}
