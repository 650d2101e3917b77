//! The one form of an error answer: `application/problem+json` (RFC 9457) with a stable code.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use utoipa::ToSchema;

/// One fault of a request, with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProblemFault)]
pub struct Fault {
    /// Where: `employees[3].mobile`, `query.limit`, `row 7, mobile` …
    pub at: String,
    /// What is wrong there.
    pub message: String,
}

/// The body of every error answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `urn:wecom-bridge:problem:<code>`
    pub r#type: String,
    /// The status in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code, e.g. `sync.running`; programs decide by it.
    pub code: String,
    /// What happened and what to do, one or two sentences for people.
    pub detail: String,
    /// Names this request in the log.
    pub request_id: String,
    /// Every fault found, where there are several or where the place matters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// Further facts, by name (`run`, `partner` …).
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    #[schema(value_type = Object)]
    pub context: serde_json::Map<String, serde_json::Value>,
}

/// An error on its way out. The cause is logged once at the boundary and never answered.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    faults: Vec<Fault>,
    context: serde_json::Map<String, serde_json::Value>,
    header: Option<(actix_web::http::header::HeaderName, HeaderValue)>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Problem {
    /// A problem with a status, a stable code and a sentence for people.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            status,
            code: code.into(),
            detail: detail.into(),
            faults: Vec::new(),
            context: serde_json::Map::new(),
            header: None,
            cause: None,
        }))
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404: there is no such thing.
    pub fn not_found(kind: &'static str, id: impl fmt::Display) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("{kind}.not_found"),
            format!("There is no {kind} {:?}.", id.to_string()),
        )
    }

    /// 409: the present state does not allow it.
    pub fn conflict(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 422: understood, but the values are not acceptable.
    pub fn invalid(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 500 with the cause for the log only.
    pub fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server failed to do this. The log has the cause under the request id.",
        )
        .caused_by(cause)
    }

    /// 401 with the challenge that RFC 6750 asks for.
    pub fn unauthorized(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"wecom-bridge\""))
    }

    /// Adds the error that led here; for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Box::new(cause));
        self
    }

    /// Adds faults.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.0.faults.extend(faults);
        self
    }

    /// Adds one fault at a place.
    #[must_use]
    pub fn at(self, at: impl Into<String>, message: impl Into<String>) -> Self {
        self.with_faults([Fault { at: at.into(), message: message.into() }])
    }

    /// Adds a fact by name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.0.context.insert(name.to_owned(), value.into());
        self
    }

    /// Says after how many seconds a repetition makes sense.
    #[must_use]
    pub fn retry_after_s(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds a header; a second call replaces the first.
    #[must_use]
    pub fn with_header(mut self, name: actix_web::http::header::HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The sentence for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Every fault with its place.
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }

    /// A fact by name.
    pub fn fact(&self, name: &str) -> Option<&serde_json::Value> {
        self.0.context.get(name)
    }

    /// A header that goes with the answer.
    pub fn header(&self) -> Option<&(actix_web::http::header::HeaderName, HeaderValue)> {
        self.0.header.as_ref()
    }

    /// The causes, outermost first, in one line for the log; `None` where there is none.
    pub fn chain(&self) -> Option<String> {
        let mut error: Option<&dyn std::error::Error> = Some(self.0.cause.as_deref()?);
        let mut chain = String::new();
        while let Some(cause) = error {
            if !chain.is_empty() {
                chain.push_str(": ");
            }
            chain.push_str(&cause.to_string());
            error = cause.source();
        }
        Some(chain)
    }

    /// The same answer once more, with the chain of causes in one line.
    pub(super) fn again(&self) -> Self {
        let inner = &self.0;
        let cause = self.chain().map(|chain| Box::new(std::io::Error::other(chain)) as _);
        Self(Box::new(Inner {
            status: inner.status,
            code: inner.code.clone(),
            detail: inner.detail.clone(),
            faults: inner.faults.clone(),
            context: inner.context.clone(),
            header: inner.header.clone(),
            cause,
        }))
    }

    /// The answer, with the request's id in it.
    pub fn answer(&self, request_id: &str) -> HttpResponse<BoxBody> {
        let inner = &self.0;
        let document = ProblemDocument {
            r#type: format!("urn:wecom-bridge:problem:{}", inner.code),
            title: inner.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: inner.status.as_u16(),
            code: inner.code.clone().into_owned(),
            detail: inner.detail.clone(),
            request_id: request_id.to_owned(),
            faults: inner.faults.clone(),
            context: inner.context.clone(),
        };
        let mut answer = HttpResponse::build(inner.status);
        answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        if let Some((name, value)) = &inner.header {
            answer.insert_header((name.clone(), value.clone()));
        }
        answer.body(serde_json::to_vec(&document).unwrap_or_default())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)
    }
}

impl std::error::Error for Problem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    /// The boundary answers again with the request's id.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.answer("")
    }
}

/// 405 with the methods that the path does know.
pub fn method_not_allowed(allowed: &str) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "request.method",
        format!("This path does not know that method; it knows {allowed}."),
    )
    .with_header(ALLOW, HeaderValue::from_str(allowed).unwrap_or(HeaderValue::from_static("")))
}
