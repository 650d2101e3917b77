//! Text, markdown, uploaded media and the text card.

use super::is_default;
use super::limits::{Checker, URL_BYTES};
use serde::{Deserialize, Serialize};

/// Sending messages.
pub(super) const DOC: u32 = 90236;
/// Longest text, bytes; the rest is cut, in the middle of a character where it falls that way (doc path 90236).
pub const TEXT_BYTES: usize = 2048;
/// Longest markdown, bytes (doc path 90236).
pub const MARKDOWN_BYTES: usize = 2048;
/// Longest title of a text card. The page says characters, its older editions said bytes; bytes hold for both (doc path
/// 90236).
pub const CARD_TITLE_BYTES: usize = 128;
/// Longest description of a text card, tags included; bytes for the same reason (doc path 90236).
pub const CARD_DESCRIPTION_BYTES: usize = 512;
/// Longest words below a text card, characters (doc path 90236).
pub const CARD_BUTTON_CHARS: usize = 4;
const VIDEO_TITLE_BYTES: usize = 128;
const VIDEO_DESCRIPTION_BYTES: usize = 512;
/// A media id is opaque; what is longer than this is none.
const MEDIA_ID_BYTES: usize = 512;

/// Text or markdown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The words.
    pub content: String,
}

impl Words {
    pub(super) fn check(&self, kind: &str, checker: &mut Checker) {
        let field = format!("{kind}.content");
        checker.required(&field, &self.content, DOC);
        checker.bytes(&field, &self.content, if kind == "text" { TEXT_BYTES } else { MARKDOWN_BYTES }, DOC);
    }
}

/// An uploaded image, voice or file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// From an upload of the right kind, at most three days old.
    pub media_id: String,
}

impl Media {
    pub(super) fn check(&self, kind: &str, checker: &mut Checker) {
        let field = format!("{kind}.media_id");
        checker.required(&field, &self.media_id, DOC);
        checker.bytes(&field, &self.media_id, MEDIA_ID_BYTES, DOC);
    }
}

/// An uploaded video.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    /// From an upload.
    pub media_id: String,
    /// Title, at most 128 bytes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub title: String,
    /// Description, at most 512 bytes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub description: String,
}

impl Video {
    pub(super) fn check(&self, checker: &mut Checker) {
        Media { media_id: self.media_id.clone() }.check("video", checker);
        checker.bytes("video.title", &self.title, VIDEO_TITLE_BYTES, DOC);
        checker.bytes("video.description", &self.description, VIDEO_DESCRIPTION_BYTES, DOC);
    }
}

/// A text card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Textcard {
    /// Title, at most [`CARD_TITLE_BYTES`].
    pub title: String,
    /// Description, at most [`CARD_DESCRIPTION_BYTES`]; takes `<br>` and `<div class="gray|normal|highlight">`.
    pub description: String,
    /// Where a tap leads.
    pub url: String,
    /// The words below, at most [`CARD_BUTTON_CHARS`]; empty = 详情.
    #[serde(default, skip_serializing_if = "is_default")]
    pub btntxt: String,
}

impl Textcard {
    pub(super) fn check(&self, checker: &mut Checker) {
        checker.required("textcard.title", &self.title, DOC);
        checker.bytes("textcard.title", &self.title, CARD_TITLE_BYTES, DOC);
        checker.required("textcard.description", &self.description, DOC);
        checker.bytes("textcard.description", &self.description, CARD_DESCRIPTION_BYTES, DOC);
        checker.url("textcard.url", &self.url, URL_BYTES, DOC);
        checker.chars("textcard.btntxt", &self.btntxt, CARD_BUTTON_CHARS, DOC);
    }
}
