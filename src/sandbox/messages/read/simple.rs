//! Text, markdown, image, voice, video, file and text card.

use super::limits::{check_bytes, check_url};
use super::{Channel, Reader};
use crate::sandbox::api::media_check;
use crate::sandbox::messages::content::{Content, File, Textcard, Video, Words};
use crate::sandbox::state::job::Media;
use crate::sandbox::wire::answer::{Refusal, refuse};
use crate::sandbox::wire::request::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

/// Bytes of a text (doc path 90236), of an app's markdown, and of a robot's (doc path 91770).
const TEXT_BYTES: usize = 2048;
const ROBOT_MARKDOWN_BYTES: usize = 4096;
/// Bytes of a robot's image.
const ROBOT_IMAGE_BYTES: usize = 2 << 20;
const VIDEO_TITLE_BYTES: usize = 128;
const VIDEO_DESCRIPTION_BYTES: usize = 512;
const CARD_TITLE: usize = 128;
const CARD_DESCRIPTION: usize = 512;
const CARD_BUTTON_CHARS: usize = 4;
pub(super) const URL_BYTES: usize = 2048;

impl Reader<'_> {
    pub(super) fn text(&mut self, inner: &mut Body) -> Result<Content, Refusal> {
        let Some(content) = inner.filled("content") else { return refuse(44004, "empty content") };
        let content = match self.channel {
            Channel::Robot(_) => {
                check_bytes("text.content", &content, self.limits().robot_text_bytes)?;
                content
            }
            _ => self.cut("text.content", content, TEXT_BYTES),
        };
        let mut words = Words { content, ..Words::default() };
        if matches!(self.channel, Channel::Chat(_) | Channel::Robot(_)) {
            words.mentioned_list = inner.texts("mentioned_list").unwrap_or_default();
        }
        if matches!(self.channel, Channel::Robot(_)) {
            words.mentioned_mobile_list = inner.texts("mentioned_mobile_list").unwrap_or_default();
        }
        Ok(Content::Text(words))
    }

    pub(super) fn markdown(&mut self, msgtype: &str, inner: &mut Body) -> Result<Content, Refusal> {
        let Some(content) = inner.filled("content") else { return refuse(44004, "empty content") };
        let max = if matches!(self.channel, Channel::Robot(_)) { ROBOT_MARKDOWN_BYTES } else { TEXT_BYTES };
        check_bytes(&format!("{msgtype}.content"), &content, max)?;
        let words = Words { content, ..Words::default() };
        Ok(if msgtype == "markdown" { Content::Markdown(words) } else { Content::MarkdownV2(words) })
    }

    /// The upload of a message; missing is 41006, wrong in any way 40007.
    pub(super) fn media_id(&self, inner: &mut Body, kind: &str) -> Result<String, Refusal> {
        let Some(media_id) = inner.filled("media_id") else { return refuse(41006, "media_id missing") };
        self.find_media(&media_id, kind)?;
        Ok(media_id)
    }

    pub(super) fn file(&mut self, inner: &mut Body, kind: &str) -> Result<File, Refusal> {
        Ok(File { media_id: self.media_id(inner, kind)? })
    }

    pub(super) fn image(&mut self, inner: &mut Body) -> Result<Content, Refusal> {
        let Channel::Robot(key) = self.channel else { return self.file(inner, "image").map(Content::Image) };
        let (Some(text), Some(md5)) = (inner.filled("base64"), inner.filled("md5")) else {
            return refuse(40058, "image.base64 or image.md5 missing. invalid Request Parameter");
        };
        let Ok(content) = STANDARD.decode(text) else {
            return refuse(40058, "image.base64 is not base64. invalid Request Parameter");
        };
        if hex::encode(Md5::digest(&content)) != md5.to_ascii_lowercase() {
            return refuse(301_019, "md5 of the image does not match");
        }
        if content.len() > ROBOT_IMAGE_BYTES {
            return refuse(40009, "invalid image size");
        }
        let Some(kind) = media_check::image_kind(&content) else { return refuse(40123, "invalid image") };
        self.upload = Some(Media {
            kind: "image".into(),
            filename: format!("image.{kind}"),
            created_at_ms: self.now_ms,
            content,
            robot: key.into(),
        });
        Ok(Content::Image(File::default()))
    }

    pub(super) fn video(&mut self, inner: &mut Body) -> Result<Content, Refusal> {
        let media_id = self.media_id(inner, "video")?;
        let (title, description) = (inner.text_or_empty("title"), inner.text_or_empty("description"));
        Ok(Content::Video(Video {
            media_id,
            title: self.cut("video.title", title, VIDEO_TITLE_BYTES),
            description: self.cut("video.description", description, VIDEO_DESCRIPTION_BYTES),
        }))
    }

    pub(super) fn textcard(&mut self, inner: &mut Body) -> Result<Content, Refusal> {
        let Some(title) = inner.filled("title") else { return refuse(41016, "missing title") };
        let Some(description) = inner.filled("description") else { return refuse(41033, "missing description") };
        let Some(url) = inner.filled("url") else {
            return refuse(40058, "textcard.url missing. invalid Request Parameter");
        };
        check_url("textcard.url", &url, URL_BYTES)?;
        let (title, description) = if self.switches().textcard_counts_bytes {
            (
                self.cut("textcard.title", title, CARD_TITLE),
                self.cut("textcard.description", description, CARD_DESCRIPTION),
            )
        } else {
            let title = self.cut_chars("textcard.title", title, CARD_TITLE);
            (title, self.cut_chars("textcard.description", description, CARD_DESCRIPTION))
        };
        let btntxt = inner.filled("btntxt").unwrap_or_else(|| "详情".into());
        let btntxt = self.cut_chars("textcard.btntxt", btntxt, CARD_BUTTON_CHARS);
        Ok(Content::Textcard(Textcard { title, description, url, btntxt }))
    }
}
