//! Several messages put together in as few texts as hold them (PEER-21, PEER-23): titles are never shortened; what their
//! rules say below stands there whole or as its first line where that takes no more texts, and the head says what is left
//! out. Pure.

mod line;

pub use line::Line;

use super::split::{Markup, PARTS_MAX, split};
use crate::model::content::{Content, TEXT_BYTES};

/// Texts that go out together; what needs more follows a minute later. WeCom throws away what is beyond 30 in a minute.
pub const TEXTS_MAX: usize = 10;
/// Bytes that are left for the line with the count.
const ROOM: usize = TEXT_BYTES - 96;

/// How much of a message stands below its title, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Detail {
    Whole,
    FirstLine,
    Title,
}

/// The texts that hold every message once, each within WeCom's limit of 2,048 bytes (doc path 90236). A link that is too
/// long for a text is left out and its title stays.
pub fn texts(lines: &[&Line]) -> Vec<Content> {
    let least = Bodies::of(lines, Detail::Title, usize::MAX);
    let more = |detail| Some(Bodies::of(lines, detail, least.texts.len())).filter(|more| more.count == lines.len());
    let found = more(Detail::Whole).or_else(|| more(Detail::FirstLine)).unwrap_or(least);
    let count = found.texts.len();
    let left_out = if found.is_shortened { "（正文未全列）" } else { "" };
    let head = |n: usize| match count {
        1 => format!("您有 {} 条新消息{left_out}：", lines.len()),
        _ => format!("您有 {} 条新消息（{n}/{count}）{left_out}：", lines.len()),
    };
    found.texts.iter().enumerate().map(|(n, body)| Content::text(format!("{}{body}", head(n + 1)))).collect()
}

/// How many messages, from the first on, fit into [`TEXTS_MAX`] texts; at least one.
pub fn fitting(lines: &[&Line]) -> usize {
    Bodies::of(lines, Detail::Title, TEXTS_MAX).count.max(1).min(lines.len())
}

struct Bodies {
    texts: Vec<String>,
    /// Messages that are in them.
    count: usize,
    is_shortened: bool,
}

impl Bodies {
    /// Counts as many messages as fit into so many texts; the texts are of use where that is all.
    fn of(lines: &[&Line], detail: Detail, max: usize) -> Self {
        let mut found = Self { texts: vec![String::new()], count: 0, is_shortened: false };
        for (n, line) in lines.iter().enumerate() {
            let (text, is_shortened) = divisible(n + 1, line, detail);
            for piece in pieces(&text).unwrap_or_else(|| chunks(&text)) {
                match found.texts.last_mut() {
                    Some(last) if last.is_empty() || last.len() + piece.len() <= ROOM => last.push_str(piece),
                    _ => found.texts.push(piece.to_owned()),
                }
            }
            if found.texts.len() > max {
                return found;
            }
            found.count = n + 1;
            found.is_shortened |= is_shortened;
        }
        found
    }
}

/// One that is longer than a text goes on in the next; `None` where something stands in it that fits into none.
fn pieces(text: &str) -> Option<Vec<&str>> {
    if text.len() <= ROOM { Some(vec![text]) } else { split(text, Markup::Text, ROOM, ROOM, PARTS_MAX) }
}

/// The same for a title that fits into no text in one piece: cut anywhere, so that it is whole.
fn chunks(text: &str) -> Vec<&str> {
    let (mut chunks, mut rest) = (Vec::new(), text);
    while rest.len() > ROOM {
        let at = (1..=ROOM).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let (chunk, more) = rest.split_at(at);
        chunks.push(chunk);
        rest = more;
    }
    chunks.push(rest);
    chunks
}

/// As much of a message, but less where that cannot be divided into texts, and whether something is left out.
fn divisible(number: usize, line: &Line, detail: Detail) -> (String, bool) {
    let less = [Detail::Whole, Detail::FirstLine].into_iter().filter(|less| *less >= detail);
    let mut found = less.map(|less| render(number, line, less)).filter(|(text, _)| pieces(text).is_some());
    found.next().unwrap_or_else(|| render(number, line, Detail::Title))
}

/// One message, and whether something of it is left out.
fn render(number: usize, line: &Line, detail: Detail) -> (String, bool) {
    let head = format!("\n{number}. {}", line.linked_title());
    match (detail, line.body.as_str()) {
        (_, "") => (head, false),
        (Detail::Whole, body) => (format!("{head}\n{body}"), false),
        (Detail::FirstLine, _) => {
            let (first, is_shortened) = line.first_line();
            (format!("{head}\n{first}"), is_shortened)
        }
        (Detail::Title, _) => (head, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(title: &str, body: &str, url: Option<&str>) -> Line {
        let text = if body.is_empty() { title.to_owned() } else { format!("{title}\n{body}") };
        Line::of(title, url, &[Content::text(text)])
    }

    fn all(lines: &[Line]) -> String {
        let texts = texts(&lines.iter().collect::<Vec<_>>());
        assert!(texts.iter().all(|text| text.check().is_ok()), "{texts:?}");
        texts.iter().map(|text| text.body()["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn every_message_stands_in_a_text_that_wecom_takes() {
        for count in [1, 2, 30, 500] {
            let url = |n: usize| n.is_multiple_of(2).then(|| format!("https://oa/{n}"));
            let lines: Vec<Line> =
                (0..count).map(|n| said(&format!("第{n}条：<待办> 请审批"), "", url(n).as_deref())).collect();
            let all = all(&lines);
            for n in 0..count {
                assert!(all.contains(&format!("{}. ", n + 1)) && all.contains(&format!("第{n}条")), "{n} of {count}");
            }
            assert!(!all.contains("未全列"));
        }
        let far = format!("https://a/{}", "x".repeat(2_000));
        assert!(!all(&[said(&"长".repeat(512), "", Some(&far))]).contains("href"));
    }

    #[test]
    fn titles_are_whole_and_bodies_where_they_fit() {
        let title = |n: usize| format!("{}{n}", "机房温度告警".repeat(20));
        let few = all(&[said(&title(1), "甲\n乙", Some("https://oa/1")), said(&title(2), "丙", None)]);
        let want =
            format!("您有 2 条新消息：\n1. <a href=\"https://oa/1\">{}</a>\n甲\n乙\n2. {}\n丙", title(1), title(2));
        assert_eq!(few, want);
        let long = format!("{}。\n第二行", "温度过高".repeat(30));
        let short: Vec<Line> = (0..6).map(|n| said(&format!("告警{n}"), &long, None)).collect();
        let short = all(&short);
        assert!(
            short.starts_with("您有 6 条新消息（正文未全列）：\n1. 告警0\n温度过高") && short.contains("…\n2. 告警1"),
            "{short}"
        );
        let many: Vec<Line> = (0..20).map(|n| said(&title(n), &long, None)).collect();
        let many = all(&many);
        assert!(many.contains("（正文未全列）") && !many.contains("温度过高"), "{many}");
        assert!((0..20).all(|n| many.contains(&title(n))));
        // a link that is too long beside its title, and something in a body that fits into no text
        let far = format!("https://oa/{}", "x".repeat(420));
        let long_title = all(&[Line::of(&"长".repeat(512), Some(&far), &[])]);
        assert!(long_title.contains(&"长".repeat(512)) && !long_title.contains("<a"), "{long_title}");
        let near = all(&[Line::of(&"长".repeat(400), Some(&far), &[])]);
        assert!(near.contains(&format!("{}</a>", "长".repeat(400))), "{near}");
        let endless = all(&[said("附件", &format!("在\nhttps://a/{}", "y".repeat(2_500)), None), said("后", "", None)]);
        assert!(endless.contains("（正文未全列）：\n1. 附件\n在…\n2. 后"), "{endless}");
        let whole = format!("https://a/{}", "z".repeat(2_030));
        assert_eq!(all(&[said("短", "", None), Line::of(&whole, None, &[])]).matches('z').count(), 2_030);
        // a title that is longer than a text: nothing of it is lost
        let huge: String = (0..512).map(|n| char::from_u32(0x4E00 + n).unwrap()).collect();
        let wrapped = all(&[said("短", "", None), Line::of(&huge.repeat(2), None, &[])]);
        assert_eq!(wrapped.split('|').count(), 3, "{wrapped}");
        assert!(huge.repeat(2).chars().all(|c| wrapped.contains(c)));
    }

    #[test]
    fn what_does_not_fit_stays_for_the_next_time() {
        let lines: Vec<Line> = (0..700).map(|n| said(&format!("第{n}条{}", "告警".repeat(20)), "正文", None)).collect();
        let lines: Vec<&Line> = lines.iter().collect();
        let fits = fitting(&lines);
        assert!(fits > 50 && fits < 700 && texts(&lines[..fits]).len() == TEXTS_MAX, "{fits}");
        assert_eq!(texts(&lines[..=fits]).len(), TEXTS_MAX + 1);
    }
}
