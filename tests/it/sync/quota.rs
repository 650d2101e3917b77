//! What the quota was used for before a restart still counts after it, so that WeCom never locks the corp out.

use super::world::{CORPID, START_MS, corp, start_sandbox};
use std::path::Path;
use std::sync::Arc;
use wecom_bridge::app::App;
use wecom_bridge::clock::Clock;
use wecom_bridge::config::Config;
use wecom_bridge::model::{Corp, Secret, SecretName, Tenant};
use wecom_bridge::sandbox::{Profile, Sandbox, seed};
use wecom_bridge::store;

/// A bridge that allows itself fifty calls a minute, and a WeCom that allows `limit`.
fn prepare(limit: u32) -> (Clock, Sandbox, Corp, tempfile::TempDir) {
    let clock = Clock::jumping(START_MS);
    let sandbox = start_sandbox(Profile::PublicNew, &clock, "示例集团");
    sandbox.state().with_corp(CORPID, |corp| corp.quota.corp_minute = limit.into());
    let mut settings = corp(sandbox.base_url());
    (settings.quota.calls_per_minute, settings.quota.calls_per_hour) = (50, 2_000);
    (clock, sandbox, settings, tempfile::tempdir().unwrap())
}

/// The application of a folder, as `serve` opens it.
fn start(folder: &Path, clock: &Clock, settings: &Corp) -> Arc<App> {
    let text = format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n", folder.to_str().unwrap());
    let app = App::open(Config::from_toml(&text).unwrap(), clock.clone()).unwrap();
    let corp = settings.clone();
    app.store
        .write_blocking(move |tx| {
            store::tenants::put(tx, &Tenant { key: corp.tenant.clone(), name: corp.name.clone() })?;
            store::corps::put(tx, &corp)?;
            store::secrets::put(tx, &corp.key, &SecretName::Contacts, &Secret::new(seed::CONTACTS_SECRET))
        })
        .unwrap();
    app
}

async fn list_ids(app: &App, settings: &Corp, times: usize) {
    let client = app.env.client(settings).await.unwrap();
    for _ in 0..times {
        client.user_list_id(None, 1).await.unwrap();
    }
}

fn lock_outs(sandbox: &Sandbox) -> u64 {
    sandbox.state().quotas().iter().map(|row| row.lock_outs).sum()
}

#[tokio::test]
async fn calls_before_a_restart_count_after_it() {
    let (clock, sandbox, settings, folder) = prepare(50);
    let app = start(folder.path(), &clock, &settings);
    list_ids(&app, &settings, 40).await;
    app.close().await;
    drop(app);

    let app = start(folder.path(), &clock, &settings);
    let before_ms = clock.now_ms();
    list_ids(&app, &settings, 10).await;
    assert!(clock.now_ms() - before_ms < 60_000, "the rest of the minute can still be used");
    list_ids(&app, &settings, 1).await;
    let used = clock.now_ms() - START_MS;
    assert!((60_000..125_000).contains(&used), "the fifty-first waits for the next minute: {used} ms");
    assert_eq!(lock_outs(&sandbox), 0);
    let uses = app.env.client(&settings).await.unwrap().quota().apis;
    let ids = uses.iter().find(|api| api.endpoint == "user/list_id").unwrap();
    assert!(ids.hour_left <= 2_000 - 51, "{ids:?}");
    app.close().await;
}

#[tokio::test]
async fn a_lock_out_is_remembered_over_a_restart() {
    // WeCom allows less than the settings say
    let (clock, sandbox, settings, folder) = prepare(5);
    let app = start(folder.path(), &clock, &settings);
    {
        let client = app.env.client(&settings).await.unwrap().with_patience(wecom_bridge::wecom::Patience::Interactive);
        for _ in 0..5 {
            client.user_list_id(None, 1).await.unwrap();
        }
        let refused = client.user_list_id(None, 1).await.unwrap_err();
        assert!(refused.to_string().contains("quota"), "{refused}");
    }
    assert_eq!(lock_outs(&sandbox), 1);
    let (asked, before_ms) = (sandbox.state().count("user/list_id"), clock.now_ms());
    app.close().await;
    drop(app);

    let app = start(folder.path(), &clock, &settings);
    list_ids(&app, &settings, 1).await;
    assert_eq!(sandbox.state().count("user/list_id"), asked + 1, "nothing goes out while WeCom locks us out");
    assert!(clock.now_ms() - before_ms >= 59_000, "{} ms", clock.now_ms() - before_ms);
    assert_eq!(lock_outs(&sandbox), 1);
    app.close().await;
}
