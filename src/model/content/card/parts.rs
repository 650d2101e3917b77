//! What stands on a card: source, menu, titles, rows, links, pictures.

use super::is_default;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `source`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// 72×72 pixels.
    #[serde(skip_serializing_if = "is_default")]
    pub icon_url: String,
    /// Name; 20 characters are shown.
    #[serde(skip_serializing_if = "is_default")]
    pub desc: String,
    /// 0 grey, 1 black, 2 red, 3 green.
    #[serde(skip_serializing_if = "is_default")]
    pub desc_color: u8,
}

/// `action_menu`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActionMenu {
    /// Words of the menu.
    #[serde(skip_serializing_if = "is_default")]
    pub desc: String,
    /// 1 to 3.
    pub action_list: Vec<Action>,
}

/// One entry of the menu.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Label.
    pub text: String,
    /// EventKey, at most 1024 bytes, each once.
    pub key: String,
}

/// A title and what stands below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Titles {
    /// Title.
    #[serde(skip_serializing_if = "is_default")]
    pub title: String,
    /// Below.
    #[serde(skip_serializing_if = "is_default")]
    pub desc: String,
}

/// Where a tap leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    /// 0 nowhere, 1 an address, 2 a mini program.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Address.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    /// Mini program.
    #[serde(skip_serializing_if = "is_default")]
    pub appid: String,
    /// Its page.
    #[serde(skip_serializing_if = "is_default")]
    pub pagepath: String,
}

impl Target {
    /// To an address; nowhere where it is empty.
    pub fn url(url: impl Into<String>) -> Self {
        let url = url.into();
        Self { kind: u8::from(!url.is_empty()), url, ..Self::default() }
    }
}

/// `quote_area`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quote {
    /// Where it leads.
    #[serde(flatten)]
    pub target: Target,
    /// Title.
    #[serde(skip_serializing_if = "is_default")]
    pub title: String,
    /// Text.
    #[serde(skip_serializing_if = "is_default")]
    pub quote_text: String,
}

/// One row of `horizontal_content_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// 0 text, 1 address, 2 attachment, 3 member.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub kind: u8,
    /// Label; 5 characters are shown.
    pub keyname: String,
    /// Value; 30 characters are shown.
    #[serde(skip_serializing_if = "is_default")]
    pub value: String,
    /// Of an address.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    /// Of an attachment: an uploaded file.
    #[serde(skip_serializing_if = "is_default")]
    pub media_id: String,
    /// Of a member.
    #[serde(skip_serializing_if = "is_default")]
    pub userid: String,
}

/// One link of `jump_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jump {
    /// Where it leads.
    #[serde(flatten)]
    pub target: Target,
    /// Label; 18 characters are shown.
    pub title: String,
}

/// `image_text_area`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageText {
    /// Where it leads.
    #[serde(flatten)]
    pub target: Target,
    /// Title.
    #[serde(skip_serializing_if = "is_default")]
    pub title: String,
    /// Text.
    #[serde(skip_serializing_if = "is_default")]
    pub desc: String,
    /// Picture.
    pub image_url: String,
}

/// Width of a picture in percent of its height: 130 (the default) to 224.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AspectPercent(pub u16);

impl Default for AspectPercent {
    fn default() -> Self {
        Self(130)
    }
}

impl Serialize for AspectPercent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 100.0)
    }
}

impl<'de> Deserialize<'de> for AspectPercent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ratio = f64::deserialize(deserializer)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held to 0..=60000 here")]
        let percent = (ratio * 100.0).round().clamp(0.0, 60_000.0) as u16;
        Ok(Self(percent))
    }
}

/// `card_image`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Address.
    pub url: String,
    /// Width by height.
    #[serde(default)]
    pub aspect_ratio: AspectPercent,
}
