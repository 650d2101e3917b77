//! The custom menu of an app (doc paths 90229 to 90233): one or two levels, nine types of entries. Serialises under the
//! names of the wire.

use super::content::{Checker, LimitFault, LimitRule, check_url, is_default};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const DOC: u32 = 90231;
/// Entries of the first level, at least one (doc path 90231).
pub const ENTRIES_MAX: usize = 3;
/// Entries below one of the first level (doc path 90231).
pub const SUB_ENTRIES_MAX: usize = 5;
/// Longest name of the first level, bytes (doc path 90231).
pub const NAME_BYTES: usize = 16;
/// Longest name of the second level, bytes (doc path 90231).
pub const SUB_NAME_BYTES: usize = 40;
/// Longest key, bytes (doc path 90231).
pub const KEY_BYTES: usize = 128;
/// Longest address, bytes (doc path 90231).
pub const MENU_URL_BYTES: usize = 1024;
/// The one address besides http and https that the page names.
const PAY_URL: &str = "weixin://wxpay/bizpayurl";

/// What a tap on an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MenuKind {
    /// Sends an event with the key.
    Click,
    /// Opens the address.
    View,
    /// Scans a code and opens what it says.
    ScancodePush,
    /// Scans a code and waits for the app's answer.
    ScancodeWaitmsg,
    /// Takes a picture.
    PicSysphoto,
    /// Takes or picks pictures.
    PicPhotoOrAlbum,
    /// Picks pictures from the album.
    PicWeixin,
    /// Picks a place.
    LocationSelect,
    /// Opens a mini program.
    ViewMiniprogram,
}

impl MenuKind {
    /// All, in the order of the page.
    pub const ALL: [Self; 9] = [
        Self::Click,
        Self::View,
        Self::ScancodePush,
        Self::ScancodeWaitmsg,
        Self::PicSysphoto,
        Self::PicPhotoOrAlbum,
        Self::PicWeixin,
        Self::LocationSelect,
        Self::ViewMiniprogram,
    ];

    /// WeCom's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Click => "click",
            Self::View => "view",
            Self::ScancodePush => "scancode_push",
            Self::ScancodeWaitmsg => "scancode_waitmsg",
            Self::PicSysphoto => "pic_sysphoto",
            Self::PicPhotoOrAlbum => "pic_photo_or_album",
            Self::PicWeixin => "pic_weixin",
            Self::LocationSelect => "location_select",
            Self::ViewMiniprogram => "view_miniprogram",
        }
    }

    /// The kind of this spelling.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a tap is only of use with a callback: all but addresses and mini programs.
    pub fn is_event(self) -> bool {
        !matches!(self, Self::View | Self::ViewMiniprogram)
    }
}

/// A menu.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Menu {
    /// 1 to 3 entries.
    pub button: Vec<MenuEntry>,
}

/// One entry: opens its entries below, or does something itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MenuEntry {
    /// Label: 16 bytes on the first level, 40 on the second.
    pub name: String,
    /// What a tap does; absent where there are entries below.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub kind: Option<MenuKind>,
    /// EventKey of the kinds that send events, at most 128 bytes.
    #[serde(skip_serializing_if = "is_default")]
    pub key: String,
    /// Address of a view, at most 1024 bytes.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    /// Mini program that is linked to the corp.
    #[serde(skip_serializing_if = "is_default")]
    pub appid: String,
    /// Its page.
    #[serde(skip_serializing_if = "is_default")]
    pub pagepath: String,
    /// At most 5 entries; they have none below.
    #[serde(skip_serializing_if = "is_default")]
    #[schema(no_recursion)]
    pub sub_button: Vec<MenuEntry>,
}

/// The menu of an app as people edit it, and what is known of the one in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MenuDraft {
    /// What people see in the editor.
    pub menu: Menu,
    /// When it was last saved, Unix milliseconds.
    pub saved_at_ms: i64,
    /// By whom.
    pub saved_by: String,
    /// What was last published from here; absent = never, or it was deleted since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Menu>,
    /// When, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at_ms: Option<i64>,
    /// A change of the menu in force whose outcome is not known; absent = none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<MenuAttempt>,
}

/// A change of the menu in force that was begun: its answer has not come, was lost, or was not waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MenuAttempt {
    /// What was to be in force; absent = nothing, it was to be taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<Menu>,
    /// When it began, Unix milliseconds.
    pub at_ms: i64,
    /// Who did it.
    pub by: String,
}

impl Menu {
    /// Whether WeCom would take it as it is.
    pub fn check(&self) -> Result<(), Vec<LimitFault>> {
        let mut checker = Checker::default();
        checker.count("button", self.button.len(), 1, ENTRIES_MAX, DOC);
        for (n, entry) in self.button.iter().enumerate() {
            let at = format!("button[{n}]");
            name(&at, &entry.name, NAME_BYTES, &mut checker);
            if entry.sub_button.is_empty() {
                entry.check(&at, &mut checker);
                continue;
            }
            checker.count(&format!("{at}.sub_button"), entry.sub_button.len(), 1, SUB_ENTRIES_MAX, DOC);
            for (m, sub) in entry.sub_button.iter().enumerate() {
                let at = format!("{at}.sub_button[{m}]");
                name(&at, &sub.name, SUB_NAME_BYTES, &mut checker);
                sub.check(&at, &mut checker);
                if !sub.sub_button.is_empty() {
                    checker.fault(format!("{at}.sub_button"), LimitRule::NotHere, DOC);
                }
            }
        }
        checker.finish()
    }

    /// Every entry that does something, with its place: `[1]` or `[1, 0]`.
    pub fn leaves(&self) -> impl Iterator<Item = (Vec<usize>, &MenuEntry)> {
        self.button.iter().enumerate().flat_map(|(n, entry)| {
            let own = entry.sub_button.is_empty().then(|| (vec![n], entry));
            own.into_iter().chain(entry.sub_button.iter().enumerate().map(move |(m, sub)| (vec![n, m], sub)))
        })
    }

    /// The same menu as WeCom answers it: what an entry does not use is left out.
    pub fn tidy(&self) -> Self {
        let button = self.button.iter().map(|entry| {
            if entry.sub_button.is_empty() {
                return entry.tidy();
            }
            let sub_button = entry.sub_button.iter().map(MenuEntry::tidy).collect();
            MenuEntry { name: entry.name.clone(), sub_button, ..MenuEntry::default() }
        });
        Self { button: button.collect() }
    }
}

fn name(at: &str, name: &str, max: usize, checker: &mut Checker) {
    checker.required(&format!("{at}.name"), name, DOC);
    checker.bytes(&format!("{at}.name"), name, max, DOC);
}

impl MenuEntry {
    fn check(&self, at: &str, checker: &mut Checker) {
        match self.kind {
            None => checker.fault(format!("{at}.type"), LimitRule::Missing, DOC),
            Some(MenuKind::View) => {
                let field = format!("{at}.url");
                checker.required(&field, &self.url, DOC);
                checker.bytes(&field, &self.url, MENU_URL_BYTES, DOC);
                if !self.url.is_empty() && !self.url.starts_with(PAY_URL) && !check_url(&self.url) {
                    checker.fault(field, LimitRule::Address, DOC);
                }
            }
            Some(MenuKind::ViewMiniprogram) => {
                checker.required(&format!("{at}.appid"), &self.appid, DOC);
                checker.required(&format!("{at}.pagepath"), &self.pagepath, DOC);
            }
            Some(_) => {
                checker.required(&format!("{at}.key"), &self.key, DOC);
                checker.bytes(&format!("{at}.key"), &self.key, KEY_BYTES, DOC);
            }
        }
    }

    fn tidy(&self) -> Self {
        let base = Self { name: self.name.clone(), kind: self.kind, ..Self::default() };
        match self.kind {
            Some(MenuKind::View) => Self { url: self.url.clone(), ..base },
            Some(MenuKind::ViewMiniprogram) => {
                Self { appid: self.appid.clone(), pagepath: self.pagepath.clone(), ..base }
            }
            Some(_) => Self { key: self.key.clone(), ..base },
            None => base,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: MenuKind, value: &str) -> MenuEntry {
        let mut entry = MenuEntry { name: name.into(), kind: Some(kind), ..MenuEntry::default() };
        match kind {
            MenuKind::View => entry.url = value.into(),
            MenuKind::ViewMiniprogram => (entry.appid, entry.pagepath) = ("wx1".into(), value.into()),
            _ => entry.key = value.into(),
        }
        entry
    }

    fn fault_of(menu: &Menu) -> Option<(String, LimitRule)> {
        menu.check().err().and_then(|faults| faults.into_iter().next()).map(|fault| (fault.field, fault.rule))
    }

    #[test]
    fn limits() {
        let ok = entry("审批", MenuKind::View, "https://oa.example.org");
        let below = |n: usize| MenuEntry {
            name: "更多".into(),
            sub_button: vec![entry("二级", MenuKind::Click, "k"); n],
            ..MenuEntry::default()
        };
        let deep = MenuEntry { sub_button: vec![below(1)], name: "深".into(), ..MenuEntry::default() };
        for (buttons, field) in [
            (vec![], Some("button")),
            (vec![ok.clone(); 3], None),
            (vec![ok.clone(); 4], Some("button")),
            (vec![below(5)], None),
            (vec![below(6)], Some("button[0].sub_button")),
            (vec![deep], Some("button[0].sub_button[0].type")),
            (vec![entry("一二三四五六", MenuKind::Click, "k")], Some("button[0].name")),
            (vec![entry("一二三四五", MenuKind::Click, "k")], None),
            (vec![entry("", MenuKind::Click, "k")], Some("button[0].name")),
            (vec![entry("a", MenuKind::Click, "")], Some("button[0].key")),
            (vec![entry("a", MenuKind::Click, &"k".repeat(129))], Some("button[0].key")),
            (vec![entry("a", MenuKind::View, "oa.example.org")], Some("button[0].url")),
            (vec![entry("a", MenuKind::View, "weixin://wxpay/bizpayurl?x=1")], None),
            (vec![entry("a", MenuKind::View, &format!("https://{}", "a".repeat(1017)))], Some("button[0].url")),
            (vec![entry("a", MenuKind::ViewMiniprogram, "")], Some("button[0].pagepath")),
            (vec![MenuEntry { name: "a".into(), ..MenuEntry::default() }], Some("button[0].type")),
        ] {
            let menu = Menu { button: buttons };
            assert_eq!(fault_of(&menu).map(|(field, _)| field).as_deref(), field, "{menu:?}");
        }
    }

    #[test]
    fn what_an_entry_does_not_use_is_left_out() {
        let mut entry = entry("a", MenuKind::View, "https://x");
        entry.key = "left over".into();
        let menu = Menu { button: vec![entry] }.tidy();
        assert_eq!(menu.button[0].key, "");
        assert_eq!(menu.leaves().count(), 1);
    }
}
