//! Bodies and queries: bounded, strict, and refused with the place of the fault.

use super::problem::Problem;
use super::server::Settings;
use crate::tasks;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Bound of an ordinary JSON body; bulk bodies have the configured one.
pub const ORDINARY_MAX_BYTES: usize = 1 << 20;

/// Larger bodies are taken apart on a thread that may block: a worker that parses for a second answers nobody else.
const PARSED_ASIDE_BYTES: usize = 256 << 10;

/// A JSON body of at most 1 MiB. Unknown fields, wrong types and trailing text are refused with their place.
#[derive(Debug)]
pub struct Body<T> {
    /// The value.
    pub value: T,
    /// SHA-256 of the bytes as they came, for idempotency.
    pub digest: [u8; 32],
}

/// A JSON body of at most `limits.body_max_mib`; otherwise as [`Body`].
#[derive(Debug)]
pub struct Bulk<T>(
    /// The body.
    pub Body<T>,
);

impl<T: DeserializeOwned + Send + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read_json(request, payload, ORDINARY_MAX_BYTES)
    }
}

impl<T: DeserializeOwned + Send + 'static> FromRequest for Bulk<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let max_bytes = body_max_bytes(request);
        let body = read_json(request, payload, max_bytes);
        Box::pin(async move { body.await.map(Self) })
    }
}

/// The configured bound of a body.
pub fn body_max_bytes(request: &HttpRequest) -> usize {
    request.app_data::<web::Data<Settings>>().map_or(ORDINARY_MAX_BYTES, |settings| settings.body_max_bytes)
}

fn read_json<T: DeserializeOwned + Send + 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
    max_bytes: usize,
) -> LocalBoxFuture<'static, Result<Body<T>, Problem>> {
    let content_type = request.content_type().to_ascii_lowercase();
    let announced = announced_length(request);
    let payload = payload.take();
    Box::pin(async move {
        if content_type != "application/json" {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "request.media_type",
                "The body must be JSON: send Content-Type: application/json.",
            ));
        }
        let bytes = read_limited(payload, announced, max_bytes).await?;
        let length = bytes.len();
        let read = move || Ok(Body { value: parse_strict(&bytes)?, digest: Sha256::digest(&bytes).into() });
        aside(length, read).await
    })
}

/// Does work on so many bytes: aside where there are many of them, else at once.
async fn aside<R: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> Result<R, Problem> + Send + 'static,
) -> Result<R, Problem> {
    if bytes <= PARSED_ASIDE_BYTES {
        return work();
    }
    tasks::aside(work).await.map_err(|message| Problem::internal(std::io::Error::other(message)))?
}

fn announced_length(request: &HttpRequest) -> Option<u64> {
    request.headers().get("content-length")?.to_str().ok()?.parse().ok()
}

/// Reads a payload of at most `max_bytes`; 413 beyond.
pub async fn read_limited(mut payload: Payload, announced: Option<u64>, max_bytes: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request.too_large",
            format!("The body may have at most {max_bytes} bytes."),
        )
    };
    if announced.is_some_and(|length| length > max_bytes as u64) {
        return Err(too_large());
    }
    // most bodies are one chunk, which need not be copied
    let mut first = Bytes::new();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk =
            chunk.map_err(|cause| Problem::bad_request("request.body", format!("The body broke off: {cause}.")))?;
        if first.len().max(bytes.len()) + chunk.len() > max_bytes {
            return Err(too_large());
        }
        if bytes.is_empty() && first.is_empty() {
            first = chunk;
            continue;
        }
        if bytes.is_empty() {
            bytes.extend_from_slice(&first);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(if bytes.is_empty() { first } else { bytes.freeze() })
}

/// Parses JSON and refuses what the type does not know, each fault with its place.
pub fn parse_strict<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut track = serde_path_to_error::Track::new();
    let mut unknown = Vec::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let parsed: Result<T, serde_json::Error> =
        serde_ignored::deserialize(tracked, |path| unknown.push(place(&path.to_string())));
    let value = parsed.map_err(|cause| {
        let message = cause.to_string();
        if cause.is_data() {
            Problem::bad_request("request.json", "A value in the body is not acceptable.")
                .at(place(&track.path().to_string()), message)
        } else {
            Problem::bad_request("request.json", format!("The body is not valid JSON: {message}."))
        }
    })?;
    json.end().map_err(|cause| {
        Problem::bad_request("request.json", format!("There is more text after the JSON value: {cause}."))
    })?;
    if !unknown.is_empty() {
        return Err(Problem::bad_request("request.unknown_field", "The body has fields that are not known here.")
            .with_faults(unknown.into_iter().map(|at| super::Fault { at, message: "unknown field".into() })));
    }
    Ok(value)
}

/// `employees.3.mobile` and `employees[3].mobile` alike become `employees[3].mobile`; the document itself is `body`.
fn place(path: &str) -> String {
    if path.is_empty() || path == "." {
        return "body".into();
    }
    let mut place = String::new();
    for part in path.split('.').filter(|part| !part.is_empty() && *part != "?") {
        if part.bytes().all(|b| b.is_ascii_digit()) {
            place.push_str(&format!("[{part}]"));
        } else {
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(part);
        }
    }
    place
}

/// Query parameters; unknown and malformed ones are refused.
///
/// For programs, `T` must refuse unknown fields (`#[serde(deny_unknown_fields)]`); to the address of a page others add their own.
#[derive(Debug)]
pub struct Query<T>(
    /// The value.
    pub T,
);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(web::Query::<T>::from_query(request.query_string()).map(|query| Self(query.into_inner())).map_err(
            |cause| {
                Problem::bad_request("request.query", "The query is not acceptable.").at("query", cause.to_string())
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Employee;

    #[derive(Debug, serde::Deserialize)]
    struct People {
        #[expect(dead_code, reason = "only parsed")]
        employees: Vec<Employee>,
    }

    /// On which thread it was parsed.
    struct Where(std::thread::ThreadId);

    impl<'de> serde::Deserialize<'de> for Where {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            String::deserialize(deserializer)?;
            Ok(Self(std::thread::current().id()))
        }
    }

    /// A request with a text of so many bytes, and on which thread it was parsed.
    async fn parsed_on(bytes: usize) -> Result<std::thread::ThreadId, Problem> {
        let mut settings = Settings::of(&crate::config::Config::from_toml("").unwrap());
        settings.body_max_bytes = 4 << 20;
        let (request, mut payload) = actix_web::test::TestRequest::post()
            .insert_header(("content-type", "application/json"))
            .app_data(web::Data::new(settings))
            .set_payload(format!("{:?}", "x".repeat(bytes)))
            .to_http_parts();
        Ok(Bulk::<Where>::from_request(&request, &mut payload).await?.0.value.0)
    }

    #[actix_web::test]
    async fn a_large_body_is_not_parsed_on_the_worker() {
        let worker = std::thread::current().id();
        assert_eq!(parsed_on(1_000).await.unwrap(), worker, "a small one is not worth the way");
        assert_ne!(parsed_on(1 << 20).await.unwrap(), worker);
        assert_ne!(parsed_on(3 << 20).await.unwrap(), worker);
        assert_eq!(parsed_on(5 << 20).await.unwrap_err().code(), "request.too_large");
    }

    #[test]
    fn faults_name_their_place() {
        for (body, code, at) in [
            (
                r#"{"employees":[{"id":"1","name":"a","unit_id":"u"},{"id":"2","name":7,"unit_id":"u"}]}"#,
                "request.json",
                "employees[1].name",
            ),
            (
                r#"{"employees":[{"id":"1","name":"a","unit_id":"u","nick":"x"}]}"#,
                "request.unknown_field",
                "employees[0].nick",
            ),
            (r#"{"employees":[],"mode":"x"}"#, "request.unknown_field", "mode"),
            (r#"[]"#, "request.json", "body"),
        ] {
            let problem = parse_strict::<People>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code(), code, "{body}");
            let text = format!("{problem:?}");
            assert!(text.contains(&format!("at: {at:?}")), "{body}: {text}");
        }
        assert!(parse_strict::<People>(br#"{"employees":[]}"#).is_ok());
        for body in ["", "{", r#"{"employees":[]} x"#] {
            assert_eq!(parse_strict::<People>(body.as_bytes()).unwrap_err().code(), "request.json", "{body}");
        }
    }
}
