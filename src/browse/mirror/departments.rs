//! The tree of departments.

use super::naming::Naming;
use super::{MirrorView, NONE};
use crate::browse::cells::Needle;
use crate::browse::outline::{self, Branch, Children, Line, OutlineQuery};
use crate::browse::tree::{Misplaced, Parent};
use crate::model::{BindingOrigin, DepartmentId, Text, UnitId, UserId};
use serde::Serialize;

/// A department in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DepartmentNode {
    /// Which branch begins here.
    pub branch: Branch<DepartmentId>,
    /// Its name as WeCom answered it; `None` when it could not be read, empty for what has no place in the tree.
    pub name: Option<Text>,
    /// Whether the name is a name.
    pub naming: Naming,
    /// The branch that it is directly part of; `None` at the top.
    pub parent: Option<Branch<DepartmentId>>,
    /// Departments directly below it.
    pub children: usize,
    /// Departments in the whole branch below it.
    pub below: usize,
    /// Members of the department itself.
    pub direct: u32,
    /// Members of the whole branch, each counted once.
    pub total: u32,
    /// Its heads as WeCom answered them.
    pub leaders: Vec<UserId>,
    /// The unit that it is linked with (the solid dot, DIR-58).
    pub unit: Option<UnitLink>,
    /// Why it has no place of its own.
    pub misplaced: Option<Misplaced>,
}

/// The unit that a department is linked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitLink {
    /// Id.
    pub id: UnitId,
    /// Name; `None` when the directory does not have the unit any more.
    pub name: Option<Text>,
    /// Where the link came from.
    pub origin: BindingOrigin,
}

/// One step of the way from the top down to a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DepartmentStep {
    /// Where it leads.
    pub branch: Branch<DepartmentId>,
    /// Name; `None` when it could not be read, empty for what has no place in the tree.
    pub name: Option<Text>,
}

impl MirrorView {
    /// The tops of the tree; what has no place comes last.
    pub fn tops(&self) -> Vec<DepartmentNode> {
        self.base.departments.tree.tops().iter().map(|node| self.describe(*node)).collect()
    }

    /// A department; `None` when it is not in the mirror.
    pub fn department(&self, branch: &Branch<DepartmentId>) -> Option<DepartmentNode> {
        self.node_of(branch).map(|node| self.describe(node))
    }

    /// The department that a unit is linked with, where it is in the mirror.
    pub fn department_of_unit(&self, unit: &UnitId) -> Option<DepartmentNode> {
        let unit = self.directory.node_of_id(unit)?;
        let department = self.departments.get(unit as usize).copied().filter(|department| *department != NONE)?;
        Some(self.describe(department))
    }

    /// The departments directly below one, from the place `from` on.
    pub fn children(
        &self,
        branch: &Branch<DepartmentId>,
        from: usize,
        limit: usize,
    ) -> Option<Children<DepartmentNode>> {
        let node = self.node_of(branch)?;
        Some(outline::children(&self.base.departments.tree, node, from, limit, |child| self.describe(child)))
    }

    /// The way from the top down to a department, itself included; empty when it is not in the mirror.
    pub fn path(&self, branch: &Branch<DepartmentId>) -> Vec<DepartmentStep> {
        let path = self.node_of(branch).map(|node| self.base.departments.tree.path(node)).unwrap_or_default();
        let step = |node| DepartmentStep { branch: self.branch_of(node), name: self.department_name(node) };
        path.into_iter().map(step).collect()
    }

    /// What a page shows of the tree. Branches that do not exist are left out.
    pub fn outline(&self, query: &OutlineQuery<DepartmentId>) -> Vec<Line<DepartmentNode>> {
        let open: Vec<u32> = query.open.iter().filter_map(|branch| self.node_of(branch)).collect();
        outline::outline(&self.base.departments.tree, query.levels, &open, |node| self.describe(node))
    }

    /// The departments whose name holds a text or whose id it is, in the order of the tree; at most `limit`.
    pub fn find_departments(&self, search: &str, limit: usize) -> Vec<DepartmentNode> {
        let Some(needle) = Needle::new(search) else { return Vec::new() };
        let departments = &self.base.departments;
        let mut hits: Vec<u32> = departments.names.search(&needle).iter().map(|node| node as u32).collect();
        let of_id = search.trim().parse().ok().and_then(|id: u32| departments.ids.binary_search(&id).ok());
        hits.extend(of_id.map(|node| node as u32));
        hits.sort_unstable_by_key(|node| departments.tree.place(*node));
        hits.dedup();
        hits.truncate(limit);
        hits.into_iter().map(|node| self.describe(node)).collect()
    }

    pub(in crate::browse) fn node_of(&self, branch: &Branch<DepartmentId>) -> Option<u32> {
        match branch {
            Branch::Stray => self.base.departments.tree.stray(),
            Branch::Node(id) => self.node_of_department(*id),
        }
    }

    pub(in crate::browse) fn node_of_department(&self, id: DepartmentId) -> Option<u32> {
        self.base.departments.ids.binary_search(&id.0).ok().map(|node| node as u32)
    }

    /// How many departments there are, the stray node not included.
    pub(in crate::browse) fn departments_len(&self) -> usize {
        self.base.departments.len()
    }

    pub(in crate::browse) fn department_id(&self, node: u32) -> u32 {
        self.base.departments.ids[node as usize]
    }

    /// Where a department stands in the tree.
    pub(in crate::browse) fn department_place(&self, node: u32) -> u32 {
        self.base.departments.tree.place(node)
    }

    /// What stands above a department: WeCom's id as the node.
    pub(in crate::browse) fn department_parent(&self, node: u32) -> Parent {
        let tree = &self.base.departments.tree;
        match tree.parent(node) {
            None => Parent::Top,
            parent if parent == tree.stray() => Parent::Missing,
            Some(parent) => Parent::Node(self.department_id(parent)),
        }
    }

    /// The department that a unit is linked with.
    pub(in crate::browse) fn linked_department(&self, unit: u32) -> Option<DepartmentId> {
        let node = Some(self.department_at(unit)).filter(|node| *node != NONE)?;
        Some(DepartmentId(self.department_id(node)))
    }

    pub(super) fn branch_of(&self, node: u32) -> Branch<DepartmentId> {
        match self.base.departments.ids.get(node as usize) {
            Some(id) => Branch::Node(DepartmentId(*id)),
            None => Branch::Stray,
        }
    }

    /// `None` when the name could not be read.
    pub(in crate::browse) fn department_name(&self, node: u32) -> Option<Text> {
        let departments = &self.base.departments;
        match departments.naming.get(node as usize) {
            None => Some(Text::default()),
            Some(Naming::Unreadable) => None,
            Some(_) => Some(Text::from(departments.names.get(node as usize, 0))),
        }
    }

    pub(super) fn describe(&self, node: u32) -> DepartmentNode {
        let departments = &self.base.departments;
        let tree = &departments.tree;
        let from = departments.leaders.partition_point(|(department, _)| *department < node);
        let leaders = departments.leaders[from..].iter().take_while(|(department, _)| *department == node);
        let unit = departments.link(node).map(|link| UnitLink {
            id: link.unit.clone(),
            name: Some(self.units[node as usize])
                .filter(|unit| *unit != NONE)
                .map(|unit| self.directory.unit_name(unit)),
            origin: link.origin,
        });
        DepartmentNode {
            branch: self.branch_of(node),
            name: self.department_name(node),
            naming: departments.naming.get(node as usize).copied().unwrap_or(Naming::Read),
            parent: tree.parent(node).map(|parent| self.branch_of(parent)),
            children: tree.children(node).count(),
            below: tree.below(node) as usize,
            direct: departments.members.direct(node),
            total: departments.members.total(node),
            leaders: leaders.map(|(_, userid)| userid.clone()).collect(),
            unit,
            misplaced: tree.misplaced(node),
        }
    }
}
