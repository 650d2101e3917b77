//! Runs by import that are stopped, interrupted, or undone.

use super::*;

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

/// The file of a cancelled run was wrong: the directory is mended, and a later run must not be undone by that file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_a_cancelled_run_has_left_does_not_come_over_a_later_run() {
    let world = world_on(Clock::manual(START_MS), 600, 58);
    world.state().with_corp(CORPID, |corp| corp.limits.job_ms = 35 * 60_000);
    let run = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap();
    world.until(|| under_way_at_wecom(&world).is_some_and(|job| job["job"].is_string())).await;
    world.jobs.cancel(&run, &actor()).await.unwrap();
    let ended = world.while_time_passes(world.jobs.wait(&run)).await.unwrap();
    assert_eq!((ended.state, world.state().member_count(CORPID)), (RunState::Cancelled, 0), "{:?}", ended.message);

    let person = world.employees().into_iter().find(|one| one.status.is_active() && !one.admin).unwrap();
    world.change_employee(&person.id, |employee| employee.position = "总工程师".into());
    // by single calls, which no import at WeCom keeps from being made
    world.set(|corp| corp.quota.calls_per_minute = u32::MAX);
    let refused = world.while_time_passes(world.sync()).await;
    assert_eq!((refused.state, refused.calls.writes), (RunState::Failed, 0), "{:?}", refused.message);
    assert_eq!(refused.code.as_deref(), Some("sync.import_under_way"), "{:?}", refused.message);
    assert!(refused.message.as_deref().unwrap().contains(run.as_str()), "{:?}", refused.message);
    assert!(under_way_at_wecom(&world).is_some());

    // the next one waits for the rest of the time
    let run = world.while_time_passes(world.sync()).await;
    // the file has created everybody, and of nobody is known with which mobile
    assert_eq!(run.state, RunState::Held, "{:?}", run.message);
    assert_done(&world.while_time_passes(world.allow_where_held(run, "unseen_identities")).await);
    assert_eq!(under_way_at_wecom(&world), None);
    world.clock.advance(Duration::from_secs(3_600));
    world.while_time_passes(assert_complete(&world, 600)).await;
    let userid = person.employee_no.to_lowercase();
    assert_eq!(world.members()[userid.as_str()].position, "总工程师");
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
