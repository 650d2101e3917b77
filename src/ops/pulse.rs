//! What the probes cost. Anybody may ask `/healthz` and `/readyz`, so what they look at is looked at a few times a minute
//! however often they are asked, and together: those who ask at the same moment share one look.

use std::future::Future;
use tokio::sync::Mutex;

/// A test write of the store holds so long.
const WRITE_KEPT_MS: i64 = 5_000;
/// A look at runs, plans and schedules holds so long.
const LOOK_KEPT_MS: i64 = 2_000;
/// What went wrong is tried again after so long.
const FAILED_KEPT_MS: i64 = 1_000;

/// The last looks, shared by all who ask.
pub struct Pulse {
    /// Of the test write: `Err` says what is wrong.
    pub(super) write: Shared<Result<(), String>>,
    /// Of the look at runs, plans and schedules.
    pub(super) look: Shared<Result<Vec<super::health::Reason>, String>>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { write: Shared::keeping(WRITE_KEPT_MS), look: Shared::keeping(LOOK_KEPT_MS) }
    }
}

/// One answer that many share for a while.
pub(super) struct Shared<T> {
    kept_ms: i64,
    last: Mutex<Option<(i64, T)>>,
}

impl<T: Clone, E: Clone> Shared<Result<T, E>> {
    fn keeping(kept_ms: i64) -> Self {
        Self { kept_ms, last: Mutex::const_new(None) }
    }

    /// What is asked next is looked at anew.
    pub(super) async fn forget(&self) {
        *self.last.lock().await = None;
    }

    /// The last answer if it is young enough, else a new one. A failure is held shorter than a success, and a clock that
    /// was set back makes every answer old.
    pub(super) async fn get<F>(&self, now_ms: i64, ask: impl FnOnce() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut last = self.last.lock().await;
        if let Some((at_ms, answer)) = &*last {
            let kept_ms = if answer.is_ok() { self.kept_ms } else { FAILED_KEPT_MS.min(self.kept_ms) };
            if (0..kept_ms).contains(&(now_ms - at_ms)) {
                return answer.clone();
            }
        }
        // dropped in the middle, the former answer stays and is asked for anew
        let answer = ask().await;
        *last = Some((now_ms, answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn an_answer_is_asked_for_once_in_its_time_and_a_failure_sooner() {
        let shared = Shared::keeping(5_000);
        let counter = AtomicU32::new(0);
        let asked = &counter;
        let get = |now_ms, fails: bool| {
            shared.get(now_ms, move || async move {
                asked.fetch_add(1, Ordering::Relaxed);
                if fails { Err("no space") } else { Ok(()) }
            })
        };
        let mut seen = Vec::new();
        for (now_ms, fails, answer) in [
            (10_000, false, Ok(())),
            (10_001, true, Ok(())),
            (14_999, true, Ok(())),
            (15_000, true, Err("no space")), // what is wrong shows after five seconds at the latest
            (15_999, false, Err("no space")),
            (16_000, false, Ok(())),         // and a second after it is mended
            (12_000, true, Err("no space")), // the clock was set back
        ] {
            assert_eq!(get(now_ms, fails).await, answer, "at {now_ms}");
            seen.push(asked.load(Ordering::Relaxed));
        }
        assert_eq!(seen, [1, 1, 1, 2, 2, 3, 4]);
    }

    #[tokio::test]
    async fn those_who_ask_together_share_one_look() {
        let shared = Shared::<Result<u32, ()>>::keeping(5_000);
        let asked = AtomicU32::new(0);
        let look = || async {
            tokio::task::yield_now().await;
            Ok(asked.fetch_add(1, Ordering::Relaxed))
        };
        let answers = futures_util::future::join_all((0..100).map(|_| shared.get(1_000, look))).await;
        assert!(answers.iter().all(|answer| *answer == Ok(0)), "{answers:?}");
    }
}
