//! What a command says while it works and when it has ended.

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// Exit codes of the command line (design section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Failed; the message says what is true now.
    Failed,
    /// The command line or the configuration is wrong; nothing was done.
    Usage,
    /// A plan or preview has changes.
    Pending,
    /// A guard holds the plan, or held it until it was rejected; nothing was written.
    Held,
    /// Some records failed, the rest is done.
    Partly,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Pending => 3,
            Self::Held => 4,
            Self::Partly => 5,
        }
    }
}

/// What a command answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// How it ended.
    pub exit: Exit,
    /// What `--json` prints; the human form is rendered from it.
    pub value: serde_json::Value,
}

impl Answer {
    /// An answer out of a report.
    pub fn new(exit: Exit, report: &impl Serialize) -> Result<Self, CommandError> {
        let value = serde_json::to_value(report)
            .map_err(|cause| CommandError::failed(format!("the answer cannot be written: {cause}")))?;
        Ok(Self { exit, value })
    }
}

/// Why a command did not do what it should, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// [`Exit::Failed`] or [`Exit::Usage`].
    pub exit: Exit,
    /// What happened, why, what to do.
    pub message: String,
}

impl CommandError {
    /// The command failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }

    /// The command was wrong; nothing was done.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// The command failed; the whole chain of causes becomes the message.
    pub fn from_chain(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = inner.source();
        }
        Self::failed(message)
    }
}

/// How far a command is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done, e.g. `members`.
    pub label: String,
    /// Steps done.
    pub done: u64,
    /// Steps in all; 0 = not known.
    pub total: u64,
}

/// Takes what a command says while it works.
pub trait Output: Send {
    /// It has come so far.
    fn progress(&mut self, progress: Progress);
    /// Something worth knowing at once; goes to standard error.
    fn note(&mut self, text: &str);
    /// Cancelled when whoever gave the command wants its work to end early (Ctrl-C).
    fn stop(&self) -> CancellationToken {
        CancellationToken::new()
    }
}
