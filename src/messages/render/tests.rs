//! MSG-05 to MSG-13, PEER-23: what members read.

use super::*;
use crate::messages::rules::CompiledTarget;
use crate::model::{Button, ContentKind, Overlong, Priority, Recipients, Target, TodoKind};
use serde_json::{Map, json};

/// A to-do message with everything.
pub(crate) fn message() -> Message {
    Message {
        id: "0197c3e0-0000-7000-8000-000000000001".into(),
        tenant: "acme".into(),
        source: "workflow".into(),
        event: "created".into(),
        todo: Some(TodoKind::Pending),
        recipients: Recipients::Everyone,
        title: "请审批：采购申请".into(),
        body: "张三提交了采购申请，金额 1200 元。".into(),
        url: Some("https://oa.example.org/t/17".into()),
        picture: None,
        buttons: Vec::new(),
        priority: Priority::Normal,
        expires_at_ms: None,
        data: Map::new(),
        webhook: None,
        accepted_at_ms: 1_764_081_607_000,
        accepted_by: "key:oa".into(),
    }
}

pub(crate) fn target(kind: ContentKind) -> Target {
    Target::new("acme".into(), "oa".into(), kind)
}

fn say(message: &Message, target: Target) -> Result<Vec<Content>, RenderFault> {
    let rendered = render(message, &CompiledTarget::new(target))?;
    for content in &rendered.contents {
        assert_eq!(content.check(), Ok(()), "{content:?}");
    }
    Ok(rendered.contents)
}

fn one(message: &Message, target: Target) -> serde_json::Value {
    let contents = say(message, target).unwrap();
    assert_eq!(contents.len(), 1, "{contents:?}");
    serde_json::to_value(&contents[0]).unwrap()
}

#[test]
fn defaults_of_every_kind() {
    let message = message();
    let got = one(&message, target(ContentKind::Text));
    assert_eq!(got, json!({"msgtype": "text", "content": "请审批：采购申请"}), "the title alone (MSG-06)");
    let got = one(&message, target(ContentKind::Markdown));
    assert_eq!(got["content"], "**请审批：采购申请**\n张三提交了采购申请，金额 1200 元。");
    let got = one(&message, target(ContentKind::Textcard));
    let want = json!({
        "msgtype": "textcard", "title": "请审批：采购申请", "description": "张三提交了采购申请，金额 1200 元。",
        "url": "https://oa.example.org/t/17", "btntxt": "详情",
    });
    assert_eq!(got, want);
    let got = one(&message, target(ContentKind::News));
    assert_eq!(got["articles"][0]["title"], "请审批：采购申请");
    assert_eq!(got["articles"][0].get("picurl"), None, "no picture (MSG-08)");
    let got = one(&message, target(ContentKind::TemplateCard));
    assert_eq!((got["card_type"].as_str(), got["sub_title_text"].as_str().is_some()), (Some("text_notice"), true));
    assert_eq!(got["card_action"], json!({"type": 1, "url": "https://oa.example.org/t/17"}));
}

#[test]
fn a_body_may_be_empty_where_the_rules_let_it() {
    for kind in [ContentKind::Textcard, ContentKind::News, ContentKind::TemplateCard] {
        let target = Target { body: String::new(), ..target(kind) };
        one(&message(), target);
    }
    let got = one(&message(), Target { body: String::new(), ..target(ContentKind::Textcard) });
    assert_eq!(got["description"], "请审批：采购申请", "WeCom wants some description");
}

#[test]
fn holes_see_fields_and_data() {
    let mut message = message();
    message.data = json!({"amount": 1200.5, "who": {"name": "李四"}, "ok": true}).as_object().unwrap().clone();
    for (template, want) in [
        ("{{ data.who.name }}：{{ data.amount }}", "李四：1200.5"),
        ("{{ source }}/{{ event }}/{{ todo }}/{{ priority }}", "workflow/created/pending/normal"),
        ("{{ time }}", "2025-11-25 22:40"),
        ("{{ data.ok ? 'yes' : 'no' }}{{ data.none }}", "yes"),
        ("{{ body.contains('采购') ? '采' : '' }}{{ picture }}", "采"),
        ("<a href=\"{{ url }}\">{{ title }}</a>", "<a href=\"https://oa.example.org/t/17\">请审批：采购申请</a>"),
    ] {
        let target = Target { body: template.into(), ..target(ContentKind::Text) };
        assert_eq!(one(&message, target)["content"], want, "{template}");
    }
}

#[test]
fn the_message_s_picture_comes_first() {
    let mut message = message();
    let configured = || Target { picture: "https://bridge.example.org/p.png".into(), ..target(ContentKind::News) };
    assert_eq!(one(&message, configured())["articles"][0]["picurl"], "https://bridge.example.org/p.png");
    message.picture = Some("https://oa.example.org/own.png".into());
    assert_eq!(one(&message, configured())["articles"][0]["picurl"], "https://oa.example.org/own.png");
    assert_eq!(one(&message, target(ContentKind::TemplateCard))["card_type"], "news_notice");
}

#[test]
fn cards_carry_to_do_messages_only_and_their_buttons_where_wanted() {
    let mut message = message();
    let button = |key: &str, text: &str, style| Button { key: key.into(), text: text.into(), style };
    message.buttons = vec![button("ok", "同意", 1), button("no", "驳回", 4)];
    let got = one(&message, target(ContentKind::TemplateCard));
    assert_eq!(got["card_type"], "button_interaction");
    assert_eq!(got["button_list"][1], json!({"type": 0, "text": "驳回", "style": 4, "key": "no"}));
    assert_eq!(got["task_id"], message.id.as_str());
    let hidden = Target { show_buttons: false, ..target(ContentKind::TemplateCard) };
    assert_eq!(one(&message, hidden)["card_type"], "text_notice", "MSG-12");
    for todo in [
        TodoKind::Pending,
        TodoKind::Returned,
        TodoKind::Cc,
        TodoKind::Forwarded,
        TodoKind::Circulated,
        TodoKind::Opinion,
    ] {
        message.todo = Some(todo);
        say(&message, target(ContentKind::TemplateCard)).unwrap();
    }
    message.todo = None;
    assert_eq!(say(&message, target(ContentKind::TemplateCard)), Err(RenderFault::NotTodo));
    say(&message, target(ContentKind::Textcard)).unwrap();
}

#[test]
fn what_cannot_be_said_is_told() {
    let mut plain = message();
    plain.url = None;
    let with = |part: Part, text: &str| {
        let mut target = target(ContentKind::Textcard);
        target.set_part(part, text.into());
        target
    };
    for (message, target, code) in [
        (plain.clone(), target(ContentKind::Textcard), "part_empty"),
        (plain.clone(), target(ContentKind::News), "part_empty"),
        (plain.clone(), target(ContentKind::TemplateCard), "part_empty"),
        (message(), with(Part::Title, "{{ title"), "template_broken"),
        (message(), with(Part::Title, "{{ data.a.b }}"), "template_failed"),
        (message(), with(Part::Title, "{{ event == 'x' ? 'y' : '' }}"), "part_empty"),
        (message(), with(Part::Button, "五个字太长"), "limits"),
        (message(), with(Part::Url, "ftp://x"), "limits"),
    ] {
        let got = say(&message, target.clone()).map(|_| ()).map_err(|fault| fault.code());
        assert_eq!(got, Err(code), "{target:?}");
    }
    let button = crate::model::Button { key: "ok".into(), text: "同意".into(), style: 1 };
    let asked = Message { buttons: vec![button], ..plain.clone() };
    let card = one(&asked, target(ContentKind::TemplateCard));
    assert_eq!(card["card_type"], "button_interaction", "buttons lead on without an address");
    let hidden = Target { show_buttons: false, ..target(ContentKind::TemplateCard) };
    assert_eq!(say(&asked, hidden).map(|_| ()).map_err(|fault| fault.code()), Err("part_empty"));
    let fallback = with(Part::Url, "{{ url != '' ? url : 'https://oa.example.org' }}");
    assert_eq!(one(&plain, fallback)["url"], "https://oa.example.org");
}

/// The texts of all contents in order, without numbers.
fn all_words(contents: &[Content]) -> String {
    let mut all = String::new();
    for content in contents {
        let text = match content {
            Content::Text(words) | Content::Markdown(words) => &words.content,
            Content::Textcard(card) => &card.description,
            Content::News(news) => &news.articles[0].description,
            Content::TemplateCard(card) if card.card_type == crate::model::content::CardType::NewsNotice => {
                &card.main_title.desc
            }
            Content::TemplateCard(card) => &card.sub_title_text,
            other => panic!("{other:?}"),
        };
        let is_numbered = contents.len() > 1;
        all.push_str(if is_numbered { text.split_once('\n').unwrap().1 } else { text });
    }
    all
}

#[test]
fn long_bodies_arrive_whole_in_numbered_messages() {
    for kind in ContentKind::ALL {
        for paragraphs in [1_usize, 4, 10, 60, 110] {
            let mut message = message();
            message.body = format!("第一段：{}。\n", "内容很多".repeat(12)).repeat(paragraphs).trim().to_owned();
            let target = Target { body: "{{ body }}".into(), ..target(kind) };
            let contents =
                say(&message, target.clone()).unwrap_or_else(|fault| panic!("{kind:?} {paragraphs}: {fault}"));
            assert_eq!(all_words(&contents), message.body, "{kind:?} {paragraphs}");
            if contents.len() > 1 {
                let refused = say(&message, Target { overlong: Overlong::Refuse, ..target });
                assert_eq!(refused, Err(RenderFault::TooLong), "{kind:?}");
            }
        }
    }
}

#[test]
fn a_long_title_is_shortened_for_all_to_see_and_stands_whole_in_the_body() {
    for kind in [ContentKind::Textcard, ContentKind::News, ContentKind::TemplateCard] {
        let mut message = message();
        message.title = "很长的标题".repeat(20);
        let contents = say(&message, target(kind)).unwrap();
        let value = serde_json::to_value(&contents[0]).unwrap();
        let title = [&value["title"], &value["articles"][0]["title"], &value["main_title"]["title"]];
        let title = title.iter().find_map(|title| title.as_str()).unwrap();
        assert!(title.ends_with('…') && title.len() <= 128, "{kind:?}: {title}");
        assert!(all_words(&contents).starts_with(&message.title), "{kind:?}");
    }
}

#[test]
fn a_message_of_the_largest_size_can_be_said_in_every_form() {
    let mut message = message();
    message.title = "字".repeat(512);
    message.body = "字".repeat(6_666);
    for kind in ContentKind::ALL {
        let contents = say(&message, target(kind)).unwrap_or_else(|fault| panic!("{kind:?}: {fault}"));
        assert!(contents.len() <= 20, "{kind:?}: {}", contents.len());
    }
    message.buttons = vec![Button { key: "k".repeat(64), text: "四个字的".into(), style: 1 }; 1];
    say(&message, target(ContentKind::TemplateCard)).unwrap();
}

#[test]
fn colours_of_a_text_card_end_with_the_card_and_do_not_follow_as_letters() {
    let long = Message { body: "内容".repeat(270), ..message() };
    let template = "<div class=\"gray\">2026年11月26日</div><div class=\"highlight\">{{ body }}</div>完";
    let said = say(&long, Target { body: template.into(), ..target(ContentKind::Textcard) }).unwrap();
    let texts: Vec<String> = said
        .iter()
        .map(|content| {
            let value = serde_json::to_value(content).unwrap();
            let text = value.get("description").or(value.get("content")).unwrap();
            text.as_str().unwrap().to_owned()
        })
        .collect();
    assert!(texts.len() > 1, "{texts:?}");
    assert!(texts[0].starts_with("(1/") && texts[0].ends_with("内容</div>"), "{}", texts[0]);
    assert_eq!(texts[0].matches("<div").count(), texts[0].matches("</div>").count());
    assert!(texts[1..].iter().all(|text| !text.contains("div")), "{texts:?}");
    let bare: String = texts.concat().chars().filter(|letter| matches!(letter, '内' | '容' | '完')).collect();
    assert_eq!(bare, format!("{}完", "内容".repeat(270)), "nothing is lost");
    // where it fits, and where nothing is coloured, everything is as it was
    let short = say(&message(), Target { body: template.into(), ..target(ContentKind::Textcard) }).unwrap();
    assert_eq!(short.len(), 1);
    let mut from = 0;
    let odd = "a<div>b<DIV class='x'>c</div><divan>d<div";
    assert_eq!(crate::messages::split::without_tags(odd), "abc<divan>d<div");
    for (at, open) in [(1, 0), (6, 1), (22, 2), (29, 1), (odd.len(), 1)] {
        assert!(at >= from);
        from = at;
        assert_eq!(crate::messages::split::open_tags(&odd[..at]), open, "{}", &odd[..at]);
    }
}
