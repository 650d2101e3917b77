//! `news` and `mpnews`.

use super::Reader;
use super::limits::{check_bytes, check_optional_url, check_url};
use super::simple::URL_BYTES;
use crate::sandbox::messages::content::{Article, Content, Mpnews, News, StoredArticle};
use crate::sandbox::wire::answer::{Refusal, refuse};
use crate::sandbox::wire::request::Body;

const ARTICLES_MAX: usize = 8;
const TITLE_BYTES: usize = 128;
const DESCRIPTION_BYTES: usize = 512;
const PAGEPATH_BYTES: usize = 128;
const AUTHOR_BYTES: usize = 64;
/// 666 KB of HTML.
const HTML_BYTES: usize = 666 * 1024;

fn check_count(inner: &Body, field: &str) -> Result<(), Refusal> {
    match inner.count("articles") {
        Some(count) if count > ARTICLES_MAX => refuse(45008, "too many articles"),
        Some(count) if count > 0 => Ok(()),
        _ => refuse(40058, format!("{field}.articles is empty. invalid Request Parameter")),
    }
}

impl Reader<'_> {
    pub(super) fn news(&mut self, inner: &mut Body) -> Result<Content, Refusal> {
        check_count(inner, "news")?;
        let articles = inner.each("articles", |article| self.article(article))?;
        Ok(Content::News(News { articles }))
    }

    fn article(&mut self, inner: &mut Body) -> Result<Article, Refusal> {
        let Some(title) = inner.filled("title") else { return refuse(41016, "missing title") };
        let title = self.cut("news.title", title, TITLE_BYTES);
        let description = inner.text_or_empty("description");
        let description = self.cut("news.description", description, DESCRIPTION_BYTES);
        let (appid, pagepath) = (inner.text_or_empty("appid"), inner.text_or_empty("pagepath"));
        if appid.is_empty() != pagepath.is_empty() {
            return refuse(40058, "news.appid and news.pagepath go together. invalid Request Parameter");
        }
        let url = inner.text_or_empty("url");
        if appid.is_empty() {
            if url.is_empty() {
                return refuse(40058, "news.url missing. invalid Request Parameter");
            }
            check_url("news.url", &url, URL_BYTES)?;
        } else {
            self.check_mini_program(&appid)?;
            check_bytes("news.pagepath", &pagepath, PAGEPATH_BYTES)?;
            check_optional_url("news.url", &url, URL_BYTES)?;
        }
        let picurl = inner.text_or_empty("picurl");
        check_optional_url("news.picurl", &picurl, URL_BYTES)?;
        Ok(Article { title, description, url, picurl, appid, pagepath })
    }

    pub(super) fn mpnews(&mut self, inner: &mut Body) -> Result<Content, Refusal> {
        check_count(inner, "mpnews")?;
        let articles = inner.each("articles", |article| self.stored_article(article))?;
        Ok(Content::Mpnews(Mpnews { articles }))
    }

    fn stored_article(&mut self, inner: &mut Body) -> Result<StoredArticle, Refusal> {
        let Some(title) = inner.filled("title") else { return refuse(41016, "missing title") };
        let Some(thumb_media_id) = inner.filled("thumb_media_id") else {
            return refuse(41006, "thumb_media_id missing");
        };
        self.find_media(&thumb_media_id, "image")?;
        let author = inner.text_or_empty("author");
        if author.len() > AUTHOR_BYTES {
            return refuse(45032, "author size out of limit");
        }
        let Some(content) = inner.filled("content") else { return refuse(44004, "empty content") };
        if content.len() > HTML_BYTES {
            return refuse(45002, "content size out of limit");
        }
        let content_source_url = inner.text_or_empty("content_source_url");
        check_optional_url("mpnews.content_source_url", &content_source_url, URL_BYTES)?;
        let digest = inner.text_or_empty("digest");
        Ok(StoredArticle {
            title: self.cut("mpnews.title", title, TITLE_BYTES),
            thumb_media_id,
            author,
            content_source_url,
            content,
            digest: self.cut("mpnews.digest", digest, DESCRIPTION_BYTES),
        })
    }
}
