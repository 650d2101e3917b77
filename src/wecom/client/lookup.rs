//! Looking members up by other ids, joining, inviting (contract, section 3.6).

use super::{Client, Done, invalid};
use crate::model::{DepartmentId, Secret, UserId};
use crate::wecom::answers::{TfaInfo, Unusable};
use crate::wecom::clients::Credential;
use crate::wecom::endpoint::{self, Endpoint};
use crate::wecom::error::CallError;
use crate::wecom::requests::{EmailKind, Invitation, QrSize};
use crate::wecom::wire::{Int, Str, U32};
use serde::Deserialize;
use serde_json::{Value, json};

/// Most members of one invitation, and most ids of one conversion.
const MANY_USERS: usize = 1000;
/// Most departments and tags of one invitation.
const MANY_GROUPS: usize = 100;

#[derive(Deserialize)]
struct Found {
    userid: Str,
}

#[derive(Deserialize)]
struct OpenId {
    openid: Str,
}

#[derive(Deserialize)]
struct Tfa {
    userid: Str,
    tfa_code: String,
}

#[derive(Deserialize)]
struct JoinQr {
    join_qrcode: String,
}

#[derive(Deserialize)]
struct ActiveStat {
    active_cnt: Int,
}

#[derive(Deserialize, Default)]
struct Invited {
    #[serde(default)]
    invaliduser: Option<Vec<Str>>,
    #[serde(default)]
    invalidparty: Option<Vec<U32>>,
    #[serde(default)]
    invalidtag: Option<Vec<U32>>,
}

#[derive(Deserialize)]
struct OpenUserIds {
    open_userid_list: Vec<IdPair>,
    #[serde(default)]
    invalid_userid_list: Option<Vec<Str>>,
}

#[derive(Deserialize)]
struct UserIds {
    userid_list: Vec<IdPair>,
    #[serde(default)]
    invalid_open_userid_list: Option<Vec<Str>>,
}

#[derive(Deserialize)]
struct IdPair {
    userid: Str,
    open_userid: Str,
}

/// Ids of members beside those that a third-party app uses, and the given ids that could not be converted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConvertedIds {
    /// (userid, open_userid)
    pub pairs: Vec<(UserId, String)>,
    /// Given, but unknown.
    pub unknown: Vec<String>,
}

impl ConvertedIds {
    fn read(pairs: Vec<IdPair>, unknown: Option<Vec<Str>>) -> Self {
        Self {
            pairs: pairs.into_iter().map(|pair| (UserId(pair.userid.0), pair.open_userid.0.to_string())).collect(),
            unknown: unknown.unwrap_or_default().into_iter().map(|id| id.0.to_string()).collect(),
        }
    }
}

impl Client {
    /// Who has this mobile number. Wrong numbers above a fifth of the corp's size lock this API for a day, so guess
    /// nothing.
    pub async fn user_getuserid(&self, credential: &Credential, mobile: &str) -> Result<UserId, CallError> {
        let body = json!({ "mobile": mobile });
        let answer: Found = self.post(credential, &endpoint::USER_GETUSERID, &body).await?;
        Ok(UserId(answer.userid.0))
    }

    /// Who has this address.
    pub async fn user_get_userid_by_email(
        &self,
        credential: &Credential,
        email: &str,
        kind: EmailKind,
    ) -> Result<UserId, CallError> {
        let kind = if kind == EmailKind::Corp { 1 } else { 2 };
        let body = json!({ "email": email, "email_type": kind });
        let answer: Found = self.post(credential, &endpoint::USER_GET_USERID_BY_EMAIL, &body).await?;
        Ok(UserId(answer.userid.0))
    }

    /// The member's WeChat openid in this corp.
    pub async fn user_convert_to_openid(&self, credential: &Credential, userid: &UserId) -> Result<String, CallError> {
        let body = json!({ "userid": userid.as_str() });
        let answer: OpenId = self.post(credential, &endpoint::USER_CONVERT_TO_OPENID, &body).await?;
        Ok(answer.openid.0.to_string())
    }

    /// The member behind a WeChat openid.
    pub async fn user_convert_to_userid(&self, credential: &Credential, openid: &str) -> Result<UserId, CallError> {
        let body = json!({ "openid": openid });
        let answer: Found = self.post(credential, &endpoint::USER_CONVERT_TO_USERID, &body).await?;
        Ok(UserId(answer.userid.0))
    }

    /// Tells WeCom that a joining member passed the second verification.
    pub async fn user_authsucc(&self, credential: &Credential, userid: &UserId) -> Result<(), CallError> {
        let query = vec![("userid", userid.to_string())];
        let _: Done = self.get(credential, &endpoint::USER_AUTHSUCC, query).await?;
        Ok(())
    }

    /// Second verification, first step: who stands behind the code. The code is used up, also when the answer is lost.
    pub async fn auth_get_tfa_info(&self, credential: &Credential, code: &str) -> Result<TfaInfo, CallError> {
        let body = json!({ "code": code });
        let answer: Tfa = self.post(credential, &endpoint::AUTH_GET_TFA_INFO, &body).await?;
        Ok(TfaInfo { userid: UserId(answer.userid.0), tfa_code: Secret::new(answer.tfa_code) })
    }

    /// Second verification, second step.
    pub async fn user_tfa_succ(&self, credential: &Credential, info: &TfaInfo) -> Result<(), CallError> {
        let body = json!({ "userid": info.userid.as_str(), "tfa_code": info.tfa_code.expose() });
        let _: Done = self.post(credential, &endpoint::USER_TFA_SUCC, &body).await?;
        Ok(())
    }

    /// Invites; what could not be invited is returned. Success does not mean delivery: WeCom limits invitations later.
    pub async fn batch_invite(&self, credential: &Credential, whom: &Invitation) -> Result<Unusable, CallError> {
        let endpoint = &endpoint::BATCH_INVITE;
        let (users, departments, tags) = (whom.users.len(), whom.departments.len(), whom.tags.len());
        if users + departments + tags == 0 {
            return Err(invalid(endpoint)("nobody to invite".into()));
        }
        if users > MANY_USERS || departments > MANY_GROUPS || tags > MANY_GROUPS {
            let why = format!("at most {MANY_USERS} members, {MANY_GROUPS} departments and {MANY_GROUPS} tags at once");
            return Err(invalid(endpoint)(why));
        }
        let mut body = json!({});
        if users > 0 {
            body["user"] = whom.users.iter().map(UserId::as_str).collect();
        }
        if departments > 0 {
            body["party"] = whom.departments.iter().map(|id| id.0).collect();
        }
        if tags > 0 {
            body["tag"] = whom.tags.iter().copied().collect();
        }
        let answer: Invited = self.post(credential, endpoint, &body).await?;
        Ok(Unusable {
            users: answer.invaliduser.unwrap_or_default().into_iter().map(|id| UserId(id.0)).collect(),
            departments: answer.invalidparty.unwrap_or_default().into_iter().map(|id| DepartmentId(id.0)).collect(),
            tags: answer.invalidtag.unwrap_or_default().into_iter().map(|id| id.0).collect(),
        })
    }

    /// URL of the QR code by which people join; valid for seven days. The contacts secret only.
    pub async fn corp_get_join_qrcode(&self, size: QrSize) -> Result<String, CallError> {
        let query = vec![("size_type", size.wire().to_owned())];
        let answer: JoinQr = self.get(&Credential::Contacts, &endpoint::CORP_GET_JOIN_QRCODE, query).await?;
        Ok(answer.join_qrcode)
    }

    /// How many members were active on a day (`YYYY-MM-DD`, at most 30 days back). The contacts secret only.
    pub async fn user_get_active_stat(&self, date: &str) -> Result<u64, CallError> {
        let body = json!({ "date": date });
        let answer: ActiveStat = self.post(&Credential::Contacts, &endpoint::USER_GET_ACTIVE_STAT, &body).await?;
        Ok(answer.active_cnt.0.max(0).unsigned_abs())
    }

    /// Userids as a third-party app knows them; at most 1,000.
    pub async fn batch_userid_to_openuserid(
        &self,
        credential: &Credential,
        userids: &[UserId],
    ) -> Result<ConvertedIds, CallError> {
        let endpoint = &endpoint::BATCH_USERID_TO_OPENUSERID;
        check_count(endpoint, userids.len())?;
        let list: Vec<&str> = userids.iter().map(UserId::as_str).collect();
        let answer: OpenUserIds = self.post(credential, endpoint, &json!({ "userid_list": list })).await?;
        Ok(ConvertedIds::read(answer.open_userid_list, answer.invalid_userid_list))
    }

    /// The userids behind a third-party app's ids; at most 1,000. `source_agentid` is that app, where WeCom asks for it.
    pub async fn batch_openuserid_to_userid(
        &self,
        credential: &Credential,
        open_userids: &[String],
        source_agentid: Option<u64>,
    ) -> Result<ConvertedIds, CallError> {
        let endpoint = &endpoint::BATCH_OPENUSERID_TO_USERID;
        check_count(endpoint, open_userids.len())?;
        let mut body = json!({ "open_userid_list": open_userids });
        if let Some(agentid) = source_agentid {
            body["source_agentid"] = Value::from(agentid);
        }
        let answer: UserIds = self.post(credential, endpoint, &body).await?;
        Ok(ConvertedIds::read(answer.userid_list, answer.invalid_open_userid_list))
    }
}

fn check_count(endpoint: &'static Endpoint, count: usize) -> Result<(), CallError> {
    if (1..=MANY_USERS).contains(&count) {
        Ok(())
    } else {
        Err(invalid(endpoint)(format!("1 to {MANY_USERS} ids at once, not {count}")))
    }
}
