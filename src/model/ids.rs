//! Identifiers as types, so that the two sides and the many keys cannot be mixed up.
//!
//! OA ids ([`UnitId`], [`EmployeeId`]) and WeCom ids ([`DepartmentId`], [`UserId`]) are different types on purpose.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Short strings of the two directories: up to 24 bytes are kept without an allocation.
///
/// A field of this type in a struct with `ToSchema` needs `#[schema(value_type = String)]`.
pub type Text = CompactString;

/// A value that is not an identifier of the named kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} is not valid: {rule}")]
pub struct InvalidId {
    /// What was expected, e.g. `corp key`.
    pub kind: &'static str,
    /// What was given.
    pub value: String,
    /// The rule that it breaks.
    pub rule: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String)]
        pub struct $name(pub Text);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0.as_str())
            }
        }
        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(Text::from(value))
            }
        }
        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(Text::from(value))
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    };
}

text_id!(
    /// An OA unit's id: stable, unique in its tenant, chosen by the OA.
    UnitId
);
text_id!(
    /// An OA employee's id: stable, unique in its tenant, chosen by the OA.
    EmployeeId
);
text_id!(
    /// A plan's id (UUID v7, so ids sort by time).
    PlanId
);
text_id!(
    /// A run's id (UUID v7, so ids sort by time).
    RunId
);

text_id!(
    /// A message's id (UUID v7, so ids sort by the time of acceptance).
    MessageId
);
text_id!(
    /// The id of a call that carries messages (UUID v7).
    CallId
);
text_id!(
    /// The id of a push rule (UUID v7).
    RuleId
);

text_id!(
    /// A received callback's id (UUID v7, so ids sort by time).
    InboxId
);
text_id!(
    /// An auto reply rule's id (UUID v7, so ids sort by age).
    AutoReplyId
);
text_id!(
    /// The id of a picture that auto replies send (UUID v7, so ids sort by age).
    PictureId
);
text_id!(
    /// The id of a telling to a webhook (UUID v7, so ids sort by time).
    PostId
);

text_id!(
    /// The id of an account of the administrator's browser (UUID v7, so ids sort by the time of creation).
    AccountId
);
text_id!(
    /// The id of a session (UUID v7). It may be shown and named in URLs; the token that opens the session is another.
    SessionId
);

macro_rules! key_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        text_id!($(#[$doc])* $name);
        impl $name {
            /// Checks the form `[a-z0-9-]{1,40}`; keys stand in URLs and never change.
            pub fn parse(value: &str) -> Result<Self, InvalidId> {
                let ok = (1..=40).contains(&value.len())
                    && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                if ok {
                    Ok(Self(Text::from(value)))
                } else {
                    Err(InvalidId { kind: $kind, value: value.to_owned(), rule: "1 to 40 of a-z, 0-9 and -" })
                }
            }
        }
    };
}

key_id!(
    /// A tenant's key.
    TenantKey,
    "tenant key"
);
key_id!(
    /// A corp's key, unique on the whole appliance.
    CorpKey,
    "corp key"
);
key_id!(
    /// An app's key, unique in its corp.
    AppKey,
    "app key"
);

/// A WeCom department id. The root is [`DepartmentId::ROOT`].
///
/// Source: doc path 90205 (32-bit, the root is 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct DepartmentId(pub u32);

impl DepartmentId {
    /// The root department, which always exists and cannot be deleted.
    pub const ROOT: Self = Self(1);
}

impl fmt::Display for DepartmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A WeCom userid, kept as WeCom returned it. Two ids that differ only by case are the same member: compare
/// [`UserId::folded`], never the text.
///
/// Source: doc path 90195 (uniqueness ignores case).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct UserId(pub Text);

impl UserId {
    /// The id as WeCom writes it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The form under which a member is looked up: ASCII lower case.
    pub fn folded(&self) -> Text {
        if self.0.bytes().any(|b| b.is_ascii_uppercase()) { self.0.to_ascii_lowercase() } else { self.0.clone() }
    }

    /// Whether both name the same member.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// Checks the form: 1 to 64 bytes of `[A-Za-z0-9_.@-]`, the first one alphanumeric (doc path 90195).
    pub fn parse(value: &str) -> Result<Self, InvalidId> {
        let bytes = value.as_bytes();
        let ok = (1..=64).contains(&bytes.len())
            && bytes[0].is_ascii_alphanumeric()
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'@' | b'-'));
        if ok {
            Ok(Self(Text::from(value)))
        } else {
            Err(InvalidId {
                kind: "userid",
                value: value.to_owned(),
                rule: "1 to 64 bytes of A-Z a-z 0-9 _ . @ -, beginning with a letter or digit",
            })
        }
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.as_str())
    }
}

impl From<&str> for UserId {
    fn from(value: &str) -> Self {
        Self(Text::from(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userid_form() {
        for (value, ok) in [
            ("a", true),
            ("A.chen@x_1-2", true),
            ("", false),
            ("_a", false),
            ("张三", false),
            ("a b", false),
            (&"a".repeat(64), true),
            (&"a".repeat(65), false),
        ] {
            assert_eq!(UserId::parse(value).is_ok(), ok, "userid {value:?}");
        }
    }

    #[test]
    fn userids_that_differ_by_case_are_the_same_member() {
        assert!(UserId::from("A.Chen").is_same(&UserId::from("a.chen")));
        assert_eq!(UserId::from("A.Chen").folded(), "a.chen");
    }

    #[test]
    fn key_form() {
        for (value, ok) in [("acme-main", true), ("", false), ("Acme", false), ("a_b", false), (&"a".repeat(41), false)]
        {
            assert_eq!(CorpKey::parse(value).is_ok(), ok, "key {value:?}");
        }
    }
}
