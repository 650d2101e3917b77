//! Names, reasons, file names and messages that try to be scripts or formulas.

use super::crawl::{Seen, crawl};
use super::house::{ESCAPED, FORMULA_SIGNS, House, PAYLOAD, RAW};
use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use wecom_bridge::web;

/// Routes that no link leads to, and why.
const UNLINKED: [&str; 3] = [
    // only before the first account
    "/setup",
    // for people who have signed in, the overview stands in its place
    "/sign-in",
    // goes on as long as somebody listens
    "/runs/{run}/events",
];

/// Pages on which something hostile must stand, or the test proves nothing.
const HOSTILE: [&str; 35] = [
    "/",
    "/corps",
    "/corps/{corp}",
    "/corps/{corp}/apps/{app}",
    "/corps/{corp}/apps/{app}/pictures",
    "/corps/{corp}/bindings",
    "/corps/{corp}/bindings/employees",
    "/corps/{corp}/bindings/file/{file}",
    "/corps/{corp}/bindings/resolve",
    "/corps/{corp}/callbacks",
    "/corps/{corp}/compare",
    "/corps/{corp}/edit",
    "/corps/{corp}/explain/{employee}",
    "/corps/{corp}/inbox",
    "/corps/{corp}/inbox/{callback}",
    "/corps/{corp}/members",
    "/corps/{corp}/members/{userid}",
    "/corps/{corp}/replies",
    "/corps/{corp}/runs",
    "/corps/{corp}/settings",
    "/corps/{corp}/settings/scope",
    "/corps/{corp}/sync",
    "/decisions",
    "/plans/{plan}",
    "/runs/{run}",
    "/system/accounts",
    "/system/audit",
    "/system/keys",
    "/tenants/{tenant}/directory",
    "/tenants/{tenant}/edit",
    "/tenants/{tenant}/employees/{employee}",
    "/tenants/{tenant}/import/{import}",
    "/tenants/{tenant}/units/{unit}/edit",
    "/webhooks",
    "/webhooks/{webhook}",
];

#[tokio::test]
async fn whatever_is_stored_comes_out_as_text_on_every_page_and_in_every_file() {
    let house = House::furnished().await;
    let mut from = vec!["/", "/decisions", "/account", "/system/errcodes", "/corps/acme-main/explain?q=alert"];
    // a form leads there, so that what is not saved goes along
    from.push("/corps/acme-main/settings/scope");
    from.extend(house.more.iter().map(String::as_str));
    let seen = crawl(&house.admin, &from).await;
    for one in &seen {
        assert!(one.shown.status.as_u16() < 500, "{}: {}", one.url, one.shown.text);
        let kind = one.shown.headers.get("content-type").map(|kind| kind.to_str().unwrap()).unwrap_or_default();
        match kind.split(';').next().unwrap() {
            "text/html" => RAW.iter().for_each(|raw| {
                one.shown.lacks(raw);
            }),
            "text/csv" => csv_is_text(one),
            kind if kind.contains("spreadsheetml") => book_is_text(one),
            _ => {}
        }
    }
    let asked: BTreeSet<&str> = seen.iter().map(|one| one.pattern.as_str()).collect();
    let all: Vec<String> = web::routes().into_iter().filter(|one| one.method == "GET").map(|one| one.path).collect();
    let missed: Vec<&String> =
        all.iter().filter(|path| !asked.contains(path.as_str()) && !UNLINKED.contains(&path.as_str())).collect();
    assert!(missed.is_empty(), "no page links to {missed:?} in a furnished house; link to it, or furnish it");
    let hostile: BTreeSet<&str> =
        seen.iter().filter(|one| one.shown.text.contains(ESCAPED)).map(|one| one.pattern.as_str()).collect();
    let tame: Vec<&str> = HOSTILE.into_iter().filter(|pattern| !hostile.contains(pattern)).collect();
    assert!(tame.is_empty(), "nothing hostile stands on {tame:?}");
    house.stop().await;
}

/// No cell begins like a formula.
fn csv_is_text(one: &Seen) {
    let text = one.shown.text.trim_start_matches('\u{feff}');
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut cells = 0;
    for row in rows.records() {
        for cell in &row.unwrap_or_else(|error| panic!("{}: {error}", one.url)) {
            cells += 1;
            assert!(!cell.starts_with(FORMULA_SIGNS), "{}: {cell:?}", one.url);
        }
    }
    assert!(cells > 0, "{} is empty", one.url);
}

/// Every cell is a text, none a formula.
fn book_is_text(one: &Seen) {
    let mut book = zip::ZipArchive::new(Cursor::new(&one.bytes)).unwrap_or_else(|error| panic!("{}: {error}", one.url));
    for at in 0..book.len() {
        let mut part = book.by_index(at).unwrap();
        let mut xml = String::new();
        part.read_to_string(&mut xml).unwrap();
        for mark in ["<f>", "<f ", "t=\"str\"", "<hyperlink", "<script>"] {
            assert!(!xml.contains(mark), "{}: {mark} in {:?}", one.url, part.name());
        }
    }
}

#[tokio::test]
async fn links_that_run_scripts_are_refused_where_they_are_set() {
    let house = House::furnished().await;
    let bridge = &house.world.bridge;
    let path = "/api/v1/corps/acme-main";
    let mut corp = bridge.get(path).await.expect(200);
    for base in ["api_base", "authorize_base", "login_base", "console_url"] {
        for url in ["javascript:alert(1)", "data:text/html,x", "//evil.example", PAYLOAD] {
            let kept = std::mem::replace(&mut corp["endpoints"][base], url.into());
            let answer = bridge.put(path, &corp).await;
            assert!(matches!(answer.status.as_u16(), 400 | 422), "{base} {url}: {}", answer.text);
            corp["endpoints"][base] = kept;
        }
    }
    house.stop().await;
}
