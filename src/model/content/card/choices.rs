//! What can be pressed or chosen on a card: drop-downs, votes, buttons.

use super::is_default;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A drop-down: `button_selection`, or one of `select_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// At most 1024 bytes, each once.
    pub question_key: String,
    /// Label.
    #[serde(skip_serializing_if = "is_default")]
    pub title: String,
    /// 1 to 10.
    pub option_list: Vec<Choice>,
    /// The chosen one; an unknown or missing one means the first.
    #[serde(skip_serializing_if = "is_default")]
    pub selected_id: String,
    /// Updates only: the choice is frozen.
    #[serde(skip_serializing_if = "is_default")]
    pub disable: bool,
}

/// One choice of a drop-down or a vote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// At most 128 bytes, each once.
    pub id: String,
    /// Label; 16 characters are shown.
    pub text: String,
    /// Votes: chosen from the start.
    #[serde(skip_serializing_if = "is_default")]
    pub is_checked: bool,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonStyle {
    /// Emphasised.
    #[default]
    Primary,
    /// Secondary.
    Secondary,
    /// Neutral.
    Neutral,
    /// Negative.
    Negative,
}

impl Serialize for ButtonStyle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::Primary => 1,
            Self::Secondary => 2,
            Self::Neutral => 3,
            Self::Negative => 4,
        })
    }
}

impl<'de> Deserialize<'de> for ButtonStyle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match u8::deserialize(deserializer)? {
            2 => Self::Secondary,
            3 => Self::Neutral,
            4 => Self::Negative,
            // a wrong one counts as 1
            _ => Self::Primary,
        })
    }
}

/// One of `button_list`: calls back with its key, or opens its address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ButtonWire", into = "ButtonWire")]
pub struct Button {
    /// Label; 10 characters are shown.
    pub text: String,
    /// How it looks.
    pub style: ButtonStyle,
    /// EventKey of a button that calls back, at most 1024 bytes, each once.
    pub key: String,
    /// Address of a button that opens one; empty = it calls back.
    pub url: String,
}

/// A button on the wire: the type is said beside the key or the address.
#[derive(Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct ButtonWire {
    #[serde(rename = "type")]
    kind: u8,
    text: String,
    style: ButtonStyle,
    #[serde(skip_serializing_if = "is_default")]
    key: String,
    #[serde(skip_serializing_if = "is_default")]
    url: String,
}

impl From<ButtonWire> for Button {
    fn from(wire: ButtonWire) -> Self {
        let url = if wire.kind == 1 { wire.url } else { String::new() };
        Self { text: wire.text, style: wire.style, key: wire.key, url }
    }
}

impl From<Button> for ButtonWire {
    fn from(button: Button) -> Self {
        let kind = u8::from(!button.url.is_empty());
        Self { kind, text: button.text, style: button.style, key: button.key, url: button.url }
    }
}

/// `checkbox`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkbox {
    /// At most 1024 bytes.
    pub question_key: String,
    /// 0 one choice, 1 several.
    pub mode: u8,
    /// 1 to 20.
    pub option_list: Vec<Choice>,
    /// Updates only: the choice is frozen.
    #[serde(skip_serializing_if = "is_default")]
    pub disable: bool,
}

/// `submit_button`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submit {
    /// Label; 10 characters are shown.
    pub text: String,
    /// EventKey, at most 1024 bytes.
    pub key: String,
}
