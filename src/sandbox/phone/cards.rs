//! Template cards as they look, with everything that can be pressed; and the pictures of apps and people.

use super::Phone;
use super::links::open_path;
use crate::sandbox::html::{link_part, safe};
use crate::sandbox::messages::card::{Card, Checkbox, Row, Selection, Target};
use crate::sandbox::messages::message::{CardNow, Message, Receipt, Room};
use crate::sandbox::state::corp::App;
use std::fmt::{Result, Write};

/// A square with a letter, its colour by the name behind it.
pub fn avatar(name: &str, id: &str, is_person: bool) -> String {
    let colour = id.bytes().fold(0_usize, |sum, b| (sum * 31 + usize::from(b)) % 997) % 7;
    // Of a person the last character, as in a Chinese name; of anything else the first.
    let letter = if is_person && !name.is_ascii() { name.chars().last() } else { name.chars().next() };
    format!("<span class='avatar c{colour}' aria-hidden=true>{}</span>", safe(&letter.unwrap_or('·').to_string()))
}

/// The logo of an app, or a letter.
pub fn app_avatar(phone: &Phone<'_>, agentid: u64, app: &App) -> String {
    if app.logo_mediaid.is_empty() {
        return avatar(&app.name, &agentid.to_string(), false);
    }
    format!("<img class=avatar alt='' src=\"/_sandbox/logo/{}/{agentid}\">", link_part(&phone.corp.corpid))
}

/// Opens the element that a tap on a part is.
fn linked(phone: &Phone<'_>, target: &Target, class: &str, inside: &str) -> String {
    match target.kind {
        1 => format!(
            "<a class='{class}' target=_blank rel=noopener href=\"{}\">{inside}</a>",
            safe(&open_path(phone, &target.url))
        ),
        2 => format!(
            "<span class='{class}' title=\"{} {}\">{inside}</span>",
            safe(&target.appid),
            safe(&target.pagepath)
        ),
        _ => format!("<span class='{class}'>{inside}</span>"),
    }
}

/// Writes the card as the receipt has it now.
pub fn card(out: &mut String, phone: &Phone<'_>, message: &Message, receipt: &Receipt) -> Result {
    let Some(card) = message.card_at(receipt) else { return Ok(()) };
    let none = CardNow::default();
    let now = receipt.card.as_deref().unwrap_or(&none);
    let agentid = message.origin.agentid().unwrap_or_default();
    let path = safe(&phone.room_path(&Room::App(agentid)));
    write!(
        out,
        "<form class='plate card' method=post action=\"{path}/press\"><input type=hidden name=message value={}>",
        message.number
    )?;
    top(out, phone, card)?;
    body(out, phone, card)?;
    choices(out, card, now)?;
    buttons(out, phone, card, now)?;
    for jump in &card.jump_list {
        write!(out, "{}", linked(phone, &jump.target, "jump", &safe(&jump.title)))?;
    }
    write!(out, "</form>")
}

/// Source and menu.
fn top(out: &mut String, phone: &Phone<'_>, card: &Card) -> Result {
    if card.source.is_none() && card.action_menu.is_none() {
        return Ok(());
    }
    write!(out, "<div class=top>")?;
    if let Some(source) = &card.source {
        let icon = match source.icon_url.as_str() {
            "" => String::new(),
            url => format!("<img src=\"{}\" alt=''>", safe(url)),
        };
        write!(out, "<p class='source d{}'>{icon}{}</p>", source.desc_color, safe(&source.desc))?;
    }
    if let Some(menu) = &card.action_menu {
        let label = if menu.desc.is_empty() { phone.t("更多操作", "More") } else { &menu.desc };
        write!(out, "<details class=actions><summary aria-label=\"{}\">···</summary><div>", safe(label))?;
        for action in &menu.action_list {
            write!(
                out,
                "<button name=action formnovalidate value=\"{}\">{}</button>",
                safe(&action.key),
                safe(&action.text)
            )?;
        }
        write!(out, "</div></details>")?;
    }
    write!(out, "</div>")
}

fn body(out: &mut String, phone: &Phone<'_>, card: &Card) -> Result {
    let mut head = String::new();
    let title = &card.main_title;
    if !title.title.is_empty() {
        write!(head, "<span class=title>{}</span>", safe(&title.title))?;
    }
    if !title.desc.is_empty() {
        write!(head, "<span class=below>{}</span>", safe(&title.desc))?;
    }
    if let Some(picture) = &card.card_image {
        write!(head, "<img class=wide src=\"{}\" alt=''>", safe(&picture.url))?;
    }
    let figure = &card.emphasis_content;
    if !(figure.title.is_empty() && figure.desc.is_empty()) {
        write!(head, "<span class=figure><b>{}</b><span>{}</span></span>", safe(&figure.title), safe(&figure.desc))?;
    }
    if !card.sub_title_text.is_empty() {
        write!(head, "<span class=sub>{}</span>", safe(&card.sub_title_text))?;
    }
    write!(out, "{}", linked(phone, &card.card_action, "head", &head))?;
    if let Some(area) = &card.image_text_area {
        let inside = format!(
            "<img src=\"{}\" alt=''><span><b>{}</b><span>{}</span></span>",
            safe(&area.image_url),
            safe(&area.title),
            safe(&area.desc)
        );
        write!(out, "{}", linked(phone, &area.target, "beside", &inside))?;
    }
    if let Some(quote) = &card.quote_area {
        let inside = format!("<b>{}</b><span>{}</span>", safe(&quote.title), safe(&quote.quote_text));
        write!(out, "{}", linked(phone, &quote.target, "quote", &inside))?;
    }
    for paragraph in &card.vertical_content_list {
        write!(out, "<p class=paragraph><b>{}</b><span>{}</span></p>", safe(&paragraph.title), safe(&paragraph.desc))?;
    }
    if !card.horizontal_content_list.is_empty() {
        write!(out, "<dl class=rows>")?;
        for row in &card.horizontal_content_list {
            write!(out, "<dt>{}</dt><dd>{}</dd>", safe(&row.keyname), value(phone, row))?;
        }
        write!(out, "</dl>")?;
    }
    Ok(())
}

fn value(phone: &Phone<'_>, row: &Row) -> String {
    match row.kind {
        1 => super::markup::link(phone, &row.url, &safe(if row.value.is_empty() { &row.url } else { &row.value })),
        2 => format!(
            "<a href=\"/_sandbox/media/{}/{}\" download=\"{}\">{}</a>",
            link_part(&phone.corp.corpid),
            link_part(&row.media_id),
            safe(&row.value),
            safe(if row.value.is_empty() { phone.t("附件", "Attachment") } else { &row.value })
        ),
        3 => {
            let member = phone.corp.directory.member(&row.userid.to_ascii_lowercase());
            let name = member.map_or(row.userid.as_str(), |member| member.name.as_str());
            let shown = if row.value.is_empty() { name } else { &row.value };
            format!("<span class=person-link>{}</span>", safe(shown))
        }
        _ => safe(&row.value),
    }
}

/// What the member chose last, else what the card chose.
fn last<'c>(now: &'c CardNow, question: &str) -> Option<&'c Vec<String>> {
    now.chosen.iter().find(|(key, _)| key == question).map(|(_, options)| options)
}

fn choices(out: &mut String, card: &Card, now: &CardNow) -> Result {
    let is_over = !now.replace_name.is_empty() || !card.replace_text.is_empty();
    for selection in card.button_selection.iter().chain(&card.select_list) {
        select(out, selection, now, is_over)?;
    }
    match &card.checkbox {
        Some(checkbox) => votes(out, checkbox, now, is_over),
        None => Ok(()),
    }
}

fn select(out: &mut String, selection: &Selection, now: &CardNow, is_over: bool) -> Result {
    let key = safe(&selection.question_key);
    let chosen = last(now, &selection.question_key).and_then(|options| options.first());
    let chosen = chosen.unwrap_or(&selection.selected_id);
    let disabled = if selection.disable || is_over { " disabled" } else { "" };
    let label = if selection.title.is_empty() { &selection.question_key } else { &selection.title };
    write!(out, "<label class=choice><span>{}</span><select name=\"c:{key}\"{disabled}>", safe(label))?;
    for option in &selection.option_list {
        let mark = if option.id == *chosen { " selected" } else { "" };
        write!(out, "<option value=\"{}\"{mark}>{}</option>", safe(&option.id), safe(&option.text))?;
    }
    write!(out, "</select></label>")
}

fn votes(out: &mut String, checkbox: &Checkbox, now: &CardNow, is_over: bool) -> Result {
    let key = safe(&checkbox.question_key);
    let kind = if checkbox.mode == 0 { "radio" } else { "checkbox" };
    let disabled = if checkbox.disable || is_over { " disabled" } else { "" };
    let chosen = last(now, &checkbox.question_key);
    write!(out, "<fieldset class=votes{disabled}><input type=hidden name=\"q:{key}\">")?;
    for option in &checkbox.option_list {
        let is_on = chosen.map_or(option.is_checked, |chosen| chosen.contains(&option.id));
        let mark = if is_on { " checked" } else { "" };
        write!(
            out,
            "<label><input type={kind} name=\"c:{key}\" value=\"{}\"{mark}><span>{}</span></label>",
            safe(&option.id),
            safe(&option.text)
        )?;
    }
    write!(out, "</fieldset>")
}

fn buttons(out: &mut String, phone: &Phone<'_>, card: &Card, now: &CardNow) -> Result {
    if card.button_list.is_empty() && card.submit_button.is_none() {
        return Ok(());
    }
    let replaced = if now.replace_name.is_empty() { &card.replace_text } else { &now.replace_name };
    if !replaced.is_empty() {
        return write!(out, "<p class=replaced>{}</p>", safe(replaced));
    }
    let is_locked = phone.corp.message_switches.locks_pressed_cards && !now.pressed.is_empty();
    let disabled = if is_locked { " disabled" } else { "" };
    write!(out, "<div class='buttons n{}'>", card.button_list.len())?;
    for button in &card.button_list {
        let style = button.style;
        if button.kind == 1 {
            let path = safe(&open_path(phone, &button.url));
            write!(out, "<a class='b{style}' target=_blank rel=noopener href=\"{path}\">{}</a>", safe(&button.text))?;
        } else {
            let key = safe(&button.key);
            write!(out, "<button class='b{style}' name=key value=\"{key}\"{disabled}>{}</button>", safe(&button.text))?;
        }
    }
    if let Some(submit) = &card.submit_button {
        write!(
            out,
            "<button class=b1 name=key value=\"{}\"{disabled}>{}</button>",
            safe(&submit.key),
            safe(&submit.text)
        )?;
    }
    write!(out, "</div>")
}
