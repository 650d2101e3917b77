//! The client of one corp: one method per endpoint, model types in and out.

mod app;
mod chat;
mod department;
mod jobs;
mod lookup;
mod menu;
mod message;
mod tag;
mod user;

pub use lookup::ConvertedIds;
pub use tag::{TAG_DEPARTMENTS_MAX, TAG_USERS_MAX};
pub use user::{BATCH_DELETE_MAX, LIST_ID_MAX};

use super::call::{Caller, Request};
use super::clients::Credential;
use super::dialect::Dialect;
use super::endpoint::Endpoint;
use super::error::{CallError, CallErrorKind};
use super::gate::Gate;
use super::meter::CallMeter;
use super::pace::ApiUse;
use super::transport::Body;
use crate::model::{CorpKey, Edition};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// The client of one corp. Cheap to clone; all clones share tokens, quota and connections.
///
/// Every method may wait for its place in the quota (at most as long as its [`Patience`]); every future may be
/// dropped at any time. Errors say what is true at WeCom afterwards, see [`CallErrorKind`].
#[derive(Clone)]
pub struct Client {
    caller: Arc<Caller>,
    edition: Edition,
    meter: Option<Arc<CallMeter>>,
    gate: Option<Arc<dyn Gate>>,
    patience: Patience,
}

/// How long a call may wait for the quota or for the end of a lock-out before it is not sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Runs: as long as an hour's lock-out and then some.
    Background,
    /// Somebody is watching: ten seconds.
    Interactive,
}

impl Patience {
    fn longest(self) -> Duration {
        match self {
            Self::Background => Duration::from_secs(2 * 3600 + 120),
            Self::Interactive => Duration::from_secs(10),
        }
    }
}

/// Use of a corp's quota at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaUse {
    /// Every API that was called, by name.
    pub apis: Vec<ApiUse>,
    /// Calls that may be under way at once now; less than `concurrency_max` after WeCom refused that many.
    pub concurrency_now: u32,
    /// The setting.
    pub concurrency_max: u32,
}

/// The payload of an answer that has none.
#[derive(Deserialize)]
struct Done {}

impl Client {
    pub(super) fn new(caller: Caller, edition: Edition) -> Self {
        Self { caller: Arc::new(caller), edition, meter: None, gate: None, patience: Patience::Background }
    }

    /// The same client, counting into this meter.
    pub fn metered(&self, meter: Arc<CallMeter>) -> Self {
        Self { meter: Some(meter), ..self.clone() }
    }

    /// The same client whose calls are asked about when they have waited, and given up when the gate closes.
    pub fn gated(&self, gate: Arc<dyn Gate>) -> Self {
        Self { gate: Some(gate), ..self.clone() }
    }

    /// The same client with another patience.
    pub fn with_patience(&self, patience: Patience) -> Self {
        Self { patience, ..self.clone() }
    }

    /// The corp.
    pub fn corp(&self) -> &CorpKey {
        &self.caller.corp
    }

    /// The corp's edition.
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Whether a secret is set for the credential.
    pub fn has(&self, credential: &Credential) -> bool {
        self.caller.secrets.get(credential).is_some_and(|(secret, _)| !secret.is_empty())
    }

    /// Every credential that has a secret.
    pub fn credentials(&self) -> Vec<Credential> {
        self.caller.secrets.keys().filter(|credential| self.has(credential)).cloned().collect()
    }

    /// Use of the quota now.
    pub fn quota(&self) -> QuotaUse {
        let (concurrency_now, concurrency_max) = self.caller.lanes.counts();
        QuotaUse { apis: self.caller.pacer.uses(), concurrency_now, concurrency_max }
    }

    /// WeCom's clock minus ours at the last answer, in whole seconds; `None` before the first one. Half a minute or
    /// more disturbs sign-in and schedules.
    pub fn clock_skew_s(&self) -> Option<i64> {
        let skew = self.caller.skew_s.load(std::sync::atomic::Ordering::Relaxed);
        (skew != crate::wecom::call::NO_SKEW).then_some(skew)
    }

    /// Ends the pause of a secret that was refused, because a person asks to try again; the next call makes one
    /// attempt.
    pub async fn resume(&self, credential: &Credential) {
        if let Some((_, cell)) = self.caller.secrets.get(credential) {
            cell.resume().await;
        }
    }

    fn dialect(&self) -> Dialect {
        Dialect::of(self.edition)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        credential: &Credential,
        endpoint: &'static Endpoint,
        query: Vec<(&'static str, String)>,
    ) -> Result<T, CallError> {
        self.request(credential, endpoint, query, Body::None).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        credential: &Credential,
        endpoint: &'static Endpoint,
        body: &serde_json::Value,
    ) -> Result<T, CallError> {
        // serde_json writes raw UTF-8; escaped text was refused with 40033 in the past
        self.request(credential, endpoint, Vec::new(), Body::Json(body.to_string().into())).await
    }

    async fn request<T: DeserializeOwned>(
        &self,
        credential: &Credential,
        endpoint: &'static Endpoint,
        query: Vec<(&'static str, String)>,
        body: Body,
    ) -> Result<T, CallError> {
        let meter = self.meter.as_deref();
        let gate = self.gate.as_deref();
        let request = Request { endpoint, query, body, meter, gate, patience: self.patience.longest() };
        self.caller.call(credential, request).await
    }
}

/// A request that breaks a rule of the wire.
fn invalid(endpoint: &'static Endpoint) -> impl FnOnce(String) -> CallError {
    move |why| CallError::new(endpoint.name, CallErrorKind::Invalid { why })
}
