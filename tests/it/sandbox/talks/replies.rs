//! Passive replies.

use super::cards::{buttons, press, send};
use super::*;
use serde_json::json;

fn reply(msgtype: &str, inner: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[ZhangSan]]></ToUserName><FromUserName><![CDATA[{CORP}]]></FromUserName>\
         <CreateTime>1760000001</CreateTime><MsgType><![CDATA[{msgtype}]]></MsgType>{inner}</xml>"
    )
}

/// Says something, is answered so, and tells what the log says of the reply.
async fn answered(world: &World, server: &mut Server, answer: Answer) -> String {
    server.answer([answer]);
    act(world, Act::Text { content: "x".into() });
    server.next().await;
    settled(world).await.pop().unwrap().reply
}

#[tokio::test]
async fn every_ordinary_reply_reaches_the_member() {
    let (world, mut server) = connected().await;
    let media = |kind: &str| world.state().add_media(CORP, kind, "a", b"content".to_vec()).unwrap();
    let (image, voice, video) = (media("image"), media("voice"), media("video"));
    let item = "<item><Title>t</Title><Description>d</Description><PicUrl>http://p</PicUrl><Url>http://a</Url></item>";
    for (msgtype, inner, want) in [
        (
            "text",
            "<Content><![CDATA[第一行\n<a href=\"http://a\">b</a>]]></Content>".to_owned(),
            json!({"content": "第一行\n<a href=\"http://a\">b</a>"}),
        ),
        ("image", format!("<Image><MediaId><![CDATA[{image}]]></MediaId></Image>"), json!({"media_id": image})),
        ("voice", format!("<Voice><MediaId>{voice}</MediaId></Voice>"), json!({"media_id": voice})),
        (
            "video",
            format!("<Video><MediaId>{video}</MediaId><Title>t</Title><Description>d</Description></Video>"),
            json!({"media_id": video, "title": "t", "description": "d"}),
        ),
        (
            "news",
            format!("<ArticleCount>2</ArticleCount><Articles>{item}{item}</Articles>"),
            json!({"articles": vec![json!({"title": "t", "description": "d", "picurl": "http://p", "url": "http://a"}); 2]}),
        ),
    ] {
        assert_eq!(answered(&world, &mut server, Answer::Reply(reply(msgtype, &inner))).await, msgtype);
        let mut shown = serde_json::to_value(world.state().messages(CORP).pop().unwrap().content).unwrap();
        shown.as_object_mut().unwrap().remove("msgtype");
        assert_eq!(shown, want);
    }
    assert_eq!(world.state().inbox(CORP, "zhangsan").len(), 10);
    assert_eq!(world.state().inbox(CORP, "lisi").len(), 0);
    let long = reply("text", &format!("<Content>{}</Content>", "x".repeat(2049)));
    answered(&world, &mut server, Answer::Reply(long)).await;
    assert_eq!(world.state().messages(CORP).pop().unwrap().cuts, ["text.content: 2049 bytes cut to 2048"]);
}

#[tokio::test]
async fn nothing_and_success_say_nothing_and_the_rest_is_refused() {
    let (world, mut server) = connected().await;
    assert_eq!(answered(&world, &mut server, Answer::Body(String::new())).await, "");
    assert_eq!(answered(&world, &mut server, Answer::Body("success".into())).await, "");
    world.state().with_corp(CORP, |corp| corp.message_switches.tolerates_success = false);
    assert!(answered(&world, &mut server, Answer::Body("success".into())).await.starts_with("refused: no XML"));

    let good = reply_body(&crypto(), "1700000066", "n", &reply("text", "<Content>x</Content>"));
    let sealed_for_another = CallbackCrypto::new(TOKEN, KEY, "ww9").unwrap();
    let foreign = reply_body(&sealed_for_another, "1700000066", "n", &reply("text", "<Content>x</Content>"));
    let item = "<item><Title>t</Title><Url>http://a</Url></item>";
    for (answer, why) in [
        (Answer::Body("{\"errcode\":0}".into()), "Encrypt is missing"),
        (Answer::Body("<xml></xml>".into()), "Encrypt is missing"),
        (Answer::Body(good.replace("<Nonce><![CDATA[n]]>", "<Nonce><![CDATA[m]]>")), "the signature does not match"),
        (Answer::Body(good.replace("TimeStamp", "Timestamp")), "TimeStamp is missing"),
        (Answer::Body(good.replace("1700000066</TimeStamp>", "now</TimeStamp>")), "TimeStamp is not a number"),
        (Answer::Body(foreign), "the message is meant for another receiver"),
        (Answer::Reply("no xml".into()), "no XML"),
        (Answer::Reply(reply("text", "<Content>x</Content>").replace("ZhangSan", "lisi")), "ToUserName is \"lisi\""),
        (
            Answer::Reply(reply("text", "<Content>x</Content>").replace(CORP, "ZhangSan")),
            "FromUserName is not the corp",
        ),
        (Answer::Reply(reply("text", "").replace("1760000001", "")), "CreateTime is not a number"),
        (Answer::Reply(reply("markdown", "<Content>x</Content>")), "MsgType \"markdown\" is unknown"),
        (Answer::Reply(reply("text", "<Content></Content>")), "44004"),
        (Answer::Reply(reply("image", "<Image><MediaId>gone</MediaId></Image>")), "40007"),
        (
            Answer::Reply(reply("news", &format!("<ArticleCount>2</ArticleCount><Articles>{item}</Articles>"))),
            "ArticleCount",
        ),
        (
            Answer::Reply(reply("update_button", "<Button><ReplaceName>x</ReplaceName></Button>")),
            "update_button answers template_card_event only",
        ),
    ] {
        let got = answered(&world, &mut server, answer.clone()).await;
        assert!(got.starts_with("refused: ") && got.contains(why), "{answer:?}: {got}");
    }
    let mut said = world.state().inbox(CORP, "zhangsan");
    said.retain(|message| !matches!(message.origin, wecom_bridge::sandbox::messages::message::Origin::Member { .. }));
    assert!(said.is_empty(), "a refused reply reaches nobody");
}

#[tokio::test]
async fn a_json_reply_is_a_reply_too() {
    let (world, mut server) = connected().await;
    let encrypted = crypto().encrypt(&reply("text", "<Content>x</Content>"));
    let signature = crypto().sign("1700000066", "n", &encrypted);
    let body = json!({"encrypt": encrypted, "msgsignature": signature, "timestamp": 1_700_000_066, "nonce": "n"});
    assert_eq!(answered(&world, &mut server, Answer::Body(body.to_string())).await, "text");
}

#[tokio::test]
async fn a_card_changes_for_the_member_who_pressed_and_for_nobody_else() {
    let (world, mut server) = connected().await;
    send(&world, buttons("t1")).await;
    let at = |userid: &str| {
        let message = world.state().find_message(CORP, 1).unwrap();
        let receipt = message.receipt(userid).unwrap().clone();
        let title = message.card_at(&receipt).unwrap().main_title.title.clone();
        (receipt.card.map(|card| card.replace_name).unwrap_or_default(), title)
    };
    let mut pressed = async |answer: String| {
        server.answer([Answer::Reply(answer)]);
        act(&world, press(1, "ok", &[]));
        server.next().await;
        settled(&world).await.pop().unwrap().reply
    };
    for (answer, why) in [
        (reply("text", "<Content>x</Content>"), "template_card_event takes no reply text"),
        (reply("update_button", "<Button></Button>"), "Button/ReplaceName is missing"),
        (reply("update_template_card", ""), "TemplateCard is missing"),
        (
            reply(
                "update_template_card",
                "<TemplateCard><CardType>text_notice</CardType><MainTitle><Title>t</Title></MainTitle></TemplateCard>",
            ),
            "42045",
        ),
    ] {
        let got = pressed(answer).await;
        assert!(got.starts_with("refused: ") && got.contains(why), "{got}");
    }
    let card = "<TemplateCard><CardType>button_interaction</CardType><MainTitle><Title>再来</Title></MainTitle>\
                <ButtonList><Text>同意</Text><Key>ok</Key></ButtonList></TemplateCard>";
    assert_eq!(pressed(reply("update_template_card", card)).await, "update_template_card");
    assert_eq!((at("zhangsan").1, at("lisi").1), ("再来".to_owned(), "请审批".to_owned()));
    assert_eq!(
        pressed(reply("update_button", "<Button><ReplaceName>已同意</ReplaceName></Button>")).await,
        "update_button"
    );
    assert_eq!((at("zhangsan").0, at("lisi").0), ("已同意".to_owned(), String::new()));
    world.state().with_corp(CORP, |corp| corp.message_switches.replies_only_to_listed_events = false);
    send(&world, buttons("t2")).await;
    server.answer([Answer::Reply(reply("text", "<Content>x</Content>"))]);
    act(&world, press(2, "ok", &[]));
    server.next().await;
    assert_eq!(settled(&world).await.pop().unwrap().reply, "text");
}
