//! Changes of the menu in force. That one is attempted is stored before the call, so that an answer that is lost, or never
//! waited for, leaves "not known" behind instead of "nothing happened". Then the menu is read back: what is in force tells.

use super::{MenuError, MenuView, client, find, read_back, save, subject, view};
use crate::model::menu::{Menu, MenuAttempt};
use crate::model::{Actor, AppKey, CorpKey, SecretName};
use crate::store::{self, StoreError, WriteTx};
use crate::sync::Env;
use crate::wecom::{CallError, Credential, RefusalClass};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// A change of the menu in force that took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Published {
    /// The menu.
    #[serde(flatten)]
    pub view: MenuView,
    /// Whether the answer was lost, and reading the menu back showed that it is in force.
    pub is_read_back: bool,
}

/// What became of a change whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It took effect.
    InForce,
    /// WeCom has another menu: it did not arrive, or somebody has changed the menu since.
    NotInForce,
}

/// Stores the menu and publishes it (MENU-01). Members see it when their client refreshes, at the latest after a day.
///
/// # Errors
/// [`MenuError::Faults`]: nothing was stored. An empty menu is refused; use [`withdraw`]. [`MenuError::Call`]: it is stored,
/// WeCom did not take it. [`MenuError::Lost`]: it is stored, and the answer was lost.
pub async fn publish(
    env: &Env,
    actor: &Actor,
    corp: &CorpKey,
    app: &AppKey,
    menu: Menu,
) -> Result<Published, MenuError> {
    let menu = menu.tidy();
    menu.check().map_err(MenuError::Faults)?;
    save(env, actor, corp, app, menu.clone()).await?;
    change(env, actor, corp, app, Some(menu)).await
}

/// Takes the menu away at WeCom; what is edited here stays.
///
/// # Errors
/// [`MenuError::Call`]: WeCom did not do it. [`MenuError::Lost`]: the answer was lost.
pub async fn withdraw(env: &Env, actor: &Actor, corp: &CorpKey, app: &AppKey) -> Result<Published, MenuError> {
    change(env, actor, corp, app, None).await
}

async fn change(
    env: &Env,
    actor: &Actor,
    corp: &CorpKey,
    app: &AppKey,
    wanted: Option<Menu>,
) -> Result<Published, MenuError> {
    let (client, agentid) = client(env, corp, app).await?;
    let attempt = MenuAttempt { menu: wanted, at_ms: env.clock.now_ms(), by: actor.name.clone() };
    let begun = attempt.clone();
    with_draft(env, corp, app, move |_, draft| {
        draft.unsettled = Some(begun.clone());
        Ok(())
    })
    .await?;
    let credential = Credential::App(app.clone());
    let sent = match &attempt.menu {
        Some(menu) => client.menu_create(&credential, agentid, menu).await,
        None => client.menu_delete(&credential, agentid).await,
    };
    match sent {
        Ok(()) => Ok(Published { view: note(env, actor, corp, app, attempt).await?, is_read_back: false }),
        Err(cause) if may_have_arrived(&cause) => look(env, actor, corp, app, attempt, cause).await,
        Err(cause) => {
            forget(env, corp, app, attempt).await?;
            Err(cause.into())
        }
    }
}

/// Whether WeCom may have changed the menu although there was an error.
fn may_have_arrived(error: &CallError) -> bool {
    error.is_outcome_unknown() || matches!(error.class(), Some(RefusalClass::Busy))
}

/// Reads back after an answer was lost. Where that fails too, the attempt stays noted.
async fn look(
    env: &Env,
    actor: &Actor,
    corp: &CorpKey,
    app: &AppKey,
    attempt: MenuAttempt,
    cause: CallError,
) -> Result<Published, MenuError> {
    let lost = |is_read_back| MenuError::Lost { cause: Box::new(cause.clone()), is_read_back };
    match read_back(env, corp, app).await {
        Ok(in_force) if is_wanted(&attempt, in_force.as_ref()) => {
            Ok(Published { view: note(env, actor, corp, app, attempt).await?, is_read_back: true })
        }
        Ok(_) => {
            forget(env, corp, app, attempt).await?;
            Err(lost(true))
        }
        Err(error) => {
            tracing::warn!(%corp, %app, %error, "whether the menu of app {app} was changed is not known: {error}");
            let (actor, place) = (actor.clone(), subject(corp, app));
            let wanted = Some(json!(attempt.menu));
            let write = move |tx: &WriteTx| {
                store::audit::append(tx, &actor, "menu.unknown", &place, None, wanted.clone()).map(drop)
            };
            env.store.write(write).await?;
            Err(lost(false))
        }
    }
}

/// WeCom answers no menu, or one without entries, where there is none.
fn is_wanted(attempt: &MenuAttempt, in_force: Option<&Menu>) -> bool {
    in_force.filter(|menu| !menu.button.is_empty()) == attempt.menu.as_ref()
}

/// A reading tells what became of an attempt: what took effect is noted, in the name of who began it.
pub(super) async fn settle(
    env: &Env,
    corp: &CorpKey,
    app: &AppKey,
    attempt: MenuAttempt,
    in_force: Option<&Menu>,
) -> Result<Settled, StoreError> {
    if !is_wanted(&attempt, in_force) {
        forget(env, corp, app, attempt).await?;
        return Ok(Settled::NotInForce);
    }
    let by = Actor { name: attempt.by.clone(), from: None };
    note(env, &by, corp, app, attempt).await?;
    Ok(Settled::InForce)
}

/// Notes what took effect, in the audit log too.
async fn note(
    env: &Env,
    actor: &Actor,
    corp: &CorpKey,
    app: &AppKey,
    attempt: MenuAttempt,
) -> Result<MenuView, StoreError> {
    let (actor, place, now_ms) = (actor.clone(), subject(corp, app), env.clock.now_ms());
    let (of, name) = (corp.clone(), SecretName::App(app.clone()));
    with_draft(env, corp, app, move |tx, draft| {
        store::trials::worked(tx, &of, &name, attempt.at_ms)?;
        draft.unsettled.take_if(|known| *known == attempt);
        let before = draft.published.take().map(|menu| json!(menu));
        draft.published_at_ms = attempt.menu.as_ref().map(|_| now_ms);
        draft.published.clone_from(&attempt.menu);
        let after = attempt.menu.as_ref().map(|menu| json!(menu));
        let action = if attempt.menu.is_some() { "menu.publish" } else { "menu.withdraw" };
        store::audit::append(tx, &actor, action, &place, before, after).map(drop)
    })
    .await
}

/// It did not take effect.
async fn forget(env: &Env, corp: &CorpKey, app: &AppKey, attempt: MenuAttempt) -> Result<MenuView, StoreError> {
    with_draft(env, corp, app, move |_, draft| {
        draft.unsettled.take_if(|known| *known == attempt);
        Ok(())
    })
    .await
}

/// Changes what is kept of a menu.
async fn with_draft(
    env: &Env,
    corp: &CorpKey,
    app: &AppKey,
    change: impl Fn(&WriteTx, &mut crate::model::menu::MenuDraft) -> Result<(), StoreError> + Send + 'static,
) -> Result<MenuView, StoreError> {
    let (corp, app) = (corp.clone(), app.clone());
    env.store
        .write(move |tx| {
            let (_, found) = find(tx, &corp, &app)?;
            let mut draft = store::menus::find(tx, &corp, &app)?.unwrap_or_default();
            change(tx, &mut draft)?;
            store::menus::put(tx, &corp, &app, &draft)?;
            Ok(view(draft, &found))
        })
        .await
}
