//! The tree of both sides together, in colours.

use super::{ChangeKind, Colour, ColourCounts, PlanView};
use crate::browse::cells::{Cells, Needle};
use crate::browse::outline::{self, Branch, Children, Line, OutlineQuery};
use crate::browse::tree::{Misplaced, Tally};
use crate::model::{DepartmentId, Text, UnitId};
use serde::Serialize;
use std::collections::HashMap;

/// Branches that a summary names.
const TOP_BRANCHES: usize = 20;

/// A place in the tree of both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum PlanPlace {
    /// A unit, with the department that it is or will be linked with.
    Unit(UnitId),
    /// A department that no unit is linked with.
    Department(DepartmentId),
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanNode {
    /// Which branch begins here.
    pub branch: Branch<PlanPlace>,
    /// Its name under the plan; `None` when it could not be read, empty for what has no place in the tree.
    pub name: Option<Text>,
    /// Its name in WeCom before, where the plan changes it.
    pub name_before: Option<Text>,
    /// The unit.
    pub unit: Option<UnitId>,
    /// The department that it is or will be.
    pub department: Option<DepartmentId>,
    /// What becomes of the department itself.
    pub colour: Colour,
    /// Whether the bridge has made it for disabled members.
    pub is_for_disabled: bool,
    /// `seq` of the changes of the department itself.
    pub changes: Vec<u32>,
    /// The branch that it is directly part of; `None` at the top.
    pub parent: Option<Branch<PlanPlace>>,
    /// Nodes directly below it.
    pub children: usize,
    /// Nodes in the whole branch below it.
    pub below: usize,
    /// Departments of the whole branch, itself included, by colour.
    pub departments: ColourCounts,
    /// Changes of members of the whole branch, and members without a change, by colour.
    pub members: ColourCounts,
    /// The same of the node alone.
    pub direct: ColourCounts,
    /// Why it has no place of its own.
    pub misplaced: Option<Misplaced>,
}

impl PlanNode {
    /// Changes in the whole branch, departments and members together.
    pub fn changes_total(&self) -> u32 {
        self.departments.changes() + self.members.changes()
    }
}

/// One step of the way from the top down to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanStep {
    /// Where it leads.
    pub branch: Branch<PlanPlace>,
    /// Name; `None` when it could not be read, empty for what has no place in the tree.
    pub name: Option<Text>,
}

/// A plan at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanSummary {
    /// All changes.
    pub changes: usize,
    /// Changes of each kind that occurs, in the order of the kinds.
    pub by_kind: Vec<(ChangeKind, usize)>,
    /// Changes of each reason, the commonest first.
    pub by_reason: Vec<(Text, usize)>,
    /// Departments of the whole tree by colour.
    pub departments: ColourCounts,
    /// Changes of members, and members without a change, by colour.
    pub members: ColourCounts,
    /// The upper branches with changes, the one with most first; at most 20.
    pub branches: Vec<PlanNode>,
}

impl PlanView {
    /// The plan at a glance.
    pub fn summary(&self) -> PlanSummary {
        let mut kinds = vec![0; ChangeKind::ALL.len()];
        let mut reasons: HashMap<&str, usize> = HashMap::new();
        for row in 0..self.changes.len() {
            kinds[self.changes.kinds[row] as usize] += 1;
            *reasons.entry(self.changes.reasons.get(row)).or_default() += 1;
        }
        let mut by_reason: Vec<(Text, usize)> =
            reasons.into_iter().map(|(reason, count)| (Text::from(reason), count)).collect();
        by_reason.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let tops = self.nodes.tree.tops();
        let sum = |tallies: &[Tally]| {
            ColourCounts::of(|colour| tops.iter().map(|top| tallies[colour as usize].total(*top)).sum())
        };
        PlanSummary {
            changes: self.changes.len(),
            by_kind: ChangeKind::ALL.into_iter().zip(kinds).filter(|(_, count)| *count > 0).collect(),
            by_reason,
            departments: sum(&self.nodes.department_tallies),
            members: sum(&self.nodes.member_tallies),
            branches: self.upper_branches(),
        }
    }

    /// The branches where the tree first divides, those without changes left out.
    fn upper_branches(&self) -> Vec<PlanNode> {
        let tree = &self.nodes.tree;
        let mut level: Vec<u32> = tree.tops().to_vec();
        while let [only] = level[..]
            && tree.below(only) > 0
        {
            level = tree.children(only).collect();
        }
        let mut nodes: Vec<PlanNode> = level.into_iter().map(|node| self.describe(node)).collect();
        nodes.retain(|node| node.changes_total() > 0);
        nodes.sort_by_key(|node| std::cmp::Reverse(node.changes_total()));
        nodes.truncate(TOP_BRANCHES);
        nodes
    }

    /// The tops of the tree; what has no place comes last.
    pub fn tops(&self) -> Vec<PlanNode> {
        self.nodes.tree.tops().iter().map(|node| self.describe(*node)).collect()
    }

    /// A node; `None` when there is none at this place.
    pub fn node(&self, branch: &Branch<PlanPlace>) -> Option<PlanNode> {
        self.node_of(branch).map(|node| self.describe(node))
    }

    /// The nodes directly below one, from the place `from` on.
    pub fn children(&self, branch: &Branch<PlanPlace>, from: usize, limit: usize) -> Option<Children<PlanNode>> {
        let node = self.node_of(branch)?;
        Some(outline::children(&self.nodes.tree, node, from, limit, |child| self.describe(child)))
    }

    /// The way from the top down to a node, itself included; empty when there is none at this place.
    pub fn path(&self, branch: &Branch<PlanPlace>) -> Vec<PlanStep> {
        let path = self.node_of(branch).map(|node| self.nodes.tree.path(node)).unwrap_or_default();
        path.into_iter().map(|node| PlanStep { branch: self.branch_of(node), name: self.name_of(node) }).collect()
    }

    /// What a page shows of the tree. Branches that do not exist are left out.
    pub fn outline(&self, query: &OutlineQuery<PlanPlace>) -> Vec<Line<PlanNode>> {
        let open: Vec<u32> = query.open.iter().filter_map(|branch| self.node_of(branch)).collect();
        outline::outline(&self.nodes.tree, query.levels, &open, |node| self.describe(node))
    }

    /// The nodes whose name or unit id holds a text, in the order of the tree; at most `limit`.
    pub fn find_nodes(&self, search: &str, limit: usize) -> Vec<PlanNode> {
        let Some(needle) = Needle::new(search) else { return Vec::new() };
        let mut hits: Vec<u32> = self.nodes.cells.search(&needle).iter().map(|node| node as u32).collect();
        hits.sort_unstable_by_key(|node| self.nodes.tree.place(*node));
        hits.truncate(limit);
        hits.into_iter().map(|node| self.describe(node)).collect()
    }

    pub(super) fn node_of(&self, branch: &Branch<PlanPlace>) -> Option<u32> {
        match branch {
            Branch::Stray => self.nodes.tree.stray(),
            Branch::Node(PlanPlace::Department(id)) => self.node_of_department(*id),
            Branch::Node(PlanPlace::Unit(id)) => self.node_of_unit(id),
        }
    }

    pub(super) fn node_of_department(&self, id: DepartmentId) -> Option<u32> {
        let found = self.nodes.by_department.binary_search_by_key(&id.0, |(id, _)| *id);
        found.ok().map(|at| self.nodes.by_department[at].1)
    }

    fn node_of_unit(&self, id: &UnitId) -> Option<u32> {
        let units = self.nodes.units;
        let cells = &self.nodes.cells;
        let found = Cells::find_within(0..units, |row| cells.get(row, 1).cmp(id.as_str()));
        found.map(|node| node as u32)
    }

    pub(super) fn branch_of(&self, node: u32) -> Branch<PlanPlace> {
        if self.nodes.tree.stray() == Some(node) {
            return Branch::Stray;
        }
        Branch::Node(match self.unit_of(node) {
            Some(unit) => PlanPlace::Unit(unit),
            None => PlanPlace::Department(DepartmentId(self.nodes.departments[node as usize])),
        })
    }

    fn unit_of(&self, node: u32) -> Option<UnitId> {
        ((node as usize) < self.nodes.units).then(|| UnitId::from(self.nodes.cells.get(node as usize, 1)))
    }

    /// `None` when the name could not be read.
    pub(super) fn name_of(&self, node: u32) -> Option<Text> {
        if self.nodes.tree.stray() == Some(node) {
            return Some(Text::default());
        }
        let is_unnamed = self.nodes.unnamed.binary_search(&node).is_ok();
        (!is_unnamed).then(|| Text::from(self.nodes.cells.get(node as usize, 0)))
    }

    /// Names from the top down to a node; where one could not be read, its number.
    pub(super) fn names_to(&self, node: u32) -> Vec<Text> {
        let name = |node: u32| {
            self.name_of(node).unwrap_or_else(|| Text::from(format!("#{}", self.nodes.departments[node as usize])))
        };
        self.nodes.tree.path(node).into_iter().map(name).collect()
    }

    fn describe(&self, node: u32) -> PlanNode {
        let (nodes, tree) = (&self.nodes, &self.nodes.tree);
        let at = node as usize;
        let department = nodes.departments.get(at).copied().filter(|id| *id > 0).map(DepartmentId);
        let renamed = nodes.renamed.binary_search_by_key(&node, |(node, _)| *node).ok();
        let from = nodes.changes.partition_point(|(other, _)| *other < node);
        let own = nodes.changes[from..].iter().take_while(|(other, _)| *other == node).map(|(_, seq)| *seq);
        PlanNode {
            branch: self.branch_of(node),
            name: self.name_of(node),
            name_before: renamed.map(|at| nodes.renamed[at].1.clone()),
            unit: self.unit_of(node),
            department,
            is_for_disabled: nodes.for_disabled == Some(node),
            colour: nodes.colours.get(at).copied().unwrap_or(Colour::Untouched),
            changes: own.collect(),
            parent: tree.parent(node).map(|parent| self.branch_of(parent)),
            children: tree.children(node).count(),
            below: tree.below(node) as usize,
            departments: ColourCounts::of(|colour| nodes.department_tallies[colour as usize].total(node)),
            members: ColourCounts::of(|colour| nodes.member_tallies[colour as usize].total(node)),
            direct: ColourCounts::of(|colour| nodes.member_tallies[colour as usize].direct(node)),
            misplaced: tree.misplaced(node),
        }
    }
}
