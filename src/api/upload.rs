//! One uploaded file: the part `file` of a `multipart/form-data` body, bounded like every other body.

use crate::http::Problem;
use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use sha2::{Digest, Sha256};

/// What the headers and boundaries around the file take at most.
const AROUND_BYTES: usize = 64 << 10;

/// A file as it came.
#[derive(Debug)]
pub struct Upload {
    /// The name that the client gave it, without folders; `upload` where it gave none.
    pub name: String,
    /// Its content.
    pub content: Bytes,
    /// SHA-256 of name and content, for idempotency (the boundaries of a repeated upload may differ).
    pub digest: [u8; 32],
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if request.content_type() != "multipart/form-data" {
            return std::future::ready(Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "request.media_type",
                "Send the file as the part `file` of a multipart/form-data body.",
            )))
            .boxed_local();
        }
        let max_bytes =
            request.app_data::<web::Data<crate::http::Settings>>().map_or(1 << 20, |settings| settings.body_max_bytes);
        let announced: Option<usize> =
            request.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes| bytes > max_bytes + AROUND_BYTES) {
            return std::future::ready(Err(too_large(max_bytes))).boxed_local();
        }
        let multipart = Multipart::new(request.headers(), payload.take());
        read(multipart, max_bytes).boxed_local()
    }
}

async fn read(mut multipart: Multipart, max_bytes: usize) -> Result<Upload, Problem> {
    let mut found: Option<Upload> = None;
    while let Some(field) = multipart.next().await {
        let mut field = field.map_err(|cause| broken(&cause))?;
        match field.name() {
            Some("file") if found.is_none() => {}
            Some("file") => return Err(bad("There may be only one part named `file`.")),
            other => {
                let name = other.unwrap_or_default().to_owned();
                return Err(
                    bad("There is a part that is not known here; options go into the query.").at(name, "unknown part")
                );
            }
        }
        let name = field.content_disposition().and_then(|disposition| disposition.get_filename()).map(plain_name);
        let name = name.unwrap_or_else(|| "upload".into());
        // hashed as it comes: the whole at once would hold the worker up
        let mut digest = Sha256::new().chain_update(&name).chain_update([0]);
        let mut content = BytesMut::new();
        while let Some(chunk) = field.next().await {
            let chunk = chunk.map_err(|cause| broken(&cause))?;
            if content.len() + chunk.len() > max_bytes {
                return Err(too_large(max_bytes));
            }
            digest.update(&chunk);
            content.extend_from_slice(&chunk);
        }
        found = Some(Upload { name, content: content.freeze(), digest: digest.finalize().into() });
    }
    found.ok_or_else(|| bad("There is no part named `file`."))
}

fn too_large(max_bytes: usize) -> Problem {
    let detail = format!("The file may have at most {max_bytes} bytes.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", detail)
}

fn bad(detail: &str) -> Problem {
    Problem::bad_request("request.multipart", detail)
}

fn broken(cause: &actix_multipart::MultipartError) -> Problem {
    Problem::bad_request("request.multipart", format!("The multipart body cannot be read: {cause}."))
}

/// The last part of a path of either kind of system.
fn plain_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    if name.is_empty() { "upload".into() } else { name }
}
