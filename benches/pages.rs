//! What every page costs at a large organisation: the server answers over real HTTP, every link of every page is
//! followed, every filter, sort, branch and further page is tried.
//!
//! `cargo bench --profile nolto --bench pages [-- EMPLOYEES [AUDIT_ROWS]]`. Target: 20 ms at the 95th percentile, 300 kB.
//! Times are those of the whole request on a connection that stands, as its client sees them; the first request of a
//! page, which may have to make a snapshot, is told apart.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench says what broke by stopping")]

mod filled;
#[path = "filled/talk.rs"]
mod talk;

use filled::{PLAN, fill};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Cursor, Write};
use std::sync::Arc;
use wecom_bridge::admin::accounts::{self, NewAccount};
use wecom_bridge::admin::keys::{self, NewKey};
use wecom_bridge::app::App;
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::config::Config;
use wecom_bridge::directory::export::{Captions, to_zip};
use wecom_bridge::model::{
    Actor, ApiScope, CorpKey, EmployeeId, JournalEntry, Notice, PlanHead, PlanState, ResolveCase, Role, Run, Secret,
    TenantKey, UserId,
};
use wecom_bridge::sandbox::{Sandbox, SandboxOptions};
use wecom_bridge::store::directory::HistoryRow;
use wecom_bridge::store::{self, CHUNK_ROWS};
use wecom_bridge::{front, web};

/// Addresses that are looked at of one page.
const EACH: usize = 40;
/// How often each is asked.
const ROUNDS: usize = 6;
const TARGET_MS: f64 = 20.0;
const SLOW_MS: f64 = 150.0;
const TARGET_BYTES: usize = 300_000;
const PASSWORD: &str = "Correct horse 电池 9";
const RUN: &str = "01900000-0000-7000-8000-0000000000aa";
/// What a search box is tried with.
const WORDS: [&str; 3] = ["张", "1", "nobody here"];
/// What is not asked, and why.
const LEFT_OUT: [(&str, &str); 4] = [
    ("/runs/{run}/events", "a stream that ends with its run"),
    ("/static/{name}", "a file of the program, which browsers keep"),
    ("/setup", "there until the first account is made, behind a link that is printed once"),
    ("/system/backup/{name}", "a file with everything that is stored"),
];

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse().ok());
    let people: usize = numbers.next().unwrap_or(100_000);
    let audit: usize = numbers.next().unwrap_or(people);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(measure(people, audit));
}

async fn measure(people: usize, audit: usize) {
    let home = tempfile::tempdir().unwrap();
    let config = format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}", home.path().to_str().unwrap());
    let app = App::open(Config::from_toml(&config).unwrap(), Clock::system()).unwrap();
    let units = fill(&app.store, people, app.clock.now_ms()).await;
    let known = furnish(&app, people, audit).await;
    // for the one page that asks WeCom while it is made
    let sandbox = Sandbox::start(SandboxOptions { workers: 1, ..SandboxOptions::default() }).unwrap();
    let talk = talk::fill(&app.store, people, app.clock.now_ms(), &sandbox).await;
    let running = front::serve(app.clone(), None).unwrap();
    println!(
        "{people} employees and members, {units} units and departments, a plan and a run of {people} changes, \
         {audit} rows of audit, {} messages, {} callbacks",
        talk.messages, talk.callbacks
    );
    let mut client = Client::sign_in(&app, format!("http://{}", running.address())).await;
    client.upload(&app).await;
    client.upload_links(&app).await;
    client.more.push(format!("/tenants/acme/employees/{known}/history"));
    client.more.push("/corps/acme-main/apps/oa/pictures/picture-0".into());
    // a button leads there, and what is empty offers no file
    let unlinked = [
        "/corps/acme-main/settings/scope",
        "/system/backup.csv",
        "/system/backup.xlsx",
        "/decisions.csv",
        "/decisions.xlsx",
    ];
    client.more.extend(unlinked.map(String::from));
    let pages = client.crawl().await;
    report(&pages);
    running.stop().await;
}

/// Addresses of one page and what they cost.
#[derive(Default)]
struct Page {
    first_ms: f64,
    times_ms: Vec<f64>,
    slowest: (f64, String),
    bytes: usize,
    packed: usize,
    largest: String,
    addresses: usize,
    /// Counts towards [`EACH`]: slow pages and files more than one.
    weight: usize,
    is_file: bool,
}

fn report(pages: &BTreeMap<String, Page>) {
    let head = |what: &str| {
        println!("\n| {what} | addresses | first ms | p50 ms | p95 ms | most ms | kB | kB gzip |");
        println!("|---|---|---|---|---|---|---|---|");
    };
    let mut over = Vec::new();
    for is_file in [false, true] {
        head(if is_file { "File" } else { "Page" });
        for (pattern, page) in pages.iter().filter(|(_, page)| page.is_file == is_file) {
            let mut times = page.times_ms.clone();
            times.sort_by(f64::total_cmp);
            let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
            let (middle, late) = (at(50), at(95));
            println!(
                "| `{pattern}` | {} | {:.1} | {middle:.1} | {late:.1} | {:.1} | {:.0} | {:.0} |",
                page.addresses,
                page.first_ms,
                page.slowest.0,
                page.bytes as f64 / 1e3,
                page.packed as f64 / 1e3
            );
            if !is_file && (late > TARGET_MS || page.bytes > TARGET_BYTES) {
                over.push(format!(
                    "{pattern}: {late:.1} ms, slowest {} ({:.1} ms); {} bytes at {}",
                    page.slowest.1, page.slowest.0, page.bytes, page.largest
                ));
            }
        }
    }
    let asked: BTreeSet<&str> = pages.keys().map(String::as_str).collect();
    let known = web::routes().into_iter().filter(|route| route.method == "GET").map(|route| route.path);
    let known: Vec<String> = known.collect();
    let missed: Vec<&String> =
        known.iter().filter(|path| !asked.contains(path.as_str()) && why_left_out(path).is_none()).collect();
    println!("\nasked: {} of {}\nleft out on purpose:", asked.len(), known.len());
    LEFT_OUT.iter().for_each(|(path, why)| println!("  {path}: {why}"));
    println!("not asked though it should be: {missed:?}\nover the target: {}", over.len());
    over.iter().for_each(|line| println!("  {line}"));
}

fn why_left_out(path: &str) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(known, _)| *known == path).map(|(_, why)| *why)
}

struct Client {
    base: String,
    http: reqwest::Client,
    cookie: String,
    more: Vec<String>,
}

impl Client {
    async fn sign_in(app: &Arc<App>, base: String) -> Self {
        let new = NewAccount {
            name: "boss".into(),
            display_name: "王管理".into(),
            role: Role::Administrator,
            password: Secret::new(PASSWORD.to_owned()),
            must_change_password: false,
            language: None,
        };
        accounts::create(&app.admin, &Actor::cli("bench"), new).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut client = Self { base, http, cookie: String::new(), more: Vec::new() };
        let page = client.http.get(format!("{}/sign-in", client.base)).send().await.unwrap();
        client.keep_cookies(&page);
        let token = token_of(&page.text().await.unwrap());
        let fields = [("_csrf", token.as_str()), ("name", "boss"), ("password", PASSWORD)];
        let request =
            client.http.post(format!("{}/sign-in", client.base)).header("cookie", &client.cookie).form(&fields);
        let entered = request.send().await.unwrap();
        assert_eq!(entered.status(), 303);
        client.keep_cookies(&entered);
        client
    }

    fn keep_cookies(&mut self, answer: &reqwest::Response) {
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = format!("{}; {pair}", self.cookie);
        }
    }

    /// The time of the whole request, and the page.
    async fn ask(&self, url: &str) -> (f64, u16, Vec<u8>, Option<String>, bool) {
        let request = self.http.get(format!("{}{url}", self.base)).header("cookie", &self.cookie);
        let request = request.header("accept", "text/html").header("accept-language", "zh-CN");
        let watch = Stopwatch::start();
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let is_page =
            answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let bytes = answer.bytes().await.unwrap().to_vec();
        (watch.elapsed().as_secs_f64() * 1e3, status, bytes, to, is_page)
    }

    /// A directory file between preview and confirmation: everybody leaves but some.
    async fn upload(&mut self, app: &Arc<App>) {
        let tenant = TenantKey::from("acme");
        let read =
            app.store.read(|tx| Ok((store::directory::units(tx, &tenant)?, store::directory::employees(tx, &tenant)?)));
        let (units, mut people) = read.unwrap();
        people.iter_mut().step_by(2).for_each(|one| one.position = "新职务".into());
        people.iter_mut().step_by(50).for_each(|one| one.unit_id = "nowhere".into());
        let file = to_zip(&units, &people, Captions::Chinese).unwrap();
        self.send("/tenants/acme/import", ("mode", "merge"), "people.zip", file).await;
    }

    /// A file of links between preview and confirmation: half of them are for nobody.
    async fn upload_links(&mut self, app: &Arc<App>) {
        let tenant = TenantKey::from("acme");
        let people = app.store.read(|tx| store::directory::employees(tx, &tenant)).unwrap();
        let rows = people.iter().enumerate().map(|(at, one)| {
            let member = if at % 2 == 0 { one.employee_no.to_string() } else { format!("nobody{at}") };
            format!("{},{member}\n", one.id)
        });
        let file = format!("id,link\n{}", rows.collect::<String>());
        self.send("/corps/acme-main/bindings/file", ("member_field", "userid"), "links.csv", file.into()).await;
    }

    /// Uploads a file; the page that it leads to is asked with the others.
    async fn send(&mut self, to: &str, field: (&'static str, &'static str), name: &'static str, file: Vec<u8>) {
        let (_, _, page, _, _) = self.ask(to).await;
        let form = reqwest::multipart::Form::new()
            .text("_csrf", token_of(&String::from_utf8_lossy(&page)))
            .text(field.0, field.1);
        let form = form.part("file", reqwest::multipart::Part::bytes(file).file_name(name));
        let request = self.http.post(format!("{}{to}", self.base)).header("cookie", &self.cookie);
        let answer = request.multipart(form).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{to}");
        self.more.push(answer.headers()["location"].to_str().unwrap().to_owned());
    }

    /// Asks every page that can be reached.
    async fn crawl(&self) -> BTreeMap<String, Page> {
        let start = [
            "/",
            "/sign-in",
            "/decisions",
            "/account",
            "/account/password",
            "/account/second-factor",
            "/system/errcodes",
        ];
        let mut waiting: VecDeque<String> =
            start.iter().map(|url| (*url).to_owned()).chain(self.more.clone()).collect();
        let runs = [format!("/runs/{RUN}"), format!("/plans/{PLAN}")];
        waiting.extend(runs);
        let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
        let mut pages: BTreeMap<String, Page> = BTreeMap::new();
        while let Some(url) = waiting.pop_front() {
            let Some(pattern) = pattern_of(url.split('?').next().unwrap()) else { continue };
            if why_left_out(&pattern).is_some() || pages.get(&pattern).is_some_and(|page| page.weight >= EACH) {
                continue;
            }
            let (first_ms, status, bytes, to, is_page) = self.ask(&url).await;
            assert!(status < 500, "{url}: {}", String::from_utf8_lossy(&bytes));
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let found = if is_page { links(&text) } else { Vec::new() };
            for link in found.into_iter().chain(to) {
                if known.insert(link.clone()) {
                    waiting.push_back(link);
                }
            }
            let page = pages.entry(pattern).or_insert_with(|| Page {
                first_ms,
                is_file: !is_page && status == 200,
                ..Page::default()
            });
            page.addresses += 1;
            page.weight += 1;
            // a file is written once; it has no target
            let rounds = if page.is_file { 1 } else { ROUNDS };
            for _ in 0..rounds {
                let (ms, _, again, _, _) = self.ask(&url).await;
                page.times_ms.push(ms);
                if ms > page.slowest.0 {
                    page.slowest = (ms, url.clone());
                }
                if again.len() > page.bytes {
                    (page.bytes, page.largest, page.packed) = (again.len(), url.clone(), packed(&again));
                }
            }
            if page.is_file {
                page.weight = EACH;
            } else if page.times_ms.last().is_some_and(|ms| *ms > SLOW_MS) {
                // what is far over the target need not be asked so often to be known
                page.weight += EACH / 4;
            }
        }
        pages
    }
}

fn token_of(page: &str) -> String {
    page.split_once("name=\"_csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

fn unescape(html: &str) -> String {
    let plain = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">")];
    plain
        .iter()
        .fold(html.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

/// Where a page leads, with every choice of its filters and a few searches.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for mark in [" href=\"", " data-load=\""] {
        for rest in page.split(mark).skip(1) {
            found.push(unescape(rest.split('"').next().unwrap()));
        }
    }
    for form in page.split("<form method=\"get\" action=\"").skip(1) {
        let form = form.split("</form>").next().unwrap();
        let action = unescape(form.split('"').next().unwrap());
        let mark = if action.contains('?') { '&' } else { '?' };
        for select in form.split("<select name=\"").skip(1) {
            let name = select.split('"').next().unwrap();
            let options = select.split("</select>").next().unwrap().split("<option value=\"").skip(1);
            found.extend(
                options
                    .take(6)
                    .map(|rest| format!("{action}{mark}{name}={}", unescape(rest.split('"').next().unwrap()))),
            );
        }
        for input in form.split("type=\"search\" name=\"").skip(1) {
            let name = input.split('"').next().unwrap();
            found.extend(WORDS.map(|word| format!("{action}{mark}{name}={word}")));
        }
    }
    found.retain(|url| {
        url.starts_with('/') && !url.starts_with("//") && !url.contains("lang=") && !url.contains("theme=")
    });
    found.iter().map(|url| url.split('#').next().unwrap().replace(' ', "%20")).collect()
}

/// The route of a path; one with fewer holes goes before one with more.
fn pattern_of(path: &str) -> Option<String> {
    let fits = |pattern: &String| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len()
            && pattern.iter().zip(&path).all(|(hole, part)| match hole.split_once('}') {
                Some((_, rest)) => part.len() > rest.len() && part.ends_with(rest),
                None => hole == part,
            })
    };
    let routes = web::routes().into_iter().filter(|route| route.method == "GET").map(|route| route.path);
    routes.filter(fits).min_by_key(|pattern| (pattern.matches('{').count(), std::cmp::Reverse(pattern.len())))
}

/// The size that the bytes have when they are packed as `gzip` packs them.
fn packed(bytes: &[u8]) -> usize {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("a", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(bytes).unwrap();
    archive.finish().unwrap().into_inner().len()
}

/// What `fill` leaves out: links that are missing, cases, notices, a run with its journal, history, audit, accounts.
/// Answers who has a long history.
async fn furnish(app: &Arc<App>, people: usize, audit: usize) -> EmployeeId {
    let (tenant, corp) = (TenantKey::from("acme"), CorpKey::from("acme-main"));
    let now_ms = app.clock.now_ms();
    let key = tenant.clone();
    let all = app.store.read(move |tx| store::directory::employees(tx, &key)).unwrap();
    let (key, known) = (corp.clone(), all[7].id.clone());
    let one = known.clone();
    // one in five has no link
    let open: Vec<EmployeeId> = all.iter().step_by(5).map(|one| one.id.clone()).collect();
    let put = move |tx: &store::WriteTx, _: usize, rows: &[EmployeeId]| {
        rows.iter().try_for_each(|id| store::bindings::remove_member(tx, &key, id).map(drop))
    };
    app.store.write_chunks(open, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let cases: Vec<ResolveCase> = (0..1_000.min(people / 10))
        .map(|at| {
            let two = [&all[at * 5], &all[at * 5 + 5]];
            let case = json!({ "rule": "name = name", "value": two[0].name, "employees": two.map(|one| one.id.clone()),
                "members": two.map(|one| UserId(one.employee_no.clone())) });
            serde_json::from_value(case).unwrap()
        })
        .collect();
    let key = corp.clone();
    app.store.write(move |tx| store::resolve::put_all(tx, &key, &cases)).await.unwrap();

    let mut plan: PlanHead = app.store.read(|tx| store::plans::head(tx, &PLAN.into())).unwrap().unwrap();
    (plan.created_at_ms, plan.expires_at_ms) = (now_ms, now_ms + 86_400_000);
    plan.counts.members.update = people as u64;
    plan.state = PlanState::Taken;
    plan.notices = (0..2_000)
        .map(|at| Notice {
            code: "match.ambiguous".into(),
            subject: format!("employee {at}"),
            text: "two members have the mobile 13800000000; nobody was bound".into(),
        })
        .collect();
    let run = json!({ "id": RUN, "corp": corp, "kind": "downstream", "plan": PLAN, "state": "partly", "by": "account:boss",
        "started_at_ms": now_ms - 600_000, "ended_at_ms": now_ms, "done": people, "total": people,
        "counts": { "departments": {}, "members": { "update": people } },
        "calls": { "reads": 11, "writes": people, "by_endpoint": { "user/update": people } },
        "failed": (0..1_000.min(people)).map(|seq| json!({ "seq": seq, "subject": format!("member {seq}"), "step": "user/update",
            "errcode": 60104, "message": "mobile existed" })).collect::<Vec<_>>() });
    let run: Run = serde_json::from_value(run).unwrap();
    app.store
        .write(move |tx| store::plans::put_head(tx, &plan).and_then(|()| store::runs::put(tx, &run)))
        .await
        .unwrap();
    let entries: Vec<JournalEntry> = (0..people as u32)
        .map(|seq| {
            let outcome = if seq < 1_000 {
                json!({ "state": "failed", "errcode": 60104, "message": "mobile existed" })
            } else {
                json!({ "state": "done" })
            };
            serde_json::from_value(json!({ "seq": seq, "outcome": outcome, "at_ms": now_ms, "attempts": 1 })).unwrap()
        })
        .collect();
    let put = |tx: &store::WriteTx, _: usize, rows: &[JournalEntry]| store::runs::put_entries(tx, &RUN.into(), rows);
    app.store.write_chunks(entries, CHUNK_ROWS, put, |_| ()).await.unwrap();

    let history: Vec<HistoryRow> = (0..5_000)
        .map(|at| {
            let row = json!({ "at_ms": now_ms - 1_000 * at, "actor": "key:oa", "field": "position", "before": "旧职务", "after": "新职务" });
            serde_json::from_value(row).unwrap()
        })
        .collect();
    let put = move |tx: &store::WriteTx, _: usize, rows: &[HistoryRow]| {
        store::directory::append_history(tx, &tenant, &one, rows)
    };
    app.store.write_chunks(history, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let put = |tx: &store::WriteTx, _: usize, rows: &[usize]| {
        rows.iter().try_for_each(|at| {
            let actor = Actor { name: format!("account:user{}", at % 50), from: Some("10.0.0.1".into()) };
            let (before, after) =
                (json!({ "position": "旧职务", "mobile": at }), json!({ "position": "新职务", "mobile": at + 1 }));
            let action = ["employee.update", "binding.create", "session.open", "plan.allow"][at % 4];
            store::audit::append(tx, &actor, action, &format!("acme/{at}"), Some(before), Some(after)).map(drop)
        })
    };
    app.store.write_chunks((0..audit).collect(), CHUNK_ROWS, put, |_| ()).await.unwrap();
    for at in 0..60 {
        let new = NewKey {
            name: format!("系统 {at}"),
            scopes: ApiScope::ALL.to_vec(),
            networks: vec!["10.0.0.0/8".into()],
            expires_at_ms: None,
        };
        keys::create(&app.store, &app.clock, &Actor::cli("bench"), new).await.unwrap();
    }
    known
}
