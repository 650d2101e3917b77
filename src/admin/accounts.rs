//! Accounts: made, changed, disabled. Every change is audited with before and after, without secrets; what makes an
//! account weaker or other ends its sessions; one administrator who can sign in is always left.

use super::attempts;
use super::error::AccountError;
use super::passwords;
use super::settings::LANGUAGES;
use super::{Env, keys, sessions};
use crate::model::{Account, AccountId, Actor, ApiKey, Role, Secret, SessionId, TotpState};
use crate::store::{self, Reads, StoreError, WriteTx};
use serde_json::{Value, json};

/// What a new account shall be.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Sign-in name; see [`Account::check_name`].
    pub name: String,
    /// The person's name, 1 to 60 characters.
    pub display_name: String,
    /// What the person may do.
    pub role: Role,
    /// The first password.
    pub password: Secret,
    /// Whether the person must choose another one first.
    pub must_change_password: bool,
    /// `zh` or `en`; `None` = the appliance's language.
    pub language: Option<String>,
}

/// On whose word a password or a second factor is changed.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The owner's own: the present password is checked, and wrong ones are slowed down as at the door.
    Own {
        /// The present password.
        password: Secret,
        /// The session in which it happens; it alone stays open.
        session: Option<SessionId>,
    },
    /// An administrator's over another account, or that of the command line on the appliance (break-glass). Whether the
    /// actor may do so is the caller's question; over one's own account it is refused. Also lifts the wait after wrong passwords.
    Authority,
}

/// Makes an account.
pub async fn create(env: &Env, actor: &Actor, new: NewAccount) -> Result<Account, AccountError> {
    let account = prepare(env, new).await?;
    let actor = actor.clone();
    env.store
        .write(move |tx| {
            if store::accounts::find_by_name(tx, &account.name)?.is_some() {
                return Ok(Err(AccountError::NameTaken(account.name.clone())));
            }
            insert(tx, &actor, &account)?;
            Ok(Ok(account.clone()))
        })
        .await?
}

/// Everything that is wrong with a new account as it was entered.
pub(super) fn faults(name: &str, display_name: &str, password: &Secret) -> Vec<AccountError> {
    let name_fault = Account::check_name(name).map_err(AccountError::from).err();
    let password_fault = passwords::check(password.expose(), name).map_err(AccountError::from).err();
    [name_fault, check_display_name(display_name).err(), password_fault].into_iter().flatten().collect()
}

/// Checks a new account and hashes its password; nothing is stored.
pub(super) async fn prepare(env: &Env, new: NewAccount) -> Result<Account, AccountError> {
    Account::check_name(&new.name)?;
    check_display_name(&new.display_name)?;
    check_language(new.language.as_deref())?;
    passwords::check(new.password.expose(), &new.name)?;
    let now_ms = env.clock.now_ms();
    Ok(Account {
        id: AccountId::from(env.new_id()),
        password_hash: env.passwords.hash(&new.password).await?,
        name: new.name,
        display_name: new.display_name,
        role: new.role,
        totp: TotpState::Off,
        language: new.language,
        created_at_ms: now_ms,
        disabled_at_ms: None,
        password_changed_at_ms: now_ms,
        must_change_password: new.must_change_password,
        last_sign_in_ms: None,
    })
}

/// Stores a prepared account whose name is free.
pub(super) fn insert(tx: &WriteTx, actor: &Actor, account: &Account) -> Result<(), StoreError> {
    store::accounts::put(tx, account)?;
    attempts::clear(tx, &account.name)?;
    store::audit::append(tx, actor, "account.create", &subject(account), None, Some(facts(account))).map(drop)
}

/// All accounts, disabled ones included, in the order of their creation.
pub async fn list(env: &Env) -> Result<Vec<Account>, AccountError> {
    Ok(env.store.read_async(store::accounts::list).await?)
}

/// The account with this id.
pub async fn find(env: &Env, id: &AccountId) -> Result<Option<Account>, AccountError> {
    let id = id.clone();
    Ok(env.store.read_async(move |tx| store::accounts::find(tx, &id)).await?)
}

/// [`find`] where it must be there.
pub async fn get(env: &Env, id: &AccountId) -> Result<Account, AccountError> {
    find(env, id).await?.ok_or_else(|| AccountError::Unknown(id.to_string()))
}

/// The account with this sign-in name, in whatever case.
pub async fn find_by_name(env: &Env, name: &str) -> Result<Option<Account>, AccountError> {
    let name = name.to_owned();
    Ok(env.store.read_async(move |tx| store::accounts::find_by_name(tx, &name)).await?)
}

/// Gives an account another role and ends its sessions; its API keys with rights that the new role lacks are revoked. Giving it the
/// role that it has changes nothing.
pub async fn set_role(env: &Env, actor: &Actor, id: &AccountId, role: Role) -> Result<Account, AccountError> {
    change(env, actor, id, "account.role", move |account| {
        let ends_sessions = account.role != role;
        account.role = role;
        Ok(ends_sessions)
    })
    .await
}

/// What an administrator changes of an account at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The person's name, 1 to 60 characters.
    pub display_name: String,
    /// What the person may do.
    pub role: Role,
    /// `zh` or `en`; `None` = the appliance's language.
    pub language: Option<String>,
}

/// Changes name, role and language in one go; another role does what [`set_role`] says.
pub async fn set_profile(env: &Env, actor: &Actor, id: &AccountId, profile: Profile) -> Result<Account, AccountError> {
    check_display_name(&profile.display_name)?;
    check_language(profile.language.as_deref())?;
    change(env, actor, id, "account.change", move |account| {
        let ends_sessions = account.role != profile.role;
        account.display_name.clone_from(&profile.display_name);
        account.language.clone_from(&profile.language);
        account.role = profile.role;
        Ok(ends_sessions)
    })
    .await
}

/// Changes the shown name.
pub async fn set_display_name(
    env: &Env,
    actor: &Actor,
    id: &AccountId,
    display_name: &str,
) -> Result<Account, AccountError> {
    check_display_name(display_name)?;
    let display_name = display_name.to_owned();
    change(env, actor, id, "account.change", move |account| {
        account.display_name.clone_from(&display_name);
        Ok(false)
    })
    .await
}

/// Changes the language of the pages for this person; `None` = the appliance's.
pub async fn set_language(
    env: &Env,
    actor: &Actor,
    id: &AccountId,
    language: Option<&str>,
) -> Result<Account, AccountError> {
    check_language(language)?;
    let language = language.map(str::to_owned);
    change(env, actor, id, "account.change", move |account| {
        account.language.clone_from(&language);
        Ok(false)
    })
    .await
}

/// Disables an account, ends its sessions and revokes its API keys, for good. The last administrator who can sign in cannot be disabled.
pub async fn disable(env: &Env, actor: &Actor, id: &AccountId) -> Result<Account, AccountError> {
    let now_ms = env.clock.now_ms();
    change(env, actor, id, "account.disable", move |account| {
        account.disabled_at_ms.get_or_insert(now_ms);
        Ok(true)
    })
    .await
}

/// Lets an account be used again.
pub async fn enable(env: &Env, actor: &Actor, id: &AccountId) -> Result<Account, AccountError> {
    change(env, actor, id, "account.enable", |account| {
        account.disabled_at_ms = None;
        Ok(false)
    })
    .await
}

/// Changes a password and ends the account's other sessions. `must_change` makes the person choose another one at the
/// next sign-in.
pub async fn set_password(
    env: &Env,
    actor: &Actor,
    id: &AccountId,
    proof: Proof,
    password: Secret,
    must_change: bool,
) -> Result<Account, AccountError> {
    let account = get(env, id).await?;
    passwords::check(password.expose(), &account.name)?;
    let (kept, is_own) = match &proof {
        Proof::Own { password: present, session } => {
            if *present == password {
                return Err(passwords::PasswordFault::Same.into());
            }
            prove(env, &account, present).await?;
            (session.clone(), true)
        }
        Proof::Authority => {
            check_other(actor, &account)?;
            (None, false)
        }
    };
    let hash = env.passwords.hash(&password).await?;
    let (actor, id, now_ms) = (actor.clone(), id.clone(), env.clock.now_ms());
    let proved = is_own.then(|| account.password_hash.clone());
    env.store
        .write(move |tx| {
            let Some(mut account) = store::accounts::find(tx, &id)? else {
                return Ok(Err(AccountError::Unknown(id.to_string())));
            };
            // Somebody else may have changed it since the present one was checked.
            if proved.as_ref().is_some_and(|proved| *proved != account.password_hash) {
                return Ok(Err(AccountError::WrongPassword));
            }
            account.password_hash = hash.clone();
            account.password_changed_at_ms = now_ms;
            account.must_change_password = must_change;
            store::accounts::put(tx, &account)?;
            attempts::clear(tx, &account.name)?;
            let after = json!({ "must_change_password": must_change, "by_owner": is_own });
            store::audit::append(tx, &actor, "account.password", &subject(&account), None, Some(after))?;
            sessions::revoke_all_in(tx, &actor, &account.id, kept.as_ref())?;
            Ok(Ok(account))
        })
        .await?
}

/// Refuses to take somebody's authority for proof over the own account: a session may have been left open.
pub(super) fn check_other(actor: &Actor, account: &Account) -> Result<(), AccountError> {
    let is_own = actor.name.strip_prefix("account:") == Some(account.name.as_str());
    if is_own { Err(AccountError::NotProved) } else { Ok(()) }
}

/// Checks the present password of a person who has signed in, before something is changed that a stolen session must
/// not change. Wrong answers count like those at the door.
pub(super) async fn prove(env: &Env, account: &Account, password: &Secret) -> Result<(), AccountError> {
    if let Err(retry_after_s) = attempts::reserve(env, &account.name).await? {
        return Err(AccountError::Wait { retry_after_s });
    }
    if !env.passwords.matches(password, Some(&account.password_hash)).await? {
        return Err(AccountError::WrongPassword);
    }
    let name = account.name.clone();
    env.store.write(move |tx| attempts::clear(tx, &name)).await?;
    Ok(())
}

/// Changes an account by a rule that says whether its sessions end. Nothing is written where nothing changes.
async fn change(
    env: &Env,
    actor: &Actor,
    id: &AccountId,
    action: &'static str,
    rule: impl Fn(&mut Account) -> Result<bool, AccountError> + Send + 'static,
) -> Result<Account, AccountError> {
    let (actor, id) = (actor.clone(), id.clone());
    env.store
        .write(move |tx| {
            let Some(before) = store::accounts::find(tx, &id)? else {
                return Ok(Err(AccountError::Unknown(id.to_string())));
            };
            let mut account = before.clone();
            let ends_sessions = match rule(&mut account) {
                Ok(ends_sessions) => ends_sessions,
                Err(error) => return Ok(Err(error)),
            };
            if account == before {
                return Ok(Ok(account));
            }
            if before.is_enabled_administrator() && !account.is_enabled_administrator() {
                let others = store::accounts::list(tx)?;
                if !others.iter().any(|other| other.id != id && other.is_enabled_administrator()) {
                    return Ok(Err(AccountError::LastAdministrator(account.name)));
                }
            }
            store::accounts::put(tx, &account)?;
            store::audit::append(tx, &actor, action, &subject(&account), Some(facts(&before)), Some(facts(&account)))?;
            if account.is_enabled() && !before.is_enabled() {
                attempts::clear(tx, &account.name)?;
            }
            if ends_sessions {
                sessions::revoke_all_in(tx, &actor, &account.id, None)?;
            }
            // a key must not do what its maker may not do any more
            let is_beyond =
                |key: &ApiKey| !account.is_enabled() || !key.scopes.iter().all(|scope| account.role.may(*scope));
            if (before.is_enabled(), before.role) != (account.is_enabled(), account.role) {
                keys::revoke_of(tx, &actor, &account.name, tx.now_ms(), is_beyond)?;
            }
            Ok(Ok(account))
        })
        .await?
}

/// How the audit log names an account.
pub(super) fn subject(account: &Account) -> String {
    format!("account {}", account.name)
}

/// What the audit log keeps of an account.
pub(super) fn facts(account: &Account) -> Value {
    json!({
        "id": account.id, "display_name": account.display_name, "role": account.role, "language": account.language,
        "enabled": account.is_enabled(), "second_factor": account.totp != TotpState::Off,
        "must_change_password": account.must_change_password,
    })
}

fn check_display_name(name: &str) -> Result<(), AccountError> {
    let fine = (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control) && name.trim() == name;
    if fine { Ok(()) } else { Err(AccountError::DisplayName) }
}

fn check_language(language: Option<&str>) -> Result<(), AccountError> {
    match language {
        Some(code) if !LANGUAGES.contains(&code) => Err(AccountError::Language(code.to_owned())),
        _ => Ok(()),
    }
}
