//! Removals that need two people (PEER-29).

use super::guards::{ordinary, with_many_leavers};
use super::world::{CORPID, World, actor, assert_done};
use wecom_bridge::admin::keys::{self, NewKey};
use wecom_bridge::admin::{self, settings};
use wecom_bridge::model::{Actor, ApiScope, EmployeeStatus, PlanHead, PlanState};
use wecom_bridge::store;
use wecom_bridge::sync::SyncError;
use wecom_bridge::sync::service::{self, Decided, PlanRequest};

async fn ask_for_two(world: &World, two_person_removals: bool) {
    let env = admin::Env::new(world.env.store.clone(), world.clock.clone());
    let wanted = settings::Settings { two_person_removals, ..settings::Settings::default() };
    settings::set(&env, &actor(), wanted).await.unwrap();
}

fn person(name: &str) -> Actor {
    Actor::account(name, None)
}

async fn plan_by(world: &World, by: &Actor) -> PlanHead {
    service::make_plan(&world.env, &world.corp, by, PlanRequest::default()).await.unwrap()
}

async fn allow(world: &World, plan: &PlanHead, by: &Actor) -> Result<Decided, SyncError> {
    service::decide(&world.env, &plan.id, true, by, "a branch was closed").await
}

#[track_caller]
fn assert_refused(answer: Result<Decided, SyncError>, words: &str) {
    let error = answer.unwrap_err();
    assert!(matches!(error, SyncError::SecondPerson { .. }), "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn two_administrators_who_did_not_make_it_allow_it() {
    let world = with_many_leavers().await;
    ask_for_two(&world, true).await;
    let (maker, one, two) = (person("wang"), person("zhang"), person("li"));
    let plan = plan_by(&world, &maker).await;
    assert_eq!((plan.state, plan.made_by.as_deref()), (PlanState::Held, Some("account:wang")));

    assert_refused(allow(&world, &plan, &maker).await, "account:wang made it");
    let first = allow(&world, &plan, &one).await.unwrap();
    let Decided::HalfAllowed(head) = first else { panic!("{first:?}") };
    assert_eq!((head.state, head.first_allow.as_ref().unwrap().by.as_str()), (PlanState::Held, "account:zhang"));
    assert!(head.decision.is_none());
    let refused = world.jobs.start_apply(&plan.id, &one).await.unwrap_err();
    assert!(matches!(refused, SyncError::WrongState { state: PlanState::Held, .. }), "{refused}");
    assert_refused(allow(&world, &plan, &one).await, "account:zhang has allowed it already");
    assert_refused(allow(&world, &plan, &maker).await, "account:wang made it");
    assert_eq!(world.state().member_count(CORPID), 60);

    let second = allow(&world, &plan, &two).await.unwrap();
    let Decided::Allowed(head) = second else { panic!("{second:?}") };
    assert_eq!((head.state, head.decision.as_ref().unwrap().by.as_str()), (PlanState::Allowed, "account:li"));
    assert_done(&world.apply(&plan).await);
    assert_eq!(world.state().member_count(CORPID), 40);

    let rows = world.env.store.read(|tx| store::audit::page(tx, None, 100)).unwrap();
    let decided: Vec<_> = rows.iter().filter(|row| row.action.starts_with("plan.allow")).collect();
    assert_eq!(
        decided.iter().map(|row| (row.action.as_str(), row.actor.name.as_str())).collect::<Vec<_>>(),
        [("plan.allow", "account:li"), ("plan.allow_first", "account:zhang")]
    );
}

#[tokio::test]
async fn a_key_stands_for_whoever_made_it_and_the_command_line_for_one_person() {
    let world = with_many_leavers().await;
    ask_for_two(&world, true).await;
    let new = |name: &str| NewKey {
        name: name.into(),
        scopes: vec![ApiScope::SyncDecide],
        networks: Vec::new(),
        expires_at_ms: None,
    };
    for (name, by) in [("zhangs", person("zhang")), ("lis", person("li"))] {
        keys::create(&world.env.store, &world.clock, &by, new(name)).await.unwrap();
    }
    let key = |name: &str| Actor { name: format!("key:{name}"), from: None };
    let plan = plan_by(&world, &Actor::cli("root")).await;
    assert_refused(allow(&world, &plan, &Actor::cli("somebody")).await, "cli:root made it");
    allow(&world, &plan, &person("zhang")).await.unwrap();
    assert_refused(allow(&world, &plan, &key("zhangs")).await, "account:zhang has allowed it already");
    assert!(matches!(allow(&world, &plan, &key("lis")).await.unwrap(), Decided::Allowed(_)));
}

#[tokio::test]
async fn a_schedule_is_nobody_and_a_rejection_needs_one_person() {
    let world = with_many_leavers().await;
    ask_for_two(&world, true).await;
    let plan = plan_by(&world, &Actor::schedule()).await;
    assert_eq!(plan.made_by, None);
    allow(&world, &plan, &person("zhang")).await.unwrap();
    let rejected = service::decide(&world.env, &plan.id, false, &person("zhang"), "on second thoughts").await.unwrap();
    assert!(matches!(rejected, Decided::Rejected(_)), "{rejected:?}");
    let late = allow(&world, &plan, &person("li")).await.unwrap_err();
    assert!(matches!(late, SyncError::WrongState { state: PlanState::Rejected, .. }), "{late}");

    let own = plan_by(&world, &person("zhang")).await;
    let rejected = service::decide(&world.env, &own.id, false, &person("zhang"), "a mistake").await.unwrap();
    assert!(matches!(rejected, Decided::Rejected(_)), "whoever made it may take it back");
}

#[tokio::test]
async fn one_person_is_enough_where_nobody_is_removed_or_nobody_asked_for_two() {
    let world = with_many_leavers().await;
    let plan = plan_by(&world, &person("zhang")).await;
    assert!(plan.removes_people());
    assert!(matches!(allow(&world, &plan, &person("zhang")).await.unwrap(), Decided::Allowed(_)), "the setting is off");
    assert_done(&world.apply(&plan).await);

    let world = World::sample(20, 4, 31);
    ask_for_two(&world, true).await;
    let outside = world.employees().into_iter().find(|employee| employee.status.is_active()).unwrap().id;
    world.set(|corp| corp.downstream.scope.exclude = vec![outside.clone()]);
    world.set(|corp| corp.downstream.guard.max_source_drop = 0);
    assert_done(&world.sync().await);
    // somebody leaves who never was in WeCom: the source shrinks and nobody is removed
    world.change_employee(&outside, |employee| employee.status = EmployeeStatus::Departed);
    let plan = plan_by(&world, &person("zhang")).await;
    assert_eq!((plan.state, plan.removes_people()), (PlanState::Held, false), "{:?}", plan.counts);
    assert!(matches!(allow(&world, &plan, &person("zhang")).await.unwrap(), Decided::Allowed(_)));
}

#[tokio::test]
async fn a_single_removal_waits_for_two_people_as_well() {
    let world = World::sample(20, 4, 37);
    assert_done(&world.sync().await);
    let leaver = ordinary(&world).remove(0).id;
    world.change_employee(&leaver, |employee| employee.status = EmployeeStatus::Departed);
    let before = plan_by(&world, &person("zhang")).await;
    assert_eq!((before.state, before.removes_people()), (PlanState::Ready, true), "{:?}", before.guards);

    ask_for_two(&world, true).await;
    let refused = world.jobs.start_apply(&before.id, &person("zhang")).await.unwrap_err();
    assert!(matches!(refused, SyncError::SecondPerson { .. }), "{refused}");
    let plan = plan_by(&world, &person("zhang")).await;
    assert_eq!(plan.state, PlanState::Held);
    let tripped: Vec<_> = plan.tripped().map(|guard| (guard.name.as_str(), guard.value)).collect();
    assert_eq!(tripped, [("two_person_removals", 1)]);
    for (name, allowed) in [("wang", false), ("li", true)] {
        let decided = allow(&world, &plan, &person(name)).await.unwrap();
        assert_eq!(matches!(decided, Decided::Allowed(_)), allowed, "{decided:?}");
    }
    assert_done(&world.apply(&plan).await);
}
