//! The queues of the apps, and how near they are to WeCom's limits.

use super::flows::Fullest;
use super::{Messages, Paused, deliver};
use crate::model::{AppKey, CorpKey, DeliveryState, SecretName};
use crate::store::outbox::{self, Backlog};
use crate::store::trials::TestFailure;
use crate::store::{self, StoreError};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Calls that a queue's length is counted up to.
const COUNTED_MAX: usize = 10_000;

/// The queue of one app and how near it is to WeCom's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppQueue {
    /// Corp.
    pub corp: CorpKey,
    /// App.
    pub app: AppKey,
    /// Calls that wait, counted up to 10,000.
    pub calls: usize,
    /// How long the call that is due longest is overdue, seconds; 0 = none is.
    pub overdue_s: i64,
    /// Person-times sent today (China).
    pub day_used: u64,
    /// Person-times that WeCom allows in a day; `None` = the corp's account limit is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_limit: Option<u64>,
    /// Most messages to one member within the last minute; WeCom drops the 31st.
    pub fullest_minute: u32,
    /// Most messages to one member within the last hour; WeCom drops the 1,001st.
    pub fullest_hour: u32,
    /// Messages of today (China) that WeCom has probably dropped although they were paced.
    pub dropped_today: u32,
    /// Whether nothing has gone through yet with the AgentID and the secret that were entered: neither a test nor a message.
    pub is_untested: bool,
    /// What the last test of the connection found wrong with the app; absent once something has gone through with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_test: Option<TestFailure>,
    /// Why nothing goes out, as a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// The same as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_text: Option<String>,
    /// Until when nothing goes out because a limit of WeCom on calls is reached, Unix milliseconds; it goes on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled_until_ms: Option<i64>,
}

impl Messages {
    /// The queues of all apps that have or had something to send.
    pub async fn queues(&self) -> Result<Vec<AppQueue>, StoreError> {
        let now_ms = self.env().clock.now_ms();
        let running: HashMap<String, Arc<deliver::Desk>> = self.senders().clone();
        let messages = self.clone();
        let read = move |tx: &store::ReadTx| {
            let mut apps = Vec::new();
            let today = outbox::days(tx, outbox::day_of(now_ms))?;
            for corp in store::corps::list(tx)? {
                let trials = store::trials::list(tx, &corp.key)?;
                for app in &corp.apps {
                    let name = outbox::app_name(&corp.key, &app.key);
                    let backlog = outbox::backlog(tx, &name, COUNTED_MAX)?;
                    let meter = match running.get(&name) {
                        Some(desk) if !desk.is_outdated(tx)? => None,
                        _ => Some(messages.0.meters.of(tx, &name, now_ms)?),
                    };
                    let of_app = today.iter().filter(|(app, ..)| *app == name);
                    let dropped = of_app.map(|(.., day)| day.tally.of(DeliveryState::ProbablyDropped)).sum();
                    let of_app = SecretName::App(app.key.clone());
                    let failed_test = store::trials::failure(&trials, &of_app).cloned();
                    let known = (store::trials::is_untested(&trials, &app.key), failed_test, dropped);
                    apps.push((name, corp.key.clone(), app.key.clone(), corp.quota.seats, backlog, meter, known));
                }
            }
            Ok(apps)
        };
        let apps = self.env().store.read_async(read).await?;
        let paused = self.paused();
        let senders = self.senders();
        Ok(apps
            .into_iter()
            .map(|(name, corp, app, seats, backlog, stored, (is_untested, failed_test, dropped))| {
                let running = || senders.get(&name).map(|desk| desk.meter(now_ms));
                let meter = stored.or_else(running).unwrap_or_default();
                let held = paused.iter().find(|held| held.corp == corp && held.app == app);
                let throttled_until_ms = senders.get(&name).and_then(|desk| desk.throttled_until_ms(now_ms));
                AppQueue {
                    dropped_today: dropped,
                    is_untested,
                    failed_test,
                    throttled_until_ms,
                    ..queue(corp, app, seats, backlog, meter, held, now_ms)
                }
            })
            .collect())
    }

    /// How long the oldest message waits for its recipients to be found, milliseconds; `None` = none waits.
    pub async fn oldest_queued_ms(&self) -> Result<Option<i64>, StoreError> {
        let now_ms = self.env().clock.now_ms();
        let read = move |tx: &store::ReadTx| {
            let mut oldest = None;
            for (_, id) in store::messages::oldest_queued(tx)? {
                let at_ms = store::messages::find(tx, &id)?.map_or(now_ms, |message| message.accepted_at_ms);
                oldest = Some(oldest.map_or(at_ms, |known: i64| known.min(at_ms)));
            }
            Ok(oldest.map(|at_ms| now_ms - at_ms))
        };
        self.env().store.read_async(read).await
    }
}

fn queue(
    corp: CorpKey,
    app: AppKey,
    seats: u32,
    backlog: Backlog,
    meter: (Fullest, u64),
    held: Option<&Paused>,
    now_ms: i64,
) -> AppQueue {
    AppQueue {
        corp,
        app,
        calls: backlog.calls,
        overdue_s: backlog.oldest_due_ms.map_or(0, |at_ms| ((now_ms - at_ms) / 1_000).max(0)),
        day_used: meter.1,
        day_limit: (seats > 0).then(|| u64::from(seats) * deliver::DAY_PER_SEAT),
        fullest_minute: meter.0.minute,
        fullest_hour: meter.0.hour,
        dropped_today: 0,
        is_untested: false,
        failed_test: None,
        paused: held.map(|held| held.code.to_owned()),
        paused_text: held.map(|held| held.text.clone()),
        throttled_until_ms: None,
    }
}
