//! What callers hand over: writes as model images, and the parameters of the other calls.

use crate::model::{DepartmentId, DepartmentImage, MemberImage, Secret, UserId};

/// A department to create or update. In an update, what is `None` in the image is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentWrite {
    /// Required for an update; in a create `None` lets WeCom choose.
    pub id: Option<DepartmentId>,
    /// Name, parent, order.
    pub image: DepartmentImage,
}

/// A member to create or update. In an update, what is absent from the image is not written; an empty
/// `direct_leader` clears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberWrite {
    /// Whom.
    pub userid: UserId,
    /// Fields, memberships, superiors, enabled or not.
    pub image: MemberImage,
    /// Send WeCom's invitation; only in a create, where `None` means no (WeCom's own default would be yes).
    pub to_invite: Option<bool>,
}

/// Whom to invite: at most 1,000 members, 100 departments, 100 tags, not all empty (doc path 90975).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invitation {
    /// Members.
    pub users: Vec<UserId>,
    /// Departments.
    pub departments: Vec<DepartmentId>,
    /// Tags.
    pub tags: Vec<u32>,
}

/// Members and departments of a tag: at most 1,000 and 100 in one call, not both empty (doc path 90214).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagMembers {
    /// Members.
    pub users: Vec<UserId>,
    /// Departments.
    pub departments: Vec<DepartmentId>,
}

/// What kind of file is uploaded (doc path 90253).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// At most 20 MB; import files are of this kind.
    File,
    /// JPG or PNG, at most 10 MB.
    Image,
    /// AMR, at most 2 MB and 60 s.
    Voice,
    /// MP4, at most 10 MB.
    Video,
}

impl MediaKind {
    /// WeCom's spelling.
    pub fn wire(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
        }
    }

    /// The largest file that is taken, bytes (doc path 90253).
    pub fn max_bytes(self) -> usize {
        match self {
            Self::File => 20 << 20,
            Self::Image | Self::Video => 10 << 20,
            Self::Voice => 2 << 20,
        }
    }
}

/// A change of an app's own settings (doc path 90228); what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentChange {
    /// 1 to 32 characters.
    pub name: Option<String>,
    /// 4 to 120 characters.
    pub description: Option<String>,
    /// An uploaded image; WeCom cuts the icons out of it.
    pub logo_media_id: Option<String>,
    /// A bare domain whose ownership is proven; at most 20 changes a month.
    pub redirect_domain: Option<String>,
    /// With `http://` or `https://`.
    pub home_url: Option<String>,
    /// Send "member opened the app" events.
    pub reports_entering: Option<bool>,
    /// Report places when a member opens the app.
    pub reports_location: Option<bool>,
}

/// An asynchronous import of an uploaded CSV (doc paths 90980 to 90982).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportJob {
    /// From [`Client::media_upload`](super::Client::media_upload).
    pub media_id: String,
    /// Send invitations to members that the import creates. Not used by `replaceparty`, nor by private editions.
    pub to_invite: bool,
    /// Where the result event goes, beside polling. Not used by private editions.
    pub callback: Option<ImportCallback>,
}

/// Where the result event of an import goes; encrypted with that key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportCallback {
    /// URL.
    pub url: String,
    /// Token for the signature.
    pub token: Secret,
    /// EncodingAESKey, 43 characters.
    pub aes_key: Secret,
}

/// The largest number of objects in one export file (doc path 94849).
pub const EXPORT_BLOCK_MAX: u32 = 1_000_000;

/// The size of a joining QR code in pixels (doc path 91714).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrSize {
    /// 171 px
    S171,
    /// 399 px
    S399,
    /// 741 px
    S741,
    /// 2052 px
    S2052,
}

impl QrSize {
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Self::S171 => "1",
            Self::S399 => "2",
            Self::S741 => "3",
            Self::S2052 => "4",
        }
    }
}

/// Which address a member is looked up by (doc path 95895).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailKind {
    /// 企业邮箱
    Corp,
    /// 个人邮箱
    Personal,
}
