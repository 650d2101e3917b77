//! Confirmations: in the query of requests that take away what cannot be had back, and the count of what is changed together.

use crate::http::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

/// A typed confirmation.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmQuery {
    /// The key, id, name or number of what is to be removed, as the route says.
    #[serde(default)]
    confirm: String,
}

/// Refuses a request that changes many at once unless it says how many there are; the refusal tells.
pub(super) fn check_count(confirm: Option<usize>, count: usize) -> Result<(), Problem> {
    if confirm == Some(count) {
        return Ok(());
    }
    let text = "To do this with all of them, `confirm` must be how many there are.";
    Err(Problem::bad_request("request.confirm", text).at("confirm", format!("must be {count}")))
}

impl ConfirmQuery {
    /// Refuses the request unless the key was repeated.
    pub(super) fn check(&self, key: &str) -> Result<(), Problem> {
        if self.confirm == key {
            return Ok(());
        }
        let problem = Problem::bad_request(
            "request.confirm",
            "To remove this with everything that is kept for it, `confirm` in the query must name it.",
        );
        Err(problem.at("confirm", format!("must be {key:?}")))
    }
}
