//! New members by the asynchronous import: the same state as by single calls, whatever becomes of file, job and result.

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

/// A corp whose plans go by import from 500 new members on: nothing is written that a file cannot carry.
pub fn by_import(corp: &mut Corp) {
    corp.quota.calls_per_minute = 2_000;
    corp.downstream.external_fields.insert("position".into(), String::new());
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

    let world = World::of(Profile::PublicNew, by_import);
    world.fill(2_000, 150, 2);
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
    let world = World::of(Profile::PublicNew, |corp| corp.quota.calls_per_minute = 2_000);
    world.fill(600, 10, 41);
    let budget = world.plan().await.unwrap().budget;
    assert_eq!(budget.strategy, "per_object");
    let share = budget.batch.clone().unwrap();
    assert_eq!((share.members, share.files), (0, 0), "{budget:?}");
    assert!(share.single["external_profile"] > 100, "{budget:?}");
    world.set(by_import);
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
            Ok(_) => world.jobs.wait(&run.id).await.unwrap(),
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_without_an_answer_is_looked_for_before_it_is_handed_over_again() {
    for (name, effect, jobs, found) in [
        ("taken, no answer", Effect::DropAfter, 1, 600),
        ("taken, half an answer", Effect::Garbage, 1, 600),
        ("not taken", Effect::DropBefore, 1, 0),
    ] {
        let world = world(600, 43);
        world.state().add_fault(Fault::once("batch/syncuser", effect));
        let run = world.sync().await;
        assert_done(&run);
        assert_eq!(count(&world, &run.id, &Outcome::FoundDone), found, "{name}");
        assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (jobs, 0), "{name}");
        assert_complete(&world, 600).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_never_gets_an_answer_stops_the_run_in_doubt() {
    let world = world(600, 44);
    world.state().add_fault(Fault::always("batch/syncuser", Effect::DropBefore));
    let run = world.sync().await;
    assert_eq!((run.state, count(&world, &run.id, &Outcome::Intended)), (RunState::Failed, 600), "{:?}", run.message);
    world.state().clear_faults();
    world.jobs.resume(&run.id, &actor()).await.unwrap();
    assert_done(&world.jobs.wait(&run.id).await.unwrap());
    assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (1, 0));
    assert_complete(&world, 600).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_wecom_does_not_take_goes_one_by_one() {
    for (path, errcode) in [("media/upload", 40_004), ("batch/syncuser", 40_092), ("batch/syncuser", 48_002)] {
        let world = world(600, 45);
        world.state().add_fault(Fault::always(path, Effect::Errcode { errcode }));
        let run = world.sync().await;
        assert_done(&run);
        assert_eq!(applied(&world, "user/create"), 600, "{path} {errcode}");
        assert_eq!(world.state().count("batch/syncuser"), u64::from(path == "batch/syncuser"), "{path} {errcode}");
        assert_complete(&world, 600).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_import_is_waited_for() {
    let world = world(600, 46);
    let busy = Fault { count: Some(3), ..Fault::always("batch/syncuser", Effect::Errcode { errcode: 302_008 }) };
    world.state().add_fault(busy);
    assert_done(&world.sync().await);
    assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (1, 0));
    // one that never ends
    let world = self::world(600, 46);
    world.state().add_fault(Fault::always("batch/syncuser", Effect::Errcode { errcode: 302_008 }));
    assert_done(&world.sync().await);
    assert_eq!(applied(&world, "user/create"), 600);
    assert_complete(&world, 600).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_up_quota_of_the_import_is_waited_for() {
    let world = world(600, 58);
    world.state().add_fault(Fault::once("batch/syncuser", Effect::Errcode { errcode: 45_009 }));
    let before_ms = world.clock.now_ms();
    assert_done(&world.sync().await);
    assert!(world.clock.now_ms() - before_ms >= 59_000);
    assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_result_is_asked_for_with_growing_pauses() {
    let world = world_on(Clock::manual(START_MS), 600, 47);
    world.state().with_corp(CORPID, |corp| corp.limits.job_ms = 10 * 60_000);
    let run = world.while_time_passes(world.sync()).await;
    assert_done(&run);
    // the clock runs on while a question is answered, so there are fewer than the forty-four of a fast WeCom
    let asked = world.state().count("batch/getresult");
    assert!((2..=45).contains(&asked), "asked {asked} times in ten minutes");
    assert_eq!(applied(&world, "user/create"), 0);
    world.while_time_passes(assert_complete(&world, 600)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_result_is_replaced_by_a_look() {
    for errcode in [40_088, 40_089] {
        let world = world(600, 48);
        world.state().add_fault(Fault::always("batch/getresult", Effect::Errcode { errcode }));
        let run = world.sync().await;
        assert_done(&run);
        assert_eq!(
            (count(&world, &run.id, &Outcome::FoundDone), applied(&world, "user/create")),
            (600, 0),
            "{errcode}"
        );
        assert_complete(&world, 600).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_never_ends_is_not_waited_for_for_ever() {
    let world = world_on(Clock::manual(START_MS), 600, 49);
    world.state().with_corp(CORPID, |corp| corp.limits.job_ms = 30 * 24 * 3_600_000);
    let run = world.while_time_passes(world.sync()).await;
    assert_done(&run);
    assert_eq!(applied(&world, "user/create"), 600);
    world.while_time_passes(assert_complete(&world, 600)).await;
    // it wakes up after a month: its rows say what is there already
    let before = content(&world);
    world.clock.advance(Duration::from_secs(31 * 24 * 3_600));
    assert_done(&world.while_time_passes(world.pull(PullRequest::default())).await);
    assert_eq!(content(&world), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_row_fails_alone() {
    let world = world(600, 50);
    let people = world.employees();
    let (twin, mail) = (people[100].clone(), people[200].clone());
    let plan = world.plan().await.unwrap();
    let mut stranger = Member::new("stranger", "Stranger", 1);
    (stranger.mobile, stranger.email) = (twin.mobile.clone(), mail.email.clone());
    world.state().seed_member(CORPID, stranger);
    let run = world.apply(&plan).await;
    assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
    let mut failed: Vec<(String, i64)> = run.failed.iter().map(|f| (f.subject.clone(), f.errcode)).collect();
    failed.sort();
    let mut want =
        vec![(format!("member {}", twin.employee_no), 60_104), (format!("member {}", mail.employee_no), 60_106)];
    want.sort();
    assert_eq!(failed, want);
    assert!(run.failed.iter().any(|f| f.message.contains("belongs to member stranger")), "{:?}", run.failed);
    assert_eq!((world.state().member_count(CORPID), world.bindings().len()), (599, 598));
    assert_eq!(world.state().count("user/create"), 0, "a call of its own would be refused alike");
    // the record can be tried again by itself
    world.state().console(CORPID, "user/delete", &json!({ "userid": "stranger" })).unwrap();
    for failed in &run.failed {
        world.jobs.retry(&run.id, failed.seq, &actor()).await.unwrap();
        world.jobs.wait(&run.id).await.unwrap();
    }
    assert_done(&world.jobs.find(&run.id).await.unwrap().unwrap());
    assert_complete(&world, 600).await;
}

/// A run that stands at its first department, after the comparison and before the look of the import.
async fn held_before_the_look(seed: u64) -> (World, RunId, Vec<Change>) {
    let world = world_on(Clock::manual(START_MS), 600, seed);
    world.while_time_passes(world.pull(PullRequest::default())).await;
    let plan = world.plan_without_pull().await.unwrap();
    let changes = world.changes(&plan).await;
    world.state().add_fault(Fault::once("department/create", Effect::Delay { ms: 5_000 }));
    let run = world.jobs.start_apply(&plan.id, &actor()).await.unwrap();
    world.until(|| world.state().faults().iter().any(|fault| fault.hits > 0)).await;
    (world, run, changes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_came_meanwhile_is_not_written_over() {
    let (world, run, changes) = held_before_the_look(51).await;
    let taken = changes
        .iter()
        .find_map(|change| match &change.action {
            Action::CreateMember { userid, .. } => Some(userid.clone()),
            _ => None,
        })
        .unwrap();
    world.state().seed_member(CORPID, Member::new(taken.as_str(), "Stranger", 1));
    let ended = world.while_time_passes(world.jobs.wait(&run)).await.unwrap();
    assert_eq!(ended.state, RunState::Partly, "{:?}", ended.message);
    assert_eq!((ended.failed.len(), ended.failed[0].errcode), (1, 60_102), "{:?}", ended.failed);
    let shown = world.state().find_member(CORPID, taken.as_str()).unwrap();
    assert_eq!((shown.name.as_str(), shown.memberships[0].department), ("Stranger", 1));
    assert_eq!(world.bindings().len(), 599);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_as_the_file_said_is_written_again() {
    let world = world_on(Clock::manual(START_MS), 600, 52);
    let run = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap();
    world.until(|| world.state().count("batch/syncuser") == 1).await;
    world.clock.advance(Duration::from_millis(600));
    world.until(|| world.state().member_count(CORPID) == 600).await;
    let employee = world.employees()[7].clone();
    let update = json!({ "userid": employee.employee_no.as_str(), "position": "顾问" });
    world.state().console(CORPID, "user/update", &update).unwrap();
    assert_done(&world.while_time_passes(world.jobs.wait(&run)).await.unwrap());
    assert_eq!(world.state().count("user/update"), 1);
    let shown = world.state().find_member(CORPID, &employee.employee_no).unwrap();
    assert_eq!(shown.position, employee.position.as_str());
}

/// A run whose first file is under way at WeCom, on a clock that stands still.
async fn under_way(seed: u64) -> (World, RunId) {
    let world = world_on(Clock::manual(START_MS), PEOPLE, seed);
    let run = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap();
    world.until(|| applied(&world, "batch/syncuser") == 1).await;
    (world, run)
}

fn assert_first_file_only(world: &World, run: &Run, what: &str) {
    assert_eq!(run.state, RunState::Cancelled, "{what}: {:?}", run.message);
    assert_eq!((world.state().member_count(CORPID), world.bindings().len()), (1_000, 1_000), "{what}");
    assert_eq!(count(world, &run.id, &Outcome::Intended), 0, "{what}: nothing is in doubt");
    assert_eq!((world.state().count("batch/syncuser"), world.state().count("user/create")), (1, 0), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn switching_off_and_cancelling_stop_a_run_between_two_files() {
    for what in ["switched off", "cancelled"] {
        let (world, run) = under_way(53).await;
        if what == "cancelled" {
            world.jobs.cancel(&run, &actor()).await.unwrap();
        } else {
            world.set(|corp| corp.downstream.enabled = false);
        }
        let ended = world.while_time_passes(world.jobs.wait(&run)).await.unwrap();
        assert_first_file_only(&world, &ended, what);
        assert!(ended.message.as_deref().unwrap().contains(what), "{what}: {:?}", ended.message);
        world.set(|corp| corp.downstream.enabled = true);
        world.jobs.resume(&run, &actor()).await.unwrap();
        assert_done(&world.while_time_passes(world.jobs.wait(&run)).await.unwrap());
        world.while_time_passes(assert_complete(&world, PEOPLE)).await;
    }
}

#[test]
fn an_import_is_taken_up_after_a_crash() {
    for (what, wakes_first) in [("the job is under way", false), ("the job has ended meanwhile", true)] {
        let first = runtime();
        let (mut world, run) = first.block_on(under_way(54));
        let members = world.state().member_count(CORPID);
        crash(first, &mut world);
        if wakes_first {
            world.clock.advance(Duration::from_secs(60));
        }
        runtime().block_on(async {
            assert_eq!(members, 0, "{what}");
            assert_eq!(count(&world, &run, &Outcome::Intended), 1_000, "{what}");
            let resumed = world.jobs.resume_interrupted().await.unwrap();
            assert_eq!(resumed, std::slice::from_ref(&run), "{what}");
            assert_done(&world.while_time_passes(world.jobs.wait(&run)).await.unwrap());
            assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (2, 0), "{what}");
            world.while_time_passes(assert_complete(&world, PEOPLE)).await;
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_appliance_stops_without_waiting_for_a_job() {
    let (mut world, run) = under_way(57).await;
    // the id of the job is stored before anything is asked
    world.until(|| under_way_at_wecom(&world).is_some_and(|job| job["job"].is_string())).await;
    tokio::time::timeout(PATIENCE, world.jobs.shutdown()).await.expect("it waits for WeCom");
    assert_eq!(world.jobs.find(&run).await.unwrap().unwrap().state, RunState::Running);
    assert_eq!(count(&world, &run, &Outcome::Intended), 1_000);
    world.jobs = Jobs::new(world.env.clone());
    assert_eq!(world.jobs.resume_interrupted().await.unwrap(), std::slice::from_ref(&run));
    assert_done(&world.while_time_passes(world.jobs.wait(&run)).await.unwrap());
    assert_eq!((applied(&world, "batch/syncuser"), applied(&world, "user/create")), (2, 0));
    assert_eq!(under_way_at_wecom(&world), None, "nothing is under way any more");
    world.while_time_passes(assert_complete(&world, PEOPLE)).await;
}

/// The import that the bridge remembers as under way.
fn under_way_at_wecom(world: &World) -> Option<serde_json::Value> {
    let scope = store::Scope::Corp(&world.corp);
    let memory: serde_json::Value =
        world.env.store.read(|tx| store::settings::get(tx, scope, "sync.memory")).unwrap()?;
    Some(memory["import"].clone()).filter(|import| !import.is_null())
}

#[test]
fn a_crash_before_the_id_of_the_job_is_known_creates_nobody_twice() {
    let first = runtime();
    let (mut world, run) = first.block_on(async {
        let world = world_on(Clock::manual(START_MS), PEOPLE, 55);
        // the answer is on its way while the process dies
        world.state().add_fault(Fault { count: Some(1), ..Fault::always("batch/syncuser", Effect::DropAfter) });
        let run = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap();
        world.until(|| applied(&world, "batch/syncuser") == 1).await;
        (world, run)
    });
    crash(first, &mut world);
    runtime().block_on(async {
        let resumed = world.jobs.resume_interrupted().await.unwrap();
        assert_eq!(resumed, std::slice::from_ref(&run));
        assert_done(&world.while_time_passes(world.jobs.wait(&run)).await.unwrap());
        assert_eq!(applied(&world, "user/create"), 0);
        world.while_time_passes(assert_complete(&world, PEOPLE)).await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_by_import_can_be_undone() {
    let world = world(600, 56);
    for employee in world.employees().into_iter().filter(|employee| employee.admin) {
        world.change_employee(&employee.id, |employee| employee.admin = false);
    }
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(applied(&world, "batch/syncuser"), 1);
    let plan = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    assert_eq!(plan.state, PlanState::Held, "{:?}", plan.invariants);
    assert_eq!(plan.counts.members.delete, 600);
    service::decide(&world.env, &plan.id, true, &actor(), "a rehearsal").await.unwrap();
    assert_done(&world.apply(&plan).await);
    assert_eq!((world.state().member_count(CORPID), world.bindings().len()), (0, 0));
}
