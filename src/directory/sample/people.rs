//! The people of the sample organisation.

use super::names::*;
use super::rng::Rng;
use super::units::Placed;
use crate::model::{Employee, EmployeeId, Gender, Text};
use std::collections::HashMap;

/// Odd and not divisible by 5, so that multiplication modulo 10^8 never gives the same number twice.
const STRIDE: u64 = 48_271_003;

/// Hires `count` people: the first ones become heads, one per unit, the others are spread with most of them in the
/// lower half of the tree. Accounts, numbers, mobiles and addresses are unique.
pub fn hire(count: usize, tree: &mut [Placed], rng: &mut Rng) -> Vec<Employee> {
    let mut accounts: HashMap<Text, u32> = HashMap::with_capacity(count / 2);
    let first_mobile = rng.next() % 100_000_000;
    let mut people = Vec::with_capacity(count);
    for at in 0..count {
        let home = home_of(at, tree.len(), rng);
        let mut person = person(at, first_mobile, &mut accounts, rng);
        person.unit_id = tree[home].unit.id.clone();
        if at < tree.len() {
            tree[home].unit.head.push(person.id.clone());
            person.position = Text::from(HEAD_TITLES[tree[home].level.min(HEAD_TITLES.len() - 1)]);
            person.superior_id = (home > 0).then(|| id_of(tree[home].parent));
        } else {
            person.superior_id = Some(id_of(home));
        }
        for _ in 0..2 {
            if rng.per_mille(20) {
                let other = tree[rng.below(tree.len())].unit.id.clone();
                if other != person.unit_id && !person.part_time_unit_ids.contains(&other) {
                    person.part_time_unit_ids.push(other);
                }
            }
        }
        people.push(person);
    }
    people
}

/// The head of the unit at an index has the same index.
fn id_of(at: usize) -> EmployeeId {
    EmployeeId::from(format!("E{:06}", at + 1))
}

fn home_of(at: usize, units: usize, rng: &mut Rng) -> usize {
    if at < units {
        return at;
    }
    let half = units / 2;
    if rng.per_mille(900) { half + rng.below(units - half) } else { rng.below(units) }
}

fn person(at: usize, first_mobile: u64, accounts: &mut HashMap<Text, u32>, rng: &mut Rng) -> Employee {
    let gender = if rng.per_mille(540) { Gender::Male } else { Gender::Female };
    let (name, spelling) = name_of(gender, rng);
    let account = match accounts.entry(spelling.clone()) {
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert(1);
            spelling
        }
        std::collections::hash_map::Entry::Occupied(mut taken) => {
            *taken.get_mut() += 1;
            Text::from(format!("{spelling}{}", taken.get()))
        }
    };
    let number = (first_mobile + (at as u64 % 100_000_000) * STRIDE) % 100_000_000;
    let mut person = Employee::new(id_of(at), &name, "");
    person.employee_no = Text::from(format!("{}", 100_001 + at));
    person.mobile = Text::from(format!("{}{number:08}", rng.pick(MOBILE_PREFIXES)));
    person.email = Text::from(format!("{account}@example.com"));
    person.account = account;
    person.gender = gender;
    person.position = Text::from(*rng.pick(TITLES));
    person.admin = at == 0;
    if rng.per_mille(80) {
        person.telephone = Text::from(format!("021-6{:07}", rng.below(10_000_000)));
    }
    if rng.per_mille(60) {
        person.alias = Text::from(*rng.pick(ALIASES));
    }
    if rng.per_mille(100) {
        person.address = Text::from(*rng.pick(ADDRESSES));
    }
    if rng.per_mille(20) {
        person.ext.insert(Text::from("职级"), Text::from(*rng.pick(GRADES)));
    }
    person
}

fn name_of(gender: Gender, rng: &mut Rng) -> (String, Text) {
    let given = if gender == Gender::Male { GIVEN_MALE } else { GIVEN_FEMALE };
    // the smaller of two draws: the names at the front of the list are the frequent ones
    let family = FAMILY[rng.below(FAMILY.len()).min(rng.below(FAMILY.len()))];
    let mut name = String::from(family.0);
    let mut spelling = Text::from(family.1);
    spelling.push('.');
    for _ in 0..if rng.per_mille(780) { 2 } else { 1 } {
        let (sign, sound) = *rng.pick(given);
        name.push_str(sign);
        spelling.push_str(sound);
    }
    (name, spelling)
}
