//! The sandbox over raw HTTP: behaviours, and every errcode that the contract names for an endpoint.

mod caller;
mod control;
mod departments;
mod editions;
mod events;
mod exports;
mod faults;
mod imports;
mod lookups;
mod members;
mod messages;
mod phone;
mod reads;
mod tags;
mod talks;
mod tokens;
mod wire;
