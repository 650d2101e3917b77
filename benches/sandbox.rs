//! How many requests a second the sandbox answers, with 100,000 members in memory.
//!
//! `cargo bench --profile nolto --bench sandbox [-- CONNECTIONS SECONDS]`. The callers share the machine with the
//! server; they are plain sockets that write and read HTTP/1.1 without a client library.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wecom_bridge::clock::Stopwatch;
use wecom_bridge::sandbox::{Callback, Member, Profile, Sandbox, SandboxOptions, State, VisibleRange};

const CORP: &str = "ww0000000000000001";
const MEMBERS: u32 = 100_000;
const DEPARTMENTS: u32 = 1_000;

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let connections = numbers.first().copied().unwrap_or(16);
    let seconds = numbers.get(1).copied().unwrap_or(3);
    let before = resident_kib();
    let sandbox =
        Sandbox::start(SandboxOptions { profile: Profile::PublicLegacy, ..SandboxOptions::default() }).unwrap();
    let filling = Stopwatch::start();
    fill(sandbox.state());
    println!(
        "{MEMBERS} members in {DEPARTMENTS} departments: filled in {} ms, {} MiB resident",
        filling.elapsed_ms(),
        resident_kib().saturating_sub(before) / 1024
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let contacts = token(&sandbox, "contacts-secret").await;
        let app = token(&sandbox, "app-secret").await;
        println!("{connections} connections, {seconds} s each:");
        for (token, work) in [(&contacts, WORK), (&app, APP_WORK)] {
            for (name, make) in work {
                let rate = measure(&sandbox, token, *make, connections, seconds).await;
                println!("  {name:<34} {rate:>8.0} requests/s");
            }
        }
        println!("{} MiB resident at the end", resident_kib().saturating_sub(before) / 1024);
        sandbox.stop().await;
    });
}

/// Builds the request with this number.
type Make = fn(&str, u64) -> String;

const WORK: &[(&str, Make)] = &[
    ("user/get", |token, n| get(&format!("user/get?access_token={token}&userid=u{}", n % u64::from(MEMBERS)))),
    ("user/update", |token, n| {
        let body = format!(r#"{{"userid":"u{}","position":"p{n}"}}"#, n % u64::from(MEMBERS));
        post(&format!("user/update?access_token={token}"), &body)
    }),
    ("user/create", |token, n| {
        let body = format!(r#"{{"userid":"n{n}","name":"n","department":[2],"email":"n{n}@example.com"}}"#);
        post(&format!("user/create?access_token={token}"), &body)
    }),
    ("department/get", |token, n| {
        get(&format!("department/get?access_token={token}&id={}", 2 + n % u64::from(DEPARTMENTS - 1)))
    }),
    ("user/list of a department of 100", |token, n| {
        get(&format!("user/list?access_token={token}&department_id={}", 3 + n % u64::from(DEPARTMENTS - 2)))
    }),
    ("user/list_id, 10,000 rows", |token, _| post(&format!("user/list_id?access_token={token}"), "{}")),
];

/// What an app sends; its token is another one.
const APP_WORK: &[(&str, Make)] = &[
    ("message/send, one receiver", |token, n| {
        let body = format!(
            r#"{{"touser":"u{}","agentid":7,"msgtype":"text","text":{{"content":"message {n}"}},"enable_duplicate_check":1}}"#,
            n % u64::from(MEMBERS)
        );
        post(&format!("message/send?access_token={token}"), &body)
    }),
    ("message/send, a card", |token, n| {
        let body = format!(
            r#"{{"touser":"u{}","agentid":7,"msgtype":"template_card","template_card":{{"card_type":"button_interaction",
            "task_id":"t-{n}","main_title":{{"title":"approve"}},"horizontal_content_list":[{{"keyname":"who","value":"u"}}],
            "button_list":[{{"text":"yes","key":"y:{n}"}},{{"text":"no","key":"n:{n}"}}]}}}}"#,
            n % u64::from(MEMBERS)
        );
        post(&format!("message/send?access_token={token}"), &body)
    }),
    ("message/send, 1,000 receivers", |token, n| {
        let from = n * 1000 % u64::from(MEMBERS);
        let users: Vec<String> = (from..from + 1000).map(|n| format!("u{n}")).collect();
        let body = format!(
            r#"{{"touser":"{}","agentid":7,"msgtype":"text","text":{{"content":"message {n}"}}}}"#,
            users.join("|")
        );
        post(&format!("message/send?access_token={token}"), &body)
    }),
];

fn get(path: &str) -> String {
    format!("GET /cgi-bin/{path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

fn post(path: &str, body: &str) -> String {
    format!("POST /cgi-bin/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn fill(state: &State) {
    state.add_corp(CORP, "contacts-secret");
    state.add_app(CORP, 7, "app-secret", VisibleRange::root());
    state.with_corp(CORP, |corp| {
        // The load is the point here, not the quota.
        let quota = &mut corp.quota;
        (quota.corp_minute, quota.corp_hour, quota.ip_minute, quota.ip_hour, quota.concurrency) = (0, 0, 0, 0, 0);
        corp.limits.nodes = usize::MAX;
        corp.message_limits.day_per_account = 0;
        if let Some(app) = corp.apps.get_mut(&7) {
            // Cards need an address; nobody presses them here.
            let callback =
                Callback { url: "http://127.0.0.1:9/".into(), token: "token".into(), aes_key: "a".repeat(43) };
            app.callback = Some(callback);
        }
        corp.message_switches.tells_subscriptions = false;
    });
    for id in 2..=DEPARTMENTS {
        state.seed_department(CORP, id, if id < 50 { 1 } else { 2 + id % 40 }, &format!("department {id}"), 0);
    }
    for n in 0..MEMBERS {
        let mut member = Member::new(&format!("u{n}"), &format!("Member {n}"), 1 + n % DEPARTMENTS);
        member.mobile = format!("139{n:08}").into();
        member.email = format!("u{n}@example.com").into();
        member.position = "engineer".into();
        state.seed_member(CORP, member);
    }
}

async fn token(sandbox: &Sandbox, secret: &str) -> String {
    let mut line = Line::open(sandbox).await;
    let body = line.ask(&get(&format!("gettoken?corpid={CORP}&corpsecret={secret}"))).await;
    let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
    value["access_token"].as_str().unwrap().to_owned()
}

async fn measure(sandbox: &Sandbox, token: &str, make: Make, connections: u64, seconds: u64) -> f64 {
    let (numbers, answers) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let clock = Stopwatch::start();
    let mut callers = Vec::new();
    for _ in 0..connections {
        let mut line = Line::open(sandbox).await;
        let (numbers, answers, token) = (numbers.clone(), answers.clone(), token.to_owned());
        callers.push(tokio::spawn(async move {
            while clock.elapsed_ms() < seconds * 1000 {
                let body = line.ask(&make(&token, numbers.fetch_add(1, Ordering::Relaxed))).await;
                assert!(body.starts_with(br#"{"errcode":0,"#), "{}", String::from_utf8_lossy(&body));
                answers.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let answered = u32::try_from(answers.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
    f64::from(answered) / clock.elapsed().as_secs_f64()
}

/// One connection that is kept open.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn open(sandbox: &Sandbox) -> Self {
        let stream = TcpStream::connect(sandbox.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(64 * 1024) }
    }

    /// Sends a request; answers the body.
    async fn ask(&mut self, request: &str) -> Vec<u8> {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.buffer.clear();
        loop {
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the connection was closed");
            let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .and_then(|length| length.trim().parse().ok())
                .unwrap();
            while self.buffer.len() < head + 4 + length {
                assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the connection was closed");
            }
            return self.buffer[head + 4..].to_vec();
        }
    }
}

/// Resident memory of this process, 0 where the system does not tell.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
