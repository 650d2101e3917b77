//! `agent/*`, `menu/*`, addresses of the service.

use super::*;
use std::time::Duration;
use wecom_bridge::sandbox::{AppKind, VisibleRange};

#[tokio::test]
async fn an_app_reads_and_changes_itself() {
    let world = world();
    world.state().add_app(CORP, 8, "secret-8", VisibleRange::root());
    let app = world.app().await;
    let got = app.get_ok("agent/get?agentid=7").await;
    assert_eq!(
        (&got["name"], &got["close"], &got["allow_partys"]),
        (&json!("app 7"), &json!(0), &json!({"partyid": [1]}))
    );
    assert_eq!((&got["report_location_flag"], &got["isreportenter"]), (&json!(0), &json!(0)));
    for absent in
        ["description", "redirect_domain", "home_url", "allow_userinfos", "allow_tags", "customized_publish_status"]
    {
        assert_eq!(got.get(absent), None, "{absent}");
    }
    app.get_refused(41011, "agent/get").await;
    app.get_refused(40056, "agent/get?agentid=99").await;
    app.get_refused(40056, "agent/get?agentid=x").await;
    app.get_refused(301_002, "agent/get?agentid=8").await;
    let list = app.get_ok("agent/list").await["agentlist"].clone();
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["agentid"], &list[0]["name"]),
        (1, &json!(7), &json!("app 7"))
    );
    world.contacts().await.get_refused(48002, "agent/list").await;

    let logo = media(&app, "image", "a.png", PNG).await;
    world.state().with_corp(CORP, |corp| {
        corp.settings.owned_domains.insert("oa.example.org".into());
        corp.settings.unrecorded_domains.insert("bad.example.org".into());
        corp.settings.provider_domains.insert("p.example.org".into());
    });
    let n = |count: usize| "名".repeat(count);
    for (over, errcode) in [
        (json!({}), 0),
        (json!({"agentid": null}), 41011),
        (json!({"agentid": 99}), 40056),
        (json!({"agentid": 8}), 301_002),
        (json!({"report_location_flag": 1, "isreportenter": 1}), 0),
        (json!({"report_location_flag": 2}), 40059),
        (json!({"isreportenter": 2}), 40059),
        (json!({"name": n(1)}), 0),
        (json!({"name": n(32)}), 0),
        (json!({"name": n(33)}), 45022),
        (json!({"name": ""}), 45022),
        (json!({"description": n(4)}), 0),
        (json!({"description": n(3)}), 45004),
        (json!({"description": n(120)}), 0),
        (json!({"description": n(121)}), 45004),
        (json!({"home_url": "https://oa.example.org"}), 0),
        (json!({"home_url": "oa.example.org"}), 40094),
        (json!({"home_url": ""}), 40094),
        (json!({"logo_mediaid": logo}), 0),
        (json!({"logo_mediaid": "gone"}), 40007),
        (json!({"logo_media_id": "gone"}), 0), // not the name of the field
        (json!({"redirect_domain": "oa.example.org"}), 0),
        (json!({"redirect_domain": "other.example.org"}), 85005),
        (json!({"redirect_domain": "bad.example.org"}), 85008),
        (json!({"redirect_domain": "p.example.org"}), 85111),
        (json!({"redirect_domain": "https://oa.example.org"}), 80001),
        (json!({"redirect_domain": "oa.example.org:8080"}), 80001),
        (json!({"redirect_domain": "10.0.0.1"}), 80001),
        (json!({"redirect_domain": "localhost"}), 80001),
    ] {
        let mut body = json!({"agentid": 7});
        body.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        app.refused(errcode, "agent/set", body).await;
    }
    let got = app.get_ok("agent/get?agentid=7").await;
    assert_eq!(got["redirect_domain"], "other.example.org", "85005: OAuth works, so it was taken");
    assert_eq!((&got["isreportenter"], &got["name"]), (&json!(1), &json!("名".repeat(32))));

    world.state().with_corp(CORP, |corp| corp.message_limits.domain_changes_month = 3);
    app.post_ok("agent/set", json!({"agentid": 7, "redirect_domain": "oa.example.org"})).await;
    app.post_ok("agent/set", json!({"agentid": 7, "redirect_domain": "oa.example.org"})).await; // no change
    app.refused(85004, "agent/set", json!({"agentid": 7, "redirect_domain": "third.example.org"})).await;
    world.clock.advance(Duration::from_secs(30 * 24 * 3600));
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().kind = AppKind::CustomerBuilt);
    let app = world.app().await;
    app.refused(60028, "agent/set", json!({"agentid": 7, "home_url": "http://a"})).await;
    app.refused(48002, "agent/set", json!({"agentid": 7, "name": "x"})).await;
    assert_eq!(app.get_ok("agent/get?agentid=7").await["customized_publish_status"], 2);
}

fn menu(first: Value) -> Value {
    json!({"button": [first]})
}

fn below(sub: Value) -> Value {
    menu(json!({"name": "a", "sub_button": [sub]}))
}

#[tokio::test]
async fn a_menu_is_held_to_its_limits() {
    let world = world();
    let app = world.app().await;
    let click = || json!({"type": "click", "name": "a", "key": "k"});
    let n = |count: usize| "x".repeat(count);
    let view = |url: String| json!({"type": "view", "name": "a", "url": url});
    for (body, errcode) in [
        (json!({"button": [click(), click(), click()]}), 0),
        (json!({"button": [click(), click(), click(), click()]}), 40016),
        (json!({"button": []}), 40016),
        (json!({}), 40016),
        (menu(json!({"name": "a", "sub_button": vec![click(); 5]})), 0),
        (menu(json!({"name": "a", "sub_button": vec![click(); 6]})), 40023),
        (below(json!({"name": "a", "sub_button": [click()]})), 40022),
        (menu(json!({"name": n(16), "type": "click", "key": "k"})), 0),
        (menu(json!({"name": n(17), "type": "click", "key": "k"})), 40018),
        (menu(json!({"name": "菜单菜单菜", "type": "click", "key": "k"})), 0), // 15 bytes
        (menu(json!({"name": "菜单菜单菜单", "type": "click", "key": "k"})), 40018),
        (menu(json!({"type": "click", "key": "k"})), 40018),
        (menu(json!({"name": n(17), "sub_button": [click()]})), 40018),
        (below(json!({"name": n(40), "type": "click", "key": "k"})), 0),
        (below(json!({"name": n(41), "type": "click", "key": "k"})), 40025),
        (menu(json!({"name": "a"})), 40017),
        (menu(json!({"name": "a", "type": "media_id", "key": "k"})), 40017),
        (below(json!({"name": "a", "type": "nothing"})), 40024),
        (menu(json!({"name": "a", "type": "nonsense", "sub_button": [click()]})), 0), // the type is ignored
        (menu(json!({"name": "a", "type": "click"})), 40019),
        (menu(json!({"name": "a", "type": "click", "key": n(128)})), 0),
        (menu(json!({"name": "a", "type": "click", "key": n(129)})), 40019),
        (below(json!({"name": "a", "type": "scancode_push", "key": n(129)})), 40026),
        (menu(view("http://a".into())), 0),
        (menu(view(format!("http://a/{}", n(1015)))), 0), // 1024 bytes
        (menu(view(format!("http://a/{}", n(1016)))), 40020),
        (menu(view(String::new())), 40020),
        (below(view(format!("http://a/{}", n(1016)))), 40027),
        (menu(view("oa.example.org".into())), 40055),
        (below(view("oa.example.org".into())), 40054),
        (menu(view("weixin://wxpay/bizpayurl?pr=x".into())), 0),
        (menu(view("weixin://other".into())), 40055),
        (menu(json!({"name": "a", "type": "view_miniprogram", "appid": "wx1", "pagepath": "p"})), 0),
        (menu(json!({"name": "a", "type": "view_miniprogram", "appid": "wx1"})), 40058),
    ] {
        let got = app.post("menu/create?agentid=7", &body).await;
        assert_eq!(got["errcode"], errcode, "{body}: {got}");
    }
    for kind in
        ["scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"]
    {
        app.post_ok("menu/create?agentid=7", menu(json!({"name": "a", "type": kind, "key": "k"}))).await;
        app.refused(40019, "menu/create?agentid=7", menu(json!({"name": "a", "type": kind}))).await;
    }
}

#[tokio::test]
async fn a_menu_is_replaced_read_and_deleted_by_its_app() {
    let world = world();
    world.state().add_app(CORP, 8, "secret-8", VisibleRange::root());
    let app = world.app().await;
    app.get_refused(46003, "menu/get?agentid=7").await;
    let body = json!({"button": [
        {"type": "view", "name": "首页", "url": "https://oa.example.org", "sub_button": []},
        {"name": "更多", "sub_button": [{"type": "click", "name": "帮助", "key": "help", "sub_button": []}]},
    ]});
    app.post_ok("menu/create?agentid=7", &body).await;
    let got = app.get_ok("menu/get?agentid=7").await;
    assert_eq!(got["button"], body["button"]);
    assert_eq!(got.get("menu"), None);
    for (path, errcode) in [
        ("menu/get", 41011),
        ("menu/get?agentid=x", 40056),
        ("menu/get?agentid=99", 40056),
        ("menu/get?agentid=8", 301_002),
        ("menu/delete", 41011),
        ("menu/delete?agentid=8", 301_002),
    ] {
        app.get_refused(errcode, path).await;
    }
    app.refused(41011, "menu/create", &body).await;
    app.refused(40058, "menu/create?agentid=7", "{").await;
    app.get_refused(40058, "menu/create?agentid=7").await;
    world.contacts().await.get_refused(48002, "menu/get?agentid=7").await;
    app.get_ok("menu/delete?agentid=7").await;
    app.get_refused(46003, "menu/get?agentid=7").await;
    world.state().with_corp(CORP, |corp| corp.message_switches.menu_needs_callback = true);
    app.refused(43012, "menu/create?agentid=7", &body).await;
    give_callback(&world, 7);
    app.post_ok("menu/create?agentid=7", &body).await;
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().kind = AppKind::ThirdParty);
    app.get_refused(48002, "menu/get?agentid=7").await;
}

#[tokio::test]
async fn addresses_of_the_service() {
    let world = world();
    let app = world.app().await;
    world.state().with_corp(CORP, |corp| {
        corp.settings.callback_ips = vec!["101.226.103.*".into(), "10.0.0.0/8".into()];
    });
    assert_eq!(app.get_ok("get_api_domain_ip").await["ip_list"], json!(["127.0.0.1"]));
    assert_eq!(app.get_ok("getcallbackip").await["ip_list"], json!(["101.226.103.*", "10.0.0.0/8"]));
    let got = app.get_ok("security/get_server_domain_ip").await;
    assert_eq!(
        (&got["domain_list"][0]["universal_domian"], &got["ip_list"][0]["ip"]),
        (&json!("127.0.0.1"), &json!("127.0.0.1"))
    );
}
