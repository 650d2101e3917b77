//! The two lists of attributes that a member has. A write replaces such a list as a whole (doc path 90197: arrays are
//! replaced), so what is not to be lost must be known: a marker among the fields tells how much of a list is, and entries
//! that are no texts are kept as WeCom answered them.

use super::ids::Text;
use super::member::MemberField;
use serde::{Deserialize, Serialize};

/// A list of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeList {
    /// `extattr.attrs`
    ExtAttr,
    /// `external_profile.external_attr`
    External,
}

/// Value of a marker: all entries of the list are among the fields. In the mirror it is left out where [`ShownLists`]
/// says it of everybody.
pub const WHOLE: Text = Text::const_new("whole");
/// Value of a marker: there may be further entries.
pub const PARTLY: Text = Text::const_new("partly");
/// Value of a marker: the member is ours, and these are the entries that we have written.
pub const WRITTEN: Text = Text::const_new("written");

/// Which lists WeCom shows to the credential that reads details. Then a member without a marker has no entries but those
/// among its fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownLists {
    /// `extattr`
    #[serde(default)]
    pub extattr: bool,
    /// `external_profile`
    #[serde(default)]
    pub external: bool,
}

impl ShownLists {
    /// Whether this list is shown.
    pub fn has(self, list: AttributeList) -> bool {
        match list {
            AttributeList::ExtAttr => self.extattr,
            AttributeList::External => self.external,
        }
    }

    /// Says whether this list is shown.
    pub fn set(&mut self, list: AttributeList, is_shown: bool) {
        match list {
            AttributeList::ExtAttr => self.extattr = is_shown,
            AttributeList::External => self.external = is_shown,
        }
    }
}

impl AttributeList {
    /// Both.
    pub const ALL: [Self; 2] = [Self::ExtAttr, Self::External];

    /// The field that tells how much of the list is known: [`WHOLE`], [`PARTLY`] or [`WRITTEN`]. In an answer of WeCom it
    /// is absent when the list was not answered.
    pub fn marker(self) -> MemberField {
        match self {
            Self::ExtAttr => MemberField::ExtAttrs,
            Self::External => MemberField::Externals,
        }
    }
}

impl MemberField {
    /// The list that a field is an entry of, or whose marker it is.
    pub fn list(&self) -> Option<AttributeList> {
        match self {
            Self::ExtAttr(_) | Self::ExtAttrItem(_) | Self::ExtAttrs => Some(AttributeList::ExtAttr),
            Self::External(_) | Self::ExternalItem(_) | Self::Externals => Some(AttributeList::External),
            _ => None,
        }
    }

    /// Whether it is an entry of this list; its marker is not.
    pub fn is_entry_of(&self, list: AttributeList) -> bool {
        self.list() == Some(list) && !self.is_marker()
    }

    /// Whether it only tells how much of a list is known.
    pub fn is_marker(&self) -> bool {
        matches!(self, Self::ExtAttrs | Self::Externals)
    }

    /// Whether it is an entry that is no text; its value is the entry as JSON without its name.
    pub fn is_item(&self) -> bool {
        matches!(self, Self::ExtAttrItem(_) | Self::ExternalItem(_))
    }
}
