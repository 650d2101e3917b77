//! Undo is a plan like any other; applied, it gives back the state but for what it says it cannot.

use super::world::{CORPID, World, actor, assert_done, put_directory};
use wecom_bridge::model::{Employee, EmployeeStatus, PlanState, Reversible, RunId, RunState};
use wecom_bridge::sandbox::{Department, Member, VisibleRange, seed};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service;

fn content(world: &World) -> (Vec<Department>, Vec<Member>) {
    let mut members = world.state().members(CORPID);
    members.iter_mut().for_each(|member| member.memberships.sort_by_key(|m| m.department));
    (world.state().departments(CORPID), members)
}

#[tokio::test]
async fn changes_are_taken_back() {
    let world = World::sample(60, 8, 31);
    assert_done(&world.sync().await);
    let before = content(&world);
    let root = world.units().into_iter().find(|unit| unit.parent_id.is_none()).unwrap().id;
    let people: Vec<_> =
        world.employees().into_iter().filter(|e| e.status.is_active() && !e.admin && e.unit_id != root).collect();
    world.change_employee(&people[0].id, |employee| employee.position = "总工程师".into());
    world.change_employee(&people[1].id, |employee| employee.unit_id = people[9].unit_id.clone());
    world.change_employee(&people[2].id, |employee| employee.status = EmployeeStatus::Departed);
    let unit = world.units().last().unwrap().id.clone();
    world.change_unit(&unit, |unit| unit.name = "新名".into());
    let run = world.sync().await;
    assert_done(&run);
    assert_ne!(content(&world), before);

    let plan = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    assert_eq!((plan.state, plan.undoes.as_ref()), (PlanState::Ready, Some(&run.id)), "{:?}", plan.guards);
    let changes = world.changes(&plan).await;
    assert!(changes.iter().all(|change| change.reversible != Reversible::No), "{changes:#?}");
    let run = world.apply(&plan).await;
    assert_done(&run);
    let after = content(&world);
    assert_eq!(
        after.0.iter().map(|d| (d.id, &d.name, d.parent)).collect::<Vec<_>>(),
        before.0.iter().map(|d| (d.id, &d.name, d.parent)).collect::<Vec<_>>()
    );
    for (is, was) in after.1.iter().zip(&before.1) {
        assert_eq!((&is.userid, &is.position, is.is_enabled), (&was.userid, &was.position, was.is_enabled));
        let places = |member: &Member| member.memberships.iter().map(|m| m.department).collect::<Vec<_>>();
        assert_eq!(places(is), places(was), "{}", is.userid);
    }
}

#[tokio::test]
async fn undoing_a_first_sync_passes_the_guards() {
    let world = World::sample(60, 8, 32);
    // the last administrator is never removed, by no plan: here there is none
    for employee in world.employees().into_iter().filter(|employee| employee.admin) {
        world.change_employee(&employee.id, |employee| employee.admin = false);
    }
    let run = world.sync().await;
    assert_done(&run);
    let plan = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    assert_eq!(plan.state, PlanState::Held, "removing sixty people is held, undo or not: {:?}", plan.invariants);
    let refused = world.jobs.start_apply(&plan.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::WrongState { .. }), "{refused}");
    service::decide(&world.env, &plan.id, true, &actor(), "a rehearsal").await.unwrap();
    let run = world.apply(&plan).await;
    assert_eq!(run.state, RunState::Done, "{:?} {:?}", run.message, run.failed.first());
}

#[tokio::test]
async fn who_has_activated_wecom_is_not_deleted_by_an_undo() {
    let world = World::sample(60, 8, 35);
    assert_done(&world.sync().await);
    let home = world.employees().into_iter().find(|e| e.status.is_active() && !e.admin).unwrap();
    let new: Vec<Employee> = ["x1", "x2"]
        .into_iter()
        .zip(["13900000001", "13900000002"])
        .map(|(id, mobile)| {
            let mut employee = Employee::new(id, "新人", home.unit_id.as_str());
            (employee.employee_no, employee.mobile) = (id.into(), mobile.into());
            employee
        })
        .collect();
    put_directory(&world.env.store, &[], &new);
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.counts.members.create, 2);
    world.state().activate(CORPID, "x1").unwrap();

    let plan = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    assert_eq!(plan.state, PlanState::Held);
    let tripped: Vec<&str> = plan.tripped().map(|guard| guard.name.as_str()).collect();
    assert_eq!(tripped, ["undo_activated_members"]);
    assert_eq!((plan.counts.members.disable, plan.counts.members.delete), (1, 1), "disabled where leavers are");
    service::decide(&world.env, &plan.id, true, &actor(), "wrong people").await.unwrap();
    // the other one activates between the decision and the run
    world.state().activate(CORPID, "x2").unwrap();
    let undone = world.apply(&plan).await;
    assert_eq!(undone.state, RunState::Partly, "{:?}", undone.message);
    assert!(undone.failed.iter().any(|record| record.message.contains("has activated WeCom since")), "{undone:?}");
    let is_enabled = |userid: &str| world.state().find_member(CORPID, userid).map(|member| member.is_enabled);
    assert_eq!((is_enabled("x1"), is_enabled("x2")), (Some(false), Some(true)), "nobody is deleted");
}

#[tokio::test]
async fn who_cannot_be_seen_may_have_activated_wecom() {
    let world = World::sample(40, 6, 36);
    assert_done(&world.sync().await);
    let home = world.employees().into_iter().find(|e| e.status.is_active() && !e.admin).unwrap();
    let mut new = Employee::new("x1", "新人", home.unit_id.as_str());
    (new.employee_no, new.mobile) = ("x1".into(), "13900000001".into());
    put_directory(&world.env.store, &[], &[new]);
    let run = world.sync().await;
    assert_eq!(run.counts.members.create, 1);
    // what the bridge knows is what it wrote itself
    let range = VisibleRange { users: ["000001".to_owned()].into(), ..VisibleRange::default() };
    world.state().with_corp(CORPID, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().visible = range);
    world.state().activate(CORPID, "x1").unwrap();
    assert_done(&world.pull(PullRequest { full: true, ..PullRequest::default() }).await);

    let plan = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    let tripped: Vec<&str> = plan.tripped().map(|guard| guard.name.as_str()).collect();
    assert_eq!((plan.state, tripped), (PlanState::Held, vec!["undo_activated_members"]));
    assert_eq!((plan.counts.members.disable, plan.counts.members.delete), (1, 0));
}

#[tokio::test]
async fn what_did_nothing_cannot_be_undone() {
    let world = World::sample(20, 4, 33);
    assert_done(&world.sync().await);
    let empty = world.sync().await;
    let refused = service::undo(&world.env, &empty.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::NoUndo { .. }), "{refused}");
    let unknown = service::undo(&world.env, &"nothing".into(), &actor()).await.unwrap_err();
    assert!(matches!(unknown, SyncError::NoRun(_)), "{unknown}");
}

#[tokio::test]
async fn a_person_can_be_explained() {
    let world = World::sample(20, 4, 34);
    assert_done(&world.sync().await);
    let id = world.employees()[3].id.clone();
    let explained = service::explain(&world.env, &world.corp, &id).await.unwrap();
    assert_eq!((explained.id.clone(), explained.employee.is_some()), (id, true));
}

/// As long as the directory says what it said, the next sync would do again what was taken back.
#[tokio::test]
async fn what_was_undone_is_not_done_again_unasked() {
    let world = World::sample(30, 4, 37);
    assert_done(&world.sync().await);
    let leaver = super::guards::ordinary(&world).remove(0);
    world.change_employee(&leaver.id, |employee| employee.status = EmployeeStatus::Departed);
    let run = world.sync().await;
    assert_done(&run);
    let undo = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    let undoing = world.apply(&undo).await;
    assert_done(&undoing);
    // each of the two names the other, and an undo is no sync that went well
    let stored = |id: &RunId| world.env.store.read(|tx| store::runs::find(tx, id)).unwrap().unwrap();
    assert_eq!((stored(&undoing.id).undoes, stored(&undoing.id).undone_by), (Some(run.id.clone()), None));
    assert_eq!((stored(&run.id).undone_by, stored(&run.id).undoes), (Some(undoing.id.clone()), None));
    let (_, done) = world.env.store.read(|tx| store::runs::last_syncs(tx, &run.corp)).unwrap();
    assert!(done.is_some_and(|done| done.id != undoing.id));
    // a second undo of the same has nothing to do
    let again = service::undo(&world.env, &run.id, &actor()).await.unwrap();
    assert_eq!(again.counts.members.enable, 0, "{:?}", again.counts);
    let held = world.sync().await;
    assert_eq!((held.state, held.calls.writes), (RunState::Held, 0), "{:?}", held.message);
    let plan = service::get_plan(&world.env, held.plan.as_ref().unwrap()).await.unwrap();
    assert_eq!(plan.tripped().map(|guard| guard.name.as_str()).collect::<Vec<_>>(), ["after_undo"]);
    service::decide(&world.env, &plan.id, true, &actor(), "it was right after all").await.unwrap();
    assert_done(&world.apply(&plan).await);
    // from then on all is as ever
    let other = super::guards::ordinary(&world).into_iter().find(|one| one.id != leaver.id).unwrap();
    world.change_employee(&other.id, |employee| employee.position = "总工程师".into());
    assert_done(&world.sync().await);
}
