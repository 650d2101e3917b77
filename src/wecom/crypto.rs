//! Callback crypto: signature, AES-256-CBC with WeCom's own padding, and the framing of the plaintext.
//!
//! Knows keys and bytes. It does not know what a message means, and no clock: freshness of the timestamp is not part
//! of the documented check. The outer body is taken apart in [`envelope`].
//! Source: doc paths 90968 and 91144.

pub mod envelope;
pub mod flat;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Random bytes in front of the plaintext.
const RANDOM_LEN: usize = 16;
/// Random bytes and the length field.
const HEADER_LEN: usize = RANDOM_LEN + 4;
/// WeCom pads to 32, twice the block of AES.
const PAD_BLOCK: usize = 32;

/// Keys are not canonical base64: 43 characters carry 258 bits, and nothing forces the last two to be zero.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a callback, or a key, is refused. The variants are in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// Not 43 letters and digits.
    #[error("the EncodingAESKey must be exactly 43 letters and digits")]
    BadKey,
    /// The body carries no readable `Encrypt`.
    #[error("the body of the callback is neither the documented XML nor JSON: {0}")]
    BadEnvelope(&'static str),
    /// Wrong token, or the request was changed on the way.
    #[error("the signature does not match: token or content differ")]
    SignatureMismatch,
    /// `Encrypt` is not strict standard base64.
    #[error("the encrypted text is not base64")]
    BadBase64,
    /// Empty, or not whole AES blocks.
    #[error("the encrypted text has an impossible length")]
    BadCiphertextLength,
    /// Usually the wrong EncodingAESKey.
    #[error("the padding is wrong: most often the EncodingAESKey differs")]
    BadPadding,
    /// The length field points outside the message.
    #[error("the length field does not fit the message")]
    BadLengthField,
    /// Meant for another corp or suite.
    #[error("the message is meant for another receiver")]
    ReceiverMismatch,
    /// The message is not UTF-8.
    #[error("the message is not UTF-8")]
    BadUtf8,
}

/// The 32 bytes of an EncodingAESKey; wiped on drop.
#[derive(Clone)]
pub struct AesKey(Zeroizing<[u8; 32]>);

impl AesKey {
    /// Decodes the 43 characters that the console shows (letters and digits only; the `=` is not part of them).
    pub fn parse(key43: &str) -> Result<Self, CryptoError> {
        if key43.len() != 43 || !key43.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CryptoError::BadKey);
        }
        let mut key = Zeroizing::new([0_u8; 32]);
        match KEY_BASE64.decode_slice(key43, key.as_mut_slice()) {
            Ok(32) => Ok(Self(key)),
            _ => Err(CryptoError::BadKey),
        }
    }

    /// AES-256-CBC under this key, IV = its first 16 bytes, padded to a multiple of 32.
    ///
    /// Callbacks put a frame around the text first ([`CallbackCrypto::encrypt`]); export files (doc path 94849) do not.
    pub fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        let pad = PAD_BLOCK - plaintext.len() % PAD_BLOCK;
        let mut buffer = Vec::with_capacity(plaintext.len() + pad);
        buffer.extend_from_slice(plaintext);
        buffer.resize(plaintext.len() + pad, u8::try_from(pad).unwrap_or_default());
        let len = buffer.len();
        let iv: [u8; 16] = self.iv();
        let sealed = cbc::Encryptor::<aes::Aes256>::new((&*self.0).into(), (&iv).into())
            .encrypt_padded::<NoPadding>(&mut buffer, len);
        debug_assert!(sealed.is_ok(), "whole blocks need no padding");
        buffer
    }

    /// The inverse of [`AesKey::seal`]; refuses padding that is not exactly WeCom's.
    pub fn open(&self, mut ciphertext: Vec<u8>) -> Result<Vec<u8>, CryptoError> {
        if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(16) {
            return Err(CryptoError::BadCiphertextLength);
        }
        let iv: [u8; 16] = self.iv();
        cbc::Decryptor::<aes::Aes256>::new((&*self.0).into(), (&iv).into())
            .decrypt_padded::<NoPadding>(&mut ciphertext)
            .map_err(|_| CryptoError::BadPadding)?;
        let pad = usize::from(ciphertext.last().copied().unwrap_or_default());
        let whole = ciphertext.len().is_multiple_of(PAD_BLOCK);
        if !whole || !(1..=PAD_BLOCK).contains(&pad) || pad > ciphertext.len() {
            return Err(CryptoError::BadPadding);
        }
        let text_len = ciphertext.len() - pad;
        if ciphertext[text_len..].iter().any(|&b| usize::from(b) != pad) {
            return Err(CryptoError::BadPadding);
        }
        ciphertext.truncate(text_len);
        Ok(ciphertext)
    }

    fn iv(&self) -> [u8; 16] {
        let mut iv = [0; 16];
        iv.copy_from_slice(&self.0[..16]);
        iv
    }
}

/// Signs, checks, encrypts and decrypts the callbacks of one receiver.
#[derive(Clone)]
pub struct CallbackCrypto {
    token: Zeroizing<String>,
    key: AesKey,
    receive_id: String,
}

impl CallbackCrypto {
    /// `receive_id` is the CorpID for a corp's own apps and its contacts callback, the SuiteID for suite events, and
    /// empty for apps of an individual provider (doc path 91144).
    pub fn new(token: &str, aes_key43: &str, receive_id: &str) -> Result<Self, CryptoError> {
        Ok(Self {
            token: Zeroizing::new(token.to_owned()),
            key: AesKey::parse(aes_key43)?,
            receive_id: receive_id.to_owned(),
        })
    }

    /// `msg_signature`: lower-case hex SHA-1 over the four texts, sorted byte-wise. `encrypted` is the base64 text as
    /// received, or the `echostr` of a URL check.
    pub fn sign(&self, timestamp: &str, nonce: &str, encrypted: &str) -> String {
        hex::encode(self.digest(timestamp, nonce, encrypted))
    }

    fn digest(&self, timestamp: &str, nonce: &str, encrypted: &str) -> sha1::digest::Output<Sha1> {
        let mut parts = [self.token.as_str(), timestamp, nonce, encrypted];
        parts.sort_unstable();
        let mut hash = Sha1::new();
        for part in parts {
            hash.update(part.as_bytes());
        }
        hash.finalize()
    }

    /// Checks a signature in constant time. Nothing has been decrypted yet on `Err`.
    pub fn verify(&self, signature: &str, timestamp: &str, nonce: &str, encrypted: &str) -> Result<(), CryptoError> {
        let mut expected = [0; 40];
        let is_written = hex::encode_to_slice(self.digest(timestamp, nonce, encrypted), &mut expected).is_ok();
        if is_written && bool::from(expected.as_slice().ct_eq(signature.as_bytes())) {
            Ok(())
        } else {
            Err(CryptoError::SignatureMismatch)
        }
    }

    /// Frames and encrypts a message; the answer is base64. Two calls never give the same text.
    pub fn encrypt(&self, message: &str) -> String {
        self.encrypt_with(&rand::random(), message)
    }

    fn encrypt_with(&self, random: &[u8; RANDOM_LEN], message: &str) -> String {
        let mut plain = Vec::with_capacity(HEADER_LEN + message.len() + self.receive_id.len());
        plain.extend_from_slice(random);
        plain.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        plain.extend_from_slice(message.as_bytes());
        plain.extend_from_slice(self.receive_id.as_bytes());
        STANDARD.encode(self.key.seal(&plain))
    }

    /// Decrypts and unframes a message. Check the signature with [`CallbackCrypto::verify`] first.
    pub fn decrypt(&self, encrypted: &str) -> Result<String, CryptoError> {
        let (mut plain, end) = self.unframe(encrypted)?;
        if plain.get(end..) != Some(self.receive_id.as_bytes()) {
            return Err(CryptoError::ReceiverMismatch);
        }
        plain.truncate(end);
        plain.drain(..HEADER_LEN);
        String::from_utf8(plain).map_err(|_| CryptoError::BadUtf8)
    }

    /// For whom a message is meant, where the key opens it: to tell an administrator why [`CryptoError::ReceiverMismatch`].
    pub fn receiver_of(&self, encrypted: &str) -> Option<String> {
        let (plain, end) = self.unframe(encrypted).ok()?;
        Some(String::from_utf8_lossy(plain.get(end..)?).into_owned())
    }

    /// Everything that was encrypted; the message stands behind the header and ends where the receiver begins.
    fn unframe(&self, encrypted: &str) -> Result<(Vec<u8>, usize), CryptoError> {
        let ciphertext = STANDARD.decode(encrypted).map_err(|_| CryptoError::BadBase64)?;
        let plain = self.key.open(ciphertext)?;
        let header = plain.first_chunk::<HEADER_LEN>().ok_or(CryptoError::BadLengthField)?;
        let length = header[RANDOM_LEN..].iter().fold(0_u64, |sum, &b| sum << 8 | u64::from(b));
        let length = usize::try_from(length).map_err(|_| CryptoError::BadLengthField)?;
        let end =
            length.checked_add(HEADER_LEN).filter(|end| *end <= plain.len()).ok_or(CryptoError::BadLengthField)?;
        Ok((plain, end))
    }

    /// [`CallbackCrypto::verify`], then [`CallbackCrypto::decrypt`].
    pub fn open(&self, signature: &str, timestamp: &str, nonce: &str, encrypted: &str) -> Result<String, CryptoError> {
        self.verify(signature, timestamp, nonce, encrypted)?;
        self.decrypt(encrypted)
    }
}

impl std::fmt::Debug for CallbackCrypto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallbackCrypto").field("receive_id", &self.receive_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
