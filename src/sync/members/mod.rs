//! Employees become members: what each field should be ([`fields`], [`limits`]), where each person belongs
//! ([`placement`]), what differs from the mirror ([`compare`]), who is new ([`create`]), which entries of a list
//! go along ([`lists`]), who leaves ([`removals`]) and who reports to whom ([`superiors`]).

pub mod compare;
pub mod create;
pub mod fields;
pub mod limits;
pub mod lists;
pub mod people;
pub mod placement;
pub mod removals;
pub mod superiors;
