//! The order of the checks, and what each that fails is called (chapter 11 of the contract; doc paths 90238, 90930, 90968).

use super::Callbacks;
use super::incoming::{Incoming, group_of};
use super::keys::{Known, Ready};
use crate::model::{AppKey, CallbackFailure, CallbackFault, CallbackOf, CorpKey, InboxItem, InboxState};
use crate::store::StoreError;
use crate::store::inbox::Received;
use crate::wecom::crypto::CryptoError;
use crate::wecom::crypto::envelope::{self, Envelope};
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
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The corp of the address; need not exist.
    pub corp: &'r str,
    /// The receiver of the address; need not exist.
    pub receiver: &'r str,
    /// The query, still percent-encoded.
    pub query: &'r str,
    /// Who sent it.
    pub from: Option<IpAddr>,
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
#[derive(Default)]
struct Signed {
    signature: String,
    timestamp: String,
    nonce: String,
    echostr: Option<String>,
}

impl Signed {
    fn parse(query: &str) -> Result<Self, &'static str> {
        let (mut signature, mut timestamp, mut nonce, mut echostr) = (None, None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "msg_signature" => &mut signature,
                "timestamp" => &mut timestamp,
                "nonce" => &mut nonce,
                "echostr" => &mut echostr,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return Err("a parameter comes twice");
            }
        }
        Ok(Self {
            signature: signature.ok_or("msg_signature is missing")?,
            timestamp: timestamp.ok_or("timestamp is missing")?,
            nonce: nonce.ok_or("nonce is missing")?,
            // sent as it is, its + arrive as blanks; base64 has no blanks of its own (doc path 90238)
            echostr: echostr.map(|text: String| text.replace(' ', "+")),
        })
    }
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
        let Some(ready) = self.ready(&request, false) else { return Answer::Refused };
        let (item, is_json) = match self.take_apart(&ready, request, body) {
            Ok(Some(taken)) => taken,
            // too old to be told from a replay: answered like a repeat, for it may be one (doc path 101033)
            Ok(None) => return Answer::Taken { reply: None, is_json: false },
            Err(fault) => return self.refuse(&ready.corp, &ready.of, &request, false, fault),
        };
        let (group, lag_ms) = (group_of(&item.kind), item.lag_ms());
        let reply = item.reply.clone();
        let stored = tokio::select! {
            biased;
            stored = super::intake::store(self, item) => stored,
            () = self.0.clock.sleep(DEADLINE) => Err(StoreError::Busy { doing: "storing a callback" }),
        };
        let reply = match stored {
            Ok(Received::New) => {
                self.0.observer.taken(&ready.corp, &ready.of, group, lag_ms);
                self.0.stored.notify_one();
                reply
            }
            Ok(Received::Again { reply, .. }) => {
                self.0.observer.repeated(&ready.corp, &ready.of);
                reply
            }
            Err(error) => {
                tracing::error!(corp = %ready.corp, %error, "a callback could not be stored; WeCom will send it again");
                let fault = Fault(CallbackFault::NotStored, error.to_string());
                self.refuse(&ready.corp, &ready.of, &request, false, fault);
                return Answer::NotStored;
            }
        };
        self.0.failures.note_taken(&ready.corp, &ready.of, self.0.clock.now_ms());
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
        match self.0.keys.find(&self.0.store, request.corp, request.receiver) {
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

    fn open(&self, ready: &Ready, signed: &Signed, encrypted: &str) -> Result<String, Fault> {
        let opened = ready.crypto.open(&signed.signature, &signed.timestamp, &signed.nonce, encrypted);
        opened.map_err(|error| self.look_into(ready, signed, encrypted, error))
    }

    /// What a delivery says, as it is stored; `None` when it is older than what is kept.
    fn take_apart(&self, ready: &Ready, request: Request<'_>, body: &[u8]) -> Result<Option<(InboxItem, bool)>, Fault> {
        let signed = Signed::parse(request.query).map_err(|what| Fault(CallbackFault::Parameters, what.to_owned()))?;
        let body = std::str::from_utf8(body)
            .map_err(|_| Fault(CallbackFault::Envelope, "the body is not UTF-8".to_owned()))?;
        let envelope = Envelope::parse(body)?;
        let text = self.open(ready, &signed, &envelope.encrypt)?;
        let incoming = Incoming::parse(&text).map_err(|error| Fault(CallbackFault::Message, error.to_string()))?;
        let now_ms = self.0.clock.now_ms();
        if signed.timestamp.parse::<i64>().is_ok_and(|at_s| self.is_stale(at_s, now_ms)) {
            let fault = Fault(CallbackFault::Stale, format!("signed at {}", signed.timestamp));
            self.refuse(&ready.corp, &ready.of, &request, false, fault);
            return Ok(None);
        }
        if let (Some(own), Some(named)) = (ready.agentid, incoming.agentid)
            && own != named
        {
            let detail = format!("it names AgentID {named}, this app has {own}");
            self.refuse(&ready.corp, &ready.of, &request, false, Fault(CallbackFault::AgentId, detail));
        }
        let answered = super::replies::answer(ready, &incoming, now_ms);
        let item = InboxItem {
            id: self.0.ids.next(now_ms),
            corp: ready.corp.clone(),
            receiver: ready.of.clone(),
            kind: incoming.kind,
            from: incoming.from,
            agentid: incoming.agentid,
            created_at_s: incoming.created_at_s,
            received_at_ms: now_ms,
            digest: incoming.digest,
            repeats: 0,
            text,
            state: InboxState::Waiting,
            attempts: 0,
            note: None,
            done_at_ms: None,
            replays: 0,
            reply: answered.reply,
            pieces: answered.rest,
        };
        Ok(Some((item, body.trim_start().starts_with('{'))))
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
    fn look_into(&self, ready: &Ready, signed: &Signed, encrypted: &str, error: CryptoError) -> Fault {
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
        let others = self.0.keys.all_ready(&self.0.store, &ready.corp).unwrap_or_default();
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
            from: request.from.map(|address| address.to_string()),
        };
        self.0.failures.note(&self.0.store, &self.0.clock, corp, of, failure);
        Answer::Refused
    }
}

fn cut(text: &str) -> String {
    text.chars().take(DETAIL_MAX).collect()
}
