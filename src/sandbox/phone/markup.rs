//! The small markups of messages as HTML: links in texts, the tags of text cards, markdown. Everything else is text.

use super::Phone;
use super::links::open_path;
use crate::sandbox::html::safe;
use crate::sandbox::state::member::folded;

/// Puts names in place of `$userName=…$` and its like, as `enable_id_trans` asks for.
pub fn translated(phone: &Phone<'_>, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        let (before, after) = rest.split_at(start);
        out.push_str(before);
        let name = after[1..].split_once('$').and_then(|(inside, left)| Some((name_of(phone, inside)?, left)));
        match name {
            Some((name, left)) => {
                out.push_str(&name);
                rest = left;
            }
            None => {
                out.push('$');
                rest = &after[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn name_of(phone: &Phone<'_>, inside: &str) -> Option<String> {
    let (what, id) = inside.split_once('=')?;
    if what == "departmentName" {
        return phone.corp.directory.department(id.parse().ok()?).map(|row| row.name.to_string());
    }
    let member = phone.corp.directory.member(&folded(id))?;
    match what {
        "userName" => Some(member.name.to_string()),
        "userAlias" => Some(member.alias.to_string()),
        "userAliasOrName" if !member.alias.is_empty() => Some(member.alias.to_string()),
        "userAliasOrName" => Some(member.name.to_string()),
        _ => None,
    }
}

/// A link that opens in the member's client.
pub fn link(phone: &Phone<'_>, url: &str, label: &str) -> String {
    format!("<a target=_blank rel=noopener href=\"{}\">{label}</a>", safe(&open_path(phone, url)))
}

/// A text: `<a href="…">label</a>` and bare addresses are links, line breaks stay.
pub fn text(phone: &Phone<'_>, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(start) = rest.find("<a ") {
        let (before, after) = rest.split_at(start);
        let Some((anchor, left)) = anchor(after) else {
            out.push_str(&plain(phone, &rest[..start + 3]));
            rest = &rest[start + 3..];
            continue;
        };
        out.push_str(&plain(phone, before));
        out.push_str(&link(phone, anchor.0, &safe(anchor.1)));
        rest = left;
    }
    out.push_str(&plain(phone, rest));
    out
}

/// Address and label of an `<a>` at the beginning, and what follows it.
fn anchor(text: &str) -> Option<((&str, &str), &str)> {
    let (tag, rest) = text.split_once('>')?;
    let (label, left) = rest.split_once("</a>")?;
    let href = tag.split_once("href=")?.1.trim();
    let quote = href.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let href = href[1..].split(quote).next()?;
    (!label.contains('<')).then_some(((href, label), left))
}

fn plain(phone: &Phone<'_>, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = ["http://", "https://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, after) = rest.split_at(start);
        let is_part = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\'' | '`');
        let end = after.find(|c| !is_part(c)).unwrap_or(after.len());
        let url = after[..end].trim_end_matches(['.', ',', ')', ';', '!', '?']);
        out.push_str(&broken(before));
        out.push_str(&link(phone, url, &safe(url)));
        rest = &after[url.len()..];
    }
    out.push_str(&broken(rest));
    out
}

/// Safe, with its line breaks.
pub fn broken(text: &str) -> String {
    safe(text).replace('\n', "<br>")
}

/// The description of a text card: `<br>` and three kinds of `<div>`.
pub fn card_text(text: &str) -> String {
    let mut out = broken(text);
    for (tag, html) in [("&lt;br&gt;", "<br>"), ("&lt;br/&gt;", "<br>"), ("&lt;/div&gt;", "</div>")] {
        out = out.replace(tag, html);
    }
    for class in ["gray", "normal", "highlight"] {
        for quote in ["&quot;", "&#39;"] {
            let tag = format!("&lt;div class={quote}{class}{quote}&gt;");
            out = out.replace(&tag, &format!("<div class={class}>"));
        }
    }
    // A tag that is open or closed in vain would break the page.
    if out.matches("<div ").count() == out.matches("</div>").count() {
        out
    } else {
        out.replace("</div>", "").split("<div ").map(|part| part.split_once('>').map_or(part, |x| x.1)).collect()
    }
}

/// Markdown of apps, and with `wide` the further syntax of robots.
pub fn markdown(phone: &Phone<'_>, text: &str, wide: bool) -> String {
    let mut out = String::new();
    let mut in_code = false;
    for line in text.lines() {
        let bare = line.trim_start();
        if wide && bare.starts_with("```") {
            in_code = !in_code;
            out.push_str(if in_code { "<pre>" } else { "</pre>" });
            continue;
        }
        if in_code {
            out.push_str(&safe(line));
            out.push('\n');
            continue;
        }
        let hashes = bare.bytes().take_while(|b| *b == b'#').count();
        if (1..=6).contains(&hashes) && bare[hashes..].starts_with(' ') {
            out.push_str(&format!("<p class=h{hashes}>{}</p>", inline(phone, bare[hashes..].trim(), wide)));
        } else if let Some(quoted) = bare.strip_prefix('>') {
            out.push_str(&format!("<blockquote>{}</blockquote>", inline(phone, quoted.trim(), wide)));
        } else if wide && matches!(bare, "---" | "***") {
            out.push_str("<hr>");
        } else if let Some(item) = bare.strip_prefix("- ").or_else(|| bare.strip_prefix("* ")).filter(|_| wide) {
            out.push_str(&format!("<p class=item>{}</p>", inline(phone, item, wide)));
        } else {
            out.push_str(&format!("<p>{}</p>", inline(phone, line, wide)));
        }
    }
    if in_code {
        out.push_str("</pre>");
    }
    out
}

/// Bold, code, links, colours within a line.
fn inline(phone: &Phone<'_>, line: &str, wide: bool) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((html, left)) = span(phone, rest, wide) {
            out.push_str(&html);
            rest = left;
        } else {
            out.push_str(&safe(c.encode_utf8(&mut [0; 4])));
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn span<'t>(phone: &Phone<'_>, rest: &'t str, wide: bool) -> Option<(String, &'t str)> {
    if let Some(inside) = rest.strip_prefix("**") {
        let (bold, left) = inside.split_once("**").filter(|(bold, _)| !bold.is_empty())?;
        return Some((format!("<b>{}</b>", inline(phone, bold, wide)), left));
    }
    if let Some(inside) = rest.strip_prefix('*').filter(|_| wide) {
        let (italic, left) = inside.split_once('*').filter(|(italic, _)| !italic.is_empty())?;
        return Some((format!("<i>{}</i>", inline(phone, italic, wide)), left));
    }
    if let Some(inside) = rest.strip_prefix('`') {
        let (code, left) = inside.split_once('`').filter(|(code, _)| !code.is_empty())?;
        return Some((format!("<code>{}</code>", safe(code)), left));
    }
    if let Some(inside) = rest.strip_prefix('[') {
        let (label, left) = inside.split_once("](")?;
        let (url, left) = left.split_once(')')?;
        let is_plain = !label.contains(['[', ']']);
        return is_plain.then(|| (link(phone, url, &inline(phone, label, wide)), left));
    }
    let inside = rest.strip_prefix("<font color=").filter(|_| !wide)?;
    let (color, left) = inside.split_once('>')?;
    let (words, left) = left.split_once("</font>")?;
    let class = match color.trim_matches(['"', '\'']) {
        "info" => "info",
        "comment" => "comment",
        "warning" => "warning",
        _ => return None,
    };
    Some((format!("<span class={class}>{}</span>", inline(phone, words, wide)), left))
}
