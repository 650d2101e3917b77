//! Presses on a card.

use super::{ActError, Doing};
use crate::sandbox::events::element::Element;
use crate::sandbox::messages::card::{Card, Choice};
use crate::sandbox::messages::message::{Message, Receipt, Truth};

type Choices = Vec<(String, Vec<String>)>;

impl Doing<'_> {
    /// The message, the receipt and the card that the member has before the eyes.
    fn card(&self, number: u64) -> Result<(&Message, &Receipt, &Card), ActError> {
        let message = self.corp.messages.ring.get(number).ok_or(ActError::NoMessage)?;
        let receipt = message.receipt(&self.userid).ok_or(ActError::NoMessage)?;
        let is_of_app = message.origin.agentid() == Some(self.agentid);
        let is_seen = matches!(message.truth(receipt), Truth::Arrived | Truth::Updated);
        let card = message.card_at(receipt).filter(|_| is_of_app && is_seen).ok_or(ActError::NoMessage)?;
        Ok((message, receipt, card))
    }

    /// What every card event says: the app's task_id, and a code of its own for one update.
    fn card_event(&mut self, name: &str, number: u64, key: &str, extra: Vec<Element>) -> Result<(), ActError> {
        let (message, _, card) = self.card(number)?;
        let task_id = message.content.card().map(|sent| sent.task_id.clone()).unwrap_or_default();
        let card_type = card.card_type.name();
        let kept = self.corp.message_limits.codes_kept;
        let code = self.corp.messages.codes.give(number, self.agentid, self.now_ms, kept);
        let mut elements = vec![
            Element::text("EventKey", key),
            Element::text("TaskId", task_id),
            Element::text("CardType", card_type),
            Element::text("ResponseCode", code),
        ];
        elements.extend(extra);
        self.event(name, elements, Some(number));
        Ok(())
    }

    pub(super) fn press(&mut self, number: u64, key: &str, choices: Choices) -> Result<(), ActError> {
        let (_, receipt, card) = self.card(number)?;
        let now = receipt.card.as_deref();
        let is_replaced = !card.replace_text.is_empty() || now.is_some_and(|now| !now.replace_name.is_empty());
        if is_replaced || !card.has_key(key) {
            return Err(ActError::NoButton);
        }
        if self.corp.message_switches.locks_pressed_cards && now.is_some_and(|now| !now.pressed.is_empty()) {
            return Err(ActError::Locked);
        }
        let chosen = chosen(card, choices)?;
        let (ids, id) =
            if self.options.misspells_option_ids { ("OpitonIds", "OpitonId") } else { ("OptionIds", "OptionId") };
        let items: Vec<Element> = chosen
            .iter()
            .map(|(question, options)| {
                let options = options.iter().map(|option| Element::text(id, option.clone())).collect();
                Element::group(
                    "SelectedItem",
                    vec![Element::text("QuestionKey", question.clone()), Element::group(ids, options)],
                )
            })
            .collect();
        // Cards without choices have no SelectedItems.
        let extra = if items.is_empty() { Vec::new() } else { vec![Element::group("SelectedItems", items)] };
        self.card_event("template_card_event", number, key, extra)?;
        self.corp.messages.note_press(number, &self.userid, key, chosen);
        Ok(())
    }

    pub(super) fn action(&mut self, number: u64, key: &str) -> Result<(), ActError> {
        let (_, _, card) = self.card(number)?;
        if card.find_action(key).is_none() {
            return Err(ActError::NoButton);
        }
        self.card_event("template_card_menu_event", number, key, Vec::new())
    }
}

/// The choices of all questions of the card: those of the member where the question is open, else those of the card.
fn chosen(card: &Card, mut wished: Choices) -> Result<Choices, ActError> {
    let mut wish = |question: &str| {
        let at = wished.iter().position(|(key, _)| key == question)?;
        Some(wished.swap_remove(at).1)
    };
    let mut chosen = Vec::new();
    for selection in card.button_selection.iter().chain(&card.select_list) {
        let options = match wish(&selection.question_key).filter(|_| !selection.disable) {
            Some(options) => options,
            None => vec![selection.selected_id.clone()],
        };
        if options.len() != 1 || !are_options(&options, &selection.option_list) {
            return Err(ActError::BadChoice);
        }
        chosen.push((selection.question_key.clone(), options));
    }
    if let Some(checkbox) = &card.checkbox {
        let options = match wish(&checkbox.question_key).filter(|_| !checkbox.disable) {
            Some(options) => options,
            None => checkbox.option_list.iter().filter(|o| o.is_checked).map(|o| o.id.clone()).collect(),
        };
        if (checkbox.mode == 0 && options.len() > 1) || !are_options(&options, &checkbox.option_list) {
            return Err(ActError::BadChoice);
        }
        chosen.push((checkbox.question_key.clone(), options));
    }
    if wished.is_empty() { Ok(chosen) } else { Err(ActError::BadChoice) }
}

/// Whether all of them are options, each once.
fn are_options(ids: &[String], options: &[Choice]) -> bool {
    ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id) && options.iter().any(|option| option.id == *id))
}
