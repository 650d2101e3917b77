//! DIR-43, 51–53, PEER-09: who is synced.

use super::world::{World, codes, rule, texts};
use crate::model::{Access, Employee, EmployeeId, MatchRule, MemberField, UnitId};
use crate::sync::PlanRefusal;
use crate::sync::explain::explain;
use crate::sync::plan::plan;

/// r(e1) – a(e2) – b(e3); c(e4); e4 works part-time in b.
fn world() -> World {
    let mut world = World::new();
    world.unit("a", Some("r"), "甲");
    world.unit("b", Some("a"), "乙");
    world.unit("c", Some("r"), "丙");
    for (n, unit) in [(1, "r"), (2, "a"), (3, "b"), (4, "c")] {
        world.employee(n, unit);
    }
    world.employee_mut(4).part_time_unit_ids = vec!["b".into()];
    world.employee_mut(3).position = "经理".into();
    world
}

#[test]
fn who_is_in() {
    for (what, units, include, exclude, filter, part_time, expected) in [
        ("nothing chosen = everybody", vec![], vec![], vec![], "", false, vec![1, 2, 3, 4]),
        ("a unit with everything below", vec!["a"], vec![], vec![], "", false, vec![2, 3]),
        ("exclude beats the unit", vec!["a"], vec![], vec!["e3"], "", false, vec![2]),
        ("include besides the unit", vec!["b"], vec!["e1"], vec![], "", false, vec![1, 3]),
        ("only include", vec![], vec!["e1"], vec![], "", false, vec![1]),
        ("DIR-52: exclude beats include", vec![], vec!["e1", "e2"], vec!["e1"], "", false, vec![2]),
        ("only exclude", vec![], vec![], vec!["e1"], "", false, vec![2, 3, 4]),
        ("DIR-43: part-time counts", vec!["b"], vec![], vec![], "", true, vec![3, 4]),
        ("DIR-43: part-time does not count", vec!["b"], vec![], vec![], "", false, vec![3]),
        ("PEER-09: a filter", vec![], vec![], vec![], "position != ''", false, vec![3]),
        ("a filter over the path", vec![], vec![], vec![], "unit_path.startsWith('总部/甲')", false, vec![2, 3]),
        ("a filter holds for named people too", vec![], vec!["e1", "e3"], vec![], "position != ''", false, vec![3]),
    ] {
        let mut world = world();
        let scope = &mut world.options().scope;
        scope.units = units.into_iter().map(UnitId::from).collect();
        scope.include = include.into_iter().map(EmployeeId::from).collect();
        scope.exclude = exclude.into_iter().map(EmployeeId::from).collect();
        scope.filter = filter.into();
        world.options().include_part_time = part_time;
        let draft = world.sync();
        let created: Vec<String> = texts(&draft).into_iter().filter(|text| text.starts_with("create no")).collect();
        let expected: Vec<String> = expected.into_iter().map(|n: u32| format!("create no{n}")).collect();
        assert_eq!(created, expected, "{what}");
    }
}

/// Only a part of the members is in the app's visible range: the only one with a name may not be the only one.
#[test]
fn a_value_that_others_may_have_proves_nothing_while_members_are_unread() {
    let value = |field, value: &str| (field, crate::model::Text::from(value));
    for (by, field, is_sure) in [
        (rule("name", "name"), value(MemberField::Name, "人2"), false),
        (rule("employee_no", "alias"), value(MemberField::Alias, "no2"), false),
        (rule("employee_no", "extattr.工号"), value(MemberField::ExtAttr("工号".into()), "no2"), false),
        (rule("mobile", "mobile"), value(MemberField::Mobile, "13800000002"), true),
        (rule("email", "email"), value(MemberField::Email, "e2@example.com"), true),
    ] {
        let mut world = world();
        world.corp.match_rules = vec![by.clone()];
        world.cloud.member("seen", "某人", &[1]).fields.insert(field.0, field.1);
        world.cloud.member("Unseen", "人2", &[1]);
        world.cloud.hidden = vec!["unseen".into()];
        let draft = world.plan();
        let links = |draft: &crate::sync::Draft| texts(draft).contains(&"bind e2=seen".to_owned());
        let what = format!("{} = {}", by.employee, by.member);
        assert_eq!(links(&draft), is_sure, "{what}");
        assert_eq!(draft.resolve.iter().filter(|case| case.is_single()).count(), usize::from(!is_sure), "{what}");
        assert!(!texts(&draft).contains(&"create no2".to_owned()), "whoever waits is not created: {what}");
        let explained = explain(&world.input(), &"e2".into());
        assert_eq!(explained.matching.last().unwrap().outcome, if is_sure { "hit" } else { "unsure" }, "{what}");
        // once the other one is linked, or read, nobody is left who may have it too
        world.bind("e1", "Unseen", crate::model::BindingOrigin::Manual);
        assert!(links(&world.plan()), "{what}");
        world.member_bindings.clear();
        world.cloud.hidden.clear();
        world.cloud.members.get_mut("unseen").unwrap().fields.insert(MemberField::Name, "另一人".into());
        assert!(links(&world.plan()), "{what}");
    }
}

/// An app that sees a branch only: who else is in the corp has no row at all.
#[test]
fn a_value_that_others_may_have_proves_nothing_in_a_part_of_the_corp() {
    for (access, sees_all, is_linked) in [
        (Access::ReadWrite, false, false),
        (Access::ReadWrite, true, true),
        // nothing is ever written: the visible range is the corp that is meant
        (Access::ReadOnly, false, true),
    ] {
        let mut world = world();
        world.corp.match_rules = vec![rule("name", "name")];
        world.corp.access = access;
        world.cloud.member("branch", "人2", &[1]);
        world.head.is_complete = sees_all;
        world.pull();
        let draft = plan(&world.input()).unwrap();
        assert_eq!(texts(&draft).contains(&"bind e2=branch".to_owned()), is_linked, "{access:?} {sees_all}");
        assert_eq!(draft.resolve.len(), usize::from(!is_linked), "{access:?} {sees_all}");
    }
}

#[test]
fn only_needed_units_get_departments() {
    let mut world = world();
    world.options().scope.units = vec!["b".into()];
    world.sync();
    assert_eq!(world.tree(), ["总部", "总部/甲", "总部/甲/乙"]);
}

#[test]
fn a_filter_without_result_touches_nobody() {
    let mut world = world();
    world.sync();
    world.options().scope.filter = "int(position) > 3".into();
    let draft = world.plan();
    assert_eq!(texts(&draft), Vec::<String>::new());
    assert_eq!(codes(&draft), ["scope.filter_failed"]);
}

#[test]
fn a_scope_unit_that_is_gone_is_an_error() {
    let mut world = world();
    world.sync();
    world.options().scope.units = vec!["a".into(), "gone".into()];
    assert!(matches!(world.try_plan(), Err(PlanRefusal::UnknownScopeUnit { .. })));
}

#[test]
fn out_of_scope_units_keep_their_department_while_somebody_is_in_it() {
    let mut world = world();
    world.options().disabled_department = String::new();
    world.sync();
    world.options().scope.units = vec!["a".into()];
    assert_eq!(texts(&world.sync()), ["disable no1", "disable no4"]);
    assert!(world.tree().contains(&"总部/丙".to_owned()));
}

#[test]
fn an_unknown_part_time_unit_is_no_reason_to_leave() {
    let mut world = world();
    world.options().scope.units = vec!["b".into()];
    world.options().include_part_time = true;
    world.sync();
    world.employee_mut(4).part_time_unit_ids = vec!["gone".into()];
    let draft = world.sync();
    assert!(!texts(&draft).iter().any(|text| text.contains("no4")), "{:?}", texts(&draft));
    assert!(codes(&draft).contains(&"employee.bad_record"));
}

/// e1 is in scope; e2 is somebody else outside of it, and the only member is theirs or could be either's.
fn with_outsider(insider: fn(&mut Employee), outsider: fn(&mut Employee), member: &[(MemberField, &str)]) -> World {
    let mut world = World::new();
    world.unit("a", Some("r"), "甲");
    world.unit("b", Some("r"), "乙");
    insider(world.employee(1, "a"));
    outsider(world.employee(2, "b"));
    let fields = &mut world.cloud.member("boss", "张伟", &[1]).fields;
    for (field, value) in member {
        fields.insert(field.clone(), (*value).into());
    }
    world.options().scope.units = vec!["a".into()];
    world
}

#[test]
fn the_account_of_a_namesake_out_of_scope_is_never_taken() {
    let name: fn(&mut Employee) = |employee| employee.name = "张伟".into();
    let mobile: fn(&mut Employee) = |employee| employee.mobile = "13900000009".into();
    let number: fn(&mut Employee) = |employee| employee.employee_no = "boss".into();
    let phone = [(MemberField::Mobile, "13900000009")];
    type Person = fn(&mut Employee);
    type Case<'a> = (&'a str, MatchRule, Person, Person, &'a [(MemberField, &'a str)], usize);
    let cases: [Case<'_>; 3] = [
        ("the same name", rule("name", "name"), name, name, &[], 1),
        ("the same mobile", rule("mobile", "mobile"), mobile, mobile, &phone, 1),
        // rule 1 gives the member to the outsider, so that rule 2 must not give it to the insider
        ("an earlier rule knows the owner", rule("mobile", "mobile"), mobile, number, &phone, 0),
    ];
    for (what, second, insider, outsider, member, cases) in cases {
        for exclude in [false, true] {
            let mut world = with_outsider(insider, outsider, member);
            world.corp.match_rules = vec![rule("employee_no", "userid"), second.clone()];
            if exclude {
                world.options().scope.units.clear();
                world.options().scope.exclude = vec!["e2".into()];
            }
            let before = world.cloud.members["boss"].clone();
            let draft = world.sync();
            assert_eq!(draft.resolve.len(), cases, "{what}, exclude {exclude}: {:?}", draft.resolve);
            assert!(!texts(&draft).iter().any(|text| text.starts_with("bind e")), "{what}: {:?}", texts(&draft));
            assert_eq!(world.cloud.members["boss"], before, "{what}, exclude {exclude}");
            let explained = explain(&world.input(), &"e1".into());
            assert_eq!(
                explained.matching.iter().any(|rule| rule.outcome == "ambiguous"),
                cases > 0,
                "{what}: {:?}",
                explained.matching
            );
            assert!(explained.matching.iter().all(|rule| rule.outcome != "hit"), "{what}: {:?}", explained.matching);
        }
    }
}

#[test]
fn a_case_stays_on_the_list_when_all_others_are_linked() {
    let mut world = World::new();
    world.corp.match_rules = vec![rule("name", "name")];
    world.employee(1, "r");
    for n in [2, 3] {
        world.employee(n, "r").name = "张伟".into();
    }
    world.cloud.member("boss", "张伟", &[1]);
    world.options().scope.exclude = vec!["e2".into(), "e3".into()];
    world.sync();
    assert_eq!(world.plan().resolve.len(), 1, "everybody in scope is linked, two outsiders still wait for a person");
}
