//! Calls of which nobody knows what became of them: WeCom is looked at before there is a verdict.

use super::world::{CORPID, World, actor, assert_done};
use wecom_bridge::model::{
    Action, Change, EmployeeId, EmployeeStatus, JournalEntry, Leaver, Outcome, Run, RunId, RunState,
};
use wecom_bridge::sandbox::{Effect, Fault, Member};
use wecom_bridge::store;
use wecom_bridge::sync::pull::PullRequest;

/// Twenty people and one call at a time, so that a fault hits one record with all its attempts.
fn one_at_a_time(seed: u64) -> World {
    let world = World::sample(20, 3, seed);
    world.set(|corp| corp.quota.concurrency = 1);
    world
}

/// Busy from the first attempt to the last, of which the client makes four.
fn busy(path: &str, effect: Effect) -> Fault {
    Fault { count: Some(4), ..Fault::always(path, effect) }
}

const DONE_ALL_THE_SAME: Effect = Effect::ErrcodeAfter { errcode: -1 };
const NOT_DONE: Effect = Effect::Errcode { errcode: -1 };

fn entries(world: &World, run: &RunId) -> Vec<JournalEntry> {
    world.env.store.read(|tx| store::runs::entries(tx, run, 0..u32::MAX)).unwrap()
}

fn found_done(world: &World, run: &Run) -> usize {
    entries(world, &run.id).iter().filter(|entry| entry.outcome == Outcome::FoundDone).count()
}

fn created(world: &World) -> usize {
    world.state().calls().iter().filter(|call| call.endpoint == "user/create" && call.is_applied).count()
}

#[tokio::test]
async fn a_create_that_was_busy_to_the_end_is_looked_at() {
    for path in ["user/create", "department/create"] {
        let world = one_at_a_time(81);
        world.state().add_fault(busy(path, DONE_ALL_THE_SAME));
        let run = world.sync().await;
        assert_done(&run);
        assert_eq!((found_done(&world, &run), created(&world)), (1, 20), "{path}");
        assert_eq!(world.bindings().len(), 20, "{path}: what is there is linked");
        world.assert_converged().await;
    }
}

#[tokio::test]
async fn a_create_that_was_busy_to_the_end_and_is_not_there_has_failed() {
    let world = one_at_a_time(82);
    world.state().add_fault(busy("user/create", NOT_DONE));
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
    assert_eq!((run.failed.len(), run.failed[0].errcode, created(&world)), (1, -1, 19));
    world.jobs.retry(&run.id, run.failed[0].seq, &actor()).await.unwrap();
    assert_done(&world.ended(&run.id).await);
    assert_eq!(created(&world), 20);
}

#[tokio::test]
async fn a_create_that_cannot_be_seen_by_its_details_is_looked_for_in_the_id_list() {
    let world = one_at_a_time(83);
    assert_done(&world.pull(PullRequest::default()).await);
    world.set(|corp| corp.read_app = None);
    world.state().add_fault(busy("user/create", DONE_ALL_THE_SAME));
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!((found_done(&world, &run), created(&world)), (1, 20));
}

#[tokio::test]
async fn an_update_and_a_delete_that_were_busy_to_the_end_are_looked_at() {
    for (effect, state, found) in [(DONE_ALL_THE_SAME, RunState::Done, 2), (NOT_DONE, RunState::Partly, 0)] {
        let world = one_at_a_time(84);
        world.set(|corp| corp.downstream.leaver = Leaver::Delete);
        assert_done(&world.sync().await);
        let people = world.employees();
        let mut ordinary = people.iter().filter(|employee| !employee.admin && employee.status.is_active());
        let (changed, leaver) = (ordinary.next().unwrap(), ordinary.next().unwrap());
        world.change_employee(&changed.id, |employee| employee.position = "总工程师".into());
        world.change_employee(&leaver.id, |employee| employee.status = EmployeeStatus::Departed);
        world.state().add_fault(busy("user/update", effect));
        world.state().add_fault(busy("user/delete", effect));
        let run = world.sync().await;
        // with none done it is a failed run rather than a partly done one
        let state = if found == 0 { RunState::Failed } else { state };
        assert_eq!(run.state, state, "{effect:?}: {:?} {:?}", run.message, run.failed);
        assert_eq!(found_done(&world, &run), found, "{effect:?}");
    }
}

#[tokio::test]
async fn an_address_that_somebody_else_has_says_nothing_about_a_lost_create() {
    let world = one_at_a_time(85);
    let victim = world.employees()[4].clone();
    let plan = world.plan().await.unwrap();
    // somebody came after the pull, of whom the plan does not know
    let mut stranger = Member::new("stranger", "Stranger", 1);
    stranger.email = victim.email.clone();
    world.state().seed_member(CORPID, stranger);
    // the first attempt is lost before it reaches WeCom; the second learns that the address is taken
    let at = world.changes(&plan).await.iter().filter(|change| is_create(change)).position(|c| is_of(c, &victim.id));
    let skip = u64::try_from(at.unwrap()).unwrap();
    world.state().add_fault(Fault { skip, ..Fault::once("user/create", Effect::DropBefore) });
    let run = world.apply(&plan).await;
    assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
    assert_eq!((run.failed.len(), run.failed[0].errcode), (1, 60106), "{:?}", run.failed);
    assert!(world.state().find_member(CORPID, &victim.employee_no).is_none());
    assert!(world.bindings().iter().all(|binding| binding.employee != victim.id), "nobody is linked to nothing");
}

fn is_create(change: &Change) -> bool {
    matches!(change.action, Action::CreateMember { .. })
}

fn is_of(change: &Change, employee: &EmployeeId) -> bool {
    matches!(&change.action, Action::CreateMember { employee: of, .. } if of == employee)
}

/// A run that stopped because one create got no answer four times; `applied` = the first one had reached WeCom.
async fn stopped_in_doubt(seed: u64, applied: bool) -> (World, Run, u32) {
    let world = one_at_a_time(seed);
    let effect = if applied { Effect::DropAfter } else { Effect::DropBefore };
    world.state().add_fault(Fault { skip: 5, count: Some(4), ..Fault::always("user/create", effect) });
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Failed, "{:?}", run.message);
    let doubtful: Vec<u32> = entries(&world, &run.id)
        .into_iter()
        .filter(|entry| entry.outcome == Outcome::Intended)
        .map(|entry| entry.seq)
        .collect();
    assert_eq!(doubtful.len(), 1);
    (world, run, doubtful[0])
}

#[tokio::test]
async fn a_record_in_doubt_is_looked_at_when_it_is_tried_again_and_the_run_stays_open() {
    for applied in [true, false] {
        let (world, run, seq) = stopped_in_doubt(86, applied).await;
        world.jobs.retry(&run.id, seq, &actor()).await.unwrap();
        let again = world.ended(&run.id).await;
        let outcome = entries(&world, &run.id).into_iter().find(|entry| entry.seq == seq).unwrap().outcome;
        let want = if applied { Outcome::FoundDone } else { Outcome::Done };
        assert_eq!(outcome, want, "applied: {applied}");
        assert_eq!((created(&world), world.state().member_count(CORPID)), (6, 6), "applied: {applied}");
        // the others are still to come: the run is not done
        assert_eq!(again.state, RunState::Failed, "{:?}", again.message);
        assert!(again.message.as_deref().unwrap().contains("were not tried yet: resume the run"), "{again:?}");
        world.jobs.resume(&run.id, &actor()).await.unwrap();
        assert_done(&world.ended(&run.id).await);
        assert_eq!(created(&world), 20, "applied: {applied}");
        world.assert_converged().await;
    }
}

#[tokio::test]
async fn a_record_is_not_tried_again_over_somebody_elses_change() {
    let world = one_at_a_time(87);
    assert_done(&world.sync().await);
    let changed = world.employees()[4].clone();
    world.change_employee(&changed.id, |employee| employee.position = "总工程师".into());
    world.state().add_fault(busy("user/update", NOT_DONE));
    let run = world.sync().await;
    assert_eq!(run.failed.len(), 1, "{:?}", run.message);
    let update = serde_json::json!({ "userid": changed.employee_no.as_str(), "position": "顾问" });
    world.state().console(CORPID, "user/update", &update).unwrap();
    world.jobs.retry(&run.id, run.failed[0].seq, &actor()).await.unwrap();
    let again = world.ended(&run.id).await;
    assert_eq!(again.failed.len(), 1, "{again:?}");
    assert!(again.failed[0].message.contains("WeCom has changed since the plan was made"), "{:?}", again.failed);
    let shown = world.state().find_member(CORPID, &changed.employee_no).unwrap();
    assert_eq!(shown.position, "顾问");
}
