//! The frames on the admin socket: one JSON object per line.

use super::command::Command;
use super::output::{Answer, CommandError, Progress};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};

/// What the caller sends, once per connection.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The caller's release; another one is refused, because commands and answers may differ.
    pub version: String,
    /// The operating system's account of the caller, for the audit log.
    pub user: String,
    /// What to do.
    pub command: Command,
}

/// What the server sends: any number of `Progress` and `Note`, then one `Answer` or `Error`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// It has come so far.
    Progress(Progress),
    /// Something worth knowing at once.
    Note(String),
    /// The end: it worked.
    Answer(Answer),
    /// The end: it did not.
    Error(CommandError),
}

/// What the caller may send after its request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interruption {
    /// The run that the command follows is to end between two records.
    Stop,
}

/// Writes one frame.
pub async fn send<T: Serialize>(to: &mut (impl AsyncWrite + Unpin), frame: &T) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(frame)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    to.flush().await
}

/// Reads one frame; `None` when the other side has closed.
pub async fn receive<T: for<'de> Deserialize<'de>>(
    from: &mut (impl AsyncBufRead + Unpin),
) -> std::io::Result<Option<T>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}

/// A text with secrets in it: travels over the socket, which only the owner may open, but is never printed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(pub String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The content of a file; base64 on the wire, its length in `Debug`.
#[derive(Clone)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}
