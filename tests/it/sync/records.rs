//! Single records: failures, what rests on them, retry, cancel, one run at a time.

use super::world::{CORPID, World, actor, assert_done};
use wecom_bridge::model::{Outcome, RunState};
use wecom_bridge::sandbox::{Effect, Fault, Member};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;
use wecom_bridge::sync::progress::RunEvent;
use wecom_bridge::sync::pull::PullRequest;

#[tokio::test]
async fn a_number_that_somebody_else_holds_fails_one_record_and_a_retry_mends_it() {
    let world = World::sample(30, 5, 21);
    let victim = world.employees()[4].clone();
    let mut stranger = Member::new("stranger", "Stranger", 1);
    stranger.mobile = victim.mobile.clone();
    world.state().seed_member(CORPID, stranger);
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
    assert_eq!((run.failed.len(), run.counts.members.create), (1, 29));
    let failed = &run.failed[0];
    assert_eq!((failed.step.as_str(), failed.errcode), ("user/create", 60104));
    assert!(failed.message.contains("stranger"), "{}", failed.message);

    let wrong = world.jobs.retry(&run.id, u32::MAX, &actor()).await.unwrap_err();
    assert!(matches!(wrong, SyncError::NoRetry { .. }), "{wrong}");
    world.state().console(CORPID, "user/delete", &serde_json::json!({ "userid": "stranger" })).unwrap();
    world.jobs.retry(&run.id, failed.seq, &actor()).await.unwrap();
    let run = world.jobs.wait(&run.id).await.unwrap();
    assert_done(&run);
    assert_eq!((run.failed.len(), run.counts.members.create), (0, 30));
    let again = world.jobs.retry(&run.id, failed.seq, &actor()).await.unwrap_err();
    assert!(matches!(again, SyncError::NoRetry { .. }), "{again}");
    world.assert_converged().await;
}

#[tokio::test]
async fn a_member_that_is_there_already_is_never_taken_over() {
    let world = World::sample(10, 3, 22);
    let victim = world.employees()[4].clone();
    let plan = world.plan().await.unwrap();
    // somebody creates the same userid between the check and the call
    world.state().add_fault(Fault { skip: 2, ..Fault::once("user/create", Effect::Errcode { errcode: 60102 }) });
    let run = world.apply(&plan).await;
    assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
    assert!(run.failed[0].message.contains("not created by us"), "{:?}", run.failed);
    assert_eq!(world.bindings().len(), 9, "{victim:?}");
}

#[tokio::test]
async fn what_rests_on_a_failed_department_is_skipped_and_comes_with_its_retry() {
    let world = World::sample(60, 12, 23);
    world.state().add_fault(Fault { skip: 1, ..Fault::once("department/create", Effect::Errcode { errcode: 60009 }) });
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
    let entries = world.env.store.read(|tx| store::runs::entries(tx, &run.id, 0..u32::MAX)).unwrap();
    let failed = entries.iter().find(|e| matches!(e.outcome, Outcome::Failed { .. })).unwrap();
    let skipped = entries.iter().filter(|e| matches!(e.outcome, Outcome::Skipped { .. })).count();
    assert!(skipped > 0);
    assert_eq!(run.failed.len(), skipped + 1);
    assert_eq!(
        world.state().count("user/create") as usize,
        world.state().member_count(CORPID),
        "none was tried in vain"
    );
    world.jobs.retry(&run.id, failed.seq, &actor()).await.unwrap();
    let run = world.jobs.wait(&run.id).await.unwrap();
    assert_done(&run);
    assert_eq!(world.state().member_count(CORPID), 60);
    world.assert_converged().await;
}

#[tokio::test]
async fn two_members_may_swap_what_must_be_unique() {
    let world = World::sample(20, 3, 24);
    assert_done(&world.sync().await);
    let people = world.employees();
    let (a, b) = (people[2].clone(), people[3].clone());
    world.change_employee(&a.id, |employee| employee.mobile = "13911112222".into());
    world.change_employee(&b.id, |employee| employee.mobile = a.mobile.clone());
    let run = world.sync().await;
    assert_done(&run);
    world.assert_converged().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_run_at_a_time_and_it_can_be_cancelled_and_resumed() {
    let world = World::sample(200, 10, 25);
    let run = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap();
    let busy = world.jobs.start_pull(&world.corp, PullRequest::default(), &actor()).await.unwrap_err();
    let text = busy.to_string();
    assert!(matches!(busy, SyncError::Busy { .. }) && text.contains(run.as_str()) && text.contains("test"), "{text}");
    assert!(matches!(world.plan().await, Err(SyncError::Busy { .. })));
    let mut events = world.jobs.subscribe(&run);
    loop {
        match events.recv().await.unwrap() {
            RunEvent::Progress { done, .. } if done > 20 => break,
            RunEvent::Ended { run } => panic!("too quick: {run:?}"),
            RunEvent::Progress { .. } => {}
        }
    }
    world.jobs.cancel(&run, &actor()).await.unwrap();
    let ended = world.jobs.wait(&run).await.unwrap();
    assert_eq!(ended.state, RunState::Cancelled, "{:?}", ended.message);
    let there = world.state().member_count(CORPID);
    assert_eq!(there as u64, ended.counts.members.create, "the row says what was done");
    assert!(there < 200);
    let entries = world.env.store.read(|tx| store::runs::entries(tx, &run, 0..u32::MAX)).unwrap();
    assert!(entries.iter().all(|e| e.outcome == Outcome::Done), "nothing is left uncertain");

    world.jobs.resume(&run, &actor()).await.unwrap();
    let ended = world.jobs.wait(&run).await.unwrap();
    assert_done(&ended);
    assert_eq!(ended.counts.members.create, 200);
    assert!(matches!(world.jobs.cancel(&run, &actor()).await, Err(SyncError::NoRun(_))));
    world.assert_converged().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_of_the_credential_stops_the_run_and_it_goes_on_later() {
    let world = World::sample(100, 8, 26);
    world.state().add_fault(Fault { skip: 40, ..Fault::always("user/create", Effect::Errcode { errcode: 60020 }) });
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Failed);
    assert!(run.failed.is_empty(), "no record is blamed: {:?}", run.failed);
    assert!(run.message.as_deref().unwrap().contains("can be resumed"), "{:?}", run.message);
    world.state().clear_faults();
    world.jobs.resume(&run.id, &actor()).await.unwrap();
    let run = world.jobs.wait(&run.id).await.unwrap();
    assert_done(&run);
    assert_eq!((world.state().member_count(CORPID), run.counts.members.create), (100, 100));
    world.assert_converged().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusal_after_refusal_stops_the_run() {
    let world = World::sample(200, 8, 27);
    world.state().add_fault(Fault { skip: 10, ..Fault::always("user/create", Effect::Errcode { errcode: 45024 }) });
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Failed);
    assert!(run.message.as_deref().unwrap().contains("in a row"), "{:?}", run.message);
    assert!(run.failed.len() < 60, "{}", run.failed.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_the_appliance_leaves_the_run_to_the_next_start() {
    let world = World::sample(200, 10, 28);
    let run = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap();
    let mut events = world.jobs.subscribe(&run);
    while !matches!(events.recv().await.unwrap(), RunEvent::Progress { done, .. } if done > 20) {}
    world.jobs.shutdown().await;
    let row = world.jobs.find(&run).await.unwrap().unwrap();
    assert_eq!(row.state, RunState::Running, "{:?}", row.message);
    let late = world.jobs.start_pull(&world.corp, PullRequest::default(), &actor()).await.unwrap_err();
    assert!(matches!(late, SyncError::Stopping), "{late}");

    let jobs = wecom_bridge::jobs::Jobs::new(world.env.clone());
    assert_eq!(jobs.resume_interrupted().await.unwrap(), std::slice::from_ref(&run));
    let row = jobs.wait(&run).await.unwrap();
    assert_done(&row);
    assert_eq!((world.state().member_count(CORPID), row.counts.members.create), (200, 200));
    let twice = world.state().calls().iter().filter(|c| c.endpoint == "user/create" && c.is_applied).count();
    assert_eq!(twice, 200);
}
