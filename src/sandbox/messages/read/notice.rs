//! `miniprogram_notice`, and whether a mini program may be named at all.

use super::limits::half_han;
use super::{Channel, Reader};
use crate::sandbox::messages::content::{Content, Notice, NoticeItem};
use crate::sandbox::wire::answer::{Refusal, refuse};
use crate::sandbox::wire::request::Body;

const PAGE_BYTES: usize = 1024;
const ITEMS_MAX: usize = 10;
/// 汉字 of title and description, of a key, and of a value.
const TITLE_HAN: std::ops::RangeInclusive<usize> = 4..=12;
const KEY_HAN: usize = 10;
const VALUE_HAN: usize = 30;

impl Reader<'_> {
    /// Linked to the corp (90206), and an AppID at all (90207).
    pub(super) fn check_mini_program(&self, appid: &str) -> Result<(), Refusal> {
        if !appid.starts_with("wx") {
            return refuse(90207, "invalid mini program appid");
        }
        if !self.corp.settings.mini_programs.contains(appid) {
            return refuse(90206, "the mini program is not linked to the corp");
        }
        Ok(())
    }

    pub(super) fn notice(&mut self, inner: &mut Body) -> Result<Content, Refusal> {
        let Channel::App(agentid) = self.channel else { return refuse(40008, "invalid message type") };
        let own = self.corp.apps.get(&agentid).map(|app| app.mini_program.as_str()).unwrap_or_default();
        if own.is_empty() {
            return refuse(48002, "api forbidden: only mini programs send notices");
        }
        let Some(appid) = inner.filled("appid") else { return refuse(90200, "appid missing") };
        self.check_mini_program(&appid)?;
        if appid != own {
            return refuse(90208, "the mini program is not the one of the token");
        }
        let page = inner.text_or_empty("page");
        if page.len() > PAGE_BYTES {
            return refuse(90204, "invalid page");
        }
        let half = self.switches().ascii_counts_half;
        let fits = |text: &str| (TITLE_HAN.start() * 2..=TITLE_HAN.end() * 2).contains(&half_han(text, half));
        let Some(title) = inner.filled("title") else { return refuse(41016, "missing title") };
        let description = inner.text_or_empty("description");
        for (field, text) in [("title", &title), ("description", &description)] {
            if !(fits(text) || field == "description" && text.is_empty()) {
                return refuse(
                    40058,
                    format!("miniprogram_notice.{field} is not of 4 to 12. invalid Request Parameter"),
                );
            }
        }
        let emphasis_first_item = inner.truth("emphasis_first_item").unwrap_or_default();
        if inner.count("content_item").unwrap_or_default() > ITEMS_MAX {
            return refuse(90201, "too many content_item");
        }
        let items = inner.each("content_item", |item| {
            let (key, value) = (item.text_or_empty("key"), item.text_or_empty("value"));
            if half_han(&key, half) > KEY_HAN * 2 {
                return refuse(90202, "invalid size of content_item.key");
            }
            if half_han(&value, half) > VALUE_HAN * 2 {
                return refuse(90203, "invalid size of content_item.value");
            }
            Ok(NoticeItem { key, value })
        })?;
        let content_item = items.into_iter().filter(|item| !(item.key.is_empty() && item.value.is_empty())).collect();
        Ok(Content::MiniprogramNotice(Notice { appid, page, title, description, emphasis_first_item, content_item }))
    }
}
