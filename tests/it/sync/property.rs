//! For random organisations, states of WeCom, options and faults: repeated runs come to rest, and then a plan is empty.

use super::world::{CORPID, World, put_directory};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::model::{EmployeeStatus, Leaver, OutOfScope, PlanState, Reversible, RunState};
use wecom_bridge::sandbox::{Attribute, Effect, Fault, Member};
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service;

/// What one case is made of.
#[derive(Debug, Clone)]
struct Case {
    employees: usize,
    units: usize,
    seed: u64,
    strangers: usize,
    foreign_departments: usize,
    part_time: bool,
    superiors: bool,
    follows_oa: bool,
    leaver: Leaver,
    out_of_scope: OutOfScope,
    top: bool,
    excluded: usize,
    guards: (u32, u32, u32),
    seats: u32,
    disabled_department: &'static str,
    /// Whether the external profile is mapped.
    titles: bool,
    steps: Vec<Step>,
    fault: Option<(u8, u64)>,
}

/// What happens between two runs.
#[derive(Debug, Clone, Copy)]
enum Step {
    Depart(usize),
    Return(usize),
    Move(usize, usize),
    Promote(usize),
    RenameUnit(usize),
    MoveUnit(usize, usize),
    DeletedInConsole(usize),
    MovedInConsole(usize),
    /// Attributes that no mapping knows are filled in, and one that a mapping knows gets another value.
    FilledInConsole(usize),
    Renumber(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..1_000_usize;
    prop_oneof![
        n.clone().prop_map(Step::Depart),
        n.clone().prop_map(Step::Return),
        (n.clone(), n.clone()).prop_map(|(a, b)| Step::Move(a, b)),
        n.clone().prop_map(Step::Promote),
        n.clone().prop_map(Step::RenameUnit),
        (n.clone(), n.clone()).prop_map(|(a, b)| Step::MoveUnit(a, b)),
        n.clone().prop_map(Step::DeletedInConsole),
        n.clone().prop_map(Step::MovedInConsole),
        n.clone().prop_map(Step::FilledInConsole),
        n.prop_map(Step::Renumber),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let size = (3..40_usize, 1..9_usize, any::<u64>(), 0..4_usize, 0..3_usize);
    let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 0..3_usize);
    let leaver = prop_oneof![Just(Leaver::Disable), Just(Leaver::Delete)];
    let scope = prop_oneof![Just(OutOfScope::Keep), Just(OutOfScope::Disable), Just(OutOfScope::Delete)];
    let steps = proptest::collection::vec(step(), 0..6);
    let fault = proptest::option::of((0..5_u8, any::<u64>()));
    // 0 = off, 100 = on but never over
    let percent = || prop_oneof![Just(0_u32), Just(100)];
    let seats = prop_oneof![Just(0_u32), Just(1_000)];
    let disabled = prop_oneof![Just("已禁用用户"), Just(""), Just("外 0")];
    let further = ((percent(), percent(), percent()), seats, disabled, any::<bool>());
    let all = (size, switches, leaver, scope, steps, fault, further);
    all.prop_map(
        |(size, switches, leaver, out_of_scope, steps, fault, (guards, seats, disabled_department, titles))| Case {
            titles,
            guards,
            seats,
            disabled_department,
            employees: size.0,
            units: size.1,
            seed: size.2,
            strangers: size.3,
            foreign_departments: size.4,
            part_time: switches.0,
            superiors: switches.1,
            follows_oa: switches.2,
            top: switches.3,
            excluded: switches.4,
            leaver,
            out_of_scope,
            steps,
            fault,
        },
    )
}

fn build(case: &Case) -> World {
    let world = World::new();
    let (units, employees) = generate(SampleSpec { employees: case.employees, units: case.units, seed: case.seed });
    let root = units.iter().find(|unit| unit.parent_id.is_none()).unwrap().name.clone();
    world.name_root(&root);
    put_directory(&world.env.store, &units, &employees);
    for n in 0..case.foreign_departments {
        world.state().seed_department(CORPID, 100 + n as u32, 1, &format!("外 {n}"), 0);
    }
    for n in 0..case.strangers {
        let home = if case.foreign_departments > 0 { 100 } else { 1 };
        world.state().seed_member(CORPID, Member::new(&format!("stranger{n}"), &format!("客 {n}"), home));
    }
    if case.top {
        world.state().seed_department(CORPID, 50, 1, "挂靠", 0);
    }
    world.state().with_corp(CORPID, |corp| corp.settings.custom_attributes.insert("车牌".into()));
    world.set(|corp| {
        if case.titles {
            corp.downstream.external_fields.insert("职称".into(), "{{ position }}".into());
        }
        let downstream = &mut corp.downstream;
        downstream.include_part_time = case.part_time;
        downstream.superiors_to_wecom = case.superiors;
        downstream.departments_follow_oa = case.follows_oa;
        (downstream.leaver, downstream.out_of_scope) = (case.leaver, case.out_of_scope);
        downstream.top_department = if case.top { 50 } else { 0 };
        downstream.disabled_department = case.disabled_department.into();
        downstream.scope.exclude = employees.iter().take(case.excluded).map(|e| e.id.clone()).collect();
        let guard = &mut downstream.guard;
        (guard.max_removals, guard.max_removal_percent) = (1_000, 100);
        (guard.max_source_drop, guard.max_removals_30_days, guard.max_department_removals) = (1_000, 1_000, 1_000);
        (guard.max_moves_percent, guard.max_cleared_fields_percent, guard.max_department_removal_percent) = case.guards;
        corp.quota.seats = case.seats;
    });
    world
}

fn take(world: &World, step: Step) {
    let (people, units) = (world.employees(), world.units());
    let person = |n: usize| people[n % people.len()].id.clone();
    let unit = |n: usize| units[n % units.len()].id.clone();
    let console = |act: &str, n: usize, body: serde_json::Value| {
        let bindings = world.bindings();
        if !bindings.is_empty() {
            let mut body = body;
            body["userid"] = bindings[n % bindings.len()].userid.as_str().into();
            // who is gone already cannot be changed once more
            let _ = world.state().console(CORPID, act, &body);
        }
    };
    match step {
        Step::Depart(n) => world.change_employee(&person(n), |employee| employee.status = EmployeeStatus::Departed),
        Step::Return(n) => world.change_employee(&person(n), |employee| employee.status = EmployeeStatus::Active),
        Step::Move(a, b) => world.change_employee(&person(a), |employee| {
            employee.unit_id = unit(b);
            employee.part_time_unit_ids.retain(|id| *id != unit(b));
        }),
        Step::Promote(n) => world.change_employee(&person(n), |employee| employee.position = "经理".into()),
        Step::RenameUnit(n) if units.len() > 1 => {
            let id = units.iter().filter(|u| u.parent_id.is_some()).nth(n % (units.len() - 1)).unwrap().id.clone();
            world.change_unit(&id, |unit| unit.name = format!("改 {n}").as_str().into());
        }
        Step::MoveUnit(a, b) => {
            let (id, under) = (unit(a), unit(b));
            let mut at = Some(under.clone());
            while let Some(above) = at {
                if above == id {
                    return;
                }
                at = units.iter().find(|unit| unit.id == above).and_then(|unit| unit.parent_id.clone());
            }
            world.change_unit(&id, |unit| {
                if unit.parent_id.is_some() {
                    unit.parent_id = Some(under.clone());
                }
            });
        }
        Step::DeletedInConsole(n) => console("user/delete", n, serde_json::json!({})),
        Step::MovedInConsole(n) => console("user/update", n, serde_json::json!({ "department": [1] })),
        Step::FilledInConsole(n) => {
            let bindings = world.bindings();
            let found = bindings.get(n % bindings.len().max(1)).map(|binding| binding.userid.to_string());
            if let Some(mut member) = found.and_then(|userid| world.state().find_member(CORPID, &userid)) {
                let web = Attribute::Web { name: "官网".into(), url: "https://e.cn".into(), title: "页".into() };
                member.extattr = vec![Attribute::text("工号", "改"), Attribute::text("车牌", &format!("京A{n}"))];
                member.external.attributes = vec![Attribute::text("微博", &format!("@{n}")), web];
                world.state().seed_member(CORPID, member);
            }
        }
        Step::Renumber(n) => {
            world.change_employee(&person(n), |employee| {
                employee.employee_no = format!("{}x", employee.employee_no).into()
            });
        }
        Step::RenameUnit(_) => {}
    }
}

async fn come_to_rest(world: &World, case: &Case) {
    let mut last = String::new();
    for _ in 0..6 {
        let request = PullRequest { full: true, accept_shrink: true };
        let run = world.jobs.start_sync(&world.corp, request, &super::world::actor()).await.unwrap();
        let run = world.ended(&run).await;
        last = format!("{:?} {:?} {:?}", run.state, run.message, run.failed);
        if run.state == RunState::Done && run.total == 0 {
            return;
        }
    }
    let plan = world.plan().await;
    let changes = match &plan {
        Ok(plan) => world.changes(plan).await,
        Err(_) => Vec::new(),
    };
    panic!("no rest: {last}\nnext: {plan:#?}\n{changes:#?}\n{case:#?}");
}

fn check(case: &Case) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = build(case);
        let strangers: Vec<Member> =
            world.state().members(CORPID).into_iter().filter(|m| m.userid.starts_with("stranger")).collect();
        if let Some((kind, seed)) = case.fault {
            let effect = match kind {
                0 => Effect::Errcode { errcode: -1 },
                1 => Effect::DropBefore,
                2 => Effect::DropAfter,
                3 => Effect::Garbage,
                _ => Effect::InvalidateToken,
            };
            world.state().add_fault(Fault::sometimes("", 0.05, seed, effect));
        }
        come_to_rest_or_fail(&world).await;
        for step in &case.steps {
            take(&world, *step);
            let by_hand = by_hand(&world);
            come_to_rest_or_fail(&world).await;
            assert_kept(&by_hand, &world, case);
        }
        world.state().clear_faults();
        let by_hand = by_hand(&world);
        come_to_rest(&world, case).await;
        assert_kept(&by_hand, &world, case);
        for stranger in strangers {
            let now = world.state().find_member(CORPID, &stranger.userid);
            assert_eq!(now.as_ref(), Some(&stranger), "who is not ours was touched: {case:#?}");
        }
        assert_expected(&world, case).await;
        undo_gives_back(&world, case).await;
        for excluded in &world.env.get_corp(&world.corp).await.unwrap().downstream.scope.exclude {
            assert!(world.bindings().iter().all(|b| b.employee != *excluded || b.removal.is_some()), "{case:#?}");
        }
    });
}

/// What must be true at rest, computed from the directory alone: each person in scope has one enabled member, in the
/// department of its unit, which has the unit's name and hangs under the department of the unit above.
async fn assert_expected(world: &World, case: &Case) {
    let corp = world.env.get_corp(&world.corp).await.unwrap();
    let (members, departments) = (world.members(), world.state().departments(CORPID));
    let links = world.env.store.read(|tx| wecom_bridge::store::bindings::departments(tx, &world.corp)).unwrap();
    let department_of = |unit: &wecom_bridge::model::UnitId| {
        let link = links.iter().find(|link| link.unit == *unit);
        link.map(|link| departments.iter().find(|d| d.id == link.department.0).expect("a link to nothing"))
    };
    let units = world.units();
    for employee in world.employees() {
        let is_excluded = corp.downstream.scope.exclude.contains(&employee.id);
        if !employee.status.is_active() || is_excluded {
            continue;
        }
        let binding = world.bindings().into_iter().find(|b| b.employee == employee.id);
        let binding = binding.unwrap_or_else(|| panic!("{} has no member: {case:#?}", employee.id));
        let member = &members[&binding.userid.folded()];
        assert!(member.is_enabled, "{} is not enabled: {case:#?}", employee.id);
        assert_eq!(member.name, employee.name, "{case:#?}");
        let home = department_of(&employee.unit_id).unwrap_or_else(|| panic!("{} has no department", employee.unit_id));
        assert!(member.is_in(home.id), "{} is not in {}: {member:#?} {case:#?}", employee.id, home.id);
        let mut at = units.iter().find(|unit| unit.id == employee.unit_id).unwrap();
        while let Some(parent) = &at.parent_id {
            let (is, above) = (department_of(&at.id).unwrap(), department_of(parent).unwrap());
            assert_eq!((is.name.as_str(), is.parent), (at.name.as_str(), above.id), "{case:#?}");
            at = units.iter().find(|unit| unit.id == *parent).unwrap();
        }
    }
}

/// The attributes that no mapping knows.
fn by_hand(world: &World) -> BTreeMap<String, Vec<Attribute>> {
    let of = |member: Member| {
        let all = member.extattr.into_iter().chain(member.external.attributes);
        all.filter(|attribute| !matches!(attribute.name(), "工号" | "职称")).collect::<Vec<_>>()
    };
    let all = world.state().members(CORPID).into_iter().map(|member| (member.userid.to_string(), of(member)));
    all.map(|(userid, mut list)| {
        list.sort_by(|a, b| a.name().cmp(b.name()));
        (userid, list)
    })
    .collect()
}

/// Whoever is there before and after a run has the same attributes that no mapping knows.
fn assert_kept(before: &BTreeMap<String, Vec<Attribute>>, world: &World, case: &Case) {
    for (userid, list) in by_hand(world) {
        if let Some(was) = before.get(&userid) {
            assert_eq!(&list, was, "attributes of {userid}: {case:#?}");
        }
    }
}

/// How often an undo could be compared with what was before.
static COMPARED: AtomicUsize = AtomicUsize::new(0);

type Person = (String, String, String, bool, Vec<u32>, Vec<Attribute>);
type Content = (Vec<(u32, String, u32)>, Vec<Person>);

fn content(world: &World) -> Content {
    let departments = world.state().departments(CORPID).into_iter().map(|d| (d.id, d.name.to_string(), d.parent));
    let members = world.members().into_values().map(|member| {
        let mut places: Vec<u32> = member.memberships.iter().map(|m| m.department).collect();
        places.sort_unstable();
        let mut attributes: Vec<Attribute> = member.extattr.into_iter().chain(member.external.attributes).collect();
        attributes.sort_by(|a, b| a.name().cmp(b.name()));
        let (name, position) = (member.name.to_string(), member.position.to_string());
        (member.userid.to_string(), name, position, member.is_enabled, places, attributes)
    });
    (departments.collect(), members.collect())
}

/// A change, its sync and its undo leave WeCom as it was, unless the plan says that it cannot be given back.
async fn undo_gives_back(world: &World, case: &Case) {
    let before = content(world);
    for step in [
        Step::Depart(case.seed as usize % 31),
        Step::Move(case.employees, case.units),
        Step::Promote(3),
        Step::Renumber(case.units),
    ] {
        take(world, step);
    }
    let request = PullRequest { full: true, accept_shrink: true };
    let run = world.jobs.start_sync(&world.corp, request, &super::world::actor()).await.unwrap();
    let run = world.ended(&run).await;
    if run.state != RunState::Done || run.total == 0 {
        return;
    }
    let applied = service::get_plan(&world.env, run.plan.as_ref().unwrap()).await.unwrap();
    let is_reversible = world.changes(&applied).await.iter().all(|change| change.reversible == Reversible::Yes);
    let plan = service::undo(&world.env, &run.id, &super::world::actor()).await.unwrap();
    if plan.state != PlanState::Ready {
        return;
    }
    let undone = world.apply(&plan).await;
    assert_eq!(undone.state, RunState::Done, "{:?} {:#?} {case:#?}", undone.message, undone.failed);
    if is_reversible {
        COMPARED.fetch_add(1, Ordering::Relaxed);
        assert_eq!(content(world), before, "{:#?}\n{case:#?}", world.changes(&plan).await);
    }
}

/// One run, however it ends: faults may stop it.
async fn come_to_rest_or_fail(world: &World) {
    let request = PullRequest { full: false, accept_shrink: true };
    let run = world.jobs.start_sync(&world.corp, request, &super::world::actor()).await.unwrap();
    world.ended(&run).await;
}

#[test]
fn repeated_runs_come_to_rest() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let config = Config {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24),
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 40,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&case(), |case| {
            check(&case);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let compared = COMPARED.load(Ordering::Relaxed);
    println!("{compared} undos were compared");
    assert!(compared > 0, "seed {seed}: no undo was compared");
}
