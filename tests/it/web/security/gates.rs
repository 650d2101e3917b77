//! Who is let in: every route of the table, asked by strangers and by every role.

use super::super::browser::Browser;
use super::{code_of, method_of};
use crate::api::bridge::{Bridge, filled};
use reqwest::Method;
use wecom_bridge::model::Role;
use wecom_bridge::web;

/// Routes that need no session, and why: our own files, the door, the first start.
const OPEN: [(&str, &str); 5] =
    [("GET", "/static/{name}"), ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/setup"), ("POST", "/setup")];

#[tokio::test]
async fn no_route_but_the_door_answers_a_stranger() {
    let bridge = Bridge::start().await;
    let _known = Browser::sign_in(&bridge, Role::Administrator).await;
    let mut open = Vec::new();
    for route in web::routes() {
        let (method, path) = (method_of(route.method.as_str()), filled(&route.path));
        let told = format!("{method} {}", route.path);
        if !route.needs_session {
            open.push((method.to_string(), route.path));
            continue;
        }
        let stranger = Browser::new(&bridge);
        stranger.get("/sign-in").await.expect(200);
        for cookie in ["", "wb_session=0000", "wb_session="] {
            let request = stranger.request(method.clone(), &path).header("cookie", cookie);
            let shown = stranger.send(if method == Method::POST { request.form(&[("a", "b")]) } else { request }).await;
            match method {
                Method::GET => assert!(shown.location().starts_with("/sign-in"), "{told}"),
                _ => assert_eq!(shown.status, 401, "{told}: {}", shown.text),
            }
        }
        // nor does a verb that the route does not know
        let other = stranger.send(stranger.request(Method::PUT, &path)).await;
        assert!(matches!(other.status.as_u16(), 404 | 405), "PUT {}: {}", route.path, other.status);
    }
    let expected = OPEN.map(|(method, path)| (method.to_owned(), path.to_owned()));
    open.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(open, expected, "routes that need no session");
    bridge.stop().await;
}

#[tokio::test]
async fn every_role_is_answered_as_the_type_of_each_route_says() {
    let bridge = Bridge::start().await;
    let mut refused = 0;
    for role in Role::ALL {
        let browser = Browser::sign_in(&bridge, role).await;
        for route in web::routes().into_iter().filter(|route| route.needs_session) {
            let (method, path) = (method_of(route.method.as_str()), filled(&route.path));
            let told = format!("{} asks {method} {}", role.name(), route.path);
            // a form without its token gets as far as the form, and does nothing
            let request = browser.request(method.clone(), &path);
            let shown = browser.send(if method == Method::POST { request.form(&[("a", "b")]) } else { request }).await;
            let code = code_of(&shown);
            if route.right.is_none_or(|right| role.may(right)) {
                assert_ne!(code, "account.no_right", "{told}");
                match method {
                    Method::POST => {
                        assert!(matches!(code, "form.token" | "request.media_type"), "{told}: {}", shown.text)
                    }
                    _ => assert!(shown.status.as_u16() < 500 && shown.status != 401, "{told}: {}", shown.text),
                }
            } else {
                assert_eq!((shown.status.as_u16(), code), (403, "account.no_right"), "{told}: {}", shown.text);
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "{refused} refusals");
    bridge.stop().await;
}
