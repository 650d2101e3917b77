//! PEER-04: one person's explanation.

use super::world::World;
use crate::model::MemberField;
use crate::sync::explain::explain;

#[test]
fn the_whole_chain_of_one_person() {
    let mut world = World::new();
    world.unit("a", Some("r"), "甲");
    world.employee(1, "a").position = "工程师".into();
    world.employee(2, "a").telephone = "分机".into();
    world.employee(3, "a").employee_no = "".into();
    world.cloud.member("x2", "人2", &[1]).fields.insert(MemberField::Mobile, "13800000002".into());
    world.pull();

    let new = explain(&world.input(), &"e1".into());
    assert_eq!(new.unit_path.as_deref(), Some("总部/甲"));
    assert_eq!(new.matching.iter().map(|rule| rule.outcome).collect::<Vec<_>>(), ["nobody", "nobody"]);
    assert_eq!(new.requests[0].endpoint, "user/create");
    assert_eq!(new.requests[0].body["userid"], "no1");
    assert_eq!(new.requests[0].body["to_invite"], false);
    assert!(new.fields.iter().any(|field| field.field == "position" && field.value.as_deref() == Some("工程师")));

    let matched = explain(&world.input(), &"e2".into());
    assert_eq!(matched.matching.iter().map(|rule| rule.outcome).collect::<Vec<_>>(), ["nobody", "hit"]);
    assert_eq!(matched.member.as_ref().map(|member| member.userid.as_str()), Some("x2"));
    assert_eq!(matched.requests[0].endpoint, "user/update");
    assert!(matched.fields.iter().any(|field| field.field == "telephone" && field.state == "invalid"));
    assert!(matched.notices.iter().any(|notice| notice.code == "field.invalid"));

    let blocked = explain(&world.input(), &"e3".into());
    assert_eq!(blocked.requests, vec![]);
    assert_eq!(
        blocked.notices.iter().map(|notice| notice.code.as_str()).collect::<Vec<_>>(),
        ["member.userid_invalid"]
    );

    let unknown = explain(&world.input(), &"nobody".into());
    assert!(unknown.employee.is_none() && unknown.changes.is_empty());
    world.units[0].name = "另一家".into();
    assert!(explain(&world.input(), &"e1".into()).refused.unwrap().contains("另一家"));
    serde_json::to_string(&matched).unwrap();
}
