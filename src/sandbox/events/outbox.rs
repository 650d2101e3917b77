//! Events on their way: what is lost, doubled, delayed or overtaken on purpose, and what became of each delivery.

use crate::sandbox::options::DeliveryOptions;
use crate::sandbox::state::corp::Callback;
use crate::sandbox::state::member::Text;
use crate::sandbox::traffic::fault::{next_random, unit};
use serde::Serialize;
use std::collections::VecDeque;

/// Deliveries that are remembered.
const KEPT: usize = 10_000;

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
    /// `create_user`, `text`, `click` …
    pub kind: String,
    /// When it leaves.
    pub due_at_ms: i64,
    /// Failed tries so far.
    pub failures: u32,
    /// Messages and events of a member: who may be answered, and what about.
    pub talk: Option<Talk>,
    /// What the first try carried, for tries that repeat it.
    pub sealed: Option<Sealed>,
}

/// What a passive reply answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Corp.
    pub corpid: String,
    /// App.
    pub agentid: u64,
    /// Member, folded.
    pub userid: Text,
    /// Name of the event; empty for a message.
    pub event: String,
    /// The card that an event is about.
    pub message: Option<u64>,
}

/// A callback ready to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// `timestamp`
    pub timestamp: String,
    /// `nonce`
    pub nonce: String,
    /// `msg_signature`
    pub signature: String,
    /// Base64.
    pub encrypted: String,
}

impl Letter {
    /// A letter that leaves at once.
    pub fn new(callback: &Callback, receiver: &str, agentid: Option<u64>, text: String, kind: &str) -> Self {
        let (callback, receiver, kind) = (callback.clone(), receiver.to_owned(), kind.to_owned());
        Self { callback, receiver, agentid, text, kind, due_at_ms: 0, failures: 0, talk: None, sealed: None }
    }
}

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Number, from 1.
    pub number: u64,
    /// When.
    pub at_ms: i64,
    /// Where.
    pub url: String,
    /// CorpID or SuiteID that it was sealed for.
    pub receiver: String,
    /// App, for app callbacks.
    pub agentid: Option<u64>,
    /// Member, for messages and events of members; lower case.
    pub userid: String,
    /// `create_user`, `text`, `click` …
    pub kind: String,
    /// Text before encryption.
    pub text: String,
    /// `delivered`, `lost`, `failed` (tried again) or `given up`.
    pub outcome: &'static str,
    /// HTTP status, or 0.
    pub status: u16,
    /// The passive reply: its type, `refused: ` and why, or nothing.
    pub reply: String,
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
    last_number: u64,
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
            self.note(&letter, now_ms, "lost", 0, String::new());
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

    /// Notes the end of a try; `status` is `None` when there was no answer, `reply` what a passive reply did.
    pub fn tried(&mut self, mut letter: Letter, now_ms: i64, status: Option<u16>, reply: String) {
        self.under_way = self.under_way.saturating_sub(1);
        let is_final = match status {
            Some(200) => true,
            Some(_) => !self.options.retries_on_status,
            None => false,
        };
        if is_final {
            let outcome = if status == Some(200) { "delivered" } else { "given up" };
            self.note(&letter, now_ms, outcome, status.unwrap_or(0), reply);
            return;
        }
        letter.failures += 1;
        let is_last = letter.failures >= self.options.tries;
        self.note(&letter, now_ms, if is_last { "given up" } else { "failed" }, status.unwrap_or(0), reply);
        if !is_last {
            letter.due_at_ms = now_ms + self.options.retry_ms;
            self.waiting.push(letter);
        }
    }

    fn note(&mut self, letter: &Letter, at_ms: i64, outcome: &'static str, status: u16, reply: String) {
        if self.log.len() == KEPT {
            self.log.pop_front();
        }
        self.last_number += 1;
        self.log.push_back(Delivery {
            number: self.last_number,
            at_ms,
            url: letter.callback.url.clone(),
            receiver: letter.receiver.clone(),
            agentid: letter.agentid,
            userid: letter.talk.as_ref().map(|talk| talk.userid.to_string()).unwrap_or_default(),
            kind: letter.kind.clone(),
            text: letter.text.clone(),
            outcome,
            status,
            reply,
        });
    }

    /// Number of the newest row of the log.
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

    /// The log, oldest first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.log.iter()
    }
}
