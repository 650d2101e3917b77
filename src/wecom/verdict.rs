//! What to do after an attempt: pure, so that every row of the contract's reaction table (section 10) is a test.

use super::endpoint::{Effect, Endpoint, Repeat};
use super::errcode::{self, Reaction};
use super::error::{CallErrorKind, NotSentCause, Refusal, RefusalClass};

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attempt {
    /// WeCom answered with an errcode.
    Refused(Refusal),
    /// An answer came that is none.
    Unusable(String),
    /// Something that is not WeCom's API answered, and would do so again (HTTP 4xx).
    Foreign(String),
    /// The request went out and no whole answer came.
    Lost(String),
    /// Nothing reached WeCom.
    NotSent(String),
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Again after about so many milliseconds.
    Again { after_ms: u64 },
    /// Again as soon as the lock-out of this API is over.
    AgainWhenUnblocked,
    /// Again after a short pause, with fewer calls under way.
    AgainNarrower { after_ms: u64 },
    /// Again with another token.
    AgainWithToken,
    /// Give up.
    Fail(CallErrorKind),
}

/// Attempts of one call so far, by what ended them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries {
    busy: u32,
    lost: u32,
    crowded: u32,
    frequent: u32,
    token: u32,
    /// An earlier attempt may have been applied although it was refused.
    may_be_applied: bool,
    /// This call has fetched a token of its own.
    pub(super) has_refreshed: bool,
}

/// Most retries after −1, 6000, a lost read or a failed connection (contract, section 10: at most 3).
const RETRIES: u32 = 3;
/// Most retries after 45033.
const CROWDED_RETRIES: u32 = 6;
/// After the minute and the hour there is nothing to wait for.
const FREQUENT_RETRIES: u32 = 2;
/// Most retries after a refused token, however many callers renew it meanwhile.
const TOKEN_RETRIES: u32 = 3;

impl Tries {
    /// Decides and remembers.
    pub(super) fn next(&mut self, endpoint: &Endpoint, attempt: Attempt) -> Next {
        match attempt {
            Attempt::NotSent(cause) => {
                if self.lost < RETRIES {
                    self.again_lost()
                } else {
                    Next::Fail(CallErrorKind::NotSent { cause: NotSentCause::Connect(cause) })
                }
            }
            Attempt::Lost(cause) => self.no_answer(endpoint, CallErrorKind::OutcomeUnknown { cause }),
            Attempt::Unusable(what) => self.no_answer(endpoint, unusable(endpoint, what)),
            Attempt::Foreign(what) => Next::Fail(unusable(endpoint, what)),
            Attempt::Refused(refusal) => self.refused(endpoint, refusal),
        }
    }

    fn no_answer(&mut self, endpoint: &Endpoint, kind: CallErrorKind) -> Next {
        let may_repeat = endpoint.effect == Effect::Read && endpoint.repeat == Repeat::Safe;
        if may_repeat && self.lost < RETRIES { self.again_lost() } else { Next::Fail(kind) }
    }

    fn again_lost(&mut self) -> Next {
        self.lost += 1;
        Next::Again { after_ms: pause_ms(self.lost) }
    }

    fn refused(&mut self, endpoint: &Endpoint, refusal: Refusal) -> Next {
        match errcode::reaction(refusal.errcode) {
            Reaction::RetryBusy if self.busy < RETRIES => {
                self.busy += 1;
                self.may_be_applied |= refusal.class == RefusalClass::Busy;
                Next::Again { after_ms: pause_ms(self.busy) }
            }
            Reaction::Narrow if self.crowded < CROWDED_RETRIES => {
                self.crowded += 1;
                Next::AgainNarrower { after_ms: 150 << self.crowded }
            }
            Reaction::WaitWindow if self.frequent < FREQUENT_RETRIES => {
                self.frequent += 1;
                Next::AgainWhenUnblocked
            }
            Reaction::RefreshToken if !self.has_refreshed && self.token < TOKEN_RETRIES => {
                self.token += 1;
                Next::AgainWithToken
            }
            _ if self.explains_itself(endpoint, &refusal) => Next::Fail(CallErrorKind::OutcomeUnknown {
                cause: format!("busy at first, then {}: the first attempt may have been applied", refusal.errcode),
            }),
            _ => Next::Fail(CallErrorKind::Refused(refusal)),
        }
    }

    /// Whether our own earlier attempt may be the reason of this refusal.
    fn explains_itself(&self, endpoint: &Endpoint, refusal: &Refusal) -> bool {
        self.may_be_applied
            && endpoint.is_write()
            && match refusal.class {
                RefusalClass::AlreadyExists
                | RefusalClass::MobileTaken { .. }
                | RefusalClass::EmailTaken
                | RefusalClass::CodeSpent => endpoint.repeat == Repeat::Once,
                RefusalClass::NotFound => endpoint.repeat == Repeat::SameState,
                _ => false,
            }
    }
}

fn unusable(endpoint: &Endpoint, what: String) -> CallErrorKind {
    match endpoint.effect {
        Effect::Read => CallErrorKind::Malformed { what },
        Effect::Write => CallErrorKind::OutcomeUnknown { cause: what },
    }
}

/// 0.2 s, 0.6 s, 1.8 s before jitter.
fn pause_ms(n: u32) -> u64 {
    200 * 3_u64.pow(n.saturating_sub(1).min(6))
}

#[cfg(test)]
mod tests {
    use super::super::endpoint as e;
    use super::*;

    fn refusal(endpoint: &Endpoint, code: i64) -> Attempt {
        Attempt::Refused(Refusal::read(endpoint.name, code, "text"))
    }

    /// Repeats the same outcome until the call fails; the number of attempts and how it failed.
    fn until_failure(endpoint: &Endpoint, outcome: &Attempt) -> (u32, CallErrorKind) {
        let mut tries = Tries::default();
        for attempts in 1..100 {
            if let Next::Fail(kind) = tries.next(endpoint, outcome.clone()) {
                return (attempts, kind);
            }
        }
        panic!("never gives up on {outcome:?}");
    }

    #[test]
    fn attempts_by_outcome() {
        let lost = || Attempt::Lost("x".into());
        let garbage = || Attempt::Unusable("x".into());
        for (endpoint, outcome, attempts) in [
            (&e::USER_GET, refusal(&e::USER_GET, -1), 4),
            (&e::USER_CREATE, refusal(&e::USER_CREATE, -1), 4),
            (&e::USER_CREATE, refusal(&e::USER_CREATE, 6000), 4),
            (&e::USER_GET, refusal(&e::USER_GET, 45033), 7),
            (&e::USER_GET, refusal(&e::USER_GET, 45009), 3),
            (&e::USER_GET, refusal(&e::USER_GET, 42001), 4),
            (&e::USER_GET, refusal(&e::USER_GET, 60111), 1),
            (&e::USER_GET, refusal(&e::USER_GET, 123_456), 1),
            (&e::USER_GET, lost(), 4),
            (&e::USER_GET, garbage(), 4),
            (&e::USER_GET, Attempt::Foreign("x".into()), 1),
            (&e::USER_CREATE, lost(), 1),
            (&e::USER_UPDATE, lost(), 1),
            (&e::USER_CREATE, garbage(), 1),
            (&e::EXPORT_USER, lost(), 1),
            (&e::AUTH_GET_TFA_INFO, lost(), 1),
            (&e::USER_CREATE, Attempt::NotSent("x".into()), 4),
        ] {
            let (got, _) = until_failure(endpoint, &outcome);
            assert_eq!(got, attempts, "{} {outcome:?}", endpoint.name);
        }
    }

    #[test]
    fn what_a_failure_is_called() {
        for (endpoint, outcome, want) in [
            (&e::USER_CREATE, Attempt::Lost("x".into()), "OutcomeUnknown"),
            (&e::USER_CREATE, Attempt::Unusable("x".into()), "OutcomeUnknown"),
            (&e::USER_LIST, Attempt::Unusable("x".into()), "Malformed"),
            (&e::USER_LIST, Attempt::Lost("x".into()), "OutcomeUnknown"),
            (&e::USER_CREATE, Attempt::NotSent("x".into()), "NotSent"),
            (&e::USER_CREATE, refusal(&e::USER_CREATE, -1), "Refused"),
        ] {
            let (_, kind) = until_failure(endpoint, &outcome);
            assert!(format!("{kind:?}").starts_with(want), "{} {outcome:?}: {kind:?}", endpoint.name);
        }
    }

    #[test]
    fn a_token_is_renewed_once_per_call() {
        let mut tries = Tries::default();
        let outcome = || refusal(&e::USER_GET, 40014);
        assert_eq!(tries.next(&e::USER_GET, outcome()), Next::AgainWithToken);
        tries.has_refreshed = true;
        assert!(matches!(tries.next(&e::USER_GET, outcome()), Next::Fail(CallErrorKind::Refused(_))));
    }

    #[test]
    fn a_refusal_that_our_own_first_attempt_may_explain_is_an_unknown_outcome() {
        for (endpoint, code, unknown) in [
            (&e::USER_CREATE, 60102, true),
            (&e::USER_CREATE, 60104, true),
            (&e::DEPARTMENT_CREATE, 60008, true),
            (&e::USER_DELETE, 60111, true),
            (&e::DEPARTMENT_DELETE, 60003, true),
            (&e::USER_UPDATE, 60111, false),
            (&e::USER_CREATE, 60103, false),
            (&e::USER_GET, 60111, false),
        ] {
            for (first, expect) in [(-1, unknown), (6000, false), (45033, false)] {
                let mut tries = Tries::default();
                tries.next(endpoint, refusal(endpoint, first));
                let Next::Fail(kind) = tries.next(endpoint, refusal(endpoint, code)) else { panic!("{code}") };
                let is_unknown = matches!(kind, CallErrorKind::OutcomeUnknown { .. });
                assert_eq!(is_unknown, expect, "{} {first} then {code}", endpoint.name);
            }
        }
    }
}
