//! What is done about a callback. Everything happens in the one transaction that also marks it as done: what takes time
//! or may fail outside is only noted for a queue of its own.

use super::ids::Ids;
use super::incoming::{Group, Incoming, group_of};
use super::{presses, pulls};
use crate::model::{InboxItem, Webhook};
use crate::store::{StoreError, WriteTx};
use crate::webhooks;
use serde_json::json;

/// An import or export at WeCom has ended (doc path 90240).
pub(super) const JOB_ENDED: &str = "event.batch_job_result";

/// What the work on many items rests on.
pub(super) struct Context<'a> {
    /// Makes ids of what follows.
    pub(super) ids: &'a Ids,
    /// Everybody who may want to hear of something.
    pub(super) webhooks: Vec<Webhook>,
}

/// Does it; answers what was done, one short English text, or `None` when nothing was to be done.
pub(super) fn route(tx: &WriteTx, context: &Context<'_>, item: &InboxItem) -> Result<Option<String>, StoreError> {
    let Ok(incoming) = Incoming::parse(&item.text) else {
        return Ok(Some("the text can no longer be read".to_owned()));
    };
    let mut notes = Vec::new();
    if group_of(&item.kind) == Group::Contact {
        notes.push(pulls::note(tx, &item.corp, &incoming)?);
    }
    if item.kind.as_str() == presses::KIND {
        notes.extend(presses::note(tx, item, &incoming)?);
    }
    if item.kind == JOB_ENDED {
        notes.push("whoever waits for an import or export asks for its result".to_owned());
    }
    if item.reply.is_some() {
        notes.push("answered by an auto reply".to_owned());
    } else if !item.pieces.is_empty() {
        notes.push("an auto reply follows".to_owned());
    }
    let told = tell(tx, context, item, &incoming)?;
    if told > 0 {
        notes.push(format!("told to {told} webhook{}", if told == 1 { "" } else { "s" }));
    }
    Ok((!notes.is_empty()).then(|| notes.join("; ")))
}

/// Enqueues it for every webhook that wants it; answers for how many.
fn tell(tx: &WriteTx, context: &Context<'_>, item: &InboxItem, incoming: &Incoming<'_>) -> Result<usize, StoreError> {
    let wanting = || context.webhooks.iter().filter(|webhook| webhook.wants(&item.kind, &item.corp));
    if wanting().next().is_none() {
        return Ok(0);
    }
    let data = json!({
        "callback": item.id, "corp": item.corp, "receiver": item.receiver, "kind": item.kind, "from": item.from,
        "agentid": item.agentid, "created_at_s": item.created_at_s, "received_at_ms": item.received_at_ms,
        "replays": item.replays, "fields": incoming.tree.to_json(),
    });
    wanting().try_fold(0, |told, webhook| {
        webhooks::enqueue_for(tx, webhook, &item.kind, &data)?;
        Ok(told + 1)
    })
}
