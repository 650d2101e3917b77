//! The boundary around every request: its id, security headers, the access log without query strings, and the one
//! place where errors become answers and their causes go to the log.

use super::client_address;
use super::problem::Problem;
use super::server::Settings;
use crate::clock::Stopwatch;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use std::future::{Ready, ready};
use std::net::IpAddr;

/// Names a request in answers and logs.
#[derive(Debug, Clone)]
pub struct RequestId(
    /// A UUID, or what a trusted proxy sent in `X-Request-Id`.
    pub String,
);

impl FromRequest for RequestId {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self(String::new()))))
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps the whole application.
pub(super) async fn boundary<B: MessageBody + 'static>(
    settings: web::Data<Settings>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let watch = Stopwatch::start();
    let _under_way = settings.under_way.token();
    let id = request_id(request.request(), &settings);
    request.extensions_mut().insert(RequestId(id.clone()));
    // No clone of the request may live while it is routed.
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let client = client_address::of(request.request(), &settings.trusted_proxies);
    let response = match next.call(request).await {
        Ok(response) => {
            let mut response = as_problem(response.map_into_boxed_body(), &id, &settings);
            add_headers(response.headers_mut(), &id, settings.is_tls);
            Ok(response)
        }
        Err(error) => {
            let problem = problem_of(&error);
            log_cause(&problem, &id);
            let mut answer = problem.answer(&id);
            add_headers(answer.headers_mut(), &id, settings.is_tls);
            Err(InternalError::from_response(problem, answer).into())
        }
    };
    let status = match &response {
        Ok(response) => response.status(),
        Err(error) => Error::as_response_error(error).status_code(),
    };
    let line = Access { method: &method, path: &path, status, client, id: &id, elapsed_ms: watch.elapsed_ms() };
    line.write();
    response
}

/// One line of the access log.
struct Access<'a> {
    method: &'a Method,
    path: &'a str,
    status: StatusCode,
    client: Option<IpAddr>,
    id: &'a str,
    elapsed_ms: u64,
}

/// Asked every few seconds by supervisors; their lines are for debugging only.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

impl Access<'_> {
    fn write(&self) {
        let Self { method, path, elapsed_ms, id, .. } = self;
        let (status, client) = (self.status.as_u16(), self.client.as_ref().map(tracing::field::display));
        if PROBES.iter().any(|probe| path.ends_with(probe)) {
            tracing::debug!(target: "wecom_bridge::access", client, elapsed_ms, request.id = id, "{method} {path} {status}");
        } else {
            tracing::info!(target: "wecom_bridge::access", client, elapsed_ms, request.id = id, "{method} {path} {status}");
        }
    }
}

/// A proxy's own id is kept when the proxy is trusted and the id is harmless.
fn request_id(request: &HttpRequest, settings: &Settings) -> String {
    let from_proxy =
        request.peer_addr().is_some_and(|peer| settings.trusted_proxies.iter().any(|block| block.contains(peer.ip())));
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|text| {
        (8..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    });
    match given {
        Some(text) if from_proxy => text.to_owned(),
        // a name and no secret: the system need not be asked for chance each time
        _ => uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string(),
    }
}

/// Puts the request's id into a problem, and turns every other error answer into one.
fn as_problem(response: ServiceResponse<BoxBody>, id: &str, settings: &Settings) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = match response.response().error() {
        Some(error) => {
            let problem = problem_of(error);
            log_cause(&problem, id);
            problem
        }
        None if has_own_body(response.headers()) => return response,
        None => plain(status),
    };
    let page = settings.error_page.and_then(|page| page(response.request(), &problem, id));
    let answer = page.unwrap_or_else(|| problem.answer(id));
    ServiceResponse::new(response.request().clone(), answer)
}

fn has_own_body(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| !value.as_bytes().starts_with(b"text/plain"))
}

fn problem_of(error: &Error) -> Problem {
    match error.as_error::<Problem>() {
        Some(problem) => problem.again(),
        None => {
            let status = error.as_response_error().status_code();
            let problem = plain(status);
            if status.is_server_error() { problem.caused_by(std::io::Error::other(error.to_string())) } else { problem }
        }
    }
}

/// A problem for a status that no handler explained.
fn plain(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::new(status, "request.not_found", "There is nothing at this path."),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "request.too_large", "The body is too large."),
        _ if status.is_client_error() => Problem::new(status, "request.invalid", "The request cannot be understood."),
        _ => Problem::new(
            status,
            "internal",
            "The server failed to do this. The log has the cause under the request id.",
        ),
    }
}

fn log_cause(problem: &Problem, id: &str) {
    let status = problem.status().as_u16();
    let chain = problem.chain();
    match (problem.status().is_server_error(), chain) {
        (true, chain) => tracing::error!(
            request.id = id,
            code = problem.code(),
            status,
            "request {id} failed: {}: {}",
            problem.code(),
            chain.unwrap_or_else(|| problem.detail().to_owned())
        ),
        (false, Some(chain)) => {
            tracing::info!(request.id = id, code = problem.code(), status, "request {id} was refused: {chain}");
        }
        (false, None) => {}
    }
}

fn add_headers(headers: &mut HeaderMap, id: &str, is_tls: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    default(header::CACHE_CONTROL, "no-store");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if is_tls {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
}
