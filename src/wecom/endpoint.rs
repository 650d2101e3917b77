//! The one table of endpoints: name, verb, whether it writes, and whether it may be repeated.

/// HTTP verb of an endpoint. A wrong verb surfaces as a parameter error, not as 405 (doc path 90313).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Parameters in the query.
    Get,
    /// JSON (or a file) in the body.
    Post,
}

/// Whether an endpoint changes anything at WeCom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Reads, or starts a job that only reads. Allowed for read-only corps.
    Read,
    /// Changes something or sends something to people. Refused for read-only corps before any request.
    Write,
}

/// What a second call with the same content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The same state, the same answer.
    Safe,
    /// The same state; the second answer may be "not found" or "exists".
    SameState,
    /// Something else: a second object, a second job, a second message, a used-up code.
    Once,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Path below `/cgi-bin/`, also the name in metrics, budgets and journals, e.g. `user/create`.
    pub name: &'static str,
    /// Verb.
    pub verb: Verb,
    /// Read or write.
    pub effect: Effect,
    /// What a repetition does.
    pub repeat: Repeat,
    /// The largest answer that is accepted, in bytes after decompression.
    pub answer_max_bytes: usize,
}

/// Ordinary answers.
const SMALL: usize = 1 << 20;
/// Whole lists: 50,000 members of the private edition at about 1.5 KiB, with room.
const LIST: usize = 128 << 20;

macro_rules! endpoints {
    ($($(#[$doc:meta])* $id:ident = $verb:ident $name:literal $effect:ident $repeat:ident $max:ident;)*) => {
        $($(#[$doc])* pub static $id: Endpoint = Endpoint {
            name: $name,
            verb: Verb::$verb,
            effect: Effect::$effect,
            repeat: Repeat::$repeat,
            answer_max_bytes: $max,
        };)*
        /// Every endpoint the client can call.
        pub static ALL: &[&Endpoint] = &[$(&$id),*];
    };
}

endpoints! {
    /// Access token of one secret (doc path 91039).
    GETTOKEN = Get "gettoken" Read Safe SMALL;
    /// doc path 90205
    DEPARTMENT_CREATE = Post "department/create" Write Once SMALL;
    /// doc path 90206
    DEPARTMENT_UPDATE = Post "department/update" Write Safe SMALL;
    /// doc path 90207
    DEPARTMENT_DELETE = Get "department/delete" Write SameState SMALL;
    /// doc path 90208
    DEPARTMENT_LIST = Get "department/list" Read Safe LIST;
    /// doc path 95350
    DEPARTMENT_SIMPLELIST = Get "department/simplelist" Read Safe LIST;
    /// doc path 95351
    DEPARTMENT_GET = Get "department/get" Read Safe SMALL;
    /// doc path 90195
    USER_CREATE = Post "user/create" Write Once SMALL;
    /// doc path 90197
    USER_UPDATE = Post "user/update" Write Safe SMALL;
    /// doc path 90198
    USER_DELETE = Get "user/delete" Write SameState SMALL;
    /// doc path 90199
    USER_BATCHDELETE = Post "user/batchdelete" Write SameState SMALL;
    /// doc path 90196
    USER_GET = Get "user/get" Read Safe SMALL;
    /// doc path 90200
    USER_SIMPLELIST = Get "user/simplelist" Read Safe LIST;
    /// doc path 90201
    USER_LIST = Get "user/list" Read Safe LIST;
    /// doc path 96067
    USER_LIST_ID = Post "user/list_id" Read Safe LIST;
    /// doc path 95402; wrong numbers above 20 % of the corp's size block the call for a day
    USER_GETUSERID = Post "user/getuserid" Read Safe SMALL;
    /// doc path 95895
    USER_GET_USERID_BY_EMAIL = Post "user/get_userid_by_email" Read Safe SMALL;
    /// doc path 90202
    USER_CONVERT_TO_OPENID = Post "user/convert_to_openid" Read Safe SMALL;
    /// doc path 90202
    USER_CONVERT_TO_USERID = Post "user/convert_to_userid" Read Safe SMALL;
    /// doc path 90203
    USER_AUTHSUCC = Get "user/authsucc" Write Safe SMALL;
    /// Second verification, first step: uses up a code.
    AUTH_GET_TFA_INFO = Post "auth/get_tfa_info" Read Once SMALL;
    /// Second verification, second step.
    USER_TFA_SUCC = Post "user/tfa_succ" Write Once SMALL;
    /// doc path 90975
    BATCH_INVITE = Post "batch/invite" Write Once SMALL;
    /// doc path 91714
    CORP_GET_JOIN_QRCODE = Get "corp/get_join_qrcode" Read Safe SMALL;
    /// doc path 92714
    USER_GET_ACTIVE_STAT = Post "user/get_active_stat" Read Safe SMALL;
    /// doc path 95603
    BATCH_USERID_TO_OPENUSERID = Post "batch/userid_to_openuserid" Read Safe SMALL;
    /// doc path 95884
    BATCH_OPENUSERID_TO_USERID = Post "batch/openuserid_to_userid" Read Safe SMALL;
    /// doc path 90210
    TAG_CREATE = Post "tag/create" Write Once SMALL;
    /// doc path 90211
    TAG_UPDATE = Post "tag/update" Write Safe SMALL;
    /// doc path 90212
    TAG_DELETE = Get "tag/delete" Write SameState SMALL;
    /// doc path 90213
    TAG_GET = Get "tag/get" Read Safe LIST;
    /// doc path 90214
    TAG_ADDTAGUSERS = Post "tag/addtagusers" Write Safe SMALL;
    /// doc path 90215
    TAG_DELTAGUSERS = Post "tag/deltagusers" Write SameState SMALL;
    /// doc path 90216
    TAG_LIST = Get "tag/list" Read Safe LIST;
    /// doc path 90253; a second upload is a second file that expires by itself
    MEDIA_UPLOAD = Post "media/upload" Write Safe SMALL;
    /// doc path 90980
    BATCH_SYNCUSER = Post "batch/syncuser" Write Once SMALL;
    /// doc path 90981
    BATCH_REPLACEUSER = Post "batch/replaceuser" Write Once SMALL;
    /// doc path 90982
    BATCH_REPLACEPARTY = Post "batch/replaceparty" Write Once SMALL;
    /// doc path 90983
    BATCH_GETRESULT = Get "batch/getresult" Read Safe LIST;
    /// doc path 94849
    EXPORT_SIMPLE_USER = Post "export/simple_user" Read Once SMALL;
    /// doc path 94851
    EXPORT_USER = Post "export/user" Read Once SMALL;
    /// doc path 94852
    EXPORT_DEPARTMENT = Post "export/department" Read Once SMALL;
    /// doc path 94853
    EXPORT_TAGUSER = Post "export/taguser" Read Once SMALL;
    /// doc path 94854
    EXPORT_GET_RESULT = Get "export/get_result" Read Safe SMALL;
    /// The file behind a `data_list` URL; carries no token and is bounded by the size that WeCom stated.
    EXPORT_DOWNLOAD = Get "export/download" Read Safe LIST;
    /// doc paths 92520, 97073
    GET_API_DOMAIN_IP = Get "get_api_domain_ip" Read Safe SMALL;
    /// doc paths 90238, 98988
    GETCALLBACKIP = Get "getcallbackip" Read Safe SMALL;
    /// doc path 90227
    AGENT_GET = Get "agent/get" Read Safe LIST;
    /// doc path 90227
    AGENT_LIST = Get "agent/list" Read Safe SMALL;
    /// doc path 90228
    AGENT_SET = Post "agent/set" Write Safe SMALL;
    /// doc path 90231
    MENU_CREATE = Post "menu/create" Write Safe SMALL;
    /// doc path 90232
    MENU_GET = Get "menu/get" Read Safe SMALL;
    /// doc path 90233
    MENU_DELETE = Get "menu/delete" Write SameState SMALL;
    /// doc path 90236
    MESSAGE_SEND = Post "message/send" Write Once SMALL;
    /// doc path 94867
    MESSAGE_RECALL = Post "message/recall" Write SameState SMALL;
    /// The recall of private editions, by job.
    MESSAGE_REVOKE = Post "message/revoke" Write SameState SMALL;
    /// doc path 94888; a second call meets a used code
    MESSAGE_UPDATE_TEMPLATE_CARD = Post "message/update_template_card" Write Once SMALL;
    /// doc path 92369
    MESSAGE_GET_STATISTICS = Post "message/get_statistics" Read Safe SMALL;
    /// doc path 90256; the address stays for good and counts in the corp's quota of the month
    MEDIA_UPLOADIMG = Post "media/uploadimg" Write Once SMALL;
    /// doc path 90245
    APPCHAT_CREATE = Post "appchat/create" Write Once SMALL;
    /// doc path 98913
    APPCHAT_UPDATE = Post "appchat/update" Write Safe SMALL;
    /// doc path 98914
    APPCHAT_GET = Get "appchat/get" Read Safe SMALL;
    /// doc path 90248
    APPCHAT_SEND = Post "appchat/send" Write Once SMALL;
    /// Private editions.
    APPCHAT_DISMISS = Post "appchat/dismiss" Write SameState SMALL;
}

impl Endpoint {
    /// Whether it changes anything at WeCom.
    pub fn is_write(&self) -> bool {
        self.effect == Effect::Write
    }
}

/// The endpoint with this name.
pub fn find(name: &str) -> Option<&'static Endpoint> {
    ALL.iter().find(|endpoint| endpoint.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_writes_are_what_changes_something() {
        let mut names: Vec<_> = ALL.iter().map(|e| e.name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
        for endpoint in ALL {
            let verb = endpoint.name.rsplit('/').next().unwrap();
            let writes = ["create", "update", "delete", "batchdelete", "addtagusers", "deltagusers", "invite"];
            if writes.contains(&verb) || verb.starts_with("replace") || verb.starts_with("sync") {
                assert!(endpoint.is_write(), "{} must be a write", endpoint.name);
            }
        }
        assert_eq!(find("user/create").map(|e| e.repeat), Some(Repeat::Once));
    }
}
