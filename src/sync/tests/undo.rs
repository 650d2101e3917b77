//! How far what was done can be taken back (BEY-01).

use super::removals::{depart, world};
use super::world::{World, codes, texts};
use crate::model::*;
use crate::sync::undo::undo;

#[test]
fn bey_01_undo_gives_back_what_can_be_given_back() {
    let mut world = world();
    depart(&mut world, 2);
    world.unit_mut("a").name = "甲二".into();
    world.unit("n", Some("a"), "新");
    world.employee_mut(3).name = "改名".into();
    world.employee_mut(4).unit_id = "n".into();
    world.employee(9, "n");
    let before = world.cloud.clone();
    let draft = world.plan();
    world.apply_all(&draft);
    world.pull();
    let inverse = undo(&world.input(), &draft.changes, |_| true).unwrap();
    assert!(inverse.is_sound(), "{:?}", inverse.invariants);
    assert_eq!(inverse.notices, vec![]);
    world.apply_all(&inverse);
    let same = |a: &super::cloud::Cloud| {
        let mut a = a.clone();
        for member in a.members.values_mut() {
            member.fields.remove(&MemberField::Name).expect("a name");
            // the API cannot say whether somebody had been activated
            member.status = member.status.map(|_| MemberStatus::Activated);
        }
        a
    };
    assert_eq!(same(&world.cloud), same(&before));
    assert_eq!(world.at("no3").fields.get(&MemberField::Name).unwrap(), "人3");
}

#[test]
fn an_undo_does_not_quietly_delete_who_has_activated_wecom() {
    for (leaver, expected) in [(Leaver::Disable, "disable no9"), (Leaver::Delete, "delete no9")] {
        let mut world = world();
        world.options().leaver = leaver;
        world.employee(8, "a");
        world.employee(9, "a");
        let draft = world.plan();
        world.apply_all(&draft);
        world.options().guard.max_removal_percent = 100;
        world.pull();
        let verdict = |inverse: &crate::sync::Draft| {
            let verdict = inverse.guards.iter().find(|guard| guard.name == "undo_activated_members").unwrap();
            (verdict.value, verdict.tripped)
        };
        let at_once = undo(&world.input(), &draft.changes, |_| true).unwrap();
        assert_eq!((texts(&at_once), verdict(&at_once)), (vec!["delete no9".into(), "delete no8".into()], (0, false)));

        world.cloud.members.get_mut("no9").unwrap().status = Some(MemberStatus::Activated);
        world.pull();
        let inverse = undo(&world.input(), &draft.changes, |_| true).unwrap();
        assert_eq!(texts(&inverse), [expected, "delete no8"], "{leaver:?}");
        assert_eq!(verdict(&inverse), (1, true), "{leaver:?}");
        assert!(inverse.is_held() && inverse.is_sound());
        assert_eq!(codes(&inverse), ["undo.activated"]);
        assert_eq!(inverse.changes[0].reason, "undo.created_activated");
        let want = if leaver == Leaver::Delete { Reversible::No } else { Reversible::Yes };
        assert_eq!(inverse.changes[0].reversible, want);

        // a status that is not read proves nothing
        world.cloud.members.get_mut("no9").unwrap().status = Some(MemberStatus::NotActivated);
        world.pull();
        world.head.strategy = ReadStrategy::IdsOnly;
        let blind = undo(&world.input(), &draft.changes, |_| true).unwrap();
        assert_eq!(verdict(&blind), (2, true), "{leaver:?}");
    }
}

#[test]
fn undo_leaves_alone_what_somebody_changed_since() {
    let mut world = world();
    world.employee_mut(3).name = "改名".into();
    world.employee_mut(4).name = "改名四".into();
    let draft = world.plan();
    world.apply_all(&draft);
    world.cloud.members.get_mut("no3").unwrap().fields.insert(MemberField::Name, "另改".into());
    world.pull();
    let inverse = undo(&world.input(), &draft.changes, |seq| seq == 0 || seq == 1).unwrap();
    assert_eq!(texts(&inverse), ["update no4"]);
    assert_eq!(codes(&inverse), ["undo.skipped"]);
    let nothing = undo(&world.input(), &draft.changes, |_| false).unwrap();
    assert_eq!(texts(&nothing), Vec::<String>::new(), "only what was done is undone");
}

#[test]
fn a_deleted_member_comes_back_with_what_was_known() {
    let mut world = world();
    world.cloud.hides_contacts = true;
    world.options().leaver = Leaver::Delete;
    depart(&mut world, 2);
    let draft = world.plan();
    assert_eq!(draft.changes[0].reversible, Reversible::No);
    world.apply_all(&draft);
    world.pull();
    let inverse = undo(&world.input(), &draft.changes, |_| true).unwrap();
    assert_eq!(texts(&inverse), ["create no2"]);
    world.apply_all(&inverse);
    assert_eq!(world.at("no2").fields.get(&MemberField::Mobile).unwrap(), "13800000002", "remembered, not readable");
}

/// What somebody changed in the console since is left alone, and does not stop the rest of the undo.
#[test]
fn an_undo_leaves_alone_what_was_reordered_or_headed_since() {
    let mut world = World::new();
    for (id, name) in [("a", "甲"), ("b", "乙")] {
        world.unit(id, Some("r"), name);
    }
    for n in 1..=3 {
        let employee = world.employee(n, "a");
        (employee.superior_id, employee.position) = ((n == 3).then(|| "e1".into()), "员工".into());
    }
    world.options().superiors_to_wecom = true;
    world.sync();
    for n in 1..=2 {
        world.employee_mut(n).unit_id = "b".into();
        world.employee_mut(n).position = "经理".into();
    }
    world.employee_mut(3).superior_id = Some("e2".into());
    (world.unit_mut("a").name, world.unit_mut("a").order) = ("甲甲".into(), Some(7));
    let draft = world.sync();
    world.cloud.members.get_mut("no1").unwrap().memberships[0].is_leader = true;
    world.cloud.members.get_mut("no3").unwrap().direct_leader = Some(vec!["no1".into(), "no2".into()]);
    let a = world.department_bindings.iter().find(|binding| binding.unit.as_str() == "a").unwrap().department;
    world.cloud.departments.get_mut(&a).unwrap().order = 99;
    world.pull();
    let inverse = undo(&world.input(), &draft.changes, |_| true).unwrap();
    let skipped: Vec<&str> =
        inverse.notices.iter().filter(|n| n.code == "undo.skipped").map(|n| n.subject.as_str()).collect();
    assert!(["no1", "no3", &a.to_string()].iter().all(|who| skipped.contains(who)), "{:?}", inverse.notices);
    world.apply_all(&inverse);
    assert_eq!((world.places("no1"), world.places("no2")), (vec!["乙".to_owned()], vec!["甲".to_owned()]));
    assert!(world.at("no1").memberships[0].is_leader);
    let position = |userid: &str| world.at(userid).fields.get(&MemberField::Position).map(Text::to_string);
    assert_eq!((position("no1"), position("no2")), (Some("员工".to_owned()), Some("员工".to_owned())));
    let department = &world.cloud.departments[&a];
    assert_eq!((department.name.as_deref(), department.order), (Some("甲"), 99));
    assert_eq!(world.at("no3").direct_leader.as_ref().unwrap().len(), 2);
}
