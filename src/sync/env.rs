//! What the engine works with: store, clock, clients, and who is at work on which corp.

use super::error::{SyncError, utc};
use super::shelf::Shelf;
use crate::clock::Clock;
use crate::model::{AppKey, Corp, CorpKey, Secret, SecretName};
use crate::store::{self, Store, StoreError};
use crate::wecom::{Client, Clients, CorpSecrets};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Everything that a function of this room needs from outside. Built once, cheap to clone.
#[derive(Clone)]
pub struct Env {
    /// The store.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// WeCom clients by corp.
    pub clients: Clients,
    busy: Arc<Mutex<HashMap<CorpKey, Occupant>>>,
    freed: Arc<Notify>,
    /// Told when WeCom has said that a job of it has ended.
    job_ended: Arc<Notify>,
    pub(super) shelf: Shelf,
}

#[derive(Debug, Clone)]
struct Occupant {
    what: String,
    by: String,
    since_ms: i64,
}

/// The right to work on a corp; given back when dropped.
#[derive(Debug)]
pub struct Lease {
    corp: CorpKey,
    busy: Arc<Mutex<HashMap<CorpKey, Occupant>>>,
    freed: Arc<Notify>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        lock(&self.busy).remove(&self.corp);
        self.freed.notify_waiters();
    }
}

impl Env {
    /// An environment in which nobody is at work.
    pub fn new(store: Store, clock: Clock, clients: Clients) -> Self {
        Self {
            store,
            clock,
            clients,
            busy: Arc::default(),
            freed: Arc::default(),
            job_ended: Arc::default(),
            shelf: Shelf::default(),
        }
    }

    /// Takes the right to work on a corp, or says who has it (PEER-12). `what` names the work, `by` who asked for it.
    pub fn occupy(&self, corp: &CorpKey, what: &str, by: &str) -> Result<Lease, SyncError> {
        let mut busy = lock(&self.busy);
        if let Some(present) = busy.get(corp) {
            return Err(SyncError::Busy {
                corp: corp.clone(),
                what: present.what.clone(),
                by: present.by.clone(),
                since: utc(present.since_ms),
            });
        }
        let occupant = Occupant { what: what.to_owned(), by: by.to_owned(), since_ms: self.clock.now_ms() };
        busy.insert(corp.clone(), occupant);
        Ok(Lease { corp: corp.clone(), busy: self.busy.clone(), freed: self.freed.clone() })
    }

    /// Returns when nobody is at work on the corp. Somebody else may be quicker to begin then.
    pub async fn wait_until_free(&self, corp: &CorpKey) {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if !lock(&self.busy).contains_key(corp) {
                return;
            }
            freed.await;
        }
    }

    /// WeCom has said that an import or export has ended (`batch_job_result`): whoever waits for one asks now.
    pub fn job_has_ended(&self) {
        self.job_ended.notify_waiters();
    }

    /// Returns at the next [`Env::job_has_ended`]. Which job it was is not told: whoever waits asks WeCom, and may be told
    /// that its own still runs.
    pub async fn next_job_end(&self) {
        self.job_ended.notified().await;
    }

    /// The corp with this key.
    pub async fn get_corp(&self, key: &CorpKey) -> Result<Corp, SyncError> {
        let wanted = key.clone();
        let found = self.store.read_async(move |tx| store::corps::find(tx, &wanted)).await?;
        found.ok_or_else(|| SyncError::NoCorp(key.clone()))
    }

    /// The corp's client, with the secrets that are stored now.
    pub async fn client(&self, corp: &Corp) -> Result<Arc<Client>, SyncError> {
        let (key, apps) = (corp.key.clone(), corp.apps.iter().map(|app| app.key.clone()).collect::<Vec<_>>());
        let secrets = self
            .store
            .read_async(move |tx| {
                let contacts = store::secrets::find(tx, &key, &SecretName::Contacts)?;
                let apps = apps
                    .into_iter()
                    .filter_map(|app| {
                        let secret = store::secrets::find(tx, &key, &SecretName::App(app.clone())).transpose()?;
                        Some(secret.map(|secret| (app, secret)))
                    })
                    .collect::<Result<BTreeMap<AppKey, Secret>, StoreError>>()?;
                Ok(CorpSecrets { contacts, apps })
            })
            .await?;
        self.clients.for_corp(corp, secrets).map_err(|cause| SyncError::read("the corp's addresses", cause))
    }

    /// A new id for a plan or run: sorts by time.
    pub fn new_id(&self) -> String {
        let now_ms = self.clock.now_ms().max(0).unsigned_abs();
        let nanos = u32::try_from(now_ms % 1_000).unwrap_or(0) * 1_000_000;
        let stamp = uuid::Timestamp::from_unix(uuid::NoContext, now_ms / 1_000, nanos);
        uuid::Uuid::new_v7(stamp).to_string()
    }
}

fn lock(busy: &Mutex<HashMap<CorpKey, Occupant>>) -> MutexGuard<'_, HashMap<CorpKey, Occupant>> {
    busy.lock().unwrap_or_else(PoisonError::into_inner)
}
