//! What a message says, as it reached the sandbox: already cut where WeCom cuts. Serialises under the names of the wire.

use super::card::Card;
use serde::{Deserialize, Serialize};

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The content of a message, of any sender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "msgtype", rename_all = "snake_case")]
pub enum Content {
    /// Text with `<a>` links.
    Text(Words),
    /// Image.
    Image(File),
    /// Voice.
    Voice(File),
    /// Video.
    Video(Video),
    /// Any file.
    File(File),
    /// Text card.
    Textcard(Textcard),
    /// Articles with a link.
    News(News),
    /// Articles that WeCom stores.
    Mpnews(Mpnews),
    /// The small markdown of apps and robots.
    Markdown(Words),
    /// The wider markdown of robots.
    MarkdownV2(Words),
    /// A notice of a mini program.
    MiniprogramNotice(Notice),
    /// A template card.
    TemplateCard(Box<Card>),
    /// A place that a member sent.
    Location(Place),
    /// A link that a member sent.
    Link(Page),
}

impl Content {
    /// `msgtype` on the wire.
    pub fn msgtype(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => "image",
            Self::Voice(_) => "voice",
            Self::Video(_) => "video",
            Self::File(_) => "file",
            Self::Textcard(_) => "textcard",
            Self::News(_) => "news",
            Self::Mpnews(_) => "mpnews",
            Self::Markdown(_) => "markdown",
            Self::MarkdownV2(_) => "markdown_v2",
            Self::MiniprogramNotice(_) => "miniprogram_notice",
            Self::TemplateCard(_) => "template_card",
            Self::Location(_) => "location",
            Self::Link(_) => "link",
        }
    }

    /// The card, when it is one.
    pub fn card(&self) -> Option<&Card> {
        match self {
            Self::TemplateCard(card) => Some(card),
            _ => None,
        }
    }
}

/// Text or markdown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The words.
    pub content: String,
    /// Group chats and robots: userids that are called, or `@all`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mentioned_list: Vec<String>,
    /// Robots: mobiles that are called, or `@all`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mentioned_mobile_list: Vec<String>,
}

/// Image, voice or file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Which upload.
    pub media_id: String,
}

/// Video.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    /// Which upload.
    pub media_id: String,
    /// Title.
    #[serde(default, skip_serializing_if = "is_default")]
    pub title: String,
    /// Description.
    #[serde(default, skip_serializing_if = "is_default")]
    pub description: String,
}

/// Text card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Textcard {
    /// Title.
    pub title: String,
    /// Description with `<br>` and `<div class="gray|normal|highlight">`.
    pub description: String,
    /// Where a tap leads.
    pub url: String,
    /// The words below.
    pub btntxt: String,
}

/// `news`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// 1 to 8.
    pub articles: Vec<Article>,
}

/// One article of `news`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Article {
    /// Title.
    pub title: String,
    /// Description.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// Where a tap leads.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    /// Picture.
    #[serde(skip_serializing_if = "is_default")]
    pub picurl: String,
    /// Mini program in place of the link.
    #[serde(skip_serializing_if = "is_default")]
    pub appid: String,
    /// Its page.
    #[serde(skip_serializing_if = "is_default")]
    pub pagepath: String,
}

/// `mpnews`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mpnews {
    /// 1 to 8.
    pub articles: Vec<StoredArticle>,
}

/// One article of `mpnews`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredArticle {
    /// Title.
    pub title: String,
    /// Picture.
    pub thumb_media_id: String,
    /// Author.
    #[serde(skip_serializing_if = "is_default")]
    pub author: String,
    /// "Read original".
    #[serde(skip_serializing_if = "is_default")]
    pub content_source_url: String,
    /// HTML.
    pub content: String,
    /// Summary.
    #[serde(skip_serializing_if = "is_default")]
    pub digest: String,
}

/// `miniprogram_notice`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// The mini program.
    pub appid: String,
    /// Page that a tap opens.
    #[serde(skip_serializing_if = "is_default")]
    pub page: String,
    /// Title.
    pub title: String,
    /// Description.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// The first item is shown large.
    #[serde(skip_serializing_if = "is_default")]
    pub emphasis_first_item: bool,
    /// At most 10.
    #[serde(skip_serializing_if = "is_default")]
    pub content_item: Vec<NoticeItem>,
}

/// One line of a notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeItem {
    /// Label.
    pub key: String,
    /// Value.
    pub value: String,
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Place {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Zoom.
    pub scale: u32,
    /// Its name.
    pub label: String,
}

/// A web page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Page {
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// Address.
    pub url: String,
    /// Picture.
    pub picurl: String,
}
