//! What docs/security.md promises of the pages. Every test walks the table of routes or follows the links of the pages,
//! so that a page that is added later is looked at as well.

mod bombs;
mod crawl;
mod escapes;
mod forgery;
mod gates;
mod guessing;
mod headers;
mod house;

/// The verb of a route, as the client spells it.
fn method_of(name: &str) -> reqwest::Method {
    reqwest::Method::from_bytes(name.as_bytes()).unwrap()
}

/// The code of an error page; empty where there is none.
fn code_of(shown: &super::browser::Shown) -> &str {
    shown.text.split("<p><code>").nth(1).and_then(|rest| rest.split("</code>").next()).unwrap_or_default()
}
