//! The encrypted files of an export: size and MD5 are those of the encrypted file, inside is the JSON itself without
//! the frame of a callback (doc path 94854).

use super::answers::ExportFile;
use super::crypto::AesKey;
use crate::model::Secret;
use md5::{Digest, Md5};

/// The characters of an EncodingAESKey.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Their number.
const KEY_CHARS: usize = 43;

/// The key of one export, chosen by us.
#[derive(Clone)]
pub struct ExportKey {
    text: Secret,
    key: AesKey,
}

impl ExportKey {
    /// A new random key.
    pub fn random() -> Self {
        loop {
            let text: String = (0..KEY_CHARS).map(|_| char::from(ALPHABET[rand::random_range(0..62)])).collect();
            // every such text is a key; the loop only spares a panic
            if let Some(key) = Self::parse(&text) {
                return key;
            }
        }
    }

    /// Takes a key's text; `None` when it is not 43 letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let key = AesKey::parse(text).ok()?;
        Some(Self { text: Secret::new(text), key })
    }

    pub(super) fn expose(&self) -> &str {
        self.text.expose()
    }
}

/// Checks and decrypts; `Err` says what is wrong with the file.
pub(super) fn open(bytes: Vec<u8>, file: &ExportFile, key: &ExportKey) -> Result<Vec<u8>, String> {
    if bytes.len() as u64 != file.size {
        return Err(format!("the file has {} bytes instead of {}", bytes.len(), file.size));
    }
    if !hex::encode(Md5::digest(&bytes)).eq_ignore_ascii_case(&file.md5) {
        return Err("the file's MD5 is not the announced one".into());
    }
    key.key.open(bytes).map_err(|_| "the file cannot be decrypted with the export's key".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(text: &[u8], key: &ExportKey) -> (Vec<u8>, ExportFile) {
        let bytes = key.key.seal(text);
        let md5 = hex::encode(Md5::digest(&bytes)).to_uppercase();
        let file = ExportFile { url: String::new(), size: bytes.len() as u64, md5 };
        (bytes, file)
    }

    #[test]
    fn a_file_is_opened_by_its_own_key_only() {
        let key = ExportKey::random();
        let (bytes, file) = seal(br#"{"userlist":[]}"#, &key);
        assert_eq!(open(bytes.clone(), &file, &key).unwrap(), br#"{"userlist":[]}"#);
        let stranger = open(bytes, &file, &ExportKey::random());
        assert!(stranger.as_deref() != Ok(br#"{"userlist":[]}"#), "another key must not open it");
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let key = ExportKey::random();
        let (mut bytes, file) = seal(br#"{"userlist":[]}"#, &key);
        assert!(open(bytes[..16].to_vec(), &file, &key).is_err(), "short");
        bytes[0] ^= 1;
        assert!(open(bytes, &file, &key).is_err(), "changed");
        let empty = ExportFile { url: String::new(), size: 0, md5: hex::encode(Md5::digest([])) };
        assert!(open(Vec::new(), &empty, &key).is_err(), "empty");
    }

    #[test]
    fn keys() {
        assert!(ExportKey::parse("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C").is_some(), "trailing bits are allowed");
        for bad in ["short".to_owned(), "*".repeat(43), "+".repeat(43)] {
            assert!(ExportKey::parse(&bad).is_none(), "{bad}");
        }
        assert_eq!(ExportKey::random().expose().len(), KEY_CHARS);
    }
}
