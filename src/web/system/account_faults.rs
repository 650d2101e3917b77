//! What is wrong with an account's form, beside its field and in the reader's language.

use crate::admin::AccountError;
use crate::http::Problem;
use crate::http::errors::account_problem;
use crate::locale::T;
use crate::web::form::Faults;

/// Puts an error beside the field that it is about; answers what no field can mend.
pub(super) fn place(t: T, error: AccountError, faults: &mut Faults) -> Result<(), Problem> {
    let (field, text) = match &error {
        AccountError::Name(_) => ("name", t.account_fault_name().to_owned()),
        AccountError::NameTaken(name) => ("name", t.account_fault_name_taken(name)),
        AccountError::DisplayName => ("display_name", t.account_fault_display_name().to_owned()),
        AccountError::Password(fault) => ("password", t.password_fault(fault.code()).to_owned()),
        AccountError::WrongPassword => ("present", t.account_fault_present().to_owned()),
        AccountError::WrongCode => ("code", t.account_fault_code().to_owned()),
        AccountError::LastAdministrator(_) => ("role", t.account_fault_last().to_owned()),
        AccountError::Wait { retry_after_s } => ("present", t.sign_in_wait(retry_after_s)),
        _ => return Err(account_problem(error)),
    };
    faults.add(field, text);
    Ok(())
}

/// Two entries of a new password that must be the same.
pub(super) fn check_repeated(t: T, password: &str, repeated: &str, faults: &mut Faults) {
    if password != repeated {
        faults.add("repeated", t.account_fault_repeated());
    }
}
