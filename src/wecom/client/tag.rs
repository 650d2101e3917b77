//! Tags (doc paths 90210 to 90216). A tag belongs to the credential that created it.

use super::{Client, Done, invalid};
use crate::model::{DepartmentId, UserId};
use crate::wecom::answers::{Tag, TagContent, Unusable};
use crate::wecom::clients::Credential;
use crate::wecom::endpoint::{self, Endpoint};
use crate::wecom::error::CallError;
use crate::wecom::requests::TagMembers;
use crate::wecom::wire::{Str, U32};
use serde::Deserialize;
use serde_json::json;

/// Most members in one change (doc path 90214).
pub const TAG_USERS_MAX: usize = 1000;
/// Most departments in one change (doc path 90214).
pub const TAG_DEPARTMENTS_MAX: usize = 100;

#[derive(Deserialize)]
struct Created {
    tagid: U32,
}

#[derive(Deserialize)]
struct Listed {
    taglist: Vec<TagWire>,
}

#[derive(Deserialize)]
struct TagWire {
    tagid: U32,
    tagname: Str,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    tagname: Option<Str>,
    userlist: Vec<Tagged>,
    partylist: Vec<U32>,
}

#[derive(Deserialize)]
pub(super) struct Tagged {
    pub userid: Str,
    #[serde(default)]
    pub name: Option<Str>,
}

/// What could not be used: members as one text joined by `|`.
#[derive(Deserialize)]
struct Changed {
    #[serde(default)]
    invalidlist: Option<Str>,
    #[serde(default)]
    invalidparty: Option<Vec<U32>>,
}

impl Client {
    /// Creates a tag; without an id WeCom takes the largest one + 1.
    pub async fn tag_create(&self, credential: &Credential, name: &str, id: Option<u32>) -> Result<u32, CallError> {
        let mut body = json!({ "tagname": name });
        if let Some(id) = id {
            body["tagid"] = id.into();
        }
        let answer: Created = self.post(credential, &endpoint::TAG_CREATE, &body).await?;
        Ok(answer.tagid.0)
    }

    /// Renames a tag.
    pub async fn tag_update(&self, credential: &Credential, id: u32, name: &str) -> Result<(), CallError> {
        let body = json!({ "tagid": id, "tagname": name });
        let _: Done = self.post(credential, &endpoint::TAG_UPDATE, &body).await?;
        Ok(())
    }

    /// Deletes a tag; its members stay.
    pub async fn tag_delete(&self, credential: &Credential, id: u32) -> Result<(), CallError> {
        let _: Done = self.get(credential, &endpoint::TAG_DELETE, vec![("tagid", id.to_string())]).await?;
        Ok(())
    }

    /// What a tag holds, as far as the credential sees it.
    pub async fn tag_get(&self, credential: &Credential, id: u32) -> Result<TagContent, CallError> {
        let answer: Content = self.get(credential, &endpoint::TAG_GET, vec![("tagid", id.to_string())]).await?;
        Ok(TagContent {
            name: answer.tagname.and_then(Str::non_empty),
            users: answer.userlist.into_iter().map(|u| (UserId(u.userid.0), u.name.and_then(Str::non_empty))).collect(),
            departments: answer.partylist.into_iter().map(|id| DepartmentId(id.0)).collect(),
        })
    }

    /// All tags.
    pub async fn tag_list(&self, credential: &Credential) -> Result<Vec<Tag>, CallError> {
        let answer: Listed = self.get(credential, &endpoint::TAG_LIST, Vec::new()).await?;
        Ok(answer.taglist.into_iter().map(|tag| Tag { id: tag.tagid.0, name: tag.tagname.0 }).collect())
    }

    /// Puts members and departments under a tag; what could not be used is returned, the rest is done.
    pub async fn tag_addtagusers(
        &self,
        credential: &Credential,
        id: u32,
        whom: &TagMembers,
    ) -> Result<Unusable, CallError> {
        self.change(credential, &endpoint::TAG_ADDTAGUSERS, id, whom).await
    }

    /// Takes members and departments from a tag; what could not be used is returned, the rest is done.
    pub async fn tag_deltagusers(
        &self,
        credential: &Credential,
        id: u32,
        whom: &TagMembers,
    ) -> Result<Unusable, CallError> {
        self.change(credential, &endpoint::TAG_DELTAGUSERS, id, whom).await
    }

    async fn change(
        &self,
        credential: &Credential,
        endpoint: &'static Endpoint,
        id: u32,
        whom: &TagMembers,
    ) -> Result<Unusable, CallError> {
        let (users, departments) = (whom.users.len(), whom.departments.len());
        if users + departments == 0 {
            return Err(invalid(endpoint)("neither members nor departments are given".into()));
        }
        if users > TAG_USERS_MAX || departments > TAG_DEPARTMENTS_MAX {
            let why = format!("at most {TAG_USERS_MAX} members and {TAG_DEPARTMENTS_MAX} departments at once");
            return Err(invalid(endpoint)(why));
        }
        let mut body = json!({ "tagid": id });
        if users > 0 {
            body["userlist"] = whom.users.iter().map(UserId::as_str).collect();
        }
        if departments > 0 {
            body["partylist"] = whom.departments.iter().map(|id| id.0).collect();
        }
        let answer: Changed = self.post(credential, endpoint, &body).await?;
        let listed = answer.invalidlist.map(|text| text.0).unwrap_or_default();
        Ok(Unusable {
            users: listed.split('|').filter(|id| !id.is_empty()).map(UserId::from).collect(),
            departments: answer.invalidparty.unwrap_or_default().into_iter().map(|id| DepartmentId(id.0)).collect(),
            tags: Vec::new(),
        })
    }
}
