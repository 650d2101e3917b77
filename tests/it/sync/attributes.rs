//! A write of one attribute replaces the whole list in WeCom: what others have filled in by hand goes along, comes back
//! with an undo, and is left alone where it cannot be read.

use super::world::{CORPID, World, actor, assert_done, put_directory};
use wecom_bridge::model::{
    Action, Corp, Employee, EmployeeId, MatchRule, MemberField, OrgUnit, PlanState, Reversible, StrategyChoice, Text,
};
use wecom_bridge::sandbox::{Attribute, Member, Profile};
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service;

fn maps(corp: &mut Corp) {
    corp.downstream.external_fields.insert("职称".into(), "{{ position }}".into());
}

/// One person, synced: attribute 工号 and external 职称 are ours.
async fn one_person(profile: Profile) -> (World, EmployeeId) {
    let world = World::of(profile, maps);
    let unit: OrgUnit = serde_json::from_value(serde_json::json!({ "id": "r", "name": "示例集团" })).unwrap();
    let mut employee = Employee::new("e1", "张三", "r");
    (employee.employee_no, employee.mobile, employee.position) = ("n1".into(), "13800000001".into(), "工程师".into());
    put_directory(&world.env.store, &[unit], &[employee]);
    world.state().with_corp(CORPID, |corp| {
        corp.settings.custom_attributes.extend(["车牌".into(), "主页".into()]);
    });
    assert_done(&world.sync().await);
    (world, "e1".into())
}

fn web(name: &str) -> Attribute {
    Attribute::Web { name: name.into(), url: "https://example.com".into(), title: "主页".into() }
}

/// Somebody fills in more in the console.
fn decorate(world: &World) -> Member {
    let mut member = world.state().members(CORPID).remove(0);
    member.extattr.extend([Attribute::text("车牌", "京A1"), web("主页")]);
    member.external.attributes.extend([Attribute::text("微博", "@z"), web("官网")]);
    world.state().seed_member(CORPID, member.clone());
    member
}

fn sorted(mut list: Vec<Attribute>) -> Vec<Attribute> {
    list.sort_by(|a, b| a.name().cmp(b.name()));
    list
}

fn lists(world: &World) -> (Vec<Attribute>, Vec<Attribute>) {
    let member = world.state().members(CORPID).remove(0);
    (sorted(member.extattr), sorted(member.external.attributes))
}

#[tokio::test]
async fn others_go_along_and_come_back() {
    let (world, id) = one_person(Profile::PublicNew).await;
    decorate(&world);
    let before = lists(&world);
    world.change_employee(&id, |employee| {
        (employee.employee_no, employee.position) = ("n2".into(), "总工".into());
    });
    // an incremental pull does not know what was filled in: the look before writing does
    let run = world.sync().await;
    assert_done(&run);
    let ours = |no: &str, title: &str| {
        (
            sorted(vec![Attribute::text("工号", no), Attribute::text("车牌", "京A1"), web("主页")]),
            sorted(vec![Attribute::text("职称", title), Attribute::text("微博", "@z"), web("官网")]),
        )
    };
    assert_eq!(lists(&world), ours("n2", "总工"));
    world.assert_converged().await;
    let plan = service::get_plan(&world.env, run.plan.as_ref().unwrap()).await.unwrap();
    let changes = world.changes(&plan).await;
    let Action::UpdateMember { before: image, .. } = &changes[0].action else { panic!("{changes:#?}") };
    let was = |path: &str| image.fields.get(&MemberField::find(path).unwrap()).map(Text::as_str);
    assert_eq!((was("extattr"), was("extattr.车牌"), was("external.微博")), (Some("whole"), Some("京A1"), Some("@z")));
    assert!(was("extattr_item.主页").unwrap().contains("https://example.com"));
    assert_eq!(changes[0].reversible, Reversible::Yes);

    let plan = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    assert_eq!(plan.state, PlanState::Ready);
    assert_done(&world.apply(&plan).await);
    assert_eq!(lists(&world), before);
    assert_eq!(before, ours("n1", "工程师"));
}

#[tokio::test]
async fn an_undo_keeps_what_was_filled_in_since() {
    let (world, id) = one_person(Profile::PublicNew).await;
    world.change_employee(&id, |employee| employee.employee_no = "n2".into());
    let run = world.sync().await;
    assert_done(&run);
    decorate(&world);
    assert_done(&world.pull(PullRequest { full: true, ..PullRequest::default() }).await);
    let plan = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    assert_done(&world.apply(&plan).await);
    assert_eq!(
        lists(&world).0,
        sorted(vec![Attribute::text("工号", "n1"), Attribute::text("车牌", "京A1"), web("主页")])
    );
}

#[tokio::test]
async fn a_list_that_changes_before_the_plan_is_applied_is_drift() {
    type Edit = fn(&mut Member);
    let edits: [(&str, Edit); 3] = [
        ("added", |member| member.extattr.push(Attribute::text("主页", "x"))),
        ("taken away", |member| member.extattr.retain(|attribute| attribute.name() != "车牌")),
        ("another value", |member| {
            member.extattr.retain(|attribute| attribute.name() != "车牌");
            member.extattr.push(Attribute::text("车牌", "京B2"));
        }),
    ];
    for (name, edit) in edits {
        let (world, id) = one_person(Profile::PublicNew).await;
        let mut member = world.state().members(CORPID).remove(0);
        member.extattr.push(Attribute::text("车牌", "京A1"));
        world.state().seed_member(CORPID, member.clone());
        assert_done(&world.pull(PullRequest { full: true, ..PullRequest::default() }).await);
        world.change_employee(&id, |employee| employee.employee_no = "n2".into());
        let plan = world.plan_without_pull().await.unwrap();
        edit(&mut member);
        world.state().seed_member(CORPID, member.clone());
        let run = world.apply(&plan).await;
        assert_eq!(run.code.as_deref(), Some("sync.drift"), "{name}: {:?}", run.message);
        assert_eq!(world.state().members(CORPID).remove(0).extattr, member.extattr, "{name}");
    }
}

/// In a private deployment an app reads no attributes unless they are opened for it: they are left out, with a notice.
/// Neither what we have created ourselves nor what another read once showed makes them known.
#[tokio::test]
async fn a_list_that_cannot_be_read_is_left_alone() {
    let settings = |corp: &mut Corp| {
        maps(corp);
        corp.pull.strategy = StrategyChoice::Lists;
        corp.match_rules = vec![MatchRule { employee: "account".into(), member: "userid".into() }];
    };
    let world = World::of(Profile::Private, settings);
    world.state().with_corp(CORPID, |corp| {
        corp.settings.custom_attributes.extend(["工号".into(), "车牌".into(), "主页".into()]);
        let fields = ["name", "status", "department", "position", "order", "is_leader_in_dept"];
        corp.apps.values_mut().for_each(|app| app.open_fields.extend(fields.map(String::from)));
    });
    world.state().seed_member(CORPID, Member::new("old", "老人", 1));
    decorate(&world);
    let before = lists(&world);
    let unit: OrgUnit = serde_json::from_value(serde_json::json!({ "id": "r", "name": "示例集团" })).unwrap();
    let person = |n: u8, account: &str| {
        let mut employee = Employee::new(format!("e{n}"), "老人", "r");
        (employee.employee_no, employee.account) = (format!("n{n}").as_str().into(), account.into());
        (employee.mobile, employee.position) = (format!("1380000000{n}").as_str().into(), "总工".into());
        employee
    };
    put_directory(&world.env.store, &[unit], &[person(1, "old"), person(2, "")]);
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!((run.counts.members.create, run.counts.members.update), (1, 1), "{:?}", run.counts);
    let plan = service::get_plan(&world.env, run.plan.as_ref().unwrap()).await.unwrap();
    let told: Vec<_> = plan.notices.iter().filter(|notice| notice.code == "field.list_unread").collect();
    assert_eq!(told.len(), 2, "{:?}", plan.notices);
    assert!(told[0].text.contains("extattr.工号") && told[1].text.contains("external.职称"), "{told:?}");
    let old = || world.members().remove("old").unwrap();
    let of_old = || (sorted(old().extattr), sorted(old().external.attributes));
    assert_eq!((of_old(), old().position.as_str()), (before.clone(), "总工"), "the other fields are written");

    // the one that we created: what it has is ours, until a read says that we are not shown it
    world.change_employee(&"e2".into(), |employee| employee.employee_no = "m2".into());
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.total, 0);
    world.assert_converged().await;
    assert_eq!(of_old(), before);
}

#[tokio::test]
async fn the_sandbox_can_play_lists_that_are_not_replaced() {
    let (world, id) = one_person(Profile::PublicNew).await;
    world.state().with_corp(CORPID, |corp| corp.switches.replaces_attribute_lists = false);
    decorate(&world);
    world.change_employee(&id, |employee| employee.employee_no = String::new().into());
    assert_done(&world.sync().await);
    assert_eq!(lists(&world).0.len(), 3, "nobody has a number any more, so the column is missing and clears nothing");
}
