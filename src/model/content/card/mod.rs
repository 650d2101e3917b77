//! Template cards (doc path 90236, section template card). One struct for all five types, as on the wire; which part
//! belongs to which type is checked in [`super::card_check`].

mod choices;
mod parts;

pub use choices::{Button, ButtonStyle, Checkbox, Choice, Selection, Submit};
pub use parts::{Action, ActionMenu, AspectPercent, ImageText, Jump, Picture, Quote, Row, Source, Target, Titles};

use super::is_default;
use super::limits::{Checker, LimitFault};
use serde::{Deserialize, Serialize};

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
