//! Going on after a stop, a crash or a refusal: what is left is compared again, and nothing else comes in between.

use super::world::{CORPID, World, actor, assert_done};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::jobs::Cancelled;
use wecom_bridge::model::{Action, Change, Outcome, PlanHead, Run, RunId, RunState};
use wecom_bridge::sandbox::{Effect, Fault};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;
use wecom_bridge::sync::pull::PullRequest;

/// Forty people in WeCom, of whom thirty have another position since.
async fn with_new_positions() -> (World, PlanHead) {
    let world = World::sample(40, 6, 61);
    world.set(|corp| corp.quota.concurrency = 4);
    assert_done(&world.sync().await);
    let people = world.employees();
    for employee in people.iter().filter(|employee| employee.status.is_active()).take(30) {
        world.change_employee(&employee.id, |employee| employee.position = "总工程师".into());
    }
    let plan = world.plan().await.unwrap();
    assert_eq!(plan.counts.members.update, 30);
    (world, plan)
}

/// Applies the plan until WeCom refuses the address after ten writes.
async fn stopped_half_way(world: &World, plan: &PlanHead) -> Run {
    world.state().add_fault(Fault { skip: 10, ..Fault::always("user/update", Effect::Errcode { errcode: 60020 }) });
    let run = world.apply(plan).await;
    assert_eq!(run.state, RunState::Failed, "{:?}", run.message);
    world.state().clear_faults();
    run
}

/// As a crash would have left it.
fn interrupt(world: &World, run: &Run) {
    let row = Run { state: RunState::Running, ended_at_ms: None, message: None, ..run.clone() };
    world.env.store.write_blocking(move |tx| store::runs::put(tx, &row)).unwrap();
}

fn userid(change: &Change) -> String {
    let Action::UpdateMember { userid, .. } = &change.action else { panic!("{change:?}") };
    userid.to_string()
}

/// Somebody gives the last member of the plan a position of its own in WeCom's console.
async fn change_the_last(world: &World, plan: &PlanHead) -> String {
    let last = userid(world.changes(plan).await.last().unwrap());
    world.state().console(CORPID, "user/update", &json!({ "userid": last, "position": "顾问" })).unwrap();
    last
}

async fn resume(world: &World, run: &RunId) -> Run {
    world.jobs.resume(run, &actor()).await.unwrap();
    world.ended(run).await
}

#[tokio::test]
async fn what_is_left_is_compared_again_before_a_run_goes_on() {
    let (world, plan) = with_new_positions().await;
    let run = stopped_half_way(&world, &plan).await;
    let last = change_the_last(&world, &plan).await;
    let writes = world.state().count("user/update");
    let again = resume(&world, &run.id).await;
    assert_eq!(again.state, RunState::Failed);
    let message = again.message.clone().unwrap();
    assert!(message.contains("WeCom has changed") && message.contains("the rest of it was not written"), "{message}");
    assert!(message.contains(&format!("field position of member {last}")), "{message}");
    assert_eq!(world.state().count("user/update"), writes, "nothing more was written");
    assert_eq!(world.state().find_member(CORPID, &last).unwrap().position, "顾问");
    assert_eq!(again.counts.members.update, run.counts.members.update, "what was done is still in the row");
    assert_done(&world.sync().await);
    world.assert_converged().await;
}

#[tokio::test]
async fn a_run_whose_rest_is_as_it_was_goes_on() {
    let (world, plan) = with_new_positions().await;
    let run = stopped_half_way(&world, &plan).await;
    // somebody whose change is done is nobody's business any more
    let entries = world.env.store.read(|tx| store::runs::entries(tx, &run.id, 0..u32::MAX)).unwrap();
    let done = entries.iter().find(|entry| entry.outcome == Outcome::Done).unwrap().seq;
    let changed = userid(&world.changes(&plan).await[usize::try_from(done).unwrap()]);
    world.state().console(CORPID, "user/update", &json!({ "userid": changed, "position": "顾问" })).unwrap();
    let again = resume(&world, &run.id).await;
    assert_done(&again);
    assert_eq!(again.counts.members.update, 30);
    assert_eq!(world.state().find_member(CORPID, &changed).unwrap().position, "顾问");
}

#[tokio::test]
async fn an_interrupted_run_does_not_go_on_when_another_has_written_since() {
    let (world, plan) = with_new_positions().await;
    let run = stopped_half_way(&world, &plan).await;
    world.clock.advance(Duration::from_secs(60));
    assert_done(&world.sync().await);
    interrupt(&world, &run);
    assert!(world.jobs.resume_interrupted().await.unwrap().is_empty());
    let ended = world.jobs.find(&run.id).await.unwrap().unwrap();
    assert_eq!(ended.state, RunState::Failed);
    assert!(ended.message.as_deref().unwrap().contains("a later run has written"), "{:?}", ended.message);
}

#[tokio::test]
async fn nothing_is_written_while_an_interrupted_run_waits() {
    let (world, plan) = with_new_positions().await;
    let other = world.plan().await.unwrap();
    let run = stopped_half_way(&world, &plan).await;
    interrupt(&world, &run);
    let sync = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.map(drop);
    let apply = world.jobs.start_apply(&other.id, &actor()).await.map(drop);
    for refused in [sync.unwrap_err(), apply.unwrap_err()] {
        let text = refused.to_string();
        assert!(matches!(&refused, SyncError::Interrupted { run: waiting, .. } if *waiting == run.id), "{text}");
        assert!(text.contains(&format!("runs retry {}", run.id)), "{text}");
        assert!(text.contains(&format!("runs cancel {}", run.id)), "{text}");
    }
    assert_done(&world.pull(PullRequest::default()).await);
    world.plan().await.unwrap();
    assert_done(&resume(&world, &run.id).await);
    assert_done(&world.sync().await);
}

#[tokio::test]
async fn an_interrupted_run_can_be_given_up() {
    let (world, plan) = with_new_positions().await;
    let run = stopped_half_way(&world, &plan).await;
    interrupt(&world, &run);
    assert_eq!(world.jobs.cancel(&run.id, &actor()).await.unwrap(), Cancelled::GivenUp);
    let ended = world.jobs.find(&run.id).await.unwrap().unwrap();
    assert_eq!(ended.state, RunState::Cancelled);
    assert!(ended.message.unwrap().contains("given up"));
    let audit = world.env.store.read(|tx| store::audit::page(tx, None, 1)).unwrap();
    assert_eq!((audit[0].action.as_str(), audit[0].actor.name.as_str()), ("run.cancel", "test"));
    assert_eq!(audit[0].after.as_ref().unwrap()["interrupted"], true);
    let again = world.jobs.cancel(&run.id, &actor()).await.unwrap_err();
    assert!(matches!(again, SyncError::Ended { .. }), "{again}");
    assert!(world.jobs.resume_interrupted().await.unwrap().is_empty());
    assert_done(&world.sync().await);
    world.assert_converged().await;
}

#[tokio::test]
async fn a_run_does_not_go_on_with_an_expired_plan() {
    let (world, plan) = with_new_positions().await;
    let run = stopped_half_way(&world, &plan).await;
    world.clock.advance(Duration::from_secs(25 * 3_600));
    let refused = world.jobs.resume(&run.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::Expired { .. }), "{refused}");
    assert_eq!(world.jobs.find(&run.id).await.unwrap().unwrap(), run, "a refusal leaves the run as it is");
    interrupt(&world, &run);
    let resumed = world.jobs.resume_interrupted().await.unwrap();
    let ended = world.ended(&resumed[0]).await;
    assert_eq!(ended.state, RunState::Failed);
    assert!(ended.message.as_deref().unwrap().contains("expired"), "{:?}", ended.message);
    assert_eq!(ended.counts.members.update, run.counts.members.update);
}

#[tokio::test]
async fn a_run_does_not_go_on_with_other_settings() {
    let (world, plan) = with_new_positions().await;
    let run = stopped_half_way(&world, &plan).await;
    let writes = world.state().count("user/update");
    world.set(|corp| corp.downstream.create_members = false);
    let refused = world.jobs.resume(&run.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::OptionsChanged(_)), "{refused}");
    interrupt(&world, &run);
    let resumed = world.jobs.resume_interrupted().await.unwrap();
    let ended = world.ended(&resumed[0]).await;
    assert!(ended.message.as_deref().unwrap().contains("settings of the corp have changed"), "{:?}", ended.message);
    assert_eq!(world.state().count("user/update"), writes);
    world.set(|corp| corp.downstream.create_members = true);
    assert_done(&resume(&world, &run.id).await);
}
