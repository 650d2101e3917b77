//! Forms that another site sends, or that carry no token or somebody else's.

use super::super::browser::{Browser, Shown};
use super::code_of;
use crate::api::bridge::{Bridge, filled};
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use wecom_bridge::model::Role;
use wecom_bridge::{store, web};

/// Sends a token in the form that the route takes.
async fn send(
    browser: &Browser,
    path: &str,
    token: Option<&str>,
    with: impl Fn(RequestBuilder) -> RequestBuilder,
) -> Shown {
    let request = || with(browser.request(Method::POST, path));
    let fields: Vec<(&str, &str)> = token.map(|token| ("_csrf", token)).into_iter().collect();
    let shown = browser.send(request().form(&fields)).await;
    if shown.status != 415 {
        return shown;
    }
    let form = token.map_or_else(|| Form::new().text("x", "y"), |token| Form::new().text("_csrf", token.to_owned()));
    browser.send(request().multipart(form)).await
}

fn token_of(page: &Shown) -> String {
    let (_, rest) = page.text.split_once("name=\"_csrf\" value=\"").expect("the page has a form");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn no_form_is_taken_without_its_own_token_or_from_elsewhere() {
    let bridge = Bridge::start().await;
    let browser = Browser::sign_in(&bridge, Role::Administrator).await;
    let other = Browser::sign_in(&bridge, Role::Administrator).await;
    let stranger = Browser::new(&bridge);
    let (own, others) = (token_of(&browser.get("/").await), token_of(&other.get("/").await));
    let visitors = token_of(&stranger.get("/sign-in").await);
    let last = |tx: &store::ReadTx| Ok(store::audit::page(tx, None, 1)?.first().map_or(0, |row| row.seq));
    let before = bridge.app.store.read(last).unwrap();
    let plain = |request: RequestBuilder| request;
    let forms = web::routes().into_iter().filter(|route| route.method == Method::POST.as_str());
    let mut count = 0;
    for route in forms {
        count += 1;
        let path = filled(&route.path);
        let told = |what: &str, shown: &Shown| {
            assert_eq!(shown.status, 403, "{} {what}: {}", route.path, shown.text);
            assert_eq!(code_of(shown), "form.token", "{} {what}: {}", route.path, shown.text);
        };
        for (what, token) in [
            ("without a token", None),
            ("with an empty token", Some("")),
            ("with nonsense", Some("AAAA")),
            ("with the token of another session", Some(others.as_str())),
            ("with the token of a visitor", Some(visitors.as_str())),
        ] {
            told(what, &send(&browser, &path, token, plain).await);
        }
        for (what, name, value) in [
            ("from another site", "sec-fetch-site", "cross-site"),
            ("from a neighbour", "sec-fetch-site", "same-site"),
            ("typed by hand", "sec-fetch-site", "none"),
            ("from another origin", "origin", "https://evil.example"),
            ("from nowhere", "origin", "null"),
        ] {
            // the token would fit, were it not for where the form comes from
            let token = if route.needs_session { &own } else { &visitors };
            let from = if route.needs_session { &browser } else { &stranger };
            told(what, &send(from, &path, Some(token), |request| request.header(name, value)).await);
        }
    }
    assert!(count > 40, "{count} forms");
    assert_eq!(bridge.app.store.read(last).unwrap(), before, "nothing was done");
    browser.get("/").await.expect(200);
    bridge.stop().await;
}

#[tokio::test]
async fn a_token_is_of_one_session_and_ends_with_it() {
    let bridge = Bridge::start().await;
    let browser = Browser::sign_in(&bridge, Role::Administrator).await;
    let page = browser.get("/").await.expect(200);
    let own = token_of(&page);
    assert_ne!(own, token_of(&browser.get("/").await), "masked anew in each page");
    // from this very page it is taken
    let from_here = browser.request(Method::POST, "/system/audit/verify").header("sec-fetch-site", "same-origin");
    browser.send(from_here.form(&[("_csrf", own.as_str())])).await.expect(303);
    browser.submit(&page, "/sign-out", &[]).await.expect(303);
    let late = browser.request(Method::POST, "/system/audit/verify").form(&[("_csrf", own.as_str())]);
    browser.send(late).await.expect(401);
    bridge.stop().await;
}
