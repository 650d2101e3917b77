//! The product's client against the sandbox and against servers that answer nonsense.

mod fake;
mod faults;
mod quota;
mod tokens;
mod world;
