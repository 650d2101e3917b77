//! Template cards (doc path 90236, section template card). One struct for all five types, as on the wire; which part
//! belongs to which type is checked in [`super::card_check`].

use super::is_default;
use super::limits::{Checker, LimitFault};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which card it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardType {
    /// 文本通知型
    #[default]
    TextNotice,
    /// 图文展示型
    NewsNotice,
    /// 按钮交互型
    ButtonInteraction,
    /// 投票选择型
    VoteInteraction,
    /// 多项选择型
    MultipleInteraction,
}

impl CardType {
    /// A text or news notice: no buttons of its own.
    pub fn is_notice(self) -> bool {
        matches!(self, Self::TextNotice | Self::NewsNotice)
    }
}

/// What a card is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// To be sent: needs a task id where it calls back.
    Send,
    /// To take the place of a card that was sent: the task id is ignored, buttons may be replaced by words.
    Update,
}

/// A template card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// Type.
    pub card_type: CardType,
    /// Where it comes from, on top.
    #[serde(skip_serializing_if = "is_default")]
    pub source: Option<Source>,
    /// The menu in the corner.
    #[serde(skip_serializing_if = "is_default")]
    pub action_menu: Option<ActionMenu>,
    /// Comes back with every event: digits, letters, `_ - @`, at most 128 bytes, never used twice in an app.
    #[serde(skip_serializing_if = "is_default")]
    pub task_id: String,
    /// Title and description; 36 and 44 characters are shown.
    #[serde(skip_serializing_if = "is_default")]
    pub main_title: Titles,
    /// Quotation.
    #[serde(skip_serializing_if = "is_default")]
    pub quote_area: Option<Quote>,
    /// Large figure and its label; 14 and 22 characters are shown.
    #[serde(skip_serializing_if = "is_default")]
    pub emphasis_content: Titles,
    /// Text below the title; 160 characters are shown.
    #[serde(skip_serializing_if = "is_default")]
    pub sub_title_text: String,
    /// At most 6 rows of label and value.
    #[serde(skip_serializing_if = "is_default")]
    pub horizontal_content_list: Vec<Row>,
    /// At most 3 links at the bottom.
    #[serde(skip_serializing_if = "is_default")]
    pub jump_list: Vec<Jump>,
    /// Where a tap on the card leads; notices must lead somewhere.
    #[serde(skip_serializing_if = "is_default")]
    pub card_action: Target,
    /// Picture beside text.
    #[serde(skip_serializing_if = "is_default")]
    pub image_text_area: Option<ImageText>,
    /// Large picture.
    #[serde(skip_serializing_if = "is_default")]
    pub card_image: Option<Picture>,
    /// At most 4 paragraphs; 38 and 160 characters are shown.
    #[serde(skip_serializing_if = "is_default")]
    pub vertical_content_list: Vec<Titles>,
    /// Drop-down beside the buttons.
    #[serde(skip_serializing_if = "is_default")]
    pub button_selection: Option<Selection>,
    /// 1 to 6 buttons.
    #[serde(skip_serializing_if = "is_default")]
    pub button_list: Vec<Button>,
    /// Choices of a vote.
    #[serde(skip_serializing_if = "is_default")]
    pub checkbox: Option<Checkbox>,
    /// The button below choices.
    #[serde(skip_serializing_if = "is_default")]
    pub submit_button: Option<Submit>,
    /// 1 to 3 drop-downs.
    #[serde(skip_serializing_if = "is_default")]
    pub select_list: Vec<Selection>,
    /// Updates only: grey words in place of the buttons.
    #[serde(skip_serializing_if = "is_default")]
    pub replace_text: String,
}

impl Card {
    /// Whether a press reaches the app: such a card needs a callback URL and gets a response code (MSG-11).
    pub fn has_callback(&self) -> bool {
        self.action_menu.is_some()
            || self.submit_button.is_some()
            || self.button_list.iter().any(|button| button.url.is_empty())
    }

    /// Whether it may be updated after it was sent (doc path 94888).
    pub fn is_updatable(&self) -> bool {
        !self.card_type.is_notice() || self.action_menu.is_some()
    }

    /// Whether it may take the place of another card: as when sent, but for the task id.
    pub fn check_update(&self) -> Result<(), Vec<LimitFault>> {
        let mut checker = Checker::default();
        self.check(Use::Update, &mut checker);
        checker.finish()
    }
}

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
