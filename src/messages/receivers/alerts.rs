//! Alertmanager and Grafana: one message per alert. The forms agree but for some addresses
//! (prometheus.io/docs/alerting/latest/configuration, grafana.com/docs/grafana/latest/alerting).

use super::{Addressed, Incoming, Raw, Receiver, ReceiverFault, priority};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Alerts in one post.
pub(super) const ALERTS_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Post {
    alerts: Vec<Alert>,
    #[serde(default, rename = "externalURL")]
    external_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: String,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
    #[serde(default, rename = "dashboardURL")]
    dashboard_url: String,
    #[serde(default, rename = "panelURL")]
    panel_url: String,
    #[serde(default, rename = "imageURL")]
    image_url: String,
    #[serde(default)]
    value_string: String,
    #[serde(default)]
    fingerprint: String,
}

pub(super) fn read(receiver: Receiver, addressed: &Addressed, post: &Value) -> Result<Vec<Incoming>, ReceiverFault> {
    let form = |what| ReceiverFault::Form(receiver.name(), what);
    let post = Post::deserialize(post).map_err(|_| form("it has no list of alerts with status and labels"))?;
    if post.alerts.len() > ALERTS_MAX {
        return Err(ReceiverFault::TooMany);
    }
    Ok(post.alerts.into_iter().map(|alert| alert.into_incoming(receiver, addressed, &post.external_url)).collect())
}

impl Alert {
    fn into_incoming(self, receiver: Receiver, addressed: &Addressed, external_url: &str) -> Incoming {
        let once = self.identity(receiver);
        let label = |name: &str| self.labels.get(name).map(String::as_str).unwrap_or_default();
        let note = |name: &str| self.annotations.get(name).map(String::as_str).unwrap_or_default();
        let is_resolved = self.status == "resolved";
        let state = if is_resolved { "恢复" } else { "告警" };
        let summary = [note("summary"), note("message"), label("alertname")].into_iter().find(|text| !text.is_empty());
        let name = label("alertname");
        let title = match summary {
            Some(summary) if !name.is_empty() && summary != name => format!("[{state}] {name}：{summary}"),
            Some(summary) => format!("[{state}] {summary}"),
            None => format!("[{state}]"),
        };
        let mut lines: Vec<String> = Vec::new();
        lines.extend([note("description")].into_iter().filter(|text| !text.is_empty()).map(str::to_owned));
        lines.extend(Some(self.value_string.clone()).filter(|text| !text.is_empty()));
        let rest = self.annotations.iter().filter(|(key, _)| {
            !matches!(key.as_str(), "summary" | "description" | "message") && !key.starts_with("__")
        });
        let labels = self.labels.iter().filter(|(key, _)| *key != "alertname" && !key.starts_with("__"));
        lines.extend(labels.chain(rest).map(|(key, value)| format!("{key}：{value}")));
        if !self.starts_at.is_empty() {
            lines.push(format!("开始：{}", local(&self.starts_at)));
        }
        let links = [&self.panel_url, &self.dashboard_url, &self.generator_url];
        let url = links.into_iter().map(String::as_str).chain([external_url]).find(|url| !url.is_empty());
        let mut data: Map<String, Value> = Map::new();
        data.insert("status".into(), self.status.clone().into());
        data.insert("labels".into(), json!(self.labels));
        data.insert("annotations".into(), json!(self.annotations));
        data.insert("starts_at".into(), self.starts_at.clone().into());
        let severity = [label("severity"), label("level"), label("priority")].into_iter().find(|word| !word.is_empty());
        let raw = Raw {
            title,
            body: lines.join("\n"),
            url: url.map(str::to_owned),
            picture: Some(self.image_url.clone()).filter(|url| !url.is_empty()),
            event: self.status.clone(),
            priority: if is_resolved { Default::default() } else { priority(severity.unwrap_or_default()) },
            data,
        };
        Incoming { message: raw.into_message(addressed), once: Some(once) }
    }

    /// The same alert in the same state, since the same moment. Without a fingerprint its labels are it.
    fn identity(&self, receiver: Receiver) -> String {
        let fingerprint =
            if self.fingerprint.is_empty() { json!(self.labels).to_string() } else { self.fingerprint.clone() };
        format!("{}|{fingerprint}|{}|{}", receiver.name(), self.status, self.starts_at)
    }
}

/// `2025-11-25 22:40:07` in the appliance's time zone; what is no time stays as it is.
fn local(time: &str) -> String {
    let zone = chrono::FixedOffset::east_opt(8 * 3600);
    match (chrono::DateTime::parse_from_rfc3339(time), zone) {
        (Ok(at), Some(zone)) => at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string(),
        _ => time.to_owned(),
    }
}
