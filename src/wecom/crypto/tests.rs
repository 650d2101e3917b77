//! All vectors of `tests/data/callback-vectors.json`, and the properties of the inverse.

use super::envelope::{Envelope, reply_body, request_body};
use super::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    positive: Vec<Vector>,
    negative: Vec<Vector>,
    invalid_keys: Vec<KeyVector>,
}

#[derive(Deserialize)]
struct KeyVector {
    name: String,
    encoding_aes_key: String,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    kind: String,
    token: String,
    encoding_aes_key: String,
    receiveid: String,
    timestamp: String,
    nonce: String,
    encrypt: String,
    msg_signature: String,
    body: Option<String>,
    random_hex: Option<String>,
    plaintext: Option<String>,
    pad: Option<usize>,
    expected_reason: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../tests/data/callback-vectors.json")).unwrap()
}

fn crypto(vector: &Vector) -> CallbackCrypto {
    CallbackCrypto::new(&vector.token, &vector.encoding_aes_key, &vector.receiveid).unwrap()
}

#[test]
fn every_good_vector_is_reproduced_and_read() {
    let vectors = vectors().positive;
    assert_eq!(vectors.len(), 20);
    for vector in vectors {
        let name = &vector.name;
        let crypto = crypto(&vector);
        let plaintext = vector.plaintext.as_deref().unwrap();
        let random: [u8; 16] = hex::decode(vector.random_hex.as_deref().unwrap()).unwrap().try_into().unwrap();
        assert_eq!(crypto.encrypt_with(&random, plaintext), vector.encrypt, "{name}: ciphertext");
        let framed = HEADER_LEN + plaintext.len() + vector.receiveid.len();
        assert_eq!(PAD_BLOCK - framed % PAD_BLOCK, vector.pad.unwrap(), "{name}: padding");
        let encrypted = match &vector.body {
            Some(body) => Envelope::parse(body).unwrap().encrypt.into_owned(),
            None => vector.encrypt.clone(),
        };
        let read = crypto.open(&vector.msg_signature, &vector.timestamp, &vector.nonce, &encrypted);
        assert_eq!(read.as_deref(), Ok(plaintext), "{name}");
    }
}

#[test]
fn every_bad_vector_is_refused_for_its_reason() {
    let vectors = vectors().negative;
    assert_eq!(vectors.len(), 33);
    for vector in vectors {
        let encrypted = match &vector.body {
            Some(body) if vector.kind != "url_verify" => {
                Envelope::parse(body).map(|envelope| envelope.encrypt.into_owned())
            }
            _ => Ok(vector.encrypt.clone()),
        };
        let got = encrypted.and_then(|encrypted| {
            crypto(&vector).open(&vector.msg_signature, &vector.timestamp, &vector.nonce, &encrypted)
        });
        let reason = match got {
            Ok(_) => "accepted",
            Err(CryptoError::BadKey) => "aes_key_invalid",
            Err(CryptoError::BadEnvelope(_)) => "xml_invalid",
            Err(CryptoError::SignatureMismatch) => "signature_mismatch",
            Err(CryptoError::BadBase64) => "base64_invalid",
            Err(CryptoError::BadCiphertextLength) => "ciphertext_length",
            Err(CryptoError::BadPadding) => "bad_padding",
            Err(CryptoError::BadLengthField) => "bad_length_field",
            Err(CryptoError::ReceiverMismatch) => "receiveid_mismatch",
            Err(CryptoError::BadUtf8) => "utf8_invalid",
        };
        assert_eq!(Some(reason), vector.expected_reason.as_deref(), "{}", vector.name);
    }
}

#[test]
fn every_bad_key_is_refused() {
    let vectors = vectors().invalid_keys;
    assert_eq!(vectors.len(), 7);
    for vector in vectors {
        let got = CallbackCrypto::new("token", &vector.encoding_aes_key, "corp").map(|_| ());
        assert_eq!(got, Err(CryptoError::BadKey), "{}", vector.name);
    }
}

#[test]
fn what_is_sealed_opens_again_at_every_padding() {
    let crypto = CallbackCrypto::new("t", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww1").unwrap();
    for len in 0..100 {
        let message = "字".repeat(len);
        let encrypted = crypto.encrypt(&message);
        let signature = crypto.sign("1", "2", &encrypted);
        assert_eq!(crypto.open(&signature, "1", "2", &encrypted).as_deref(), Ok(message.as_str()), "{len} characters");
        assert_eq!(crypto.open(&signature, "1", "3", &encrypted), Err(CryptoError::SignatureMismatch));
    }
}

#[test]
fn written_bodies_are_read_back() {
    let crypto = CallbackCrypto::new("t", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww1").unwrap();
    let encrypted = crypto.encrypt("hello");
    let body = request_body("ww1", Some(1_000_002), &encrypted);
    let got = Envelope::parse(&body).unwrap();
    assert_eq!(got, Envelope { encrypt: encrypted.as_str().into(), agentid: Some("1000002".into()) });
    assert_eq!(Envelope::parse(&request_body("ww1", None, &encrypted)).unwrap().agentid, None);
    let body = reply_body(&crypto, "1700000000", "n", "<xml/>");
    let reply = Envelope::parse(&body).unwrap();
    assert_eq!(crypto.decrypt(&reply.encrypt).as_deref(), Ok("<xml/>"));
}

#[test]
fn debug_shows_no_key() {
    let crypto = CallbackCrypto::new("tokentext", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww1").unwrap();
    let shown = format!("{crypto:?}");
    assert!(!shown.contains("tokentext") && !shown.contains("abcdef"), "{shown}");
}
