//! Ten thousand odd bodies: no panic, no 5xx, and what is kept of them is bounded.

use super::*;
use futures_util::{StreamExt, stream};
use wecom_bridge::clock::Clock;

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
