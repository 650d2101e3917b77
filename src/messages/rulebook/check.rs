//! Whether a rule can be saved: pure. Limits are checked with the longest message there can be, and again when a message
//! is rendered.

use super::error::{RuleFault, RuleFaultKind};
use crate::messages::render::{RenderFault, render};
use crate::messages::rules::{Compiled, CompiledTarget, Hidden};
use crate::model::content::LimitFault;
use crate::model::rule::{BUTTON_MAX_CHARS, NAME_MAX_CHARS, Part, TARGETS_MAX};
use crate::model::{
    Button, ContentKind, Corp, Digest, Message, Priority, Recipients, Rule, Target, TenantKey, TodoKind,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What will not work with some messages, or with any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleWarning {
    /// Where, e.g. `targets[0]`.
    pub at: String,
    /// A stable code: `too_long`, `cannot_split`, `part_empty`, `template_failed`, `limits`; `never_reached`: a rule before it takes all
    /// of its messages to this app.
    pub code: String,
    /// One English sentence.
    pub message: String,
    /// Of `never_reached`, the name of the rule before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl RuleWarning {
    /// A target of the rule is never reached.
    pub(super) fn never_reached(hidden: Hidden) -> Self {
        Self {
            at: format!("targets[{}]", hidden.target),
            code: "never_reached".into(),
            message: format!("The rule {} before it takes all of its messages to this app: move it up.", hidden.by),
            by: Some(hidden.by),
        }
    }
}

/// Every fault of a rule; empty = it can be saved.
pub fn check(rule: &Rule, corps: &[Corp]) -> Vec<RuleFault> {
    let mut faults = Vec::new();
    let mut fault = |at: String, kind: RuleFaultKind| faults.push(RuleFault { at, kind });
    if !(1..=NAME_MAX_CHARS).contains(&rule.name.chars().count()) {
        fault("name".into(), RuleFaultKind::Length);
    }
    if rule.source.as_ref().is_some_and(|source| source.chars().count() > NAME_MAX_CHARS) {
        fault("source".into(), RuleFaultKind::Length);
    }
    if !(1..=TARGETS_MAX).contains(&rule.targets.len()) {
        fault("targets".into(), RuleFaultKind::Targets);
    }
    if rule.quiet_hours.is_some_and(|hours| hours.from == hours.until) {
        fault("quiet_hours".into(), RuleFaultKind::QuietHours);
    }
    if rule.digest.is_some_and(|digest| !Digest::WINDOW_S.contains(&digest.window_s)) {
        fault("digest.window_s".into(), RuleFaultKind::Digest);
    }
    let compiled = Compiled::new(rule.clone());
    if let Some(error) = compiled.filter_fault() {
        fault("filter".into(), error.clone().into());
    }
    for (n, target) in compiled.targets().iter().enumerate() {
        let at = format!("targets[{n}]");
        let same = |other: &Target| other.corp == target.target().corp && other.app == target.target().app;
        if rule.targets[..n].iter().any(same) {
            fault(at.clone(), RuleFaultKind::Twice);
        }
        check_place(target.target(), corps, &at, &mut fault);
        check_words(target, &at, &mut fault);
    }
    faults
}

fn check_place(target: &Target, corps: &[Corp], at: &str, fault: &mut impl FnMut(String, RuleFaultKind)) {
    let Some(corp) = corps.iter().find(|corp| corp.key == target.corp) else {
        return fault(format!("{at}.corp"), RuleFaultKind::NoCorp(target.corp.clone()));
    };
    match corp.find_app(&target.app) {
        None => fault(format!("{at}.app"), RuleFaultKind::NoApp(target.app.clone())),
        Some(app) if target.kind == ContentKind::TemplateCard && target.show_buttons && !app.callback_enabled => {
            fault(format!("{at}.kind"), RuleFaultKind::NoCallback);
        }
        Some(_) => {}
    }
}

fn check_words(target: &CompiledTarget, at: &str, fault: &mut impl FnMut(String, RuleFaultKind)) {
    let mut is_broken = false;
    for (part, error) in target.faults() {
        is_broken = true;
        fault(format!("{at}.{}", part.name()), error.clone().into());
    }
    let button = &target.target().button;
    let got = button.trim().chars().count();
    if !button.contains("{{") && got > BUTTON_MAX_CHARS {
        is_broken = true;
        fault(format!("{at}.button"), RuleFaultKind::Button { got });
    }
    if is_broken {
        return;
    }
    let mut told: Vec<LimitFault> = Vec::new();
    for message in extremes(target.target()) {
        let Err(RenderFault::Limits(limits)) = render(&message, target) else { continue };
        for limit in limits.into_iter().filter(|limit| !told.contains(limit)).collect::<Vec<_>>() {
            let part = part_of(&limit).map_or(String::new(), |part| format!(".{}", part.name()));
            told.push(limit.clone());
            fault(format!("{at}{part}"), RuleFaultKind::Limit(limit));
        }
    }
}

/// The longest message, and the same without what takes the place of the target's own words.
fn extremes(target: &Target) -> [Message; 2] {
    let longest = longest(target);
    let bare = Message { picture: None, buttons: Vec::new(), ..longest.clone() };
    [longest, bare]
}

/// The part of the target that a limit of the content belongs to.
fn part_of(limit: &LimitFault) -> Option<Part> {
    let last = limit.field.rsplit('.').next().unwrap_or_default();
    let is_picture = limit.field.contains("card_image");
    Some(match last {
        "url" if is_picture => Part::Picture,
        "url" => Part::Url,
        "picurl" => Part::Picture,
        "btntxt" => Part::Button,
        "title" => Part::Title,
        "description" | "content" | "sub_title_text" | "desc" => Part::Body,
        _ => return None,
    })
}

/// What people should know about a rule that can be saved.
pub fn warnings(rule: &Rule) -> Vec<RuleWarning> {
    let compiled = Compiled::new(rule.clone());
    let mut warnings = Vec::new();
    for (n, target) in compiled.targets().iter().enumerate() {
        if let Err(fault) = render(&longest(target.target()), target) {
            let (at, code) = (format!("targets[{n}]"), fault.code().to_owned());
            warnings.push(RuleWarning { at, code, message: format!("With the longest message: {fault}."), by: None });
        }
    }
    warnings
}

/// The longest message there can be, of the kind that the target carries.
pub(super) fn longest(target: &Target) -> Message {
    let address = |bytes: usize| format!("https://oa.example.org/{}", "x".repeat(bytes - 23));
    Message {
        id: "00000000-0000-7000-8000-000000000000".into(),
        tenant: TenantKey::from("longest"),
        source: "s".repeat(64),
        event: "e".repeat(64),
        todo: (target.kind == ContentKind::TemplateCard).then_some(TodoKind::Pending),
        recipients: Recipients::Everyone,
        title: "标".repeat(512),
        body: format!("{}。", "内容".repeat(20)).repeat(162),
        url: Some(address(2048)),
        picture: Some(address(2048)),
        buttons: (0..6).map(|n| Button { key: format!("key-{n}"), text: "四个汉字".into(), style: 1 }).collect(),
        priority: Priority::Normal,
        expires_at_ms: None,
        data: serde_json::Map::new(),
        webhook: None,
        accepted_at_ms: 1_764_081_607_000,
        accepted_by: "check".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::ExprError;
    use crate::model::{App, CorpKey, Digest, Overlong, QuietHours};

    fn corp() -> Corp {
        let app = |key: &str, callback_enabled| App { key: key.into(), name: key.into(), agentid: 1, callback_enabled };
        Corp {
            key: CorpKey::from("acme"),
            tenant: "acme".into(),
            name: "Acme".into(),
            corpid: "ww1".into(),
            edition: Default::default(),
            endpoints: crate::setup::default_endpoints(Default::default(), crate::setup::RawEndpoints::default()),
            access: Default::default(),
            read_app: None,
            quota: Default::default(),
            apps: vec![app("oa", true), app("quiet", false)],
            match_rules: Vec::new(),
            pull: Default::default(),
            downstream: Default::default(),
            upstream: Default::default(),
        }
    }

    fn rule(target: Target) -> Rule {
        Rule {
            id: "r".into(),
            tenant: "acme".into(),
            name: "待办".into(),
            source: None,
            filter: None,
            targets: vec![target],
            enabled: true,
            order: 0,
            quiet_hours: None,
            digest: None,
        }
    }

    fn to(app: &str, kind: ContentKind) -> Target {
        Target::new("acme".into(), app.into(), kind)
    }

    fn faults(rule: &Rule) -> Vec<String> {
        check(rule, &[corp()]).into_iter().map(|fault| fault.at).collect()
    }

    #[test]
    fn a_new_target_of_every_kind_can_be_saved_without_a_warning() {
        for kind in ContentKind::ALL {
            let rule = rule(to("oa", kind));
            assert_eq!(check(&rule, &[corp()]), vec![], "{kind:?}");
            assert_eq!(warnings(&rule), vec![], "{kind:?}");
        }
    }

    #[test]
    fn every_fault_has_its_place() {
        let card = || to("oa", ContentKind::Textcard);
        let base = || rule(card());
        let five = Digest { window_s: 5 };
        let noon = || crate::model::rule::TimeOfDay::parse("12:00").unwrap();
        for (rule, want) in [
            (Rule { name: String::new(), ..base() }, vec!["name"]),
            (Rule { name: "名".repeat(65), ..base() }, vec!["name"]),
            (Rule { source: Some("s".repeat(65)), ..base() }, vec!["source"]),
            (Rule { filter: Some("title +".into()), ..base() }, vec!["filter"]),
            (Rule { filter: Some("nothing == ''".into()), ..base() }, vec!["filter"]),
            (Rule { targets: vec![], ..base() }, vec!["targets"]),
            (Rule { targets: vec![card(), card()], ..base() }, vec!["targets[1]"]),
            (Rule { digest: Some(five), ..base() }, vec!["digest.window_s"]),
            (Rule { quiet_hours: Some(QuietHours { from: noon(), until: noon() }), ..base() }, vec!["quiet_hours"]),
            (rule(Target { corp: "other".into(), ..card() }), vec!["targets[0].corp"]),
            (rule(Target { app: "other".into(), ..card() }), vec!["targets[0].app"]),
            (rule(to("quiet", ContentKind::TemplateCard)), vec!["targets[0].kind"]),
            (rule(Target { show_buttons: false, ..to("quiet", ContentKind::TemplateCard) }), vec![]),
            (rule(Target { title: "{{ title".into(), ..card() }), vec!["targets[0].title"]),
            (rule(Target { body: "{{ nothing }}".into(), ..card() }), vec!["targets[0].body"]),
            (rule(Target { button: "五个字太长".into(), ..card() }), vec!["targets[0].button"]),
            (rule(Target { button: "{{ data.word }}".into(), ..card() }), vec![]),
            (rule(Target { url: "oa.example.org".into(), ..card() }), vec!["targets[0].url"]),
            (rule(Target { picture: "p.png".into(), ..to("oa", ContentKind::News) }), vec!["targets[0].picture"]),
        ] {
            assert_eq!(faults(&rule), want, "{rule:?}");
        }
        let broken = check(&Rule { filter: Some("title +".into()), ..base() }, &[corp()]);
        assert!(matches!(&broken[0].kind, RuleFaultKind::Expression(ExprError { .. })));
    }

    #[test]
    fn warnings_say_what_the_longest_message_meets() {
        let refuse = Target { overlong: Overlong::Refuse, ..to("oa", ContentKind::Textcard) };
        let twice = Target { body: "{{ body }}{{ body }}{{ body }}".into(), ..to("oa", ContentKind::Text) };
        let deep = Target { body: "{{ data.a.b }}".into(), ..to("oa", ContentKind::Text) };
        for (target, code) in [(refuse, "too_long"), (twice, "cannot_split"), (deep, "template_failed")] {
            let got = warnings(&rule(target.clone()));
            assert_eq!(got.first().map(|warning| warning.code.as_str()), Some(code), "{target:?}: {got:?}");
        }
    }
}
