//! Follows the links of the pages until every route of the table was looked at a few times.

use super::super::browser::{Browser, Shown, unescape};
use reqwest::Method;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Addresses that are looked at of one route; they differ in their ids, filters and sorts.
const EACH: usize = 6;
/// Answers that go on as long as somebody listens.
const STREAMS: [&str; 1] = ["/runs/{run}/events"];

/// One answer and the route that gave it.
pub struct Seen {
    pub pattern: String,
    pub url: String,
    pub shown: Shown,
    pub bytes: Vec<u8>,
}

/// The GET route of a path; one that has fewer holes goes before one that has more.
pub fn pattern_of(path: &str) -> Option<String> {
    let routes = wecom_bridge::web::routes().into_iter().filter(|route| route.method == Method::GET.as_str());
    let fitting = routes.map(|route| route.path).filter(|pattern| fits(pattern, path));
    fitting.min_by_key(|pattern| (pattern.matches('{').count(), std::cmp::Reverse(pattern.len())))
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(hole, part)| match hole.split_once('}') {
            Some((_, rest)) => part.len() > rest.len() && part.ends_with(rest),
            None => hole == part,
        })
}

/// Every page that links lead to from these, asked as this browser.
pub async fn crawl(browser: &Browser, from: &[&str]) -> Vec<Seen> {
    let mut waiting: VecDeque<String> = from.iter().map(|url| (*url).to_owned()).collect();
    let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = Vec::new();
    while let Some(url) = waiting.pop_front() {
        let path = url.split(['?', '#']).next().unwrap();
        let Some(pattern) = pattern_of(path) else {
            assert!(path.starts_with("/api/"), "{url} leads nowhere");
            continue;
        };
        let count = counts.entry(pattern.clone()).or_default();
        if *count >= EACH || STREAMS.contains(&pattern.as_str()) {
            continue;
        }
        *count += 1;
        let (shown, bytes) = browser.take(browser.request(Method::GET, &url)).await;
        for link in links(&shown) {
            if known.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
        seen.push(Seen { pattern, url, shown, bytes });
    }
    seen
}

/// Where a page leads on this server: links, branches that are loaded when they are opened, forms that only ask.
fn links(shown: &Shown) -> Vec<String> {
    let is_page = shown.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let mut found = Vec::new();
    for mark in [" href=\"", " src=\"", " data-load=\"", "<form method=\"get\" action=\""].iter().filter(|_| is_page) {
        for rest in shown.text.split(mark).skip(1) {
            let url = unescape(rest.split('"').next().unwrap());
            let is_choice = ["lang=", "theme="].iter().any(|choice| url.contains(choice));
            if url.starts_with('/') && !url.starts_with("//") && !is_choice {
                found.push(url.split('#').next().unwrap().to_owned());
            }
        }
    }
    found.extend(shown.headers.get("location").and_then(|to| to.to_str().ok()).map(str::to_owned));
    found
}
