//! What comes in is kept once, answered, and worked on; each thing that keeps it out has a name.

use super::*;
use crate::api::bridge::filled;
use std::time::Duration;
use wecom_bridge::clock::Clock;

async fn bridge() -> Bridge {
    let bridge = Bridge::start_with("", Clock::manual(1_700_000_100_000)).await;
    set_up(&bridge, "acme-main", "ww0123456789abcdef", TOKEN, AES_KEY).await;
    bridge
}

fn own() -> CallbackCrypto {
    crypto("ww0123456789abcdef")
}

#[tokio::test]
async fn what_members_do_arrives_and_is_worked_on_in_its_order() {
    let line = Line::new().await;
    let state = line.world.sandbox.state();
    state.seed_member(seed::CORPID, wecom_bridge::sandbox::Member::new("zhangsan", "张三", 1));
    line.act("zhangsan", Act::Enter);
    line.act("zhangsan", Act::Text { content: "你好\n第二行".into() });
    line.settle().await;
    let items = line.inbox("").await;
    let kinds: Vec<&str> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message.text", "event.enter_agent"], "the newest first");
    assert!(items.iter().all(|item| item["state"] == "done" && item["from"] == "zhangsan"), "{items:?}");
    let detail = line.bridge().get(&format!("{CORP}/inbox/{}", items[0]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(detail["fields"]["Content"], "你好\n第二行");
    assert_eq!(state.deliveries().iter().filter(|delivery| delivery.reply.starts_with("refused")).count(), 0);
    line.stop().await;
}

#[tokio::test]
async fn a_repeat_is_counted_and_not_kept_twice_also_after_a_restart_of_the_work() {
    let bridge = bridge().await;
    let text = text_message(42, "zhangsan", "x");
    for _ in 0..3 {
        let answer = deliver(&bridge, APP, &own(), &text).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    }
    bridge.app.callbacks.start();
    bridge.app.callbacks.idle().await.unwrap();
    deliver(&bridge, APP, &own(), &text).await;
    let other = text_message(43, "zhangsan", "x");
    deliver(&bridge, APP, &own(), &other).await;
    let page = bridge.get(&format!("{CORP}/inbox")).await.expect(200);
    let kept: Vec<(&Value, &Value)> =
        page["items"].as_array().unwrap().iter().map(|item| (&item["digest"], &item["repeats"])).collect();
    assert_eq!(kept, [(&json!("m43"), &json!(0)), (&json!("m42"), &json!(3))]);
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}

#[tokio::test]
async fn each_fault_of_the_set_up_has_its_name() {
    let bridge = bridge().await;
    let crypto = own();
    let text = text_message(1, "zhangsan", "x");
    let other_token = CallbackCrypto::new("another", AES_KEY, "ww0123456789abcdef").unwrap();
    let other_key = CallbackCrypto::new(TOKEN, &AES_KEY.replace("ab", "ba"), "ww0123456789abcdef").unwrap();
    let strange = CallbackCrypto::new("another", &AES_KEY.replace("ab", "ba"), "ww0123456789abcdef").unwrap();
    let other_corp = CallbackCrypto::new(TOKEN, AES_KEY, "ww9").unwrap();
    for (crypto, fault, detail) in [
        (&other_token, "token", ""),
        (&other_key, "padding", ""),
        (&strange, "signature", ""),
        (&other_corp, "receive_id", "it is meant for \"ww9\", this corp is \"ww0123456789abcdef\""),
    ] {
        bridge.app.clock.advance(Duration::from_secs(2));
        deliver(&bridge, APP, crypto, &text).await.expect_problem(403, "callback.refused");
        let failure = last_failure(&bridge, "acme-main", "oa").await;
        assert_eq!((&failure["fault"], &failure["detail"]), (&json!(fault), &json!(detail)));
        assert_eq!(failure["from"], "127.0.0.1");
    }
    let keys = bridge.act(&format!("{CORP}/callback-keys")).await.expect(201);
    let (token, aes_key) = (keys["token"].as_str().unwrap(), keys["aes_key"].as_str().unwrap());
    let of_contacts = CallbackCrypto::new(token, aes_key, "ww0123456789abcdef").unwrap();
    bridge.app.clock.advance(Duration::from_secs(2));
    deliver(&bridge, APP, &of_contacts, &text).await.expect_problem(403, "callback.refused");
    let failure = last_failure(&bridge, "acme-main", "oa").await;
    assert_eq!((&failure["fault"], &failure["detail"]), (&json!("other_receiver"), &json!("contacts")));

    deliver(&bridge, APP, &crypto, "<xml><a>1</a></xml>").await.expect_problem(403, "callback.refused");
    assert_eq!(last_failure(&bridge, "acme-main", "oa").await["fault"], "message");
    for (query, body, fault) in [
        ("timestamp=1&nonce=2", "x".to_owned(), "parameters"),
        ("msg_signature=a&msg_signature=b&timestamp=1&nonce=2", "x".to_owned(), "parameters"),
        ("msg_signature=a&timestamp=1&nonce=2", "x".to_owned(), "envelope"),
        ("msg_signature=a&timestamp=1&nonce=2", "x".repeat(256 * 1024 + 1), "too_large"),
    ] {
        let answer = send(bridge.bare(Method::POST, &format!("{APP}?{query}")).body(body)).await;
        answer.expect_problem(403, "callback.refused");
        assert_eq!(last_failure(&bridge, "acme-main", "oa").await["fault"], fault, "{query}");
    }
    deliver(&bridge, "/cb/acme-main/nothing", &crypto, &text).await.expect_problem(403, "callback.refused");
    let failure = last_failure(&bridge, "acme-main", "*").await;
    assert_eq!((&failure["fault"], &failure["detail"]), (&json!("unknown_app"), &json!("nothing")));
    deliver(&bridge, "/cb/acme-main/customers", &crypto, &text).await.expect_problem(403, "callback.refused");
    assert_eq!(last_failure(&bridge, "acme-main", "customers").await["fault"], "no_keys");
    let app = json!({ "name": "OA", "agentid": 218, "callback_enabled": false });
    bridge.put(&format!("{CORP}/apps/oa"), &app).await.expect(200);
    deliver(&bridge, APP, &crypto, &text).await.expect_problem(403, "callback.refused");
    assert_eq!(last_failure(&bridge, "acme-main", "oa").await["fault"], "off");
    let ready = bridge.bare(Method::GET, "/readyz");
    assert!(!send(ready).await.text.contains("callbacks.refused"), "one that is switched off is nobody's trouble");
    let metrics = send(bridge.request(Method::GET, "/metrics")).await.text;
    assert!(metrics.contains(r#"callbacks_refused_total{corp="acme-main",fault="other_receiver"} 1"#), "{metrics}");
    bridge.stop().await;
}

#[tokio::test]
async fn new_keys_void_the_old_at_once_and_another_app_s_message_is_taken_with_a_note() {
    let bridge = bridge().await;
    let text = text_message(1, "zhangsan", "x").replace(">218<", ">219<");
    assert_eq!(deliver(&bridge, APP, &own(), &text).await.status, 200);
    let failure = last_failure(&bridge, "acme-main", "oa").await;
    assert_eq!(
        (&failure["fault"], &failure["detail"]),
        (&json!("agent_id"), &json!("it names AgentID 219, this app has 218"))
    );
    let keys = bridge.act(&format!("{CORP}/apps/oa/callback-keys")).await.expect(201);
    deliver(&bridge, APP, &own(), &text).await.expect_problem(403, "callback.refused");
    let (token, aes_key) = (keys["token"].as_str().unwrap(), keys["aes_key"].as_str().unwrap());
    let fresh = CallbackCrypto::new(token, aes_key, "ww0123456789abcdef").unwrap();
    assert_eq!(deliver(&bridge, APP, &fresh, &text).await.status, 200);
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_older_than_what_is_kept_is_answered_and_not_taken() {
    let bridge = bridge().await;
    let encrypted = own().encrypt(&text_message(1, "zhangsan", "x"));
    let query = query(&own(), bridge.app.clock.now_ms(), &encrypted);
    bridge.app.clock.advance(Duration::from_secs(31 * 24 * 3_600));
    let body = request_body("ww", Some(218), &encrypted);
    let answer = send(bridge.bare(Method::POST, &format!("{APP}?{query}")).body(body)).await;
    assert_eq!(answer.status, 200, "as a repeat is answered");
    let page = bridge.app.callbacks.gauges(&CorpKey::from("acme-main")).await.unwrap();
    assert_eq!(page.waiting, 0);
    assert_eq!(last_failure(&bridge, "acme-main", "oa").await["fault"], "stale");
    bridge.stop().await;
}

#[tokio::test]
async fn the_console_s_check_is_answered_to_the_letter_and_noted() {
    let bridge = bridge().await;
    let encrypted = own().encrypt("4231928347562938475");
    let query = query(&own(), bridge.app.clock.now_ms(), &encrypted);
    let escaped: String = url::form_urlencoded::byte_serialize(encrypted.as_bytes()).collect();
    for echostr in [escaped, encrypted] {
        let answer = send(bridge.bare(Method::GET, &format!("{APP}?{query}&echostr={echostr}"))).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "4231928347562938475"));
    }
    let answer = send(bridge.bare(Method::GET, &format!("{APP}?{query}"))).await;
    answer.expect_problem(403, "callback.refused");
    let gauges = bridge.get(&format!("{CORP}/callbacks")).await.expect(200);
    let oa = gauges["receivers"].as_array().unwrap().iter().find(|gauge| gauge["receiver"] == "oa").unwrap();
    assert_eq!(oa["health"]["checked_at_ms"], 1_700_000_100_000_i64);
    assert_eq!(oa["health"]["last"][0]["is_check"], true);
    send(bridge.bare(Method::PUT, APP)).await.expect_problem(405, "request.method");
    bridge.stop().await;
}

#[tokio::test]
async fn the_base_path_is_honoured_and_json_is_read_too() {
    let bridge = Bridge::start_with("base_path = \"/bridge\"", Clock::manual(1_700_000_100_000)).await;
    set_up(&bridge, "acme-main", "ww0123456789abcdef", TOKEN, AES_KEY).await;
    assert!(bridge.base.ends_with("/bridge"));
    let inner = r#"{"tousername":"ww","fromusername":"zhangsan","createtime":1700000000,"msgtype":"text","text":{"content":"x"},"msgid":"7"}"#;
    let encrypted = own().encrypt(inner);
    let query = query(&own(), bridge.app.clock.now_ms(), &encrypted);
    let body = json!({ "tousername": "ww", "encrypt": encrypted, "agentid": "218" }).to_string();
    let answer = send(bridge.bare(Method::POST, &format!("{APP}?{query}")).body(body)).await;
    assert_eq!(answer.status, 200);
    let page = bridge.get(&format!("{CORP}/inbox?kind=message.text&from=ZHANGSAN")).await.expect(200);
    assert_eq!(page["items"][0]["digest"], "m7");
    assert_eq!(filled(APP), APP);
    bridge.stop().await;
}
