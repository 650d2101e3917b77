//! Members: reads and writes (doc paths 90195 to 90201, 96067).

use super::{Client, Done, invalid};
use crate::model::{DepartmentId, Member, UserId};
use crate::wecom::answers::IdPage;
use crate::wecom::clients::Credential;
use crate::wecom::decode::{MemberWire, distinct};
use crate::wecom::endpoint::{self, Endpoint};
use crate::wecom::error::{CallError, CallErrorKind};
use crate::wecom::requests::MemberWrite;
use crate::wecom::wire::{Str, U32};
use serde::Deserialize;
use serde_json::json;

/// The largest page of `user/list_id` (doc path 96067).
pub const LIST_ID_MAX: u32 = 10_000;
/// The longest list of `user/batchdelete` (doc path 90199).
pub const BATCH_DELETE_MAX: usize = 200;

#[derive(Deserialize)]
struct Listed {
    userlist: Vec<MemberWire>,
}

#[derive(Deserialize)]
struct Ids {
    dept_user: Vec<IdRow>,
    /// Required: a page that says nothing about the next one must not look like the last one.
    next_cursor: Str,
}

#[derive(Deserialize)]
struct IdRow {
    userid: Str,
    department: U32,
}

impl Client {
    /// One page of who is in which department; the contacts secret only. `limit` counts rows, at most
    /// [`LIST_ID_MAX`].
    pub async fn user_list_id(&self, cursor: Option<&str>, limit: u32) -> Result<IdPage, CallError> {
        let mut body = json!({ "limit": limit.clamp(1, LIST_ID_MAX) });
        if let Some(cursor) = cursor {
            body["cursor"] = cursor.into();
        }
        let answer: Ids = self.post(&Credential::Contacts, &endpoint::USER_LIST_ID, &body).await?;
        let next_cursor = answer.next_cursor.non_empty().map(|cursor| cursor.to_string());
        if next_cursor.is_some() && next_cursor.as_deref() == cursor {
            let what = "the cursor of the next page is that of this one".to_owned();
            return Err(CallError::new(endpoint::USER_LIST_ID.name, CallErrorKind::Malformed { what }));
        }
        let rows = answer.dept_user.into_iter().map(|row| (UserId(row.userid.0), DepartmentId(row.department.0)));
        Ok(IdPage { rows: rows.collect(), next_cursor })
    }

    /// Details of the members of a department, each once; with `fetch_child` also of everything below it.
    pub async fn user_list(
        &self,
        credential: &Credential,
        department: DepartmentId,
        fetch_child: bool,
    ) -> Result<Vec<Member>, CallError> {
        self.list(credential, &endpoint::USER_LIST, department, fetch_child, true).await
    }

    /// Userid, name and departments of the members of a department, each once.
    pub async fn user_simplelist(
        &self,
        credential: &Credential,
        department: DepartmentId,
        fetch_child: bool,
    ) -> Result<Vec<Member>, CallError> {
        self.list(credential, &endpoint::USER_SIMPLELIST, department, fetch_child, false).await
    }

    async fn list(
        &self,
        credential: &Credential,
        endpoint: &'static Endpoint,
        department: DepartmentId,
        fetch_child: bool,
        detailed: bool,
    ) -> Result<Vec<Member>, CallError> {
        let mut query = vec![("department_id", department.to_string())];
        if fetch_child {
            query.push(("fetch_child", "1".into()));
        }
        let answer: Listed = self.get(credential, endpoint, query).await?;
        let members = answer.userlist.into_iter().map(|wire| wire.into_model(self.edition, detailed));
        Ok(distinct(members.collect()))
    }

    /// One member. "Not found" also means: outside the credential's visible range.
    pub async fn user_get(&self, credential: &Credential, userid: &UserId) -> Result<Member, CallError> {
        let query = vec![("userid", userid.to_string())];
        let answer: MemberWire = self.get(credential, &endpoint::USER_GET, query).await?;
        Ok(answer.into_model(self.edition, true))
    }

    /// Creates a member. Never sent twice: a lost answer is
    /// [`OutcomeUnknown`](CallErrorKind::OutcomeUnknown).
    pub async fn user_create(&self, write: &MemberWrite) -> Result<(), CallError> {
        let endpoint = &endpoint::USER_CREATE;
        let body = self.dialect().member_create(write).map_err(invalid(endpoint))?;
        let _: Done = self.post(&Credential::Contacts, endpoint, &body).await?;
        Ok(())
    }

    /// Updates what the image holds; everything else stays. Success is not proof: WeCom ignores some fields silently.
    pub async fn user_update(&self, write: &MemberWrite) -> Result<(), CallError> {
        let endpoint = &endpoint::USER_UPDATE;
        let body = self.dialect().member_update(write).map_err(invalid(endpoint))?;
        let _: Done = self.post(&Credential::Contacts, endpoint, &body).await?;
        Ok(())
    }

    /// Deletes a member for good, with a bound mailbox.
    pub async fn user_delete(&self, userid: &UserId) -> Result<(), CallError> {
        let query = vec![("userid", userid.to_string())];
        let _: Done = self.get(&Credential::Contacts, &endpoint::USER_DELETE, query).await?;
        Ok(())
    }

    /// Deletes at most [`BATCH_DELETE_MAX`] members; one unknown userid and WeCom refuses them all.
    pub async fn user_batchdelete(&self, userids: &[UserId]) -> Result<(), CallError> {
        let endpoint = &endpoint::USER_BATCHDELETE;
        if userids.is_empty() || userids.len() > BATCH_DELETE_MAX {
            return Err(invalid(endpoint)(format!("1 to {BATCH_DELETE_MAX} members at once, not {}", userids.len())));
        }
        let list: Vec<&str> = userids.iter().map(UserId::as_str).collect();
        let _: Done = self.post(&Credential::Contacts, endpoint, &json!({ "useridlist": list })).await?;
        Ok(())
    }
}
