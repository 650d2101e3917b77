//! Which part belongs to which card, which are required, and how much each may hold (doc path 90236; contract chapter 5).

use super::card::{Card, CardType, Choice, Selection, Target, Use};
use super::limits::{Checker, LimitFault, LimitRule, URL_BYTES};
use super::plain::DOC;
use std::collections::BTreeSet;

const TASK_ID_BYTES: usize = 128;
const KEY_BYTES: usize = 1024;
const OPTION_ID_BYTES: usize = 128;
const ACTIONS_MAX: usize = 3;
const ROWS_MAX: usize = 6;
const JUMPS_MAX: usize = 3;
const PARAGRAPHS_MAX: usize = 4;
const OPTIONS_MAX: usize = 10;
const VOTES_MAX: usize = 20;
const SELECTIONS_MAX: usize = 3;
const BUTTONS_MAX: usize = 6;
/// Above 1.3 (which is the default) and below 2.25.
const ASPECT_PERCENT: std::ops::RangeInclusive<u16> = 130..=224;

use CardType::{ButtonInteraction, MultipleInteraction, NewsNotice, TextNotice, VoteInteraction};

impl Card {
    /// Holds the card to the rules of its type.
    pub(super) fn check(&self, purpose: Use, checker: &mut Checker) {
        self.check_belonging(purpose, checker);
        self.check_head(purpose, checker);
        self.check_rows(checker);
        self.check_pictures(checker);
        self.check_choices(checker);
    }

    /// Parts that this type of card does not have; WeCom would leave them out silently.
    fn check_belonging(&self, purpose: Use, checker: &mut Checker) {
        let kind = self.card_type;
        let shown = [TextNotice, NewsNotice, ButtonInteraction];
        let parts: [(&str, bool, &[CardType]); 15] = [
            ("action_menu", self.action_menu.is_some(), &shown),
            ("quote_area", self.quote_area.is_some(), &shown),
            ("emphasis_content", self.emphasis_content != Default::default(), &[TextNotice]),
            ("sub_title_text", !self.sub_title_text.is_empty(), &[TextNotice, ButtonInteraction]),
            ("horizontal_content_list", !self.horizontal_content_list.is_empty(), &shown),
            ("jump_list", !self.jump_list.is_empty(), &[TextNotice, NewsNotice]),
            ("card_action", self.card_action != Default::default(), &shown),
            ("image_text_area", self.image_text_area.is_some(), &[NewsNotice]),
            ("card_image", self.card_image.is_some(), &[NewsNotice]),
            ("vertical_content_list", !self.vertical_content_list.is_empty(), &[NewsNotice]),
            ("button_selection", self.button_selection.is_some(), &[ButtonInteraction]),
            ("button_list", !self.button_list.is_empty(), &[ButtonInteraction]),
            ("checkbox", self.checkbox.is_some(), &[VoteInteraction]),
            ("submit_button", self.submit_button.is_some(), &[VoteInteraction, MultipleInteraction]),
            ("select_list", !self.select_list.is_empty(), &[MultipleInteraction]),
        ];
        for (name, is_there, types) in parts {
            if is_there && !types.contains(&kind) {
                checker.fault(at(name), LimitRule::NotHere, DOC);
            }
        }
        let frozen = self.checkbox.as_ref().is_some_and(|checkbox| checkbox.disable)
            || self.selections().any(|(_, selection)| selection.disable);
        if purpose == Use::Send && (frozen || !self.replace_text.is_empty()) {
            checker.fault(at("replace_text"), LimitRule::NotHere, DOC);
        }
        if kind.is_notice() && !self.replace_text.is_empty() {
            checker.fault(at("replace_text"), LimitRule::NotHere, DOC);
        }
    }

    fn check_head(&self, purpose: Use, checker: &mut Checker) {
        if let Some(source) = &self.source {
            checker.optional_url(&at("source.icon_url"), &source.icon_url, URL_BYTES, DOC);
            if source.desc_color > 3 {
                checker.fault(at("source.desc_color"), LimitRule::Range, DOC);
            }
        }
        if self.card_type != TextNotice || self.sub_title_text.trim().is_empty() {
            checker.required(&at("main_title.title"), &self.main_title.title, DOC);
        }
        if let Some(menu) = &self.action_menu {
            checker.count(&at("action_menu.action_list"), menu.action_list.len(), 1, ACTIONS_MAX, DOC);
            for (n, action) in menu.action_list.iter().enumerate() {
                checker.required(&at(&format!("action_menu.action_list[{n}].text")), &action.text, DOC);
                key(&format!("action_menu.action_list[{n}].key"), &action.key, KEY_BYTES, checker);
            }
            once("action_menu.action_list", menu.action_list.iter().map(|action| action.key.as_str()), checker);
        }
        let needs_task_id = !self.card_type.is_notice() || self.action_menu.is_some();
        if purpose == Use::Send && (needs_task_id || !self.task_id.is_empty()) {
            key("task_id", &self.task_id, TASK_ID_BYTES, checker);
            if !self.task_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'@')) {
                checker.fault(at("task_id"), LimitRule::Form, DOC);
            }
        }
        target("card_action", &self.card_action, self.card_type.is_notice(), checker);
    }

    fn check_rows(&self, checker: &mut Checker) {
        if let Some(quote) = &self.quote_area {
            target("quote_area", &quote.target, false, checker);
        }
        checker.count(&at("horizontal_content_list"), self.horizontal_content_list.len(), 0, ROWS_MAX, DOC);
        for (n, row) in self.horizontal_content_list.iter().enumerate() {
            let field = |name: &str| at(&format!("horizontal_content_list[{n}].{name}"));
            checker.required(&field("keyname"), &row.keyname, DOC);
            match row.kind {
                0 => {}
                1 => checker.url(&field("url"), &row.url, URL_BYTES, DOC),
                2 => checker.required(&field("media_id"), &row.media_id, DOC),
                3 => checker.required(&field("userid"), &row.userid, DOC),
                _ => checker.fault(field("type"), LimitRule::Range, DOC),
            }
        }
        checker.count(&at("jump_list"), self.jump_list.len(), 0, JUMPS_MAX, DOC);
        for (n, jump) in self.jump_list.iter().enumerate() {
            checker.required(&at(&format!("jump_list[{n}].title")), &jump.title, DOC);
            target(&format!("jump_list[{n}]"), &jump.target, false, checker);
        }
        checker.count(&at("vertical_content_list"), self.vertical_content_list.len(), 0, PARAGRAPHS_MAX, DOC);
        for (n, part) in self.vertical_content_list.iter().enumerate() {
            checker.required(&at(&format!("vertical_content_list[{n}].title")), &part.title, DOC);
        }
    }

    fn check_pictures(&self, checker: &mut Checker) {
        if let Some(image) = &self.image_text_area {
            target("image_text_area", &image.target, false, checker);
            checker.url(&at("image_text_area.image_url"), &image.image_url, URL_BYTES, DOC);
        }
        if let Some(picture) = &self.card_image {
            checker.url(&at("card_image.url"), &picture.url, URL_BYTES, DOC);
            if !ASPECT_PERCENT.contains(&picture.aspect_ratio.0) {
                checker.fault(at("card_image.aspect_ratio"), LimitRule::Range, DOC);
            }
        }
        if self.card_type == NewsNotice && self.image_text_area.is_none() && self.card_image.is_none() {
            checker.fault(at("card_image"), LimitRule::Missing, DOC);
        }
    }

    fn check_choices(&self, checker: &mut Checker) {
        for (name, selection) in self.selections() {
            key(&format!("{name}.question_key"), &selection.question_key, KEY_BYTES, checker);
            options(&name, &selection.option_list, OPTIONS_MAX, checker);
        }
        match self.card_type {
            TextNotice | NewsNotice => {}
            ButtonInteraction => {
                checker.count(&at("button_list"), self.button_list.len(), 1, BUTTONS_MAX, DOC);
                for (n, button) in self.button_list.iter().enumerate() {
                    checker.required(&at(&format!("button_list[{n}].text")), &button.text, DOC);
                    if button.url.is_empty() {
                        key(&format!("button_list[{n}].key"), &button.key, KEY_BYTES, checker);
                    } else {
                        checker.url(&at(&format!("button_list[{n}].url")), &button.url, URL_BYTES, DOC);
                    }
                }
                let keys = self.button_list.iter().filter(|b| b.url.is_empty()).map(|b| b.key.as_str());
                once("button_list", keys, checker);
            }
            VoteInteraction => match &self.checkbox {
                None => checker.fault(at("checkbox"), LimitRule::Missing, DOC),
                Some(checkbox) => {
                    key("checkbox.question_key", &checkbox.question_key, KEY_BYTES, checker);
                    options("checkbox", &checkbox.option_list, VOTES_MAX, checker);
                    if checkbox.mode > 1 {
                        checker.fault(at("checkbox.mode"), LimitRule::Range, DOC);
                    }
                }
            },
            MultipleInteraction => {
                checker.count(&at("select_list"), self.select_list.len(), 1, SELECTIONS_MAX, DOC);
                once("select_list", self.select_list.iter().map(|s| s.question_key.as_str()), checker);
            }
        }
        if matches!(self.card_type, VoteInteraction | MultipleInteraction) {
            match &self.submit_button {
                None => checker.fault(at("submit_button"), LimitRule::Missing, DOC),
                Some(submit) => {
                    checker.required(&at("submit_button.text"), &submit.text, DOC);
                    key("submit_button.key", &submit.key, KEY_BYTES, checker);
                }
            }
        }
    }

    fn selections(&self) -> impl Iterator<Item = (String, &Selection)> {
        let one = self.button_selection.iter().map(|selection| ("button_selection".to_owned(), selection));
        let many = self.select_list.iter().enumerate().map(|(n, selection)| (format!("select_list[{n}]"), selection));
        one.chain(many)
    }

    /// What clients show shortened, by the lengths that the page recommends.
    pub(super) fn advise(&self) -> Vec<LimitFault> {
        let mut checker = Checker::default();
        let mut advise = |field: &str, text: &str, max: usize| checker.advised(&at(field), text, max, DOC);
        if let Some(source) = &self.source {
            advise("source.desc", &source.desc, 20);
        }
        advise("main_title.title", &self.main_title.title, 36);
        advise("main_title.desc", &self.main_title.desc, 44);
        advise("emphasis_content.title", &self.emphasis_content.title, 14);
        advise("emphasis_content.desc", &self.emphasis_content.desc, 22);
        advise("sub_title_text", &self.sub_title_text, 160);
        for (n, row) in self.horizontal_content_list.iter().enumerate() {
            advise(&format!("horizontal_content_list[{n}].keyname"), &row.keyname, 5);
            advise(&format!("horizontal_content_list[{n}].value"), &row.value, 30);
        }
        for (n, jump) in self.jump_list.iter().enumerate() {
            advise(&format!("jump_list[{n}].title"), &jump.title, 18);
        }
        for (n, part) in self.vertical_content_list.iter().enumerate() {
            advise(&format!("vertical_content_list[{n}].title"), &part.title, 38);
            advise(&format!("vertical_content_list[{n}].desc"), &part.desc, 160);
        }
        for (n, button) in self.button_list.iter().enumerate() {
            advise(&format!("button_list[{n}].text"), &button.text, 10);
        }
        for (name, selection) in self.selections() {
            for (n, option) in selection.option_list.iter().enumerate() {
                advise(&format!("{name}.option_list[{n}].text"), &option.text, 16);
            }
        }
        for (n, option) in self.checkbox.iter().flat_map(|checkbox| &checkbox.option_list).enumerate() {
            advise(&format!("checkbox.option_list[{n}].text"), &option.text, 17);
        }
        if let Some(submit) = &self.submit_button {
            advise("submit_button.text", &submit.text, 10);
        }
        checker.into_faults()
    }
}

fn at(name: &str) -> String {
    format!("template_card.{name}")
}

/// A required key.
fn key(name: &str, key: &str, max: usize, checker: &mut Checker) {
    checker.required(&at(name), key, DOC);
    checker.bytes(&at(name), key, max, DOC);
}

fn once<'a>(name: &str, keys: impl Iterator<Item = &'a str>, checker: &mut Checker) {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key) {
            checker.fault(at(name), LimitRule::Repeated, DOC);
        }
    }
}

fn options(name: &str, options: &[Choice], max: usize, checker: &mut Checker) {
    checker.count(&at(&format!("{name}.option_list")), options.len(), 1, max, DOC);
    for (n, option) in options.iter().enumerate() {
        key(&format!("{name}.option_list[{n}].id"), &option.id, OPTION_ID_BYTES, checker);
        checker.required(&at(&format!("{name}.option_list[{n}].text")), &option.text, DOC);
    }
    once(&format!("{name}.option_list"), options.iter().map(|option| option.id.as_str()), checker);
}

fn target(name: &str, target: &Target, is_required: bool, checker: &mut Checker) {
    match target.kind {
        0 if is_required => checker.fault(at(name), LimitRule::Missing, DOC),
        0 => {}
        1 => checker.url(&at(&format!("{name}.url")), &target.url, URL_BYTES, DOC),
        2 => checker.required(&at(&format!("{name}.appid")), &target.appid, DOC),
        _ => checker.fault(at(&format!("{name}.type")), LimitRule::Range, DOC),
    }
}
