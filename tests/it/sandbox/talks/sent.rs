//! Messages of members, opening an app, coming and going, events that nobody makes.

use super::*;
use serde_json::json;
use wecom_bridge::sandbox::messages::content::{Page, Place};
use wecom_bridge::sandbox::{ActError, DeliveryOptions, EventOrder, VisibleRange};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n-------";

fn head(msgtype: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[ZhangSan]]></FromUserName>\
         <CreateTime>1760000000</CreateTime><MsgType><![CDATA[{msgtype}]]></MsgType>"
    )
}

#[tokio::test]
async fn every_kind_of_message_reaches_the_app() {
    let (world, mut server) = connected().await;
    let state = world.state();
    let image = state.add_media(CORP, "image", "a.png", PNG.to_vec()).unwrap();
    let voice = state.add_media(CORP, "voice", "a.amr", b"#!AMR\n".to_vec()).unwrap();
    let video = state.add_media(CORP, "video", "a.mp4", b"....ftyp".to_vec()).unwrap();
    let base = world.sandbox.base_url();
    let place = Place { latitude: 23.1, longitude: 113.3, scale: 15, label: "广州".into() };
    let page = Page { title: "t".into(), description: "d".into(), url: "http://a".into(), picurl: "http://p".into() };
    for (said, msgtype, inner) in [
        (Act::Text { content: "你好 ]]> <b>".into() }, "text", "<Content><![CDATA[你好 ]]]]><![CDATA[> <b>]]></Content>".to_owned()),
        (
            Act::Image { media_id: image.clone() },
            "image",
            format!("<PicUrl><![CDATA[{base}/_sandbox/media/{CORP}/{image}]]></PicUrl><MediaId><![CDATA[{image}]]></MediaId>"),
        ),
        (
            Act::Voice { media_id: voice.clone() },
            "voice",
            format!("<MediaId><![CDATA[{voice}]]></MediaId><Format><![CDATA[amr]]></Format>"),
        ),
        (
            Act::Video { media_id: video.clone(), thumb_media_id: image.clone() },
            "video",
            format!("<MediaId><![CDATA[{video}]]></MediaId><ThumbMediaId><![CDATA[{image}]]></ThumbMediaId>"),
        ),
        (
            Act::Location(place),
            "location",
            "<Location_X>23.1</Location_X><Location_Y>113.3</Location_Y><Scale>15</Scale><Label><![CDATA[广州]]></Label>\
             <AppType><![CDATA[wxwork]]></AppType>"
                .to_owned(),
        ),
        (
            Act::Link(page),
            "link",
            "<Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description><Url><![CDATA[http://a]]></Url>\
             <PicUrl><![CDATA[http://p]]></PicUrl>"
                .to_owned(),
        ),
    ] {
        assert_eq!(act(&world, said).sent, 1);
        let request = server.next().await;
        let msgid = element(&request.text, "MsgId");
        assert!(msgid.parse::<u64>().is_ok_and(|id| id > 1_000_000_000_000_000_000), "{msgid}");
        let want = format!("{}{inner}<MsgId>{msgid}</MsgId><AgentID>7</AgentID></xml>", head(msgtype));
        assert_eq!(request.text, want);
        assert!(request.body.starts_with(&format!("<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[7]]></AgentID><Encrypt>")));
    }
    assert_eq!(world.state().inbox(CORP, "zhangsan").len(), 6, "the talk keeps what was said");
    let log = settled(&world).await;
    assert_eq!(
        (log.len(), log[0].kind.as_str(), log[0].userid.as_str(), log[0].outcome),
        (6, "text", "zhangsan", "delivered")
    );
    let app = world.app().await;
    assert!(app.get(&format!("media/get?media_id={image}")).await["text"].as_str().unwrap().contains("PNG"));
}

#[tokio::test]
async fn what_the_client_does_not_let_a_member_do() {
    let (world, mut server) = connected().await;
    world.state().add_app(CORP, 8, "secret-8", VisibleRange::departments([2]));
    let state = world.state();
    let text = || Act::Text { content: "x".into() };
    for (corp, userid, agentid, wanted, error) in [
        ("ww9", "zhangsan", 7, text(), ActError::NoCorp),
        (CORP, "nobody", 7, text(), ActError::NoMember),
        (CORP, "zhangsan", 8, text(), ActError::NoApp),
        (CORP, "zhangsan", 99, text(), ActError::NoApp),
        (CORP, "zhangsan", 7, Act::Text { content: " ".into() }, ActError::Empty),
        (CORP, "zhangsan", 7, Act::Image { media_id: "gone".into() }, ActError::NoMedia),
        (CORP, "zhangsan", 7, Act::Link(Page::default()), ActError::Empty),
        (CORP, "zhangsan", 7, Act::Press { message: 9, key: "k".into(), choices: vec![] }, ActError::NoMessage),
        (CORP, "zhangsan", 7, Act::Menu { place: vec![0], with: Default::default() }, ActError::NoEntry),
    ] {
        assert_eq!(state.act(corp, userid, agentid, wanted.clone()), Err(error), "{wanted:?}");
    }
    assert!(server.is_quiet() && state.messages(CORP).is_empty());
    state.with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().callback = None);
    assert_eq!(act(&world, text()).sent, 0, "an app without an address hears nothing");
}

#[tokio::test]
async fn opening_an_app_is_told_as_far_as_it_asked() {
    let (world, mut server) = connected().await;
    assert_eq!(act(&world, Act::Enter).sent, 0);
    world.app().await.post_ok("agent/set", json!({"agentid": 7, "isreportenter": 1, "report_location_flag": 1})).await;
    assert_eq!(act(&world, Act::Enter).sent, 2);
    let enter = "<Event><![CDATA[enter_agent]]></Event><EventKey><![CDATA[]]></EventKey><AgentID>7</AgentID></xml>";
    assert_eq!(server.text().await, head("event") + enter);
    let place = "<Event><![CDATA[LOCATION]]></Event><Latitude>23.104</Latitude><Longitude>113.320</Longitude>\
                 <Precision>65.000</Precision><AppType><![CDATA[wxwork]]></AppType><AgentID>7</AgentID></xml>";
    assert_eq!(server.text().await, head("event") + place);
}

#[tokio::test]
async fn members_come_and_go() {
    let (world, mut server) = connected().await;
    world.state().seed_department(CORP, 20, 1, "d", 0);
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().visible = VisibleRange::departments([20]));
    let contacts = world.contacts().await;
    let mut expect = async |event: &str| {
        let text = server.text().await;
        assert_eq!((element(&text, "Event"), element(&text, "FromUserName")), (event, "New"), "{text}");
    };
    let person =
        json!({"userid": "New", "name": "新", "department": [1], "email": "n@example.com", "to_invite": false});
    contacts.post_ok("user/create", person).await; // outside of the range
    contacts.post_ok("user/update", json!({"userid": "New", "department": [20]})).await;
    expect("subscribe").await;
    contacts.post_ok("user/update", json!({"userid": "New", "position": "x"})).await; // neither comes nor goes
    contacts.post_ok("user/update", json!({"userid": "New", "enable": 0})).await;
    expect("unsubscribe").await;
    contacts.post_ok("user/update", json!({"userid": "New", "enable": 1})).await;
    expect("subscribe").await;
    world.state().leave(CORP, "New").unwrap();
    expect("unsubscribe").await;
    world.state().activate(CORP, "New").unwrap();
    expect("subscribe").await;
    contacts.get_ok("user/delete?userid=New").await;
    expect("unsubscribe").await;
    world.state().with_corp(CORP, |corp| corp.message_switches.tells_subscriptions = false);
    let person =
        json!({"userid": "New2", "name": "新", "department": [20], "email": "n@example.com", "to_invite": false});
    contacts.post_ok("user/create", person).await;
    act(world_member(&world), Act::Subscribe);
    assert_eq!(element(&server.text().await, "FromUserName"), "ZhangSan", "the switch is off, the act is not");
}

/// The app sees everybody again.
fn world_member(world: &World) -> &World {
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().visible = VisibleRange::root());
    world
}

#[tokio::test]
async fn events_that_nobody_makes_are_sent_on_order() {
    let (world, mut server) = connected().await;
    for event in [
        "batch_job_result",
        "upload_media_job_finish",
        "open_approval_change",
        "sys_approval_change",
        "share_agent_change",
        "share_chain_change",
        "switch_workbench_mode",
        "inactive_alert",
        "low_active_alert",
        "close_inactive_agent",
        "reopen_inactive_agent",
        "low_active",
        "active_restored",
        "change_app_admin",
        "unlicensed_notify",
        "security",
        "taskcard_click",
    ] {
        let order = EventOrder { event: event.into(), from: None, elements: None };
        assert_eq!(world.state().send_event(CORP, 7, &order), Ok(true));
        let text = server.text().await;
        assert_eq!((element(&text, "Event"), element(&text, "FromUserName")), (event, "sys"), "{text}");
        assert!(!text.contains("MsgId"), "{text}");
        if event == "open_approval_change" {
            assert!(
                text.contains("<ApprovalNode><Items><Item>") && text.contains("<OpenSpStatus>1</OpenSpStatus>"),
                "{text}"
            );
        }
    }
    let elements = json!({"ApprovalInfo": {"ThirdNo": "17", "OpenSpStatus": 2}});
    let order = EventOrder {
        event: "open_approval_change".into(),
        from: Some("x".into()),
        elements: elements.as_object().cloned(),
    };
    world.state().send_event(CORP, 7, &order).unwrap();
    let text = server.text().await;
    assert!(
        text.contains("<ApprovalInfo><OpenSpStatus>2</OpenSpStatus><ThirdNo><![CDATA[17]]></ThirdNo></ApprovalInfo>"),
        "{text}"
    );
    let unknown = EventOrder { event: "nonsense".into(), from: None, elements: None };
    assert_eq!(world.state().send_event(CORP, 7, &unknown), Err(ActError::NoEvent("nonsense".into())));
    let bad = json!({"a b": 1});
    let bad = EventOrder { event: "security".into(), from: None, elements: bad.as_object().cloned() };
    assert!(world.state().send_event(CORP, 7, &bad).is_err());
}

#[tokio::test]
async fn a_silent_app_is_asked_three_times() {
    let (world, mut server) = connected().await;
    let quick = DeliveryOptions { timeout_ms: 100, retry_ms: 0, ..DeliveryOptions::default() };
    world.state().set_delivery(quick.clone());
    server.answer([Answer::Silence, Answer::Silence, Answer::Silence]);
    act(&world, Act::Text { content: "x".into() });
    let (first, second, third) = (server.next().await, server.next().await, server.next().await);
    assert_eq!((&first.text, &second.text), (&second.text, &third.text), "the same message");
    assert_ne!(first.query["nonce"], second.query["nonce"]);
    let outcomes: Vec<_> = settled(&world).await.iter().map(|delivery| (delivery.outcome, delivery.status)).collect();
    assert_eq!(outcomes, [("failed", 0), ("failed", 0), ("given up", 0)]);
    world.state().set_delivery(DeliveryOptions { retries_keep_nonce: true, ..quick.clone() });
    server.answer([Answer::Status(500)]);
    act(&world, Act::Text { content: "y".into() });
    let (first, second) = (server.next().await, server.next().await);
    assert_eq!((first.target, first.body), (second.target, second.body), "a try that repeats the first");
    world.state().set_delivery(DeliveryOptions { retries_on_status: false, ..quick });
    server.answer([Answer::Status(500)]);
    act(&world, Act::Text { content: "z".into() });
    server.next().await;
    let last = settled(&world).await.pop().unwrap();
    assert_eq!((last.outcome, last.status), ("given up", 500), "newer pages: only silence is tried again");
}
