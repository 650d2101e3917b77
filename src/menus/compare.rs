//! Two menus side by side: pure.

use crate::model::menu::{Menu, MenuEntry};
use serde::Serialize;
use utoipa::ToSchema;

/// One place where two menus differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MenuDifference)]
pub struct Difference {
    /// The place: `[1]` or `[1, 0]`, counted from 0.
    pub place: Vec<usize>,
    /// How.
    pub kind: DifferenceKind,
    /// What is edited here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub here: Option<MenuEntry>,
    /// What is in force at WeCom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub there: Option<MenuEntry>,
}

/// How two menus differ at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// Only here: publishing adds it.
    OnlyHere,
    /// Only at WeCom: publishing takes it away.
    OnlyThere,
    /// On both sides, not the same.
    Changed,
}

/// Where the menu here differs from the one in force, in the order of the places. Entries are compared by place, as
/// members see them.
pub fn differences(here: &Menu, there: &Menu) -> Vec<Difference> {
    let mut found = Vec::new();
    level(&here.button, &there.button, &[], &mut found);
    found
}

fn level(here: &[MenuEntry], there: &[MenuEntry], above: &[usize], found: &mut Vec<Difference>) {
    for n in 0..here.len().max(there.len()) {
        let place: Vec<usize> = above.iter().copied().chain([n]).collect();
        match (here.get(n), there.get(n)) {
            (Some(one), Some(other)) => {
                if alone(one) != alone(other) {
                    let (here, there) = (Some(alone(one)), Some(alone(other)));
                    found.push(Difference { place: place.clone(), kind: DifferenceKind::Changed, here, there });
                }
                level(&one.sub_button, &other.sub_button, &place, found);
            }
            (here, there) => {
                let kind = if here.is_some() { DifferenceKind::OnlyHere } else { DifferenceKind::OnlyThere };
                found.push(Difference { place, kind, here: here.cloned(), there: there.cloned() });
            }
        }
    }
}

/// An entry without those below it.
fn alone(entry: &MenuEntry) -> MenuEntry {
    MenuEntry { sub_button: Vec::new(), ..entry.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::menu::MenuKind;

    fn view(name: &str, url: &str) -> MenuEntry {
        MenuEntry { name: name.into(), kind: Some(MenuKind::View), url: url.into(), ..MenuEntry::default() }
    }

    fn parent(name: &str, below: Vec<MenuEntry>) -> MenuEntry {
        MenuEntry { name: name.into(), sub_button: below, ..MenuEntry::default() }
    }

    #[test]
    fn differences_by_place() {
        let menu = |button: Vec<MenuEntry>| Menu { button };
        let (a, b) = (view("a", "https://a"), view("b", "https://b"));
        for (here, there, want) in [
            (menu(vec![a.clone()]), menu(vec![a.clone()]), vec![]),
            (menu(vec![a.clone(), b.clone()]), menu(vec![a.clone()]), vec![(vec![1], DifferenceKind::OnlyHere)]),
            (menu(vec![a.clone()]), menu(vec![a.clone(), b.clone()]), vec![(vec![1], DifferenceKind::OnlyThere)]),
            (menu(vec![a.clone()]), menu(vec![b.clone()]), vec![(vec![0], DifferenceKind::Changed)]),
            (
                menu(vec![parent("p", vec![a.clone(), b.clone()])]),
                menu(vec![parent("p", vec![a.clone(), a.clone()])]),
                vec![(vec![0, 1], DifferenceKind::Changed)],
            ),
            (
                menu(vec![parent("p", vec![a.clone()])]),
                menu(vec![a.clone()]),
                vec![(vec![0], DifferenceKind::Changed), (vec![0, 0], DifferenceKind::OnlyHere)],
            ),
        ] {
            let got: Vec<_> = differences(&here, &there).into_iter().map(|d| (d.place, d.kind)).collect();
            assert_eq!(got, want, "{here:?} {there:?}");
        }
    }
}
