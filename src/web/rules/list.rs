//! The rules in their order.

use crate::http::Problem;
use crate::http::errors::{rule_problem, setup_problem};
use crate::http::permission::{MessagesManage, MessagesRead};
use crate::locale::T;
use crate::messages::rulebook;
use crate::messages::rules::{Hidden, hidden};
use crate::model::{ApiScope, Corp, Rule, RuleId, Target, TenantKey};
use crate::setup::service as setup;
use crate::web::flash::Flash;
use crate::web::form::{Form, is_typed};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .list("/tenants/{tenant}/rules", show)
        .post("/tenants/{tenant}/rules/order", order)
        .post("/tenants/{tenant}/rules/{rule}/switch", switch)
        .post("/tenants/{tenant}/rules/{rule}/remove", remove);
}

#[derive(Template)]
#[template(path = "rules/list.html")]
struct ListPage {
    f: Frame,
    list: Listing,
    tenant: TenantKey,
    /// With their places in the order in which they are tried, counted from 1.
    page: Slice<(usize, Rule)>,
    count: usize,
    /// Targets that no message ever takes.
    hidden: Vec<Hidden>,
    corps: Vec<Corp>,
    may_change: bool,
    /// All of them are shown in their order.
    may_move: bool,
}

impl ListPage {
    fn place(&self, target: &Target) -> String {
        place(&self.corps, target)
    }

    fn kind(&self, target: &Target) -> &'static str {
        self.f.t.content_kind(target.kind)
    }

    /// The name of the rule because of which a target is never reached; empty where it is.
    fn behind(&self, rule: &Rule, target: &usize) -> &str {
        let found = self.hidden.iter().find(|hidden| hidden.rule == rule.id && hidden.target == *target);
        found.map(|hidden| hidden.by.as_str()).unwrap_or_default()
    }

    fn is_first(&self, at: &usize) -> bool {
        *at == 1
    }

    fn is_last(&self, at: &usize) -> bool {
        *at == self.count
    }
}

/// `阿克米企业 / OA`, or the keys where they are gone.
fn place(corps: &[Corp], target: &Target) -> String {
    let corp = corps.iter().find(|corp| corp.key == target.corp);
    let app = corp.and_then(|corp| corp.find_app(&target.app)).map_or(target.app.as_str(), |app| &app.name);
    let corp = corp.map_or(target.corp.as_str(), |corp| &corp.name);
    format!("{corp} / {app}")
}

fn cells(t: T, corps: &[Corp], at: usize, rule: &Rule) -> Vec<String> {
    let target = |target: &Target| format!("{} ({})", place(corps, target), t.content_kind(target.kind));
    let targets: Vec<String> = rule.targets.iter().map(target).collect();
    vec![
        at.to_string(),
        rule.name.clone(),
        rule.source.clone().unwrap_or_default(),
        rule.filter.clone().unwrap_or_default(),
        targets.join("\n"),
        if rule.enabled { t.rule_is_on() } else { t.rule_is_off() }.to_owned(),
        rule.id.to_string(),
    ]
}

async fn show(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let (t, list, tenant) = (who.t, Listing::of(&who, &PARAMETERS), tenant.into_inner());
    let rules = rulebook::list(&web.app.env, &tenant).await.map_err(rule_problem)?;
    let hidden = hidden(&rules);
    let rules: Vec<(usize, Rule)> = (1..).zip(rules).collect();
    let corps = setup::list_corps(&web.app.store, Some(tenant.clone())).await.map_err(setup_problem)?;
    let columns = [
        ("order", t.rules_order()),
        ("name", t.rule_name()),
        ("source", t.rule_source()),
        ("filter", t.rule_filter()),
        ("targets", t.rule_targets()),
        ("state", t.rule_enabled()),
        ("", t.inbox_id()),
    ];
    let sheet = Sheet::new(columns, rules.iter().map(|(at, rule)| cells(t, &corps, *at, rule)).collect());
    if let Some(file) = sheet.file(&who, &web, &list, &format!("rules-{tenant}")).await? {
        return Ok(file);
    }
    let may_change = who.may(ApiScope::MessagesManage);
    reply::page(&ListPage {
        f: who.frame(t.nav_rules()),
        may_move: may_change && !list.is_narrowed() && list.get("sort").is_empty(),
        may_change,
        count: rules.len(),
        page: sheet.page(&list, rules),
        hidden,
        list,
        tenant,
        corps,
    })
}

#[derive(Debug, Deserialize)]
struct Move {
    /// `up` or `down`, a blank, and the id of the rule.
    to: String,
}

async fn order(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    form: Form<Move>,
) -> Result<HttpResponse, Problem> {
    let mut ids: Vec<RuleId> =
        rulebook::list(&web.app.env, &tenant).await.map_err(rule_problem)?.into_iter().map(|rule| rule.id).collect();
    let (to, rule) = form.0.to.split_once(' ').unwrap_or_default();
    if let Some(at) = ids.iter().position(|id| id.as_str() == rule) {
        let other = if to == "up" { at.checked_sub(1) } else { Some(at + 1).filter(|at| *at < ids.len()) };
        if let Some(other) = other {
            ids.swap(at, other);
        }
    }
    rulebook::set_order(&web.app.env, &who.actor(), &tenant, ids).await.map_err(rule_problem)?;
    Ok(reply::go(&who, &back(&who, &tenant), None))
}

#[derive(Debug, Deserialize)]
struct Switch {
    /// `on` or `off`
    to: String,
}

async fn switch(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, RuleId)>,
    form: Form<Switch>,
) -> Result<HttpResponse, Problem> {
    let (tenant, rule) = path.into_inner();
    let switched = rulebook::set_enabled(&web.app.env, &who.actor(), &tenant, &rule, form.0.to == "on").await;
    let rule = switched.map_err(rule_problem)?;
    let state = if rule.enabled { who.t.rule_is_on() } else { who.t.rule_is_off() };
    let told = format!("{}: {state}", rule.name);
    Ok(reply::go(&who, &back(&who, &tenant), Some(Flash::good(&told))))
}

/// The list as it was looked at.
fn back(who: &Person, tenant: &TenantKey) -> String {
    format!("/tenants/{tenant}/rules{}", Listing::of(who, &PARAMETERS).query())
}

#[derive(Debug, Deserialize)]
struct Confirmation {
    #[serde(default)]
    confirm: String,
}

async fn remove(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, RuleId)>,
    form: Form<Confirmation>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let rule = rulebook::get(&web.app.env, &tenant, &id).await.map_err(rule_problem)?;
    if !is_typed(&form.0.confirm, &rule.name) {
        let back = format!("/tenants/{tenant}/rules/{id}");
        return Ok(reply::go(&who, &back, Some(Flash::bad(who.t.confirm_mismatch()))));
    }
    rulebook::remove(&web.app.env, &who.actor(), &tenant, &id).await.map_err(rule_problem)?;
    let told = who.t.rule_removed(&rule.name);
    Ok(reply::go(&who, &format!("/tenants/{tenant}/rules"), Some(Flash::good(&told))))
}
