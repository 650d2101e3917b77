//! A form with a file: `multipart/form-data`, bounded, its token in the first part.

use super::form::{self, TOKEN};
use super::visit::Visit;
use crate::http::{Problem, Settings};
use actix_multipart::Multipart;
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
/// Text fields of such a form.
const TEXTS_MAX: usize = 100;

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
        let multipart = Multipart::new(request.headers(), payload.take());
        Box::pin(async move {
            if !is_multipart {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "request.media_type",
                    "This takes a form with a file (multipart/form-data).",
                ));
            }
            read(multipart, visit.as_deref(), max_bytes).await
        })
    }
}

async fn read(mut multipart: Multipart, visit: Option<&Visit>, max_bytes: usize) -> Result<Upload, Problem> {
    let mut upload = Upload { fields: BTreeMap::new(), file: None };
    let mut is_first = true;
    while let Some(part) = multipart.next().await {
        let mut part = part.map_err(|cause| broken(&cause))?;
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.content_disposition().and_then(|disposition| disposition.get_filename()).map(plain_name);
        let limit = if file_name.is_some() { max_bytes } else { TEXT_MAX_BYTES };
        let mut content = BytesMut::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|cause| broken(&cause))?;
            if content.len() + chunk.len() > limit {
                return Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "request.too_large",
                    format!("The file may have at most {} MiB.", max_bytes >> 20),
                ));
            }
            content.extend_from_slice(&chunk);
        }
        if std::mem::take(&mut is_first) {
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
            None if upload.fields.len() < TEXTS_MAX => {
                upload.fields.insert(name, String::from_utf8_lossy(&content).into_owned());
            }
            None => return Err(Problem::bad_request("request.multipart", "The form has too many fields.")),
        }
    }
    if is_first {
        form::check_token(visit, None)?;
    }
    Ok(upload)
}

fn broken(cause: &actix_multipart::MultipartError) -> Problem {
    Problem::bad_request("request.multipart", format!("The upload broke off or cannot be read: {cause}."))
}

/// The last part of a path of either kind of system.
fn plain_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}
