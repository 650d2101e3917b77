//! The OA side, indexed and checked: one tree of units, people by id. A broken source ends here (PEER-02).

use super::expr::Person;
use super::input::{PlanInput, PlanRefusal};
use crate::model::{Employee, OrgUnit, UnitId};
use hashbrown::HashMap;

/// Most levels of units that a directory may have. WeCom takes 15 (doc path 90205); units below these are held one by one.
/// What is deeper than this is no organisation but a mistake in the source.
pub const LEVELS_MAX: usize = 64;

/// The OA side of a plan; units stand parents first, siblings by order and id; employees by id.
pub struct Source<'a> {
    /// Units, parents before children.
    pub units: Vec<Unit<'a>>,
    unit_index: HashMap<&'a str, usize>,
    /// Employees by id.
    pub employees: Vec<&'a Employee>,
    employee_index: HashMap<&'a str, usize>,
    /// Position of each employee's main unit, by employee position.
    home_units: Vec<Option<usize>>,
    /// Employees that are active.
    pub active: usize,
}

/// One unit in the tree.
pub struct Unit<'a> {
    /// The unit.
    pub unit: &'a OrgUnit,
    /// Position of the parent; `None` for the root, which stands first.
    pub parent: Option<usize>,
    /// 1 for the root.
    pub level: usize,
    /// Names from the root, joined by `/`.
    pub path: String,
    /// Positions of the children, in order.
    pub children: Vec<usize>,
}

impl<'a> Source<'a> {
    /// Indexes the source, or says why it must not be planned from.
    pub fn build(input: &PlanInput<'a>) -> Result<Self, PlanRefusal> {
        Self::of(input.units, input.employees)
    }

    /// As [`Source::build`], from the directory alone.
    pub fn of(units: &'a [OrgUnit], employees: &'a [Employee]) -> Result<Self, PlanRefusal> {
        if units.is_empty() || employees.is_empty() {
            return Err(PlanRefusal::SourceEmpty { units: units.len(), employees: employees.len() });
        }
        let active = employees.iter().filter(|employee| employee.status.is_active()).count();
        if active == 0 {
            return Err(PlanRefusal::NobodyActive { employees: employees.len() });
        }
        Self::index(units, employees, active)
    }

    /// One employee, or none, among all units: for a look at a person of a directory that was checked as a whole.
    pub(super) fn around(units: &'a [OrgUnit], employee: Option<&'a Employee>) -> Result<Self, PlanRefusal> {
        let active = usize::from(employee.is_some_and(|employee| employee.status.is_active()));
        Self::index(units, employee.map_or(&[], std::slice::from_ref), active)
    }

    fn index(units: &'a [OrgUnit], employees: &'a [Employee], active: usize) -> Result<Self, PlanRefusal> {
        let (units, unit_index) = order_units(units)?;
        let mut sorted: Vec<&Employee> = employees.iter().collect();
        if !sorted.is_sorted_by(|a, b| a.id < b.id) {
            sorted.sort_by(|a, b| a.id.cmp(&b.id));
        }
        let mut employee_index = HashMap::with_capacity(sorted.len());
        for (at, employee) in sorted.iter().enumerate() {
            if employee_index.insert(employee.id.as_str(), at).is_some() {
                return Err(PlanRefusal::DuplicateEmployee { employee: employee.id.clone() });
            }
        }
        let home_units = sorted.iter().map(|employee| unit_index.get(employee.unit_id.as_str()).copied()).collect();
        Ok(Self { units, unit_index, employees: sorted, employee_index, home_units, active })
    }

    /// Position of a unit.
    pub fn find_unit(&self, id: &str) -> Option<usize> {
        self.unit_index.get(id).copied()
    }

    /// Position of the main unit of the employee at `at`.
    pub fn home_unit(&self, at: usize) -> Option<usize> {
        self.home_units[at]
    }

    /// Position of an employee.
    pub fn find_employee(&self, id: &str) -> Option<usize> {
        self.employee_index.get(id).copied()
    }

    /// Whether any active employee has this further column (`ext.x`).
    pub fn has_column(&self, key: &str) -> bool {
        self.employees.iter().any(|employee| employee.status.is_active() && employee.ext.contains_key(key))
    }

    /// The employee at `at` as expressions see it.
    pub fn person(&self, at: usize) -> Person<'_> {
        let employee = self.employees[at];
        let unit = self.home_unit(at).map(|at| &self.units[at]);
        Person {
            employee,
            unit_name: unit.map_or("", |unit| unit.unit.name.as_str()),
            unit_path: unit.map_or("", |unit| unit.path.as_str()),
        }
    }

    /// The unit at `at` and everything above it, from below.
    pub fn upward(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(at), |at| self.units[*at].parent)
    }
}

type Ordered<'a> = (Vec<Unit<'a>>, HashMap<&'a str, usize>);

fn order_units(units: &[OrgUnit]) -> Result<Ordered<'_>, PlanRefusal> {
    let mut by_id: HashMap<&str, &OrgUnit> = HashMap::with_capacity(units.len());
    for unit in units {
        if by_id.insert(unit.id.as_str(), unit).is_some() {
            return Err(PlanRefusal::DuplicateUnit { unit: unit.id.clone() });
        }
    }
    let mut children: HashMap<&str, Vec<&OrgUnit>> = HashMap::new();
    let mut roots: Vec<&OrgUnit> = Vec::new();
    let mut orphans: Vec<(&UnitId, &UnitId)> = Vec::new();
    for unit in units {
        match &unit.parent_id {
            None => roots.push(unit),
            Some(parent) if by_id.contains_key(parent.as_str()) => {
                children.entry(parent.as_str()).or_default().push(unit);
            }
            Some(parent) => orphans.push((&unit.id, parent)),
        }
    }
    if let Some((unit, parent)) = orphans.into_iter().min() {
        return Err(PlanRefusal::MissingParent { unit: unit.clone(), parent: parent.clone() });
    }
    roots.sort_by(|a, b| a.id.cmp(&b.id));
    let root = match roots.as_slice() {
        [root] => *root,
        [] => return Err(PlanRefusal::NoRoot),
        [first, second, ..] => {
            return Err(PlanRefusal::SeveralRoots { first: first.id.clone(), second: second.id.clone() });
        }
    };
    let mut ordered = Vec::with_capacity(units.len());
    let mut index = HashMap::with_capacity(units.len());
    ordered.push(Unit { unit: root, parent: None, level: 1, path: root.name.to_string(), children: Vec::new() });
    index.insert(root.id.as_str(), 0);
    let mut next = 0;
    while next < ordered.len() {
        let (id, level) = (ordered[next].unit.id.as_str(), ordered[next].level);
        let mut below = children.remove(id).unwrap_or_default();
        if level == LEVELS_MAX
            && let Some(unit) = below.iter().map(|unit| &unit.id).min()
        {
            return Err(PlanRefusal::TooDeep { unit: unit.clone(), levels: LEVELS_MAX });
        }
        below.sort_by(|a, b| (a.order.unwrap_or(u32::MAX), &a.id).cmp(&(b.order.unwrap_or(u32::MAX), &b.id)));
        for unit in below {
            let at = ordered.len();
            let path = format!("{}/{}", ordered[next].path, unit.name);
            ordered[next].children.push(at);
            index.insert(unit.id.as_str(), at);
            ordered.push(Unit { unit, parent: Some(next), level: level + 1, path, children: Vec::new() });
        }
        next += 1;
    }
    if ordered.len() < units.len() {
        let stray = units.iter().map(|unit| &unit.id).filter(|id| !index.contains_key(id.as_str())).min();
        let unit = stray.cloned().unwrap_or_else(|| root.id.clone());
        return Err(PlanRefusal::Cycle { unit });
    }
    Ok((ordered, index))
}
