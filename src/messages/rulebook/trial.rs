//! The test box: which rules a message meets, what members would read, and what is wrong. Nothing is sent or stored, and
//! nothing is compiled that is compiled for sending already.

use super::{RuleBody, RuleError, must_exist, settled};
use crate::messages::RuleComposer;
use crate::messages::render::{RenderFault, render};
use crate::messages::rules::{Compiled, CompiledTarget, RuleSet};
use crate::model::content::{Content, LimitFault};
use crate::model::{AppKey, Button, CorpKey, Message, Priority, Recipients, RuleId, TenantKey, TodoKind};
use crate::store;
use crate::sync::Env;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// A message to try rules with. What is absent takes the words of a sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sample {
    /// The module that speaks.
    pub source: Option<String>,
    /// What happened there.
    pub event: Option<String>,
    /// Which to-do message it is; absent = none.
    pub todo: Option<TodoKind>,
    /// Title.
    pub title: Option<String>,
    /// Body.
    pub body: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
    /// Picture.
    pub picture: Option<String>,
    /// Buttons.
    pub buttons: Vec<SampleButton>,
    /// What goes first.
    pub priority: Option<Priority>,
    /// Free fields.
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
}

/// A button of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleButton {
    /// Label.
    pub text: String,
    /// What the business system would hear; default the label.
    #[serde(default)]
    pub key: String,
    /// 1 to 4.
    #[serde(default)]
    pub style: u8,
}

impl Sample {
    /// The message that the sample stands for.
    pub fn into_message(self, tenant: &TenantKey, now_ms: i64) -> Message {
        let buttons = self.buttons.into_iter().map(|button| Button {
            key: if button.key.is_empty() { button.text.clone() } else { button.key },
            text: button.text,
            style: button.style.clamp(1, 4),
        });
        Message {
            id: "sample".into(),
            tenant: tenant.clone(),
            source: self.source.unwrap_or_else(|| "workflow".into()),
            event: self.event.unwrap_or_default(),
            todo: self.todo,
            recipients: Recipients::Everyone,
            title: self.title.unwrap_or_else(|| "请审批：采购申请".into()),
            body: self.body.unwrap_or_else(|| "张三提交了采购申请，金额 1200 元。".into()),
            url: self.url.filter(|url| !url.is_empty()),
            picture: self.picture.filter(|picture| !picture.is_empty()),
            buttons: buttons.collect(),
            priority: self.priority.unwrap_or_default(),
            expires_at_ms: None,
            data: self.data,
            webhook: None,
            accepted_at_ms: now_ms,
            accepted_by: "test".into(),
        }
    }
}

/// What a trial shows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Trial {
    /// Every rule in force, in the order in which they are asked.
    pub rules: Vec<TrialRule>,
    /// What would be sent where.
    pub targets: Vec<TrialTarget>,
}

/// One rule in a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrialRule {
    /// Id.
    pub id: RuleId,
    /// Name.
    pub name: String,
    /// Whether it carries the message; absent = that cannot be told, see `fault`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meets: Option<bool>,
    /// Why it cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// One target in a trial.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TrialTarget {
    /// The rule.
    pub rule: RuleId,
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// Whether it is sent; `false` = an earlier rule has the app already.
    pub counts: bool,
    /// What members would read, one after the other, as it goes to WeCom.
    #[schema(value_type = Vec<Object>)]
    pub contents: Vec<Content>,
    /// What clients would show shortened.
    pub advice: Vec<LimitFault>,
    /// Which of the message's `title`, `body` and `url` no template reads: members do not see them.
    #[schema(value_type = Vec<String>)]
    pub unused: Vec<&'static str>,
    /// Why nothing can be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<TrialFault>,
}

/// Why nothing can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrialFault {
    /// A stable code.
    pub code: String,
    /// One English sentence.
    pub message: String,
    /// The limits of WeCom that it breaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitFault>,
}

impl TrialFault {
    fn new(fault: RenderFault) -> Self {
        let (code, message) = (fault.code().to_owned(), fault.to_string());
        let limits = if let RenderFault::Limits(limits) = fault { limits } else { Vec::new() };
        Self { code, message, limits }
    }
}

/// [`run_trial`] with the saved rules of a tenant, as they are compiled for sending.
///
/// # Errors
/// [`RuleError::Store`] when there is no such tenant.
pub async fn run_trial_of_saved(
    env: &Env,
    composer: &Arc<RuleComposer>,
    tenant: &TenantKey,
    message: &Message,
) -> Result<Trial, RuleError> {
    let (composer, tenant) = (Arc::clone(composer), tenant.clone());
    let read = move |tx: &store::ReadTx| {
        must_exist(tx, &tenant)?;
        composer.rules(tx, &tenant)
    };
    Ok(run_trial(&*env.store.read_async(read).await?, message))
}

/// [`run_trial`] with one rule that is not saved, as if it were in force alone.
///
/// # Errors
/// [`RuleError::Store`] when there is no such tenant.
pub async fn run_trial_of_draft(
    env: &Env,
    tenant: &TenantKey,
    draft: RuleBody,
    message: &Message,
) -> Result<Trial, RuleError> {
    let of = tenant.clone();
    env.store.read_async(move |tx| must_exist(tx, &of)).await?;
    let (rule, _) = settled(RuleBody { enabled: true, ..draft }, RuleId::from("new"), tenant, 0);
    Ok(run_trial(&RuleSet::compile([rule]), message))
}

/// Asks the rules and renders the message at every target. Pure.
pub fn run_trial(set: &RuleSet, message: &Message) -> Trial {
    let mut trial = Trial { rules: Vec::new(), targets: Vec::new() };
    let mut taken: BTreeSet<(CorpKey, AppKey)> = BTreeSet::new();
    for compiled in set.rules() {
        let (meets, fault) = match compiled.meets(message) {
            Ok(meets) => (Some(meets), None),
            Err(fault) => (None, Some(fault.to_string())),
        };
        let rule = compiled.rule();
        trial.rules.push(TrialRule { id: rule.id.clone(), name: rule.name.clone(), meets, fault });
        if meets == Some(true) {
            for target in compiled.targets() {
                let counts = taken.insert((target.target().corp.clone(), target.target().app.clone()));
                trial.targets.push(try_target(compiled, target, message, counts));
            }
        }
    }
    trial
}

fn try_target(compiled: &Compiled, target: &CompiledTarget, message: &Message, counts: bool) -> TrialTarget {
    let (contents, advice, fault) = match render(message, target) {
        Ok(rendered) => (rendered.contents, rendered.advice, None),
        Err(fault) => (Vec::new(), Vec::new(), Some(TrialFault::new(fault))),
    };
    let (rule, of) = (compiled.rule().id.clone(), target.target());
    let unused = target.unused(compiled.rule().digest.is_some());
    TrialTarget { rule, corp: of.corp.clone(), app: of.app.clone(), counts, contents, advice, unused, fault }
}
