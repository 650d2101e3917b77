//! A scope that was picked and not saved: what is added and taken, as it stands in an address or a form. It is put over the
//! scope that is there at that moment, so nothing that somebody else has saved is taken back.

use crate::model::{EmployeeId, Scope, UnitId};

/// Picks that are made before they are saved, at most: they stand in the address.
pub(super) const PICKS_MAX: usize = 100;

/// Entries to add or to take, each once: `+unit u1`, `-exclude e7`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Picks(Vec<String>);

/// Whether it is added, to which list, and what.
fn read(pick: &str) -> Option<(bool, &str, &str)> {
    let (is_added, rest) = match pick.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, pick.strip_prefix('-')?),
    };
    let (list, id) = rest.split_once(' ')?;
    (["unit", "include", "exclude"].contains(&list) && !id.is_empty()).then_some((is_added, list, id))
}

/// A page's address with what was picked, and with a draft of the other settings
/// ([`SyncFields::draft`](super::fields::SyncFields::draft)) where there is one.
pub(super) fn address(path: &str, picks: &[String], draft: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(picks.iter().map(|pick| ("pick", pick)));
    if !draft.is_empty() {
        query.append_pair("draft", draft);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

impl Picks {
    /// In the order in which they were made: what takes an earlier one back leaves neither. What is no pick is left out.
    pub(super) fn of<'p>(made: impl IntoIterator<Item = &'p str>) -> Self {
        let mut picks: Vec<String> = Vec::new();
        for pick in made.into_iter().map(str::trim) {
            if read(pick).is_none() || picks.iter().any(|known| known == pick) {
                continue;
            }
            match picks.iter().position(|known| known[1..] == pick[1..]) {
                Some(at) => drop(picks.remove(at)),
                None => picks.push(pick.to_owned()),
            }
        }
        Self(picks)
    }

    /// As they stand in an address or a form.
    pub(super) fn all(&self) -> &[String] {
        &self.0
    }

    /// Adds and takes.
    pub(super) fn put_over(&self, scope: &mut Scope) {
        fn put<I: PartialEq>(list: &mut Vec<I>, id: I, is_added: bool) {
            if !is_added {
                list.retain(|known| *known != id);
            } else if !list.contains(&id) {
                list.push(id);
            }
        }
        for (is_added, list, id) in self.0.iter().filter_map(|pick| read(pick)) {
            match list {
                "unit" => put(&mut scope.units, UnitId::from(id), is_added),
                "include" => put(&mut scope.include, EmployeeId::from(id), is_added),
                _ => put(&mut scope.exclude, EmployeeId::from(id), is_added),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let picks = ["+unit a b".to_owned(), "-exclude e1".to_owned()];
        for (picks, draft, expected) in [
            (&picks[..], "", "/x?pick=%2Bunit+a+b&pick=-exclude+e1"),
            (&picks[..1], "{}", "/x?pick=%2Bunit+a+b&draft=%7B%7D"),
            (&[], "a", "/x?draft=a"),
            (&[], "", "/x"),
        ] {
            assert_eq!(address("/x", picks, draft), expected);
        }
    }

    #[test]
    fn picks_come_and_go() {
        for (made, left) in [
            (&["+unit u1", "+unit u1"][..], &["+unit u1"][..]),
            (&["+unit u1", "-unit u1"], &[]),
            (&["-unit u1", "+unit u1", "-unit u1"], &["-unit u1"]),
            (&["+include e1", "+exclude e1", "-include e1"], &["+exclude e1"]),
            (&["+unit a b", " -exclude e2 "], &["+unit a b", "-exclude e2"]),
            (&["+nonsense x", "unit x", "+unit", "+unit ", "", "中文 x"], &[]),
        ] {
            assert_eq!(Picks::of(made.iter().copied()).all(), left, "{made:?}");
        }
    }

    #[test]
    fn they_are_put_over_what_is_there() {
        let mut scope = Scope { units: vec!["u1".into()], exclude: vec!["e1".into(), "e9".into()], ..Scope::default() };
        Picks::of(["-unit u1", "+unit a b", "+exclude e1", "-include e5"]).put_over(&mut scope);
        let expected = Scope { units: vec!["a b".into()], exclude: vec!["e1".into(), "e9".into()], ..Scope::default() };
        assert_eq!(scope, expected);
    }
}
