//! What several rooms' tests use.

pub mod child;
pub mod corp;
pub mod ldif;
pub mod slapd;
