//! Pages of corps.

use super::browser::Browser;
use super::office::{CORP, Office};
use serde_json::json;
use wecom_bridge::model::{Actor, CorpKey, Role, Secret, SecretName};
use wecom_bridge::setup::service;
use wecom_bridge::store;

/// The page asks what becomes of the links, and only a typed confirmation drops them.
#[tokio::test]
async fn a_corp_with_links_becomes_another_wecom_only_when_told_so() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let key = CorpKey::from("acme-main");
    let mirrored = |office: &Office| office.bridge.app.store.read(|tx| store::links::count(tx, &key)).unwrap().mirrored;
    let edit = format!("{CORP}/edit");

    let page = browser.get(&edit).await.expect(200);
    page.lacks("name=\"links\"");
    browser.follow(&browser.submit(&page, "/edit", &[("name", "改名")]).await).await.expect(200);
    let page = browser.get(&edit).await.expect(200);
    let mut asked = browser.submit(&page, "/edit", &[("corpid", "ww-another")]).await.expect(422);
    asked.has("这会变成另一个企业微信").has("不能保留关联").lacks("value=\"keep\"");
    for fields in [
        vec![("links", "reset"), ("confirm", "something else")],
        vec![("links", "reset"), ("confirm", "")],
        vec![("links", ""), ("confirm", "acme-main")],
        vec![("links", "keep"), ("confirm", "acme-main")],
    ] {
        asked = browser.submit(&asked, "/edit", &fields).await.expect(422);
        assert_eq!(mirrored(&office), 8, "{fields:?}");
    }
    let done = browser.submit(&asked, "/edit", &[("links", "reset"), ("confirm", "acme-main")]).await;
    browser.follow(&done).await.expect(200).has("原来的关联已清空");
    assert_eq!(mirrored(&office), 0);
    office.close().await;
}

#[tokio::test]
async fn links_are_kept_where_only_the_address_changes() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let edit = format!("{CORP}/edit");
    let page = browser.get(&edit).await.expect(200);
    let asked = browser.submit(&page, "/edit", &[("api_base", "http://127.0.0.1:10")]).await.expect(422);
    let done = browser.submit(&asked, "/edit", &[("links", "keep"), ("confirm", "acme-main")]).await;
    browser.follow(&done).await.expect(200).has("已保存");
    let key = CorpKey::from("acme-main");
    let left = office.bridge.app.store.read(|tx| store::links::count(tx, &key)).unwrap();
    assert_eq!(left.mirrored, 8);
    office.close().await;
}

/// The console's form is drawn with what goes into it; keys are in it only on the page that made them. Where WeCom stands
/// further away than the public address reaches, the page says so.
#[tokio::test]
async fn the_guide_shows_where_callback_keys_go() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let app = json!({ "name": "OA", "agentid": 1_000_002 });
    office.bridge.put("/api/v1/corps/acme-main/apps/oa", &app).await.expect(201);
    // who cannot make them is not told to
    office.get(CORP).await.expect(200).has("尚未生成").lacks("点击“生成 Token 和密钥”后显示");
    for (form, url, way) in [
        ("callback-keys", "/cb/acme-main/contacts", "设置接收事件服务器"),
        ("customers-callback-keys", "/cb/acme-main/customers", "客户联系"),
        ("apps/oa/callback-keys", "/cb/acme-main/oa", "设置 API 接收"),
    ] {
        let place = if form.starts_with("apps/") { format!("{CORP}/apps/oa") } else { CORP.to_owned() };
        let before = browser.get(&place).await.expect(200);
        before.has(url).has(way).has("未生成密钥").has("点击“生成 Token 和密钥”后显示").lacks("id=\"token-");
        let made = browser.submit(&before, &format!("/{form}"), &[]).await.expect(200);
        made.has(url).has("id=\"token-").has("id=\"aes-key-").lacks("只显示一次");
        browser.get(&place).await.expect(200).has("密钥已生成").has("只在生成时显示一次").lacks("id=\"token-");
    }
    browser.get(CORP).await.has("本机上的沙盒").has("接入真实的企业微信之前").lacks("企业微信验证会失败");

    let page = browser.get(&format!("{CORP}/edit")).await.expect(200);
    let asked = browser.submit(&page, "/edit", &[("api_base", "https://qyapi.weixin.qq.com")]).await.expect(422);
    browser.follow(&browser.submit(&asked, "/edit", &[("links", "keep"), ("confirm", "acme-main")]).await).await;
    browser
        .get(CORP)
        .await
        .expect(200)
        .has("企业微信验证会失败")
        .has("href=\"/system/settings\"")
        .lacks("本机上的沙盒");
    office.close().await;
}

/// An app that begins to receive gets its keys, and they are shown on the page after saving, with where they go.
#[tokio::test]
async fn keys_of_a_new_app_are_shown_when_it_is_saved() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let page = browser.get(&format!("{CORP}/apps/new")).await.expect(200);
    page.has("保存后显示要填到管理后台的").lacks("填写下面的");
    let fields = [("name", "办公"), ("key", "oa"), ("agentid", "1000002"), ("secret", "app-secret"), ("callback", "1")];
    let made = browser.submit(&page, "/apps/new", &fields).await.expect(200);
    made.has("/cb/acme-main/oa").has("id=\"token-").has("id=\"aes-key-").has("设置 API 接收");
    let key = CorpKey::from("acme-main");
    let token = SecretName::AppToken("oa".into());
    let stored = office.bridge.app.store.read(|tx| store::secrets::find(tx, &key, &token)).unwrap().unwrap();
    made.has(stored.expose());

    let app = format!("{CORP}/apps/oa");
    let page = browser.get(&app).await.expect(200);
    page.has("密钥已生成").lacks(stored.expose());
    // saved again: the keys are there and stay
    let saved = browser.submit(&page, "/apps/oa", &[("name", "OA")]).await;
    browser.follow(&saved).await.expect(200).has("应用已保存").has("未测试").has("测试连接");
    // nothing has gone through with what was entered, and every list says so until something has
    for path in [CORP, "/messages/queues", "/system/diagnostics"] {
        browser.get(path).await.expect(200).has("未测试");
    }
    let queues = office.bridge.get("/api/v1/message-queues").await.expect(200);
    assert_eq!(queues["items"][0]["is_untested"], true, "{queues}");
    let of = key.clone();
    let (oa, now_ms) = (SecretName::App("oa".into()), office.bridge.app.clock.now_ms());
    office.bridge.app.store.write(move |tx| store::trials::worked(tx, &of, &oa, now_ms)).await.unwrap();
    for path in [CORP, app.as_str(), "/messages/queues", "/system/diagnostics"] {
        browser.get(path).await.expect(200).lacks("未测试");
    }
    // a test that fails is remembered wherever the app is shown, until something goes through with it or it is entered anew
    // where WeCom is not reached at all, nothing is known of them
    let unreached = browser.post("/system/diagnostics", &[("corp", "acme-main")]).await.expect(200);
    unreached.has("有检查没有通过").lacks("测试未通过");
    let of = key.clone();
    let failure = move |tx: &store::WriteTx| {
        let failure = store::trials::TestFailure { at_ms: now_ms, errcode: None, en: "no".into(), zh: "不行".into() };
        store::trials::failed(tx, &of, &SecretName::App("oa".into()), now_ms, &failure, true)
    };
    office.bridge.app.store.write_blocking(failure).unwrap();
    // and what was known stays
    browser.post("/system/diagnostics", &[("corp", "acme-main")]).await.expect(200).has("测试未通过");
    for path in [CORP, app.as_str(), "/messages/queues", "/system/diagnostics"] {
        browser.get(path).await.expect(200).has("测试未通过");
    }
    // by the app's name, once, with the way to it
    for page in ["/", "/system/diagnostics"] {
        let page = browser.get(page).await.expect(200);
        page.has("阿克米企业 / OA").has("href=\"/corps/acme-main/apps/oa\"").has("不行");
        assert!(page.text.matches("测试未通过").count() == 1, "{}", page.text);
    }
    office.get("/").await.expect(200).has("最近一次连接测试未通过");
    let ready = office.bridge.get("/readyz").await.expect(200);
    assert!(ready.to_string().contains("credential.failed"), "{ready}");
    let queues = office.bridge.get("/api/v1/message-queues").await.expect(200);
    assert!(queues["items"][0]["failed_test"]["en"].is_string(), "{queues}");
    // another AgentID is another app
    browser.submit(&browser.get(&app).await.expect(200), "/apps/oa", &[("agentid", "1000009")]).await;
    browser.get(CORP).await.expect(200).has("未测试");
    browser.get(&app).await.expect(200).has("未测试").lacks("测试未通过");
    let again = office.bridge.app.store.read(|tx| store::secrets::find(tx, &key, &token)).unwrap().unwrap();
    assert_eq!(again, stored);

    // a key that was given stays; the other one is made
    let crm = [("name", "CRM"), ("key", "crm"), ("agentid", "1000003"), ("secret", "crm-secret"), ("is_reader", "")];
    let page = browser.get(&format!("{CORP}/apps/new")).await.expect(200);
    let taken = browser.submit(
        &page,
        "/apps/new",
        &[("name", "B"), ("key", "b"), ("agentid", "1000009"), ("secret", "b-secret")],
    );
    taken.await.expect(422).has("另一个应用已使用这个 AgentID").lacks("is used by");
    browser.follow(&browser.submit(&page, "/apps/new", &crm).await).await.expect(200).has("应用已保存");
    let (actor, given) = (Actor::cli("tester"), Secret::new("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"));
    let (store, aes_key) = (&office.bridge.app.store, SecretName::AppAesKey("crm".into()));
    service::put_secret(store, &actor, &key, aes_key.clone(), given.clone()).await.unwrap();
    let page = browser.get(&format!("{CORP}/apps/crm")).await.expect(200);
    let reads = [("callback", "1"), ("is_reader", "1")];
    let made = browser.submit(&page, "/apps/crm", &reads).await.expect(200);
    made.has("id=\"token-crm").lacks("id=\"aes-key-").has("只在生成时显示一次");
    assert_eq!(store.read(|tx| store::secrets::find(tx, &key, &aes_key)).unwrap().unwrap(), given);
    let corp = service::get_corp(store, &key).await.unwrap();
    assert_eq!(corp.read_app, Some("crm".into()));
    office.close().await;
}

/// The account limit is a setting of the corp like its quota.
#[tokio::test]
async fn the_account_limit_is_set_on_the_page() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let edit = format!("{CORP}/edit");
    let page = browser.get(&edit).await.expect(200);
    browser.submit(&page, "/edit", &[("seats", "many")]).await.expect(422).has("请填写整数");
    browser.follow(&browser.submit(&page, "/edit", &[("seats", "1200")]).await).await.expect(200).has("1200");
    let key = CorpKey::from("acme-main");
    let corp = office.bridge.app.store.read(|tx| store::corps::find(tx, &key)).unwrap().unwrap();
    assert_eq!(corp.quota.seats, 1_200);
    office.close().await;
}
