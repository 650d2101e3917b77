//! Forms: bounded, with a token that binds them to the browser, and the faults that a page shows beside its fields.

use super::visit::{Person, Visit};
use super::{csrf, guard};
use crate::http::{Problem, read_limited};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Name of the field that holds the token.
pub const TOKEN: &str = "_csrf";
const MAX_BYTES: usize = 2 << 20;
/// Of somebody who has not signed in: a name, a password, a code.
const STRANGER_MAX_BYTES: usize = 16 << 10;

/// A form that was sent from one of our own pages; of at most 2 MiB, or 16 KiB before somebody has signed in. Fields that the type does not know are ignored;
/// repeated fields become lists. Types are best made of strings and checked by hand, so that the page can be shown again
/// with what was entered.
#[derive(Debug)]
pub struct Form<T>(
    /// The fields.
    pub T,
);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let visit = request.extensions().get::<Rc<Visit>>().cloned();
        let max_bytes = if request.extensions().contains::<Person>() { MAX_BYTES } else { STRANGER_MAX_BYTES };
        let announced = request.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        let payload = payload.take();
        Box::pin(async move {
            if !is_form {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "request.media_type",
                    "This takes a form (application/x-www-form-urlencoded).",
                ));
            }
            let bytes = read_limited(payload, announced, max_bytes).await?;
            let token = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == TOKEN);
            check_token(visit.as_deref(), token.as_ref().map(|(_, token)| token.as_ref()))?;
            serde_html_form::from_bytes(&bytes).map(Self).map_err(|cause| {
                Problem::bad_request(
                    "request.form",
                    "A field of the form is missing or has a value that it cannot have.",
                )
                .caused_by(cause)
            })
        })
    }
}

/// Refuses a form whose token does not belong to this browser.
pub(super) fn check_token(visit: Option<&Visit>, token: Option<&str>) -> Result<(), Problem> {
    match (visit, token) {
        (Some(visit), Some(token)) if csrf::is_masked(&visit.form_token, token) => Ok(()),
        _ => Err(guard::forged()),
    }
}

/// A form with nothing but its token: a button.
#[derive(Debug, serde::Deserialize)]
pub struct Nothing {}

/// What is wrong with a form, by field, in the reader's language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<String, String>);

impl Faults {
    /// Adds a fault; the first one of a field stays.
    pub fn add(&mut self, field: impl Into<String>, text: impl Into<String>) {
        self.0.entry(field.into()).or_insert_with(|| text.into());
    }

    /// The fault of a field; empty where there is none.
    pub fn of(&self, field: &str) -> &str {
        self.0.get(field).map(String::as_str).unwrap_or_default()
    }

    /// Whether all is well.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether somebody typed what was asked for; blanks do not count: nobody sees how many there are.
pub fn is_typed(typed: &str, wanted: &str) -> bool {
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    solid(typed) == solid(wanted)
}

/// Whether a checkbox was ticked: browsers send ticked ones only.
pub fn is_on(value: Option<&String>) -> bool {
    value.is_some_and(|text| !text.is_empty() && text != "0" && text != "false")
}
