//! Reads the content of a message from a request and holds it to the contract (doc path 90236). What WeCom cuts silently
//! is cut here, by bytes and in the middle of a character where it falls that way; only the truth log tells.

mod articles;
mod card;
mod choices;
pub mod limits;
mod notice;
mod parts;
mod simple;

pub use card::Purpose;

use super::content::Content;
use crate::sandbox::options::{MessageLimits, MessageSwitches};
use crate::sandbox::state::corp::Corp;
use crate::sandbox::state::job::{MEDIA_MS, Media};
use crate::sandbox::wire::answer::{Refusal, refuse};
use crate::sandbox::wire::request::Body;

/// Files that may be sent with `safe: 1`.
const SAFE_FILES: &[&str] =
    &["txt", "pdf", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "xml", "jpg", "jpeg", "png", "bmp", "gif"];

/// Who sends: decides which types exist and how strict their limits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel<'a> {
    /// `message/send` by this app.
    App(u64),
    /// `appchat/send` by this app.
    Chat(u64),
    /// `webhook/send` with this key.
    Robot(&'a str),
    /// A passive reply of this app.
    Reply(u64),
}

impl Channel<'_> {
    fn takes(self, msgtype: &str) -> bool {
        let types: &[&str] = match self {
            Self::App(_) => &[
                "text",
                "image",
                "voice",
                "video",
                "file",
                "textcard",
                "news",
                "mpnews",
                "markdown",
                "miniprogram_notice",
                "template_card",
            ],
            Self::Chat(_) => &["text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown"],
            Self::Robot(_) => &["text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card"],
            Self::Reply(_) => &["text", "image", "voice", "video", "news"],
        };
        types.contains(&msgtype)
    }
}

/// Reads one content; collects what was cut and what the pages advise against.
#[derive(Debug)]
pub struct Reader<'a> {
    /// Corp.
    pub corp: &'a Corp,
    /// Sender.
    pub channel: Channel<'a>,
    /// The sandbox's time.
    pub now_ms: i64,
    /// What was cut: field, length, limit.
    pub cuts: Vec<String>,
    /// What is taken but shown badly.
    pub remarks: Vec<String>,
    /// An image that came in the body of a robot's message: it is kept as an upload.
    pub upload: Option<Media>,
}

impl<'a> Reader<'a> {
    /// A reader for one message.
    pub fn new(corp: &'a Corp, channel: Channel<'a>, now_ms: i64) -> Self {
        Self { corp, channel, now_ms, cuts: Vec::new(), remarks: Vec::new(), upload: None }
    }

    /// The `msgtype`, which the channel must know (40008).
    pub fn msgtype(&self, body: &mut Body) -> Result<String, Refusal> {
        match body.filled("msgtype") {
            Some(msgtype) if self.channel.takes(&msgtype) => Ok(msgtype),
            _ => refuse(40008, "invalid message type"),
        }
    }

    /// `safe` for this content.
    pub fn safe(&self, body: &mut Body, content: &Content) -> Result<u8, Refusal> {
        let safe = match body.number("safe") {
            None | Some(0) => return Ok(0),
            Some(safe @ (1 | 2)) => u8::try_from(safe).unwrap_or_default(),
            Some(_) => return refuse(40058, "invalid safe. invalid Request Parameter"),
        };
        let fits = match content {
            Content::News(_) => return refuse(40074, "news cannot be safe"),
            Content::Mpnews(_) => true,
            Content::Text(_) | Content::Image(_) | Content::Video(_) => safe == 1,
            Content::File(file) => safe == 1 && self.is_safe_file(&file.media_id),
            _ => false,
        };
        if fits {
            Ok(safe)
        } else if self.switches().refuses_unsupported_safe {
            refuse(40058, "safe is not supported by this type. invalid Request Parameter")
        } else {
            Ok(0)
        }
    }

    fn is_safe_file(&self, media_id: &str) -> bool {
        let media = self.corp.jobs.media.get(media_id);
        media
            .and_then(|media| media.filename.rsplit_once('.'))
            .is_some_and(|(_, ending)| SAFE_FILES.contains(&ending.to_ascii_lowercase().as_str()))
    }

    /// The content under its `msgtype`.
    pub fn content(&mut self, msgtype: &str, body: &mut Body) -> Result<Content, Refusal> {
        // A missing member shows as the first field that is missing in it.
        match body.inside(msgtype, |inner| self.of_type(msgtype, inner))? {
            Some(content) => Ok(content),
            None => self.of_type(msgtype, &mut Body::default()),
        }
    }

    fn of_type(&mut self, msgtype: &str, inner: &mut Body) -> Result<Content, Refusal> {
        match msgtype {
            "text" => self.text(inner),
            "image" => self.image(inner),
            "voice" => self.file(inner, "voice").map(Content::Voice),
            "video" => self.video(inner),
            "file" => self.file(inner, "file").map(Content::File),
            "textcard" => self.textcard(inner),
            "news" => self.news(inner),
            "mpnews" => self.mpnews(inner),
            "markdown" | "markdown_v2" => self.markdown(msgtype, inner),
            "miniprogram_notice" => self.notice(inner),
            "template_card" => {
                let purpose = if matches!(self.channel, Channel::Robot(_)) { Purpose::Robot } else { Purpose::Send };
                self.card(inner, purpose).map(|card| Content::TemplateCard(Box::new(card)))
            }
            _ => refuse(40008, "invalid message type"),
        }
    }

    fn switches(&self) -> &'a MessageSwitches {
        &self.corp.message_switches
    }

    fn limits(&self) -> &'a MessageLimits {
        &self.corp.message_limits
    }

    /// An upload of this kind that is still good and may be used by the sender.
    fn find_media(&self, media_id: &str, kind: &str) -> Result<&'a Media, Refusal> {
        let robot = if let Channel::Robot(key) = self.channel { key } else { "" };
        let media =
            self.corp.jobs.media.get(media_id).filter(|media| {
                media.kind == kind && media.robot == robot && media.created_at_ms + MEDIA_MS > self.now_ms
            });
        media.ok_or_else(|| Refusal::new(40007, "invalid media_id"))
    }

    /// The text as WeCom keeps it.
    fn cut(&mut self, field: &str, text: String, max_bytes: usize) -> String {
        match limits::cut_bytes(&text, max_bytes) {
            None => text,
            Some(cut) => {
                self.cuts.push(format!("{field}: {} bytes cut to {max_bytes}", text.len()));
                cut
            }
        }
    }

    fn cut_chars(&mut self, field: &str, text: String, max_chars: usize) -> String {
        match limits::cut_chars(&text, max_chars) {
            None => text,
            Some(cut) => {
                self.cuts.push(format!("{field}: {} characters cut to {max_chars}", text.chars().count()));
                cut
            }
        }
    }

    /// Longer than the page recommends: the client shows it shortened.
    fn advise(&mut self, field: &str, text: &str, max_chars: usize) {
        let chars = text.chars().count();
        if chars > max_chars {
            self.remarks.push(format!("{field}: {chars} characters, {max_chars} recommended"));
        }
    }
}
