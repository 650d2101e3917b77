//! What people have asked of a run outlives a stop and a crash: a cancelled run does not go on by itself, and a retry of
//! one record never becomes the rest of the run.

use super::world::{CORPID, START_MS, World, actor, assert_done, crash};
use std::time::Duration;
use tokio::runtime::Runtime;
use wecom_bridge::clock::Clock;
use wecom_bridge::jobs::{Cancelled, Jobs};
use wecom_bridge::model::{Asked, Run, RunId, RunState};
use wecom_bridge::sandbox::{Effect, Fault, Profile};
use wecom_bridge::store;
use wecom_bridge::sync::pull::PullRequest;

/// People of these worlds.
const PEOPLE: usize = 30;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// WeCom takes its time with every new member after these.
fn slow_after(world: &World, skip: u64) {
    world.state().add_fault(Fault { skip, ..Fault::always("user/create", Effect::Delay { ms: 5_000 }) });
}

async fn until_one_waits(world: &World) {
    world.until(|| world.state().faults().iter().any(|fault| fault.hits > 0 && is_delay(&fault.fault))).await;
}

fn is_delay(fault: &Fault) -> bool {
    matches!(fault.effect, Effect::Delay { .. })
}

/// A first sync, one call after the other on a clock that stands still, which waits for the answer to its eleventh member.
async fn waiting(seed: u64) -> (World, RunId) {
    let world = World::on(Clock::manual(START_MS), Profile::PublicNew, |corp| corp.quota.concurrency = 1);
    world.fill(PEOPLE, 4, seed);
    slow_after(&world, 10);
    let run = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap();
    until_one_waits(&world).await;
    (world, run)
}

/// Ends the bridge, either in good order or where it stands, and begins anew.
fn end(first: Runtime, world: &mut World, is_crash: bool) {
    if is_crash {
        crash(first, world);
        return;
    }
    first.block_on(world.while_time_passes(world.jobs.shutdown()));
    world.jobs = Jobs::new(world.env.clone());
}

/// Nothing goes on by itself, not even later. The row as it is then.
async fn assert_over(world: &World, run: &RunId, members: usize, what: &str) -> Run {
    world.state().clear_faults();
    assert!(world.jobs.resume_interrupted().await.unwrap().is_empty(), "{what}");
    assert!(world.jobs.under_way().is_empty(), "{what}");
    let row = world.jobs.find(run).await.unwrap().unwrap();
    assert_eq!(row.state, RunState::Cancelled, "{what}: {:?}", row.message);
    assert!(row.ended_at_ms.is_some(), "{what}");
    world.while_time_passes(world.clock.sleep(Duration::from_secs(60))).await;
    let there = world.state().member_count(CORPID);
    // a call that the crash has cut off may have come through
    assert!(there == members || there + 1 == members, "{what}: {there}");
    let asked = world.env.store.read(|tx| store::runs::asked(tx, &row)).unwrap();
    assert_eq!(asked, Asked::default(), "{what}");
    row
}

async fn assert_can_go_on(world: &World, run: &RunId) {
    world.jobs.resume(run, &actor()).await.unwrap();
    assert_done(&world.while_time_passes(world.jobs.wait(run)).await.unwrap());
    assert_eq!(world.state().member_count(CORPID), PEOPLE);
    world.while_time_passes(world.assert_converged()).await;
}

#[test]
fn a_cancelled_run_does_not_go_on_after_a_stop_or_a_crash() {
    for (what, is_crash) in [("stopped", false), ("crashed", true)] {
        let first = runtime();
        let (mut world, run) = first.block_on(waiting(81));
        assert_eq!(first.block_on(world.jobs.cancel(&run, &actor())).unwrap(), Cancelled::UnderWay, "{what}");
        end(first, &mut world, is_crash);
        runtime().block_on(async {
            let row = assert_over(&world, &run, 11, what).await;
            let expected = if is_crash { "cancelled by test" } else { "cancelled; what was done stays done" };
            assert!(row.message.as_deref().unwrap().contains(expected), "{what}: {:?}", row.message);
            let audit = world.env.store.read(|tx| store::audit::page(tx, None, 10)).unwrap();
            assert_eq!(audit.iter().filter(|row| row.action == "run.cancel").count(), 1, "{what}");
            assert_can_go_on(&world, &run).await;
        });
    }
}

#[test]
fn a_retry_that_is_interrupted_leaves_the_rest_of_the_run_alone() {
    for (what, is_crash) in [("stopped", false), ("crashed", true)] {
        let first = runtime();
        let (mut world, run, seq) = first.block_on(async {
            let world = World::on(Clock::manual(START_MS), Profile::PublicNew, |corp| corp.quota.concurrency = 1);
            world.fill(PEOPLE, 4, 82);
            world
                .state()
                .add_fault(Fault { skip: 3, ..Fault::once("user/create", Effect::Errcode { errcode: 60103 }) });
            slow_after(&world, 10);
            let run = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap();
            until_one_waits(&world).await;
            world.jobs.cancel(&run, &actor()).await.unwrap();
            let ended = world.while_time_passes(world.jobs.wait(&run)).await.unwrap();
            assert_eq!((ended.state, ended.failed.len()), (RunState::Cancelled, 1), "{:?}", ended.message);
            assert_eq!(world.state().member_count(CORPID), 10);
            world.state().clear_faults();
            slow_after(&world, 0);
            world.jobs.retry(&run, ended.failed[0].seq, &actor()).await.unwrap();
            until_one_waits(&world).await;
            let row = world.jobs.find(&run).await.unwrap().unwrap();
            assert_eq!(row.state, RunState::Running);
            (world, run, ended.failed[0].seq)
        });
        end(first, &mut world, is_crash);
        runtime().block_on(async {
            let row = assert_over(&world, &run, 11, what).await;
            assert_eq!(row.message.as_deref(), Some("cancelled; what was done stays done"), "{what}");
            if !is_crash {
                assert_eq!((world.state().member_count(CORPID), row.failed.len()), (11, 0), "{what}");
                let again = world.jobs.retry(&run, seq, &actor()).await.unwrap_err();
                assert!(again.to_string().contains("it did not fail"), "{again}");
            }
            assert_can_go_on(&world, &run).await;
        });
    }
}
