//! The wire: requests in, answers out, and the gate between. Knows HTTP; the rules are elsewhere.

pub mod answer;
pub mod connection;
pub mod download;
pub mod gate;
pub mod request;
pub mod server;
