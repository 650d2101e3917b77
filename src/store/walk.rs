//! Indexes walked together from their ends to their beginnings. A place is what stands behind a list's prefix in its keys,
//! as bytes: lists of one kind of place can be added to each other, and what stands in several of them is found in about as
//! many steps as the shortest has places. Knows nothing of what the places mean.

use super::error::StoreError;
use super::key::{Prefix, Range};
use super::tx::{ReadTx, Rows};
use std::ops::Bound;

/// Places that are passed one by one before a list is opened anew further down.
const NEAR: usize = 8;

/// The keys of one prefix of a table, from the last to the first.
struct List {
    prefix: Vec<u8>,
    rows: Option<Rows>,
    /// The place that comes next.
    head: Option<Vec<u8>>,
}

/// One list, or several of a table as if they were one.
pub(super) struct Walk<'tx> {
    tx: &'tx ReadTx,
    table: &'static str,
    from: Vec<u8>,
    lists: Vec<List>,
}

impl<'tx> Walk<'tx> {
    /// Walks the places from `from` on (all when `None`) that stand before `before`, the last first.
    pub(super) fn new(
        tx: &'tx ReadTx,
        table: &'static str,
        prefixes: impl IntoIterator<Item = Prefix>,
        from: Option<&[u8]>,
        before: Option<&[u8]>,
    ) -> Result<Self, StoreError> {
        let mut walk = Self { tx, table, from: from.unwrap_or_default().to_vec(), lists: Vec::new() };
        for prefix in prefixes {
            let to = match before {
                Some(place) => Bound::Excluded([prefix.bytes(), place].concat()),
                None => prefix.range().to,
            };
            let mut list = List { prefix: prefix.bytes().to_vec(), rows: None, head: None };
            walk.open(&mut list, to)?;
            walk.lists.push(list);
        }
        Ok(walk)
    }

    /// The greatest place that was not passed yet.
    pub(super) fn peek(&self) -> Option<&[u8]> {
        self.lists.iter().filter_map(|list| list.head.as_deref()).max()
    }

    /// Passes every place that is greater than this one.
    pub(super) fn down_to(&mut self, place: &[u8]) -> Result<(), StoreError> {
        self.each(|walk, list| {
            let is_above = |list: &List| list.head.as_deref().is_some_and(|head| head > place);
            for _ in 0..NEAR {
                if !is_above(list) {
                    return Ok(());
                }
                walk.advance(list)?;
            }
            if is_above(list) {
                let to = Bound::Included([&list.prefix, place].concat());
                walk.open(list, to)?;
            }
            Ok(())
        })
    }

    /// Passes every place that is greater than this one, and this one.
    pub(super) fn pass(&mut self, place: &[u8]) -> Result<(), StoreError> {
        self.down_to(place)?;
        self.each(|walk, list| if list.head.as_deref() == Some(place) { walk.advance(list) } else { Ok(()) })
    }

    /// Whether a place is in it that was not passed; everything greater is passed.
    pub(super) fn has(&mut self, place: &[u8]) -> Result<bool, StoreError> {
        self.down_to(place)?;
        Ok(self.peek() == Some(place))
    }

    fn each(&mut self, mut change: impl FnMut(&Self, &mut List) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut lists = std::mem::take(&mut self.lists);
        let changed = lists.iter_mut().try_for_each(|list| change(self, list));
        self.lists = lists;
        changed
    }

    fn open(&self, list: &mut List, to: Bound<Vec<u8>>) -> Result<(), StoreError> {
        let from = [list.prefix.as_slice(), &self.from].concat();
        let range = Range { from: Bound::Included(from), to };
        list.rows = if range.is_empty() { None } else { self.tx.rows(self.table, &range)? };
        self.advance(list)
    }

    fn advance(&self, list: &mut List) -> Result<(), StoreError> {
        let next = list.rows.as_mut().and_then(|rows| rows.next_back()).transpose();
        let next = next.map_err(|e| self.tx.fail(e))?;
        list.head = next.map(|(key, _)| key.value()[list.prefix.len()..].to_vec());
        Ok(())
    }
}

/// Goes one place down in all of the walks: the greatest one that may stand in each, with whether it does. `None` when one of
/// them is at its end.
pub(super) fn step(walks: &mut [Walk<'_>]) -> Result<Option<(Vec<u8>, bool)>, StoreError> {
    let mut lowest: Option<&[u8]> = None;
    for walk in walks.iter() {
        let Some(head) = walk.peek() else { return Ok(None) };
        lowest = Some(lowest.map_or(head, |lowest| lowest.min(head)));
    }
    let Some(place) = lowest.map(<[u8]>::to_vec) else { return Ok(None) };
    let mut is_common = true;
    for walk in walks.iter_mut() {
        is_common &= walk.has(&place)?;
        walk.pass(&place)?;
    }
    Ok(Some((place, is_common)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::key::Str;
    use crate::store::table::Table;
    use crate::store::{KeyRing, Store, StoreOptions};

    const LISTS: Table<(Str, Str), ()> = Table::new("deliveries_by_state");

    fn name(at: usize) -> String {
        format!("{at:05}")
    }

    #[test]
    fn what_is_common_is_found_in_as_many_steps_as_the_rarest_has_places() {
        let home = tempfile::tempdir().unwrap();
        let keys = KeyRing::load_or_create(&home.path().join("master.key"), home.path()).unwrap();
        let store = Store::open(home.path(), StoreOptions::new(keys, Clock::manual(0))).unwrap();
        let put = |tx: &crate::store::WriteTx| {
            for at in 0..3_000 {
                LISTS.put(tx, (if at % 2 == 0 { "even" } else { "odd" }, &name(at)), &())?;
                LISTS.put(tx, ("all", &name(at)), &())?;
            }
            [7, 1_200, 2_900, 9_999].iter().try_for_each(|at| LISTS.put(tx, ("rare", &name(*at)), &()))
        };
        store.write_blocking(put).unwrap();
        let walked = |lists: &[&[&str]], from: Option<&[u8]>, before: Option<&[u8]>| {
            let (mut common, mut steps) = (Vec::new(), 0);
            let read = |tx: &ReadTx| {
                let walk = |names: &&[&str]| {
                    Walk::new(tx, LISTS.name(), names.iter().map(|name| Prefix::text(name)), from, before)
                };
                let mut walks = lists.iter().map(walk).collect::<Result<Vec<_>, _>>()?;
                while let Some((place, is_common)) = step(&mut walks)? {
                    steps += 1;
                    if is_common {
                        common.push(String::from_utf8_lossy(&place).into_owned());
                    }
                }
                Ok(())
            };
            store.read(read).unwrap();
            (common, steps)
        };
        for (lists, want, steps) in [
            (&[&["rare"][..], &["all"]][..], &["02900", "01200", "00007"][..], 4),
            (&[&["all"], &["rare"], &["even"]], &["02900", "01200"], 4),
            (&[&["rare"], &["even", "odd"]], &["02900", "01200", "00007"], 4),
            (&[&["rare", "nothing"]], &["09999", "02900", "01200", "00007"], 4),
            (&[&["all"], &["nothing"]], &[], 0),
            (&[&["rare"], &[]], &[], 0),
        ] {
            let (common, walked) = walked(lists, None, None);
            assert_eq!(common, want, "{lists:?}");
            assert!(walked <= steps, "{lists:?}: {walked} steps");
        }
        assert_eq!(walked(&[&["rare"], &["all"]], Some(b"00007"), Some(b"02900")).0, ["01200", "00007"]);
        assert_eq!(walked(&[&["even", "odd"]], Some(b"00010"), Some(b"00013")).0, ["00012", "00011", "00010"]);
        assert_eq!(walked(&[&["all"]], Some(b"02000"), Some(b"01000")).0, Vec::<String>::new());
    }
}
