//! Template cards: every required part, every count, every key.

use super::*;
use wecom_bridge::sandbox::messages::card::CardType;

fn card_of(card_type: &str) -> Value {
    let options = json!([{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]);
    let submit = json!({"text": "提交", "key": "submit"});
    let title = json!({"title": "标题"});
    let action = json!({"type": 1, "url": "https://oa.example.org/t/1"});
    match card_type {
        "text_notice" => json!({"card_type": card_type, "main_title": title, "card_action": action}),
        "news_notice" => json!({"card_type": card_type, "main_title": title, "card_action": action,
                                "card_image": {"url": "https://oa.example.org/a.png"}}),
        "button_interaction" => json!({"card_type": card_type, "main_title": title, "task_id": "t",
                                       "button_list": [{"text": "同意", "key": "ok"}]}),
        "vote_interaction" => json!({"card_type": card_type, "main_title": title, "task_id": "t",
                                     "checkbox": {"question_key": "q", "option_list": options}, "submit_button": submit}),
        _ => json!({"card_type": card_type, "main_title": title, "task_id": "t", "submit_button": submit,
                    "select_list": [{"question_key": "q", "option_list": options}]}),
    }
}

/// The card with one part in place of its own; `null` takes the part away.
fn with(card_type: &str, pointer: &str, part: Value) -> Value {
    let mut card = card_of(card_type);
    if let Some(place) = card.pointer_mut(pointer) {
        *place = part;
        return card;
    }
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    card.pointer_mut(parent).unwrap()[key] = part;
    card
}

fn list(count: usize, item: impl Fn(usize) -> Value) -> Value {
    (0..count).map(item).collect()
}

#[tokio::test]
async fn every_rule_of_every_part() {
    let world = world();
    give_callback(&world, 7);
    let app = world.app().await;
    let file = media(&app, "file", "a.pdf", b"content").await;
    let (text, news, button, vote, multiple) =
        ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction");
    let n = |count: usize| "k".repeat(count);
    let keyed = |key: String| json!([{"text": "同意", "key": key}]);
    let option = |i: usize| json!({"id": format!("o{i}"), "text": "O"});
    let row = |over: Value| json!([over]);
    let menu = |entries: Value| json!({"desc": "菜单", "action_list": entries});
    let mut task = 0;
    for (card, errcode) in [
        // the five minimal cards
        (card_of(text), 0),
        (card_of(news), 0),
        (card_of(button), 0),
        (card_of(vote), 0),
        (card_of(multiple), 0),
        // type and title
        (json!({"card_type": "no_notice", "main_title": {"title": "t"}}), 42031),
        (json!({"main_title": {"title": "t"}}), 42031),
        (json!({}), 41016),
        (with(text, "/main_title", json!({})), 41016),
        (with(text, "/main_title", json!({"desc": "only below"})), 41016),
        (
            json!({"card_type": text, "sub_title_text": "in its place", "card_action": {"type": 1, "url": "http://a"}}),
            0,
        ),
        (with(news, "/main_title", Value::Null), 41016),
        (with(button, "/main_title", Value::Null), 41016),
        (with(vote, "/main_title", Value::Null), 41016),
        (with(multiple, "/main_title", Value::Null), 41016),
        // task_id
        (with(button, "/task_id", json!("")), 42014),
        (with(vote, "/task_id", json!("")), 42014),
        (with(multiple, "/task_id", json!("")), 42014),
        (with(button, "/task_id", json!("a b")), 42014),
        (with(button, "/task_id", json!("审批")), 42014),
        (with(button, "/task_id", json!("aZ09_-@")), 0),
        (with(button, "/task_id", json!(n(128))), 0),
        (with(button, "/task_id", json!(n(129))), 42014),
        // action_menu
        (with(text, "/action_menu", menu(list(1, |i| json!({"text": "x", "key": format!("k{i}")})))), 42014),
        (with(button, "/action_menu", menu(list(3, |i| json!({"text": "x", "key": format!("k{i}")})))), 0),
        (with(button, "/action_menu", menu(list(4, |i| json!({"text": "x", "key": format!("k{i}")})))), 40058),
        (with(button, "/action_menu", menu(json!([]))), 40058),
        (with(button, "/action_menu", menu(json!([{"text": "x", "key": "k"}, {"text": "y", "key": "k"}]))), 42051),
        (with(button, "/action_menu", menu(json!([{"text": "", "key": "k"}]))), 40058),
        (with(button, "/action_menu", menu(json!([{"text": "x", "key": n(1024)}]))), 0),
        (with(button, "/action_menu", menu(json!([{"text": "x", "key": n(1025)}]))), 40058),
        // quote_area
        (with(text, "/quote_area", json!({"type": 0, "quote_text": "x"})), 0),
        (with(text, "/quote_area", json!({"type": 1})), 42028),
        (with(text, "/quote_area", json!({"type": 1, "url": "oa"})), 45034),
        (with(text, "/quote_area", json!({"type": 2})), 42030),
        (with(text, "/quote_area", json!({"type": 3})), 40058),
        // horizontal_content_list
        (with(text, "/horizontal_content_list", json!([])), 0),
        (with(text, "/horizontal_content_list", list(6, |_| json!({"keyname": "k"}))), 0),
        (with(text, "/horizontal_content_list", list(7, |_| json!({"keyname": "k"}))), 42035),
        (with(text, "/horizontal_content_list", row(json!({"value": "v"}))), 42027),
        (with(text, "/horizontal_content_list", row(json!({"keyname": "k", "type": 1}))), 42028),
        (with(text, "/horizontal_content_list", row(json!({"keyname": "k", "type": 1, "url": "http://a"}))), 0),
        (with(text, "/horizontal_content_list", row(json!({"keyname": "k", "type": 2}))), 42029),
        (
            with(
                text,
                "/horizontal_content_list",
                row(json!({"keyname": "k", "type": 2, "media_id": file, "value": "a.pdf"})),
            ),
            0,
        ),
        (with(text, "/horizontal_content_list", row(json!({"keyname": "k", "type": 2, "media_id": "gone"}))), 40007),
        (with(text, "/horizontal_content_list", row(json!({"keyname": "k", "type": 3}))), 42050),
        (with(text, "/horizontal_content_list", row(json!({"keyname": "k", "type": 3, "userid": "u2"}))), 0),
        (with(text, "/horizontal_content_list", row(json!({"keyname": "k", "type": 4}))), 40058),
        // jump_list
        (with(text, "/jump_list", list(3, |_| json!({"title": "t", "type": 1, "url": "http://a"}))), 0),
        (with(text, "/jump_list", list(4, |_| json!({"title": "t", "type": 1, "url": "http://a"}))), 42042),
        (with(text, "/jump_list", row(json!({"type": 1, "url": "http://a"}))), 42033),
        (with(text, "/jump_list", row(json!({"title": "t", "type": 1}))), 42028),
        (with(text, "/jump_list", row(json!({"title": "t", "type": 2}))), 42030),
        (with(text, "/jump_list", row(json!({"title": "t"}))), 0),
        // card_action
        (with(text, "/card_action", Value::Null), 42045),
        (with(text, "/card_action", json!({"type": 0})), 42045),
        (with(news, "/card_action", json!({})), 42045),
        (with(text, "/card_action", json!({"type": 1})), 42045),
        (with(text, "/card_action", json!({"type": 2})), 42045),
        (with(text, "/card_action", json!({"type": 2, "appid": "wx1"})), 0),
        (with(text, "/card_action", json!({"type": 1, "url": "oa"})), 45034),
        (with(button, "/card_action", json!({"type": 0})), 0),
        // news_notice
        (with(news, "/card_image", Value::Null), 42044),
        (with(news, "/card_image", json!({})), 42044),
        (with(news, "/card_image/aspect_ratio", json!(1.29)), 40058),
        (with(news, "/card_image/aspect_ratio", json!(1.3)), 0),
        (with(news, "/card_image/aspect_ratio", json!(2.24)), 0),
        (with(news, "/card_image/aspect_ratio", json!(2.25)), 40058),
        (
            json!({"card_type": news, "main_title": {"title": "t"}, "card_action": {"type": 1, "url": "http://a"},
                "image_text_area": {"image_url": "http://a/b.png"}}),
            0,
        ),
        (with(news, "/image_text_area", json!({"title": "t"})), 40058),
        (with(news, "/vertical_content_list", list(4, |_| json!({"title": "t"}))), 0),
        (with(news, "/vertical_content_list", list(5, |_| json!({"title": "t"}))), 42036),
        (with(news, "/vertical_content_list", row(json!({"desc": "d"}))), 42033),
        // buttons
        (with(button, "/button_list", json!([])), 40058),
        (with(button, "/button_list", Value::Null), 40058),
        (with(button, "/button_list", list(6, |i| json!({"text": "x", "key": format!("k{i}")}))), 0),
        (with(button, "/button_list", list(7, |i| json!({"text": "x", "key": format!("k{i}")}))), 40058),
        (with(button, "/button_list", json!([{"key": "k"}])), 42038),
        (with(button, "/button_list", keyed(String::new())), 42039),
        (with(button, "/button_list", keyed(n(1024))), 0),
        (with(button, "/button_list", keyed(n(1025))), 42039),
        (with(button, "/button_list", json!([{"text": "x", "key": "k"}, {"text": "y", "key": "k"}])), 42051),
        (with(button, "/button_list", json!([{"type": 1, "text": "x"}])), 42028),
        (with(button, "/button_list", json!([{"type": 1, "text": "x", "url": "http://a"}])), 0),
        (with(button, "/button_list", json!([{"text": "x", "key": "k", "style": 9}])), 0),
        // drop-down beside the buttons
        (with(button, "/button_selection", json!({"question_key": "q", "option_list": list(10, option)})), 0),
        (with(button, "/button_selection", json!({"question_key": "q", "option_list": list(11, option)})), 42037),
        (with(button, "/button_selection", json!({"question_key": "q"})), 42037),
        (with(button, "/button_selection", json!({"option_list": list(1, option)})), 42043),
        (with(button, "/button_selection", json!({"question_key": n(1025), "option_list": list(1, option)})), 42043),
        (with(button, "/button_selection", json!({"question_key": "q", "option_list": [{"text": "x"}]})), 42040),
        (
            with(
                button,
                "/button_selection",
                json!({"question_key": "q", "option_list": [{"id": n(128), "text": "x"}]}),
            ),
            0,
        ),
        (
            with(
                button,
                "/button_selection",
                json!({"question_key": "q", "option_list": [{"id": n(129), "text": "x"}]}),
            ),
            42040,
        ),
        (
            with(
                button,
                "/button_selection",
                json!({"question_key": "q", "option_list": [{"id": "i", "text": "x"}, {"id": "i", "text": "y"}]}),
            ),
            42040,
        ),
        (with(button, "/button_selection", json!({"question_key": "q", "option_list": [{"id": "i"}]})), 42041),
        // votes
        (with(vote, "/checkbox/option_list", list(20, option)), 0),
        (with(vote, "/checkbox/option_list", list(21, option)), 42037),
        (with(vote, "/checkbox/option_list", json!([])), 42037),
        (with(vote, "/checkbox/question_key", json!("")), 42043),
        (with(vote, "/checkbox/mode", json!(2)), 40058),
        (with(vote, "/submit_button/text", json!("")), 42049),
        (with(vote, "/submit_button/key", json!("")), 42046),
        (with(vote, "/submit_button/key", json!(n(1025))), 42046),
        (with(vote, "/checkbox", Value::Null), 0), // the page lists it as optional
        // several choices
        (with(multiple, "/submit_button", Value::Null), 42046),
        (with(multiple, "/select_list", json!([])), 42047),
        (
            with(
                multiple,
                "/select_list",
                list(3, |i| json!({"question_key": format!("q{i}"), "option_list": [{"id": "a", "text": "A"}]})),
            ),
            0,
        ),
        (
            with(
                multiple,
                "/select_list",
                list(4, |i| json!({"question_key": format!("q{i}"), "option_list": [{"id": "a", "text": "A"}]})),
            ),
            42047,
        ),
        (
            with(
                multiple,
                "/select_list",
                list(2, |_| json!({"question_key": "q", "option_list": [{"id": "a", "text": "A"}]})),
            ),
            42051,
        ),
        (with(multiple, "/select_list/0/question_key", json!("")), 42043),
        (with(multiple, "/select_list/0/option_list", list(11, option)), 42037),
    ] {
        let mut card = card;
        if card["task_id"] == "t" {
            task += 1;
            card["task_id"] = json!(format!("t-{task}"));
        }
        let got = app.post("message/send", to_u1("template_card", card.clone(), json!({}))).await;
        let shown: String = card.to_string().chars().take(400).collect();
        assert_eq!(got["errcode"], errcode, "{shown}: {got}");
        world.clock.advance(std::time::Duration::from_secs(5));
    }
    let got = app
        .refused(
            41016,
            "message/send",
            json!({"touser": "u1", "agentid": 7, "msgtype": "template_card",
        "card_type": "text_notice", "main_title": {"title": "outside"}}),
        )
        .await;
    assert!(got["errmsg"].as_str().unwrap().starts_with("missing title"));
}

#[tokio::test]
async fn only_cards_that_can_be_updated_get_a_response_code() {
    let world = world();
    give_callback(&world, 7);
    let app = world.app().await;
    let menu = json!({"action_list": [{"text": "x", "key": "k"}]});
    let with_menu = |card_type: &str| {
        let mut card = with(card_type, "/action_menu", menu.clone());
        card["task_id"] = json!(format!("menu-{card_type}"));
        card
    };
    for (card, has_code) in [
        (card_of("text_notice"), false),
        (card_of("news_notice"), false),
        (with_menu("text_notice"), true),
        (with_menu("news_notice"), true),
        (with("button_interaction", "/task_id", json!("b")), true),
        (with("vote_interaction", "/task_id", json!("v")), true),
        (with("multiple_interaction", "/task_id", json!("m")), true),
    ] {
        let got = app.post_ok("message/send", to_u1("template_card", card.clone(), json!({}))).await;
        assert_eq!(got["response_code"].is_string(), has_code, "{card}");
    }
}

#[tokio::test]
async fn cards_that_call_back_need_an_address() {
    let world = world();
    let app = world.app().await;
    for (card, errcode) in [
        (card_of("text_notice"), 0),
        (card_of("news_notice"), 0),
        (card_of("button_interaction"), 43012),
        (with("button_interaction", "/button_list", json!([{"type": 1, "text": "x", "url": "http://a"}])), 0),
        (card_of("vote_interaction"), 43012),
        (card_of("multiple_interaction"), 43012),
        (with("text_notice", "/action_menu", json!({"action_list": [{"text": "x", "key": "k"}]})), 43012),
    ] {
        let got = app.post("message/send", to_u1("template_card", card.clone(), json!({}))).await;
        assert_eq!(got["errcode"], errcode, "{card}: {got}");
    }
}

#[tokio::test]
async fn a_task_id_is_used_once_by_an_app() {
    let world = world();
    give_callback(&world, 7);
    let app = world.app().await;
    let card =
        |checks: u8| to_u1("template_card", card_of("button_interaction"), json!({"enable_duplicate_check": checks}));
    app.post_ok("message/send", card(1)).await;
    app.post_ok("message/send", card(1)).await; // the same request once more
    assert_eq!(world.state().messages(CORP).len(), 1);
    app.refused(42014, "message/send", card(0)).await;
    world.state().with_corp(CORP, |corp| corp.message_switches.task_id_errcode = 40058);
    app.refused(40058, "message/send", card(0)).await;
    let notice = with("text_notice", "/task_id", json!("t"));
    app.refused(40058, "message/send", to_u1("template_card", notice, json!({}))).await;
}

#[tokio::test]
async fn lengths_that_are_only_recommended_are_remarked_and_foreign_parts_ignored() {
    let world = world();
    give_callback(&world, 7);
    let app = world.app().await;
    let mut card = card_of("vote_interaction");
    card["main_title"] = json!({"title": "标".repeat(37), "desc": "d"});
    card["jump_list"] = json!("nonsense");
    card["checkbox"]["option_list"][0]["is_checked"] = json!(true);
    app.post_ok("message/send", to_u1("template_card", card, json!({}))).await;
    let message = last(&world);
    assert_eq!(
        message.remarks,
        [
            "jump_list does not belong to vote_interaction and is ignored",
            "main_title.title: 37 characters, 36 recommended"
        ]
    );
    let kept = message.content.card().unwrap();
    assert_eq!((kept.card_type, kept.main_title.title.chars().count()), (CardType::VoteInteraction, 37));
    assert!(kept.checkbox.as_ref().unwrap().option_list[0].is_checked && kept.jump_list.is_empty());
    let mut card = card_of("multiple_interaction");
    card["task_id"] = json!("t2");
    card["select_list"][0]["selected_id"] = json!("nobody");
    app.post_ok("message/send", to_u1("template_card", card, json!({}))).await;
    assert_eq!(last(&world).content.card().unwrap().select_list[0].selected_id, "a", "unknown: the first");
    world.state().with_corp(CORP, |corp| corp.message_switches.submit_text_is_required = false);
    let mut card = card_of("multiple_interaction");
    (card["task_id"], card["submit_button"]) = (json!("t3"), json!({"key": "k"}));
    app.post_ok("message/send", to_u1("template_card", card, json!({}))).await;
    assert_eq!(last(&world).content.card().unwrap().submit_button.as_ref().unwrap().text, "提交");
}
