//! `kill -9` under a stream of callbacks: what was answered is kept, once, worked on once, and told once in the queue.

use super::*;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use wecom_bridge::app::App;
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::config::Config;
use wecom_bridge::front;
use wecom_bridge::model::{CallbackOf, Corp, PostState, Secret, Tenant, Webhook};
use wecom_bridge::store;

const FOLDER: &str = "WECOM_BRIDGE_TEST_CALLBACKS_DIR";
const KILLS: usize = 20;

fn config(folder: &Path) -> Config {
    let text = format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}", folder.to_str().unwrap());
    Config::from_toml(&text).unwrap()
}

/// The child: answers and works until it is killed; its port is the first line with a colon.
#[test]
#[ignore = "played by the test below in a process of its own"]
fn answers_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let app = App::open(config(Path::new(&folder)), Clock::system()).unwrap();
        let running = front::serve(app.clone(), None).unwrap();
        app.callbacks.start();
        println!("listening: {}", running.address().port());
        std::future::pending::<()>().await;
    });
}

fn spawn(folder: &Path) -> (Child, u16) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "callbacks::kill::answers_until_killed"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = lines.map_while(Result::ok).find_map(|line| line.split_once("listening: ")?.1.trim().parse().ok());
    (child, port.unwrap())
}

/// The app of a folder.
pub fn open(folder: &Path) -> std::sync::Arc<App> {
    App::open(config(folder), Clock::system()).unwrap()
}

/// A corp with an app whose messages go to a webhook that nobody answers.
pub async fn prepare(folder: &Path) {
    let app = open(folder);
    let mut corp: Corp = crate::support::corp::corp("http://127.0.0.1:9");
    corp.corpid = "ww1".into();
    corp.apps[0].callback_enabled = true;
    let tenant = Tenant { key: corp.tenant.clone(), name: "a".into() };
    let of = CallbackOf::App("oa".into());
    let webhook = Webhook {
        name: "oa".into(),
        url: "http://127.0.0.1:9/".into(),
        events: vec!["message.*".into()],
        corps: Vec::new(),
        enabled: true,
        timeout_ms: 1_000,
        ca_file: String::new(),
        proxy: String::new(),
    };
    app.store
        .write(move |tx| {
            store::tenants::put(tx, &tenant)?;
            store::corps::put(tx, &corp)?;
            store::secrets::put(tx, &corp.key, &of.token(), &Secret::new(TOKEN))?;
            store::secrets::put(tx, &corp.key, &of.aes_key(), &Secret::new(AES_KEY))?;
            store::webhooks::put(tx, &webhook)
        })
        .await
        .unwrap();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_under_a_stream() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let crypto = crypto("ww1");
    let began_s = Clock::system().now_ms().div_euclid(1_000);
    let (mut next, mut acknowledged, mut unsure) = (1_u64, Vec::new(), Vec::new());
    for round in 0..KILLS {
        let (mut child, port) = spawn(folder.path());
        let watch = Stopwatch::start();
        // what was not acknowledged is sent again, as WeCom does
        let mut wanted: Vec<u64> = std::mem::take(&mut unsure);
        while watch.elapsed() < Duration::from_millis(60 + 17 * round as u64) {
            if wanted.is_empty() {
                wanted = (next..next + 20).collect();
                next += 20;
            }
            let sends = wanted.drain(..).map(|id| {
                // every third is of a time that the server does not remember by itself; a repeat says what the first said
                // but in every second round, in which all go through the log
                let at_s = if id % 3 == 0 && round % 2 == 0 { 1_700_000_000 } else { began_s };
                let encrypted = crypto.encrypt(&text_message_at(at_s, id, "zhangsan", "x"));
                let query = query(&crypto, Clock::system().now_ms(), &encrypted);
                let url = format!("http://127.0.0.1:{port}{APP}?{query}");
                let sent = http.post(url).body(request_body("ww", Some(218), &encrypted)).send();
                async move { (id, sent.await.is_ok_and(|answer| answer.status() == 200)) }
            });
            for (id, is_taken) in futures_util::future::join_all(sends).await {
                if is_taken { acknowledged.push(id) } else { unsure.push(id) }
            }
            if watch.elapsed() >= Duration::from_millis(40 + 11 * round as u64) {
                let _ = child.kill();
            }
        }
        unsure.append(&mut wanted);
        let _ = child.kill();
        let _ = child.wait();
    }
    let app = App::open(config(folder.path()), Clock::system()).unwrap();
    app.callbacks.start();
    app.callbacks.idle().await.unwrap();
    app.callbacks.shutdown().await;
    let corp = CorpKey::from("acme-main");
    let (kept, told) = app
        .store
        .read(|tx| {
            let mut kept: BTreeMap<String, usize> = BTreeMap::new();
            let filter = store::inbox::InboxFilter::default();
            let mut before = None;
            loop {
                let page = store::inbox::search(tx, &corp, &filter, before.as_ref(), 1_000)?;
                page.rows.iter().for_each(|item| *kept.entry(item.digest.clone()).or_default() += 1);
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            let told =
                store::webhooks::search(tx, "oa", Some(PostState::Waiting), None, store::Order::Newest, usize::MAX)?
                    .len();
            Ok((kept, told))
        })
        .unwrap();
    assert!(acknowledged.len() > KILLS, "{} were acknowledged", acknowledged.len());
    assert!(kept.values().all(|count| *count == 1), "something is kept twice");
    let lost: Vec<&u64> = acknowledged.iter().filter(|id| !kept.contains_key(&format!("m{id}"))).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert_eq!(told, kept.len(), "each is told once, whatever happened between receipt and work");
    assert!(app.store.verify().unwrap().is_good());
    app.close().await;
}
