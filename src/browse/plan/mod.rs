//! A plan to look at before it is applied (DIR-61): the tree of both sides together with counts by colour on each branch,
//! and the list of changes with what differs.
//!
//! A plan never changes after it is stored, so its picture is made once; the names in it are those of the moment when it
//! was made. What differs is read from the store for the rows of a page only.

mod build;
mod detail;
mod kind;
mod list;
mod tree;

pub use detail::{ChangeRow, Difference};
pub use kind::{ChangeKind, ChangeSide, Colour, ColourCounts};
pub use list::{ChangeColumn, ChangeQuery};
pub use tree::{PlanNode, PlanPlace, PlanStep, PlanSummary};

use super::cells::Cells;
use super::intern::Interned;
use super::list::Orders;
use super::tree::{Tally, Tree};
use crate::model::{CorpKey, PlanId, Reversible, Text};
use crate::store::Store;

/// A plan with the tree that it is about.
#[derive(Debug)]
pub struct PlanView {
    id: PlanId,
    corp: CorpKey,
    store: Store,
    changes: Changes,
    nodes: Nodes,
}

/// The changes, numbered as in the plan.
#[derive(Debug)]
struct Changes {
    /// The subject's name, its id in the OA, its id in WeCom.
    cells: Cells,
    kinds: Box<[ChangeKind]>,
    reasons: Interned,
    reversible: Box<[Reversible]>,
    nodes: Box<[u32]>,
    orders: Orders,
}

/// Columns of [`Changes::cells`].
mod cell {
    pub(super) const NAME: usize = 0;
    pub(super) const OA: usize = 1;
    pub(super) const WECOM: usize = 2;
    pub(super) const COUNT: usize = 3;
}

/// The tree of both sides together: units first, then departments that no unit is linked with; the stray node follows.
#[derive(Debug)]
struct Nodes {
    tree: Tree,
    /// Name, and the unit's id (empty where there is none).
    cells: Cells,
    /// How many nodes have a unit; they come first, by its id.
    units: usize,
    /// WeCom's id, 0 where there is none.
    departments: Box<[u32]>,
    /// Nodes by WeCom's id, ascending.
    by_department: Box<[(u32, u32)]>,
    /// Nodes whose name could not be read.
    unnamed: Box<[u32]>,
    colours: Box<[Colour]>,
    /// Names before the plan, by node, where they differ.
    renamed: Box<[(u32, Text)]>,
    /// The department that the bridge has made for disabled members, where no unit is linked with it.
    for_disabled: Option<u32>,
    /// Own changes by node.
    changes: Box<[(u32, u32)]>,
    /// Departments by colour.
    department_tallies: Box<[Tally]>,
    /// Changes of members by colour, then members without a change.
    member_tallies: Box<[Tally]>,
}

impl PlanView {
    /// Which plan it is.
    pub fn id(&self) -> &PlanId {
        &self.id
    }

    /// For which corp it was made.
    pub fn corp(&self) -> &CorpKey {
        &self.corp
    }

    pub(super) fn bytes(&self) -> usize {
        let (changes, nodes) = (&self.changes, &self.nodes);
        let tallies = nodes.department_tallies.iter().chain(&nodes.member_tallies);
        changes.cells.bytes()
            + changes.kinds.len() * 6
            + changes.reasons.bytes()
            + changes.orders.bytes()
            + nodes.tree.bytes()
            + nodes.cells.bytes()
            + nodes.departments.len() * 5
            + nodes.by_department.len() * 8
            + nodes.unnamed.len() * 4
            + nodes.renamed.len() * size_of::<(u32, Text)>()
            + nodes.changes.len() * 8
            + tallies.map(Tally::bytes).sum::<usize>()
    }
}
