//! Alertmanager and Grafana: one message per alert. The forms agree but for some addresses
//! (prometheus.io/docs/alerting/latest/configuration, grafana.com/docs/grafana/latest/alerting).

use super::{Addressed, Incoming, Raw, Receiver, ReceiverFault, priority};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Alerts of one post that become a message each; one more message says how many there were besides.
const ALERTS_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Post {
    alerts: Vec<Value>,
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
    let form = || form("it has no list of alerts with status and labels");
    let post = Post::deserialize(post).map_err(|_| form())?;
    let all = post.alerts.len();
    let alerts: Vec<Alert> = post.alerts.iter().filter_map(|alert| Alert::deserialize(alert).ok()).collect();
    let unreadable = all - alerts.len();
    if alerts.is_empty() && unreadable > 0 {
        return Err(form());
    }
    let rest: Vec<String> = alerts.iter().skip(ALERTS_MAX).map(|alert| alert.identity(receiver)).collect();
    let url = &post.external_url;
    let mut incoming: Vec<Incoming> =
        alerts.into_iter().take(ALERTS_MAX).map(|alert| alert.into_incoming(receiver, addressed, url)).collect();
    if !rest.is_empty() || unreadable > 0 {
        incoming.push(told_of_rest(receiver, addressed, url, &rest, unreadable));
    }
    Ok(incoming)
}

/// The message about alerts of a post that have none of their own. A post that comes again makes no second one.
fn told_of_rest(
    receiver: Receiver,
    addressed: &Addressed,
    external_url: &str,
    rest: &[String],
    unreadable: usize,
) -> Incoming {
    let mut identity = Sha256::new().chain_update(unreadable.to_string());
    rest.iter().for_each(|alert| identity.update(alert));
    let mut lines = Vec::new();
    if !rest.is_empty() {
        lines.push(format!("一次最多逐条转发 {ALERTS_MAX} 条，另外 {} 条请到监控系统查看。", rest.len()));
    }
    if unreadable > 0 {
        lines.push(format!("{unreadable} 条告警的内容无法识别，请到监控系统查看。"));
    }
    let data = json!({ "rest": rest.len(), "unreadable": unreadable });
    let raw = Raw {
        title: format!("[告警] 还有 {} 条告警没有逐条转发", rest.len() + unreadable),
        body: lines.join("\n"),
        url: Some(external_url.to_owned()).filter(|url| !url.is_empty()),
        picture: None,
        event: "rest".into(),
        priority: Default::default(),
        data: data.as_object().cloned().unwrap_or_default(),
    };
    let once = format!("{}|rest|{}", receiver.name(), hex::encode(identity.finalize()));
    Incoming { message: raw.into_message(addressed), once: Some(once) }
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
