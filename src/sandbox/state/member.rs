//! Departments and members as the sandbox keeps them.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Short text; up to 24 bytes without an allocation.
pub type Text = CompactString;

/// The form under which a userid is looked up: ASCII lower case.
pub fn folded(userid: &str) -> Text {
    let mut text = Text::from(userid);
    text.make_ascii_lowercase();
    text
}

fn yes() -> bool {
    true
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Id; the root is 1.
    pub id: u32,
    /// Parent; 0 for the root.
    pub parent: u32,
    /// Name, unique among siblings.
    pub name: Text,
    /// English name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub name_en: Text,
    /// Larger first.
    #[serde(default)]
    pub order: u32,
    /// Government edition: 0 ordinary, 1 entity unit, 2 virtual unit, 3 administrative division.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unit_type: u8,
}

/// One membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Where.
    pub department: u32,
    /// Larger first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub order: u32,
    /// Head of the department.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_leader: bool,
}

/// A custom attribute, of `extattr` or of the external profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// Type 0.
    Text {
        /// Name in the console.
        name: Text,
        /// Value.
        value: Text,
    },
    /// Type 1.
    Web {
        /// Name in the console.
        name: Text,
        /// http or https.
        url: Text,
        /// Title.
        title: Text,
    },
    /// Type 2.
    MiniProgram {
        /// Name in the console.
        name: Text,
        /// AppID.
        appid: Text,
        /// Page.
        pagepath: Text,
        /// Title.
        title: Text,
    },
}

impl Attribute {
    /// A text attribute.
    pub fn text(name: &str, value: &str) -> Self {
        Self::Text { name: name.into(), value: value.into() }
    }

    /// The attribute's name in the console.
    pub fn name(&self) -> &str {
        match self {
            Self::Text { name, .. } | Self::Web { name, .. } | Self::MiniProgram { name, .. } => name,
        }
    }

    /// Whether it holds nothing: writing such a one clears the attribute.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text { value, .. } => value.is_empty(),
            Self::Web { url, title, .. } => url.is_empty() && title.is_empty(),
            Self::MiniProgram { appid, title, .. } => appid.is_empty() && title.is_empty(),
        }
    }
}

/// 对外信息
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExternalProfile {
    /// One of the corp's certified short names.
    pub corp_name: Text,
    /// WeChat Channels name.
    pub channel_name: Text,
    /// Attributes.
    pub attributes: Vec<Attribute>,
}

/// A member. Empty text = not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// As given at creation; unique without regard to case.
    pub userid: Text,
    /// Name.
    pub name: Text,
    /// Alias; private editions answer it as `english_name`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub alias: Text,
    /// Mobile as written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mobile: Text,
    /// E-mail.
    #[serde(default, skip_serializing_if = "is_default")]
    pub email: Text,
    /// Corp mail.
    #[serde(default, skip_serializing_if = "is_default")]
    pub biz_mail: Text,
    /// How often the corp mail may still be changed through the API.
    #[serde(default, skip_serializing_if = "is_default")]
    pub biz_mail_changes_left: u8,
    /// Corp mail aliases.
    #[serde(default, skip_serializing_if = "is_default")]
    pub biz_mail_alias: Vec<Text>,
    /// Where, in the order given.
    #[serde(default)]
    pub memberships: Vec<Membership>,
    /// Main department.
    #[serde(default, skip_serializing_if = "is_default")]
    pub main_department: u32,
    /// Direct superiors, userids as given.
    #[serde(default, skip_serializing_if = "is_default")]
    pub direct_leader: Vec<Text>,
    /// Position.
    #[serde(default, skip_serializing_if = "is_default")]
    pub position: Text,
    /// Private editions: one position per department.
    #[serde(default, skip_serializing_if = "is_default")]
    pub positions: Vec<Text>,
    /// 0 undefined, 1 male, 2 female.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gender: u8,
    /// Telephone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub telephone: Text,
    /// Address.
    #[serde(default, skip_serializing_if = "is_default")]
    pub address: Text,
    /// Not disabled by the administrator or the API.
    #[serde(default = "yes")]
    pub is_enabled: bool,
    /// Has activated WeCom.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_activated: bool,
    /// Has left the corp in the client.
    #[serde(default, skip_serializing_if = "is_default")]
    pub has_left: bool,
    /// Has bound WeChat, so an openid exists (43004 otherwise).
    #[serde(default, skip_serializing_if = "is_default")]
    pub has_wechat: bool,
    /// Custom attributes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub extattr: Vec<Attribute>,
    /// External profile.
    #[serde(default, skip_serializing_if = "is_default")]
    pub external: ExternalProfile,
    /// External position.
    #[serde(default, skip_serializing_if = "is_default")]
    pub external_position: Text,
    /// media_id of the avatar.
    #[serde(default, skip_serializing_if = "is_default")]
    pub avatar: Text,
    /// Private editions.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hide_mobile: bool,
    /// The userid was made by the system, so it may be changed once.
    #[serde(default, skip_serializing_if = "is_default")]
    pub can_rename_userid: bool,
    /// Creation.
    #[serde(default)]
    pub created_at_ms: i64,
    /// Invitations sent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub invitations: u32,
}

impl Member {
    /// A member with a name, in one department.
    pub fn new(userid: &str, name: &str, department: u32) -> Self {
        Self {
            userid: userid.into(),
            name: name.into(),
            alias: Text::default(),
            mobile: Text::default(),
            email: Text::default(),
            biz_mail: Text::default(),
            biz_mail_changes_left: 0,
            biz_mail_alias: Vec::new(),
            memberships: vec![Membership { department, order: 0, is_leader: false }],
            main_department: department,
            direct_leader: Vec::new(),
            position: Text::default(),
            positions: Vec::new(),
            gender: 0,
            telephone: Text::default(),
            address: Text::default(),
            is_enabled: true,
            is_activated: false,
            has_left: false,
            has_wechat: false,
            extattr: Vec::new(),
            external: ExternalProfile::default(),
            external_position: Text::default(),
            avatar: Text::default(),
            hide_mobile: false,
            can_rename_userid: false,
            created_at_ms: 0,
            invitations: 0,
        }
    }

    /// The key under which the member is kept.
    pub fn key(&self) -> Text {
        folded(&self.userid)
    }

    /// WeCom's `status`: 1 activated, 2 disabled, 4 not activated, 5 left.
    pub fn status(&self) -> u8 {
        match self {
            Self { has_left: true, .. } => 5,
            Self { is_enabled: false, .. } => 2,
            Self { is_activated: true, .. } => 1,
            _ => 4,
        }
    }

    /// Whether the member is in the department.
    pub fn is_in(&self, department: u32) -> bool {
        self.memberships.iter().any(|m| m.department == department)
    }
}

/// The form in which mobiles are compared: no space, no hyphen, no `+86`.
pub fn normal_mobile(mobile: &str) -> Text {
    let bare: Text = mobile.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    match bare.strip_prefix("+86") {
        Some(rest) => Text::from(rest),
        None => bare,
    }
}

/// The form in which mail addresses are compared.
pub fn normal_mail(mail: &str) -> Text {
    Text::from(mail.to_lowercase())
}
