//! Which rules a message meets, and where they send it: pure.

use super::variables::{MessageVariable, Spoken};
use crate::expr::{EvalError, ExprError, Filter, Template};
use crate::model::rule::Part;
use crate::model::{AppKey, ContentKind, CorpKey, Message, Rule, RuleId, Target};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Rules in the order in which they are asked, with their expressions compiled. Build it once for as long as the rules
/// stay the same.
#[derive(Debug, Default)]
pub struct RuleSet(Vec<Arc<Compiled>>);

/// One rule that is in force.
#[derive(Debug)]
pub struct Compiled {
    rule: Rule,
    filter: Result<Option<Filter<MessageVariable>>, ExprError>,
    targets: Vec<CompiledTarget>,
}

/// One target with its templates.
#[derive(Debug)]
pub struct CompiledTarget {
    pub(super) target: Target,
    pub(super) templates: Vec<(Part, Result<Template<MessageVariable>, ExprError>)>,
}

/// Where a message goes.
#[derive(Debug, Default)]
pub struct Picked<'a> {
    /// Each app once: where several rules lead to it, the first one counts.
    pub targets: Vec<(&'a Rule, &'a CompiledTarget)>,
    /// Rules that could not be asked, because their filter has no result for this message. What they would have carried is
    /// not known; people must be told.
    pub faults: Vec<(&'a RuleId, PickFault)>,
}

/// Why a rule could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PickFault {
    /// The filter does not compile.
    #[error("the filter cannot be read: {0}")]
    Compile(#[from] ExprError),
    /// The filter has no result.
    #[error("the filter has no result: {0}")]
    Eval(#[from] EvalError),
}

impl RuleSet {
    /// Compiles the rules that are in force. Expressions that do not compile are kept as faults, which show when a message
    /// meets them.
    pub fn compile(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self::default().succeeded_by(rules)
    }

    /// [`RuleSet::compile`], but rules that this set has exactly as they are now are not compiled again.
    pub fn succeeded_by(&self, rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut rules: Vec<Rule> = rules.into_iter().filter(|rule| rule.enabled).collect();
        rules.sort_by(|a, b| (a.order, a.id.as_str()).cmp(&(b.order, b.id.as_str())));
        let known: HashMap<&RuleId, &Arc<Compiled>> = self.0.iter().map(|known| (&known.rule.id, known)).collect();
        let compiled = rules.into_iter().map(|rule| match known.get(&rule.id) {
            Some(known) if known.rule == rule => Arc::clone(known),
            _ => Arc::new(Compiled::new(rule)),
        });
        Self(compiled.collect())
    }

    /// The rules in force, in the order in which they are asked.
    pub fn rules(&self) -> impl Iterator<Item = &Compiled> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Which targets a message goes to. Nothing and no fault: no rule matches.
    pub fn pick(&self, message: &Message) -> Picked<'_> {
        let mut picked = Picked::default();
        let mut taken: BTreeSet<(&CorpKey, &AppKey)> = BTreeSet::new();
        for compiled in &self.0 {
            match compiled.meets(message) {
                Ok(false) => {}
                Ok(true) => {
                    for target in &compiled.targets {
                        if taken.insert((&target.target.corp, &target.target.app)) {
                            picked.targets.push((&compiled.rule, target));
                        }
                    }
                }
                Err(fault) => picked.faults.push((&compiled.rule.id, fault)),
            }
        }
        picked
    }
}

impl Compiled {
    /// Compiles one rule, in force or not.
    pub fn new(rule: Rule) -> Self {
        let filter = rule.filter.as_deref().map(Filter::compile).transpose();
        let targets = rule.targets.iter().cloned().map(CompiledTarget::new).collect();
        Self { rule, filter, targets }
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Its targets, in the rule's order.
    pub fn targets(&self) -> &[CompiledTarget] {
        &self.targets
    }

    /// Where the filter is wrong, if it is.
    pub fn filter_fault(&self) -> Option<&ExprError> {
        self.filter.as_ref().err()
    }

    /// Whether the rule carries a message.
    pub fn meets(&self, message: &Message) -> Result<bool, PickFault> {
        if !takes_source(&self.rule, &message.source) {
            return Ok(false);
        }
        match &self.filter {
            Ok(None) => Ok(true),
            Ok(Some(filter)) => Ok(filter.matches(Spoken(message))?),
            Err(error) => Err(error.clone().into()),
        }
    }
}

/// Whether a rule carries the messages of a source, as far as its filter lets it.
fn takes_source(rule: &Rule, source: &str) -> bool {
    rule.source.as_ref().is_none_or(|own| own == source)
}

/// Whether a rule meets every message that another one meets, as far as can be told without a message.
fn covers(rule: &Rule, other: &Rule) -> bool {
    let has_its_sources = match &other.source {
        Some(source) => takes_source(rule, source),
        None => rule.source.is_none(),
    };
    has_its_sources && (rule.filter.is_none() || rule.filter == other.filter)
}

/// A target that no message ever takes: of two rules at one app the first counts, and one before meets whatever this one meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The rule.
    pub rule: RuleId,
    /// Which of its targets.
    pub target: usize,
    /// Name of the rule before it.
    pub by: String,
}

/// The targets that no message ever takes, of rules in the order in which they are asked. One that only several rules together
/// hide is not found. Pure.
pub fn hidden(rules: &[Rule]) -> Vec<Hidden> {
    let mut found = Vec::new();
    for (at, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
        for (target, wanted) in rule.targets.iter().enumerate() {
            let has_app =
                |other: &Rule| other.targets.iter().any(|own| own.corp == wanted.corp && own.app == wanted.app);
            let mut before = rules[..at].iter().filter(|other| other.enabled);
            if let Some(by) = before.find(|other| has_app(other) && covers(other, rule)) {
                found.push(Hidden { rule: rule.id.clone(), target, by: by.name.clone() });
            }
        }
    }
    found
}

impl CompiledTarget {
    /// Which of the message's title, body and link no template reads: members do not see them. In a digest the title of a text
    /// is its link.
    pub fn unused(&self, has_digest: bool) -> Vec<&'static str> {
        let is_linked = has_digest && matches!(self.target.kind, ContentKind::Text | ContentKind::Markdown);
        let fields: Vec<&MessageVariable> = self
            .templates
            .iter()
            .filter_map(|(_, template)| template.as_ref().ok())
            .flat_map(Template::fields)
            .collect();
        let shown = [(MessageVariable::Title, "title"), (MessageVariable::Body, "body"), (MessageVariable::Url, "url")];
        let is_seen = |field: &MessageVariable| fields.contains(&field) || is_linked && *field == MessageVariable::Url;
        shown.into_iter().filter(|(field, _)| !is_seen(field)).map(|(_, name)| name).collect()
    }

    /// Compiles the templates of a target.
    pub fn new(target: Target) -> Self {
        let parts = target.kind.parts().iter();
        let templates = parts.map(|part| (*part, Template::compile(target.part(*part)))).collect();
        Self { target, templates }
    }

    /// The target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Parts whose templates do not compile.
    pub fn faults(&self) -> impl Iterator<Item = (Part, &ExprError)> {
        self.templates.iter().filter_map(|(part, template)| template.as_ref().err().map(|error| (*part, error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::render::tests::message;
    use serde_json::json;

    fn rule(id: &str, source: Option<&str>, filter: Option<&str>, apps: &[&str]) -> Rule {
        let target = |app: &&str| Target::new("acme".into(), AppKey::from(*app), ContentKind::Text);
        Rule {
            id: id.into(),
            tenant: "acme".into(),
            name: id.into(),
            source: source.map(str::to_owned),
            filter: filter.map(str::to_owned),
            targets: apps.iter().map(target).collect(),
            enabled: true,
            order: 0,
            quiet_hours: None,
            digest: None,
        }
    }

    fn picked(rules: Vec<Rule>, message: &Message) -> Vec<String> {
        let set = RuleSet::compile(rules);
        let picked = set.pick(message);
        assert!(picked.faults.is_empty(), "{:?}", picked.faults);
        picked.targets.iter().map(|(rule, target)| format!("{}>{}", rule.id, target.target().app)).collect()
    }

    #[test]
    fn sources_filters_and_order() {
        let mut message = message();
        message.source = "workflow".into();
        message.data =
            json!({"amount": 1200, "tags": ["a", "b"], "who": {"name": "张三"}}).as_object().unwrap().clone();
        for (rules, want) in [
            (vec![rule("all", None, None, &["oa"])], vec!["all>oa"]),
            (vec![rule("own", Some("workflow"), None, &["oa"])], vec!["own>oa"]),
            (vec![rule("other", Some("mail"), None, &["oa"])], vec![]),
            (vec![rule("big", None, Some("data.amount > 1000"), &["oa"])], vec!["big>oa"]),
            (vec![rule("small", None, Some("data.amount < 1000"), &["oa"])], vec![]),
            (vec![rule("tag", None, Some("'b' in data.tags"), &["oa"])], vec!["tag>oa"]),
            (vec![rule("deep", None, Some("data.who.name == '张三'"), &["oa"])], vec!["deep>oa"]),
            (vec![rule("absent", None, Some("data.nothing == ''"), &["oa"])], vec!["absent>oa"]),
            (
                vec![rule("todo", None, Some("todo == 'pending' && source.startsWith('work')"), &["oa"])],
                vec!["todo>oa"],
            ),
            // two rules, one app: the first one counts; the other app is reached as well
            (vec![rule("b", None, None, &["oa", "hr"]), rule("a", None, None, &["oa"])], vec!["a>oa", "b>hr"]),
            (vec![Rule { order: 1, ..rule("a", None, None, &["oa"]) }, rule("b", None, None, &["oa"])], vec!["b>oa"]),
            (vec![Rule { enabled: false, ..rule("off", None, None, &["oa"]) }], vec![]),
        ] {
            assert_eq!(picked(rules.clone(), &message), want, "{rules:?}");
        }
    }

    #[test]
    fn a_rule_behind_one_that_takes_all_is_never_reached() {
        let off = |rule: Rule| Rule { enabled: false, ..rule };
        let big = Some("data.amount > 1000");
        let mut messages = Vec::new();
        for source in ["workflow", "mail"] {
            for amount in [1, 2_000] {
                let mut message = Message { source: source.into(), ..message() };
                message.data = json!({ "amount": amount }).as_object().unwrap().clone();
                messages.push(message);
            }
        }
        for (rules, want) in [
            (vec![rule("a", None, None, &["oa"]), rule("b", Some("mail"), None, &["oa"])], vec!["b0 a"]),
            (vec![rule("a", None, None, &["oa"]), rule("b", None, big, &["hr", "oa"])], vec!["b1 a"]),
            (vec![rule("a", None, None, &["oa"]), rule("b", None, None, &["hr"])], vec![]),
            (vec![rule("a", Some("mail"), None, &["oa"]), rule("b", None, None, &["oa"])], vec![]),
            (vec![rule("a", Some("mail"), None, &["oa"]), rule("b", Some("mail"), big, &["oa"])], vec!["b0 a"]),
            (vec![rule("a", Some("mail"), None, &["oa"]), rule("b", Some("workflow"), None, &["oa"])], vec![]),
            (vec![rule("a", None, big, &["oa"]), rule("b", None, None, &["oa"])], vec![]),
            (vec![rule("a", None, big, &["oa"]), rule("b", Some("mail"), big, &["oa"])], vec!["b0 a"]),
            (vec![off(rule("a", None, None, &["oa"])), rule("b", None, None, &["oa"])], vec![]),
            (vec![rule("a", None, None, &["oa"]), off(rule("b", None, None, &["oa"]))], vec![]),
            (
                vec![rule("a", None, None, &["oa"]), rule("b", None, None, &["oa"]), rule("c", None, None, &["oa"])],
                vec!["b0 a", "c0 a"],
            ),
        ] {
            let found = hidden(&rules);
            let told: Vec<String> =
                found.iter().map(|hidden| format!("{}{} {}", hidden.rule, hidden.target, hidden.by)).collect();
            assert_eq!(told, want, "{rules:?}");
            // no message takes such a target
            for message in &messages {
                let taken = picked(rules.clone(), message);
                for one in &found {
                    let rule = rules.iter().find(|rule| rule.id == one.rule).unwrap();
                    let target = format!("{}>{}", rule.id, rule.targets[one.target].app);
                    assert!(!taken.contains(&target), "{target}: {taken:?}");
                }
            }
        }
    }

    #[test]
    fn what_no_template_reads_is_told() {
        for (kind, body, want) in [
            (ContentKind::Text, None, vec!["body", "url"]),
            (ContentKind::Text, Some("{{ title }}\n{{ body }}"), vec!["url"]),
            (ContentKind::Text, Some("{{ data.x == '' ? body : title }}<a href=\"{{ url }}\">x</a>"), vec![]),
            (ContentKind::Textcard, None, vec![]),
            (ContentKind::Textcard, Some(""), vec!["body"]),
        ] {
            let mut target = Target::new("acme".into(), "oa".into(), kind);
            if let Some(body) = body {
                target.body = body.into();
            }
            let target = CompiledTarget::new(target);
            assert_eq!(target.unused(false), want, "{kind:?} {body:?}");
            let in_digests: Vec<&str> = want.into_iter().filter(|name| *name != "url").collect();
            assert_eq!(target.unused(true), in_digests, "{kind:?} {body:?}");
        }
    }

    #[test]
    fn only_what_has_changed_is_compiled_again() {
        let rules =
            [rule("a", None, None, &["oa"]), rule("b", None, Some("true"), &["oa"]), rule("c", None, None, &["hr"])];
        let before = RuleSet::compile(rules.clone());
        let [a, b, c] = rules;
        let changed = Rule { filter: Some("false".into()), ..b };
        let after = before.succeeded_by([Rule { order: 9, ..a }, changed.clone(), c, rule("d", None, None, &["oa"])]);
        let ids: Vec<&str> = after.rules().map(|compiled| compiled.rule().id.as_str()).collect();
        assert_eq!(ids, ["b", "c", "d", "a"], "in the new order");
        let is_kept = |at: usize| before.0.iter().any(|known| Arc::ptr_eq(known, &after.0[at]));
        assert_eq!([0, 1, 2, 3].map(is_kept), [false, true, false, false]);
        assert_eq!(*after.0[0].rule(), changed);
        assert_eq!(after.pick(&message()).targets.len(), 2, "b carries nothing any more");
    }

    #[test]
    fn a_filter_without_result_is_told_and_hides_no_other_rule() {
        let rules = vec![
            rule("a", None, Some("data.amount > 'x'"), &["oa"]),
            rule("b", None, Some("title +"), &["oa"]),
            rule("c", None, None, &["oa"]),
        ];
        let mut message = message();
        message.data = json!({"amount": 5}).as_object().unwrap().clone();
        let set = RuleSet::compile(rules);
        let picked = set.pick(&message);
        assert_eq!(picked.targets.len(), 1);
        assert_eq!(picked.faults.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(matches!(picked.faults[0].1, PickFault::Eval(_)));
        assert!(matches!(picked.faults[1].1, PickFault::Compile(_)));
    }
}
