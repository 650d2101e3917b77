//! The demo corp, whose values are those of the sample set-up file.

use super::shared::State;
use super::state::corp::{Callback, VisibleRange};

/// CorpID of the demo corp.
pub const CORPID: &str = "ww0123456789abcdef";
/// Its contacts secret.
pub const CONTACTS_SECRET: &str = "contacts-secret";
/// AgentID of its app.
pub const AGENTID: u64 = 1_000_002;
/// Secret of its app.
pub const APP_SECRET: &str = "oa-secret";
/// Token of its contacts callback.
pub const CONTACTS_TOKEN: &str = "contactsToken";
/// Token of its app's callback.
pub const APP_TOKEN: &str = "oaToken";
/// EncodingAESKey of both callbacks.
pub const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Adds the demo corp: an empty organisation with the contacts secret and one app that sees everything.
pub fn demo(state: &State) {
    state.add_corp(CORPID, CONTACTS_SECRET);
    state.add_app(CORPID, AGENTID, APP_SECRET, VisibleRange::root());
    state.with_corp(CORPID, |corp| {
        corp.name = "示例集团".into();
        if let Some(mut root) = corp.directory.department(1).cloned() {
            root.name = "示例集团".into();
            corp.directory.put_department(root);
        }
        corp.settings.custom_attributes.insert("工号".into());
        if let Some(app) = corp.apps.get_mut(&AGENTID) {
            app.name = "OA".into();
        }
    });
}

/// Sends the demo corp's events to a bridge at `bridge_url`: `/cb/{corp}/contacts` and `/cb/{corp}/oa`.
pub fn demo_callbacks(state: &State, bridge_url: &str, corp_key: &str) {
    let to = |path: &str, token: &str| {
        Some(Callback {
            url: format!("{bridge_url}/cb/{corp_key}/{path}"),
            token: token.into(),
            aes_key: AES_KEY.into(),
        })
    };
    state.with_corp(CORPID, |corp| {
        corp.contacts.callback = to("contacts", CONTACTS_TOKEN);
        if let Some(app) = corp.apps.get_mut(&AGENTID) {
            app.callback = to("oa", APP_TOKEN);
        }
    });
}

/// Tells nobody of the demo corp's events: their addresses were those of a bridge that is gone.
pub fn without_callbacks(state: &State) {
    state.with_corp(CORPID, |corp| {
        corp.contacts.callback = None;
        corp.apps.values_mut().for_each(|app| app.callback = None);
    });
}
