//! Nobody loses access by a plan that is out of date, nor by a link that the scope never meant.

use super::world::{CORPID, World, actor, assert_done};
use wecom_bridge::model::{EmployeeId, EmployeeStatus, RunState};
use wecom_bridge::store;
use wecom_bridge::sync::bindings;

/// Fifty people in WeCom, one of whom has departed since.
async fn world_with_a_leaver() -> (World, EmployeeId) {
    let world = World::sample(50, 6, 4);
    assert_done(&world.sync().await);
    let leaver = world.employees().into_iter().find(|employee| !employee.admin).unwrap().id;
    world.change_employee(&leaver, |employee| employee.status = EmployeeStatus::Departed);
    (world, leaver)
}

fn is_enabled(world: &World, employee: &EmployeeId) -> bool {
    let userid = world.employee(employee.as_str()).employee_no;
    world.state().find_member(CORPID, &userid).unwrap().is_enabled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_is_active_again_is_not_disabled_by_an_older_plan() {
    let (world, leaver) = world_with_a_leaver().await;
    let plan = world.plan().await.unwrap();
    assert_eq!(plan.counts.members.disable, 1);
    world.change_employee(&leaver, |employee| employee.status = EmployeeStatus::Active);
    let run = world.apply(&plan).await;
    assert_ne!(run.state, RunState::Done);
    assert!(run.failed.iter().any(|record| record.message.contains("active again")), "{:?}", run.failed);
    assert!(is_enabled(&world, &leaver));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_was_unlinked_meanwhile_is_not_disabled() {
    let (world, leaver) = world_with_a_leaver().await;
    let plan = world.plan().await.unwrap();
    bindings::unbind(&world.env, &world.corp, &leaver, &actor()).await.unwrap();
    let run = world.apply(&plan).await;
    assert!(run.failed.iter().any(|record| record.message.contains("not linked")), "{:?}", run.failed);
    assert!(is_enabled(&world, &leaver));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_lost_a_change_is_not_applied() {
    let (world, leaver) = world_with_a_leaver().await;
    let plan = world.plan().await.unwrap();
    let mut changes = world.changes(&plan).await;
    let mut first = changes.remove(0);
    first.reason = "something.else".into();
    let (corp, id) = (world.corp.clone(), plan.id.clone());
    world
        .env
        .store
        .write_blocking(move |tx| store::plans::put_changes(tx, &corp, &id, std::slice::from_ref(&first)))
        .unwrap();
    let run = world.apply(&plan).await;
    assert_eq!(run.state, RunState::Failed);
    assert!(run.message.as_deref().unwrap_or_default().contains("hash"), "{:?}", run.message);
    assert!(is_enabled(&world, &leaver));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_outside_the_scope_is_neither_linked_nor_disabled() {
    let (world, leaver) = world_with_a_leaver().await;
    world.change_employee(&leaver, |employee| employee.status = EmployeeStatus::Active);
    bindings::unbind(&world.env, &world.corp, &leaver, &actor()).await.unwrap();
    world.set(|corp| corp.downstream.scope.exclude = vec![leaver.clone()]);
    assert_done(&world.sync().await);
    assert!(world.bindings().iter().all(|binding| binding.employee != leaver));
    assert!(is_enabled(&world, &leaver));
}
