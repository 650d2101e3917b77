//! `admin …`: accounts from the command line, which is the way in when nobody can sign in (break-glass). Audited like
//! everything else, under the operating system's account.

use super::MessageReport;
use crate::admin::accounts::{self, NewAccount, Proof};
use crate::admin::{AccountError, first_start, passwords, second_factor};
use crate::app::App;
use crate::model::{Account, Actor, Role, Secret, TotpState};
use crate::ops::admin::wire::SecretText;
use crate::ops::admin::{AdminCommand, Answer, CommandError, Exit};
use crate::ops::report::time_text;
use serde::{Deserialize, Serialize};

/// One account, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named and documented as in `Account`")]
pub struct AccountReport {
    pub id: String,
    pub name: String,
    pub display_name: String,
    pub role: Role,
    pub enabled: bool,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    pub must_change_password: bool,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sign_in: Option<String>,
}

/// An account whose password was just set.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordReport {
    /// The password where it was generated; this is the only time it is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// About the account.
    #[serde(flatten)]
    pub about: AccountReport,
}

/// The link of the first start.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupLinkReport {
    /// To be opened in a browser, once.
    pub url: String,
    /// Minutes for which it is good.
    pub valid_min: i64,
}

impl From<Account> for AccountReport {
    fn from(account: Account) -> Self {
        Self {
            enabled: account.is_enabled(),
            id: account.id.to_string(),
            name: account.name,
            display_name: account.display_name,
            role: account.role,
            second_factor: account.totp != TotpState::Off,
            must_change_password: account.must_change_password,
            created_at: time_text(account.created_at_ms),
            last_sign_in: account.last_sign_in_ms.map(time_text),
        }
    }
}

/// Executes one of them.
pub(super) async fn execute(app: &App, actor: &Actor, command: AdminCommand) -> Result<Answer, CommandError> {
    let admin = &app.admin;
    match command {
        AdminCommand::Create { name, display_name, role, language, password, must_change } => {
            let (secret, generated) = chosen(password);
            let new = NewAccount {
                display_name: display_name.unwrap_or_else(|| name.clone()),
                name,
                role,
                password: secret,
                must_change_password: must_change,
                language,
            };
            let account = accounts::create(admin, actor, new).await.map_err(refused)?;
            Answer::new(Exit::Done, &PasswordReport { password: generated, about: account.into() })
        }
        AdminCommand::Passwd { name, password, must_change } => {
            let account = find(app, &name).await?;
            let (secret, generated) = chosen(password);
            let changed =
                accounts::set_password(admin, actor, &account.id, Proof::Authority, secret, must_change).await;
            let account = changed.map_err(refused)?;
            Answer::new(Exit::Done, &PasswordReport { password: generated, about: account.into() })
        }
        AdminCommand::List => {
            let all = accounts::list(admin).await.map_err(refused)?;
            let all: Vec<AccountReport> = all.into_iter().map(AccountReport::from).collect();
            Answer::new(Exit::Done, &serde_json::json!({ "accounts": all }))
        }
        AdminCommand::Disable { name } => {
            let account = find(app, &name).await?;
            let account = accounts::disable(admin, actor, &account.id).await.map_err(refused)?;
            MessageReport::answer(
                format!("the account {} is disabled and its sessions are ended", account.name),
                format!("账号 {} 已停用，其登录已全部退出", account.name),
            )
        }
        AdminCommand::Enable { name } => {
            let account = find(app, &name).await?;
            let account = accounts::enable(admin, actor, &account.id).await.map_err(refused)?;
            MessageReport::answer(
                format!("the account {} can be used", account.name),
                format!("账号 {} 已启用", account.name),
            )
        }
        AdminCommand::SetRole { name, role } => {
            let account = find(app, &name).await?;
            let account = accounts::set_role(admin, actor, &account.id, role).await.map_err(refused)?;
            MessageReport::answer(
                format!("the account {} has the role {}", account.name, account.role.name()),
                format!("账号 {} 的角色为 {}", account.name, account.role.name()),
            )
        }
        AdminCommand::ResetTotp { name } => {
            let account = find(app, &name).await?;
            let reset = second_factor::reset_totp(admin, actor, &account.id, Proof::Authority).await;
            let account = reset.map_err(refused)?;
            MessageReport::answer(
                format!("the account {} signs in with its password alone", account.name),
                format!("账号 {} 已取消两步验证，仅凭密码登录", account.name),
            )
        }
        AdminCommand::SetupLink => {
            let token = first_start::open_link(admin).await.map_err(|error| CommandError::from_chain(&error))?;
            let token = token.ok_or_else(|| {
                CommandError::usage(format!("{}; there is no set-up link any more", first_start::FirstStartError::Done))
            })?;
            let public_url = app.public_url().await.map_err(|error| CommandError::from_chain(&error))?;
            let url = first_start::url(&public_url, &token);
            Answer::new(Exit::Done, &SetupLinkReport { url, valid_min: first_start::VALID_MS / 60_000 })
        }
    }
}

/// The password that was given, or a generated one with its text to be shown once.
fn chosen(password: Option<SecretText>) -> (Secret, Option<String>) {
    match password {
        Some(text) => (Secret::new(text.0), None),
        None => {
            let secret = passwords::generate();
            let text = secret.expose().to_owned();
            (secret, Some(text))
        }
    }
}

async fn find(app: &App, name: &str) -> Result<Account, CommandError> {
    let found = accounts::find_by_name(&app.admin, name).await.map_err(refused)?;
    found.ok_or_else(|| CommandError::usage(AccountError::Unknown(name.to_owned()).to_string()))
}

fn refused(error: AccountError) -> CommandError {
    match error {
        AccountError::Store(_) | AccountError::Hash(_) | AccountError::Busy => CommandError::from_chain(&error),
        _ => CommandError::usage(error.to_string()),
    }
}
