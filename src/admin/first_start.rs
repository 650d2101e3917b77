//! The first administrator: while there is no account at all, a one-time link lets whoever has it make one. The link is
//! printed where the server is started, so that only who runs the machine gets it.

use super::accounts::{self, NewAccount};
use super::error::AccountError;
use super::sessions::{NewSession, Opened, Visitor};
use super::settings::{self, Settings, SettingsError};
use super::{Env, hash_of_token, is_token, new_token};
use crate::model::{Actor, Role, Secret};
use crate::store::{self, Reads, Scope, StoreError};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// How long a link is good.
pub const VALID_MS: i64 = 30 * 60_000;
/// Path of the page behind the link, under the base path; the token is its query `token`.
pub const PATH: &str = "/setup";

const NAME: &str = "first_start";

/// The link that is in force; there is never more than one.
#[derive(Serialize, Deserialize)]
struct Link {
    token_hash: String,
    expires_at_ms: i64,
}

/// What the first administrator shall be.
#[derive(Debug, Clone)]
pub struct NewAdministrator {
    /// Sign-in name.
    pub name: String,
    /// The person's name.
    pub display_name: String,
    /// The password.
    pub password: Secret,
    /// `zh` or `en`: the person's language, and the appliance's.
    pub language: Option<String>,
}

/// Everything that is wrong with what was entered, so that nobody mends it piece by piece.
pub fn faults(name: &str, display_name: &str, password: &Secret, public_url: &str) -> Vec<FirstStartError> {
    let account =
        accounts::faults(name.trim(), display_name.trim(), password).into_iter().map(FirstStartError::Account);
    account.chain(settings::checked_url(public_url.trim()).err().map(FirstStartError::Settings)).collect()
}

/// Why there is no first administrator.
#[derive(Debug, thiserror::Error)]
pub enum FirstStartError {
    /// There is an account already; the link is of no more use.
    #[error("the appliance is set up already: sign in, or run `wecom-bridge admin passwd NAME` on the appliance")]
    Done,
    /// The link is not, or no longer, the right one.
    #[error("this link is not valid or no longer valid: restart the server or run `wecom-bridge admin setup-link`")]
    Link,
    /// The account is not acceptable.
    #[error("{0}")]
    Account(AccountError),
    /// The external address is not acceptable.
    #[error("{0}")]
    Settings(SettingsError),
    /// The store failed.
    #[error("store")]
    Store(#[from] StoreError),
}

/// Whether there is no account yet.
pub async fn is_open(env: &Env) -> Result<bool, StoreError> {
    env.store.read_async(store::accounts::is_empty).await
}

/// Makes a new link, good for [`VALID_MS`], and voids the former one. `None` when there is an account already.
pub async fn open_link(env: &Env) -> Result<Option<Secret>, StoreError> {
    let token = new_token();
    let hash = hash_of_token(token.expose());
    let is_open = env.store.write(move |tx| {
        if !store::accounts::is_empty(tx)? {
            return Ok(false);
        }
        let link = Link { token_hash: hash.clone(), expires_at_ms: tx.now_ms() + VALID_MS };
        store::settings::put(tx, Scope::Appliance, NAME, &link)?;
        Ok(true)
    });
    Ok(is_open.await?.then_some(token))
}

/// The address that a token is opened under.
pub fn url(public_url: &str, token: &Secret) -> String {
    format!("{public_url}{PATH}?token={}", token.expose())
}

/// Whether the page may be shown.
pub async fn check(env: &Env, token: &str) -> Result<(), FirstStartError> {
    let token = token.to_owned();
    env.store.read_async(move |tx| check_in(tx, &token)).await?
}

fn check_in(tx: &impl Reads, token: &str) -> Result<Result<(), FirstStartError>, StoreError> {
    if !store::accounts::is_empty(tx)? {
        return Ok(Err(FirstStartError::Done));
    }
    let link: Option<Link> = store::settings::get(tx, Scope::Appliance, NAME)?;
    let fits = link.is_some_and(|link| {
        tx.now_ms() < link.expires_at_ms
            && is_token(token)
            && bool::from(link.token_hash.as_bytes().ct_eq(hash_of_token(token).as_bytes()))
    });
    Ok(if fits { Ok(()) } else { Err(FirstStartError::Link) })
}

/// Makes the first administrator, stores the external address, and opens a session. All of it or nothing; of two who
/// try at once one is told [`FirstStartError::Done`].
pub async fn finish(
    env: &Env,
    token: &str,
    new: NewAdministrator,
    public_url: &str,
    visitor: &Visitor,
) -> Result<Opened, FirstStartError> {
    check(env, token).await?;
    let language = new.language.clone();
    let wanted = NewAccount {
        name: new.name,
        display_name: new.display_name,
        role: Role::Administrator,
        password: new.password,
        must_change_password: false,
        language: new.language,
    };
    let public_url = settings::checked_url(public_url).map_err(FirstStartError::Settings)?;
    let mut account = accounts::prepare(env, wanted).await.map_err(|error| match error {
        AccountError::Store(cause) => FirstStartError::Store(cause),
        other => FirstStartError::Account(other),
    })?;
    account.last_sign_in_ms = Some(account.created_at_ms);
    let actor = Actor::account(&account.name, visitor.from);
    let (token, session) = (token.to_owned(), NewSession::of(env, visitor));
    let cookie = session.token.clone();
    let made = env.store.write(move |tx| {
        if let Err(error) = check_in(tx, &token)? {
            return Ok(Err(error));
        }
        store::settings::remove(tx, Scope::Appliance, NAME)?;
        accounts::insert(tx, &actor, &account)?;
        let former = settings::read(tx)?;
        let language = language.clone().unwrap_or_else(|| former.language.clone());
        let settings = Settings { public_url: Some(public_url.clone()), language, ..former };
        settings::put(tx, &actor, &settings)?;
        let session = session.open(tx, &account, serde_json::Map::new())?;
        Ok(Ok((session, account.clone())))
    });
    let (session, account) = made.await??;
    Ok(Opened { token: cookie, session, account })
}
