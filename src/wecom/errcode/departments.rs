//! rows
use super::{Class, Explanation, row};
pub(super) static ROWS: &[Explanation] = &[];
