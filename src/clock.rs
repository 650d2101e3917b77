//! The only caller of "now" and of sleep. Everything else is given a [`Clock`].

use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Where the time comes from; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    now_ms: Mutex<i64>,
    moved: Notify,
    /// Whether a sleeper moves the clock to its own wake-up time instead of waiting for somebody to do so.
    jumps: bool,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`Clock::advance`]; sleepers wake when it has passed their time.
    pub fn manual(now_ms: i64) -> Self {
        Self(Source::Manual(Arc::new(Manual { now_ms: Mutex::new(now_ms), moved: Notify::new(), jumps: false })))
    }

    /// A clock on which sleeping costs no time: a sleeper moves it to its own wake-up time. For simulations of hours.
    pub fn jumping(now_ms: i64) -> Self {
        Self(Source::Manual(Arc::new(Manual { now_ms: Mutex::new(now_ms), moved: Notify::new(), jumps: true })))
    }

    /// Unix milliseconds.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Source::System => Utc::now().timestamp_millis(),
            Source::Manual(manual) => *lock(&manual.now_ms),
        }
    }

    /// The time as a calendar value in UTC.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.now_ms()).unwrap_or_default()
    }

    /// Moves a manual clock on; without effect on the system's.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(manual) = &self.0 {
            *lock(&manual.now_ms) += i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
            manual.moved.notify_waiters();
        }
    }

    /// Returns after `duration` on this clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub async fn sleep(&self, duration: Duration) {
        let Source::Manual(manual) = &self.0 else {
            tokio::time::sleep(duration).await;
            return;
        };
        let until = self.now_ms() + i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4);
        if manual.jumps {
            tokio::task::yield_now().await;
            let mut now = lock(&manual.now_ms);
            *now = (*now).max(until);
            manual.moved.notify_waiters();
            return;
        }
        loop {
            let moved = manual.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if self.now_ms() >= until {
                return;
            }
            moved.await;
        }
    }

    /// Sleeps until the given Unix millisecond; returns at once when it has passed.
    pub async fn sleep_until_ms(&self, at_ms: i64) {
        let wait = at_ms - self.now_ms();
        if wait > 0 {
            self.sleep(Duration::from_millis(wait.unsigned_abs())).await;
        }
    }

    /// What a queue does between two looks: waits until it is told, until the given Unix millisecond (`None` = only for
    /// being told), or until it shall stop. Answers `false` when it shall. `told` should be asked for before the look, so
    /// that nothing that happens in between is overlooked.
    pub async fn until_due_or_told(
        &self,
        due_ms: Option<i64>,
        told: impl Future<Output = ()>,
        stop: &CancellationToken,
    ) -> bool {
        let due = async {
            match due_ms {
                Some(at_ms) => self.sleep_until_ms(at_ms).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = told => {}
            () = due => {}
            () = stop.cancelled() => {}
        }
        !stop.is_cancelled()
    }

    /// Pauses, e.g. after a fault. Answers `false` when the queue shall stop.
    pub async fn pause(&self, duration: Duration, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = self.sleep(duration) => {}
            () = stop.cancelled() => {}
        }
        !stop.is_cancelled()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Measures elapsed time for logs, counts and progress (monotonic, independent of the [`Clock`]).
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Milliseconds since the start.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_has_passed_its_time() {
        let clock = Clock::manual(1_000);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(5)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(4));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
    }

    #[tokio::test]
    async fn a_queue_waits_until_it_is_due_told_or_stopped() {
        let (clock, stop, told) = (Clock::manual(1_000), CancellationToken::new(), Arc::new(Notify::new()));
        let wait = |due_ms: Option<i64>| {
            let (clock, stop, told) = (clock.clone(), stop.clone(), Arc::clone(&told));
            tokio::spawn(async move { clock.until_due_or_told(due_ms, told.notified(), &stop).await })
        };
        let settle = || async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        };
        for due_ms in [0, 999, 1_000] {
            assert!(wait(Some(due_ms)).await.unwrap(), "{due_ms} has passed");
        }
        let (due, never) = (wait(Some(2_000)), wait(None));
        settle().await;
        assert!(!due.is_finished() && !never.is_finished());
        clock.advance(Duration::from_millis(999));
        settle().await;
        assert!(!due.is_finished());
        clock.advance(Duration::from_millis(1));
        assert!(due.await.unwrap(), "it is due");
        assert!(!never.is_finished());
        told.notify_one();
        assert!(never.await.unwrap(), "it was told");
        told.notify_one();
        assert!(wait(None).await.unwrap(), "it was told before it waited");

        let (waiting, pausing) = (wait(None), {
            let (clock, stop) = (clock.clone(), stop.clone());
            tokio::spawn(async move { clock.pause(Duration::from_secs(9), &stop).await })
        });
        settle().await;
        stop.cancel();
        assert!(!waiting.await.unwrap() && !pausing.await.unwrap());
        assert!(!wait(Some(0)).await.unwrap(), "whoever is due and shall stop stops");
    }

    #[tokio::test]
    async fn sleeping_costs_no_time_on_a_jumping_clock() {
        let clock = Clock::jumping(0);
        clock.sleep(Duration::from_secs(3600)).await;
        assert_eq!(clock.now_ms(), 3_600_000);
    }
}
