//! One message: what it says, what became of it at each recipient, its life step by step.

use super::log::{hopeless, why};
use super::names::Names;
use super::todo::TodoView;
use super::{class, get_tenant, place, todo};
use crate::http::Problem;
use crate::http::errors::{message_problem, rule_problem, setup_problem, store_problem};
use crate::http::permission::MessagesRead;
use crate::locale::T;
use crate::messages::cards::TodoStage;
use crate::messages::search::{RecipientPlace, Stage};
use crate::messages::trace::CallTrace;
use crate::messages::{MessageStatus, is_hopeless, rulebook};
use crate::model::{ApiScope, CallState, Delivery, DeliveryState, MessageId, TenantKey, TraceRow};
use crate::setup::service as setup;
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, rules as rules_page, time};
use actix_web::{HttpResponse, web};
use askama::Template;

/// Parameters of the list of recipients.
const PARAMETERS: [&str; 2] = ["state", "after"];

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/tenants/{tenant}/messages/{message}", show);
}

struct Step {
    when: String,
    what: &'static str,
    /// In the reader's language.
    detail: String,
    /// As it is stored, where it cannot be told in the reader's language.
    stored: String,
}

struct CallView {
    call: CallTrace,
    /// Corp and app, and which batch where there are several.
    place: String,
    state: &'static str,
    why: &'static str,
    steps: Vec<Step>,
}

struct Recipient {
    row: Delivery,
    /// Corp and app as people call them.
    place: String,
    /// The rule that chose them.
    rule: String,
    name: String,
    state: &'static str,
    class: &'static str,
    why: String,
    sent: String,
}

#[derive(Template)]
#[template(path = "messages/detail.html")]
struct DetailPage {
    f: Frame,
    tenant: TenantKey,
    status: MessageStatus,
    stage: &'static str,
    priority: &'static str,
    accepted: String,
    by: String,
    expires: Option<String>,
    /// State, its name, its class, how many.
    tally: Vec<(&'static str, &'static str, &'static str, u32)>,
    steps: Vec<Step>,
    calls: Vec<CallView>,
    list: Listing,
    /// The recipients as a file.
    files: Listing,
    recipients: Vec<Recipient>,
    next: Option<String>,
    has_dead: bool,
    /// Whether sending what is dead again may help.
    can_redrive: bool,
    /// Why nothing that is dead can be sent again; empty where some may be.
    hopeless: &'static str,
    can_recall: bool,
    may_manage: bool,
    may_send: bool,
    todo: Option<TodoView>,
}

impl DetailPage {
    /// What a person can say of a to-do.
    fn wishes(&self) -> [(&'static str, &'static str); 3] {
        let t = self.f.t;
        [
            ("done", t.todo_stage(TodoStage::Done)),
            ("returned", t.todo_stage(TodoStage::Returned)),
            ("withdrawn", t.todo_stage(TodoStage::Withdrawn)),
        ]
    }
}

async fn show(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, MessageId)>,
) -> Result<HttpResponse, Problem> {
    let (t, (tenant, id)) = (who.t, path.into_inner());
    let tenant = get_tenant(&web, &tenant).await?.key;
    let mut status = web.app.messages.status(&id).await.map_err(message_problem)?;
    if status.message.tenant != tenant {
        return Err(Problem::not_found("message", id));
    }
    let trace = web.app.messages.trace(&id).await.map_err(message_problem)?;
    let list = Listing::of(&who, &PARAMETERS);
    let (state, after) = (DeliveryState::find(list.get("state")), list.after(RecipientPlace::parse)?);
    let page = web.app.messages.recipients(&tenant, &id, state, after, ROWS).await;
    let (rows, next) = page.map_err(store_problem)?;
    // what can be done is judged by the first of all recipients, whichever are looked at
    let first = match (state, after) {
        (None, None) => None,
        _ => Some(web.app.messages.recipients(&tenant, &id, None, None, ROWS).await.map_err(store_problem)?.0),
    };
    let mut ids: Vec<_> = rows.iter().chain(first.iter().flatten()).filter_map(|row| row.employee.clone()).collect();
    ids.extend(status.todo.iter().flat_map(todo::people).cloned());
    let names = Names::read(&web, &tenant, ids).await?;
    let corps = setup::list_corps(&web.app.store, Some(tenant.clone())).await.map_err(setup_problem)?;
    let rules = rulebook::list(&web.app.env, &tenant).await.map_err(rule_problem)?;
    let rule = |id: &str| rules.iter().find(|rule| rule.id.as_str() == id).map(|rule| rule.name.clone());
    let todo = status.todo.take().map(|of| todo::view(t, &status.message, of, &names));
    let dead: u32 =
        DeliveryState::ALL.into_iter().filter(|state| state.is_dead()).map(|state| status.tally.of(state)).sum();
    // those that are dead come first
    let first = first.as_ref().unwrap_or(&rows);
    let shown_dead = first.iter().filter(|row| row.state.is_dead());
    let is_there = |row: &Delivery| row.employee.as_ref().is_some_and(|id| !names.of(id).is_empty());
    let is_all_shown = usize::try_from(dead).is_ok_and(|dead| dead <= shown_dead.clone().count());
    let may_help = !is_all_shown || shown_dead.clone().any(|row| !is_hopeless(row, is_there(row)));
    let is_hopeless = status.recall_at_ms.is_none() && dead > 0 && !may_help;
    let hopeless = if is_hopeless { hopeless(t, shown_dead) } else { "" };
    let may_manage = who.may(ApiScope::MessagesManage);
    let can_recall = may_manage
        && (status.recall_at_ms.is_none()
            || status.stage == Stage::Accepted
            || web.app.messages.recall_reach(&id).await.map_err(store_problem)?.reached > 0);
    let recipients = rows.into_iter().map(|row| Recipient {
        name: row.employee.as_ref().map(|id| names.of(id).to_owned()).unwrap_or_default(),
        state: t.recipient_state(&row),
        class: class(row.state),
        why: why(t, &row),
        // what was taken back is told with the time of that
        sent: match row.state {
            DeliveryState::Recalled => time::second(row.changed_at_ms),
            _ => row.sent_at_ms.map(time::second).unwrap_or_default(),
        },
        place: place(&corps, &row),
        rule: row.rule.as_deref().and_then(rule).unwrap_or_default(),
        row,
    });
    let step = |row: TraceRow| {
        let stored = row.detail.unwrap_or_default();
        let (detail, stored) = match t.message_step_detail(&stored) {
            _ if stored.is_empty() => Default::default(),
            Some(detail) => (detail, String::new()),
            None => (String::new(), stored),
        };
        Step { when: time::second(row.at_ms), what: t.message_step(&row.step), detail, stored }
    };
    let numbers = batches(&trace.calls);
    let named = |call: &CallTrace, (n, all): (usize, usize)| {
        let place = rules_page::place(&corps, call.corp.as_str(), call.app.as_str());
        if all > 1 { format!("{place} · {}", t.push_detail_batch(n, all)) } else { place }
    };
    let calls = trace.calls.into_iter().zip(numbers).map(|(mut call, number)| CallView {
        steps: std::mem::take(&mut call.steps).into_iter().map(step).collect(),
        state: heading(t, &call),
        place: named(&call, number),
        why: call.code.as_deref().map(|code| t.delivery_why(code)).unwrap_or_default(),
        call,
    });
    let counted = |state: DeliveryState| (state.name(), t.delivery_state(state), class(state), status.tally.of(state));
    let of_log = list.clone().on(who.url(&format!("/tenants/{tenant}/messages")));
    reply::page(&DetailPage {
        f: who.frame(t.push_detail_title()),
        stage: match status.recall_at_ms {
            Some(_) if !status.is_about() && status.tally.of(DeliveryState::Recalled) > 0 => {
                t.delivery_state(DeliveryState::Recalled)
            }
            _ => t.message_stage(status.stage),
        },
        priority: t.message_priority(status.message.priority),
        accepted: time::second(status.message.accepted_at_ms),
        by: t.sync_actor(&status.message.accepted_by),
        expires: status.message.expires_at_ms.map(time::minute),
        tally: DeliveryState::ALL.map(counted).into_iter().filter(|(.., count)| *count > 0).collect(),
        steps: trace.steps.into_iter().map(step).collect(),
        calls: calls.collect(),
        recipients: recipients.collect(),
        next: next.map(|place| list.at("after", &place.to_string())),
        files: of_log.with_values("message", &[id.to_string()]),
        list,
        has_dead: dead > 0,
        // nobody is to get what was recalled
        can_redrive: status.recall_at_ms.is_none() && dead > 0 && may_help,
        hopeless,
        can_recall,
        may_manage,
        may_send: who.may(ApiScope::MessagesSend),
        todo,
        tenant,
        status,
    })
}

/// Of each call which one it is of those at its app that carry this message alone to somebody, and how many these are.
fn batches(calls: &[CallTrace]) -> Vec<(usize, usize)> {
    let is_batch = |call: &CallTrace| call.members > 0 && call.messages == 1;
    let mates = |call: &CallTrace, among: &[CallTrace]| {
        let same = |other: &&CallTrace| is_batch(other) && other.corp == call.corp && other.app == call.app;
        among.iter().filter(same).count()
    };
    let number = |(at, call): (usize, &CallTrace)| match is_batch(call) {
        true => (mates(call, &calls[..=at]), mates(call, calls)),
        false => (1, 1),
    };
    calls.iter().enumerate().map(number).collect()
}

/// What a call's heading says became of it.
fn heading(t: T, call: &CallTrace) -> &'static str {
    match call.state {
        _ if call.is_recalled => t.delivery_state(DeliveryState::Recalled),
        // it keeps what is said, and its members get it in other calls
        CallState::Dropped if call.elsewhere == Some(DeliveryState::Waiting) => t.push_call_collected(),
        CallState::Dropped if call.elsewhere.is_some() => t.push_call_elsewhere(),
        state => t.call_state(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;
    use crate::model::SendCall;

    #[test]
    fn batches_of_one_app_are_numbered() {
        let call = |app: &str, members: usize, messages: usize| {
            let sample = SendCall { app: app.into(), ..SendCall::sample() };
            CallTrace { members, messages, ..CallTrace::from(sample) }
        };
        let calls = [call("oa", 1_000, 1), call("hr", 3, 1), call("oa", 7, 1), call("oa", 5, 2), call("oa", 0, 1)];
        assert_eq!(batches(&calls), [(1, 2), (1, 1), (2, 2), (1, 1), (1, 1)]);
    }

    #[test]
    fn the_heading_of_a_call_says_what_became_of_it() {
        let t = T { lang: Lang::Zh };
        let (waits, sent) = (Some(DeliveryState::Waiting), Some(DeliveryState::Sent));
        for (state, is_recalled, elsewhere, want) in [
            (CallState::Sent, false, None, "已送达企业微信"),
            (CallState::Sent, true, None, "已撤回"),
            (CallState::Dropped, false, waits, "等待与其他消息合并发送"),
            (CallState::Dropped, false, sent, "已在其他调用中发出"),
            (CallState::Dropped, false, None, "未发出"),
        ] {
            let sample = SendCall { state, ..SendCall::sample() };
            let call = CallTrace { is_recalled, elsewhere, ..CallTrace::from(sample) };
            assert_eq!(heading(t, &call), want, "{state:?} {is_recalled} {elsewhere:?}");
        }
    }
}
