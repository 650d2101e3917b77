//! Lists by time begin at either end, on every page and in every file.

use super::browser::Browser;
use super::lists::rows;
use super::office::{CORP, Office, TENANT};
use serde_json::json;
use wecom_bridge::model::{Actor, InboxItem, Message, Role};
use wecom_bridge::store;

/// What stands behind each of these marks, page after page.
pub(super) async fn walked(admin: &Browser, path: &str, mark: &str) -> Vec<String> {
    let mut page = admin.get(path).await.expect(200);
    let mut seen = Vec::new();
    for _ in 0..10 {
        let marked = page.text.split(mark).skip(1);
        seen.extend(marked.map(|rest| rest.split(['"', '<']).next().unwrap().to_owned()));
        let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else { return seen };
        page = admin.get(&super::browser::unescape(next.split('"').next().unwrap())).await.expect(200);
    }
    panic!("{path} does not end");
}

/// The values of a field in a list of the API, page after page.
async fn listed(office: &Office, path: &str, field: &str) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = office.bridge.get(&format!("{path}&limit=50{after}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item[field].as_str().map_or(item[field].to_string(), str::to_owned)));
        let Some(next) = page["next"].as_str() else { return seen };
        after = format!("&after={next}");
    }
}

/// Fills the lists that are ordered by time, a second from row to row.
async fn fill_by_time(office: &Office) {
    let now_ms = office.bridge.app.clock.now_ms();
    let fill = move |tx: &store::WriteTx| {
        for at in 0..70_i64 {
            let at_ms = now_ms - (100 - at) * 1_000;
            let id = format!("{:08x}-{:04x}-7000-8000-{at:012x}", at_ms >> 16, at_ms & 0xFFFF);
            store::audit::append(tx, &Actor::cli("tester"), "plan.allow", &format!("row {at}"), None, None)?;
            let run = json!({
                "id": id, "corp": "acme-main", "kind": "pull", "state": "done", "by": "cli:tester", "started_at_ms": at_ms,
                "finished_at_ms": at_ms, "done": 0, "total": 0, "counts": {"departments": {}, "members": {}},
                "calls": {"reads": 0, "writes": 0, "by_endpoint": {}}, "failed": []
            });
            store::runs::put(tx, &serde_json::from_value(run).unwrap())?;
            let callback = json!({
                "id": id, "corp": "acme-main", "receiver": "contacts", "kind": "event.click", "from": "lisi", "created_at_s": at,
                "received_at_ms": at_ms, "digest": id, "text": "<xml/>", "state": "done"
            });
            let callback: InboxItem = serde_json::from_value(callback).unwrap();
            store::inbox::with_work(tx, |work| work.put_new(&callback))?;
            let message: Message = serde_json::from_value(json!({
                "id": id, "tenant": "acme", "source": "oa", "recipients": "everyone", "title": "T", "accepted_at_ms": at_ms,
                "accepted_by": "key:oa"
            }))
            .unwrap();
            store::messages::accept(tx, &message)?;
            store::messages::note_source(tx, &message)?;
            let rows = [0, 1].map(|seq| {
                let row = json!({
                    "message": id, "seq": seq, "corp": "acme-main", "app": "oa", "userid": format!("user{at:02}-{seq}"),
                    "state": "sent", "changed_at_ms": at_ms
                });
                serde_json::from_value(row).unwrap()
            });
            store::deliveries::put(tx, &message.tenant, &rows)?;
            store::messages::dequeue(tx, &message)?;
        }
        Ok(())
    };
    office.bridge.app.store.write(fill).await.unwrap();
}

/// Lists by time are turned round with a click on their column, and by a parameter of the API; what is filtered stays so.
#[tokio::test]
async fn lists_by_time_begin_at_either_end() {
    let office = Office::open().await;
    fill_by_time(&office).await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    for (path, filter, mark, column, count, api, field) in [
        ("/system/audit", "subject=row", "<span class=\"sub\">#", 0, 70, "/api/v1/audit?subject=row", "seq"),
        (&format!("{CORP}/runs"), "by=tester", "href=\"/runs/", 0, 70, "/api/v1/corps/acme-main/runs?", "id"),
        (&format!("{CORP}/inbox"), "kind=event.", "/inbox/", 8, 70, "/api/v1/corps/acme-main/inbox?kind=event.", "id"),
        (
            &format!("{TENANT}/messages"),
            "source=oa",
            "<span class=\"sub mono\">user",
            9,
            140,
            "/api/v1/tenants/acme/deliveries?source=oa",
            "userid",
        ),
    ] {
        let newest = admin.get(&format!("{path}?{filter}")).await.expect(200);
        newest.has("aria-sort=\"descending\"").has(&format!("href=\"{path}?{filter}&#38;sort=time\""));
        let oldest = admin.get(&format!("{path}?{filter}&sort=time")).await.expect(200);
        oldest.has("aria-sort=\"ascending\"").has(&format!("href=\"{path}?{filter}\""));
        oldest.has("<input type=\"hidden\" name=\"sort\" value=\"time\">");
        oldest.has(&format!("{path}.csv?{filter}&#38;sort=time"));
        let mut down = walked(&admin, &format!("{path}?{filter}"), mark).await;
        let up = walked(&admin, &format!("{path}?{filter}&sort=time"), mark).await;
        assert_eq!(up.len(), count, "{path}");
        down.reverse();
        assert_eq!(up, down, "{path}: each row once, from either end");

        let file = rows(&admin.get(&format!("{path}.csv?{filter}&sort=time")).await.expect(200));
        let filed: Vec<&str> = file.iter().map(|row| row[column].trim_start_matches("user")).collect();
        assert_eq!(filed, up, "{path}: the file has the order of the page");
        let listed = listed(&office, &format!("{api}&order=oldest"), field).await;
        let listed: Vec<&str> = listed.iter().map(|value| value.trim_start_matches("user")).collect();
        assert_eq!(listed, up, "{api}");
        office.bridge.get(&format!("{api}&order=odd")).await.expect_problem(400, "request.query");
    }
    let file = rows(&admin.get("/system/audit.csv?sort=time").await.expect(200));
    assert!(file.windows(2).all(|two| two[0][9] == two[1][10]), "the chain is told from the oldest on");
    office.close().await;
}
