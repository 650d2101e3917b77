//! Nobody loses access by a plan that is out of date, nor by a link that the scope never meant.

use super::world::{CORPID, START_MS, World, actor, assert_done};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{EmployeeId, EmployeeStatus, RunState};
use wecom_bridge::sandbox::{Effect, Fault, Profile, VisibleRange, seed};
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
    assert_eq!((run.state, run.code.as_deref()), (RunState::Failed, Some("sync.directory_changed")));
    assert!(run.message.as_deref().unwrap_or_default().contains("the directory has changed"), "{:?}", run.message);
    assert_eq!(run.calls.writes, 0);
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

/// A run that is about to delete somebody whose days as a disabled member are over, held at the write before. WeCom was
/// compared with the plan already.
async fn about_to_delete() -> (World, wecom_bridge::model::RunId, String) {
    let world = World::on(Clock::manual(START_MS), Profile::PublicNew, |corp| {
        corp.quota.concurrency = 1;
        corp.downstream.delete_after_days = 1;
    });
    world.fill(30, 4, 6);
    assert_done(&world.sync().await);
    let people = world.employees();
    let mut ordinary = people.iter().filter(|employee| !employee.admin && employee.status.is_active());
    let (leaver, other) = (ordinary.next().unwrap(), ordinary.next().unwrap());
    world.change_employee(&leaver.id, |employee| employee.status = EmployeeStatus::Departed);
    assert_done(&world.sync().await);
    assert!(!is_enabled(&world, &leaver.id));
    world.clock.advance(Duration::from_secs(2 * 24 * 3_600));
    world.change_employee(&other.id, |employee| employee.position = "总工程师".into());
    let plan = world.plan().await.unwrap();
    assert_eq!((plan.counts.members.update, plan.counts.members.delete), (1, 1), "{:?}", plan.counts);
    world.state().add_fault(Fault::once("user/update", Effect::Delay { ms: 5_000 }));
    let run = world.jobs.start_apply(&plan.id, &actor()).await.unwrap();
    world.until(|| world.state().faults().iter().any(|fault| fault.hits > 0)).await;
    (world, run, leaver.employee_no.to_string())
}

/// The app that reads details sees nobody any more.
fn narrow(world: &World) {
    let range = VisibleRange { users: ["nobody".to_owned()].into(), ..VisibleRange::default() };
    world.state().with_corp(CORPID, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().visible = range);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delayed_delete_looks_at_the_member_once_more() {
    for (name, refusal) in [
        ("as it was", None),
        ("enabled again", Some("enabled again")),
        ("unseen", Some("looked at")),
        // WeCom says of such a one what it says of one who does not exist
        ("out of the app's sight", Some("cannot see member")),
    ] {
        let (world, run, userid) = about_to_delete().await;
        match name {
            "enabled again" => {
                world.state().console(CORPID, "user/update", &json!({ "userid": userid, "enable": 1 })).unwrap();
            }
            "out of the app's sight" => narrow(&world),
            "unseen" => drop(world.state().add_fault(Fault::always("user/get", Effect::Errcode { errcode: 60_011 }))),
            _ => {}
        }
        world.clock.advance(Duration::from_secs(6));
        let ended = world.ended(&run).await;
        let is_there = world.state().find_member(CORPID, &userid).is_some();
        match refusal {
            None => {
                assert_done(&ended);
                assert!(!is_there);
            }
            Some(part) => {
                assert_eq!((ended.state, ended.failed.len()), (RunState::Partly, 1), "{name}: {:?}", ended.failed);
                let failed = &ended.failed[0];
                assert!(failed.step == "user/delete" && failed.message.contains(part), "{name}: {failed:?}");
                assert!(is_there, "{name}: nobody is deleted unseen");
                assert_eq!(world.state().count("user/delete"), 0, "{name}");
            }
        }
    }
}
