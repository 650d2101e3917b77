//! Scheduled runs, and plans on data that was never or only half read.

use super::world::{START_MS, World, assert_done};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::jobs::ScheduleKind;
use wecom_bridge::model::{Run, RunKind, RunState};
use wecom_bridge::sandbox::{Effect, Fault, Profile};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;

const PATIENCE: Duration = Duration::from_secs(30);

fn runs(world: &World) -> Vec<Run> {
    world.env.store.read(|tx| store::runs::list(tx, &world.corp, 100)).unwrap()
}

/// Lets time pass, ten minutes a step, until something is so.
async fn pass_time_until(world: &World, what: impl AsyncFn(&World) -> bool) {
    let waiting = async {
        while !what(world).await {
            world.clock.advance(Duration::from_secs(600));
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            for run in world.jobs.under_way() {
                world.jobs.wait(&run).await.unwrap();
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it never came to that");
}

#[tokio::test]
async fn schedules_start_runs_back_off_and_recover() {
    let world = World::on(Clock::manual(START_MS), Profile::PublicNew, |corp| {
        corp.pull.cron = "0 0 * * * *".into();
        corp.downstream.cron = "0 30 2 * * *".into();
    });
    world.fill(10, 3, 51);
    world.jobs.start_schedules();
    pass_time_until(&world, async |world| {
        let runs = runs(world);
        runs.iter().any(|run| run.kind == RunKind::Downstream && run.state == RunState::Done)
    })
    .await;
    let pulls = runs(&world).iter().filter(|run| run.kind == RunKind::Pull).count();
    assert!(pulls >= 1);
    assert!(runs(&world).iter().all(|run| run.by == "schedule"));

    world.state().add_fault(Fault::always("", Effect::Errcode { errcode: 60020 }));
    let unhealthy = async |world: &World| {
        let schedules = world.jobs.schedules().await.unwrap();
        schedules.iter().any(|s| s.kind == ScheduleKind::Pull && s.is_unhealthy)
    };
    pass_time_until(&world, unhealthy).await;
    let failing = world.jobs.schedules().await.unwrap();
    assert!(failing.iter().any(|s| s.failures >= 3 && s.last_error.contains("60020")), "{failing:?}");
    world.state().clear_faults();
    pass_time_until(&world, async |world| !unhealthy(world).await).await;
    world.jobs.shutdown().await;
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_is_unhealthy() {
    let world = World::of(Profile::PublicNew, |corp| corp.pull.cron = "0 3 * * *".into());
    let schedules = world.jobs.schedules().await.unwrap();
    assert!(schedules[0].is_unhealthy && schedules[0].last_error.contains("has 5 fields"), "{schedules:?}");
}

#[tokio::test]
async fn nothing_is_planned_on_data_that_was_never_read() {
    let world = World::sample(10, 3, 52);
    let refused = world.plan_without_pull().await.unwrap_err();
    assert!(matches!(refused, SyncError::NotConfigured { .. }), "{refused}");
    assert_done(&world.sync().await);
    assert!(world.plan_without_pull().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_had_not_begun_to_write_ends_at_the_next_start() {
    let world = World::sample(10, 3, 53);
    assert_done(&world.sync().await);
    let mut run = runs(&world)[0].clone();
    (run.id, run.plan, run.state, run.ended_at_ms) = ("0".into(), None, RunState::Running, None);
    let row = run.clone();
    world.env.store.write_blocking(move |tx| store::runs::put(tx, &row)).unwrap();
    assert!(world.jobs.resume_interrupted().await.unwrap().is_empty());
    let ended = world.jobs.find(&run.id).await.unwrap().unwrap();
    assert_eq!(ended.state, RunState::Failed);
    assert!(ended.message.unwrap().contains("before anything was written"));
}
