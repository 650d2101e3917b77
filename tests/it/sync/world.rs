//! A bridge and a sandbox on one clock: store in a temporary folder, directory of a sample organisation.

use crate::support;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::jobs::Jobs;
use wecom_bridge::model::{
    Actor, Change, Corp, CorpKey, Employee, EmployeeId, MatchRule, MemberBinding, MirrorHead, OrgUnit, PlanHead, Run,
    RunId, RunState, Secret, SecretName, Tenant, Text, UnitId,
};
use wecom_bridge::model::{DownstreamOptions, Member};
use wecom_bridge::sandbox::{self, Profile, Sandbox, SandboxOptions, State, seed};
use wecom_bridge::store::{self, KeyRing, Store, StoreOptions};
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::sync::service::{self, PlanRequest, PullPolicy};
use wecom_bridge::sync::{Env, SyncError};
use wecom_bridge::wecom::{Clients, NoObserver};

pub use crate::support::corp::{CORPID, START_MS};
/// How long a test waits for something before it gives up, in real time.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub fn actor() -> Actor {
    Actor { name: "test".into(), from: None }
}

/// A bridge and a sandbox.
pub struct World {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub corp: CorpKey,
    pub env: Env,
    pub jobs: Jobs,
    _folder: tempfile::TempDir,
}

/// The settings of the corp, pointed at an address, with downstream switched on.
pub fn corp(api_base: &str) -> Corp {
    Corp {
        match_rules: vec![MatchRule { employee: "employee_no".into(), member: "userid".into() }],
        downstream: DownstreamOptions { enabled: true, ..DownstreamOptions::default() },
        ..support::corp::corp(api_base)
    }
}

/// A store in a folder with tenant, corp and secrets.
pub fn open_store(folder: &std::path::Path, clock: &Clock, corp: &Corp) -> Store {
    let store = reopen_store(folder, clock);
    let corp = corp.clone();
    store
        .write_blocking(move |tx| {
            store::tenants::put(tx, &Tenant { key: corp.tenant.clone(), name: corp.name.clone() })?;
            store::corps::put(tx, &corp)?;
            store::secrets::put(tx, &corp.key, &SecretName::Contacts, &Secret::new(seed::CONTACTS_SECRET))?;
            store::secrets::put(tx, &corp.key, &SecretName::App("oa".into()), &Secret::new(seed::APP_SECRET))
        })
        .unwrap();
    store
}

/// The store of a folder, with the key beside it.
pub fn reopen_store(folder: &std::path::Path, clock: &Clock) -> Store {
    let keys = KeyRing::load_or_create(&folder.join("master.key"), folder).unwrap();
    Store::open(folder, StoreOptions::new(keys, clock.clone())).unwrap()
}

/// Writes a directory without further questions.
pub fn put_directory(store: &Store, units: &[OrgUnit], employees: &[Employee]) {
    let (units, employees) = (units.to_vec(), employees.to_vec());
    store
        .write_blocking(move |tx| {
            let tenant = "acme".into();
            store::directory::put_units(tx, &tenant, &units)?;
            store::directory::put_employees(tx, &tenant, &employees)
        })
        .unwrap();
}

/// A sandbox with the corp of [`corp`] and nobody in it.
pub fn start_sandbox(profile: Profile, clock: &Clock, root_name: &str) -> Sandbox {
    let options =
        SandboxOptions { profile, clock: clock.clone(), workers: 1, calls_kept: 200_000, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).unwrap();
    support::corp::add_corp(sandbox.state());
    sandbox.state().with_corp(CORPID, |corp| {
        let mut root = corp.directory.department(1).cloned().unwrap();
        root.name = root_name.into();
        corp.directory.put_department(root);
        corp.settings.custom_attributes.insert("工号".into());
    });
    sandbox
}

impl World {
    /// An empty organisation of one root unit, on a clock on which waiting costs nothing.
    pub fn new() -> Self {
        Self::of(Profile::PublicNew, |_| {})
    }

    /// The same, of another edition and with other settings.
    pub fn of(profile: Profile, change: impl FnOnce(&mut Corp)) -> Self {
        Self::on(Clock::jumping(START_MS), profile, change)
    }

    /// The same, on a given clock.
    pub fn on(clock: Clock, profile: Profile, change: impl FnOnce(&mut Corp)) -> Self {
        let sandbox = start_sandbox(profile, &clock, "示例集团");
        let mut settings = corp(sandbox.base_url());
        settings.edition = support::corp::edition_of(profile);
        change(&mut settings);
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path(), &clock, &settings);
        let clients = Clients::new(clock.clone(), Arc::new(NoObserver));
        let env = Env::new(store, clock.clone(), clients);
        let jobs = Jobs::new(env.clone());
        Self { sandbox, clock, corp: settings.key, env, jobs, _folder: folder }
    }

    /// A sample organisation of so many people and units.
    pub fn sample(employees: usize, units: usize, seed: u64) -> Self {
        let world = Self::new();
        world.fill(employees, units, seed);
        world
    }

    /// Puts a sample organisation into the directory; the corp's root gets its name.
    pub fn fill(&self, employees: usize, units: usize, seed: u64) {
        let (units, employees) = generate(SampleSpec { employees, units, seed });
        let root = units.iter().find(|unit| unit.parent_id.is_none()).unwrap().name.clone();
        self.name_root(&root);
        put_directory(&self.env.store, &units, &employees);
    }

    pub fn name_root(&self, name: &str) {
        self.state().with_corp(CORPID, |corp| {
            let mut root = corp.directory.department(1).cloned().unwrap();
            root.name = name.into();
            corp.directory.put_department(root);
        });
    }

    pub fn state(&self) -> &State {
        self.sandbox.state()
    }

    pub fn units(&self) -> Vec<OrgUnit> {
        self.env.store.read(|tx| store::directory::units(tx, &"acme".into())).unwrap()
    }

    pub fn employees(&self) -> Vec<Employee> {
        self.env.store.read(|tx| store::directory::employees(tx, &"acme".into())).unwrap()
    }

    pub fn employee(&self, id: &str) -> Employee {
        self.employees().into_iter().find(|employee| employee.id.as_str() == id).unwrap()
    }

    /// Changes one employee of the directory.
    pub fn change_employee(&self, id: &EmployeeId, change: impl FnOnce(&mut Employee)) {
        let mut employee = self.employee(id.as_str());
        change(&mut employee);
        put_directory(&self.env.store, &[], &[employee]);
    }

    /// Changes one unit of the directory.
    pub fn change_unit(&self, id: &UnitId, change: impl FnOnce(&mut OrgUnit)) {
        let mut unit = self.units().into_iter().find(|unit| unit.id == *id).unwrap();
        change(&mut unit);
        put_directory(&self.env.store, &[unit], &[]);
    }

    /// Changes the corp's settings.
    pub fn set(&self, change: impl FnOnce(&mut Corp)) {
        let mut corp = self.env.store.read(|tx| store::corps::find(tx, &self.corp)).unwrap().unwrap();
        change(&mut corp);
        self.env.store.write_blocking(move |tx| store::corps::put(tx, &corp)).unwrap();
    }

    /// Pull, plan, apply; the run as it ended.
    pub async fn sync(&self) -> Run {
        let run = self.jobs.start_sync(&self.corp, PullRequest::default(), &actor()).await.unwrap();
        self.ended(&run).await
    }

    /// The run as it ended.
    pub async fn ended(&self, run: &RunId) -> Run {
        tokio::time::timeout(PATIENCE, self.jobs.wait(run)).await.expect("the run never ended").unwrap()
    }

    pub async fn pull(&self, request: PullRequest) -> Run {
        let run = self.jobs.start_pull(&self.corp, request, &actor()).await.unwrap();
        self.ended(&run).await
    }

    /// A plan on fresh data.
    pub async fn plan(&self) -> Result<PlanHead, SyncError> {
        service::make_plan(&self.env, &self.corp, &actor(), PlanRequest::default()).await
    }

    /// A plan on what the store holds.
    pub async fn plan_without_pull(&self) -> Result<PlanHead, SyncError> {
        let request = PlanRequest { policy: PullPolicy::Never, ..PlanRequest::default() };
        service::make_plan(&self.env, &self.corp, &actor(), request).await
    }

    pub async fn changes(&self, plan: &PlanHead) -> Vec<Change> {
        service::list_changes(&self.env, &plan.id, 0, u32::MAX).await.unwrap()
    }

    pub async fn apply(&self, plan: &PlanHead) -> Run {
        let run = self.jobs.start_apply(&plan.id, &actor()).await.unwrap();
        self.ended(&run).await
    }

    pub fn bindings(&self) -> Vec<MemberBinding> {
        self.env.store.read(|tx| store::bindings::members(tx, &self.corp)).unwrap()
    }

    pub fn mirror(&self) -> (Option<MirrorHead>, Vec<Member>) {
        self.env
            .store
            .read(|tx| Ok((store::mirror::head(tx, &self.corp)?, store::mirror::members(tx, &self.corp)?)))
            .unwrap()
    }

    pub fn members(&self) -> BTreeMap<Text, sandbox::Member> {
        self.state().members(CORPID).into_iter().map(|member| (member.key(), member)).collect()
    }

    /// Returns when something is so; the clock stands still meanwhile.
    #[track_caller]
    pub fn until(&self, what: impl Fn() -> bool) -> impl Future<Output = ()> {
        support::until(PATIENCE, what)
    }

    /// Does something on a clock that somebody moves on, a second at a time.
    pub async fn while_time_passes<T>(&self, work: impl Future<Output = T>) -> T {
        let passing = async {
            loop {
                self.clock.advance(Duration::from_secs(1));
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            }
        };
        let done = async {
            tokio::select! {
                done = work => done,
                () = passing => unreachable!("time never ends"),
            }
        };
        tokio::time::timeout(PATIENCE, done).await.expect("it never came to an end")
    }

    /// Where a run was held by this guard alone, a person allows its plan, and it is applied.
    pub async fn allow_where_held(&self, run: Run, guard: &str) -> Run {
        if run.state != RunState::Held {
            return run;
        }
        let plan = service::get_plan(&self.env, run.plan.as_ref().unwrap()).await.unwrap();
        assert_eq!(plan.tripped().map(|tripped| tripped.name.as_str()).collect::<Vec<_>>(), [guard]);
        service::decide(&self.env, &plan.id, true, &actor(), "looked at").await.unwrap();
        self.apply(&plan).await
    }

    /// Stops the bridge and starts it anew on another clock; the sandbox keeps its own.
    pub async fn restarted_on(self, clock: Clock) -> Self {
        let Self { sandbox, corp, env, jobs, _folder, .. } = self;
        jobs.shutdown().await;
        drop((jobs, env));
        let store = reopen_store(_folder.path(), &clock);
        let env = Env::new(store, clock.clone(), Clients::new(clock.clone(), Arc::new(NoObserver)));
        let jobs = Jobs::new(env.clone());
        Self { sandbox, clock, corp, env, jobs, _folder }
    }

    /// A second plan must be empty.
    pub async fn assert_converged(&self) {
        let plan = self.plan().await.unwrap();
        let changes = self.changes(&plan).await;
        assert!(changes.is_empty(), "a second plan is not empty: {:#?}", &changes[..changes.len().min(5)]);
    }
}

/// Ends everything of the bridge that runs on this runtime where it stands, like a crash; the store's last commit and the
/// sandbox live on. The world then has a bridge that remembers nothing but what is stored.
pub fn crash(runtime: tokio::runtime::Runtime, world: &mut World) {
    runtime.shutdown_timeout(Duration::from_secs(10));
    let clients = Clients::new(world.clock.clone(), Arc::new(NoObserver));
    world.env = Env::new(world.env.store.clone(), world.clock.clone(), clients);
    world.jobs = Jobs::new(world.env.clone());
}

/// A run that must have ended well.
pub fn assert_done(run: &Run) {
    assert_eq!(run.state, RunState::Done, "{:?}, failed: {:#?}", run.message, run.failed.first());
}
