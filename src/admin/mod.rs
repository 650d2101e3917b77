//! Who may do what: accounts, roles, sessions, second factors, sign-in and its brakes, API keys, the appliance's own
//! settings. Refuses to know HTTP: a handler passes on names, tokens and addresses, and sets the cookies.

pub mod accounts;
mod attempts;
pub mod csrf;
mod error;
pub mod first_start;
pub mod keys;
pub mod passwords;
pub mod second_factor;
pub mod sessions;
pub mod settings;
pub mod sign_in;
pub mod totp;

pub use error::AccountError;

use crate::clock::Clock;
use crate::model::Secret;
use crate::store::Store;
use attempts::Door;
pub use attempts::forget_attempts;
use csrf::VisitorKey;
use passwords::Passwords;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Everything that a function of this room needs from outside. Built once, cheap to clone.
#[derive(Clone)]
pub struct Env {
    /// The store.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Where passwords are hashed, a few at once.
    pub passwords: Passwords,
    door: Arc<Door>,
    visitors: VisitorKey,
}

impl Env {
    /// Over a store and a clock.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            passwords: Passwords::default(),
            door: Arc::new(Door::default()),
            visitors: VisitorKey::generate(),
        }
    }

    /// A new id that sorts by time.
    fn new_id(&self) -> String {
        let now_ms = self.clock.now_ms().max(0).unsigned_abs();
        let nanos = u32::try_from(now_ms % 1_000).unwrap_or(0) * 1_000_000;
        let stamp = uuid::Timestamp::from_unix(uuid::NoContext, now_ms / 1_000, nanos);
        uuid::Uuid::new_v7(stamp).to_string()
    }
}

/// 256 random bits as 64 hex digits: what a cookie or a link carries.
fn new_token() -> Secret {
    Secret::new(hex::encode(rand::random::<[u8; 32]>()))
}

/// The form in which a token is kept. With 256 random bits a plain hash cannot be guessed back.
fn hash_of_token(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

/// Whether a text can be a token at all; everything else is refused without a look into the store.
fn is_token(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
