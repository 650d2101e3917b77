//! The plan of one downstream run.

use super::input::{Draft, PlanInput, PlanRefusal};

/// Computes everything that one downstream run would do. Same input, same plan.
pub fn plan(input: &PlanInput<'_>) -> Result<Draft, PlanRefusal> {
    Err(PlanRefusal::BadOption {
        option: "downstream".into(),
        value: input.corp.key.to_string(),
        reason: "planning is not available in this build".into(),
    })
}
