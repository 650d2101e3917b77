//! People who sign in to the administrator's browser: accounts, roles, sessions.
//!
//! A role is a fixed set of the rights that API keys have as scopes, so that pages and REST ask for the same thing.

use super::api_key::ApiScope;
use super::ids::{AccountId, InvalidId, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody may do, as a whole (PEER-29).
///
/// | Right | Administrator | Operator | Auditor |
/// |---|---|---|---|
/// | `directory.read` `corp.read` `sync.read` `ops.read` `messages.read` `callbacks.read` | yes | yes | yes |
/// | `directory.write` `sync.run` `binding.write` `messages.send` `messages.manage` `callbacks.manage` | yes | yes | – |
/// | `audit.read` | yes | – | yes |
/// | `corp.write` `sync.decide` `keys.admin` `ops.backup` `accounts.admin` `settings.write` | yes | – | – |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything (OPS-08).
    Administrator,
    /// Does the daily work: directory, links, runs. Decides about no held plan and changes no set-up.
    Operator,
    /// Sees everything that is not a key or an account, the audit log included; changes nothing.
    Auditor,
}

impl Role {
    /// Every role, the one with the most rights first.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Operator, Self::Auditor];

    /// The name, as documents and the command line spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role includes a right. A new right must be placed here before the program compiles.
    pub const fn may(self, right: ApiScope) -> bool {
        match right {
            ApiScope::DirectoryRead
            | ApiScope::CorpRead
            | ApiScope::SyncRead
            | ApiScope::OpsRead
            | ApiScope::MessagesRead
            | ApiScope::CallbacksRead => true,
            ApiScope::DirectoryWrite
            | ApiScope::SyncRun
            | ApiScope::BindingWrite
            | ApiScope::MessagesSend
            | ApiScope::MessagesManage
            | ApiScope::CallbacksManage => !matches!(self, Self::Auditor),
            ApiScope::AuditRead => !matches!(self, Self::Operator),
            ApiScope::CorpWrite
            | ApiScope::SyncDecide
            | ApiScope::KeysAdmin
            | ApiScope::OpsBackup
            | ApiScope::AccountsAdmin
            | ApiScope::SettingsWrite => matches!(self, Self::Administrator),
        }
    }

    /// All rights of the role.
    pub fn rights(self) -> Vec<ApiScope> {
        ApiScope::ALL.into_iter().filter(|right| self.may(*right)).collect()
    }
}

/// Whether an account signs in with a second factor; the secret itself is sealed elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TotpState {
    /// The password is enough.
    #[default]
    Off,
    /// A code is asked for at each sign-in.
    On {
        /// Unix milliseconds.
        since_ms: i64,
        /// Recovery codes that are left of [`Account::RECOVERY_CODES`].
        recovery_codes_left: u8,
    },
}

/// One person's account. Accounts are disabled, never removed, so that the audit log stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Id.
    pub id: AccountId,
    /// Sign-in name as it was entered; unique ignoring case, never changed. The audit log writes `account:<name>`.
    pub name: String,
    /// The person's name, 1 to 60 characters.
    pub display_name: String,
    /// What the person may do.
    pub role: Role,
    /// Argon2id in PHC form.
    pub password_hash: PasswordHash,
    /// The second factor, without its secret.
    #[serde(default)]
    pub totp: TotpState,
    /// `zh` or `en`; `None` = the appliance's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Unix milliseconds.
    pub created_at_ms: i64,
    /// Since when it cannot be used, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at_ms: Option<i64>,
    /// Unix milliseconds.
    pub password_changed_at_ms: i64,
    /// Whether the pages let the person do nothing but choose a new password.
    #[serde(default)]
    pub must_change_password: bool,
    /// Unix milliseconds; `None` = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sign_in_ms: Option<i64>,
}

impl Account {
    /// Recovery codes that are made with a second factor.
    pub const RECOVERY_CODES: u8 = 10;

    /// Whether the account can be used.
    pub fn is_enabled(&self) -> bool {
        self.disabled_at_ms.is_none()
    }

    /// Whether it is one of those of which one must always be left.
    pub fn is_enabled_administrator(&self) -> bool {
        self.is_enabled() && self.role == Role::Administrator
    }

    /// The form under which a sign-in name is looked up.
    pub fn folded(name: &str) -> String {
        name.to_ascii_lowercase()
    }

    /// Checks the form of a sign-in name: 2 to 60 of `A-Z a-z 0-9 . _ @ -`.
    pub fn check_name(name: &str) -> Result<(), InvalidId> {
        let fine = (2..=60).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'@' | b'-'));
        if fine {
            return Ok(());
        }
        Err(InvalidId {
            kind: "sign-in name",
            value: name.chars().take(60).collect(),
            rule: "2 to 60 of A-Z a-z 0-9 . _ @ -",
        })
    }
}

/// A password's hash. `Debug` does not print it: it is no secret to publish, but none to spread either.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(
    /// PHC string.
    pub String,
);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// One browser that has signed in. What opens it, the token in the cookie, is known to the browser alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Id, for lists and for ending it.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// Unix milliseconds.
    pub opened_at_ms: i64,
    /// The last request, to within a minute, Unix milliseconds.
    pub last_seen_ms: i64,
    /// The address that signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What the browser calls itself, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Ends then whatever happens, Unix milliseconds; without requests it ends earlier.
    pub expires_at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_role_may() {
        // administrator, operator, auditor
        for (right, expected) in [
            (ApiScope::DirectoryRead, [true, true, true]),
            (ApiScope::DirectoryWrite, [true, true, false]),
            (ApiScope::CorpRead, [true, true, true]),
            (ApiScope::CorpWrite, [true, false, false]),
            (ApiScope::SyncRead, [true, true, true]),
            (ApiScope::SyncRun, [true, true, false]),
            (ApiScope::SyncDecide, [true, false, false]),
            (ApiScope::BindingWrite, [true, true, false]),
            (ApiScope::KeysAdmin, [true, false, false]),
            (ApiScope::AuditRead, [true, false, true]),
            (ApiScope::OpsRead, [true, true, true]),
            (ApiScope::OpsBackup, [true, false, false]),
            (ApiScope::AccountsAdmin, [true, false, false]),
            (ApiScope::SettingsWrite, [true, false, false]),
            (ApiScope::CallbacksRead, [true, true, true]),
            (ApiScope::CallbacksManage, [true, true, false]),
        ] {
            assert_eq!(Role::ALL.map(|role| role.may(right)), expected, "{}", right.name());
        }
    }

    #[test]
    fn an_auditor_only_reads_and_nobody_but_an_administrator_hands_out_rights() {
        for right in ApiScope::ALL {
            assert!(Role::Administrator.may(right), "{}", right.name());
            if Role::Auditor.may(right) {
                assert!(right.name().ends_with(".read"), "{}", right.name());
            }
            if right.name().ends_with(".admin") {
                assert!(!Role::Operator.may(right) && !Role::Auditor.may(right), "{}", right.name());
            }
        }
        assert_eq!(Role::Auditor.rights().len(), 7);
    }

    #[test]
    fn names_of_roles_are_those_of_the_serialised_form() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
            assert_eq!(Role::find(role.name()), Some(role));
        }
        assert_eq!(Role::find("root"), None);
    }

    #[test]
    fn form_of_a_name() {
        for (name, fine) in [
            ("ab", true),
            ("Zhang.San@example-1_2", true),
            ("a", false),
            ("", false),
            ("a b", false),
            ("张三", false),
            ("key:a", false),
            (&"a".repeat(60), true),
            (&"a".repeat(61), false),
        ] {
            assert_eq!(Account::check_name(name).is_ok(), fine, "{name:?}");
        }
    }

    #[test]
    fn a_hash_is_not_printed() {
        assert_eq!(format!("{:?}", PasswordHash("$argon2id$v=19$m=1".into())), "***");
    }
}
