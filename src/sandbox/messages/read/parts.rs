//! The parts of a card that are looked at rather than pressed, and its menu.

use super::Reader;
use super::limits::{check_optional_url, check_url};
use super::simple::URL_BYTES;
use crate::sandbox::messages::card::{
    Action, ActionMenu, CardType, ImageText, Jump, Picture, Quote, Row, Source, Target, Title,
};
use crate::sandbox::wire::answer::{Refusal, refuse};
use crate::sandbox::wire::request::Body;

/// EventKeys and QuestionKeys.
pub(super) const KEY_BYTES: usize = 1024;
const ACTIONS_MAX: usize = 3;
const ROWS_MAX: usize = 6;
const JUMPS_MAX: usize = 3;
const PARAGRAPHS_MAX: usize = 4;
/// Width by height of the large picture: from the default up to below 2.25.
const ASPECT_DEFAULT: f64 = 1.3;
const ASPECT_BELOW: f64 = 2.25;

/// A small number in a range; `None` when it is something else.
pub(super) fn small(inner: &mut Body, key: &str, max: u8) -> Option<u8> {
    match inner.number(key) {
        None => Some(0),
        Some(number) => u8::try_from(number).ok().filter(|number| *number <= max),
    }
}

/// Where a tap leads: an address (42028 when missing) or a mini program (42030).
fn target(inner: &mut Body, field: &str) -> Result<Target, Refusal> {
    let Some(kind) = small(inner, "type", 2) else {
        return refuse(40058, format!("{field}.type is invalid. invalid Request Parameter"));
    };
    let target = Target {
        kind,
        url: inner.text_or_empty("url"),
        appid: inner.text_or_empty("appid"),
        pagepath: inner.text_or_empty("pagepath"),
    };
    match kind {
        1 if target.url.is_empty() => refuse(42028, format!("{field}.url missing")),
        1 => check_url(&format!("{field}.url"), &target.url, URL_BYTES).map(|()| target),
        2 if target.appid.is_empty() => refuse(42030, format!("{field}.appid missing")),
        _ => Ok(target),
    }
}

impl Reader<'_> {
    pub(super) fn source(&mut self, inner: &mut Body) -> Result<Option<Source>, Refusal> {
        let source = inner.inside("source", |inner| {
            let icon_url = inner.text_or_empty("icon_url");
            check_optional_url("source.icon_url", &icon_url, URL_BYTES)?;
            let desc_color = small(inner, "desc_color", 3).unwrap_or_default();
            Ok(Source { icon_url, desc: inner.text_or_empty("desc"), desc_color })
        })?;
        if let Some(source) = &source {
            self.advise("source.desc", &source.desc, 20);
        }
        Ok(source)
    }

    pub(super) fn title(&mut self, inner: &mut Body, part: &str, advised: (usize, usize)) -> Result<Title, Refusal> {
        let title = inner.inside(part, |inner| {
            Ok(Title { title: inner.text_or_empty("title"), desc: inner.text_or_empty("desc") })
        })?;
        let title = title.unwrap_or_default();
        self.advise(&format!("{part}.title"), &title.title, advised.0);
        self.advise(&format!("{part}.desc"), &title.desc, advised.1);
        Ok(title)
    }

    /// 1 to 3 entries with keys of their own (42051).
    pub(super) fn action_menu(&mut self, inner: &mut Body) -> Result<Option<ActionMenu>, Refusal> {
        inner.inside("action_menu", |inner| {
            let desc = inner.text_or_empty("desc");
            if !(1..=ACTIONS_MAX).contains(&inner.count("action_list").unwrap_or_default()) {
                return refuse(40058, "action_menu.action_list is not of 1 to 3. invalid Request Parameter");
            }
            let mut action_list: Vec<Action> = Vec::new();
            for action in inner.each("action_list", |action| {
                Ok(Action { text: action.text_or_empty("text"), key: action.text_or_empty("key") })
            })? {
                if action.text.is_empty() || !(1..=KEY_BYTES).contains(&action.key.len()) {
                    return refuse(40058, "action_menu.action_list: text or key is invalid. invalid Request Parameter");
                }
                if action_list.iter().any(|other| other.key == action.key) {
                    return refuse(42051, "key conflict in action_menu.action_list");
                }
                action_list.push(action);
            }
            Ok(ActionMenu { desc, action_list })
        })
    }

    pub(super) fn quote(&mut self, inner: &mut Body) -> Result<Option<Quote>, Refusal> {
        inner.inside("quote_area", |inner| {
            let target = target(inner, "quote_area")?;
            Ok(Quote { target, title: inner.text_or_empty("title"), quote_text: inner.text_or_empty("quote_text") })
        })
    }

    pub(super) fn rows(&mut self, inner: &mut Body) -> Result<Vec<Row>, Refusal> {
        if inner.count("horizontal_content_list").unwrap_or_default() > ROWS_MAX {
            return refuse(42035, "too many horizontal_content_list");
        }
        inner.each("horizontal_content_list", |inner| self.row(inner))
    }

    fn row(&mut self, inner: &mut Body) -> Result<Row, Refusal> {
        let Some(kind) = small(inner, "type", 3) else {
            return refuse(40058, "horizontal_content_list.type is invalid. invalid Request Parameter");
        };
        let Some(keyname) = inner.filled("keyname") else {
            return refuse(42027, "horizontal_content_list.keyname missing");
        };
        let row = Row {
            kind,
            keyname,
            value: inner.text_or_empty("value"),
            url: inner.text_or_empty("url"),
            media_id: inner.text_or_empty("media_id"),
            userid: inner.text_or_empty("userid"),
        };
        self.advise("horizontal_content_list.keyname", &row.keyname, 5);
        self.advise("horizontal_content_list.value", &row.value, 30);
        match kind {
            1 if row.url.is_empty() => refuse(42028, "horizontal_content_list.url missing"),
            1 => check_url("horizontal_content_list.url", &row.url, URL_BYTES).map(|()| row),
            2 if row.media_id.is_empty() => refuse(42029, "horizontal_content_list.media_id missing"),
            2 => self.find_media(&row.media_id, "file").map(|_| row),
            3 if row.userid.is_empty() => refuse(42050, "horizontal_content_list.userid missing"),
            _ => Ok(row),
        }
    }

    pub(super) fn jumps(&mut self, inner: &mut Body) -> Result<Vec<Jump>, Refusal> {
        if inner.count("jump_list").unwrap_or_default() > JUMPS_MAX {
            return refuse(42042, "too many jump_list");
        }
        inner.each("jump_list", |inner| {
            let Some(title) = inner.filled("title") else { return refuse(42033, "jump_list.title missing") };
            self.advise("jump_list.title", &title, 18);
            Ok(Jump { target: target(inner, "jump_list")?, title })
        })
    }

    /// Notices must lead somewhere (42045).
    pub(super) fn card_action(&mut self, inner: &mut Body, card_type: CardType) -> Result<Target, Refusal> {
        let action = inner.inside("card_action", |inner| {
            target(inner, "card_action").map_err(|refusal| match refusal.errcode {
                45034 | 40127 => refusal,
                _ => Refusal::new(42045, "invalid card_action"),
            })
        })?;
        match action {
            Some(action) if action.kind > 0 || !card_type.is_notice() => Ok(action),
            None if !card_type.is_notice() => Ok(Target::default()),
            _ => refuse(42045, "card_action missing"),
        }
    }

    pub(super) fn image_text(&mut self, inner: &mut Body) -> Result<Option<ImageText>, Refusal> {
        inner.inside("image_text_area", |inner| {
            let target = target(inner, "image_text_area")?;
            let Some(image_url) = inner.filled("image_url") else {
                return refuse(40058, "image_text_area.image_url missing. invalid Request Parameter");
            };
            check_url("image_text_area.image_url", &image_url, URL_BYTES)?;
            Ok(ImageText { target, title: inner.text_or_empty("title"), desc: inner.text_or_empty("desc"), image_url })
        })
    }

    pub(super) fn card_image(&mut self, inner: &mut Body) -> Result<Option<Picture>, Refusal> {
        inner.inside("card_image", |inner| {
            let Some(url) = inner.filled("url") else { return refuse(42044, "card_image.url missing") };
            check_url("card_image.url", &url, URL_BYTES)?;
            let aspect_ratio = inner.float("aspect_ratio").unwrap_or(ASPECT_DEFAULT);
            if !(ASPECT_DEFAULT..ASPECT_BELOW).contains(&aspect_ratio) {
                return refuse(40058, "card_image.aspect_ratio is not of 1.3 to 2.25. invalid Request Parameter");
            }
            Ok(Picture { url, aspect_ratio })
        })
    }

    pub(super) fn paragraphs(&mut self, inner: &mut Body) -> Result<Vec<Title>, Refusal> {
        if inner.count("vertical_content_list").unwrap_or_default() > PARAGRAPHS_MAX {
            return refuse(42036, "too many vertical_content_list");
        }
        inner.each("vertical_content_list", |inner| {
            let Some(title) = inner.filled("title") else {
                return refuse(42033, "vertical_content_list.title missing");
            };
            let desc = inner.text_or_empty("desc");
            self.advise("vertical_content_list.title", &title, 38);
            self.advise("vertical_content_list.desc", &desc, 160);
            Ok(Title { title, desc })
        })
    }
}
