//! Menus of apps (MENU-01, MENU-02): edited here, published by saving, read back and compared.

mod compare;
mod error;
mod publish;

pub use compare::{Difference, DifferenceKind, differences};
pub use error::MenuError;
pub use publish::{Published, Settled, publish, withdraw};

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
    /// What became of a change whose answer was lost, where this reading told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
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

/// Reads the menu that is in force and compares it with what is edited here. Where the answer to the last change was lost,
/// this tells what became of it.
pub async fn compare(env: &Env, corp: &CorpKey, app: &AppKey) -> Result<Comparison, MenuError> {
    let draft = get(env, corp, app).await?.draft;
    let in_force = read_back(env, corp, app).await?;
    let settled = match draft.unsettled {
        Some(attempt) => Some(publish::settle(env, corp, app, attempt, in_force.as_ref()).await?),
        None => None,
    };
    let differences = differences(&draft.menu.tidy(), in_force.as_ref().unwrap_or(&Menu::default()));
    Ok(Comparison { in_force, differences, settled })
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
