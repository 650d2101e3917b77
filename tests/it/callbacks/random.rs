//! Ten thousand odd bodies: no panic, no 5xx, and what is kept of them is bounded.

use super::*;
use futures_util::{StreamExt, stream};
use wecom_bridge::callbacks::incoming::Incoming;
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::wecom::crypto::envelope::Envelope;

/// A small generator, so that a failure can be repeated.
struct Odd(u64);

impl Odd {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn bytes(&mut self, max: usize) -> Vec<u8> {
        let length = self.next(max + 1);
        (0..length).map(|_| self.next(256) as u8).collect()
    }

    fn piece(&mut self) -> String {
        const PIECES: [&str; 24] = [
            "<xml>",
            "</xml>",
            "<Encrypt>",
            "</Encrypt>",
            "<![CDATA[",
            "]]>",
            "<!DOCTYPE x>",
            "&amp;",
            "&x;",
            "{",
            "}",
            "\"encrypt\":",
            "\"",
            "[",
            "]",
            "<MsgType>event</MsgType>",
            "<Event>",
            "</Event>",
            "1700000000",
            "<CreateTime>",
            "\0",
            "中",
            "<a/>",
            "<?xml?>",
        ];
        let count = self.next(20);
        (0..count).map(|_| PIECES[self.next(PIECES.len())]).collect()
    }
}

#[tokio::test]
async fn ten_thousand_odd_bodies() {
    let bridge = Bridge::start_with("", Clock::manual(1_700_000_100_000)).await;
    set_up(&bridge, "acme-main", "ww0123456789abcdef", TOKEN, AES_KEY).await;
    let crypto = crypto("ww0123456789abcdef");
    let mut odd = Odd(0x5EED_CAFE);
    let good = crypto.encrypt(&text_message(1, "a", "b"));
    let requests: Vec<(String, Vec<u8>)> = (0..10_000)
        .map(|at| {
            let at_ms = bridge.app.clock.now_ms();
            let signed = |encrypted: &str| format!("{APP}?{}", query(&crypto, at_ms, encrypted));
            match at % 8 {
                0 => (signed("x"), odd.bytes(3_000)),
                1 => (signed("x"), odd.piece().into_bytes()),
                // what is inside is odd, everything around it is right
                2 | 3 => {
                    let encrypted = crypto.encrypt(&odd.piece());
                    (signed(&encrypted), request_body("ww", None, &encrypted).into_bytes())
                }
                4 => {
                    let encrypted = crypto.encrypt(&format!("<xml>{}</xml>", odd.piece()));
                    (signed(&encrypted), request_body("ww", None, &encrypted).into_bytes())
                }
                // a bit of a good one is flipped, or its end is cut
                5 => {
                    let mut body = request_body("ww", Some(1), &good).into_bytes();
                    let place = odd.next(body.len());
                    body[place] ^= 1 << odd.next(8);
                    (signed(&good), body)
                }
                6 => {
                    let body = request_body("ww", Some(1), &good);
                    let end = odd.next(body.len());
                    (signed(&good), body.into_bytes()[..end].to_vec())
                }
                _ => {
                    let path: String = odd.bytes(40).iter().map(|byte| format!("%{byte:02X}")).collect();
                    (format!("/cb/acme-main/{path}?msg_signature={path}&timestamp={path}&nonce=1"), odd.bytes(200))
                }
            }
        })
        .collect();
    let statuses: Vec<u16> = stream::iter(requests)
        .map(|(path, body)| {
            let request = bridge.bare(Method::POST, &path).body(body);
            async move { request.send().await.unwrap().status().as_u16() }
        })
        .buffer_unordered(16)
        .collect()
        .await;
    let odd_ones: Vec<&u16> = statuses.iter().filter(|status| ![200, 400, 403, 404].contains(*status)).collect();
    assert!(odd_ones.is_empty(), "{odd_ones:?}");
    let taken = statuses.iter().filter(|status| **status == 200).count();
    assert!(taken > 0 && taken < 3_000, "{taken} were taken");
    let gauges = bridge.get(&format!("{CORP}/callbacks")).await.expect(200);
    for gauge in gauges["receivers"].as_array().unwrap() {
        assert!(gauge["health"]["last"].as_array().unwrap().len() <= 20, "{gauge}");
    }
    bridge.app.callbacks.start();
    bridge.app.callbacks.idle().await.unwrap();
    assert_eq!(bridge.get(&format!("{CORP}/callbacks")).await.expect(200)["failed"], 0);
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}

/// Good texts to begin with.
fn seeds() -> Vec<Vec<u8>> {
    let json =
        r#"{"tousername":"ww","msgtype":"event","event":"click","eventkey":"a","selected":[{"a":1},{"b":[2,3]}]}"#;
    let event = "<xml><MsgType>event</MsgType><Event>template_card_event</Event><SelectedItems><SelectedItem><QuestionKey>\
                 <![CDATA[a]]></QuestionKey><OptionIds><OptionId>1</OptionId></OptionIds></SelectedItem></SelectedItems></xml>";
    let crypto = crypto("ww1");
    let encrypted = crypto.encrypt(json);
    [text_message(1, "a", "b"), json.to_owned(), event.to_owned(), request_body("ww", Some(1), &encrypted), encrypted]
        .map(String::into_bytes)
        .into()
}

/// The harness of `fuzz/` without its engine: mutates what was taken so far for as many minutes as FUZZ_MINUTES says (one
/// by default). `cargo test --test it -- --ignored callbacks::random::long`
#[test]
#[ignore = "runs for minutes"]
fn long() {
    let minutes: u64 = std::env::var("FUZZ_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut odd = Odd(rand::random::<u64>() | 1);
    println!("seed {:#x}", odd.0);
    let crypto = crypto("ww1");
    let mut corpus = seeds();
    let (mut runs, mut read) = (0_u64, 0_u64);
    let watch = Stopwatch::start();
    while watch.elapsed_ms() < minutes * 60_000 {
        let mut text = corpus[odd.next(corpus.len())].clone();
        for _ in 0..=odd.next(4) {
            let place = odd.next(text.len() + 1);
            match odd.next(6) {
                0 if place < text.len() => text[place] ^= 1 << odd.next(8),
                1 => text.truncate(place),
                2 => drop(text.splice(place..place, odd.bytes(8))),
                3 => drop(text.splice(place..place, odd.piece().into_bytes())),
                4 => {
                    let end = (place + odd.next(64)).min(text.len());
                    let part = text[place..end].to_vec();
                    text.splice(place..place, part);
                }
                _ => {
                    let other = &corpus[odd.next(corpus.len())];
                    let part = other[odd.next(other.len() + 1)..].to_vec();
                    text.truncate(place);
                    text.extend(part);
                }
            }
        }
        text.truncate(20_000);
        let lossy = String::from_utf8_lossy(&text);
        let envelope = Envelope::parse(&lossy);
        let incoming = Incoming::parse(&lossy);
        let _ = crypto.open(&lossy, &lossy, &lossy, &lossy);
        if let Ok(found) = &incoming {
            assert_eq!(Incoming::parse(&lossy).unwrap().digest, found.digest);
            let _ = found.tree.to_json();
        }
        runs += 1;
        if envelope.is_ok() || incoming.is_ok() {
            read += 1;
            if corpus.len() < 5_000 && odd.next(20) == 0 {
                corpus.push(text);
            }
        }
    }
    println!("{runs} texts, {read} of them could be read, in {minutes} min");
    assert!(read > 0 && runs > 1_000);
}
