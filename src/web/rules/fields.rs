//! The form of a rule: what was entered, from and to the domain. Targets are numbered, so that each has fields of its own.

use crate::locale::{Lang, T};
use crate::messages::rulebook::{RuleBody, RuleFault, TargetBody};
use crate::model::rule::{Part, TimeOfDay};
use crate::model::{AppKey, ContentKind, CorpKey, Digest, Overlong, QuietHours, Rule, Target};
use crate::web::form::Faults;

/// What the form holds.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleFields {
    pub name: String,
    pub source: String,
    pub filter: String,
    pub enabled: bool,
    pub quiet_from: String,
    pub quiet_until: String,
    pub digest: String,
    pub targets: Vec<TargetFields>,
}

/// One target of the form.
#[derive(Debug, Clone)]
pub(super) struct TargetFields {
    /// `corp/app`
    pub place: String,
    pub kind: ContentKind,
    /// In the order of [`Part::ALL`].
    pub parts: [String; 5],
    pub hides_buttons: bool,
    pub refuses: bool,
}

/// What the form offers for a part. A text has the body too, in plain sight; by default it is the title alone (MSG-06).
/// Words that members read are in the language of whoever makes the rule; a button has room for four characters.
fn offered(lang: Lang, kind: ContentKind, part: Part) -> &'static str {
    match (kind, part) {
        (ContentKind::Text, Part::Body) => "{{ title }}\n{{ body }}",
        (ContentKind::Textcard, Part::Button) => lang.pick(kind.default_of(part), "View"),
        _ => kind.default_of(part),
    }
}

impl TargetFields {
    /// A new target with the words of its kind.
    pub fn new(lang: Lang, place: String, kind: ContentKind) -> Self {
        let parts = Part::ALL.map(|part| offered(lang, kind, part).to_owned());
        Self { place, kind, parts, hides_buttons: false, refuses: false }
    }

    fn of(target: &Target) -> Self {
        Self {
            place: format!("{}/{}", target.corp, target.app),
            kind: target.kind,
            parts: Part::ALL.map(|part| target.part(part).to_owned()),
            hides_buttons: !target.show_buttons,
            refuses: target.overlong == Overlong::Refuse,
        }
    }

    /// The template of a part.
    pub fn part(&self, part: Part) -> &str {
        Part::ALL.iter().position(|known| *known == part).map_or("", |at| self.parts[at].as_str())
    }

    fn body(&self) -> TargetBody {
        let (corp, app) = self.place.split_once('/').unwrap_or((self.place.as_str(), ""));
        let [title, body, button, picture, url] = self.parts.clone().map(Some);
        TargetBody {
            corp: CorpKey::from(corp),
            app: AppKey::from(app),
            kind: self.kind,
            title,
            body,
            button,
            picture,
            url,
            show_buttons: !self.hides_buttons,
            overlong: if self.refuses { Overlong::Refuse } else { Overlong::Split },
        }
    }
}

impl RuleFields {
    /// The form of a rule as it is.
    pub fn of(rule: &Rule) -> Self {
        Self {
            name: rule.name.clone(),
            source: rule.source.clone().unwrap_or_default(),
            filter: rule.filter.clone().unwrap_or_default(),
            enabled: rule.enabled,
            quiet_from: rule.quiet_hours.map(|hours| hours.from.to_string()).unwrap_or_default(),
            quiet_until: rule.quiet_hours.map(|hours| hours.until.to_string()).unwrap_or_default(),
            digest: rule.digest.map(|digest| digest.window_s.to_string()).unwrap_or_default(),
            targets: rule.targets.iter().map(TargetFields::of).collect(),
        }
    }

    /// From the pairs of a form. Where the kind of a target was changed, the words of the former kind that nobody touched
    /// become those of the new one.
    pub fn read(lang: Lang, pairs: &[(String, String)]) -> Self {
        let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let text = |name: &str| get(name).unwrap_or_default().replace("\r\n", "\n");
        let mut targets = Vec::new();
        for n in 0..crate::model::rule::TARGETS_MAX + 1 {
            let Some(place) = get(&format!("t{n}_place")) else { continue };
            let kind = get(&format!("t{n}_kind")).and_then(ContentKind::find).unwrap_or(ContentKind::Text);
            let former = get(&format!("t{n}_was")).and_then(ContentKind::find).unwrap_or(kind);
            let parts = Part::ALL.map(|part| {
                let given = text(&format!("t{n}_{}", part.name()));
                let defaults = [Lang::Zh, Lang::En].map(|lang| offered(lang, former, part));
                let was_default = former.default_of(part) == given.trim() || defaults.contains(&given.trim());
                if kind != former && was_default { offered(lang, kind, part).to_owned() } else { given }
            });
            targets.push(TargetFields {
                place: place.to_owned(),
                kind,
                parts,
                hides_buttons: get(&format!("t{n}_show_buttons")) == Some("no"),
                refuses: get(&format!("t{n}_overlong")) == Some("refuse"),
            });
        }
        Self {
            name: text("name"),
            source: text("source"),
            filter: text("filter"),
            enabled: get("enabled").is_some(),
            quiet_from: text("quiet_from"),
            quiet_until: text("quiet_until"),
            digest: text("digest"),
            targets,
        }
    }

    /// The rule that was entered; what is no time and no number is noted.
    pub fn body(&self, t: T, faults: &mut Faults) -> RuleBody {
        let time = |text: &str, field: &str, faults: &mut Faults| {
            let time = TimeOfDay::parse(text);
            if time.is_none() {
                faults.add(field, t.rule_fault_time());
            }
            time
        };
        let quiet_hours = if self.quiet_from.trim().is_empty() && self.quiet_until.trim().is_empty() {
            None
        } else {
            let from = time(&self.quiet_from, "quiet_from", faults);
            let until = time(&self.quiet_until, "quiet_until", faults);
            from.zip(until).map(|(from, until)| QuietHours { from, until })
        };
        let digest = match self.digest.trim() {
            "" => None,
            text => match text.parse() {
                Ok(window_s) => Some(Digest { window_s }),
                Err(_) => {
                    faults.add("digest", t.rule_fault_number());
                    None
                }
            },
        };
        RuleBody {
            name: self.name.clone(),
            source: Some(self.source.clone()),
            filter: Some(self.filter.clone()),
            targets: self.targets.iter().map(TargetFields::body).collect(),
            enabled: self.enabled,
            quiet_hours,
            digest,
        }
    }
}

/// Puts the faults of a rule beside the fields of the form.
pub(super) fn place_faults(t: T, found: &[RuleFault], faults: &mut Faults) {
    for fault in found {
        faults.add(field_of(&fault.at), t.rule_fault(fault));
    }
}

/// `targets[0].title` is the field `t0_title`.
pub(super) fn field_of(at: &str) -> String {
    let of_target = |rest: &str| {
        let (n, part) = rest.split_once(']')?;
        let part = match part.trim_start_matches('.') {
            "" | "corp" | "app" => "place",
            part => part,
        };
        Some(format!("t{n}_{part}"))
    };
    match at {
        "quiet_hours" => "quiet_from".into(),
        "digest.window_s" => "digest".into(),
        at => at.strip_prefix("targets[").and_then(of_target).unwrap_or_else(|| at.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_faults_are_fields() {
        for (at, field) in [
            ("name", "name"),
            ("targets", "targets"),
            ("targets[0].title", "t0_title"),
            ("targets[12]", "t12_place"),
            ("targets[1].app", "t1_place"),
            ("quiet_hours", "quiet_from"),
            ("digest.window_s", "digest"),
        ] {
            assert_eq!(field_of(at), field, "{at}");
        }
    }

    #[test]
    fn another_kind_takes_its_own_words_unless_somebody_wrote_others() {
        let pairs = |body: &str| {
            [("t0_place", "c/a"), ("t0_kind", "textcard"), ("t0_was", "text"), ("t0_body", body), ("t0_title", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        for words in ["{{ title }}\n{{ body }}", "{{ title }}"] {
            let fresh = RuleFields::read(Lang::Zh, &pairs(words));
            assert_eq!(fresh.targets[0].part(Part::Body), "{{ body }}");
            assert_eq!(fresh.targets[0].part(Part::Title), "{{ title }}");
        }
        let text = [("t0_place", "c/a"), ("t0_kind", "text"), ("t0_was", "textcard"), ("t0_body", "{{ body }}")];
        let text = RuleFields::read(Lang::Zh, &text.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(text.targets[0].part(Part::Body), "{{ title }}\n{{ body }}", "whoever sees the form sees both");
        let own = RuleFields::read(Lang::Zh, &pairs("我的内容"));
        assert_eq!(own.targets[0].part(Part::Body), "我的内容");
        for (lang, button) in [(Lang::Zh, "详情"), (Lang::En, "View")] {
            let new = TargetFields::new(lang, "c/a".into(), ContentKind::Textcard);
            assert_eq!(new.part(Part::Button), button);
            assert!(button.chars().count() <= crate::model::rule::BUTTON_MAX_CHARS);
        }
    }
}
