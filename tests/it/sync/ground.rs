//! Every write of a plan rests on the directory as it is, not as it was when the plan was made.

use super::world::{CORPID, World, actor, assert_done, put_directory};
use wecom_bridge::model::{Employee, EmployeeStatus, OutOfScope, RunState};
use wecom_bridge::sandbox::{Effect, Fault};
use wecom_bridge::sync::progress::RunEvent;

/// Forty people, all of them in WeCom.
async fn world() -> World {
    let world = World::sample(40, 4, 31);
    assert_done(&world.sync().await);
    world
}

fn newcomer(world: &World) -> Employee {
    let mut employee = world.employees().into_iter().find(|employee| !employee.admin).unwrap();
    (employee.id, employee.employee_no) = ("newcomer".into(), "newcomer".into());
    (employee.mobile, employee.email) = ("13712345678".into(), "newcomer@example.com".into());
    employee
}

fn ordinary(world: &World) -> Employee {
    world.employees().into_iter().find(|employee| !employee.admin && employee.status == EmployeeStatus::Active).unwrap()
}

#[tokio::test]
async fn an_old_plan_disables_nobody_who_is_back_and_creates_nobody_who_has_left() {
    for policy in [OutOfScope::Disable, OutOfScope::Delete] {
        let world = world().await;
        let (person, hired) = (ordinary(&world), newcomer(&world));
        world.set(|corp| {
            corp.downstream.out_of_scope = policy;
            corp.downstream.scope.filter = "position != 'outside'".into();
        });
        world.change_employee(&person.id, |employee| employee.position = "outside".into());
        put_directory(&world.env.store, &[], std::slice::from_ref(&hired));
        let plan = world.plan().await.unwrap();
        let counts = &plan.counts.members;
        assert_eq!((counts.disable + counts.delete, counts.create), (1, 1), "{policy:?}");
        // both are taken back before the plan is applied
        put_directory(&world.env.store, &[], std::slice::from_ref(&person));
        let left = Employee { status: EmployeeStatus::Departed, ..hired };
        put_directory(&world.env.store, &[], &[left]);
        let before = world.members();
        let run = world.apply(&plan).await;
        assert_eq!((run.state, run.code.as_deref()), (RunState::Failed, Some("sync.directory_changed")), "{policy:?}");
        assert_eq!((run.calls.writes, run.calls.reads), (0, 0), "{policy:?}");
        assert_eq!(world.members(), before, "{policy:?}");
        world.assert_converged().await;
    }
}

#[tokio::test]
async fn what_does_not_concern_a_plan_may_change() {
    let world = world().await;
    put_directory(&world.env.store, &[], &[newcomer(&world)]);
    let plan = world.plan().await.unwrap();
    let person = ordinary(&world);
    world.change_employee(&person.id, |employee| employee.position = "另一个职务".into());
    assert_done(&world.apply(&plan).await);
    assert!(world.members().contains_key("newcomer"));
    let next = world.plan().await.unwrap();
    assert_eq!(next.counts.members.update, 1, "what came on top waits for the next plan");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_while_a_run_is_under_way_is_not_created_by_it() {
    let world = World::sample(300, 4, 32);
    let plan = world.plan().await.unwrap();
    let changes = world.changes(&plan).await;
    let last = changes.iter().rev().find_map(|change| match &change.action {
        wecom_bridge::model::Action::CreateMember { employee, .. } => Some(employee.clone()),
        _ => None,
    });
    let last = last.unwrap();
    let run = world.jobs.start_apply(&plan.id, &actor()).await.unwrap();
    let mut events = world.jobs.subscribe(&run);
    while !matches!(events.recv().await.unwrap(), RunEvent::Progress { done, .. } if done > 20) {}
    world.change_employee(&last, |employee| employee.status = EmployeeStatus::Departed);
    let run = world.ended(&run).await;
    assert_eq!((run.state, run.failed.len()), (RunState::Partly, 1), "{:?}", run.message);
    assert!(run.failed[0].message.contains("has changed since the plan was made"), "{:?}", run.failed);
    assert!(!world.members().contains_key(world.employee(last.as_str()).employee_no.as_str()));
    world.assert_converged().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_goes_on_rests_on_the_present_directory_too() {
    let world = World::sample(100, 8, 33);
    world.state().add_fault(Fault { skip: 40, ..Fault::always("user/create", Effect::Errcode { errcode: 60020 }) });
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Failed);
    world.state().clear_faults();
    let there = world.members();
    let missing = |employee: &Employee| !employee.admin && !there.contains_key(employee.employee_no.as_str());
    let person = world.employees().into_iter().find(missing).unwrap();
    world.change_employee(&person.id, |employee| employee.status = EmployeeStatus::Departed);
    world.jobs.resume(&run.id, &actor()).await.unwrap();
    let run = world.ended(&run.id).await;
    assert_eq!(
        (run.state, run.code.as_deref()),
        (RunState::Failed, Some("sync.directory_changed")),
        "{:?}",
        run.message
    );
    assert_eq!(world.state().member_count(CORPID), there.len(), "nothing more was written");
    assert_done(&world.sync().await);
    assert!(!world.members().contains_key(person.employee_no.as_str()));
    world.assert_converged().await;
}
