//! What WeCom refuses, and what the client keeps from it.

use super::*;

#[tokio::test]
async fn refusals_of_messages() {
    let world = World::public();
    people(&world);
    let client = world.client();
    let mut provoked = Provoked::default();
    let ghost = AppMessage::new(AGENT, to(&["ghost"]), Content::text("x"));
    let refused = client.message_send(&app(), &ghost).await;
    assert_eq!(refused.as_ref().unwrap_err().class(), Some(&RefusalClass::NobodyReached));
    provoked.expect(81013, refused);
    let nothing = Media { media_id: "nothing".into() };
    for content in [
        Content::Image(nothing.clone()),
        Content::File(nothing.clone()),
        Content::Voice(nothing.clone()),
        Content::Video(Video { media_id: "nothing".into(), ..Video::default() }),
    ] {
        provoked.expect(40007, send(&client, content).await);
    }
    let no_callback = send(&client, Content::TemplateCard(Box::new(buttons("no-callback")))).await;
    assert_eq!(no_callback.as_ref().unwrap_err().class(), Some(&RefusalClass::NoCallback));
    assert!(!no_callback.as_ref().unwrap_err().is_systemic(), "other messages of the app go");
    provoked.expect(43012, no_callback);
    give_callback(&world);
    send(&client, Content::TemplateCard(Box::new(buttons("twice")))).await.unwrap();
    provoked.expect(42014, send(&client, Content::TemplateCard(Box::new(buttons("twice")))).await);
    let foreign = AppMessage::new(AGENT + 1, to(&["u1"]), Content::text("x"));
    provoked.expect(40056, client.message_send(&app(), &foreign).await);
    let notice = Notice {
        appid: "wx1".into(),
        title: "小程序通知".into(),
        content_item: vec![NoticeItem { key: "k".into(), value: "v".into() }],
        ..Notice::default()
    };
    let refused = send(&client, Content::MiniprogramNotice(notice)).await;
    assert!(refused.as_ref().unwrap_err().is_systemic(), "the app is none of a mini program");
    provoked.expect(48002, refused);
    // recall and update
    provoked.expect(40058, client.message_recall(&app(), &SentId::Msgid("unknown".into())).await);
    let sent = send(&client, Content::TemplateCard(Box::new(buttons("late")))).await.unwrap();
    let update = |code: &str| CardUpdate {
        agentid: AGENT,
        to: ToWhom::Everyone,
        response_code: code.into(),
        change: CardChange::Words("已办".into()),
    };
    let unknown = client.message_update_template_card(&app(), &update("unknown")).await;
    assert_eq!(unknown.as_ref().unwrap_err().class(), Some(&RefusalClass::CodeSpent));
    provoked.expect(60140, unknown);
    let code = sent.response_code.unwrap();
    client.message_update_template_card(&app(), &update(&code)).await.unwrap();
    provoked.expect(42022, client.message_update_template_card(&app(), &update(&code)).await);
    world.state().move_time(25 * 3_600_000);
    let late = client.message_recall(&app(), &sent.id.unwrap()).await;
    assert_eq!(late.as_ref().unwrap_err().class(), Some(&RefusalClass::TooLate));
    provoked.expect(42052, late);
    provoked.assert_all(&[81013, 40007, 43012, 42014, 40056, 48002, 40058, 60140, 42022, 42052]);
}

/// What the client keeps itself never reaches WeCom; should it come all the same, it is explained.
#[tokio::test]
async fn what_the_client_does_not_let_through_is_explained() {
    let world = World::public();
    people(&world);
    let client = world.client();
    let mut provoked = Provoked::default();
    let codes = [
        40008, 40031, 40032, 40035, 40063, 40074, 40127, 40201, 40206, 41011, 41016, 41033, 42027, 42028, 42029, 42030,
        42031, 42033, 42035, 42036, 42037, 42038, 42039, 42040, 42041, 42042, 42043, 42044, 42045, 42046, 42047, 42049,
        42050, 42051, 43004, 44004, 45002, 45008, 45032, 45034, 50003, 60020, 60031, 82001, 82002, 82003, 82004, 85002,
        90200, 90201, 90202, 90203, 90204, 90206, 90207, 90208, 301_002,
    ];
    for code in codes {
        world.state().add_fault(Fault::once("message/send", Effect::Errcode { errcode: code }));
        provoked.expect(code, send(&client, Content::text("x")).await);
    }
    for code in [40016, 40017, 40018, 40019, 40020, 40022, 40023, 40024, 40025, 40026, 40027, 40054, 40055] {
        world.state().add_fault(Fault::once("menu/get", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.menu_get(&app(), AGENT).await);
    }
    for code in [40009, 40011, 40123, 45007, 301_016, 301_017] {
        world.state().add_fault(Fault::once("media/upload", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.media_upload(&app(), MediaKind::File, "a.csv", "123456".into()).await);
    }
    for code in [40059, 40094, 45004, 45022, 60028, 80001, 85004, 85005, 85008, 85111] {
        world.state().add_fault(Fault::once("agent/set", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.agent_set(&app(), AGENT, &AgentChange::default()).await);
    }
    for code in [86001, 86003, 86004, 86005, 86006, 86007, 86008, 86101, 86207, 86215, 86216, 86217, 40050, 49008] {
        world.state().add_fault(Fault::once("appchat/get", Effect::Errcode { errcode: code }));
        provoked.expect(code, client.appchat_get(&app(), "abc").await);
    }
    assert!(world.state().messages(CORPID).is_empty());
}

/// Contents at their limits arrive whole; one more and nothing is sent at all.
#[tokio::test]
async fn nothing_is_cut_silently() {
    let world = World::public();
    people(&world);
    // the older pages count bytes: what holds for them holds for both
    console(&world, |corp| corp.message_switches.textcard_counts_bytes = true);
    let client = world.client();
    let url = || "https://oa.example.org/1".to_owned();
    let long_url = |bytes: usize| format!("https://a/{}", "x".repeat(bytes - 10));
    let text = |bytes: usize| "字".repeat(bytes / 3) + &"a".repeat(bytes % 3);
    let card = |title: usize, description: usize, link: usize, button: usize| {
        let (title, description) = (text(title), text(description));
        Content::Textcard(Textcard { title, description, url: long_url(link), btntxt: "按".repeat(button) })
    };
    let news = |articles: usize, title: usize, description: usize| {
        let article = Article { title: text(title), description: text(description), url: url(), ..Article::default() };
        Content::News(News { articles: vec![article; articles] })
    };
    for (content, fits) in [
        (Content::text(text(2048)), true),
        (Content::text(text(2049)), false),
        (Content::text(""), false),
        (Content::markdown(text(2048)), true),
        (Content::markdown(text(2049)), false),
        (card(128, 512, 2048, 4), true),
        (card(129, 512, 20, 4), false),
        (card(128, 513, 20, 4), false),
        (card(128, 512, 2049, 4), false),
        (card(128, 512, 20, 5), false),
        (card(0, 512, 20, 4), false),
        (news(8, 128, 512), true),
        (news(9, 128, 512), false),
        (news(0, 128, 512), false),
        (news(1, 129, 0), false),
        (news(1, 128, 513), false),
    ] {
        let before = world.state().messages(CORPID).len();
        match send(&client, content.clone()).await {
            Ok(_) => {
                assert!(fits, "{content:?}");
                assert!(last(&world).cuts.is_empty(), "{:?}", last(&world).cuts);
            }
            Err(error) => {
                assert!(!fits && matches!(error.kind, CallErrorKind::Invalid { .. }), "{error} for {content:?}");
                assert_eq!(world.state().messages(CORPID).len(), before);
            }
        }
    }
    let faults = card(129, 513, 20, 5).check().unwrap_err();
    let rules: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.doc)).collect();
    assert_eq!(rules, [("textcard.title", 90236), ("textcard.description", 90236), ("textcard.btntxt", 90236)]);
    assert_eq!(faults[2].rule, LimitRule::Chars { max: 4, got: 5 });
}

/// The client's rules of cards against those of the sandbox, which were written from the contract separately: neither
/// lets through what the other refuses.
#[tokio::test]
async fn cards_are_judged_alike_on_both_sides() {
    let world = World::public();
    people(&world);
    give_callback(&world);
    let mut tries: Vec<(&str, Card)> = Vec::new();
    let row = || Row { keyname: "k".into(), ..Row::default() };
    tries.push(("7 rows", Card { horizontal_content_list: vec![row(); 7], ..notice() }));
    tries.push(("no label", Card { horizontal_content_list: vec![Row::default()], ..notice() }));
    tries.push(("no link", Card { horizontal_content_list: vec![Row { kind: 1, ..row() }], ..notice() }));
    tries.push(("leads nowhere", Card { card_action: Target::default(), ..notice() }));
    tries.push(("no title", Card { main_title: Titles::default(), ..notice() }));
    tries.push(("no task id", buttons("")));
    tries.push(("bad task id", buttons("a b")));
    tries.push(("7 buttons", Card { button_list: vec![Button::default(); 7], ..buttons("b1") }));
    let same = vec![Button { text: "同".into(), key: "k".into(), ..Button::default() }; 2];
    tries.push(("same keys", Card { button_list: same, ..buttons("b2") }));
    tries.push(("no picture", Card { card_type: CardType::NewsNotice, horizontal_content_list: vec![], ..notice() }));
    let flat = Picture { url: "https://a/b.png".into(), aspect_ratio: AspectPercent(225) };
    tries.push(("flat picture", Card { card_type: CardType::NewsNotice, card_image: Some(flat), ..notice() }));
    let menu = |keys: &[&str]| {
        let action_list = keys.iter().map(|key| Action { text: "收".into(), key: (*key).into() }).collect();
        Some(ActionMenu { desc: String::new(), action_list })
    };
    tries.push(("menu of 4", Card { action_menu: menu(&["a", "b", "c", "d"]), task_id: "m1".into(), ..notice() }));
    tries.push(("menu, same keys", Card { action_menu: menu(&["a", "a"]), task_id: "m2".into(), ..notice() }));
    tries.push(("menu without task id", Card { action_menu: menu(&["a"]), ..notice() }));
    tries.push(("no submit", Card { submit_button: None, ..cards()[5].clone() }));
    tries.push(("no drop-down", Card { select_list: vec![], ..cards()[5].clone() }));
    for (name, card) in tries {
        assert!(Content::TemplateCard(Box::new(card.clone())).check().is_err(), "{name}: let through by the client");
        let body = serde_json::json!({
            "touser": "u1", "agentid": AGENT, "msgtype": "template_card", "template_card": card,
        });
        assert_ne!(raw(&world, &body).await, 0, "{name}: let through by the sandbox");
    }
}

/// The errcode of a request that the client would not send.
async fn raw(world: &World, body: &serde_json::Value) -> i64 {
    let base = world.sandbox.base_url();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let token = format!("{base}/cgi-bin/gettoken?corpid={CORPID}&corpsecret={}", seed::APP_SECRET);
    let read = async |request: reqwest::RequestBuilder| -> serde_json::Value {
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    };
    let token = read(http.get(token)).await["access_token"].as_str().unwrap().to_owned();
    let url = format!("{base}/cgi-bin/message/send?access_token={token}");
    read(http.post(url).body(body.to_string())).await["errcode"].as_i64().unwrap()
}
