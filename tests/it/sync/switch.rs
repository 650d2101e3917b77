//! Who switches writing off stops a run that is under way, between two records and before the next write.

use super::world::{CORPID, PATIENCE, START_MS, World, actor, assert_done};
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{Access, Corp, Outcome, RunId, RunState};
use wecom_bridge::sandbox::Profile;
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;
use wecom_bridge::sync::progress::RunEvent;
use wecom_bridge::sync::pull::PullRequest;

async fn start(world: &World) -> RunId {
    world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn switching_off_stops_a_run_before_its_next_write() {
    for (name, off, on) in [
        (
            "downstream.enabled",
            (|corp: &mut Corp| corp.downstream.enabled = false) as fn(&mut Corp),
            (|corp: &mut Corp| corp.downstream.enabled = true) as fn(&mut Corp),
        ),
        ("access", |corp: &mut Corp| corp.access = Access::ReadOnly, |corp: &mut Corp| corp.access = Access::ReadWrite),
    ] {
        let world = World::sample(300, 10, 71);
        let run = start(&world).await;
        let mut events = world.jobs.subscribe(&run);
        while !matches!(events.recv().await.unwrap(), RunEvent::Progress { done, .. } if done > 20) {}
        world.set(off);
        let written = world.state().count("user/create");
        let ended = world.ended(&run).await;
        assert_eq!(ended.state, RunState::Cancelled, "{name}: {:?}", ended.message);
        let message = ended.message.unwrap();
        assert!(message.contains("read-only") || message.contains("switched off"), "{name}: {message}");
        assert!(message.contains("can be resumed"), "{name}: {message}");
        let after = world.state().count("user/create");
        assert!(after <= written + 10, "{name}: {after} writes, {written} when it was switched off, ten at once");
        assert!(after < 300);
        let refused = world.jobs.resume(&run, &actor()).await.unwrap_err();
        assert!(matches!(refused, SyncError::NotEnabled(_) | SyncError::ReadOnly(_)), "{name}: {refused}");
        world.set(on);
        world.jobs.resume(&run, &actor()).await.unwrap();
        let ended = world.ended(&run).await;
        assert_done(&ended);
        assert_eq!((world.state().member_count(CORPID), ended.counts.members.create), (300, 300), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_settings_stop_a_run_too() {
    let world = World::sample(300, 10, 72);
    let run = start(&world).await;
    let mut events = world.jobs.subscribe(&run);
    while !matches!(events.recv().await.unwrap(), RunEvent::Progress { done, .. } if done > 20) {}
    world.set(|corp| corp.downstream.scope.exclude = vec![world.employees()[290].id.clone()]);
    let ended = world.ended(&run).await;
    assert_eq!(ended.state, RunState::Cancelled, "{:?}", ended.message);
    assert!(ended.message.unwrap().contains("settings of corp"));
    // what the schedule is or what the corp is called changes nothing
    let world = World::sample(300, 10, 72);
    let run = start(&world).await;
    let mut events = world.jobs.subscribe(&run);
    while !matches!(events.recv().await.unwrap(), RunEvent::Progress { done, .. } if done > 20) {}
    world.set(|corp| {
        corp.name = "新名".into();
        corp.downstream.cron = "0 0 3 * * *".into();
    });
    assert_done(&world.ended(&run).await);
}

/// A run that has used up its minute: sixty of a hundred and fifty people are there, ten calls wait.
async fn waiting_for_the_quota() -> (World, RunId) {
    let world = World::on(Clock::manual(START_MS), Profile::PublicNew, |corp| corp.quota.calls_per_minute = 60);
    world.fill(150, 6, 73);
    let run = start(&world).await;
    world.until(|| world.state().member_count(CORPID) == 60).await;
    (world, run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_waited_for_the_quota_does_not_go_out_after_writing_was_switched_off() {
    let (world, run) = waiting_for_the_quota().await;
    world.set(|corp| corp.downstream.enabled = false);
    let ended = world.while_time_passes(world.jobs.wait(&run)).await.unwrap();
    assert_eq!(ended.state, RunState::Cancelled, "{:?}", ended.message);
    assert!(ended.message.unwrap().contains("switched off"));
    assert_eq!(world.state().member_count(CORPID), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_or_a_stop_does_not_wait_for_the_quota() {
    let (world, run) = waiting_for_the_quota().await;
    world.jobs.cancel(&run, &actor()).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, world.jobs.wait(&run)).await.expect("the run waits on").unwrap();
    assert_eq!((ended.state, ended.counts.members.create), (RunState::Cancelled, 60), "{:?}", ended.message);
    let entries = world.env.store.read(|tx| store::runs::entries(tx, &run, 0..u32::MAX)).unwrap();
    assert!(entries.iter().all(|entry| entry.outcome == Outcome::Done), "what was not sent is not in doubt");

    let (world, run) = waiting_for_the_quota().await;
    tokio::time::timeout(PATIENCE, world.jobs.shutdown()).await.expect("the appliance does not stop");
    assert_eq!(world.jobs.find(&run).await.unwrap().unwrap().state, RunState::Running);
}

#[tokio::test]
async fn settings_are_read_when_nobody_else_is_at_work() {
    let world = World::sample(10, 3, 74);
    let _lease = world.env.occupy(&world.corp, "something else", "somebody").unwrap();
    world.set(|corp| corp.downstream.enabled = false);
    let refused = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::Busy { .. }), "the lease comes first: {refused}");
}
