//! The custom menu of an app (doc paths 90229 to 90233): its buttons and their limits.

use super::messages::read::limits::check_url;
use super::wire::answer::{Refusal, refuse};
use super::wire::request::Body;
use serde::{Deserialize, Serialize};

const BUTTONS_MAX: usize = 3;
const SUB_BUTTONS_MAX: usize = 5;
const NAME_BYTES: usize = 16;
const SUB_NAME_BYTES: usize = 40;
const KEY_BYTES: usize = 128;
const URL_BYTES: usize = 1024;
/// The one address besides http and https that the page names.
const PAY_URL: &str = "weixin://wxpay/bizpayurl";

/// Types that send an event with a key.
const EVENT_TYPES: &[&str] = &[
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
];

/// A menu.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// 1 to 3.
    pub button: Vec<MenuButton>,
}

/// An entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MenuButton {
    /// Type; empty when it has entries below.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Label.
    pub name: String,
    /// EventKey.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Mini program.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub appid: String,
    /// Its page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pagepath: String,
    /// 1 to 5, or none.
    pub sub_button: Vec<MenuButton>,
}

/// The errcodes of a level.
struct Codes {
    kind: i64,
    name: i64,
    key: i64,
    url: i64,
    scheme: i64,
    name_bytes: usize,
}

const FIRST: Codes = Codes { kind: 40017, name: 40018, key: 40019, url: 40020, scheme: 40055, name_bytes: NAME_BYTES };
const SUB: Codes =
    Codes { kind: 40024, name: 40025, key: 40026, url: 40027, scheme: 40054, name_bytes: SUB_NAME_BYTES };

impl Menu {
    /// Reads the body of `menu/create`.
    pub fn read(body: &mut Body) -> Result<Self, Refusal> {
        if !(1..=BUTTONS_MAX).contains(&body.count("button").unwrap_or_default()) {
            return refuse(40016, "invalid button size");
        }
        Ok(Self { button: body.each("button", first)? })
    }

    /// Whether a tap can be an event for the app.
    pub fn has_events(&self) -> bool {
        let subs = self.button.iter().flat_map(|button| &button.sub_button);
        self.button.iter().chain(subs).any(|button| EVENT_TYPES.contains(&button.kind.as_str()))
    }

    /// The entry at a place: `[1]` or `[1, 0]`. Entries that only open others are none.
    pub fn find(&self, place: &[usize]) -> Option<&MenuButton> {
        let (first, below) = place.split_first()?;
        let button = self.button.get(*first)?;
        match below {
            [] if button.sub_button.is_empty() => Some(button),
            [second] => button.sub_button.get(*second),
            _ => None,
        }
    }
}

fn first(inner: &mut Body) -> Result<MenuButton, Refusal> {
    let below = inner.count("sub_button").unwrap_or_default();
    if below > SUB_BUTTONS_MAX {
        return refuse(40023, "invalid sub button size");
    }
    let sub_button = inner.each("sub_button", |sub| {
        if sub.count("sub_button").unwrap_or_default() > 0 {
            return refuse(40022, "invalid sub button depth");
        }
        entry(sub, &SUB)
    })?;
    if sub_button.is_empty() {
        return entry(inner, &FIRST);
    }
    // The type and what goes with it are ignored.
    Ok(MenuButton { name: name(inner, &FIRST)?, sub_button, ..MenuButton::default() })
}

fn name(inner: &mut Body, codes: &Codes) -> Result<String, Refusal> {
    let name = inner.text_or_empty("name");
    if (1..=codes.name_bytes).contains(&name.len()) { Ok(name) } else { refuse(codes.name, "invalid button name size") }
}

fn entry(inner: &mut Body, codes: &Codes) -> Result<MenuButton, Refusal> {
    let mut button =
        MenuButton { name: name(inner, codes)?, kind: inner.text_or_empty("type"), ..MenuButton::default() };
    match button.kind.as_str() {
        "view" => {
            button.url = inner.text_or_empty("url");
            if !(1..=URL_BYTES).contains(&button.url.len()) {
                return refuse(codes.url, "invalid button url size");
            }
            if !button.url.starts_with(PAY_URL) && check_url("url", &button.url, URL_BYTES).is_err() {
                return refuse(codes.scheme, "invalid button url domain");
            }
        }
        "view_miniprogram" => {
            (button.appid, button.pagepath) = (inner.text_or_empty("appid"), inner.text_or_empty("pagepath"));
            if button.appid.is_empty() || button.pagepath.is_empty() {
                return refuse(40058, "appid or pagepath missing. invalid Request Parameter");
            }
        }
        kind if EVENT_TYPES.contains(&kind) => {
            button.key = inner.text_or_empty("key");
            if !(1..=KEY_BYTES).contains(&button.key.len()) {
                return refuse(codes.key, "invalid button key size");
            }
        }
        _ => return refuse(codes.kind, "invalid button type"),
    }
    Ok(button)
}
