//! Callbacks a second on one core: verified, decrypted, durable and answered, beside our own bare handler that only answers
//! and beside a minimal Node server with the vendor's library that keeps nothing. One run measures all in rotation.
//!
//! ```sh
//! npm --prefix benches/node ci
//! cargo bench --profile nolto --no-run --bench callbacks
//! taskset -c 1 cargo bench --profile nolto --bench callbacks [-- REQUESTS [CONNECTIONS]]
//! ```
//!
//! Servers are pinned to core 0 with one worker; the load comes from the cores that this process is given. "working" is our
//! server that also does the work behind the answers meanwhile. The processor's time of each server is printed too: it does
//! not depend on what else the machine does.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench says what broke by stopping")]

use actix_web::{HttpResponse, web};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wecom_bridge::app::App;
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::config::Config;
use wecom_bridge::model::{Actor, CallbackOf, Corp, Secret, Tenant};
use wecom_bridge::setup::{read_in_place, service};
use wecom_bridge::wecom::crypto::CallbackCrypto;
use wecom_bridge::wecom::crypto::envelope::request_body;
use wecom_bridge::{front, http};

const TOKEN: &str = "BridgeToken01";
const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const ROUNDS: usize = 5;
/// Connections unless told otherwise: an answer waits for the disk, so a core is busy only when many are under way.
const CONNECTIONS: usize = 512;
/// What the child of this process plays.
const ROLE: &str = "CALLBACKS_BENCH_ROLE";
/// Where it keeps what it receives.
const HOME: &str = "CALLBACKS_BENCH_HOME";

fn main() {
    match std::env::var(ROLE).as_deref() {
        Ok("bare") => serve(false, false),
        Ok("ours") => serve(true, false),
        Ok("working") => serve(true, true),
        _ => measure(),
    }
}

/// Serves on one worker until it is killed; the first line on stdout is the port.
fn serve(keeps: bool, works: bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let home = std::env::var(HOME).unwrap();
        let text = format!("listen = \"127.0.0.1:0\"\ndata_dir = {home:?}\n[limits]\nhttp_workers = 1");
        let config = Config::from_toml(&text).unwrap();
        let running = if keeps {
            let app = App::open(config, Clock::system()).unwrap();
            set_up(&app).await;
            if works {
                app.callbacks.start();
            }
            front::serve(app, None).unwrap()
        } else {
            http::start(&config, &Clock::system(), None, None, |services, _| {
                services.route("/cb/{corp}/{app}", web::post().to(only_answer));
            })
            .unwrap()
        };
        println!("{}", running.address().port());
        std::future::pending::<()>().await;
    });
}

async fn only_answer(_: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// A corp with one app that takes callbacks.
fn corp() -> Corp {
    let mut corp = read_in_place(include_str!("start.toml")).unwrap().corps.remove(0).corp;
    corp.apps = vec![wecom_bridge::model::App {
        key: "oa".into(),
        name: "OA".into(),
        agentid: 1_000_002,
        callback_enabled: true,
    }];
    corp
}

async fn set_up(app: &Arc<App>) {
    let corp = corp();
    let (tenant, actor) = (Tenant { key: corp.tenant.clone(), name: "示例集团".into() }, Actor::cli("bench"));
    service::put_tenant(&app.store, &actor, tenant).await.unwrap();
    let of = CallbackOf::App(corp.apps[0].key.clone());
    let secrets = BTreeMap::from([(of.token(), Secret::new(TOKEN)), (of.aes_key(), Secret::new(AES_KEY))]);
    service::put_corp(&app.store, &actor, corp, secrets).await.unwrap();
}

struct Server {
    child: Child,
    port: u16,
    /// Goes when the child has ended.
    _home: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(mut command: Command) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = command.env(HOME, home.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap();
        Self { child, port, _home: home }
    }

    fn own(role: &str) -> Self {
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(std::env::current_exe().unwrap()).env(ROLE, role);
        Self::start(command)
    }

    /// Seconds that it has had a processor, in steps of 10 ms.
    fn busy_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
    }

    fn node(corpid: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/node");
        if !folder.join("node_modules/@wecom/crypto").exists() {
            return None;
        }
        let mut command = Command::new("taskset");
        command.args(["-c", "0", "node", "server.js", TOKEN, AES_KEY, corpid]).current_dir(folder);
        Some(Self::start(command))
    }
}

fn measure() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (count, connections) = (numbers.next().unwrap_or(40_000), numbers.next().unwrap_or(CONNECTIONS));
    let corp = corp();
    let path = format!("/cb/{}/{}", corp.key, corp.apps[0].key);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut rates: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut busy: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut body_bytes = 0;
    for round in 0..ROUNDS {
        // other callbacks in each round: a repeat would cost less
        let requests = Arc::new(requests(&path, &corp.corpid, round * count, count));
        body_bytes = requests[0].len();
        for name in ["bare", "ours", "working", "node"] {
            let server = match name {
                "node" => Server::node(&corp.corpid),
                role => Some(Server::own(role)),
            };
            let Some(server) = server else {
                println!("benches/node has no node_modules: npm --prefix benches/node ci");
                continue;
            };
            let warm = Arc::new(requests[..requests.len() / 10].to_vec());
            runtime.block_on(load(server.port, warm, connections));
            let rest = Arc::new(requests[requests.len() / 10..].to_vec());
            let done = rest.len() as f64;
            let (watch, before_s) = (Stopwatch::start(), server.busy_s());
            runtime.block_on(load(server.port, rest, connections));
            rates.entry(name).or_default().push(done / watch.elapsed().as_secs_f64());
            busy.entry(name).or_default().push((server.busy_s() - before_s) * 1e6 / done);
        }
    }
    println!(
        "{count} text callbacks of {body_bytes} bytes with their headers, {connections} connections, {ROUNDS} rounds in rotation, server on one core"
    );
    let mut middle = BTreeMap::new();
    for (name, list) in &mut rates {
        list.sort_by(f64::total_cmp);
        middle.insert(*name, list[list.len() / 2]);
        let times = busy.entry(name).or_default();
        times.sort_by(f64::total_cmp);
        println!(
            "{name:8} {:>8.0} a second in the middle, {:.0} to {:.0}; {:.1} us of the core each, {:.1} to {:.1}",
            list[list.len() / 2],
            list[0],
            list[list.len() - 1],
            times[times.len() / 2],
            times[0],
            times[times.len() - 1]
        );
    }
    let ours = middle["ours"];
    println!("ours / bare: {:.2} (target >= 0.8)", ours / middle["bare"]);
    if let Some(node) = middle.get("node") {
        println!("ours / node: {:.2} (target >= 2)", ours / node);
    }
}

/// Whole requests, encrypted and signed.
fn requests(path: &str, corpid: &str, from: usize, count: usize) -> Vec<Vec<u8>> {
    let crypto = CallbackCrypto::new(TOKEN, AES_KEY, corpid).unwrap();
    let now_s = Clock::system().now_ms() / 1_000;
    (from..from + count)
        .map(|at| {
            let text = format!(
                "<xml><ToUserName><![CDATA[{corpid}]]></ToUserName><FromUserName><![CDATA[user{}]]></FromUserName>\
                 <CreateTime>{now_s}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好,第{at}条]]>\
                 </Content><MsgId>{}</MsgId><AgentID>1000002</AgentID></xml>",
                at % 997,
                6_054_768_590_064_713_728_u64 + at as u64
            );
            let encrypted = crypto.encrypt(&text);
            let (timestamp, nonce) = (now_s.to_string(), at.to_string());
            let signature = crypto.sign(&timestamp, &nonce, &encrypted);
            let body = request_body(corpid, Some(1_000_002), &encrypted);
            format!(
                "POST {path}?msg_signature={signature}&timestamp={timestamp}&nonce={nonce} HTTP/1.1\r\nHost: bridge\r\n\
                 User-Agent: Mozilla/4.0\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        })
        .collect()
}

/// Sends all of them, each connection one after the other; panics unless every answer is 200.
async fn load(port: u16, requests: Arc<Vec<Vec<u8>>>, connections: usize) {
    let tasks: Vec<_> = (0..connections)
        .map(|first| {
            let requests = requests.clone();
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut buffer = vec![0; 4_096];
                for request in requests.iter().skip(first).step_by(connections) {
                    stream.write_all(request).await.unwrap();
                    let mut read = 0;
                    // answers have no body: they end with the first empty line
                    while !buffer[..read].ends_with(b"\r\n\r\n") {
                        let more = stream.read(&mut buffer[read..]).await.unwrap();
                        assert!(more > 0, "the server closed");
                        read += more;
                    }
                    assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..read]));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
