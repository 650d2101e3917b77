//! Units become departments: DIR-40, 58–61, 45 of the tree; PEER-02 where the tree cannot be matched.

use super::world::{World, codes, texts};
use crate::model::{BindingOrigin, DepartmentId};
use crate::sync::PlanRefusal;

fn world() -> World {
    let mut world = World::new();
    world.employee(1, "r");
    world
}

#[test]
fn dir_57_an_empty_wecom_gets_everything() {
    let mut world = world();
    world.unit("a", Some("r"), "甲");
    world.unit("b", Some("a"), "乙");
    world.employee(2, "b");
    let draft = world.sync();
    assert_eq!(texts(&draft), ["bind r=1", "create a", "create b", "create no1", "create no2"]);
    assert_eq!(world.tree(), ["总部", "总部/甲", "总部/甲/乙"]);
    assert_eq!(world.places("no2"), ["乙"]);
    assert_eq!((draft.counts.departments.create, draft.counts.members.create), (2, 2));
}

#[test]
fn dir_58_same_level_and_name_is_linked_other_places_are_not() {
    let mut world = world();
    world.unit("a", Some("r"), "甲");
    world.unit("b", Some("r"), "乙");
    world.unit("c", Some("a"), "丙");
    world.cloud.department(7, 1, "甲");
    world.cloud.department(8, 7, "乙"); // other level: not linked
    world.cloud.department(9, 7, "丙");
    let draft = world.sync();
    assert_eq!(texts(&draft), ["bind r=1", "bind a=7", "bind c=9", "create b", "create no1"]);
    assert!(draft.largest_department_id == 10);
}

#[test]
fn dir_59_root_names_are_compared_first() {
    let mut world = world();
    world.units[0].name = "另一家公司".into();
    assert!(matches!(world.try_plan(), Err(PlanRefusal::RootNameMismatch { .. })));
    world.bind_unit("r", 1, BindingOrigin::Position);
    assert!(matches!(world.try_plan(), Err(PlanRefusal::RootNameMismatch { .. })), "a link by name does not excuse");
    world.department_bindings[0].origin = BindingOrigin::Manual;
    world.sync();
    assert_eq!(world.tree(), ["总部"], "the root is never renamed");
    world.cloud.departments.get_mut(&DepartmentId(1)).unwrap().name = None;
    world.department_bindings.clear();
    assert_eq!(world.try_plan(), Err(PlanRefusal::RootNameUnreadable));
}

#[test]
fn dir_40_60_everything_hangs_under_the_top_department() {
    let mut world = world();
    world.unit("a", Some("r"), "甲");
    world.cloud.department(5, 1, "分公司");
    world.cloud.department(6, 1, "甲"); // not below the top: not linked
    world.options().top_department = 5;
    let draft = world.sync();
    assert_eq!(texts(&draft), ["create r", "create a", "create no1"]);
    assert_eq!(world.tree(), ["总部", "总部/分公司", "总部/分公司/总部", "总部/分公司/总部/甲", "总部/甲"]);
    world.options().top_department = 77;
    assert!(matches!(world.try_plan(), Err(PlanRefusal::TopDepartmentMissing { .. })));
}

#[test]
fn renames_moves_and_order() {
    let mut world = world();
    for (id, parent, name) in [("a", "r", "甲"), ("b", "r", "乙"), ("c", "a", "丙")] {
        world.unit(id, Some(parent), name);
    }
    world.employee(2, "c");
    world.sync();
    world.unit_mut("a").name = "甲2".into();
    assert_eq!(texts(&world.sync()), ["rename a"]);
    world.unit_mut("a").parent_id = Some("b".into());
    assert_eq!(texts(&world.sync()), ["move a"], "a subtree moves with one call");
    assert_eq!(world.tree(), ["总部", "总部/乙", "总部/乙/甲2", "总部/乙/甲2/丙"]);
    world.unit_mut("b").order = Some(3);
    assert_eq!(texts(&world.sync()), ["reorder b"]);
    assert_eq!(world.cloud.departments[&DepartmentId(3)].order, u32::MAX - 3);
    world.options().update = false;
    world.unit_mut("b").name = "不改".into();
    assert_eq!(texts(&world.plan()), Vec::<String>::new(), "PEER-03");
}

#[test]
fn a_swap_of_names_goes_through_a_temporary_name() {
    let mut world = world();
    for (id, name) in [("a", "甲"), ("b", "乙"), ("c", "丙")] {
        world.unit(id, Some("r"), name);
    }
    world.sync();
    world.unit_mut("a").name = "乙".into();
    world.unit_mut("b").name = "甲".into();
    assert_eq!(world.sync().changes.len(), 3);
    // a chain needs no temporary name
    world.unit_mut("a").name = "丙".into();
    world.unit_mut("c").name = "丁".into();
    assert_eq!(texts(&world.sync()), ["rename c", "rename a"]);
    // parent and child change places
    world.unit_mut("b").parent_id = Some("a".into());
    world.sync();
    world.unit_mut("b").parent_id = Some("r".into());
    world.unit_mut("a").parent_id = Some("b".into());
    world.sync();
    assert_eq!(world.tree(), ["总部", "总部/丁", "总部/甲", "总部/甲/丙"]);
}

#[test]
fn what_wecom_would_refuse_is_skipped_with_its_people() {
    let long = "长".repeat(65);
    for (name, parent, why) in
        [(long.as_str(), "r", "65"), ("a:b", "r", "':'"), ("甲", "r", "same name"), ("", "r", "empty")]
    {
        let mut world = world();
        world.unit("a", Some("r"), "甲");
        world.unit("b", Some(parent), name);
        world.unit("c", Some("b"), "丙");
        world.employee(2, "c");
        let draft = world.sync();
        assert_eq!(texts(&draft), ["bind r=1", "create a", "create no1"], "{name}");
        assert!(
            draft.notices.iter().any(|n| n.code == "unit.skipped" && n.text.contains(why)),
            "{name}: {:?}",
            draft.notices
        );
        assert!(codes(&draft).contains(&"employee.unit_without_department"), "{name}");
    }
}

#[test]
fn fifteen_levels() {
    let mut world = world();
    let mut parent = "r".to_owned();
    for level in 2..=17 {
        let id = format!("u{level:02}");
        world.unit(&id, Some(&parent), &format!("级{level}"));
        parent = id;
    }
    world.employee(2, "u15");
    world.employee(3, "u16");
    let draft = world.sync();
    assert_eq!(draft.counts.departments.create, 14, "the root is level 1");
    let told: Vec<_> = draft.notices.iter().filter(|notice| notice.code == "unit.too_deep").collect();
    assert_eq!(told.iter().map(|notice| notice.subject.as_str()).collect::<Vec<_>>(), ["u16"]);
    assert!(told[0].text.contains("级16") && told[0].text.contains("1 units below it"), "{}", told[0].text);
    // below a top department there is one level less
    world.cloud.department(900, 1, "挂靠");
    world.options().top_department = 900;
    world.department_bindings.clear();
    let draft = world.plan();
    let told = draft.notices.iter().find(|notice| notice.code == "unit.too_deep").unwrap();
    assert_eq!(told.subject, "u14", "{}", told.text);
    world.options().top_department = 0;
    assert!(world.cloud.members.contains_key("no2") && !world.cloud.members.contains_key("no3"));
}

#[test]
fn a_renamed_unit_without_link_is_offered_before_anything_is_created() {
    let mut world = world();
    world.unit("a", Some("r"), "研发中心");
    world.unit("b", Some("a"), "前端");
    world.unit("c", Some("a"), "后端");
    world.employee(2, "b");
    world.cloud.department(7, 1, "研发部");
    world.cloud.department(8, 7, "前端");
    world.cloud.department(9, 7, "后端");
    let draft = world.plan();
    assert_eq!(texts(&draft), ["bind r=1", "create no1"]);
    assert_eq!((draft.offers[0].unit.as_str(), draft.offers[0].department.0), ("a", 7));
    world.bind_unit("a", 7, BindingOrigin::Position);
    let mut got = texts(&world.sync());
    got.sort();
    assert_eq!(got, ["bind b=8", "bind c=9", "bind r=1", "create no1", "create no2", "rename a"]);
}

#[test]
fn departments_are_deleted_only_when_ours_and_empty() {
    let mut world = world();
    for (id, name) in [("a", "甲"), ("b", "乙"), ("c", "丙")] {
        world.unit(id, Some("r"), name);
    }
    world.unit("d", Some("a"), "丁");
    world.cloud.department(20, 1, "丙"); // linked by name, not created by us
    world.sync();
    world.units.truncate(1);
    let foreign = world.facts.largest_department_id; // the child of 甲
    world.cloud.member("foreign", "外人", &[foreign - 1]);
    let draft = world.sync();
    assert!(codes(&draft).contains(&"department.kept"));
    assert!(world.tree().contains(&"总部/丙".to_owned()), "not created by us");
    world.cloud.members.remove("foreign");
    world.sync();
    assert_eq!(world.tree(), ["总部", "总部/丙"]);
}

#[test]
fn a_unit_with_a_new_id_takes_over_the_department() {
    let mut world = world();
    world.unit("a", Some("r"), "甲");
    world.employee(2, "a");
    world.sync();
    world.unit_mut("a").id = "a2".into();
    world.employee_mut(2).unit_id = "a2".into();
    assert_eq!(texts(&world.sync()), ["unbind a=2", "bind a2=2"]);
}

#[test]
fn a_department_that_vanished_is_created_again() {
    let mut world = world();
    world.unit("a", Some("r"), "甲");
    world.sync();
    world.cloud.departments.remove(&DepartmentId(2));
    let draft = world.sync();
    assert_eq!(texts(&draft), ["unbind a=2", "create a"]);
    assert_eq!(draft.largest_department_id, 3, "ids are never used twice");
    // what is merely not visible is left alone
    world.head.is_complete = false;
    world.cloud.departments.remove(&DepartmentId(3));
    let draft = world.plan();
    assert_eq!(texts(&draft), Vec::<String>::new());
    assert!(codes(&draft).contains(&"department.not_visible"));
}
