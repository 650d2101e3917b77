//! What cannot be had back is looked at once more: what, how much, and only when that has been typed.

use super::form::is_typed;
use super::frame::Frame;
use super::reply;
use crate::http::Problem;
use actix_web::HttpResponse;
use askama::Template;

/// The page between a button and what it does.
#[derive(Template)]
#[template(path = "parts/sure.html")]
pub(super) struct Sure {
    /// Its title says what is done.
    pub(super) f: Frame,
    /// The page that the button stood on: its name, and its path without the base path.
    pub(super) back: (String, String),
    /// What will happen, and to how many.
    pub(super) lead: String,
    /// More about it, a line each.
    pub(super) notes: Vec<String>,
    /// Where the form goes, without the base path.
    pub(super) action: String,
    /// What the form before said.
    pub(super) carried: Vec<(&'static str, String)>,
    /// A choice: name of the field, what it means, and whether it was chosen before.
    pub(super) choice: Option<(&'static str, &'static str, bool)>,
    /// What has to be typed.
    pub(super) word: String,
    /// Whether something else was typed.
    pub(super) is_mistyped: bool,
}

impl Sure {
    /// `None` where the word was typed; else the page.
    pub(super) fn ask(mut self, typed: Option<&str>) -> Result<Option<HttpResponse>, Problem> {
        match typed {
            Some(typed) if is_typed(typed, &self.word) => Ok(None),
            None => reply::page(&self).map(Some),
            Some(_) => {
                self.is_mistyped = true;
                reply::again(&self).map(Some)
            }
        }
    }
}
