//! The first page: figures that agree with the lists that they lead to, and what needs a person.

use super::browser::Browser;
use super::office::{CORP, Office, TENANT};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::model::{Calls, CorpKey, Counts, Department, DepartmentId, Member, Role, Run};
use wecom_bridge::store;

/// People who have departed are not counted, and what was written since the last read is.
#[tokio::test]
async fn its_figures_are_those_of_the_lists() {
    let office = Office::open().await;
    let figures = |units: u64, members: u64, departments: u64| {
        [
            format!("OA 在职人员</span><span class=\"value\">4</span><span class=\"name\">{units} 个部门"),
            format!(
                "企业微信成员</span><span class=\"value\">{members}</span><span class=\"name\">{departments} 个部门"
            ),
        ]
    };
    let page = office.get("/").await.expect(200);
    figures(3, 5, 3).iter().for_each(|text| {
        page.has(text);
    });
    office.get(&format!("{CORP}/members")).await.expect(200).has("5 名成员").has("3 个部门");
    office.get(&format!("{TENANT}/directory")).await.expect(200).has("共 4 条");

    let key = CorpKey::from("acme-main");
    let write = move |tx: &store::WriteTx| {
        let department: Department = serde_json::from_value(json!({ "id": 9, "parent": 1, "name": "新部门" })).unwrap();
        let member = json!({ "userid": "new", "memberships": [{ "department": 9 }], "has_details": true });
        let member: Member = serde_json::from_value(member).unwrap();
        for _ in 0..2 {
            store::mirror::put_departments(tx, &key, std::slice::from_ref(&department))?;
            store::mirror::put_members(tx, &key, std::slice::from_ref(&member))?;
        }
        store::mirror::remove_members(tx, &key, &["lisi".into(), "nobody".into(), "u9".into()])
    };
    office.bridge.app.store.write(write).await.unwrap();
    let page = office.get("/").await.expect(200);
    figures(3, 4, 4).iter().for_each(|text| {
        page.has(text);
    });
    office.get(&format!("{CORP}/members")).await.expect(200).has("4 名成员").has("4 个部门");
    let key = CorpKey::from("acme-main");
    let remove =
        move |tx: &store::WriteTx| store::mirror::remove_departments(tx, &key, &[DepartmentId(9), DepartmentId(77)]);
    office.bridge.app.store.write(remove).await.unwrap();
    let page = office.get("/").await.expect(200);
    figures(3, 4, 3).iter().for_each(|text| {
        page.has(text);
    });
    let report = office.bridge.app.store.verify().unwrap();
    assert!(report.is_good(), "{:?}", report.faults);
    office.close().await;
}

/// The time of the last pull is the one of the sync page: a sync that has read WeCom since counts.
#[tokio::test]
async fn the_last_pull_is_what_was_read_last() {
    let office = Office::open().await;
    let read_at_ms = 1_764_081_607_000_i64;
    let last = async |name: &str, state: &str, ended_at_ms: i64| {
        let run = json!({
            "id": format!("20251125-{name}"), "corp": "acme-main", "kind": "pull", "state": state, "by": "cli:root",
            "started_at_ms": ended_at_ms - 1_000, "ended_at_ms": ended_at_ms, "done": 1, "total": 1,
            "counts": Counts::default(), "calls": Calls::default(), "failed": [],
        });
        let run: Run = serde_json::from_value(run).unwrap();
        office.bridge.app.store.write(move |tx| store::runs::put(tx, &run)).await.unwrap();
        let page = office.get("/").await.expect(200);
        let at = page.text.find("最近拉取").unwrap();
        page.text[page.text[..at].rfind("<a ").unwrap()..at].to_owned()
    };
    let before = last("a", "done", read_at_ms - 480_000).await;
    assert!(before.contains("href=\"/corps/acme-main/sync\""), "{before}");
    let own = last("b", "done", read_at_ms + 5).await;
    assert!(own.contains("href=\"/runs/20251125-b\""), "{own}");
    let failed = last("c", "failed", read_at_ms + 60_000).await;
    assert!(failed.contains("href=\"/runs/20251125-c\""), "{failed}");
    office.close().await;
}

/// An app that sends nothing and messages that did not arrive are things to do; who may not look at messages is not sent there.
#[tokio::test]
async fn messages_that_do_not_arrive_are_things_to_do() {
    let office = Office::open().await;
    office.get("/").await.expect(200).lacks("未送达").lacks("暂停发送");
    let app = json!({ "name": "OA", "agentid": 1_000_002 });
    office.bridge.put("/api/v1/corps/acme-main/apps/oa", &app).await.expect(201);
    let rule = json!({ "name": "通知", "targets": [{ "corp": "acme-main", "app": "oa", "kind": "text" }] });
    office.bridge.post("/api/v1/tenants/acme/rules", &rule).await.expect(201);
    office.bind("zhang", "ZhangSan").await;
    office.bridge.app.messages.start();
    let message = json!({
        "tenant": "acme", "source": "oa", "title": "停电", "recipients": { "employees": ["zhang", "li", "wang"] }
    });
    office.bridge.post("/api/v1/messages", &message).await.expect(202);
    // the corp is for reading only, so the app waits
    let told = async {
        loop {
            let page = office.get("/").await.expect(200);
            if page.text.contains("应用 oa 已暂停发送") && page.text.contains("昨天以来有 2 条未送达") {
                return page;
            }
            tokio::task::yield_now().await;
        }
    };
    let page = tokio::time::timeout(Duration::from_secs(60), told).await.expect("both are told");
    page.has("未关联 2，先处理原因才能重新发送").lacks("可以查看原因后重新发送");
    page.has("href=\"/messages/queues\"").has("/tenants/acme/messages?state=dead&#38;from=");
    let link = page.text.split("href=\"/tenants/acme/messages?").nth(1).unwrap().split('"').next().unwrap();
    let link = super::browser::unescape(&format!("{TENANT}/messages?{link}"));
    office.get(&link).await.expect(200).has("停电").has("李四").has("王五").lacks("张三");
    let english = Browser::sign_in(&office.bridge, Role::Operator).await.in_english().await;
    english.get("/").await.expect(200).has("The app oa sends nothing").has("2 deliveries failed since yesterday");
    office.bridge.app.messages.shutdown().await;
    office.close().await;
}

/// What no page of ours links to is answered in the reader's language, with what to do; a parser's words help nobody.
#[tokio::test]
async fn an_address_that_was_cut_off_says_what_to_do() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    for (path, told) in [
        ("/corps/new?tenant=a&tenant=b", "删去“?”后面的部分"),
        (&format!("{CORP}/expressions?kind=a&kind=b"), "删去“?”后面的部分"),
        ("/sign-in?next=a&next=b", "删去“?”后面的部分"),
        ("/system/audit?after=abc", "从列表的第一页重新开始"),
        (&format!("{CORP}/inbox?after=abc"), "从列表的第一页重新开始"),
        (&format!("{CORP}/runs?after=abc"), "从列表的第一页重新开始"),
        (&format!("{TENANT}/messages?after=abc"), "从列表的第一页重新开始"),
        (&format!("{TENANT}/directory?after=abc"), "从列表的第一页重新开始"),
    ] {
        let page = admin.get(path).await.expect(400);
        page.has(told).lacks("duplicate field").lacks("missing field");
    }
    for path in [
        "/system/audit?limit=abc&page=x",
        &format!("{TENANT}/directory?limit=abc&sort=x&dir=y"),
        "/system/keys?page=abc",
    ] {
        admin.get(path).await.expect(200);
    }
    let english = admin.in_english().await;
    let page = english.get("/corps/new?tenant=a&tenant=b").await.expect(400);
    page.has("take away what stands behind").lacks("duplicate field");
    office.close().await;
}
