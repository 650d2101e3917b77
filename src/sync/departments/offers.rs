//! Departments that look like renamed units: same children or same people, another name (DIR-58). They are offered
//! to a person before anything is created.

use crate::model::{Department, DepartmentId, RenameOffer};
use crate::sync::source::Source;
use crate::sync::target::Target;
use hashbrown::{HashMap, HashSet};

/// Who of which unit is a member of which department.
#[derive(Debug, Default)]
pub struct People {
    /// Linked people of a unit (by position) in a department.
    pub together: HashMap<(usize, DepartmentId), usize>,
    /// Linked people of a unit.
    pub of_unit: HashMap<usize, usize>,
    /// Members of a department.
    pub of_department: HashMap<DepartmentId, usize>,
}

impl RenameOffer {
    /// One sentence for the notice.
    pub fn sentence(&self) -> String {
        format!(
            "department {} ({}) looks like this unit under another name: {} children and {} people are the same; link the two by hand or rename one, until then nothing is created for the unit and what is below it",
            self.department_name, self.department, self.same_children, self.same_people
        )
    }
}

/// The unambiguous pairs among unlinked units and free departments of one parent.
pub fn find(
    source: &Source<'_>,
    target: &Target<'_>,
    needed: &[bool],
    unlinked: &[usize],
    free: &[&Department],
    sibling_names: &HashMap<&str, usize>,
    people: &People,
) -> Vec<RenameOffer> {
    let mut pairs: Vec<(usize, &Department, RenameOffer)> = Vec::new();
    let candidates: Vec<(&Department, HashSet<&str>)> = free
        .iter()
        .filter(|department| department.name.as_ref().is_some_and(|name| !sibling_names.contains_key(name.trim())))
        .map(|department| {
            let names = target.children(department.id).iter().filter_map(|child| child.name.as_deref());
            (*department, names.map(str::trim).collect())
        })
        .collect();
    for &at in unlinked {
        let unit = &source.units[at];
        let children: HashSet<&str> =
            unit.children.iter().filter(|at| needed[**at]).map(|at| source.units[*at].unit.name.trim()).collect();
        let unit_people = people.of_unit.get(&at).copied().unwrap_or(0);
        if children.is_empty() && unit_people == 0 {
            continue;
        }
        for (department, names) in &candidates {
            let same_children = children.intersection(names).count();
            let all_children = children.union(names).count();
            let same_people = people.together.get(&(at, department.id)).copied().unwrap_or(0);
            let department_people = people.of_department.get(&department.id).copied().unwrap_or(0);
            let by_children = same_children > 0 && same_children * 2 >= all_children;
            let by_people = same_people >= 2 && same_people * 2 >= unit_people.max(department_people);
            if by_children || by_people {
                pairs.push((
                    at,
                    *department,
                    RenameOffer {
                        unit: unit.unit.id.clone(),
                        unit_name: unit.unit.name.clone(),
                        department: department.id,
                        department_name: department.name.clone().unwrap_or_default(),
                        same_children: same_children as u64,
                        same_people: same_people as u64,
                    },
                ));
            }
        }
    }
    let mut of_unit: HashMap<usize, usize> = HashMap::new();
    let mut of_department: HashMap<DepartmentId, usize> = HashMap::new();
    for (at, department, _) in &pairs {
        *of_unit.entry(*at).or_default() += 1;
        *of_department.entry(department.id).or_default() += 1;
    }
    pairs
        .into_iter()
        .filter(|(at, department, _)| of_unit[at] == 1 && of_department[&department.id] == 1)
        .map(|(_, _, offer)| offer)
        .collect()
}
