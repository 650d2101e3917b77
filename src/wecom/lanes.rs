//! How many calls of one corp are under way at once: fewer after 45033, slowly more again after successes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The lanes of one corp.
#[derive(Debug)]
pub(super) struct Lanes {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    most: u32,
    open: u32,
    /// Lanes that close as soon as their call has ended.
    closing: u32,
    successes: u32,
}

/// A lane in use.
#[derive(Debug)]
pub(super) struct Lane {
    lanes: Arc<Lanes>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Lanes {
    pub(super) fn new(most: u32) -> Arc<Self> {
        let most = most.max(1);
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(most as usize)),
            state: Mutex::new(State { most, open: most, closing: 0, successes: 0 }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a free lane; first come, first served.
    pub(super) async fn enter(self: &Arc<Self>) -> Lane {
        // the semaphore is never closed; without a permit the call would merely not be counted
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        Lane { lanes: Arc::clone(self), permit }
    }

    /// WeCom answered 45033: half as many from now on, at least one.
    pub(super) fn narrow(&self) {
        let mut state = self.state();
        let fewer = (state.open / 2).max(1);
        let close = state.open - fewer;
        state.open = fewer;
        state.successes = 0;
        let closed = u32::try_from(self.permits.forget_permits(close as usize)).unwrap_or(close);
        state.closing += close - closed;
    }

    /// A call went through: after a round of successes one lane more, up to the setting.
    pub(super) fn widen(&self) {
        let mut state = self.state();
        if state.open >= state.most {
            return;
        }
        state.successes += 1;
        if state.successes >= state.open * 8 {
            state.successes = 0;
            state.open += 1;
            if state.closing > 0 {
                state.closing -= 1;
            } else {
                self.permits.add_permits(1);
            }
        }
    }

    /// (open now, at most)
    pub(super) fn counts(&self) -> (u32, u32) {
        let state = self.state();
        (state.open, state.most)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut state = self.lanes.state();
        if state.closing > 0
            && let Some(permit) = self.permit.take()
        {
            state.closing -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn half_the_lanes_after_a_refusal_and_slowly_back() {
        let lanes = Lanes::new(8);
        let mut inside = Vec::new();
        for _ in 0..8 {
            inside.push(lanes.enter().await);
        }
        lanes.narrow();
        assert_eq!(lanes.counts(), (4, 8));
        inside.truncate(4);
        assert_eq!(lanes.permits.available_permits(), 0, "the lanes that were left are closed");
        inside.clear();
        assert_eq!(lanes.permits.available_permits(), 4);
        for _ in 0..5 {
            lanes.narrow();
        }
        assert_eq!((lanes.counts(), lanes.permits.available_permits()), ((1, 8), 1));
        for _ in 0..8 {
            lanes.widen();
        }
        assert_eq!(lanes.counts(), (2, 8));
        for _ in 0..1000 {
            lanes.widen();
        }
        assert_eq!((lanes.counts(), lanes.permits.available_permits()), ((8, 8), 8));
    }

    #[tokio::test]
    async fn lanes_that_were_to_close_stay_when_it_widens_first() {
        let lanes = Lanes::new(2);
        let a = lanes.enter().await;
        let b = lanes.enter().await;
        lanes.narrow();
        for _ in 0..8 {
            lanes.widen();
        }
        drop((a, b));
        assert_eq!(lanes.permits.available_permits(), 2);
    }
}
