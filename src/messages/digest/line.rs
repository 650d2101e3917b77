//! What a digest says of one message: the words of its rule, as a text.

use super::ROOM;
use crate::messages::split::without_tags;
use crate::model::content::Content;

/// Bytes of a first line that is taken as the title; in a longer one, a paragraph, the message's own title stands above it.
const TITLE_BYTES: usize = 512;
/// Characters of the first line of a body.
const FIRST_LINE_CHARS: usize = 60;
/// Bytes that may stand before a title.
const NUMBER_BYTES: usize = 16;
/// Bytes of a link that a digest has.
const URL_BYTES: usize = 1_024;

/// One message of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its title, on one line; links are marked as texts mark them.
    pub title: String,
    /// What stands below; empty = nothing.
    pub body: String,
    /// Where it leads.
    pub url: Option<String>,
}

impl Line {
    /// The words of a message by itself. Where they cannot be told as a text, its own title.
    pub fn of(title: &str, url: Option<&str>, contents: &[Content]) -> Self {
        let own = one_line(title);
        // where the rule leads, which may be elsewhere
        let led = match contents.first() {
            Some(Content::Textcard(card)) => Some(card.url.as_str()),
            Some(Content::News(news)) => news.articles.first().map(|article| article.url.as_str()),
            _ => None,
        };
        let url = led.filter(|led| !led.is_empty()).or(url).map(str::to_owned);
        let (head, text) = match contents.first() {
            Some(Content::Text(_)) => (None, joined(contents)),
            Some(Content::Markdown(_)) => (None, unmarked(&joined(contents))),
            Some(Content::Textcard(card)) => (Some(card.title.clone()), without_tags(&joined(contents))),
            Some(Content::News(news)) => (news.articles.first().map(|article| article.title.clone()), joined(contents)),
            _ => (Some(own.clone()), String::new()),
        };
        let (head, body) = match head {
            // what is too long for a card's title stands whole below
            Some(short) => match short.strip_suffix('…').filter(|stem| text.starts_with(stem)) {
                Some(_) => first_of(&text, &own),
                None if text == short => (short, String::new()),
                None => (short, text),
            },
            None => first_of(&text, &own),
        };
        Self { title: one_line(&head), body: body.trim().to_owned(), url }
    }

    /// The title as a link, where there is one that a text can have beside the whole title.
    pub fn linked_title(&self) -> String {
        let title = &self.title;
        let can_be = |url: &&str| url.len() < URL_BYTES && !url.contains(['"', '<', '>']) && !title.contains("<a ");
        let link = |url: &str| format!("<a href=\"{url}\">{}</a>", title.replace('<', "＜").replace('>', "＞"));
        let linked = self.url.as_deref().filter(can_be).map(link);
        linked.filter(|linked| linked.len() + NUMBER_BYTES <= ROOM).unwrap_or_else(|| title.clone())
    }

    /// The first line of the body, and whether that is not all of it.
    pub fn first_line(&self) -> (String, bool) {
        let bare = without_links(&self.body);
        let mut lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default();
        let short: String = first.chars().take(FIRST_LINE_CHARS).collect();
        let is_shortened = short.len() < first.len() || lines.next().is_some();
        (if is_shortened { format!("{short}…") } else { short }, is_shortened)
    }
}

/// The first line, and the rest; below `own` where the first line is a paragraph.
fn first_of(text: &str, own: &str) -> (String, String) {
    let text = text.trim();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if first.len() > TITLE_BYTES && first != own || first.trim().is_empty() {
        return (own.to_owned(), text.to_owned());
    }
    (first.to_owned(), rest.to_owned())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of contents that follow each other, without the numbers that stand before several.
fn joined(contents: &[Content]) -> String {
    let total = contents.len();
    let words = |(n, content): (usize, &Content)| {
        let text = match content {
            Content::Text(words) | Content::Markdown(words) => words.content.clone(),
            Content::Textcard(card) => card.description.clone(),
            Content::News(news) => news.articles.first().map(|article| article.description.clone()).unwrap_or_default(),
            _ => String::new(),
        };
        match text.strip_prefix(&format!("({}/{total})\n", n + 1)).filter(|_| total > 1) {
            Some(rest) => rest.to_owned(),
            None => text,
        }
    };
    contents.iter().enumerate().map(words).collect()
}

/// Markdown as a text: without what marks headings, quotations, bold, code and colours; links with their addresses.
fn unmarked(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_start_matches(['#', '>']).trim());
    let text = unlinked(&lines.collect::<Vec<_>>().join("\n").replace("**", "").replace('`', ""));
    let (mut bare, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some(at) = rest.find('<') {
        let tag = &rest[at..];
        let end = tag.find('>').filter(|_| tag.starts_with("<font") || tag.starts_with("</font"));
        bare.push_str(&rest[..at]);
        if end.is_none() {
            bare.push('＜');
        }
        rest = &tag[end.map_or(1, |end| end + 1)..];
    }
    bare + rest
}

/// `[label](address)` as label and address.
fn unlinked(text: &str) -> String {
    let (mut bare, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("](") {
        let (before, address) = (&rest[..at], &rest[at + 2..]);
        match (before.rfind('['), address.find(')')) {
            (Some(open), Some(end)) => {
                bare.push_str(&before[..open]);
                bare.push_str(&before[open + 1..]);
                bare.push(' ');
                bare.push_str(&address[..end]);
                bare.push(' ');
                rest = &address[end + 1..];
            }
            _ => {
                bare.push_str(&rest[..at + 2]);
                rest = address;
            }
        }
    }
    bare + rest
}

/// The labels of links without their marks.
fn without_links(text: &str) -> String {
    let (mut bare, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('<') {
        let tag = &rest[at..];
        let end = tag.find('>').filter(|_| tag.starts_with("<a ") || tag.starts_with("</a"));
        bare.push_str(&rest[..at + usize::from(end.is_none())]);
        rest = &tag[end.map_or(1, |end| end + 1)..];
    }
    bare + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::split::{Markup, numbered};
    use crate::model::content::{Article, News, Textcard};

    #[test]
    fn it_says_what_the_rule_says() {
        let card = |title: &str, description: &str| {
            let (title, description) = (title.to_owned(), description.to_owned());
            Content::Textcard(Textcard { title, description, ..Textcard::default() })
        };
        let article = Article { title: "报销".into(), description: "请审批".into(), ..Article::default() };
        for (contents, title, body) in [
            (vec![Content::text("请假\n3 天")], "请假", "3 天"),
            (vec![Content::text("看 <a href=\"https://x\">这里</a>")], "看 <a href=\"https://x\">这里</a>", ""),
            (vec![Content::text("段落".repeat(200))], "自己的标题", &*"段落".repeat(200)),
            (
                vec![Content::markdown("**告警** `a<b`\n> <font color=\"warning\">超温</font> [看](https://x)")],
                "告警 a＜b",
                "超温 看 https://x",
            ),
            (vec![card("审批", "<div class=\"gray\">9月</div>请处理")], "审批", "9月请处理"),
            (vec![card("审批", "审批")], "审批", ""),
            (vec![card("很长…", "很长的标题\n正文")], "很长的标题", "正文"),
            (vec![Content::News(News { articles: vec![article] })], "报销", "请审批"),
            (Vec::new(), "自己的标题", ""),
        ] {
            let line = Line::of("自己的标题", None, &contents);
            assert_eq!((line.title.as_str(), line.body.as_str()), (title, body), "{contents:?}");
        }
        let url = "https://rule/1".to_owned();
        let news = News { articles: vec![Article { url: url.clone(), ..Article::default() }] };
        let led = Content::Textcard(Textcard { url, ..Textcard::default() });
        for (contents, url) in [
            (vec![led], "https://rule/1"),
            (vec![Content::News(news)], "https://rule/1"),
            (vec![card("审批", "审批")], "https://own"),
            (vec![Content::text("x")], "https://own"),
        ] {
            let line = Line::of("t", Some("https://own"), &contents);
            assert_eq!(line.url.as_deref(), Some(url), "{contents:?}");
        }
        let long = format!("标题\n{}", "一行\n".repeat(600));
        let parts: Vec<Content> =
            numbered(&long, Markup::Text, 2_048).unwrap().into_iter().map(Content::text).collect();
        assert!(parts.len() > 1);
        assert_eq!(Line::of("t", None, &parts).body, "一行\n".repeat(600).trim());
    }

    #[test]
    fn the_first_line_is_marked_where_there_is_more() {
        for (body, first, is_shortened) in [
            ("一", "一", false),
            ("\n一\n\n二", "一…", true),
            ("看 <a href=\"https://x\">这里</a> a<b", "看 这里 a<b", false),
        ] {
            let line = Line { title: "t".into(), body: body.into(), url: None };
            assert_eq!(line.first_line(), (first.to_owned(), is_shortened), "{body}");
        }
    }
}
