//! The demo's account: the name `admin` with a new password at each start, so that it can be printed with the address.

use crate::admin::accounts::{self, NewAccount, Proof};
use crate::admin::{AccountError, passwords};
use crate::app::App;
use crate::model::{Actor, Role, Secret};
use crate::ops::admin::CommandError;

/// Sign-in name of the demo's administrator.
pub(super) const NAME: &str = "admin";

/// Makes the account, or gives it a new password where the demo's data was kept; answers the password.
pub(super) async fn ready_account(app: &App, actor: &Actor) -> Result<Secret, CommandError> {
    let password = passwords::generate();
    set(app, actor, password.clone()).await.map_err(|error| CommandError::from_chain(&error))?;
    Ok(password)
}

async fn set(app: &App, actor: &Actor, password: Secret) -> Result<(), AccountError> {
    let admin = &app.admin;
    if let Some(account) = accounts::find_by_name(admin, NAME).await? {
        accounts::set_password(admin, actor, &account.id, Proof::Authority, password, false).await?;
        return Ok(());
    }
    let new = NewAccount {
        name: NAME.into(),
        display_name: "演示管理员".into(),
        role: Role::Administrator,
        password,
        must_change_password: false,
        language: None,
    };
    accounts::create(admin, actor, new).await?;
    Ok(())
}
