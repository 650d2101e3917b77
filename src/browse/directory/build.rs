//! Builds the view out of one view of the store; only one person is held decoded at a time.

use super::{ADMIN, DEPARTED, DirectoryTotals, DirectoryView, People, Units, cell};
use crate::browse::cells::Cells;
use crate::browse::collate;
use crate::browse::error::BrowseError;
use crate::browse::intern::Interning;
use crate::browse::list::Orders;
use crate::browse::tree::{Counting, Parent, Tree};
use crate::model::{Employee, OrgUnit, TenantKey, Text};
use crate::store::{self, ReadTx};

impl DirectoryView {
    /// Reads the directory.
    ///
    /// # Errors
    /// [`BrowseError::NoTenant`]; trouble of the store.
    pub(in crate::browse) fn build(tx: &ReadTx, tenant: &TenantKey) -> Result<Self, BrowseError> {
        if store::tenants::find(tx, tenant)?.is_none() {
            return Err(BrowseError::NoTenant(tenant.clone()));
        }
        let counts = store::directory::counts(tx, tenant)?;
        let units = store::directory::units(tx, tenant)?;
        let mut growing = Growing::new(&units)?;
        let mut failed = None;
        store::directory::scan_employees(tx, tenant, |employee| {
            if failed.is_none() {
                failed = growing.add(&employee).err();
            }
            Ok(())
        })?;
        match failed {
            Some(error) => Err(error),
            None => Ok(growing.finish(tenant, counts.revision, &units)),
        }
    }
}

struct Growing {
    ids: Cells,
    stray: u32,
    cells: Cells,
    positions: Interning,
    units: Vec<u32>,
    part_time: Vec<(u32, u32)>,
    lost: Vec<(u32, Text)>,
    flags: Vec<u8>,
}

impl Growing {
    fn new(units: &[OrgUnit]) -> Result<Self, BrowseError> {
        let mut ids = Cells::new(2);
        for unit in units {
            ids.push([unit.id.as_str(), unit.name.as_str()])?;
        }
        Ok(Self {
            ids: ids.finish(),
            stray: units.len() as u32,
            cells: Cells::new(cell::COUNT),
            positions: Interning::new(),
            units: Vec::new(),
            part_time: Vec::new(),
            lost: Vec::new(),
            flags: Vec::new(),
        })
    }

    fn add(&mut self, employee: &Employee) -> Result<(), BrowseError> {
        let row = self.flags.len() as u32;
        self.cells.push([
            employee.id.as_str(),
            employee.name.as_str(),
            employee.account.as_str(),
            employee.employee_no.as_str(),
            employee.mobile.as_str(),
            employee.email.as_str(),
        ])?;
        self.positions.push(&employee.position)?;
        let unit = self.ids.find(0, employee.unit_id.as_str());
        if unit.is_none() {
            self.lost.push((row, employee.unit_id.0.clone()));
        }
        self.units.push(unit.map_or(self.stray, |unit| unit as u32));
        let part_time = employee.part_time_unit_ids.iter().filter_map(|id| self.ids.find(0, id.as_str()));
        self.part_time.extend(part_time.map(|unit| (row, unit as u32)));
        let departed = if employee.status.is_active() { 0 } else { DEPARTED };
        self.flags.push(departed | if employee.admin { ADMIN } else { 0 });
        Ok(())
    }

    fn finish(self, tenant: &TenantKey, revision: u64, units: &[OrgUnit]) -> DirectoryView {
        let parent = |unit: &OrgUnit| match &unit.parent_id {
            None => Parent::Top,
            Some(parent) => self.ids.find(0, parent.as_str()).map_or(Parent::Missing, |at| Parent::Node(at as u32)),
        };
        let parents: Vec<Parent> = units.iter().map(parent).collect();
        let tree = Tree::build(&parents, &in_order(units), !self.lost.is_empty());
        let mut counting = Counting::new(&tree);
        let mut places = Vec::new();
        let mut part_time = self.part_time.iter().peekable();
        for (row, unit) in self.units.iter().enumerate() {
            places.clear();
            places.push(*unit);
            while let Some((_, node)) = part_time.next_if(|(person, _)| *person as usize == row) {
                places.push(*node);
            }
            if self.flags[row] & DEPARTED == 0 {
                counting.add_all(&tree, &mut places);
            }
        }
        let count = |flag: u8| self.flags.iter().filter(|flags| **flags & flag != 0).count();
        let departed = count(DEPARTED);
        let totals = DirectoryTotals {
            units: units.len(),
            employees: self.flags.len(),
            active: self.flags.len() - departed,
            departed,
            admins: count(ADMIN),
            misplaced_units: (0..self.stray).filter(|node| tree.misplaced(*node).is_some()).count(),
            without_unit: self.lost.len(),
        };
        let heads = (0_u32..).zip(units).flat_map(|(at, unit)| unit.head.iter().map(move |id| (at, id.0.clone())));
        DirectoryView {
            tenant: tenant.clone(),
            revision,
            totals,
            units: Units { active: counting.finish(&tree), cells: self.ids, tree, heads: heads.collect() },
            people: People {
                cells: self.cells.finish(),
                positions: self.positions.finish(),
                units: self.units.into(),
                part_time: self.part_time.into(),
                lost: self.lost.into(),
                flags: self.flags.into(),
                orders: Orders::new(super::list::COLUMNS),
            },
        }
    }
}

/// The units in the OA's order: by position, those without one behind, then by name and id.
fn in_order(units: &[OrgUnit]) -> Vec<u32> {
    let key = |unit: &OrgUnit| {
        let mut name = Vec::new();
        collate::push_key(&unit.name, &mut name);
        (unit.order.is_none(), unit.order, name)
    };
    let mut order: Vec<u32> = (0..units.len() as u32).collect();
    order.sort_by_cached_key(|at| key(&units[*at as usize]));
    order
}
