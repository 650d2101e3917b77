//! A bridge beside a sandbox: corp, app, secrets and directory are set up over REST.

use super::bridge::Bridge;
use serde_json::{Value, json};
use wecom_bridge::clock::Clock;
use wecom_bridge::directory::export::{Captions, to_zip};
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::sandbox::{Profile, Sandbox, SandboxOptions, VisibleRange, seed};

/// The corp's path in the API.
pub const CORP: &str = "/api/v1/corps/acme-main";
/// Employees of [`World::new`].
pub const PEOPLE: usize = 30;

pub struct World {
    pub bridge: Bridge,
    pub sandbox: Sandbox,
}

impl World {
    /// Corp, app, secrets and a directory of [`PEOPLE`], everything over REST.
    pub async fn new() -> Self {
        Self::with(SampleSpec { employees: PEOPLE, units: 6, seed: 7 }).await
    }

    /// With another directory.
    pub async fn with(spec: SampleSpec) -> Self {
        let (units, employees) = generate(spec);
        let root = units.iter().find(|unit| unit.parent_id.is_none()).unwrap().name.clone();
        let sandbox = Sandbox::start(SandboxOptions {
            profile: Profile::PublicNew,
            clock: Clock::system(),
            workers: 1,
            ..SandboxOptions::default()
        })
        .unwrap();
        sandbox.state().add_corp(seed::CORPID, seed::CONTACTS_SECRET);
        sandbox.state().add_app(seed::CORPID, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
        sandbox.state().with_corp(seed::CORPID, |corp| {
            let mut department = corp.directory.department(1).cloned().unwrap();
            department.name = root.as_str().into();
            corp.directory.put_department(department);
        });

        let bridge = Bridge::start().await;
        bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
        let corp = |read_app: Option<&str>| {
            let base = sandbox.base_url();
            json!({
                "tenant": "acme", "name": "Acme", "corpid": seed::CORPID, "access": "read-write", "read_app": read_app,
                "endpoints": { "api_base": base, "authorize_base": base, "login_base": base, "console_url": base },
                "match_rules": [{ "employee": "employee_no", "member": "userid" }],
                "downstream": { "enabled": true },
            })
        };
        bridge.put(CORP, &corp(None)).await.expect(201);
        bridge.put(&format!("{CORP}/apps/oa"), &json!({ "name": "OA", "agentid": seed::AGENTID })).await.expect(201);
        bridge.put(CORP, &corp(Some("oa"))).await.expect(200);
        for (path, secret) in
            [("secrets/contacts", seed::CONTACTS_SECRET), ("apps/oa/secrets/secret", seed::APP_SECRET)]
        {
            bridge.put(&format!("{CORP}/{path}"), &json!({ "value": secret })).await.expect(204);
        }
        let file = to_zip(&units, &employees, Captions::Chinese).unwrap();
        let preview = bridge.upload("/api/v1/tenants/acme/imports", "directory.zip", file).await;
        bridge.act(preview.headers["location"].to_str().unwrap()).await.expect(200);
        Self { bridge, sandbox }
    }

    /// Starts something that runs, watches it to its end, and gives the run and the names of the events.
    pub async fn run(&self, path: &str) -> (Value, Vec<String>) {
        let started = self.bridge.act(path).await;
        let location = started.headers.get("location").map(|value| value.to_str().unwrap().to_owned());
        started.expect(202);
        self.watch(&format!("{}/events", location.unwrap())).await
    }

    pub async fn watch(&self, path: &str) -> (Value, Vec<String>) {
        let answer = self.bridge.get(path).await;
        assert_eq!(answer.headers["content-type"], "text/event-stream");
        let mut names = Vec::new();
        let mut last = Value::Null;
        for event in answer.text.split("\n\n").filter(|event| event.starts_with("event: ")) {
            let (name, data) = event.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
            names.push(name.to_owned());
            last = serde_json::from_str(data).unwrap();
        }
        (last, names)
    }

    pub async fn first_sync(&self) {
        let (run, _) = self.run(&format!("{CORP}/syncs")).await;
        assert_eq!(run["state"], "done", "{run}");
    }

    pub async fn stop(self) {
        self.bridge.app.jobs.shutdown().await;
        self.bridge.stop().await;
    }
}
