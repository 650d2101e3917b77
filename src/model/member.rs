//! The WeCom side as last read: departments, members, and what could not be read.

use super::fields::Fields;
use super::ids::{DepartmentId, Text, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A WeCom department in the mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Department {
    /// WeCom's id.
    pub id: DepartmentId,
    /// The department above; 0 for the root. It may be missing from the mirror when the visible range starts lower.
    pub parent: DepartmentId,
    /// Name; `None` when the credential could not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Text>,
    /// Position among siblings, larger first.
    #[serde(default)]
    pub order: u32,
    /// Heads as WeCom answers them; read-only there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaders: Vec<UserId>,
}

/// One membership of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Membership {
    /// Where.
    pub department: DepartmentId,
    /// Position inside the department, larger first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub order: u32,
    /// Whether the member heads the department.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_leader: bool,
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// WeCom's `status` (doc path 90196).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// 1: activated.
    Activated,
    /// 2: disabled.
    Disabled,
    /// 4: not activated yet.
    NotActivated,
    /// 5: has left the corp.
    Left,
    /// Any other number.
    Other(i64),
}

/// A WeCom member in the mirror. A field that the credential could not read is absent (`None`), which is not the
/// same as empty; [`Member::fields`] holds only what was really answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// As WeCom writes it; look up by [`UserId::folded`].
    pub userid: UserId,
    /// Where; empty when the member is in no visible department.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memberships: Vec<Membership>,
    /// Main department, where answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_department: Option<DepartmentId>,
    /// `None` when only the id is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<MemberStatus>,
    /// Direct superiors, where answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_leader: Option<Vec<UserId>>,
    /// Readable text fields by [`MemberField`].
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub fields: Fields<Text>,
    /// Whether details were read (`false`: only userid and departments are known).
    #[serde(default)]
    pub has_details: bool,
}

impl Member {
    /// Whether the member is disabled, as far as known.
    pub fn is_disabled(&self) -> bool {
        self.status == Some(MemberStatus::Disabled)
    }
}

/// A text field of a member, named as in WeCom's JSON; `extattr.<name>` for custom attributes,
/// `external.<name>` for texts of the external profile.
///
/// Serialised as that name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberField {
    /// `name`
    Name,
    /// `alias`
    Alias,
    /// `mobile` (restricted since 2022-06-20)
    Mobile,
    /// `email` (restricted since 2022-06-20)
    Email,
    /// `biz_mail` (restricted)
    BizMail,
    /// `position`
    Position,
    /// `gender`, `0` `1` `2` (restricted)
    Gender,
    /// `telephone`
    Telephone,
    /// `address` (restricted)
    Address,
    /// `external_position`
    ExternalPosition,
    /// `extattr.<name>`, a text attribute
    ExtAttr(Text),
    /// `external.<name>`, a text attribute of `external_profile`
    External(Text),
    /// `extattr_item.<name>`, an attribute that is no text, as JSON without its name
    ExtAttrItem(Text),
    /// `external_item.<name>`, the same of `external_profile`
    ExternalItem(Text),
    /// `extattr`: how much of the list of attributes is known, see [`super::AttributeList::marker`]
    ExtAttrs,
    /// `external`: the same of `external_profile`
    Externals,
}

impl MemberField {
    /// The name as set-up files, plans and the API spell it.
    pub fn path(&self) -> std::borrow::Cow<'static, str> {
        match self {
            Self::Name => "name".into(),
            Self::Alias => "alias".into(),
            Self::Mobile => "mobile".into(),
            Self::Email => "email".into(),
            Self::BizMail => "biz_mail".into(),
            Self::Position => "position".into(),
            Self::Gender => "gender".into(),
            Self::Telephone => "telephone".into(),
            Self::Address => "address".into(),
            Self::ExternalPosition => "external_position".into(),
            Self::ExtAttr(name) => format!("extattr.{name}").into(),
            Self::External(name) => format!("external.{name}").into(),
            Self::ExtAttrItem(name) => format!("extattr_item.{name}").into(),
            Self::ExternalItem(name) => format!("external_item.{name}").into(),
            Self::ExtAttrs => "extattr".into(),
            Self::Externals => "external".into(),
        }
    }

    /// The field with this name.
    pub fn find(path: &str) -> Option<Self> {
        Some(match path {
            "name" => Self::Name,
            "alias" => Self::Alias,
            "mobile" => Self::Mobile,
            "email" => Self::Email,
            "biz_mail" => Self::BizMail,
            "position" => Self::Position,
            "gender" => Self::Gender,
            "telephone" => Self::Telephone,
            "address" => Self::Address,
            "external_position" => Self::ExternalPosition,
            "extattr" => Self::ExtAttrs,
            "external" => Self::Externals,
            _ => {
                return match path.split_once('.') {
                    Some(("extattr", name)) if !name.is_empty() => Some(Self::ExtAttr(name.into())),
                    Some(("external", name)) if !name.is_empty() => Some(Self::External(name.into())),
                    Some(("extattr_item", name)) if !name.is_empty() => Some(Self::ExtAttrItem(name.into())),
                    Some(("external_item", name)) if !name.is_empty() => Some(Self::ExternalItem(name.into())),
                    _ => None,
                };
            }
        })
    }
}

impl Serialize for MemberField {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.path())
    }
}

impl<'de> Deserialize<'de> for MemberField {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::find(&path).ok_or_else(|| serde::de::Error::custom(format!("unknown member field {path:?}")))
    }
}

/// How a mirror was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadStrategy {
    /// `department/list` + `user/list` per department, one secret.
    Lists,
    /// `department/simplelist` + `user/list_id` with the contacts secret, details with the app secret.
    IdsAndDetails,
    /// `department/simplelist` + `user/list_id` only: no details are readable.
    IdsOnly,
    /// Asynchronous export.
    Export,
}

/// What is known about one read of a corp; stored beside the mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MirrorHead {
    /// When the read ended, Unix milliseconds.
    pub read_at_ms: i64,
    /// How.
    pub strategy: ReadStrategy,
    /// Why that strategy, for people.
    pub strategy_reason: String,
    /// Whether the read proves absence: what is not in the mirror does not exist in the corp. `false` when only an
    /// app's visible range was read; absence then means "not visible".
    pub is_complete: bool,
    /// Departments in the mirror.
    pub departments: u64,
    /// Members in the mirror.
    pub members: u64,
    /// What could not be read and why; at most 1,000 entries are kept, `unreadable_total` counts all.
    pub unreadable: Vec<Unreadable>,
    /// Count of all unreadable subjects.
    pub unreadable_total: u64,
}

/// One subject that could not be read completely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unreadable {
    /// `department 12`, `member a.chen`
    pub subject: String,
    /// What is missing: `name`, `details`, `parent`, `departments` …
    pub what: String,
    /// Why, for people; WeCom's errcode is in it where there was one.
    pub why: String,
}
