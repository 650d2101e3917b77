//! Who may do what: API keys now, accounts and roles with the browser pages. Knows the store; refuses to know HTTP.

pub mod keys;
