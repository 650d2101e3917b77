//! What pages and API ask about webhooks: settings, secrets, what was told, dead letters.

use super::error::{WebhookError, WebhookFault};
use super::queue::{WebhookGauge, enqueue_to};
use super::{Webhooks, sign};
use crate::model::{Actor, PostId, PostState, Secret, Webhook, WebhookPost};
use crate::store::{self, Order, StoreError, WriteTx};
use serde::Serialize;
use serde_json::json;
use std::path::Path;
use utoipa::ToSchema;

/// Webhooks that one appliance can have.
const WEBHOOKS_MAX: usize = 100;
/// Dead letters that one request sends again at most.
pub const REDRIVEN_AT_ONCE: usize = 1_000;

/// A webhook and how it fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookView {
    /// Its settings; never its secret.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// How it fares.
    pub gauge: WebhookGauge,
}

/// What saving a webhook made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Whether it is new.
    pub is_new: bool,
    /// The secret of a new one, shown this once.
    pub secret: Option<Secret>,
}

impl Webhooks {
    /// All webhooks, by name.
    pub async fn list(&self) -> Result<Vec<WebhookView>, WebhookError> {
        let mut views = Vec::new();
        for webhook in self.0.store.read_async(store::webhooks::list).await? {
            let gauge = self.gauge(&webhook.name).await?;
            views.push(WebhookView { webhook, gauge });
        }
        Ok(views)
    }

    /// One webhook.
    pub async fn get(&self, name: &str) -> Result<WebhookView, WebhookError> {
        let wanted = name.to_owned();
        let found = self.0.store.read_async(move |tx| store::webhooks::find(tx, &wanted)).await?;
        let webhook = found.ok_or_else(|| WebhookError::NoWebhook(name.to_owned()))?;
        Ok(WebhookView { gauge: self.gauge(name).await?, webhook })
    }

    /// Creates or changes a webhook; a new one gets a secret.
    pub async fn put(&self, actor: &Actor, webhook: Webhook) -> Result<Made, WebhookError> {
        let faults = check(&webhook);
        if !faults.is_empty() {
            return Err(WebhookError::Faults(faults));
        }
        let (actor, name, secret) = (actor.clone(), webhook.name.clone(), sign::generate());
        let fresh = secret.clone();
        let made = self.0.store.write(move |tx| {
            let former = store::webhooks::find(tx, &webhook.name)?;
            if former.as_ref() == Some(&webhook) {
                return Ok(Some(false));
            }
            for corp in &webhook.corps {
                if store::corps::find(tx, corp)?.is_none() {
                    return Ok(None);
                }
            }
            if former.is_none() && store::webhooks::list(tx)?.len() >= WEBHOOKS_MAX {
                return Err(StoreError::Refused(format!("there can be no more than {WEBHOOKS_MAX} webhooks")));
            }
            store::webhooks::put(tx, &webhook)?;
            let action = if former.is_some() { "webhook.update" } else { "webhook.create" };
            let before = former.as_ref().map(|former| json!(former));
            store::audit::append(tx, &actor, action, &webhook.name, before, Some(json!(webhook)))?;
            if former.is_none() {
                store::webhooks::put_secret(tx, &webhook.name, &fresh)?;
            }
            Ok(Some(former.is_none()))
        });
        let rule = "must name corps of this appliance; without any it is told of all of them";
        let is_new = made.await?.ok_or_else(|| WebhookError::Faults(vec![WebhookFault { field: "corps", rule }]))?;
        self.forget_trouble(&name);
        self.wake();
        Ok(Made { is_new, secret: is_new.then_some(secret) })
    }

    /// Makes a new secret; the former one is void at once.
    pub async fn renew_secret(&self, actor: &Actor, name: &str) -> Result<Secret, WebhookError> {
        self.get(name).await?;
        let (actor, name, secret) = (actor.clone(), name.to_owned(), sign::generate());
        let fresh = secret.clone();
        let renewed = self.0.store.write(move |tx| {
            must_exist(tx, &name)?;
            store::webhooks::put_secret(tx, &name, &fresh)?;
            store::audit::append(tx, &actor, "webhook.secret", &name, None, None).map(drop)
        });
        renewed.await?;
        Ok(secret)
    }

    /// Removes a webhook with everything that was on its way to it.
    pub async fn remove(&self, actor: &Actor, name: &str) -> Result<(), WebhookError> {
        let (actor, wanted) = (actor.clone(), name.to_owned());
        let removed = self.0.store.write(move |tx| {
            let before = store::webhooks::find(tx, &wanted)?.map(|webhook| json!(webhook));
            let is_there = store::webhooks::remove(tx, &wanted)?;
            if is_there {
                store::audit::append(tx, &actor, "webhook.remove", &wanted, before, None)?;
            }
            Ok(is_there)
        });
        if removed.await? { Ok(()) } else { Err(WebhookError::NoWebhook(name.to_owned())) }
    }

    /// Sends `webhook.test` to a webhook, through the queue like everything else.
    pub async fn test(&self, actor: &Actor, name: &str) -> Result<(), WebhookError> {
        self.get(name).await?;
        let (by, wanted) = (actor.name.clone(), name.to_owned());
        let data = json!({ "by": by });
        let is_on = self.0.store.write(move |tx| enqueue_to(tx, &wanted, "webhook.test", &data)).await?;
        if !is_on {
            let rule = "must be true before something can be sent";
            return Err(WebhookError::Faults(vec![WebhookFault { field: "enabled", rule }]));
        }
        self.forget_trouble(name);
        self.wake();
        Ok(())
    }

    /// What a webhook was told, behind the telling `after` in this order.
    pub async fn posts(
        &self,
        name: &str,
        state: Option<PostState>,
        after: Option<PostId>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<WebhookPost>, WebhookError> {
        self.get(name).await?;
        let name = name.to_owned();
        let read = move |tx: &store::ReadTx| store::webhooks::search(tx, &name, state, after.as_ref(), order, limit);
        Ok(self.0.store.read_async(read).await?)
    }

    /// Sends one dead letter again, with the same id and body.
    pub async fn redrive(&self, actor: &Actor, name: &str, id: &PostId) -> Result<WebhookPost, WebhookError> {
        let (actor, webhook, wanted) = (actor.clone(), name.to_owned(), id.clone());
        let driven = self.0.store.write(move |tx| {
            let Some(post) = store::webhooks::find_post(tx, &webhook, &wanted)? else { return Ok(None) };
            if post.state != PostState::Dead {
                return Ok(Some(Err(())));
            }
            let post = drive(tx, post)?;
            store::audit::append(tx, &actor, "webhook.redrive", &format!("{webhook} {wanted}"), None, None)?;
            Ok(Some(Ok(post)))
        });
        let post = match driven.await? {
            None => return Err(WebhookError::NoPost(id.to_string())),
            Some(Err(())) => return Err(WebhookError::NotDead(id.to_string())),
            Some(Ok(post)) => post,
        };
        self.forget_trouble(name);
        self.wake();
        Ok(post)
    }

    /// Sends the dead letters of a webhook again, at most 1,000 at once; answers how many.
    pub async fn redrive_all(&self, actor: &Actor, name: &str) -> Result<usize, WebhookError> {
        self.get(name).await?;
        let (actor, webhook) = (actor.clone(), name.to_owned());
        let driven = self.0.store.write(move |tx| {
            let dead = store::webhooks::dead(tx, &webhook, REDRIVEN_AT_ONCE)?;
            let count = dead.len();
            dead.into_iter().try_for_each(|post| drive(tx, post).map(drop))?;
            if count > 0 {
                let what = json!({ "dead_letters": count });
                store::audit::append(tx, &actor, "webhook.redrive", &webhook, None, Some(what))?;
            }
            Ok(count)
        });
        let count = driven.await?;
        self.forget_trouble(name);
        self.wake();
        Ok(count)
    }
}

fn must_exist(tx: &WriteTx, name: &str) -> Result<Webhook, StoreError> {
    store::webhooks::find(tx, name)?.ok_or_else(|| StoreError::not_found(format!("webhook {name}")))
}

fn drive(tx: &WriteTx, post: WebhookPost) -> Result<WebhookPost, StoreError> {
    use crate::store::Reads;
    let post =
        WebhookPost { state: PostState::Waiting, attempts: 0, due_at_ms: tx.now_ms(), ended_at_ms: None, ..post };
    store::webhooks::put_post(tx, &post)?;
    Ok(post)
}

/// What is wrong with the settings. Pure.
fn check(webhook: &Webhook) -> Vec<WebhookFault> {
    let mut faults = Vec::new();
    let mut refuse_unless = |fine: bool, field: &'static str, rule: &'static str| {
        if !fine {
            faults.push(WebhookFault { field, rule });
        }
    };
    let is_key = |text: &str| {
        (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    refuse_unless(is_key(&webhook.name), "name", "must be 1 to 40 of a-z, 0-9 and -");
    let url = url::Url::parse(&webhook.url).ok().filter(|_| webhook.url.len() <= 2_048);
    let is_address = url.as_ref().is_some_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    });
    refuse_unless(is_address, "url", "must be an http:// or https:// address without a user name and without #");
    let is_pattern = |pattern: &String| {
        let beginning = pattern.strip_suffix('*').unwrap_or(pattern);
        pattern.len() <= 80
            && (pattern == "*" || !beginning.is_empty())
            && beginning.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'_')
    };
    refuse_unless(
        webhook.events.len() <= 100 && webhook.events.iter().all(is_pattern),
        "events",
        "must be kinds such as event.click, beginnings such as contact.*, or *",
    );
    refuse_unless((500..=30_000).contains(&webhook.timeout_ms), "timeout_ms", "must be from 500 to 30000");
    let ca_fine = webhook.ca_file.is_empty() || Path::new(&webhook.ca_file).is_absolute();
    refuse_unless(ca_fine, "ca_file", "must be the whole path of a PEM file on the appliance, from / on");
    let proxy_fine = webhook.proxy.is_empty()
        || url::Url::parse(&webhook.proxy).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        });
    refuse_unless(proxy_fine, "proxy", "must be http://, https:// or socks5:// without a user name, or empty");
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_are_refused() {
        let good = Webhook {
            name: "oa".into(),
            url: "https://oa.example/hook?x=1".into(),
            events: vec!["event.*".into(), "*".into()],
            corps: Vec::new(),
            enabled: true,
            timeout_ms: 10_000,
            ca_file: String::new(),
            proxy: String::new(),
        };
        assert_eq!(check(&good), []);
        let with = |change: fn(&mut Webhook)| {
            let mut webhook = good.clone();
            change(&mut webhook);
            check(&webhook).into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        for (change, field) in [
            ((|w| w.name = "OA".into()) as fn(&mut Webhook), "name"),
            (|w| w.url = "ftp://x".into(), "url"),
            (|w| w.url = "https://a:b@x/".into(), "url"),
            (|w| w.url = "file:///etc/passwd".into(), "url"),
            (|w| w.events = vec!["Event.*".into()], "events"),
            (|w| w.events = vec![String::new()], "events"),
            (|w| w.timeout_ms = 1, "timeout_ms"),
            (|w| w.ca_file = "ca.pem".into(), "ca_file"),
            (|w| w.proxy = "http://u@p".into(), "proxy"),
        ] {
            assert_eq!(with(change), [field]);
        }
    }
}
