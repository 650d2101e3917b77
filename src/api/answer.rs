//! The forms that answers take.

use crate::model::StoredAnswer;
use crate::setup::service::Saved;
use crate::store;
use actix_web::body::{BoxBody, SizedStream};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use std::borrow::Cow;
use std::pin::Pin;
use tokio::io::AsyncReadExt;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A JSON answer with its status in the type.
#[derive(Debug)]
pub enum Reply<T, const STATUS: u16> {
    /// Given now.
    Fresh(Fresh<T>),
    /// The first answer to the same idempotency key, given again.
    Again(StoredAnswer),
}

/// An answer given now.
#[derive(Debug)]
pub struct Fresh<T> {
    pub(super) value: T,
    pub(super) location: Option<String>,
    /// What is kept for a repetition in place of `value`, where that holds a secret.
    pub(super) kept: Option<serde_json::Value>,
}

/// 200
pub type Ok<T> = Reply<T, 200>;
/// 201
pub type Created<T> = Reply<T, 201>;
/// 202
pub type Accepted<T> = Reply<T, 202>;

impl<T, const STATUS: u16> Reply<T, STATUS> {
    /// An answer with this value.
    pub fn new(value: T) -> Self {
        Self::Fresh(Fresh { value, location: None, kept: None })
    }

    /// An answer that says where the thing is found, without the base path.
    pub fn at(value: T, location: String) -> Self {
        Self::Fresh(Fresh { value, location: Some(location), kept: None })
    }

    /// What a repetition with the same idempotency key gets instead of the value.
    #[must_use]
    pub fn keeping(self, kept: serde_json::Value) -> Self {
        match self {
            Self::Fresh(fresh) => Self::Fresh(Fresh { kept: Some(kept), ..fresh }),
            again => again,
        }
    }
}

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

impl<T: Serialize, const STATUS: u16> Responder for Reply<T, STATUS> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let (status, location, body, is_again) = match self {
            Self::Fresh(fresh) => (STATUS, fresh.location, serde_json::to_vec(&fresh.value), false),
            Self::Again(stored) => (stored.status, stored.location, serde_json::to_vec(&stored.body), true),
        };
        let body = match body {
            Result::Ok(body) => body,
            Err(cause) => return HttpResponse::from_error(crate::http::Problem::internal(cause)),
        };
        let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
        answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        if let Some(location) = location {
            let base = request
                .app_data::<actix_web::web::Data<crate::http::Settings>>()
                .map_or("", |settings| settings.base_path.as_str());
            if let Result::Ok(value) = HeaderValue::from_str(&format!("{base}{location}")) {
                answer.insert_header((LOCATION, value));
            }
        }
        if is_again {
            answer.insert_header((REPLAYED, HeaderValue::from_static("true")));
        }
        answer.body(body)
    }
}

/// The answer to a PUT: 201 when something new came of it, otherwise 200.
#[derive(Debug)]
pub struct Put<T> {
    value: T,
    is_new: bool,
}

impl<T> Put<T> {
    /// The thing as it is now, and what became of it.
    pub fn new(value: T, saved: Saved) -> Self {
        Self { value, is_new: saved == Saved::Created }
    }
}

impl<T: Serialize> Responder for Put<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if self.is_new { Created::new(self.value).respond_to(request) } else { Ok::new(self.value).respond_to(request) }
    }
}

/// 204
#[derive(Debug, Clone, Copy)]
pub struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

/// A file to keep.
pub struct Download {
    content_type: &'static str,
    /// ASCII.
    name: String,
    content: Content,
}

enum Content {
    Bytes(Bytes),
    File { file: tokio::fs::File, size: u64 },
}

/// Bytes of a file that are read at once.
const CHUNK_BYTES: usize = 64 * 1024;

impl Download {
    /// A file in memory; its name is ASCII.
    pub fn bytes(content_type: &'static str, name: String, bytes: Bytes) -> Self {
        Self { content_type, name, content: Content::Bytes(bytes) }
    }

    /// An open file, sent as it is read; its name is ASCII.
    pub async fn file(content_type: &'static str, name: String, file: tokio::fs::File) -> std::io::Result<Self> {
        let size = file.metadata().await?.len();
        Result::Ok(Self { content_type, name, content: Content::File { file, size } })
    }
}

impl Responder for Download {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((CONTENT_TYPE, HeaderValue::from_static(self.content_type)))
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", self.name)));
        match self.content {
            Content::Bytes(bytes) => answer.body(bytes),
            Content::File { file, size } => answer.body(SizedStream::new(size, chunks(file).boxed_local())),
        }
    }
}

fn chunks(file: tokio::fs::File) -> impl Stream<Item = std::io::Result<Bytes>> {
    futures_util::stream::try_unfold(file, |mut file| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
        let read = file.read_buf(&mut chunk).await?;
        Result::Ok((read > 0).then(|| (chunk.freeze(), file)))
    })
}

/// A stream of server-sent events, each chunk already in its wire form.
pub struct Events(
    /// The chunks.
    pub Pin<Box<dyn Stream<Item = Result<Bytes, std::convert::Infallible>>>>,
);

impl Responder for Events {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer
            .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/event-stream")))
            .insert_header((HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")));
        // the dispatcher would read the stream to its end, and throw it away
        if request.method() == Method::HEAD { answer.finish() } else { answer.streaming(self.0) }
    }
}

/// One page of a list.
#[derive(Debug, Clone, Serialize)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// Give it as `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A list that is always whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

impl<T> Page<T> {
    /// The first rows of what is left, and where the next page begins.
    pub fn first(rest: impl Iterator<Item = T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let mut rest = rest.peekable();
        let items: Vec<T> = rest.by_ref().take(limit).collect();
        let next = rest.peek().and(items.last()).map(cursor);
        Self { items, next }
    }
}

impl<T> From<store::Page<T>> for Page<T> {
    fn from(page: store::Page<T>) -> Self {
        Self { items: page.rows, next: page.next }
    }
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let next = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Give it as `after` to get the next page; absent on the last one."));
        ObjectBuilder::new().property("items", items).required("items").property("next", next).build().into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("PageOf{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
        schemas.push((T::name().into_owned(), T::schema()));
    }
}
