//! Who leaves: DIR-21, 46–48, 53; BEY-05; PEER-16.

use super::world::{World, codes, texts};
use crate::model::*;

const DAY: i64 = 86_400_000;

/// A unit with five people, all synced; the first is an administrator.
pub(super) fn world() -> World {
    let mut world = World::new();
    world.unit("a", Some("r"), "甲");
    for n in 1..=5 {
        world.employee(n, "a");
    }
    world.employee_mut(1).admin = true;
    world.sync();
    world
}

pub(super) fn depart(world: &mut World, n: u32) {
    world.employee_mut(n).status = EmployeeStatus::Departed;
}

#[test]
fn dir_46_47_48_the_life_cycle_of_a_leaver() {
    let mut world = world();
    world.options().delete_after_days = 30;
    depart(&mut world, 2);
    let draft = world.sync();
    assert_eq!(texts(&draft), ["create disabled 3", "disable no2"]);
    assert_eq!(draft.changes[1].reason, "employee.departed");
    assert_eq!(
        (world.places("no2"), world.at("no2").status),
        (vec!["已禁用用户".into()], Some(MemberStatus::Disabled))
    );
    world.facts.now_ms += 30 * DAY - 1;
    assert_eq!(texts(&world.plan()), Vec::<String>::new());
    world.facts.now_ms += 1;
    assert_eq!(texts(&world.sync()), ["delete no2"]);
    assert_eq!(world.tombstones[0].userid.as_str(), "no2");
    // PEER-16: back with the same account, although the number has changed
    world.employee_mut(2).status = EmployeeStatus::Active;
    world.employee_mut(2).employee_no = "other".into();
    assert_eq!(texts(&world.sync()), ["create no2"]);
}

#[test]
fn zero_days_means_never_and_empty_means_they_stay() {
    let mut world = world();
    world.options().disabled_department = String::new();
    depart(&mut world, 2);
    assert_eq!(texts(&world.sync()), ["disable no2"]);
    assert_eq!(world.places("no2"), ["甲"]);
    world.facts.now_ms += 10_000 * DAY;
    assert_eq!(texts(&world.plan()), Vec::<String>::new());
}

#[test]
fn a_department_of_that_name_is_used_as_it_is_and_never_renamed() {
    let mut world = world();
    world.cloud.department(77, 1, "已禁用用户");
    depart(&mut world, 2);
    assert_eq!(texts(&world.sync()), ["disable no2"]);
    assert_eq!(world.places("no2"), ["已禁用用户"]);
    assert_eq!(world.facts.disabled_department, None);
    world.options().disabled_department = "离职人员".into();
    depart(&mut world, 3);
    assert_eq!(texts(&world.sync()), ["create disabled 78", "disable no3"]);
    assert!(world.tree().contains(&"总部/已禁用用户".to_owned()));
    // the one that we created follows the option
    world.options().disabled_department = "已离职".into();
    assert_eq!(texts(&world.sync()), ["rename department 78"]);
    assert_eq!(world.places("no3"), ["已离职"]);
}

#[test]
fn peer_16_somebody_who_is_back_is_enabled_again() {
    let mut world = world();
    depart(&mut world, 2);
    world.sync();
    world.employee_mut(2).status = EmployeeStatus::Active;
    let draft = world.sync();
    assert_eq!(texts(&draft), ["enable no2"]);
    assert_eq!((world.places("no2"), world.at("no2").status), (vec!["甲".into()], Some(MemberStatus::Activated)));
    assert!(world.member_bindings.iter().all(|binding| binding.removal.is_none()));
}

#[test]
fn who_was_disabled_by_hand_stays_disabled() {
    let mut world = world();
    world.cloud.members.get_mut("no2").unwrap().status = Some(MemberStatus::Disabled);
    let draft = world.plan();
    assert_eq!(texts(&draft), Vec::<String>::new());
    assert!(codes(&draft).contains(&"member.disabled_in_wecom"));
    // and after the person has left and is back
    world.options().disabled_department = "已禁用用户".into();
    depart(&mut world, 2);
    world.sync();
    world.employee_mut(2).status = EmployeeStatus::Active;
    let draft = world.sync();
    assert!(!texts(&draft).contains(&"enable no2".to_owned()), "{:?}", texts(&draft));
    assert_eq!((world.places("no2"), world.at("no2").status), (vec!["甲".into()], Some(MemberStatus::Disabled)));
    assert!(world.member_bindings.iter().all(|binding| binding.removal.is_none()));
    assert_eq!(texts(&world.plan()), Vec::<String>::new());
}

#[test]
fn who_was_enabled_by_hand_is_disabled_again_before_anything_is_deleted() {
    let mut world = world();
    world.options().delete_after_days = 1;
    depart(&mut world, 2);
    world.sync();
    world.cloud.members.get_mut("no2").unwrap().status = Some(MemberStatus::Activated);
    world.facts.now_ms += 9 * DAY;
    assert_eq!(texts(&world.sync()), ["disable no2"]);
}

#[test]
fn a_disabling_that_wecom_does_not_apply_is_repeated_once_and_then_told() {
    let mut world = world();
    world.options().delete_after_days = 1;
    world.cloud.ignores_disable = true;
    depart(&mut world, 2);
    // the second plan is empty, although WeCom shows the member as it was
    assert_eq!(texts(&world.sync()), ["create disabled 3", "disable no2"]);
    let told = |world: &mut World| {
        let draft = world.plan();
        assert_eq!(texts(&draft), Vec::<String>::new());
        let notices = draft.notices.into_iter().filter(|notice| notice.code == "removal.not_applied");
        notices.map(|notice| notice.text).collect::<Vec<_>>()
    };
    let first = told(&mut world);
    assert!(first.len() == 1 && first[0].contains("once more a day after"), "{first:?}");
    world.facts.now_ms += DAY;
    assert_eq!(texts(&world.sync()), ["disable no2"]);
    for _ in 0..3 {
        world.facts.now_ms += 30 * DAY;
        let then = told(&mut world);
        assert!(then.len() == 1 && then[0].contains("in the WeCom console"), "{then:?}");
    }
    assert_eq!(world.at("no2").status, Some(MemberStatus::NotActivated), "never deleted while it is not disabled");
    // once it is seen to be disabled, the life cycle goes on
    world.cloud.members.get_mut("no2").unwrap().status = Some(MemberStatus::Disabled);
    assert_eq!(texts(&world.sync()), ["delete no2"]);
}

#[test]
fn dir_46_53_policies() {
    for (leaver, out_of_scope, departs, expected) in [
        (Leaver::Disable, OutOfScope::Keep, true, "disable no2"),
        (Leaver::Delete, OutOfScope::Keep, true, "delete no2"),
        (Leaver::Disable, OutOfScope::Keep, false, ""),
        (Leaver::Delete, OutOfScope::Disable, false, "disable no2"),
        (Leaver::Disable, OutOfScope::Delete, false, "delete no2"),
    ] {
        let mut world = world();
        world.options().disabled_department = String::new();
        world.options().leaver = leaver;
        world.options().out_of_scope = out_of_scope;
        if departs {
            depart(&mut world, 2);
        } else {
            world.options().scope.exclude = vec!["e2".into()];
        }
        let expected: Vec<String> = Some(expected.to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
        assert_eq!(texts(&world.sync()), expected, "{leaver:?} {out_of_scope:?} departs {departs}");
    }
}

#[test]
fn somebody_who_vanished_from_the_directory_is_a_leaver() {
    let mut world = world();
    world.employees.retain(|employee| employee.id.as_str() != "e2");
    let draft = world.sync();
    assert_eq!(texts(&draft)[1], "disable no2");
}

#[test]
fn peer_03_remove_off() {
    let mut world = world();
    world.options().remove = false;
    depart(&mut world, 2);
    let draft = world.plan();
    assert_eq!(texts(&draft), Vec::<String>::new());
    assert!(codes(&draft).contains(&"removal.switched_off"));
}

#[test]
fn dir_21_the_last_administrator_stays() {
    let mut world = world();
    depart(&mut world, 1);
    let draft = world.sync();
    assert_eq!(texts(&draft), Vec::<String>::new());
    assert!(codes(&draft).contains(&"admin.last_kept"));
    world.employee_mut(2).admin = true;
    assert!(texts(&world.sync()).contains(&"disable no1".to_owned()));
    depart(&mut world, 2);
    assert_eq!(texts(&world.sync()), Vec::<String>::new());
}

#[test]
fn absence_proves_nothing_in_a_partial_mirror() {
    let mut world = world();
    depart(&mut world, 2);
    depart(&mut world, 3);
    world.cloud.members.remove("no2");
    world.head.is_complete = false;
    let draft = world.plan();
    assert_eq!(texts(&draft), ["create disabled 3", "disable no3"]);
    assert!(codes(&draft).contains(&"member.not_visible"));
}

#[test]
fn guards_hold_and_the_blast_is_named() {
    let mut world = world();
    world.unit_mut("a").head = vec!["e2".into()];
    world.sync();
    for n in 2..=5 {
        depart(&mut world, n);
    }
    world.employee_mut(3).admin = true;
    world.facts.previous_source_employees = Some(200);
    let draft = world.plan();
    assert!(draft.is_held());
    let tripped: Vec<&str> = draft.guards.iter().filter(|g| g.tripped).map(|g| g.name.as_str()).collect();
    assert_eq!(tripped, ["max_removal_percent", "max_source_drop"]);
    assert_eq!((draft.blast.heads.len(), draft.blast.admins.len()), (1, 1));
    depart(&mut world, 1);
    assert!(world.try_plan().is_err(), "nobody active is an error, not a removal");
}

/// Pulled first, scope narrowed afterwards: whom the bridge has never written is not its business.
#[test]
fn who_was_only_found_by_a_rule_is_let_go_of() {
    for policy in [OutOfScope::Keep, OutOfScope::Disable, OutOfScope::Delete] {
        let mut world = World::new();
        world.employee(1, "r");
        for n in [2, 3, 4] {
            world.employee(n, "r");
            let origin = if n == 4 { BindingOrigin::Manual } else { BindingOrigin::Rule };
            world.cloud.member(&format!("no{n}"), "老板", &[1]);
            world.bind(&format!("e{n}"), &format!("no{n}"), origin);
        }
        let written = Pushed { value: "老板".into(), before: None };
        world.member_bindings[1].pushed.insert(MemberField::Name, written);
        world.options().out_of_scope = policy;
        world.options().disabled_department = String::new();
        world.options().scope.exclude = vec!["e2".into(), "e3".into(), "e4".into()];
        let boss = world.at("no2").clone();
        let draft = world.sync();
        let words: Vec<String> = texts(&draft).into_iter().filter(|text| !text.contains("no1")).collect();
        let expected: &[&str] = match policy {
            OutOfScope::Keep => &["bind r=1"],
            OutOfScope::Disable => &["bind r=1", "unbind e2=no2", "disable no3", "disable no4"],
            OutOfScope::Delete => &["bind r=1", "unbind e2=no2", "delete no3", "delete no4"],
        };
        assert_eq!(words, expected, "{policy:?}");
        assert_eq!(*world.at("no2"), boss, "{policy:?}");
        let reason = |change: &Change| matches!(change.action, Action::UnbindMember { .. });
        let reasons = draft.changes.iter().filter(|change| reason(change)).map(|change| change.reason.as_str());
        assert!(reasons.eq((policy != OutOfScope::Keep).then_some("employee.out_of_scope_unlinked")), "{policy:?}");
    }
    // who departs is removed, written or not
    let mut world = World::new();
    world.employee(1, "r");
    world.employee(2, "r").status = EmployeeStatus::Departed;
    world.cloud.member("no2", "老板", &[1]);
    world.bind("e2", "no2", BindingOrigin::Rule);
    assert!(texts(&world.sync()).contains(&"disable no2".to_owned()));
}
