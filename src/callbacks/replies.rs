//! Auto replies: rules as people and programs change them, the box to try them out, and the choice at the moment a member
//! has said something.

use super::Callbacks;
use super::incoming::Incoming;
use super::passive;
use crate::model::auto_reply::pick;
use crate::model::{Actor, AppKey, AutoReply, AutoReplyId, CorpKey, Matching, ReplyContent, Said, SaidKind};
use crate::store::{self, Reads, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// CB-05
pub const KEYWORD_MAX: usize = 50;
/// CB-06
pub const REPLY_MAX: usize = 1_500;
/// CB-07
pub const PRIORITIES: std::ops::RangeInclusive<u32> = 1..=100;
/// Letters of a name.
const NAME_MAX: usize = 64;
/// Rules of one app.
pub const RULES_MAX: usize = 500;
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
    /// 1 to 256 visible characters.
    MediaId,
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
            Self::MediaId => "must be the id of an uploaded picture",
            Self::Articles => "must be 1 to 8 articles",
            Self::ArticleTitle => "must be 1 to 128 bytes",
            Self::ArticleText => "must be at most 512 bytes",
            Self::Address => "must be an http:// or https:// address",
        }
    }
}

/// Why a rule is refused.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// Its fields are not acceptable.
    #[error("the rule is not acceptable: {}", .0.iter().map(|fault| format!("{} {}", fault.field, fault.rule.text())).collect::<Vec<_>>().join("; "))]
    Faults(Vec<ReplyFault>),
    /// The corp has no such app.
    #[error("there is no app {0}")]
    NoApp(AppKey),
    /// There is no such rule.
    #[error("there is no auto reply {0}")]
    NoRule(AutoReplyId),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
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

/// What the box to try rules out answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TriedReply {
    /// The rule that answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<AutoReply>,
    /// Every rule that matches, in the order in which they would win; those that are off are marked by themselves.
    pub matches: Vec<AutoReply>,
    /// How many messages the member gets: a text that is too long for one is sent in several.
    pub messages: usize,
}

impl AutoReplyDraft {
    /// Takes away what has no meaning for what was chosen (CB-04).
    fn tidy(mut self) -> Self {
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

    /// What is wrong with it. Pure.
    fn check(&self) -> Vec<ReplyFault> {
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
            ReplyContent::Image { media_id } => {
                let fine = (1..=256).contains(&media_id.len()) && media_id.bytes().all(|b| b.is_ascii_graphic());
                refuse_unless(fine, "reply.media_id", ReplyRule::MediaId);
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

    fn into_rule(self, id: AutoReplyId, corp: CorpKey, app: AppKey) -> AutoReply {
        let Self { name, said, matching, keyword, reply, priority, enabled } = self;
        AutoReply { id, corp, app, name, said, matching, keyword, reply, priority, enabled }
    }
}

fn is_address(text: &str) -> bool {
    text.len() <= 2_048
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// What a member said, as rules see it.
pub(super) fn said(incoming: &Incoming) -> Option<Said<'_>> {
    match incoming.kind.as_str() {
        // the JSON form has the content in a group of its own
        "message.text" => {
            let nested = || incoming.tree.group("text")?.text("content");
            Some(Said::Text(incoming.tree.text("Content").or_else(nested).unwrap_or_default()))
        }
        "message.image" => Some(Said::Image),
        _ => None,
    }
}

/// What an app answers: the passive reply, and further pieces of a text that is too long for one message.
pub(super) fn answer(
    rules: &[AutoReply],
    incoming: &Incoming,
    corpid: &str,
    now_ms: i64,
) -> Option<(String, Vec<String>)> {
    let rule = pick(rules, said(incoming)?)?;
    if incoming.from.is_empty() {
        return None;
    }
    let now_s = now_ms.div_euclid(1_000);
    let (first, rest) = match &rule.reply {
        ReplyContent::Text { text } => {
            let mut pieces = passive::pieces(text, passive::TEXT_MAX_BYTES).into_iter();
            let first = ReplyContent::Text { text: pieces.next()? };
            (first, pieces.collect())
        }
        other => (other.clone(), Vec::new()),
    };
    Some((passive::message(&first, &incoming.from, corpid, now_s), rest))
}

impl Callbacks {
    /// The rules of an app, in the order in which they win.
    pub async fn auto_replies(&self, corp: &CorpKey, app: &AppKey) -> Result<Vec<AutoReply>, ReplyError> {
        let (corp, key) = (corp.clone(), app.clone());
        let found = self.0.store.read_async(move |tx| {
            let known = has_app(tx, &corp, &key)?;
            Ok((known, store::auto_replies::list(tx, &corp, &key)?))
        });
        let (is_known, mut rules) = found.await?;
        if !is_known {
            return Err(ReplyError::NoApp(app.clone()));
        }
        rules.sort_by(|a, b| a.priority.cmp(&b.priority).then_with(|| a.id.cmp(&b.id)));
        Ok(rules)
    }

    /// One rule.
    pub async fn auto_reply(&self, corp: &CorpKey, app: &AppKey, id: &AutoReplyId) -> Result<AutoReply, ReplyError> {
        let rules = self.auto_replies(corp, app).await?;
        rules.into_iter().find(|rule| rule.id == *id).ok_or_else(|| ReplyError::NoRule(id.clone()))
    }

    /// Creates a rule, or changes the one of this id. What has no meaning for the chosen action is taken away.
    pub async fn put_auto_reply(
        &self,
        actor: &Actor,
        corp: &CorpKey,
        app: &AppKey,
        id: Option<&AutoReplyId>,
        draft: AutoReplyDraft,
    ) -> Result<AutoReply, ReplyError> {
        let draft = draft.tidy();
        let faults = draft.check();
        if !faults.is_empty() {
            return Err(ReplyError::Faults(faults));
        }
        match id {
            Some(id) => drop(self.auto_reply(corp, app, id).await?),
            None => drop(self.auto_replies(corp, app).await?),
        }
        let fresh = || AutoReplyId::from(self.0.ids.next(self.0.clock.now_ms()).to_string());
        let rule = draft.into_rule(id.cloned().unwrap_or_else(fresh), corp.clone(), app.clone());
        let (written, actor) = (rule.clone(), actor.clone());
        let saved = self.0.store.write(move |tx| {
            if !has_app(tx, &written.corp, &written.app)? {
                return Err(StoreError::not_found(format!("app {}", written.app)));
            }
            let former = store::auto_replies::find(tx, &written.corp, &written.app, &written.id)?;
            if former.as_ref() == Some(&written) {
                return Ok(());
            }
            if former.is_none() && store::auto_replies::list(tx, &written.corp, &written.app)?.len() >= RULES_MAX {
                return Err(StoreError::Refused(format!("an app can have no more than {RULES_MAX} auto replies")));
            }
            store::auto_replies::put(tx, &written)?;
            let action = if former.is_some() { "auto_reply.update" } else { "auto_reply.create" };
            let subject = format!("{}/{} {}", written.corp, written.app, written.name);
            let before = former.map(|former| json!(former));
            store::audit::append(tx, &actor, action, &subject, before, Some(json!(written))).map(drop)
        });
        saved.await?;
        Ok(rule)
    }

    /// Removes rules (CB-08); answers how many were there.
    pub async fn remove_auto_replies(
        &self,
        actor: &Actor,
        corp: &CorpKey,
        app: &AppKey,
        ids: Vec<AutoReplyId>,
    ) -> Result<usize, ReplyError> {
        let (actor, corp, app) = (actor.clone(), corp.clone(), app.clone());
        let removed = self.0.store.write(move |tx| {
            let mut count = 0;
            for id in &ids {
                let Some(gone) = store::auto_replies::remove(tx, &corp, &app, id)? else { continue };
                let subject = format!("{corp}/{app} {}", gone.name);
                store::audit::append(tx, &actor, "auto_reply.remove", &subject, Some(json!(gone)), None)?;
                count += 1;
            }
            Ok(count)
        });
        Ok(removed.await?)
    }

    /// Switches rules on or off (CB-08); answers how many were changed.
    pub async fn switch_auto_replies(
        &self,
        actor: &Actor,
        corp: &CorpKey,
        app: &AppKey,
        ids: Vec<AutoReplyId>,
        enabled: bool,
    ) -> Result<usize, ReplyError> {
        let (actor, corp, app) = (actor.clone(), corp.clone(), app.clone());
        let switched = self.0.store.write(move |tx| {
            let mut count = 0;
            for id in &ids {
                let Some(rule) = store::auto_replies::find(tx, &corp, &app, id)? else { continue };
                if rule.enabled == enabled {
                    continue;
                }
                let action = if enabled { "auto_reply.enable" } else { "auto_reply.disable" };
                let subject = format!("{corp}/{app} {}", rule.name);
                store::auto_replies::put(tx, &AutoReply { enabled, ..rule })?;
                store::audit::append(tx, &actor, action, &subject, None, None)?;
                count += 1;
            }
            Ok(count)
        });
        Ok(switched.await?)
    }

    /// What an app would answer; nothing is sent.
    pub async fn try_auto_reply(&self, corp: &CorpKey, app: &AppKey, said: Said<'_>) -> Result<TriedReply, ReplyError> {
        let rules = self.auto_replies(corp, app).await?;
        let answers = pick(&rules, said).cloned();
        let messages = match answers.as_ref().map(|rule| &rule.reply) {
            None => 0,
            Some(ReplyContent::Text { text }) => passive::pieces(text, passive::TEXT_MAX_BYTES).len(),
            Some(_) => 1,
        };
        let matches = rules.into_iter().filter(|rule| rule.matches(said)).collect();
        Ok(TriedReply { answers, matches, messages })
    }
}

fn has_app(tx: &impl Reads, corp: &CorpKey, app: &AppKey) -> Result<bool, StoreError> {
    let corp = store::corps::find(tx, corp)?.ok_or_else(|| StoreError::not_found(format!("corp {corp}")))?;
    Ok(corp.find_app(app).is_some())
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
            (
                AutoReplyDraft { reply: ReplyContent::Image { media_id: String::new() }, ..draft() },
                Some("reply.media_id"),
            ),
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
