//! What an attempt to send means, and what is written because of it.

use super::{REPEATS_S, cards};
use crate::model::{CallState, Delivery, DeliveryState, MemberStatus, SecretName, SendCall};
use crate::store::{self, StoreError, WriteTx, outbox};
use crate::wecom::{CallError, CallErrorKind, NotSentCause, RefusalClass};
use std::collections::HashSet;

/// A call that could not be sent for so long, times on which it was held on purpose aside, is given up.
const GIVE_UP_MS: i64 = 24 * 3_600_000;
/// The code of deliveries of which only some parts arrived.
pub(super) const PARTLY: &str = "partly";
/// The code of deliveries whose member is disabled, as far as the bridge knows.
pub(super) const DISABLED: &str = "member_disabled";
/// The same as a sentence.
pub(super) const DISABLED_TEXT: &str = "the member is disabled: nothing arrives until it is enabled and read again";
/// Attempts of a call that WeCom is too busy for.
const BUSY_MAX: u32 = 12;

/// Why nothing of an app goes out for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pause {
    /// Until when, Unix milliseconds; `None` = by the number of times that it happened.
    pub until_ms: Option<i64>,
    /// Whether a person must do something.
    pub is_fault: bool,
    /// Stable code.
    pub code: &'static str,
    /// One English sentence.
    pub text: String,
}

/// What an attempt means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// WeCom took it; these members, folded, did not get it.
    Done {
        /// Unknown, or out of the app's range.
        invalid: HashSet<String>,
        /// Without a licence.
        unlicensed: HashSet<String>,
    },
    /// It is sent again.
    Again {
        /// Not before this time, Unix milliseconds.
        due_ms: i64,
        /// What it waits for.
        code: &'static str,
        /// The same as a sentence.
        text: String,
        /// Whether it may have arrived.
        is_doubt: bool,
        /// What holds up the whole app.
        pause: Option<Pause>,
    },
    /// None of the members gets it.
    Nobody {
        /// WeCom's number.
        errcode: i64,
        /// Its text.
        text: String,
    },
    /// Refused or given up.
    Failed {
        /// Stable code.
        code: &'static str,
        /// The same as a sentence.
        text: String,
        /// WeCom's number; 0 = not WeCom's answer.
        errcode: i64,
    },
    /// Nobody can find out whether it arrived.
    Unknown {
        /// Why.
        text: String,
    },
}

/// Pause after the n-th attempt in a row, milliseconds: 1 s, 2 s, 4 s … at most 5 minutes.
pub(super) fn backoff_ms(n: u32) -> i64 {
    (1_000_i64 << n.saturating_sub(1).min(9)).min(300_000)
}

/// Until when a request is suppressed if it is repeated, with a minute to spare.
pub(super) fn repeatable_until(call: &SendCall) -> Option<i64> {
    call.first_sent_at_ms.filter(|_| call.checks_repeats).map(|at| at + (i64::from(REPEATS_S) - 60) * 1_000)
}

/// What an error means for a call. Pure.
pub(super) fn judge(call: &SendCall, error: &CallError, now_ms: i64) -> Judged {
    let text = error.to_string();
    let again =
        |due_ms: i64, code, is_doubt, pause| Judged::Again { due_ms, code, text: text.clone(), is_doubt, pause };
    let paused = |until_ms: Option<i64>, is_fault, code| {
        let pause = Pause { until_ms, is_fault, code, text: text.clone() };
        again(until_ms.unwrap_or(now_ms), code, false, Some(pause))
    };
    let judged = match &error.kind {
        CallErrorKind::OutcomeUnknown { .. } | CallErrorKind::Malformed { .. } => doubt(call, &text, now_ms),
        CallErrorKind::NotSent { cause } => match cause {
            NotSentCause::Connect(_) => paused(None, true, "no_connection"),
            NotSentCause::Throttled { until_ms } => paused(Some(*until_ms), false, "quota"),
            NotSentCause::Suspended { until_ms, .. } => paused(Some(*until_ms), true, "credential"),
            NotSentCause::NoSecret(_) | NotSentCause::Settings(_) => paused(None, true, "settings"),
            NotSentCause::TakenBack(_) => again(now_ms + backoff_ms(call.attempts), "taken_back", false, None),
        },
        CallErrorKind::Forbidden => paused(None, true, "read_only"),
        CallErrorKind::Invalid { .. } => Judged::Failed { code: "content", text: text.clone(), errcode: 0 },
        CallErrorKind::Refused(refusal) => match refusal.class {
            RefusalClass::Busy | RefusalClass::Conflict if call.attempts < BUSY_MAX => {
                match doubt(call, &text, now_ms) {
                    Judged::Again { due_ms, text, .. } => {
                        Judged::Again { due_ms, code: "busy", text, is_doubt: true, pause: None }
                    }
                    other => other,
                }
            }
            RefusalClass::RateLimited => paused(None, false, "quota"),
            RefusalClass::Credential | RefusalClass::IpNotTrusted | RefusalClass::Permission | RefusalClass::Setup => {
                paused(None, true, "refused_app")
            }
            // it is about cards with buttons: whatever else the app sends goes on
            RefusalClass::NoCallback if call.doubts == 0 => {
                Judged::Failed { code: "no_callback", text: text.clone(), errcode: refusal.errcode }
            }
            RefusalClass::NobodyReached => Judged::Nobody { errcode: refusal.errcode, text: text.clone() },
            _ if call.doubts > 0 => {
                Judged::Unknown { text: format!("an attempt was lost, and its repetition was refused: {text}") }
            }
            _ => Judged::Failed { code: "refused", text: text.clone(), errcode: refusal.errcode },
        },
    };
    match judged {
        Judged::Again { due_ms, .. } if due_ms - call.held_until_ms.unwrap_or(call.made_at_ms) > GIVE_UP_MS => {
            if call.doubts > 0 {
                Judged::Unknown { text: format!("given up after a day, an attempt was lost: {text}") }
            } else {
                Judged::Failed {
                    code: "gave_up",
                    text: format!("given up after a day: {text}"),
                    errcode: error.errcode(),
                }
            }
        }
        judged => judged,
    }
}

/// An attempt may have arrived: it is repeated as long as WeCom suppresses repetitions.
fn doubt(call: &SendCall, text: &str, now_ms: i64) -> Judged {
    let due_ms = now_ms + backoff_ms(call.doubts + 1);
    match repeatable_until(call) {
        Some(until_ms) if due_ms < until_ms => {
            Judged::Again { due_ms, code: "unknown_outcome", text: text.to_owned(), is_doubt: true, pause: None }
        }
        Some(_) => Judged::Unknown { text: format!("it could not be repeated long enough to find out: {text}") },
        None => Judged::Unknown {
            text: format!(
                "{text}; it is not repeated, because the same text went to the same members in another call a short time \
                 ago and WeCom could not tell them apart"
            ),
        },
    }
}

/// Writes what an attempt means. `over` are members, folded, whose messages WeCom probably threw away. Answers whether
/// somebody has asked for the call back meanwhile.
pub(super) fn write(
    tx: &WriteTx,
    attempted: &SendCall,
    judged: &Judged,
    over: &HashSet<String>,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let Some(stored) = outbox::call(tx, &attempted.id)? else { return Ok(false) };
    // ended meanwhile, because the corp left its WeCom: whatever the answer was, nothing is sent again
    if !matches!(stored.state, CallState::Waiting | CallState::Sending) {
        return Ok(false);
    }
    let mut call = SendCall { recall_wanted: stored.recall_wanted, ..attempted.clone() };
    let judged = &partly(&call, judged);
    match judged {
        Judged::Done { invalid, unlicensed } => {
            call.state = CallState::Sent;
            call.sent_at_ms = Some(now_ms);
            (call.code, call.error) = (None, None);
            let began_ms = call.first_sent_at_ms.unwrap_or(now_ms);
            store::trials::worked(tx, &call.corp, &SecretName::App(call.app.clone()), began_ms)?;
            let reached = call.to.len().saturating_sub(invalid.len() + unlicensed.len());
            call.note(now_ms, "sent", Some(format!("to {reached} members")));
        }
        Judged::Again { due_ms, code, text, is_doubt, pause } => {
            call.state = CallState::Waiting;
            call.due_at_ms = *due_ms;
            call.doubts += u32::from(*is_doubt);
            (call.code, call.error) = (Some((*code).to_owned()), Some(text.clone()));
            let step = if *is_doubt {
                "lost"
            } else if pause.is_some() {
                "held"
            } else {
                "again"
            };
            call.note(now_ms, step, Some(text.clone()));
            if call.recall_wanted && call.doubts == 0 && !call.has_sent() {
                call.state = CallState::Dropped;
            }
        }
        Judged::Nobody { text, .. } | Judged::Failed { text, .. } => {
            call.state = CallState::Failed;
            let code = if let Judged::Failed { code, .. } = judged { code } else { "nobody" };
            (call.code, call.error) = (Some(code.to_owned()), Some(text.clone()));
            call.note(now_ms, "refused", Some(text.clone()));
        }
        Judged::Unknown { text } => {
            call.state = CallState::Unknown;
            (call.code, call.error) = (Some("unknown_outcome".into()), Some(text.clone()));
            call.note(now_ms, "unknown", Some(text.clone()));
        }
    }
    if call.state == CallState::Waiting {
        outbox::put_call(tx, &call)?;
        return Ok(false);
    }
    let sent_at_ms = (call.state == CallState::Sent).then_some(now_ms);
    each_delivery(tx, &call, |tx, row, userid| {
        let folded = userid.folded();
        row.sent_at_ms = sent_at_ms;
        row.changed_at_ms = now_ms;
        (row.state, row.code, row.error, row.errcode) = match judged {
            Judged::Done { unlicensed, .. } if unlicensed.contains(folded.as_str()) => {
                let text = "the member has no licence for the interface".to_owned();
                (DeliveryState::OutsideRange, Some("unlicensed".into()), Some(text), None)
            }
            Judged::Done { invalid, .. } if !invalid.contains(folded.as_str()) => {
                if over.contains(folded.as_str()) {
                    let text = "more than 30 in a minute or 1,000 in an hour: WeCom throws such messages away";
                    (DeliveryState::ProbablyDropped, Some("member_limit".into()), Some(text.into()), None)
                } else {
                    // not as its rule says it by itself
                    let code = (call.carries.len() > 1).then(|| "in_digest".to_owned());
                    (DeliveryState::Sent, code, None, None)
                }
            }
            Judged::Done { .. } | Judged::Nobody { .. } => {
                let errcode = if let Judged::Nobody { errcode, .. } = judged { Some(*errcode) } else { None };
                let known = store::mirror::find_member(tx, &call.corp, userid)?;
                let (state, code, text) = match known.map(|member| member.status) {
                    Some(Some(MemberStatus::Disabled)) => (DeliveryState::Invalid, DISABLED, DISABLED_TEXT),
                    Some(_) => {
                        let text = "the member is not in the visible range of the app";
                        (DeliveryState::OutsideRange, "outside_range", text)
                    }
                    None => (DeliveryState::Invalid, "unknown_member", "WeCom knows no such member: check the link"),
                };
                (state, Some(code.into()), Some(text.into()), errcode)
            }
            Judged::Failed { code, text, errcode } => {
                let errcode = (*errcode != 0).then_some(*errcode);
                (DeliveryState::Failed, Some((*code).to_owned()), Some(text.clone()), errcode)
            }
            Judged::Unknown { text } => {
                (DeliveryState::Unknown, Some("unknown_outcome".into()), Some(text.clone()), None)
            }
            Judged::Again { .. } => (DeliveryState::Recalled, Some("recalled".into()), None, None),
        };
        Ok(())
    })?;
    outbox::put_call(tx, &call)?;
    cards::after_sent(tx, &call, now_ms)?;
    Ok(call.recall_wanted && call.state == CallState::Sent)
}

/// A call of several contents, of which only some arrived, is neither sent nor simply refused.
fn partly(call: &SendCall, judged: &Judged) -> Judged {
    let (text, errcode) = match judged {
        Judged::Failed { text, errcode, .. } | Judged::Nobody { text, errcode } if call.has_sent() => (text, *errcode),
        other => return other.clone(),
    };
    let arrived = call.parts.iter().filter(|part| part.sent_at_ms.is_some()).count();
    let text = format!("{arrived} of {} parts arrived, the rest did not: {text}", call.parts.len());
    Judged::Failed { code: PARTLY, text, errcode }
}

/// Changes the deliveries of a call that still wait, member by member.
pub(super) fn each_delivery(
    tx: &WriteTx,
    call: &SendCall,
    mut change: impl FnMut(&WriteTx, &mut Delivery, &crate::model::UserId) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for carried in &call.carries {
        let mut rows = Vec::with_capacity(carried.seqs.len());
        for (seq, userid) in carried.seqs.iter().zip(&call.to) {
            let Some(mut row) = store::deliveries::find(tx, &carried.message, *seq)? else { continue };
            if row.state == DeliveryState::Waiting && row.call.as_ref() == Some(&call.id) {
                change(tx, &mut row, userid)?;
                rows.push(row);
            }
        }
        store::deliveries::put(tx, &call.tenant, &rows)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CallPart;
    use crate::model::content::Content;
    use crate::wecom::Refusal;

    fn call(attempts: u32, doubts: u32, checks_repeats: bool) -> SendCall {
        let state = CallState::Sending;
        SendCall { attempts, doubts, checks_repeats, state, first_sent_at_ms: Some(0), ..SendCall::sample() }
    }

    fn part(sent_at_ms: Option<i64>) -> CallPart {
        CallPart {
            content: Content::text("x"),
            sent_at_ms,
            msgid: None,
            response_code: None,
            recalled_at_ms: None,
            intents: Vec::new(),
        }
    }

    fn told(judged: &Judged) -> String {
        match judged {
            Judged::Done { .. } => "done".into(),
            Judged::Again { code, is_doubt, pause, .. } => {
                let fault = pause.as_ref().map_or("", |pause| if pause.is_fault { " fault" } else { " pause" });
                format!("again {code}{}{fault}", if *is_doubt { " doubt" } else { "" })
            }
            Judged::Nobody { .. } => "nobody".into(),
            Judged::Failed { code, .. } => format!("failed {code}"),
            Judged::Unknown { .. } => "unknown".into(),
        }
    }

    #[test]
    fn what_an_error_means() {
        let unknown = || CallErrorKind::OutcomeUnknown { cause: "x".into() };
        let refused = |code| CallErrorKind::Refused(Refusal::read("message/send", code, "text"));
        let not_sent = |cause| CallErrorKind::NotSent { cause };
        let day = 25 * 3_600_000;
        for (call, kind, now_ms, want) in [
            (call(1, 0, true), unknown(), 1_000, "again unknown_outcome doubt"),
            (call(1, 80, true), unknown(), 1_000, "again unknown_outcome doubt"),
            (call(1, 0, false), unknown(), 1_000, "unknown"),
            (call(1, 1, true), unknown(), 4 * 3_600_000, "unknown"),
            (call(1, 0, true), refused(-1), 1_000, "again busy doubt"),
            (call(12, 0, true), refused(-1), 1_000, "failed refused"),
            (call(1, 0, true), refused(45009), 1_000, "again quota pause"),
            (call(1, 0, true), refused(60020), 1_000, "again refused_app fault"),
            (call(1, 0, true), refused(40001), 1_000, "again refused_app fault"),
            (call(1, 0, true), refused(50003), 1_000, "again refused_app fault"),
            (call(1, 0, true), refused(60020), day, "failed gave_up"),
            (call(1, 1, true), refused(60020), day, "unknown"),
            (call(1, 0, true), refused(81013), 1_000, "nobody"),
            (call(1, 0, true), refused(40058), 1_000, "failed refused"),
            (call(1, 1, true), refused(40058), 1_000, "unknown"),
            (call(1, 0, true), refused(43012), 1_000, "failed no_callback"),
            (call(1, 1, true), refused(43012), 1_000, "unknown"),
            (call(1, 0, true), not_sent(NotSentCause::Connect("x".into())), 1_000, "again no_connection fault"),
            (call(1, 0, true), not_sent(NotSentCause::Throttled { until_ms: 9 }), 1_000, "again quota pause"),
            (call(1, 0, true), not_sent(NotSentCause::NoSecret("x".into())), 1_000, "again settings fault"),
            (call(1, 0, true), CallErrorKind::Forbidden, 1_000, "again read_only fault"),
            (call(1, 0, true), CallErrorKind::Invalid { why: "x".into() }, 1_000, "failed content"),
        ] {
            let error = CallError::new("message/send", kind.clone());
            assert_eq!(told(&judge(&call, &error, now_ms)), want, "{kind:?} at {now_ms}, {call:?}");
        }
    }

    #[test]
    fn what_was_held_on_purpose_is_not_given_up_for_that() {
        let hour = 3_600_000;
        let error =
            CallError::new("message/send", CallErrorKind::Refused(Refusal::read("message/send", 60020, "text")));
        for (held_until_ms, now_ms, want) in [
            (None, 25 * hour, "failed gave_up"),
            (Some(24 * hour), 25 * hour, "again refused_app fault"),
            (Some(24 * hour), 49 * hour, "failed gave_up"),
        ] {
            let call = SendCall { held_until_ms, ..call(1, 0, true) };
            assert_eq!(told(&judge(&call, &error, now_ms)), want, "held until {held_until_ms:?}, now {now_ms}");
        }
    }

    #[test]
    fn a_call_that_arrived_in_part_says_so() {
        let refused = |text: &str| Judged::Failed { code: "refused", text: text.into(), errcode: 40_058 };
        let whole = SendCall { parts: vec![part(None), part(None)], ..call(1, 0, true) };
        assert_eq!(partly(&whole, &refused("no")), refused("no"));
        let half = SendCall { parts: vec![part(Some(1)), part(None)], ..whole };
        for judged in [refused("no"), Judged::Nobody { errcode: 81_013, text: "no".into() }] {
            let Judged::Failed { code, text, .. } = partly(&half, &judged) else { panic!("{judged:?}") };
            assert_eq!((code, text.as_str()), (PARTLY, "1 of 2 parts arrived, the rest did not: no"));
        }
        let unknown = Judged::Unknown { text: "lost".into() };
        assert_eq!(partly(&half, &unknown), unknown);
    }

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!([0, 1, 2, 3, 9, 10, 99].map(backoff_ms), [1_000, 1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    }
}
