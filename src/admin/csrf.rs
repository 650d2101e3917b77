//! Tokens in forms, so that another site cannot send one in a visitor's name. A token is an HMAC under something that
//! only the browser's cookie and this program know; nothing is stored.

use super::{Env, is_token, new_token};
use crate::model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;
use subtle::ConstantTimeEq;

const SESSION: &[u8] = b"wecom-bridge csrf session v1";
const VISITOR: &[u8] = b"wecom-bridge csrf visitor v1";

/// The key that signs the forms of visitors who have not signed in: made with the process and gone with it.
#[derive(Clone)]
pub(super) struct VisitorKey(Arc<[u8; 32]>);

impl VisitorKey {
    pub(super) fn generate() -> Self {
        Self(Arc::new(rand::random()))
    }
}

/// The token for the forms of a session, from the token in its cookie.
pub fn csrf_token(session_token: &str) -> String {
    sign(session_token.as_bytes(), SESSION, b"")
}

/// Whether a form's token belongs to the session. Takes the same time wherever they differ.
pub fn csrf_matches(session_token: &str, given: &str) -> bool {
    is_same(&csrf_token(session_token), given)
}

/// A value for the cookie of a visitor without a session (the sign-in form, the set-up form).
pub fn new_visitor() -> Secret {
    new_token()
}

/// Whether a cookie holds what [`new_visitor`] gives; give the browser a new one if not.
pub fn is_visitor(cookie: &str) -> bool {
    is_token(cookie)
}

/// The token for the forms of a visitor, from the value of the cookie.
pub fn visitor_token(env: &Env, cookie: &str) -> String {
    sign(env.visitors.0.as_slice(), VISITOR, cookie.as_bytes())
}

/// Whether a form's token belongs to the visitor's cookie. A restart of the server makes all of them invalid: show the
/// form again.
pub fn visitor_matches(env: &Env, cookie: &str, given: &str) -> bool {
    is_token(cookie) && is_same(&visitor_token(env, cookie), given)
}

fn sign(key: &[u8], label: &[u8], bound_to: &[u8]) -> String {
    // An HMAC takes keys of any length.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| hex::encode(mac.chain_update(label).chain_update(bound_to).finalize().into_bytes()))
        .unwrap_or_default()
}

fn is_same(wanted: &str, given: &str) -> bool {
    !wanted.is_empty() && bool::from(wanted.as_bytes().ct_eq(given.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::{KeyRing, Store, StoreOptions};

    #[test]
    fn a_token_fits_its_session_alone() {
        let (one, two) = (new_token(), new_token());
        let token = csrf_token(one.expose());
        assert_eq!(token.len(), 64);
        for (session, given, fits) in [
            (one.expose(), token.as_str(), true),
            (two.expose(), &token, false),
            (one.expose(), "", false),
            (one.expose(), &token[..63], false),
            (one.expose(), &token.to_uppercase(), false),
            (one.expose(), one.expose(), false),
        ] {
            assert_eq!(csrf_matches(session, given), fits, "{given:?}");
        }
    }

    #[test]
    fn a_visitors_token_fits_the_cookie_and_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), Clock::manual(0))).unwrap();
        let env = Env::new(store.clone(), Clock::manual(0));
        let after_restart = Env::new(store, Clock::manual(0));
        let (cookie, other) = (new_visitor(), new_visitor());
        let token = visitor_token(&env, cookie.expose());
        assert!(visitor_matches(&env, cookie.expose(), &token));
        assert!(!visitor_matches(&env, other.expose(), &token));
        assert!(!visitor_matches(&after_restart, cookie.expose(), &token));
        assert!(!visitor_matches(&env, "", &visitor_token(&env, "")), "no cookie, no form");
        assert!(!visitor_matches(&env, cookie.expose(), &csrf_token(cookie.expose())), "not that of a session");
    }
}
