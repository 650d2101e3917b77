//! People become members: DIR-41–45, 49, 50, 57, 62, 65; BIND-04; DIR-33; PEER-03, 11, 16; silent ignores.

use super::world::{World, codes, rule, texts};
use crate::model::*;

/// The root and three units below it, with nobody in them.
pub(super) fn world() -> World {
    let mut world = World::new();
    for (id, name) in [("a", "甲"), ("b", "乙"), ("c", "丙")] {
        world.unit(id, Some("r"), name);
    }
    world
}

#[test]
fn dir_33_62_bind_04_rules_in_order_and_never_over_a_link() {
    let mut world = world();
    world.employee(1, "a");
    world.employee(2, "a").mobile = "+86 139-0000-0000".into();
    world.employee(3, "a");
    world.cloud.member("NO1", "甲乙", &[1]); // case does not matter
    world.cloud.member("x2", "别名", &[1]).fields.insert(MemberField::Mobile, "13900000000".into());
    world.cloud.member("no3", "丙丁", &[1]);
    world.bind("e3", "x2", BindingOrigin::Manual); // DIR-62: a link is never changed
    let draft = world.plan();
    assert_eq!(
        texts(&draft).into_iter().filter(|text| text.starts_with("bind e")).collect::<Vec<_>>(),
        ["bind e1=NO1"]
    );
    assert!(!texts(&draft).contains(&"create no3".to_owned()));
    world.corp.pull.auto_bind = false;
    let draft = world.plan();
    assert!(!texts(&draft).iter().any(|text| text.starts_with("bind e") || text == "create no1"));
    assert!(codes(&draft).contains(&"member.userid_taken"));
}

#[test]
fn an_ambiguous_rule_binds_nobody() {
    for (employees, members) in [(vec![1, 1], vec!["x"]), (vec![1], vec!["x", "y"])] {
        let mut world = world();
        world.corp.match_rules = vec![rule("name", "name"), rule("employee_no", "userid")];
        for (at, n) in employees.iter().enumerate() {
            world.employee(u32::try_from(at).unwrap() + 1, "a").name = format!("同名{n}").into();
        }
        for userid in &members {
            world.cloud.member(userid, "同名1", &[1]);
        }
        world.cloud.member("no1", "另一个", &[1]);
        let draft = world.plan();
        assert_eq!(draft.resolve.len(), 1, "{employees:?} {members:?}");
        assert_eq!(draft.resolve[0].rule, "name = name");
        assert_eq!(
            (draft.resolve[0].employees.len(), draft.resolve[0].members.len()),
            (employees.len(), members.len())
        );
        assert_eq!(draft.counts.members.total_written(), 0, "{:?}", texts(&draft));
        assert!(codes(&draft).contains(&"employee.waits"));
    }
}

impl MemberCounts {
    fn total_written(&self) -> u64 {
        self.create + self.update + self.bind + self.disable + self.delete
    }
}

#[test]
fn dir_57_65_records_that_cannot_become_members() {
    type Break = fn(&mut World);
    let cases: [(&str, Break, &str); 10] = [
        ("no userid", |w| w.employee_mut(1).employee_no = "".into(), "member.userid_invalid"),
        ("bad userid", |w| w.employee_mut(1).employee_no = "张三".into(), "member.userid_invalid"),
        ("no name", |w| w.employee_mut(1).name = " ".into(), "employee.bad_record"),
        ("no unit", |w| w.employee_mut(1).unit_id = "gone".into(), "employee.bad_record"),
        (
            "no contact",
            |w| {
                w.employee_mut(1).mobile = "123".into();
                w.employee_mut(1).email = "x".into();
            },
            "member.record_incomplete",
        ),
        (
            "the contact of another employee",
            |w| {
                w.employee_mut(1).mobile = "+86 139 0000 0009".into();
                w.employee_mut(1).email = "".into();
                let first = w.employee(0, "a");
                (first.mobile, first.email) = ("13900000009".into(), "".into());
            },
            "member.contact_shared",
        ),
        ("same userid", |w| w.employee_mut(2).employee_no = "NO1".into(), "member.userid_shared"),
        (
            "tombstone of another",
            |w| w.tombstones.push(Tombstone { employee: "e9".into(), userid: "No1".into(), deleted_at_ms: 0 }),
            "member.userid_reserved",
        ),
        (
            "mobile of an unlinked member",
            |w| {
                w.cloud.member("x", "外人", &[1]).fields.insert(MemberField::Mobile, "13800000001".into());
                w.corp.match_rules.pop();
            },
            "member.contact_taken",
        ),
        ("name too long", |w| w.employee_mut(1).name = "长".repeat(65).into(), "member.record_incomplete"),
    ];
    for (what, damage, code) in cases {
        let mut world = world();
        world.employee(1, "a");
        world.employee(2, "a");
        damage(&mut world);
        let draft = world.sync();
        assert!(codes(&draft).contains(&code), "{what}: {:?}", draft.notices);
        assert!(!world.cloud.members.contains_key("no1"), "{what}");
    }
}

#[test]
fn dir_43_44_45_departments() {
    for (follow, present, part_time, include, expected) in [
        (true, vec![2, 3], false, false, vec!["丙"]),
        (false, vec![2, 3], false, false, vec!["丙", "乙", "甲"]), // A,B and C
        (false, vec![2], false, false, vec!["丙"]),                // DIR-45
        (true, vec![4], true, false, vec!["丙"]),                  // DIR-43 off
        (true, vec![4], true, true, vec!["丙", "甲"]),             // DIR-43 on
    ] {
        let mut world = world();
        world.options().departments_follow_oa = follow;
        world.options().include_part_time = include;
        world.cloud.department(2, 1, "甲");
        world.cloud.department(3, 1, "乙");
        world.cloud.department(4, 1, "丙");
        world.employee(1, "c");
        if part_time {
            world.employee_mut(1).part_time_unit_ids = vec!["a".into()];
        }
        world.cloud.member("no1", "人1", &present).memberships[0].order = 77;
        world.sync();
        let mut got = world.places("no1");
        got[1..].sort();
        let mut expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        expected[1..].sort();
        assert_eq!(got, expected, "follow {follow}, present {present:?}, part time {part_time}, include {include}");
        let kept = world.at("no1").memberships.iter().find(|seat| seat.department.0 == present[0]);
        assert!(kept.is_none_or(|seat| seat.order == 77), "departments that stay keep their order");
    }
}

#[test]
fn heads_lead_their_department() {
    let mut world = world();
    world.employee(1, "a");
    world.employee(2, "a");
    world.sync();
    world.unit_mut("a").head = vec!["e1".into()];
    assert_eq!(texts(&world.sync()), ["update no1"]);
    assert!(world.at("no1").memberships[0].is_leader);
    world.unit_mut("a").head = vec!["e2".into()];
    assert_eq!(texts(&world.sync()), ["update no1", "update no2"]);
    assert!(!world.at("no1").memberships[0].is_leader);
    world.unit_mut("a").head.clear();
    assert_eq!(texts(&world.plan()), Vec::<String>::new(), "an OA without heads leaves WeCom's alone");
}

/// The head of one department says nothing about the heads of the others.
#[test]
fn one_head_in_the_oa_leaves_the_other_departments_alone() {
    for hides_details in [false, true] {
        let mut world = world();
        for (n, unit) in [(1, "a"), (2, "b"), (3, "c")] {
            world.employee(n, unit);
            world.unit_mut(unit).head = vec![format!("e{n}").into()];
        }
        world.cloud.hides_details = hides_details;
        if hides_details {
            world.head.strategy = ReadStrategy::IdsOnly;
        }
        world.sync();
        // the column is emptied but for one row, and somebody else is named there
        world.unit_mut("b").head.clear();
        world.unit_mut("c").head = vec!["typing error".into()];
        world.employee(4, "a");
        world.unit_mut("a").head = vec!["e4".into()];
        let draft = world.sync();
        assert_eq!(texts(&draft), ["create no4", "update no1"], "hides details: {hides_details}");
        let leads = |n: u32| world.at(&format!("no{n}")).memberships[0].is_leader;
        assert_eq!([leads(1), leads(2), leads(3), leads(4)], [false, true, true, true]);
        let told: Vec<&str> =
            draft.notices.iter().filter(|n| n.code == "leader.not_in_oa").map(|n| n.subject.as_str()).collect();
        assert_eq!(told, ["e2", "e3"], "hides details: {hides_details}");
    }
}

#[test]
fn a_write_that_wecom_ignores_is_not_repeated() {
    let mut world = world();
    world.cloud.knows_number = false;
    world.employee(1, "a");
    world.sync();
    world.cloud.ignores_mobile = true;
    world.employee_mut(1).mobile = "13900000009".into();
    let draft = world.plan();
    assert_eq!(texts(&draft), ["update no1"]);
    world.apply_all(&draft);
    let draft = world.plan();
    assert_eq!(texts(&draft), Vec::<String>::new());
    assert!(draft.notices.iter().any(|n| n.code == "field.ignored" && n.text.contains("mobile")));
    assert!(draft.notices.iter().any(|n| n.code == "field.ignored" && n.text.contains("extattr.工号")));
}

#[test]
fn peer_03_and_dir_41_42_switches() {
    let mut world = world();
    world.employee(1, "a");
    world.options().create_members = false;
    let draft = world.plan();
    assert_eq!(draft.counts.members.create, 0);
    assert!(codes(&draft).contains(&"member.create_switched_off"));
    world.options().create_members = true;
    for invite in [true, false] {
        world.options().invite = invite;
        let draft = world.plan();
        assert!(
            draft
                .changes
                .iter()
                .any(|change| matches!(change.action, Action::CreateMember { invite: i, .. } if i == invite))
        );
    }
    world.sync();
    world.employee_mut(1).name = "改名".into();
    world.options().update = false;
    assert_eq!(texts(&world.plan()), Vec::<String>::new());
}

#[test]
fn dir_25_peer_11_superiors() {
    let mut world = world();
    for (n, superior) in [(1, Some(2)), (2, Some(3)), (3, None)] {
        world.employee(n, "a").superior_id = superior.map(|n: u32| EmployeeId::from(format!("e{n}")));
    }
    world.cloud.member("no3", "人3", &[1]);
    assert!(
        !world.plan().changes.iter().any(|change| matches!(&change.action,
        Action::UpdateMember { after, .. } if after.direct_leader.is_some())),
        "off by default"
    );
    world.options().superiors_to_wecom = true;
    let draft = world.sync();
    let updates = texts(&draft);
    assert_eq!(updates.iter().filter(|text| *text == "update no1").count(), 1, "second pass: {updates:?}");
    assert!(!updates.contains(&"update no2".to_owned()), "the superior exists: written with the creation");
    assert_eq!(world.at("no1").direct_leader, Some(vec!["no2".into()]));
    assert_eq!(world.at("no2").direct_leader, Some(vec!["no3".into()]));
    world.employee_mut(1).superior_id = None;
    assert_eq!(texts(&world.sync()), ["update no1"]);
    assert_eq!(world.at("no1").direct_leader, Some(vec![]));
}

#[test]
fn a_member_deleted_by_hand_is_created_again_with_the_same_userid() {
    let mut world = world();
    world.employee(1, "a");
    world.cloud.member("Zhang.San", "人1", &[1]);
    world.bind("e1", "Zhang.San", BindingOrigin::Manual);
    world.sync();
    world.cloud.members.clear();
    let draft = world.sync();
    assert_eq!(texts(&draft), ["create Zhang.San"]);
    assert!(codes(&draft).contains(&"member.vanished"));
    world.cloud.members.clear();
    world.head.is_complete = false;
    assert_eq!(texts(&world.plan()), Vec::<String>::new(), "merely not visible");
}

#[test]
fn a_department_takes_thirty_thousand() {
    let mut world = World::new();
    world.corp.match_rules.clear();
    for n in 0..29_999 {
        world.cloud.member(&format!("m{n}"), "人", &[1]);
    }
    world.employee(1, "r");
    world.employee(2, "r");
    let draft = world.plan();
    assert_eq!(texts(&draft), ["bind r=1", "create no1"]);
    assert_eq!(codes(&draft), ["department.full"]);
    world.corp.edition = Edition::Private;
    assert_eq!(world.plan().counts.members.create, 2, "the limit is the public edition's");
}
