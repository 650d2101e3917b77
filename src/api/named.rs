//! A key in a body beside the one in the path: what a `GET` answered may be put back as it is.

use crate::http::Problem;

/// Refuses a body whose key is not that of the path.
pub(super) fn check_key(path: &str, named: Option<&str>) -> Result<(), Problem> {
    if named.is_none_or(|named| named == path) {
        return Ok(());
    }
    let told = format!("The key in the body is not {path}, the one in the path; a key never changes.");
    Err(Problem::invalid("setup.invalid", told).at("key", format!("must be {path:?}, or absent")))
}
