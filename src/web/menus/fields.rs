//! The form of a menu: a tree of entries, from and to the domain. Pure.

use crate::model::content::LimitFault;
use crate::model::menu::{ENTRIES_MAX, Menu, MenuEntry, MenuKind, SUB_ENTRIES_MAX};

/// One entry as it was entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct EntryFields {
    pub name: String,
    /// Name of the kind; empty = it opens entries below.
    pub kind: String,
    /// Address, key, or AppID and page.
    pub value: String,
    pub below: Vec<EntryFields>,
}

/// The whole form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MenuFields(pub Vec<EntryFields>);

impl EntryFields {
    fn of(entry: &MenuEntry) -> Self {
        let value = match entry.kind {
            Some(MenuKind::View) => entry.url.clone(),
            Some(MenuKind::ViewMiniprogram) => format!("{} {}", entry.appid, entry.pagepath).trim().to_owned(),
            Some(_) => entry.key.clone(),
            None => String::new(),
        };
        let kind = entry.kind.map(|kind| kind.name().to_owned()).unwrap_or_default();
        Self { name: entry.name.clone(), kind, value, below: entry.sub_button.iter().map(Self::of).collect() }
    }

    fn entry(&self) -> MenuEntry {
        let mut entry = MenuEntry { name: self.name.trim().to_owned(), ..MenuEntry::default() };
        if !self.below.is_empty() {
            entry.sub_button = self.below.iter().map(Self::entry).collect();
            return entry;
        }
        entry.kind = MenuKind::find(&self.kind);
        let value = self.value.trim();
        match entry.kind {
            Some(MenuKind::View) => entry.url = value.to_owned(),
            Some(MenuKind::ViewMiniprogram) => {
                let (appid, page) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
                (entry.appid, entry.pagepath) = (appid.to_owned(), page.trim().to_owned());
            }
            Some(_) => entry.key = value.to_owned(),
            None => {}
        }
        entry
    }

    fn is_blank(&self) -> bool {
        self.name.trim().is_empty() && self.value.trim().is_empty() && self.below.is_empty()
    }
}

impl MenuFields {
    /// The form of a menu.
    pub fn of(menu: &Menu) -> Self {
        Self(menu.button.iter().map(EntryFields::of).collect())
    }

    /// From the pairs of a form.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let get = |name: String| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        let entry = |at: &str| {
            let name = get(format!("{at}_name"))?;
            let kind = get(format!("{at}_kind")).unwrap_or_default();
            Some(EntryFields { name, kind, value: get(format!("{at}_value")).unwrap_or_default(), below: Vec::new() })
        };
        let mut entries = Vec::new();
        for n in 0..=ENTRIES_MAX {
            let Some(mut first) = entry(&format!("e{n}")) else { continue };
            first.below = (0..=SUB_ENTRIES_MAX).filter_map(|m| entry(&format!("e{n}s{m}"))).collect();
            entries.push(first);
        }
        Self(entries)
    }

    /// Without entries that hold nothing.
    pub fn tidy(mut self) -> Self {
        for entry in &mut self.0 {
            entry.below.retain(|sub| !sub.is_blank());
        }
        self.0.retain(|entry| !entry.is_blank());
        self
    }

    /// The menu that was entered.
    pub fn menu(&self) -> Menu {
        Menu { button: self.0.iter().map(EntryFields::entry).collect() }
    }

    /// Fields whose value would be lost: entries that open others have none.
    pub fn homeless(&self) -> Vec<String> {
        let is_lost = |entry: &EntryFields| {
            !entry.value.trim().is_empty() && (!entry.below.is_empty() || MenuKind::find(&entry.kind).is_none())
        };
        let mut found = Vec::new();
        for (n, entry) in self.0.iter().enumerate() {
            found.extend(is_lost(entry).then(|| format!("e{n}_value")));
            let below = entry.below.iter().enumerate().filter(|(_, sub)| is_lost(sub));
            found.extend(below.map(|(m, _)| format!("e{n}s{m}_value")));
        }
        found
    }

    /// What a button asks: `add`, `add-0`, `remove-0-1`, `up-1`, `down-0-2`.
    pub fn change(&mut self, word: &str) {
        let mut parts = word.split('-');
        let act = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok());
        let (first, second) = (number(), number());
        let fresh = || EntryFields { kind: MenuKind::View.name().into(), ..EntryFields::default() };
        if act == "add" {
            match first {
                None if self.0.len() < ENTRIES_MAX => self.0.push(fresh()),
                Some(n) => {
                    if let Some(entry) = self.0.get_mut(n).filter(|entry| entry.below.len() < SUB_ENTRIES_MAX) {
                        entry.below.push(fresh());
                    }
                }
                None => {}
            }
            return;
        }
        let Some(first) = first else { return };
        let (list, at) = match second {
            None => (Some(&mut self.0), first),
            Some(second) => (self.0.get_mut(first).map(|entry| &mut entry.below), second),
        };
        let Some(list) = list.filter(|list| at < list.len()) else { return };
        match act {
            "remove" => {
                list.remove(at);
            }
            "up" if at > 0 => list.swap(at, at - 1),
            "down" if at + 1 < list.len() => list.swap(at, at + 1),
            _ => {}
        }
    }
}

/// `button[0].sub_button[1].url` is the field `e0s1_value`.
pub(super) fn field_of(fault: &LimitFault) -> String {
    let numbers: Vec<&str> = fault.field.split('[').skip(1).filter_map(|part| part.split(']').next()).collect();
    let last = fault.field.rsplit('.').next().unwrap_or_default();
    let part = match last {
        "name" => "name",
        "type" => "kind",
        "url" | "key" | "appid" | "pagepath" => "value",
        _ => "name",
    };
    match numbers.as_slice() {
        [n, m] => format!("e{n}s{m}_{part}"),
        [n] => format!("e{n}_{part}"),
        _ => "menu".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_menu_goes_through_its_form_unchanged() {
        let entry =
            |name: &str, kind, value: &str| EntryFields { name: name.into(), kind, value: value.into(), below: vec![] };
        let fields = MenuFields(vec![
            EntryFields {
                below: vec![entry("a", "click".into(), "k"), entry("b", "view_miniprogram".into(), "wx1 pages/a")],
                ..entry("更多", String::new(), "")
            },
            entry("打开", "view".into(), "https://x"),
        ]);
        let menu = fields.menu();
        assert_eq!(menu.check(), Ok(()));
        assert_eq!(MenuFields::of(&menu), fields);
    }

    #[test]
    fn a_value_that_an_entry_cannot_have_is_found() {
        let fields = MenuFields::read(&pairs(&[
            ("e0_name", "a"),
            ("e0_kind", ""),
            ("e0_value", "https://x"),
            ("e1_name", "b"),
            ("e1_kind", "view"),
            ("e1_value", "https://y"),
            ("e1s0_name", "c"),
            ("e1s0_value", " "),
            ("e2_name", "d"),
            ("e2_kind", "click"),
            ("e2_value", "k"),
        ]));
        assert_eq!(fields.homeless(), ["e0_value", "e1_value"]);
    }

    #[test]
    fn buttons_of_the_form() {
        let mut fields = MenuFields::read(&pairs(&[("e0_name", "a"), ("e0s0_name", "b"), ("e1_name", "c")]));
        fields.change("add-0");
        fields.change("add");
        fields.change("add");
        assert_eq!((fields.0.len(), fields.0[0].below.len()), (3, 2));
        fields.change("down-0");
        assert_eq!(fields.0[1].name, "a");
        fields.change("remove-1-0");
        fields.change("remove-9");
        fields.change("up-0");
        fields.change("nonsense-1-2-3");
        assert_eq!(fields.0[1].below.len(), 1);
        assert_eq!(fields.tidy().0.len(), 2);
    }
}
