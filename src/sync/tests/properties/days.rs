//! What happens in an organisation between two runs.

use super::worlds::{Dice, any_unit, unit_name};
use crate::model::*;
use crate::sync::tests::world::World;
use std::collections::BTreeMap;

/// A new number or address, or people exchange theirs: two of them or a whole ring.
fn change_contacts(world: &mut World, dice: &mut Dice, at: usize) {
    let people = u32::try_from(world.employees.len()).unwrap();
    let is_mobile = dice.one_in(2) && !world.cloud.ignores_mobile;
    if dice.one_in(3) {
        let new = dice.roll(1_000_000);
        let employee = &mut world.employees[at];
        match is_mobile {
            true => employee.mobile = Text::from(format!("139{new:08}")),
            false => employee.email = Text::from(format!("new{new}@example.com")),
        }
        return;
    }
    let mut ring: Vec<usize> = (0..2 + dice.roll(4)).map(|_| dice.roll(people) as usize).collect();
    ring.sort_unstable();
    ring.dedup();
    let values: Vec<(Text, Text)> =
        ring.iter().map(|n| (world.employees[*n].mobile.clone(), world.employees[*n].email.clone())).collect();
    for (place, n) in ring.iter().enumerate() {
        let (mobile, email) = values[(place + 1) % values.len()].clone();
        match is_mobile {
            true => world.employees[*n].mobile = mobile,
            false => world.employees[*n].email = email,
        }
    }
}

/// A day at the office.
pub(super) fn change_something(world: &mut World, dice: &mut Dice) {
    let people = u32::try_from(world.employees.len()).unwrap();
    for _ in 0..1 + dice.roll(5) {
        let at = dice.roll(people) as usize;
        match dice.roll(14) {
            0 => world.employees[at].name = format!("新名{}", dice.roll(99)).into(),
            1 => world.employees[at].unit_id = any_unit(world, dice),
            2 => world.employees[at].status = EmployeeStatus::Departed,
            3 => world.employees[at].status = EmployeeStatus::Active,
            4 => {
                let at = dice.roll(u32::try_from(world.units.len()).unwrap()) as usize;
                if at > 0 {
                    world.units[at].name = unit_name(dice);
                }
            }
            5 => {
                // move, but not below itself
                let at = dice.roll(u32::try_from(world.units.len()).unwrap()) as usize;
                let parent = any_unit(world, dice);
                let up: BTreeMap<UnitId, Option<UnitId>> =
                    world.units.iter().map(|unit| (unit.id.clone(), unit.parent_id.clone())).collect();
                let id = world.units[at].id.clone();
                let chain: Vec<UnitId> = std::iter::successors(Some(parent.clone()), |id| up[id].clone()).collect();
                if at > 0 && !chain.contains(&id) {
                    world.units[at].parent_id = Some(parent);
                }
            }
            6 => {
                let free = |id: &String| !world.units.iter().any(|unit| unit.id.as_str() == id);
                let id = (0..).map(|n| format!("n{n}")).find(free).unwrap();
                let (parent, name) = (any_unit(world, dice), unit_name(dice));
                world.unit(&id, Some(parent.as_str()), &name);
            }
            7 => {
                // somebody else is excluded
                let excluded = (0..dice.roll(3)).map(|_| format!("e{}", dice.roll(people)).into()).collect();
                world.corp.downstream.scope.exclude = excluded;
            }
            8 | 9 => change_contacts(world, dice, at),
            10 => {
                // close a leaf without people
                let leaf = world.units.iter().position(|unit| {
                    unit.parent_id.is_some()
                        && !world.units.iter().any(|other| other.parent_id.as_ref() == Some(&unit.id))
                        && !world.employees.iter().any(|e| e.unit_id == unit.id)
                        && !world.corp.downstream.scope.units.contains(&unit.id)
                });
                if let Some(leaf) = leaf {
                    world.units.remove(leaf);
                }
            }
            11 => world.employees[at].position = format!("岗位{}", dice.roll(9)).into(),
            12 => world.employees[at].employee_no = format!("{}x", world.employees[at].employee_no).into(),
            _ => {
                let (a, b) = (1 + dice.roll(8) as usize, 1 + dice.roll(8) as usize);
                if a < world.units.len() && b < world.units.len() {
                    let name = world.units[a].name.clone();
                    world.units[a].name = std::mem::replace(&mut world.units[b].name, name);
                }
            }
        }
    }
    world.facts.now_ms += i64::from(dice.roll(3)) * 86_400_000;
}
