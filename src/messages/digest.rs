//! Several messages put together in as few texts as hold them (PEER-21). Pure.

use crate::model::content::{Content, TEXT_BYTES};

/// One message of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its title.
    pub title: String,
    /// Where it leads.
    pub url: Option<String>,
}

/// Texts that go out together; what needs more follows a minute later. WeCom throws away what is beyond 30 in a minute.
pub const TEXTS_MAX: usize = 10;
/// Characters of a title that a digest shows.
const TITLE_MAX: usize = 60;
/// Bytes that are left for the line with the count.
const HEAD_BYTES: usize = 64;

/// The texts that hold every line once, each within WeCom's limit of 2,048 bytes (doc path 90236). A link that is too
/// long for a text is left out and its title stays.
pub fn texts(lines: &[Line]) -> Vec<Content> {
    let (bodies, _) = bodies(lines, usize::MAX);
    let count = bodies.len();
    let head = |n: usize| match count {
        1 => format!("您有 {} 条新消息：", lines.len()),
        _ => format!("您有 {} 条新消息（{n}/{count}）：", lines.len()),
    };
    bodies.iter().enumerate().map(|(n, body)| Content::text(format!("{}{body}", head(n + 1)))).collect()
}

/// How many lines, from the first on, fit into [`TEXTS_MAX`] texts; at least one.
pub fn fitting(lines: &[Line]) -> usize {
    bodies(lines, TEXTS_MAX).1.max(1).min(lines.len())
}

/// The bodies of at most so many texts, and how many lines are in them.
fn bodies(lines: &[Line], max: usize) -> (Vec<String>, usize) {
    let mut bodies = vec![String::new()];
    for (n, line) in lines.iter().enumerate() {
        let text = render(n + 1, line);
        let is_full =
            bodies.last().is_some_and(|body| !body.is_empty() && body.len() + text.len() > TEXT_BYTES - HEAD_BYTES);
        if is_full {
            if bodies.len() >= max {
                return (bodies, n);
            }
            bodies.push(String::new());
        }
        if let Some(body) = bodies.last_mut() {
            body.push_str(&text);
        }
    }
    (bodies, lines.len())
}

fn render(number: usize, line: &Line) -> String {
    let mut title: String = line.title.chars().take(TITLE_MAX).collect();
    if title.len() < line.title.len() {
        title.push('…');
    }
    let title = title.replace(['\n', '\r'], " ").replace('<', "＜").replace('>', "＞");
    match line.url.as_deref().filter(|url| url.len() < 1_024 && !url.contains(['"', '<', '>'])) {
        Some(url) => format!("\n{number}. <a href=\"{url}\">{title}</a>"),
        None => format!("\n{number}. {title}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_stands_in_a_text_that_wecom_takes() {
        for count in [1, 2, 30, 500] {
            let lines: Vec<Line> = (0..count)
                .map(|n| Line {
                    title: format!("第{n}条：<待办> 请审批"),
                    url: (n % 2 == 0).then(|| format!("https://oa/{n}")),
                })
                .collect();
            let texts = texts(&lines);
            assert!(texts.iter().all(|text| text.check().is_ok()), "{count}");
            let all: String = texts.iter().map(|text| text.body().to_string()).collect();
            for n in 0..count {
                assert!(all.contains(&format!("{}. ", n + 1)) && all.contains(&format!("第{n}条")), "{n} of {count}");
            }
        }
        assert!(
            texts(&[Line { title: "长".repeat(512), url: Some(format!("https://a/{}", "x".repeat(2_000))) }])[0]
                .check()
                .is_ok()
        );
    }
}
