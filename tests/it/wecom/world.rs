//! A sandbox and the product's client on one clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{
    Access, App, AppKey, Corp, Edition, Endpoints, Fields, MatchRule, MemberField, MemberImage, Membership,
    PullOptions, Quota, Secret, Text, UserId,
};
use wecom_bridge::model::{DepartmentId, DepartmentImage, DownstreamOptions, UpstreamOptions};
use wecom_bridge::sandbox::{Profile, Sandbox, SandboxOptions, State, VisibleRange, seed};
use wecom_bridge::wecom::{
    CallError, CallMeter, Client, Clients, CorpSecrets, Credential, DepartmentWrite, MemberWrite, NoObserver,
};

pub const START_MS: i64 = 1_760_000_000_000;
pub const CORPID: &str = seed::CORPID;

/// The credential of the app `oa`.
pub fn app() -> Credential {
    Credential::App(AppKey::from("oa"))
}

pub fn contacts() -> Credential {
    Credential::Contacts
}

/// The corp's settings, pointed at an address.
pub fn corp(api_base: &str) -> Corp {
    let base = api_base.to_owned();
    Corp {
        key: "acme-main".into(),
        tenant: "acme".into(),
        name: "示例集团".into(),
        corpid: CORPID.into(),
        edition: Edition::Public,
        endpoints: Endpoints {
            api_base: base.clone(),
            authorize_base: base.clone(),
            login_base: base.clone(),
            console_url: base,
            ca_file: String::new(),
            proxy: String::new(),
            timeout_ms: 5000,
        },
        access: Access::ReadWrite,
        read_app: Some(AppKey::from("oa")),
        quota: Quota::default(),
        apps: vec![App { key: "oa".into(), name: "OA".into(), agentid: seed::AGENTID, callback_enabled: false }],
        match_rules: Vec::<MatchRule>::new(),
        pull: PullOptions::default(),
        downstream: DownstreamOptions::default(),
        upstream: UpstreamOptions::default(),
    }
}

pub fn secrets() -> CorpSecrets {
    CorpSecrets {
        contacts: Some(Secret::new(seed::CONTACTS_SECRET)),
        apps: BTreeMap::from([(AppKey::from("oa"), Secret::new(seed::APP_SECRET))]),
    }
}

pub struct World {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub clients: Clients,
    pub corp: Corp,
}

impl World {
    /// A sandbox on a clock on which waiting costs nothing, and the demo corp.
    pub fn new(profile: Profile) -> Self {
        Self::on(Clock::jumping(START_MS), profile)
    }

    pub fn on(clock: Clock, profile: Profile) -> Self {
        let options = SandboxOptions { profile, clock: clock.clone(), workers: 1, ..SandboxOptions::default() };
        let sandbox = Sandbox::start(options).unwrap();
        sandbox.state().add_corp(CORPID, seed::CONTACTS_SECRET);
        sandbox.state().add_app(CORPID, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
        let mut corp = corp(sandbox.base_url());
        corp.edition = match profile {
            Profile::PublicNew | Profile::PublicLegacy => Edition::Public,
            Profile::Private => Edition::Private,
            Profile::Government => Edition::Government,
        };
        let clients = Clients::new(clock.clone(), Arc::new(NoObserver));
        Self { sandbox, clock, clients, corp }
    }

    pub fn public() -> Self {
        Self::new(Profile::PublicNew)
    }

    pub fn state(&self) -> &State {
        self.sandbox.state()
    }

    pub fn client(&self) -> Arc<Client> {
        self.clients.for_corp(&self.corp, secrets()).unwrap()
    }

    /// A client that counts.
    pub fn metered(&self) -> (Client, Arc<CallMeter>) {
        let meter = Arc::new(CallMeter::new());
        (self.client().metered(Arc::clone(&meter)), meter)
    }
}

pub fn fields(pairs: &[(&str, &str)]) -> Fields<Text> {
    pairs.iter().map(|(path, value)| (MemberField::find(path).unwrap(), Text::from(*value))).collect()
}

pub fn member(userid: &str, departments: &[u32]) -> MemberWrite {
    let email = format!("{}@example.com", userid.to_lowercase());
    MemberWrite {
        userid: UserId::from(userid),
        image: MemberImage {
            fields: fields(&[("name", &format!("Name {userid}")), ("email", &email)]),
            memberships: Some(
                departments
                    .iter()
                    .map(|id| Membership { department: DepartmentId(*id), order: 0, is_leader: false })
                    .collect(),
            ),
            main_department: departments.first().map(|id| DepartmentId(*id)),
            ..MemberImage::default()
        },
        to_invite: None,
    }
}

/// Only these fields of a member.
pub fn change(userid: &str, pairs: &[(&str, &str)]) -> MemberWrite {
    let image = MemberImage { fields: fields(pairs), ..MemberImage::default() };
    MemberWrite { userid: UserId::from(userid), image, to_invite: None }
}

pub fn department(id: u32, parent: u32, name: &str) -> DepartmentWrite {
    DepartmentWrite {
        id: Some(DepartmentId(id)),
        image: DepartmentImage { name: Some(name.into()), parent: Some(DepartmentId(parent)), order: None },
    }
}

/// The errcode of a failed call; 0 stands for success.
pub fn code<T>(result: &Result<T, CallError>) -> i64 {
    match result {
        Ok(_) => 0,
        Err(error) => error.errcode(),
    }
}
