//! `kill -9` between a press and what follows from it: every press that was answered is decided once, told under one id, and
//! shown on every card. The bridge is a process of its own; WeCom and the business system live on in this one.

use super::*;
use crate::callbacks::query;
use crate::support::child::{Moments, kills};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use wecom_bridge::app::App;
use wecom_bridge::config::Config;
use wecom_bridge::front;
use wecom_bridge::wecom::QuotaUsed;
use wecom_bridge::wecom::crypto::envelope::request_body;

const FOLDER: &str = "WECOM_BRIDGE_TEST_CARDS_DIR";
/// In every run of the tests; `KILLS` asks for more.
const KILLS: usize = 100;
/// Pairs of people who are asked in turn: more than 30 messages a minute to one member would have to wait.
const PAIRS: usize = 10;
/// How long the last process may take to put everything right.
const PATIENCE: Duration = Duration::from_secs(120);

/// The child: answers and works until it is killed; its port is the first line with a colon.
#[test]
#[ignore = "played by the test below in a process of its own"]
fn works_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let text = format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}", Path::new(&folder).to_str().unwrap());
        let app = App::open(Config::from_toml(&text).unwrap(), Clock::system()).unwrap();
        app.store.write(forget_quota).await.unwrap();
        let running = front::serve(app.clone(), None).unwrap();
        app.messages.start();
        app.callbacks.start();
        app.webhooks.start();
        println!("listening: {}", running.address().port());
        std::future::pending::<()>().await;
    });
}

/// Calls that a killed process may have made are counted as made, a twentieth of a minute's quota at once: after twenty deaths
/// in a minute everything would wait for the next one. That has tests of its own.
fn forget_quota(tx: &store::WriteTx) -> Result<(), store::StoreError> {
    for corp in store::corps::list(tx)? {
        for corpid in [corp.corpid.as_str(), ""] {
            let name = format!("wecom.quota {} {corpid}", corp.endpoints.api_base);
            if store::settings::get::<QuotaUsed>(tx, store::Scope::Appliance, &name)?.is_some() {
                store::settings::put(tx, store::Scope::Appliance, &name, &QuotaUsed::default())?;
            }
        }
    }
    Ok(())
}

struct Process {
    child: Child,
    base: String,
    key: String,
    http: reqwest::Client,
    /// Whatever it says goes somewhere.
    _said: std::io::Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// The folder may still be held for a moment by who used it before.
    fn spawn(folder: &Path, key: &str, http: &reqwest::Client) -> Self {
        (0..100).find_map(|_| Self::try_spawn(folder, key, http)).expect("the bridge starts")
    }

    fn try_spawn(folder: &Path, key: &str, http: &reqwest::Client) -> Option<Self> {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "--nocapture", "cards::kill::works_until_killed"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = |line: String| line.split_once("listening: ")?.1.trim().parse::<u16>().ok();
        let Some(port) = lines.by_ref().map_while(Result::ok).find_map(said) else {
            child.wait().unwrap();
            return None;
        };
        let base = format!("http://127.0.0.1:{port}");
        Some(Self { child, base, key: key.to_owned(), http: http.clone(), _said: lines })
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.key).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// Posts a to-do to two people and returns when it has gone out.
    async fn ask(&self, pair: usize) -> String {
        let request = self.http.post(format!("{}/api/v1/messages", self.base)).bearer_auth(&self.key);
        let people = [format!("e{}", 2 * pair), format!("e{}", 2 * pair + 1)];
        let answer = request.json(&todo(&[&people[0], &people[1]])).send().await.unwrap().text().await.unwrap();
        let id = serde_json::from_str::<Value>(&answer).unwrap()["id"].as_str().unwrap().to_owned();
        while self.get(&format!("/api/v1/messages/{id}")).await["stage"] != "ended" {
            tokio::task::yield_now().await;
        }
        id
    }

    /// Tells a press; answers whether it was taken.
    async fn press(&self, callback: &Callback, userid: &str, card: &(String, String, String)) -> bool {
        let crypto = CallbackCrypto::new(&callback.token, &callback.aes_key, CORPID).unwrap();
        let encrypted = crypto.encrypt(&event(userid, &card.0, &card.1, &card.2));
        let query = query(&crypto, Clock::system().now_ms(), &encrypted);
        let body = request_body(CORPID, Some(seed::AGENTID), &encrypted);
        let url = format!("{}/cb/acme-main/oa?{query}", self.base);
        self.http.post(url).body(body).send().await.is_ok_and(|answer| answer.status() == 200)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The newest card of a member: task id, key of 同意, and a code as a press brings it.
fn card(state: &State, userid: &str) -> (String, String, String) {
    let now_ms = Clock::system().now_ms();
    let find = |corp: &mut wecom_bridge::sandbox::Corp| {
        let found = corp.messages.ring.iter().rfind(|message| message.receipt(userid).is_some()).cloned();
        let message = found.unwrap();
        let sent = message.content.card().unwrap().clone();
        let key = sent.button_list[0].key.clone();
        let kept = corp.message_limits.codes_kept;
        (sent.task_id.clone(), key, corp.messages.codes.give(message.number, seed::AGENTID, now_ms, kept))
    };
    state.with_corp(CORPID, find).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_press_and_the_update() {
    let clock = Clock::system();
    let sandbox = start_sandbox(&clock);
    let state = sandbox.state();
    state.with_corp(CORPID, |corp| {
        (corp.message_limits.member_minute, corp.message_limits.member_hour) = (0, 0);
    });
    for n in 4..2 * PAIRS {
        state.seed_member(CORPID, Member::new(&format!("u{n}"), &format!("员工{n}"), 1));
    }
    let endpoint = Endpoint::start().await;
    let (folder, key, callback) = {
        let bridge = Bridge::start_with("", clock.clone()).await;
        let callback = furnish(&bridge, sandbox.base_url()).await;
        let person = |n: usize| json!({ "id": format!("e{n}"), "name": format!("员工{n}"), "unit_id": "1" });
        let people = json!({ "employees": (0..2 * PAIRS).map(person).collect::<Vec<_>>() });
        bridge.post("/api/v1/tenants/acme/employees", &people).await.expect(200);
        let bound: Vec<MemberBinding> = (0..2 * PAIRS).map(binding).collect();
        bridge.app.store.write(move |tx| store::bindings::put_members(tx, &"acme-main".into(), &bound)).await.unwrap();
        bridge.put("/api/v1/webhooks/oa", &json!({ "url": endpoint.url, "events": [] })).await.expect(201);
        let key = bridge.key.clone();
        (bridge.close().await, key, callback)
    };
    let shown = callback.clone();
    state.with_corp(CORPID, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().callback = Some(shown));
    // some answers to updates are lost as well
    state.add_fault(wecom_bridge::sandbox::Fault::sometimes(UPDATE, 0.2, 7, wecom_bridge::sandbox::Effect::DropAfter));
    let mut ids = Vec::new();
    let mut acknowledged = 0;
    let mut moments = Moments::new();
    // one for all: what it trusts is read once
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let wanted = kills(KILLS);
    for round in 0..wanted {
        let mut process = Process::spawn(folder.path(), &key, &http);
        let pair = round % PAIRS;
        let id = process.ask(pair).await;
        let (one, other) = (format!("u{}", 2 * pair), format!("u{}", 2 * pair + 1));
        let (first, second) = (card(state, &one), card(state, &other));
        // both press at once; the process dies a moment after, or before, it has answered
        let presses =
            async { tokio::join!(process.press(&callback, &one, &first), process.press(&callback, &other, &second)) };
        let is_taken = if round % 4 == 3 {
            let pressing = tokio::time::timeout(Duration::from_millis(moments.below(20)), presses).await;
            pressing.is_ok_and(|(one, other)| one || other)
        } else {
            let (one, other) = presses.await;
            assert!(one && other, "round {round}");
            // every second one dies in the very moment of the answer
            let spins = if round % 2 == 0 { moments.below(20_000) } else { moments.below(3_000_000) };
            for _ in 0..spins {
                std::hint::spin_loop();
            }
            true
        };
        process.kill();
        acknowledged += usize::from(is_taken);
        ids.push((id, is_taken));
    }
    assert!(acknowledged >= wanted * 3 / 4, "{acknowledged} of {wanted} presses were answered");

    let mut process = Process::spawn(folder.path(), &key, &http);
    let (mut decided, mut doubts) = (Vec::new(), 0);
    let watch = wecom_bridge::clock::Stopwatch::start();
    for (id, is_taken) in &ids {
        let todo = loop {
            let todo = process.get(&format!("/api/v1/messages/{id}")).await["todo"].clone();
            let is_open = |row: &Value| row["state"] == "waiting" || row["state"] == "sending";
            let is_shown = todo["cards"].as_array().unwrap().iter().all(|row| !is_open(row));
            let is_told = todo["telling"].is_null() || todo["telling"]["state"] == "done";
            let is_worked_on = !is_taken || todo["stage"] != "open";
            if is_shown && is_told && is_worked_on {
                break todo;
            }
            assert!(watch.elapsed() < PATIENCE, "seed {}: {todo}", moments.seed);
            tokio::task::yield_now().await;
        };
        doubts += todo["cards"].as_array().unwrap().iter().filter_map(|row| row["doubts"].as_u64()).sum::<u64>();
        let count =
            |outcome: &str| todo["presses"].as_array().unwrap().iter().filter(|row| row["outcome"] == outcome).count();
        if todo["stage"] == "open" {
            assert!(!is_taken);
            continue;
        }
        assert_eq!((count("decided"), todo["changes"].as_array().unwrap().len()), (1, 1), "{todo}");
        let states: Vec<&str> =
            todo["cards"].as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["done"], "{todo}");
        decided.push((id.clone(), todo["decision"]["text"].as_str().unwrap().to_owned()));
    }
    process.kill();

    let told = endpoint.told();
    for (id, words) in &decided {
        let of_it: Vec<_> = told.iter().filter(|one| one.json()["data"]["message"] == id.as_str()).collect();
        assert!(!of_it.is_empty(), "{id} was not told");
        let is_same = |one: &&crate::callbacks::endpoint::Told| {
            one.headers["webhook-id"] == of_it[0].headers["webhook-id"] && one.body == of_it[0].body
        };
        assert!(of_it.iter().all(is_same), "{id} was told under several ids");
        assert_eq!(of_it[0].json()["data"]["shown"], words.as_str());
    }
    let now: Vec<String> = state
        .messages(CORPID)
        .iter()
        .flat_map(|message| {
            message
                .receipts
                .iter()
                .map(|receipt| receipt.card.as_ref().map(|now| now.replace_name.clone()).unwrap_or_default())
        })
        .filter(|words| !words.is_empty())
        .collect();
    assert_eq!(now.len(), 2 * decided.len(), "every card of a decided message shows it, on both phones");
    let bridge = Bridge::start_in(folder, "", clock).await;
    assert!(bridge.app.store.verify().unwrap().is_good());
    println!(
        "{acknowledged} presses were answered, {} messages decided, {} tellings, {doubts} updates in doubt",
        decided.len(),
        told.len()
    );
    bridge.stop().await;
}
