//! What several rooms' tests use.

pub mod ldif;
pub mod slapd;
