//! How members see a content in WeCom: its words as lines and spans, so that the page escapes every one of them. Pure.

use crate::model::content::{Card, CardType, Content};

/// One message in WeCom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// `text`, `markdown`, `textcard`, `news`, `card`.
    pub kind: &'static str,
    /// Title; empty = none.
    pub title: String,
    /// The words below.
    pub lines: Vec<Line>,
    /// Whether a picture stands there. Ours may not load pictures from elsewhere, so it is only marked.
    pub picture: String,
    /// The words at the foot of a text card.
    pub button: String,
    /// Where a tap leads.
    pub url: String,
    /// Buttons of a card: style from 1 to 4, and label.
    pub buttons: Vec<(u8, String)>,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Empty, `heading`, `quote`, `gray`, `highlight`.
    pub class: &'static str,
    /// Its pieces.
    pub spans: Vec<Span>,
}

/// One piece of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The words.
    pub text: String,
    /// Empty, `bold`, `code`, `info`, `comment`, `warning`.
    pub class: &'static str,
    /// Where it leads; empty = nowhere.
    pub href: String,
}

fn plain(text: &str) -> Span {
    Span { text: text.to_owned(), ..Span::default() }
}

/// How a content looks.
pub fn of(content: &Content) -> Look {
    match content {
        Content::Text(words) => Look { kind: "text", lines: text_lines(&words.content), ..Look::default() },
        Content::Markdown(words) => Look { kind: "markdown", lines: markdown_lines(&words.content), ..Look::default() },
        Content::Textcard(card) => Look {
            kind: "textcard",
            title: card.title.clone(),
            lines: card_lines(&card.description),
            button: if card.btntxt.is_empty() { "详情".into() } else { card.btntxt.clone() },
            url: card.url.clone(),
            ..Look::default()
        },
        Content::News(news) => {
            let Some(article) = news.articles.first() else { return Look::default() };
            Look {
                kind: "news",
                title: article.title.clone(),
                lines: plain_lines(&article.description),
                picture: article.picurl.clone(),
                url: article.url.clone(),
                ..Look::default()
            }
        }
        Content::TemplateCard(card) => of_card(card),
        other => Look { kind: "text", lines: plain_lines(other.msgtype()), ..Look::default() },
    }
}

fn of_card(card: &Card) -> Look {
    let words = if card.card_type == CardType::NewsNotice { &card.main_title.desc } else { &card.sub_title_text };
    let style = |button: &crate::model::content::Button| {
        serde_json::to_value(button.style).ok().and_then(|style| style.as_u64()).map_or(1, |style| style.min(4) as u8)
    };
    Look {
        kind: "card",
        title: card.main_title.title.clone(),
        lines: plain_lines(words),
        picture: card.card_image.as_ref().map(|image| image.url.clone()).unwrap_or_default(),
        url: card.card_action.url.clone(),
        buttons: card.button_list.iter().map(|button| (style(button), button.text.clone())).collect(),
        ..Look::default()
    }
}

fn plain_lines(text: &str) -> Vec<Line> {
    text.lines().map(|line| Line { class: "", spans: vec![plain(line)] }).collect()
}

/// Text with `<a href="…">label</a>`.
pub fn text_lines(text: &str) -> Vec<Line> {
    text.lines().map(|line| Line { class: "", spans: linked(line) }).collect()
}

fn linked(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find("<a ") {
        let Some((head, label, after)) = anchor(&rest[open..]) else { break };
        if open > 0 {
            spans.push(plain(&rest[..open]));
        }
        spans.push(Span { text: label.to_owned(), class: "", href: head.to_owned() });
        rest = after;
    }
    if !rest.is_empty() {
        spans.push(plain(rest));
    }
    spans
}

/// Address, label and what follows of an anchor at the beginning.
fn anchor(text: &str) -> Option<(&str, &str, &str)> {
    let close = text.find('>')?;
    let head = &text[..close];
    let quote = head.find("href=")? + "href=".len();
    let mark = head[quote..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let address = head[quote + 1..].split(mark).next()?;
    let (label, after) = text[close + 1..].split_once("</a>")?;
    Some((address, label, after))
}

/// The description of a text card: `<br>` and `<div class="gray|normal|highlight">`.
fn card_lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("<div class=") {
        lines.extend(broken(&rest[..open], ""));
        let Some((head, after)) = rest[open..].split_once('>') else { break };
        let class = [("gray", "gray"), ("highlight", "highlight")]
            .into_iter()
            .find_map(|(name, class)| head.contains(name).then_some(class))
            .unwrap_or("");
        let (inner, after) = after.split_once("</div>").unwrap_or((after, ""));
        lines.extend(broken(inner, class));
        rest = after;
    }
    lines.extend(broken(rest, ""));
    lines
}

fn broken(text: &str, class: &'static str) -> Vec<Line> {
    let lines = text.split("<br>").flat_map(str::lines);
    lines.filter(|line| !line.is_empty()).map(|line| Line { class, spans: vec![plain(line)] }).collect()
}

fn markdown_lines(text: &str) -> Vec<Line> {
    let lines = text.lines().map(|line| {
        let body = line.trim_start_matches('#');
        if body.len() < line.len() && body.starts_with(' ') {
            return Line { class: "heading", spans: marked(body.trim_start()) };
        }
        match line.strip_prefix('>') {
            Some(quoted) => Line { class: "quote", spans: marked(quoted.trim_start()) },
            None => Line { class: "", spans: marked(line) },
        }
    });
    lines.collect()
}

/// Bold, code, links and coloured stretches of one line.
fn marked(line: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut words = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        match piece(rest) {
            Some((span, after)) => {
                if !words.is_empty() {
                    spans.push(plain(&words));
                    words.clear();
                }
                spans.push(span);
                rest = after;
            }
            None => {
                let first = rest.chars().next().map_or(1, char::len_utf8);
                words.push_str(&rest[..first]);
                rest = &rest[first..];
            }
        }
    }
    if !words.is_empty() {
        spans.push(plain(&words));
    }
    spans
}

fn piece(rest: &str) -> Option<(Span, &str)> {
    if let Some(inner) = rest.strip_prefix("**") {
        let (text, after) = inner.split_once("**").filter(|(text, _)| !text.is_empty())?;
        return Some((Span { text: text.into(), class: "bold", href: String::new() }, after));
    }
    if let Some(inner) = rest.strip_prefix('`') {
        let (text, after) = inner.split_once('`')?;
        return Some((Span { text: text.into(), class: "code", href: String::new() }, after));
    }
    if let Some(inner) = rest.strip_prefix('[') {
        let (label, tail) = inner.split_once("](")?;
        let (href, after) = tail.split_once(')')?;
        return Some((Span { text: label.into(), class: "", href: href.into() }, after));
    }
    if rest.starts_with("<font ") {
        let (head, tail) = rest.split_once('>')?;
        let (text, after) = tail.split_once("</font>")?;
        let class = ["info", "comment", "warning"].into_iter().find(|colour| head.contains(colour)).unwrap_or("");
        return Some((Span { text: text.into(), class, href: String::new() }, after));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::content::Textcard;

    fn words(lines: &[Line]) -> Vec<(&str, &str, &str)> {
        lines
            .iter()
            .flat_map(|line| line.spans.iter().map(move |span| (line.class, span.class, span.text.as_str())))
            .collect()
    }

    #[test]
    fn markup_becomes_spans() {
        let text = of(&Content::text("看<a href=\"https://a/b\">这里</a>吧\n<b>不是</b>"));
        assert_eq!(words(&text.lines), [("", "", "看"), ("", "", "这里"), ("", "", "吧"), ("", "", "<b>不是</b>")]);
        assert_eq!(text.lines[0].spans[1].href, "https://a/b");
        let markdown =
            of(&Content::markdown("# 题\n> 引 **粗**\n<font color=\"warning\">红</font> `c` [l](https://x) **"));
        let want = [
            ("heading", "", "题"),
            ("quote", "", "引 "),
            ("quote", "bold", "粗"),
            ("", "warning", "红"),
            ("", "", " "),
            ("", "code", "c"),
            ("", "", " "),
            ("", "", "l"),
            ("", "", " **"),
        ];
        assert_eq!(words(&markdown.lines), want);
        let card =
            Textcard { description: "<div class=\"gray\">日期</div>正文<br>二".into(), ..Textcard::default() };
        let card = of(&Content::Textcard(card));
        assert_eq!(words(&card.lines), [("gray", "", "日期"), ("", "", "正文"), ("", "", "二")]);
        assert_eq!(card.button, "详情");
    }
}
