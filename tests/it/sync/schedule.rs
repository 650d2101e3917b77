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
                world.ended(&run).await;
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

/// Lets other tasks work until something is so; the clock stands still.
async fn wait_until(what: impl AsyncFn() -> bool) {
    let waiting = async {
        while !what().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it never came to that");
}

/// The wall-clock key of the tick that the pull's schedule has taken last.
fn last_tick(world: &World) -> String {
    let scope = store::Scope::Corp(&world.corp);
    let memory = world.env.store.read(|tx| store::settings::get::<serde_json::Value>(tx, scope, "schedule.pull"));
    memory.unwrap().and_then(|memory| Some(memory["last_key"].as_str()?.to_owned())).unwrap_or_default()
}

/// A corp whose pull is due at each full hour of Berlin, half an hour before one of them.
fn hourly() -> World {
    let world = World::on(Clock::manual(AT_HALF_PAST_MS), Profile::PublicNew, |corp| {
        (corp.pull.cron, corp.pull.time_zone) = ("0 0 * * * *".into(), "Europe/Berlin".into());
    });
    world.fill(10, 3, 54);
    world
}

/// 2026-11-20 10:30 in Berlin.
const AT_HALF_PAST_MS: i64 = 1_795_167_000_000;

/// Starts the schedules; they have looked at the clock when this returns.
async fn start_schedules(world: &World) {
    world.jobs.start_schedules();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

/// Lets time pass at once, and waits until the schedule has taken this tick.
async fn pass_to_tick(world: &World, minutes: u64, hour: u32) {
    world.clock.advance(Duration::from_secs(minutes * 60));
    let key = format!("2026-11-20 {hour}:00:00 Europe/Berlin");
    wait_until(async || last_tick(world) == key).await;
    // the tick's task goes the same way to the store, and is before us there
    for _ in 0..100 {
        world.env.store.read_async(|_| Ok(())).await.unwrap();
        tokio::task::yield_now().await;
    }
}

async fn ended_runs(world: &World, count: usize) {
    wait_until(async || {
        let runs = runs(world);
        runs.len() >= count && runs.iter().all(|run| run.state.is_final()) && world.jobs.under_way().is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_tick_that_finds_the_corp_busy_runs_once_when_it_is_free() {
    let world = hourly();
    let lease = world.env.occupy(&world.corp, "an import", "somebody").unwrap();
    start_schedules(&world).await;
    pass_to_tick(&world, 30, 11).await;
    assert!(runs(&world).is_empty(), "the corp is busy");
    drop(lease);
    ended_runs(&world, 1).await;
    let ran = runs(&world);
    assert_eq!(
        (ran.len(), ran[0].kind, ran[0].state, ran[0].by.as_str()),
        (1, RunKind::Pull, RunState::Done, "schedule")
    );
    // it counted as the tick's run: the next one comes with the next tick
    pass_to_tick(&world, 60, 12).await;
    ended_runs(&world, 2).await;
    assert_eq!(runs(&world).len(), 2);
    world.jobs.shutdown().await;
}

#[tokio::test]
async fn a_waiting_tick_gives_way_to_the_next_one() {
    let world = hourly();
    let lease = world.env.occupy(&world.corp, "an import", "somebody").unwrap();
    start_schedules(&world).await;
    pass_to_tick(&world, 30, 11).await;
    pass_to_tick(&world, 60, 12).await;
    drop(lease);
    ended_runs(&world, 1).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    ended_runs(&world, 1).await;
    assert_eq!(runs(&world).len(), 1, "two ticks have waited, and one run makes up for both");
    world.jobs.shutdown().await;
}

#[tokio::test]
async fn a_schedule_that_is_switched_off_while_its_tick_waits_starts_nothing() {
    let world = hourly();
    let lease = world.env.occupy(&world.corp, "an import", "somebody").unwrap();
    start_schedules(&world).await;
    pass_to_tick(&world, 30, 11).await;
    world.set(|corp| corp.pull.cron.clear());
    drop(lease);
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    world.jobs.shutdown().await;
    assert!(runs(&world).is_empty());
}

#[tokio::test]
async fn what_was_due_while_the_appliance_was_off_is_not_made_up_for() {
    let world = hourly();
    // off from half past ten until three, over five ticks
    world.clock.advance(Duration::from_secs(4 * 3_600 + 1_800));
    start_schedules(&world).await;
    pass_to_tick(&world, 60, 16).await;
    ended_runs(&world, 1).await;
    assert_eq!(runs(&world).len(), 1);
    world.jobs.shutdown().await;
}
