//! The address of the page that is looked at. The answer of a form stands at the form's address, which need not be a page:
//! what leads back to "this page" (another language, other colours) then leads to the page that the form stood on.

use super::routes::Known;
use super::visit::Visit;
use actix_web::HttpRequest;
use actix_web::http::{Method, header};

/// The path and the query of the page, without the base path. Of a form's answer: where the browser says that the form
/// stood, where that is a page, else the nearest page above the form's address.
pub(super) fn of(request: &HttpRequest, visit: &Visit, routes: &[Known]) -> String {
    let mark = if visit.query.is_empty() { "" } else { "?" };
    if request.method() != Method::POST {
        return format!("{}{mark}{}", visit.path, visit.query);
    }
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let stood = header(header::REFERER).zip(header(header::HOST)).and_then(|(from, host)| {
        let rest = from.split_once("://")?.1.strip_prefix(host)?.strip_prefix(visit.base.as_str())?;
        is_page(routes, rest.split(['?', '#']).next()?).then(|| rest.split('#').next().unwrap_or(rest).to_owned())
    });
    stood.unwrap_or_else(|| above(routes, &visit.path))
}

/// Whether a path is that of a page.
fn is_page(routes: &[Known], path: &str) -> bool {
    pattern_of(routes, path).is_some_and(|pattern| has_page(routes, pattern))
}

/// The pattern that answers a path: of several the first, as in the table of addresses.
fn pattern_of<'r>(routes: &'r [Known], path: &str) -> Option<&'r str> {
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len() && pattern.iter().zip(&path).all(|(hole, part)| fits(hole, part))
    };
    routes.iter().map(|known| known.path.as_str()).find(|pattern| fits(pattern))
}

/// Whether a segment of a pattern, with one hole or none, fits a part of a path.
fn fits(segment: &str, part: &str) -> bool {
    let Some((before, rest)) = segment.split_once('{') else { return segment == part };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    part.strip_prefix(before).and_then(|part| part.strip_suffix(after)).is_some_and(|value| !value.is_empty())
}

fn has_page(routes: &[Known], pattern: &str) -> bool {
    routes.iter().any(|known| known.method == Method::GET && known.path == pattern)
}

/// The nearest page at or above the path of a form; `/` where there is none.
fn above(routes: &[Known], path: &str) -> String {
    let mut pattern = pattern_of(routes, path).unwrap_or_default();
    while let Some((rest, _)) = pattern.rsplit_once('/') {
        if has_page(routes, pattern) {
            return path.split('/').take(pattern.split('/').count()).collect::<Vec<_>>().join("/");
        }
        pattern = rest;
    }
    "/".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_what_is_none() {
        let routes = crate::web::routes();
        for (path, expected) in [
            ("/", true),
            ("/corps/acme/replies", true),
            ("/runs/1", true),
            ("/runs//", false),
            ("/corps/acme/apps/oa/replies/remove", false),
            ("/system/backup", true),
            ("/system/backup/verify", false),
            ("//elsewhere.example", false),
            ("/nothing/here", false),
        ] {
            assert_eq!(is_page(&routes, path), expected, "{path}");
        }
    }

    #[test]
    fn the_nearest_page_above_a_form() {
        let routes = crate::web::routes();
        for (path, expected) in [
            ("/corps/new", "/corps/new"),
            ("/corps/acme/contacts-secret", "/corps/acme"),
            ("/corps/acme/apps/oa/replies/remove", "/corps/acme/apps/oa"),
            ("/runs/1/records/7/retry", "/runs/1/records"),
            ("/system/backup/verify", "/system/backup"),
            ("/sign-out", "/"),
            ("/nothing/here", "/"),
        ] {
            assert_eq!(above(&routes, path), expected, "{path}");
        }
    }

    /// Whatever form is answered with a page, the way back from it is one.
    #[test]
    fn every_form_has_a_page_above_it() {
        let routes = crate::web::routes();
        for form in routes.iter().filter(|known| known.method == Method::POST) {
            let back = above(&routes, &form.path);
            assert!(is_page(&routes, &back), "{}: {back}", form.path);
        }
    }
}
