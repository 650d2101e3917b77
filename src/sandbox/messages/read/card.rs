//! Template cards: which part belongs to which card, and which are required (doc path 90236, chapter 5 of the contract).

use super::Reader;
use crate::sandbox::messages::card::{Card, CardType};
use crate::sandbox::wire::answer::{Refusal, refuse};
use crate::sandbox::wire::request::Body;

const TASK_ID_BYTES: usize = 128;

/// What a card is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be sent: task_id counts, freezing and replacing do not exist yet.
    Send,
    /// A robot's: notices only, nothing that calls back.
    Robot,
    /// To take the place of a card: task_id is ignored.
    Update,
}

/// The parts that may be left out, by name, and the cards they belong to.
const OPTIONAL_PARTS: &[(&str, &[CardType])] = {
    use CardType::{ButtonInteraction, NewsNotice, TextNotice};
    &[
        ("action_menu", &[TextNotice, NewsNotice, ButtonInteraction]),
        ("quote_area", &[TextNotice, NewsNotice, ButtonInteraction]),
        ("emphasis_content", &[TextNotice]),
        ("sub_title_text", &[TextNotice, ButtonInteraction]),
        ("horizontal_content_list", &[TextNotice, NewsNotice, ButtonInteraction]),
        ("jump_list", &[TextNotice, NewsNotice]),
        ("card_action", &[TextNotice, NewsNotice, ButtonInteraction]),
        ("image_text_area", &[NewsNotice]),
        ("card_image", &[NewsNotice]),
        ("vertical_content_list", &[NewsNotice]),
        ("button_selection", &[ButtonInteraction]),
        ("button_list", &[ButtonInteraction]),
        ("checkbox", &[CardType::VoteInteraction]),
        ("submit_button", &[CardType::VoteInteraction, CardType::MultipleInteraction]),
        ("select_list", &[CardType::MultipleInteraction]),
    ]
};

impl Reader<'_> {
    /// Reads a card and holds it to the rules of its type.
    pub fn card(&mut self, inner: &mut Body, purpose: Purpose) -> Result<Card, Refusal> {
        // A card whose fields stand outside of `template_card` shows as one without a title.
        let Some(name) = inner.filled("card_type") else {
            return if inner.has("main_title") {
                refuse(42031, "card_type missing")
            } else {
                refuse(41016, "missing title")
            };
        };
        let Some(card_type) = CardType::find(&name) else { return refuse(42031, "invalid card_type") };
        if purpose == Purpose::Robot && !card_type.is_notice() {
            return refuse(42031, "invalid card_type: a robot sends notices only");
        }
        for (part, types) in OPTIONAL_PARTS {
            if inner.has(part) && !types.contains(&card_type) {
                self.remarks.push(format!("{part} does not belong to {name} and is ignored"));
            }
        }
        let has = |part: &str| OPTIONAL_PARTS.iter().any(|(name, types)| *name == part && types.contains(&card_type));
        let mut card = Card { card_type, source: self.source(inner)?, ..Card::default() };
        card.main_title = self.title(inner, "main_title", (36, 44))?;
        if has("action_menu") && purpose != Purpose::Robot {
            card.action_menu = self.action_menu(inner)?;
        }
        if has("quote_area") {
            card.quote_area = self.quote(inner)?;
        }
        if has("emphasis_content") {
            card.emphasis_content = self.title(inner, "emphasis_content", (14, 22))?;
        }
        if has("sub_title_text") {
            card.sub_title_text = inner.text_or_empty("sub_title_text");
            self.advise("sub_title_text", &card.sub_title_text, 160);
        }
        self.check_titles(&card)?;
        if has("horizontal_content_list") {
            card.horizontal_content_list = self.rows(inner)?;
        }
        if has("jump_list") {
            card.jump_list = self.jumps(inner)?;
        }
        if has("card_action") {
            card.card_action = self.card_action(inner, card_type)?;
        }
        if card_type == CardType::NewsNotice {
            card.image_text_area = self.image_text(inner)?;
            card.card_image = self.card_image(inner)?;
            if card.image_text_area.is_none() && card.card_image.is_none() {
                return refuse(42044, "card_image missing");
            }
            card.vertical_content_list = self.paragraphs(inner)?;
        }
        self.choices(inner, &mut card, purpose)?;
        if purpose == Purpose::Update {
            card.replace_text = inner.text_or_empty("replace_text");
        } else {
            card.task_id = self.task_id(inner, &card)?;
        }
        Ok(card)
    }

    fn check_titles(&self, card: &Card) -> Result<(), Refusal> {
        let stands_in = card.card_type == CardType::TextNotice && !card.sub_title_text.is_empty();
        if card.main_title.title.is_empty() && !stands_in {
            return refuse(41016, "missing title");
        }
        Ok(())
    }

    fn task_id(&self, inner: &mut Body, card: &Card) -> Result<String, Refusal> {
        let task_id = inner.text_or_empty("task_id");
        let is_required = !card.card_type.is_notice() || card.action_menu.is_some();
        if task_id.is_empty() && !is_required {
            return Ok(task_id);
        }
        let is_clean = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'@');
        if !(1..=TASK_ID_BYTES).contains(&task_id.len()) || !task_id.bytes().all(is_clean) {
            return refuse(self.switches().task_id_errcode, "invalid task_id");
        }
        Ok(task_id)
    }
}
