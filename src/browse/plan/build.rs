//! Builds the picture of a plan: one pass over its changes, then the tree of both sides together.

use super::{ChangeKind, Changes, Colour, Nodes, PlanView, cell};
use crate::browse::bits::Bits;
use crate::browse::cells::Cells;
use crate::browse::directory::DirectoryView;
use crate::browse::error::BrowseError;
use crate::browse::intern::Interning;
use crate::browse::list::Orders;
use crate::browse::mirror::MirrorView;
use crate::browse::tree::{Counting, NONE, Parent, Tree};
use crate::model::{
    Action, Change, DepartmentId, DepartmentImage, EmployeeId, MemberField, MemberImage, PlanHead, Reversible, Text,
    UnitId, UserId,
};
use crate::store::{self, ReadTx, Store, StoreError};
use crate::sync::service::disabled_department;
use std::collections::HashMap;

impl PlanView {
    /// Reads a plan's changes.
    pub(in crate::browse) fn build(
        tx: &ReadTx,
        store: Store,
        head: &PlanHead,
        mirror: &MirrorView,
    ) -> Result<Self, BrowseError> {
        let mut reading = Reading::new(mirror);
        let mut failed = None;
        let scanned = store::plans::scan_changes(tx, &head.id, |change| {
            if failed.is_none() {
                failed = reading.add(&change).err();
            }
            Ok(())
        });
        match scanned {
            Err(StoreError::NotFound { .. }) => return Err(BrowseError::NoPlan(head.id.clone())),
            scanned => scanned?,
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let (changes, nodes) = reading.finish(disabled_department(tx, &head.corp)?)?;
        Ok(Self { id: head.id.clone(), corp: head.corp.clone(), store, changes, nodes })
    }
}

/// Where a person is: the row in the directory, and the department that WeCom shows or will show.
#[derive(Clone, Copy)]
struct Home {
    employee: u32,
    department: u32,
}

/// A change of a department.
struct OfDepartment {
    row: u32,
    kind: ChangeKind,
    unit: Option<UnitId>,
    department: DepartmentId,
    before: DepartmentImage,
    after: DepartmentImage,
}

struct Reading<'m> {
    mirror: &'m MirrorView,
    directory: &'m DirectoryView,
    cells: Cells,
    kinds: Vec<ChangeKind>,
    reasons: Interning,
    reversible: Vec<Reversible>,
    homes: Vec<Home>,
    departments: Vec<OfDepartment>,
    /// Members that a change is about.
    touched: Bits,
}

impl<'m> Reading<'m> {
    fn new(mirror: &'m MirrorView) -> Self {
        Self {
            mirror,
            directory: mirror.directory(),
            cells: Cells::new(cell::COUNT),
            kinds: Vec::new(),
            reasons: Interning::new(),
            reversible: Vec::new(),
            homes: Vec::new(),
            departments: Vec::new(),
            touched: Bits::none(mirror.members_len()),
        }
    }

    fn add(&mut self, change: &Change) -> Result<(), BrowseError> {
        let kind = ChangeKind::of(&change.action);
        match &change.action {
            Action::CreateDepartment { unit, department, after } => {
                self.department(kind, Some(unit), *department, None, Some(after))?;
            }
            Action::CreateDisabledDepartment { department, after } => {
                self.department(kind, None, *department, None, Some(after))?;
            }
            Action::UpdateDepartment { unit, department, before, after } => {
                self.department(kind, unit.as_ref(), *department, Some(before), Some(after))?;
            }
            Action::DeleteDepartment { unit, department, before } => {
                self.department(kind, unit.as_ref(), *department, Some(before), None)?;
            }
            Action::BindDepartment { unit, department, .. } | Action::UnbindDepartment { unit, department } => {
                self.department(kind, Some(unit), *department, None, None)?;
            }
            Action::CreateMember { employee, userid, after, .. } => {
                self.member(Some(employee), userid, [Some(after), None], false)?;
            }
            Action::UpdateMember { employee, userid, before, after }
            | Action::EnableMember { employee, userid, before, after } => {
                self.member(Some(employee), userid, [Some(after), Some(before)], false)?;
            }
            Action::DisableMember { employee, userid, before, .. }
            | Action::DeleteMember { employee, userid, before, .. } => {
                self.member(employee.as_ref(), userid, [Some(before), None], true)?;
            }
            Action::BindMember { employee, userid, .. }
            | Action::UnbindMember { employee, userid }
            | Action::RecordRemoval { employee, userid, .. } => {
                self.member(Some(employee), userid, [None, None], false)?;
            }
        }
        self.kinds.push(kind);
        self.reversible.push(change.reversible);
        self.reasons.push(&change.reason)
    }

    fn department(
        &mut self,
        kind: ChangeKind,
        unit: Option<&UnitId>,
        department: DepartmentId,
        before: Option<&DepartmentImage>,
        after: Option<&DepartmentImage>,
    ) -> Result<(), BrowseError> {
        let (before, after) = (before.cloned().unwrap_or_default(), after.cloned().unwrap_or_default());
        let unit_name =
            unit.and_then(|unit| self.directory.node_of_id(unit)).map(|node| self.directory.unit_name(node));
        let shown = || self.mirror.node_of_department(department).and_then(|node| self.mirror.department_name(node));
        let name = after.name.clone().or(unit_name).or(before.name.clone()).or_else(shown).unwrap_or_default();
        self.cells.push([name.as_str(), unit.map_or("", UnitId::as_str), department.to_string().as_str()])?;
        self.homes.push(Home { employee: NONE, department: department.0 });
        let row = self.kinds.len() as u32;
        self.departments.push(OfDepartment { row, kind, unit: unit.cloned(), department, before, after });
        Ok(())
    }

    /// `is_leaving`: the place of a member on its way out is where it was, whatever the OA says.
    fn member(
        &mut self,
        employee: Option<&EmployeeId>,
        userid: &UserId,
        images: [Option<&MemberImage>; 2],
        is_leaving: bool,
    ) -> Result<(), BrowseError> {
        let row = employee.and_then(|id| self.directory.find_row(id));
        let member = self.mirror.find_member(userid);
        if let Some(member) = member {
            self.touched.insert(member);
        }
        let images = || images.into_iter().flatten();
        let name = match row {
            Some(row) => Text::from(self.directory.employee_name(row)),
            None => {
                let written = images().find_map(|image| image.fields.get(&MemberField::Name)).cloned();
                let shown = || member.and_then(|row| self.mirror.member_name(row)).map(Text::from);
                written.or_else(shown).unwrap_or_default()
            }
        };
        self.cells.push([name.as_str(), employee.map_or("", EmployeeId::as_str), userid.as_str()])?;
        let of_image = images().find_map(home_of);
        let shown = || member.and_then(|row| self.mirror.member_home(row));
        let department = of_image.or_else(shown).map_or(0, |id| id.0);
        let employee = row.filter(|_| !is_leaving || department == 0).map_or(NONE, |row| row as u32);
        self.homes.push(Home { employee, department });
        Ok(())
    }

    /// `disabled` is the department that the bridge has made for disabled members.
    fn finish(self, disabled: Option<DepartmentId>) -> Result<(Changes, Nodes), BrowseError> {
        let planting = Planting::new(self.mirror, &self.departments)?;
        let tree = planting.tree();
        let nodes_of: Vec<u32> = self.homes.iter().map(|home| planting.node_of(self.directory, *home)).collect();
        let mut members: Vec<Counting> = Colour::ALL.iter().map(|_| Counting::new(&tree)).collect();
        for (row, kind) in self.kinds.iter().enumerate().filter(|(_, kind)| kind.side() == super::ChangeSide::Members) {
            members[kind.colour() as usize].add(&tree, nodes_of[row]);
        }
        for row in (0..self.mirror.members_len()).filter(|row| !self.touched.has(*row)) {
            let (employee, department) = (self.mirror.member_employee(row), self.mirror.member_home(row));
            let home =
                Home { employee: employee.map_or(NONE, |row| row as u32), department: department.map_or(0, |id| id.0) };
            let colour = if self.mirror.is_row_bound(row) { Colour::Matched } else { Colour::Untouched };
            members[colour as usize].add(&tree, planting.node_of(self.directory, home));
        }
        let nodes = planting.finish(tree, &self.departments, members, disabled);
        let changes = Changes {
            cells: self.cells.finish(),
            kinds: self.kinds.into(),
            reasons: self.reasons.finish(),
            reversible: self.reversible.into(),
            nodes: nodes_of.into(),
            orders: Orders::new(super::list::COLUMNS),
        };
        Ok((changes, nodes))
    }
}

/// The main department of an image, or its first one.
fn home_of(image: &MemberImage) -> Option<DepartmentId> {
    let first = || image.memberships.as_ref().and_then(|places| places.first()).map(|place| place.department);
    image.main_department.or_else(first)
}

/// The nodes of the tree before it stands.
struct Planting {
    units: usize,
    cells: Cells,
    departments: Vec<u32>,
    by_department: HashMap<u32, u32>,
    unnamed: Vec<u32>,
    parents: Vec<Parent>,
    siblings: Vec<u32>,
    stray: u32,
}

impl Planting {
    fn new(mirror: &MirrorView, changes: &[OfDepartment]) -> Result<Self, BrowseError> {
        let directory = mirror.directory();
        let units = directory.units_len();
        let mut linked: Vec<u32> =
            (0..units as u32).map(|unit| mirror.linked_department(unit).map_or(0, |id| id.0)).collect();
        let mut parents_after: HashMap<u32, u32> = HashMap::new();
        for change in changes {
            let unit = change.unit.as_ref().and_then(|unit| directory.node_of_id(unit));
            if let Some(parent) = change.after.parent {
                parents_after.insert(change.department.0, parent.0);
            }
            let Some(unit) = unit else { continue };
            let link = &mut linked[unit as usize];
            match change.kind {
                ChangeKind::UnbindDepartment if *link == change.department.0 => *link = 0,
                ChangeKind::UnbindDepartment => {}
                _ => *link = change.department.0,
            }
        }
        let mut planting = Self {
            units,
            cells: Cells::new(2),
            by_department: (0_u32..).zip(&linked).filter(|(_, id)| **id > 0).map(|(unit, id)| (*id, unit)).collect(),
            departments: linked,
            unnamed: Vec::new(),
            parents: Vec::new(),
            siblings: Vec::new(),
            stray: 0,
        };
        for unit in 0..units as u32 {
            planting.cells.push([directory.unit_name(unit).as_str(), directory.unit_id(unit)])?;
        }
        let mut added = planting.add_departments(mirror, changes)?;
        planting.set_parents(mirror, changes, &parents_after);
        let tree = directory.tree();
        planting.siblings = (0..units as u32).collect();
        planting.siblings.sort_unstable_by_key(|unit| tree.place(*unit));
        planting.siblings.append(&mut added);
        planting.stray = planting.departments.len() as u32;
        Ok(planting)
    }

    /// Adds the departments that no unit is linked with; answers their nodes in WeCom's order.
    fn add_departments(&mut self, mirror: &MirrorView, changes: &[OfDepartment]) -> Result<Vec<u32>, BrowseError> {
        let mut nodes = Vec::new();
        let mut places: Vec<u32> = (0..mirror.departments_len() as u32).collect();
        places.sort_unstable_by_key(|node| mirror.department_place(*node));
        for known in places {
            let id = mirror.department_id(known);
            if !self.by_department.contains_key(&id) {
                nodes.push(self.add_department(id, mirror.department_name(known))?);
            }
        }
        for change in changes {
            if !self.by_department.contains_key(&change.department.0) {
                let name = change.after.name.clone().or(change.before.name.clone());
                nodes.push(self.add_department(change.department.0, name)?);
            }
        }
        Ok(nodes)
    }

    fn add_department(&mut self, id: u32, name: Option<Text>) -> Result<u32, BrowseError> {
        let node = self.departments.len() as u32;
        self.cells.push([name.as_deref().unwrap_or_default(), ""])?;
        self.departments.push(id);
        self.by_department.insert(id, node);
        if name.is_none() {
            self.unnamed.push(node);
        }
        Ok(node)
    }

    fn set_parents(&mut self, mirror: &MirrorView, changes: &[OfDepartment], after: &HashMap<u32, u32>) {
        let directory = mirror.directory();
        let before: HashMap<u32, u32> =
            changes.iter().filter_map(|change| Some((change.department.0, change.before.parent?.0))).collect();
        let of_department = |id: u32| {
            let known = mirror.node_of_department(DepartmentId(id)).map(|node| mirror.department_parent(node));
            let parent = match (after.get(&id).or_else(|| before.get(&id)), known) {
                (Some(parent), _) => *parent,
                (None, Some(Parent::Node(parent))) => parent,
                (None, Some(Parent::Missing)) => return Parent::Missing,
                (None, Some(Parent::Top) | None) => 0,
            };
            match self.by_department.get(&parent) {
                Some(node) => Parent::Node(*node),
                None if parent == 0 => Parent::Top,
                None => Parent::Missing,
            }
        };
        let parent = |node: u32| {
            if node as usize >= self.units {
                return of_department(self.departments[node as usize]);
            }
            match directory.parent_of(node) {
                // the OA's root hangs where its department is
                Parent::Top if self.departments[node as usize] > 0 => of_department(self.departments[node as usize]),
                parent => parent,
            }
        };
        self.parents = (0..self.departments.len() as u32).map(parent).collect();
    }

    fn tree(&self) -> Tree {
        // changes and members whose place is not known need the stray node
        Tree::build(&self.parents, &self.siblings, true)
    }

    fn node_of(&self, directory: &DirectoryView, home: Home) -> u32 {
        let unit = Some(home.employee).filter(|row| *row != NONE).map(|row| directory.employee_node(row as usize));
        let unit = unit.filter(|unit| (*unit as usize) < self.units);
        unit.or_else(|| self.by_department.get(&home.department).copied()).unwrap_or(self.stray)
    }

    fn finish(
        self,
        tree: Tree,
        changes: &[OfDepartment],
        members: Vec<Counting>,
        disabled: Option<DepartmentId>,
    ) -> Nodes {
        let for_disabled = disabled.and_then(|id| self.by_department.get(&id.0).copied());
        let colour_of = |node: usize| match (node < self.units, self.departments[node]) {
            (true, id) if id > 0 => Colour::Matched,
            _ if for_disabled == Some(node as u32) => Colour::Matched,
            _ => Colour::Untouched,
        };
        let mut colours: Vec<Colour> = (0..self.departments.len()).map(colour_of).collect();
        let (mut own, mut renamed) = (Vec::new(), Vec::new());
        for change in changes {
            let node = self.by_department.get(&change.department.0).copied().unwrap_or(self.stray);
            own.push((node, change.row));
            let Some(colour) = colours.get_mut(node as usize) else { continue };
            *colour = stronger(*colour, change.kind.colour());
            if change.after.name.is_some()
                && let Some(name) = &change.before.name
            {
                renamed.push((node, name.clone()));
            }
        }
        own.sort_unstable();
        renamed.sort_by_key(|(node, _)| *node);
        renamed.dedup_by_key(|(node, _)| *node);
        let mut departments: Vec<Counting> = Colour::ALL.iter().map(|_| Counting::new(&tree)).collect();
        for (node, colour) in (0_u32..).zip(&colours) {
            departments[*colour as usize].add(&tree, node);
        }
        let mut by_department: Vec<(u32, u32)> = self.by_department.into_iter().collect();
        by_department.sort_unstable();
        let finish = |tallies: Vec<Counting>| tallies.into_iter().map(|tally| tally.finish(&tree)).collect();
        Nodes {
            cells: self.cells.finish(),
            units: self.units,
            departments: self.departments.into(),
            by_department: by_department.into(),
            unnamed: self.unnamed.into(),
            colours: colours.into(),
            renamed: renamed.into(),
            for_disabled,
            changes: own.into(),
            department_tallies: finish(departments),
            member_tallies: finish(members),
            tree,
        }
    }
}

/// Of two colours of one department the one that matters more.
fn stronger(a: Colour, b: Colour) -> Colour {
    let weight = |colour: Colour| match colour {
        Colour::Removed => 5,
        Colour::New => 4,
        Colour::Changed => 3,
        Colour::Linked => 2,
        Colour::Matched => 1,
        Colour::Untouched => 0,
    };
    if weight(b) > weight(a) { b } else { a }
}
