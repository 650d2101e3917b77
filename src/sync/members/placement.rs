//! Where a person belongs: departments, main department, leadership (DIR-43, DIR-44, DIR-45).

use crate::model::{DepartmentId, Member, MemberBinding, Membership};
use crate::sync::departments::Layout;
use crate::sync::source::Source;
use hashbrown::{HashMap, HashSet};

/// Who heads what, as the OA says.
pub struct Heads<'a> {
    by_employee: HashMap<&'a str, Vec<usize>>,
    /// By unit position: whether the OA names at least one head for it who is in the directory.
    led: Vec<bool>,
}

impl<'a> Heads<'a> {
    /// Indexes the heads of all units.
    pub fn build(source: &Source<'a>) -> Self {
        let mut by_employee: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut led = vec![false; source.units.len()];
        for (at, unit) in source.units.iter().enumerate() {
            for head in &unit.unit.head {
                by_employee.entry(head.as_str()).or_default().push(at);
                led[at] |= source.find_employee(head.as_str()).is_some();
            }
        }
        Self { by_employee, led }
    }

    /// Whether the OA names heads anywhere.
    pub fn are_maintained(&self) -> bool {
        !self.by_employee.is_empty()
    }

    /// Whether the OA says who heads this unit; if not, WeCom's own heads of its department are left alone.
    pub fn rule(&self, unit: usize) -> bool {
        self.led[unit]
    }

    /// Whether the employee heads the unit.
    pub fn is_head(&self, employee: &str, unit: usize) -> bool {
        self.by_employee.get(employee).is_some_and(|units| units.contains(&unit))
    }

    /// The units that the employee heads.
    pub fn units_of(&self, employee: &str) -> &[usize] {
        self.by_employee.get(employee).map_or(&[], Vec::as_slice)
    }
}

/// Where a person belongs by the OA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The main department first.
    pub memberships: Vec<Membership>,
    /// Of each membership, whether the OA says who heads that department.
    pub is_led: Vec<bool>,
    /// The main department.
    pub main: DepartmentId,
}

/// The departments that the OA gives to an employee; `None` when the main unit can have none now.
pub fn home(
    at: usize,
    source: &Source<'_>,
    layout: &Layout,
    heads: &Heads<'_>,
    include_part_time: bool,
) -> Option<Home> {
    let employee = source.employees[at];
    let main_unit = source.home_unit(at)?;
    let main = layout.places[main_unit].department()?;
    let id = employee.id.as_str();
    let mut memberships = vec![Membership { department: main, order: 0, is_leader: heads.is_head(id, main_unit) }];
    let mut is_led = vec![heads.rule(main_unit)];
    if include_part_time {
        for unit in employee.part_time_unit_ids.iter().filter_map(|unit| source.find_unit(unit.as_str())) {
            if let Some(department) = layout.places[unit].department()
                && !memberships.iter().any(|membership| membership.department == department)
            {
                memberships.push(Membership { department, order: 0, is_leader: heads.is_head(id, unit) });
                is_led.push(heads.rule(unit));
            }
        }
    }
    // WeCom takes at most 100 departments per member (doc path 90195)
    memberships.truncate(100);
    Some(Home { memberships, is_led, main })
}

/// What the memberships of an existing member become: OA's departments, and what WeCom has besides where the OA does
/// not rule alone. Departments that stay keep their order number, and who leads them where the OA names no head.
pub fn merge(
    home: &Home,
    member: &Member,
    binding: Option<&MemberBinding>,
    keeps_others: bool,
    disabled: Option<DepartmentId>,
) -> Vec<Membership> {
    let placed = binding.and_then(|binding| binding.placed.as_deref());
    let written = placed.and_then(|placed| placed.memberships.as_deref()).unwrap_or(&[]);
    // without details the mirror does not tell who leads: then what we last wrote is what is known
    let leads = |kept: &Membership| match member.has_details {
        true => kept.is_leader,
        false => written.iter().any(|place| place.department == kept.department && place.is_leader),
    };
    let present: HashMap<DepartmentId, &Membership> =
        member.memberships.iter().map(|membership| (membership.department, membership)).collect();
    let mut merged: Vec<Membership> = home
        .memberships
        .iter()
        .zip(&home.is_led)
        .map(|(wanted, is_led)| match present.get(&wanted.department) {
            Some(kept) => Membership {
                department: wanted.department,
                order: kept.order,
                is_leader: if *is_led { wanted.is_leader } else { leads(kept) },
            },
            None => wanted.clone(),
        })
        .collect();
    if keeps_others && member.memberships.len() > 1 {
        let wanted: HashSet<DepartmentId> = merged.iter().map(|membership| membership.department).collect();
        let others = member
            .memberships
            .iter()
            .filter(|membership| !wanted.contains(&membership.department) && Some(membership.department) != disabled);
        merged.extend(others.cloned());
    }
    merged
}

/// Whether the member already is where it should be, as far as that can be read. `is_visible` tells which departments
/// the mirror shows at all: a membership elsewhere is known only from what we last wrote.
pub fn is_placed(
    wanted: &[Membership],
    main: DepartmentId,
    member: &Member,
    binding: Option<&MemberBinding>,
    is_visible: impl Fn(DepartmentId) -> bool,
) -> bool {
    let placed = binding.and_then(|binding| binding.placed.as_deref());
    let written = placed.and_then(|placed| placed.memberships.as_deref()).unwrap_or(&[]);
    let leads = |memberships: &[Membership], department: DepartmentId| {
        memberships.iter().find(|membership| membership.department == department).map(|found| found.is_leader)
    };
    let mut found = 0;
    for membership in wanted {
        let department = membership.department;
        let known = match leads(&member.memberships, department) {
            Some(mirrored) => {
                found += 1;
                if member.has_details { mirrored } else { leads(written, department).unwrap_or(false) }
            }
            None if is_visible(department) => return false,
            None => match leads(written, department) {
                Some(leads) => leads,
                None => return false,
            },
        };
        if known != membership.is_leader {
            return false;
        }
    }
    if found != member.memberships.len() {
        return false;
    }
    let known_main = member.main_department.or_else(|| placed.and_then(|placed| placed.main_department));
    match known_main {
        Some(known) => known == main,
        // the first department is the main one where no main department is answered (private edition)
        None => !member.has_details || member.memberships.first().is_none_or(|first| first.department == main),
    }
}
