//! What a sandbox is made of: profile, switches, limits, quota. Every documented doubt is a switch here.

mod delivery;
mod messages;

pub use delivery::DeliveryOptions;
pub use messages::{EVENTS_WITH_CARD_UPDATE, EVENTS_WITH_REPLY, MessageLimits, MessageSwitches};

use crate::clock::Clock;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How a sandbox is started.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Address to listen on; port 0 picks a free one.
    pub listen: String,
    /// Profile of the corps that are added without one of their own.
    pub profile: Profile,
    /// The sandbox's clock; share it with the client to move both at once.
    pub clock: Clock,
    /// Threads that answer requests.
    pub workers: usize,
    /// Calls that the log remembers; counts are kept for all.
    pub calls_kept: usize,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".into(),
            profile: Profile::PublicNew,
            clock: Clock::system(),
            workers: 2,
            calls_kept: 10_000,
        }
    }
}

/// Which WeCom is played (contacts.md sections 4, 15 and 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// The public cloud as a corp finds it that starts today: both restrictions of 2022, trusted IPs, reduced events.
    #[default]
    #[serde(alias = "public")]
    PublicNew,
    /// The public cloud for a corp from before 2022.
    PublicLegacy,
    /// A private deployment (私有化).
    Private,
    /// Government WeCom (政务微信): a private deployment whose departments also say what kind of unit they are.
    Government,
}

impl Profile {
    /// The profile of this name: `public` (= `public-new`), `public-legacy`, `private`, `government`.
    pub fn find(name: &str) -> Option<Self> {
        Some(match name {
            "public" | "public-new" => Self::PublicNew,
            "public-legacy" => Self::PublicLegacy,
            "private" => Self::Private,
            "government" => Self::Government,
            _ => return None,
        })
    }

    /// Whether it is one of the editions that run on a customer's own servers.
    pub fn is_private(self) -> bool {
        matches!(self, Self::Private | Self::Government)
    }
}

/// What a corp's WeCom does where the editions, the years or the pages differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// Apps created after 2022-06-20 20:00 do not read sensitive fields.
    pub hides_sensitive_fields: bool,
    /// Hidden fields are empty texts instead of absent ones.
    pub hidden_fields_are_empty: bool,
    /// The contacts secret may not read details from IPs that came after 2022-08-15 (48009).
    pub blocks_contacts_reads: bool,
    /// Calls are taken from trusted IPs only (60020).
    pub checks_trusted_ip: bool,
    /// `gettoken` too is guarded by the trusted IPs (private editions).
    pub checks_ip_at_gettoken: bool,
    /// Contacts events carry ids only, and fewer of them fire (callback address set after 2022-08-15).
    pub reduces_events: bool,
    /// `user/list_id`, `department/simplelist`, `department/get` and the export exist.
    pub has_modern_reads: bool,
    /// `async/*` and `batch/syncparty` exist, members carry the private fields, `alias` and `main_department` do not.
    pub has_private_fields: bool,
    /// Departments carry `type`, `party_user_limit` and `party_detail`.
    pub has_unit_details: bool,
    /// Apps read only the account unless a field is opened for them.
    pub opens_fields_per_app: bool,
    /// The errcode of `gettoken` for a wrong secret: 40001 or 40091.
    pub wrong_secret_errcode: i64,
    /// The errcode of a contacts write with an app secret: 60011 or 48002.
    pub app_write_errcode: i64,
    /// The corp is bound to Tencent exmail: `email` is ignored on update.
    pub is_bound_to_exmail: bool,
    /// Corp mail is on: `biz_mail` is read, `email` is the personal mail.
    pub has_corp_mail: bool,
    /// `name_en` of departments is effective.
    pub has_name_en: bool,
    /// `\uXXXX` in a body is refused with 40033, as it was in early years.
    pub refuses_unicode_escapes: bool,
    /// `extattr` and `external_attr` of an update replace the whole list, as the page of the update says of arrays; off =
    /// an entry replaces only the one of its name. Unverified, so the loss is played.
    pub replaces_attribute_lists: bool,
    /// `parentid: 0` on an update of the root is refused with 60124.
    pub refuses_root_parent_zero: bool,
}

impl Switches {
    /// The documented behaviour of a profile.
    pub fn of(profile: Profile) -> Self {
        let new = profile == Profile::PublicNew;
        let private = profile.is_private();
        Self {
            hides_sensitive_fields: new,
            hidden_fields_are_empty: false,
            blocks_contacts_reads: new,
            checks_trusted_ip: new || private,
            checks_ip_at_gettoken: private,
            reduces_events: new,
            has_modern_reads: !private,
            has_private_fields: private,
            has_unit_details: profile == Profile::Government,
            opens_fields_per_app: private,
            wrong_secret_errcode: 40001,
            app_write_errcode: 60011,
            is_bound_to_exmail: false,
            has_corp_mail: false,
            has_name_en: false,
            refuses_unicode_escapes: false,
            replaces_attribute_lists: true,
            refuses_root_parent_zero: true,
        }
    }
}

/// Sizes (contacts.md section 12); smaller ones make a limit testable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Departments in the corp.
    pub departments: usize,
    /// Levels, the root counted as the first.
    pub levels: usize,
    /// Direct sub-departments and members of one department.
    pub nodes: usize,
    /// Characters of a department's name.
    pub department_name_chars: usize,
    /// Departments of one member.
    pub departments_per_member: usize,
    /// Direct superiors of one member.
    pub direct_leaders: usize,
    /// Members of the corp (45024).
    pub members: usize,
    /// New members in 30 days = `members` × this (45009).
    pub monthly_creations_factor: usize,
    /// `user/batchdelete`.
    pub batch_delete: usize,
    /// Rows of one `user/list_id` page.
    pub list_id_rows: usize,
    /// Members in one `user/list` or `user/simplelist` answer (45029).
    pub list_members: usize,
    /// Members in one invitation.
    pub invite_users: usize,
    /// Departments in one invitation.
    pub invite_departments: usize,
    /// Tags in one invitation.
    pub invite_tags: usize,
    /// Tags of the corp.
    pub tags: usize,
    /// Members and departments of one tag.
    pub tag_nodes: usize,
    /// Smallest block of an export.
    pub export_block_min: usize,
    /// Largest block of an export.
    pub export_block_max: usize,
    /// Bytes of an uploaded file.
    pub file_max_bytes: usize,
    /// Bytes of a JSON body (40206).
    pub body_max_bytes: usize,
    /// Characters of a text in the external profile.
    pub external_text_chars: usize,
    /// How long a job runs.
    pub job_ms: i64,
}

impl Limits {
    /// The documented limits of a profile.
    pub fn of(profile: Profile) -> Self {
        Self {
            departments: 30_000,
            levels: 15,
            nodes: 30_000,
            department_name_chars: 64,
            departments_per_member: 100,
            direct_leaders: 1,
            members: 1_000_000,
            monthly_creations_factor: 3,
            batch_delete: 200,
            list_id_rows: 10_000,
            list_members: if profile.is_private() { 50_000 } else { 30_000 },
            invite_users: 1000,
            invite_departments: 100,
            invite_tags: 100,
            tags: 3000,
            tag_nodes: 30_000,
            export_block_min: 10_000,
            export_block_max: 1_000_000,
            file_max_bytes: 20 * 1024 * 1024,
            body_max_bytes: 4 * 1024 * 1024,
            external_text_chars: 32,
            job_ms: 500,
        }
    }
}

/// Rate limits (contacts.md section 10); 0 switches one off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaLimits {
    /// Calls of one API by one corp in a minute.
    pub corp_minute: u64,
    /// Calls of one API by one corp in an hour.
    pub corp_hour: u64,
    /// Calls of one API from one IP in a minute.
    pub ip_minute: u64,
    /// Calls of one API from one IP in an hour.
    pub ip_hour: u64,
    /// Calls of one API by one corp at the same time (45033).
    pub concurrency: u64,
    /// Wrong secrets from one IP in an hour before it is locked out for an hour.
    pub wrong_secrets_hour: u64,
}

impl QuotaLimits {
    /// The documented limits; the private editions publish none.
    pub fn of(profile: Profile) -> Self {
        if profile.is_private() {
            return Self {
                corp_minute: 0,
                corp_hour: 0,
                ip_minute: 0,
                ip_hour: 0,
                concurrency: 0,
                wrong_secrets_hour: 2000,
            };
        }
        Self {
            corp_minute: 10_000,
            corp_hour: 150_000,
            ip_minute: 20_000,
            ip_hour: 600_000,
            concurrency: 30,
            wrong_secrets_hour: 2000,
        }
    }
}

/// `base` with the members of `patch` laid over it; an unknown or mistyped member is an error.
pub(crate) fn patched<T: Serialize + DeserializeOwned>(
    base: &T,
    patch: &serde_json::Value,
) -> Result<T, serde_json::Error> {
    let mut value = serde_json::to_value(base)?;
    if let (Some(into), Some(from)) = (value.as_object_mut(), patch.as_object()) {
        into.extend(from.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    serde_json::from_value(value)
}
