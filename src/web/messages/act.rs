//! Buttons of one message: recall, send dead letters again; and of a search: send its dead letters again.

use super::{get_tenant, log};
use crate::http::Problem;
use crate::http::errors::{message_problem, store_problem};
use crate::http::permission::MessagesManage;
use crate::messages::Redrive;
use crate::messages::search::Stage;
use crate::model::{DeliveryState, MessageId, TenantKey};
use crate::store::deliveries::DeliveryCursor;
use crate::web::flash::Flash;
use crate::web::form::{Form, is_on};
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::sure::Sure;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .post("/tenants/{tenant}/messages/{message}/recall", recall)
        .post("/tenants/{tenant}/messages/{message}/redrive", redrive)
        .post("/tenants/{tenant}/redrives", redrive_found);
}

pub(super) async fn check(web: &Web, tenant: &TenantKey, id: &MessageId) -> Result<(), Problem> {
    let status = web.app.messages.status(id).await.map_err(message_problem)?;
    if status.message.tenant == *tenant { Ok(()) } else { Err(Problem::not_found("message", id)) }
}

async fn recall(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, MessageId)>,
    form: Form<Wish>,
) -> Result<HttpResponse, Problem> {
    let ((tenant, id), t) = (path.into_inner(), who.t);
    let status = web.app.messages.status(&id).await.map_err(message_problem)?;
    if status.message.tenant != tenant {
        return Err(Problem::not_found("message", id));
    }
    // what did not arrive cannot be taken back; where nothing did, it is no longer sent again
    let reach = web.app.messages.recall_reach(&id).await.map_err(store_problem)?;
    let (lead, count) = match (reach.reached, reach.dropped) {
        // one message, whose recipients are still to be found
        _ if status.stage == Stage::Accepted => (t.push_recall_early().to_owned(), 1),
        (0, 0) => (t.push_recall_none().to_owned(), 1),
        (0, dropped) => (t.push_recall_nobody(dropped), dropped),
        (reached, _) => (t.push_recall_sure(reached), reached),
    };
    let counted = DeliveryState::ALL.into_iter().filter(|state| status.tally.of(*state) > 0);
    let counted = counted.map(|state| format!("{} {}", t.delivery_state(state), status.tally.of(state)));
    let here = format!("/tenants/{tenant}/messages/{id}");
    let mut notes = vec![status.message.title, counted.collect::<Vec<_>>().join(" · ")];
    notes.extend((reach.stays > 0).then(|| t.push_recall_stays(reach.stays)));
    notes.push(t.push_recall_hint().to_owned());
    let sure = Sure {
        f: who.frame(t.push_recall_title()),
        lead,
        notes,
        action: format!("{here}/recall"),
        back: (t.push_detail_title().to_owned(), here.clone()),
        carried: Vec::new(),
        choice: None,
        word: count.to_string(),
        is_mistyped: false,
    };
    if let Some(page) = sure.ask(form.0.confirm.as_deref())? {
        return Ok(page);
    }
    let done = web.app.messages.recall(&who.actor(), &id).await.map_err(message_problem)?;
    let kept: usize = done.kept.iter().map(|kept| kept.count).sum();
    let why = done.kept.iter().map(|kept| t.recall_kept(kept.code)).collect::<Vec<_>>().join(t.lang.pick("；", "; "));
    let told = t.push_recalled(done.cancelled, done.recalled, done.later, kept);
    let text = if why.is_empty() { told } else { t.push_recalled_why(told, why) };
    let flash = if kept == 0 { Flash::good(text) } else { Flash::warning(text) };
    Ok(reply::go(&who, &here, Some(flash)))
}

#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(default)]
    doubtful: Option<String>,
    /// When the question was first asked, Unix milliseconds: messages that came, and deliveries that died, later are not meant.
    #[serde(default)]
    asked_at: Option<i64>,
    /// Absent on the way from the page with the button.
    #[serde(default)]
    confirm: Option<String>,
}

async fn redrive(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, MessageId)>,
    form: Form<Wish>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    check(&web, &tenant, &id).await?;
    let wish = Redrive { seqs: Vec::new(), accept_duplicates: is_on(form.0.doubtful.as_ref()) };
    let done = web.app.messages.redrive(&who.actor(), &id, wish).await.map_err(message_problem)?;
    let text = who.t.push_redriven(done.again, done.still_dead, done.doubtful);
    let flash = if done.still_dead + done.doubtful == 0 { Flash::good(text) } else { Flash::warning(text) };
    Ok(reply::go(&who, &format!("/tenants/{tenant}/messages/{id}"), Some(flash)))
}

/// Dead letters that a search of the log finds, the filters in the address.
async fn redrive_found(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    form: Form<Wish>,
) -> Result<HttpResponse, Problem> {
    let (t, tenant) = (who.t, get_tenant(&web, &tenant).await?.key);
    let list = Listing::of(&who, &log::PARAMETERS);
    let path = format!("/tenants/{tenant}/messages");
    let back = format!("{path}{}", list.query());
    let mut filter = log::asked(&web, &tenant, &list).await?.filter;
    let asked_at = form.0.asked_at.unwrap_or_else(|| web.app.clock.now_ms());
    filter.until_ms = Some(filter.until_ms.map_or(asked_at, |until_ms| until_ms.min(asked_at)));
    // and only what is dead by now: the number that is typed stays what it was
    filter.changed_until_ms = Some(asked_at);
    let after = DeliveryCursor::parse(list.get("after"));
    let counted = web.app.messages.count_dead(tenant.clone(), filter.clone(), after.clone()).await;
    let (count, more) = counted.map_err(store_problem)?;
    // the button there goes on behind what was looked at
    let go_on = |more: Option<DeliveryCursor>| match more {
        Some(cursor) => {
            let at = [cursor.to_string()];
            let there = list.clone().with_values("after", &at).with_values(log::GONE_ON, &at);
            format!("{path}{}", there.query())
        }
        None => back.clone(),
    };
    if count == 0 {
        let told = t.push_redrive_none();
        let told = if more.is_some() { t.push_redriven_more(told) } else { told.to_owned() };
        return Ok(reply::go(&who, &go_on(more), Some(Flash::warning(told))));
    }
    let mut notes = vec![t.push_redrive_hint().to_owned(), t.push_redrive_bound().to_owned()];
    notes.extend(more.is_some().then(|| t.push_redrive_more().to_owned()));
    let accept_duplicates = is_on(form.0.doubtful.as_ref());
    let sure = Sure {
        f: who.frame(t.push_redrive_found()),
        lead: t.push_redrive_sure(count),
        notes,
        action: format!("/tenants/{tenant}/redrives{}", list.query()),
        back: (t.nav_push_log().to_owned(), back.clone()),
        carried: vec![("asked_at", asked_at.to_string())],
        choice: Some(("doubtful", t.push_redrive_doubtful(), accept_duplicates)),
        word: count.to_string(),
        is_mistyped: false,
    };
    if let Some(page) = sure.ask(form.0.confirm.as_deref())? {
        return Ok(page);
    }
    let done = web.app.messages.redrive_found(&who.actor(), tenant, filter, accept_duplicates, after).await;
    let (done, next) = done.map_err(message_problem)?;
    let told = t.push_redriven(done.again, done.still_dead, done.doubtful);
    let text = if next.is_some() { t.push_redriven_more(told) } else { told };
    let is_good = done.still_dead + done.doubtful == 0 && next.is_none();
    let flash = if is_good { Flash::good(text) } else { Flash::warning(text) };
    Ok(reply::go(&who, &go_on(next), Some(flash)))
}
