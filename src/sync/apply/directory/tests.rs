//! What of a plan holds after the directory has moved on.

use super::follows::stale;
use crate::model::{EmployeeStatus, OutOfScope};
use crate::sync::tests::world::{World, text};

/// A company in WeCom, and what of yesterday's plan does not hold any more after a change of the directory.
fn left_over(prepare: fn(&mut World), planned: fn(&mut World), then: fn(&mut World)) -> Vec<String> {
    let mut world = World::new();
    for (id, name) in [("a", "甲"), ("b", "乙")] {
        world.unit(id, Some("r"), name);
    }
    for n in 1..=4 {
        world.employee(n, "a");
    }
    world.options().disabled_department = String::new();
    prepare(&mut world);
    world.sync();
    planned(&mut world);
    let old = world.plan();
    then(&mut world);
    let fresh = world.plan();
    let there = world.departments.iter().map(|department| department.id).collect();
    let stale = stale(&old.changes, &old.changes, &fresh.changes, &there);
    old.changes.iter().filter(|change| stale.contains_key(&change.seq)).map(|change| text(&change.action)).collect()
}

#[test]
fn what_of_a_plan_does_not_follow_from_the_directory_any_more() {
    type Do = fn(&mut World);
    let nothing: Do = |_| {};
    let scoped: Do = |w| w.options().scope.units = vec!["a".into()];
    let cases: [(&str, Do, Do, Do, &[&str]); 12] = [
        (
            "nothing has changed",
            nothing,
            |w| {
                w.employee(9, "b");
            },
            nothing,
            &[],
        ),
        (
            "somebody else came",
            nothing,
            |w| {
                w.employee(9, "b");
            },
            |w| {
                w.employee(8, "b");
            },
            &[],
        ),
        (
            "a new unit before the one that is made",
            nothing,
            |w| {
                w.unit("y", Some("r"), "新");
            },
            |w| w.unit("c", Some("a"), "丙").order = Some(1),
            &[],
        ),
        (
            "back in the scope",
            scoped,
            |w| w.employee_mut(2).unit_id = "b".into(),
            |w| w.employee_mut(2).unit_id = "a".into(),
            &["disable no2"],
        ),
        (
            "back, and would be deleted",
            |w| {
                w.options().scope.units = vec!["a".into()];
                w.options().out_of_scope = OutOfScope::Delete;
            },
            |w| w.employee_mut(2).unit_id = "b".into(),
            |w| w.employee_mut(2).unit_id = "a".into(),
            &["delete no2"],
        ),
        (
            "out of scope, and now departed: the cause is another",
            scoped,
            |w| w.employee_mut(2).unit_id = "b".into(),
            |w| w.employee_mut(2).status = EmployeeStatus::Departed,
            &["disable no2"],
        ),
        (
            "hired and gone again",
            nothing,
            |w| {
                w.employee(9, "b");
            },
            |w| w.employee_mut(9).status = EmployeeStatus::Departed,
            &["create no9"],
        ),
        (
            "hired, and now somewhere else",
            nothing,
            |w| {
                w.employee(9, "b");
            },
            |w| w.employee_mut(9).unit_id = "a".into(),
            &["create no9"],
        ),
        (
            "another mobile by now",
            nothing,
            |w| w.employee_mut(3).mobile = "13911110000".into(),
            |w| w.employee_mut(3).mobile = "13922220000".into(),
            &["update no3"],
        ),
        (
            "more by now: the rest waits",
            nothing,
            |w| w.employee_mut(3).mobile = "13911110000".into(),
            |w| w.employee_mut(3).position = "主管".into(),
            &[],
        ),
        (
            "back at work and gone again",
            |w| w.employee_mut(4).status = EmployeeStatus::Departed,
            |w| w.employee_mut(4).status = EmployeeStatus::Active,
            |w| w.employee_mut(4).status = EmployeeStatus::Departed,
            &["create no4"],
        ),
        (
            "the unit has its old name again",
            nothing,
            |w| w.unit_mut("b").name = "新名".into(),
            |w| w.unit_mut("b").name = "乙".into(),
            &["rename b"],
        ),
    ];
    for (what, prepare, planned, then, expected) in cases {
        assert_eq!(left_over(prepare, planned, then), expected, "{what}");
    }
}
