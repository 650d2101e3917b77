//! Indexes walked together from one end to the other. A place is what stands behind a list's prefix in its keys,
//! as bytes: lists of one kind of place can be added to each other, and what stands in several of them is found in about as
//! many steps as the shortest has places. Knows nothing of what the places mean.

use super::error::StoreError;
use super::key::{Prefix, Range};
use super::page::Order;
use super::tx::{ReadTx, Rows};
use std::ops::Bound;

/// Places that are passed one by one before a list is opened anew further on.
const NEAR: usize = 8;

/// From this place on, and before that one; all when `None`.
pub(super) type Window<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// The keys of one prefix of a table.
struct List {
    prefix: Prefix,
    rows: Option<Rows>,
    /// The place that comes next.
    head: Option<Vec<u8>>,
}

/// One list, or several of a table as if they were one.
pub(super) struct Walk<'tx> {
    tx: &'tx ReadTx,
    table: &'static str,
    order: Order,
    from: Vec<u8>,
    before: Option<Vec<u8>>,
    lists: Vec<List>,
}

impl<'tx> Walk<'tx> {
    /// Walks the places of the window: the greatest first when the newest are, else the smallest.
    pub(super) fn new(
        tx: &'tx ReadTx,
        table: &'static str,
        prefixes: impl IntoIterator<Item = Prefix>,
        (from, before): Window<'_>,
        order: Order,
    ) -> Result<Self, StoreError> {
        let (from, before) = (from.unwrap_or_default().to_vec(), before.map(<[u8]>::to_vec));
        let mut walk = Self { tx, table, order, from, before, lists: Vec::new() };
        for prefix in prefixes {
            let mut list = List { prefix, rows: None, head: None };
            walk.open(&mut list, None)?;
            walk.lists.push(list);
        }
        Ok(walk)
    }

    /// The first place that was not passed yet.
    pub(super) fn peek(&self) -> Option<&[u8]> {
        let heads = self.lists.iter().filter_map(|list| list.head.as_deref());
        heads.reduce(|first, head| if self.order.precedes(head, first) { head } else { first })
    }

    /// Passes every place that comes before this one.
    pub(super) fn go_to(&mut self, place: &[u8]) -> Result<(), StoreError> {
        self.each(|walk, list| {
            let is_before = |list: &List| list.head.as_deref().is_some_and(|head| walk.order.precedes(head, place));
            for _ in 0..NEAR {
                if !is_before(list) {
                    return Ok(());
                }
                walk.advance(list)?;
            }
            if is_before(list) { walk.open(list, Some(place)) } else { Ok(()) }
        })
    }

    /// Passes every place that comes before this one, and this one.
    pub(super) fn pass(&mut self, place: &[u8]) -> Result<(), StoreError> {
        self.go_to(place)?;
        self.each(|walk, list| if list.head.as_deref() == Some(place) { walk.advance(list) } else { Ok(()) })
    }

    /// Whether a place is in it that was not passed; everything before it is passed.
    pub(super) fn has(&mut self, place: &[u8]) -> Result<bool, StoreError> {
        self.go_to(place)?;
        Ok(self.peek() == Some(place))
    }

    fn each(&mut self, mut change: impl FnMut(&Self, &mut List) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut lists = std::mem::take(&mut self.lists);
        let changed = lists.iter_mut().try_for_each(|list| change(self, list));
        self.lists = lists;
        changed
    }

    /// Opens a list at a place, or at the end that comes first.
    fn open(&self, list: &mut List, at: Option<&[u8]>) -> Result<(), StoreError> {
        let key = |place: &[u8]| [list.prefix.bytes(), place].concat();
        let mut range = Range {
            from: Bound::Included(key(&self.from)),
            to: self.before.as_deref().map_or_else(|| list.prefix.range().to, |place| Bound::Excluded(key(place))),
        };
        match (at, self.order) {
            (None, _) => {}
            (Some(place), Order::Newest) => range.to = Bound::Included(key(place)),
            (Some(place), Order::Oldest) => range.from = Bound::Included(key(place)),
        }
        list.rows = if range.is_empty() { None } else { self.tx.rows(self.table, &range)? };
        self.advance(list)
    }

    fn advance(&self, list: &mut List) -> Result<(), StoreError> {
        let next = list.rows.as_mut().and_then(|rows| match self.order {
            Order::Newest => rows.next_back(),
            Order::Oldest => rows.next(),
        });
        let next = next.transpose().map_err(|e| self.tx.fail(e))?;
        list.head = next.map(|(key, _)| key.value()[list.prefix.bytes().len()..].to_vec());
        Ok(())
    }
}

/// Goes one place on in all of the walks, which have one order: the first one that may stand in each, with whether it does.
/// `None` when one of them is at its end.
pub(super) fn step(walks: &mut [Walk<'_>]) -> Result<Option<(Vec<u8>, bool)>, StoreError> {
    let mut furthest: Option<&[u8]> = None;
    for walk in walks.iter() {
        let Some(head) = walk.peek() else { return Ok(None) };
        furthest = Some(furthest.map_or(head, |known| if walk.order.precedes(known, head) { head } else { known }));
    }
    let Some(place) = furthest.map(<[u8]>::to_vec) else { return Ok(None) };
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
        let walked = |lists: &[&[&str]], from: Option<&[u8]>, before: Option<&[u8]>, order: Order| {
            let (mut common, mut steps) = (Vec::new(), 0);
            let read = |tx: &ReadTx| {
                let walk = |names: &&[&str]| {
                    Walk::new(tx, LISTS.name(), names.iter().map(|name| Prefix::text(name)), (from, before), order)
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
            let mut want = want.to_vec();
            for order in [Order::Newest, Order::Oldest] {
                let (common, walked) = walked(lists, None, None, order);
                assert_eq!(common, want, "{lists:?} {order:?}");
                assert!(walked <= steps, "{lists:?} {order:?}: {walked} steps");
                want.reverse();
            }
        }
        for order in [Order::Newest, Order::Oldest] {
            for (lists, from, before, want) in [
                (&[&["rare"][..], &["all"]][..], "00007", "02900", &["01200", "00007"][..]),
                (&[&["even", "odd"]], "00010", "00013", &["00012", "00011", "00010"]),
                (&[&["all"]], "02000", "01000", &[]),
            ] {
                let mut common = walked(lists, Some(from.as_bytes()), Some(before.as_bytes()), order).0;
                if order == Order::Oldest {
                    common.reverse();
                }
                assert_eq!(common, want, "{lists:?} {order:?}");
            }
        }
    }
}
