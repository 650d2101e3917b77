//! Single records: failures, what rests on them, retry, cancel, one run at a time.

use super::world::{CORPID, World, actor, assert_done, put_directory};
use wecom_bridge::model::{OrgUnit, Outcome, RunState};
use wecom_bridge::sandbox::{Effect, Fault, Member};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;
use wecom_bridge::sync::progress::RunEvent;
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service;

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
    let run = world.ended(&run.id).await;
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
    let run = world.ended(&run.id).await;
    assert_done(&run);
    assert_eq!(world.state().member_count(CORPID), 60);
    world.assert_converged().await;
}

#[tokio::test]
async fn what_was_skipped_and_has_changed_in_wecom_since_is_not_overwritten_by_a_retry() {
    let world = World::sample(40, 6, 24);
    assert_done(&world.sync().await);
    let root = world.units().into_iter().find(|unit| unit.parent_id.is_none()).unwrap().id;
    let unit: OrgUnit =
        serde_json::from_value(serde_json::json!({ "id": "new", "parent_id": root, "name": "新部门" })).unwrap();
    put_directory(&world.env.store, &[unit], &[]);
    let people: Vec<_> =
        world.employees().into_iter().filter(|one| one.status.is_active() && !one.admin).take(2).collect();
    for one in &people {
        world.change_employee(&one.id, |employee| employee.unit_id = "new".into());
    }
    world.state().add_fault(Fault::once("department/create", Effect::Errcode { errcode: 60009 }));
    let run = world.sync().await;
    assert_eq!((run.state, run.failed.len()), (RunState::Failed, 3), "{:?}", run.failed);
    // somebody moves one of them by hand meanwhile
    let [first, second] = [&people[0].employee_no, &people[1].employee_no];
    let moved = serde_json::json!({ "userid": first, "department": [1] });
    world.state().console(CORPID, "user/update", &moved).unwrap();

    let seq = run.failed.iter().find(|record| record.step == "department/create").unwrap().seq;
    world.jobs.retry(&run.id, seq, &actor()).await.unwrap();
    let run = world.ended(&run.id).await;
    assert_eq!((run.state, run.failed.len()), (RunState::Partly, 1), "{:?}", run.failed);
    assert!(run.failed[0].message.contains("WeCom has changed"), "{:?}", run.failed);
    let places = |userid: &str| {
        let member = world.state().find_member(CORPID, userid).unwrap();
        member.memberships.iter().map(|one| one.department).collect::<Vec<_>>()
    };
    let new = world.state().departments(CORPID).into_iter().find(|department| department.name == "新部门").unwrap().id;
    assert_eq!((places(first), places(second)), (vec![1], vec![new]));
}

#[tokio::test]
async fn a_number_is_free_when_the_next_one_takes_it() {
    let world = World::sample(20, 3, 24);
    assert_done(&world.sync().await);
    let people = world.employees();
    let (a, b) = (people[2].clone(), people[3].clone());
    world.change_employee(&a.id, |employee| employee.mobile = "13911112222".into());
    world.change_employee(&b.id, |employee| employee.mobile = a.mobile.clone());
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.calls.writes, 2, "nobody asks before the number is free");
    world.assert_converged().await;
}

#[tokio::test]
async fn people_who_exchange_their_numbers_and_addresses_get_them_in_one_run() {
    let world = World::sample(60, 3, 24);
    world.set(|corp| corp.downstream.guard.max_changed_mobiles_percent = 100);
    assert_done(&world.sync().await);
    let people = world.employees();
    let numbers = |n: usize| (people[n].mobile.clone(), people[n].email.clone());
    let ring: Vec<usize> = (2..42).collect();
    for (at, n) in ring.iter().enumerate() {
        let (mobile, _) = numbers(ring[(at + 1) % ring.len()]);
        world.change_employee(&people[*n].id, |employee| employee.mobile = mobile);
    }
    for (n, other) in [(50, 51), (51, 50)] {
        let (mobile, email) = numbers(other);
        world.change_employee(&people[n].id, |employee| (employee.mobile, employee.email) = (mobile, email));
    }
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.calls.writes, 40 + 1 + 2 + 1, "one call more for each circle: {:?}", run.calls);
    let members = world.members();
    for employee in world.employees() {
        let member = &members[employee.employee_no.to_lowercase().as_str()];
        assert_eq!((&member.mobile, &member.email), (&employee.mobile, &employee.email), "{}", employee.id);
    }
    world.assert_converged().await;
    // and back
    let plan = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    assert_done(&world.apply(&plan).await);
    let members = world.members();
    for employee in &people {
        assert_eq!(members[employee.employee_no.to_lowercase().as_str()].mobile, employee.mobile, "{}", employee.id);
    }
}

/// What an exchange had begun when it stopped is finished when it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_stops_half_way_goes_on() {
    for skip in 0..3 {
        let world = World::sample(20, 3, 25);
        assert_done(&world.sync().await);
        let people = world.employees();
        for (n, other) in [(2, 3), (3, 2)] {
            let mobile = people[other].mobile.clone();
            world.change_employee(&people[n].id, |employee| employee.mobile = mobile);
        }
        world.state().add_fault(Fault { skip, ..Fault::always("user/update", Effect::Errcode { errcode: 60020 }) });
        let run = world.sync().await;
        assert_eq!(run.state, RunState::Failed, "{:?}", run.message);
        world.state().clear_faults();
        world.jobs.resume(&run.id, &actor()).await.unwrap();
        assert_done(&world.ended(&run.id).await);
        let members = world.members();
        for employee in world.employees() {
            let member = &members[employee.employee_no.to_lowercase().as_str()];
            assert_eq!(member.mobile, employee.mobile, "stopped after {skip}: {}", employee.id);
        }
        world.assert_converged().await;
    }
}

#[tokio::test]
async fn a_number_of_somebody_else_who_is_linked_is_not_called_the_same_person() {
    let world = World::sample(10, 3, 26);
    assert_done(&world.sync().await);
    let people = world.employees();
    // in the console, where the bridge does not see it
    let userid = people[2].employee_no.clone();
    let body = serde_json::json!({ "userid": userid, "mobile": "13711112222" });
    world.state().console(CORPID, "user/update", &body).unwrap();
    world.change_employee(&people[4].id, |employee| employee.mobile = "13711112222".into());
    let run = world.sync().await;
    assert_eq!((run.state, run.failed.len()), (RunState::Failed, 1), "{:?}", run.message);
    let message = &run.failed[0].message;
    assert!(message.contains(people[2].id.as_str()) && message.contains("somebody else"), "{message}");
    assert!(!message.contains("link this employee"), "{message}");
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
    let ended = world.ended(&run).await;
    assert_eq!(ended.state, RunState::Cancelled, "{:?}", ended.message);
    let there = world.state().member_count(CORPID);
    assert_eq!(there as u64, ended.counts.members.create, "the row says what was done");
    assert!(there < 200);
    let entries = world.env.store.read(|tx| store::runs::entries(tx, &run, 0..u32::MAX)).unwrap();
    assert!(entries.iter().all(|e| e.outcome == Outcome::Done), "nothing is left uncertain");

    world.jobs.resume(&run, &actor()).await.unwrap();
    let ended = world.ended(&run).await;
    assert_done(&ended);
    assert_eq!(ended.counts.members.create, 200);
    assert!(matches!(world.jobs.cancel(&run, &actor()).await, Err(SyncError::Ended { state: RunState::Done, .. })));
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
    let run = world.ended(&run.id).await;
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
