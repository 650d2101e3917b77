//! A sandbox and the product's client on one clock.

use crate::support;
use std::collections::BTreeMap;
use std::sync::Arc;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{AppKey, Corp, Fields, MemberField, MemberImage, Membership, Secret, Text, UserId};
use wecom_bridge::model::{DepartmentId, DepartmentImage};
use wecom_bridge::sandbox::{Profile, Sandbox, SandboxOptions, State, seed};
use wecom_bridge::wecom::{
    CallError, CallMeter, Client, Clients, CorpSecrets, Credential, DepartmentWrite, MemberWrite, NoObserver,
};

pub use crate::support::corp::{CORPID, START_MS, corp};

/// The credential of the app `oa`.
pub fn app() -> Credential {
    Credential::App(AppKey::from("oa"))
}

pub fn contacts() -> Credential {
    Credential::Contacts
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
        support::corp::add_corp(sandbox.state());
        let mut corp = corp(sandbox.base_url());
        corp.edition = support::corp::edition_of(profile);
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
