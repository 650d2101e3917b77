//! A corp as the console knows it: secrets, apps, addresses, settings. The directory is in [`super::directory`].

use super::chat::{Chats, Robot};
use super::directory::Directory;
use super::job::Jobs;
use super::tag::Tag;
use crate::sandbox::menus::Menu;
use crate::sandbox::messages::Messages;
use crate::sandbox::options::{Limits, MessageLimits, MessageSwitches, Profile, QuotaLimits, Switches};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// 2022-06-20 20:00 in China: apps created later do not read sensitive fields.
pub const SENSITIVE_FIELDS_CUT_MS: i64 = 1_655_726_400_000;
/// 2022-04-25 in China: the corp mail of members created later is changed in the console only.
pub const CORP_MAIL_CUT_MS: i64 = 1_650_816_000_000;
/// How long a change of trusted IPs takes to become effective (doc path 90313).
pub const TRUSTED_IP_DELAY_MS: i64 = 60_000;

/// Whose secret a token was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// 通讯录同步
    Contacts,
    /// An app, by AgentID.
    App(u64),
    /// A group robot, which has a key in place of a token.
    Robot,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Contacts => f.write_str("contacts"),
            Self::App(agentid) => write!(f, "app {agentid}"),
            Self::Robot => f.write_str("robot"),
        }
    }
}

/// Trusted IPs; a change is effective 60 s after it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustedIps {
    /// In force until `since_ms`.
    pub before: BTreeSet<String>,
    /// In force from `since_ms` on.
    pub now: BTreeSet<String>,
    /// When the last change becomes effective.
    pub since_ms: i64,
}

impl TrustedIps {
    /// The machine's own addresses, in force at once.
    pub fn loopback() -> Self {
        let now = BTreeSet::from(["127.0.0.1".to_owned(), "::1".to_owned()]);
        Self { before: BTreeSet::new(), now, since_ms: 0 }
    }

    /// Replaces the list as the console does.
    pub fn change(&mut self, ips: impl IntoIterator<Item = String>, now_ms: i64) {
        if self.since_ms <= now_ms {
            self.before = std::mem::take(&mut self.now);
        }
        self.now = ips.into_iter().collect();
        self.since_ms = now_ms + TRUSTED_IP_DELAY_MS;
    }

    /// Whether calls from this IP are taken.
    pub fn trusts(&self, ip: &str, now_ms: i64) -> bool {
        let list = if now_ms >= self.since_ms { &self.now } else { &self.before };
        list.contains(ip)
    }
}

/// Where events are posted, and under which keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// http or https.
    pub url: String,
    /// Token.
    pub token: String,
    /// EncodingAESKey, 43 characters.
    pub aes_key: String,
}

/// 通讯录同步: the only secret that writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contacts {
    /// The secret.
    pub secret: String,
    /// API sync is switched on.
    pub is_enabled: bool,
    /// "API edit contacts" rather than "read only".
    pub can_edit: bool,
    /// Trusted IPs.
    pub trusted_ips: TrustedIps,
    /// IPs in use before 2022-08-15: they still read details.
    pub known_ips: BTreeSet<String>,
    /// Receive-events server.
    pub callback: Option<Callback>,
}

impl Default for Contacts {
    fn default() -> Self {
        Self {
            secret: String::new(),
            is_enabled: true,
            can_edit: true,
            trusted_ips: TrustedIps::loopback(),
            known_ips: BTreeSet::new(),
            callback: None,
        }
    }
}

/// What an app may see (可见范围). Departments count with everything below them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VisibleRange {
    /// Departments.
    pub departments: BTreeSet<u32>,
    /// Members, by folded userid.
    pub users: BTreeSet<String>,
    /// Tags.
    pub tags: BTreeSet<u32>,
}

impl VisibleRange {
    /// The root department, that is everything.
    pub fn root() -> Self {
        Self { departments: BTreeSet::from([1]), ..Self::default() }
    }

    /// These departments with everything below them.
    pub fn departments(ids: impl IntoIterator<Item = u32>) -> Self {
        Self { departments: ids.into_iter().collect(), ..Self::default() }
    }
}

/// Which kind of app it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// 自建应用
    #[default]
    SelfBuilt,
    /// 代开发自建应用
    CustomerBuilt,
    /// An ordinary third-party app: reads neither names nor numbers.
    ThirdParty,
    /// A third party with the contacts edit authorisation: allowed calls only, others 48008.
    EditAuthorised,
}

/// An app of a corp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    /// Shown name.
    pub name: String,
    /// The secret.
    pub secret: String,
    /// Kind.
    pub kind: AppKind,
    /// Switched on.
    pub is_enabled: bool,
    /// The administrator forbade it to call APIs (60031).
    pub is_forbidden: bool,
    /// Decides about sensitive fields.
    pub created_at_ms: i64,
    /// Visible range.
    pub visible: VisibleRange,
    /// Trusted IPs.
    pub trusted_ips: TrustedIps,
    /// Receive-messages server.
    pub callback: Option<Callback>,
    /// Private editions: fields that the administrator opened for the app.
    pub open_fields: BTreeSet<String>,
    /// Third parties: the suite that its events name.
    pub suite_id: String,
    /// What the console and `agent/set` say about it.
    pub description: String,
    /// media_id of the logo given with `agent/set`.
    pub logo_mediaid: String,
    /// Trusted domain.
    pub redirect_domain: String,
    /// When the trusted domain was changed through the API.
    pub domain_changes: VecDeque<i64>,
    /// Members are asked for their place when they open the app.
    pub report_location_flag: bool,
    /// `enter_agent` is sent.
    pub isreportenter: bool,
    /// Home page.
    pub home_url: String,
    /// Apps built for the customer: 0 to be developed, 1 in development, 2 online, 3 has an unpublished version.
    pub customized_publish_status: u8,
    /// AppID of the mini program that the app is; empty = none.
    pub mini_program: String,
    /// The custom menu.
    pub menu: Option<Menu>,
}

impl Default for App {
    fn default() -> Self {
        Self {
            name: String::new(),
            secret: String::new(),
            kind: AppKind::SelfBuilt,
            is_enabled: true,
            is_forbidden: false,
            created_at_ms: 0,
            visible: VisibleRange::root(),
            trusted_ips: TrustedIps::loopback(),
            callback: None,
            open_fields: BTreeSet::new(),
            suite_id: String::new(),
            description: String::new(),
            logo_mediaid: String::new(),
            redirect_domain: String::new(),
            domain_changes: VecDeque::new(),
            report_location_flag: false,
            isreportenter: false,
            home_url: String::new(),
            customized_publish_status: 2,
            mini_program: String::new(),
            menu: None,
        }
    }
}

/// Corp-wide settings of the console.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Custom attributes that exist (自定义字段); others are ignored on write.
    pub custom_attributes: BTreeSet<String>,
    /// Certified short names (41036).
    pub short_names: BTreeSet<String>,
    /// WeChat Channels names bound to the corp (41066).
    pub channel_names: BTreeSet<String>,
    /// Mini-programs installed in the corp.
    pub mini_programs: BTreeSet<String>,
    /// Words that no value may contain (85002).
    pub forbidden_words: Vec<String>,
    /// Domain of the corp mail (81015); empty = any.
    pub mail_domain: String,
    /// The creator, who cannot be deleted (301005).
    pub creator: String,
    /// Dissolved or banned (301007).
    pub is_banned: bool,
    /// Members must pass the second verification.
    pub has_second_verification: bool,
    /// Only members with a basic interface licence get messages.
    pub checks_licences: bool,
    /// Members without one, by folded userid.
    pub unlicensed: BTreeSet<String>,
    /// Domains whose ownership is proven (85005 otherwise).
    pub owned_domains: BTreeSet<String>,
    /// Domains without a record of the corp (85008).
    pub unrecorded_domains: BTreeSet<String>,
    /// Domains of providers (85111).
    pub provider_domains: BTreeSet<String>,
    /// What `get_api_domain_ip` answers; empty = this machine.
    pub api_ips: Vec<String>,
    /// What `getcallbackip` answers; empty = this machine.
    pub callback_ips: Vec<String>,
}

/// A corp.
#[derive(Debug, Clone)]
pub struct Corp {
    /// CorpID.
    pub corpid: String,
    /// Shown name; also the root department's.
    pub name: String,
    /// Profile that the switches started from.
    pub profile: Profile,
    /// Switches.
    pub switches: Switches,
    /// Limits.
    pub limits: Limits,
    /// Rate limits.
    pub quota: QuotaLimits,
    /// Switches of messages.
    pub message_switches: MessageSwitches,
    /// Limits of messages.
    pub message_limits: MessageLimits,
    /// Settings.
    pub settings: Settings,
    /// The contacts secret.
    pub contacts: Contacts,
    /// Apps by AgentID.
    pub apps: BTreeMap<u64, App>,
    /// Departments and members.
    pub directory: Directory,
    /// Tags by id.
    pub tags: BTreeMap<u32, Tag>,
    /// Uploads, imports, exports.
    pub jobs: Jobs,
    /// When members were created, for the monthly cap; oldest first.
    pub creations: VecDeque<i64>,
    /// Wrong numbers asked of `user/getuserid`: the day, and how many.
    pub wrong_mobiles: (i64, u64),
    /// Codes that clients hold for the second verification, with their member.
    pub tfa_codes: BTreeMap<String, String>,
    /// Second verifications under way.
    pub tfa_pending: BTreeMap<String, String>,
    /// Departments that a full import left out and that go once they are empty.
    pub doomed: BTreeSet<u32>,
    /// Messages.
    pub messages: Messages,
    /// Group chats of apps.
    pub chats: Chats,
    /// Group robots by key.
    pub robots: BTreeMap<String, Robot>,
}

impl Corp {
    /// A corp with the root department and nothing else.
    pub fn new(corpid: &str, profile: Profile) -> Self {
        Self {
            corpid: corpid.to_owned(),
            name: corpid.to_owned(),
            profile,
            switches: Switches::of(profile),
            limits: Limits::of(profile),
            quota: QuotaLimits::of(profile),
            message_switches: MessageSwitches::of(profile),
            message_limits: MessageLimits::of(profile),
            settings: Settings::default(),
            contacts: Contacts::default(),
            apps: BTreeMap::new(),
            directory: Directory::new(corpid),
            tags: BTreeMap::new(),
            jobs: Jobs::default(),
            creations: VecDeque::new(),
            wrong_mobiles: (0, 0),
            tfa_codes: BTreeMap::new(),
            tfa_pending: BTreeMap::new(),
            doomed: BTreeSet::new(),
            messages: Messages::default(),
            chats: Chats::default(),
            robots: BTreeMap::new(),
        }
    }

    /// The trusted IPs of a secret.
    pub fn trusted_ips(&mut self, owner: Owner) -> Option<&mut TrustedIps> {
        match owner {
            Owner::Contacts => Some(&mut self.contacts.trusted_ips),
            Owner::App(agentid) => self.apps.get_mut(&agentid).map(|app| &mut app.trusted_ips),
            Owner::Robot => None,
        }
    }

    /// Whether the app sees the department, by itself or below one of its range.
    pub fn sees_department(&self, app: &App, id: u32) -> bool {
        let range = &app.visible;
        let covers = |id: u32| {
            range.departments.contains(&id)
                || range.tags.iter().filter_map(|tag| self.tags.get(tag)).any(|tag| tag.departments.contains(&id))
        };
        self.directory.path_to_root(id).any(covers)
    }

    /// Whether the app sees the member.
    pub fn sees_member(&self, app: &App, folded: &str) -> bool {
        if app.visible.departments.contains(&1) || app.visible.users.contains(folded) {
            return true;
        }
        if app.visible.tags.iter().filter_map(|tag| self.tags.get(tag)).any(|tag| tag.users.contains(folded)) {
            return true;
        }
        self.directory
            .member(folded)
            .is_some_and(|member| member.memberships.iter().any(|m| self.sees_department(app, m.department)))
    }
}
