//! Guards over moves, cleared fields, departments and creations, and who stands out in them: PEER-01, BEY-03, BEY-05.

use super::world::{World, codes, rule, texts};
use crate::model::*;
use crate::sync::Draft;

/// Two units below the root, `people` in the first.
fn world(people: u32) -> World {
    let mut world = World::new();
    world.unit("a", Some("r"), "甲");
    world.unit("b", Some("r"), "乙");
    for n in 1..=people {
        world.employee(n, "a").position = "职员".into();
    }
    world.sync();
    world
}

fn verdict(draft: &Draft, name: &str) -> Option<(u64, u64, bool)> {
    draft.guards.iter().find(|guard| guard.name == name).map(|guard| (guard.value, guard.limit, guard.tripped))
}

fn tripped(draft: &Draft) -> Vec<&str> {
    draft.guards.iter().filter(|guard| guard.tripped).map(|guard| guard.name.as_str()).collect()
}

#[test]
fn mass_moves_are_held() {
    for (people, moved, want) in [(40, 20, (50, 50, false)), (40, 21, (53, 50, true)), (19, 19, (0, 50, false))] {
        let mut world = world(people);
        for n in 1..=moved {
            world.employee_mut(n).unit_id = "b".into();
        }
        let draft = world.plan();
        assert_eq!(verdict(&draft, "max_moves_percent"), Some(want), "{moved} of {people}");
        assert_eq!(draft.is_held(), want.2, "{moved} of {people}: {:?}", tripped(&draft));
        world.options().guard.max_moves_percent = 0;
        let draft = world.plan();
        assert_eq!(verdict(&draft, "max_moves_percent"), None, "0 = off");
        assert!(!draft.is_held());
    }
}

#[test]
fn a_department_that_moves_takes_its_people_along() {
    let mut world = world(40);
    world.unit("c", Some("a"), "丙");
    for n in 1..=30 {
        world.employee_mut(n).unit_id = "c".into();
    }
    world.sync();
    world.unit_mut("c").parent_id = Some("b".into());
    let draft = world.plan();
    assert_eq!(texts(&draft), ["move c"]);
    assert_eq!(verdict(&draft, "max_moves_percent"), Some((75, 50, true)));
    // renamed, nobody moves
    world.unit_mut("c").parent_id = Some("a".into());
    world.unit_mut("c").name = "丁".into();
    assert_eq!(verdict(&world.plan(), "max_moves_percent"), Some((0, 50, false)));
}

#[test]
fn who_is_placed_added_or_back_does_not_move() {
    // an existing WeCom with everybody still in the root department
    let mut world = World::new();
    world.unit("a", Some("r"), "甲");
    world.unit("b", Some("r"), "乙");
    for n in 1..=30 {
        world.employee(n, "a");
        let member = world.cloud.member(&format!("no{n}"), &format!("人{n}"), &[1]);
        member.fields.insert(MemberField::Mobile, format!("138{n:08}").into());
        member.fields.insert(MemberField::Email, format!("e{n}@example.com").into());
    }
    let draft = world.sync();
    assert_eq!(draft.counts.members.update, 30);
    assert!(!draft.is_held(), "{:?}", tripped(&draft));
    // further departments
    world.options().include_part_time = true;
    world.employees.iter_mut().for_each(|employee| employee.part_time_unit_ids = vec!["b".into()]);
    assert_eq!(verdict(&world.sync(), "max_moves_percent"), Some((0, 50, false)));
    // disabled, and enabled again a month later
    world.options().guard.max_removal_percent = 100;
    for n in 1..=25 {
        world.employee_mut(n).status = EmployeeStatus::Departed;
    }
    assert_eq!(verdict(&world.sync(), "max_moves_percent"), Some((0, 50, false)));
    for n in 1..=25 {
        world.employee_mut(n).status = EmployeeStatus::Active;
    }
    assert_eq!(verdict(&world.sync(), "max_moves_percent"), Some((0, 50, false)));
}

#[test]
fn mass_clears_are_held() {
    let small = [(8, 4, (0, 30, false)), (11, 5, (0, 30, false)), (10, 5, (50, 30, true))];
    let large = [(40, 13, (0, 30, false)), (80, 24, (30, 30, false)), (80, 25, (32, 30, true))];
    for (people, cleared, want) in small.into_iter().chain(large) {
        let mut world = world(people);
        for n in 1..=cleared {
            world.employee_mut(n).position = "".into();
        }
        let draft = world.plan();
        assert_eq!(verdict(&draft, "max_cleared_fields_percent"), Some(want), "{cleared} of {people}");
        assert_eq!(draft.is_held(), want.2, "{:?}", tripped(&draft));
    }
    // what others wrote by hand and the OA keeps for hardly anybody
    let mut world = world(40);
    for n in 1..=30 {
        let member = world.cloud.members.get_mut(format!("no{n}").as_str()).unwrap();
        member.fields.insert(MemberField::Telephone, "010-1".into());
    }
    world.employee_mut(40).telephone = "010-2".into();
    let draft = world.plan();
    assert_eq!(verdict(&draft, "max_cleared_fields_percent"), Some((100, 30, true)));
}

/// A column that slipped by a row, or the directory of another company: everybody would be somebody else.
#[test]
fn mass_changes_of_who_people_are_are_held() {
    type Set = fn(&mut Employee, &str);
    let name: Set = |employee, text| employee.name = format!("别名{text}").as_str().into();
    let mobile: Set = |employee, text| employee.mobile = format!("139{text:0>8}").as_str().into();
    let email: Set = |employee, text| employee.email = format!("x{text}@example.org").as_str().into();
    for (guard, set) in [
        ("max_changed_names_percent", name),
        ("max_changed_mobiles_percent", mobile),
        ("max_changed_emails_percent", email),
    ] {
        let small = [(8, 4, (0, 30, false)), (11, 5, (0, 30, false)), (10, 5, (50, 30, true))];
        let large =
            [(40, 19, (0, 30, false)), (80, 24, (30, 30, false)), (80, 25, (32, 30, true)), (40, 40, (100, 30, true))];
        for (people, changed, want) in small.into_iter().chain(large) {
            for hides_contacts in [false, true] {
                let mut world = world(people);
                world.cloud.hides_contacts = hides_contacts;
                for n in 1..=changed {
                    set(world.employee_mut(n), &n.to_string());
                }
                let draft = world.plan();
                assert_eq!(verdict(&draft, guard), Some(want), "{changed} of {people}, hidden: {hides_contacts}");
                assert_eq!(draft.is_held(), want.2, "{guard}: {:?}", tripped(&draft));
            }
        }
    }
    // off; and what is not known of a member is not taken from it
    let mut world = world(40);
    (1..=40).for_each(|n| name(world.employee_mut(n), &n.to_string()));
    world.options().guard.max_changed_names_percent = 0;
    assert_eq!(verdict(&world.plan(), "max_changed_names_percent"), None);
    let mut world = World::new();
    for n in 1..=40 {
        world.employee(n, "r");
        world.cloud.member(&format!("no{n}"), &format!("人{n}"), &[1]);
    }
    let draft = world.plan();
    assert_eq!(draft.counts.members.update, 40, "mobile and e-mail are written");
    assert_eq!(tripped(&draft), ["unseen_identities"], "but that it is not known is told");
}

#[test]
fn departments_are_counted_in_percent_too() {
    for (units, gone, want) in [(30, 9, (0, 20, false)), (60, 12, (20, 20, false)), (50, 11, (22, 20, true))] {
        let mut world = world(1);
        // the root and the two of `world` are linked too
        for n in 0..units - 3 {
            world.unit(&format!("u{n:02}"), Some("r"), &format!("部{n}"));
        }
        world.sync();
        world.units.truncate(3 + (units as usize - 3) - gone);
        let draft = world.plan();
        assert_eq!(draft.counts.departments.delete, gone as u64);
        assert_eq!(verdict(&draft, "max_department_removal_percent"), Some(want), "{gone} of {units}");
        assert_eq!(draft.is_held(), want.2, "{:?}", tripped(&draft));
    }
}

#[test]
fn bey_03_the_monthly_creation_cap() {
    let mut world = world(5);
    world.corp.quota.seats = 10;
    world.facts.creations_30_days = 25;
    for n in 11..=15 {
        world.employee(n, "a");
    }
    let draft = world.plan();
    assert_eq!((draft.budget.creations_30_days, draft.budget.creation_cap), (30, Some(30)));
    assert_eq!(verdict(&draft, "max_creations_30_days"), Some((30, 30, false)));
    assert!(!codes(&draft).contains(&"creation.seats"), "ten people have ten seats");
    world.employee(16, "a");
    let draft = world.plan();
    assert_eq!(tripped(&draft), ["max_creations_30_days"]);
    assert!(codes(&draft).contains(&"creation.seats"));
    world.corp.quota.seats = 0;
    let draft = world.plan();
    assert_eq!((verdict(&draft, "max_creations_30_days"), draft.budget.creation_cap), (None, None));
    // a plan that creates nobody is not held by what was created before
    world.corp.quota.seats = 5;
    world.employees.truncate(5);
    world.employee_mut(1).position = "主任".into();
    let draft = world.plan();
    assert_eq!(verdict(&draft, "max_creations_30_days"), Some((0, 15, false)));
}

#[test]
fn bey_05_who_stands_out_among_moves_and_department_removals() {
    let mut world = world(4);
    world.unit_mut("a").head = vec!["e1".into()];
    world.employee_mut(2).admin = true;
    world.unit("c", Some("r"), "丙");
    world.unit("d", Some("c"), "丁");
    world.employee(8, "d");
    world.employee(9, "d").admin = true;
    world.sync();
    let (c, d) = (world.department_bindings[3].department, world.department_bindings[4].department);
    // a head and an administrator change departments, and a department with its people moves below another one
    world.employee_mut(1).unit_id = "b".into();
    world.employee_mut(2).unit_id = "b".into();
    world.unit_mut("d").parent_id = Some("b".into());
    let draft = world.plan();
    let names = |list: &[UserId]| list.iter().map(|userid| userid.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&draft.blast.moved_heads), ["no1"]);
    assert_eq!(names(&draft.blast.moved_admins), ["no2", "no9"]);
    assert_eq!((&draft.blast.heads, &draft.blast.admins, &draft.blast.emptied), (&vec![], &vec![], &vec![]));
    assert!(codes(&draft).contains(&"move.stands_out") && !codes(&draft).contains(&"removal.stands_out"));
    // closed units: their departments go, and lose their last members before
    for n in [8, 9] {
        world.employee_mut(n).unit_id = "a".into();
    }
    world.units.retain(|unit| !matches!(unit.id.as_str(), "c" | "d"));
    let draft = world.sync();
    assert_eq!(draft.counts.departments.delete, 2);
    assert_eq!(draft.blast.emptied, [d], "{c} had no members of its own");
    // somebody else comes in: not emptied
    world.employee_mut(1).unit_id = "a".into();
    world.employee_mut(2).unit_id = "a".into();
    world.employee_mut(3).unit_id = "b".into();
    assert_eq!(world.plan().blast.emptied, []);
}

/// A hundred are named; all are counted, and told with their true number.
#[test]
fn bey_05_the_blast_radius_counts_those_whom_it_does_not_name() {
    let mut world = World::new();
    for n in 1..=130 {
        world.unit(&format!("shop{n}"), Some("r"), &format!("门店{n}"));
        world.employee(n, &format!("shop{n}"));
        world.unit_mut(&format!("shop{n}")).head = vec![format!("e{n}").as_str().into()];
    }
    world.employee(999, "r");
    world.sync();
    world.corp.downstream.remove = true;
    for n in 1..=130 {
        world.employee_mut(n).status = EmployeeStatus::Departed;
    }
    let draft = world.plan();
    assert_eq!((draft.blast.heads.len(), draft.blast.emptied.len()), (100, 100));
    assert_eq!((draft.blast.totals.heads, draft.blast.totals.emptied), (130, 130));
    let told = draft.notices.iter().find(|notice| notice.code == "removal.stands_out").unwrap();
    let all = "130 heads and 0 administrators; 130 departments lose their last member";
    assert!(told.text.contains(all), "{}", told.text);
}

#[test]
fn members_disabled_long_ago_do_not_water_the_percentage_down() {
    let mut world = World::new();
    world.unit("a", Some("r"), "甲");
    for n in 1..=20 {
        world.employee(n, "a");
    }
    world.sync();
    world.options().guard.max_removal_percent = 100;
    for n in 11..=20 {
        world.employee_mut(n).status = EmployeeStatus::Departed;
    }
    assert_eq!(verdict(&world.sync(), "max_removal_percent"), Some((50, 100, false)));
    world.options().guard.max_removal_percent = 10;
    for n in 1..=2 {
        world.employee_mut(n).status = EmployeeStatus::Departed;
    }
    assert_eq!(verdict(&world.plan(), "max_removal_percent"), Some((20, 10, true)), "two of the ten who are left");
}

/// People who were in WeCom before the bridge, and whose contacts no app may read: a first sync writes over them.
#[test]
fn a_first_sync_that_overwrites_what_nobody_can_read_is_held() {
    for (people, want) in [(20, (20, 20, false)), (21, (21, 20, true))] {
        let mut world = World::new();
        world.cloud.hides_contacts = true;
        for n in 1..=people {
            world.employee(n, "r");
            world
                .cloud
                .member(&format!("no{n}"), &format!("人{n}"), &[1])
                .fields
                .insert(MemberField::Mobile, "1".into());
        }
        let draft = world.plan();
        assert_eq!(verdict(&draft, "unseen_identities"), Some(want));
        assert_eq!(draft.is_held(), want.2);
        // once written, it is known what is there
        world.sync();
        (1..=people).for_each(|n| world.employee_mut(n).mobile = format!("139{n:08}").as_str().into());
        assert_eq!(verdict(&world.plan(), "unseen_identities"), None);
    }
}

#[test]
fn people_who_may_be_there_unread_are_not_created_in_numbers() {
    for (rules, unread, want) in [
        (vec![rule("name", "name")], 4, Some((4, 4, false))),
        (vec![rule("name", "name")], 5, Some((5, 4, true))),
        (vec![rule("employee_no", "userid")], 5, None),
        (vec![rule("name", "name")], 0, None),
    ] {
        let mut world = World::new();
        world.corp.match_rules = rules;
        for n in 1..=9 {
            world.employee(n, "r");
            world.cloud.member(&format!("pinyin{n}"), &format!("别人{n}"), &[1]);
        }
        world.cloud.hidden = (1..=unread).map(|n| format!("pinyin{n}").as_str().into()).collect();
        let draft = world.plan();
        assert_eq!(draft.counts.members.create, 9);
        assert_eq!(verdict(&draft, "unread_creations"), want, "{unread}");
        assert_eq!(draft.is_held(), want.is_some_and(|(_, _, tripped)| tripped));
    }
}

/// The columns of names and of heads that slipped by a row.
#[test]
fn departments_that_all_get_other_names_or_heads_are_held() {
    for (changed, want) in [(4, None), (9, Some((30, 30, false))), (10, Some((34, 30, true)))] {
        let mut world = world(1);
        for n in 0..27 {
            world.unit(&format!("u{n:02}"), Some("r"), &format!("部{n}"));
        }
        world.sync();
        (0..changed).for_each(|n| world.unit_mut(&format!("u{n:02}")).name = format!("另一部{n}").as_str().into());
        let draft = world.plan();
        assert_eq!(draft.counts.departments.rename, changed, "{changed}");
        assert_eq!(verdict(&draft, "renamed_departments_percent"), want, "{changed}");
        assert_eq!(draft.is_held(), want.is_some_and(|(_, _, tripped)| tripped));
    }
    for (changed, want) in [(4, None), (5, Some((50, 50, false))), (6, Some((60, 50, true)))] {
        let mut world = World::new();
        for n in 0..10 {
            world.unit(&format!("u{n}"), Some("r"), &format!("部{n}")).head = vec![format!("e{n}").as_str().into()];
            world.employee(n, &format!("u{n}"));
            world.employee(n + 100, &format!("u{n}"));
        }
        world.sync();
        (0..changed)
            .for_each(|n| world.unit_mut(&format!("u{n}")).head = vec![format!("e{}", n + 100).as_str().into()]);
        let draft = world.plan();
        assert_eq!(verdict(&draft, "changed_heads_percent"), want, "{changed}");
        assert_eq!(draft.is_held(), want.is_some_and(|(_, _, tripped)| tripped), "{:?}", tripped(&draft));
    }
}

#[test]
fn the_first_plan_after_an_undo_is_looked_at() {
    let mut world = world(3);
    world.facts.is_after_undo = true;
    let draft = world.plan();
    assert_eq!((draft.changes.len(), verdict(&draft, "after_undo")), (0, None), "what changes nothing needs nobody");
    world.employee_mut(1).position = "经理".into();
    let draft = world.plan();
    assert_eq!(verdict(&draft, "after_undo"), Some((1, 0, true)));
    world.facts.is_after_undo = false;
    assert!(!world.plan().is_held());
}
