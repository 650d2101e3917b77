//! What a call can end with, said so that callers can act on it without knowing a number.

use super::endpoint::{self, Repeat};
use super::errcode;
use crate::model::UserId;
use std::fmt;

/// A call that did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The endpoint's name, e.g. `user/create`.
    pub endpoint: &'static str,
    /// What happened.
    pub kind: CallErrorKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallErrorKind {
    /// WeCom answered with an errcode; nothing was changed.
    Refused(Refusal),
    /// The request went out and no usable answer came back. A read changed nothing; a write may have been applied:
    /// read again before anything else.
    OutcomeUnknown {
        /// Why there is no answer.
        cause: String,
    },
    /// Nothing reached WeCom; safe to repeat.
    NotSent {
        /// Why.
        cause: NotSentCause,
    },
    /// A read was answered with something that is not the documented answer (also: a list answer without its list).
    Malformed {
        /// What is wrong with it.
        what: String,
    },
    /// The corp is set to read-only and the endpoint writes; nothing was sent.
    Forbidden,
    /// The request breaks a rule of the wire; nothing was sent. A fault of the caller or of the settings.
    Invalid {
        /// Which rule.
        why: String,
    },
}

/// Why nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSentCause {
    /// No connection: name, route, TLS, proxy. With advice where we have some.
    Connect(String),
    /// The quota or a lock-out would have made the call wait longer than its patience.
    Throttled {
        /// When the call may go out, Unix milliseconds.
        until_ms: i64,
    },
    /// The secret was refused and is not tried again before that time, so that WeCom does not ban our address.
    Suspended {
        /// What gettoken answered.
        refusal: Box<Refusal>,
        /// When the next attempt is made, Unix milliseconds.
        until_ms: i64,
    },
    /// No secret is set for the credential that the call needs.
    NoSecret(String),
    /// The corp's addresses, CA file or proxy cannot be used.
    Settings(String),
    /// It waited for its place in the quota, and what it belongs to may not go on any more.
    TakenBack(String),
}

/// WeCom's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// WeCom's number.
    pub errcode: i64,
    /// WeCom's text without its suffix (`hint`, `from ip`, link).
    pub errmsg: String,
    /// What it means for the caller.
    pub class: RefusalClass,
    /// The address under which WeCom sees us, where it said so.
    pub caller_ip: Option<String>,
    /// WeCom's reference for its support, where it gave one.
    pub hint: Option<String>,
}

/// What a refusal means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalClass {
    /// The object does not exist, or not in the visible range.
    NotFound,
    /// The id or the name is taken.
    AlreadyExists,
    /// Another member has the number.
    MobileTaken {
        /// Who, where WeCom says so. Never merged automatically.
        holder: Option<UserId>,
    },
    /// Another member has the address.
    EmailTaken,
    /// A value breaks a rule.
    Invalid,
    /// The secret may not do this (kind, range, ownership).
    Permission,
    /// The contacts secret may not read details from this address; ids only.
    DetailsBlocked,
    /// Our address is not among the trusted ones.
    IpNotTrusted,
    /// CorpID, secret or token are wrong, expired or switched off.
    Credential,
    /// Too often or too many at once.
    RateLimited,
    /// A limit of the corp or of an object is reached.
    Capacity,
    /// The department still has members or departments.
    NotEmpty,
    /// Somebody else changed it at the same time.
    Conflict,
    /// The answer or the request is too large.
    TooLarge,
    /// WeCom is busy.
    Busy,
    /// Nobody who was named gets the message or the change: unknown, or outside of the app's visible range.
    NobodyReached,
    /// The response code was used or has expired.
    CodeSpent,
    /// Too late: the message is older than 24 hours.
    TooLate,
    /// The app has no callback URL, which this call needs and others do not; an administrator must act in the console.
    NoCallback,
    /// The app is switched off, or may not use this call; an administrator must act in the console.
    Setup,
    /// Anything else.
    Other,
}

impl CallError {
    pub(crate) fn new(endpoint: &'static str, kind: CallErrorKind) -> Self {
        Self { endpoint, kind }
    }

    /// The refusal, also where it suspended the secret earlier.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.kind {
            CallErrorKind::Refused(refusal) => Some(refusal),
            CallErrorKind::NotSent { cause: NotSentCause::Suspended { refusal, .. } } => Some(refusal),
            _ => None,
        }
    }

    /// What the refusal means, where there was one.
    pub fn class(&self) -> Option<&RefusalClass> {
        self.refusal().map(|refusal| &refusal.class)
    }

    /// WeCom's number; 0 when the failure was not WeCom's answer.
    pub fn errcode(&self) -> i64 {
        self.refusal().map_or(0, |refusal| refusal.errcode)
    }

    /// Whether the object does not exist (or is not visible).
    pub fn is_not_found(&self) -> bool {
        self.class() == Some(&RefusalClass::NotFound)
    }

    /// Whether the id or the name is taken.
    pub fn is_already_exists(&self) -> bool {
        self.class() == Some(&RefusalClass::AlreadyExists)
    }

    /// Whether the call may have been applied although it failed.
    pub fn is_outcome_unknown(&self) -> bool {
        let is_write = endpoint::find(self.endpoint).is_none_or(endpoint::Endpoint::is_write);
        is_write && matches!(self.kind, CallErrorKind::OutcomeUnknown { .. })
    }

    /// Why the call was taken back by its [`Gate`](super::Gate) before it went out.
    pub fn taken_back(&self) -> Option<&str> {
        match &self.kind {
            CallErrorKind::NotSent { cause: NotSentCause::TakenBack(why) } => Some(why),
            _ => None,
        }
    }

    /// Whether repeating the very same call is harmless, whatever became of the first one.
    pub fn may_repeat(&self) -> bool {
        match self.kind {
            CallErrorKind::NotSent { .. } => true,
            CallErrorKind::OutcomeUnknown { .. } => {
                endpoint::find(self.endpoint).is_some_and(|e| e.repeat != Repeat::Once)
            }
            _ => false,
        }
    }

    /// Whether every further call with the same credential will fail alike, so that a run had better stop: wrong
    /// secret, untrusted address, no connection, lock-out, missing permission of the credential itself.
    pub fn is_systemic(&self) -> bool {
        match &self.kind {
            CallErrorKind::NotSent { .. } | CallErrorKind::Forbidden => true,
            CallErrorKind::Refused(refusal) => matches!(
                refusal.class,
                RefusalClass::Credential
                    | RefusalClass::IpNotTrusted
                    | RefusalClass::RateLimited
                    | RefusalClass::Busy
                    | RefusalClass::Setup
            ),
            _ => false,
        }
    }

    /// Our explanation of the errcode, where we have one.
    pub fn explanation(&self) -> Option<&'static errcode::Explanation> {
        self.refusal().and_then(|refusal| errcode::explain(refusal.errcode))
    }
}

impl std::error::Error for CallError {}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.endpoint)?;
        match &self.kind {
            CallErrorKind::Refused(refusal) => write!(f, "WeCom refused: {refusal}"),
            CallErrorKind::OutcomeUnknown { cause } => {
                write!(f, "the request was sent and no usable answer came back ({cause})")
            }
            CallErrorKind::NotSent { cause } => write!(f, "not sent: {cause}"),
            CallErrorKind::Malformed { what } => write!(f, "WeCom's answer cannot be used: {what}"),
            CallErrorKind::Forbidden => f.write_str("not sent: the corp is set to read-only access"),
            CallErrorKind::Invalid { why } => write!(f, "not sent: {why}"),
        }
    }
}

impl fmt::Display for NotSentCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(cause) => write!(f, "no connection: {cause}"),
            Self::Throttled { until_ms } => write!(f, "the call quota is used up until {}", time(*until_ms)),
            Self::Suspended { refusal, until_ms } => {
                write!(f, "the secret was refused ({refusal}); next attempt at {}", time(*until_ms))
            }
            Self::NoSecret(which) => write!(f, "no secret is set for {which}"),
            Self::Settings(why) => f.write_str(why),
            Self::TakenBack(why) => write!(f, "it was still waiting when it was taken back: {why}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.errcode, self.errmsg)?;
        if let Some(explanation) = errcode::explain(self.errcode) {
            write!(f, " ({}. {})", explanation.meaning.en, explanation.fix.en)?;
        }
        if let Some(ip) = &self.caller_ip
            && self.class == RefusalClass::IpNotTrusted
        {
            write!(f, " WeCom sees this host as {ip}.")?;
        }
        Ok(())
    }
}

fn time(at_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at_ms)
        .map_or_else(|| at_ms.to_string(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

impl Refusal {
    /// Reads an error answer. Only the number decides; the text is searched for what it may tell (the holder of a
    /// number, our address), never for the meaning.
    pub fn read(endpoint: &str, errcode: i64, errmsg: &str) -> Self {
        let (text, suffix) = match errmsg.find(", hint:") {
            Some(at) => (&errmsg[..at], &errmsg[at..]),
            None => match errmsg.find(", from ip:") {
                Some(at) => (&errmsg[..at], &errmsg[at..]),
                None => (errmsg, ""),
            },
        };
        let class = errcode::class_of(endpoint, errcode, text);
        Self {
            errcode,
            errmsg: text.trim().chars().take(300).collect(),
            class,
            caller_ip: after(suffix, "from ip:")
                .and_then(|t| t.parse::<std::net::IpAddr>().ok())
                .map(|ip| ip.to_string()),
            hint: after(suffix, "hint:").map(|t| t.trim_matches(['[', ']']).to_owned()).filter(|t| !t.is_empty()),
        }
    }
}

/// The word after a label, up to the next comma or blank.
fn after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let rest = text[text.find(label)? + label.len()..].trim_start();
    Some(&rest[..rest.find([',', ' ']).unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_with_and_without_its_suffix() {
        let full = "mobile existed:b.li, hint: [1700000000000000000000001], from ip: 203.0.113.9, more info at \
                    https://open.work.weixin.qq.com/devtool/query?e=60104";
        let refusal = Refusal::read("user/create", 60104, full);
        assert_eq!(refusal.errmsg, "mobile existed:b.li");
        assert_eq!(refusal.class, RefusalClass::MobileTaken { holder: Some("b.li".into()) });
        assert_eq!(refusal.caller_ip.as_deref(), Some("203.0.113.9"));
        assert_eq!(refusal.hint.as_deref(), Some("1700000000000000000000001"));

        let old = Refusal::read("user/create", 60111, "userid not found, hint: [1543402950_5_ab12]");
        assert_eq!((old.caller_ip.as_deref(), old.hint.as_deref()), (None, Some("1543402950_5_ab12")));
        assert_eq!(Refusal::read("user/create", 60020, "not allow, from ip: nonsense").caller_ip, None);
        assert_eq!(
            Refusal::read("user/create", 60020, "not allow, from ip: 2001:db8::7").caller_ip.as_deref(),
            Some("2001:db8::7")
        );
        assert_eq!(
            Refusal::read("user/create", 60104, "mobile existed").class,
            RefusalClass::MobileTaken { holder: None }
        );
    }

    #[test]
    fn what_may_be_repeated() {
        let unknown = || CallErrorKind::OutcomeUnknown { cause: String::new() };
        for (endpoint, unknown_outcome, repeat) in [
            ("user/create", true, false),
            ("user/update", true, true),
            ("user/delete", true, true),
            ("user/list_id", false, true),
        ] {
            let error = CallError::new(endpoint, unknown());
            assert_eq!(error.is_outcome_unknown(), unknown_outcome, "{endpoint}");
            assert_eq!(error.may_repeat(), repeat, "{endpoint}");
        }
    }
}
