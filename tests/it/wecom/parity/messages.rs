//! Messages, cards, media, menus, group chats and the app itself: every endpoint with success, and every errcode that
//! the contract names for them (apps-messages-callbacks.md).

use super::{Provoked, console};
use crate::wecom::world::{CORPID, World, app};
use wecom_bridge::model::content::{
    Action, ActionMenu, Article, AspectPercent, Button, ButtonStyle, Card, CardType, Checkbox, Choice, LimitRule,
    Media, MpArticle, Mpnews, News, Notice, NoticeItem, Picture, Row, Safe, Selection, Submit, Target, Textcard,
    Titles, Video,
};
use wecom_bridge::model::menu::{Menu, MenuEntry, MenuKind};
use wecom_bridge::model::{DepartmentId, UserId};
use wecom_bridge::sandbox::messages::content::Content as Kept;
use wecom_bridge::sandbox::messages::message::{Message, Truth};
use wecom_bridge::sandbox::{Callback, Effect, Fault, Member, Profile, seed};
use wecom_bridge::wecom::message::{AppMessage, CardChange, CardUpdate, Content, Sent, SentId, ToWhom};
use wecom_bridge::wecom::{
    AgentChange, CallError, CallErrorKind, Chat, ChatChange, Client, MediaKind, RefusalClass, endpoint,
};

const AGENT: u64 = seed::AGENTID;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n-------";
/// Calls of private editions; they are shown in a test of their own.
const PRIVATE: &[&str] = &["message/revoke", "appchat/dismiss"];

fn people(world: &World) {
    for n in 0..5 {
        world.state().seed_member(CORPID, Member::new(&format!("U{n}"), &format!("Name {n}"), 1));
    }
}

fn give_callback(world: &World) {
    console(world, |corp| {
        let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
        let callback = Callback { url: "http://127.0.0.1:9/cb".into(), token: "token".into(), aes_key: key.into() };
        corp.apps.get_mut(&AGENT).unwrap().callback = Some(callback);
    });
}

fn to(users: &[&str]) -> ToWhom {
    ToWhom::users(users.iter().map(|id| UserId::from(*id)).collect())
}

async fn send(client: &Client, content: Content) -> Result<Sent, CallError> {
    client.message_send(&app(), &AppMessage::new(AGENT, to(&["u1"]), content)).await
}

fn last(world: &World) -> Message {
    world.state().messages(CORPID).pop().unwrap()
}

fn titles(title: &str, desc: &str) -> Titles {
    Titles { title: title.into(), desc: desc.into() }
}

fn notice() -> Card {
    Card {
        main_title: titles("用车申请已批准", "单号 2024-017"),
        horizontal_content_list: vec![
            Row { keyname: "申请人".into(), value: "张三".into(), kind: 3, userid: "U1".into(), ..Row::default() },
            Row { keyname: "部门".into(), value: "车队".into(), ..Row::default() },
        ],
        card_action: Target::url("https://oa.example.org/t/17"),
        ..Card::default()
    }
}

fn buttons(task_id: &str) -> Card {
    let button =
        |text: &str, key: &str, style| Button { text: text.into(), key: key.into(), style, url: String::new() };
    let open = Button { text: "详情".into(), url: "https://oa.example.org/t/17".into(), ..Button::default() };
    Card {
        card_type: CardType::ButtonInteraction,
        task_id: task_id.into(),
        main_title: titles("请审批", ""),
        button_list: vec![
            button("同意", "ok:17", ButtonStyle::Primary),
            button("驳回", "no:17", ButtonStyle::Negative),
            open,
        ],
        ..Card::default()
    }
}

fn choices(ids: &[&str]) -> Vec<Choice> {
    ids.iter().map(|id| Choice { id: (*id).into(), text: format!("项 {id}"), is_checked: false }).collect()
}

fn cards() -> Vec<Card> {
    let submit = Some(Submit { text: "提交".into(), key: "submit".into() });
    let news = Card {
        card_type: CardType::NewsNotice,
        main_title: titles("通知", ""),
        card_image: Some(Picture { url: "https://oa.example.org/a.png".into(), aspect_ratio: AspectPercent(140) }),
        vertical_content_list: vec![titles("一", "二")],
        card_action: Target::url("https://oa.example.org/n/3"),
        ..Card::default()
    };
    let vote = Card {
        card_type: CardType::VoteInteraction,
        task_id: "vote@1".into(),
        main_title: titles("选择时间", ""),
        checkbox: Some(Checkbox {
            question_key: "when".into(),
            mode: 1,
            option_list: choices(&["am", "pm"]),
            disable: false,
        }),
        submit_button: submit.clone(),
        ..Card::default()
    };
    let select = Selection { question_key: "city".into(), option_list: choices(&["a", "b"]), ..Selection::default() };
    let multiple = Card {
        card_type: CardType::MultipleInteraction,
        task_id: "multiple-1".into(),
        main_title: titles("登记", ""),
        select_list: vec![select.clone()],
        submit_button: submit,
        ..Card::default()
    };
    let drop_down = Card { button_selection: Some(select), ..buttons("with-selection") };
    vec![notice(), news, buttons("buttons_1"), drop_down, vote, multiple]
}

/// What the sandbox kept under the wire's names is exactly what the client said.
fn assert_kept_as_said(message: &Message, said: &Content) {
    assert_eq!(message.content.msgtype(), said.msgtype());
    assert_eq!((message.cuts.as_slice(), message.remarks.as_slice()), (&[][..], &[][..]), "{said:?}");
    let kept = serde_json::to_value(&message.content).unwrap();
    let said = serde_json::to_value(said).unwrap();
    for (field, value) in said.as_object().unwrap() {
        if field == "articles" || message.content.card().is_some() {
            continue;
        }
        assert_eq!(&kept[field], value, "{field} of {said}");
    }
    if let Kept::TemplateCard(card) = &message.content {
        let again: Card = serde_json::from_value(serde_json::to_value(card.as_ref()).unwrap()).unwrap();
        assert_eq!(again.main_title.title, said["main_title"]["title"]);
        assert_eq!(again.button_list.len(), said["button_list"].as_array().map_or(0, Vec::len));
        assert_eq!(
            serde_json::to_value(again.button_list).unwrap(),
            said.get("button_list").cloned().unwrap_or_else(|| serde_json::json!([]))
        );
    }
}

async fn every_type(world: &World, client: &Client) {
    let image = client.media_upload(&app(), MediaKind::Image, "图 1.png", PNG.into()).await.unwrap().media_id;
    let file = client.media_upload(&app(), MediaKind::File, "a:b/c.pdf", "123456".into()).await.unwrap().media_id;
    let mut amr = b"#!AMR\n".to_vec();
    amr.push(0x3c);
    amr.resize(amr.len() + 31, 0);
    let voice = client.media_upload(&app(), MediaKind::Voice, "a.amr", amr.into()).await.unwrap().media_id;
    let mp4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    let video = client.media_upload(&app(), MediaKind::Video, "a.mp4", mp4.into()).await.unwrap().media_id;
    assert!(client.media_uploadimg(&app(), "a.png", PNG.into()).await.unwrap().starts_with("http"));
    let media = |id: &str| Media { media_id: id.to_owned() };
    let article = Article {
        title: "标题".into(),
        description: "说明".into(),
        url: "https://oa.example.org/1".into(),
        picurl: "https://oa.example.org/1.png".into(),
        ..Article::default()
    };
    let stored = MpArticle {
        title: "标题".into(),
        thumb_media_id: image.clone(),
        content: "<p>正文</p>".into(),
        digest: "摘要".into(),
        ..MpArticle::default()
    };
    let textcard = Textcard {
        title: "标题".into(),
        description: "<div class=\"gray\">2025年</div>正文".into(),
        url: "https://oa.example.org/1".into(),
        btntxt: "去审批".into(),
    };
    let mut contents = vec![
        Content::text("第一行\n<a href=\"https://oa.example.org/t/1\">打开</a>"),
        Content::markdown("# 标题\n> 引用 **粗**"),
        Content::Image(media(&image)),
        Content::Voice(media(&voice)),
        Content::File(media(&file)),
        Content::Video(Video { media_id: video, title: "片".into(), description: "说明".into() }),
        Content::Textcard(textcard),
        Content::News(News { articles: vec![article; 8] }),
        Content::Mpnews(Mpnews { articles: vec![stored] }),
    ];
    contents.extend(cards().into_iter().map(|card| Content::TemplateCard(Box::new(card))));
    for content in contents {
        let sent = send(client, content.clone()).await.unwrap_or_else(|error| panic!("{content:?}: {error}"));
        assert!(matches!(&sent.id, Some(SentId::Msgid(id)) if id.len() == 86), "{sent:?}");
        let updatable = content.card().is_some_and(Card::is_updatable);
        assert_eq!(sent.response_code.is_some(), updatable, "{content:?}");
        assert_kept_as_said(&last(world), &content);
        // what is stored for later is what was said
        let text = serde_json::to_string(&content).unwrap();
        assert_eq!(serde_json::from_str::<Content>(&text).unwrap(), content);
    }
}

async fn partial_success(world: &World, client: &Client) {
    let whom =
        ToWhom::Some { users: vec!["U1".into(), "Ghost".into()], departments: vec![DepartmentId(999)], tags: vec![77] };
    let sent = client.message_send(&app(), &AppMessage::new(AGENT, whom, Content::text("x"))).await.unwrap();
    assert_eq!(sent.invalid_users, vec![UserId::from("ghost")], "lower-cased by WeCom");
    assert_eq!((sent.invalid_parties, sent.invalid_tags), (vec![DepartmentId(999)], vec![77]));
    let all = AppMessage::new(AGENT, ToWhom::Everyone, Content::text("x"));
    client.message_send(&app(), &all).await.unwrap();
    assert_eq!(last(world).receipts.len(), 5);

    let mut again = AppMessage::new(AGENT, to(&["u1"]), Content::text("once"));
    again.duplicate_check_s = Some(600);
    assert!(client.message_send(&app(), &again).await.unwrap().id.is_some());
    let before = world.state().messages(CORPID).len();
    let second = client.message_send(&app(), &again).await.unwrap();
    assert_eq!((second.id, world.state().messages(CORPID).len()), (None, before), "suppressed");
    again.safe = Safe::Closed;
    client.message_send(&app(), &again).await.unwrap();
    assert_eq!(last(world).safe, 1);
}

async fn changes(world: &World, client: &Client) {
    let sent = send(client, Content::TemplateCard(Box::new(buttons("update-1")))).await.unwrap();
    let number = last(world).number;
    let update = CardUpdate {
        agentid: AGENT,
        to: ToWhom::Everyone,
        response_code: sent.response_code.unwrap(),
        change: CardChange::Words("已同意".into()),
    };
    assert_eq!(client.message_update_template_card(&app(), &update).await.unwrap(), Default::default());
    assert!(world.state().truths(CORPID, number).values().all(|truth| *truth == Truth::Updated));

    let sent = send(client, Content::TemplateCard(Box::new(buttons("update-2")))).await.unwrap();
    let update = CardUpdate {
        to: to(&["u1", "u2"]),
        response_code: sent.response_code.unwrap(),
        change: CardChange::Card(Box::new(notice())),
        ..update
    };
    let unusable = client.message_update_template_card(&app(), &update).await.unwrap();
    assert_eq!(unusable.users.len(), 1, "who has no such card is told");
    assert!(unusable.users[0].is_same(&UserId::from("u2")));
    let id = sent.id.unwrap();
    client.message_recall(&app(), &id).await.unwrap();
    client.message_recall(&app(), &id).await.unwrap();
    assert!(last(world).recalled_at_ms.is_some());
    assert!(client.message_get_statistics(&app(), AGENT, false).await.unwrap() > 10);
    assert_eq!(client.message_get_statistics(&app(), AGENT, true).await.unwrap(), 0);
}

async fn menus_and_apps(client: &Client) {
    assert_eq!(client.menu_get(&app(), AGENT).await.unwrap(), None);
    let entry =
        |name: &str, kind| MenuEntry { name: name.into(), kind: Some(kind), key: "k".into(), ..MenuEntry::default() };
    let below = MenuKind::ALL.iter().filter(|kind| kind.is_event()).take(5).map(|kind| entry("二级", *kind));
    let menu = Menu {
        button: vec![
            MenuEntry { name: "更多".into(), sub_button: below.collect(), ..MenuEntry::default() },
            MenuEntry { url: "https://oa.example.org".into(), key: String::new(), ..entry("打开", MenuKind::View) },
            entry("选位置", MenuKind::LocationSelect),
        ],
    };
    client.menu_create(&app(), AGENT, &menu).await.unwrap();
    assert_eq!(client.menu_get(&app(), AGENT).await.unwrap().as_ref(), Some(&menu), "read back as it was written");
    client.menu_delete(&app(), AGENT).await.unwrap();
    client.menu_delete(&app(), AGENT).await.unwrap();
    assert_eq!(client.menu_get(&app(), AGENT).await.unwrap(), None);

    let change = AgentChange {
        name: Some("审批".into()),
        description: Some("审批与通知".into()),
        home_url: Some("https://oa.example.org/m".into()),
        reports_entering: Some(true),
        reports_location: Some(false),
        ..AgentChange::default()
    };
    client.agent_set(&app(), AGENT, &change).await.unwrap();
    let agent = client.agent_get(&app(), AGENT).await.unwrap();
    assert_eq!((agent.name.as_str(), agent.home_url.as_str()), ("审批", "https://oa.example.org/m"));
    assert_eq!((agent.reports_entering, agent.reports_location), (true, false));
    let list = client.agent_list(&app()).await.unwrap();
    assert_eq!(list.iter().map(|row| row.agentid).collect::<Vec<_>>(), vec![AGENT]);
    assert!(!client.get_callback_ip(&app()).await.unwrap().is_empty());
    assert!(!client.get_api_domain_ip(&app()).await.unwrap().is_empty());
}

async fn chats(client: &Client) {
    let chat = Chat {
        name: "项目组".into(),
        members: vec!["U0".into(), "U1".into(), "U2".into()],
        owner: Some("U1".into()),
        ..Chat::default()
    };
    let id = client.appchat_create(&app(), &chat).await.unwrap();
    let change =
        ChatChange { name: Some("新名".into()), add: vec!["U3".into()], remove: vec!["U0".into()], owner: None };
    client.appchat_update(&app(), &id, &change).await.unwrap();
    let got = client.appchat_get(&app(), &id).await.unwrap();
    assert_eq!((got.name.as_str(), got.members.len(), got.owner), ("新名", 3, Some("U1".into())));
    assert_eq!(client.appchat_send(&app(), &id, &Content::text("大家好"), Safe::Open).await.unwrap(), None);
    let card = Content::TemplateCard(Box::new(notice()));
    let error = client.appchat_send(&app(), &id, &card, Safe::Open).await.unwrap_err();
    assert!(matches!(error.kind, CallErrorKind::Invalid { .. }), "{error}");
}

#[tokio::test]
async fn every_call_about_messages_succeeds() {
    let world = World::public();
    people(&world);
    give_callback(&world);
    let client = world.client();
    every_type(&world, &client).await;
    partial_success(&world, &client).await;
    changes(&world, &client).await;
    menus_and_apps(&client).await;
    chats(&client).await;
    let counts = world.state().call_counts();
    for endpoint in endpoint::ALL.iter().filter(|e| is_about_messages(e.name) && !PRIVATE.contains(&e.name)) {
        let succeeded = counts.get(endpoint.name).and_then(|count| count.by_errcode.get(&0)).copied().unwrap_or(0);
        assert!(succeeded > 0, "{} was never called with success", endpoint.name);
    }
}

/// Whether an endpoint is shown here and not beside the contacts.
pub fn is_about_messages(name: &str) -> bool {
    let families = ["message/", "menu/", "appchat/", "agent/"];
    families.iter().any(|family| name.starts_with(family)) || matches!(name, "getcallbackip" | "media/uploadimg")
}

#[tokio::test]
async fn a_private_deployment_answers_jobs() {
    let world = World::new(Profile::Private);
    people(&world);
    let client = world.client();
    let sent = send(&client, Content::text("x")).await.unwrap();
    let id = sent.id.unwrap();
    assert!(matches!(id, SentId::Jobid(_)), "{id:?}");
    client.message_recall(&app(), &id).await.unwrap();
    let chat = Chat { name: "组".into(), members: vec!["U0".into(), "U1".into()], ..Chat::default() };
    let chat = client.appchat_create(&app(), &chat).await.unwrap();
    let said = client.appchat_send(&app(), &chat, &Content::text("x"), Safe::Open).await.unwrap();
    assert!(matches!(said, Some(SentId::Jobid(_))));
    client.appchat_dismiss(&app(), &chat).await.unwrap();
}

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
    assert_eq!(no_callback.as_ref().unwrap_err().class(), Some(&RefusalClass::Setup));
    assert!(no_callback.as_ref().unwrap_err().is_systemic());
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
