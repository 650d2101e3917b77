//! New members by the asynchronous import: the same state as by single calls, whatever becomes of file, job and result.

mod doubt;
mod meeting;
mod stops;

use super::world::{CORPID, PATIENCE, START_MS, World, actor, assert_done, crash};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::jobs::Jobs;
use wecom_bridge::model::{
    Action, Change, Corp, JournalEntry, MemberBinding, Outcome, PlanState, Run, RunId, RunState,
};
use wecom_bridge::sandbox::{Department, Effect, Fault, Member, Profile};
use wecom_bridge::store;
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service;

/// People of the worlds below: a file and the beginning of a second one.
const PEOPLE: usize = 1_100;

/// A corp with the default mappings, whose plans go by import from 500 new members on.
pub fn by_import(corp: &mut Corp) {
    corp.quota.calls_per_minute = 2_000;
}

fn world_on(clock: Clock, people: usize, seed: u64) -> World {
    let world = World::on(clock, Profile::PublicNew, by_import);
    world.fill(people, 20, seed);
    world
}

fn world(people: usize, seed: u64) -> World {
    world_on(Clock::jumping(START_MS), people, seed)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// What WeCom holds, without times of its own.
fn content(world: &World) -> (Vec<Department>, BTreeMap<String, Member>) {
    let members = world.state().members(CORPID).into_iter().map(|mut member| {
        member.created_at_ms = 0;
        (member.key().to_string(), member)
    });
    (world.state().departments(CORPID), members.collect())
}

/// Bindings without the moment at which they were made.
fn bindings(world: &World) -> Vec<MemberBinding> {
    let mut bindings = world.bindings();
    bindings.iter_mut().for_each(|binding| binding.bound_at_ms = 0);
    bindings
}

fn applied(world: &World, endpoint: &str) -> usize {
    world.state().calls().iter().filter(|call| call.endpoint == endpoint && call.is_applied).count()
}

fn entries(world: &World, run: &RunId) -> Vec<JournalEntry> {
    world.env.store.read(|tx| store::runs::entries(tx, run, 0..u32::MAX)).unwrap()
}

fn count(world: &World, run: &RunId, outcome: &Outcome) -> usize {
    entries(world, run).iter().filter(|entry| entry.outcome == *outcome).count()
}

/// Everybody is there, linked, and a second plan has nothing to do.
async fn assert_complete(world: &World, people: usize) {
    assert_eq!((world.state().member_count(CORPID), world.bindings().len()), (people, people));
    world.assert_converged().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_by_import_gives_what_single_calls_give() {
    let single = World::of(Profile::PublicNew, |corp| {
        by_import(corp);
        corp.quota.calls_per_minute = u32::MAX;
    });
    single.fill(2_000, 150, 2);
    let run = single.sync().await;
    assert_done(&run);
    assert_eq!((single.state().count("batch/syncuser"), run.counts.members.create), (0, 2_000));

    // by default: quota, mappings and options as they are
    let world = World::sample(2_000, 150, 2);
    let plan = world.plan().await.unwrap();
    let share = plan.budget.batch.clone().unwrap();
    assert_eq!((plan.budget.strategy.as_str(), share.members, share.files), ("batch", 2_000, 2), "{:?}", plan.budget);
    assert_eq!(plan.budget.by_endpoint.get("user/create"), None, "{:?}", plan.budget);
    assert_eq!(plan.budget.by_endpoint["batch/syncuser"], 2);
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!((run.counts.members.create, count(&world, &run.id, &Outcome::Done) as u64), (2_000, run.total));
    assert_eq!(content(&world), content(&single));
    assert_eq!(bindings(&world), bindings(&single));
    let (calls, least) = (run.calls.reads + run.calls.writes, run.counts.departments.create + 2);
    println!("2,000 by import: {calls} calls, {:?}", run.calls.by_endpoint);
    assert!(calls <= least + 2 * 8 + 2, "{:?}", run.calls);
    assert!(run.calls.writes <= plan.budget.calls, "{:?} for {:?}", run.calls, plan.budget);
    assert_complete(&world, 2_000).await;
    let again = world.sync().await;
    assert_eq!((again.state, again.calls.writes), (RunState::Done, 0), "{:?}", again.calls);
}

#[tokio::test]
async fn a_plan_says_how_its_members_are_created_and_why() {
    // a file has no column for an external position: those who get another one there take calls of their own
    let world = World::of(Profile::PublicNew, |corp| {
        by_import(corp);
        corp.downstream.external_fields.insert("position".into(), "{{ position }}岗".into());
    });
    world.fill(600, 10, 41);
    let budget = world.plan().await.unwrap().budget;
    assert_eq!(budget.strategy, "per_object");
    let share = budget.batch.clone().unwrap();
    assert_eq!((share.members, share.files), (0, 0), "{budget:?}");
    assert!(share.single["external_profile"] > 100, "{budget:?}");
    world.set(|corp| corp.downstream.external_fields.clear());
    let budget = world.plan().await.unwrap().budget;
    assert_eq!((budget.strategy.as_str(), budget.by_endpoint["media/upload"]), ("batch", 1), "{budget:?}");
    assert_eq!(budget.calls, budget.by_endpoint.values().sum::<u64>());
    // without somebody who reads details nothing that an import has made could be looked at
    world.set(|corp| corp.read_app = None);
    let budget = world.plan().await.unwrap().budget;
    assert_eq!(budget.strategy, "per_object", "{budget:?}");
    assert!(budget.strategy_reason.contains("could not be looked at"), "{budget:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_in_a_hundred_may_go_wrong() {
    let world = world(PEOPLE, 42);
    for (seed, effect) in
        (1..).zip([Effect::Errcode { errcode: -1 }, Effect::DropBefore, Effect::DropAfter, Effect::Garbage])
    {
        world.state().add_fault(Fault::sometimes("", 0.0025, seed, effect));
    }
    let run = world.sync().await;
    assert_done(&run);
    world.state().clear_faults();
    assert!(run.calls.reads + run.calls.writes < 100, "{:?}", run.calls);
    assert_complete(&world, PEOPLE).await;
}

/// Syncs, and goes on with what was left, until a run is through.
async fn sync_until_done(world: &World) -> usize {
    let mut run = world.sync().await;
    for round in 1..12 {
        if run.state == RunState::Done {
            return round;
        }
        run = match world.jobs.resume(&run.id, &actor()).await {
            Ok(_) => world.ended(&run.id).await,
            Err(_) => world.sync().await,
        };
        if run.state == RunState::Partly {
            run = world.sync().await;
        }
    }
    panic!("it never came to an end: {:?} {:?} {:?}", run.state, run.message, run.failed.first());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_the_end_is_the_same() {
    let undisturbed = world(520, 59);
    assert_done(&undisturbed.sync().await);
    let effects = [
        Effect::Errcode { errcode: -1 },
        Effect::ErrcodeAfter { errcode: -1 },
        Effect::Status { status: 502 },
        Effect::DropBefore,
        Effect::DropAfter,
        Effect::Garbage,
        Effect::Half,
        Effect::InvalidateToken,
    ];
    let first: u64 = rand::random();
    for case in 0..8 {
        let world = world(520, 59);
        // the calls of the import itself go wrong much more often than the others
        for (n, effect) in (0..).zip(effects) {
            let seed = first.wrapping_add(case * 100 + n);
            for (path, probability) in [("", 0.004), ("batch/", 0.08), ("media/", 0.05)] {
                world.state().add_fault(Fault::sometimes(path, probability, seed, effect));
            }
        }
        let rounds = sync_until_done(&world).await;
        world.state().clear_faults();
        let (jobs, single) = (applied(&world, "batch/syncuser"), applied(&world, "user/create"));
        println!("case {case}: {rounds} rounds, {jobs} files taken, {single} single calls");
        assert_eq!(content(&world), content(&undisturbed), "case {case} of seed {first}");
        assert_eq!(bindings(&world).len(), 520, "case {case} of seed {first}");
        world.assert_converged().await;
    }
}
