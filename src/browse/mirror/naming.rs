//! Whether a name is a name.

use serde::{Deserialize, Serialize};

/// How a name was answered by WeCom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// As a name.
    Read,
    /// Not at all: the credential may not read it.
    Unreadable,
    /// As a placeholder that only a WeCom client can show, `$userName=…$` or `$departmentName=…$` (AUTH-22).
    Untranslated,
}

impl Naming {
    /// What kind of name this is.
    pub fn of(name: Option<&str>) -> Self {
        match name {
            None => Self::Unreadable,
            Some(name) if is_placeholder(name) => Self::Untranslated,
            Some(_) => Self::Read,
        }
    }
}

/// `$word=…$`, the word one of those that WeCom uses.
fn is_placeholder(name: &str) -> bool {
    let inner = name.trim().strip_prefix('$').and_then(|rest| rest.strip_suffix('$'));
    let Some((word, _)) = inner.and_then(|inner| inner.split_once('=')) else { return false };
    ["username", "userid", "departmentname", "departmentid"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_placeholders() {
        for (name, naming) in [
            (None, Naming::Unreadable),
            (Some(""), Naming::Read),
            (Some("张三"), Naming::Read),
            (Some("$userName=wo1$"), Naming::Untranslated),
            (Some("$username=wo1$"), Naming::Untranslated),
            (Some(" $departmentid=12$ "), Naming::Untranslated),
            (Some("$departmentName=12$"), Naming::Untranslated),
            (Some("$=1$"), Naming::Read),
            (Some("$"), Naming::Read),
            (Some("$price=1$"), Naming::Read),
        ] {
            assert_eq!(Naming::of(name), naming, "{name:?}");
        }
    }
}
