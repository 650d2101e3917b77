//! A form with a file: `multipart/form-data`, bounded, its token in the first part.

use super::form::{self, TOKEN};
use super::visit::Visit;
use crate::http::{Problem, Settings};
use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A text field of such a form, bytes.
const TEXT_MAX_BYTES: usize = 64 << 10;
/// Parts of such a form, the file among them.
const PARTS_MAX: usize = 100;

/// A form with at most one file.
#[derive(Debug)]
pub struct Upload {
    /// The other fields, the token left out.
    pub fields: BTreeMap<String, String>,
    /// The file; `None` where none was chosen.
    pub file: Option<UploadedFile>,
}

/// A file as it came.
#[derive(Debug)]
pub struct UploadedFile {
    /// The name that the browser gave it, without folders.
    pub name: String,
    /// Its content.
    pub content: Bytes,
}

impl Upload {
    /// A field; empty where it is absent.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_multipart = request.content_type().eq_ignore_ascii_case("multipart/form-data");
        let visit = request.extensions().get::<Rc<Visit>>().cloned();
        let max_bytes = request.app_data::<web::Data<Settings>>().map_or(1 << 20, |settings| settings.body_max_bytes);
        let announced: Option<usize> =
            request.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        let multipart = Multipart::new(request.headers(), payload.take());
        Box::pin(async move {
            if !is_multipart {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "request.media_type",
                    "This takes a form with a file (multipart/form-data).",
                ));
            }
            // what surrounds the file takes a little as well
            if announced.is_some_and(|bytes| bytes > max_bytes + PARTS_MAX * TEXT_MAX_BYTES) {
                return Err(too_large(max_bytes));
            }
            read(multipart, visit.as_deref(), max_bytes).await
        })
    }
}

async fn read(mut multipart: Multipart, visit: Option<&Visit>, max_bytes: usize) -> Result<Upload, Problem> {
    let mut upload = Upload { fields: BTreeMap::new(), file: None };
    let mut parts = 0;
    while let Some(part) = multipart.next().await {
        let mut part = part.map_err(|cause| broken(&cause))?;
        parts += 1;
        if parts > PARTS_MAX {
            return Err(Problem::bad_request("request.multipart", "The form has too many fields."));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.content_disposition().and_then(|disposition| disposition.get_filename()).map(plain_name);
        // nothing large is taken before the token is known to be good, and one file only
        let is_file = parts > 1 && upload.file.is_none() && file_name.is_some();
        let content = read_part(&mut part, if is_file { max_bytes } else { TEXT_MAX_BYTES }).await?;
        if parts == 1 {
            let token = std::str::from_utf8(&content).ok().filter(|_| name == TOKEN);
            form::check_token(visit, token)?;
            continue;
        }
        match file_name {
            // browsers send an empty part where no file was chosen
            Some(file) if upload.file.is_none() && !(file.is_empty() && content.is_empty()) => {
                upload.file = Some(UploadedFile { name: file, content: content.freeze() });
            }
            Some(_) => {}
            None => {
                upload.fields.insert(name, String::from_utf8_lossy(&content).into_owned());
            }
        }
    }
    if parts == 0 {
        form::check_token(visit, None)?;
    }
    Ok(upload)
}

async fn read_part(part: &mut Field, max_bytes: usize) -> Result<BytesMut, Problem> {
    let mut content = BytesMut::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|cause| broken(&cause))?;
        if content.len() + chunk.len() > max_bytes {
            return Err(too_large(max_bytes));
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

fn too_large(max_bytes: usize) -> Problem {
    let detail = match max_bytes >> 20 {
        0 => format!("A field of the form may have at most {} KiB.", max_bytes >> 10),
        mib => format!("The file may have at most {mib} MiB."),
    };
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", detail)
}

fn broken(cause: &actix_multipart::MultipartError) -> Problem {
    Problem::bad_request("request.multipart", format!("The upload broke off or cannot be read: {cause}."))
}

/// The last part of a path of either kind of system.
fn plain_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}
