//! Bearer API keys at the door. The scope that a route asks for stands in its handler's type ([`Key`]); the guard that
//! checks it is put before the route by the table of routes, from that same type, so it cannot be forgotten and runs
//! before anything of the request is read.

use super::state::State;
use crate::admin::keys::{self, Refused};
use crate::http::errors::store_problem;
pub use crate::http::permission::*;
use crate::http::{Problem, Settings, client_address};
use crate::model::{Actor, ApiKey, ApiScope};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::net::IpAddr;

/// Id of the key that a request came with.
#[derive(Debug, Clone)]
pub struct KeyId(
    /// The public part.
    pub String,
);

/// Proof that the request came with a key that has the scope `P`.
#[derive(Debug)]
pub struct Key<P> {
    /// Which key.
    pub id: KeyId,
    /// For the audit log: `key:<name>` and the client's address.
    pub actor: Actor,
    scopes: Vec<ApiScope>,
    needed: PhantomData<P>,
}

impl<P> Key<P> {
    /// Whether it has a scope beside the one that was asked for.
    pub fn may(&self, scope: ApiScope) -> bool {
        self.scopes.contains(&scope)
    }

    /// A key can give others only what it has itself.
    pub fn check_may_hand_on(&self, scopes: &[ApiScope]) -> Result<(), Problem> {
        match scopes.iter().find(|scope| !self.scopes.contains(scope)) {
            None => Ok(()),
            Some(scope) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "key.scope_not_held",
                format!("A key can hand on only scopes that it has itself; it does not have {}.", scope.name()),
            )
            .with("scope", scope.name())),
        }
    }
}

/// Put into the request by the guard.
#[derive(Debug, Clone)]
struct Caller {
    key: ApiKey,
    from: Option<IpAddr>,
}

impl<P: Permission> FromRequest for Key<P> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        ready(match caller {
            None => Err(missing()),
            Some(caller) => check_scope(&caller.key, P::SCOPE).map(|()| Self {
                actor: Actor {
                    name: format!("key:{}", caller.key.name),
                    from: caller.from.map(|address| address.to_string()),
                },
                id: KeyId(caller.key.id),
                scopes: caller.key.scopes,
                needed: PhantomData,
            }),
        })
    }
}

fn check_scope(key: &ApiKey, needed: ApiScope) -> Result<(), Problem> {
    if key.scopes.contains(&needed) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "key.scope",
        format!("This needs the scope {}, which the API key {:?} does not have.", needed.name(), key.name),
    )
    .with("scope", needed.name()))
}

fn missing() -> Problem {
    Problem::unauthorized("key.missing", "Send an API key: `Authorization: Bearer wbk_…`.")
}

/// Stands before every route that asks for a scope.
pub(super) async fn guard<B: MessageBody + 'static>(
    needed: ApiScope,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(request.request(), needed).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

/// Checks the key of a request outside the table of routes.
pub(super) async fn check(request: &HttpRequest, needed: ApiScope) -> Result<(), Problem> {
    admit(request, needed).await.map(|_| ())
}

async fn admit(request: &HttpRequest, needed: ApiScope) -> Result<Caller, Problem> {
    let (Some(state), Some(settings)) =
        (request.app_data::<web::Data<State>>(), request.app_data::<web::Data<Settings>>())
    else {
        return Err(missing());
    };
    let presented = bearer(request).ok_or_else(missing)?;
    let from = client_address::of(request, &settings.trusted_proxies);
    let now_ms = state.app.clock.now_ms();
    match keys::authenticate(&state.app.store, now_ms, presented, from).await.map_err(store_problem)? {
        Ok(key) => check_scope(&key, needed).map(|()| Caller { key, from }),
        Err(refused) => Err(refuse(refused, state, from, now_ms)),
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, key) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// A client that keeps presenting bad keys is told to wait. Good keys are never held up by a neighbour's bad ones.
fn refuse(refused: Refused, state: &State, from: Option<IpAddr>, now_ms: i64) -> Problem {
    if let Some(wait_s) = state.throttle.count_failure(from, now_ms) {
        return Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "key.throttled",
            "Too many requests with a bad API key came from this address.",
        )
        .retry_after_s(wait_s);
    }
    let told = format!("{}.", sentence(refused));
    match refused {
        Refused::Unknown => Problem::unauthorized("key.unknown", told),
        Refused::Revoked => Problem::unauthorized("key.revoked", told),
        Refused::Expired => Problem::unauthorized("key.expired", told),
        Refused::Network => Problem::new(StatusCode::FORBIDDEN, "key.network", told),
    }
    .caused_by(refused)
}

fn sentence(refused: Refused) -> String {
    let text = refused.to_string();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
