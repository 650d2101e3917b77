//! Template cards as they are kept (doc path 90236). Serialise under the names of the wire; the rules are in
//! [`super::read`].

use serde::{Deserialize, Serialize};

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

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
    /// The type of this name.
    pub fn find(name: &str) -> Option<Self> {
        [Self::TextNotice, Self::NewsNotice, Self::ButtonInteraction, Self::VoteInteraction, Self::MultipleInteraction]
            .into_iter()
            .find(|card_type| card_type.name() == name)
    }

    /// On the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::TextNotice => "text_notice",
            Self::NewsNotice => "news_notice",
            Self::ButtonInteraction => "button_interaction",
            Self::VoteInteraction => "vote_interaction",
            Self::MultipleInteraction => "multiple_interaction",
        }
    }

    /// A text or news notice: no buttons of its own.
    pub fn is_notice(self) -> bool {
        matches!(self, Self::TextNotice | Self::NewsNotice)
    }
}

/// A card. Parts that do not belong to its type are not kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// Given by the app; comes back with every event.
    #[serde(skip_serializing_if = "is_default")]
    pub task_id: String,
    /// Title.
    #[serde(skip_serializing_if = "is_default")]
    pub main_title: Title,
    /// Quotation.
    #[serde(skip_serializing_if = "is_default")]
    pub quote_area: Option<Quote>,
    /// Large figure.
    #[serde(skip_serializing_if = "is_default")]
    pub emphasis_content: Title,
    /// Text below the title.
    #[serde(skip_serializing_if = "is_default")]
    pub sub_title_text: String,
    /// Rows of label and value.
    #[serde(skip_serializing_if = "is_default")]
    pub horizontal_content_list: Vec<Row>,
    /// Links at the bottom.
    #[serde(skip_serializing_if = "is_default")]
    pub jump_list: Vec<Jump>,
    /// Where a tap on the card leads.
    #[serde(skip_serializing_if = "is_default")]
    pub card_action: Target,
    /// Picture beside text.
    #[serde(skip_serializing_if = "is_default")]
    pub image_text_area: Option<ImageText>,
    /// Large picture.
    #[serde(skip_serializing_if = "is_default")]
    pub card_image: Option<Picture>,
    /// Paragraphs.
    #[serde(skip_serializing_if = "is_default")]
    pub vertical_content_list: Vec<Title>,
    /// Drop-down beside the buttons.
    #[serde(skip_serializing_if = "is_default")]
    pub button_selection: Option<Selection>,
    /// Buttons.
    #[serde(skip_serializing_if = "is_default")]
    pub button_list: Vec<Button>,
    /// Choices of a vote.
    #[serde(skip_serializing_if = "is_default")]
    pub checkbox: Option<Checkbox>,
    /// The button below choices.
    #[serde(skip_serializing_if = "is_default")]
    pub submit_button: Option<Submit>,
    /// Drop-downs.
    #[serde(skip_serializing_if = "is_default")]
    pub select_list: Vec<Selection>,
    /// Updates only: the words in place of the buttons.
    #[serde(skip_serializing_if = "is_default")]
    pub replace_text: String,
}

impl Card {
    /// Whether a press can reach the app, so that it needs a callback URL and gets a response_code.
    pub fn has_callback(&self) -> bool {
        self.action_menu.is_some()
            || self.submit_button.is_some()
            || self.button_list.iter().any(|button| button.kind == 0)
    }

    /// Whether it may be updated: with buttons, or a notice with a menu (doc path 94888).
    pub fn is_updatable(&self) -> bool {
        !self.card_type.is_notice() || self.action_menu.is_some()
    }

    /// The menu entry with this key.
    pub fn find_action(&self, key: &str) -> Option<&Action> {
        self.action_menu.iter().flat_map(|menu| &menu.action_list).find(|action| action.key == key)
    }

    /// Whether pressing this key is an event: a callback button or the submit button.
    pub fn has_key(&self, key: &str) -> bool {
        self.button_list.iter().any(|button| button.kind == 0 && button.key == key)
            || self.submit_button.as_ref().is_some_and(|submit| submit.key == key)
    }
}

/// `source`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Icon.
    #[serde(skip_serializing_if = "is_default")]
    pub icon_url: String,
    /// Name.
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
    /// Label.
    #[serde(skip_serializing_if = "is_default")]
    pub desc: String,
    /// 1 to 3.
    pub action_list: Vec<Action>,
}

/// An entry of the menu.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Label.
    pub text: String,
    /// EventKey.
    pub key: String,
}

/// Title and what stands below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Title {
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
    /// 0 nowhere, 1 to the address, 2 to the mini program.
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

/// `quote_area`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quote {
    /// Where a tap leads.
    #[serde(flatten)]
    pub target: Target,
    /// Title.
    #[serde(skip_serializing_if = "is_default")]
    pub title: String,
    /// Quotation.
    #[serde(skip_serializing_if = "is_default")]
    pub quote_text: String,
}

/// One of `horizontal_content_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// 0 text, 1 link, 2 attachment, 3 member.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Label.
    pub keyname: String,
    /// Value.
    #[serde(skip_serializing_if = "is_default")]
    pub value: String,
    /// Type 1.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    /// Type 2.
    #[serde(skip_serializing_if = "is_default")]
    pub media_id: String,
    /// Type 3.
    #[serde(skip_serializing_if = "is_default")]
    pub userid: String,
}

/// One of `jump_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jump {
    /// Where a tap leads.
    #[serde(flatten)]
    pub target: Target,
    /// Label.
    pub title: String,
}

/// `image_text_area`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageText {
    /// Where a tap leads.
    #[serde(flatten)]
    pub target: Target,
    /// Title.
    #[serde(skip_serializing_if = "is_default")]
    pub title: String,
    /// Below.
    #[serde(skip_serializing_if = "is_default")]
    pub desc: String,
    /// Picture.
    pub image_url: String,
}

/// `card_image`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Address.
    pub url: String,
    /// Width by height.
    pub aspect_ratio: f64,
}

/// A drop-down: `button_selection` or one of `select_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// QuestionKey.
    pub question_key: String,
    /// Label.
    #[serde(skip_serializing_if = "is_default")]
    pub title: String,
    /// 1 to 10.
    pub option_list: Vec<Choice>,
    /// The one that is chosen at first; always one of the list.
    pub selected_id: String,
    /// Updates only: frozen.
    #[serde(skip_serializing_if = "is_default")]
    pub disable: bool,
}

/// An option.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// OptionId.
    pub id: String,
    /// Label.
    pub text: String,
    /// Votes: ticked at first.
    #[serde(skip_serializing_if = "is_default")]
    pub is_checked: bool,
}

/// One of `button_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Button {
    /// 0 callback, 1 link.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Label.
    pub text: String,
    /// 1 to 4.
    pub style: u8,
    /// EventKey.
    #[serde(skip_serializing_if = "is_default")]
    pub key: String,
    /// Type 1.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
}

/// `checkbox`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkbox {
    /// QuestionKey.
    pub question_key: String,
    /// 0 one, 1 several.
    pub mode: u8,
    /// 1 to 20.
    pub option_list: Vec<Choice>,
    /// Updates only: frozen.
    #[serde(skip_serializing_if = "is_default")]
    pub disable: bool,
}

/// `submit_button`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submit {
    /// Label.
    pub text: String,
    /// EventKey.
    pub key: String,
}
