//! What is wrong with a corp's form, beside its field and in the reader's language.

use crate::http::Problem;
use crate::http::errors::setup_problem;
use crate::locale::T;
use crate::setup::SetupError;
use crate::web::form::Faults;

/// Puts what the checks found beside the fields; answers what no field can mend. `known` are the fields of the form;
/// faults elsewhere are told at `other`.
pub(super) fn place(t: T, error: SetupError, known: &[&str], other: &str, faults: &mut Faults) -> Result<(), Problem> {
    let SetupError::Faults(found) = error else { return Err(setup_problem(error)) };
    for fault in found.0 {
        let name = fault.path.rsplit(['.', ' ']).next().unwrap_or_default();
        let field = known.iter().find(|known| **known == name || fault.path == **known).copied().unwrap_or(other);
        faults.add(field, t.setup_fault(name, &fault.message));
    }
    Ok(())
}
