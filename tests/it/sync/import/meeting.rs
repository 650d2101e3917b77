//! Members that somebody else makes or changes meanwhile, and rows that are refused.

use super::*;

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
        world.ended(&run.id).await;
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
