//! A sample organisation: realistic, invented, and the same for the same seed. For the demo, tests and benches.
//!
//! Knows nothing of files and stores; the writers beside it turn it into what other programs write.

mod ldif;
mod names;
mod people;
mod rng;
mod units;

pub use ldif::to_ldif;

use crate::model::{Employee, OrgUnit};

/// What an import of it is called, where there is no file.
pub const SAMPLE_NAME: &str = "sample organisation";

/// Which organisation to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSpec {
    /// Number of people, up to 1,000,000 tested.
    pub employees: usize,
    /// Number of units, the root included; at least 1 is generated. Three to six levels.
    pub units: usize,
    /// The same seed gives the same organisation.
    pub seed: u64,
}

/// Generates the organisation: units with parents before children, then people.
///
/// Promises: one root, sibling names unique, every id, account, employee number, mobile and e-mail unique, every
/// reference resolves, everybody active, the first person is the administrator of the OA. When there are at least as
/// many people as units, every unit has a head.
pub fn generate(spec: SampleSpec) -> (Vec<OrgUnit>, Vec<Employee>) {
    let mut rng = rng::Rng::new(spec.seed);
    let mut tree = units::grow(spec.units, &mut rng);
    let people = people::hire(spec.employees, &mut tree, &mut rng);
    (tree.into_iter().map(|placed| placed.unit).collect(), people)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn keeps_its_promises() {
        for (employees, count, seed) in
            [(0, 1, 1), (1, 0, 1), (10, 30, 2), (500, 60, 3), (20_000, 2_000, 4), (300, 1, 5)]
        {
            let (units, people) = generate(SampleSpec { employees, units: count, seed });
            assert_eq!((people.len(), units.len()), (employees, count.max(1)), "seed {seed}");
            let mut level = HashMap::new();
            let mut names = HashSet::new();
            for unit in &units {
                let depth = match &unit.parent_id {
                    None => 1,
                    Some(parent) => level[parent] + 1,
                };
                assert!(level.insert(unit.id.clone(), depth).is_none(), "seed {seed}: unit {} twice", unit.id);
                assert!(names.insert((unit.parent_id.clone(), unit.name.clone())), "seed {seed}: {} twice", unit.name);
                assert_eq!(unit.head.len(), usize::from(employees >= units.len() || !unit.head.is_empty()));
            }
            assert_eq!(units.iter().filter(|unit| unit.parent_id.is_none()).count(), 1);
            if count >= 60 {
                let deepest = level.values().copied().max().unwrap_or(0);
                assert!((3..=6).contains(&deepest), "{count} units on {deepest} levels");
            }
            let ids: HashSet<_> = people.iter().map(|p| &p.id).collect();
            let keys: [fn(&Employee) -> &str; 5] =
                [|p| p.id.as_str(), |p| &p.account, |p| &p.employee_no, |p| &p.mobile, |p| &p.email];
            for key in keys {
                assert_eq!(people.iter().map(key).collect::<HashSet<_>>().len(), employees, "seed {seed}");
            }
            for person in &people {
                assert!(level.contains_key(&person.unit_id), "seed {seed}: {} in an unknown unit", person.id);
                assert!(person.part_time_unit_ids.iter().all(|id| level.contains_key(id) && *id != person.unit_id));
                assert!(person.superior_id.as_ref().is_none_or(|id| ids.contains(id)));
                assert_ne!(person.superior_id.as_ref(), Some(&person.id));
                assert_eq!(person.mobile.len(), 11, "mobile {}", person.mobile);
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let spec = SampleSpec { employees: 50, units: 8, seed: 9 };
        assert_eq!(generate(spec), generate(spec));
        assert_ne!(generate(spec), generate(SampleSpec { seed: 10, ..spec }));
    }
}
