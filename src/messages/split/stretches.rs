//! What must stay whole in a text: found in one pass. What is looked for ahead is looked for once, however many openings
//! wait for it.

use super::Markup;
use std::ops::Range;

const CLOSE: &[u8] = b"</div>";
/// Bytes of a tag.
const TAG_MAX: usize = 128;

/// Stretches that must stay whole, in the order of the text; those of one kind do not overlap. Headings and quotations only
/// where one fits into a piece of `room` bytes.
pub(super) fn whole(text: &str, markup: Markup, room: usize) -> Vec<Range<usize>> {
    let mut ahead = Ahead::new(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = match markup {
            Markup::Text => ahead.link(at),
            Markup::Markdown => ahead.markdown(at),
            Markup::Textcard => tag(text, at),
        };
        match end.or_else(|| address(text, at)) {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if markup == Markup::Markdown {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let is_marked = line.starts_with('>') || line.starts_with('#');
            if is_marked && line.len() <= room {
                found.push(start..start + line.len());
            }
            start += line.len();
        }
        found.sort_by_key(|stretch| stretch.start);
    }
    found
}

/// End of `<div …>` or `</div>` that begins at a place.
pub(super) fn tag(text: &str, at: usize) -> Option<usize> {
    let rest = text.as_bytes().get(at..)?;
    let opens = |mark: &[u8]| rest.get(..mark.len()).is_some_and(|open| open.eq_ignore_ascii_case(mark));
    if opens(CLOSE) {
        return Some(at + CLOSE.len());
    }
    if !opens(b"<div") || !matches!(rest.get(4), Some(b' ' | b'\t' | b'\n' | b'>')) {
        return None;
    }
    // tags are short; what goes on for longer is none
    let length = rest.iter().take(TAG_MAX).position(|byte| *byte == b'>')?;
    Some(at + length + 1)
}

/// End of an address that begins at a place.
fn address(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    if !(rest.starts_with("http://") || rest.starts_with("https://")) {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, '<' | '>' | '"' | '\'');
    Some(rest.find(ends).map_or(text.len(), |length| at + length))
}

/// Where one thing stands next, behind places that never go back: what was passed over is not looked at again.
struct Next {
    needle: &'static str,
    /// Where it stands next behind the last place that was asked about; the end of the text where it does not.
    at: Option<usize>,
}

impl Next {
    const fn new(needle: &'static str) -> Self {
        Self { needle, at: None }
    }

    /// Where it stands at a place or behind it, upper and lower case being the same.
    fn from(&mut self, text: &str, place: usize) -> Option<usize> {
        let at = match self.at {
            Some(at) if at >= place => at,
            _ => find_ignoring_case(text, self.needle, place).unwrap_or(text.len()),
        };
        self.at = Some(at);
        (at < text.len()).then_some(at)
    }
}

/// What ends the stretches of a text.
struct Ahead<'t> {
    text: &'t str,
    line: Next,
    link: Next,
    label: Next,
    target: Next,
    bold: Next,
    code: Next,
    colour: Next,
}

impl<'t> Ahead<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            line: Next::new("\n"),
            link: Next::new("</a>"),
            label: Next::new("]("),
            target: Next::new(")"),
            bold: Next::new("**"),
            code: Next::new("`"),
            colour: Next::new("</font>"),
        }
    }

    fn opens(&self, at: usize, mark: &str) -> bool {
        self.text.as_bytes()[at..].get(..mark.len()).is_some_and(|open| open.eq_ignore_ascii_case(mark.as_bytes()))
    }

    /// End of `<a …>…</a>` that begins at a place.
    fn link(&mut self, at: usize) -> Option<usize> {
        let is_open = self.opens(at, "<a") && self.text[at + 2..].starts_with([' ', '\t', '\n']);
        if !is_open {
            return None;
        }
        Some(self.link.from(self.text, at)? + "</a>".len())
    }

    /// End of a link, a bold or coloured stretch, or code that begins at a place; inside of one line but for colours.
    fn markdown(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        if self.opens(at, "<font") {
            return Some(self.colour.from(text, at)? + "</font>".len());
        }
        let (is_link, is_bold, is_code) = (self.opens(at, "["), self.opens(at, "**"), self.opens(at, "`"));
        if !(is_link || is_bold || is_code) {
            return None;
        }
        let line_end = self.line.from(text, at).unwrap_or(text.len());
        let inside = |place: &usize| *place < line_end;
        if is_link {
            let label = self.label.from(text, at).filter(inside)?;
            return Some(self.target.from(text, label).filter(inside)? + 1);
        }
        if is_bold {
            // two pairs with nothing between them are not bold
            let close = self.bold.from(text, at + 2).filter(inside).filter(|close| *close > at + 2)?;
            return Some(close + 2);
        }
        Some(self.code.from(text, at + 1).filter(inside)? + 1)
    }
}

fn find_ignoring_case(text: &str, needle: &str, from: usize) -> Option<usize> {
    let (text, needle) = (text.as_bytes().get(from..)?, needle.as_bytes());
    text.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle)).map(|at| from + at)
}
