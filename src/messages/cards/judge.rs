//! What the answer to an update means. Pure.

use crate::messages::outcome::backoff_ms;
use crate::model::{CardUpdate, UserId};
use crate::wecom::{CallError, CallErrorKind, NotSentCause, RefusalClass};

/// The longest pause between two attempts.
const PAUSE_MAX_MS: i64 = 1_800_000;

/// What an attempt means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// WeCom took it; these members' cards did not change.
    Done(Vec<UserId>),
    /// It is sent again with the same code.
    Again {
        /// Not before this time, Unix milliseconds.
        due_ms: i64,
        /// What it waits for.
        why: &'static str,
        /// The same as a sentence.
        text: String,
        /// Whether it may have arrived.
        is_doubt: bool,
    },
    /// The code is not good any more, and this update has not used it: another one may be.
    Spent {
        /// WeCom's words.
        text: String,
        /// WeCom's number.
        errcode: i64,
    },
    /// Refused, or its time is over.
    Failed {
        /// Stable code.
        why: &'static str,
        /// The same as a sentence.
        text: String,
        /// WeCom's number; 0 = not WeCom's answer.
        errcode: i64,
    },
    /// Nobody can find out whether it arrived.
    Unknown(String),
}

/// Pause after the n-th attempt: 2 s, 4 s … at most half an hour.
fn pause_ms(n: u32) -> i64 {
    let pause = if n > 8 { PAUSE_MAX_MS } else { backoff_ms(n.saturating_add(1)) };
    pause.min(PAUSE_MAX_MS)
}

/// What an error means for an update.
pub(super) fn judge(update: &CardUpdate, error: &CallError, now_ms: i64) -> Judged {
    let text = error.to_string();
    let again = |due_ms: i64, why, is_doubt| Judged::Again { due_ms, why, text: text.clone(), is_doubt };
    let later = now_ms + pause_ms(update.attempts);
    let judged = match &error.kind {
        CallErrorKind::OutcomeUnknown { .. } | CallErrorKind::Malformed { .. } => again(later, "unknown_outcome", true),
        CallErrorKind::NotSent { cause } => match cause {
            NotSentCause::Connect(_) => again(later, "no_connection", false),
            NotSentCause::Throttled { until_ms } => again(later.max(*until_ms), "quota", false),
            NotSentCause::Suspended { until_ms, .. } => again(later.max(*until_ms), "credential", false),
            NotSentCause::NoSecret(_) | NotSentCause::Settings(_) => again(later, "settings", false),
            NotSentCause::TakenBack(_) => again(later, "taken_back", false),
        },
        CallErrorKind::Forbidden => again(later, "read_only", false),
        CallErrorKind::Invalid { .. } => Judged::Failed { why: "content", text: text.clone(), errcode: 0 },
        CallErrorKind::Refused(refusal) => match refusal.class {
            RefusalClass::Busy | RefusalClass::Conflict => again(later, "busy", true),
            RefusalClass::RateLimited => again(later.max(now_ms + 60_000), "quota", false),
            RefusalClass::Credential
            | RefusalClass::IpNotTrusted
            | RefusalClass::Permission
            | RefusalClass::NoCallback
            | RefusalClass::Setup => again(later, "refused_app", false),
            // an attempt before this one arrived: who else has the code?
            RefusalClass::CodeSpent if update.doubts > 0 && now_ms < update.good_until_ms => Judged::Done(Vec::new()),
            RefusalClass::CodeSpent if update.doubts == 0 => {
                Judged::Spent { text: text.clone(), errcode: refusal.errcode }
            }
            _ if update.doubts > 0 => {
                Judged::Unknown(format!("an attempt was lost, and its repetition was refused: {text}"))
            }
            _ => Judged::Failed { why: "refused", text: text.clone(), errcode: refusal.errcode },
        },
    };
    match judged {
        Judged::Again { due_ms, is_doubt, .. } if due_ms >= update.good_until_ms => {
            if is_doubt || update.doubts > 0 {
                Judged::Unknown(format!("an attempt was lost, and the code is not good any more: {text}"))
            } else {
                Judged::Failed { why: "gave_up", text, errcode: error.errcode() }
            }
        }
        judged => judged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CardUpdateState;
    use crate::wecom::Refusal;

    fn update(attempts: u32, doubts: u32) -> CardUpdate {
        CardUpdate {
            message: "m".into(),
            seq: 0,
            call: "c".into(),
            part: 0,
            corp: "a".into(),
            app: "oa".into(),
            to: Vec::new(),
            text: "已同意".into(),
            code: "code".into(),
            good_until_ms: 1_000_000,
            state: CardUpdateState::Sending,
            attempts,
            doubts,
            due_at_ms: 0,
            why: None,
            error: None,
            errcode: None,
            unreached: Vec::new(),
            made_at_ms: 0,
            ended_at_ms: None,
        }
    }

    fn told(judged: &Judged) -> String {
        match judged {
            Judged::Done(_) => "done".into(),
            Judged::Again { why, is_doubt, .. } => format!("again {why}{}", if *is_doubt { " doubt" } else { "" }),
            Judged::Spent { .. } => "spent".into(),
            Judged::Failed { why, .. } => format!("failed {why}"),
            Judged::Unknown(_) => "unknown".into(),
        }
    }

    #[test]
    fn what_an_error_means() {
        let unknown = || CallErrorKind::OutcomeUnknown { cause: "x".into() };
        let refused = |code| CallErrorKind::Refused(Refusal::read("message/update_template_card", code, "text"));
        let not_sent = |cause| CallErrorKind::NotSent { cause };
        for (update, kind, now_ms, want) in [
            (update(1, 0), unknown(), 0, "again unknown_outcome doubt"),
            (update(1, 0), unknown(), 999_000, "unknown"),
            (update(1, 0), refused(-1), 0, "again busy doubt"),
            (update(1, 0), refused(45009), 0, "again quota"),
            (update(1, 0), refused(60020), 0, "again refused_app"),
            (update(1, 0), refused(60020), 999_000, "failed gave_up"),
            (update(2, 1), refused(60020), 999_000, "unknown"),
            (update(1, 0), refused(42022), 0, "spent"),
            (update(1, 0), refused(60140), 0, "spent"),
            (update(2, 1), refused(42022), 0, "done"),
            (update(2, 1), refused(60140), 1_000_001, "unknown"),
            (update(1, 0), refused(81013), 0, "failed refused"),
            (update(2, 1), refused(81013), 0, "unknown"),
            (update(1, 0), not_sent(NotSentCause::Connect("x".into())), 0, "again no_connection"),
            (update(1, 0), not_sent(NotSentCause::Throttled { until_ms: 9 }), 0, "again quota"),
            (update(1, 0), not_sent(NotSentCause::NoSecret("x".into())), 0, "again settings"),
            (update(1, 0), CallErrorKind::Forbidden, 0, "again read_only"),
            (update(1, 0), CallErrorKind::Invalid { why: "x".into() }, 0, "failed content"),
        ] {
            let error = CallError::new("message/update_template_card", kind.clone());
            assert_eq!(told(&judge(&update, &error, now_ms)), want, "{kind:?} at {now_ms}");
        }
    }

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!([1, 2, 3, 8, 9, 99].map(pause_ms), [2_000, 4_000, 8_000, 256_000, PAUSE_MAX_MS, PAUSE_MAX_MS]);
    }
}
