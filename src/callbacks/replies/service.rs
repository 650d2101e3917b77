//! Rules as people and programs change them, and the box to try them out.

use super::super::{Callbacks, passive};
use super::{AutoReplyDraft, ReplyError, ReplyFault, ReplyRule, has_app};
use crate::model::auto_reply::pick;
use crate::model::{Actor, AppKey, AutoReply, AutoReplyId, CorpKey, ReplyContent, Said};
use crate::store::{self, StoreError};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// Rules of one app.
pub const RULES_MAX: usize = 500;

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
            if let ReplyContent::Image { picture } = &written.reply
                && store::pictures::find(tx, &written.corp, &written.app, picture)?.is_none()
            {
                return Ok(false);
            }
            let former = store::auto_replies::find(tx, &written.corp, &written.app, &written.id)?;
            if former.as_ref() == Some(&written) {
                return Ok(true);
            }
            if former.is_none() && store::auto_replies::list(tx, &written.corp, &written.app)?.len() >= RULES_MAX {
                return Err(StoreError::Refused(format!("an app can have no more than {RULES_MAX} auto replies")));
            }
            store::auto_replies::put(tx, &written)?;
            let action = if former.is_some() { "auto_reply.update" } else { "auto_reply.create" };
            let subject = format!("{}/{} {}", written.corp, written.app, written.name);
            let before = former.map(|former| json!(former));
            store::audit::append(tx, &actor, action, &subject, before, Some(json!(written)))?;
            Ok(true)
        });
        if !saved.await? {
            let fault = ReplyFault { field: "reply.picture".to_owned(), rule: ReplyRule::Picture };
            return Err(ReplyError::Faults(vec![fault]));
        }
        self.0.pictures_wanted.notify_one();
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
        let count = switched.await?;
        self.0.pictures_wanted.notify_one();
        Ok(count)
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
