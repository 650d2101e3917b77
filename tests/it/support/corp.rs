//! The corp that every test world connects to a sandbox, before a world changes it.

use wecom_bridge::model::{
    Access, App, AppKey, Corp, DownstreamOptions, Edition, Endpoints, PullOptions, Quota, UpstreamOptions,
};
use wecom_bridge::sandbox::{Profile, State, VisibleRange, seed};

pub const START_MS: i64 = 1_760_000_000_000;
pub const CORPID: &str = seed::CORPID;

/// The corp's settings, pointed at an address: read-write, with the app `oa` to read, downstream off.
pub fn corp(api_base: &str) -> Corp {
    let base = api_base.to_owned();
    Corp {
        key: "acme-main".into(),
        tenant: "acme".into(),
        name: "示例集团".into(),
        corpid: CORPID.into(),
        edition: Edition::Public,
        endpoints: Endpoints {
            api_base: base.clone(),
            authorize_base: base.clone(),
            login_base: base.clone(),
            console_url: base,
            ca_file: String::new(),
            proxy: String::new(),
            timeout_ms: 5_000,
        },
        access: Access::ReadWrite,
        read_app: Some(AppKey::from("oa")),
        quota: Quota::default(),
        apps: vec![App { key: "oa".into(), name: "OA".into(), agentid: seed::AGENTID, callback_enabled: false }],
        match_rules: Vec::new(),
        pull: PullOptions::default(),
        downstream: DownstreamOptions::default(),
        upstream: UpstreamOptions::default(),
    }
}

/// The same corp on the other side, with nobody in it.
pub fn add_corp(state: &State) {
    state.add_corp(CORPID, seed::CONTACTS_SECRET);
    state.add_app(CORPID, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
}

/// The edition that a profile of the sandbox plays.
pub fn edition_of(profile: Profile) -> Edition {
    match profile {
        Profile::PublicNew | Profile::PublicLegacy => Edition::Public,
        Profile::Private => Edition::Private,
        Profile::Government => Edition::Government,
    }
}
