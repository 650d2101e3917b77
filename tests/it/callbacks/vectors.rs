//! Every vector through the whole receiver.

use super::{last_failure, set_up};
use crate::api::bridge::{Answer, Bridge, send};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use wecom_bridge::clock::Clock;

#[derive(Deserialize)]
struct Vectors {
    positive: Vec<Vector>,
    negative: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    kind: String,
    token: String,
    encoding_aes_key: String,
    receiveid: String,
    query: Option<String>,
    body: Option<String>,
    plaintext: Option<String>,
    expected_reason: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../data/callback-vectors.json")).unwrap()
}

/// When the oldest vector was signed.
async fn bridge() -> Bridge {
    Bridge::start_with("", Clock::manual(1_409_659_000_000)).await
}

async fn present(bridge: &Bridge, corp: &str, vector: &Vector) -> Answer {
    let path = format!("/cb/{corp}/oa?{}", vector.query.as_deref().unwrap());
    let request = match &vector.body {
        Some(body) if vector.kind != "url_verify" => bridge.bare(Method::POST, &path).body(body.clone()),
        _ => bridge.bare(Method::GET, &path),
    };
    send(request).await
}

#[tokio::test]
async fn every_good_vector_is_taken() {
    let bridge = bridge().await;
    let mut taken = 0;
    for (at, vector) in vectors().positive.iter().enumerate() {
        // receivers of other kinds have no address here; replies are ours to send
        if vector.query.is_none() || !vector.receiveid.starts_with('w') || vector.kind == "passive_reply" {
            continue;
        }
        let corp = format!("v{at}");
        set_up(&bridge, &corp, &vector.receiveid, &vector.token, &vector.encoding_aes_key).await;
        let answer = present(&bridge, &corp, vector).await;
        if vector.kind == "url_verify" {
            assert_eq!(answer.status, 200, "{}", vector.name);
            assert_eq!(Some(&answer.text), vector.plaintext.as_ref(), "{}", vector.name);
            assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
            assert!(!answer.headers.contains_key("content-encoding"), "never compressed");
        } else if vector.plaintext.as_deref() == Some("") {
            answer.expect_problem(403, "callback.refused");
            assert_eq!(last_failure(&bridge, &corp, "oa").await["fault"], "message");
            continue;
        } else {
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{}", vector.name);
            let page = bridge.get(&format!("/api/v1/corps/{corp}/inbox")).await.expect(200);
            assert_eq!(page["items"][0]["text"].as_str(), vector.plaintext.as_deref(), "{}", vector.name);
        }
        taken += 1;
    }
    assert_eq!(taken, 15);
    bridge.stop().await;
}

#[tokio::test]
async fn every_bad_vector_is_refused_for_its_reason_and_the_sender_learns_nothing() {
    let bridge = bridge().await;
    let mut told = Vec::new();
    let bad = vectors().negative;
    assert_eq!(bad.len(), 33);
    for (at, vector) in bad.iter().enumerate() {
        let corp = format!("n{at}");
        set_up(&bridge, &corp, &vector.receiveid, &vector.token, &vector.encoding_aes_key).await;
        let answer = present(&bridge, &corp, vector).await;
        if vector.name == "echostr-space" {
            assert_eq!(answer.status, 200, "the + that became a blank on the way is mended");
            continue;
        }
        let mut problem = answer.expect_problem(403, "callback.refused");
        problem["request_id"] = json!("");
        told.push(problem);
        let fault = last_failure(&bridge, &corp, "oa").await["fault"].as_str().unwrap().to_owned();
        let wanted = match vector.expected_reason.as_deref().unwrap() {
            // the key opens it: what differs is the token, or the request was changed on the way
            "signature_mismatch" => "token",
            "receiveid_mismatch" => "receive_id",
            "bad_padding" => "padding",
            "ciphertext_length" => "length",
            "bad_length_field" => "length_field",
            "base64_invalid" => "base64",
            "utf8_invalid" => "utf8",
            "xml_invalid" => "envelope",
            other => panic!("{other}"),
        };
        assert_eq!(fault, wanted, "{}", vector.name);
        let page = bridge.get(&format!("/api/v1/corps/{corp}/inbox")).await.expect(200);
        assert_eq!(page["items"], json!([]), "{}", vector.name);
    }
    let nobody = send(bridge.bare(Method::POST, "/cb/nobody/oa?msg_signature=a&timestamp=1&nonce=2").body("x")).await;
    let mut problem = nobody.expect_problem(403, "callback.refused");
    problem["request_id"] = json!("");
    told.push(problem);
    told.dedup();
    assert_eq!(told.len(), 1, "one and the same answer, whatever was wrong: {told:?}");
    bridge.stop().await;
}
