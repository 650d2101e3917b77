//! The demo's scene: a folder, a sandbox, a bridge beside it.

use crate::app::App;
use crate::cli::local;
use crate::cli::served::Served;
use crate::config::Config;
use crate::directory::sample::{SAMPLE_NAME, SampleSpec, generate};
use crate::directory::{Format, ImportOptions, Parsed, Source, Table, import};
use crate::messages::rulebook::{self, RuleBody, RuleError, TargetBody};
use crate::model::{
    Actor, AppKey, ContentKind, CorpKey, Employee, EmployeeId, EmployeeStatus, OrgUnit, TenantKey, UnitId,
};
use crate::ops::admin::CommandError;
use crate::sandbox::{Sandbox, SandboxOptions, seed};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The corp of the set-up.
pub(super) const CORP: &str = "acme-main";
const TENANT: &str = "acme";
const APP: &str = "oa";

/// The documented set-up file; the demo changes nothing in it but the addresses.
const SETUP: &str = include_str!("../../../packaging/setup-example.toml");
/// The address that the documented file gives for WeCom.
const SETUP_ADDRESS: &str = "http://127.0.0.1:9000";
/// Where the sandbox's state is kept beside the bridge's data.
const SANDBOX_FILE: &str = "sandbox.json";

/// Those who join a week later.
const JOINED: [&str; 8] = ["林晓彤", "周子墨", "许嘉禾", "何雨桐", "宋知远", "唐若溪", "韩景行", "冯一诺"];
/// One more than the guard of the set-up lets go at once.
const LEAVERS_MAX: usize = 51;

/// The sample organisation.
fn sample(employees: u32) -> (Vec<OrgUnit>, Vec<Employee>) {
    let employees = usize::try_from(employees).unwrap_or(usize::MAX);
    generate(SampleSpec { employees, units: (employees * 3 / 25).max(3), seed: 1 })
}

/// Everything that runs.
pub(super) struct Scene {
    folder: Folder,
    sandbox: Sandbox,
    app: Arc<App>,
    served: Served,
}

/// Where the data is, and whether it goes with the demo.
struct Folder {
    path: PathBuf,
    is_temporary: bool,
}

impl Scene {
    /// Starts sandbox and bridge. On `Err` nothing runs and a temporary folder is gone.
    pub(super) async fn set(listen: Option<SocketAddr>, data: Option<PathBuf>) -> Result<Self, CommandError> {
        let folder = Folder::open(data)?;
        match Self::set_in(&folder.path, listen).await {
            Ok((sandbox, app, served)) => Ok(Self { folder, sandbox, app, served }),
            Err(error) => {
                folder.close();
                Err(error)
            }
        }
    }

    async fn set_in(folder: &Path, listen: Option<SocketAddr>) -> Result<(Sandbox, Arc<App>, Served), CommandError> {
        let sandbox = Sandbox::start(SandboxOptions::default()).map_err(|error| CommandError::from_chain(&error))?;
        let kept = folder.join(SANDBOX_FILE);
        if kept.exists() {
            let text = std::fs::read_to_string(&kept)
                .map_err(|cause| CommandError::failed(format!("{}: cannot be read: {cause}", kept.display())))?;
            sandbox.state().load_json(&text).map_err(|error| CommandError::from_chain(&error))?;
            seed::without_callbacks(sandbox.state());
        } else {
            seed::demo(sandbox.state());
        }
        let mut config = Config::from_toml("").map_err(|faults| CommandError::usage(faults.to_string()))?;
        config.server.listen = listen.unwrap_or_else(|| usual_or_free(config.server.listen));
        config.server.data_dir = folder.to_owned();
        config.keys.master_key_file = folder.join("master.key");
        let app = local::open(config)?;
        match Served::start(app.clone(), None).await {
            Ok(served) => Ok((sandbox, app, served)),
            Err(error) => {
                app.close().await;
                sandbox.stop().await;
                Err(error)
            }
        }
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.served.address())
    }

    pub(super) fn sandbox_url(&self) -> &str {
        self.sandbox.base_url()
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.folder.path
    }

    /// The documented set-up file with the sandbox's address.
    pub(super) fn setup(&self) -> String {
        SETUP.replace(SETUP_ADDRESS, self.sandbox.base_url())
    }

    /// Imports the sample organisation; answers how many units and people it has.
    pub(super) async fn import(&self, employees: u32, actor: &Actor) -> Result<(usize, usize), CommandError> {
        let (units, people) = sample(employees);
        let counts = (units.len(), people.len());
        self.import_rows(units, people, actor).await?;
        Ok(counts)
    }

    async fn import_rows(&self, units: Vec<OrgUnit>, people: Vec<Employee>, actor: &Actor) -> Result<(), CommandError> {
        let source = Source { name: SAMPLE_NAME.into(), format: Format::Rows, sha256: String::new() };
        let (units, employees) = (Table::of_rows(units), Table::of_rows(people));
        let parsed = Parsed { source, units, employees, faults: Vec::new(), warnings: Vec::new() };
        let options = ImportOptions { allow_shrink: true, allow_other_people: true, ..ImportOptions::default() };
        import::import(&self.app.store, &TenantKey::from(TENANT), parsed, options, actor, |_| {})
            .await
            .map(drop)
            .map_err(|error| CommandError::from_chain(&error))
    }

    /// A week later: a new team, people who join, move, get another title, and so many who leave that a guard holds the plan, unless
    /// the organisation is tiny.
    pub(super) async fn live_on(&self, employees: u32, actor: &Actor) -> Result<(), CommandError> {
        let (mut units, mut people) = sample(employees);
        let parent = units.get(1).or(units.first()).map(|unit| unit.id.clone());
        let team = OrgUnit {
            id: UnitId::from("new-team"),
            parent_id: parent,
            name: "智能创新中心".into(),
            order: None,
            head: Vec::new(),
            ext: BTreeMap::new(),
        };
        let all = people.len();
        let titled = all * 2 / 3..all * 2 / 3 + (all / 12).min(17);
        let moved = all / 2..all / 2 + (all / 20).min(11);
        let left = all / 4..all / 4 + (all / 7).clamp(1, LEAVERS_MAX);
        for person in people.get_mut(titled).into_iter().flatten() {
            person.position = "高级工程师".into();
        }
        for person in people.get_mut(moved).into_iter().flatten() {
            person.unit_id = team.id.clone();
        }
        for person in people.get_mut(left).into_iter().flatten() {
            person.status = EmployeeStatus::Departed;
        }
        for (at, name) in JOINED.iter().enumerate() {
            let mut person = Employee::new(EmployeeId::from(format!("N{at}")), name, team.id.clone());
            person.employee_no = format!("30000{at}").into();
            person.mobile = format!("1390000100{at}").into();
            person.position = "工程师".into();
            people.push(person);
        }
        units.push(team);
        self.import_rows(units, people, actor).await
    }

    /// Makes push rules with which messages reach the sample's app, unless there are some.
    pub(super) async fn make_rules(&self, actor: &Actor) -> Result<(), CommandError> {
        let (env, tenant) = (&self.app.env, TenantKey::from(TENANT));
        let failed = |error: RuleError| CommandError::from_chain(&error);
        if !rulebook::list(env, &tenant).await.map_err(failed)?.is_empty() {
            return Ok(());
        }
        let rule = |name: &str, filter: Option<&str>, kind: ContentKind| RuleBody {
            name: name.to_owned(),
            source: None,
            filter: filter.map(str::to_owned),
            targets: vec![TargetBody::new(CorpKey::from(CORP), AppKey::from(APP), kind)],
            enabled: true,
            quiet_hours: None,
            digest: None,
        };
        let mut others = rule("其他消息", None, ContentKind::Text);
        for target in &mut others.targets {
            target.body = Some("{{ title }}\n{{ body }}".to_owned());
        }
        for body in [
            rule("待办", Some("todo != '' && url != ''"), ContentKind::TemplateCard),
            rule("有链接的消息", Some("url != ''"), ContentKind::Textcard),
            others,
        ] {
            rulebook::save(env, actor, &tenant, None, body).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Has WeCom tell the bridge what happens from now on: presses on cards, messages of members, changes in the console.
    pub(super) fn connect_callbacks(&self) {
        seed::demo_callbacks(self.sandbox.state(), &self.url(), CORP);
    }

    fn keep_sandbox(&self) -> Result<(), String> {
        let state = self.sandbox.state().save().map_err(|error| error.to_string())?;
        let text = serde_json::to_vec(&state).map_err(|error| error.to_string())?;
        std::fs::write(self.folder.path.join(SANDBOX_FILE), text).map_err(|error| error.to_string())
    }

    /// Stops everything. What is kept is kept whole; a temporary folder goes.
    pub(super) async fn clear(self) {
        if !self.folder.is_temporary
            && let Err(why) = self.keep_sandbox()
        {
            tracing::warn!("the sandbox's state was not kept: {why}");
        }
        self.served.stop().await;
        self.sandbox.stop().await;
        self.folder.close();
    }
}

/// The usual port, or any free one where that is taken.
fn usual_or_free(usual: SocketAddr) -> SocketAddr {
    match TcpListener::bind(usual) {
        Ok(_) => usual,
        Err(_) => SocketAddr::new(usual.ip(), 0),
    }
}

impl Folder {
    fn open(data: Option<PathBuf>) -> Result<Self, CommandError> {
        let is_temporary = data.is_none();
        let path = data
            .unwrap_or_else(|| std::env::temp_dir().join(format!("wecom-bridge-demo-{:016x}", rand::random::<u64>())));
        let made = std::fs::DirBuilder::new().recursive(!is_temporary).mode(0o700).create(&path);
        made.map_err(|cause| CommandError::failed(format!("{}: cannot be made: {cause}", path.display())))?;
        Ok(Self { path, is_temporary })
    }

    fn close(self) {
        if self.is_temporary
            && let Err(cause) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!("{} could not be removed: {cause}", self.path.display());
        }
    }
}
