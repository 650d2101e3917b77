//! `subscribe` and `unsubscribe`: a member enters or leaves the visible range of an app, joins or leaves the corp, is
//! enabled or disabled (doc path 90240).

use super::Change;
use super::element::{self, Element};
use super::outbox::{Letter, Talk};
use crate::sandbox::options::DeliveryOptions;
use crate::sandbox::state::corp::{App, AppKind, Corp};
use crate::sandbox::state::member::Member;

/// The letter to an app with an address, when the change makes a member come or go.
pub fn letter(corp: &Corp, agentid: u64, change: &Change, now_ms: i64) -> Option<Letter> {
    let app = corp.apps.get(&agentid)?;
    let callback = app.callback.as_ref()?;
    let hears = matches!(app.kind, AppKind::SelfBuilt | AppKind::CustomerBuilt);
    if !hears || !corp.message_switches.tells_subscriptions {
        return None;
    }
    let (before, after) = match change {
        Change::MemberCreated(member) => (None, Some(&**member)),
        Change::MemberUpdated { before, after } => (Some(&**before), Some(&**after)),
        Change::MemberDeleted(member) => (Some(&**member), None),
        _ => return None,
    };
    let is_in = |member: Option<&Member>| member.is_some_and(|member| uses(corp, app, member));
    let (event, member) = match (is_in(before), is_in(after)) {
        (false, true) => ("subscribe", after?),
        (true, false) => ("unsubscribe", before?),
        _ => return None,
    };
    let elements = vec![
        Element::text("ToUserName", corp.corpid.clone()),
        Element::text("FromUserName", member.userid.to_string()),
        Element::number("CreateTime", now_ms.div_euclid(1000)),
        Element::text("MsgType", "event"),
        Element::text("Event", event),
        Element::text("EventKey", ""),
        Element::number("AgentID", agentid),
    ];
    let text = element::render(elements, &DeliveryOptions::default(), 0);
    let mut letter = Letter::new(callback, &corp.corpid, Some(agentid), text, event);
    letter.talk =
        Some(Talk { corpid: corp.corpid.clone(), agentid, userid: member.key(), event: event.into(), message: None });
    Some(letter)
}

/// Whether the member, as it is or was, may use the app.
fn uses(corp: &Corp, app: &App, member: &Member) -> bool {
    let key = member.key();
    let range = &app.visible;
    let is_named = range.users.contains(key.as_str())
        || range.tags.iter().filter_map(|tag| corp.tags.get(tag)).any(|tag| tag.users.contains(key.as_str()));
    member.is_enabled
        && !member.has_left
        && (is_named || member.memberships.iter().any(|m| corp.sees_department(app, m.department)))
}
