//! PEER-04: one person's explanation.

use super::world::World;
use crate::model::{Action, Change, MemberField};
use crate::sync::explain::{Told, explain, explain_told};
use crate::sync::plan::plan;

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

#[test]
fn one_plan_answers_for_everybody_as_a_plan_of_its_own_would() {
    let mut world = World::new();
    world.unit("a", Some("r"), "甲");
    for n in (1..=40).rev() {
        let person = world.employee(n, "a");
        // every third shares a number with another, every fifth has a member of another case
        if n % 3 == 0 {
            person.mobile = format!("1380000{:04}", n / 6).into();
        }
        if n % 5 == 0 {
            let member = world.cloud.member(&format!("X{n}"), &format!("人{n}"), &[1]);
            member.fields.insert(MemberField::Mobile, format!("138{n:08}").into());
        }
    }
    world.pull();
    let input = world.input();
    let told = Told::of(&input);
    let mut changes = Vec::new();
    for employee in &world.employees {
        let said = explain_told(&input, &told, &employee.id);
        assert_eq!(said, explain(&input, &employee.id));
        assert_eq!(said.employee.as_ref(), Some(employee));
        let is_new = said.changes.iter().any(|change| matches!(change.action, Action::CreateMember { .. }));
        let is_hit = said.matching.last().is_some_and(|rule| rule.outcome == "hit");
        assert!(!(is_new && is_hit), "{said:?}");
        changes.extend(said.changes);
    }
    changes.sort_by_key(|change| change.seq);
    let plan = plan(&input).unwrap();
    let names_somebody = |change: &Change| serde_json::to_string(&change.action).unwrap().contains("\"employee\":\"e");
    let of_people = plan.changes.into_iter().filter(names_somebody);
    assert_eq!(changes, of_people.collect::<Vec<_>>());
}
