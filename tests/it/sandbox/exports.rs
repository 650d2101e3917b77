//! Exports (contacts.md section 6).

use super::caller::{CORP, World, person};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::time::Duration;
use wecom_bridge::sandbox::Profile;
use wecom_bridge::wecom::crypto::AesKey;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

fn opened(content: &[u8]) -> Value {
    let plain = AesKey::parse(KEY).unwrap().open(content.to_vec()).unwrap();
    serde_json::from_slice(&plain).unwrap()
}

#[tokio::test]
async fn files_are_encrypted_sized_and_expire() {
    let world = World::public();
    let (contacts, app) = (world.contacts().await, world.app().await);
    for i in 0..5 {
        contacts.post_ok("user/create", person(&format!("u{i}"))).await;
    }
    world.state().with_corp(CORP, |corp| corp.limits.export_block_min = 2);
    let got = app.post_ok("export/user", json!({"encoding_aeskey": KEY, "block_size": 2})).await;
    let jobid = got["jobid"].as_str().unwrap();
    assert!(jobid.starts_with("jobid_"));
    let path = format!("export/get_result?jobid={jobid}");
    assert_eq!(app.get_ok(&path).await["status"], 0);
    world.clock.advance(Duration::from_millis(100));
    assert_eq!(app.get_ok(&path).await["status"], 1);
    contacts.get_refused(40088, &path).await;
    world.clock.advance(Duration::from_secs(1));
    let got = app.get_ok(&path).await;
    assert_eq!((&got["status"], got["data_list"].as_array().unwrap().len()), (&json!(2), 3));
    let mut found = Vec::new();
    for file in got["data_list"].as_array().unwrap() {
        let answer = world.http().get(file["url"].as_str().unwrap()).send().await.unwrap();
        let content = answer.bytes().await.unwrap();
        assert_eq!(file["size"], content.len());
        assert_eq!(content.len() % 32, 0);
        assert_eq!(file["md5"], hex::encode(Md5::digest(&content)));
        found.extend(opened(&content)["userlist"].as_array().unwrap().iter().map(|row| row["userid"].clone()));
    }
    assert_eq!(found, ["u0", "u1", "u2", "u3", "u4"]);
    let url = got["data_list"][0]["url"].as_str().unwrap();
    let part = world.http().get(url).header("Range", "bytes=16-31").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap().len()), (206, 16));
    world.clock.advance(Duration::from_secs(2 * 3600));
    assert_eq!(world.http().get(url).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn every_kind_exports_what_its_list_answers() {
    let world = World::new(Profile::PublicLegacy);
    let contacts = world.contacts().await;
    contacts.post_ok("user/create", person("a")).await;
    contacts.post_ok("tag/create", json!({"tagname": "t", "tagid": 3})).await;
    contacts.post_ok("tag/addtagusers", json!({"tagid": 3, "userlist": ["a"], "partylist": [1]})).await;
    let (list, simple, departments) = (
        contacts.get_ok("user/list?department_id=1").await["userlist"].clone(),
        contacts.get_ok("user/simplelist?department_id=1").await["userlist"].clone(),
        contacts.get_ok("department/list").await["department"].clone(),
    );
    for (path, want) in [
        ("export/simple_user", json!({ "userlist": simple })),
        ("export/user", json!({ "userlist": list })),
        ("export/department", json!({ "department": departments })),
        ("export/taguser", json!({"tagname": "t", "userlist": [{"userid": "a", "name": "Name a"}], "partylist": [1]})),
    ] {
        let body = json!({"encoding_aeskey": KEY, "tagid": 3});
        let jobid = contacts.post_ok(path, body).await["jobid"].as_str().unwrap().to_owned();
        world.clock.advance(Duration::from_secs(1));
        let got = contacts.get_ok(&format!("export/get_result?jobid={jobid}")).await;
        let answer = world.http().get(got["data_list"][0]["url"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(opened(&answer.bytes().await.unwrap()), want, "{path}");
    }
}

#[tokio::test]
async fn every_refusal_of_an_export() {
    let world = World::public();
    let app = world.app().await;
    for (path, body, errcode) in [
        ("export/user", json!({}), 40063),
        ("export/user", json!({"encoding_aeskey": "short"}), 40058),
        ("export/user", json!({"encoding_aeskey": KEY, "block_size": 9999}), 40058),
        ("export/user", json!({"encoding_aeskey": KEY, "block_size": 1_000_001}), 40058),
        ("export/taguser", json!({"encoding_aeskey": KEY}), 41017),
        ("export/taguser", json!({"encoding_aeskey": KEY, "tagid": 9}), 40068),
    ] {
        app.refused(errcode, path, body).await;
    }
    app.get_refused(40088, "export/get_result?jobid=x").await;
    app.get_refused(40063, "export/get_result").await;
    app.post_ok("tag/create", json!({"tagname": "t", "tagid": 3})).await;
    let jobid = app.post_ok("export/taguser", json!({"encoding_aeskey": KEY, "tagid": 3})).await["jobid"].clone();
    app.get_ok("tag/delete?tagid=3").await;
    world.clock.advance(Duration::from_secs(1));
    let got = app.get_ok(&format!("export/get_result?jobid={}", jobid.as_str().unwrap())).await;
    assert_eq!(got["status"], 3, "the tag was deleted meanwhile");
}
