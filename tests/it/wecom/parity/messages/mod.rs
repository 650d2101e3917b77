//! Messages, cards, media, menus, group chats and the app itself: every endpoint with success, and every errcode that
//! the contract names for them (apps-messages-callbacks.md).

mod refusals;

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
