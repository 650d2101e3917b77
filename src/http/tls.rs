//! The certificate that the server shows, exchangeable while it runs.

use crate::config::TlsConfig;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read or holds no PEM of that kind.
    #[error("{path}: no usable {what}")]
    File {
        /// Which file.
        path: PathBuf,
        /// `certificate` or `private key`
        what: &'static str,
        /// Why.
        #[source]
        cause: rustls_pki_types::pem::Error,
    },
    /// The certificate file holds no certificate.
    #[error("{0}: there is no certificate in it")]
    Empty(PathBuf),
    /// Key and certificate do not fit, or the key is of an unknown kind.
    #[error("the certificate and the private key cannot be used together")]
    Unusable(#[source] rustls::Error),
}

/// Holds the certificate in force; [`Certificate::reload`] exchanges it for new connections.
#[derive(Debug)]
pub struct Certificate {
    cert_file: PathBuf,
    key_file: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads the configured files; `None` where TLS is off.
    pub fn load(config: &TlsConfig) -> Result<Option<Arc<Self>>, TlsError> {
        let (Some(cert_file), Some(key_file)) = (config.cert_file.clone(), config.key_file.clone()) else {
            return Ok(None);
        };
        let current = RwLock::new(Arc::new(read(&cert_file, &key_file)?));
        Ok(Some(Arc::new(Self { cert_file, key_file, current })))
    }

    /// Reads the files again. On `Err` the former certificate stays in force.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(read(&self.cert_file, &self.key_file)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The server's TLS settings: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn read(cert_file: &Path, key_file: &Path) -> Result<CertifiedKey, TlsError> {
    let fault = |path: &Path, what| {
        let path = path.to_owned();
        move |cause| TlsError::File { path, what, cause }
    };
    let chain = CertificateDer::pem_file_iter(cert_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(fault(cert_file, "certificate"))?;
    if chain.is_empty() {
        return Err(TlsError::Empty(cert_file.to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(fault(key_file, "private key"))?;
    CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider()).map_err(TlsError::Unusable)
}
