//! Presses on cards: the event, its code, and what becomes of the card.

use super::*;
use serde_json::{Value, json};
use wecom_bridge::sandbox::{ActError, DeliveryOptions};

pub fn buttons(task: &str) -> Value {
    json!({"card_type": "button_interaction", "task_id": task, "main_title": {"title": "请审批"},
           "action_menu": {"action_list": [{"text": "不再提醒", "key": "mute"}]},
           "button_selection": {"question_key": "why", "option_list": [{"id": "r1", "text": "一"}, {"id": "r2", "text": "二"}]},
           "button_list": [{"text": "同意", "key": "ok"}, {"text": "驳回", "key": "no"}, {"type": 1, "text": "详情", "url": "http://a"}]})
}

pub async fn send(world: &World, card: Value) -> Value {
    let body = json!({"touser": "zhangsan|lisi", "agentid": 7, "msgtype": "template_card", "template_card": card});
    world.app().await.post_ok("message/send", body).await
}

pub fn press(message: u64, key: &str, choices: &[(&str, &[&str])]) -> Act {
    let choices = choices
        .iter()
        .map(|(question, options)| ((*question).to_owned(), options.iter().map(|o| (*o).to_owned()).collect()))
        .collect();
    Act::Press { message, key: key.into(), choices }
}

fn selected(question: &str, options: &[&str]) -> String {
    let options: String = options.iter().map(|o| format!("<OptionId><![CDATA[{o}]]></OptionId>")).collect();
    format!(
        "<SelectedItem><QuestionKey><![CDATA[{question}]]></QuestionKey><OptionIds>{options}</OptionIds></SelectedItem>"
    )
}

#[tokio::test]
async fn a_press_is_an_event_with_a_code_of_its_own() {
    let (world, mut server) = connected().await;
    let sent = send(&world, buttons("t1")).await;
    assert_eq!(act(&world, press(1, "no", &[("why", &["r2"])])).sent, 1);
    let text = server.text().await;
    let code = element(&text, "ResponseCode").to_owned();
    let want = format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[ZhangSan]]></FromUserName>\
         <CreateTime>1760000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event>\
         <EventKey><![CDATA[no]]></EventKey><TaskId><![CDATA[t1]]></TaskId><CardType><![CDATA[button_interaction]]></CardType>\
         <ResponseCode><![CDATA[{code}]]></ResponseCode><SelectedItems>{}</SelectedItems><AgentID>7</AgentID></xml>",
        selected("why", &["r2"])
    );
    assert_eq!(text, want);
    assert_ne!(sent["response_code"], code);
    let app = world.app().await;
    let update = |code: &str, name: &str| json!({"atall": 1, "agentid": 7, "response_code": code, "button": {"replace_name": name}});
    app.post_ok("message/update_template_card", update(&code, "已驳回")).await;
    app.refused(42022, "message/update_template_card", update(&code, "x")).await;
    assert_eq!(
        world.state().act(CORP, "lisi", 7, press(1, "ok", &[])),
        Err(ActError::NoButton),
        "the buttons are gone for all"
    );
    app.post_ok("message/update_template_card", update(sent["response_code"].as_str().unwrap(), "二")).await;
    assert!(
        world.state().act(CORP, "lisi", 7, Act::Action { message: 1, key: "mute".into() }).is_ok(),
        "its menu is not"
    );
    let text = server.text().await;
    assert_eq!(
        (element(&text, "Event"), element(&text, "EventKey"), element(&text, "TaskId")),
        ("template_card_menu_event", "mute", "t1")
    );
    assert!(!text.contains("SelectedItems"));
}

#[tokio::test]
async fn choices_go_along_as_the_member_or_the_card_made_them() {
    let (world, mut server) = connected().await;
    let options =
        json!([{"id": "a", "text": "A"}, {"id": "b", "text": "B", "is_checked": true}, {"id": "c", "text": "C"}]);
    let vote = |mode: u8, task: &str| {
        json!({"card_type": "vote_interaction", "task_id": task, "main_title": {"title": "投票"},
               "checkbox": {"question_key": "q", "mode": mode, "option_list": options}, "submit_button": {"text": "提交", "key": "s"}})
    };
    send(&world, vote(0, "v1")).await;
    send(&world, vote(1, "v2")).await;
    let list = json!([{"question_key": "x", "selected_id": "b", "option_list": options}, {"question_key": "y", "option_list": options}]);
    send(
        &world,
        json!({"card_type": "multiple_interaction", "task_id": "m", "main_title": {"title": "登记"},
        "select_list": list, "submit_button": {"text": "提交", "key": "s"}}),
    )
    .await;
    for (number, choices, want) in [
        (1, &[][..], Some(selected("q", &["b"]))),
        (1, &[("q", &["c"][..])], Some(selected("q", &["c"]))),
        (1, &[("q", &[][..])], Some(selected("q", &[]))),
        (1, &[("q", &["a", "c"][..])], None),
        (2, &[("q", &["a", "c"][..])], Some(selected("q", &["a", "c"]))),
        (2, &[("q", &["a", "a"][..])], None),
        (2, &[("q", &["z"][..])], None),
        (2, &[("other", &["a"][..])], None),
        (3, &[("y", &["c"][..])], Some(selected("x", &["b"]) + &selected("y", &["c"]))),
        (3, &[("x", &[][..])], None),
    ] {
        let got = world.state().act(CORP, "zhangsan", 7, press(number, "s", choices));
        match want {
            None => assert_eq!(got, Err(ActError::BadChoice), "{number} {choices:?}"),
            Some(want) => {
                got.unwrap();
                let text = server.text().await;
                assert!(text.contains(&format!("<SelectedItems>{want}</SelectedItems>")), "{text}");
            }
        }
    }
    world.state().set_delivery(DeliveryOptions { misspells_option_ids: true, ..DeliveryOptions::default() });
    act(&world, press(1, "s", &[]));
    assert!(server.text().await.contains("<OpitonIds><OpitonId><![CDATA[b]]></OpitonId></OpitonIds>"));
}

#[tokio::test]
async fn only_what_the_member_sees_can_be_pressed() {
    let (world, mut server) = connected().await;
    let sent = send(&world, buttons("t1")).await;
    let gone = |message, key: &str| world.state().act(CORP, "zhangsan", 7, press(message, key, &[])).unwrap_err();
    assert_eq!(gone(1, "other"), ActError::NoButton);
    assert_eq!(gone(2, "ok"), ActError::NoMessage);
    for _ in 0..2 {
        act(&world, press(1, "ok", &[])); // pressed cards are not locked
        server.text().await;
    }
    world.state().with_corp(CORP, |corp| corp.message_switches.locks_pressed_cards = true);
    assert_eq!(gone(1, "no"), ActError::Locked);
    world.app().await.post_ok("message/recall", json!({"msgid": sent["msgid"]})).await;
    assert_eq!(gone(1, "ok"), ActError::NoMessage);
    world.state().with_corp(CORP, |corp| corp.message_limits.member_minute = 1);
    send(&world, buttons("t2")).await;
    send(&world, buttons("t3")).await;
    assert_eq!(gone(3, "ok"), ActError::NoMessage, "dropped");
}
