//! Push rules as people keep them: read, changed, ordered, tried. Every change is one commit with its audit row; the pages
//! and the API call the same functions.

mod check;
mod error;
mod trial;

pub use check::{RuleWarning, check, warnings};
pub use error::{RuleError, RuleFault, RuleFaultKind};
pub use trial::{
    Sample, SampleButton, Trial, TrialFault, TrialRule, TrialTarget, run_trial, run_trial_of_draft, run_trial_of_saved,
};

use super::rules::hidden;
use crate::model::rule::{Part, RULES_MAX};
use crate::model::{
    Actor, AppKey, ContentKind, CorpKey, Digest, Overlong, QuietHours, Rule, RuleId, Target, TenantKey,
};
use crate::store::{self, Reads, StoreError, WriteTx};
use crate::sync::Env;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// A rule without what the bridge gives it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBody {
    /// Shown name, 1 to 64 characters.
    pub name: String,
    /// The module whose messages it carries; absent or empty = those of all modules.
    #[serde(default)]
    pub source: Option<String>,
    /// CEL over the message that says yes or no; absent or empty = yes.
    #[serde(default)]
    pub filter: Option<String>,
    /// Where its messages go, 1 to 10; one per app.
    pub targets: Vec<TargetBody>,
    /// Whether it is in force; default yes.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// When nobody is disturbed.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// Bursts become one message.
    #[serde(default)]
    pub digest: Option<Digest>,
}

fn yes() -> bool {
    true
}

/// A target as it is given: parts that are absent take the words of the kind, parts that are empty stay empty where that
/// is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetBody {
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// `text`, `markdown`, `textcard`, `news` or `template_card`.
    pub kind: ContentKind,
    /// Title template.
    #[serde(default)]
    pub title: Option<String>,
    /// Body template; of text and markdown the whole content.
    #[serde(default)]
    pub body: Option<String>,
    /// Words below a text card, at most 4 characters.
    #[serde(default)]
    pub button: Option<String>,
    /// Picture for messages that bring none.
    #[serde(default)]
    pub picture: Option<String>,
    /// Where a tap leads.
    #[serde(default)]
    pub url: Option<String>,
    /// Template card: show the message's own buttons; default yes.
    #[serde(default = "yes")]
    pub show_buttons: bool,
    /// `split` (default) or `refuse` what is too long.
    #[serde(default)]
    pub overlong: Overlong,
}

impl TargetBody {
    /// A target with the words of its kind.
    pub fn new(corp: CorpKey, app: AppKey, kind: ContentKind) -> Self {
        let [title, body, button, picture, url] = [const { None }; 5];
        Self { corp, app, kind, title, body, button, picture, url, show_buttons: true, overlong: Overlong::Split }
    }

    /// The target with the words of its kind where none are given.
    pub fn into_target(self) -> Target {
        let mut target = Target::new(self.corp, self.app, self.kind);
        let given = [
            (Part::Title, self.title),
            (Part::Body, self.body),
            (Part::Button, self.button),
            (Part::Picture, self.picture),
            (Part::Url, self.url),
        ];
        for (part, text) in given {
            if let Some(text) = text {
                target.set_part(part, text);
            }
        }
        (target.show_buttons, target.overlong) = (self.show_buttons, self.overlong);
        target
    }
}

/// A rule that was saved, and what people should know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavedRule {
    /// The rule as it is stored.
    pub rule: Rule,
    /// Mandatory parts that came empty and have their default back, as `targets[0].title`.
    pub restored: Vec<String>,
    /// What will not work with some messages, found with the longest one; and where it is never reached.
    pub warnings: Vec<RuleWarning>,
}

/// The rules of a tenant in the order in which they are asked.
pub async fn list(env: &Env, tenant: &TenantKey) -> Result<Vec<Rule>, RuleError> {
    let tenant = tenant.clone();
    let read = move |tx: &store::ReadTx| {
        must_exist(tx, &tenant)?;
        store::rules::list(tx, &tenant)
    };
    Ok(env.store.read_async(read).await?)
}

/// One rule.
pub async fn get(env: &Env, tenant: &TenantKey, id: &RuleId) -> Result<Rule, RuleError> {
    let (tenant, id) = (tenant.clone(), id.clone());
    let read = move |tx: &store::ReadTx| {
        must_exist(tx, &tenant)?;
        store::rules::find(tx, &tenant, &id)?.ok_or_else(|| not_found(&id))
    };
    Ok(env.store.read_async(read).await?)
}

/// Makes a rule behind the others, or replaces one. Mandatory words that come empty get their default back.
///
/// # Errors
/// [`RuleError::Faults`] with every fault; nothing is stored then.
pub async fn save(
    env: &Env,
    actor: &Actor,
    tenant: &TenantKey,
    id: Option<RuleId>,
    body: RuleBody,
) -> Result<SavedRule, RuleError> {
    let (actor, tenant, new_id) = (actor.clone(), tenant.clone(), RuleId::from(env.new_id()));
    let saved = env.store.write(move |tx| {
        must_exist(tx, &tenant)?;
        let present = store::rules::list(tx, &tenant)?;
        let former = match &id {
            None if present.len() >= RULES_MAX => return Ok(Err(RuleError::TooMany)),
            None => None,
            Some(id) => Some(present.iter().find(|rule| rule.id == *id).cloned().ok_or_else(|| not_found(id))?),
        };
        let order = former.as_ref().map_or_else(|| present.last().map_or(0, |rule| rule.order + 1), |rule| rule.order);
        let id = id.clone().unwrap_or_else(|| new_id.clone());
        let (rule, restored) = settled(body.clone(), id, &tenant, order);
        let faults = check(&rule, &store::corps::list_of_tenant(tx, &tenant)?);
        if !faults.is_empty() {
            return Ok(Err(RuleError::Faults(faults)));
        }
        if former.as_ref() != Some(&rule) {
            store::rules::put(tx, &rule)?;
            let action = if former.is_some() { "rule.change" } else { "rule.create" };
            let before = former.map(|rule| json!(rule));
            store::audit::append(tx, &actor, action, &subject(&rule), before, Some(json!(rule)))?;
        }
        let mut warnings = warnings(&rule);
        let mut all = present;
        match all.iter_mut().find(|known| known.id == rule.id) {
            Some(known) => known.clone_from(&rule),
            None => all.push(rule.clone()),
        }
        let never = hidden(&all).into_iter().filter(|hidden| hidden.rule == rule.id);
        warnings.extend(never.map(RuleWarning::never_reached));
        Ok(Ok(SavedRule { rule, restored, warnings }))
    });
    saved.await?
}

/// The rule that a body makes, and the mandatory parts that came empty.
pub fn settled(body: RuleBody, id: RuleId, tenant: &TenantKey, order: u32) -> (Rule, Vec<String>) {
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut targets: Vec<Target> = body.targets.into_iter().map(TargetBody::into_target).collect();
    let mut restored = Vec::new();
    for (n, target) in targets.iter_mut().enumerate() {
        restored.extend(target.settle().into_iter().map(|part| format!("targets[{n}].{}", part.name())));
    }
    let rule = Rule {
        id,
        tenant: tenant.clone(),
        name: body.name.trim().to_owned(),
        source: filled(body.source),
        filter: filled(body.filter),
        targets,
        enabled: body.enabled,
        order,
        quiet_hours: body.quiet_hours,
        digest: body.digest,
    };
    (rule, restored)
}

/// Switches a rule on or off; answers the rule as it is now.
pub async fn set_enabled(
    env: &Env,
    actor: &Actor,
    tenant: &TenantKey,
    id: &RuleId,
    enabled: bool,
) -> Result<Rule, RuleError> {
    let (actor, tenant, id) = (actor.clone(), tenant.clone(), id.clone());
    let changed = env.store.write(move |tx| {
        must_exist(tx, &tenant)?;
        let former = store::rules::find(tx, &tenant, &id)?.ok_or_else(|| not_found(&id))?;
        let rule = Rule { enabled, ..former.clone() };
        if rule != former {
            store::rules::put(tx, &rule)?;
            let action = if enabled { "rule.enable" } else { "rule.disable" };
            store::audit::append(tx, &actor, action, &subject(&rule), None, None)?;
        }
        Ok(rule)
    });
    Ok(changed.await?)
}

/// Puts the rules into this order; rules that are not named stand behind in the order that they have.
///
/// # Errors
/// [`RuleError::Store`] where a named rule does not exist; nothing is changed then.
pub async fn set_order(env: &Env, actor: &Actor, tenant: &TenantKey, ids: Vec<RuleId>) -> Result<Vec<Rule>, RuleError> {
    let (actor, tenant) = (actor.clone(), tenant.clone());
    let changed = env.store.write(move |tx| {
        must_exist(tx, &tenant)?;
        let mut rest = store::rules::list(tx, &tenant)?;
        let before: Vec<RuleId> = rest.iter().map(|rule| rule.id.clone()).collect();
        let mut ordered = Vec::with_capacity(rest.len());
        for id in &ids {
            let at = rest.iter().position(|rule| rule.id == *id).ok_or_else(|| not_found(id))?;
            ordered.push(rest.remove(at));
        }
        ordered.extend(rest);
        let after: Vec<RuleId> = ordered.iter().map(|rule| rule.id.clone()).collect();
        for (order, rule) in (0..).zip(&mut ordered) {
            if rule.order != order {
                rule.order = order;
                store::rules::put(tx, rule)?;
            }
        }
        if before != after {
            let subject = format!("tenant {tenant}");
            store::audit::append(tx, &actor, "rule.order", &subject, Some(json!(before)), Some(json!(after)))?;
        }
        Ok(ordered)
    });
    Ok(changed.await?)
}

/// Removes a rule; messages on their way go on.
pub async fn remove(env: &Env, actor: &Actor, tenant: &TenantKey, id: &RuleId) -> Result<(), RuleError> {
    let (actor, tenant, id) = (actor.clone(), tenant.clone(), id.clone());
    let removed = env.store.write(move |tx: &WriteTx| {
        must_exist(tx, &tenant)?;
        let rule = store::rules::remove(tx, &tenant, &id)?.ok_or_else(|| not_found(&id))?;
        store::audit::append(tx, &actor, "rule.remove", &subject(&rule), Some(json!(rule)), None).map(drop)
    });
    Ok(removed.await?)
}

/// What the audit log calls a rule.
fn subject(rule: &Rule) -> String {
    format!("{} {}", rule.tenant, rule.name)
}

fn not_found(id: &RuleId) -> StoreError {
    StoreError::not_found(format!("rule {id}"))
}

fn must_exist(tx: &impl Reads, tenant: &TenantKey) -> Result<(), StoreError> {
    match store::tenants::find(tx, tenant)? {
        Some(_) => Ok(()),
        None => Err(StoreError::not_found(format!("tenant {tenant}"))),
    }
}
