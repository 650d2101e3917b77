//! Tests of the pure half over a small WeCom of their own: rules one by one, dangerous input, and properties over
//! random organisations.

mod cloud;
mod dangers;
mod departments;
mod explanation;
mod fields;
mod guards;
mod people;
mod properties;
mod removals;
mod scope;
mod undo;
pub(crate) mod world;
