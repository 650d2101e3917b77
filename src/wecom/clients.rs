//! One client per corp, rebuilt when the corp's settings change, while what was used of its quota stays counted.

use super::call::Caller;
use super::client::Client;
use super::error::{CallError, CallErrorKind, NotSentCause};
use super::lanes::Lanes;
use super::meter::CallObserver;
use super::pace::{Pacer, QuotaAccount, QuotaMemory};
use super::token::TokenCell;
use super::transport::Transport;
use crate::clock::Clock;
use crate::model::{Access, AppKey, Corp, CorpKey, Edition, Endpoints, Quota, Secret};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Which secret a call is made with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credential {
    /// The contacts-sync secret: writes, lists ids; may not read details in new corps.
    Contacts,
    /// An app's secret: reads its visible range.
    App(AppKey),
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contacts => f.write_str("contacts sync (contacts_secret)"),
            Self::App(key) => write!(f, "the app {key}"),
        }
    }
}

/// The secrets of one corp.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorpSecrets {
    /// 通讯录同步 secret
    pub contacts: Option<Secret>,
    /// App secrets by app.
    pub apps: BTreeMap<AppKey, Secret>,
}

/// What one address may call, all corps together, per API (doc path 90312).
const HOST_QUOTA: Quota = Quota { calls_per_minute: 20_000, calls_per_hour: 600_000, concurrency: u32::MAX, seats: 0 };

/// What a client is built from; another value means another client.
#[derive(Clone, PartialEq)]
struct Settings {
    corpid: String,
    edition: Edition,
    endpoints: Endpoints,
    access: Access,
    quota: Quota,
    secrets: CorpSecrets,
}

/// The clients of all corps. Cheap to clone.
#[derive(Clone)]
pub struct Clients(Arc<Inner>);

struct Inner {
    clock: Clock,
    observer: Arc<dyn CallObserver>,
    built: Mutex<HashMap<CorpKey, (Settings, Arc<Client>)>>,
    /// By address and CorpID: the quota belongs to the corp at WeCom, not to our settings. An empty CorpID stands for
    /// all corps together.
    pacers: Mutex<HashMap<QuotaAccount, Arc<Pacer>>>,
    memory: Option<Arc<dyn QuotaMemory>>,
}

impl Clients {
    /// No client yet; each is built when it is first asked for.
    pub fn new(clock: Clock, observer: Arc<dyn CallObserver>) -> Self {
        Self::built(clock, observer, None)
    }

    /// The same, with somebody who keeps what the quotas were used for, so that a restart does not overrun them.
    pub fn remembering(clock: Clock, observer: Arc<dyn CallObserver>, memory: Arc<dyn QuotaMemory>) -> Self {
        Self::built(clock, observer, Some(memory))
    }

    fn built(clock: Clock, observer: Arc<dyn CallObserver>, memory: Option<Arc<dyn QuotaMemory>>) -> Self {
        Self(Arc::new(Inner { clock, observer, built: Mutex::default(), pacers: Mutex::default(), memory }))
    }

    /// The client of a corp: the same one as long as corp and secrets do not change.
    ///
    /// `Err` ([`NotSentCause::Settings`]) names the setting that cannot be used: address, CA file, proxy.
    pub fn for_corp(&self, corp: &Corp, secrets: CorpSecrets) -> Result<Arc<Client>, CallError> {
        let settings = Settings {
            corpid: corp.corpid.clone(),
            edition: corp.edition,
            endpoints: corp.endpoints.clone(),
            access: corp.access,
            quota: corp.quota,
            secrets,
        };
        if let Some(client) = self.find(&corp.key, &settings) {
            return Ok(client);
        }
        // built without the lock: a CA file on a slow disk keeps no other corp waiting
        let client = Arc::new(self.build(&corp.key, &settings)?);
        let mut built = self.0.built.lock().unwrap_or_else(PoisonError::into_inner);
        match built.get(&corp.key) {
            Some((known, first)) if *known == settings => Ok(Arc::clone(first)),
            _ => {
                built.insert(corp.key.clone(), (settings, Arc::clone(&client)));
                Ok(client)
            }
        }
    }

    fn find(&self, corp: &CorpKey, settings: &Settings) -> Option<Arc<Client>> {
        let built = self.0.built.lock().unwrap_or_else(PoisonError::into_inner);
        built.get(corp).filter(|(known, _)| known == settings).map(|(_, client)| Arc::clone(client))
    }

    /// Drops the client of a corp that was removed; calls under way end by themselves.
    pub fn forget(&self, corp: &CorpKey) {
        self.0.built.lock().unwrap_or_else(PoisonError::into_inner).remove(corp);
    }

    /// Use of the quota by corp, for metrics.
    pub fn quotas(&self) -> Vec<(CorpKey, super::QuotaUse)> {
        let built = self.0.built.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<_> = built.iter().map(|(key, (_, client))| (key.clone(), client.quota())).collect();
        drop(built);
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list
    }

    fn build(&self, key: &CorpKey, settings: &Settings) -> Result<Client, CallError> {
        let transport = Transport::new(&settings.endpoints).map_err(|why| {
            let cause = NotSentCause::Settings(format!("corp {key}: {why}"));
            CallError::new("settings", CallErrorKind::NotSent { cause })
        })?;
        let clock = &self.0.clock;
        let contacts = settings.secrets.contacts.iter().map(|secret| (Credential::Contacts, secret));
        let apps = settings.secrets.apps.iter().map(|(key, secret)| (Credential::App(key.clone()), secret));
        let secrets = contacts
            .chain(apps)
            .map(|(credential, secret)| (credential, (secret.clone(), TokenCell::new(clock.clone()))))
            .collect();
        let caller = Caller {
            corp: key.clone(),
            corpid: settings.corpid.clone(),
            access: settings.access,
            clock: clock.clone(),
            observer: Arc::clone(&self.0.observer),
            transport,
            pacer: self.pacer(&settings.corpid, settings, settings.quota),
            // private deployments publish no limit by address
            host_pacer: (settings.edition == Edition::Public).then(|| self.pacer("", settings, HOST_QUOTA)),
            lanes: Lanes::new(settings.quota.concurrency),
            secrets,
            skew_s: std::sync::atomic::AtomicI64::new(super::call::NO_SKEW),
        };
        Ok(Client::new(caller, settings.edition))
    }

    fn pacer(&self, corpid: &str, settings: &Settings, quota: Quota) -> Arc<Pacer> {
        let mut pacers = self.0.pacers.lock().unwrap_or_else(PoisonError::into_inner);
        let account = QuotaAccount { api_base: settings.endpoints.api_base.clone(), corpid: corpid.to_owned() };
        let pacer = pacers.entry(account).or_insert_with_key(|account| {
            let memory = self.0.memory.clone().map(|memory| (account.clone(), memory));
            Pacer::new(self.0.clock.clone(), quota, memory)
        });
        pacer.set_quota(quota);
        Arc::clone(pacer)
    }
}
