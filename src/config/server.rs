//! Top-level keys: `listen`, `data_dir`, `public_url`, `trusted_proxies`, `base_path`.

use super::source::Reader;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Where the server listens and keeps its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Address and port; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Holds the database, the sealing key (unless set elsewhere) and the admin socket.
    pub data_dir: PathBuf,
    /// Under which others reach the bridge, e.g. `https://bridge.example.com`; no trailing slash.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<NetBlock>,
    /// Prefix of every path, e.g. `/wecom`; empty = none. Begins with a slash and does not end with one.
    pub base_path: String,
}

impl ServerConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            listen: reader
                .text("listen", "must be ADDRESS:PORT, e.g. 127.0.0.1:8620 or [::]:8620", |text| text.parse().ok())
                .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8620))),
            data_dir: reader.path("data_dir").unwrap_or_else(|| PathBuf::from("/var/lib/wecom-bridge")),
            public_url: reader.text("public_url", "must be http:// or https:// with a host, without a query", web_base),
            trusted_proxies: reader.list(
                "trusted_proxies",
                "must be a list of addresses or blocks, e.g. [\"10.0.0.1\", \"192.168.0.0/16\"]",
                NetBlock::parse,
            ),
            base_path: reader
                .text("base_path", "must be empty, or begin with / and be made of a-z 0-9 - _ /", base_path)
                .unwrap_or_default(),
        }
    }
}

/// Reads a base URL: `http://` or `https://` with a host, without query and user; trailing slashes are cut off.
pub fn web_base(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let fine = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    fine.then(|| text.trim_end_matches('/').to_owned())
}

fn base_path(text: &str) -> Option<String> {
    let path = text.trim_end_matches('/');
    let fine = path.is_empty()
        || (path.starts_with('/')
            && !path.contains("//")
            && path.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'/')));
    fine.then(|| path.to_owned())
}

/// An address block, e.g. `192.168.0.0/16`; a single address is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetBlock {
    address: IpAddr,
    prefix: u8,
}

impl NetBlock {
    /// Reads `address` or `address/prefix`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u8>().ok()?)),
            None => (text.parse::<IpAddr>().ok()?, None),
        };
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(widest);
        (prefix <= widest).then_some(Self { address, prefix })
    }

    /// Whether every address of the other block lies in this one.
    pub fn covers(&self, other: &Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.address)
    }

    /// Whether the address lies in the block. IPv4 addresses mapped into IPv6 count as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(block), IpAddr::V4(address)) => {
                let differing = u64::from(u32::from(block) ^ u32::from(address));
                differing >> (32 - u32::from(self.prefix)) == 0
            }
            (IpAddr::V6(block), IpAddr::V6(address)) => {
                let differing = u128::from(block) ^ u128::from(address);
                differing.checked_shr(128 - u32::from(self.prefix)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}
