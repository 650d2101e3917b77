//! Why an account cannot be made or changed.

use super::passwords::{HashError, PasswordFault};
use crate::model::InvalidId;
use crate::store::StoreError;

/// Why an account cannot be made or changed. On `Err` it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The sign-in name breaks its rule.
    #[error("{0}")]
    Name(#[from] InvalidId),
    /// Another account has the name, perhaps in another case; accounts are never removed.
    #[error("there is already an account named {0:?}; choose another name")]
    NameTaken(String),
    /// The person's name breaks its rule.
    #[error("a person's name has 1 to 60 characters, no control characters and no blanks at its ends")]
    DisplayName,
    /// Neither of the languages of the pages.
    #[error("{0:?} is no language of the pages; there are zh and en")]
    Language(String),
    /// There is no such account.
    #[error("there is no account {0:?}")]
    Unknown(String),
    /// Nobody would be left who may do everything.
    #[error(
        "{0:?} is the last administrator who can sign in; make another account administrator first, then repeat this"
    )]
    LastAdministrator(String),
    /// The new password breaks the rules.
    #[error("{0}")]
    Password(#[from] PasswordFault),
    /// The present password is asked for and was not given rightly.
    #[error("the present password is wrong")]
    WrongPassword,
    /// One's own password or second factor, without the present password.
    #[error(
        "one's own password and second factor are changed with the present password, on the page of one's own account"
    )]
    NotProved,
    /// Too many wrong answers; the next one is looked at later.
    #[error("too many wrong answers; try again in {retry_after_s} seconds")]
    Wait {
        /// Seconds.
        retry_after_s: u64,
    },
    /// The code of the second factor is wrong, too old, or was used already.
    #[error(
        "the code is wrong, has expired or was used already; wait for the next one and check the telephone's clock"
    )]
    WrongCode,
    /// Confirmed without having been begun.
    #[error("no second factor is being set up; begin again")]
    NotBegun,
    /// Too many passwords are being checked.
    #[error("too many passwords are being checked at this moment; try again in a few seconds")]
    Busy,
    /// The hash could not be computed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// The store failed.
    #[error("store")]
    Store(#[from] StoreError),
}

impl AccountError {
    /// A stable code for answers and for texts in the reader's language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "account.name",
            Self::NameTaken(_) => "account.name_taken",
            Self::DisplayName => "account.display_name",
            Self::Language(_) => "account.language",
            Self::Unknown(_) => "account.not_found",
            Self::LastAdministrator(_) => "account.last_administrator",
            Self::Password(fault) => fault.code(),
            Self::WrongPassword => "account.wrong_password",
            Self::NotProved => "account.not_proved",
            Self::Wait { .. } => "account.wait",
            Self::WrongCode => "account.wrong_code",
            Self::NotBegun => "account.totp_not_begun",
            Self::Busy => "account.busy",
            Self::Hash(_) | Self::Store(_) => "internal",
        }
    }
}

impl From<HashError> for AccountError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Failed(why) => Self::Hash(why),
        }
    }
}
