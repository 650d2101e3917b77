//! The application: configuration, store, clock, WeCom clients, engine. Built once, passed on; there are no globals.

use crate::admin;
use crate::browse::Views;
use crate::callbacks::Callbacks;
use crate::clock::Clock;
use crate::config::Config;
use crate::http;
use crate::jobs::Jobs;
use crate::messages::{Compose, Messages, RuleComposer};
use crate::ops::{Metrics, Pulse};
use crate::store::{self, KeyRing, Store, StoreError, StoreOptions};
use crate::sync::{Env, StoredQuota};
use crate::webhooks::Webhooks;
use crate::wecom::Clients;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

/// Everything that a page, the API or a command needs.
pub struct App {
    /// What the operator set.
    pub config: Config,
    /// The store.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// WeCom clients by corp.
    pub clients: Clients,
    /// What the engine works with.
    pub env: Env,
    /// What accounts, sessions and settings work with.
    pub admin: admin::Env,
    /// What pages look at.
    pub views: Views,
    /// Runs under way.
    pub jobs: Jobs,
    /// The push rules of each tenant, compiled.
    pub rules: Arc<RuleComposer>,
    /// Messages out.
    pub messages: Messages,
    /// What WeCom sends.
    pub callbacks: Callbacks,
    /// Who is told of what happens.
    pub webhooks: Webhooks,
    /// Counters.
    pub metrics: Metrics,
    listens_on: OnceLock<SocketAddr>,
    /// What the probes have seen last.
    pub pulse: Pulse,
}

/// Why the application does not start. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store, its folder or its master key.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl App {
    /// Opens the store (creating it and the master key at the first start) and builds what rests on it. Nothing runs
    /// yet. On `Err` everything is as it was.
    pub fn open(config: Config, clock: Clock) -> Result<Arc<Self>, StartError> {
        let keys = KeyRing::discover(&config.keys.master_key_file, &config.server.data_dir)?;
        let mut options = StoreOptions::new(keys, clock.clone());
        options.cache_bytes = config.limits.store_cache_bytes();
        let store = Store::open(&config.server.data_dir, options)?;
        let metrics = Metrics::new();
        let memory = Arc::new(StoredQuota::new(store.clone()));
        let clients = Clients::remembering(clock.clone(), Arc::new(metrics.clone()), memory);
        let env = Env::new(store.clone(), clock.clone(), clients.clone());
        let admin = admin::Env::new(store.clone(), clock.clone());
        let views = Views::new(store.clone(), clock.clone());
        let jobs = Jobs::new(env.clone());
        let rules = Arc::new(RuleComposer::new());
        let messages = Messages::new(env.clone(), Arc::clone(&rules) as Arc<dyn Compose>);
        let observer = Arc::new(metrics.clone());
        let webhooks = Webhooks::new(store.clone(), clock.clone());
        let parts = (jobs.clone(), webhooks.clone(), messages.clone());
        let callbacks = Callbacks::new((store.clone(), clock.clone()), parts.0, parts.1, parts.2, observer)?;
        Ok(Arc::new(Self {
            config,
            store,
            clock,
            clients,
            env,
            admin,
            views,
            jobs,
            rules,
            messages,
            callbacks,
            webhooks,
            metrics,
            pulse: Pulse::default(),
            listens_on: OnceLock::new(),
        }))
    }

    /// [`App::open`] where a store must be there already.
    pub fn open_existing(config: Config, clock: Clock) -> Result<Arc<Self>, StartError> {
        let path = store::database_path(&config.server.data_dir);
        if path.exists() { Self::open(config, clock) } else { Err(StoreError::Missing { path }.into()) }
    }

    /// The address under which others reach the bridge, without a trailing slash and with the base path: what the
    /// operator configured, else what an administrator set, else where the server listens. Every link and callback URL
    /// derives from it (OPS-01).
    pub async fn public_url(&self) -> Result<String, StoreError> {
        if let Some(configured) = &self.config.server.public_url {
            return Ok(configured.clone());
        }
        let set = admin::settings::get(&self.admin).await?.public_url;
        Ok(set.unwrap_or_else(|| {
            let address = self.listens_on.get().copied().unwrap_or(self.config.server.listen);
            self.config.url_at(http::reachable(address))
        }))
    }

    /// Notes where the server listens, which the configuration may have left to the system.
    pub fn note_listening(&self, address: SocketAddr) {
        // A second server in one process does not happen; the first one's address stays.
        let _ = self.listens_on.set(address);
    }

    /// Lets calls under way end, finishes writes and closes the store. Runs that are not through go on at the next start.
    pub async fn close(&self) {
        self.messages.shutdown().await;
        self.callbacks.shutdown().await;
        self.webhooks.shutdown().await;
        self.jobs.shutdown().await;
        self.views.close();
        let store = self.store.clone();
        if let Err(cause) = tokio::task::spawn_blocking(move || store.close()).await {
            tracing::error!("the store did not close: {cause}");
        }
    }
}
