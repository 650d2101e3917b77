//! Long texts become several at safe points (PEER-23): at paragraphs, lines, sentences, blanks; never inside a character
//! that people see as one, a link, or a piece of markup.

use std::ops::Range;
use unicode_segmentation::GraphemeCursor;

/// Parts of one message at most; what needs more is refused.
pub const PARTS_MAX: usize = 20;

/// Bytes of the number that stands before a part: `(20/20)` and a line break.
const NUMBER_BYTES: usize = 8;

/// What must stay whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// `<a …>…</a>` and addresses.
    Text,
    /// Links, bold, code, coloured stretches, short headings and quotations, addresses.
    Markdown,
}

/// The text in pieces that together are the text: the first of at most `first` bytes, the others of at most `rest`. `None`
/// where that cannot be done without breaking something, or only with more than `pieces_max` pieces.
pub fn split(text: &str, markup: Markup, first: usize, rest: usize, pieces_max: usize) -> Option<Vec<&str>> {
    let whole = whole_stretches(text, markup, rest.min(first));
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut room = first;
    while text.len() - from > room {
        if pieces.len() + 1 >= pieces_max {
            return None;
        }
        // nothing fits before the first stretch that must stay whole: it begins the next piece
        let at = match break_before(text, from, room, &whole) {
            Some(at) => at,
            None if pieces.is_empty() && room < rest => from,
            None => return None,
        };
        pieces.push(&text[from..at]);
        from = at;
        room = rest;
    }
    pieces.push(&text[from..]);
    Some(pieces)
}

/// A text as numbered messages of at most `max` bytes each: `(1/3)` stands on a line of its own before each of several.
pub fn numbered(text: &str, markup: Markup, max: usize) -> Option<Vec<String>> {
    if text.len() <= max {
        return Some(vec![text.to_owned()]);
    }
    let room = max.checked_sub(NUMBER_BYTES)?;
    let pieces = split(text, markup, room, room, PARTS_MAX)?;
    Some(number(&pieces, 1, pieces.len()))
}

/// Numbers pieces of a message that has `total` parts; the first piece is part `first`.
pub fn number(pieces: &[&str], first: usize, total: usize) -> Vec<String> {
    pieces.iter().enumerate().map(|(n, piece)| format!("({}/{total})\n{piece}", first + n)).collect()
}

/// The best place to break in `from..=from + room`, not at `from` itself.
fn break_before(text: &str, from: usize, room: usize, whole: &[Range<usize>]) -> Option<usize> {
    let limit = (from + room).min(text.len());
    let mut best: Option<(u8, usize)> = None;
    // a break far in front would make many small pieces
    let early = from + room / 2;
    for at in (from + 1..=limit).rev() {
        if !text.is_char_boundary(at) {
            continue;
        }
        let rank = rank(text, at);
        let rank = if at < early { rank.saturating_sub(3) } else { rank };
        if best.is_some_and(|(known, _)| known >= rank) {
            if at < early && best.is_some() {
                break;
            }
            continue;
        }
        if whole.iter().any(|range| range.start < at && at < range.end) || !is_grapheme_boundary(text, at) {
            continue;
        }
        best = Some((rank, at));
        if rank >= 5 {
            break;
        }
    }
    best.map(|(_, at)| at)
}

/// How good a break is: 5 behind an empty line, 4 behind a line, 3 behind a sentence, 2 behind a part of one, 1 behind a
/// blank, 0 anywhere.
fn rank(text: &str, at: usize) -> u8 {
    let before = &text[..at];
    if before.ends_with("\n\n") {
        return 5;
    }
    let Some(last) = before.chars().next_back() else { return 0 };
    let opens_blank = text[at..].chars().next().is_none_or(char::is_whitespace);
    match last {
        '\n' => 4,
        '。' | '！' | '？' | '…' => 3,
        '，' | '；' | '、' | '：' => 2,
        '.' | '!' | '?' if opens_blank => 3,
        ',' | ';' | ':' if opens_blank => 2,
        c if c.is_whitespace() => 1,
        _ => 0,
    }
}

fn is_grapheme_boundary(text: &str, at: usize) -> bool {
    // a cursor over a whole text never asks for more context
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap_or(false)
}

/// Stretches that must stay whole, in the order of the text. Headings and quotations only where one fits into a piece.
fn whole_stretches(text: &str, markup: Markup, room: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = match markup {
            Markup::Text => link(rest).or_else(|| address(rest)),
            Markup::Markdown => markdown(rest).or_else(|| address(rest)),
        };
        match length {
            Some(length) => {
                found.push(at..at + length);
                at += length;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
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
        found.sort_by_key(|range| range.start);
    }
    found
}

/// Length of `<a …>…</a>` at the beginning.
fn link(rest: &str) -> Option<usize> {
    let lower = |n: usize| rest.get(..n).map(str::to_ascii_lowercase);
    if lower(2).as_deref() != Some("<a") || !rest[2..].starts_with([' ', '\t', '\n']) {
        return None;
    }
    let close = find_ignoring_case(rest, "</a>")?;
    Some(close + "</a>".len())
}

/// Length of an address at the beginning.
fn address(rest: &str) -> Option<usize> {
    if !(rest.starts_with("http://") || rest.starts_with("https://")) {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, '<' | '>' | '"' | '\'');
    Some(rest.find(ends).unwrap_or(rest.len()))
}

/// Length of a link, a bold or coloured stretch, or code at the beginning; inside of one line but for colours.
fn markdown(rest: &str) -> Option<usize> {
    let line = rest.split('\n').next().unwrap_or_default();
    if line.starts_with('[') {
        let label = line.find("](")?;
        let close = line[label..].find(')')?;
        return Some(label + close + 1);
    }
    if let Some(inner) = line.strip_prefix("**") {
        let close = inner.find("**").filter(|close| *close > 0)?;
        return Some(close + 4);
    }
    if let Some(inner) = line.strip_prefix('`') {
        return inner.find('`').map(|close| close + 2);
    }
    if rest.get(..5).is_some_and(|open| open.eq_ignore_ascii_case("<font")) {
        return find_ignoring_case(rest, "</font>").map(|close| close + "</font>".len());
    }
    None
}

fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    text.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, markup: Markup, max: usize) -> Option<Vec<&str>> {
        split(text, markup, max, max, 1000)
    }

    #[test]
    fn breaks_stand_where_people_would_put_them() {
        for (text, max, want) in [
            ("short", 10, vec!["short"]),
            ("one two three", 8, vec!["one two ", "three"]),
            ("first line\nsecond", 12, vec!["first line\n", "second"]),
            ("一。二三四", 9, vec!["一。", "二三四"]),
            ("一二三四", 7, vec!["一二", "三四"]),
            ("a\n\nb c d", 6, vec!["a\n\n", "b c d"]),
            ("👨‍👩‍👧👨‍👩‍👧", 20, vec!["👨‍👩‍👧", "👨‍👩‍👧"]),
            ("e\u{301}e\u{301}", 4, vec!["e\u{301}", "e\u{301}"]),
        ] {
            assert_eq!(pieces(text, Markup::Text, max), Some(want), "{text} at {max}");
        }
    }

    #[test]
    fn what_must_stay_whole_stays_whole_or_is_refused() {
        let link = "<a href=\"https://a.example/x y\">看 这里</a>";
        let text = format!("说明 {link} 完");
        for max in link.len()..text.len() {
            let parts = pieces(&text, Markup::Text, max).unwrap();
            assert!(parts.iter().any(|part| part.contains(link)), "{max}: {parts:?}");
        }
        assert_eq!(pieces(&text, Markup::Text, link.len() - 1), None);
        for whole in [
            "[一 二](https://a.example/b c)",
            "**粗 体 字**",
            "`co de`",
            "<font color=\"info\">绿 色</font>",
            "https://a.example/very/long",
        ] {
            let text = format!("前 {whole} 后 后 后");
            let parts = pieces(&text, Markup::Markdown, whole.len()).unwrap();
            assert!(parts.iter().any(|part| part.contains(whole)), "{whole}: {parts:?}");
        }
        let quote = "> 一 二 三\n> 四 五 六\n";
        assert_eq!(pieces(quote, Markup::Markdown, 14), Some(vec!["> 一 二 三\n", "> 四 五 六\n"]));
    }

    #[test]
    fn numbers() {
        assert_eq!(numbered("abc", Markup::Text, 3), Some(vec!["abc".to_owned()]));
        let text = "字".repeat(100);
        let parts = numbered(&text, Markup::Text, 128).unwrap();
        assert_eq!(parts.len(), 3);
        assert!(parts[0].starts_with("(1/3)\n字") && parts[2].starts_with("(3/3)\n"), "{parts:?}");
        assert_eq!(numbered(&"x".repeat(5000), Markup::Text, 128), None, "more than 20 parts");
    }

    /// A small generator of texts out of pieces that like to be broken wrongly.
    fn text(mut seed: u64) -> String {
        let bits = [
            "字",
            "a",
            " ",
            "\n",
            "\n\n",
            "。",
            "👨‍👩‍👧",
            "🇨🇳",
            "e\u{301}",
            "**粗 体**",
            "[名 字](https://a/b)",
            "`c d`",
            "> 引",
            "# 题",
            "<a href=\"https://x/y\">看 这</a>",
            "https://a.example/p?q=1",
            "<font color=\"info\">绿 色</font>",
            "\r\n",
            "𠮷",
            "**",
            "<a",
            "[",
        ];
        let mut text = String::new();
        for _ in 0..(seed % 120) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(bits[(seed >> 33) as usize % bits.len()]);
        }
        text
    }

    #[test]
    fn pieces_are_the_text_and_fit() {
        for seed in 0..800_u64 {
            let text = text(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            for markup in [Markup::Text, Markup::Markdown] {
                for (first, rest) in [(64, 64), (24, 80), (200, 50)] {
                    let Some(parts) = split(&text, markup, first, rest, usize::MAX) else { continue };
                    assert_eq!(parts.concat(), text, "{seed}");
                    assert!(parts[0].len() <= first, "{seed}: {parts:?}");
                    assert!(parts[1..].iter().all(|part| part.len() <= rest && !part.is_empty()), "{seed}: {parts:?}");
                    let mut at = 0;
                    for part in &parts[..parts.len() - 1] {
                        at += part.len();
                        assert!(is_grapheme_boundary(&text, at), "{seed}: a character is broken at {at}");
                        let broken = whole_stretches(&text, markup, first.min(rest))
                            .into_iter()
                            .find(|r| r.start < at && at < r.end);
                        assert_eq!(broken, None, "{seed}: {:?}", broken.clone().map(|r| &text[r]));
                    }
                }
            }
        }
    }
}
