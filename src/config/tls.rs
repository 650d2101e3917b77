//! `[tls]`: the certificate that the server shows. Without it the server speaks plain HTTP, for use behind a proxy.

use super::source::Reader;
use std::path::PathBuf;

/// The server's certificate and key; both or neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// PEM, the leaf first, then the chain.
    pub cert_file: Option<PathBuf>,
    /// PEM, PKCS#8, PKCS#1 or SEC1.
    pub key_file: Option<PathBuf>,
}

impl TlsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let tls = Self { cert_file: reader.path("tls.cert_file"), key_file: reader.path("tls.key_file") };
        if tls.cert_file.is_some() != tls.key_file.is_some() {
            reader.together("tls", "cert_file and key_file must be given together");
        }
        tls
    }

    /// Whether the server speaks HTTPS.
    pub fn is_on(&self) -> bool {
        self.cert_file.is_some() && self.key_file.is_some()
    }
}
