//! The look of a message, by its type.

use super::links::open_path;
use super::{Phone, cards, markup};
use crate::sandbox::api::media_check::{self, Voice};
use crate::sandbox::html::{link_part, safe};
use crate::sandbox::messages::content::{Article, Content, Mpnews, Notice, Place, StoredArticle, Words};
use crate::sandbox::messages::message::{Message, Receipt};
use std::fmt::{Result, Write};

const WAVES: &str = "<svg viewBox='0 0 14 16' width=14 height=16 aria-hidden=true fill=none stroke=currentColor \
stroke-width=2 stroke-linecap=round><path d='M2 6.5a3 3 0 0 1 0 3M5.5 4a6.5 6.5 0 0 1 0 8M9 1.5a10 10 0 0 1 0 13'/></svg>";

/// Where an upload is shown from.
fn media_path(phone: &Phone<'_>, media_id: &str) -> String {
    format!("/_sandbox/media/{}/{}", link_part(&phone.corp.corpid), link_part(media_id))
}

/// Writes the message as the member sees it.
pub fn bubble(out: &mut String, phone: &Phone<'_>, message: &Message, receipt: &Receipt) -> Result {
    let words = |text: &str| {
        if message.translates_ids { markup::translated(phone, text) } else { text.to_owned() }
    };
    match &message.content {
        Content::Text(text) => write!(
            out,
            "<div class=bubble>{}{}</div>",
            mentions(phone, text),
            markup::text(phone, &words(&text.content))
        ),
        Content::Markdown(text) => {
            write!(out, "<div class='bubble rich'>{}</div>", markup::markdown(phone, &words(&text.content), false))
        }
        Content::MarkdownV2(text) => {
            write!(out, "<div class='bubble rich'>{}</div>", markup::markdown(phone, &text.content, true))
        }
        Content::Image(file) => {
            let path = safe(&media_path(phone, &file.media_id));
            write!(
                out,
                "<a class=picture href=\"{path}\" target=_blank rel=noopener><img src=\"{path}\" alt=\"{}\"></a>",
                phone.t("图片", "Picture")
            )
        }
        Content::Voice(file) => voice(out, phone, &file.media_id),
        Content::Video(video) => {
            write!(
                out,
                "<div class='plate video'><video controls preload=none src=\"{}\"></video>",
                safe(&media_path(phone, &video.media_id))
            )?;
            if !(video.title.is_empty() && video.description.is_empty()) {
                write!(
                    out,
                    "<div class=text><b>{}</b><p>{}</p></div>",
                    safe(&words(&video.title)),
                    safe(&words(&video.description))
                )?;
            }
            write!(out, "</div>")
        }
        Content::File(file) => a_file(out, phone, &file.media_id),
        Content::Textcard(card) => write!(
            out,
            "<a class='plate textcard' target=_blank rel=noopener href=\"{}\"><b>{}</b><div class=desc>{}</div><span class=go>{}</span></a>",
            safe(&open_path(phone, &card.url)),
            safe(&words(&card.title)),
            markup::card_text(&words(&card.description)),
            safe(&card.btntxt)
        ),
        Content::News(news) => articles(out, news.articles.iter().map(|article| of_news(phone, article))),
        Content::Mpnews(news) => mpnews(out, phone, message, news),
        Content::MiniprogramNotice(notice) => a_notice(out, phone, notice),
        Content::TemplateCard(_) => cards::card(out, phone, message, receipt),
        Content::Location(place) => a_place(out, phone, place),
        Content::Link(page) => write!(
            out,
            "<a class='plate link' target=_blank rel=noopener href=\"{}\"><b>{}</b><p>{}</p></a>",
            safe(&open_path(phone, &page.url)),
            safe(&page.title),
            safe(&page.description)
        ),
    }
}

/// Who is called, before the text.
fn mentions(phone: &Phone<'_>, words: &Words) -> String {
    let names = words.mentioned_list.iter().chain(&words.mentioned_mobile_list).map(|who| {
        let name = match who.as_str() {
            "@all" => phone.t("所有人", "everybody").to_owned(),
            who => phone
                .corp
                .directory
                .member(&who.to_ascii_lowercase())
                .map_or_else(|| who.to_owned(), |m| m.name.to_string()),
        };
        format!("<span class=mention>@{}</span> ", safe(&name))
    });
    names.collect()
}

fn voice(out: &mut String, phone: &Phone<'_>, media_id: &str) -> Result {
    let media = phone.corp.jobs.media.get(media_id);
    let seconds = match media.map(|media| media_check::voice(&media.content)) {
        Some(Voice::Lasts { ms }) => ms.div_ceil(1000).max(1),
        _ => 1,
    };
    write!(out, "<div class='bubble voice'>{WAVES}<span>{seconds}″</span></div>")
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

fn a_file(out: &mut String, phone: &Phone<'_>, media_id: &str) -> Result {
    let media = phone.corp.jobs.media.get(media_id);
    let Some(media) = media else {
        return write!(out, "<div class='bubble soft'>{}</div>", phone.t("文件已过期", "The file has expired"));
    };
    let ending = media.filename.rsplit_once('.').map(|(_, ending)| ending.to_uppercase()).unwrap_or_default();
    let ending: String = ending.chars().take(4).collect();
    write!(
        out,
        "<a class='plate file' href=\"{}\" download=\"{}\"><span class=lines><b>{}</b><span class=preview>{}</span></span>\
         <span class='sheet-icon k{}'>{}</span></a>",
        safe(&media_path(phone, media_id)),
        safe(&media.filename),
        safe(&media.filename),
        size(media.content.len()),
        ending.len() % 4,
        safe(&ending)
    )
}

/// Title, description, picture and where a tap leads.
struct Item {
    title: String,
    description: String,
    picture: String,
    href: String,
}

fn of_news(phone: &Phone<'_>, article: &Article) -> Item {
    Item {
        title: article.title.clone(),
        description: article.description.clone(),
        picture: article.picurl.clone(),
        href: if article.url.is_empty() { String::new() } else { open_path(phone, &article.url) },
    }
}

/// One article is a picture above its text; of several the first is large.
fn articles(out: &mut String, items: impl ExactSizeIterator<Item = Item>) -> Result {
    let is_single = items.len() == 1;
    write!(out, "<div class='plate news'>")?;
    for (at, item) in items.enumerate() {
        let class = match (is_single, at) {
            (true, _) => "single",
            (false, 0) => "first",
            _ => "row",
        };
        let picture = if item.picture.is_empty() {
            "<span class=nopic></span>".to_owned()
        } else {
            format!("<img src=\"{}\" alt=''>", safe(&item.picture))
        };
        let text = if is_single && !item.description.is_empty() {
            format!("<b>{}</b><p>{}</p>", safe(&item.title), markup::broken(&item.description))
        } else {
            format!("<b>{}</b>", safe(&item.title))
        };
        if item.href.is_empty() {
            write!(out, "<span class={class}>{picture}<span class=text>{text}</span></span>")?;
        } else {
            write!(
                out,
                "<a class={class} target=_blank rel=noopener href=\"{}\">{picture}<span class=text>{text}</span></a>",
                safe(&item.href)
            )?;
        }
    }
    write!(out, "</div>")
}

fn mpnews(out: &mut String, phone: &Phone<'_>, message: &Message, news: &Mpnews) -> Result {
    let of = |(at, article): (usize, &StoredArticle)| Item {
        title: article.title.clone(),
        description: article.digest.clone(),
        picture: media_path(phone, &article.thumb_media_id),
        href: format!("{}/article/{}/{at}", phone.base, message.number),
    };
    articles(out, news.articles.iter().enumerate().map(of))
}

fn a_notice(out: &mut String, phone: &Phone<'_>, notice: &Notice) -> Result {
    write!(
        out,
        "<div class='plate card'><p class=source>{}</p><p class=title>{}</p><p class=below>{}</p>",
        phone.t("小程序通知", "Mini program"),
        safe(&notice.title),
        safe(&notice.description)
    )?;
    let mut items = notice.content_item.iter();
    if notice.emphasis_first_item
        && let Some(first) = items.next()
    {
        write!(out, "<p class=figure><b>{}</b><span>{}</span></p>", safe(&first.value), safe(&first.key))?;
    }
    write!(out, "<dl class=rows>")?;
    for item in items {
        write!(out, "<dt>{}</dt><dd>{}</dd>", safe(&item.key), safe(&item.value))?;
    }
    write!(out, "</dl></div>")
}

fn a_place(out: &mut String, phone: &Phone<'_>, place: &Place) -> Result {
    let label = if place.label.is_empty() { phone.t("位置", "Place") } else { &place.label };
    write!(
        out,
        "<div class='plate place'><div class=text><b>{}</b><p>{:.4}, {:.4}</p></div><div class=map aria-hidden=true><i></i></div></div>",
        safe(label),
        place.latitude,
        place.longitude
    )
}
