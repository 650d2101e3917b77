//! The OA side of the house: reading directory files, checking them, comparing them with what is stored, importing,
//! exporting, and the sample organisation. Knows the store and the model; knows nothing of WeCom.

pub mod sample;
