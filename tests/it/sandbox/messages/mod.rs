//! Messages out of apps, over raw HTTP (apps-messages-callbacks.md chapters 2 to 10): every type, every limit, every
//! errcode that the contract names for an endpoint.

mod apps;
mod cards;
mod changes;
mod chats;
mod contents;
mod drops;
mod private;
mod receivers;
mod robots;
mod uploads;

use super::caller::{CORP, Caller, World, read};
use serde_json::{Value, json};
use wecom_bridge::sandbox::messages::message::Message;
use wecom_bridge::sandbox::{Callback, Member};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n-------";

/// A public world whose app 7 has members `u0` to `u9` before it and a callback address that nobody answers.
fn world() -> World {
    let world = World::public();
    people(&world, 10);
    world
}

fn people(world: &World, count: usize) {
    for n in 0..count {
        world.state().seed_member(CORP, Member::new(&format!("u{n}"), &format!("Name {n}"), 1));
    }
}

fn give_callback(world: &World, agentid: u64) {
    world.state().with_corp(CORP, |corp| {
        let callback = Callback { url: "http://127.0.0.1:9/cb".into(), token: "token".into(), aes_key: KEY.into() };
        corp.apps.get_mut(&agentid).unwrap().callback = Some(callback);
    });
}

/// A message of app 7 to `u1`, with these members laid over it.
fn to_u1(msgtype: &str, content: Value, over: Value) -> Value {
    let mut body = json!({"touser": "u1", "agentid": 7, "msgtype": msgtype, msgtype: content});
    for (key, value) in over.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

fn text(content: impl Into<String>) -> Value {
    to_u1("text", json!({"content": content.into()}), json!({}))
}

fn last(world: &World) -> Message {
    world.state().messages(CORP).pop().unwrap()
}

async fn upload(app: &Caller<'_>, path: &str, filename: &str, content: &[u8]) -> Value {
    let part = reqwest::multipart::Part::bytes(content.to_vec()).file_name(filename.to_owned());
    let form = reqwest::multipart::Form::new().part("media", part);
    read(app.world.http().post(app.full_url(path)).multipart(form).send().await.unwrap()).await.unwrap().body
}

async fn media(app: &Caller<'_>, kind: &str, filename: &str, content: &[u8]) -> String {
    let got = upload(app, &format!("media/upload?type={kind}"), filename, content).await;
    got["media_id"].as_str().unwrap_or_else(|| panic!("{got}")).to_owned()
}

fn amr(frames: usize) -> Vec<u8> {
    let mut content = b"#!AMR\n".to_vec();
    for _ in 0..frames {
        content.push(0x3c);
        content.resize(content.len() + 31, 0);
    }
    content
}
