//! What runs cost in calls, against what they must cost. Counts, not times.

use super::world::{CORPID, World, assert_done};
use wecom_bridge::model::{Employee, Run};
use wecom_bridge::sandbox::{Effect, Fault, Profile};
use wecom_bridge::sync::pull::PullRequest;

/// One call for the ids of departments and one per 10,000 memberships: who does not read that much knows nothing.
fn least_reads(world: &World) -> u64 {
    let memberships: usize = world.state().members(CORPID).iter().map(|member| member.memberships.len()).sum();
    1 + (memberships as u64).div_ceil(10_000).max(1)
}

fn written(run: &Run) -> u64 {
    let (m, d) = (&run.counts.members, &run.counts.departments);
    m.create + m.update + m.disable + m.enable + m.delete + d.create + d.rename + d.r#move + d.reorder + d.delete
}

fn assert_ratio(run: &Run, least: u64, limit_percent: u64, what: &str) {
    let made = run.calls.reads + run.calls.writes;
    println!("{what}: {made} calls, at least {least} are needed");
    assert!(made * 100 <= least * limit_percent, "{what}: {made} calls for {least}: {:?}", run.calls);
}

/// A sample organisation whose members are created by one call each, as many as there are: with this quota they are too
/// few for an import, which costs far less (`super::import`).
fn by_single_calls(employees: usize, units: usize, seed: u64) -> World {
    let world = World::of(Profile::PublicNew, |corp| corp.quota.calls_per_minute = 20_000);
    world.fill(employees, units, seed);
    world
}

/// A hundred changes of many kinds.
fn change_a_hundred(world: &World) {
    let employees = world.employees();
    let units = world.units();
    let leaf = &units.last().unwrap().id;
    for (n, employee) in employees.iter().filter(|e| e.status.is_active()).step_by(7).take(90).enumerate() {
        world.change_employee(&employee.id, |employee| match n % 3 {
            0 => employee.position = "总工程师".into(),
            1 => employee.unit_id = leaf.clone(),
            _ => employee.telephone = format!("010-{n:04}").as_str().into(),
        });
    }
    for unit in units.iter().filter(|unit| unit.parent_id.is_some()).take(4) {
        world.change_unit(&unit.id, |unit| unit.name = format!("{}新", unit.name).as_str().into());
    }
    let new: Vec<Employee> = (0..6)
        .map(|n| {
            let mut employee = Employee::new(format!("new{n}"), "新人", leaf.clone());
            employee.employee_no = format!("N{n:05}").as_str().into();
            employee.mobile = format!("1990000000{n}").as_str().into();
            employee
        })
        .collect();
    super::world::put_directory(&world.env.store, &[], &new);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_and_a_hundred_changes_cost_next_to_nothing_beyond_the_writes() {
    let world = by_single_calls(2_000, 150, 2);
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.counts.members.create, 2_000);
    assert_ratio(&run, written(&run) + 2, 102, "first sync of 2,000");

    change_a_hundred(&world);
    let least = least_reads(&world);
    let run = world.sync().await;
    assert_done(&run);
    assert!(written(&run) >= 95, "{:?}", run.counts);
    assert_ratio(&run, written(&run) + least, 102, "100 changes");

    let least = least_reads(&world);
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.calls.writes, 0);
    assert!(run.calls.reads < least + 2, "{:?}", run.calls);
    world.assert_converged().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_in_a_hundred_may_go_wrong() {
    let world = by_single_calls(2_000, 150, 3);
    for (seed, effect) in
        (1..).zip([Effect::Errcode { errcode: -1 }, Effect::DropBefore, Effect::DropAfter, Effect::Garbage])
    {
        world.state().add_fault(Fault::sometimes("", 0.0025, seed, effect));
    }
    let run = world.sync().await;
    assert_done(&run);
    assert_ratio(&run, written(&run) + 2, 110, "first sync of 2,000 with 1 % faults");
    assert_eq!(world.state().member_count(CORPID), 2_000);

    change_a_hundred(&world);
    let least = least_reads(&world);
    let run = world.sync().await;
    assert_done(&run);
    assert_ratio(&run, written(&run) + least, 110, "100 changes with 1 % faults");
    world.state().clear_faults();
    world.assert_converged().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_of_five_thousand_people_is_renamed_with_one_call() {
    let world = World::sample(5_200, 12, 4);
    world.set(|corp| corp.quota.concurrency = 20);
    assert_done(&world.sync().await);
    let root = world.units().into_iter().find(|unit| unit.parent_id.is_none()).unwrap();
    // all but the few who sit in the root itself are below this unit
    let top = world.units().into_iter().find(|unit| unit.parent_id.as_ref() == Some(&root.id)).unwrap();
    for unit in world.units().into_iter().filter(|u| u.parent_id.as_ref() == Some(&root.id) && u.id != top.id) {
        world.change_unit(&unit.id, |unit| unit.parent_id = Some(top.id.clone()));
    }
    assert_done(&world.sync().await);
    world.change_unit(&top.id, |unit| unit.name = "新的名字".into());
    let run = world.sync().await;
    assert_done(&run);
    assert_eq!(run.calls.writes, 1, "{:?}", run.calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_reads_details_of_those_who_are_new_only() {
    let world = World::sample(300, 20, 5);
    assert_done(&world.sync().await);
    world
        .state()
        .console(
            CORPID,
            "user/create",
            &serde_json::json!({
                "userid": "stranger", "name": "Stranger", "mobile": "13000000000", "department": [1],
            }),
        )
        .unwrap();
    let run = world.pull(PullRequest::default()).await;
    assert_eq!(run.calls.by_endpoint.get("user/get"), Some(&1), "{:?}", run.calls);
    assert_eq!(run.calls.by_endpoint.get("user/list"), None, "{:?}", run.calls);
    let full = world.pull(PullRequest { full: true, ..PullRequest::default() }).await;
    assert!(full.calls.by_endpoint["user/list"] >= 15, "{:?}", full.calls);
}

/// What the look before writing costs is known when the plan is made: exactly, where ids can be listed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applying_reads_what_the_budget_says() {
    let world = World::sample(600, 40, 6);
    let apply = async |what: &str| {
        let plan = world.plan().await.unwrap();
        let run = world.apply(&plan).await;
        assert_done(&run);
        assert_eq!(run.calls.reads, plan.budget.reads, "{what}: {:?}", run.calls);
        assert_eq!(run.calls.writes, plan.budget.calls, "{what}: {:?}", run.calls);
        plan
    };
    let plan = apply("a first sync: ids only, nothing is overwritten").await;
    assert_eq!(plan.budget.reads, 2);
    change_a_hundred(&world);
    let plan = apply("a hundred changes").await;
    assert!(plan.budget.reads > 3, "{:?}", plan.budget);
    let employee = world.employees().into_iter().find(|employee| employee.status.is_active()).unwrap();
    world.change_employee(&employee.id, |employee| employee.position = "院士".into());
    assert_eq!(apply("one person").await.budget.reads, 3);
    for unit in world.units().into_iter().filter(|unit| unit.parent_id.is_some()).take(2) {
        world.change_unit(&unit.id, |unit| unit.name = format!("{}又", unit.name).as_str().into());
    }
    assert_eq!(apply("two departments, one by one").await.budget.reads, 4);
    let plan = world.plan().await.unwrap();
    assert_eq!((plan.budget.calls, plan.budget.reads), (0, 0));
    assert_eq!(world.apply(&plan).await.calls.reads, 0, "nothing to do reads nothing");
}

/// Without id lists everything is read again, and up to three calls more find out who may read what.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applying_without_id_lists_reads_everything_again() {
    let world = World::of(Profile::Private, |_| {});
    world.state().with_corp(CORPID, |corp| corp.switches.opens_fields_per_app = false);
    world.fill(120, 15, 8);
    assert_done(&world.sync().await);
    let employee = world.employees().into_iter().find(|employee| employee.status.is_active()).unwrap();
    world.change_employee(&employee.id, |employee| employee.position = "院士".into());
    let plan = world.plan().await.unwrap();
    let run = world.apply(&plan).await;
    assert_done(&run);
    let (made, told) = (run.calls.reads, plan.budget.reads);
    assert!((told..=told + 3).contains(&made), "{made} reads, {told} were told: {:?}", run.calls);
}

/// A mobile is not shown to an app of today: the plan says that it is overwritten unseen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_that_cannot_be_compared_are_named() {
    let world = World::sample(40, 6, 9);
    assert_done(&world.sync().await);
    let people: Vec<_> = world.employees().into_iter().filter(|employee| employee.status.is_active()).collect();
    world.change_employee(&people[0].id, |employee| employee.mobile = "19900000001".into());
    world.change_employee(&people[1].id, |employee| employee.position = "院士".into());
    assert_done(&world.pull(PullRequest { full: true, ..PullRequest::default() }).await);
    let plan = world.plan().await.unwrap();
    let told: Vec<_> = plan.notices.iter().filter(|notice| notice.code == "compare.unseen").collect();
    assert_eq!(told.len(), 1, "{:?}", plan.notices);
    assert!(told[0].text.contains("mobile (1); 1 members"), "{told:?}");
}
