//! One call from the first check to the answer: access, place in the quota, lane, token, request, verdict.

use super::clients::Credential;
use super::endpoint::{self, Endpoint};
use super::error::{CallError, CallErrorKind, NotSentCause, Refusal};
use super::gate::{ASK_AFTER_MS, Gate};
use super::lanes::Lanes;
use super::meter::{CallMeter, CallObserver, NO_ANSWER};
use super::pace::{Pacer, Place};
use super::token::{Fetched, Token, TokenCell};
use super::transport::{Body, Exchange, Transport};
use super::verdict::{Attempt, Next, Tries};
use super::wire::{Int, Str, U64};
use crate::clock::{Clock, Stopwatch};
use crate::model::{Access, CorpKey, Secret};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// All that calls to one corp share.
pub(super) struct Caller {
    pub corp: CorpKey,
    pub corpid: String,
    pub access: Access,
    pub clock: Clock,
    pub observer: Arc<dyn CallObserver>,
    pub transport: Transport,
    pub pacer: Arc<Pacer>,
    /// What all corps at one address may use together from this host's address.
    pub host_pacer: Option<Arc<Pacer>>,
    pub lanes: Arc<Lanes>,
    pub secrets: BTreeMap<Credential, (Secret, TokenCell)>,
    /// WeCom's clock minus ours at the last answer, in seconds.
    pub skew_s: AtomicI64,
}

/// No answer told the time yet.
pub(super) const NO_SKEW: i64 = i64::MIN;

/// One call.
pub(super) struct Request<'a> {
    pub endpoint: &'static Endpoint,
    pub query: Vec<(&'static str, String)>,
    pub body: Body,
    pub meter: Option<&'a CallMeter>,
    /// Who may take the call back while it waits.
    pub gate: Option<&'a dyn Gate>,
    /// How long the call may wait for its place in the quota.
    pub patience: Duration,
}

/// The part that every answer has.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    errcode: Option<Int>,
    #[serde(default)]
    errmsg: Option<Str>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: U64,
}

impl Caller {
    /// Makes the call and decodes the answer.
    ///
    /// On `Err` see [`CallErrorKind`] for what is true at WeCom. Dropping the future is allowed at any time; what was
    /// sent by then may still be applied.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        credential: &Credential,
        request: Request<'_>,
    ) -> Result<T, CallError> {
        let endpoint = request.endpoint;
        let fail = |kind| CallError::new(endpoint.name, kind);
        if endpoint.is_write() && self.access == Access::ReadOnly {
            return Err(fail(CallErrorKind::Forbidden));
        }
        let Some((secret, cell)) = self.secrets.get(credential).filter(|(secret, _)| !secret.is_empty()) else {
            let cause = NotSentCause::NoSecret(credential.to_string());
            return Err(fail(CallErrorKind::NotSent { cause }));
        };
        let asked_at_ms = self.clock.now_ms();
        let deadline_ms = self.deadline_ms(request.patience);
        let mut tries = Tries::default();
        loop {
            let not_sent = |cause| fail(CallErrorKind::NotSent { cause });
            let mut place = self.reserve(&self.pacer, &request, deadline_ms).await.map_err(not_sent)?;
            let mut host_place = match &self.host_pacer {
                Some(pacer) => Some(self.reserve(pacer, &request, deadline_ms).await.map_err(not_sent)?),
                None => None,
            };
            let lane = self.lanes.enter().await;
            let fetch = || self.fetch_token(secret, request.meter);
            let token = cell.get(endpoint.name, fetch).await?;
            self.ask_again(&request, asked_at_ms).await.map_err(not_sent)?;
            tries.has_refreshed |= token.is_fresh;
            let mut query: Vec<(&str, &str)> = vec![("access_token", &token.text)];
            query.extend(request.query.iter().map(|(name, value)| (*name, value.as_str())));
            self.pacer.promise(endpoint.name).await;
            if let Some(pacer) = &self.host_pacer {
                pacer.promise(endpoint.name).await;
            }
            place.sent();
            host_place.iter_mut().for_each(Place::sent);
            let began_ms = self.clock.now_ms();
            let sent = self.send(endpoint, &query, request.body.clone(), request.meter).await;
            match &sent {
                Ok(_) | Err(Attempt::Refused(_) | Attempt::Unusable(_) | Attempt::Foreign(_)) => {
                    std::iter::once(place).chain(host_place).for_each(Place::answered);
                }
                Err(Attempt::NotSent(_)) => {
                    std::iter::once(place).chain(host_place).for_each(Place::give_back);
                }
                Err(Attempt::Lost(_)) => drop((place, host_place)),
            }
            drop(lane);
            let attempt = match sent {
                Ok(value) => {
                    self.went_well(endpoint, cell, &token).await;
                    if let Some(meter) = request.meter {
                        meter.pass(credential, began_ms);
                    }
                    return Ok(value);
                }
                Err(attempt) => attempt,
            };
            match tries.next(endpoint, attempt.clone()) {
                Next::Again { after_ms } => self.clock.sleep(jittered(after_ms)).await,
                Next::AgainNarrower { after_ms } => {
                    self.lanes.narrow();
                    self.clock.sleep(jittered(after_ms)).await;
                }
                Next::AgainWhenUnblocked => self.block(endpoint).await,
                Next::AgainWithToken => cell.forget(&token).await,
                Next::Fail(kind) => {
                    if let Attempt::Refused(refusal) = &attempt {
                        self.gave_up(endpoint, cell, &token, refusal).await;
                    }
                    return Err(fail(kind));
                }
            }
        }
    }

    /// A place in the quota, unless the call is taken back first.
    async fn reserve(
        &self,
        pacer: &Arc<Pacer>,
        request: &Request<'_>,
        deadline_ms: i64,
    ) -> Result<Place, NotSentCause> {
        let place = pacer.reserve(request.endpoint.name, deadline_ms);
        let reserved = match request.gate {
            None => place.await,
            Some(gate) => tokio::select! {
                // what need not wait is not taken back
                biased;
                reserved = place => reserved,
                why = gate.closed() => return Err(NotSentCause::TakenBack(why)),
            },
        };
        reserved.map_err(|until_ms| NotSentCause::Throttled { until_ms })
    }

    /// What has waited long goes out only if it still may.
    async fn ask_again(&self, request: &Request<'_>, asked_at_ms: i64) -> Result<(), NotSentCause> {
        match request.gate {
            Some(gate) if self.clock.now_ms() - asked_at_ms >= ASK_AFTER_MS => {
                gate.check().await.map_err(NotSentCause::TakenBack)
            }
            _ => Ok(()),
        }
    }

    /// Nothing of this API goes out while WeCom locks us out, after a restart neither.
    async fn block(&self, endpoint: &Endpoint) {
        self.pacer.block(endpoint.name);
        self.pacer.remember_block().await;
    }

    async fn went_well(&self, endpoint: &Endpoint, cell: &TokenCell, token: &Token) {
        self.lanes.widen();
        self.pacer.unblock(endpoint.name);
        if token.is_fresh {
            cell.works().await;
        }
    }

    /// Leaves the next callers what a final refusal says about the API and the token.
    async fn gave_up(&self, endpoint: &Endpoint, cell: &TokenCell, token: &Token, refusal: &Refusal) {
        match super::errcode::reaction(refusal.errcode) {
            super::errcode::Reaction::WaitWindow => self.block(endpoint).await,
            super::errcode::Reaction::RefreshToken if token.is_fresh => {
                cell.fresh_token_refused(token, refusal).await;
            }
            super::errcode::Reaction::RefreshToken => cell.forget(token).await,
            _ => {}
        }
    }

    /// One request and its answer, counted and reported.
    async fn send<T: DeserializeOwned>(
        &self,
        endpoint: &Endpoint,
        query: &[(&str, &str)],
        body: Body,
        meter: Option<&CallMeter>,
    ) -> Result<T, Attempt> {
        let watch = Stopwatch::start();
        let sent = self.transport.send(endpoint, query, body).await;
        if let (Some(meter), false) = (meter, matches!(sent, Exchange::NotSent(_))) {
            meter.count(endpoint);
        }
        if let Exchange::Answer { date_s: Some(date_s), .. } = &sent {
            self.skew_s.store(date_s - self.clock.now_ms().div_euclid(1000), Ordering::Relaxed);
        }
        let outcome = read(endpoint, sent);
        let errcode = match &outcome {
            Ok(_) => 0,
            Err(Attempt::Refused(refusal)) => refusal.errcode,
            Err(_) => NO_ANSWER,
        };
        self.observer.called(&self.corp, endpoint.name, errcode, watch.elapsed_ms());
        outcome
    }

    /// Asks for a token; busy answers and lost connections are retried, refusals are not.
    async fn fetch_token(&self, secret: &Secret, meter: Option<&CallMeter>) -> Result<Fetched, CallError> {
        let endpoint = &endpoint::GETTOKEN;
        let query = [("corpid", self.corpid.as_str()), ("corpsecret", secret.expose())];
        let mut tries = Tries::default();
        loop {
            let attempt = match self.send::<TokenAnswer>(endpoint, &query, Body::None, meter).await {
                Ok(answer) if answer.access_token.is_empty() => Attempt::Unusable("the token is empty".into()),
                Ok(answer) => {
                    let valid_for_s = i64::try_from(answer.expires_in.0).unwrap_or(i64::MAX);
                    return Ok(Fetched { token: answer.access_token, valid_for_s });
                }
                Err(Attempt::Refused(refusal)) if super::errcode::is_about_frequency(refusal.errcode) => {
                    // asking again is what got us here
                    return Err(CallError::new(endpoint.name, CallErrorKind::Refused(refusal)));
                }
                Err(attempt) => attempt,
            };
            match tries.next(endpoint, attempt.clone()) {
                Next::Again { after_ms } | Next::AgainNarrower { after_ms } => {
                    self.clock.sleep(jittered(after_ms)).await;
                }
                Next::Fail(kind) => return Err(CallError::new(endpoint.name, kind)),
                Next::AgainWithToken | Next::AgainWhenUnblocked => {
                    let kind = match attempt {
                        Attempt::Refused(refusal) => CallErrorKind::Refused(refusal),
                        Attempt::Unusable(what)
                        | Attempt::Foreign(what)
                        | Attempt::Lost(what)
                        | Attempt::NotSent(what) => CallErrorKind::Malformed { what },
                    };
                    return Err(CallError::new(endpoint.name, kind));
                }
            }
        }
    }

    /// Fetches a file that an export wrote; at most `max_bytes`.
    pub(super) async fn download(
        &self,
        address: &str,
        max_bytes: usize,
        meter: Option<&CallMeter>,
    ) -> Result<bytes::Bytes, CallError> {
        let endpoint = &endpoint::EXPORT_DOWNLOAD;
        let mut tries = Tries::default();
        loop {
            let watch = Stopwatch::start();
            let sent = self.transport.download(address, max_bytes).await;
            let attempt = match sent {
                Exchange::Answer { status: 200, body, .. } => {
                    self.observer.called(&self.corp, endpoint.name, 0, watch.elapsed_ms());
                    if let Some(meter) = meter {
                        meter.count(endpoint);
                    }
                    return Ok(body);
                }
                Exchange::Answer { status, .. } => not_an_answer(status),
                Exchange::Untakable(what) => Attempt::Foreign(what),
                Exchange::NotSent(cause) => Attempt::NotSent(cause),
                Exchange::Lost(cause) => Attempt::Lost(cause),
            };
            self.observer.called(&self.corp, endpoint.name, NO_ANSWER, watch.elapsed_ms());
            match tries.next(endpoint, attempt) {
                Next::Again { after_ms } => self.clock.sleep(jittered(after_ms)).await,
                Next::Fail(kind) => return Err(CallError::new(endpoint.name, kind)),
                _ => {
                    let what = "the file cannot be fetched".to_owned();
                    return Err(CallError::new(endpoint.name, CallErrorKind::Malformed { what }));
                }
            }
        }
    }

    fn deadline_ms(&self, patience: Duration) -> i64 {
        self.clock.now_ms().saturating_add(i64::try_from(patience.as_millis()).unwrap_or(i64::MAX / 2))
    }
}

/// Reads an answer: the errcode first, the payload only when it is 0.
fn read<T: DeserializeOwned>(endpoint: &Endpoint, sent: Exchange) -> Result<T, Attempt> {
    let (status, body) = match sent {
        Exchange::Answer { status, body, .. } => (status, body),
        Exchange::NotSent(cause) => return Err(Attempt::NotSent(cause)),
        Exchange::Lost(cause) => return Err(Attempt::Lost(cause)),
        Exchange::Untakable(what) => return Err(Attempt::Foreign(what)),
    };
    let head = match serde_json::from_slice::<Head>(&body) {
        Ok(head) => head,
        Err(_) if status != 200 => return Err(not_an_answer(status)),
        Err(error) => return Err(Attempt::Unusable(fault(&error))),
    };
    match head.errcode {
        Some(Int(0)) => {}
        Some(Int(code)) => {
            let text = head.errmsg.map(|text| text.0).unwrap_or_default();
            return Err(Attempt::Refused(Refusal::read(endpoint.name, code, &text)));
        }
        // old answers of these have only the list (doc paths 92520, 90238)
        None if status == 200
            && [endpoint::GET_API_DOMAIN_IP.name, endpoint::GETCALLBACKIP.name].contains(&endpoint.name) => {}
        None if status != 200 => return Err(not_an_answer(status)),
        None => return Err(Attempt::Unusable(format!("{} answered without an errcode", endpoint.name))),
    }
    serde_json::from_slice(&body).map_err(|error| Attempt::Unusable(fault(&error)))
}

/// WeCom answers 200 even for errors, so another status comes from something in between, or from another server.
fn not_an_answer(status: u16) -> Attempt {
    match status {
        300..400 => Attempt::Foreign(format!("HTTP {status}: api_base redirects elsewhere; enter the final address")),
        407 => {
            Attempt::Foreign("HTTP 407: the proxy wants a user name and password, which the bridge does not send; let the proxy know the \
             appliance by its address"
                .into())
        }
        // passing conditions of proxies and gateways
        408 | 425 | 429 | 500..600 => Attempt::Unusable(format!("HTTP {status} instead of an answer")),
        _ => Attempt::Foreign(format!(
            "HTTP {status} instead of an answer; is api_base the address of WeCom's API, and does this edition have \
             the call?"
        )),
    }
}

/// What is wrong with a body, without quoting it: it may hold names and numbers of people.
pub(super) fn fault(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    match error.classify() {
        serde_json::error::Category::Data if text.starts_with("missing field") => {
            let what = text.split(" at line").next().unwrap_or("missing field").replace("missing field", "it lacks");
            format!("{what} (line {line}, column {column})")
        }
        serde_json::error::Category::Data => {
            format!("a value of the wrong kind at line {line}, column {column}")
        }
        serde_json::error::Category::Eof => format!("it breaks off at line {line}, column {column}"),
        _ => format!("not JSON at line {line}, column {column}"),
    }
}

/// Half to one and a half times as long, so that many callers do not come back together.
fn jittered(after_ms: u64) -> Duration {
    Duration::from_millis(after_ms / 2 + rand::random::<u64>() % after_ms.max(1))
}
