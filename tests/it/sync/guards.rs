//! Plans that wait for a person, and plans that may not be applied.

use super::world::{CORPID, World, actor, assert_done};
use std::collections::BTreeSet;
use std::time::Duration;
use wecom_bridge::model::{Access, Employee, EmployeeStatus, Leaver, PlanState, RunState};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service;

/// People of whom nobody is an administrator or sits in the root unit.
pub(super) fn ordinary(world: &World) -> Vec<Employee> {
    let root = world.units().into_iter().find(|unit| unit.parent_id.is_none()).unwrap().id;
    let is_ordinary = |e: &Employee| e.status.is_active() && !e.admin && e.unit_id != root;
    world.employees().into_iter().filter(is_ordinary).collect()
}

/// Sixty people arrive, then twenty depart at once: more than ten percent.
pub(super) async fn with_many_leavers() -> World {
    let world = World::sample(60, 8, 11);
    world.set(|corp| corp.downstream.leaver = Leaver::Delete);
    assert_done(&world.sync().await);
    for employee in ordinary(&world).into_iter().take(20) {
        world.change_employee(&employee.id, |employee| employee.status = EmployeeStatus::Departed);
    }
    world
}

#[tokio::test]
async fn a_held_plan_writes_nothing_until_a_person_allows_it() {
    let world = with_many_leavers().await;
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Held, "{:?}", run.message);
    assert_eq!(run.calls.writes, 0);
    let plan = service::get_plan(&world.env, run.plan.as_ref().unwrap()).await.unwrap();
    assert_eq!(plan.state, PlanState::Held);

    let refused = world.jobs.start_apply(&plan.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::WrongState { state: PlanState::Held, .. }), "{refused}");
    let no_reason = service::decide(&world.env, &plan.id, true, &actor(), "  ").await.unwrap_err();
    assert!(matches!(no_reason, SyncError::NoReason(_)), "{no_reason}");
    assert_eq!(world.state().member_count(CORPID), 60);

    let allowed =
        service::decide(&world.env, &plan.id, true, &actor(), "a branch was closed").await.unwrap().into_plan();
    assert_eq!(allowed.state, PlanState::Allowed);
    let audit = world.env.store.read(|tx| store::audit::page(tx, None, 10)).unwrap();
    let row = audit.iter().find(|row| row.action == "plan.allow").unwrap();
    assert_eq!(
        (row.actor.name.as_str(), row.after.as_ref().unwrap()["reason"].as_str()),
        ("test", Some("a branch was closed"))
    );

    let run = world.apply(&plan).await;
    assert_done(&run);
    assert_eq!(run.counts.members.delete, 20);
    assert_eq!(world.state().member_count(CORPID), 40);
    let tombstones = world.env.store.read(|tx| store::bindings::tombstones(tx, &world.corp)).unwrap();
    assert_eq!((tombstones.len(), world.bindings().len()), (20, 40));
    let again = world.jobs.start_apply(&plan.id, &actor()).await.unwrap_err();
    assert!(matches!(again, SyncError::WrongState { state: PlanState::Taken, .. }), "{again}");
}

/// A plan that another run has overtaken waits for nobody: it can be rejected and nothing else.
#[tokio::test]
async fn a_held_plan_that_a_newer_one_has_overtaken_waits_no_more() {
    let world = with_many_leavers().await;
    let waiting = || {
        let now_ms = world.env.clock.now_ms();
        let key = world.corp.clone();
        let read = move |tx: &_| {
            let corp = store::corps::find(tx, &key)?.unwrap();
            let heads = service::waiting(tx, &corp, now_ms)?;
            assert_eq!(service::count_waiting(tx, now_ms)?, heads.len());
            Ok(heads.into_iter().map(|head| head.id).collect::<BTreeSet<_>>())
        };
        world.env.store.read(read).unwrap()
    };
    let older = world.plan().await.unwrap();
    let newer = world.plan().await.unwrap();
    assert_eq!((older.state, waiting()), (PlanState::Held, [newer.id.clone(), older.id.clone()].into()));
    service::decide(&world.env, &newer.id, true, &actor(), "a branch was closed").await.unwrap();
    assert_eq!(waiting(), [older.id.clone()].into());
    assert_done(&world.apply(&newer).await);
    assert_eq!(waiting(), BTreeSet::new());
    let refused = service::decide(&world.env, &older.id, true, &actor(), "once more").await.unwrap_err();
    assert!(matches!(refused, SyncError::Drift { .. }), "{refused}");
    let rejected = service::decide(&world.env, &older.id, false, &actor(), "done already").await.unwrap().into_plan();
    assert_eq!(rejected.state, PlanState::Rejected);

    let world = with_many_leavers().await;
    let held = world.plan().await.unwrap();
    assert_eq!(held.state, PlanState::Held);
    let count = || world.env.store.read(|tx| service::count_waiting(tx, world.env.clock.now_ms())).unwrap();
    assert_eq!(count(), 1);
    world.set(|corp| corp.downstream.invite = !corp.downstream.invite);
    assert_eq!(count(), 0, "made with other settings");
    world.set(|corp| corp.downstream.invite = !corp.downstream.invite);
    assert_eq!(count(), 1);
}

#[tokio::test]
async fn a_rejected_plan_is_never_applied() {
    let world = with_many_leavers().await;
    let plan = world.plan().await.unwrap();
    service::decide(&world.env, &plan.id, false, &actor(), "wrong file").await.unwrap();
    let refused = world.jobs.start_apply(&plan.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::WrongState { state: PlanState::Rejected, .. }), "{refused}");
    let twice = service::decide(&world.env, &plan.id, true, &actor(), "after all").await.unwrap_err();
    assert!(matches!(twice, SyncError::WrongState { .. }), "{twice}");
}

#[tokio::test]
async fn a_plan_that_is_ready_or_allowed_can_be_rejected_until_a_run_takes_it() {
    let world = World::sample(20, 4, 19);
    let ready = world.plan().await.unwrap();
    assert_eq!(ready.state, PlanState::Ready);
    let needless = service::decide(&world.env, &ready.id, true, &actor(), "yes").await.unwrap_err();
    assert!(matches!(needless, SyncError::WrongState { state: PlanState::Ready, .. }), "{needless}");
    let rejected = service::decide(&world.env, &ready.id, false, &actor(), "not this week").await.unwrap().into_plan();
    assert_eq!(rejected.state, PlanState::Rejected);
    let refused = world.jobs.start_apply(&ready.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::WrongState { state: PlanState::Rejected, .. }), "{refused}");
    let row = world.env.store.read(|tx| store::audit::page(tx, None, 10)).unwrap();
    let row = row.into_iter().find(|row| row.action == "plan.reject").unwrap();
    assert_eq!(row.before.unwrap()["state"], "ready");
    assert_eq!(row.after.unwrap()["reason"], "not this week");

    let world = with_many_leavers().await;
    let plan = world.plan().await.unwrap();
    service::decide(&world.env, &plan.id, true, &actor(), "a branch was closed").await.unwrap();
    let rejected =
        service::decide(&world.env, &plan.id, false, &actor(), "the wrong branch").await.unwrap().into_plan();
    let decision = rejected.decision.unwrap();
    assert_eq!((decision.allowed, decision.reason.as_str()), (false, "the wrong branch"));
    let refused = world.jobs.start_apply(&plan.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::WrongState { state: PlanState::Rejected, .. }), "{refused}");
    assert_eq!(world.state().member_count(CORPID), 60);

    let taken = world.plan().await.unwrap();
    service::decide(&world.env, &taken.id, true, &actor(), "the right branch").await.unwrap();
    assert_done(&world.apply(&taken).await);
    let late = service::decide(&world.env, &taken.id, false, &actor(), "too late").await.unwrap_err();
    assert!(matches!(late, SyncError::WrongState { state: PlanState::Taken, .. }), "{late}");
}

#[tokio::test]
async fn planning_remembers_nothing_of_a_department_that_is_not_ours() {
    let world = World::sample(30, 5, 20);
    assert_done(&world.sync().await);
    world.state().seed_department(CORPID, 900, 1, "已禁用用户", 0);
    let person = ordinary(&world)[0].clone();
    world.change_employee(&person.id, |employee| employee.status = EmployeeStatus::Departed);
    let plan = world.plan().await.unwrap();
    assert_eq!(plan.counts.departments.create, 0, "the one of that name is used as it is");
    world.set(|corp| corp.downstream.disabled_department = "离职人员".into());
    let plan = world.plan().await.unwrap();
    assert_eq!((plan.counts.departments.rename, plan.counts.departments.create), (0, 1), "{:?}", plan.counts);
    assert_done(&world.sync().await);
    let names = |world: &World| {
        let all = world.state().departments(CORPID).into_iter();
        all.filter(|d| d.parent == 1 && d.name.ends_with("人员") || d.id == 900)
            .map(|d| d.name.to_string())
            .collect::<Vec<_>>()
    };
    assert!(names(&world).contains(&"已禁用用户".to_owned()), "{:?}", names(&world));
    // what we created ourselves follows the settings
    world.set(|corp| corp.downstream.disabled_department = "离岗人员".into());
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.counts.departments.rename, 1);
    assert_eq!(names(&world).len(), 2, "{:?}", names(&world));
}

#[tokio::test]
async fn removals_of_thirty_days_add_up() {
    let world = World::sample(60, 8, 12);
    world.set(|corp| corp.downstream.guard.max_removals_30_days = 5);
    assert_done(&world.sync().await);
    let people = ordinary(&world);
    for (round, pair) in people.chunks(3).take(2).enumerate() {
        for employee in pair {
            world.change_employee(&employee.id, |employee| employee.status = EmployeeStatus::Departed);
        }
        let run = world.sync().await;
        let want = if round == 0 { RunState::Done } else { RunState::Held };
        assert_eq!(run.state, want, "round {round}: {:?}", run.message);
    }
}

#[tokio::test]
async fn a_smaller_source_is_compared_with_the_last_applied_plan() {
    let world = World::sample(60, 8, 13);
    world.set(|corp| corp.downstream.guard.max_source_drop = 3);
    world.set(|corp| corp.downstream.guard.max_removals = 1_000);
    world.set(|corp| corp.downstream.guard.max_removal_percent = 100);
    assert_done(&world.sync().await);
    for employee in ordinary(&world).into_iter().take(4) {
        world.change_employee(&employee.id, |employee| employee.status = EmployeeStatus::Departed);
    }
    for attempt in 0..2 {
        let run = world.sync().await;
        assert_eq!(run.state, RunState::Held, "attempt {attempt}: a held plan must not lower the mark");
    }
}

#[tokio::test]
async fn a_plan_expires_and_dies_with_its_settings() {
    let world = World::sample(20, 4, 14);
    let plan = world.plan().await.unwrap();
    world.set(|corp| corp.downstream.include_part_time = true);
    let refused = world.jobs.start_apply(&plan.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::OptionsChanged(_)), "{refused}");
    world.set(|corp| corp.downstream.include_part_time = false);
    world.clock.advance(Duration::from_secs(24 * 3600));
    let refused = world.jobs.start_apply(&plan.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::Expired { .. }), "{refused}");
}

#[tokio::test]
async fn what_the_settings_forbid_is_refused_before_any_call() {
    let world = World::sample(20, 4, 15);
    let plan = world.plan().await.unwrap();
    world.state().clear_calls();
    world.set(|corp| corp.access = Access::ReadOnly);
    for refused in [
        world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap_err(),
        world.jobs.start_apply(&plan.id, &actor()).await.unwrap_err(),
    ] {
        assert!(matches!(refused, SyncError::ReadOnly(_)), "{refused}");
    }
    world.set(|corp| (corp.access, corp.downstream.enabled) = (Access::ReadWrite, false));
    let refused = world.jobs.start_sync(&world.corp, PullRequest::default(), &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::NotEnabled(_)), "{refused}");
    assert!(world.state().calls().is_empty());
    world.set(|corp| corp.access = Access::ReadOnly);
    let run = world.pull(PullRequest::default()).await;
    assert_done(&run);
}

#[tokio::test]
async fn drift_is_refused_with_nothing_written() {
    let world = World::sample(30, 5, 16);
    assert_done(&world.sync().await);
    let person = ordinary(&world)[3].clone();
    let userid = world.bindings().iter().find(|b| b.employee == person.id).unwrap().userid.to_string();
    world.change_employee(&person.id, |employee| employee.position = "总裁".into());
    let unit = world.units().last().unwrap().id.clone();
    world.change_unit(&unit, |unit| unit.name = "改名".into());
    let console = |act: &str, body: serde_json::Value| world.state().console(CORPID, act, &body).unwrap();
    let department = world.env.store.read(|tx| store::bindings::find_by_unit(tx, &world.corp, &unit)).unwrap().unwrap();
    for (name, act, body) in [
        ("member moved", "user/update", serde_json::json!({ "userid": userid, "department": [1] })),
        ("member changed", "user/update", serde_json::json!({ "userid": userid, "position": "x" })),
        ("department renamed", "department/update", serde_json::json!({ "id": department.department, "name": "y" })),
        ("member deleted", "user/delete", serde_json::json!({ "userid": userid })),
    ] {
        let plan = world.plan().await.unwrap();
        console(act, body);
        world.state().clear_calls();
        let run = world.apply(&plan).await;
        assert_eq!(run.state, RunState::Failed, "{name}");
        assert!(run.message.as_deref().unwrap_or_default().contains("WeCom has changed"), "{name}: {:?}", run.message);
        assert_eq!(run.calls.writes, 0, "{name}");
    }
    // what the plan does not touch may change
    let plan = world.plan().await.unwrap();
    console("user/update", serde_json::json!({ "userid": world.bindings()[0].userid, "telephone": "1" }));
    assert_done(&world.apply(&plan).await);
}

#[tokio::test]
async fn an_older_plan_has_drifted_when_another_run_has_written() {
    let world = World::sample(30, 5, 17);
    let first = world.plan().await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert_done(&world.sync().await);
    let refused = world.jobs.start_apply(&first.id, &actor()).await.unwrap_err();
    assert!(matches!(refused, SyncError::Drift { .. }), "{refused}");
}

#[tokio::test]
async fn other_settings_can_be_tried_without_storing_anything() {
    let world = World::sample(30, 5, 18);
    assert_done(&world.sync().await);
    let corp = world.env.get_corp(&world.corp).await.unwrap();
    let mut options = corp.downstream.clone();
    options.scope.exclude = vec![ordinary(&world)[0].id.clone()];
    let what_if = service::plan_with_options(&world.env, &world.corp, options, None).await.unwrap();
    assert_eq!(what_if.head.counts.members.disable, 1, "{:?}", what_if.changes);
    let stored = world.jobs.start_apply(&what_if.head.id, &actor()).await.unwrap_err();
    assert!(matches!(stored, SyncError::NoPlan(_)), "{stored}");
    world.assert_converged().await;
}
