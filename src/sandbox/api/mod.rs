//! The endpoints, one file per subject, and the table that finds them.

pub mod agent;
pub mod appchat;
pub mod department;
pub mod export;
pub mod import;
pub mod invite;
pub mod lookup;
pub mod media;
pub mod media_check;
pub mod media_url;
pub mod menu;
pub mod message;
pub mod message_change;
pub mod multipart;
pub mod tag;
pub mod token;
pub mod user_read;
pub mod user_write;
pub mod view;
pub mod webhook;

use super::events::Change;
use super::options::Switches;
use super::state::corp::{App, Corp, Owner};
use super::wire::answer::{Answer, Refusal};
use super::wire::gate::Needs;
use super::wire::request::{Body, Query};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The documented verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Parameters in the query.
    Get,
    /// JSON body.
    Post,
}

/// One endpoint.
pub struct Endpoint {
    /// Path after `/cgi-bin/`.
    pub path: &'static str,
    /// Verb.
    pub verb: Verb,
    /// Permission.
    pub needs: Needs,
    /// Takes multipart instead of JSON.
    pub is_upload: bool,
    /// Whether the edition has it.
    pub exists: fn(&Switches) -> bool,
    /// What it does.
    pub run: fn(&mut Exchange<'_>) -> Result<Answer, Refusal>,
}

impl Endpoint {
    /// The wrong verb shows as a parameter error (doc path 90313).
    pub fn verb_refusal(&self) -> Refusal {
        match (self.verb, self.path.split('/').next()) {
            (Verb::Post, Some("user")) => Refusal::new(40003, "invalid userid"),
            (Verb::Post, Some("batch" | "export")) => Refusal::new(40063, "some parameters are empty"),
            _ => Refusal::new(40058, "invalid Request Parameter"),
        }
    }
}

impl Endpoint {
    /// Whether calls count in the basic frequency: sending does not (doc path 90312).
    pub fn is_counted(&self) -> bool {
        !matches!(self.path, "message/send" | "appchat/send" | "webhook/send")
    }

    /// Whether a job may be waiting afterwards.
    pub fn starts_job(&self) -> bool {
        let mut parts = self.path.split('/');
        matches!(
            (parts.next(), parts.next()),
            (Some("export" | "async" | "batch"), _) | (Some("media"), Some("upload_by_url"))
        )
    }
}

/// One call on its way through a handler.
pub struct Exchange<'a> {
    /// The corp of the token.
    pub corp: &'a mut Corp,
    /// Whose secret.
    pub owner: Owner,
    /// The sandbox's time.
    pub now_ms: i64,
    /// Query.
    pub query: &'a Query,
    /// JSON body.
    pub body: Body,
    /// Raw body, for uploads.
    pub upload: &'a [u8],
    /// Content-Type, for uploads.
    pub content_type: &'a str,
    /// `Range`, for downloads.
    pub range: Option<&'a str>,
    /// Own address, for download links.
    pub base_url: &'a str,
    /// What the log shows: userid or department id.
    pub subject: String,
    /// What happened, for the events.
    pub changes: Vec<Change>,
}

impl Exchange<'_> {
    /// The app, when the token is an app's.
    pub fn app(&self) -> Option<&App> {
        match self.owner {
            Owner::Contacts | Owner::Robot => None,
            Owner::App(agentid) => self.corp.apps.get(&agentid),
        }
    }

    /// The app that is named, which must be the token's (41011, 40056, 301002).
    pub fn own_app(&self, agentid: Option<i64>) -> Result<u64, Refusal> {
        let Some(agentid) = agentid else { return Err(Refusal::new(41011, "agentid missing")) };
        let Some(agentid) = u64::try_from(agentid).ok().filter(|id| self.corp.apps.contains_key(id)) else {
            return Err(Refusal::new(40056, "invalid agentid"));
        };
        if self.owner != Owner::App(agentid) {
            return Err(Refusal::new(301_002, "not allow operate another agent with this accesstoken."));
        }
        Ok(agentid)
    }

    /// Whether the caller sees the department.
    pub fn sees_department(&self, id: u32) -> bool {
        self.app().is_none_or(|app| self.corp.sees_department(app, id))
    }

    /// Whether the caller sees the member.
    pub fn sees_member(&self, folded: &str) -> bool {
        self.app().is_none_or(|app| self.corp.sees_member(app, folded))
    }
}

fn always(_: &Switches) -> bool {
    true
}

fn modern(switches: &Switches) -> bool {
    switches.has_modern_reads
}

fn private(switches: &Switches) -> bool {
    switches.has_private_fields
}

fn public(switches: &Switches) -> bool {
    !switches.has_private_fields
}

macro_rules! endpoints {
    ($($verb:ident $path:literal $needs:ident $exists:ident $run:path;)*) => {
        &[$(Endpoint {
            path: $path,
            verb: Verb::$verb,
            needs: Needs::$needs,
            is_upload: matches!($path.as_bytes(), b"media/upload" | b"media/uploadimg" | b"webhook/upload_media"),
            exists: $exists,
            run: $run,
        }),*]
    };
}

static ENDPOINTS: &[Endpoint] = endpoints! {
    Get "gettoken" Any always token::unreachable;
    Post "department/create" Write always department::create;
    Post "department/update" Write always department::update;
    Get "department/delete" Write always department::delete;
    Get "department/list" Details always department::list;
    Get "department/simplelist" Ids modern department::simplelist;
    Get "department/get" Details modern department::get;
    Post "user/create" Write always user_write::create;
    Post "user/update" Write always user_write::update;
    Get "user/delete" Write always user_write::delete;
    Post "user/batchdelete" Write always user_write::batchdelete;
    Get "user/get" Details always user_read::get;
    Get "user/simplelist" Details always user_read::simplelist;
    Get "user/list" Details always user_read::list;
    Post "user/list_id" MemberIds modern user_read::list_id;
    Post "user/getuserid" Any always lookup::getuserid;
    Post "user/get_userid_by_email" Any always lookup::get_userid_by_email;
    Post "user/convert_to_openid" Any always lookup::convert_to_openid;
    Post "user/convert_to_userid" Any always lookup::convert_to_userid;
    Get "user/authsucc" Contacts always lookup::authsucc;
    Post "auth/get_tfa_info" Any always lookup::get_tfa_info;
    Post "user/tfa_succ" Any always lookup::tfa_succ;
    Get "corp/get_join_qrcode" Contacts always lookup::get_join_qrcode;
    Post "user/get_active_stat" Contacts always lookup::get_active_stat;
    Post "batch/userid_to_openuserid" Any always lookup::userid_to_openuserid;
    Post "batch/openuserid_to_userid" Any always lookup::openuserid_to_userid;
    Post "batch/invite" Any always invite::invite;
    Post "tag/create" Any always tag::create;
    Post "tag/update" Any always tag::update;
    Get "tag/delete" Any always tag::delete;
    Get "tag/get" Any always tag::get;
    Post "tag/addtagusers" Any always tag::addtagusers;
    Post "tag/deltagusers" Any always tag::deltagusers;
    Get "tag/list" Any always tag::list;
    Post "media/upload" Any always media::upload;
    Get "media/get" Any always media::get;
    Post "batch/syncuser" Write always import::syncuser;
    Post "batch/replaceuser" Write always import::replaceuser;
    Post "batch/replaceparty" Write always import::replaceparty;
    Post "batch/syncparty" Write private import::syncparty;
    Get "batch/getresult" Write always import::getresult;
    Post "export/simple_user" Details modern export::simple_user;
    Post "export/user" Details modern export::user;
    Post "export/department" Details modern export::department;
    Post "export/taguser" Any modern export::taguser;
    Get "export/get_result" Any modern export::get_result;
    Get "media/get/jssdk" Any always media::get;
    Post "media/uploadimg" Any always media::uploadimg;
    Post "media/upload_by_url" App public media_url::upload;
    Post "media/get_upload_by_url_result" App public media_url::result;
    Get "agent/get" Any always agent::get;
    Get "agent/list" App always agent::list;
    Post "agent/set" App always agent::set;
    Post "menu/create" App always menu::create;
    Get "menu/get" App always menu::get;
    Get "menu/delete" App always menu::delete;
    Post "message/send" App always message::send;
    Post "message/recall" App public message_change::recall;
    Post "message/revoke" App private message_change::revoke;
    Post "message/update_template_card" App always message_change::update_template_card;
    Post "message/get_statistics" App always message_change::get_statistics;
    Post "appchat/create" App always appchat::create;
    Post "appchat/update" App always appchat::update;
    Get "appchat/get" App always appchat::get;
    Post "appchat/send" App always appchat::send;
    Post "appchat/dismiss" App private appchat::dismiss;
    Post "appchat/revoke" App private appchat::revoke;
    Post "webhook/send" Robot always webhook::send;
    Post "webhook/upload_media" Robot always webhook::upload_media;
    Get "get_api_domain_ip" Any always agent::api_domain_ip;
    Get "getcallbackip" Any always agent::callback_ip;
    Get "security/get_server_domain_ip" Any public agent::server_domain_ip;
    Get "async/simplelist" Details private export::async_simplelist;
    Get "async/list" Details private export::async_list;
    Get "async/getresult" Details private export::async_getresult;
};

static BY_PATH: LazyLock<HashMap<&'static str, &'static Endpoint>> =
    LazyLock::new(|| ENDPOINTS.iter().map(|endpoint| (endpoint.path, endpoint)).collect());

/// The endpoint of a path after `/cgi-bin/`.
pub fn find(path: &str) -> Option<&'static Endpoint> {
    BY_PATH.get(path).copied()
}
