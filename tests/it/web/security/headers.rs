//! What every answer carries, whatever kind of answer it is.

use super::super::browser::{Browser, Shown};
use super::crawl::crawl;
use super::house::House;
use crate::api::bridge::Bridge;
use reqwest::Method;
use wecom_bridge::model::Role;

#[track_caller]
fn is_guarded(shown: &Shown) {
    let header = |name: &str| shown.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    let kind = header("content-type");
    let is_page = kind.starts_with("text/html");
    let told = format!("{} ({}, {kind:?})", shown.path, shown.status);
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", if is_page { "same-origin" } else { "no-referrer" }),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(header(name), expected, "{name} of {told}");
    }
    let policy = header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{told}: {policy}");
    for weak in ["unsafe", "*", "http:", "https:"] {
        assert!(!policy.contains(weak), "{told}: {policy}");
    }
    if !shown.path.contains("/static/") {
        assert_eq!(header("cache-control"), "no-store", "{told}");
    }
    if shown.status == 200 || shown.status.as_u16() >= 400 {
        assert!(!kind.is_empty() || shown.text.is_empty(), "{told} has no type");
    }
    if is_page {
        for mark in [" style=\"", " onclick=", " onload=", " onsubmit=", "<style", "javascript:"] {
            assert!(!shown.text.contains(mark), "{told} holds {mark}, which the policy forbids");
        }
        let own = shown.text.split("<script").skip(1).all(|rest| {
            rest.trim_start().starts_with("src=\"/static/") || rest.trim_start().starts_with("defer src=\"/static/")
        });
        assert!(own, "{told} holds a script that is not a file of ours");
    }
    assert!(!header("x-request-id").is_empty(), "{told}");
    for told_too_much in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert!(shown.headers.get(told_too_much).is_none(), "{told}: {told_too_much}");
    }
    for cookie in shown.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn every_page_download_and_redirect_carries_them() {
    let house = House::furnished().await;
    let mut from = vec!["/", "/decisions", "/account"];
    from.extend(house.more.iter().map(String::as_str));
    let seen = crawl(&house.admin, &from).await;
    seen.iter().for_each(|one| is_guarded(&one.shown));
    let downloads = seen.iter().filter(|one| one.shown.headers.contains_key("content-disposition"));
    let mut count = 0;
    for one in downloads {
        count += 1;
        let how = one.shown.headers["content-disposition"].to_str().unwrap();
        assert!(how.starts_with("attachment; filename=\""), "{}: {how}", one.url);
    }
    assert!(count > 10, "{count} downloads");
    house.stop().await;
}

#[tokio::test]
async fn every_error_carries_them() {
    let bridge = Bridge::start().await;
    let admin = Browser::sign_in(&bridge, Role::Administrator).await;
    let auditor = Browser::sign_in(&bridge, Role::Auditor).await;
    let stranger = Browser::new(&bridge);
    let large = "a".repeat(3 << 20);
    let post = |path: &str| admin.request(Method::POST, path);
    for (what, status, shown) in [
        ("no such page", 404, admin.get("/nothing").await),
        ("no such corp", 404, admin.get("/corps/none").await),
        ("no right", 403, auditor.get("/system/accounts").await),
        ("no token", 403, admin.send(post("/system/settings").form(&[("a", "b")])).await),
        ("not a form", 415, admin.send(post("/system/settings").body("{}")).await),
        ("too large", 413, admin.send(post("/system/settings").form(&[("a", &large)])).await),
        (
            "signed out",
            401,
            stranger.send(stranger.request(Method::POST, "/system/settings").form(&[("a", "b")])).await,
        ),
        ("unknown verb", 405, admin.send(admin.request(Method::DELETE, "/corps")).await),
        ("bad query", 400, admin.get("/sign-in?next=a&next=b").await),
        ("signed out, a page", 303, stranger.get("/corps").await),
        ("static, unknown", 404, admin.get("/static/none.js").await),
        ("static", 200, admin.get("/static/app.css").await),
        ("the door", 200, stranger.get("/sign-in").await),
        ("choice of a language", 303, admin.get("/?lang=en").await),
        ("REST, no key", 401, admin.get("/api/v1/corps").await),
        ("REST, no such path", 404, admin.get("/api/v1/none").await),
        ("alive", 200, admin.get("/healthz").await),
        ("metrics", 200, admin.get("/metrics").await),
    ] {
        assert_eq!(shown.status, status, "{what}: {}", shown.text);
        is_guarded(&shown);
        assert!(!shown.text.contains("src/") && !shown.text.contains("panicked"), "{what}: {}", shown.text);
    }
    bridge.stop().await;
}
