//! The forms that live deliveries were seen in, through the control API.

use super::super::caller::read as read_json;
use super::*;
use serde_json::{Value, json};
use wecom_bridge::sandbox::DeliveryOptions;

struct Control<'w>(&'w World);

impl Control<'_> {
    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/_sandbox/{path}", self.0.sandbox.base_url());
        let request = self.0.http().request(method.parse().unwrap(), url);
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        let got = read_json(request.send().await.unwrap()).await.unwrap();
        (got.status, got.body)
    }
}

#[tokio::test]
async fn numbers_order_and_envelope_vary_on_demand() {
    let (world, mut server) = connected().await;
    let control = Control(&world);
    let patch = json!({"numbers_in_cdata": true});
    assert_eq!(control.call("PATCH", "delivery", patch).await.0, 200);
    act(&world, Act::Text { content: "x".into() });
    let text = server.text().await;
    assert!(
        text.contains("<CreateTime><![CDATA[1760000000]]></CreateTime>") && text.contains("<AgentID><![CDATA[7]]>"),
        "{text}"
    );

    world.state().set_delivery(DeliveryOptions { shuffles_elements: true, ..DeliveryOptions::default() });
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..20 {
        act(&world, Act::Text { content: "x".into() });
        let text = server.text().await;
        assert_eq!((element(&text, "Content"), element(&text, "FromUserName")), ("x", "ZhangSan"));
        orders.insert(text.find("<Content>").unwrap() < text.find("<FromUserName>").unwrap());
    }
    assert_eq!(orders.len(), 2, "sometimes before, sometimes after");

    world.state().set_delivery(DeliveryOptions { sends_json_envelope: true, ..DeliveryOptions::default() });
    act(&world, Act::Text { content: "x".into() });
    let request = server.next().await;
    let envelope: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!((&envelope["tousername"], &envelope["agentid"]), (&json!(CORP), &json!("7")));
    assert_eq!(element(&request.text, "Content"), "x");
}

#[tokio::test]
async fn acts_events_and_the_truth_through_the_control_api() {
    let (world, mut server) = connected().await;
    let control = Control(&world);
    let base = format!("corps/{CORP}");
    let path = format!("{base}/members/zhangsan/apps/7/act");
    let (status, got) = control.call("POST", &path, json!({"act": "text", "content": "你好"})).await;
    assert_eq!((status, got), (200, json!({"sent": 1, "opens": null})));
    assert_eq!(element(&server.text().await, "Content"), "你好");
    settled(&world).await;
    for (path, body, status) in [
        (&path, json!({"act": "text", "content": ""}), 400),
        (&path, json!({"act": "nonsense"}), 400),
        (&format!("{base}/members/nobody/apps/7/act"), json!({"act": "enter"}), 404),
        (&format!("{base}/members/zhangsan/apps/9/act"), json!({"act": "enter"}), 404),
        (&format!("{base}/apps/7/events"), json!({"event": "nonsense"}), 400),
        (&format!("{base}/apps/9/events"), json!({"event": "security"}), 404),
        (&format!("{base}/robots/k1"), json!({"name": "r", "members": ["ZhangSan"]}), 200),
    ] {
        let (got, body) = control.call(if path.contains("robots") { "PUT" } else { "POST" }, path, body).await;
        assert_eq!(got, status, "{path}: {body}");
    }
    let url = format!("{}/_sandbox/{base}/media?kind=image&filename=a.png", world.sandbox.base_url());
    let upload = async |content: &'static [u8]| {
        read_json(world.http().post(&url).body(content).send().await.unwrap()).await.unwrap()
    };
    assert!(upload(b"\x89PNG\r\n\x1a\n").await.body["media_id"].is_string());
    assert_eq!(upload(b"GIF89a").await.status, 400);
    let (_, got) = control.call("POST", &format!("{base}/apps/7/events"), json!({"event": "security"})).await;
    assert_eq!(got, json!({"sent": 1}));
    assert_eq!(element(&server.text().await, "ChangeType"), "change_domain_ip");

    let text = json!({"touser": "zhangsan|lisi|nobody", "agentid": 7, "msgtype": "text", "text": {"content": "x"}});
    world.app().await.post_ok("message/send", text).await;
    let (_, rows) = control.call("GET", &format!("{base}/messages?userid=LISI"), Value::Null).await;
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!((&rows[0]["counts"], &rows[0]["at_member"]["truth"]), (&json!({"arrived": 2}), &json!("arrived")));
    assert_eq!(rows[0]["unreached"], json!({"users": ["nobody"]}));
    assert_eq!(
        (&rows[0]["content"]["content"], &rows[0]["receipts"]["zhangsan"]["truth"]),
        (&json!("x"), &json!("arrived"))
    );
    let (_, rows) = control.call("GET", &format!("{base}/messages?agentid=7&after=1"), Value::Null).await;
    assert_eq!(rows.as_array().unwrap().len(), 1, "the member's own message is number 1");
    let (_, row) = control.call("GET", &format!("{base}/messages/1"), Value::Null).await;
    assert_eq!(row["origin"]["member"], json!({"userid": "zhangsan", "agentid": 7}));
    assert_eq!(control.call("GET", &format!("{base}/messages/99"), Value::Null).await.0, 404);
    settled(&world).await;
    let (_, log) = control.call("GET", "deliveries?agentid=7&userid=zhangsan&kind=text&after=0", Value::Null).await;
    assert_eq!((log.as_array().unwrap().len(), &log[0]["outcome"]), (1, &json!("delivered")));
}

#[tokio::test]
async fn messages_codes_chats_and_menus_survive_in_a_state_file() {
    let (world, mut server) = connected().await;
    let control = Control(&world);
    let sent = super::cards::send(&world, super::cards::buttons("t1")).await;
    act(&world, super::cards::press(1, "ok", &[]));
    let code = element(&server.text().await, "ResponseCode").to_owned();
    settled(&world).await;
    let app = world.app().await;
    let checked = json!({"touser": "lisi", "agentid": 7, "msgtype": "text", "text": {"content": "x"}, "enable_duplicate_check": 1});
    app.post_ok("message/send", &checked).await;
    app.post_ok("appchat/create", json!({"chatid": "c1", "userlist": ["zhangsan", "lisi"]})).await;
    app.post_ok("menu/create?agentid=7", json!({"button": [{"type": "click", "name": "a", "key": "k"}]})).await;
    world.state().add_robot(CORP, "k1", "r", &["lisi"]);
    for _ in 0..29 {
        app.post_ok(
            "message/send",
            json!({"touser": "lisi", "agentid": 7, "msgtype": "text", "text": {"content": "y"}}),
        )
        .await;
    }
    let saved = control.call("GET", "state", Value::Null).await.1;
    control.call("POST", "reset", Value::Null).await;
    assert_eq!(control.call("PUT", "state", saved.clone()).await.0, 200);
    assert_eq!(control.call("GET", "state", Value::Null).await.1, saved);
    let app = world.app().await;
    app.post_ok("message/send", &checked).await;
    assert_eq!(world.state().messages(CORP).len(), 31, "still the same request");
    app.post_ok("message/send", json!({"touser": "lisi", "agentid": 7, "msgtype": "text", "text": {"content": "y"}}))
        .await;
    let last = world.state().messages(CORP).pop().unwrap();
    assert!(last.receipts[0].is_dropped, "still the same minute");
    let update = json!({"atall": 1, "agentid": 7, "response_code": code, "button": {"replace_name": "x"}});
    app.post_ok("message/update_template_card", &update).await;
    app.refused(42022, "message/update_template_card", &update).await;
    app.post_ok("message/recall", json!({"msgid": sent["msgid"]})).await;
    app.get_ok("appchat/get?chatid=c1").await;
    app.get_ok("menu/get?agentid=7").await;
}
