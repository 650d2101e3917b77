//! Auto reply rules (CB-02 to CB-11): what a member says to an app, and what the app answers at once. Values and the
//! choice among them; no I/O.

use super::ids::{AppKey, AutoReplyId, CorpKey, PictureId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the member does (CB-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SaidKind {
    /// Writes a text.
    Text,
    /// Sends a picture.
    Image,
}

/// How a text is compared with the keyword (CB-03). Blanks around the text and the case of letters do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// The text holds the keyword.
    #[default]
    Contains,
    /// The text begins with it.
    StartsWith,
    /// The text ends with it.
    EndsWith,
    /// The text is it.
    Equals,
    /// Every text, whatever it says (CB-11).
    All,
}

/// One article of a reply with pictures (doc path 90241).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyArticle {
    /// 1 to 128 bytes.
    pub title: String,
    /// At most 512 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it leads, `http://` or `https://`.
    pub url: String,
    /// Picture, `http://` or `https://`; empty = none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub picture: String,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReplyContent {
    /// A text, at most 1,500 characters (CB-06). Line breaks are kept, links are written as `<a href="…">…</a>`.
    Text {
        /// The text.
        text: String,
    },
    /// A picture that the bridge keeps for the app, and uploads to WeCom as often as its id expires there.
    Image {
        /// The picture.
        picture: PictureId,
    },
    /// 1 to 8 articles with pictures.
    News {
        /// The articles.
        articles: Vec<ReplyArticle>,
    },
}

/// A rule of one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AutoReply {
    /// UUID v7: of two rules with the same priority the older one wins.
    pub id: AutoReplyId,
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// Shown name, 1 to 64 characters.
    pub name: String,
    /// What the member does.
    pub said: SaidKind,
    /// How the text is compared; of no meaning for pictures (CB-04).
    #[serde(default)]
    pub matching: Matching,
    /// 1 to 50 characters (CB-05); empty for pictures and for [`Matching::All`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keyword: String,
    /// What is answered.
    pub reply: ReplyContent,
    /// 1 to 100; smaller wins (CB-07).
    pub priority: u32,
    /// Whether it is in force (CB-08).
    pub enabled: bool,
}

/// What a member said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'t> {
    /// A text.
    Text(&'t str),
    /// A picture.
    Image,
}

impl AutoReply {
    /// Whether the rule, if it were in force, answers this.
    pub fn matches(&self, said: Said<'_>) -> bool {
        match (self.said, said) {
            (SaidKind::Image, Said::Image) => true,
            (SaidKind::Text, Said::Text(text)) => {
                let (text, keyword) = (text.trim().to_lowercase(), self.keyword.trim().to_lowercase());
                match self.matching {
                    Matching::All => true,
                    _ if keyword.is_empty() => false,
                    Matching::Contains => text.contains(&keyword),
                    Matching::StartsWith => text.starts_with(&keyword),
                    Matching::EndsWith => text.ends_with(&keyword),
                    Matching::Equals => text == keyword,
                }
            }
            _ => false,
        }
    }
}

/// The rule that answers: of those in force that match, the one with the smallest priority, then the oldest.
pub fn pick<'r>(rules: &'r [AutoReply], said: Said<'_>) -> Option<&'r AutoReply> {
    rules
        .iter()
        .filter(|rule| rule.enabled && rule.matches(said))
        .min_by(|a, b| a.priority.cmp(&b.priority).then_with(|| a.id.cmp(&b.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, matching: Matching, keyword: &str, priority: u32) -> AutoReply {
        AutoReply {
            id: id.into(),
            corp: "a".into(),
            app: "oa".into(),
            name: id.into(),
            said: SaidKind::Text,
            matching,
            keyword: keyword.into(),
            reply: ReplyContent::Text { text: "x".into() },
            priority,
            enabled: true,
        }
    }

    #[test]
    fn matching() {
        use Matching::{All, Contains, EndsWith, Equals, StartsWith};
        for (matching, keyword, text, hit) in [
            (Contains, "请假", "我要请假两天", true),
            (Contains, "请假", "我要休息", false),
            (StartsWith, "请假", "请假两天", true),
            (StartsWith, "请假", "我要请假", false),
            (EndsWith, "请假", "我要请假 \n", true),
            (EndsWith, "请假", "请假吧", false),
            (Equals, "请假", " 请假 ", true),
            (Equals, "请假", "请假!", false),
            (Equals, "HELP", "help", true),
            (Contains, "", "x", false),
            (All, "", "", true),
            (All, "ignored", "x", true),
        ] {
            let got = rule("1", matching, keyword, 1).matches(Said::Text(text));
            assert_eq!(got, hit, "{matching:?} {keyword:?} {text:?}");
            assert!(!rule("1", matching, keyword, 1).matches(Said::Image));
        }
        let picture = AutoReply { said: SaidKind::Image, ..rule("1", All, "", 1) };
        assert!(picture.matches(Said::Image) && !picture.matches(Said::Text("x")));
    }

    #[test]
    fn the_smallest_priority_wins_then_the_oldest() {
        let mut rules = vec![
            rule("3", Matching::All, "", 100),
            rule("2", Matching::Contains, "a", 5),
            rule("1", Matching::Contains, "b", 5),
            rule("4", Matching::Equals, "abc", 1),
        ];
        let picked = |rules: &[AutoReply], text: &str| pick(rules, Said::Text(text)).map(|rule| rule.id.to_string());
        for (text, want) in [("abc", "4"), ("ab", "1"), ("a", "2"), ("z", "3")] {
            assert_eq!(picked(&rules, text).as_deref(), Some(want), "{text}");
        }
        rules[3].enabled = false;
        assert_eq!(picked(&rules, "abc").as_deref(), Some("1"));
        rules[0].priority = 1;
        assert_eq!(picked(&rules, "abc").as_deref(), Some("3"), "take-all has no place of its own");
        assert_eq!(picked(&[], "abc"), None);
    }
}
