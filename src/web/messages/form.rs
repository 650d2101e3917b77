//! The form of a message that is sent by hand: what was entered, and the message that it makes.

use crate::messages::accept::BUTTONS_MAX;
use crate::messages::{NewMessage, NewRecipients, OnceKey};
use crate::model::{AccountId, Button, EmployeeId, Priority, TenantKey, TodoKind, UnitId, digest};
use crate::web::form::is_on;
use serde::{Deserialize, Serialize};

/// Kinds of to-do messages as the form names them.
pub(super) const KINDS: [(&str, TodoKind); 6] = [
    ("pending", TodoKind::Pending),
    ("returned", TodoKind::Returned),
    ("cc", TodoKind::Cc),
    ("forwarded", TodoKind::Forwarded),
    ("circulated", TodoKind::Circulated),
    ("opinion", TodoKind::Opinion),
];

/// What is entered for a message.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    /// Made for each form that is opened: what it says is sent once, however often it comes.
    pub(super) once: String,
    pub(super) source: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) url: String,
    pub(super) picture: String,
    pub(super) priority: String,
    pub(super) todo: String,
    pub(super) button_text: Vec<String>,
    pub(super) button_key: Vec<String>,
    pub(super) button_style: Vec<String>,
    pub(super) webhook: String,
    pub(super) everyone: Option<String>,
    pub(super) employees: String,
    pub(super) units: String,
    /// Digest of what the preview has shown of a message to everybody.
    pub(super) seen: Option<String>,
    pub(super) act: String,
}

/// What the business system hears of a button without a key of its own.
pub(super) fn default_key(row: usize) -> String {
    format!("button-{}", row + 1)
}

/// A field of the row of a button.
pub(super) fn button_field(row: usize, part: &str) -> String {
    format!("button_{part}_{}", row + 1)
}

/// The entries of a field that takes one a line.
pub(super) fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(str::trim).filter(|part| !part.is_empty())
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl Fields {
    /// The buttons that were filled in, with their rows. One without a key has that of its row.
    pub(super) fn filled(&self) -> impl Iterator<Item = (usize, Button)> {
        let text = |list: &[String], n: usize| list.get(n).map(|text| text.trim().to_owned()).unwrap_or_default();
        let button = move |n: usize| {
            let (key, words) = (text(&self.button_key, n), text(&self.button_text, n));
            let style = text(&self.button_style, n).parse().unwrap_or(1);
            (!(key.is_empty() && words.is_empty()))
                .then(|| (n, Button { key: if key.is_empty() { default_key(n) } else { key }, text: words, style }))
        };
        (0..BUTTONS_MAX).filter_map(button)
    }

    pub(super) fn buttons(&self) -> Vec<Button> {
        self.filled().map(|(_, button)| button).collect()
    }

    /// The field in which a fault of a message stands; `buttons[1].key` is of the second button that was filled in.
    pub(super) fn field_of(&self, at: &str) -> String {
        let nth = at.strip_prefix("buttons[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        match nth.and_then(|nth| self.filled().nth(nth)) {
            Some((row, _)) => button_field(row, if at.ends_with(".key") { "key" } else { "text" }),
            None => match at.split(['.', '[']).next().unwrap_or_default() {
                "recipients" => "employees".into(),
                field => field.to_owned(),
            },
        }
    }

    /// Of all that makes the message; how its lines end is the browser's matter.
    pub(super) fn fingerprint(&self, tenant: &TenantKey) -> String {
        let (buttons, body) = (self.buttons(), self.body.replace("\r\n", "\n"));
        let [button_text, button_key, button_style] = [Vec::new(), Vec::new(), Vec::new()];
        let rest = Self { once: String::new(), seen: None, act: String::new(), body, ..self.clone() };
        let rest = Self { button_text, button_key, button_style, ..rest };
        digest::of(&(tenant, rest, buttons))
    }

    /// The key under which this very message of this form is accepted once; another text is another message.
    pub(super) fn once(&self, account: &AccountId, tenant: &TenantKey) -> Option<OnceKey> {
        let fingerprint = self.fingerprint(tenant);
        let key = some(&self.once).map(|once| format!("{once}:{fingerprint}"))?;
        Some(OnceKey { scope: format!("form:{account}"), key, fingerprint })
    }

    pub(super) fn message(&self, tenant: &TenantKey) -> NewMessage {
        let everyone = is_on(self.everyone.as_ref());
        let recipients = NewRecipients {
            everyone,
            employees: ids(&self.employees).filter(|_| !everyone).map(EmployeeId::from).collect(),
            units: ids(&self.units).filter(|_| !everyone).map(UnitId::from).collect(),
            bindings: Vec::new(),
        };
        NewMessage {
            tenant: tenant.clone(),
            source: self.source.trim().to_owned(),
            event: String::new(),
            todo: KINDS.iter().find(|(name, _)| *name == self.todo).map(|(_, kind)| *kind),
            recipients,
            title: self.title.trim().to_owned(),
            body: self.body.replace("\r\n", "\n"),
            url: some(&self.url),
            picture: some(&self.picture),
            buttons: self.buttons(),
            priority: match self.priority.as_str() {
                "high" => Priority::High,
                "low" => Priority::Low,
                _ => Priority::Normal,
            },
            expires_at_ms: None,
            data: serde_json::Map::new(),
            webhook: some(&self.webhook),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_has_a_key_and_its_fault_stands_in_its_row() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let fields = Fields {
            button_text: list(&["同意", "", "驳回"]),
            button_key: list(&["", "", "no"]),
            button_style: list(&["1", "2", "4"]),
            ..Fields::default()
        };
        let keys: Vec<String> = fields.buttons().into_iter().map(|button| button.key).collect();
        assert_eq!(keys, ["button-1", "no"]);
        for (at, field) in [
            ("buttons[0].text", "button_text_1"),
            ("buttons[1].key", "button_key_3"),
            ("buttons", "buttons"),
            ("recipients.bindings[0].userid", "employees"),
            ("title", "title"),
        ] {
            assert_eq!(fields.field_of(at), field, "{at}");
        }
    }
}
