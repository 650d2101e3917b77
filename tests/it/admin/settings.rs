//! The appliance's own settings, and the one address that links derive from.

use super::{House, cli};
use wecom_bridge::admin::settings::{self, Settings, SettingsError};
use wecom_bridge::app::App;
use wecom_bridge::clock::Clock;
use wecom_bridge::config::Config;

#[tokio::test]
async fn settings_are_kept_and_audited_once() {
    let house = House::new();
    assert_eq!(settings::get(&house.env).await.unwrap(), Settings::default());
    let wanted = Settings { language: "en".into(), two_person_removals: true, ..Settings::default() };
    assert_eq!(settings::set(&house.env, &cli(), wanted.clone()).await.unwrap(), wanted);
    settings::set(&house.env, &cli(), wanted.clone()).await.unwrap();
    let house = house.restarted();
    assert_eq!(settings::get(&house.env).await.unwrap(), wanted);
    let bad = Settings { session_max_h: 0, ..Settings::default() };
    let refused = settings::set(&house.env, &cli(), bad).await.unwrap_err();
    assert!(matches!(refused, SettingsError::Value { field: "session_max_h", .. }), "{refused}");
    assert_eq!(settings::get(&house.env).await.unwrap(), wanted);
    let rows = house.audit();
    assert_eq!(rows.len(), 1, "once for the change, not for the repetition");
    assert_eq!(rows[0].before.as_ref().unwrap()["two_person_removals"], false);
    assert_eq!(rows[0].after.as_ref().unwrap()["two_person_removals"], true);
    assert!(house.folder.path().exists());
}

#[tokio::test]
async fn links_derive_from_the_configured_address_then_the_set_one_then_the_one_listened_on() {
    let app = |lines: &str| {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("data_dir = {:?}\n{lines}", folder.path());
        (App::open(Config::from_toml(&text).unwrap(), Clock::manual(0)).unwrap(), folder)
    };
    let (bare, _folder) = app("listen = \"127.0.0.1:0\"\nbase_path = \"/wecom\"\n");
    bare.note_listening("127.0.0.1:4711".parse().unwrap());
    assert_eq!(bare.public_url().await.unwrap(), "http://127.0.0.1:4711/wecom");
    let set = Settings { public_url: Some("https://10.0.0.7/wecom/".into()), ..Settings::default() };
    settings::set(&bare.admin, &cli(), set.clone()).await.unwrap();
    assert_eq!(bare.public_url().await.unwrap(), "https://10.0.0.7/wecom");

    let (configured, _folder) = app("public_url = \"https://bridge.example.com\"\n");
    settings::set(&configured.admin, &cli(), set).await.unwrap();
    assert_eq!(configured.public_url().await.unwrap(), "https://bridge.example.com");

    let (open, _folder) = app("listen = \"0.0.0.0:8620\"\n");
    let url = open.public_url().await.unwrap();
    assert!(!url.contains("0.0.0.0") && url.ends_with(":8620"), "{url}");
}
