//! Callbacks over real HTTP: from the sandbox's phone, from the vectors, from strangers.

mod bounds;
mod contacts;
pub mod endpoint;
mod events;
mod inbox;
mod kill;
mod log;
mod pictures;
mod random;
mod receive;
mod replies;
mod vectors;
mod webhooks;

use crate::api::bridge::{Answer, Bridge, send, try_send};
use crate::api::world::{CORP, World};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use wecom_bridge::model::CorpKey;
use wecom_bridge::sandbox::{Act, Acted, Callback, seed};
use wecom_bridge::wecom::crypto::CallbackCrypto;
use wecom_bridge::wecom::crypto::envelope::request_body;

pub const TOKEN: &str = "BridgeToken01";
pub const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
pub const APP: &str = "/cb/acme-main/oa";

/// A bridge beside a sandbox whose callbacks reach it; the work has begun.
pub struct Line {
    pub world: World,
}

impl Line {
    pub async fn new() -> Self {
        let world = World::new().await;
        let bridge = &world.bridge;
        let app = json!({ "name": "OA", "agentid": seed::AGENTID, "callback_enabled": true });
        bridge.put(&format!("{CORP}/apps/oa"), &app).await.expect(200);
        let keys = bridge.act(&format!("{CORP}/apps/oa/callback-keys")).await.expect(201);
        let contacts = bridge.act(&format!("{CORP}/callback-keys")).await.expect(201);
        world.sandbox.state().with_corp(seed::CORPID, |corp| {
            let app = corp.apps.get_mut(&seed::AGENTID).unwrap();
            app.isreportenter = true;
            app.callback = Some(callback(&bridge.base, "oa", &keys));
            corp.contacts.callback = Some(callback(&bridge.base, "contacts", &contacts));
        });
        world.bridge.app.callbacks.start();
        Self { world }
    }

    pub fn bridge(&self) -> &Bridge {
        &self.world.bridge
    }

    /// A member on the other side, who does something with the app.
    pub fn act(&self, userid: &str, act: Act) -> Acted {
        self.world.sandbox.state().act(seed::CORPID, userid, seed::AGENTID, act).unwrap()
    }

    /// Returns when every callback has arrived and has been worked on.
    pub async fn settle(&self) {
        while self.world.sandbox.state().pending_events() > 0 {
            tokio::task::yield_now().await;
        }
        self.bridge().app.callbacks.idle().await.unwrap();
    }

    pub async fn inbox(&self, query: &str) -> Vec<Value> {
        let page = self.bridge().get(&format!("{CORP}/inbox{query}")).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }

    pub async fn stop(self) {
        self.world.bridge.app.callbacks.shutdown().await;
        self.world.stop().await;
    }
}

fn callback(base: &str, receiver: &str, keys: &Value) -> Callback {
    let text = |name: &str| keys[name].as_str().unwrap().to_owned();
    assert!(text("url").ends_with(&format!("/cb/acme-main/{receiver}")), "{keys}");
    // the bridge of a test listens on a port of its own, which the keys' address does not know
    Callback { url: format!("{base}/cb/acme-main/{receiver}"), token: text("token"), aes_key: text("aes_key") }
}

/// A corp with one app whose keys are known, without a sandbox.
pub async fn set_up(bridge: &Bridge, corp: &str, corpid: &str, token: &str, aes_key: &str) {
    let answer = bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await;
    assert!(answer.status.is_success(), "{}", answer.text);
    let body = json!({ "tenant": "acme", "name": corp, "corpid": corpid,
        // the vectors share CorpIDs, and one WeCom belongs to one corp
        "endpoints": { "api_base": format!("https://{corp}.example.com") } });
    bridge.put(&format!("/api/v1/corps/{corp}"), &body).await.expect(201);
    let app = json!({ "name": "OA", "agentid": 218, "callback_enabled": true });
    bridge.put(&format!("/api/v1/corps/{corp}/apps/oa"), &app).await.expect(201);
    for (name, value) in [("token", token), ("aes_key", aes_key)] {
        bridge
            .put(&format!("/api/v1/corps/{corp}/apps/oa/secrets/{name}"), &json!({ "value": value }))
            .await
            .expect(204);
    }
}

pub fn crypto(corpid: &str) -> CallbackCrypto {
    CallbackCrypto::new(TOKEN, AES_KEY, corpid).unwrap()
}

/// The query that goes with an encrypted text.
pub fn query(crypto: &CallbackCrypto, at_ms: i64, encrypted: &str) -> String {
    let (timestamp, nonce) = (at_ms.div_euclid(1_000).to_string(), "1372623149");
    let signature = crypto.sign(&timestamp, nonce, encrypted);
    format!("msg_signature={signature}&timestamp={timestamp}&nonce={nonce}")
}

/// Posts a text as WeCom does.
pub async fn deliver(bridge: &Bridge, path: &str, crypto: &CallbackCrypto, text: &str) -> Answer {
    send(delivery(bridge, path, crypto, text)).await
}

/// What WeCom posts to deliver a text.
pub fn delivery(bridge: &Bridge, path: &str, crypto: &CallbackCrypto, text: &str) -> RequestBuilder {
    let encrypted = crypto.encrypt(text);
    let query = query(crypto, bridge.app.clock.now_ms(), &encrypted);
    let body = request_body("ww", Some(218), &encrypted);
    bridge.bare(Method::POST, &format!("{path}?{query}")).body(body)
}

/// The text of a text message.
pub fn text_message(msgid: u64, from: &str, content: &str) -> String {
    text_message_at(1_700_000_000, msgid, from, content)
}

/// The same with its `CreateTime`.
pub fn text_message_at(at_s: i64, msgid: u64, from: &str, content: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[ww]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName><CreateTime>\
         {at_s}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content><MsgId>{msgid}\
         </MsgId><AgentID>218</AgentID></xml>"
    )
}

/// The newest failure that is known of a receiver.
pub async fn last_failure(bridge: &Bridge, corp: &str, receiver: &str) -> Value {
    let gauges = bridge.app.callbacks.gauges(&CorpKey::from(corp)).await.unwrap();
    let gauge = gauges.receivers.iter().find(|gauge| gauge.receiver.segment() == receiver).unwrap();
    serde_json::to_value(gauge.health.last.first().unwrap()).unwrap()
}
