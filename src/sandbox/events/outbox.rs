//! Events on their way: what is lost, doubled, delayed or overtaken on purpose, and what became of each delivery.

use crate::sandbox::state::corp::Callback;
use crate::sandbox::traffic::fault::{next_random, unit};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Deliveries that are remembered.
const KEPT: usize = 1000;

/// One event to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where.
    pub callback: Callback,
    /// Receiver inside the envelope: CorpID or SuiteID.
    pub receiver: String,
    /// App, for app callbacks.
    pub agentid: Option<u64>,
    /// Text before encryption.
    pub text: String,
    /// `create_user` …
    pub kind: &'static str,
    /// When it leaves.
    pub due_at_ms: i64,
    /// Failed tries so far.
    pub failures: u32,
}

impl Letter {
    /// A letter that leaves at once.
    pub fn new(callback: &Callback, receiver: &str, agentid: Option<u64>, text: String, kind: &'static str) -> Self {
        let (callback, receiver) = (callback.clone(), receiver.to_owned());
        Self { callback, receiver, agentid, text, kind, due_at_ms: 0, failures: 0 }
    }
}

/// How reliable the delivery is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryOptions {
    /// Probability that an event is never sent.
    pub loss: f64,
    /// Probability that it is sent twice.
    pub duplication: f64,
    /// Probability that it is held back behind later ones (by `reorder_ms`).
    pub reordering: f64,
    /// How long such an event is held back.
    pub reorder_ms: i64,
    /// Pause before every event.
    pub delay_ms: i64,
    /// Makes the choices repeatable.
    pub seed: u64,
    /// Tries in total (doc path 90238).
    pub tries: u32,
    /// Pause between tries.
    pub retry_ms: i64,
    /// Whether a status other than 200 is tried again; the pages disagree.
    pub retries_on_status: bool,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self {
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            reorder_ms: 2000,
            delay_ms: 0,
            seed: 0,
            tries: 3,
            retry_ms: 1000,
            retries_on_status: true,
        }
    }
}

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// When.
    pub at_ms: i64,
    /// Where.
    pub url: String,
    /// `create_user` …
    pub kind: String,
    /// Text before encryption.
    pub text: String,
    /// `delivered`, `lost`, `failed` (tried again) or `given up`.
    pub outcome: &'static str,
    /// HTTP status, or 0.
    pub status: u16,
}

/// Letters that wait, and the log.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Options.
    pub options: DeliveryOptions,
    random: u64,
    waiting: Vec<Letter>,
    under_way: usize,
    log: VecDeque<Delivery>,
}

impl Outbox {
    /// Takes new options; the choices begin anew.
    pub fn configure(&mut self, options: DeliveryOptions) {
        self.random = options.seed;
        self.options = options;
    }

    fn hits(&mut self, probability: f64) -> bool {
        probability > 0.0 && unit(next_random(&mut self.random)) < probability
    }

    /// Accepts a letter and decides its fate.
    pub fn post(&mut self, mut letter: Letter, now_ms: i64) {
        letter.due_at_ms = now_ms + self.options.delay_ms;
        if self.hits(self.options.loss) {
            self.note(&letter, now_ms, "lost", 0);
            return;
        }
        if self.hits(self.options.duplication) {
            self.waiting.push(letter.clone());
        }
        if self.hits(self.options.reordering) {
            letter.due_at_ms += self.options.reorder_ms;
        }
        self.waiting.push(letter);
    }

    /// The letters that are due, in order; they count as under way.
    pub fn take_due(&mut self, now_ms: i64) -> Vec<Letter> {
        let (due, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|letter| letter.due_at_ms <= now_ms);
        self.waiting = waiting;
        let mut due: Vec<Letter> = due;
        due.sort_by_key(|letter| letter.due_at_ms);
        self.under_way += due.len();
        due
    }

    /// When the next letter leaves.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.waiting.iter().map(|letter| letter.due_at_ms).min()
    }

    /// Letters neither delivered nor given up.
    pub fn pending(&self) -> usize {
        self.waiting.len() + self.under_way
    }

    /// Notes the end of a try; `status` is `None` when there was no answer.
    pub fn tried(&mut self, mut letter: Letter, now_ms: i64, status: Option<u16>) {
        self.under_way = self.under_way.saturating_sub(1);
        let is_final = match status {
            Some(200) => true,
            Some(_) => !self.options.retries_on_status,
            None => false,
        };
        if is_final {
            let outcome = if status == Some(200) { "delivered" } else { "given up" };
            self.note(&letter, now_ms, outcome, status.unwrap_or(0));
            return;
        }
        letter.failures += 1;
        let is_last = letter.failures >= self.options.tries;
        self.note(&letter, now_ms, if is_last { "given up" } else { "failed" }, status.unwrap_or(0));
        if !is_last {
            letter.due_at_ms = now_ms + self.options.retry_ms;
            self.waiting.push(letter);
        }
    }

    fn note(&mut self, letter: &Letter, at_ms: i64, outcome: &'static str, status: u16) {
        if self.log.len() == KEPT {
            self.log.pop_front();
        }
        let (url, kind, text) = (letter.callback.url.clone(), letter.kind.to_owned(), letter.text.clone());
        self.log.push_back(Delivery { at_ms, url, kind, text, outcome, status });
    }

    /// The log, oldest first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.log.iter()
    }
}
