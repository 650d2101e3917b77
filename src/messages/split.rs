//! Long texts become several at safe points (PEER-23): at paragraphs, lines, sentences, blanks; never inside a character
//! that people see as one, a link, or a piece of markup.
//!
//! Texts come from outside: the work grows as the text does, whatever stands in it.

mod stretches;
#[cfg(test)]
mod tests;

use unicode_segmentation::UnicodeSegmentation;

/// Parts of one message at most; what needs more is refused.
pub const PARTS_MAX: usize = 20;

/// Bytes of the number that stands before a part: `(20/20)` and a line break.
const NUMBER_BYTES: usize = 8;

/// What must stay whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// `<a …>…</a>` and addresses.
    Text,
    /// `<div …>` and `</div>`, each by itself, and addresses: what stands between them may be long.
    Textcard,
    /// Links, bold, code, coloured stretches, short headings and quotations, addresses.
    Markdown,
}

/// The text in pieces that together are the text: the first of at most `first` bytes, the others of at most `rest`. `None`
/// where that cannot be done without breaking something, or only with more than `pieces_max` pieces.
pub fn split(text: &str, markup: Markup, first: usize, rest: usize, pieces_max: usize) -> Option<Vec<&str>> {
    if text.len() > first.saturating_add(rest.saturating_mul(pieces_max.saturating_sub(1))) {
        return None;
    }
    let may_break = breaks(text, markup, rest.min(first));
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut room = first;
    while text.len() - from > room {
        if pieces.len() + 1 >= pieces_max {
            return None;
        }
        // nothing fits before the first stretch that must stay whole: it begins the next piece
        let at = match break_before(text, from, room, &may_break) {
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

/// How many `<div …>` are open at the end of a piece.
pub fn open_tags(piece: &str) -> usize {
    tags(piece).fold(0, |open, tag| if piece[tag].starts_with("</") { open.saturating_sub(1) } else { open + 1 })
}

/// A text without `<div …>` and `</div>`, for where they would be read as letters.
pub fn without_tags(text: &str) -> String {
    let (mut bare, mut from) = (String::with_capacity(text.len()), 0);
    for tag in tags(text) {
        bare.push_str(&text[from..tag.start]);
        from = tag.end;
    }
    bare.push_str(&text[from..]);
    bare
}

fn tags(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let all = text.match_indices('<').filter_map(|(at, _)| Some(at..stretches::tag(text, at)?));
    let mut end = 0;
    all.filter(move |tag| {
        let is_next = tag.start >= end;
        if is_next {
            end = tag.end;
        }
        is_next
    })
}

/// For each byte of the text, and its end, whether a piece may begin there: at a whole character, and not inside of what
/// must stay whole.
fn breaks(text: &str, markup: Markup, room: usize) -> Vec<bool> {
    let mut may_break = vec![false; text.len() + 1];
    for (at, _) in text.grapheme_indices(true) {
        may_break[at] = true;
    }
    may_break[text.len()] = true;
    // each byte stands in two stretches at most: in a line, and in what stands in it
    for stretch in stretches::whole(text, markup, room) {
        may_break[stretch.start + 1..stretch.end].fill(false);
    }
    may_break
}

/// The best place to break in `from..=from + room`, not at `from` itself.
fn break_before(text: &str, from: usize, room: usize, may_break: &[bool]) -> Option<usize> {
    let limit = (from + room).min(text.len());
    let mut best: Option<(u8, usize)> = None;
    // a break far in front would make many small pieces
    let early = from + room / 2;
    for at in (from + 1..=limit).rev() {
        if !may_break[at] {
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
