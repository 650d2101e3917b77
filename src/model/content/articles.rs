//! Articles that lead elsewhere, articles that WeCom stores, and notices of mini programs.

use super::is_default;
use super::limits::{Checker, LimitRule, URL_BYTES};
use super::plain::DOC;
use serde::{Deserialize, Serialize};

const ARTICLES_MAX: usize = 8;
const TITLE_BYTES: usize = 128;
const DESCRIPTION_BYTES: usize = 512;
const PAGEPATH_BYTES: usize = 128;
const AUTHOR_BYTES: usize = 64;
/// 666 KB.
const HTML_BYTES: usize = 666 * 1024;
const PAGE_BYTES: usize = 1024;
const ITEMS_MAX: usize = 10;
const NOTICE_HAN: (usize, usize) = (4, 12);
const KEY_HAN: usize = 10;
const VALUE_HAN: usize = 30;

/// `news`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// 1 to 8.
    pub articles: Vec<Article>,
}

/// One article that leads to a page or a mini program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Article {
    /// At most 128 bytes.
    pub title: String,
    /// At most 512 bytes.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// Where a tap leads; required unless a mini program is named.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    /// JPG or PNG that WeCom's clients can reach; 1068×455 for the first one, 150×150 for the others.
    #[serde(skip_serializing_if = "is_default")]
    pub picurl: String,
    /// A linked mini program in place of the address.
    #[serde(skip_serializing_if = "is_default")]
    pub appid: String,
    /// Its page, at most 128 bytes.
    #[serde(skip_serializing_if = "is_default")]
    pub pagepath: String,
}

impl News {
    pub(super) fn check(&self, checker: &mut Checker) {
        checker.count("news.articles", self.articles.len(), 1, ARTICLES_MAX, DOC);
        for (n, article) in self.articles.iter().enumerate() {
            let at = |name: &str| format!("news.articles[{n}].{name}");
            checker.required(&at("title"), &article.title, DOC);
            checker.bytes(&at("title"), &article.title, TITLE_BYTES, DOC);
            checker.bytes(&at("description"), &article.description, DESCRIPTION_BYTES, DOC);
            if article.appid.is_empty() && article.pagepath.is_empty() {
                checker.url(&at("url"), &article.url, URL_BYTES, DOC);
            } else {
                checker.required(&at("appid"), &article.appid, DOC);
                checker.required(&at("pagepath"), &article.pagepath, DOC);
                checker.bytes(&at("pagepath"), &article.pagepath, PAGEPATH_BYTES, DOC);
                checker.optional_url(&at("url"), &article.url, URL_BYTES, DOC);
            }
            checker.optional_url(&at("picurl"), &article.picurl, URL_BYTES, DOC);
        }
    }
}

/// `mpnews`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mpnews {
    /// 1 to 8.
    pub articles: Vec<MpArticle>,
}

/// One article that WeCom stores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MpArticle {
    /// At most 128 bytes.
    pub title: String,
    /// An uploaded image.
    pub thumb_media_id: String,
    /// At most 64 bytes.
    #[serde(skip_serializing_if = "is_default")]
    pub author: String,
    /// "Read original".
    #[serde(skip_serializing_if = "is_default")]
    pub content_source_url: String,
    /// HTML, at most 666 KB; images only from [`media_uploadimg`](crate::wecom::Client::media_uploadimg).
    pub content: String,
    /// At most 512 bytes.
    #[serde(skip_serializing_if = "is_default")]
    pub digest: String,
}

impl Mpnews {
    pub(super) fn check(&self, checker: &mut Checker) {
        checker.count("mpnews.articles", self.articles.len(), 1, ARTICLES_MAX, DOC);
        for (n, article) in self.articles.iter().enumerate() {
            let at = |name: &str| format!("mpnews.articles[{n}].{name}");
            checker.required(&at("title"), &article.title, DOC);
            checker.bytes(&at("title"), &article.title, TITLE_BYTES, DOC);
            checker.required(&at("thumb_media_id"), &article.thumb_media_id, DOC);
            checker.bytes(&at("author"), &article.author, AUTHOR_BYTES, DOC);
            checker.optional_url(&at("content_source_url"), &article.content_source_url, URL_BYTES, DOC);
            checker.required(&at("content"), &article.content, DOC);
            checker.bytes(&at("content"), &article.content, HTML_BYTES, DOC);
            checker.bytes(&at("digest"), &article.digest, DESCRIPTION_BYTES, DOC);
        }
    }
}

/// `miniprogram_notice`: only with the token of the mini program's own app, never to everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// The linked mini program.
    pub appid: String,
    /// Its page, at most 1024 bytes; without one a tap does nothing.
    #[serde(skip_serializing_if = "is_default")]
    pub page: String,
    /// 4 to 12 汉字.
    pub title: String,
    /// 4 to 12 汉字, or empty.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// Show the first item large.
    #[serde(skip_serializing_if = "is_default")]
    pub emphasis_first_item: bool,
    /// At most 10.
    #[serde(skip_serializing_if = "is_default")]
    pub content_item: Vec<NoticeItem>,
}

/// One line of a notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeItem {
    /// At most 10 汉字.
    pub key: String,
    /// At most 30 汉字.
    pub value: String,
}

impl Notice {
    pub(super) fn check(&self, checker: &mut Checker) {
        let at = |name: &str| format!("miniprogram_notice.{name}");
        checker.required(&at("appid"), &self.appid, DOC);
        if !self.appid.is_empty() && !self.appid.starts_with("wx") {
            checker.fault(at("appid"), LimitRule::Form, DOC);
        }
        checker.bytes(&at("page"), &self.page, PAGE_BYTES, DOC);
        checker.han(&at("title"), &self.title, NOTICE_HAN.0, NOTICE_HAN.1, DOC);
        if !self.description.is_empty() {
            checker.han(&at("description"), &self.description, NOTICE_HAN.0, NOTICE_HAN.1, DOC);
        }
        checker.count(&at("content_item"), self.content_item.len(), 0, ITEMS_MAX, DOC);
        for (n, item) in self.content_item.iter().enumerate() {
            checker.han(&at(&format!("content_item[{n}].key")), &item.key, 0, KEY_HAN, DOC);
            checker.han(&at(&format!("content_item[{n}].value")), &item.value, 0, VALUE_HAN, DOC);
        }
    }
}
