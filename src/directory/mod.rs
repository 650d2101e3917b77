//! The OA side of the house: reading directory files, checking them, comparing them with what is stored, importing,
//! exporting, and the sample organisation. Knows the store and the model; knows nothing of WeCom.

mod csv;
pub mod fault;
pub mod fields;
mod grid;
pub mod ldif;
pub mod limits;
pub mod parsed;
pub mod sample;
mod text;
mod unpack;
mod xlsx;

pub use fault::{Fault, FaultCode, Faults, Place, Weight};
pub use limits::Limits;
pub use parsed::{Format, Parsed, Source, Table};
