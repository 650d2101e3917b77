//! One person after another is explained from one plan, and never from one that is out of date.

use super::world::{World, actor, assert_done};
use wecom_bridge::model::{Corp, EmployeeId};
use wecom_bridge::sync::explain::Explanation;
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::{Env, SyncError, bindings, service};

/// What an engine says that has kept nothing.
async fn afresh(world: &World, id: &EmployeeId) -> Explanation {
    let env = Env::new(world.env.store.clone(), world.clock.clone(), world.env.clients.clone());
    service::explain(&env, &world.corp, id).await.unwrap()
}

#[tokio::test]
async fn what_is_kept_says_what_a_new_plan_would() {
    let world = World::sample(40, 6, 12);
    assert_done(&world.sync().await);
    let people = world.employees();
    let (one, other) = (people[3].id.clone(), people[4].id.clone());
    let explain = async |id: &EmployeeId| service::explain(&world.env, &world.corp, id).await.unwrap();
    assert_eq!(explain(&one).await, afresh(&world, &one).await);
    assert_eq!(explain(&other).await, afresh(&world, &other).await, "from the same plan");

    world.change_employee(&one, |employee| employee.position = "院士".into());
    let said = explain(&one).await;
    assert_eq!(said, afresh(&world, &one).await);
    assert_eq!(said.changes.len(), 1, "{said:#?}");

    let unit = people[3].unit_id.clone();
    world.change_unit(&unit, |unit| unit.name = "改名".into());
    assert!(explain(&one).await.unit_path.unwrap().contains("改名"));

    let settings: [fn(&mut Corp); 2] = [
        |corp| corp.downstream.update = false,
        |corp| drop(corp.downstream.fields.insert("position".into(), "{{ name }}".into())),
    ];
    for change in settings {
        world.set(change);
        assert_eq!(explain(&one).await, afresh(&world, &one).await);
    }
    bindings::unbind(&world.env, &world.corp, &one, &actor()).await.unwrap();
    assert!(explain(&one).await.binding.is_none());
    assert_eq!(explain(&one).await, afresh(&world, &one).await);
    assert_done(&world.pull(PullRequest { full: true, ..PullRequest::default() }).await);
    assert_eq!(explain(&one).await, afresh(&world, &one).await);
    assert!(explain(&"nobody".into()).await.employee.is_none());
    let refused = service::get_explanation(&world.env, &world.corp, &"nobody".into()).await.unwrap_err();
    assert!(matches!(refused, SyncError::NoEmployee { .. }) && refused.to_string().contains("nobody"), "{refused}");
}

#[tokio::test]
async fn a_field_without_a_value_is_not_said_to_be_written() {
    let world = World::sample(10, 2, 14);
    assert_done(&world.pull(PullRequest { full: true, ..PullRequest::default() }).await);
    let id = world.employees()[3].id.clone();
    world.change_employee(&id, |employee| {
        (employee.alias, employee.position) = (Default::default(), "工程师".into());
    });
    let said = service::explain(&world.env, &world.corp, &id).await.unwrap();
    let state = |field: &str| said.fields.iter().find(|found| found.field == field).map(|found| found.state);
    assert_eq!([state("alias"), state("position")], [Some("empty"), Some("new")], "{said:#?}");
    let sent = said.requests.iter().find(|request| request.endpoint == "user/create").unwrap();
    for field in said.fields.iter().filter(|field| field.state == "empty") {
        assert!(sent.body.get(&field.field).is_none(), "{} is sent: {}", field.field, sent.body);
    }
    assert!(sent.body.get("position").is_some());
}

#[tokio::test]
async fn ten_at_once_get_the_same_answer() {
    let world = World::sample(40, 6, 13);
    assert_done(&world.sync().await);
    let id = world.employees()[0].id.clone();
    let expected = afresh(&world, &id).await;
    let asked = (0..10).map(|_| service::explain(&world.env, &world.corp, &id));
    for said in futures_util::future::join_all(asked).await {
        assert_eq!(said.unwrap(), expected);
    }
}
