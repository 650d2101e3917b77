//! `[log]`: how much is logged and in which form. Logs go to standard error; the journal or the container keeps them.

use super::source::Reader;

/// Level and form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogConfig {
    /// What is left out.
    pub level: LogLevel,
    /// Lines for people or for machines.
    pub format: LogFormat,
}

/// What is logged: the named level and everything graver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// A person must act.
    Error,
    /// Something is not as it should be.
    Warn,
    /// What happened.
    Info,
    /// For finding a fault.
    Debug,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object per line.
    Json,
}

impl LogConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            level: reader
                .text("log.level", "must be one of error, warn, info, debug", LogLevel::find)
                .unwrap_or(LogLevel::Info),
            format: reader
                .text("log.format", "must be text or json", |text| match text {
                    "text" => Some(LogFormat::Text),
                    "json" => Some(LogFormat::Json),
                    _ => None,
                })
                .unwrap_or(LogFormat::Text),
        }
    }
}

impl LogLevel {
    /// The level with this name.
    pub fn find(name: &str) -> Option<Self> {
        Some(match name {
            "error" => Self::Error,
            "warn" => Self::Warn,
            "info" => Self::Info,
            "debug" => Self::Debug,
            _ => return None,
        })
    }
}
