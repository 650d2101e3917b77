//! What an app says in WeCom, as WeCom's own message types (doc path 90236). Serialises under the names of the wire, so
//! that a content can be kept and sent later exactly as it was checked.
//!
//! [`Content::check`] knows every limit that WeCom enforces or cuts silently at; [`Content::advise`] knows the lengths
//! above which clients shorten what they show.

mod articles;
mod card;
mod card_check;
mod limits;
mod plain;

pub use articles::{Article, MpArticle, Mpnews, News, Notice, NoticeItem};
pub use card::{
    Action, ActionMenu, AspectPercent, Button, ButtonStyle, Card, CardType, Checkbox, Choice, ImageText, Jump, Picture,
    Quote, Row, Selection, Source, Submit, Target, Titles,
};
pub use limits::{Checker, LimitFault, LimitRule, URL_BYTES, check_url};
pub use plain::{
    CARD_BUTTON_CHARS, CARD_DESCRIPTION_BYTES, CARD_TITLE_BYTES, MARKDOWN_BYTES, Media, TEXT_BYTES, Textcard, Video,
    Words,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a field looks like when it need not be written.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The content of a message of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "msgtype", rename_all = "snake_case")]
pub enum Content {
    /// Text; newlines as `\n`, links as `<a href="…">label</a>`, no other markup.
    Text(Words),
    /// An uploaded image.
    Image(Media),
    /// An uploaded voice.
    Voice(Media),
    /// An uploaded video.
    Video(Video),
    /// An uploaded file.
    File(Media),
    /// 文本卡片
    Textcard(Textcard),
    /// 图文: articles that lead elsewhere.
    News(News),
    /// 图文 that WeCom stores.
    Mpnews(Mpnews),
    /// The small markdown of apps; the WeChat plugin cannot show it.
    Markdown(Words),
    /// A notice of a linked mini program; never to everybody.
    MiniprogramNotice(Notice),
    /// 模板卡片
    TemplateCard(Box<Card>),
}

impl Content {
    /// A text.
    pub fn text(content: impl Into<String>) -> Self {
        Self::Text(Words { content: content.into() })
    }

    /// A markdown.
    pub fn markdown(content: impl Into<String>) -> Self {
        Self::Markdown(Words { content: content.into() })
    }

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
            Self::MiniprogramNotice(_) => "miniprogram_notice",
            Self::TemplateCard(_) => "template_card",
        }
    }

    /// The card, where it is one.
    pub fn card(&self) -> Option<&Card> {
        match self {
            Self::TemplateCard(card) => Some(card),
            _ => None,
        }
    }

    /// The member of the request that has the name of the `msgtype`.
    pub fn body(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.remove("msgtype");
        }
        value
    }

    /// Whether WeCom would take it as it is: every required field is there and nothing is refused or cut.
    pub fn check(&self) -> Result<(), Vec<LimitFault>> {
        let mut checker = Checker::default();
        match self {
            Self::Text(words) => words.check("text", &mut checker),
            Self::Markdown(words) => words.check("markdown", &mut checker),
            Self::Image(media) => media.check("image", &mut checker),
            Self::Voice(media) => media.check("voice", &mut checker),
            Self::File(media) => media.check("file", &mut checker),
            Self::Video(video) => video.check(&mut checker),
            Self::Textcard(card) => card.check(&mut checker),
            Self::News(news) => news.check(&mut checker),
            Self::Mpnews(news) => news.check(&mut checker),
            Self::MiniprogramNotice(notice) => notice.check(&mut checker),
            Self::TemplateCard(card) => card.check(card::Use::Send, &mut checker),
        }
        checker.finish()
    }

    /// What is taken but shown shortened, by the lengths that the page recommends.
    pub fn advise(&self) -> Vec<LimitFault> {
        self.card().map(Card::advise).unwrap_or_default()
    }

    /// Who may share it on: which values of [`Safe`] the type takes (doc path 90236).
    pub fn takes(&self, safe: Safe) -> bool {
        match safe {
            Safe::Open => true,
            Safe::Closed => {
                matches!(self, Self::Text(_) | Self::Image(_) | Self::Video(_) | Self::File(_) | Self::Mpnews(_))
            }
            Safe::Inside => matches!(self, Self::Mpnews(_)),
        }
    }
}

/// `safe`: whether a message may be shared on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Safe {
    /// It may.
    #[default]
    Open,
    /// It may not, and carries a watermark. Text, image, video, mpnews, and files of the common kinds only.
    Closed,
    /// Inside the corp only; mpnews only.
    Inside,
}

impl Safe {
    /// WeCom's number.
    pub fn wire(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Closed => 1,
            Self::Inside => 2,
        }
    }
}

/// By what a sent message is recalled: the public edition answers a msgid, private ones a jobid. Opaque.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SentId {
    /// `message/recall`
    Msgid(String),
    /// `message/revoke` of private editions.
    Jobid(String),
}

impl SentId {
    /// The id without its kind.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Msgid(id) | Self::Jobid(id) => id,
        }
    }
}
