//! Sends one call and writes what became of it.

use super::super::outcome::{self, Judged};
use super::super::{Messages, REPEATS_S, recall};
use super::AFTER_FAILURE;
use super::desk::{self, Desk};
use crate::clock::Clock;
use crate::model::{CallPart, SendCall};
use crate::store::{StoreError, WriteTx};
use crate::wecom::message::{AppMessage, ToWhom};
use crate::wecom::{CallError, Client, Credential};
use std::collections::HashSet;

/// A call that took longer is counted at its end too: WeCom may have counted it late.
const SLOW_MS: i64 = 1_500;

/// Sends one call, content by content, and writes what became of it. It was chosen, and counted, at `chosen_ms`.
pub(super) async fn send(
    messages: &Messages,
    desk: &Desk,
    client: &Client,
    agentid: u64,
    mut call: SendCall,
    over: HashSet<String>,
    chosen_ms: i64,
) {
    let env = messages.env();
    let began_ms = env.clock.now_ms();
    let credential = Credential::App(desk.app.clone());
    let sent = parts(client, &credential, agentid, &mut call, &env.clock).await;
    let now_ms = env.clock.now_ms();
    let is_cut = sent.is_err();
    let judged = match sent {
        Ok(done) => {
            desk.open_gate();
            done
        }
        Err(error) => outcome::judge(&call, &error, now_ms),
    };
    let is_at_wecom = !matches!(judged, Judged::Again { is_doubt: false, .. }) || call.doubts > 0 || call.has_sent();
    if is_at_wecom && now_ms - chosen_ms > SLOW_MS {
        let went_out = |part: &&CallPart| part.sent_at_ms.is_some_and(|at_ms| at_ms >= began_ms);
        // and the one that ended in an error, which may have arrived
        let parts = call.parts.iter().filter(went_out).count() + usize::from(is_cut);
        desk.count(&call, parts, &[], now_ms);
    }
    if !is_at_wecom {
        // nothing reached WeCom: the next attempt is a first one again, and its members have the room
        desk.give_back(call.person_times());
        desk.take_back(&call, desk::unsent(&call), &[], chosen_ms);
        call.first_sent_at_ms = None;
    }
    if let Judged::Again { pause: Some(pause), .. } = &judged {
        desk.close_gate(pause, Some(&call), now_ms);
    } else if !matches!(judged, Judged::Again { .. }) {
        desk.open_gate();
    }
    loop {
        let (attempted, judged, over) = (call.clone(), judged.clone(), over.clone());
        let write = move |tx: &WriteTx| outcome::write(tx, &attempted, &judged, &over, now_ms);
        match env.store.write(write).await {
            Ok(false) => {
                if call.parts.iter().any(|part| !part.intents.is_empty()) {
                    messages.wake_cards();
                }
                return;
            }
            Ok(true) => return recall::recall_late(messages, call.id),
            // closed for good: the next start finds it on its way and repeats it
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "what became of the call {} cannot be stored: {error}; tried again", call.id);
                if !env.clock.pause(AFTER_FAILURE, &messages.0.stop).await {
                    return;
                }
            }
        }
    }
}

/// Sends the contents that are still to be sent; those that went out are marked as such, also when a later one fails.
async fn parts(
    client: &Client,
    credential: &Credential,
    agentid: u64,
    call: &mut SendCall,
    clock: &Clock,
) -> Result<Judged, CallError> {
    let (mut invalid, mut unlicensed) = (HashSet::new(), HashSet::new());
    let checks = call.checks_repeats.then_some(REPEATS_S);
    for part in &mut call.parts {
        if part.sent_at_ms.is_some() {
            continue;
        }
        let mut message = AppMessage::new(agentid, ToWhom::users(call.to.clone()), part.content.clone());
        message.duplicate_check_s = checks;
        let sent = client.message_send(credential, &message).await?;
        part.sent_at_ms = Some(clock.now_ms());
        part.msgid = sent.id;
        part.response_code = sent.response_code;
        invalid.extend(sent.invalid_users.iter().map(|id| id.folded().to_string()));
        unlicensed.extend(sent.unlicensed_users.iter().map(|id| id.folded().to_string()));
    }
    Ok(Judged::Done { invalid, unlicensed })
}
