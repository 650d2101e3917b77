//! Secrets as a set-up file writes them: in place, `{ env = "NAME" }` or `{ file = "path" }`.

use super::read::ReadFrom;
use crate::model::{CorpKey, Secret, SecretName};
use rand::RngExt;
use serde::{Deserialize, Deserializer};
use std::path::PathBuf;

/// Where a secret is written.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In the file itself.
    Inline(Secret),
    /// In a variable of the environment.
    Env(String),
    /// In a file; a trailing line break is not part of the secret.
    File(PathBuf),
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Inline(String),
            Reference(Reference),
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Reference {
            env: Option<String>,
            file: Option<PathBuf>,
        }
        let refuse = || serde::de::Error::custom("must be a text, { env = \"NAME\" } or { file = \"path\" }");
        match Form::deserialize(deserializer).map_err(|_| refuse())? {
            Form::Inline(text) => Ok(Self::Inline(Secret::new(text))),
            Form::Reference(Reference { env: Some(name), file: None }) => Ok(Self::Env(name)),
            Form::Reference(Reference { env: None, file: Some(path) }) => Ok(Self::File(path)),
            Form::Reference(_) => Err(refuse()),
        }
    }
}

impl SecretSource {
    /// The secret itself, or why it cannot be had.
    pub(super) fn resolve(&self, from: &ReadFrom<'_>) -> Result<Secret, String> {
        let secret = match self {
            Self::Inline(secret) => secret.clone(),
            Self::Env(name) => Secret::new((from.env)(name).ok_or_else(|| format!("the variable {name} is not set"))?),
            Self::File(path) => {
                let path = from.folder.join(path);
                let text = std::fs::read_to_string(&path)
                    .map_err(|cause| format!("the file {} cannot be read: {cause}", path.display()))?;
                Secret::new(text.trim_end_matches(['\r', '\n']))
            }
        };
        if secret.is_empty() {
            Err("the secret is empty; leave the key out to keep what is stored".into())
        } else {
            Ok(secret)
        }
    }
}

/// The variable that a redacted export names, e.g. `WECOM_BRIDGE_SECRET_ACME_MAIN_APP_OA_SECRET`.
pub(super) fn variable_name(corp: &CorpKey, name: &SecretName) -> String {
    let text = format!("{}SECRET_{corp}_{}", crate::config::ENV_PREFIX, name.path());
    text.to_ascii_uppercase().replace(['-', '/'], "_")
}

/// A callback token of our own: 24 letters and digits.
///
/// Source: doc path 90930 (letters and digits, at most 32).
pub(super) fn generate_token() -> Secret {
    Secret::new(random_text(24))
}

/// An EncodingAESKey of our own: 43 letters and digits, which is base64 of 32 bytes and two spare bits.
///
/// Source: doc path 90930.
pub(super) fn generate_aes_key() -> Secret {
    Secret::new(random_text(43))
}

fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut rng = rand::rng();
    (0..length).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}
