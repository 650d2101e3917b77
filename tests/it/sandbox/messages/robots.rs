//! Group robots.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use std::time::Duration;
use wecom_bridge::sandbox::messages::message::Truth;

struct RobotLine<'w>(&'w World);

impl RobotLine<'_> {
    async fn send(&self, key: &str, body: impl ToString) -> Value {
        let url = format!("{}?key={key}", self.0.url("webhook/send"));
        let got = read(self.0.http().post(url).body(body.to_string()).send().await.unwrap()).await.unwrap();
        self.0.clock.advance(Duration::from_secs(10));
        got.body
    }

    async fn upload(&self, kind: &str, filename: &'static str, content: Vec<u8>) -> Value {
        let url = format!("{}?key=k1&type={kind}", self.0.url("webhook/upload_media"));
        let part = reqwest::multipart::Part::bytes(content).file_name(filename);
        let form = reqwest::multipart::Form::new().part("media", part);
        read(self.0.http().post(url).multipart(form).send().await.unwrap()).await.unwrap().body
    }
}

#[tokio::test]
async fn a_robot_speaks_within_its_limits() {
    let world = world();
    world.state().add_robot(CORP, "k1", "告警", &["u1", "U2"]);
    let line = RobotLine(&world);
    let n = |count: usize| "x".repeat(count);
    let image = |content: &[u8], md5: Option<&str>| {
        let sum = md5.map_or_else(|| hex::encode(Md5::digest(content)), str::to_owned);
        json!({"base64": STANDARD.encode(content), "md5": sum})
    };
    let mut large = PNG.to_vec();
    large.resize((2 << 20) + 1, 0);
    let voice = line.upload("voice", "a.amr", amr(10)).await["media_id"].clone();
    let file = line.upload("file", "a.zip", b"content".to_vec()).await["media_id"].clone();
    assert_eq!(line.upload("image", "a.png", PNG.to_vec()).await["errcode"], 40005);
    assert_eq!(line.upload("voice", "a.amr", amr(3001)).await["errcode"], 45007);
    let foreign = media(&world.app().await, "file", "a.zip", b"content").await;
    let notice = json!({"card_type": "text_notice", "main_title": {"title": "t"}, "card_action": {"type": 1, "url": "http://a"}});
    let buttons = json!({"card_type": "button_interaction", "main_title": {"title": "t"}, "task_id": "t", "button_list": [{"text": "x", "key": "k"}]});
    for (msgtype, content, errcode) in [
        ("text", json!({"content": n(2048), "mentioned_list": ["@all"], "mentioned_mobile_list": ["13800001111"]}), 0),
        ("text", json!({"content": n(2049)}), 40058),
        ("markdown", json!({"content": n(4096)}), 0),
        ("markdown", json!({"content": n(4097)}), 40058),
        ("markdown_v2", json!({"content": n(4096)}), 0),
        ("markdown_v2", json!({"content": n(4097)}), 40058),
        ("image", image(PNG, None), 0),
        ("image", image(PNG, Some("d41d8cd98f00b204e9800998ecf8427e")), 301_019),
        ("image", image(b"GIF89a...", None), 40123),
        ("image", image(&large, None), 40009),
        ("image", json!({"base64": "%%%", "md5": "x"}), 40058),
        ("image", json!({"media_id": file}), 40058),
        ("news", json!({"articles": [{"title": "t", "url": "http://a"}]}), 0),
        ("news", json!({"articles": vec![json!({"title": "t", "url": "http://a"}); 9]}), 45008),
        ("voice", json!({"media_id": voice}), 0),
        ("file", json!({"media_id": file}), 0),
        ("file", json!({"media_id": foreign}), 40007), // an app's
        ("template_card", notice, 0),
        ("template_card", buttons, 42031),
        ("textcard", json!({"title": "t"}), 40008),
        ("video", json!({"media_id": file}), 40008),
    ] {
        let got = line.send("k1", json!({"msgtype": msgtype, msgtype: content})).await;
        let shown: String = content.to_string().chars().take(80).collect();
        assert_eq!(got["errcode"], errcode, "{msgtype} {shown}: {got}");
    }
    let app_send = to_u1("file", json!({"media_id": file}), json!({}));
    world.app().await.refused(40007, "message/send", app_send).await; // the robot's
    world.state().with_corp(CORP, |corp| corp.message_limits.robot_text_bytes = 5120);
    assert_eq!(
        line.send("k1", json!({"msgtype": "text", "text": {"content": n(5120)}})).await["errcode"],
        0,
        "as observed"
    );
    assert_eq!(world.state().inbox(CORP, "u2").len(), world.state().inbox(CORP, "u1").len());
}

#[tokio::test]
async fn a_robot_is_known_by_its_key_and_speaks_twenty_times_a_minute() {
    let world = world();
    world.state().add_robot(CORP, "k1", "告警", &["u1"]);
    let line = RobotLine(&world);
    let text = json!({"msgtype": "text", "text": {"content": "x"}});
    assert_eq!(line.send("k2", &text).await["errcode"], 93000);
    assert_eq!(line.send("", &text).await["errcode"], 93000);
    assert_eq!(line.send("k1", "{").await["errcode"], 40058);
    let url = format!("{}?key=k1", world.url("webhook/send"));
    for n in 0..20 {
        let got = read(world.http().post(&url).body(text.to_string()).send().await.unwrap()).await.unwrap();
        assert_eq!(got.body["errcode"], 0, "message {n}");
    }
    assert_eq!(line.send("k1", &text).await["errcode"], 45009);
    world.clock.advance(Duration::from_secs(50));
    assert_eq!(line.send("k1", &text).await["errcode"], 0);
    let robot = |change: fn(&mut wecom_bridge::sandbox::Robot)| {
        world.state().with_corp(CORP, |corp| change(corp.robots.get_mut("k1").unwrap()));
    };
    robot(|robot| robot.is_in_group = false);
    assert_eq!(line.send("k1", &text).await["errcode"], 93008);
    robot(|robot| robot.is_enabled = false);
    assert_eq!(line.send("k1", &text).await["errcode"], 93004);
}

#[tokio::test]
async fn a_robots_message_of_wrong_types_answers_ok_and_is_lost() {
    let world = world();
    world.state().add_robot(CORP, "k1", "告警", &["u1"]);
    let line = RobotLine(&world);
    let coerced = json!({"msgtype": "text", "text": {"content": "x", "mentioned_list": "u1"}});
    let got = line.send("k1", &coerced).await;
    assert_eq!((&got["errcode"], &got["errmsg"]), (&json!(0), &json!("ok. Warning: wrong json format. ")));
    assert_eq!(world.state().truths(CORP, 1)["u1"], Truth::Dropped);
    world.state().with_corp(CORP, |corp| corp.message_switches.robot_loses_coerced = false);
    line.send("k1", &coerced).await;
    assert_eq!(world.state().truths(CORP, 2)["u1"], Truth::Arrived);
}
