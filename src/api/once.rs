//! `Idempotency-Key`: a repeated request gets the first answer again instead of being done twice (PEER-19).
//!
//! Only successful answers are kept (24 hours, per API key): a refused request changed nothing and may be sent again
//! under the same key once it is put right. Should the process die between the work and the keeping of the answer, a
//! repetition is done again; the services themselves refuse a second thing of the same name or a second run.

use super::answer::{Fresh, Reply};
use super::auth::KeyId;
use super::state::State;
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::messages::OnceKey;
use crate::model::StoredAnswer;
use crate::store;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::future::{Future, Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a first answer is kept.
pub const KEPT_MS: i64 = store::idempotency::KEPT_MS;
/// Old answers that are removed when a new one is kept.
const FORGOTTEN_AT_ONCE: usize = 10_000;

/// The request's idempotency key, where it has one.
#[derive(Debug)]
pub struct Once {
    key: Option<String>,
    /// Method, path and query.
    target: String,
}

impl FromRequest for Once {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut given = request.headers().get_all("idempotency-key");
        let key = match (given.next(), given.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => check(value.as_bytes()).map(Some),
            (Some(_), Some(_)) => {
                Err(Problem::bad_request("idempotency.key", "There may be only one Idempotency-Key header."))
            }
        };
        let target = format!("{} {}", request.method(), request.uri());
        ready(key.map(|key| Self { key, target }))
    }
}

fn check(value: &[u8]) -> Result<String, Problem> {
    if (1..=255).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic) {
        Ok(value.iter().map(|byte| char::from(*byte)).collect())
    } else {
        Err(Problem::bad_request("idempotency.key", "An Idempotency-Key is 1 to 255 visible ASCII characters."))
    }
}

/// Keys whose first request is still under way.
#[derive(Debug, Default, Clone)]
pub struct InFlight(Arc<Mutex<HashSet<String>>>);

struct Held {
    all: InFlight,
    name: String,
}

impl InFlight {
    fn hold(&self, name: &str) -> Option<Held> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        is_new.then(|| Held { all: self.clone(), name: name.to_owned() })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

impl Once {
    /// The key and what was asked, for services that keep the first answer themselves, in the commit that does the work.
    pub fn into_key(self, caller: &KeyId, body_digest: &[u8]) -> Option<OnceKey> {
        let fingerprint = self.fingerprint(body_digest);
        let scope = caller.0.clone();
        self.key.map(|key| OnceKey { scope, key, fingerprint })
    }

    fn fingerprint(&self, body_digest: &[u8]) -> String {
        hex::encode(Sha256::new().chain_update(&self.target).chain_update([0]).chain_update(body_digest).finalize())
    }

    /// Does the work unless it was done already under this key. The work goes on, and its answer is kept, even when the
    /// client breaks the connection off.
    ///
    /// 409 `idempotency.mismatch` when the key was used for another request, `idempotency.in_progress` while the first
    /// one is under way. `body_digest` is that of the bytes as they came.
    pub async fn run<T: Serialize + Send + 'static, const STATUS: u16>(
        self,
        state: &web::Data<State>,
        caller: &KeyId,
        body_digest: &[u8],
        work: impl Future<Output = Result<Reply<T, STATUS>, Problem>> + Send + 'static,
    ) -> Result<Reply<T, STATUS>, Problem> {
        let (state, caller) = (state.clone(), caller.clone());
        let fingerprint = self.fingerprint(body_digest);
        let task = tokio::spawn(async move {
            match self.key {
                Some(key) => run_keyed(&state, caller.0, key, fingerprint, work).await,
                None => work.await,
            }
        });
        task.await.map_err(Problem::internal)?
    }
}

async fn run_keyed<T: Serialize, const STATUS: u16>(
    state: &State,
    scope: String,
    key: String,
    fingerprint: String,
    work: impl Future<Output = Result<Reply<T, STATUS>, Problem>>,
) -> Result<Reply<T, STATUS>, Problem> {
    let Some(_held) = state.in_flight.hold(&format!("{scope}/{key}")) else {
        return Err(Problem::conflict(
            "idempotency.in_progress",
            "The first request with this Idempotency-Key is still under way; ask again in a moment.",
        )
        .retry_after_s(1));
    };
    let store = &state.app.store;
    let now_ms = state.app.clock.now_ms();
    let (wanted_scope, wanted_key) = (scope.clone(), key.clone());
    let found = store.read_async(move |tx| store::idempotency::find(tx, &wanted_scope, &wanted_key)).await;
    if let Some(stored) = found.map_err(store_problem)?.filter(|stored| now_ms - stored.at_ms < KEPT_MS) {
        if stored.fingerprint != fingerprint {
            return Err(Problem::conflict(
                "idempotency.mismatch",
                "This Idempotency-Key was used for another request; choose a new one for a new request.",
            ));
        }
        return Ok(Reply::Again(stored));
    }
    let reply = work.await?;
    if let Reply::Fresh(fresh) = &reply {
        let stored = keep(fresh, STATUS, fingerprint, now_ms).map_err(Problem::internal)?;
        let kept = store.write(move |tx| {
            store::idempotency::remove_before(tx, now_ms - KEPT_MS + 1, FORGOTTEN_AT_ONCE)?;
            store::idempotency::put(tx, &scope, &key, &stored)
        });
        if let Err(cause) = kept.await {
            // the work is done: to answer with an error would invite a repetition
            tracing::error!("the answer to a request with an Idempotency-Key could not be kept: {cause}");
        }
    }
    Ok(reply)
}

fn keep<T: Serialize>(
    fresh: &Fresh<T>,
    status: u16,
    fingerprint: String,
    at_ms: i64,
) -> Result<StoredAnswer, serde_json::Error> {
    let body = match &fresh.kept {
        Some(kept) => kept.clone(),
        None => serde_json::to_value(&fresh.value)?,
    };
    Ok(StoredAnswer { at_ms, fingerprint, status, location: fresh.location.clone(), body })
}
