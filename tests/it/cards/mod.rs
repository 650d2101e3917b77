//! Cards with buttons, end to end over real HTTP: a business system posts, people press on the phones of the sandbox, the
//! business system hears of it, and every card shows it.

mod closing;
mod kill;
mod other_wecom;
mod presses;
mod tellings;
mod updates;

use crate::api::bridge::Bridge;
use crate::callbacks::endpoint::Endpoint;
use serde_json::{Value, json};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::MemberBinding;
use wecom_bridge::sandbox::messages::card::Button;
use wecom_bridge::sandbox::messages::message::Truth;
use wecom_bridge::sandbox::{
    Act, ActError, Callback, Member, Profile, Sandbox, SandboxOptions, State, VisibleRange, seed,
};
use wecom_bridge::store;
use wecom_bridge::wecom::crypto::CallbackCrypto;

pub const CORP: &str = "/api/v1/corps/acme-main";
pub const CORPID: &str = seed::CORPID;
pub const START_MS: i64 = 1_760_000_000_000;
pub const UPDATE: &str = "message/update_template_card";

/// A corp with an app that takes callbacks, four people, a rule that makes cards, and a webhook.
pub struct Scene {
    pub bridge: Bridge,
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub endpoint: Endpoint,
    /// Of the webhook.
    pub secret: String,
    /// The app's keys and address.
    pub callback: Callback,
}

/// Members of the corp are `u0` to `u3`, the employees linked to them `e0` to `e3`.
pub fn add_people(state: &State) {
    for n in 0..4 {
        state.seed_member(CORPID, Member::new(&format!("u{n}"), &format!("员工{n}"), 1));
    }
}

pub fn start_sandbox(clock: &Clock) -> Sandbox {
    let options =
        SandboxOptions { profile: Profile::PublicNew, clock: clock.clone(), workers: 1, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).unwrap();
    sandbox.state().add_corp(CORPID, seed::CONTACTS_SECRET);
    sandbox.state().add_app(CORPID, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
    add_people(sandbox.state());
    sandbox
}

pub fn binding(n: usize) -> MemberBinding {
    let row = json!({ "employee": format!("e{n}"), "userid": format!("u{n}"), "origin": "rule", "bound_at_ms": 1 });
    serde_json::from_value(row).unwrap()
}

/// Sets everything up over REST, but for the links.
pub async fn furnish(bridge: &Bridge, base: &str) -> Callback {
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "阿克米" })).await.expect(201);
    let units = json!({ "units": [{ "id": "1", "name": "总部" }] });
    bridge.post("/api/v1/tenants/acme/units", &units).await.expect(200);
    let person = |n: usize| json!({ "id": format!("e{n}"), "name": format!("员工{n}"), "unit_id": "1" });
    let people = json!({ "employees": (0..4).map(person).collect::<Vec<_>>() });
    bridge.post("/api/v1/tenants/acme/employees", &people).await.expect(200);
    set_access(bridge, base, "read-write").await;
    let app = json!({ "name": "OA", "agentid": seed::AGENTID, "callback_enabled": true });
    bridge.put(&format!("{CORP}/apps/oa"), &app).await.expect(201);
    for (path, secret) in [("secrets/contacts", seed::CONTACTS_SECRET), ("apps/oa/secrets/secret", seed::APP_SECRET)] {
        bridge.put(&format!("{CORP}/{path}"), &json!({ "value": secret })).await.expect(204);
    }
    let keys = bridge.act(&format!("{CORP}/apps/oa/callback-keys")).await.expect(201);
    let target = json!({ "corp": "acme-main", "app": "oa", "kind": "template_card" });
    let rule = json!({ "name": "待办", "targets": [target] });
    bridge.post("/api/v1/tenants/acme/rules", &rule).await.expect(201);
    let text = |name: &str| keys[name].as_str().unwrap().to_owned();
    Callback { url: format!("{}/cb/acme-main/oa", bridge.base), token: text("token"), aes_key: text("aes_key") }
}

pub async fn set_access(bridge: &Bridge, base: &str, access: &str) {
    let corp = json!({
        "tenant": "acme", "name": "Acme", "corpid": CORPID, "access": access,
        "endpoints": { "api_base": base, "authorize_base": base, "login_base": base, "console_url": base },
    });
    let answer = bridge.put(CORP, &corp).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

impl Scene {
    pub async fn new() -> Self {
        let clock = Clock::manual(START_MS);
        let sandbox = start_sandbox(&clock);
        let bridge = Bridge::start_with("", clock.clone()).await;
        let callback = furnish(&bridge, sandbox.base_url()).await;
        let bound: Vec<MemberBinding> = (0..4).map(binding).collect();
        bridge.app.store.write(move |tx| store::bindings::put_members(tx, &"acme-main".into(), &bound)).await.unwrap();
        let endpoint = Endpoint::start().await;
        let made = bridge.put("/api/v1/webhooks/oa", &json!({ "url": endpoint.url, "events": [] })).await.expect(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        let shown = callback.clone();
        sandbox.state().with_corp(CORPID, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().callback = Some(shown));
        bridge.app.messages.start();
        bridge.app.callbacks.start();
        bridge.app.webhooks.start();
        Self { bridge, sandbox, clock, endpoint, secret, callback }
    }

    pub fn state(&self) -> &State {
        self.sandbox.state()
    }

    /// Posts a to-do with the buttons `ok` 同意 and `no` 驳回 to these employees, and returns when it has gone out.
    pub async fn ask(&self, employees: &[&str]) -> String {
        let id = self.post(&todo(employees)).await;
        self.gone_out(&id).await;
        id
    }

    pub async fn post(&self, message: &Value) -> String {
        let made = self.bridge.post("/api/v1/messages", message).await.expect(202);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Returns when nothing of a message waits any more.
    pub async fn gone_out(&self, id: &str) {
        while self.status(id).await["stage"] != "ended" {
            tokio::task::yield_now().await;
        }
    }

    pub async fn status(&self, id: &str) -> Value {
        self.bridge.get(&format!("/api/v1/messages/{id}")).await.expect(200)
    }

    /// The to-do side of a message.
    pub async fn todo(&self, id: &str) -> Value {
        self.status(id).await["todo"].clone()
    }

    pub async fn say(&self, id: &str, body: &Value) -> crate::api::bridge::Answer {
        self.bridge.post(&format!("/api/v1/messages/{id}/todo"), body).await
    }

    /// The last card that a member sees: its number, buttons, and the words in their place.
    pub fn card(&self, userid: &str) -> Option<(u64, Vec<Button>, String)> {
        let messages = self.state().messages(CORPID);
        messages.iter().rev().find_map(|message| {
            let receipt = message.receipt(userid)?;
            let is_seen = matches!(message.truth(receipt), Truth::Arrived | Truth::Updated);
            let card = message.card_at(receipt).filter(|_| is_seen)?;
            let words = receipt.card.as_ref().map(|now| now.replace_name.clone()).unwrap_or_default();
            Some((message.number, card.button_list.clone(), words))
        })
    }

    /// The words in place of the buttons of a member's last card; empty while it has its buttons.
    pub fn words(&self, userid: &str) -> String {
        self.card(userid).expect("the member has a card").2
    }

    /// A member presses the button with this label on the own phone.
    pub fn try_press(&self, userid: &str, label: &str) -> Result<(), ActError> {
        let (message, buttons, _) = self.card(userid).expect("the member has a card");
        let key = buttons.iter().find(|button| button.text == label).expect("the card has the button").key.clone();
        let act = Act::Press { message, key, choices: Vec::new() };
        self.state().act(CORPID, userid, seed::AGENTID, act).map(drop)
    }

    pub async fn press(&self, userid: &str, label: &str) {
        self.try_press(userid, label).unwrap();
        self.settle().await;
    }

    /// Returns when everything that can happen at this moment has happened.
    pub async fn settle(&self) {
        while self.state().pending_events() > 0 {
            tokio::task::yield_now().await;
        }
        self.bridge.app.callbacks.idle().await.unwrap();
        self.bridge.app.messages.cards_idle().await.unwrap();
        self.bridge.app.webhooks.idle().await.unwrap();
    }

    pub async fn later(&self, hours: u64) {
        self.clock.advance(Duration::from_secs(hours * 3_600));
        self.settle().await;
    }

    /// A press as WeCom would tell it, by whoever and on whatever card.
    pub async fn forge(&self, userid: &str, task_id: &str, key: &str, code: &str) {
        let crypto = CallbackCrypto::new(&self.callback.token, &self.callback.aes_key, CORPID).unwrap();
        let text = event(userid, task_id, key, code);
        let answer = crate::callbacks::deliver(&self.bridge, "/cb/acme-main/oa", &crypto, &text).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.settle().await;
    }

    /// Task id and keys of the card of a call, as the store has them.
    pub fn secrets(&self, id: &str) -> (String, Vec<(String, String)>) {
        let head = self.bridge.app.store.read(|tx| store::messages::head(tx, &id.into())).unwrap().unwrap();
        let call = self.bridge.app.store.read(|tx| store::outbox::call(tx, &head.calls[0])).unwrap().unwrap();
        let keys = call.parts[0].intents.iter().map(|intent| (intent.button.clone(), intent.key.clone())).collect();
        (format!("{}@0", call.id), keys)
    }

    /// What became of each press, in order.
    pub async fn outcomes(&self, id: &str) -> Vec<String> {
        let todo = self.todo(id).await;
        todo["presses"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap().to_owned()).collect()
    }

    /// State and text of each update of a card, in order.
    pub async fn cards(&self, id: &str) -> Vec<(String, String)> {
        let todo = self.todo(id).await;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        todo["cards"].as_array().unwrap().iter().map(|row| (text(row, "state"), text(row, "text"))).collect()
    }

    /// The bridge goes away; what happens meanwhile; it comes back.
    pub async fn restart(self, meanwhile: impl AsyncFnOnce(&Bridge, &Clock)) -> Self {
        let Self { bridge, sandbox, clock, endpoint, secret, callback } = self;
        bridge.app.messages.shutdown().await;
        bridge.app.callbacks.shutdown().await;
        bridge.app.webhooks.shutdown().await;
        meanwhile(&bridge, &clock).await;
        let bridge = Bridge::start_in(bridge.close().await, "", clock.clone()).await;
        bridge.app.messages.start();
        bridge.app.callbacks.start();
        bridge.app.webhooks.start();
        Self { bridge, sandbox, clock, endpoint, secret, callback }
    }

    pub async fn stop(self) {
        let report = self.bridge.app.store.verify().unwrap();
        assert!(report.is_good(), "{:?}", report.faults);
        self.bridge.app.messages.shutdown().await;
        self.bridge.app.callbacks.shutdown().await;
        self.bridge.app.webhooks.shutdown().await;
        self.bridge.stop().await;
    }
}

/// A to-do with two buttons whose decision goes to the webhook `oa`.
pub fn todo(employees: &[&str]) -> Value {
    json!({
        "tenant": "acme", "source": "workflow", "event": "leave.submitted", "todo": "pending", "title": "请假三天",
        "recipients": { "employees": employees }, "url": "https://oa.example.org/t/17", "webhook": "oa",
        "data": { "ticket": "17" },
        "buttons": [{ "key": "ok", "text": "同意" }, { "key": "no", "text": "驳回", "style": 4 }],
    })
}

/// The text of a `template_card_event`.
pub fn event(userid: &str, task_id: &str, key: &str, code: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORPID}]]></ToUserName><FromUserName><![CDATA[{userid}]]></FromUserName><CreateTime>\
         1760000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event>\
         <EventKey><![CDATA[{key}]]></EventKey><TaskId><![CDATA[{task_id}]]></TaskId><CardType><![CDATA[button_interaction]]>\
         </CardType><ResponseCode><![CDATA[{code}]]></ResponseCode><AgentID>{}</AgentID></xml>",
        seed::AGENTID
    )
}
