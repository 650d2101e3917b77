//! The audit log: searched by names, told in words, taken home with its chain.

use super::browser::Browser;
use super::lists::{is_workbook, rows};
use super::office::Office;
use serde_json::json;
use wecom_bridge::model::{Actor, Role};
use wecom_bridge::store;

#[tokio::test]
async fn the_audit_log_is_taken_home_with_its_chain() {
    let office = Office::open().await;
    let append = |tx: &store::WriteTx| {
        for at in 0..1_500 {
            let action = if at % 3 == 0 { "plan.allow" } else { "binding.create" };
            let after = Some(json!({ "at": at }));
            store::audit::append(tx, &Actor::cli("tester"), action, &format!("subject {at}"), None, after)?;
        }
        Ok(())
    };
    office.bridge.app.store.write(append).await.unwrap();
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    let page = auditor.get("/system/audit?action=plan.&subject=subject").await.expect(200);
    page.has("/system/audit.csv?action=plan.&#38;subject=subject").has("/system/audit.xlsx?");
    let all = rows(&auditor.get("/system/audit.csv").await.expect(200));
    let stored = office.bridge.app.store.read(|tx| store::audit::page(tx, None, 1)).unwrap()[0].seq;
    assert_eq!(all.len() as u64, stored, "every row");
    let hash = |row: &Vec<String>| (row[9].clone(), row[10].clone());
    for (newer, older) in all.iter().zip(&all[1..]) {
        assert_eq!(hash(newer).1, hash(older).0, "row {} is chained to row {}", newer[0], older[0]);
    }
    assert_eq!(all.last().unwrap()[10], "", "the first row is chained to nothing");
    let some = rows(&auditor.get("/system/audit.csv?action=plan.&subject=subject").await.expect(200));
    assert_eq!(some.len(), 500);
    for row in &some {
        let whole = all.iter().find(|other| other[0] == row[0]).unwrap();
        assert_eq!(row, whole, "filtered rows are chained as well");
        assert_eq!(row[5], "plan.allow");
    }
    // a corp is found by the name that the page shows, and by its words
    office
        .bridge
        .app
        .store
        .write(|tx| {
            store::audit::append(tx, &Actor::cli("tester"), "corp.test", "corp acme-main", None, None).map(drop)
        })
        .await
        .unwrap();
    let named = auditor.get("/system/audit?action=corp.test").await.expect(200);
    let name = office.bridge.app.store.read(|tx| store::corps::find(tx, &"acme-main".into())).unwrap().unwrap().name;
    named.has(&name).has("企业 acme-main");
    for (wanted, found) in [(name.as_str(), true), ("企业 acme-main", true), ("acme-main", true), ("企业微信", false)]
    {
        let page = auditor.get(&format!("/system/audit?action=corp.test&subject={wanted}")).await.expect(200);
        assert_eq!(page.text.contains("<span class=\"sub\">企业 acme-main</span>"), found, "{wanted}");
    }
    is_workbook(&auditor, "/system/audit.xlsx?subject=77").await;
    office.browser.get("/system/audit.csv").await.expect(403);
    office.close().await;
}

/// The log keeps ids and sign-in names; whoever looks knows people, corps and administrators by their names.
#[tokio::test]
async fn the_audit_log_is_searched_by_names() {
    let office = Office::open().await;
    office.bind("li", "lisi").await;
    let row = json!({ "id": "zhang", "name": "张三", "account": "zhangsan", "unit_id": "3" });
    office.bridge.put("/api/v1/tenants/acme/employees/zhang", &row).await.expect(200);
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let account = office.bridge.app.store.read(store::accounts::list).unwrap();
    let account = account.into_iter().find(|account| account.role == Role::Administrator).unwrap();
    let renamed = wecom_bridge::model::Account { display_name: "演示管理员".into(), ..account.clone() };
    let append = move |tx: &store::WriteTx| {
        store::accounts::put(tx, &renamed)?;
        let by = |name: &str| Actor { name: format!("account:{name}"), ..Actor::cli("x") };
        store::audit::append(tx, &by(&renamed.name), "menu.save", "acme-main/oa", None, None)?;
        let corp = Some(json!({ "corp": "acme-main" }));
        store::audit::append(tx, &Actor::cli("root"), "plan.allow", "plan p1", None, corp)?;
        store::audit::append(tx, &Actor::cli("root"), "plan.allow", "plan acme-main2", None, None)?;
        // somebody else of the same number, in another tenant
        store::audit::append(tx, &Actor::cli("root"), "employee.put", "employee li beta", None, None)?;
        let beta = Some(json!({ "corp": "beta-main" }));
        store::audit::append(tx, &Actor::cli("root"), "binding.remove", "employee li", None, beta)?;
        store::audit::append(tx, &Actor::cli("root"), "binding.create", "employee lin acme", None, None).map(drop)
    };
    office.bridge.app.store.write(append).await.unwrap();
    let found = async |query: &str| {
        let page = admin.get(&format!("/system/audit.csv?{query}")).await.expect(200);
        let mut rows: Vec<_> = rows(&page).into_iter().map(|row| (row[5].clone(), row[6].clone())).collect();
        rows.dedup();
        rows
    };
    let row = |action: &str, subject: &str| (action.to_owned(), subject.to_owned());
    // a person: the link names no tenant, the change of the record does; nobody else's rows
    let people = found("subject=李四").await;
    assert!(people.contains(&row("binding.create", "employee li")), "{people:?}");
    assert!(people.iter().all(|(_, subject)| ["employee li", "employee li acme"].contains(&subject.as_str())));
    assert!(people.iter().all(|(action, _)| action != "binding.remove"), "another person of this number: {people:?}");
    assert!(found("subject=人员 张三").await.iter().any(|(_, subject)| subject == "employee zhang acme"));
    assert!(found("subject=没有这个人").await.is_empty());
    // what concerns a corp: its settings, its apps, and plans that name it
    let corp = found("subject=阿克米企业").await;
    for wanted in [row("corp.create", "acme-main"), row("menu.save", "acme-main/oa"), row("plan.allow", "plan p1")] {
        assert!(corp.contains(&wanted), "{wanted:?} of {corp:?}");
    }
    assert!(!corp.contains(&row("plan.allow", "plan acme-main2")), "another one");
    // an administrator by either name
    assert_eq!(found("actor=演示管理员&action=menu.").await, [row("menu.save", "acme-main/oa")]);
    assert_eq!(found(&format!("actor={}&action=menu.", account.name)).await.len(), 1);
    assert!(found("actor=演示管理员&action=plan.").await.is_empty());
    // the page tells the name beside the id, the API finds the same
    admin.get("/system/audit?subject=李四").await.expect(200).has("<span>李四<span class=\"sub\">人员 li</span>");
    admin
        .get("/system/audit?subject=张三")
        .await
        .expect(200)
        .has("<span>张三<span class=\"sub\">人员 zhang acme</span>");
    let answer = office.bridge.get("/api/v1/audit?subject=李四").await.expect(200);
    assert!(answer["items"].as_array().unwrap().iter().any(|row| row["subject"] == "employee li"), "{answer}");
    office.close().await;
}

/// The audit log speaks of what it knows in words.
#[tokio::test]
async fn the_audit_log_is_told_in_words() {
    let office = Office::open().await;
    let admin = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let page = admin.get("/system/audit?action=session.").await.expect(200);
    page.has(">会话</th>").lacks(">session</th>").lacks(">opened_at_ms</th>");
    office.close().await;
}
