use super::*;
use proptest::prelude::*;
use unicode_segmentation::GraphemeCursor;

/// What must stay whole, said as simply as can be; takes very long for texts of many openings.
mod simple {
    use super::Markup;
    use std::ops::Range;

    pub fn whole_stretches(text: &str, markup: Markup, room: usize) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let length = match markup {
                Markup::Text => link(rest).or_else(|| address(rest)),
                Markup::Textcard => {
                    crate::messages::split::stretches::tag(text, at).map(|end| end - at).or_else(|| address(rest))
                }
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
}

fn is_grapheme_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap()
}

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

/// What holds of the pieces of any text.
fn check(text: &str, markup: Markup, first: usize, rest: usize) {
    assert_eq!(stretches::whole(text, markup, first.min(rest)), simple::whole_stretches(text, markup, first.min(rest)));
    let Some(parts) = split(text, markup, first, rest, usize::MAX) else { return };
    assert_eq!(parts.concat(), text);
    assert!(parts[0].len() <= first, "{parts:?}");
    assert!(parts[1..].iter().all(|part| part.len() <= rest && !part.is_empty()), "{parts:?}");
    let whole = simple::whole_stretches(text, markup, first.min(rest));
    let mut at = 0;
    for part in &parts[..parts.len() - 1] {
        at += part.len();
        assert!(is_grapheme_boundary(text, at), "a character is broken at {at}: {parts:?}");
        let broken = whole.iter().find(|stretch| stretch.start < at && at < stretch.end);
        assert_eq!(broken.map(|stretch| &text[stretch.clone()]), None);
    }
    // as many as there are, and one fewer
    assert_eq!(split(text, markup, first, rest, parts.len()).as_ref(), Some(&parts));
    if parts.len() > 1 {
        assert_eq!(split(text, markup, first, rest, parts.len() - 1), None);
    }
}

#[test]
fn pieces_are_the_text_and_fit() {
    for seed in 0..800_u64 {
        let text = text(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for markup in [Markup::Text, Markup::Markdown] {
            for (first, rest) in [(64, 64), (24, 80), (200, 50)] {
                check(&text, markup, first, rest);
            }
        }
    }
}

proptest! {
    #[test]
    fn pieces_of_whatever_text_are_the_text_and_fit(
        text in "([a-c。\n >#]|\\*\\*|\\*|`|\\[|\\]\\(|\\)|<a |<A\n|</a>|<font|</FONT>|http://|👨‍👩‍👧|🇨🇳|\u{301}|\u{200d}){0,200}",
        first in 12_usize..90,
        rest in 12_usize..90,
    ) {
        check(&text, Markup::Text, first, rest);
        check(&text, Markup::Markdown, first, rest);
    }
}

/// A million bytes of what makes a splitter look ahead, or back, again and again. One that looks at the rest of the text for
/// each opening has 10¹¹ steps to go here.
#[test]
fn hostile_texts_take_as_long_as_others() {
    use Markup::{Markdown, Text};
    let many = |bit: &str| bit.repeat(1_000_000 / bit.len());
    for (bit, markup) in [
        ("x", Text),
        ("<a ", Text),
        ("<a x</a>", Text),
        ("🇨🇳", Text),
        ("e\u{301}", Text),
        ("x", Markdown),
        ("<font", Markdown),
        ("[", Markdown),
        ("[](", Markdown),
        ("**a", Markdown),
        ("***", Markdown),
        ("`a\n", Markdown),
        ("[a](b)", Markdown),
        ("> \n", Markdown),
        ("<a `[**<font", Markdown),
    ] {
        let text = many(bit);
        let parts = split(&text, markup, 2_000, 2_040, usize::MAX);
        let parts = parts.unwrap_or_else(|| panic!("{bit:?} is refused"));
        assert!(parts.concat() == text, "{bit:?}");
        assert!(parts.iter().all(|part| part.len() <= 2_040), "{bit:?}");
        assert!(split(&text, markup, 2_000, 2_040, PARTS_MAX).is_none(), "{bit:?}: more than {PARTS_MAX} parts");
    }
    // one that ends at the very end, and characters of a million bytes
    for (text, markup) in [
        (format!("{}</a>", many("<a ")), Text),
        (format!("{}</font>", many("<font")), Markdown),
        (format!("e{}", many("\u{301}")), Text),
        (format!("👧{}", many("\u{200d}👧")), Text),
    ] {
        assert!(split(&text, markup, 2_000, 2_040, usize::MAX).is_none(), "{:?}", text.chars().next());
        let parts = split(&text, markup, text.len() - 1, text.len(), 2).unwrap();
        assert!(parts == ["", text.as_str()], "{:?}", text.chars().next());
    }
}
