//! The way into the store: callbacks that arrive while a commit is under way share the next one, in one closure with each
//! table opened once. Whoever finds nobody at it begins; a request that is dropped meanwhile takes nothing with it.

use super::Callbacks;
use crate::model::InboxItem;
use crate::store::inbox::Received;
use crate::store::{self, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Callbacks of one transaction at most.
const AT_ONCE: usize = 500;

type Reply = oneshot::Sender<Result<Received, StoreError>>;

/// What waits for the next commit.
#[derive(Default)]
pub(super) struct Intake(Mutex<Pending>);

#[derive(Default)]
struct Pending {
    items: Vec<(InboxItem, Reply)>,
    is_under_way: bool,
}

impl Intake {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores a callback; returns when it is durable.
pub(super) async fn store(callbacks: &Callbacks, item: InboxItem) -> Result<Received, StoreError> {
    let (reply, answer) = oneshot::channel();
    let begins = {
        let mut pending = callbacks.0.intake.lock();
        pending.items.push((item, reply));
        !std::mem::replace(&mut pending.is_under_way, true)
    };
    if begins {
        let callbacks = callbacks.clone();
        tokio::spawn(async move { drain(&callbacks).await });
    }
    answer.await.unwrap_or(Err(StoreError::Closed))
}

/// Commits until nothing waits.
async fn drain(callbacks: &Callbacks) {
    let mut mark = Mark { callbacks, is_over: false };
    loop {
        let batch: Vec<(InboxItem, Reply)> = {
            let mut pending = callbacks.0.intake.lock();
            let count = pending.items.len().min(AT_ONCE);
            if count == 0 {
                pending.is_under_way = false;
                mark.is_over = true;
                return;
            }
            pending.items.drain(..count).collect()
        };
        let (items, replies): (Vec<InboxItem>, Vec<Reply>) = batch.into_iter().unzip();
        let items = Arc::new(items);
        let all = items.clone();
        match callbacks.0.store.write(move |tx| store::inbox::receive_all(tx, &all)).await {
            Ok(results) => {
                for (reply, result) in replies.into_iter().zip(results) {
                    // whoever waited may have gone
                    let _ = reply.send(Ok(result));
                }
            }
            // one of them may be the cause: each is tried alone
            Err(_) => {
                for (at, reply) in replies.into_iter().enumerate() {
                    let all = items.clone();
                    let one = callbacks
                        .0
                        .store
                        .write(move |tx| store::inbox::receive_all(tx, all.get(at..=at).unwrap_or_default()));
                    let result = one.await.and_then(|mut results| results.pop().ok_or(StoreError::Closed));
                    let _ = reply.send(result);
                }
            }
        }
    }
}

/// Should it end half-way (with the worker that it runs on), those who wait are told, and the next callback begins anew.
struct Mark<'a> {
    callbacks: &'a Callbacks,
    is_over: bool,
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let mut pending = self.callbacks.0.intake.lock();
            pending.is_under_way = false;
            pending.items.clear();
        }
    }
}
