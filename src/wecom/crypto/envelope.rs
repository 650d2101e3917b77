//! The outer body of a callback: finds `Encrypt` in XML or JSON and writes the XML forms back.
//!
//! Nothing else of the outer body is trusted: it is not covered by the signature.

use super::{CallbackCrypto, CryptoError};
use quick_xml::events::Event;
use serde::Deserialize;

/// The outer body of a received callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The base64 text, exactly as signed.
    pub encrypt: String,
    /// The app it was sent to, where given; only good for choosing a key.
    pub agentid: Option<String>,
}

/// JSON form (doc path 101033); samples with capitalised names exist too.
#[derive(Deserialize)]
struct JsonBody {
    #[serde(alias = "Encrypt")]
    encrypt: Option<String>,
    #[serde(alias = "AgentID", alias = "agentID")]
    agentid: Option<serde_json::Value>,
}

impl Envelope {
    /// Reads a body of either form. Document type declarations are refused, entities never expanded, and an element
    /// that comes twice is an error.
    pub fn parse(body: &str) -> Result<Self, CryptoError> {
        if body.trim_start().starts_with('{') { Self::parse_json(body) } else { Self::parse_xml(body) }
    }

    fn parse_json(body: &str) -> Result<Self, CryptoError> {
        let body: JsonBody = serde_json::from_str(body).map_err(|_| CryptoError::BadEnvelope("broken JSON"))?;
        let agentid = body.agentid.and_then(|value| match value {
            serde_json::Value::String(text) if !text.is_empty() => Some(text),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        let encrypt = body.encrypt.ok_or(CryptoError::BadEnvelope("no encrypt"))?;
        Ok(Self { encrypt, agentid })
    }

    fn parse_xml(body: &str) -> Result<Self, CryptoError> {
        let broken = |_| CryptoError::BadEnvelope("broken XML");
        let mut reader = quick_xml::Reader::from_str(body);
        let mut path: Vec<String> = Vec::new();
        let (mut encrypt, mut agentid): (Option<String>, Option<String>) = (None, None);
        loop {
            let text = match reader.read_event().map_err(broken)? {
                Event::Eof => break,
                Event::DocType(_) => return Err(CryptoError::BadEnvelope("DOCTYPE is refused")),
                Event::GeneralRef(_) => return Err(CryptoError::BadEnvelope("entities are refused")),
                Event::Start(tag) => {
                    let name = tag.name();
                    path.push(name.as_ref().to_owned());
                    if path.len() == 2 {
                        match name.as_ref() {
                            "Encrypt" if encrypt.is_some() => {
                                return Err(CryptoError::BadEnvelope("Encrypt comes twice"));
                            }
                            "Encrypt" => encrypt = Some(String::new()),
                            _ => {}
                        }
                    }
                    continue;
                }
                Event::End(_) => {
                    path.pop();
                    continue;
                }
                Event::CData(data) => data.into_inner(),
                Event::Text(data) => data.into_inner(),
                _ => continue,
            };
            match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["xml", "Encrypt"] => encrypt.get_or_insert_default().push_str(text.trim()),
                ["xml", "AgentID"] => agentid.get_or_insert_default().push_str(text.trim()),
                _ => {}
            }
        }
        if !path.is_empty() {
            return Err(CryptoError::BadEnvelope("broken XML"));
        }
        let encrypt = encrypt.ok_or(CryptoError::BadEnvelope("no Encrypt"))?;
        Ok(Self { encrypt, agentid: agentid.filter(|text| !text.is_empty()) })
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
