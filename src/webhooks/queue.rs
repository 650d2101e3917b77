//! The queue: what is due is sent, one telling at a time per endpoint. An endpoint that fails is left alone for a while, so
//! that a dead one costs neither itself nor the others.

use super::client::{Outcome, Signed};
use super::{Webhooks, sign};
use crate::model::{CorpKey, PostId, PostState, Text, Webhook, WebhookPost};
use crate::store::{self, Reads, StoreError, WriteTx};
use serde::Serialize;
use serde_json::Value;
use std::sync::PoisonError;
use utoipa::ToSchema;

/// Seconds after which a failed attempt is repeated, one after the other: a dead letter after a day and eleven attempts.
pub const RETRY_AFTER_S: [i64; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800];

/// Tellings of one endpoint in one walk.
const AT_ONCE: usize = 50;

/// An endpoint that failed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trouble {
    failures: u32,
    paused_until_ms: i64,
}

/// How one endpoint fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookGauge {
    /// Tellings that wait.
    pub waiting: usize,
    /// Dead letters.
    pub dead: usize,
    /// Failures in a row; 0 after a success and after a start.
    pub failures: u32,
    /// Nothing is sent before this time, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until_ms: Option<i64>,
}

/// Enqueues an event for every webhook that wants it; answers for how many. `data` says what happened.
pub fn enqueue(tx: &WriteTx, corp: &CorpKey, kind: &str, data: &Value) -> Result<usize, StoreError> {
    let mut told = 0;
    for webhook in store::webhooks::list(tx)?.iter().filter(|webhook| webhook.wants(kind, corp)) {
        enqueue_for(tx, webhook, kind, data)?;
        told += 1;
    }
    Ok(told)
}

/// Enqueues an event for one webhook, whatever it subscribes to; answers whether there is such a one and it is on.
pub fn enqueue_to(tx: &WriteTx, name: &str, kind: &str, data: &Value) -> Result<bool, StoreError> {
    match store::webhooks::find(tx, name)?.filter(|webhook| webhook.enabled) {
        Some(webhook) => enqueue_for(tx, &webhook, kind, data).map(|_| true),
        None => Ok(false),
    }
}

/// Enqueues an event for this webhook, and answers the telling's id. It waits where the webhook is switched off.
pub fn enqueue_for(tx: &WriteTx, webhook: &Webhook, kind: &str, data: &Value) -> Result<PostId, StoreError> {
    let now_ms = tx.now_ms();
    let id = new_id(now_ms);
    let body = serde_json::json!({ "id": id, "type": kind, "at_ms": now_ms, "data": data });
    let post = WebhookPost {
        id,
        webhook: webhook.name.clone(),
        kind: Text::from(kind),
        body: body.to_string(),
        made_at_ms: now_ms,
        due_at_ms: now_ms,
        attempts: 0,
        state: PostState::Waiting,
        status: None,
        error: None,
        ended_at_ms: None,
    };
    store::webhooks::add(tx, &post)?;
    Ok(post.id)
}

fn new_id(now_ms: i64) -> PostId {
    let at_ms = now_ms.max(0).unsigned_abs();
    PostId::from(uuid::Builder::from_unix_timestamp_millis(at_ms, &rand::random()).into_uuid().to_string())
}

/// Sends what is due to one endpoint, in order, until one fails; when it is due again.
pub(super) async fn walk(webhooks: &Webhooks, webhook: Webhook) -> Result<i64, StoreError> {
    let store = &webhooks.0.store;
    let now_ms = webhooks.0.clock.now_ms();
    let trouble = webhooks.trouble(&webhook.name);
    if trouble.paused_until_ms > now_ms {
        return Ok(trouble.paused_until_ms);
    }
    let name = webhook.name.clone();
    let (posts, secret) = store
        .read_async(move |tx| {
            Ok((store::webhooks::due(tx, &name, now_ms, AT_ONCE)?, store::webhooks::secret(tx, &name)?))
        })
        .await?;
    let (has_all, Some(secret)) = (posts.len() < AT_ONCE, secret) else { return Ok(i64::MAX) };
    for post in posts {
        if webhooks.0.stop.is_cancelled() {
            return Ok(i64::MAX);
        }
        let (name, id) = (webhook.name.clone(), post.id.clone());
        let now = store.read_async(move |tx| store::webhooks::find_post(tx, &name, &id)).await?;
        if now.is_none_or(|now| now.state != PostState::Waiting) {
            // removed, or ended with the WeCom that it was about, since the list was read
            continue;
        }
        let timestamp_s = webhooks.0.clock.now_ms().div_euclid(1_000);
        let signature = sign::signature(&secret, post.id.as_str(), timestamp_s, &post.body);
        let attempt = post.attempts + 1;
        let signed = Signed {
            id: post.id.as_str(),
            kind: &post.kind,
            timestamp_s,
            signature: &signature,
            attempt,
            body: &post.body,
        };
        let outcome = webhooks.0.clients.post(&webhook, signed).await;
        let now_ms = webhooks.0.clock.now_ms();
        let is_good = matches!(outcome, Ok(status) if (200..300).contains(&status));
        store.write(move |tx| note(tx, &post, &outcome, now_ms)).await?;
        let paused_until_ms = webhooks.note_trouble(&webhook.name, is_good, now_ms);
        if !is_good {
            return Ok(paused_until_ms);
        }
    }
    if !has_all {
        return Ok(now_ms);
    }
    let name = webhook.name.clone();
    let next = store.read_async(move |tx| store::webhooks::next_due(tx, &name)).await?;
    Ok(next.unwrap_or(i64::MAX))
}

/// Writes what became of an attempt.
fn note(tx: &WriteTx, seen: &WebhookPost, outcome: &Outcome, now_ms: i64) -> Result<(), StoreError> {
    let is_taken = matches!(outcome, Ok(status) if (200..300).contains(status));
    // removed with its webhook meanwhile
    let Some(mut post) = store::webhooks::find_post(tx, &seen.webhook, &seen.id)? else { return Ok(()) };
    if post.state != PostState::Waiting && !is_taken {
        // ended meanwhile, with a reason of its own
        return Ok(());
    }
    post.attempts = seen.attempts + 1;
    post.status = outcome.as_ref().ok().copied();
    post.error = match outcome {
        Ok(status) if (200..300).contains(status) => None,
        Ok(status) => Some(format!("the endpoint answered {status}")),
        Err(why) => Some(why.clone()),
    };
    if post.error.is_none() {
        post.state = PostState::Done;
        post.ended_at_ms = Some(now_ms);
    } else {
        match retry_after_s(post.attempts) {
            Some(after_s) => post.due_at_ms = now_ms + after_s * 1_000,
            None => {
                post.state = PostState::Dead;
                post.ended_at_ms = Some(now_ms);
            }
        }
    }
    store::webhooks::put_post(tx, &post)
}

/// Seconds until the next attempt after so many; `None` = there is none.
fn retry_after_s(attempts: u32) -> Option<i64> {
    RETRY_AFTER_S.get(usize::try_from(attempts.checked_sub(1)?).ok()?).copied()
}

impl Webhooks {
    fn trouble(&self, name: &str) -> Trouble {
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied().unwrap_or_default()
    }

    /// Counts failures in a row; until when the endpoint is left alone.
    fn note_trouble(&self, name: &str, is_good: bool, now_ms: i64) -> i64 {
        let mut all = self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if is_good {
            all.remove(name);
            return now_ms;
        }
        let trouble = all.entry(name.to_owned()).or_default();
        trouble.failures = trouble.failures.saturating_add(1);
        let pause_s = retry_after_s(trouble.failures).unwrap_or(600).min(600);
        trouble.paused_until_ms = now_ms + pause_s * 1_000;
        trouble.paused_until_ms
    }

    /// Forgets that an endpoint failed: it is tried at once.
    pub(super) fn forget_trouble(&self, name: &str) {
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// How an endpoint fares.
    pub async fn gauge(&self, name: &str) -> Result<WebhookGauge, StoreError> {
        let wanted = name.to_owned();
        let (waiting, dead) = self.0.store.read_async(move |tx| store::webhooks::counts(tx, &wanted)).await?;
        let trouble = self.trouble(name);
        let paused_until_ms = Some(trouble.paused_until_ms).filter(|until| *until > self.0.clock.now_ms());
        Ok(WebhookGauge { waiting, dead, failures: trouble.failures, paused_until_ms })
    }

    /// Returns when nothing is due at this moment that could be sent. For tests.
    pub async fn idle(&self) -> Result<(), StoreError> {
        loop {
            let walked = self.0.walked.notified();
            tokio::pin!(walked);
            walked.as_mut().enable();
            self.wake();
            walked.await;
            let now_ms = self.0.clock.now_ms();
            let due: Vec<String> = self
                .0
                .store
                .read_async(move |tx| {
                    let mut due = Vec::new();
                    for webhook in store::webhooks::list(tx)?.into_iter().filter(|webhook| webhook.enabled) {
                        if !store::webhooks::due(tx, &webhook.name, now_ms, 1)?.is_empty() {
                            due.push(webhook.name);
                        }
                    }
                    Ok(due)
                })
                .await?;
            if due.iter().all(|name| self.trouble(name).paused_until_ms > now_ms) {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_attempts() {
        let all: Vec<Option<i64>> = (0..=11).map(retry_after_s).collect();
        assert_eq!((all[0], all[1], all[10], all[11]), (None, Some(5), Some(28_800), None));
        let whole_s: i64 = RETRY_AFTER_S.iter().sum();
        assert!((23 * 3_600..25 * 3_600).contains(&whole_s), "{whole_s} s");
    }
}
