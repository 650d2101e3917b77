//! A rule as it is entered: its limits, and what has no meaning for what was chosen. Pure.

use crate::model::{AppKey, AutoReply, AutoReplyId, CorpKey, Matching, ReplyContent, SaidKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// CB-05
pub const KEYWORD_MAX: usize = 50;
/// CB-06
pub const REPLY_MAX: usize = 1_500;
/// CB-07
pub const PRIORITIES: std::ops::RangeInclusive<u32> = 1..=100;
/// Letters of a name.
const NAME_MAX: usize = 64;
/// Articles of one reply (doc path 90241).
const ARTICLES_MAX: usize = 8;

/// One fault of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyFault {
    /// The field.
    pub field: String,
    /// Which rule it breaks; the locale files have the sentences.
    pub rule: ReplyRule,
}

/// What a field of a rule must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyRule {
    /// 1 to 64 characters.
    Name,
    /// 1 to 50 characters.
    Keyword,
    /// 1 to 1,500 characters.
    Text,
    /// 1 to 100.
    Priority,
    /// A picture of the app.
    Picture,
    /// 1 to 8.
    Articles,
    /// 1 to 128 bytes.
    ArticleTitle,
    /// At most 512 bytes.
    ArticleText,
    /// An http:// or https:// address of at most 2048 bytes.
    Address,
}

impl ReplyRule {
    /// As one English phrase.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Name => "must be 1 to 64 characters",
            Self::Keyword => "must be 1 to 50 characters",
            Self::Text => "must be 1 to 1500 characters",
            Self::Priority => "must be a whole number from 1 to 100",
            Self::Picture => "must be the id of a picture of the app",
            Self::Articles => "must be 1 to 8 articles",
            Self::ArticleTitle => "must be 1 to 128 bytes",
            Self::ArticleText => "must be at most 512 bytes",
            Self::Address => "must be an http:// or https:// address",
        }
    }
}

/// A rule as it is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AutoReplyDraft {
    /// Shown name, 1 to 64 characters.
    pub name: String,
    /// What the member does.
    pub said: SaidKind,
    /// How the text is compared; only for texts (CB-04).
    #[serde(default)]
    pub matching: Matching,
    /// 1 to 50 characters; only for texts, and not for `all`.
    #[serde(default)]
    pub keyword: String,
    /// What is answered.
    pub reply: ReplyContent,
    /// 1 to 100; smaller wins.
    #[serde(default = "first")]
    pub priority: u32,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn first() -> u32 {
    1
}

fn yes() -> bool {
    true
}

impl AutoReplyDraft {
    /// Takes away what has no meaning for what was chosen (CB-04).
    pub(super) fn tidy(mut self) -> Self {
        self.name = self.name.trim().to_owned();
        self.keyword = self.keyword.trim().to_owned();
        if self.said == SaidKind::Image {
            self.matching = Matching::All;
        }
        if self.matching == Matching::All {
            self.keyword.clear();
        }
        if let ReplyContent::Text { text } = &mut self.reply {
            *text = text.replace("\r\n", "\n").trim_end().to_owned();
        }
        self
    }

    /// What is wrong with it by itself; whether its picture is there is not known here.
    pub(super) fn check(&self) -> Vec<ReplyFault> {
        let mut faults = Vec::new();
        let mut refuse_unless = |fine: bool, field: &str, rule: ReplyRule| {
            if !fine {
                faults.push(ReplyFault { field: field.to_owned(), rule });
            }
        };
        let within = |text: &str, max: usize| (1..=max).contains(&text.chars().count());
        refuse_unless(within(&self.name, NAME_MAX), "name", ReplyRule::Name);
        let needs_keyword = self.said == SaidKind::Text && self.matching != Matching::All;
        refuse_unless(!needs_keyword || within(&self.keyword, KEYWORD_MAX), "keyword", ReplyRule::Keyword);
        refuse_unless(PRIORITIES.contains(&self.priority), "priority", ReplyRule::Priority);
        match &self.reply {
            ReplyContent::Text { text } => {
                refuse_unless(within(text, REPLY_MAX) && !text.trim().is_empty(), "reply.text", ReplyRule::Text);
            }
            ReplyContent::Image { picture } => {
                refuse_unless(!picture.as_str().is_empty(), "reply.picture", ReplyRule::Picture);
            }
            ReplyContent::News { articles } => {
                refuse_unless((1..=ARTICLES_MAX).contains(&articles.len()), "reply.articles", ReplyRule::Articles);
                for (at, article) in articles.iter().enumerate() {
                    let field = |name: &str| format!("reply.articles[{at}].{name}");
                    let title = (1..=128).contains(&article.title.len());
                    refuse_unless(title, &field("title"), ReplyRule::ArticleTitle);
                    refuse_unless(article.description.len() <= 512, &field("description"), ReplyRule::ArticleText);
                    refuse_unless(is_address(&article.url), &field("url"), ReplyRule::Address);
                    let picture = article.picture.is_empty() || is_address(&article.picture);
                    refuse_unless(picture, &field("picture"), ReplyRule::Address);
                }
            }
        }
        faults
    }

    pub(super) fn into_rule(self, id: AutoReplyId, corp: CorpKey, app: AppKey) -> AutoReply {
        let Self { name, said, matching, keyword, reply, priority, enabled } = self;
        AutoReply { id, corp, app, name, said, matching, keyword, reply, priority, enabled }
    }
}

fn is_address(text: &str) -> bool {
    text.len() <= 2_048
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> AutoReplyDraft {
        AutoReplyDraft {
            name: "a".into(),
            said: SaidKind::Text,
            matching: Matching::Contains,
            keyword: "请假".into(),
            reply: ReplyContent::Text { text: "好".into() },
            priority: 1,
            enabled: true,
        }
    }

    #[test]
    fn limits() {
        let text = |text: String| ReplyContent::Text { text };
        for (change, fault) in [
            (draft(), None),
            (AutoReplyDraft { name: " ".into(), ..draft() }, Some("name")),
            (AutoReplyDraft { name: "名".repeat(64), ..draft() }, None),
            (AutoReplyDraft { name: "名".repeat(65), ..draft() }, Some("name")),
            (AutoReplyDraft { keyword: "键".repeat(50), ..draft() }, None),
            (AutoReplyDraft { keyword: "键".repeat(51), ..draft() }, Some("keyword")),
            (AutoReplyDraft { keyword: String::new(), ..draft() }, Some("keyword")),
            (AutoReplyDraft { keyword: String::new(), matching: Matching::All, ..draft() }, None),
            (AutoReplyDraft { keyword: String::new(), said: SaidKind::Image, ..draft() }, None),
            (AutoReplyDraft { reply: text("答".repeat(1_500)), ..draft() }, None),
            (AutoReplyDraft { reply: text("答".repeat(1_501)), ..draft() }, Some("reply.text")),
            (AutoReplyDraft { reply: text(" \n".into()), ..draft() }, Some("reply.text")),
            (AutoReplyDraft { priority: 0, ..draft() }, Some("priority")),
            (AutoReplyDraft { priority: 100, ..draft() }, None),
            (AutoReplyDraft { priority: 101, ..draft() }, Some("priority")),
            (AutoReplyDraft { reply: ReplyContent::News { articles: vec![] }, ..draft() }, Some("reply.articles")),
            (AutoReplyDraft { reply: ReplyContent::Image { picture: "".into() }, ..draft() }, Some("reply.picture")),
        ] {
            let got = change.clone().tidy().check();
            assert_eq!(got.first().map(|fault| fault.field.as_str()), fault, "{change:?}");
        }
    }

    #[test]
    fn match_and_keyword_exist_for_texts_only() {
        let picture = AutoReplyDraft { said: SaidKind::Image, ..draft() }.tidy();
        assert_eq!((picture.matching, picture.keyword.as_str()), (Matching::All, ""));
        let all = AutoReplyDraft { matching: Matching::All, ..draft() }.tidy();
        assert_eq!(all.keyword, "");
        let lines = AutoReplyDraft { reply: ReplyContent::Text { text: "一\r\n二\r\n".into() }, ..draft() }.tidy();
        assert_eq!(lines.reply, ReplyContent::Text { text: "一\n二".into() });
    }
}
