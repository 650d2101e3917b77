//! The tree of units.

use super::{DirectoryView, cell};
use crate::browse::bits::Bits;
use crate::browse::cells::Needle;
use crate::browse::outline::{self, Branch, Children, Line, OutlineQuery};
use crate::browse::tree::{Misplaced, Parent, Tree};
use crate::model::{EmployeeId, Text, UnitId};
use serde::Serialize;

/// A unit in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitNode {
    /// Which branch begins here.
    pub branch: Branch<UnitId>,
    /// Its name; empty for what has no place in the tree.
    pub name: Text,
    /// The branch that it is directly part of; `None` at the top.
    pub parent: Option<Branch<UnitId>>,
    /// Units directly below it.
    pub children: usize,
    /// Units in the whole branch below it.
    pub below: usize,
    /// Active people of the unit itself, part-time ones included.
    pub direct: u32,
    /// Active people of the whole branch, each counted once.
    pub total: u32,
    /// Its heads, the first one first.
    pub heads: Vec<HeadRef>,
    /// Why it has no place of its own.
    pub misplaced: Option<Misplaced>,
}

/// The head of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeadRef {
    /// Id.
    pub id: EmployeeId,
    /// Name; `None` when there is no such person.
    pub name: Option<Text>,
}

/// One step of the way from the top down to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitStep {
    /// Where it leads.
    pub branch: Branch<UnitId>,
    /// Name; empty for what has no place in the tree.
    pub name: Text,
}

impl DirectoryView {
    /// The tops of the tree; what has no place comes last.
    pub fn tops(&self) -> Vec<UnitNode> {
        self.units.tree.tops().iter().map(|node| self.describe(*node)).collect()
    }

    /// A unit; `None` when it does not exist.
    pub fn unit(&self, branch: &Branch<UnitId>) -> Option<UnitNode> {
        self.node_of(branch).map(|node| self.describe(node))
    }

    /// The units directly below one, from the place `from` on.
    pub fn children(&self, branch: &Branch<UnitId>, from: usize, limit: usize) -> Option<Children<UnitNode>> {
        let node = self.node_of(branch)?;
        Some(outline::children(&self.units.tree, node, from, limit, |child| self.describe(child)))
    }

    /// The way from the top down to a unit, itself included; empty when it does not exist.
    pub fn path(&self, branch: &Branch<UnitId>) -> Vec<UnitStep> {
        let path = self.node_of(branch).map(|node| self.units.tree.path(node)).unwrap_or_default();
        path.into_iter().map(|node| UnitStep { branch: self.branch_of(node), name: self.unit_name(node) }).collect()
    }

    /// What a page shows of the tree. Branches that do not exist are left out.
    pub fn outline(&self, query: &OutlineQuery<UnitId>) -> Vec<Line<UnitNode>> {
        let open: Vec<u32> = query.open.iter().filter_map(|branch| self.node_of(branch)).collect();
        outline::outline(&self.units.tree, query.levels, &open, |node| self.describe(node))
    }

    /// The units whose id or name holds a text, in the order of the tree; at most `limit`.
    pub fn find_units(&self, search: &str, limit: usize) -> Vec<UnitNode> {
        let Some(needle) = Needle::new(search) else { return Vec::new() };
        let mut hits: Vec<u32> = self.units.cells.search(&needle).iter().map(|node| node as u32).collect();
        hits.sort_unstable_by_key(|node| self.units.tree.place(*node));
        hits.truncate(limit);
        hits.into_iter().map(|node| self.describe(node)).collect()
    }

    /// The units whose id or name holds it.
    pub(in crate::browse) fn units_found(&self, needle: &Needle) -> Bits {
        self.units.cells.search(needle)
    }

    /// How many units there are, the stray node not included.
    pub(in crate::browse) fn units_len(&self) -> usize {
        self.units.cells.rows()
    }

    pub(in crate::browse) fn node_of_id(&self, id: &UnitId) -> Option<u32> {
        self.units.cells.find(0, id.as_str()).map(|node| node as u32)
    }

    pub(in crate::browse) fn unit_id(&self, node: u32) -> &str {
        self.units.cells.get(node as usize, 0)
    }

    /// What stands above a unit.
    pub(in crate::browse) fn parent_of(&self, node: u32) -> Parent {
        match self.units.tree.parent(node) {
            None => Parent::Top,
            parent if parent == self.units.tree.stray() => Parent::Missing,
            Some(parent) => Parent::Node(parent),
        }
    }

    pub(in crate::browse) fn tree(&self) -> &Tree {
        &self.units.tree
    }

    pub(in crate::browse) fn node_of(&self, branch: &Branch<UnitId>) -> Option<u32> {
        match branch {
            Branch::Stray => self.units.tree.stray(),
            Branch::Node(id) => self.node_of_id(id),
        }
    }

    pub(in crate::browse) fn branch_of(&self, node: u32) -> Branch<UnitId> {
        if self.units.tree.stray() == Some(node) {
            return Branch::Stray;
        }
        Branch::Node(UnitId::from(self.units.cells.get(node as usize, 0)))
    }

    pub(in crate::browse) fn unit_name(&self, node: u32) -> Text {
        let is_stray = self.units.tree.stray() == Some(node);
        if is_stray { Text::default() } else { Text::from(self.units.cells.get(node as usize, 1)) }
    }

    pub(in crate::browse) fn describe(&self, node: u32) -> UnitNode {
        let (units, tree) = (&self.units, &self.units.tree);
        let from = units.heads.partition_point(|(unit, _)| *unit < node);
        let heads = units.heads[from..].iter().take_while(|(unit, _)| *unit == node);
        let head = |id: &Text| {
            let row = self.people.cells.find(cell::ID, id);
            let name = row.map(|row| Text::from(self.people.cells.get(row, cell::NAME)));
            HeadRef { id: EmployeeId(id.clone()), name }
        };
        UnitNode {
            branch: self.branch_of(node),
            name: self.unit_name(node),
            parent: tree.parent(node).map(|parent| self.branch_of(parent)),
            children: tree.children(node).count(),
            below: tree.below(node) as usize,
            direct: units.active.direct(node),
            total: units.active.total(node),
            heads: heads.map(|(_, id)| head(id)).collect(),
            misplaced: tree.misplaced(node),
        }
    }
}
