//! One message and what became of it at each receiver.

use super::card::Card;
use super::content::Content;
use crate::sandbox::state::member::Text;
use serde::{Deserialize, Serialize};

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Who speaks where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An app, to members.
    App {
        /// Which.
        agentid: u64,
    },
    /// An app, as a passive reply to one member.
    Reply {
        /// Which.
        agentid: u64,
    },
    /// An app, in a group chat.
    Chat {
        /// Which chat.
        chatid: String,
        /// Which app.
        agentid: u64,
    },
    /// A robot.
    Robot {
        /// Its key.
        key: String,
    },
    /// A member, to an app.
    Member {
        /// Who, folded.
        userid: Text,
        /// To which app.
        agentid: u64,
    },
}

/// Where a member reads a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    /// The talk with an app.
    App(u64),
    /// A group chat of apps.
    Chat(String),
    /// What a robot says.
    Robot(String),
}

impl Room {
    /// A name for it that no other room has.
    pub fn name(&self) -> String {
        match self {
            Self::App(agentid) => format!("app {agentid}"),
            Self::Chat(chatid) => format!("chat {chatid}"),
            Self::Robot(key) => format!("robot {key}"),
        }
    }
}

impl Origin {
    /// The room in which it is read.
    pub fn room(&self) -> Room {
        match self {
            Self::App { agentid } | Self::Reply { agentid } | Self::Member { agentid, .. } => Room::App(*agentid),
            Self::Chat { chatid, .. } => Room::Chat(chatid.clone()),
            Self::Robot { key } => Room::Robot(key.clone()),
        }
    }

    /// Whether it is read in this room.
    pub fn is_in(&self, room: &Room) -> bool {
        match (self, room) {
            (Self::App { agentid } | Self::Reply { agentid } | Self::Member { agentid, .. }, Room::App(id)) => {
                agentid == id
            }
            (Self::Chat { chatid, .. }, Room::Chat(id)) => chatid == id,
            (Self::Robot { key }, Room::Robot(id)) => key == id,
            _ => false,
        }
    }

    /// The app that may recall and update it.
    pub fn agentid(&self) -> Option<u64> {
        match self {
            Self::App { agentid } | Self::Reply { agentid } | Self::Chat { agentid, .. } => Some(*agentid),
            Self::Robot { .. } | Self::Member { .. } => None,
        }
    }
}

/// What a card has become for one member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardNow {
    /// The card that took the place of the one sent.
    #[serde(skip_serializing_if = "is_default")]
    pub card: Option<Box<Card>>,
    /// The words in place of the buttons.
    #[serde(skip_serializing_if = "is_default")]
    pub replace_name: String,
    /// Keys that the member pressed, in order; the last 20.
    #[serde(skip_serializing_if = "is_default")]
    pub pressed: Vec<String>,
    /// Options that the member chose with the last press.
    #[serde(skip_serializing_if = "is_default")]
    pub chosen: Vec<(String, Vec<String>)>,
    /// Updates so far.
    #[serde(skip_serializing_if = "is_default")]
    pub updates: u32,
}

/// A message at one member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Who, folded.
    pub userid: Text,
    /// Dropped silently: the app was told ok, the member sees nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_dropped: bool,
    /// What the card has become.
    #[serde(default, skip_serializing_if = "is_default")]
    pub card: Option<Box<CardNow>>,
    /// Recalled for this member alone (private editions).
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_recalled: bool,
}

impl Receipt {
    /// A message that arrived, or was dropped.
    pub fn new(userid: Text, is_dropped: bool) -> Self {
        Self { userid, is_dropped, card: None, is_recalled: false }
    }
}

/// What is true of a message at one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// The member sees it as it was sent.
    Arrived,
    /// The member never saw it.
    Dropped,
    /// The member saw it until it was recalled.
    Recalled,
    /// The member sees what it was updated to.
    Updated,
}

impl Truth {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Dropped => "dropped",
            Self::Recalled => "recalled",
            Self::Updated => "updated",
        }
    }
}

/// Receivers that were named and got nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unreached {
    /// Unknown or out of range, lower case.
    #[serde(skip_serializing_if = "is_default")]
    pub users: Vec<String>,
    /// Departments.
    #[serde(skip_serializing_if = "is_default")]
    pub parties: Vec<String>,
    /// Tags.
    #[serde(skip_serializing_if = "is_default")]
    pub tags: Vec<String>,
    /// In range, but without a licence.
    #[serde(skip_serializing_if = "is_default")]
    pub unlicensed: Vec<String>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Number in the corp, from 1.
    pub number: u64,
    /// When.
    pub at_ms: i64,
    /// Who speaks where.
    pub origin: Origin,
    /// For recall: a msgid, or a jobid in private editions. Empty where there is no recall.
    #[serde(default, skip_serializing_if = "is_default")]
    pub msgid: String,
    /// What it says.
    pub content: Content,
    /// `safe`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub safe: u8,
    /// `enable_id_trans`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub translates_ids: bool,
    /// Who it was for, by folded userid.
    pub receipts: Vec<Receipt>,
    /// Who was named in vain.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unreached: Unreached,
    /// Recall for all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub recalled_at_ms: Option<i64>,
    /// What was cut.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cuts: Vec<String>,
    /// What is shown badly.
    #[serde(default, skip_serializing_if = "is_default")]
    pub remarks: Vec<String>,
}

impl Message {
    /// A message without receivers; its number is given by the ring.
    pub fn new(origin: Origin, content: Content, at_ms: i64) -> Self {
        Self {
            number: 0,
            at_ms,
            origin,
            msgid: String::new(),
            content,
            safe: 0,
            translates_ids: false,
            receipts: Vec::new(),
            unreached: Unreached::default(),
            recalled_at_ms: None,
            cuts: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// The receipt of a member.
    pub fn receipt(&self, folded: &str) -> Option<&Receipt> {
        let at = self.receipts.binary_search_by(|receipt| receipt.userid.as_str().cmp(folded)).ok()?;
        self.receipts.get(at)
    }

    /// The same, to change.
    pub fn receipt_mut(&mut self, folded: &str) -> Option<&mut Receipt> {
        let at = self.receipts.binary_search_by(|receipt| receipt.userid.as_str().cmp(folded)).ok()?;
        self.receipts.get_mut(at)
    }

    /// What is true at a receipt of this message.
    pub fn truth(&self, receipt: &Receipt) -> Truth {
        if receipt.is_dropped {
            Truth::Dropped
        } else if self.recalled_at_ms.is_some() || receipt.is_recalled {
            Truth::Recalled
        } else if receipt.card.as_ref().is_some_and(|card| card.updates > 0) {
            Truth::Updated
        } else {
            Truth::Arrived
        }
    }

    /// The card as the member of the receipt sees it.
    pub fn card_at<'m>(&'m self, receipt: &'m Receipt) -> Option<&'m Card> {
        match &receipt.card {
            Some(now) if now.card.is_some() => now.card.as_deref(),
            _ => self.content.card(),
        }
    }
}
