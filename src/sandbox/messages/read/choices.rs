//! What is pressed on a card: buttons, drop-downs, the choices of a vote, the submit button.

use super::card::Purpose;
use super::limits::check_url;
use super::parts::{KEY_BYTES, small};
use super::simple::URL_BYTES;
use super::{Channel, Reader};
use crate::sandbox::messages::card::{Button, Card, CardType, Checkbox, Choice, Selection, Submit};
use crate::sandbox::wire::answer::{Refusal, refuse};
use crate::sandbox::wire::request::Body;

const BUTTONS_MAX: usize = 6;
const OPTIONS_MAX: usize = 10;
const VOTES_MAX: usize = 20;
const SELECTIONS_MAX: usize = 3;
const OPTION_ID_BYTES: usize = 128;

impl Reader<'_> {
    /// Reads the parts that belong to the card's type, and refuses a card that calls back to nowhere (43012).
    pub(super) fn choices(&mut self, inner: &mut Body, card: &mut Card, purpose: Purpose) -> Result<(), Refusal> {
        match card.card_type {
            CardType::TextNotice | CardType::NewsNotice => {}
            CardType::ButtonInteraction => {
                card.button_selection = inner.inside("button_selection", |inner| self.selection(inner, purpose))?;
                card.button_list = self.buttons(inner)?;
            }
            CardType::VoteInteraction => {
                card.checkbox = inner.inside("checkbox", |inner| self.checkbox(inner, purpose))?;
                card.submit_button = self.submit(inner)?;
            }
            CardType::MultipleInteraction => {
                card.select_list = self.selections(inner, purpose)?;
                card.submit_button = match self.submit(inner)? {
                    None => return refuse(42046, "submit_button.key missing"),
                    submit => submit,
                };
            }
        }
        if let Channel::App(agentid) = self.channel
            && card.has_callback()
            && self.corp.apps.get(&agentid).is_none_or(|app| app.callback.is_none())
        {
            return refuse(43012, "the app has no callback url");
        }
        Ok(())
    }

    fn buttons(&mut self, inner: &mut Body) -> Result<Vec<Button>, Refusal> {
        if !(1..=BUTTONS_MAX).contains(&inner.count("button_list").unwrap_or_default()) {
            return refuse(40058, "button_list is not of 1 to 6. invalid Request Parameter");
        }
        let buttons = inner.each("button_list", |inner| self.button(inner))?;
        let mut keys: Vec<&str> = buttons.iter().filter(|b| b.kind == 0).map(|b| b.key.as_str()).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse(42051, "key conflict in button_list");
        }
        Ok(buttons)
    }

    fn button(&mut self, inner: &mut Body) -> Result<Button, Refusal> {
        let Some(kind) = small(inner, "type", 1) else {
            return refuse(40058, "button_list.type is invalid. invalid Request Parameter");
        };
        let Some(text) = inner.filled("text") else { return refuse(42038, "button_list.text missing") };
        self.advise("button_list.text", &text, 10);
        // A wrong or missing style counts as 1.
        let style = small(inner, "style", 4).filter(|style| *style > 0).unwrap_or(1);
        let (key, url) = (inner.text_or_empty("key"), inner.text_or_empty("url"));
        match kind {
            0 if !(1..=KEY_BYTES).contains(&key.len()) => return refuse(42039, "invalid button_list.key"),
            1 if url.is_empty() => return refuse(42028, "button_list.url missing"),
            1 => check_url("button_list.url", &url, URL_BYTES)?,
            _ => {}
        }
        Ok(Button { kind, text, style, key, url })
    }

    fn selections(&mut self, inner: &mut Body, purpose: Purpose) -> Result<Vec<Selection>, Refusal> {
        if !(1..=SELECTIONS_MAX).contains(&inner.count("select_list").unwrap_or_default()) {
            return refuse(42047, "select_list is not of 1 to 3");
        }
        let list = inner.each("select_list", |inner| self.selection(inner, purpose))?;
        let mut keys: Vec<&str> = list.iter().map(|selection| selection.question_key.as_str()).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse(42051, "key conflict in select_list");
        }
        Ok(list)
    }

    fn selection(&mut self, inner: &mut Body, purpose: Purpose) -> Result<Selection, Refusal> {
        let question_key = question_key(inner)?;
        let option_list = self.options(inner, OPTIONS_MAX, 16)?;
        let wished = inner.text_or_empty("selected_id");
        let selected = option_list.iter().find(|option| option.id == wished).or(option_list.first());
        let selected_id = selected.map(|option| option.id.clone()).unwrap_or_default();
        let disable = purpose == Purpose::Update && inner.truth("disable").unwrap_or_default();
        Ok(Selection { question_key, title: inner.text_or_empty("title"), option_list, selected_id, disable })
    }

    fn checkbox(&mut self, inner: &mut Body, purpose: Purpose) -> Result<Checkbox, Refusal> {
        let question_key = question_key(inner)?;
        let Some(mode) = small(inner, "mode", 1) else {
            return refuse(40058, "checkbox.mode is invalid. invalid Request Parameter");
        };
        let option_list = self.options(inner, VOTES_MAX, 17)?;
        let disable = purpose == Purpose::Update && inner.truth("disable").unwrap_or_default();
        Ok(Checkbox { question_key, mode, option_list, disable })
    }

    /// Options with ids of their own (42040) and texts (42041).
    fn options(&mut self, inner: &mut Body, max: usize, advised: usize) -> Result<Vec<Choice>, Refusal> {
        if !(1..=max).contains(&inner.count("option_list").unwrap_or_default()) {
            return refuse(42037, format!("option_list is not of 1 to {max}"));
        }
        let mut options: Vec<Choice> = Vec::new();
        for option in inner.each("option_list", |inner| {
            let is_checked = inner.truth("is_checked").unwrap_or_default();
            Ok(Choice { id: inner.text_or_empty("id"), text: inner.text_or_empty("text"), is_checked })
        })? {
            let is_taken = options.iter().any(|other| other.id == option.id);
            if is_taken || !(1..=OPTION_ID_BYTES).contains(&option.id.len()) {
                return refuse(42040, "invalid option_list.id");
            }
            if option.text.is_empty() {
                return refuse(42041, "option_list.text missing");
            }
            self.advise("option_list.text", &option.text, advised);
            options.push(option);
        }
        Ok(options)
    }

    fn submit(&mut self, inner: &mut Body) -> Result<Option<Submit>, Refusal> {
        let is_required = self.switches().submit_text_is_required;
        let submit = inner.inside("submit_button", |inner| {
            let text = match inner.filled("text") {
                Some(text) => text,
                None if is_required => return refuse(42049, "submit_button.text missing"),
                None => "提交".into(),
            };
            let key = inner.text_or_empty("key");
            if !(1..=KEY_BYTES).contains(&key.len()) {
                return refuse(42046, "invalid submit_button.key");
            }
            Ok(Submit { text, key })
        })?;
        if let Some(submit) = &submit {
            self.advise("submit_button.text", &submit.text, 10);
        }
        Ok(submit)
    }
}

fn question_key(inner: &mut Body) -> Result<String, Refusal> {
    let key = inner.text_or_empty("question_key");
    if (1..=KEY_BYTES).contains(&key.len()) { Ok(key) } else { refuse(42043, "invalid question_key") }
}
