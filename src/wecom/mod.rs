//! The WeCom protocol.

pub mod crypto;
