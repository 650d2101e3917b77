//! Messages out: a business system posts a message once, and the right people get it in WeCom, once.
//!
//! A message is stored before it is answered for. Then its recipients are found and grouped into calls of up to 1,000
//! members (`expand`), and each app's calls go out one after the other at the pace that WeCom allows (`deliver`).
//! Every step is stored before and after it is taken, so that the process may end anywhere. What is said to whom is the
//! business of a [`Compose`]r: the one that asks the push rules is [`RuleComposer`]. Picking rules and rendering contents
//! ([`rules`], [`mod@render`]) are pure.

pub mod accept;
mod bursts;
pub mod cards;
pub mod compose;
mod deliver;
mod digest;
mod error;
mod expand;
mod flows;
mod ids;
pub mod log;
mod outcome;
mod plan;
mod preview;
pub mod queues;
mod quiet;
mod recall;
pub mod receivers;
mod redrive;
pub mod render;
mod resolve;
mod rule_composer;
pub mod rulebook;
pub mod rules;
pub mod search;
pub mod settings;
mod split;
pub mod trace;
mod upkeep;
mod variables;

pub use accept::{Accepted, NewMessage, NewRecipients, OnceKey};
pub use cards::{NewTodoState, TodoStatus, TodoWish};
pub use compose::{Compose, Composed, NoRules};
pub use deliver::Paused;
pub use error::{MessageError, MessageFault};
pub use preview::{Preview, Unreached};
pub use recall::{Reach, Recalled};
pub use redrive::{Redrive, Redriven, is_hopeless};
pub use render::{RenderFault, Rendered, render};
pub use rule_composer::RuleComposer;
pub use rules::{Compiled, CompiledTarget, Picked, RuleSet};
pub use search::MessageStatus;
pub use trace::Trace;
pub use variables::{MessageVariable, Spoken};

use crate::model::{AppKey, CorpKey, UserId};
use crate::store;
use crate::sync::Env;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long WeCom suppresses the repetition of a request that asked for it: the longest it allows (doc path 90236).
const REPEATS_S: u32 = crate::wecom::message::DUPLICATE_CHECK_MAX_S;

/// Everything about messages. Built once, cheap to clone.
#[derive(Clone)]
pub struct Messages(Arc<Inner>);

struct Inner {
    env: Env,
    composer: Arc<dyn Compose>,
    ids: ids::Ids,
    /// Told when something was accepted, and when a sender has begun to collect for a member.
    accepted: Notify,
    /// Updates of cards may be due.
    cards: Notify,
    senders: Mutex<HashMap<String, Arc<deliver::Desk>>>,
    /// Of apps whose sender does not run.
    meters: deliver::Meters,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Messages {
    /// Nothing runs yet.
    pub fn new(env: Env, composer: Arc<dyn Compose>) -> Self {
        Self(Arc::new(Inner {
            env,
            composer,
            ids: ids::Ids::default(),
            accepted: Notify::new(),
            cards: Notify::new(),
            senders: Mutex::default(),
            meters: deliver::Meters::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// Starts to find recipients and to send, beginning with what was left at the last stop or crash. Ends with
    /// [`Messages::shutdown`].
    pub fn start(&self) {
        let messages = self.clone();
        self.0.tasks.spawn(async move { expand::run(&messages).await });
        let messages = self.clone();
        self.0.tasks.spawn(async move { cards::run(&messages).await });
    }

    /// Starts the removal of what is older than the settings say.
    pub fn start_upkeep(&self) {
        let messages = self.clone();
        self.0.tasks.spawn(async move { upkeep::run(&messages).await });
    }

    /// Begins nothing more, lets the calls under way end, and returns when all has ended.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Apps whose calls wait because of a fault that needs a person, with the reason.
    pub fn paused(&self) -> Vec<Paused> {
        let mut list: Vec<Paused> = self.senders().values().filter_map(|desk| desk.paused()).collect();
        list.sort_by(|a, b| (&a.corp, &a.app).cmp(&(&b.corp, &b.app)));
        list
    }

    /// Tries paused apps again at once, because a person has mended something.
    pub fn resume_paused(&self) {
        self.senders().values().for_each(|desk| desk.resume());
    }

    /// An id that sorts behind all that were given before.
    fn new_id(&self) -> String {
        self.0.ids.next(self.env().clock.now_ms())
    }

    fn env(&self) -> &Env {
        &self.0.env
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<String, Arc<deliver::Desk>>> {
        self.0.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls of this app may be due: its sender looks, and is started if it does not run.
    fn wake(&self, app: &str) {
        self.desk(app);
    }

    /// The sender of an app, woken; started if it does not run.
    fn desk(&self, app: &str) -> Option<Arc<deliver::Desk>> {
        let desk = {
            let mut senders = self.senders();
            if let Some(desk) = senders.get(app) {
                desk.wake();
                return Some(Arc::clone(desk));
            }
            let desk = Arc::new(deliver::Desk::new(app)?);
            senders.insert(app.to_owned(), Arc::clone(&desk));
            desk
        };
        let (messages, sender) = (self.clone(), Arc::clone(&desk));
        self.0.tasks.spawn(async move { deliver::run(&messages, &sender).await });
        Some(desk)
    }

    /// Something that is no message (the rest of an auto reply) is about to go to a member: counted as a message where it
    /// fits into WeCom's limits, so that neither is thrown away. `Err`, and nothing is counted, where it does not: when it
    /// does, Unix milliseconds.
    pub(crate) async fn make_room(
        &self,
        corp: &CorpKey,
        app: &AppKey,
        userid: &UserId,
    ) -> Result<Result<(), i64>, store::StoreError> {
        let Some(desk) = self.desk(&store::outbox::app_name(corp, app)) else { return Ok(Ok(())) };
        let (env, key) = (self.env(), corp.clone());
        let (counted, now_ms) = (Arc::clone(&desk), env.clock.now_ms());
        let read = move |tx: &store::ReadTx| {
            if !counted.is_counted() || counted.is_outdated(tx)? {
                counted.remember(tx, now_ms)?;
            }
            store::corps::find(tx, &key)
        };
        let corp = env.store.read_async(read).await?;
        let quota = corp.map_or(0, |corp| u64::from(corp.quota.seats) * deliver::DAY_PER_SEAT);
        Ok(desk.count_beside(&userid.folded(), quota, now_ms))
    }

    /// Starts a sender for every app that has something to send.
    async fn wake_all(&self) -> Result<(), store::StoreError> {
        for app in self.env().store.read_async(store::outbox::apps_waiting).await? {
            self.wake(&app);
        }
        Ok(())
    }
}
