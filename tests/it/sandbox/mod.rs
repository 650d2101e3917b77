//! The sandbox over raw HTTP: behaviours, and every errcode that the contract names for an endpoint.

mod caller;
mod faults;
