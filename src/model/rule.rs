//! Push rules (MSG-02 to MSG-10): which messages go to which apps, in which form, said with which words.

use super::content::CARD_BUTTON_CHARS;
use super::ids::{AppKey, CorpKey, RuleId, TenantKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Longest name of a rule and longest source, characters.
pub const NAME_MAX_CHARS: usize = 64;
/// Targets of one rule.
pub const TARGETS_MAX: usize = 10;
/// Rules of one tenant.
pub const RULES_MAX: usize = 200;

/// A push rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rule {
    /// Id; never changes.
    pub id: RuleId,
    /// Whose messages.
    pub tenant: TenantKey,
    /// Shown name, 1 to 64 characters.
    pub name: String,
    /// The module whose messages it carries; absent = those of all modules (MSG-03).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// CEL over the message that says yes or no; absent = yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Where its messages go, 1 to 10; one per app.
    pub targets: Vec<Target>,
    /// Whether it is in force.
    pub enabled: bool,
    /// Smaller first; where two rules lead to the same app, the first one wins.
    pub order: u32,
    /// When nobody is disturbed; messages of high priority go all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// Bursts become one message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// One app that gets the messages of a rule (MSG-04), and how it says them. Templates are text with `{{ CEL }}` holes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Target {
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// The form.
    pub kind: ContentKind,
    /// Title; not of text and markdown.
    #[serde(default)]
    pub title: String,
    /// Body; of text and markdown it is the whole content.
    #[serde(default)]
    pub body: String,
    /// Words below a text card, at most 4 characters (MSG-10).
    #[serde(default)]
    pub button: String,
    /// Picture for messages that bring none (MSG-08).
    #[serde(default)]
    pub picture: String,
    /// Where a tap leads.
    #[serde(default)]
    pub url: String,
    /// Template card: show the message's own buttons (MSG-12).
    #[serde(default = "yes")]
    pub show_buttons: bool,
    /// What happens to what is too long.
    #[serde(default)]
    pub overlong: Overlong,
}

fn yes() -> bool {
    true
}

/// The form of a message (MSG-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// 文本
    Text,
    /// 图文
    News,
    /// 文本卡片
    Textcard,
    /// 模板卡片; to-do messages only (MSG-13).
    TemplateCard,
    /// Markdown
    Markdown,
}

/// What happens to a message that does not fit into one; nothing is ever cut silently (PEER-23).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlong {
    /// It becomes several numbered messages.
    #[default]
    Split,
    /// It is not sent, and the log says so.
    Refuse,
}

/// A part of a target that is a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// [`Target::title`]
    Title,
    /// [`Target::body`]
    Body,
    /// [`Target::button`]
    Button,
    /// [`Target::picture`]
    Picture,
    /// [`Target::url`]
    Url,
}

impl Part {
    /// All, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Title, Self::Body, Self::Button, Self::Picture, Self::Url];

    /// The field's name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Body => "body",
            Self::Button => "button",
            Self::Picture => "picture",
            Self::Url => "url",
        }
    }
}

impl ContentKind {
    /// All, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Text, Self::Markdown, Self::Textcard, Self::News, Self::TemplateCard];

    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::News => "news",
            Self::Textcard => "textcard",
            Self::TemplateCard => "template_card",
            Self::Markdown => "markdown",
        }
    }

    /// The kind with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The parts that it has, in the order of the form.
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Text | Self::Markdown => &[Part::Body],
            Self::Textcard => &[Part::Title, Part::Body, Part::Button, Part::Url],
            Self::News | Self::TemplateCard => &[Part::Title, Part::Body, Part::Picture, Part::Url],
        }
    }

    /// The words of a part until somebody writes others (MSG-06 to MSG-09).
    pub const fn default_of(self, part: Part) -> &'static str {
        match (self, part) {
            (Self::Text, Part::Body) => "{{ title }}",
            (Self::Markdown, Part::Body) => "**{{ title }}**\n{{ body }}",
            (Self::Text | Self::Markdown, _) => "",
            (_, Part::Title) => "{{ title }}",
            (_, Part::Body) => "{{ body }}",
            (Self::Textcard, Part::Button) => "详情",
            (_, Part::Url) => "{{ url }}",
            (_, Part::Button | Part::Picture) => "",
        }
    }

    /// Whether a part cannot stay empty: saving an empty one gives the default back (MSG-06 to MSG-09).
    pub const fn is_mandatory(self, part: Part) -> bool {
        match (self, part) {
            (Self::Text | Self::Markdown, Part::Body) => true,
            (Self::Text | Self::Markdown, _) => false,
            (_, Part::Title | Part::Url) => true,
            (Self::Textcard, Part::Button) => true,
            (_, Part::Body | Part::Button | Part::Picture) => false,
        }
    }
}

impl Target {
    /// A new target with the words of its kind.
    pub fn new(corp: CorpKey, app: AppKey, kind: ContentKind) -> Self {
        let of = |part| kind.default_of(part).to_owned();
        Self {
            corp,
            app,
            kind,
            title: of(Part::Title),
            body: of(Part::Body),
            button: of(Part::Button),
            picture: of(Part::Picture),
            url: of(Part::Url),
            show_buttons: true,
            overlong: Overlong::Split,
        }
    }

    /// The template of a part.
    pub fn part(&self, part: Part) -> &str {
        match part {
            Part::Title => &self.title,
            Part::Body => &self.body,
            Part::Button => &self.button,
            Part::Picture => &self.picture,
            Part::Url => &self.url,
        }
    }

    /// Writes the template of a part.
    pub fn set_part(&mut self, part: Part, text: String) {
        match part {
            Part::Title => self.title = text,
            Part::Body => self.body = text,
            Part::Button => self.button = text,
            Part::Picture => self.picture = text,
            Part::Url => self.url = text,
        }
    }

    /// Brings the target into the form in which it is stored: parts that its kind does not have are emptied, mandatory
    /// ones that are empty get their default back. Answers those, so that people can be told (MSG-06 to MSG-09).
    pub fn settle(&mut self) -> Vec<Part> {
        let mut restored = Vec::new();
        for part in Part::ALL {
            if !self.kind.parts().contains(&part) {
                self.set_part(part, String::new());
            } else if self.kind.is_mandatory(part) && self.part(part).trim().is_empty() {
                self.set_part(part, self.kind.default_of(part).to_owned());
                restored.push(part);
            }
        }
        restored
    }
}

/// Longest words of a button, characters (MSG-10, doc path 90236).
pub const BUTTON_MAX_CHARS: usize = CARD_BUTTON_CHARS;

/// A time of the day in the appliance's time zone, written `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// So many minutes after midnight; `None` above a day.
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes < 24 * 60).then_some(Self(minutes))
    }

    /// Reads `22:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.trim().split_once(':')?;
        let is_number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(hours) || minutes.len() != 2 || !is_number(minutes) {
            return None;
        }
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(Self(hours * 60 + minutes))
    }

    /// Minutes after midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a time of the day is written HH:MM"))
    }
}

/// When nobody is disturbed: from one time of the day to another, over midnight where the second is smaller (PEER-21).
/// Times are China's, as everything that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// From then on.
    pub from: TimeOfDay,
    /// Until then; not the same as `from`.
    pub until: TimeOfDay,
}

/// Bursts become one message: what comes for one member within the window is sent together (PEER-21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// How long messages are collected after the first one, seconds: 10 to 3,600.
    pub window_s: u32,
}

impl Digest {
    /// Allowed windows, seconds.
    pub const WINDOW_S: std::ops::RangeInclusive<u32> = 10..=3_600;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mandatory_comes_back_and_the_rest_may_be_empty() {
        for (kind, restored) in [
            (ContentKind::Text, vec![Part::Body]),
            (ContentKind::Markdown, vec![Part::Body]),
            (ContentKind::News, vec![Part::Title, Part::Url]),
            (ContentKind::Textcard, vec![Part::Title, Part::Button, Part::Url]),
            (ContentKind::TemplateCard, vec![Part::Title, Part::Url]),
        ] {
            let mut target = Target::new("c".into(), "a".into(), kind);
            assert_eq!(target.settle(), vec![], "a new target is settled: {kind:?}");
            for part in Part::ALL {
                target.set_part(part, "  ".into());
            }
            assert_eq!(target.settle(), restored, "{kind:?}");
            for part in Part::ALL {
                let has = kind.parts().contains(&part);
                assert!(has || target.part(part).is_empty(), "{kind:?} {part:?}");
                assert!(!kind.is_mandatory(part) || !target.part(part).trim().is_empty(), "{kind:?} {part:?}");
            }
        }
    }

    #[test]
    fn times_of_the_day() {
        for (text, minutes) in [
            ("22:00", Some(1320)),
            ("7:05", Some(425)),
            ("00:00", Some(0)),
            ("24:00", None),
            ("7:5", None),
            ("1:60", None),
            ("+1:00", None),
            ("", None),
        ] {
            assert_eq!(TimeOfDay::parse(text).map(TimeOfDay::minutes), minutes, "{text}");
        }
        assert_eq!(TimeOfDay::parse("7:05").unwrap().to_string(), "07:05");
    }
}
