//! What every list offers: a search and filters in the address, pages, the whole of it as a file.

use super::browser::{Browser, Shown};
use super::lists_by_time::walked;
use super::office::{CORP, Office, TENANT};
use serde_json::json;
use wecom_bridge::model::{EmployeeId, Role, TenantKey};
use wecom_bridge::store;
use wecom_bridge::store::directory::HistoryRow;

/// The rows of a CSV, its captions left out.
pub(super) fn rows(file: &Shown) -> Vec<Vec<String>> {
    let text = file.text.trim_start_matches('\u{feff}').as_bytes();
    let mut reader = csv::Reader::from_reader(text);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

pub(super) async fn is_workbook(browser: &Browser, path: &str) {
    let book = browser.get(path).await.expect(200);
    assert!(book.headers["content-type"].to_str().unwrap().contains("spreadsheetml"), "{path}");
    assert!(book.text.starts_with("PK"), "{path}");
}

#[tokio::test]
async fn accounts_keys_and_codes_are_searched_sorted_and_taken_home() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    for name in ["oa", "hr"] {
        let new = json!({ "name": name, "scopes": ["ops.read"] });
        office.bridge.post("/api/v1/api-keys", &new).await.expect(201);
    }
    let page = admin.get("/system/accounts?role=operator").await.expect(200);
    page.has("operator-").lacks("administrator-").has("/system/accounts.csv?role=operator");
    admin.get("/system/accounts?q=nobody").await.expect(200).has("没有符合条件的记录");
    admin.get("/system/accounts?state=off").await.expect(200).has("没有符合条件的记录");
    let up = rows(&admin.get("/system/accounts.csv?sort=name").await.expect(200));
    let mut down = rows(&admin.get("/system/accounts.csv?sort=name&dir=desc").await.expect(200));
    down.reverse();
    assert_eq!(up, down);
    assert_eq!(up.len(), 2);
    is_workbook(&admin, "/system/accounts.xlsx").await;

    admin.get("/system/keys?q=hr").await.expect(200).has(">hr<").lacks(">oa<");
    admin.get("/system/keys?state=revoked").await.expect(200).has("没有符合条件的记录");
    let keys = rows(&admin.get("/system/keys.csv?q=h&sort=name").await.expect(200));
    assert!(keys.iter().any(|row| row[0] == "hr" && row[2] == "ops.read"), "{keys:?}");
    is_workbook(&admin, "/system/keys.xlsx").await;

    let found = admin.get("/system/errcodes?q=60020").await.expect(200);
    found.has("60020").lacks("45009").has("/system/errcodes.xlsx?q=60020");
    let codes = rows(&admin.get("/system/errcodes.csv").await.expect(200));
    let first = admin.get("/system/errcodes").await.expect(200);
    first.has(&format!("共 {} 条", codes.len())).has("rel=\"next\"");
    let numbers: Vec<i64> = codes.iter().map(|row| row[0].trim_start_matches('\'').parse().unwrap()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    admin.get("/system/errcodes?page=999").await.expect(200).has("rel=\"prev\"");
    office.close().await;
}

#[tokio::test]
async fn open_people_members_and_cases_are_taken_home() {
    let office = Office::open().await;
    office.bind("zhang", "ZhangSan").await;
    let people = rows(&office.get(&format!("{CORP}/bindings/employees.csv?sort=name")).await.expect(200));
    assert!(people.iter().any(|row| row[0] == "li") && people.iter().all(|row| row[0] != "zhang" && row[0] != "old"));
    let members = rows(&office.get(&format!("{CORP}/bindings/members.csv?q=lisi")).await.expect(200));
    assert_eq!(members.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["lisi"]);
    is_workbook(&office.browser, &format!("{CORP}/bindings/employees.xlsx")).await;
    is_workbook(&office.browser, &format!("{CORP}/bindings/members.xlsx")).await;
    let case = |value: &str, employees: [&str; 2]| json!({ "rule": "mobile = mobile", "value": value, "employees": employees, "members": ["lisi", "wang2"] });
    office.put_cases(&[case("13800000001", ["li", "wang"]), case("13900000002", ["wang", "script"])]).await;
    let page = office.get(&format!("{CORP}/bindings/resolve?q=李四")).await.expect(200);
    page.has("13800000001").has("13900000002").has("resolve.csv?q=");
    office.get(&format!("{CORP}/bindings/resolve?q=1390000")).await.expect(200).lacks("13800000001");
    office.get(&format!("{CORP}/bindings/resolve?q=nobody")).await.expect(200).has("没有符合条件的记录");
    let cases = rows(&office.get(&format!("{CORP}/bindings/resolve.csv?q=13900000002")).await.expect(200));
    let ids: Vec<&str> =
        cases.iter().map(|row| if row[2].is_empty() { row[4].as_str() } else { row[2].as_str() }).collect();
    assert_eq!(ids, ["wang", "script", "lisi", "wang2"], "{cases:?}");
    assert!(cases.iter().all(|row| row[1] == "13900000002"));
    is_workbook(&office.browser, &format!("{CORP}/bindings/resolve.xlsx")).await;
    office.close().await;
}

#[tokio::test]
async fn a_long_history_is_looked_through_page_by_page() {
    let office = Office::open().await;
    let history: Vec<HistoryRow> = (0..230)
        .map(|at| {
            let row = json!({ "at_ms": 1_000 * at, "actor": "key:oa", "field": "mobile", "before": format!("{at}"), "after": format!("number {at}") });
            serde_json::from_value(row).unwrap()
        })
        .collect();
    let put = move |tx: &store::WriteTx| {
        store::directory::append_history(tx, &TenantKey::from("acme"), &EmployeeId::from("wang"), &history)
    };
    office.bridge.app.store.write(put).await.unwrap();
    let path = format!("{TENANT}/employees/wang");
    office.get(&path).await.expect(200).has("更早的变更").has("number 229").lacks("number 100<");
    let mut page = office.get(&format!("{path}/history")).await.expect(200);
    let mut seen = Vec::new();
    loop {
        seen.extend(page.text.split("<ins>number ").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()));
        let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else { break };
        let next = super::browser::unescape(next.split('"').next().unwrap());
        page = office.get(&next).await.expect(200);
    }
    let expected: Vec<String> = (0..230).rev().map(|at| at.to_string()).collect();
    assert_eq!(seen, expected, "the newest first, each once");
    let mut oldest = walked(&office.browser, &format!("{path}/history?sort=time"), "<ins>number ").await;
    oldest.reverse();
    assert_eq!(oldest, expected, "the oldest first, each once");
    let turned = office.get(&format!("{path}/history?q=number&sort=time")).await.expect(200);
    turned
        .has("最新的在前")
        .has(&format!("href=\"{path}/history?q=number\""))
        .has("history.csv?q=number&#38;sort=time");
    office.get(&format!("{path}/history?q=number%20177")).await.expect(200).has("number 177").lacks("number 178");
    office.get(&format!("{path}/history?q=nonsense")).await.expect(200).has("没有符合条件的记录");
    let file = rows(&office.get(&format!("{path}/history.csv?q=number")).await.expect(200));
    assert_eq!(file.len(), 230);
    let mut turned = rows(&office.get(&format!("{path}/history.csv?q=number&sort=time")).await.expect(200));
    turned.reverse();
    assert_eq!(turned, file, "the same rows from the other end");
    is_workbook(&office.browser, &format!("{path}/history.xlsx")).await;
    office.get(&format!("{TENANT}/employees/nobody/history")).await.expect(404);
    office.get(&format!("{TENANT}/employees/nobody/history.csv")).await.expect(404);
    office.close().await;
}

/// Lists that are short by their nature are searched and sorted by a click on a column like the long ones, and their files have the
/// same rows in the same order.
#[tokio::test]
async fn short_lists_are_searched_and_sorted() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let bridge = &office.bridge;
    for name in ["b-hook", "a-hook", "c-hook"] {
        let hook = json!({ "url": format!("http://127.0.0.1:9/{name}"), "events": ["*"], "enabled": false });
        bridge.put(&format!("/api/v1/webhooks/{name}"), &hook).await.expect(201);
    }
    for (key, name, agentid) in [("oa", "张三的应用", 1_000_002), ("hr", "阿里的应用", 1_000_003)] {
        let app = json!({ "name": name, "agentid": agentid });
        bridge.put(&format!("/api/v1/corps/acme-main/apps/{key}"), &app).await.expect(201);
    }
    bridge.act("/api/v1/backups").await.expect(201);
    for (path, columns) in [
        ("/corps", &["name", "corpid", "edition", "access", "apps", "members", "read"][..]),
        ("/webhooks", &["name", "url", "events", "waiting", "dead", "state"]),
        ("/system/backup", &["file", "made", "size", "kind"]),
        ("/system/about", &["name", "version", "licence"]),
        (&format!("{CORP}/menus"), &["app", "entries", "state"]),
        ("/account", &["browser", "from", "opened", "seen"]),
    ] {
        let page = admin.get(path).await.expect(200);
        page.has("aria-sort=\"none\"").has(".csv\"").has(".xlsx\"");
        for column in columns {
            page.has(&format!("href=\"{path}?sort={column}\""));
            let sorted = admin.get(&format!("{path}?sort={column}")).await.expect(200);
            sorted.has("aria-sort=\"ascending\"").has(&format!("href=\"{path}?sort={column}&#38;dir=desc\""));
        }
        admin.get(&format!("{path}?q=nobody-has-this")).await.expect(200).has("没有符合条件的记录");
    }
    for (path, column, down) in [
        ("/webhooks", "name", ["c-hook", "b-hook", "a-hook"].as_slice()),
        (&format!("{CORP}/menus"), "app", &["张三的应用", "阿里的应用"]),
    ] {
        let query = format!("sort={column}&dir=desc");
        let file = rows(&admin.get(&format!("{path}.csv?{query}")).await.expect(200));
        assert_eq!(file.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), down, "{path}");
        let page = admin.get(&format!("{path}?{query}")).await.expect(200).text;
        let places: Vec<_> = down.iter().map(|name| page.find(&format!(">{name}</a>")).unwrap()).collect();
        assert!(places.is_sorted(), "{path}: {places:?}");
    }
    admin.get("/webhooks?q=A-HOOK").await.expect(200).has("a-hook").lacks("b-hook").has("webhooks.csv?q=A-HOOK");
    let found = rows(&admin.get("/webhooks.csv?q=A-HOOK").await.expect(200));
    assert_eq!(found.len(), 1, "{found:?}");
    let about = admin.get("/system/about").await.expect(200);
    about.has("rel=\"next\"");
    admin.get("/system/about?q=redb").await.expect(200).has("redb").lacks("actix-web");
    let sessions = rows(&admin.get("/account/sessions.csv").await.expect(200));
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    is_workbook(&admin, "/account/sessions.xlsx").await;
    office.close().await;
}

/// A day that cannot be read, and a stretch that ends before it begins, are told and not passed over.
#[tokio::test]
async fn days_that_fit_nothing_are_told() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    for (path, end) in [
        ("/system/audit", "until"),
        (&format!("{CORP}/inbox"), "until"),
        (&format!("{CORP}/runs"), "to"),
        (&format!("{TENANT}/messages"), "until"),
    ] {
        admin.get(&format!("{path}?from=xx")).await.expect(200).has("日期无法识别").has("name=\"from\" value=\"xx\"");
        admin.get(&format!("{path}?from=2026-11-27")).await.expect(200).lacks("日期无法识别");
        admin.get(&format!("{path}.csv?{end}=xx")).await.expect(400);
        let reversed = admin.get(&format!("{path}?from=2026-11-27&{end}=2026-11-01")).await.expect(200);
        reversed.has("开始日期晚于结束日期");
    }
    office.close().await;
}

/// Files are named alike: what it is, whose it is, the day.
#[tokio::test]
async fn files_are_named_alike() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    for (path, name) in [
        ("/system/audit", "audit"),
        ("/corps", "corps"),
        (&format!("{CORP}/inbox"), "inbox-acme-main"),
        (&format!("{CORP}/runs"), "runs-acme-main"),
        (&format!("{CORP}/bindings"), "bindings-acme-main"),
        (&format!("{CORP}/bindings/file"), "binding-file-acme-main"),
        (&format!("{TENANT}/messages"), "messages-acme"),
        (&format!("{TENANT}/rules"), "rules-acme"),
        (&format!("{TENANT}/directory"), "directory-acme"),
    ] {
        for ending in ["csv", "xlsx"] {
            let file = admin.get(&format!("{path}.{ending}")).await.expect(200);
            let told = file.headers["content-disposition"].to_str().unwrap().to_owned();
            let told = told.strip_prefix("attachment; filename=\"").unwrap().split('"').next().unwrap().to_owned();
            let day =
                told.strip_prefix(&format!("{name}-20")).and_then(|rest| rest.strip_suffix(&format!(".{ending}")));
            let is_day = |day: &str| day.len() == 8 && day.chars().all(|c| c.is_ascii_digit() || c == '-');
            assert!(day.is_some_and(is_day), "{path}.{ending}: {told}");
        }
    }
    office.close().await;
}

/// Every list can be taken home, with the filters of the address; who may not look at it may not take it.
#[tokio::test]
async fn every_list_is_taken_home() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let bridge = &office.bridge;
    bridge.act("/api/v1/backups").await.expect(201);
    let hook = json!({ "url": "http://127.0.0.1:9/hook", "events": ["*"], "enabled": false });
    bridge.put("/api/v1/webhooks/oa", &hook).await.expect(201);
    let app = json!({ "name": "OA", "agentid": 1000002 });
    bridge.put("/api/v1/corps/acme-main/apps/oa", &app).await.expect(201);
    for (path, least, text) in [
        ("/corps", 1, "acme-main"),
        ("/webhooks", 1, "http://127.0.0.1:9/hook"),
        ("/webhooks/oa/posts", 0, ""),
        ("/decisions", 0, ""),
        ("/tenants/acme/rules", 0, ""),
        ("/messages/queues", 0, ""),
        ("/system/backup", 1, "wecom-bridge-"),
        (&format!("{CORP}/inbox"), 0, ""),
        (&format!("{CORP}/replies"), 0, ""),
        (&format!("{CORP}/apps/oa/pictures"), 0, ""),
        (&format!("{CORP}/compare"), 4, "研发部"),
    ] {
        let file = admin.get(&format!("{path}.csv")).await.expect(200);
        assert!(file.text.contains(text), "{path}: {}", file.text);
        let rows = rows(&file);
        assert!(rows.len() >= least, "{path}: {rows:?}");
        is_workbook(&admin, &format!("{path}.xlsx")).await;
    }
    let operator = &office.browser;
    operator.get("/system/backup.csv").await.expect(403);
    for page in ["/corps", "/webhooks", "/system/backup"] {
        admin.get(page).await.expect(200).has(&format!("{page}.csv"));
    }
    office.close().await;
}

/// What differs between both sides is found by name and id, and taken home.
#[tokio::test]
async fn the_comparison_is_searched() {
    let office = Office::open().await;
    let path = format!("{CORP}/compare");
    office.get(&format!("{path}?q=研发")).await.expect(200).has("研发部").lacks("销售部").has("共 1 条");
    office.get(&format!("{path}?q=技术")).await.expect(200).has("技术部").lacks("研发部");
    office.get(&format!("{path}?q=nothing")).await.expect(200).lacks("研发部").lacks("技术部");
    let found = rows(&office.get(&format!("{path}.csv?q=研发")).await.expect(200));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0][1].as_str(), found[0][2].as_str()), ("2", "研发部"));
    let here = rows(&office.get(&format!("{path}.csv?state=only_here")).await.expect(200));
    assert!(here.iter().all(|row| row[4].is_empty()), "{here:?}");
    office.close().await;
}

/// Units are found by name, all of them can be reached, and a long list does not make the page long.
#[tokio::test]
async fn the_scope_is_picked_among_many_units_and_people() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let shops: Vec<_> = (0..250)
        .map(|at| json!({ "id": format!("s{at:03}"), "parent_id": "1", "name": format!("门店{at:03}") }))
        .collect();
    office.bridge.post("/api/v1/tenants/acme/units", &json!({ "units": shops })).await.expect(200);
    let path = format!("{CORP}/settings/scope");
    let mut page = admin.get(&format!("{path}?at=1")).await.expect(200);
    page.has("共 252 条");
    let mut seen = 0;
    loop {
        seen += page.text.matches("value=\"+unit ").count();
        let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else { break };
        page = admin.get(&super::browser::unescape(next.split('"').next().unwrap())).await.expect(200);
    }
    assert_eq!(seen, 252, "every unit is offered on one of the pages");
    let found = admin.get(&format!("{path}?uq=门店249")).await.expect(200);
    found.has("总部 / 门店249").lacks("门店248");

    let corp = office.bridge.get("/api/v1/corps/acme-main").await.expect(200);
    let mut wanted = corp.clone();
    let excluded: Vec<String> = (0..1_200).map(|at| format!("gone{at:04}")).collect();
    wanted["downstream"]["scope"]["exclude"] = json!(excluded);
    office.bridge.put("/api/v1/corps/acme-main", &wanted).await.expect(200);
    let page = admin.get(&path).await.expect(200);
    assert!(page.text.len() < 150_000, "{} bytes", page.text.len());
    page.has("共 1200 条").has("gone0000").lacks("gone0050");
    let last = admin.get(&format!("{path}?excluded=24")).await.expect(200);
    last.has("gone1199").lacks("gone0000");
    office.close().await;
}

/// A key that was just made is shown with something that it may read.
#[tokio::test]
async fn a_new_key_is_tried_with_what_it_may_read() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    for (scope, path) in
        [("messages.read", Some("/api/v1/message-queues")), ("ops.read", Some("/api/v1/status")), ("sync.run", None)]
    {
        let page = admin.get("/system/keys/new").await.expect(200);
        let made = admin.submit(&page, "/system/keys/new", &[("name", scope), ("scopes", scope)]).await.expect(200);
        match path {
            Some(path) => {
                let key = made.text.split("Bearer ").nth(1).unwrap().split(['&', '"', '<']).next().unwrap();
                assert!(made.text.contains(path), "{scope}");
                let asked = office.bridge.bare(reqwest::Method::GET, path).bearer_auth(key).send().await.unwrap();
                assert_eq!(asked.status().as_u16(), 200, "{scope}");
            }
            None => drop(made.lacks("curl")),
        }
    }
    office.close().await;
}

/// Whoever asks for two people is told when there are too few.
#[tokio::test]
async fn too_few_people_for_a_decision_of_two_are_told() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let page = admin.get("/system/settings").await.expect(200);
    let saved = admin.submit(&page, "/system/settings", &[("two_person_removals", "1")]).await;
    admin.follow(&saved).await.expect(200).has("目前可登录的系统管理员只有 1 名");
    office.close().await;
}
