//! One access token per secret: fetched once for everybody, kept until it expires or is refused, and not asked for
//! again in a hurry when the secret itself is wrong.
//!
//! WeCom bans the *address* after too many wrong secrets (doc path 91039), so a refusal of gettoken opens a breaker:
//! at once, for a pause that grows, with one attempt after each pause.

use super::error::{CallError, CallErrorKind, NotSentCause, Refusal, RefusalClass};
use crate::clock::Clock;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// Pauses after refusals in a row: at most about 30 attempts in the first day.
const PAUSES_MS: [i64; 6] = [60_000, 120_000, 300_000, 900_000, 1_800_000, 3_600_000];
/// WeCom's ban of an address lasts an hour.
const BAN_MS: i64 = 3_610_000;
/// Fresh tokens refused in a row, in different calls, before the secret counts as broken.
const FRESH_REFUSALS: u32 = 3;

/// What gettoken answered.
pub(super) struct Fetched {
    pub token: String,
    pub valid_for_s: i64,
}

/// A token with the number under which it is reported as refused.
#[derive(Clone)]
pub(super) struct Token {
    pub text: Arc<str>,
    pub serial: u64,
    /// Whether this very call fetched it.
    pub is_fresh: bool,
}

/// Open or closed.
#[derive(Debug, Default)]
struct Breaker {
    refusals: usize,
    open: Option<(Refusal, i64)>,
}

impl Breaker {
    fn check(&self, now_ms: i64) -> Result<(), NotSentCause> {
        match &self.open {
            Some((refusal, until_ms)) if *until_ms > now_ms => {
                Err(NotSentCause::Suspended { refusal: Box::new(refusal.clone()), until_ms: *until_ms })
            }
            _ => Ok(()),
        }
    }

    fn refused(&mut self, refusal: &Refusal, now_ms: i64) {
        let pause = match refusal.class {
            RefusalClass::Busy | RefusalClass::Conflict => return,
            RefusalClass::RateLimited => BAN_MS,
            _ => PAUSES_MS[self.refusals.min(PAUSES_MS.len() - 1)],
        };
        self.refusals += 1;
        self.open = Some((refusal.clone(), now_ms + pause));
    }

    fn accepted(&mut self) {
        *self = Self::default();
    }
}

#[derive(Default)]
struct State {
    held: Option<(Arc<str>, i64)>,
    serial: u64,
    breaker: Breaker,
    last_failure: Option<CallError>,
    fresh_refusals: u32,
}

/// The cache of one secret's token.
pub(super) struct TokenCell {
    clock: Clock,
    state: Mutex<State>,
    failures: AtomicU64,
}

impl TokenCell {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::new(State::default()), failures: AtomicU64::new(0) }
    }

    /// The token; fetched by the first who needs it while all others wait for that one answer, good or bad.
    pub(super) async fn get<F, Fut>(&self, endpoint: &'static str, fetch: F) -> Result<Token, CallError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Fetched, CallError>>,
    {
        let failures_before = self.failures.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now_ms = self.clock.now_ms();
        if let Some((text, expires_ms)) = &state.held
            && *expires_ms > now_ms
        {
            return Ok(Token { text: Arc::clone(text), serial: state.serial, is_fresh: false });
        }
        if self.failures.load(Ordering::Acquire) > failures_before
            && let Some(failure) = &state.last_failure
        {
            return Err(CallError::new(endpoint, failure.kind.clone()));
        }
        state.breaker.check(now_ms).map_err(|cause| CallError::new(endpoint, CallErrorKind::NotSent { cause }))?;
        match fetch().await {
            Ok(fetched) => {
                let text: Arc<str> = fetched.token.into();
                let expires_ms = self.clock.now_ms() + fetched.valid_for_s.clamp(1, 86_400) * 1000;
                state.serial += 1;
                state.held = Some((Arc::clone(&text), expires_ms));
                state.last_failure = None;
                if state.fresh_refusals == 0 {
                    state.breaker.accepted();
                }
                Ok(Token { text, serial: state.serial, is_fresh: true })
            }
            Err(error) => {
                state.held = None;
                if let CallErrorKind::Refused(refusal) = &error.kind {
                    state.breaker.refused(refusal, self.clock.now_ms());
                }
                state.last_failure = Some(error.clone());
                self.failures.fetch_add(1, Ordering::Release);
                Err(error)
            }
        }
    }

    /// WeCom refused this token: the next caller fetches another, unless somebody has done so already.
    pub(super) async fn forget(&self, token: &Token) {
        let mut state = self.state.lock().await;
        if state.serial == token.serial {
            state.held = None;
        }
    }

    /// WeCom refused a token that was just fetched; several of these in a row suspend the secret.
    pub(super) async fn fresh_token_refused(&self, token: &Token, refusal: &Refusal) {
        let mut state = self.state.lock().await;
        if state.serial == token.serial {
            state.held = None;
        }
        state.fresh_refusals += 1;
        if state.fresh_refusals >= FRESH_REFUSALS {
            state.breaker.refused(refusal, self.clock.now_ms());
        }
    }

    /// A call went through with a token of this secret that was fetched a moment ago.
    pub(super) async fn works(&self) {
        let mut state = self.state.lock().await;
        state.fresh_refusals = 0;
        state.breaker.accepted();
    }

    /// Ends a pause early because a person asks (the doctor, a "test" button); the next call makes one attempt.
    pub(super) async fn resume(&self) {
        let mut state = self.state.lock().await;
        state.breaker.open = None;
        state.held = None;
    }
}
