//! The second factor of an account: shown, confirmed with a code, used once per code, taken away again.

use super::accounts::{self, Proof, facts, subject};
use super::error::AccountError;
use super::{Env, attempts, sessions, totp};
use crate::model::{Account, AccountId, Actor, Secret, SessionId, TotpState};
use crate::store::factors::{self, Factor};
use crate::store::{self, Reads, StoreError, WriteTx};

/// A second factor that is being set up.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The secret in Base32, for typing it into an app.
    pub secret: Secret,
    /// The `otpauth:` address; [`totp::qr_svg`] makes a picture of it.
    pub uri: Secret,
}

/// Begins to set up a second factor, or a new one in place of the present one, which stays in force until the new one is
/// confirmed. Asks for the owner's password, because a session may have been left open. A second call replaces the secret
/// of the first.
pub async fn begin_totp(env: &Env, id: &AccountId, password: &Secret) -> Result<Begun, AccountError> {
    let account = accounts::get(env, id).await?;
    accounts::prove(env, &account, password).await?;
    let seed = totp::new_seed();
    let (id, pending) = (id.clone(), seed.clone());
    env.store
        .write(move |tx| {
            let mut factor = factors::get(tx, &id)?;
            factor.pending = Some(pending.clone());
            factors::put(tx, &id, &factor)
        })
        .await?;
    Ok(Begun { uri: totp::uri(&account.name, &seed), secret: seed })
}

/// What was begun and is not confirmed yet, to show the picture again; `None` when nothing was begun.
pub async fn pending_totp(env: &Env, id: &AccountId) -> Result<Option<Begun>, AccountError> {
    let account = accounts::get(env, id).await?;
    let id = id.clone();
    let factor = env.store.read_async(move |tx| factors::get(tx, &id)).await?;
    Ok(factor.pending.map(|seed| Begun { uri: totp::uri(&account.name, &seed), secret: seed }))
}

/// Puts a second factor into force with its first code and makes recovery codes, which are shown this once. Former ones
/// are void, and the account's sessions end, but for `session`: they were opened without it. Wrong codes count like those
/// at the door.
pub async fn confirm_totp(
    env: &Env,
    actor: &Actor,
    id: &AccountId,
    code: &str,
    session: Option<&SessionId>,
) -> Result<Vec<Secret>, AccountError> {
    if pending_totp(env, id).await?.is_none() {
        return Err(AccountError::NotBegun);
    }
    let name = accounts::get(env, id).await?.name;
    if let Err(retry_after_s) = attempts::reserve(env, &name).await? {
        return Err(AccountError::Wait { retry_after_s });
    }
    let kept = session.cloned();
    let codes = totp::new_recovery_codes(Account::RECOVERY_CODES);
    let recovery: Vec<String> = codes.iter().filter_map(|code| totp::hash_of_recovery_code(code.expose())).collect();
    let (actor, id, code) = (actor.clone(), id.clone(), code.to_owned());
    env.store
        .write(move |tx| {
            let Some(before) = store::accounts::find(tx, &id)? else {
                return Ok(Err(AccountError::Unknown(id.to_string())));
            };
            let Some(seed) = factors::get(tx, &id)?.pending else { return Ok(Err(AccountError::NotBegun)) };
            let Some(step) = totp::find_step(&seed, &code, tx.now_ms(), 0) else {
                return Ok(Err(AccountError::WrongCode));
            };
            let factor = Factor { seed: Some(seed), pending: None, last_step: step, recovery: recovery.clone() };
            factors::put(tx, &id, &factor)?;
            let mut account = before.clone();
            account.totp = TotpState::On { since_ms: tx.now_ms(), recovery_codes_left: left(&factor) };
            store::accounts::put(tx, &account)?;
            let (before, after) = (Some(facts(&before)), Some(facts(&account)));
            store::audit::append(tx, &actor, "account.totp_on", &subject(&account), before, after)?;
            attempts::clear(tx, &account.name)?;
            sessions::revoke_all_in(tx, &actor, &id, kept.as_ref())?;
            Ok(Ok(()))
        })
        .await??;
    Ok(codes)
}

/// Takes the second factor away: the owner with the password, or an administrator for somebody who has lost the
/// telephone. The account's other sessions end. Without a second factor nothing changes.
pub async fn reset_totp(env: &Env, actor: &Actor, id: &AccountId, proof: Proof) -> Result<Account, AccountError> {
    let account = accounts::get(env, id).await?;
    let kept = match &proof {
        Proof::Own { password, session } => {
            accounts::prove(env, &account, password).await?;
            session.clone()
        }
        Proof::Authority => {
            accounts::check_other(actor, &account)?;
            None
        }
    };
    let is_authority = matches!(proof, Proof::Authority);
    let (actor, id) = (actor.clone(), id.clone());
    env.store
        .write(move |tx| {
            let Some(before) = store::accounts::find(tx, &id)? else {
                return Ok(Err(AccountError::Unknown(id.to_string())));
            };
            factors::remove(tx, &id)?;
            if is_authority {
                attempts::clear(tx, &before.name)?;
            }
            if before.totp == TotpState::Off {
                return Ok(Ok(before));
            }
            let mut account = before.clone();
            account.totp = TotpState::Off;
            store::accounts::put(tx, &account)?;
            let (before, after) = (Some(facts(&before)), Some(facts(&account)));
            store::audit::append(tx, &actor, "account.totp_off", &subject(&account), before, after)?;
            sessions::revoke_all_in(tx, &actor, &id, kept.as_ref())?;
            Ok(Ok(account))
        })
        .await?
}

/// How a code was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    /// One of the app's codes.
    App,
    /// A recovery code, which is used up now.
    Recovery,
}

/// Checks a code at the door and uses it up; `None` = it is none. The account's count of recovery codes is brought up to
/// date and is for the caller to store.
pub(super) fn accept(tx: &WriteTx, account: &mut Account, code: &str) -> Result<Option<Accepted>, StoreError> {
    let mut factor = factors::get(tx, &account.id)?;
    let Some(seed) = &factor.seed else { return Ok(None) };
    if let Some(step) = totp::find_step(seed, code, tx.now_ms(), factor.last_step) {
        factor.last_step = step;
        factors::put(tx, &account.id, &factor)?;
        return Ok(Some(Accepted::App));
    }
    let Some(hash) = totp::hash_of_recovery_code(code) else { return Ok(None) };
    let Some(at) = factor.recovery.iter().position(|kept| *kept == hash) else { return Ok(None) };
    factor.recovery.remove(at);
    factors::put(tx, &account.id, &factor)?;
    if let TotpState::On { recovery_codes_left, .. } = &mut account.totp {
        *recovery_codes_left = left(&factor);
    }
    Ok(Some(Accepted::Recovery))
}

fn left(factor: &Factor) -> u8 {
    u8::try_from(factor.recovery.len()).unwrap_or(u8::MAX)
}
