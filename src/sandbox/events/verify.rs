//! Saving a callback address as the console does: the parameters are checked, then the address must decrypt a text
//! within a second (doc path 90930). What is wrong is said as precisely as it can be known.

use crate::sandbox::shared::State;
use crate::sandbox::state::corp::{AppKind, Callback, Owner};
use crate::wecom::crypto::CallbackCrypto;
use std::time::Duration;

const TOKEN_CHARS_MAX: usize = 32;

/// Why an address was not saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No such corp or app.
    #[error("there is no such app or corp")]
    Nobody,
    /// Not http or https (40057).
    #[error("the URL must begin with http:// or https://")]
    BadUrl,
    /// Not letters and digits, or too long (85010).
    #[error("the Token must be 1 to 32 letters and digits")]
    BadToken,
    /// Not 43 letters and digits (85010).
    #[error("the EncodingAESKey must be exactly 43 letters and digits")]
    BadKey,
    /// No connection (85011).
    #[error("the URL cannot be reached")]
    Unreachable,
    /// Too slow (85011).
    #[error("no answer in time: 1 second")]
    TimedOut,
    /// Not 200 (85011).
    #[error("HTTP status {0} in place of 200")]
    BadStatus(u16),
    /// Something else than the text (85011).
    #[error("the answer is not the decrypted text: {0}")]
    WrongAnswer(&'static str),
}

impl VerifyError {
    /// The errcode that the API form gives.
    pub fn errcode(&self) -> i64 {
        match self {
            Self::Nobody => 40056,
            Self::BadUrl => 40057,
            Self::BadToken | Self::BadKey => 85010,
            _ => 85011,
        }
    }
}

impl State {
    /// Saves the callback of an app or of 通讯录同步, if the address passes the check. On `Err` nothing was saved.
    pub async fn save_callback(&self, corpid: &str, owner: Owner, callback: Callback) -> Result<(), VerifyError> {
        let receiver = self
            .with_corp(corpid, |corp| match owner {
                Owner::Contacts => Some(corp.corpid.clone()),
                Owner::App(agentid) => corp.apps.get(&agentid).map(|app| match app.kind {
                    AppKind::SelfBuilt | AppKind::CustomerBuilt => corp.corpid.clone(),
                    AppKind::ThirdParty | AppKind::EditAuthorised => app.suite_id.clone(),
                }),
                Owner::Robot => None,
            })
            .flatten()
            .ok_or(VerifyError::Nobody)?;
        self.verify(&callback, &receiver).await?;
        self.with_corp(corpid, |corp| match owner {
            Owner::Contacts => corp.contacts.callback = Some(callback),
            Owner::App(agentid) => {
                if let Some(app) = corp.apps.get_mut(&agentid) {
                    app.callback = Some(callback);
                }
            }
            Owner::Robot => {}
        })
        .ok_or(VerifyError::Nobody)
    }

    async fn verify(&self, callback: &Callback, receiver: &str) -> Result<(), VerifyError> {
        let url = url::Url::parse(&callback.url).map_err(|_| VerifyError::BadUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(VerifyError::BadUrl);
        }
        let token = &callback.token;
        if !(1..=TOKEN_CHARS_MAX).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(VerifyError::BadToken);
        }
        let crypto = CallbackCrypto::new(token, &callback.aes_key, receiver).map_err(|_| VerifyError::BadKey)?;
        // About 19 digits, as in all samples.
        let text = (1_000_000_000_000_000_000 + rand::random::<u64>() % 8_000_000_000_000_000_000).to_string();
        let echostr = crypto.encrypt(&text);
        let (timestamp, nonce) = (self.now_ms().div_euclid(1000).to_string(), rand::random::<u32>().to_string());
        let signature = crypto.sign(&timestamp, &nonce, &echostr);
        let options = self.delivery();
        let echostr = if options.sends_raw_echostr {
            echostr
        } else {
            percent_encoding::utf8_percent_encode(&echostr, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let joint = if url.query().is_some() { '&' } else { '?' };
        let asked = format!(
            "{}{joint}msg_signature={signature}&timestamp={timestamp}&nonce={nonce}&echostr={echostr}",
            callback.url.split('#').next().unwrap_or_default()
        );
        let Some(http) = self.http() else { return Err(VerifyError::Unreachable) };
        let failed = |cause: reqwest::Error| {
            if cause.is_timeout() { VerifyError::TimedOut } else { VerifyError::Unreachable }
        };
        let answer =
            http.get(asked).timeout(Duration::from_millis(options.verify_timeout_ms)).send().await.map_err(failed)?;
        if answer.status().as_u16() != 200 {
            return Err(VerifyError::BadStatus(answer.status().as_u16()));
        }
        let body = answer.bytes().await.map_err(failed)?;
        diagnose(&body, &text).map_or(Ok(()), |why| Err(VerifyError::WrongAnswer(why)))
    }
}

/// What is wrong with the answer; `None` when it is the text exactly.
fn diagnose(body: &[u8], text: &str) -> Option<&'static str> {
    if body == text.as_bytes() {
        return None;
    }
    let shown = String::from_utf8_lossy(body);
    Some(if body.is_empty() {
        "it is empty"
    } else if body.starts_with(b"\xef\xbb\xbf") {
        "it begins with a byte order mark"
    } else if shown.trim() == text {
        "there are spaces or line breaks around it"
    } else if shown.trim().trim_matches('"') == text {
        "it stands in quotes"
    } else if shown.trim_start().starts_with('{') {
        "it is JSON"
    } else if shown.trim_start().starts_with('<') {
        "it is HTML or XML"
    } else {
        "it is another text; usually EncodingAESKey or receiver differ"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_answer_has_its_reason() {
        for (body, why) in [
            ("123", None),
            ("", Some("it is empty")),
            ("\u{feff}123", Some("it begins with a byte order mark")),
            ("123\n", Some("there are spaces or line breaks around it")),
            ("\"123\"", Some("it stands in quotes")),
            ("{\"echo\":123}", Some("it is JSON")),
            ("<p>123</p>", Some("it is HTML or XML")),
            ("124", Some("it is another text; usually EncodingAESKey or receiver differ")),
        ] {
            assert_eq!(diagnose(body.as_bytes(), "123"), why, "{body:?}");
        }
    }
}
