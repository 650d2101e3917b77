//! Everything a sandbox knows, behind one lock: corps and the tokens given for their secrets.

pub mod chat;
pub mod corp;
pub mod directory;
pub mod file;
pub mod job;
pub mod member;
pub mod tag;

use corp::{Corp, Owner};
use std::collections::{BTreeMap, HashMap};

/// Seconds a token is good for (doc path 91039).
pub const TOKEN_S: i64 = 7200;
/// How long an expired token is remembered, so that it is told from one that never was.
const TOKEN_MEMORY_MS: i64 = 24 * 3_600_000;

/// A token that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Corp.
    pub corpid: String,
    /// Whose secret.
    pub owner: Owner,
    /// Expiry by the sandbox's clock.
    pub expires_at_ms: i64,
}

/// All corps and tokens.
#[derive(Debug, Default)]
pub struct World {
    /// Corps by CorpID.
    pub corps: BTreeMap<String, Corp>,
    grants: HashMap<String, Grant>,
    current: HashMap<(String, Owner), String>,
    last_token: u64,
}

impl World {
    /// The token of a secret: the same one while it is valid, a new one afterwards.
    pub fn token(&mut self, corpid: &str, owner: Owner, now_ms: i64) -> (String, i64) {
        let key = (corpid.to_owned(), owner);
        if let Some(token) = self.current.get(&key)
            && let Some(grant) = self.grants.get(token)
            && grant.expires_at_ms > now_ms
        {
            return (token.clone(), (grant.expires_at_ms - now_ms + 999) / 1000);
        }
        self.grants.retain(|_, grant| grant.expires_at_ms + TOKEN_MEMORY_MS > now_ms);
        self.last_token += 1;
        let token = format!("{:032x}{:032x}{:x}", rand::random::<u128>(), rand::random::<u128>(), self.last_token);
        let expires_at_ms = now_ms + TOKEN_S * 1000;
        self.grants.insert(token.clone(), Grant { corpid: corpid.to_owned(), owner, expires_at_ms });
        self.current.insert(key, token.clone());
        (token, TOKEN_S)
    }

    /// The grant of a token, valid or expired.
    pub fn grant(&self, token: &str) -> Option<&Grant> {
        self.grants.get(token)
    }

    /// Takes one token back: it answers 40014 from now on.
    pub fn invalidate_token(&mut self, token: &str) -> bool {
        self.current.retain(|_, current| current != token);
        self.grants.remove(token).is_some()
    }

    /// Takes back all tokens, or those of one corp, or those of one secret. Answers how many.
    pub fn invalidate_tokens(&mut self, corpid: Option<&str>, owner: Option<Owner>) -> usize {
        let before = self.grants.len();
        self.grants.retain(|_, grant| {
            !(corpid.is_none_or(|corpid| grant.corpid == corpid) && owner.is_none_or(|owner| grant.owner == owner))
        });
        let grants = &self.grants;
        self.current.retain(|_, token| grants.contains_key(token));
        before - self.grants.len()
    }

    /// When the next job of any corp is due.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.corps.values().filter_map(|corp| corp.jobs.next_due_ms()).min()
    }
}
