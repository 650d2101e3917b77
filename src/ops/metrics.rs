//! The metrics registry (PEER-26): what `/metrics` answers, in the OpenMetrics text form.

mod labels;

use crate::callbacks::{Group, Observer, ReceiverObserver};
use crate::model::{AppKey, CallbackFault, CallbackOf, CorpKey, RunKind, RunState, Tally};
use crate::wecom::CallObserver;
use labels::{
    AppLabels, CallLabels, CallbackLabels, CorpLabels, DeliveryLabels, EndpointLabels, FaultLabels, KindLabels,
    LastLabels, QueueLabels, ReceiverLabels, RunLabels, WebhookLabels,
};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::sync::{Arc, OnceLock};

/// Content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All counters; cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    call_seconds: Family<EndpointLabels, Histogram>,
    runs: Family<RunLabels, Counter>,
    run_seconds: Family<KindLabels, Histogram>,
    running: Family<KindLabels, Gauge>,
    last_good: Family<LastLabels, Gauge>,
    quota_left: Family<CorpLabels, Gauge>,
    queue_age: Family<QueueLabels, Gauge>,
    deliveries_today: Family<DeliveryLabels, Gauge>,
    send_calls_waiting: Family<AppLabels, Gauge>,
    store_bytes: Gauge,
    callbacks: Family<CallbackLabels, Counter>,
    callback_repeats: Family<ReceiverLabels, Counter>,
    callbacks_refused: Family<FaultLabels, Counter>,
    callback_lag: Family<CorpLabels, Histogram>,
    callbacks_waiting: Family<CorpLabels, Gauge>,
    card_updates_waiting: Family<AppLabels, Gauge>,
    webhook_posts_waiting: Family<WebhookLabels, Gauge>,
    webhook_posts_dead: Family<WebhookLabels, Gauge>,
    callbacks_failed: Family<CorpLabels, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All counters at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("wecom_bridge");
        let calls = Family::default();
        let call_seconds =
            Family::new_with_constructor((|| Histogram::new(exponential_buckets(0.005, 2.0, 12))) as fn() -> Histogram);
        let runs = Family::default();
        let run_seconds =
            Family::new_with_constructor((|| Histogram::new(exponential_buckets(0.1, 4.0, 10))) as fn() -> Histogram);
        let (running, last_good, quota_left, queue_age) =
            (Family::default(), Family::default(), Family::default(), Family::default());
        let store_bytes = Gauge::default();
        registry.register(
            "wecom_calls",
            "Calls to WeCom by endpoint and errcode (-1000: no answer)",
            Family::clone(&calls),
        );
        registry.register_with_unit("wecom_call", "Time to answer", Unit::Seconds, Family::clone(&call_seconds));
        registry.register("runs", "Ended runs by kind and state", Family::clone(&runs));
        registry.register_with_unit("run", "Duration of ended runs", Unit::Seconds, Family::clone(&run_seconds));
        registry.register("runs_under_way", "Runs under way", Family::clone(&running));
        registry.register_with_unit(
            "last_good_run_timestamp",
            "Unix time of the last run that ended well",
            Unit::Seconds,
            Family::clone(&last_good),
        );
        registry.register(
            "quota_left",
            "Calls left in the tightest window of the busiest endpoint",
            Family::clone(&quota_left),
        );
        registry.register_with_unit(
            "queue_age",
            "Age of the oldest waiting item",
            Unit::Seconds,
            Family::clone(&queue_age),
        );
        let (deliveries_today, send_calls_waiting) = (Family::default(), Family::default());
        registry.register(
            "deliveries_today",
            "Deliveries that came into a state today (China)",
            Family::clone(&deliveries_today),
        );
        registry.register(
            "send_calls_waiting",
            "Calls that wait to be sent, counted up to 10,000",
            Family::clone(&send_calls_waiting),
        );
        registry.register_with_unit("store_size", "Size of the database file", Unit::Bytes, Gauge::clone(&store_bytes));
        let (callbacks, callback_repeats, callbacks_refused) =
            (Family::default(), Family::default(), Family::default());
        let callback_lag =
            Family::new_with_constructor((|| Histogram::new(exponential_buckets(0.25, 2.0, 12))) as fn() -> Histogram);
        let (callbacks_waiting, callbacks_failed) = (Family::default(), Family::default());
        registry.register("callbacks", "Callbacks taken, by what they tell", Family::clone(&callbacks));
        registry.register("callback_repeats", "Further deliveries of the same", Family::clone(&callback_repeats));
        registry.register(
            "callbacks_refused",
            "Callbacks that were not taken, by the check that failed",
            Family::clone(&callbacks_refused),
        );
        registry.register_with_unit(
            "callback_lag",
            "From WeCom's clock to receipt",
            Unit::Seconds,
            Family::clone(&callback_lag),
        );
        let (card_updates_waiting, webhook_posts_waiting, webhook_posts_dead) =
            (Family::default(), Family::default(), Family::default());
        registry.register(
            "card_updates_waiting",
            "Updates of cards that have not arrived, counted up to 10,000",
            Family::clone(&card_updates_waiting),
        );
        registry.register(
            "webhook_posts_waiting",
            "Tellings to webhooks that wait",
            Family::clone(&webhook_posts_waiting),
        );
        registry.register("webhook_posts_dead", "Dead letters of webhooks", Family::clone(&webhook_posts_dead));
        registry.register("callbacks_waiting", "Callbacks that wait for work", Family::clone(&callbacks_waiting));
        registry.register("callbacks_failed", "Callbacks whose work failed", Family::clone(&callbacks_failed));
        Self(Arc::new(Inner {
            callbacks,
            callback_repeats,
            callbacks_refused,
            callback_lag,
            callbacks_waiting,
            callbacks_failed,
            card_updates_waiting,
            webhook_posts_waiting,
            webhook_posts_dead,
            registry,
            calls,
            call_seconds,
            runs,
            run_seconds,
            running,
            last_good,
            quota_left,
            queue_age,
            deliveries_today,
            send_calls_waiting,
            store_bytes,
        }))
    }

    /// Sets how many runs of a kind are under way.
    pub fn set_running(&self, kind: RunKind, count: usize) {
        let labels = KindLabels { kind: kind_name(kind) };
        self.0.running.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Notes that a run ended; `ended_at_ms` is kept as the last good time where the run did all it should.
    pub fn run_ended(&self, corp: &CorpKey, kind: RunKind, state: RunState, elapsed_ms: u64, ended_at_ms: i64) {
        let kind_label = kind_name(kind);
        let labels = RunLabels { corp: corp.to_string(), kind: kind_label, state: state_name(state) };
        self.0.runs.get_or_create(&labels).inc();
        self.0.run_seconds.get_or_create(&KindLabels { kind: kind_label }).observe(seconds(elapsed_ms));
        if state == RunState::Done {
            self.set_last_good(corp, kind, ended_at_ms);
        }
    }

    /// Sets the time of the last good run, e.g. at start from the store.
    pub fn set_last_good(&self, corp: &CorpKey, kind: RunKind, ended_at_ms: i64) {
        let labels = LastLabels { corp: corp.to_string(), kind: kind_name(kind) };
        self.0.last_good.get_or_create(&labels).set(ended_at_ms / 1000);
    }

    /// Sets the calls left in the tightest window.
    pub fn set_quota_left(&self, corp: &CorpKey, left: u64) {
        let labels = CorpLabels { corp: corp.to_string() };
        self.0.quota_left.get_or_create(&labels).set(i64::try_from(left).unwrap_or(i64::MAX));
    }

    /// Sets the age of the oldest waiting item of a queue, seconds; 0 = nothing waits.
    pub fn set_queue_age(&self, queue: &'static str, age_s: i64) {
        self.0.queue_age.get_or_create(&QueueLabels { queue }).set(age_s.max(0));
    }

    /// Sets today's deliveries by app and state; what is not given any more is 0.
    pub fn set_deliveries_today(&self, rows: &[(CorpKey, AppKey, Tally)]) {
        self.0.deliveries_today.clear();
        for (corp, app, tally) in rows {
            for (state, count) in &tally.0 {
                let labels = DeliveryLabels { corp: corp.to_string(), app: app.to_string(), state: state.name() };
                self.0.deliveries_today.get_or_create(&labels).set(i64::from(*count));
            }
        }
    }

    /// Sets how many calls wait at an app.
    pub fn set_send_calls_waiting(&self, corp: &CorpKey, app: &AppKey, count: usize) {
        let labels = AppLabels { corp: corp.to_string(), app: app.to_string() };
        self.0.send_calls_waiting.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Sets how many updates of cards have not arrived, by app; what is not given any more is 0.
    pub fn set_card_updates_waiting(&self, rows: &[(CorpKey, AppKey, usize)]) {
        self.0.card_updates_waiting.clear();
        for (corp, app, count) in rows {
            let labels = AppLabels { corp: corp.to_string(), app: app.to_string() };
            self.0.card_updates_waiting.get_or_create(&labels).set(i64::try_from(*count).unwrap_or(i64::MAX));
        }
    }

    /// Sets how many tellings wait and are dead letters, by webhook; removed webhooks go.
    pub fn set_webhook_posts(&self, rows: &[(String, usize, usize)]) {
        self.0.webhook_posts_waiting.clear();
        self.0.webhook_posts_dead.clear();
        for (webhook, waiting, dead) in rows {
            let labels = WebhookLabels { webhook: webhook.clone() };
            let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
            self.0.webhook_posts_waiting.get_or_create(&labels).set(number(*waiting));
            self.0.webhook_posts_dead.get_or_create(&labels).set(number(*dead));
        }
    }

    /// Sets how many callbacks of a corp wait for work, and how many have failed.
    pub fn set_callbacks(&self, corp: &CorpKey, waiting: usize, failed: usize) {
        let labels = CorpLabels { corp: corp.to_string() };
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.0.callbacks_waiting.get_or_create(&labels).set(number(waiting));
        self.0.callbacks_failed.get_or_create(&labels).set(number(failed));
    }

    /// Sets the size of the store.
    pub fn set_store_bytes(&self, bytes: u64) {
        self.0.store_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// The registry as text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.0.registry) {
            Ok(()) => text,
            // Writing into a String does not fail; an empty answer shows as a failed scrape if it ever does.
            Err(std::fmt::Error) => String::new(),
        }
    }
}

impl CallObserver for Metrics {
    fn called(&self, corp: &CorpKey, endpoint: &'static str, errcode: i64, elapsed_ms: u64) {
        self.0.calls.get_or_create(&CallLabels { corp: corp.to_string(), endpoint, errcode }).inc();
        self.0.call_seconds.get_or_create(&EndpointLabels { endpoint }).observe(seconds(elapsed_ms));
    }
}

impl Observer for Metrics {
    fn receiver(&self, corp: &CorpKey, of: &CallbackOf) -> Box<dyn ReceiverObserver> {
        Box::new(ReceiverMetrics {
            metrics: self.clone(),
            corp: corp.to_string(),
            receiver: of.to_string(),
            groups: Default::default(),
            lag: OnceLock::new(),
        })
    }

    fn refused(&self, corp: &CorpKey, fault: CallbackFault) {
        let labels = FaultLabels { corp: corp.to_string(), fault: fault.name() };
        self.0.callbacks_refused.get_or_create(&labels).inc();
    }
}

/// The counters of one receiver, looked up once.
struct ReceiverMetrics {
    metrics: Metrics,
    corp: String,
    receiver: String,
    groups: [OnceLock<Counter>; Group::COUNT],
    lag: OnceLock<Histogram>,
}

impl ReceiverObserver for ReceiverMetrics {
    fn taken(&self, group: Group, lag_ms: Option<i64>) {
        let (corp, receiver) = (&self.corp, &self.receiver);
        let count = |counter: &OnceLock<Counter>| {
            let labels = || CallbackLabels { corp: corp.clone(), receiver: receiver.clone(), group: group.name() };
            counter.get_or_init(|| self.metrics.0.callbacks.get_or_create(&labels()).clone()).inc();
        };
        self.groups.get(group as usize).map(count);
        if let Some(lag_ms) = lag_ms {
            let labels = || CorpLabels { corp: corp.clone() };
            let lag = self.lag.get_or_init(|| self.metrics.0.callback_lag.get_or_create(&labels()).clone());
            lag.observe(seconds(lag_ms.unsigned_abs()));
        }
    }

    fn repeated(&self) {
        let labels = ReceiverLabels { corp: self.corp.clone(), receiver: self.receiver.clone() };
        self.metrics.0.callback_repeats.get_or_create(&labels).inc();
    }
}

fn seconds(elapsed_ms: u64) -> f64 {
    std::time::Duration::from_millis(elapsed_ms).as_secs_f64()
}

fn kind_name(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Pull => "pull",
        RunKind::Downstream => "downstream",
        RunKind::Plan => "plan",
    }
}

fn state_name(state: RunState) -> &'static str {
    match state {
        RunState::Running => "running",
        RunState::Done => "done",
        RunState::Partly => "partly",
        RunState::Failed => "failed",
        RunState::Held => "held",
        RunState::Cancelled => "cancelled",
        RunState::Rejected => "rejected",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_rendered() {
        let metrics = Metrics::new();
        let corp = CorpKey::from("acme-main");
        metrics.called(&corp, "user/create", 60104, 12);
        metrics.run_ended(&corp, RunKind::Pull, RunState::Done, 2_000, 1_700_000_000_000);
        metrics.set_running(RunKind::Pull, 0);
        metrics.set_running(RunKind::Downstream, 1);
        metrics.set_quota_left(&corp, 9_999);
        metrics.set_queue_age("held_plans", 61);
        metrics.set_store_bytes(4096);
        let text = metrics.render();
        for line in [
            r#"wecom_bridge_wecom_calls_total{corp="acme-main",endpoint="user/create",errcode="60104"} 1"#,
            r#"wecom_bridge_wecom_call_seconds_count{endpoint="user/create"} 1"#,
            r#"wecom_bridge_runs_total{corp="acme-main",kind="pull",state="done"} 1"#,
            r#"wecom_bridge_runs_under_way{kind="pull"} 0"#,
            r#"wecom_bridge_runs_under_way{kind="downstream"} 1"#,
            r#"wecom_bridge_last_good_run_timestamp_seconds{corp="acme-main",kind="pull"} 1700000000"#,
            r#"wecom_bridge_quota_left{corp="acme-main"} 9999"#,
            r#"wecom_bridge_queue_age_seconds{queue="held_plans"} 61"#,
            "wecom_bridge_store_size_bytes 4096",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is missing in:\n{text}");
        }
    }

    #[test]
    fn a_failed_run_is_not_the_last_good_one() {
        let metrics = Metrics::new();
        metrics.run_ended(&CorpKey::from("a"), RunKind::Pull, RunState::Failed, 1, 1);
        assert!(!metrics.render().contains("last_good_run_timestamp_seconds{"));
    }
}
