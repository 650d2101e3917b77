//! How long a plan takes and how much memory the whole process needs.
//!
//! `cargo bench --bench plan` runs every case in a process of its own, so that each has its own peak; one case alone:
//! `cargo bench --bench plan -- warm 100000 10000`. Cases: `cold` (an empty WeCom), `warm` (nothing differs), `one-percent`
//! (one person in a hundred has a new position). `explain PEOPLE` asks about one person after another over a stored
//! organisation; it runs last.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench says what broke by stopping")]

mod filled;

use std::process::Command;
use std::sync::Arc;
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::model::{
    Access, BindingOrigin, Corp, Department, DepartmentBinding, DepartmentId, DownstreamOptions, Edition, Employee,
    Endpoints, Fields, MatchRule, Member, MemberBinding, MemberField, MemberStatus, Membership, MirrorHead, OrgUnit,
    PullOptions, Pushed, Quota, ReadStrategy, ShownLists, Text, UpstreamOptions,
};
use wecom_bridge::store::{self, KeyRing, Store, StoreOptions};
use wecom_bridge::sync::explain::{Told, explain_told};
use wecom_bridge::sync::plan::plan;
use wecom_bridge::sync::{Env, PlanFacts, PlanInput, service};
use wecom_bridge::wecom::{Clients, NoObserver};

const CASES: [(&str, usize, usize); 4] = [
    ("cold", 100_000, 10_000),
    ("warm", 100_000, 10_000),
    ("one-percent", 100_000, 10_000),
    ("warm", 1_000_000, 100_000),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [case, people] = arguments.as_slice()
        && case == "explain"
    {
        explain(people.parse().unwrap_or(100_000));
        return;
    }
    if let [case, employees, units] = arguments.as_slice() {
        let (Ok(employees), Ok(units)) = (employees.parse(), units.parse()) else {
            eprintln!("usage: plan [cold|warm|one-percent EMPLOYEES UNITS]");
            std::process::exit(2);
        };
        run(case, employees, units);
        return;
    }
    println!("case            people   units  changes  input MiB    plan ms     cpu ms   peak MiB explain ms");
    let Ok(own) = std::env::current_exe() else { return };
    for (case, employees, units) in CASES {
        let arguments = [case.to_owned(), employees.to_string(), units.to_string()];
        if let Err(error) = Command::new(&own).args(arguments).status() {
            eprintln!("{case}: {error}");
        }
    }
    if let Err(error) = Command::new(&own).args(["explain", "100000"]).status() {
        eprintln!("explain: {error}");
    }
}

/// One person after another over a stored organisation: the first question loads and plans, the others do not.
fn explain(people: usize) {
    let home = tempfile::tempdir().unwrap();
    let clock = Clock::manual(1_800_000_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(home.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
        filled::fill(&store, people, clock.now_ms()).await;
        let env = Env::new(store.clone(), clock.clone(), Clients::new(clock, Arc::new(NoObserver)));
        let employees = store.read(|tx| store::directory::employees(tx, &"acme".into())).unwrap();
        let before = memory("VmRSS");
        for employee in employees.iter().step_by((people / 6).max(1)) {
            let watch = Stopwatch::start();
            let said = service::explain(&env, &"acme-main".into(), &employee.id).await.unwrap();
            let (took, kept) = (watch.elapsed_ms(), memory("VmRSS").saturating_sub(before));
            println!(
                "explain {:>12} of {people}: {took:>6} ms, {} changes, {kept} MiB kept",
                said.id.as_str(),
                said.changes.len()
            );
        }
    });
}

fn run(case: &str, employees: usize, units: usize) {
    let (units, employees) = generate(SampleSpec { employees, units, seed: 7 });
    let corp = corp(&units);
    let mut state = State::empty(&units);
    if case != "cold" {
        state = State::in_step(&units, &employees, case == "one-percent");
    }
    let input = PlanInput {
        corp: &corp,
        units: &units,
        employees: &employees,
        mirror: &state.head,
        departments: &state.departments,
        members: &state.members,
        member_bindings: &state.member_bindings,
        department_bindings: &state.department_bindings,
        tombstones: &[],
        facts: PlanFacts {
            largest_department_id: 1,
            shown_lists: ShownLists { extattr: true, external: true },
            ..PlanFacts::default()
        },
    };
    let before = memory("VmRSS");
    let mut best_ms = u64::MAX;
    let mut best_cpu_ms = u64::MAX;
    let mut changes = 0;
    for _ in 0..3 {
        let watch = Stopwatch::start();
        let cpu = cpu_ms();
        match plan(&input) {
            Ok(draft) => changes = draft.changes.len(),
            Err(refusal) => {
                eprintln!("{case}: {refusal}");
                std::process::exit(1);
            }
        }
        best_ms = best_ms.min(watch.elapsed_ms());
        best_cpu_ms = best_cpu_ms.min(cpu_ms() - cpu);
    }
    let peak = memory("VmHWM");
    // one person, from a plan that is there already
    let told = Told::of(&input);
    let explain_ms = (0..3_usize).map(|n| {
        let watch = Stopwatch::start();
        let said = explain_told(&input, &told, &employees[employees.len() / (n + 2)].id);
        assert!(said.refused.is_none(), "{said:?}");
        watch.elapsed_ms()
    });
    let explain_ms = explain_ms.min().unwrap_or_default();
    println!(
        "{case:12} {:>9} {:>7} {changes:>8} {before:>10} {best_ms:>10} {best_cpu_ms:>10} {peak:>10} {explain_ms:>10}",
        employees.len(),
        units.len(),
    );
}

/// Milliseconds that this process has had a core; a busy machine does not lengthen them.
fn cpu_ms() -> u64 {
    let status = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    status.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0) / 1_000_000
}

/// Mebibytes of this process, as Linux counts them.
fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

struct State {
    head: MirrorHead,
    departments: Vec<Department>,
    members: Vec<Member>,
    member_bindings: Vec<MemberBinding>,
    department_bindings: Vec<DepartmentBinding>,
}

impl State {
    fn empty(units: &[OrgUnit]) -> Self {
        let name = units.first().map(|root| root.name.clone());
        Self {
            head: MirrorHead {
                read_at_ms: 0,
                strategy: ReadStrategy::Lists,
                strategy_reason: String::new(),
                is_complete: true,
                departments: 0,
                members: 0,
                unreadable: Vec::new(),
                unreadable_total: 0,
            },
            departments: vec![department(1, 0, name)],
            members: Vec::new(),
            member_bindings: Vec::new(),
            department_bindings: Vec::new(),
        }
    }

    /// What WeCom and the bridge hold after everything has been written.
    fn in_step(units: &[OrgUnit], employees: &[Employee], stale: bool) -> Self {
        let mut state = Self::empty(units);
        state.departments.clear();
        let ids: std::collections::HashMap<&str, u32> =
            (1_u32..).zip(units).map(|(id, unit)| (unit.id.as_str(), id)).collect();
        for unit in units {
            let id = ids[unit.id.as_str()];
            let parent = unit.parent_id.as_ref().map_or(0, |parent| ids[parent.as_str()]);
            let mut made = department(id, parent, Some(unit.name.clone()));
            made.order = unit.order.map_or(0, |order| u32::MAX - order);
            state.departments.push(made);
            state.department_bindings.push(DepartmentBinding {
                unit: unit.id.clone(),
                department: DepartmentId(id),
                origin: BindingOrigin::Created,
                bound_at_ms: 0,
                pushed_name: Some(unit.name.clone()),
            });
        }
        let heads: std::collections::HashSet<(&str, &str)> =
            units.iter().flat_map(|unit| unit.head.iter().map(|head| (head.as_str(), unit.id.as_str()))).collect();
        for (at, employee) in employees.iter().enumerate() {
            let home = DepartmentId(ids[employee.unit_id.as_str()]);
            let written = fields(employee);
            let mut shown = written.clone();
            shown.remove(&MemberField::Mobile);
            shown.remove(&MemberField::Email);
            if stale && at % 100 == 0 {
                shown.insert(MemberField::Position, Text::const_new("旧职务"));
            }
            shown.shrink();
            let is_leader = heads.contains(&(employee.id.as_str(), employee.unit_id.as_str()));
            state.members.push(Member {
                userid: employee.employee_no.as_str().into(),
                memberships: vec![Membership { department: home, order: 0, is_leader }],
                main_department: Some(home),
                status: Some(MemberStatus::Activated),
                direct_leader: Some(Vec::new()),
                fields: shown,
                has_details: true,
            });
            let mut pushed: Fields<Pushed> =
                written.into_iter().map(|(field, value)| (field, Pushed { value, before: None })).collect();
            pushed.shrink();
            state.member_bindings.push(MemberBinding {
                employee: employee.id.clone(),
                userid: employee.employee_no.as_str().into(),
                origin: BindingOrigin::Created,
                bound_at_ms: 0,
                pushed,
                placed: None,
                removal: None,
            });
        }
        state
    }
}

fn fields(employee: &Employee) -> Fields<Text> {
    [
        (MemberField::Name, employee.name.clone()),
        (MemberField::Mobile, employee.mobile.clone()),
        (MemberField::Email, employee.email.clone()),
        (MemberField::Position, employee.position.clone()),
        (MemberField::Gender, Text::const_new(employee.gender.wire())),
        (MemberField::Telephone, employee.telephone.clone()),
        (MemberField::Alias, employee.alias.clone()),
        (MemberField::ExternalPosition, employee.position.clone()),
        (MemberField::ExtAttr(Text::const_new("工号")), employee.employee_no.clone()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn department(id: u32, parent: u32, name: Option<Text>) -> Department {
    Department { id: DepartmentId(id), parent: DepartmentId(parent), name, order: 0, leaders: Vec::new() }
}

fn corp(units: &[OrgUnit]) -> Corp {
    Corp {
        key: "bench".into(),
        tenant: "bench".into(),
        name: units.first().map(|root| root.name.to_string()).unwrap_or_default(),
        corpid: "ww0".into(),
        // more units than the public edition takes
        edition: Edition::Private,
        endpoints: Endpoints {
            api_base: String::new(),
            authorize_base: String::new(),
            login_base: String::new(),
            console_url: String::new(),
            ca_file: String::new(),
            proxy: String::new(),
            timeout_ms: 1,
        },
        access: Access::ReadWrite,
        read_app: None,
        quota: Quota::default(),
        apps: Vec::new(),
        match_rules: vec![
            MatchRule { employee: "employee_no".into(), member: "userid".into() },
            MatchRule { employee: "mobile".into(), member: "mobile".into() },
        ],
        pull: PullOptions::default(),
        downstream: DownstreamOptions::default(),
        upstream: UpstreamOptions::default(),
    }
}
