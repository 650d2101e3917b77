//! The door: a name, a password and perhaps a code become a session, or a refusal that tells a guesser nothing.
//!
//! Unknown names take the same steps as known ones (a durable count, one Argon2 computation), and a disabled account is
//! refused like a wrong password.

use super::passwords::HashError;
use super::second_factor::{self, Accepted};
use super::sessions::{NewSession, Opened, Visitor};
use super::{Env, attempts};
use crate::model::{Account, AccountId, Actor, PasswordHash, Secret, Session, TotpState};
use crate::store::{self, Reads, StoreError, WriteTx};
use serde_json::json;

/// Seconds after which somebody may try again who came while too many passwords were being checked.
const BUSY_RETRY_S: u64 = 5;

/// What somebody presents at the door.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The sign-in name, in whatever case.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// A code of the app or a recovery code, where one was asked for.
    pub code: Option<String>,
    /// Address and browser.
    pub visitor: Visitor,
}

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Name or password is wrong; which one is not told.
    #[error("the name or the password is wrong")]
    Wrong,
    /// The password is right and the account is disabled. **To be answered exactly like [`Refused::Wrong`].**
    #[error("the name or the password is wrong")]
    Disabled,
    /// The password is right; a code of the second factor is asked for. Ask for it and send name and password again.
    #[error("a code of the second factor is needed")]
    NeedsCode,
    /// The password is right, the code is wrong, too old or was used already.
    #[error("the code is wrong, has expired or was used already")]
    WrongCode,
    /// Nothing was looked at: too many attempts under this name or from this address, or too many at once.
    #[error("too many attempts; try again in {retry_after_s} seconds")]
    Wait {
        /// Seconds.
        retry_after_s: u64,
    },
    /// The store or the hashing failed.
    #[error("signing in is not possible at this moment")]
    Failed(#[source] StoreError),
    /// The hashing failed.
    #[error("signing in is not possible at this moment: {0}")]
    Hash(String),
}

impl Refused {
    /// A stable code for texts in the reader's language.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong | Self::Disabled => "sign_in.wrong",
            Self::NeedsCode => "sign_in.needs_code",
            Self::WrongCode => "sign_in.wrong_code",
            Self::Wait { .. } => "sign_in.wait",
            Self::Failed(_) | Self::Hash(_) => "internal",
        }
    }

    /// What the audit log says.
    const fn reason(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong name or password",
            Self::Disabled => "the account is disabled",
            Self::NeedsCode => "no code",
            Self::WrongCode => "wrong code",
            Self::Wait { .. } => "must wait",
            Self::Failed(_) | Self::Hash(_) => "failure",
        }
    }
}

impl From<StoreError> for Refused {
    fn from(cause: StoreError) -> Self {
        Self::Failed(cause)
    }
}

/// Lets somebody in, or not. On `Err` no session is open.
pub async fn sign_in(env: &Env, attempt: Attempt) -> Result<Opened, Refused> {
    let from = attempt.visitor.from;
    if let Err(wait_ms) = env.door.enter(from, env.clock.now_ms()) {
        return Err(Refused::Wait { retry_after_s: attempts::seconds(wait_ms) });
    }
    let result = knock(env, &attempt).await;
    match &result {
        // None of these was a guess at a password.
        Ok(_) | Err(Refused::NeedsCode | Refused::Wait { .. } | Refused::Failed(_) | Refused::Hash(_)) => {
            env.door.forgive(from);
        }
        Err(Refused::Wrong | Refused::Disabled | Refused::WrongCode) => {}
    }
    if let Err(refused @ (Refused::Wrong | Refused::Disabled | Refused::WrongCode)) = &result {
        note(env, &attempt, refused).await;
    }
    result
}

async fn knock(env: &Env, attempt: &Attempt) -> Result<Opened, Refused> {
    // What cannot be a name costs as much as what can.
    let name = if Account::check_name(&attempt.name).is_ok() { attempt.name.clone() } else { String::new() };
    if let Err(retry_after_s) = attempts::reserve(env, &name).await? {
        return Err(Refused::Wait { retry_after_s });
    }
    let wanted = name.clone();
    let account = env.store.read_async(move |tx| store::accounts::find_by_name(tx, &wanted)).await?;
    let hash = account.as_ref().map(|account| &account.password_hash);
    let fits = env.passwords.matches(&attempt.password, hash).await.map_err(|error| match error {
        HashError::Busy => Refused::Wait { retry_after_s: BUSY_RETRY_S },
        HashError::Failed(why) => Refused::Hash(why),
    })?;
    let Some(account) = account.filter(|_| fits) else { return Err(Refused::Wrong) };
    let entry = Entry {
        account: account.id,
        proved: account.password_hash,
        code: attempt.code.clone().filter(|code| !code.trim().is_empty()),
        session: NewSession::of(env, &attempt.visitor),
        left_out: env.door.take_left_out(),
    };
    let (token, left_out) = (entry.session.token.clone(), entry.left_out);
    let let_in = env.store.write(move |tx| entry.enter(tx)).await.map_err(Refused::from).and_then(|let_in| let_in);
    if let_in.is_err() {
        env.door.return_left_out(left_out);
    }
    let_in.map(|(session, account)| Opened { token, session, account })
}

/// Everything that the last step needs; it is taken in one transaction, so that a code opens one session and a disabled
/// account none.
struct Entry {
    account: AccountId,
    /// The hash that the password was compared with.
    proved: PasswordHash,
    code: Option<String>,
    session: NewSession,
    /// Refusals that no audit row tells of yet.
    left_out: u64,
}

impl Entry {
    fn enter(&self, tx: &WriteTx) -> Result<Result<(Session, Account), Refused>, StoreError> {
        let found = store::accounts::find(tx, &self.account)?;
        let Some(mut account) = found.filter(|account| account.password_hash == self.proved) else {
            return Ok(Err(Refused::Wrong));
        };
        if !account.is_enabled() {
            return Ok(Err(Refused::Disabled));
        }
        let mut accepted = None;
        if account.totp != TotpState::Off {
            let Some(code) = &self.code else { return Ok(Err(Refused::NeedsCode)) };
            accepted = second_factor::accept(tx, &mut account, code)?;
            if accepted.is_none() {
                return Ok(Err(Refused::WrongCode));
            }
        }
        attempts::clear(tx, &account.name)?;
        account.last_sign_in_ms = Some(tx.now_ms());
        store::accounts::put(tx, &account)?;
        let mut facts = serde_json::Map::new();
        facts.insert("second_factor".into(), json!(accepted.map(Accepted::name)));
        if self.left_out > 0 {
            facts.insert("refusals_without_row".into(), json!(self.left_out));
        }
        let session = self.session.open(tx, &account, facts)?;
        Ok(Ok((session, account)))
    }
}

impl Accepted {
    const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Recovery => "recovery code",
        }
    }
}

/// Writes an audit row about a refusal, unless there have been many. A name that nobody has is not written: now and then
/// it is somebody's password.
async fn note(env: &Env, attempt: &Attempt, refused: &Refused) {
    let Some(left_out) = env.door.note_refusal(env.clock.now_ms()) else { return };
    let (name, reason) = (attempt.name.clone(), refused.reason());
    let actor = Actor::visitor(attempt.visitor.from);
    let written = env.store.write(move |tx| {
        let known = if Account::check_name(&name).is_ok() { store::accounts::find_by_name(tx, &name)? } else { None };
        let subject =
            known.map_or_else(|| "account (unknown)".to_owned(), |account| format!("account {}", account.name));
        let mut facts = json!({ "reason": reason });
        if left_out > 0 {
            facts["refusals_without_row"] = json!(left_out);
        }
        store::audit::append(tx, &actor, "session.refused", &subject, None, Some(facts)).map(drop)
    });
    if let Err(error) = written.await {
        tracing::error!(%error, "a refused sign-in could not be written to the audit log: {error}");
    }
}
