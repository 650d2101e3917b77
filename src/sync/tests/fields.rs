//! The fields of people: mappings, invalid and shared values, what WeCom does not show, missing columns.

use super::people::world;
use super::world::{World, codes, texts};
use crate::model::*;

#[test]
fn optional_fields_that_are_invalid_are_left_out() {
    let mut world = world();
    world.employee(1, "a").telephone = "分机五".into();
    world.employee_mut(1).email = "not a mail".into();
    let draft = world.sync();
    assert!(codes(&draft).contains(&"field.invalid"));
    let fields = &world.at("no1").fields;
    assert!(fields.get(&MemberField::Telephone).is_none() && fields.get(&MemberField::Email).is_none());
}

#[test]
fn dir_49_50_mappings() {
    let mut world = world();
    world.options().fields.insert("position".into(), "{{ position == '' ? '员工' : position }}".into());
    world.options().fields.insert("alias".into(), String::new());
    world.options().fields.insert("extattr.路径".into(), "{{ unit_path }}".into());
    world.options().external_fields.insert("网址".into(), "https://example.com/{{ id }}".into());
    world.employee(1, "a").gender = Gender::Female;
    world.employee_mut(1).alias = "别名".into();
    world.sync();
    let fields = &world.at("no1").fields;
    for (path, expected) in [
        ("position", Some("员工")),
        ("alias", None),
        ("gender", Some("2")),
        ("extattr.路径", Some("总部/甲")),
        ("extattr.工号", Some("no1")),
        ("external.网址", Some("https://example.com/e1")),
        ("external_position", None),
    ] {
        let got = fields.get(&MemberField::find(path).unwrap()).map(Text::as_str);
        assert_eq!(got, expected, "{path}");
    }
}

/// WeCom shows the position to people outside unless there is an external one: that is written only where it is another.
#[test]
fn the_external_position_is_written_where_it_is_another_one() {
    let external = |world: &World| world.at("no1").fields.get(&MemberField::ExternalPosition).cloned();
    for hides_details in [false, true] {
        let mut world = world();
        world.cloud.hides_details = hides_details;
        world.employee(1, "a").position = "工程师".into();
        world.sync();
        assert_eq!(external(&world), None, "hidden {hides_details}");
        world.employee_mut(1).position = "经理".into();
        assert_eq!(texts(&world.sync()), ["update no1"], "the position alone");
        assert_eq!(external(&world), None);
        world.options().external_fields.insert("position".into(), "{{ position }}岗".into());
        world.sync();
        assert_eq!(external(&world).as_deref(), Some("经理岗"));
        // back to the same: one that is there is not taken away, it becomes the same
        world.options().external_fields.insert("position".into(), "{{ position }}".into());
        world.sync();
        assert_eq!(external(&world).as_deref(), Some("经理"));
        world.employee_mut(1).position = "总监".into();
        world.sync();
        assert_eq!(external(&world).as_deref(), Some("总监"), "and goes on with it");
    }
    // somebody has filled one in by hand
    let mut world = world();
    world.employee(1, "a").position = "工程师".into();
    world.cloud.member("no1", "人1", &[2]).fields.insert(MemberField::ExternalPosition, "顾问".into());
    world.sync();
    assert_eq!(external(&world).as_deref(), Some("工程师"));
    // the position itself is not written: outside nobody would see it
    let mut world = self::world();
    world.options().fields.insert("position".into(), String::new());
    world.employee(1, "a").position = "工程师".into();
    world.sync();
    assert_eq!(external(&world).as_deref(), Some("工程师"));
}

#[test]
fn unreadable_fields_are_compared_with_what_was_written() {
    let mut world = world();
    world.cloud.hides_contacts = true;
    world.employee(1, "a");
    world.sync();
    world.employee_mut(1).mobile = "13900000009".into();
    assert_eq!(texts(&world.sync()), ["update no1"]);
    assert_eq!(world.at("no1").fields.get(&MemberField::Mobile).unwrap(), "13900000009");
}

#[test]
fn with_ids_only_nothing_is_written_twice() {
    let mut world = world();
    world.cloud.hides_details = true;
    world.head.strategy = ReadStrategy::IdsOnly;
    world.employee(1, "a");
    world.unit_mut("a").head = vec!["e1".into()];
    world.sync();
    world.unit_mut("b").head = vec!["e1".into()];
    world.employee_mut(1).unit_id = "b".into();
    assert_eq!(texts(&world.sync()), ["update no1"]);
    assert!(world.at("no1").memberships[0].is_leader);
}

#[test]
fn a_missing_column_never_empties_wecom() {
    let mut world = world();
    world.employee(1, "a");
    world.employee(2, "a");
    world.cloud.member("no1", "人1", &[1]).fields.insert(MemberField::Position, "经理".into());
    world.sync();
    assert_eq!(world.at("no1").fields.get(&MemberField::Position).unwrap(), "经理");
    world.employee_mut(2).position = "职员".into();
    world.sync();
    assert_eq!(world.at("no1").fields.get(&MemberField::Position).unwrap(), "", "the column is in use now");
}

#[test]
fn shared_contacts_go_to_one_person() {
    let mut world = world();
    world.employee(1, "a");
    world.employee(2, "a");
    world.sync();
    world.employee(0, "a").mobile = "13800000002".into();
    let draft = world.sync();
    assert!(codes(&draft).contains(&"field.shared"));
    assert_eq!(world.at("no2").fields.get(&MemberField::Mobile).unwrap(), "13800000002");
    assert!(world.at("no0").fields.get(&MemberField::Mobile).is_none());
}
