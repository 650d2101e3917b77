//! The order of the checks, and what each that fails is called (chapter 11 of the contract; doc paths 90238, 90930, 90968).

use super::Callbacks;
use super::incoming::{Group, Incoming, group_of};
use super::intake::Stored;
use super::keys::{Known, Ready};
use super::replies::Answered;
use crate::model::callback::lag_ms;
use crate::model::{AppKey, CallbackFailure, CallbackFault, CallbackOf, CorpKey};
use crate::store::StoreError;
use crate::store::inbox::{Arrival, Received};
use crate::wecom::crypto::CryptoError;
use crate::wecom::crypto::envelope::{self, Envelope};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Bytes of a body at most; documented events have some thousands.
pub const BODY_MAX_BYTES: usize = 256 * 1024;

/// WeCom waits 5 s (doc path 90238); we answer a second earlier.
pub const DEADLINE: Duration = Duration::from_secs(4);

/// Letters of particulars that are kept.
const DETAIL_MAX: usize = 300;

/// Under which name the failures of addresses are kept that lead to no receiver of a corp.
const NO_RECEIVER: &str = "*";

/// A request as it came.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// The corp of the address; need not exist.
    pub corp: &'r str,
    /// The receiver of the address; need not exist.
    pub receiver: &'r str,
    /// The query, still percent-encoded.
    pub query: &'r str,
    /// Who sent it; asked for only when something is wrong.
    pub from: &'r dyn Fn() -> Option<IpAddr>,
}

/// How a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200 with this text: the decrypted `echostr`.
    Echo(String),
    /// 200: it is stored, or was before. With a body where there is a passive reply, in the form of the request.
    Taken {
        /// The signed envelope.
        reply: Option<String>,
        /// Whether the envelope is JSON.
        is_json: bool,
    },
    /// Not taken; the sender learns nothing about why.
    Refused,
    /// It could not be stored in time: WeCom is to send it again.
    NotStored,
}

/// The signed parts of a query.
struct Signed<'q> {
    signature: Cow<'q, str>,
    timestamp: Cow<'q, str>,
    nonce: Cow<'q, str>,
    echostr: Option<String>,
}

impl<'q> Signed<'q> {
    fn parse(query: &'q str) -> Result<Self, &'static str> {
        let (mut signature, mut timestamp, mut nonce, mut echostr) = (None, None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "msg_signature" => &mut signature,
                "timestamp" => &mut timestamp,
                "nonce" => &mut nonce,
                "echostr" => &mut echostr,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err("a parameter comes twice");
            }
        }
        Ok(Self {
            signature: signature.ok_or("msg_signature is missing")?,
            timestamp: timestamp.ok_or("timestamp is missing")?,
            nonce: nonce.ok_or("nonce is missing")?,
            // sent as it is, its + arrive as blanks; base64 has no blanks of its own (doc path 90238)
            echostr: echostr.map(|text| text.replace(' ', "+")),
        })
    }
}

/// A delivery that is on its way into the store.
struct Begun {
    stored: Stored,
    taken: Taken,
}

/// What the answer is made from.
struct Taken {
    ready: Arc<Ready>,
    group: Group,
    lag_ms: Option<i64>,
    now_ms: i64,
    reply: Option<String>,
    is_json: bool,
}

/// What was wrong with a request, with particulars for the administrator.
struct Fault(CallbackFault, String);

impl From<CryptoError> for Fault {
    fn from(error: CryptoError) -> Self {
        let fault = match error {
            CryptoError::BadKey => CallbackFault::BadKey,
            CryptoError::BadEnvelope(_) => CallbackFault::Envelope,
            CryptoError::SignatureMismatch => CallbackFault::Signature,
            CryptoError::BadBase64 => CallbackFault::Base64,
            CryptoError::BadCiphertextLength => CallbackFault::Length,
            CryptoError::BadPadding => CallbackFault::Padding,
            CryptoError::BadLengthField => CallbackFault::LengthField,
            CryptoError::ReceiverMismatch => CallbackFault::ReceiveId,
            CryptoError::BadUtf8 => CallbackFault::Utf8,
        };
        let detail = match error {
            CryptoError::BadEnvelope(what) => what.to_owned(),
            _ => String::new(),
        };
        Self(fault, detail)
    }
}

impl Callbacks {
    /// The console's check of an address (GET): answers the decrypted text where everything fits (doc path 90238).
    pub fn check_url(&self, request: Request<'_>) -> Answer {
        let Some(ready) = self.ready(&request, true) else { return Answer::Refused };
        let opened = Signed::parse(request.query).and_then(|signed| {
            let echostr = signed.echostr.clone().ok_or("echostr is missing")?;
            Ok((signed, echostr))
        });
        let checked = match opened {
            Err(what) => Err(Fault(CallbackFault::Parameters, what.to_owned())),
            Ok((signed, echostr)) => self.open(&ready, &signed, &echostr),
        };
        match checked {
            Ok(text) => {
                self.0.failures.note_checked(&self.0.store, &self.0.clock, &ready.corp, &ready.of);
                Answer::Echo(text)
            }
            Err(fault) => self.refuse(&ready.corp, &ready.of, &request, true, fault),
        }
    }

    /// A delivery (POST). It is durable before this answers [`Answer::Taken`]; a repeat is answered as the first was.
    pub async fn receive(&self, request: Request<'_>, body: &[u8]) -> Answer {
        // nothing but this lives while the commit is waited for: thousands may wait
        let begun = match self.begin(&request, body) {
            Ok(begun) => begun,
            Err(answer) => return answer,
        };
        match begun.stored.await {
            Ok(stored) => self.finish(begun.taken, &request, stored),
            Err(_) => self.finish(begun.taken, &request, Err(StoreError::Closed)),
        }
    }

    /// Everything up to the store.
    fn begin(&self, request: &Request<'_>, body: &[u8]) -> Result<Begun, Answer> {
        let ready = self.ready(request, false).ok_or(Answer::Refused)?;
        let refuse = |fault| self.refuse(&ready.corp, &ready.of, request, false, fault);
        let text = match self.open_body(&ready, request, body) {
            Ok(Some(text)) => text,
            // too old to be told from a replay: answered like a repeat, for it may be one (doc path 101033)
            Ok(None) => return Err(Answer::Taken { reply: None, is_json: false }),
            Err(fault) => return Err(refuse(fault)),
        };
        let is_json = body.trim_ascii_start().starts_with(b"{");
        let incoming =
            Incoming::parse(&text).map_err(|error| refuse(Fault(CallbackFault::Message, error.to_string())))?;
        if let (Some(own), Some(named)) = (ready.agentid, incoming.agentid)
            && own != named
        {
            refuse(Fault(CallbackFault::AgentId, format!("it names AgentID {named}, this app has {own}")));
        }
        let now_ms = self.0.clock.now_ms();
        let Answered { reply, rest } = super::replies::answer(&ready, &incoming, now_ms);
        let arrival = Arrival {
            id: [0; 16],
            corp: ready.corp.as_str(),
            since_ms: ready.since_ms,
            receiver: ready.of.segment(),
            kind: &incoming.kind,
            from: &incoming.from,
            agentid: incoming.agentid,
            created_at_s: incoming.created_at_s,
            received_at_ms: now_ms,
            digest: &incoming.digest,
            text: &text,
            reply: reply.as_deref(),
            pieces: &rest,
        };
        let stored = super::intake::store(self, &arrival);
        let (group, lag_ms) = (group_of(&incoming.kind), lag_ms(incoming.created_at_s, now_ms));
        let taken = Taken { group, lag_ms, now_ms, reply, is_json, ready };
        match stored {
            Ok(stored) => Ok(Begun { stored, taken }),
            Err(error) => Err(self.finish(taken, request, Err(error))),
        }
    }

    /// Everything behind the store.
    fn finish(&self, taken: Taken, request: &Request<'_>, stored: Result<Received, StoreError>) -> Answer {
        let Taken { ready, group, lag_ms, now_ms, reply, is_json } = taken;
        let reply = match stored {
            Ok(Received::New) => {
                ready.observer.taken(group, lag_ms);
                reply
            }
            Ok(Received::Again { reply, .. }) => {
                ready.observer.repeated();
                reply
            }
            Ok(Received::Former) => {
                let detail = format!("it is meant for {:?}, and the corp is another WeCom since", ready.corpid);
                return self.refuse(&ready.corp, &ready.of, request, false, Fault(CallbackFault::ReceiveId, detail));
            }
            Err(error) => {
                tracing::error!(corp = %ready.corp, %error, "a callback could not be stored; WeCom will send it again");
                let fault = Fault(CallbackFault::NotStored, error.to_string());
                self.refuse(&ready.corp, &ready.of, request, false, fault);
                return Answer::NotStored;
            }
        };
        self.0.failures.note_taken(&ready.corp, &ready.of, now_ms);
        let reply = reply.map(|message| self.seal(&ready, &message, is_json));
        Answer::Taken { reply, is_json }
    }

    /// Notes a delivery whose body was not read to its end.
    pub fn note_unread(&self, request: Request<'_>, fault: CallbackFault) {
        if let Some(ready) = self.ready(&request, false) {
            self.refuse(&ready.corp, &ready.of, &request, false, Fault(fault, String::new()));
        }
    }

    /// The receiver of an address; a fault of a known corp is noted.
    fn ready(&self, request: &Request<'_>, is_check: bool) -> Option<Arc<Ready>> {
        match self.0.keys.find(&self.0.store, &*self.0.observer, request.corp, request.receiver) {
            Ok(Known::Ready(ready)) => Some(ready),
            Ok(Known::Nothing) => None,
            Ok(Known::Not(corp, of, fault)) => {
                let (of, detail) = match fault {
                    CallbackFault::UnknownApp => (CallbackOf::App(AppKey::from(NO_RECEIVER)), cut(request.receiver)),
                    _ => (of, String::new()),
                };
                self.refuse(&corp, &of, request, is_check, Fault(fault, detail));
                None
            }
            Err(error) => {
                tracing::error!(%error, "the keys of a callback could not be read");
                None
            }
        }
    }

    fn open(&self, ready: &Ready, signed: &Signed<'_>, encrypted: &str) -> Result<String, Fault> {
        let opened = ready.crypto.open(&signed.signature, &signed.timestamp, &signed.nonce, encrypted);
        opened.map_err(|error| self.look_into(ready, signed, encrypted, error))
    }

    /// The text of a delivery; `None` when it is older than what is kept.
    fn open_body(&self, ready: &Ready, request: &Request<'_>, body: &[u8]) -> Result<Option<String>, Fault> {
        let signed = Signed::parse(request.query).map_err(|what| Fault(CallbackFault::Parameters, what.to_owned()))?;
        let body = std::str::from_utf8(body)
            .map_err(|_| Fault(CallbackFault::Envelope, "the body is not UTF-8".to_owned()))?;
        let envelope = Envelope::parse(body)?;
        let text = self.open(ready, &signed, &envelope.encrypt)?;
        if signed.timestamp.parse::<i64>().is_ok_and(|at_s| self.is_stale(at_s, self.0.clock.now_ms())) {
            // what says nothing is refused for that first
            Incoming::parse(&text).map_err(|error| Fault(CallbackFault::Message, error.to_string()))?;
            let fault = Fault(CallbackFault::Stale, format!("signed at {}", signed.timestamp));
            self.refuse(&ready.corp, &ready.of, request, false, fault);
            return Ok(None);
        }
        Ok(Some(text))
    }

    fn is_stale(&self, at_s: i64, now_ms: i64) -> bool {
        now_ms.saturating_sub(at_s.saturating_mul(1_000)) > self.0.kept_ms.load(Ordering::Relaxed)
    }

    /// A passive reply in its envelope, signed with a timestamp and nonce of our own (doc path 90968).
    fn seal(&self, ready: &Ready, message: &str, is_json: bool) -> String {
        let timestamp = self.0.clock.now_ms().div_euclid(1_000).to_string();
        let nonce = rand::random::<u32>().to_string();
        if is_json {
            envelope::reply_json(&ready.crypto, &timestamp, &nonce, message)
        } else {
            envelope::reply_body(&ready.crypto, &timestamp, &nonce, message)
        }
    }

    /// Finds out more about what did not open: which of the two keys differs, or whose they are.
    fn look_into(&self, ready: &Ready, signed: &Signed<'_>, encrypted: &str, error: CryptoError) -> Fault {
        let now_ms = self.0.clock.now_ms();
        let fault = Fault::from(error);
        let is_worth_it = matches!(fault.0, CallbackFault::Signature | CallbackFault::ReceiveId);
        if !is_worth_it || !self.0.failures.may_look_into(&ready.corp, &ready.of, now_ms) {
            return fault;
        }
        if fault.0 == CallbackFault::ReceiveId {
            let meant_for = ready.crypto.receiver_of(encrypted).unwrap_or_default();
            let detail = format!("it is meant for {:?}, this corp is {:?}", cut(&meant_for), ready.corpid);
            return Fault(CallbackFault::ReceiveId, detail);
        }
        if ready.crypto.decrypt(encrypted).is_ok() {
            return Fault(CallbackFault::Token, String::new());
        }
        let others = self.0.keys.all_ready(&self.0.store, &*self.0.observer, &ready.corp).unwrap_or_default();
        let fits = |other: &&Arc<Ready>| {
            let (signature, timestamp, nonce) = (&signed.signature, &signed.timestamp, &signed.nonce);
            other.of != ready.of && other.crypto.verify(signature, timestamp, nonce, encrypted).is_ok()
        };
        match others.iter().find(fits) {
            Some(other) => Fault(CallbackFault::OtherReceiver, other.of.segment().to_owned()),
            None => fault,
        }
    }

    /// Notes a fault for the administrator.
    fn refuse(&self, corp: &CorpKey, of: &CallbackOf, request: &Request<'_>, is_check: bool, fault: Fault) -> Answer {
        let Fault(fault, detail) = fault;
        self.0.observer.refused(corp, fault);
        tracing::debug!(%corp, receiver = %of, fault = fault.name(), "a callback was not taken: {detail}");
        let failure = CallbackFailure {
            at_ms: self.0.clock.now_ms(),
            is_check,
            fault,
            detail: cut(&detail),
            from: (request.from)().map(|address| address.to_string()),
        };
        self.0.failures.note(&self.0.store, &self.0.clock, corp, of, failure);
        Answer::Refused
    }
}

fn cut(text: &str) -> String {
    text.chars().take(DETAIL_MAX).collect()
}
