//! `/api/v1/api-keys`: made once, shown once, listed without their secret, revoked.

use super::answer::{Created, Ok, Page, Reply};
use super::auth::{Key, KeysAdmin};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::admin::keys::{self, NewKey};
use crate::http::errors::key_problem;
use crate::http::{Body, Problem};
use crate::model::{ApiKey, ApiScope};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("API keys", "Keys of this API: scopes, expiry, source networks.")
        .get("/api/v1/api-keys", "List the keys, revoked ones included, the newest first", list)
        .post(
            "/api/v1/api-keys",
            "Make a key\nThe answer is the only time that the key is shown; only its hash is kept. A repetition with the \
             same Idempotency-Key answers the first result without the key. A key can hand on only what it has itself: scopes, \
             networks and life; networks and expiry that are not given are its own.",
            create,
        )
        .delete(
            "/api/v1/api-keys/{key}",
            "Revoke a key\nWith it go all keys that were made with it; they are refused from the next request on.",
            revoke,
        );
}

/// A key without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct KeyView {
    /// Public part of the key.
    id: String,
    /// Shown name.
    name: String,
    /// What it may do.
    scopes: Vec<ApiScope>,
    /// Addresses or blocks it may come from; empty = from anywhere.
    networks: Vec<String>,
    /// Who made it.
    created_by: String,
    /// Id of the key that it was made with, together with which it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_with: Option<String>,
    /// Unix milliseconds.
    created_at_ms: i64,
    /// From then on refused, Unix milliseconds; absent = never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
    /// When it was revoked, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at_ms: Option<i64>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            scopes: key.scopes,
            networks: key.networks,
            created_by: key.created_by,
            made_with: key.made_with,
            created_at_ms: key.created_at_ms,
            expires_at_ms: key.expires_at_ms,
            revoked_at_ms: key.revoked_at_ms,
        }
    }
}

/// What a new key shall be.
#[derive(Debug, Deserialize, ToSchema)]
struct NewKeyBody {
    /// 1 to 60 characters, unique among the keys in force.
    name: String,
    /// At least one.
    scopes: Vec<ApiScope>,
    /// Addresses or blocks it may come from, e.g. `10.0.0.0/8`, within those of the calling key; empty = as that one.
    #[serde(default)]
    networks: Vec<String>,
    /// From then on refused, Unix milliseconds, not after the end of the calling key; absent = as that one.
    #[serde(default)]
    expires_at_ms: Option<i64>,
}

/// A key just revoked.
#[derive(Debug, Serialize, ToSchema)]
struct RevokedKeyView {
    /// The key.
    #[serde(flatten)]
    view: KeyView,
    /// Keys made with it that were revoked together with it.
    revoked_with_it: Vec<KeyView>,
}

/// A key just made.
#[derive(Debug, Serialize, ToSchema)]
struct NewKeyView {
    /// The whole key for the `Authorization` header; absent in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The rest.
    #[serde(flatten)]
    view: KeyView,
}

async fn list(_: Key<KeysAdmin>, state: web::Data<State>) -> Result<Ok<Page<KeyView>>, Problem> {
    let keys = keys::list(&state.app.store).await.map_err(key_problem)?;
    Result::Ok(Reply::new(Page::whole(keys.into_iter().map(KeyView::from).collect())))
}

async fn create(
    caller: Key<KeysAdmin>,
    state: web::Data<State>,
    once: Once,
    body: Body<NewKeyBody>,
) -> Result<Created<NewKeyView>, Problem> {
    let app = state.app.clone();
    let NewKeyBody { name, scopes, networks, expires_at_ms } = body.value;
    let new = NewKey { name, scopes, networks, expires_at_ms };
    once.run(&state, &caller.id.clone(), &body.digest, async move {
        let made = keys::create_with(&app.store, &app.clock, &caller.actor, &caller.id.0, new).await;
        let (key, text) = made.map_err(key_problem)?;
        let location = format!("/api/v1/api-keys/{}", key.id);
        let mut answer = NewKeyView { key: None, view: key.into() };
        let kept = serde_json::to_value(&answer).map_err(Problem::internal)?;
        answer.key = Some(text.expose().to_owned());
        Result::Ok(Reply::at(answer, location).keeping(kept))
    })
    .await
}

async fn revoke(
    caller: Key<KeysAdmin>,
    state: web::Data<State>,
    key: web::Path<String>,
) -> Result<Ok<RevokedKeyView>, Problem> {
    let revoked = keys::revoke(&state.app.store, &state.app.clock, &caller.actor, &key).await.map_err(key_problem)?;
    let revoked_with_it = revoked.with_it.into_iter().map(KeyView::from).collect();
    Result::Ok(Reply::new(RevokedKeyView { view: revoked.key.into(), revoked_with_it }))
}
