//! The list of changes.

use super::{ChangeKind, ChangeRow, ChangeSide, Changes, Colour, PlanPlace, PlanView, cell};
use crate::browse::bits::Bits;
use crate::browse::cells::Needle;
use crate::browse::collate;
use crate::browse::error::BrowseError;
use crate::browse::list::{self, Orders, Page, Paging, Sorted};
use crate::browse::outline::Branch;
use crate::model::{Reversible, Text};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A column that sorts the changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named after what they hold")]
pub enum ChangeColumn {
    /// The order of application.
    #[default]
    Seq,
    Kind,
    /// The subject's name.
    Name,
    /// The subject's id in the OA.
    Oa,
    /// The subject's id in WeCom.
    Wecom,
    Reason,
    /// The place in the tree.
    Branch,
}

pub(super) const COLUMNS: usize = ChangeColumn::ALL.len();

impl ChangeColumn {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Seq, Self::Kind, Self::Name, Self::Oa, Self::Wecom, Self::Reason, Self::Branch];
}

impl From<ChangeColumn> for usize {
    fn from(column: ChangeColumn) -> Self {
        column as Self
    }
}

/// Which changes are listed. The default is all, in the order of application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeQuery {
    /// Part of the subject's name or of one of its ids, case ignored; empty = all.
    pub search: String,
    /// Only these colours; empty = all.
    pub colours: Vec<Colour>,
    /// Only these kinds; empty = all.
    pub kinds: Vec<ChangeKind>,
    /// Only departments or only members.
    pub side: Option<ChangeSide>,
    /// Only this reason.
    pub reason: Option<Text>,
    /// Only changes that an undo can take back so far.
    pub reversible: Option<Reversible>,
    /// Only changes of this branch.
    pub branch: Option<Branch<PlanPlace>>,
    /// Of the branch only its topmost node, nothing below it.
    pub branch_only: bool,
    /// Only changes with these numbers.
    pub among: Option<HashSet<u32>>,
    /// Order and page.
    pub paging: Paging<ChangeColumn>,
}

impl PlanView {
    /// One page of the changes. What differs is read from the store.
    ///
    /// # Errors
    /// [`BrowseError::BadCursor`]; [`BrowseError::NoPlan`] when the plan was removed meanwhile.
    pub fn page(&self, query: &ChangeQuery) -> Result<Page<ChangeRow>, BrowseError> {
        let Page { rows, total, before, next, previous } = list::page(self, &query.paging, &self.wanted(query))?;
        Ok(Page { rows: self.change_rows(&rows)?, total, before, next, previous })
    }

    /// All changes of the list, from the first one on, read from the store a few at a time; for exports.
    pub fn rows(&self, query: &ChangeQuery) -> impl Iterator<Item = Result<ChangeRow, BrowseError>> + '_ {
        let mut seqs = list::rows(self, &self.changes.orders, &query.paging, self.wanted(query));
        let mut read = Vec::new().into_iter();
        std::iter::from_fn(move || {
            loop {
                if let Some(row) = read.next() {
                    return Some(Ok(row));
                }
                let some: Vec<usize> = seqs.by_ref().take(list::PAGE_MAX).collect();
                if some.is_empty() {
                    return None;
                }
                match self.change_rows(&some) {
                    Ok(rows) => read = rows.into_iter(),
                    Err(error) => return Some(Err(error)),
                }
            }
        })
    }

    /// One change; `None` when the plan has none of this number.
    ///
    /// # Errors
    /// [`BrowseError::NoPlan`] when the plan was removed meanwhile.
    pub fn change(&self, seq: u32) -> Result<Option<ChangeRow>, BrowseError> {
        if seq as usize >= self.changes.len() {
            return Ok(None);
        }
        Ok(self.change_rows(&[seq as usize])?.pop())
    }

    pub(super) fn wanted(&self, query: &ChangeQuery) -> Bits {
        let changes = &self.changes;
        let mut wanted = match Needle::new(&query.search) {
            Some(needle) => changes.cells.search(&needle),
            None => Bits::all(changes.len()),
        };
        if let Some(branch) = &query.branch {
            let Some(top) = self.node_of(branch) else { return Bits::none(changes.len()) };
            let tree = &self.nodes.tree;
            let mut places = tree.branch(top);
            if query.branch_only {
                places.end = places.start + 1;
            }
            wanted.retain(|row| places.contains(&tree.place(changes.nodes[row])));
        }
        if !query.colours.is_empty() {
            wanted.retain(|row| query.colours.contains(&changes.kinds[row].colour()));
        }
        if !query.kinds.is_empty() {
            wanted.retain(|row| query.kinds.contains(&changes.kinds[row]));
        }
        if let Some(side) = query.side {
            wanted.retain(|row| changes.kinds[row].side() == side);
        }
        if let Some(among) = &query.among {
            wanted.retain(|row| u32::try_from(row).is_ok_and(|seq| among.contains(&seq)));
        }
        if let Some(reason) = &query.reason {
            wanted.retain(|row| changes.reasons.get(row) == *reason);
        }
        if let Some(reversible) = query.reversible {
            wanted.retain(|row| changes.reversible[row] == reversible);
        }
        wanted
    }
}

impl Changes {
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }
}

impl Sorted for PlanView {
    fn len(&self) -> usize {
        self.changes.len()
    }

    fn push_key(&self, column: usize, row: usize, out: &mut Vec<u8>) {
        let changes = &self.changes;
        let cell = match ChangeColumn::ALL.get(column).copied().unwrap_or_default() {
            // rows are in the order of application
            ChangeColumn::Seq => return,
            ChangeColumn::Kind => return out.push(changes.kinds[row] as u8),
            ChangeColumn::Reason => return out.extend_from_slice(changes.reasons.get(row).as_bytes()),
            ChangeColumn::Branch => {
                return out.extend_from_slice(&self.nodes.tree.place(changes.nodes[row]).to_be_bytes());
            }
            ChangeColumn::Name => cell::NAME,
            ChangeColumn::Oa => cell::OA,
            ChangeColumn::Wecom => cell::WECOM,
        };
        collate::push_folded_key(changes.cells.folded(row, cell), out);
    }

    fn push_id(&self, row: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&(row as u32).to_be_bytes());
    }

    fn orders(&self) -> &Orders {
        &self.changes.orders
    }
}
