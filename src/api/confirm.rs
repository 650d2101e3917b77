//! A confirmation in the query of requests that take away what cannot be had back.

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
