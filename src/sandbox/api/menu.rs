//! `menu/create`, `menu/get`, `menu/delete` (doc paths 90229 to 90233). The app is named in the query.

use super::Exchange;
use super::message::with_body;
use crate::sandbox::menus::Menu;
use crate::sandbox::state::corp::{App, AppKind};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};

/// The app of the query; menus are for self-built apps.
fn app<'e>(exchange: &'e mut Exchange<'_>) -> Result<&'e mut App, Refusal> {
    let agentid = exchange.query.find("agentid").map(|text| text.parse().unwrap_or(-1));
    let agentid = exchange.own_app(agentid)?;
    exchange.subject = agentid.to_string();
    match exchange.corp.apps.get_mut(&agentid) {
        None => refuse(40056, "invalid agentid"),
        Some(app) if app.kind != AppKind::SelfBuilt => refuse(48002, "api forbidden"),
        Some(app) => Ok(app),
    }
}

/// `POST menu/create`: replaces the whole menu.
pub fn create(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| {
        let needs_callback = exchange.corp.message_switches.menu_needs_callback;
        let app = app(exchange)?;
        let menu = Menu::read(body)?;
        if needs_callback && menu.has_events() && app.callback.is_none() {
            return refuse(43012, "the app has no callback url");
        }
        app.menu = Some(menu);
        Ok(Answer::new("ok"))
    })
}

/// `GET menu/get`: `button` at the top; leaves carry an empty `sub_button`.
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    match &app(exchange)?.menu {
        Some(menu) => Ok(Answer::new("ok").with_all(menu)),
        None => refuse(46003, "no menu"),
    }
}

/// `GET menu/delete`
pub fn delete(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    app(exchange)?.menu = None;
    Ok(Answer::new("ok"))
}
