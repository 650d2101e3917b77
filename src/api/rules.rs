//! `/api/v1/tenants/{tenant}/rules`: push rules, their order, and the box to try them.

use super::answer::{Created, NoContent, Ok, Page, Reply};
use super::auth::{Key, MessagesManage, MessagesRead};
use super::confirm::ConfirmQuery;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::{rule_problem, store_problem};
use crate::http::{Body, Problem, Query};
use crate::messages::rulebook::{self, RuleBody, Sample, SavedRule, Trial};
use crate::model::{MessageId, Rule, RuleId, TenantKey};
use crate::store;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Rules", "Push rules: which messages go to which apps, in which form, said with which words.")
        .get("/api/v1/tenants/{tenant}/rules", "List the rules in the order in which they are asked", list)
        .post(
            "/api/v1/tenants/{tenant}/rules",
            "Make a rule behind the others\nParts of a target that are absent take the words of its kind. A mandatory part that \
             comes empty gets its default back, and `restored` says so.",
            create,
        )
        .put(
            "/api/v1/tenants/{tenant}/rules/order",
            "Put the rules into an order\nWhere two rules lead to the same app, the first one wins. Rules that are not named \
             stand behind, in the order that they have.",
            order,
        )
        .post(
            "/api/v1/tenants/{tenant}/rules/test",
            "Try the rules, or one that is not saved yet\nWith a sample or a stored message: which rules it meets, what members \
             would read, and what is wrong. Nothing is sent or stored.",
            test,
        )
        .get("/api/v1/tenants/{tenant}/rules/{rule}", "Read a rule", read)
        .put("/api/v1/tenants/{tenant}/rules/{rule}", "Replace a rule\nIts place in the order stays.", replace)
        .put("/api/v1/tenants/{tenant}/rules/{rule}/enabled", "Switch a rule on or off", switch)
        .delete("/api/v1/tenants/{tenant}/rules/{rule}", "Remove a rule\nMessages on their way go on. `confirm` must be the rule's id.", remove);
}

/// The rules by id, the first one first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    /// Ids.
    rules: Vec<RuleId>,
}

/// On or off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SwitchBody {
    /// Whether the rule is in force.
    enabled: bool,
}

/// What to try, and with what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RuleTestBody {
    /// A rule that is not saved yet; absent = all rules of the tenant.
    #[serde(default)]
    rule: Option<RuleBody>,
    /// A message; absent = a sample approval.
    #[serde(default)]
    sample: Option<Sample>,
    /// A message that was posted, in place of a sample.
    #[serde(default)]
    message: Option<MessageId>,
}

async fn list(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
) -> Result<Ok<Page<Rule>>, Problem> {
    let rules = rulebook::list(&state.app.env, &tenant).await.map_err(rule_problem)?;
    Result::Ok(Reply::new(Page::whole(rules)))
}

async fn read(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, RuleId)>,
) -> Result<Ok<Rule>, Problem> {
    let (tenant, rule) = path.into_inner();
    rulebook::get(&state.app.env, &tenant, &rule).await.map(Reply::new).map_err(rule_problem)
}

async fn create(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    once: Once,
    body: Body<RuleBody>,
) -> Result<Created<SavedRule>, Problem> {
    let (app, tenant, rule) = (state.app.clone(), tenant.into_inner(), body.value);
    once.run(&state, &caller.id.clone(), &body.digest, async move {
        let saved = rulebook::save(&app.env, &caller.actor, &tenant, None, rule).await.map_err(rule_problem)?;
        let location = format!("/api/v1/tenants/{tenant}/rules/{}", saved.rule.id);
        Result::Ok(Reply::at(saved, location))
    })
    .await
}

async fn replace(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, RuleId)>,
    body: Body<RuleBody>,
) -> Result<Ok<SavedRule>, Problem> {
    let (tenant, rule) = path.into_inner();
    let saved = rulebook::save(&state.app.env, &caller.actor, &tenant, Some(rule), body.value).await;
    saved.map(Reply::new).map_err(rule_problem)
}

async fn switch(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, RuleId)>,
    body: Body<SwitchBody>,
) -> Result<Ok<Rule>, Problem> {
    let (tenant, rule) = path.into_inner();
    let switched = rulebook::set_enabled(&state.app.env, &caller.actor, &tenant, &rule, body.value.enabled).await;
    switched.map(Reply::new).map_err(rule_problem)
}

async fn order(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    body: Body<OrderBody>,
) -> Result<Ok<Page<Rule>>, Problem> {
    let ordered = rulebook::set_order(&state.app.env, &caller.actor, &tenant, body.value.rules).await;
    ordered.map(|rules| Reply::new(Page::whole(rules))).map_err(rule_problem)
}

async fn remove(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, RuleId)>,
    query: Query<ConfirmQuery>,
) -> Result<NoContent, Problem> {
    let (tenant, rule) = path.into_inner();
    query.0.check(rule.as_str())?;
    let removed = rulebook::remove(&state.app.env, &caller.actor, &tenant, &rule).await;
    removed.map(|()| NoContent).map_err(rule_problem)
}

async fn test(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    body: Body<RuleTestBody>,
) -> Result<Ok<Trial>, Problem> {
    let RuleTestBody { rule, sample, message } = body.value;
    let env = &state.app.env;
    let message = match message {
        None => sample.unwrap_or_default().into_message(&tenant, state.app.clock.now_ms()),
        Some(id) => {
            let wanted = id.clone();
            let found = state.app.store.read_async(move |tx| store::messages::find(tx, &wanted));
            let found = found.await.map_err(store_problem)?.filter(|message| message.tenant == *tenant);
            found.ok_or_else(|| Problem::not_found("message", id))?
        }
    };
    let trial = match rule {
        None => rulebook::run_trial_of_saved(env, &state.app.rules, &tenant, &message).await,
        Some(body) => rulebook::run_trial_of_draft(env, &tenant, body, &message).await,
    };
    trial.map(Reply::new).map_err(rule_problem)
}
