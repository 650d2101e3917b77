//! The endpoints, one file per subject, and the table that finds them.

pub mod agent;
pub mod department;
pub mod export;
pub mod import;
pub mod invite;
pub mod lookup;
pub mod media;
pub mod tag;
pub mod token;
pub mod user_read;
pub mod user_write;
pub mod view;

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
    /// Whether a job may be waiting afterwards.
    pub fn starts_job(&self) -> bool {
        let mut parts = self.path.split('/');
        matches!((parts.next(), parts.next()), (Some("export" | "async" | "batch"), _))
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
            Owner::Contacts => None,
            Owner::App(agentid) => self.corp.apps.get(&agentid),
        }
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

macro_rules! endpoints {
    ($($verb:ident $path:literal $needs:ident $exists:ident $run:path;)*) => {
        &[$(Endpoint {
            path: $path,
            verb: Verb::$verb,
            needs: Needs::$needs,
            is_upload: matches!($path.as_bytes(), b"media/upload"),
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
    Get "agent/get" Any always agent::get;
    Get "get_api_domain_ip" Any always agent::domain_ip;
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
