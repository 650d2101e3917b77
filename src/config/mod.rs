//! Owns `config.toml`: what an operator sets. Order of weight: file, then `WECOM_BRIDGE_*` variables, then flags.
//! Refuses to know what an administrator sets (corps, rules, schedules): that lives in the store.
//!
//! Every fault of every source is collected, so that one look is enough to repair the configuration.

mod fault;
mod keys;
mod limits;
mod log;
mod server;
mod source;
mod tls;

pub use fault::{ConfigFault, ConfigFaults};
pub use keys::KeysConfig;
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat, LogLevel};
pub use server::{NetBlock, ServerConfig, web_base};
pub use source::{FlagValue, Origin};
pub use tls::TlsConfig;

use source::Reader;
use std::path::{Path, PathBuf};

/// Where the configuration is looked for when `--config` is absent; the file may be missing there.
pub const DEFAULT_PATH: &str = "/etc/wecom-bridge/config.toml";

/// Every variable that sets an option begins with this; sections are parted by two underscores,
/// e.g. `WECOM_BRIDGE_TLS__CERT_FILE`.
pub const ENV_PREFIX: &str = "WECOM_BRIDGE_";

/// Variables with the prefix that are no options: the path of the file, the language of the command line, and
/// secrets that a set-up file refers to.
const ENV_OTHER: [&str; 3] = ["WECOM_BRIDGE_CONFIG", "WECOM_BRIDGE_LANG", "WECOM_BRIDGE_SECRET_"];

/// The whole configuration, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Top-level keys: where it listens and keeps its data.
    pub server: ServerConfig,
    /// `[tls]`
    pub tls: TlsConfig,
    /// `[log]`
    pub log: LogConfig,
    /// `[keys]`
    pub keys: KeysConfig,
    /// `[limits]`
    pub limits: LimitsConfig,
}

/// What a configuration is made of.
#[derive(Debug, Default)]
pub struct Sources {
    /// `--config`; `None` = [`DEFAULT_PATH`] where it exists.
    pub file: Option<PathBuf>,
    /// The environment (all of it; only [`ENV_PREFIX`] matters).
    pub env: Vec<(String, String)>,
    /// Flags, by option key.
    pub flags: Vec<FlagValue>,
}

impl Sources {
    /// The process's own environment, with the given file and flags.
    pub fn from_process(file: Option<PathBuf>, flags: Vec<FlagValue>) -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, env, flags }
    }
}

impl Config {
    /// Reads and checks everything. On `Err` all faults are in it, not just the first.
    pub fn load(sources: &Sources) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::new();
        let default = Path::new(DEFAULT_PATH);
        match &sources.file {
            Some(path) => reader.add_file(path),
            None if default.exists() => reader.add_file(default),
            None => {}
        }
        reader.add_env(&sources.env, &ENV_OTHER);
        reader.add_flags(&sources.flags);
        Self::read(reader)
    }

    /// A configuration out of one text, for tests and for `demo`.
    pub fn from_toml(text: &str) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::new();
        reader.add_text(text, "config.toml");
        Self::read(reader)
    }

    fn read(mut reader: Reader) -> Result<Self, ConfigFaults> {
        let server = ServerConfig::read(&mut reader);
        let config = Self {
            tls: TlsConfig::read(&mut reader),
            log: LogConfig::read(&mut reader),
            keys: KeysConfig::read(&mut reader, &server.data_dir),
            limits: LimitsConfig::read(&mut reader),
            server,
        };
        reader.finish()?;
        Ok(config)
    }

    /// The address under which others reach the bridge: `public_url`, or where it listens. No trailing slash, the
    /// base path included.
    pub fn public_url(&self) -> String {
        self.server.public_url.clone().unwrap_or_else(|| self.url_at(self.server.listen))
    }

    /// The bridge's address at one socket, in the form of [`Config::public_url`].
    pub fn url_at(&self, address: std::net::SocketAddr) -> String {
        let scheme = if self.tls.is_on() { "https" } else { "http" };
        format!("{scheme}://{address}{}", self.server.base_path)
    }
}

#[cfg(test)]
mod tests;
