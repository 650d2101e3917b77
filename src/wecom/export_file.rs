//! The encrypted files of an export: AES-256-CBC, padded to 32 bytes, the IV is the key's beginning; size and MD5 are
//! those of the encrypted file (doc path 94854).

use super::answers::ExportFile;
use crate::model::Secret;
use aes::Aes256;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use md5::{Digest, Md5};

/// WeCom pads to this many bytes, not to the cipher's block.
const PAD_BYTES: usize = 32;
/// Length of an EncodingAESKey.
const KEY_CHARS: usize = 43;

/// The key of one export: 43 characters, chosen by us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportKey {
    text: Secret,
    bytes: [u8; 32],
}

impl ExportKey {
    /// A new random key.
    pub fn random() -> Self {
        let bytes: [u8; 32] = rand::random();
        let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
        Self { text: Secret::new(text), bytes }
    }

    /// Takes a key's text; `None` when it is not 43 characters of base64.
    pub fn parse(text: &str) -> Option<Self> {
        // the last character usually carries bits that belong to no byte
        let config = GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
        if text.len() != KEY_CHARS {
            return None;
        }
        let bytes = engine.decode(text).ok()?.try_into().ok()?;
        Some(Self { text: Secret::new(text), bytes })
    }

    pub(super) fn expose(&self) -> &str {
        self.text.expose()
    }
}

/// Checks and decrypts; `Err` says what is wrong with the file.
pub(super) fn open(bytes: &[u8], file: &ExportFile, key: &ExportKey) -> Result<Vec<u8>, String> {
    if bytes.len() as u64 != file.size {
        return Err(format!("the file has {} bytes instead of {}", bytes.len(), file.size));
    }
    if !hex::encode(Md5::digest(bytes)).eq_ignore_ascii_case(&file.md5) {
        return Err("the file's MD5 is not the announced one".into());
    }
    let mut plain = bytes.to_vec();
    let cipher = cbc::Decryptor::<Aes256>::new((&key.bytes).into(), key.bytes[..16].try_into().map_err(|_| "bad IV")?);
    let length = cipher
        .decrypt_padded::<NoPadding>(&mut plain)
        .map_err(|_| "the file's length is not that of an encrypted file".to_owned())?
        .len();
    let pad = plain.last().map_or(0, |last| usize::from(*last));
    let is_padded = (1..=PAD_BYTES).contains(&pad)
        && pad <= length
        && plain[length - pad..length].iter().all(|byte| usize::from(*byte) == pad);
    if !is_padded {
        return Err("the file cannot be decrypted with the export's key".into());
    }
    plain.truncate(length - pad);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbc::cipher::BlockModeEncrypt;

    fn seal(text: &[u8], key: &ExportKey) -> (Vec<u8>, ExportFile) {
        let pad = PAD_BYTES - text.len() % PAD_BYTES;
        let mut bytes = text.to_vec();
        bytes.extend(std::iter::repeat_n(u8::try_from(pad).unwrap(), pad));
        let length = bytes.len();
        let iv: &[u8; 16] = key.bytes[..16].try_into().unwrap();
        cbc::Encryptor::<Aes256>::new((&key.bytes).into(), iv.into())
            .encrypt_padded::<NoPadding>(&mut bytes, length)
            .unwrap();
        let md5 = hex::encode(Md5::digest(&bytes));
        let file = ExportFile { url: String::new(), size: bytes.len() as u64, md5 };
        (bytes, file)
    }

    #[test]
    fn a_file_is_opened_by_its_own_key_only() {
        let key = ExportKey::random();
        for text in [&b"{}"[..], &b"x".repeat(31), &b"x".repeat(32), &b"x".repeat(1000)] {
            let (bytes, file) = seal(text, &key);
            assert_eq!(open(&bytes, &file, &key).unwrap(), text);
            let stranger = open(&bytes, &file, &ExportKey::random());
            assert!(stranger.as_deref() != Ok(text), "another key must not open it");
        }
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let key = ExportKey::random();
        let (mut bytes, file) = seal(br#"{"userlist":[]}"#, &key);
        assert!(open(&bytes[..bytes.len() - 16], &file, &key).is_err(), "short");
        bytes[0] ^= 1;
        assert!(open(&bytes, &file, &key).is_err(), "changed");
        let empty = ExportFile { url: String::new(), size: 0, md5: hex::encode(Md5::digest([])) };
        assert!(open(&[], &empty, &key).is_err(), "empty");
    }

    #[test]
    fn keys() {
        assert!(ExportKey::parse("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C").is_some(), "trailing bits are allowed");
        assert!(ExportKey::parse("short").is_none());
        assert!(ExportKey::parse(&"*".repeat(43)).is_none());
        let key = ExportKey::random();
        assert_eq!(ExportKey::parse(key.expose()), Some(key));
    }
}
