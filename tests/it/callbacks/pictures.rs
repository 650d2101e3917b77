//! Pictures as auto replies: kept by the bridge, known to WeCom whenever a member asks, also after the three days for which
//! WeCom keeps a file.

use super::*;
use reqwest::StatusCode;
use wecom_bridge::model::{AtWecom, Picture, PictureId};
use wecom_bridge::sandbox::messages::content::Content;
use wecom_bridge::sandbox::messages::message::Origin;
use wecom_bridge::store;

const PICTURES: &str = "/api/v1/corps/acme-main/apps/oa/pictures";
const RULES: &str = "/api/v1/corps/acme-main/apps/oa/auto-replies";
const DAY_MS: i64 = 24 * 3_600_000;

/// A PNG of one pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 2,
    0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3,
    1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

async fn line() -> (Line, String) {
    let line = Line::new().await;
    line.world.sandbox.state().seed_member(seed::CORPID, wecom_bridge::sandbox::Member::new("zhangsan", "张三", 1));
    let added = line.bridge().upload(PICTURES, "食堂.png", PNG.to_vec()).await.expect(201);
    (line, added["id"].as_str().unwrap().to_owned())
}

fn rule(picture: &str) -> Value {
    json!({ "name": "菜单", "said": "text", "matching": "contains", "keyword": "菜单",
            "reply": { "kind": "image", "picture": picture }, "priority": 1 })
}

/// Waits until a picture is what is wanted.
async fn until(line: &Line, id: &str, what: impl Fn(&Value) -> bool) -> Value {
    let waiting = async {
        loop {
            let picture = line.bridge().get(&format!("{PICTURES}/{id}")).await.expect(200);
            if what(&picture) {
                return picture;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), waiting).await.expect("it never came to that")
}

/// Ids of the pictures that the app has shown to the member, the oldest first.
fn shown(line: &Line) -> Vec<String> {
    let mut inbox = line.world.sandbox.state().inbox(seed::CORPID, "zhangsan");
    inbox.sort_by_key(|message| message.number);
    let from_app = inbox.into_iter().filter(|message| !matches!(message.origin, Origin::Member { .. }));
    let media = |content: Content| match content {
        Content::Image(file) => Some(file.media_id),
        _ => None,
    };
    from_app.filter_map(|message| media(message.content)).collect()
}

/// As if the upload had been made so long ago; WeCom has forgotten what is older than three days.
fn age(line: &Line, id: &str, ms: i64) {
    let app = &line.bridge().app;
    let (id, now_ms) = (PictureId::from(id), app.clock.now_ms());
    app.store
        .write_blocking(move |tx| {
            let picture = store::pictures::find(tx, &"acme-main".into(), &"oa".into(), &id)?.unwrap();
            let upload = picture.at_wecom.clone().unwrap();
            let at_wecom = Some(AtWecom { uploaded_at_ms: now_ms - ms, ..upload });
            store::pictures::put(tx, &Picture { at_wecom, ..picture })
        })
        .unwrap();
    if ms > 3 * DAY_MS {
        line.world.sandbox.state().with_corp(seed::CORPID, |corp| corp.jobs.media.clear());
    }
}

#[tokio::test]
async fn a_picture_answers_at_once_and_is_uploaded_anew_before_it_expires() {
    let (line, id) = line().await;
    let uploads = || line.world.sandbox.state().count("media/upload");
    assert_eq!(uploads(), 0, "what no rule sends is not uploaded");
    let made = line.bridge().post(RULES, &rule(&id)).await.expect(201);
    let first = until(&line, &id, |picture| picture["at_wecom"].is_object()).await;
    line.act("zhangsan", Act::Text { content: "今天的菜单".into() });
    line.settle().await;
    assert_eq!(shown(&line), [first["at_wecom"]["media_id"].as_str().unwrap()]);
    let item = &line.inbox("?kind=message.text").await[0];
    assert_eq!(item["note"], "answered by an auto reply");

    age(&line, &id, DAY_MS * 5 / 2);
    let path = format!("{RULES}/{}", made["id"].as_str().unwrap());
    line.bridge().put(&path, &rule(&id)).await.expect(200);
    let former = first["at_wecom"]["media_id"].clone();
    let renewed = until(&line, &id, |picture| picture["at_wecom"]["media_id"] != former).await;
    line.act("zhangsan", Act::Text { content: "菜单".into() });
    line.settle().await;
    assert_eq!(shown(&line).last().unwrap(), renewed["at_wecom"]["media_id"].as_str().unwrap());
    assert_eq!(uploads(), 2);
    line.stop().await;
}

#[tokio::test]
async fn a_picture_that_wecom_has_forgotten_follows_as_a_message() {
    let (line, id) = line().await;
    line.bridge().post(RULES, &rule(&id)).await.expect(201);
    let first = until(&line, &id, |picture| picture["at_wecom"].is_object()).await;
    age(&line, &id, 4 * DAY_MS);
    line.act("zhangsan", Act::Text { content: "菜单".into() });
    line.settle().await;
    let arrived = async {
        while shown(&line).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), arrived).await.expect("the picture follows");
    let now = until(&line, &id, |picture| picture["at_wecom"] != first["at_wecom"]).await;
    assert_eq!(shown(&line), [now["at_wecom"]["media_id"].as_str().unwrap()]);
    assert_eq!(line.inbox("?kind=message.text").await[0]["note"], "an auto reply follows");
    line.stop().await;
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_what_a_rule_sends_stays() {
    let (line, id) = line().await;
    let bridge = line.bridge();
    for content in [b"GIF89a: not taken by WeCom".to_vec(), Vec::new(), [PNG, &vec![0; 2 << 20]].concat()] {
        bridge.upload(PICTURES, "x.png", content).await.expect_problem(422, "picture.invalid");
    }
    bridge
        .upload("/api/v1/corps/acme-main/apps/none/pictures", "x.png", PNG.to_vec())
        .await
        .expect_problem(404, "app.not_found");
    let none = bridge.post(RULES, &rule("none")).await.expect_problem(422, "auto_reply.invalid");
    assert_eq!(none["faults"][0]["at"], "reply.picture");
    let made = bridge.post(RULES, &rule(&id)).await.expect(201);
    let one = format!("{PICTURES}/{id}");
    bridge.delete(&one).await.expect_problem(400, "request.confirm");
    bridge.delete(&format!("{one}?confirm={id}")).await.expect_problem(409, "picture.in_use");
    let file = bridge.get(&format!("{one}/file")).await;
    assert_eq!((file.status, file.headers["content-type"].to_str().unwrap()), (StatusCode::OK, "image/png"));
    let rule = made["id"].as_str().unwrap();
    bridge.delete(&format!("{RULES}/{rule}")).await.expect_problem(400, "request.confirm");
    bridge.delete(&format!("{RULES}/{rule}?confirm={rule}")).await.expect(204);
    bridge.delete(&format!("{one}?confirm={id}")).await.expect(204);
    bridge.get(&one).await.expect_problem(404, "picture.not_found");
    assert!(bridge.app.store.verify().unwrap().is_good());
    line.stop().await;
}
