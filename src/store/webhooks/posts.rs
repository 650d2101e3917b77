//! Tellings by webhook and id (ids sort by time), those that are due, and the dead letters.

use crate::model::{CorpKey, PostId, PostState, WebhookPost};
use crate::store::key::{Prefix, Str};
use crate::store::registry::Checks;
use crate::store::table::{Table, everything};
use crate::store::tx::{ReadTx, Reads, WriteTx};
use crate::store::{Order, StoreError};
use std::ops::ControlFlow;

/// (webhook, post)
pub(super) const POSTS: Table<(Str, Str), WebhookPost> = Table::new("webhook_posts");
/// (webhook, due at, post) of those that wait
pub(super) const DUE: Table<(Str, u64, Str), ()> = Table::new("webhook_due");
/// (webhook, post) of the dead letters
pub(super) const DEAD: Table<(Str, Str), ()> = Table::new("webhook_dead");

/// Adds a telling.
pub fn add(tx: &WriteTx, post: &WebhookPost) -> Result<(), StoreError> {
    put_post(tx, post)
}

/// The telling with this id.
pub fn find_post(tx: &impl Reads, webhook: &str, id: &PostId) -> Result<Option<WebhookPost>, StoreError> {
    POSTS.get(tx, (webhook, id.as_str()))
}

/// Writes a telling, with its place in the queues.
pub fn put_post(tx: &WriteTx, post: &WebhookPost) -> Result<(), StoreError> {
    let key = (post.webhook.as_str(), post.id.as_str());
    let former = POSTS.writer(tx)?.replace(key, post)?;
    if let Some(former) = former.filter(|former| former.state == PostState::Waiting) {
        DUE.remove(tx, (&former.webhook, time(former.due_at_ms), former.id.as_str()))?;
    }
    if post.state == PostState::Waiting {
        DUE.put(tx, (&post.webhook, time(post.due_at_ms), post.id.as_str()), &())?;
    }
    if post.state == PostState::Dead { DEAD.put(tx, key, &()) } else { DEAD.remove(tx, key).map(drop) }
}

/// Tellings of a webhook that are due, the longest due first.
pub fn due(tx: &impl Reads, webhook: &str, now_ms: i64, limit: usize) -> Result<Vec<WebhookPost>, StoreError> {
    let mut ids = Vec::new();
    DUE.scan(tx, &Prefix::text(webhook).range(), |(_, at_ms, id), ()| {
        if at_ms > time(now_ms) || ids.len() == limit {
            return Ok(ControlFlow::Break(()));
        }
        ids.push(id);
        Ok(ControlFlow::Continue(()))
    })?;
    let mut posts = Vec::with_capacity(ids.len());
    for id in &ids {
        posts.extend(POSTS.get(tx, (webhook, id))?);
    }
    Ok(posts)
}

/// When the next telling of a webhook is due, Unix milliseconds.
pub fn next_due(tx: &impl Reads, webhook: &str) -> Result<Option<i64>, StoreError> {
    let first = DUE.first_key(tx, &Prefix::text(webhook).range())?;
    Ok(first.map(|(_, at_ms, _)| i64::try_from(at_ms).unwrap_or(i64::MAX)))
}

/// How many tellings of a webhook wait, and how many are dead.
pub fn counts(tx: &impl Reads, webhook: &str) -> Result<(usize, usize), StoreError> {
    let range = Prefix::text(webhook).range();
    Ok((DUE.keys(tx, &range)?.len(), DEAD.keys(tx, &range)?.len()))
}

/// The first tellings of a webhook behind `after`, in this order; `state` chooses, where it is given.
pub fn search(
    tx: &impl Reads,
    webhook: &str,
    state: Option<PostState>,
    after: Option<&PostId>,
    order: Order,
    limit: usize,
) -> Result<Vec<WebhookPost>, StoreError> {
    let prefix = Prefix::text(webhook);
    let range = match after {
        Some(id) => prefix.beyond::<(Str, Str)>((webhook, id.as_str()), order),
        None => prefix.range(),
    };
    let mut posts = Vec::new();
    if state == Some(PostState::Dead) {
        DEAD.scan_json_in(tx, &range, order, |(_, id), _| {
            posts.extend(POSTS.get(tx, (webhook, &id))?);
            Ok(if posts.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        return Ok(posts);
    }
    POSTS.scan_json_in(tx, &range, order, |_, json| {
        let post: WebhookPost = POSTS.decode_json(json)?;
        if state.is_none_or(|state| post.state == state) {
            posts.push(post);
        }
        Ok(if posts.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(posts)
}

/// The dead letters of a webhook, the oldest first.
pub fn dead(tx: &impl Reads, webhook: &str, limit: usize) -> Result<Vec<WebhookPost>, StoreError> {
    let mut posts = Vec::new();
    for (_, id) in DEAD.keys(tx, &Prefix::text(webhook).range())?.into_iter().take(limit) {
        posts.extend(POSTS.get(tx, (webhook, &id))?);
    }
    Ok(posts)
}

/// At most `limit` tellings of a webhook that have ended, were made before a time, and are old, as `is_old` says.
pub fn ended(
    tx: &impl Reads,
    webhook: &str,
    before_ms: i64,
    limit: usize,
    is_old: impl Fn(&WebhookPost) -> bool,
) -> Result<Vec<PostId>, StoreError> {
    let mut old = Vec::new();
    POSTS.scan(tx, &Prefix::text(webhook).range(), |_, post| {
        if post.made_at_ms >= before_ms || old.len() == limit {
            return Ok(ControlFlow::Break(()));
        }
        if post.state != PostState::Waiting && is_old(&post) {
            old.push(post.id);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(old)
}

/// Removes tellings of a webhook, but for those that wait again.
pub fn remove_ended(tx: &WriteTx, webhook: &str, ids: &[PostId]) -> Result<(), StoreError> {
    for id in ids {
        let key = (webhook, id.as_str());
        if POSTS.get(tx, key)?.is_some_and(|post| post.state != PostState::Waiting) {
            POSTS.remove(tx, key)?;
            DEAD.remove(tx, key)?;
        }
    }
    Ok(())
}

/// Ends the tellings that wait and are about a corp, as dead letters for this reason; answers how many.
pub(in crate::store) fn end_of_corp(tx: &WriteTx, corp: &CorpKey, why: &str) -> Result<u64, StoreError> {
    #[derive(serde::Deserialize)]
    struct Body {
        data: Data,
    }
    #[derive(serde::Deserialize)]
    struct Data {
        corp: CorpKey,
    }
    let mut ended = 0;
    for (webhook, _, id) in DUE.keys(tx, &everything())? {
        let Some(post) = POSTS.get(tx, (&webhook, &id))? else { continue };
        if serde_json::from_str::<Body>(&post.body).is_ok_and(|body| body.data.corp == *corp) {
            let (state, ended_at_ms) = (PostState::Dead, Some(tx.now_ms()));
            put_post(tx, &WebhookPost { state, ended_at_ms, error: Some(why.to_owned()), ..post })?;
            ended += 1;
        }
    }
    Ok(ended)
}

pub(super) fn clear(tx: &WriteTx, webhook: &str) -> Result<(), StoreError> {
    let all = Prefix::text(webhook).range();
    POSTS.remove_range(tx, &all)?;
    DUE.remove_range(tx, &all)?;
    DEAD.remove_range(tx, &all).map(drop)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let (mut due, mut dead) = (Vec::new(), Vec::new());
    POSTS.scan(tx, &everything(), |(webhook, id), post| {
        match post.state {
            PostState::Waiting => due.push((webhook, time(post.due_at_ms), id)),
            PostState::Dead => dead.push((webhook, id)),
            PostState::Done => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(DUE.name(), DUE.keys(tx, &everything())?, due);
    checks.same_keys(DEAD.name(), DEAD.keys(tx, &everything())?, dead);
    Ok(())
}

fn time(at_ms: i64) -> u64 {
    u64::try_from(at_ms).unwrap_or(0)
}
