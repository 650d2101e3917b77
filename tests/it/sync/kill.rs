//! `kill -9` at a hundred random points of a run of a thousand people. The bridge is a process of its own; WeCom lives
//! on in this one.

use super::world::{CORPID, actor, corp, open_store, put_directory, reopen_store, start_sandbox};
use crate::support::child::{self, Moments};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use wecom_bridge::clock::Clock;
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::jobs::Jobs;
use wecom_bridge::model::{Corp, CorpKey, Outcome, PlanId, Run, RunState};
use wecom_bridge::sandbox::{Department, Member, Profile, Sandbox, State};
use wecom_bridge::store;
use wecom_bridge::sync::Env;
use wecom_bridge::sync::service::{self, PlanRequest};
use wecom_bridge::wecom::{Clients, NoObserver};

const FOLDER: &str = "WECOM_BRIDGE_TEST_KILL_DIR";
const PLAN: &str = "WECOM_BRIDGE_TEST_KILL_PLAN";
const KILLS: usize = 100;
const PEOPLE: usize = 1_000;

fn jobs_of(folder: &Path) -> Jobs {
    let clock = Clock::system();
    let store = reopen_store(folder, &clock);
    Jobs::new(Env::new(store, clock.clone(), Clients::new(clock, Arc::new(NoObserver))))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The child: takes up what was interrupted, or starts the plan, and works until it is through or killed.
#[test]
#[ignore = "played by the test below in a process of its own"]
fn applies_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let plan = PlanId::from(std::env::var(PLAN).unwrap());
    runtime().block_on(async {
        let jobs = jobs_of(Path::new(&folder));
        let mut runs = jobs.resume_interrupted().await.unwrap();
        if runs.is_empty()
            && service::get_plan(jobs.env(), &plan).await.unwrap().state != wecom_bridge::model::PlanState::Taken
        {
            runs.push(jobs.start_apply(&plan, &actor()).await.unwrap());
        }
        for run in runs {
            jobs.wait(&run).await.unwrap();
        }
    });
}

fn spawn(folder: &Path, plan: &PlanId) -> Child {
    let variables = [(FOLDER, folder.as_os_str()), (PLAN, plan.as_str().as_ref())];
    child::play("sync::kill::applies_until_killed", variables)
}

fn applied_writes(state: &State) -> u64 {
    let counts = state.call_counts();
    ["department/create", "user/create"].iter().filter_map(|e| counts.get(*e)?.by_errcode.get(&0)).sum()
}

/// A bridge with a plan for so many people, and the sandbox it is for.
fn prepare(folder: &Path, people: usize, units: usize, change: fn(&mut Corp)) -> (Sandbox, PlanId) {
    let clock = Clock::system();
    let (units, employees) = generate(SampleSpec { employees: people, units, seed: 42 });
    let root = units.iter().find(|unit| unit.parent_id.is_none()).unwrap().name.clone();
    let sandbox = start_sandbox(Profile::PublicNew, &clock, &root);
    let mut settings = corp(sandbox.base_url());
    change(&mut settings);
    let store = open_store(folder, &clock, &settings);
    put_directory(&store, &units, &employees);
    let env = Env::new(store, clock.clone(), Clients::new(clock, Arc::new(NoObserver)));
    let plan = runtime().block_on(service::make_plan(&env, &settings.key, &actor(), PlanRequest::default())).unwrap();
    env.store.close();
    (sandbox, plan.id)
}

/// What the sandbox holds, without times and counters of its own.
fn content(state: &State) -> (BTreeMap<u32, Department>, BTreeMap<String, Member>) {
    let departments = state.departments(CORPID).into_iter().map(|d| (d.id, d)).collect();
    let members = state.members(CORPID).into_iter().map(|mut member| {
        member.created_at_ms = 0;
        (member.key().to_string(), member)
    });
    (departments, members.collect())
}

#[test]
fn a_killed_apply_goes_on_and_creates_nobody_twice() {
    let undisturbed = {
        let folder = tempfile::tempdir().unwrap();
        let (sandbox, plan) = prepare(folder.path(), PEOPLE, 60, |_| {});
        assert!(child::ended(spawn(folder.path(), &plan)));
        content(sandbox.state())
    };
    assert_eq!(undisturbed.1.len(), PEOPLE);

    let folder = tempfile::tempdir().unwrap();
    let (sandbox, plan) = prepare(folder.path(), PEOPLE, 60, |_| {});
    let state = sandbox.state();
    let mut moments = Moments::new();
    let seed = moments.seed;
    let mut kills = 0;
    for _ in 0..KILLS {
        let child = spawn(folder.path(), &plan);
        // after so many writes, or already while it looks at what it left behind
        let (writes, spins) = (applied_writes(state) + moments.below(7), moments.below(3_000));
        let calls = state.calls().len();
        if !child::kill_when(child, spins, || applied_writes(state) >= writes && state.calls().len() > calls) {
            break;
        }
        kills += 1;
    }
    println!("killed {kills} times; {} writes were applied by then", applied_writes(state));
    assert!(kills >= KILLS * 9 / 10, "the run was through after {kills} kills (seed {seed})");
    assert!(child::ended(spawn(folder.path(), &plan)));

    assert_eq!(content(state), undisturbed, "seed {seed}");
    let mut created: BTreeMap<(String, String), usize> = BTreeMap::new();
    for call in state.calls().into_iter().filter(|call| call.is_applied && call.endpoint.ends_with("/create")) {
        *created.entry((call.endpoint, call.subject)).or_default() += 1;
    }
    assert!(created.values().all(|count| *count == 1), "seed {seed}: created twice");

    let jobs = jobs_of(folder.path());
    let key = CorpKey::from("acme-main");
    let (runs, bindings) = jobs
        .env()
        .store
        .read(|tx| Ok((store::runs::list(tx, &key, 10)?, store::bindings::members(tx, &key)?)))
        .unwrap();
    // a kill before the plan was taken leaves a run that has not begun to write; all writes are of one run
    let through: Vec<&Run> = runs.iter().filter(|run| run.state == RunState::Done && run.plan.is_some()).collect();
    assert_eq!(through.len(), 1, "seed {seed}: {runs:#?}");
    let idle = runs.iter().filter(|run| run.state != RunState::Done);
    assert!(idle.clone().all(|run| run.calls.writes == 0 && run.done == 0), "seed {seed}: {runs:#?}");
    let runs = through;
    let entries = jobs.env().store.read(|tx| store::runs::entries(tx, &runs[0].id, 0..u32::MAX)).unwrap();
    assert_eq!(entries.len() as u64, runs[0].total);
    assert!(entries.iter().all(|e| matches!(e.outcome, Outcome::Done | Outcome::FoundDone)), "seed {seed}");
    let found = entries.iter().filter(|e| e.outcome == Outcome::FoundDone).count();
    println!("{found} records were found done after a kill");
    assert_eq!(runs[0].counts.members.create as usize, PEOPLE);
    let bound: BTreeSet<String> = bindings.iter().map(|b| b.userid.folded().to_string()).collect();
    assert_eq!(bound, undisturbed.1.keys().cloned().collect(), "seed {seed}: journal and WeCom disagree");
}

/// Rounds of the test below; each is a first sync of its own that is killed some times.
const IMPORTS: usize = 6;

#[test]
fn a_killed_import_goes_on_and_creates_nobody_twice() {
    // a file and the beginning of a second one
    let people = 1_050;
    let undisturbed = {
        let folder = tempfile::tempdir().unwrap();
        let (sandbox, plan) = prepare(folder.path(), people, 8, super::import::by_import);
        assert!(child::ended(spawn(folder.path(), &plan)));
        assert_eq!(sandbox.state().call_counts()["batch/syncuser"].by_errcode[&0], 2);
        content(sandbox.state())
    };
    assert_eq!(undisturbed.1.len(), people);
    let mut moments = Moments::new();
    let seed = moments.seed;
    let mut kills = 0;
    for round in 0..IMPORTS {
        let folder = tempfile::tempdir().unwrap();
        let (sandbox, plan) = prepare(folder.path(), people, 8, super::import::by_import);
        let state = sandbox.state();
        for _ in 0..5 {
            let child = spawn(folder.path(), &plan);
            // some calls further, and some time after the last of them
            let (calls, spins) = (state.calls().len() as u64 + 1 + moments.below(12), moments.below(3_000_000));
            if !child::kill_when(child, spins, || state.calls().len() as u64 >= calls) {
                break;
            }
            kills += 1;
        }
        assert!(child::ended(spawn(folder.path(), &plan)), "round {round}, seed {seed}");
        assert_eq!(content(state), undisturbed, "round {round}, seed {seed}");
        let jobs = jobs_of(folder.path());
        let key = CorpKey::from("acme-main");
        let (runs, bindings) = jobs
            .env()
            .store
            .read(|tx| Ok((store::runs::list(tx, &key, 10)?, store::bindings::members(tx, &key)?)))
            .unwrap();
        let through: Vec<&Run> = runs.iter().filter(|run| run.state == RunState::Done && run.plan.is_some()).collect();
        assert_eq!(through.len(), 1, "round {round}, seed {seed}: {runs:#?}");
        let entries = jobs.env().store.read(|tx| store::runs::entries(tx, &through[0].id, 0..u32::MAX)).unwrap();
        assert!(entries.iter().all(|e| matches!(e.outcome, Outcome::Done | Outcome::FoundDone)), "seed {seed}");
        let created =
            state.calls().into_iter().filter(|call| call.is_applied && call.endpoint == "user/create").count();
        let bound: BTreeSet<String> = bindings.iter().map(|b| b.userid.folded().to_string()).collect();
        assert_eq!(bound, undisturbed.1.keys().cloned().collect(), "round {round}, seed {seed}");
        println!("round {round}: {created} of {people} took a call of their own");
        jobs.env().store.close();
    }
    println!("killed {kills} times");
    assert!(kills >= IMPORTS, "only {kills} kills (seed {seed})");
}
