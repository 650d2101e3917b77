//! Uploads that unpack to more than the memory, or never end: refused, early, with little memory. The server is a
//! process of its own, so that its peak can be measured.

use super::super::browser::{Browser, PASSWORD};
use crate::cli::{Bench, Serving};
use futures_util::stream;
use reqwest::{Body, Method, RequestBuilder};
use std::io::{Cursor, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const MIB: u64 = 1 << 20;
/// The largest body that the server takes in these tests.
const BODY_MIB: u64 = 16;
/// How much its memory may grow: a body of the largest size in a buffer that doubled, and as much again to look at it.
const GROWTH_MAX: u64 = 96 * MIB;
const IMPORT: &str = "/tenants/acme/import";

/// A server that somebody has signed in to.
struct Target {
    bench: Bench,
    serving: Serving,
    browser: Browser,
    token: String,
}

impl Target {
    async fn open() -> Self {
        let bench = Bench::ready();
        let password = bench.write("password", PASSWORD);
        let create = ["admin", "create", "boss", "--role", "administrator", "--password-file"];
        bench.run(&[&create[..], &[password.to_str().unwrap()]].concat()).expect(0);
        let mut command = bench.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("WECOM_BRIDGE_LIMITS__BODY_MAX_MIB", BODY_MIB.to_string());
        let serving = Serving::start(command, "listens on ");
        let browser = Browser::at(&format!("http://{}", serving.ready));
        browser.get("/sign-in").await.expect(200);
        browser.post("/sign-in", &[("name", "boss"), ("password", PASSWORD)]).await.expect(303);
        let page = browser.get(IMPORT).await.expect(200);
        let token = page.form("/import").fields.into_iter().find(|field| field.0 == "_csrf").unwrap().1;
        // what every upload needs is there before anything is measured
        browser.upload(IMPORT, &[("mode", "merge")], "x.csv", b"nothing".to_vec()).await.expect(422);
        Self { bench, serving, browser, token }
    }

    fn memory(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.serving.id())).unwrap();
        let line = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Does something and asserts by how much the server's memory grew at most meanwhile.
    async fn measured<T>(&self, what: &str, doing: impl Future<Output = T>) -> T {
        // the peak begins anew
        std::fs::write(format!("/proc/{}/clear_refs", self.serving.id()), "5").unwrap();
        let before = self.memory("VmRSS:");
        let done = doing.await;
        let growth = self.memory("VmHWM:").saturating_sub(before);
        assert!(growth <= GROWTH_MAX, "{what}: the memory grew by {} MiB", growth / MIB);
        done
    }

    /// Uploads a file that must be refused.
    async fn refuses(&self, name: &str, content: Vec<u8>) {
        let fields = [("mode", "merge"), ("x", "y")];
        let what = format!("{name}, {} bytes: {}…", content.len(), String::from_utf8_lossy(&content[..12]));
        let shown = self.measured(&what, self.browser.upload(IMPORT, &fields, name, content)).await;
        assert!(matches!(shown.status.as_u16(), 413 | 422), "{what}: {} {}", shown.status, shown.text);
    }

    /// Sends a body piece by piece until the server has enough; tells how many bytes it took.
    async fn floods(
        &self,
        what: &str,
        request: RequestBuilder,
        piece: impl Fn(u64) -> Option<Vec<u8>> + Send + 'static,
    ) {
        let taken = Arc::new(AtomicU64::new(0));
        let counter = taken.clone();
        let pieces = stream::unfold(0, move |at| {
            let next = piece(at);
            let counter = counter.clone();
            async move {
                let next = next?;
                counter.fetch_add(next.len() as u64, Ordering::Relaxed);
                Some((Ok::<_, std::io::Error>(next), at + 1))
            }
        });
        let sent = self.measured(what, request.body(Body::wrap_stream(pieces)).send()).await;
        // a server that has refused closes the door, which may be seen before its answer is
        if let Ok(answer) = sent {
            assert!(matches!(answer.status().as_u16(), 400 | 403 | 413), "{what}: {}", answer.status());
        }
        let taken = taken.load(Ordering::Relaxed);
        // how much flows until the sender learns of the refusal is the machine's affair; nobody looks at it
        assert!(taken < 256 * MIB, "{what}: {} MiB were taken", taken / MIB);
        self.browser.get("/").await.expect(200);
    }

    fn multipart(&self, path: &str) -> RequestBuilder {
        self.browser.request(Method::POST, path).header("content-type", "multipart/form-data; boundary=x")
    }

    fn first_part(&self) -> Vec<u8> {
        format!("--x\r\ncontent-disposition: form-data; name=\"_csrf\"\r\n\r\n{}\r\n", self.token).into_bytes()
    }

    fn stop(self) {
        assert_eq!(self.serving.stop().0, 0);
        drop(self.bench);
    }
}

fn file_part(name: &str) -> Vec<u8> {
    format!("--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_without_end_are_refused_early_with_little_memory() {
    let target = Target::open().await;
    let gigabyte = |first: Vec<u8>| {
        move |at: u64| match at {
            0 => Some(first.clone()),
            1..=1024 => Some(vec![b'a'; MIB as usize]),
            _ => None,
        }
    };
    let file = [target.first_part(), file_part("x.csv")].concat();
    target.floods("a gigabyte as a file", target.multipart(IMPORT), gigabyte(file)).await;
    target.floods("a gigabyte before the token", target.multipart(IMPORT), gigabyte(file_part("x.csv"))).await;
    let field = [target.first_part(), b"--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n".to_vec()].concat();
    target.floods("a gigabyte as a field", target.multipart(IMPORT), gigabyte(field)).await;
    let form = "application/x-www-form-urlencoded";
    for path in ["/sign-in", "/corps/new"] {
        let request = target.browser.request(Method::POST, path).header("content-type", form);
        target.floods("a gigabyte as a form", request, gigabyte(b"a=".to_vec())).await;
    }
    let first = target.first_part();
    let part = b"--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nb\r\n".repeat(10_000);
    let parts = move |at: u64| match at {
        0 => Some(first.clone()),
        1..=100 => Some(part.clone()),
        _ => None,
    };
    target.floods("a million parts", target.multipart(IMPORT), parts).await;
    let first = [target.first_part(), file_part("x.csv"), b"a\r\n".to_vec()].concat();
    let files = [file_part("y.csv"), vec![b'a'; 60_000], b"\r\n".to_vec()].concat();
    let parts = move |at: u64| if at == 0 { Some(first.clone()) } else { (at < 20_000).then(|| files.clone()) };
    target.floods("one file after the other", target.multipart(IMPORT), parts).await;
    let headers = move |at: u64| match at {
        0 => Some(b"--x\r\ncontent-disposition: form-data; name=\"".to_vec()),
        1..=1024 => Some(vec![b'a'; MIB as usize]),
        _ => None,
    };
    target.floods("the name of a field without end", target.multipart(IMPORT), headers).await;
    target.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_announced_as_too_large_is_not_waited_for() {
    let target = Target::open().await;
    for (path, kind) in [
        (IMPORT, "multipart/form-data; boundary=x"),
        ("/sign-in", "application/x-www-form-urlencoded"),
        ("/corps/new", "application/x-www-form-urlencoded"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(&target.serving.ready).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\ncontent-type: {kind}\r\ncontent-length: 1073741824\r\n\r\n",
            target.serving.ready,
            target.browser.cookie()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        target.measured(path, stream.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413", "{path}");
    }
    target.stop();
}

fn zip(files: &[(&str, &[u8], usize)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, times) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        for _ in 0..*times {
            archive.write_all(bytes).unwrap();
        }
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook with one sheet, whose parts are these.
fn book(strings: (&[u8], usize), sheet: (&[u8], usize)) -> Vec<u8> {
    let types = br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
    let rels = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let workbook = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="employees" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    zip(&[
        ("[Content_Types].xml", types, 1),
        ("xl/workbook.xml", workbook, 1),
        ("xl/_rels/workbook.xml.rels", rels, 1),
        ("xl/sharedStrings.xml", strings.0, strings.1),
        ("xl/worksheets/sheet1.xml", sheet.0, sheet.1),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_unpack_to_more_than_they_should_are_refused_with_little_memory() {
    let target = Target::open().await;
    let zeros = vec![b'0'; MIB as usize];
    let rows = b"id,name,unit_id\n".repeat(1 << 16);
    target.refuses("zeros.zip", zip(&[("units.csv", &zeros, 100)])).await;
    target.refuses("rows.zip", zip(&[("units.csv", &rows, 40), ("employees.csv", &rows, 40)])).await;
    target.refuses("beside.zip", zip(&[("units.csv", b"id,name\n1,a\n", 1), ("other.bin", &zeros, 100)])).await;
    let names: Vec<String> = (0..20_000).map(|at| format!("{at}.csv")).collect();
    let many: Vec<(&str, &[u8], usize)> = names.iter().map(|name| (name.as_str(), &b""[..], 1)).collect();
    target.refuses("many.zip", zip(&many)).await;
    let inner = zip(&[("units.csv", &zeros, 100)]);
    target.refuses("inside.zip", zip(&[("inside.zip", &inner, 1)])).await;

    let sheet: (&[u8], usize) = (b"<worksheet><sheetData/></worksheet>", 1);
    let deep = b"<a>".repeat(1 << 18);
    target.refuses("deep-strings.xlsx", book((&deep, 40), sheet)).await;
    target.refuses("deep-sheet.xlsx", book((b"<sst/>", 1), (&deep, 40))).await;
    let strings = b"<si><t>a</t></si>".repeat(1 << 16);
    target.refuses("strings.xlsx", book((&strings, 60), sheet)).await;
    target.refuses("one-text.xlsx", book((b"<sst/>", 1), (&zeros, 60))).await;
    let attribute = [b"<worksheet a=\"".to_vec(), zeros.repeat(8)].concat();
    target.refuses("one-attribute.xlsx", book((b"<sst/>", 1), (&attribute, 10))).await;
    let row = br#"<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>"#.repeat(1 << 14);
    target.refuses("rows.xlsx", book((b"<sst/>", 1), (&row, 90))).await;
    let laughs = br#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&d;</t></is></c></row></sheetData></worksheet>"#;
    target.refuses("laughs.xlsx", book((b"<sst/>", 1), (laughs, 1))).await;
    let outside = br#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>"#;
    target.refuses("outside.xlsx", book((b"<sst/>", 1), (outside, 1))).await;

    let most = (BODY_MIB * MIB) as usize - 4_096;
    let line = [b"id,name,unit_id\n\"".to_vec(), vec![b'a'; most - 64]].concat();
    target.refuses("employees.csv", line).await;
    target.refuses("employees.csv", b"id,".repeat(most / 3)).await;
    target.refuses("x.ldif", [b"dn: ".to_vec(), vec![b'a'; most - 64]].concat()).await;
    target.refuses("x.xlsx", vec![0; most]).await;
    target.stop();
}
