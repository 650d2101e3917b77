//! Settings in the browser: what others have saved meanwhile stands, and nothing is switched off by the way.

use super::browser::{Browser, Shown};
use super::office::{CORP, Office};
use serde_json::json;
use wecom_bridge::model::{Corp, CorpKey, Role, SecretName};
use wecom_bridge::store;

const SETTINGS: &str = "/corps/acme-main/settings";

fn corp(office: &Office) -> Corp {
    let key = CorpKey::from("acme-main");
    office.bridge.app.store.read(|tx| store::corps::find(tx, &key)).unwrap().unwrap()
}

async fn save(browser: &Browser, page: &Shown, fields: &[(&str, &str)]) -> Shown {
    let mut all = vec![("what", "save")];
    all.extend(fields);
    browser.submit(page, "/settings", &all).await
}

/// Two tabs: the older one is told, and overwrites only when it is sent once more.
#[tokio::test]
async fn an_older_form_does_not_take_back_what_a_colleague_has_saved() {
    let office = Office::open().await;
    let [a, b] = [
        Browser::sign_in(&office.bridge, Role::Administrator).await,
        Browser::sign_in(&office.bridge, Role::Administrator).await,
    ];
    let older = a.get(SETTINGS).await.expect(200);
    let newer = b.get(SETTINGS).await.expect(200);
    b.follow(&save(&b, &newer, &[("max_removals", "5"), ("invite", "1")]).await).await.expect(200).has("value=\"5\"");
    let stale = save(&a, &older, &[("userid_from", "account")]).await.expect(422);
    stale.has("被别人修改过").has("name=\"userid_from\" value=\"account\"");
    assert_eq!(corp(&office).downstream.guard.max_removals, 5);
    assert!(corp(&office).downstream.invite);
    assert_eq!(corp(&office).downstream.userid_from, "employee_no");

    let older = a.get(&format!("{CORP}/edit")).await.expect(200);
    let newer = b.get(&format!("{CORP}/edit")).await.expect(200);
    b.follow(&b.submit(&newer, "/edit", &[("seats", "77")]).await).await.expect(200);
    let stale = a.submit(&older, "/edit", &[("name", "改名")]).await.expect(422);
    stale.has("被别人修改过").has("改名");
    assert_eq!((corp(&office).quota.seats, corp(&office).name.as_str()), (77, "阿克米企业"));
    a.follow(&a.submit(&stale, "/edit", &[]).await).await.expect(200);
    assert_eq!(corp(&office).name, "改名", "it was looked at and saved once more");

    let older = a.get("/system/settings").await.expect(200);
    let newer = b.get("/system/settings").await.expect(200);
    b.follow(&b.submit(&newer, "/settings", &[("two_person_removals", "1")]).await).await.expect(200);
    a.submit(&older, "/settings", &[("session_idle_min", "31")]).await.expect(422).has("被别人修改过");
    let settings = office.bridge.get("/api/v1/settings").await.expect(200);
    assert_eq!((&settings["two_person_removals"], &settings["session_idle_min"]), (&json!(true), &json!(30)));
    office.close().await;
}

/// Picking the scope changes the scope alone: what is saved elsewhere at the same time stays.
#[tokio::test]
async fn picking_and_saving_at_once_lose_nothing() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let scope = format!("{SETTINGS}/scope");
    browser.get(&scope).await.expect(200);
    let pick = |id: &'static str| {
        let (browser, scope) = (&browser, &scope);
        async move { browser.post(scope, &[("what", "save"), ("pick", &format!("+exclude {id}"))]).await }
    };
    let picked = futures_util::future::join_all(["zhang", "li", "wang", "script"].map(pick)).await;
    picked.iter().for_each(|shown| assert_eq!(shown.status, 303));
    let mut excluded: Vec<String> = corp(&office).downstream.scope.exclude.iter().map(ToString::to_string).collect();
    excluded.sort();
    assert_eq!(excluded, ["li", "script", "wang", "zhang"]);
    office.close().await;
}

/// What a page says that settings would do: members created, updated, disabled, deleted, departments created.
fn would_do(page: &Shown) -> Vec<u64> {
    let stats = page.text.split("id=\"what-if\"").nth(1).expect("a what-if").split("</section>").next().unwrap();
    let numbers = stats.split("<span class=\"value\">").skip(1).take(5);
    numbers.map(|rest| rest.split('<').next().unwrap().parse().unwrap()).collect()
}

/// The same by the API, with another scope.
async fn asked(office: &Office, scope: serde_json::Value) -> Vec<u64> {
    let mut downstream = serde_json::to_value(&corp(office).downstream).unwrap();
    downstream["scope"] = scope;
    let body = json!({ "downstream": downstream });
    let found = office.bridge.post("/api/v1/corps/acme-main/what-if", &body).await.expect(200);
    let counts = &found["counts"];
    let of = |list: &str, kind: &str| counts[list][kind].as_u64().unwrap_or_default();
    let members = ["create", "update", "disable", "delete"].map(|kind| of("members", kind));
    members.into_iter().chain([of("departments", "create")]).collect()
}

/// A scope is picked without being saved, tried like every other setting, and then saved or given up (PEER-05).
#[tokio::test]
async fn a_scope_is_tried_before_it_is_saved() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let scope = format!("{SETTINGS}/scope");
    let before = corp(&office);
    let last_row = || office.bridge.app.store.read(|tx| store::audit::page(tx, None, 1)).unwrap()[0].seq;
    let rows = last_row();

    // a button of the page is a question, not a change
    let page = browser.get(&format!("{scope}?at=1")).await.expect(200);
    page.has("form=\"pick\" name=\"pick\" value=\"+unit 2\"").lacks("未保存");
    let page = browser.get(&format!("{scope}?at=1&pick=%2Bunit+2&pick=%2Bexclude+li")).await.expect(200);
    page.has("2 处范围修改未保存").has("value=\"-unit 2\"").has("value=\"-exclude li\"").has("已选");
    page.has("<input type=\"hidden\" name=\"pick\" value=\"+unit 2\">");
    let given_up = browser.get(&format!("{scope}?pick=%2Bunit+2&pick=-unit+2&pick=nonsense")).await.expect(200);
    given_up.lacks("未保存");

    page.has("data-keeps=\"unsaved\"");
    // at the address of the settings, which does nothing when it is opened again
    page.has(&format!("<button formaction=\"{SETTINGS}\" name=\"what\" value=\"try_picks\">"));
    let picked = [("what", "try_picks"), ("pick", "+unit 2"), ("pick", "+exclude li")];
    let tried = browser.post(SETTINGS, &picked).await.expect(200);
    browser.get(&format!("{SETTINGS}?pick=%2Bunit+2&try=1")).await.expect(200).lacks("id=\"what-if\"");
    tried.has("data-keeps=\"unsaved\"");
    browser.get(SETTINGS).await.expect(200).has(" data-keeps>");
    let narrow = json!({ "units": ["2"], "exclude": ["li"] });
    assert_eq!(would_do(&tried), asked(&office, narrow.clone()).await);
    assert_ne!(would_do(&tried), asked(&office, json!({})).await, "another scope does something else");
    // the other settings are tried together with it
    tried.has("2 处范围修改未保存");
    let on = browser.submit(&tried, "/settings", &[("what", "pick")]).await;
    assert_eq!(on.location(), format!("{scope}?pick=%2Bunit+2&pick=%2Bexclude+li"), "nothing else was changed");
    let both = browser.submit(&tried, "/settings", &[("what", "try"), ("create_members", "")]).await.expect(200);
    assert_eq!(would_do(&both)[0], 0, "nobody is created, and the scope is still the picked one");
    both.has("2 处范围修改未保存");
    assert_eq!((corp(&office), last_row()), (before, rows), "nothing was changed");
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    auditor.get(&format!("{scope}?pick=%2Bunit+2")).await.expect(200).lacks("form=\"pick\"");
    auditor.post(SETTINGS, &picked).await.expect(403);
    auditor.get(SETTINGS).await.expect(200).lacks("data-keeps");

    // a colleague saves something else meanwhile, of the scope and beside it
    let colleague = browser.post(&scope, &[("what", "save"), ("pick", "+exclude wang")]).await;
    assert_eq!(colleague.status, 303);
    browser.follow(&save(&browser, &tried, &[]).await).await.expect(200).lacks("未保存");
    let saved = corp(&office).downstream.scope;
    assert_eq!(saved.units, ["2".into()]);
    assert_eq!(saved.exclude, ["wang".into(), "li".into()], "what the colleague saved stands");
    let page = browser.get(&format!("{scope}?pick=-unit+2")).await.expect(200);
    browser.follow(&browser.submit(&page, "/settings/scope", &[("what", "save")]).await).await.expect(200);
    assert!(corp(&office).downstream.scope.units.is_empty());

    let picks: String = (0..100).map(|at| format!("&pick=%2Bexclude+e{at}")).collect();
    let full = browser.get(&format!("{scope}?at=1{picks}")).await.expect(200);
    full.has("请先保存").lacks("form=\"pick\"");
    office.close().await;
}

/// The button that opens the scope is one of the form: what was entered goes along and comes back.
#[tokio::test]
async fn choosing_the_scope_loses_no_unsaved_setting() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let before = corp(&office);
    let page = browser.get(SETTINGS).await.expect(200);
    page.has("<button class=\"small\" name=\"what\" value=\"pick\">");
    let entered = [("what", "pick"), ("invite", "1"), ("create_members", ""), ("max_removals", "7")];
    let on = browser.submit(&page, "/settings", &entered).await;
    let scope = browser.follow(&on).await.expect(200);
    scope.has("设置页还有未保存的修改").has("name=\"draft\"").has("已关联的成员被排除后，下次同步会禁用");
    let picked = browser.get(&format!("{}&pick=%2Bexclude+li", on.location())).await.expect(200);
    picked.has("1 处范围修改未保存").lacks("method=\"post\" action=\"/corps/acme-main/settings/scope\"");
    let back = picked.text.split("<a class=\"button primary\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let back = browser.get(&back.replace("&#38;", "&")).await.expect(200);
    back.has("表单中有 3 项修改还没有保存")
        .has("<strong>创建新成员</strong>：开启 → 关闭")
        .has("<strong>一次最多移出人数</strong>：50 → 7")
        .has("1 处范围修改未保存")
        .has("name=\"max_removals\" value=\"7\"");
    assert_eq!(corp(&office), before, "nothing is saved by looking");
    browser.follow(&save(&browser, &back, &[]).await).await.expect(200).lacks("未保存");
    let saved = corp(&office).downstream;
    assert_eq!((saved.invite, saved.create_members, saved.guard.max_removals), (true, false, 7));
    assert_eq!(saved.scope.exclude, ["li".into()]);

    let long = "x".repeat(4_000);
    let page = browser.get(SETTINGS).await.expect(200);
    let refused = browser.submit(&page, "/settings", &[("what", "pick"), ("filter", &long)]).await.expect(422);
    refused.has("请先保存，再选择范围").has(&long);
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    let seen = auditor.get(SETTINGS).await.expect(200);
    seen.has("/settings/scope\">").lacks("value=\"pick\"").lacks("value=\"save\"");
    // a link fills in nothing for those who may not save
    let draft = "draft=%7B%22max_removals%22%3A%22999%22%2C%22out_of_scope%22%3A%22keep%22%7D";
    auditor.get(&format!("{SETTINGS}?{draft}")).await.expect(200).lacks("value=\"999\"").lacks("还没有保存");
    let scope = format!("{SETTINGS}/scope?{draft}");
    auditor.get(&scope).await.expect(200).lacks("name=\"draft\"").has("下次同步会禁用");
    // what is entered decides what excluding does, saved or not
    browser.get(&scope).await.expect(200).has("已关联的成员保持原样").lacks("下次同步会禁用");
    office.close().await;
}

#[tokio::test]
async fn an_emptied_guard_is_a_fault_and_none_that_is_off() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let page = browser.get(SETTINGS).await.expect(200);
    for name in ["max_moves_percent", "max_removals", "delete_after_days"] {
        let refused = save(&browser, &page, &[(name, "")]).await.expect(422);
        refused.has(&format!("id=\"e-{name}\"")).has("请填写整数");
    }
    assert_eq!(corp(&office).downstream.guard.max_moves_percent, 50);
    browser.follow(&save(&browser, &page, &[("max_moves_percent", "0")]).await).await.expect(200);
    assert_eq!(corp(&office).downstream.guard.max_moves_percent, 0);
    office.close().await;
}

/// Reading and syncing each have their time zone.
#[tokio::test]
async fn saving_unchanged_settings_changes_no_schedule() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let before = corp(&office);
    let body = json!({
        "tenant": "acme", "name": before.name, "corpid": before.corpid, "access": "read-only",
        "endpoints": before.endpoints, "match_rules": before.match_rules,
        "pull": { "cron": "0 0 3 * * *", "time_zone": "Europe/Berlin" },
    });
    office.bridge.put("/api/v1/corps/acme-main", &body).await.expect(200);
    let page = browser.get(SETTINGS).await.expect(200);
    browser.follow(&save(&browser, &page, &[]).await).await.expect(200).has("Europe/Berlin");
    assert_eq!(corp(&office).pull.time_zone, "Europe/Berlin");
    assert_eq!(corp(&office).downstream.time_zone, "Asia/Shanghai");
    let refused = save(&browser, &page, &[("pull_time_zone", "Berlin")]).await.expect(422);
    refused.has("id=\"e-pull_time_zone\"").lacks("id=\"e-time_zone\"");
    office.close().await;
}

/// A secret that was typed is not sent back by the page; that it is to be typed again is said.
#[tokio::test]
async fn a_secret_is_not_lost_without_a_word() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let new = format!("{CORP}/apps/new");
    let page = browser.get(&new).await.expect(200);
    let typed = [
        ("name", "OA"),
        ("key", "oa"),
        ("agentid", "abc"),
        ("secret", "a-secret-of-43-characters"),
        ("is_reader", "1"),
    ];
    let again = browser.submit(&page, "/apps/new", &typed).await.expect(422);
    again.has("id=\"e-agentid\"").has("id=\"e-secret\"").has("请再次输入 Secret").lacks("a-secret-of-43");
    let refused = browser.submit(&again, "/apps/new", &[("agentid", "1000002"), ("secret", "")]).await.expect(422);
    refused.has("读取成员资料的应用需要 Secret");
    assert!(corp(&office).apps.is_empty());
    let secret = ("secret", "a-secret-of-43-characters");
    let done = browser.submit(&refused, "/apps/new", &[("agentid", "1000002"), secret]).await;
    browser.follow(&done).await.expect(200);
    assert_eq!(corp(&office).read_app.as_ref().map(|app| app.as_str()), Some("oa"));
    let names = |tx: &_| store::secrets::names(tx, &"acme-main".into());
    let names = office.bridge.app.store.read(names).unwrap();
    assert!(names.contains(&SecretName::App("oa".into()).path()), "{names:?}");
    office.close().await;
}

/// What was entered is what has to be mended: it is not lost where no plan can be made with it.
#[tokio::test]
async fn what_cannot_be_tried_is_told_beside_what_was_entered() {
    let office = Office::open().await;
    let browser = Browser::sign_in(&office.bridge, Role::Administrator).await;
    let page = browser.get(SETTINGS).await.expect(200);
    let tried = browser.submit(&page, "/settings", &[("what", "try"), ("top_department", "77")]).await.expect(422);
    tried.has("试算结果：指定的上级部门不存在").has("name=\"top_department\" value=\"77\"");
    assert_eq!(corp(&office).downstream.top_department, 0);
    office.close().await;
}
