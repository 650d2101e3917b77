//! The outer body of a callback: finds `Encrypt` in XML or JSON and writes the XML forms back.
//!
//! Nothing else of the outer body is trusted: it is not covered by the signature.

use super::flat::flat;
use super::{CallbackCrypto, CryptoError};
use quick_xml::events::Event;
use serde::Deserialize;
use std::borrow::Cow;

/// The outer body of a received callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'b> {
    /// The base64 text, exactly as signed.
    pub encrypt: Cow<'b, str>,
    /// The app it was sent to, where given; only good for choosing a key.
    pub agentid: Option<Cow<'b, str>>,
}

/// JSON form (doc path 101033); samples with capitalised names exist too.
#[derive(Deserialize)]
struct JsonBody {
    #[serde(alias = "Encrypt")]
    encrypt: Option<String>,
    #[serde(alias = "AgentID", alias = "agentID")]
    agentid: Option<serde_json::Value>,
}

impl<'b> Envelope<'b> {
    /// Reads a body of either form. Document type declarations are refused, entities never expanded, and an element
    /// that comes twice is an error.
    pub fn parse(body: &'b str) -> Result<Self, CryptoError> {
        if body.trim_start().starts_with('{') { Self::parse_json(body) } else { Self::parse_xml(body) }
    }

    fn parse_json(body: &str) -> Result<Self, CryptoError> {
        let body: JsonBody = serde_json::from_str(body).map_err(|_| CryptoError::BadEnvelope("broken JSON"))?;
        let agentid = body.agentid.and_then(|value| match value {
            serde_json::Value::String(text) if !text.is_empty() => Some(text.into()),
            serde_json::Value::Number(number) => Some(number.to_string().into()),
            _ => None,
        });
        let encrypt = body.encrypt.ok_or(CryptoError::BadEnvelope("no encrypt"))?;
        Ok(Self { encrypt: encrypt.into(), agentid })
    }

    fn parse_xml(body: &'b str) -> Result<Self, CryptoError> {
        match Self::parse_flat(body) {
            Some(envelope) => Ok(envelope),
            None => Self::parse_any_xml(body),
        }
    }

    /// The form that WeCom sends; `None` where it is another one.
    fn parse_flat(body: &'b str) -> Option<Self> {
        let (mut encrypt, mut agentid, mut is_twice) = (None, None, false);
        let is_flat = flat(body, |name, text| match name {
            "Encrypt" => is_twice |= encrypt.replace(text.trim()).is_some(),
            "AgentID" => is_twice |= agentid.replace(text.trim()).is_some(),
            _ => {}
        });
        let encrypt = encrypt.filter(|_| is_flat && !is_twice)?;
        Some(Self { encrypt: encrypt.into(), agentid: agentid.filter(|text| !text.is_empty()).map(Cow::Borrowed) })
    }

    fn parse_any_xml(body: &'b str) -> Result<Self, CryptoError> {
        let broken = |_| CryptoError::BadEnvelope("broken XML");
        let mut reader = quick_xml::Reader::from_str(body);
        let mut depth = 0_usize;
        let mut is_xml = false;
        // where the texts under the innermost element belong
        let mut inside = Inside::Other;
        let (mut encrypt, mut agentid): (Option<Cow<'b, str>>, Option<Cow<'b, str>>) = (None, None);
        loop {
            let text = match reader.read_event().map_err(broken)? {
                Event::Eof => break,
                Event::DocType(_) => return Err(CryptoError::BadEnvelope("DOCTYPE is refused")),
                Event::GeneralRef(_) => return Err(CryptoError::BadEnvelope("entities are refused")),
                Event::Start(tag) => {
                    depth += 1;
                    let name = tag.name();
                    inside = match (depth, name.as_ref()) {
                        (2, "Encrypt") if encrypt.is_some() => {
                            return Err(CryptoError::BadEnvelope("Encrypt comes twice"));
                        }
                        (2, "Encrypt") => {
                            encrypt = Some(Cow::Borrowed(""));
                            Inside::Encrypt
                        }
                        (2, "AgentID") => Inside::AgentId,
                        (1, name) => {
                            is_xml = name == "xml";
                            Inside::Other
                        }
                        _ => Inside::Other,
                    };
                    continue;
                }
                Event::End(_) => {
                    depth = depth.saturating_sub(1);
                    inside = Inside::Other;
                    continue;
                }
                Event::CData(data) => data.into_inner(),
                Event::Text(data) => data.into_inner(),
                _ => continue,
            };
            match inside {
                Inside::Encrypt if is_xml => add(encrypt.get_or_insert_default(), text),
                Inside::AgentId if is_xml => add(agentid.get_or_insert_default(), text),
                _ => {}
            }
        }
        if depth > 0 {
            return Err(CryptoError::BadEnvelope("broken XML"));
        }
        let encrypt = encrypt.ok_or(CryptoError::BadEnvelope("no Encrypt"))?;
        Ok(Self { encrypt, agentid: agentid.filter(|text| !text.is_empty()) })
    }
}

#[derive(Debug, Clone, Copy)]
enum Inside {
    Encrypt,
    AgentId,
    Other,
}

/// Adds a text without the blanks around it.
fn add<'b>(to: &mut Cow<'b, str>, text: Cow<'b, str>) {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    if to.is_empty() {
        *to = text;
    } else {
        to.to_mut().push_str(&text);
    }
}

/// The body that WeCom posts: outer XML around the encrypted message. `agentid` is left out for contacts callbacks.
pub fn request_body(to: &str, agentid: Option<u64>, encrypted: &str) -> String {
    let agentid = agentid.map(|id| format!("<AgentID><![CDATA[{id}]]></AgentID>")).unwrap_or_default();
    format!("<xml><ToUserName><![CDATA[{to}]]></ToUserName>{agentid}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>")
}

/// The JSON form of [`reply_body`] (doc path 101033).
pub fn reply_json(crypto: &CallbackCrypto, timestamp: &str, nonce: &str, message: &str) -> String {
    let encrypted = crypto.encrypt(message);
    let signature = crypto.sign(timestamp, nonce, &encrypted);
    let timestamp = timestamp.parse::<i64>().unwrap_or_default();
    serde_json::json!({"encrypt": encrypted, "msgsignature": signature, "timestamp": timestamp, "nonce": nonce})
        .to_string()
}

/// A passive reply: the receiver's answer, signed with its own timestamp and nonce.
pub fn reply_body(crypto: &CallbackCrypto, timestamp: &str, nonce: &str, message: &str) -> String {
    let encrypted = crypto.encrypt(message);
    let signature = crypto.sign(timestamp, nonce, &encrypted);
    format!(
        "<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>\
         <TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_parser_reads(
            body in "(<Encrypt>|</Encrypt>|<AgentID>|</AgentID>|<B>|</B>|<!\\[CDATA\\[|\\]\\]>|a|&| |\n|<xml>|</xml>){0,12}",
        ) {
            let body = format!("<xml>{body}</xml>");
            if let Some(envelope) = Envelope::parse_flat(&body) {
                prop_assert_eq!(Envelope::parse_any_xml(&body), Ok(envelope));
            }
        }
    }

    #[test]
    fn what_wecom_sends_goes_the_short_way() {
        let body = request_body("ww1", Some(1_000_002), "abc=");
        assert_eq!(Envelope::parse_flat(&body), Envelope::parse_any_xml(&body).ok());
        assert!(Envelope::parse_flat(&body).is_some());
    }
}
