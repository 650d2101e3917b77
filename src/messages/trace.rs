//! The life of a message and of each of its calls.

use super::{MessageError, Messages};
use crate::model::{
    AppKey, CallId, CallState, CorpKey, DeliveryState, Message, MessageHead, MessageId, SendCall, TraceRow,
};
use crate::store::deliveries::DeliveryFilter;
use crate::store::{self, PAGE_MAX, outbox};
use serde::Serialize;
use std::collections::HashSet;
use utoipa::ToSchema;

/// Messages of one page that carries its calls.
const CALLS_SHOWN: usize = 200;

/// The life of a message, step by step (PEER-22).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Trace {
    /// Steps of the message as a whole.
    pub steps: Vec<TraceRow>,
    /// Its calls, each with its steps; at most 200.
    pub calls: Vec<CallTrace>,
}

/// The life of a call.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallTrace {
    /// Id.
    pub id: CallId,
    /// Corp.
    pub corp: CorpKey,
    /// App.
    pub app: AppKey,
    /// Where it stands.
    pub state: CallState,
    /// Members.
    pub members: usize,
    /// Contents.
    pub parts: usize,
    /// Messages that it carries: more than one in a digest.
    pub messages: usize,
    /// Attempts.
    pub attempts: u32,
    /// Attempts whose outcome was not known.
    pub doubts: u32,
    /// Not before this time, Unix milliseconds.
    pub due_at_ms: i64,
    /// What it waits for or why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Type of the first content.
    pub msgtype: String,
    /// Whether WeCom gave what it takes to recall it.
    pub has_msgid: bool,
    /// Whether WeCom has taken all of it back.
    pub is_recalled: bool,
    /// Steps.
    pub steps: Vec<TraceRow>,
    /// Of a call that has nobody and was not sent: whether its members wait for another call, or got another one.
    #[serde(skip)]
    pub elsewhere: Option<DeliveryState>,
}

impl From<SendCall> for CallTrace {
    fn from(call: SendCall) -> Self {
        Self {
            members: call.to.len(),
            parts: call.parts.len(),
            messages: call.carries.len(),
            msgtype: call.parts.first().map(|part| part.content.msgtype().to_owned()).unwrap_or_default(),
            has_msgid: !call.parts.is_empty() && call.parts.iter().all(|part| part.msgid.is_some()),
            is_recalled: !call.parts.is_empty() && call.parts.iter().all(|part| part.recalled_at_ms.is_some()),
            id: call.id,
            corp: call.corp,
            app: call.app,
            state: call.state,
            attempts: call.attempts,
            doubts: call.doubts,
            due_at_ms: call.due_at_ms,
            code: call.code,
            error: call.error,
            steps: call.trace,
            elsewhere: None,
        }
    }
}

/// [`CallTrace::elsewhere`] of the call at a place among those of a message, in the order in which they were made. `waiting` are the
/// calls that name what still waits. Pure.
fn elsewhere(calls: &[SendCall], at: usize, waiting: &HashSet<CallId>) -> Option<DeliveryState> {
    let (call, later) = (calls.get(at)?, calls.get(at + 1..)?);
    if !is_empty(call) {
        return None;
    }
    let of_app = |other: &&SendCall| other.corp == call.corp && other.app == call.app && !other.to.is_empty();
    let later: Vec<CallState> = later.iter().filter(of_app).map(|other| other.state).collect();
    if waiting.contains(&call.id) || later.contains(&CallState::Waiting) {
        return Some(DeliveryState::Waiting);
    }
    let is_out = |state: &CallState| matches!(state, CallState::Sending | CallState::Sent | CallState::Unknown);
    later.iter().any(is_out).then_some(DeliveryState::Sent)
}

/// Whether a call was not sent and has nobody: it keeps what is said, or was taken back.
fn is_empty(call: &SendCall) -> bool {
    call.state == CallState::Dropped && call.to.is_empty()
}

impl Messages {
    /// The life of a message.
    ///
    /// # Errors
    /// [`MessageError::NoMessage`].
    pub async fn trace(&self, id: &MessageId) -> Result<Trace, MessageError> {
        let wanted = id.clone();
        let read = move |tx: &store::ReadTx| {
            let Some(message) = store::messages::find(tx, &wanted)? else { return Ok(None) };
            let head = store::messages::head(tx, &wanted)?;
            let mut found = Vec::new();
            for id in head.iter().flat_map(|head| &head.calls).take(CALLS_SHOWN) {
                found.extend(outbox::call(tx, id)?);
            }
            let mut waiting = HashSet::new();
            if found.iter().any(is_empty) {
                let (of, states) = (Some(wanted.clone()), vec![DeliveryState::Waiting]);
                let filter = DeliveryFilter { message: of, states, ..DeliveryFilter::default() };
                let (rows, _) = store::deliveries::search(tx, &message.tenant, &filter, None, PAGE_MAX)?;
                waiting.extend(rows.into_iter().filter_map(|row| row.call));
            }
            let elsewhere: Vec<_> = (0..found.len()).map(|at| elsewhere(&found, at, &waiting)).collect();
            let calls = found.into_iter().zip(elsewhere);
            let calls = calls.map(|(call, elsewhere)| CallTrace { elsewhere, ..call.into() }).collect();
            Ok(Some(Trace { steps: steps(&message, head.as_ref()), calls }))
        };
        self.env().store.read_async(read).await?.ok_or_else(|| MessageError::NoMessage(id.clone()))
    }
}

fn steps(message: &Message, head: Option<&MessageHead>) -> Vec<TraceRow> {
    let step = |at_ms, step: &str, detail: Option<String>| TraceRow { at_ms, step: step.to_owned(), detail };
    let mut steps = vec![step(message.accepted_at_ms, "accepted", Some(format!("by {}", message.accepted_by)))];
    if let Some(head) = head {
        let detail = format!("{} recipients in {} calls", head.tally.total(), head.calls.len());
        steps.push(step(head.expanded_at_ms, "expanded", Some(detail)));
        steps.extend(head.recall_at_ms.map(|at_ms| step(at_ms, "recall", None)));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_call_says_where_its_members_are() {
        let call = |id: &str, app: &str, state: CallState, to: &[&str]| SendCall {
            id: id.into(),
            app: app.into(),
            state,
            to: to.iter().map(|id| (*id).into()).collect(),
            ..SendCall::sample()
        };
        let (waits, sent) = (Some(DeliveryState::Waiting), Some(DeliveryState::Sent));
        let empty = || call("a", "oa", CallState::Dropped, &[]);
        for (calls, waiting, want) in [
            (vec![empty()], vec!["a"], waits),
            (vec![empty()], vec![], None),
            (vec![empty(), call("b", "oa", CallState::Waiting, &["u"])], vec!["b"], waits),
            (vec![empty(), call("b", "oa", CallState::Sent, &["u"])], vec![], sent),
            (vec![empty(), call("b", "oa", CallState::Sent, &["u"])], vec!["a"], waits),
            // what another app's call does with the message is not its matter
            (vec![empty(), call("b", "hr", CallState::Sent, &["u"])], vec!["b"], None),
            (vec![empty(), call("b", "oa", CallState::Failed, &["u"])], vec![], None),
            (vec![call("a", "oa", CallState::Dropped, &["u"])], vec!["a"], None),
            (vec![call("a", "oa", CallState::Sent, &[])], vec!["a"], None),
        ] {
            let waiting: HashSet<CallId> = waiting.into_iter().map(CallId::from).collect();
            assert_eq!(elsewhere(&calls, 0, &waiting), want, "{calls:?} {waiting:?}");
        }
    }
}
