//! Where log lines go and which. Our own lines at the configured level; those of libraries only from `warn` up, because
//! theirs may hold addresses with tokens in them.

use crate::config::{LogConfig, LogFormat, LogLevel};
use tracing_subscriber::EnvFilter;

/// Sends log lines to standard error. A second call in one process changes nothing.
pub fn start(config: LogConfig) {
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter(config.level));
    // `try_init` fails only where a subscriber is set already, e.g. by a test.
    let _ = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => {
            use std::io::IsTerminal;
            // The journal and containers stamp lines themselves; a person at a terminal wants colours.
            let terminal = std::io::stderr().is_terminal();
            builder.with_ansi(terminal).with_target(false).try_init()
        }
    };
}

fn filter(level: LogLevel) -> EnvFilter {
    let own = match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    };
    let others = if level == LogLevel::Error { "error" } else { "warn" };
    EnvFilter::new(format!("{others},wecom_bridge={own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_never_log_below_warn() {
        assert_eq!(filter(LogLevel::Debug).to_string(), "wecom_bridge=debug,warn");
        assert_eq!(filter(LogLevel::Error).to_string(), "wecom_bridge=error,error");
    }
}
