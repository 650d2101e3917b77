//! Menus of apps (MENU-01, MENU-02): edited here, published by saving, read back and compared.

mod compare;
mod error;

pub use compare::{Difference, DifferenceKind, differences};
pub use error::MenuError;

use crate::model::content::LimitFault;
use crate::model::menu::{Menu, MenuDraft, MenuKind};
use crate::model::{Actor, App, AppKey, Corp, CorpKey};
use crate::store::{self, ReadTx, StoreError};
use crate::sync::{Env, SyncError};
use crate::wecom::{Client, Credential, Patience};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

/// The menu of an app as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MenuView {
    /// What is edited.
    #[serde(flatten)]
    pub draft: MenuDraft,
    /// What WeCom would refuse; empty = it can be published.
    pub faults: Vec<LimitFault>,
    /// Whether it has entries that send events and the app's callback is switched off: a tap on them does nothing.
    pub lacks_callback: bool,
    /// Each entry's address or key, to be copied into WeCom's console by hand (MENU-02).
    pub addresses: Vec<MenuAddress>,
}

/// One entry to be entered by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MenuAddress {
    /// Names from the first level down.
    pub path: Vec<String>,
    /// What a tap does.
    pub kind: Option<MenuKind>,
    /// The address, the key, or the page of the mini program.
    pub value: String,
}

/// The menu in force at WeCom beside the one here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Comparison {
    /// What WeCom has; absent = no menu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<Menu>,
    /// Where it differs from what is edited here; empty = the same.
    pub differences: Vec<Difference>,
}

/// Each entry's address or key (MENU-02).
pub fn addresses(menu: &Menu) -> Vec<MenuAddress> {
    let leaves = menu.leaves().map(|(place, entry)| {
        let above = place.first().filter(|_| place.len() > 1).and_then(|n| menu.button.get(*n));
        let path = above.map(|above| above.name.clone()).into_iter().chain([entry.name.clone()]).collect();
        let value = match entry.kind {
            Some(MenuKind::View) => entry.url.clone(),
            Some(MenuKind::ViewMiniprogram) => format!("{} {}", entry.appid, entry.pagepath),
            Some(_) => entry.key.clone(),
            None => String::new(),
        };
        MenuAddress { path, kind: entry.kind, value }
    });
    leaves.collect()
}

fn view(draft: MenuDraft, app: &App) -> MenuView {
    let faults = if draft.menu.button.is_empty() { Vec::new() } else { draft.menu.check().err().unwrap_or_default() };
    let has_events = draft.menu.leaves().any(|(_, entry)| entry.kind.is_some_and(MenuKind::is_event));
    let addresses = addresses(&draft.menu);
    MenuView { draft, faults, lacks_callback: has_events && !app.callback_enabled, addresses }
}

/// The menu of an app; empty where nobody has written one.
pub async fn get(env: &Env, corp: &CorpKey, app: &AppKey) -> Result<MenuView, MenuError> {
    let (corp, app) = (corp.clone(), app.clone());
    let read = move |tx: &ReadTx| {
        let (_, found) = find(tx, &corp, &app)?;
        Ok(view(store::menus::find(tx, &corp, &app)?.unwrap_or_default(), &found))
    };
    Ok(env.store.read_async(read).await?)
}

/// Stores the menu without publishing it, whatever it is like.
pub async fn save(env: &Env, actor: &Actor, corp: &CorpKey, app: &AppKey, menu: Menu) -> Result<MenuView, MenuError> {
    let (actor, corp, app, now_ms) = (actor.clone(), corp.clone(), app.clone(), env.clock.now_ms());
    let saved = env.store.write(move |tx| {
        let (_, found) = find(tx, &corp, &app)?;
        let former = store::menus::find(tx, &corp, &app)?.unwrap_or_default();
        if former.menu == menu {
            return Ok(view(former, &found));
        }
        let before = json!(former.menu);
        let draft = MenuDraft { menu: menu.clone(), saved_at_ms: now_ms, saved_by: actor.name.clone(), ..former };
        store::menus::put(tx, &corp, &app, &draft)?;
        store::audit::append(tx, &actor, "menu.save", &subject(&corp, &app), Some(before), Some(json!(draft.menu)))?;
        Ok(view(draft, &found))
    });
    Ok(saved.await?)
}

/// Stores the menu and publishes it (MENU-01). Members see it when their client refreshes, at the latest after a day.
///
/// # Errors
/// [`MenuError::Faults`]: nothing was stored. [`MenuError::Call`]: it is stored, WeCom did not take it. An empty menu is
/// refused; use [`withdraw`].
pub async fn publish(
    env: &Env,
    actor: &Actor,
    corp: &CorpKey,
    app: &AppKey,
    menu: Menu,
) -> Result<MenuView, MenuError> {
    let menu = menu.tidy();
    menu.check().map_err(MenuError::Faults)?;
    save(env, actor, corp, app, menu.clone()).await?;
    let (client, agentid) = client(env, corp, app).await?;
    client.menu_create(&Credential::App(app.clone()), agentid, &menu).await?;
    note(env, actor, corp, app, "menu.publish", Some(menu)).await
}

/// Takes the menu away at WeCom; what is edited here stays.
pub async fn withdraw(env: &Env, actor: &Actor, corp: &CorpKey, app: &AppKey) -> Result<MenuView, MenuError> {
    let (client, agentid) = client(env, corp, app).await?;
    client.menu_delete(&Credential::App(app.clone()), agentid).await?;
    note(env, actor, corp, app, "menu.withdraw", None).await
}

/// Reads the menu that is in force and compares it with what is edited here.
pub async fn compare(env: &Env, corp: &CorpKey, app: &AppKey) -> Result<Comparison, MenuError> {
    let here = get(env, corp, app).await?.draft.menu.tidy();
    let in_force = read_back(env, corp, app).await?;
    let differences = differences(&here, in_force.as_ref().unwrap_or(&Menu::default()));
    Ok(Comparison { in_force, differences })
}

/// Takes over the menu that is in force as the one that is edited here.
pub async fn take_over(env: &Env, actor: &Actor, corp: &CorpKey, app: &AppKey) -> Result<MenuView, MenuError> {
    let in_force = read_back(env, corp, app).await?.unwrap_or_default();
    save(env, actor, corp, app, in_force).await
}

async fn read_back(env: &Env, corp: &CorpKey, app: &AppKey) -> Result<Option<Menu>, MenuError> {
    let (client, agentid) = client(env, corp, app).await?;
    let got = client.menu_get(&Credential::App(app.clone()), agentid).await?;
    Ok(got.map(|menu| menu.tidy()))
}

/// Notes what was published, in the audit log too.
async fn note(
    env: &Env,
    actor: &Actor,
    corp: &CorpKey,
    app: &AppKey,
    action: &'static str,
    published: Option<Menu>,
) -> Result<MenuView, MenuError> {
    let (actor, corp, app, now_ms) = (actor.clone(), corp.clone(), app.clone(), env.clock.now_ms());
    let noted = env.store.write(move |tx| {
        let (_, found) = find(tx, &corp, &app)?;
        let mut draft = store::menus::find(tx, &corp, &app)?.unwrap_or_default();
        let before = draft.published.take().map(|menu| json!(menu));
        draft.published_at_ms = published.as_ref().map(|_| now_ms);
        draft.published.clone_from(&published);
        store::menus::put(tx, &corp, &app, &draft)?;
        let after = published.as_ref().map(|menu| json!(menu));
        store::audit::append(tx, &actor, action, &subject(&corp, &app), before, after)?;
        Ok(view(draft, &found))
    });
    Ok(noted.await?)
}

async fn client(env: &Env, corp: &CorpKey, app: &AppKey) -> Result<(Client, u64), MenuError> {
    let (wanted, app) = (corp.clone(), app.clone());
    let (corp, app) = env.store.read_async(move |tx| find(tx, &wanted, &app)).await?;
    let client: Arc<Client> = env.client(&corp).await.map_err(|error| match error {
        SyncError::Read { cause, .. } => MenuError::Call(cause),
        other => MenuError::Sync(Box::new(other)),
    })?;
    Ok((client.with_patience(Patience::Interactive), app.agentid))
}

fn find(tx: &impl store::Reads, corp: &CorpKey, app: &AppKey) -> Result<(Corp, App), StoreError> {
    let found = store::corps::find(tx, corp)?.ok_or_else(|| StoreError::not_found(format!("corp {corp}")))?;
    let app = found.find_app(app).cloned().ok_or_else(|| StoreError::not_found(format!("app {app}")))?;
    Ok((found, app))
}

/// What the audit log calls a menu.
fn subject(corp: &CorpKey, app: &AppKey) -> String {
    format!("{corp}/{app}")
}
