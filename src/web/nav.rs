//! The navigation: which pages there are, who sees which, which one is open.

use super::frame::{Place, PlaceCorp};
use super::visit::Visit;
use crate::model::{ApiScope, Role};
use crate::store::{self, Store, StoreError};

/// Entries under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Heading; empty for the first group.
    pub label: &'static str,
    /// Entries.
    pub items: Vec<Item>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Shown text.
    pub label: &'static str,
    /// Link, with the base path.
    pub href: String,
    /// Name of the icon.
    pub icon: &'static str,
    /// Whether this page or one below it is open.
    pub is_current: bool,
    /// How much waits there; 0 = nothing is shown.
    pub count: usize,
}

/// How many plans wait for a decision.
pub(super) async fn waiting(store: &Store, now_ms: i64) -> Result<usize, StoreError> {
    store.read_async(move |tx| crate::sync::service::count_waiting(tx, now_ms)).await
}

/// Corps with their tenants, and tenants without one, for the switcher.
pub(super) async fn places(store: &Store) -> Result<Vec<Place>, StoreError> {
    let (tenants, corps) = store.read_async(|tx| Ok((store::tenants::list(tx)?, store::corps::list(tx)?))).await?;
    let mut places = Vec::with_capacity(corps.len() + 1);
    for tenant in tenants {
        let before = places.len();
        places.extend(corps.iter().filter(|corp| corp.tenant == tenant.key).map(|corp| Place {
            tenant: tenant.key.clone(),
            tenant_name: tenant.name.clone(),
            corp: Some(PlaceCorp { key: corp.key.clone(), name: corp.name.clone() }),
        }));
        if places.len() == before {
            places.push(Place { tenant: tenant.key, tenant_name: tenant.name, corp: None });
        }
    }
    Ok(places)
}

/// The navigation of a role at a place.
pub(super) fn groups(visit: &Visit, role: Role, place: Option<&Place>) -> Vec<Group> {
    let t = visit.t;
    let mut builder = Builder { visit, role, groups: Vec::new() };
    builder.group("");
    builder.item(None, t.nav_overview(), "home", "/");
    builder.item(Some(ApiScope::CorpRead), t.nav_corps(), "building", "/corps");
    if let Some(place) = place {
        builder.group(t.nav_directory());
        let tenant = format!("/tenants/{}", place.tenant);
        builder.item(Some(ApiScope::DirectoryRead), t.nav_oa(), "tree", &format!("{tenant}/directory"));
        builder.item(Some(ApiScope::DirectoryWrite), t.nav_import(), "upload", &format!("{tenant}/import"));
        if let Some(corp) = &place.corp {
            let corp = format!("/corps/{}", corp.key);
            builder.item(Some(ApiScope::SyncRead), t.nav_members(), "people", &format!("{corp}/members"));
            builder.item(Some(ApiScope::SyncRead), t.nav_compare(), "columns", &format!("{corp}/compare"));
            builder.item(Some(ApiScope::SyncRead), t.nav_bindings(), "link", &format!("{corp}/bindings"));
            builder.group(t.nav_sync_group());
            builder.item(Some(ApiScope::SyncRead), t.nav_sync(), "sync", &format!("{corp}/sync"));
            builder.item(Some(ApiScope::SyncRead), t.nav_decisions(), "check", "/decisions");
            builder.count(visit.waiting);
            builder.item(Some(ApiScope::SyncRead), t.nav_runs(), "list", &format!("{corp}/runs"));
            builder.item(Some(ApiScope::SyncRead), t.nav_explain(), "search", &format!("{corp}/explain"));
            builder.item(Some(ApiScope::SyncRead), t.nav_sync_settings(), "sliders", &format!("{corp}/settings"));
        }
    }
    if let Some(place) = place {
        builder.group(t.nav_messages_group());
        let rules = format!("/tenants/{}/rules", place.tenant);
        builder.item(Some(ApiScope::MessagesRead), t.nav_rules(), "sliders", &rules);
        let messages = format!("/tenants/{}/messages", place.tenant);
        builder.item(Some(ApiScope::MessagesSend), t.nav_push_new(), "upload", &format!("{messages}/new"));
        builder.item(Some(ApiScope::MessagesRead), t.nav_push_log(), "list", &messages);
        builder.item(Some(ApiScope::MessagesRead), t.nav_push_queues(), "pulse", "/messages/queues");
        if let Some(corp) = &place.corp {
            let menus = format!("/corps/{}/menus", corp.key);
            builder.item(Some(ApiScope::MessagesRead), t.nav_menus(), "columns", &menus);
        }
    }
    if let Some(corp) = place.and_then(|place| place.corp.as_ref()) {
        builder.group(t.nav_callbacks_group());
        let corp = format!("/corps/{}", corp.key);
        builder.item(Some(ApiScope::CallbacksRead), t.nav_inbox(), "archive", &format!("{corp}/inbox"));
        builder.item(Some(ApiScope::CallbacksRead), t.nav_callbacks(), "pulse", &format!("{corp}/callbacks"));
        builder.item(Some(ApiScope::CallbacksRead), t.nav_replies(), "swap", &format!("{corp}/replies"));
        builder.item(Some(ApiScope::CallbacksRead), t.nav_webhooks(), "link", "/webhooks");
    }
    builder.group(t.nav_system());
    builder.item(Some(ApiScope::OpsRead), t.nav_diagnostics(), "pulse", "/system/diagnostics");
    builder.item(Some(ApiScope::SettingsWrite), t.nav_settings(), "gear", "/system/settings");
    builder.item(Some(ApiScope::AccountsAdmin), t.nav_accounts(), "user", "/system/accounts");
    builder.item(Some(ApiScope::KeysAdmin), t.nav_keys(), "key", "/system/keys");
    builder.item(Some(ApiScope::AuditRead), t.nav_audit(), "book", "/system/audit");
    builder.item(Some(ApiScope::OpsBackup), t.nav_backup(), "archive", "/system/backup");
    builder.item(None, t.nav_about(), "info", "/system/about");
    builder.finish()
}

struct Builder<'a> {
    visit: &'a Visit,
    role: Role,
    groups: Vec<Group>,
}

impl Builder<'_> {
    fn group(&mut self, label: &'static str) {
        self.groups.push(Group { label, items: Vec::new() });
    }

    fn item(&mut self, needed: Option<ApiScope>, label: &'static str, icon: &'static str, path: &str) {
        if needed.is_some_and(|right| !self.role.may(right)) {
            return;
        }
        let item = Item { label, href: self.visit.url(path), icon, is_current: self.visit.path == path, count: 0 };
        if let Some(group) = self.groups.last_mut() {
            group.items.push(item);
        }
    }

    /// How much waits behind the last entry.
    fn count(&mut self, count: usize) {
        if let Some(item) = self.groups.last_mut().and_then(|group| group.items.last_mut()) {
            item.count = count;
        }
    }

    /// Of the entries whose link the path begins with, the longest is the open one.
    fn finish(mut self) -> Vec<Group> {
        let here = self.visit.url(&self.visit.path);
        let is_within = |href: &str| here == href || here.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
        let root = self.visit.url("/");
        let items = || self.groups.iter().flat_map(|group| &group.items);
        let best = items()
            .filter(|item| item.href == here || (item.href != root && is_within(&item.href)))
            .map(|item| item.href.clone())
            .max_by_key(String::len);
        for item in self.groups.iter_mut().flat_map(|group| &mut group.items) {
            item.is_current = best.as_ref() == Some(&item.href);
        }
        self.groups.retain(|group| !group.items.is_empty());
        self.groups
    }
}
