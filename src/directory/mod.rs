//! The OA side of the house: reading directory files, checking them, comparing them with what is stored, importing,
//! exporting, and the sample organisation. Knows the store and the model; knows nothing of WeCom.

mod check;
pub mod compare;
mod csv;
pub mod diff;
mod error;
pub mod export;
pub mod fault;
pub mod fields;
mod grid;
pub mod guard;
pub mod import;
pub mod kind;
pub mod ldif;
pub mod limits;
pub mod parsed;
mod progress;
mod read;
pub mod rows;
pub mod sample;
pub mod service;
pub mod sheet;
mod text;
mod trail;
mod unpack;
mod upload;
pub mod values;
mod xlsx;
mod xml_shape;

pub use compare::{Stored, compare};
pub use diff::{Change, ChangeKind, Changes, Diff, FieldChange, ImportMode, RowCounts};
pub use error::DirectoryError;
pub use fault::{Fault, FaultCode, Faults, Place, Weight};
pub use import::{ImportOptions, Imported, Preview, Progress, Summary, find_unfinished};
pub use limits::Limits;
pub use parsed::{Format, Parsed, Source, Table};
pub use progress::Unfinished;
pub use read::{is_csv, read_bytes, read_path};
pub use upload::{Upload, confirm_upload, preview_upload};
