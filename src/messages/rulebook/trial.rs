//! The test box: which rules a message meets, what members would read, and what is wrong. Nothing is sent or stored.

use crate::messages::render::{RenderFault, render};
use crate::messages::rules::{Compiled, CompiledTarget, RuleSet};
use crate::model::content::{Content, LimitFault};
use crate::model::{AppKey, Button, CorpKey, Message, Priority, Recipients, Rule, RuleId, TenantKey, TodoKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
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

/// Asks the rules and renders the message at every target. Pure.
pub fn run_trial(rules: Vec<Rule>, message: &Message) -> Trial {
    let set = RuleSet::compile(rules);
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
    TrialTarget { rule, corp: of.corp.clone(), app: of.app.clone(), counts, contents, advice, fault }
}
