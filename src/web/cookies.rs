//! Cookies: their names and attributes in one place.

use super::visit::Visit;
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

/// The session's token. With HTTPS it has the prefix that binds it to this host.
pub const SESSION: &str = "wb_session";
/// A visitor's random value before there is a session; forms are bound to it.
pub const VISITOR: &str = "wb_visitor";
/// Chosen language.
pub const LANG: &str = "wb_lang";
/// Chosen colours.
pub const THEME: &str = "wb_theme";
/// The corp that was looked at last.
pub const CORP: &str = "wb_corp";
/// One sentence for the next page.
pub const FLASH: &str = "wb_flash";
/// The same once it was shown on a page that reloads itself, for what is shown after that.
pub const SHOWN: &str = "wb_shown";

/// Reads a cookie.
pub fn read(request: &HttpRequest, name: &str, is_secure: bool) -> Option<String> {
    request.cookie(&full(name, is_secure)).map(|cookie| cookie.value().to_owned())
}

/// A cookie that no script reads and no other site sends. `max_age_s`: `None` ends with the browser, 0 removes it.
pub fn make(visit: &Visit, name: &str, value: &str, max_age_s: Option<i64>) -> Cookie<'static> {
    let mut cookie = Cookie::build(full(name, visit.is_secure), value.to_owned())
        .path("/")
        .http_only(true)
        .secure(visit.is_secure)
        // A link from a chat must find the session; forms are protected by their token and by fetch metadata.
        .same_site(SameSite::Lax)
        .finish();
    cookie.set_max_age(max_age_s.map(Duration::seconds));
    cookie
}

fn full(name: &str, is_secure: bool) -> String {
    if is_secure { format!("__Host-{name}") } else { name.to_owned() }
}
