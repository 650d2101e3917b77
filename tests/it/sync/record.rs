//! What the bridge remembers of a run: whole or not at all, and from the first write on.

use super::world::{CORPID, START_MS, World, actor, assert_done, crash};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{
    Action, BindingOrigin, DepartmentBinding, EmployeeId, Fields, MemberBinding, Outcome, PlanHead, Run, RunState,
    UserId,
};
use wecom_bridge::sandbox::{Effect, Fault, Member, Profile};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;

fn bind(world: &World, employee: &str, userid: &UserId) {
    let (corp, userid) = (world.corp.clone(), userid.clone());
    let binding = MemberBinding {
        employee: employee.into(),
        userid,
        origin: BindingOrigin::Manual,
        bound_at_ms: 1,
        pushed: Fields::new(),
        placed: None,
        removal: None,
    };
    world.env.store.write_blocking(move |tx| store::bindings::put_member(tx, &corp, &binding)).unwrap();
}

fn bound_to(world: &World, employee: &EmployeeId) -> Option<UserId> {
    world.bindings().into_iter().find(|binding| binding.employee == *employee).map(|binding| binding.userid)
}

async fn first_create(world: &World, plan: &PlanHead) -> (u32, EmployeeId, UserId) {
    let changes = world.changes(plan).await;
    let created = changes.iter().find_map(|change| match &change.action {
        Action::CreateMember { employee, userid, .. } => Some((change.seq, employee.clone(), userid.clone())),
        _ => None,
    });
    created.unwrap()
}

fn outcome(world: &World, run: &Run, seq: u32) -> Outcome {
    world.env.store.read(|tx| store::runs::entry(tx, &run.id, seq)).unwrap().unwrap().outcome
}

/// A person links while the call is under way: too late for a look before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_was_linked_to_somebody_else_meanwhile_is_not_half_recorded() {
    let world = World::on(Clock::manual(START_MS), Profile::PublicNew, |corp| corp.quota.concurrency = 1);
    world.fill(10, 3, 91);
    let plan = world.plan().await.unwrap();
    let (seq, employee, userid) = first_create(&world, &plan).await;
    world.state().add_fault(Fault::once("user/create", Effect::Delay { ms: 5_000 }));
    let run = world.jobs.start_apply(&plan.id, &actor()).await.unwrap();
    world.until(|| world.state().faults().iter().any(|fault| fault.hits > 0)).await;
    // meanwhile: a link to a member who does not exist, which a creation would take away, and the new member's link
    bind(&world, employee.as_str(), &"ghost".into());
    bind(&world, "somebody-else", &userid);
    world.clock.advance(Duration::from_secs(6));
    let run = world.ended(&run).await;
    assert_eq!(run.state, RunState::Partly, "{:?}", run.message);
    let Outcome::Failed { message, .. } = outcome(&world, &run, seq) else { panic!("{:?}", run.failed) };
    assert!(message.contains("written to WeCom, but not linked here"), "{message}");
    assert!(message.contains("somebody-else"), "{message}");
    assert_eq!(bound_to(&world, &employee), Some("ghost".into()), "the former link is as it was");
    assert_eq!(bound_to(&world, &"somebody-else".into()), Some(userid.clone()));
    let (_, mirrored) = world.mirror();
    assert!(mirrored.iter().all(|member| !member.userid.is_same(&userid)), "no half of it in the mirror");
    assert_eq!((run.counts.members.create, run.failed.len()), (9, 1), "the others are recorded");
}

#[tokio::test]
async fn an_employee_who_was_linked_by_hand_meanwhile_keeps_that_link() {
    let world = World::sample(10, 3, 92);
    world.state().seed_member(CORPID, Member::new("by-hand", "By Hand", 1));
    let plan = world.plan().await.unwrap();
    let (seq, employee, _) = first_create(&world, &plan).await;
    bind(&world, employee.as_str(), &"by-hand".into());
    let run = world.apply(&plan).await;
    assert!(matches!(outcome(&world, &run, seq), Outcome::Failed { .. }), "{:?}", run.failed);
    assert_eq!(bound_to(&world, &employee), Some("by-hand".into()));
}

#[tokio::test]
async fn a_department_that_was_linked_to_another_unit_meanwhile_is_not_half_recorded() {
    let world = World::sample(20, 5, 93);
    let plan = world.plan().await.unwrap();
    let changes = world.changes(&plan).await;
    let (seq, department) = changes
        .iter()
        .find_map(|change| match &change.action {
            Action::CreateDepartment { department, .. } => Some((change.seq, *department)),
            _ => None,
        })
        .unwrap();
    let corp = world.corp.clone();
    let other = DepartmentBinding {
        unit: "another-unit".into(),
        department,
        origin: BindingOrigin::Manual,
        bound_at_ms: 1,
        pushed_name: None,
    };
    world.env.store.write_blocking(move |tx| store::bindings::put_department(tx, &corp, &other)).unwrap();
    let run = world.apply(&plan).await;
    assert!(matches!(outcome(&world, &run, seq), Outcome::Failed { .. }), "{:?}", run.failed);
    let mirrored = world.env.store.read(|tx| store::mirror::find_department(tx, &world.corp, department)).unwrap();
    assert_eq!(mirrored, None);
    let bound = world.env.store.read(|tx| store::bindings::find_by_department(tx, &world.corp, department)).unwrap();
    assert_eq!(bound.unwrap().unit.as_str(), "another-unit");
}

#[test]
fn a_crash_after_the_first_commit_leaves_older_plans_out_of_date() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let first = runtime();
    let (mut world, older, run) = first.block_on(async {
        // after a hundred of three hundred the quota is used up, and the clock stands still
        let world = World::on(Clock::manual(START_MS), Profile::PublicNew, |corp| corp.quota.calls_per_minute = 100);
        world.fill(300, 10, 94);
        let (older, plan) = (world.plan().await.unwrap(), world.plan().await.unwrap());
        world.clock.advance(Duration::from_secs(1));
        let run = world.jobs.start_apply(&plan.id, &actor()).await.unwrap();
        world.until(|| world.state().member_count(CORPID) == 100).await;
        (world, older, run)
    });
    crash(first, &mut world);
    let row = world.env.store.read(|tx| store::runs::find(tx, &run)).unwrap().unwrap();
    assert_eq!(row.state, RunState::Running, "the end of the run must not have been reached");
    let scope = store::Scope::Corp(&world.corp);
    let memory: serde_json::Value =
        world.env.store.read(|tx| store::settings::get(tx, scope, "sync.memory")).unwrap().unwrap();
    assert_eq!(memory["written_by"], run.as_str(), "{memory}");
    assert!(memory["writes"].as_u64().is_some_and(|writes| writes > 0), "{memory}");
    runtime().block_on(async {
        world.jobs.cancel(&run, &actor()).await.unwrap();
        let refused = world.jobs.start_apply(&older.id, &actor()).await;
        let refused = refused.expect_err("the older plan knows nothing of what was written");
        assert!(matches!(refused, SyncError::Drift { .. }), "{refused}");
        let run = world.while_time_passes(world.sync()).await;
        // who was created just before the crash was not recorded: what they have now nobody can read
        assert_done(&world.while_time_passes(world.allow_where_held(run, "unseen_identities")).await);
        world.assert_converged().await;
    });
}
