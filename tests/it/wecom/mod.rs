//! The product's client against the sandbox and against servers that answer nonsense.

mod fake;
mod faults;
mod parity;
mod quota;
mod tokens;
mod transport;
mod world;
