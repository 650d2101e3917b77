//! The HTTP clients of the endpoints. Only the configured address is called: no redirects, no proxy of the environment.

use crate::model::Webhook;
use crate::wecom::outbound;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Bytes of an answer that are read; nothing in it is used.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// What a client is built from; other values mean another client.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    is_plain: bool,
    timeout_ms: u64,
    ca_file: String,
    proxy: String,
}

/// Clients by webhook.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<HashMap<String, (Way, reqwest::Client)>>);

/// One signed request.
pub(super) struct Signed<'p> {
    pub(super) id: &'p str,
    pub(super) kind: &'p str,
    pub(super) timestamp_s: i64,
    pub(super) signature: &'p str,
    pub(super) attempt: u32,
    pub(super) body: &'p str,
}

/// What an endpoint answered: its status, or why there was no answer.
pub(super) type Outcome = Result<u16, String>;

impl Pool {
    /// Posts it once.
    pub(super) async fn post(&self, webhook: &Webhook, signed: Signed<'_>) -> Outcome {
        let client = self.client(webhook)?;
        let timeout = Duration::from_millis(webhook.timeout_ms);
        let request = client
            .post(&webhook.url)
            .timeout(timeout)
            .header("content-type", "application/json; charset=utf-8")
            .header("webhook-id", signed.id)
            .header("webhook-timestamp", signed.timestamp_s)
            .header("webhook-signature", signed.signature)
            .header("webhook-event", signed.kind)
            .header("webhook-attempt", signed.attempt)
            .body(signed.body.to_owned());
        let mut answer = request.send().await.map_err(|error| outbound::describe(&error))?;
        let status = answer.status().as_u16();
        // read to its end, so that the connection can be used again
        let mut read = 0;
        while read < ANSWER_MAX_BYTES {
            match answer.chunk().await {
                Ok(Some(chunk)) => read += chunk.len(),
                Ok(None) | Err(_) => break,
            }
        }
        Ok(status)
    }

    fn client(&self, webhook: &Webhook) -> Result<reqwest::Client, String> {
        let way = Way {
            is_plain: webhook.url.starts_with("http:"),
            timeout_ms: webhook.timeout_ms,
            ca_file: webhook.ca_file.clone(),
            proxy: webhook.proxy.clone(),
        };
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, client)) = clients.get(&webhook.name)
            && *known == way
        {
            return Ok(client.clone());
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("wecom-bridge/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(way.timeout_ms) / 2)
            .tcp_nodelay(true);
        if !way.ca_file.is_empty() {
            builder = builder.tls_certs_only(outbound::read_ca(&way.ca_file)?);
        } else if way.is_plain {
            // without TLS there is nothing to check, and a host without a CA bundle must still send
            builder = builder.tls_certs_only([]);
        }
        if !way.proxy.is_empty() {
            builder = builder.proxy(outbound::read_proxy(&way.proxy)?);
        }
        let client = builder.build().map_err(|error| outbound::describe(&error))?;
        clients.insert(webhook.name.clone(), (way, client.clone()));
        Ok(client)
    }
}
