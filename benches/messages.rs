//! Messages: durable accepts over HTTP, send calls against the fewest possible, and the time from accept to the call.
//!
//! `cargo bench --profile nolto --bench messages`
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench says what broke by stopping")]

use futures_util::StreamExt;
use serde_json::json;
use std::sync::Arc;
use wecom_bridge::admin::keys::{self, NewKey};
use wecom_bridge::app::App;
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::config::Config;
use wecom_bridge::front;
use wecom_bridge::messages::{Compose, Composed, Messages};
use wecom_bridge::model::content::Content;
use wecom_bridge::model::{
    Access, Actor, ApiScope, App as WecomApp, Corp, Delivery, DeliveryState, Employee, MemberBinding, Message,
    MessageId, Secret, SecretName, Tenant,
};
use wecom_bridge::sandbox::{Member, Profile, Sandbox, SandboxOptions, VisibleRange, seed};
use wecom_bridge::store::{self, ReadTx, StoreError};
use wecom_bridge::sync::Env;
use wecom_bridge::wecom::{Clients, NoObserver};

const ACCEPTS: usize = 40_000;
const CONNECTIONS: usize = 64;
const PEOPLE: usize = 20_000;
const STREAM: usize = 2_000;

struct Titles;

impl Compose for Titles {
    fn compose(&self, _: &ReadTx, message: &Message) -> Result<Vec<Composed>, StoreError> {
        Ok(vec![Composed {
            rule: "all".into(),
            corp: "acme-main".into(),
            app: "oa".into(),
            contents: Ok(vec![Content::text(message.title.clone())]),
            quiet: None,
            digest_ms: None,
        }])
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        accepts().await;
        calls().await;
    });
}

fn message(title: &str, employees: &[String]) -> serde_json::Value {
    json!({ "tenant": "acme", "source": "bench", "title": title, "recipients": { "employees": employees } })
}

/// Durable accepts a second, each with an idempotency key; callers on the same cores.
async fn accepts() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n", folder.path().to_str().unwrap());
    let app = App::open(Config::from_toml(&text).unwrap(), Clock::system()).unwrap();
    let tenant = Tenant { key: "acme".into(), name: "示例集团".into() };
    app.store.write(move |tx| store::tenants::put(tx, &tenant)).await.unwrap();
    let new = NewKey {
        name: "bench".into(),
        scopes: vec![ApiScope::MessagesSend],
        networks: Vec::new(),
        expires_at_ms: None,
    };
    let key = keys::create(&app.store, &app.clock, &Actor::cli("bench"), new).await.unwrap().1;
    let running = front::serve(app.clone(), None).unwrap();
    let url = format!("http://{}/api/v1/messages", running.address());
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(CONNECTIONS).build().unwrap();
    for (name, batch, requests) in [("one by one", 1, ACCEPTS), ("batches of 100", 100, ACCEPTS / 20)] {
        let watch = Stopwatch::start();
        let one = |n: usize| {
            let (http, url, key) = (http.clone(), url.clone(), key.expose().to_owned());
            async move {
                let body = message(&format!("第{n}条"), &[format!("e{n}")]);
                let (url, body) = match batch {
                    1 => (url, body),
                    _ => (format!("{url}/batch"), json!({ "messages": vec![body; batch] })),
                };
                let request =
                    http.post(url).bearer_auth(key).header("idempotency-key", format!("{batch}-{n}")).json(&body);
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 202);
                answer.bytes().await.unwrap();
            }
        };
        futures_util::stream::iter((0..requests).map(one)).buffer_unordered(CONNECTIONS).collect::<Vec<()>>().await;
        let rate = (requests * batch) as f64 / watch.elapsed().as_secs_f64();
        println!("durable accepts over HTTP, {name}, {CONNECTIONS} connections: {rate:.0} a second");
    }
    running.stop().await;
    app.close().await;
}

fn corp(base: &str) -> Corp {
    let base = base.to_owned();
    serde_json::from_value(json!({
        "key": "acme-main", "tenant": "acme", "name": "示例集团", "corpid": seed::CORPID, "edition": "public",
        "endpoints": {
            "api_base": base, "authorize_base": base, "login_base": base, "console_url": base, "ca_file": "", "proxy": "",
            "timeout_ms": 5000
        },
        "access": Access::ReadWrite, "read_app": "oa", "quota": {},
        "apps": [WecomApp { key: "oa".into(), name: "OA".into(), agentid: seed::AGENTID, callback_enabled: false }],
        "match_rules": [], "pull": {}, "downstream": {}, "upstream": {}
    }))
    .unwrap()
}

async fn calls() {
    let clock = Clock::system();
    let sandbox = Sandbox::start(SandboxOptions {
        profile: Profile::PublicNew,
        clock: clock.clone(),
        workers: 1,
        calls_kept: 100_000,
        ..SandboxOptions::default()
    })
    .unwrap();
    let state = sandbox.state();
    state.add_corp(seed::CORPID, seed::CONTACTS_SECRET);
    state.add_app(seed::CORPID, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
    for n in 0..PEOPLE {
        state.seed_member(seed::CORPID, Member::new(&format!("u{n}"), &format!("员工{n}"), 1));
    }
    let folder = tempfile::tempdir().unwrap();
    let keys = store::KeyRing::load_or_create(&folder.path().join("master.key"), folder.path()).unwrap();
    let store = store::Store::open(folder.path(), store::StoreOptions::new(keys, clock.clone())).unwrap();
    let settings = corp(sandbox.base_url());
    store
        .write(move |tx| {
            store::tenants::put(tx, &Tenant { key: "acme".into(), name: "示例集团".into() })?;
            store::corps::put(tx, &settings)?;
            store::secrets::put(tx, &settings.key, &SecretName::App("oa".into()), &Secret::new(seed::APP_SECRET))?;
            let people: Vec<Employee> =
                (0..PEOPLE).map(|n| Employee::new(format!("e{n}"), &format!("员工{n}"), "root")).collect();
            store::directory::put_employees(tx, &"acme".into(), &people)?;
            let bound = |n: usize| -> MemberBinding {
                serde_json::from_value(json!({
                    "employee": format!("e{n}"), "userid": format!("u{n}"), "origin": "rule", "bound_at_ms": 1
                }))
                .unwrap()
            };
            let bound: Vec<MemberBinding> = (0..PEOPLE).map(bound).collect();
            store::bindings::put_members(tx, &settings.key, &bound)
        })
        .await
        .unwrap();
    let env = Env::new(store.clone(), clock.clone(), Clients::new(clock.clone(), Arc::new(NoObserver)));
    let messages = Messages::new(env, Arc::new(Titles));
    messages.start();

    let watch = Stopwatch::start();
    let mut everyone = message("全员通知", &[]);
    everyone["recipients"] = json!({ "everyone": true });
    let id = post(&messages, everyone).await;
    ended(&store, &clock, &[id]).await;
    let count = state.count("message/send");
    println!(
        "one message to {PEOPLE} people: {count} calls ÷ {} = {:.3}, {:.2} s from accept to the last answer stored",
        PEOPLE / 1_000,
        count as f64 / (PEOPLE / 1_000) as f64,
        watch.elapsed().as_secs_f64()
    );

    for (name, gap_ms) in [("one at a time", 5_u64), ("as fast as they are taken", 0)] {
        let (before, watch) = (state.count("message/send"), Stopwatch::start());
        let mut ids = Vec::new();
        for n in 0..STREAM {
            let at = (n * 7) % PEOPLE;
            ids.push(post(&messages, message(&format!("{name} {n}"), &[format!("e{at}")])).await);
            if gap_ms > 0 {
                clock.sleep(std::time::Duration::from_millis(gap_ms)).await;
            }
        }
        ended(&store, &clock, &ids).await;
        let mut times: Vec<i64> = ids.iter().map(|id| latency(&store, id)).collect();
        times.sort_unstable();
        let count = state.count("message/send") - before;
        println!(
            "{STREAM} messages to one person each, {name}: {count} calls ÷ {STREAM}, {:.0} a second; accept to call: p50 \
             {} ms, p99 {} ms",
            STREAM as f64 / watch.elapsed().as_secs_f64(),
            times[STREAM / 2],
            times[STREAM * 99 / 100]
        );
    }
    messages.shutdown().await;
}

async fn post(messages: &Messages, body: serde_json::Value) -> MessageId {
    let new = serde_json::from_value(body).unwrap();
    messages.accept(&Actor::cli("bench"), vec![new], None).await.unwrap().ids.remove(0)
}

async fn ended(store: &store::Store, clock: &Clock, ids: &[MessageId]) {
    for id in ids {
        loop {
            let head = store.read(|tx| store::messages::head(tx, id)).unwrap();
            if head.is_some_and(|head| head.tally.of(DeliveryState::Waiting) == 0) {
                break;
            }
            clock.sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

/// Milliseconds from the acceptance to the moment at which the request was about to go out.
fn latency(store: &store::Store, id: &MessageId) -> i64 {
    store
        .read(|tx| {
            let message = store::messages::find(tx, id)?.unwrap();
            let rows: Vec<Delivery> = store::deliveries::list(tx, id, 0, 1)?;
            assert_eq!(rows[0].state, DeliveryState::Sent);
            let call = store::outbox::call(tx, rows[0].call.as_ref().unwrap())?.unwrap();
            Ok(call.first_sent_at_ms.unwrap() - message.accepted_at_ms)
        })
        .unwrap()
}
