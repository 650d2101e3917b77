//! Group chats of an app whose visible range is the root (doc paths 90244 to 90248).

use super::message::sentence;
use super::{Client, Done, invalid};
use crate::model::UserId;
use crate::wecom::answers::{Chat, ChatChange};
use crate::wecom::clients::Credential;
use crate::wecom::endpoint::{self, Endpoint};
use crate::wecom::error::CallError;
use crate::wecom::message::{Content, Safe, SentId};
use crate::wecom::wire::Str;
use serde::Deserialize;
use serde_json::json;

/// Members of a group (doc path 90245).
const MEMBERS: std::ops::RangeInclusive<usize> = 2..=2000;
/// Longest name, characters; more is cut silently (doc path 90245).
const NAME_CHARS: usize = 50;
/// Longest id (doc path 90245).
const CHATID_BYTES: usize = 32;

#[derive(Deserialize)]
struct Created {
    chatid: Str,
}

#[derive(Deserialize)]
struct Got {
    chat_info: ChatWire,
}

#[derive(Deserialize)]
struct ChatWire {
    chatid: Str,
    #[serde(default)]
    name: Option<Str>,
    #[serde(default)]
    owner: Option<Str>,
    userlist: Vec<Str>,
}

#[derive(Deserialize)]
struct SentWire {
    #[serde(default)]
    jobid: Option<Str>,
}

fn check(chat: &Chat, endpoint: &'static Endpoint) -> Result<(), CallError> {
    let fail = |why: &str| Err(invalid(endpoint)(why.to_owned()));
    if !MEMBERS.contains(&chat.members.len()) {
        return fail("a group has 2 to 2000 members");
    }
    if chat.id.len() > CHATID_BYTES || !chat.id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return fail("the id of a group is at most 32 digits and letters");
    }
    if chat.name.chars().count() > NAME_CHARS {
        return fail("the name of a group has at most 50 characters");
    }
    match &chat.owner {
        Some(owner) if !chat.members.iter().any(|member| member.is_same(owner)) => {
            fail("the owner of a group is one of its members")
        }
        _ => Ok(()),
    }
}

impl Client {
    /// Makes a group; nobody sees it before its first message. Without an id WeCom chooses one; answers the id.
    pub async fn appchat_create(&self, credential: &Credential, chat: &Chat) -> Result<String, CallError> {
        let endpoint = &endpoint::APPCHAT_CREATE;
        check(chat, endpoint)?;
        let members: Vec<&str> = chat.members.iter().map(UserId::as_str).collect();
        let mut body = json!({ "name": chat.name, "userlist": members });
        if let Some(owner) = &chat.owner {
            body["owner"] = owner.as_str().into();
        }
        if !chat.id.is_empty() {
            body["chatid"] = chat.id.as_str().into();
        }
        let answer: Created = self.post(credential, endpoint, &body).await?;
        Ok(answer.chatid.0.to_string())
    }

    /// Changes a group; what is `None` or empty stays.
    pub async fn appchat_update(
        &self,
        credential: &Credential,
        id: &str,
        change: &ChatChange,
    ) -> Result<(), CallError> {
        let endpoint = &endpoint::APPCHAT_UPDATE;
        let mut body = json!({ "chatid": id });
        if let Some(name) = &change.name {
            if name.is_empty() || name.chars().count() > NAME_CHARS {
                return Err(invalid(endpoint)("the name of a group has 1 to 50 characters".into()));
            }
            body["name"] = name.as_str().into();
        }
        if let Some(owner) = &change.owner {
            body["owner"] = owner.as_str().into();
        }
        for (field, list) in [("add_user_list", &change.add), ("del_user_list", &change.remove)] {
            if !list.is_empty() {
                body[field] = list.iter().map(UserId::as_str).collect();
            }
        }
        let _: Done = self.post(credential, endpoint, &body).await?;
        Ok(())
    }

    /// The group as WeCom has it.
    pub async fn appchat_get(&self, credential: &Credential, id: &str) -> Result<Chat, CallError> {
        let answer: Got = self.get(credential, &endpoint::APPCHAT_GET, vec![("chatid", id.to_owned())]).await?;
        let chat = answer.chat_info;
        Ok(Chat {
            id: chat.chatid.0.to_string(),
            name: chat.name.map(|name| name.0.to_string()).unwrap_or_default(),
            owner: chat.owner.and_then(Str::non_empty).map(UserId),
            members: chat.userlist.into_iter().map(|id| UserId(id.0)).collect(),
        })
    }

    /// Says something in a group. The public edition answers no id and knows no recall; private ones answer a job.
    pub async fn appchat_send(
        &self,
        credential: &Credential,
        id: &str,
        content: &Content,
        safe: Safe,
    ) -> Result<Option<SentId>, CallError> {
        let endpoint = &endpoint::APPCHAT_SEND;
        if matches!(content, Content::MiniprogramNotice(_) | Content::TemplateCard(_)) || !content.takes(safe) {
            return Err(invalid(endpoint)(format!("a group does not take {} like this", content.msgtype())));
        }
        content.check().map_err(sentence).map_err(invalid(endpoint))?;
        let mut body = json!({ "chatid": id, "msgtype": content.msgtype(), "safe": safe.wire() });
        body[content.msgtype()] = content.body();
        let answer: SentWire = self.post(credential, endpoint, &body).await?;
        Ok(answer.jobid.and_then(Str::non_empty).map(|id| SentId::Jobid(id.to_string())))
    }

    /// Dissolves a group; private editions only.
    pub async fn appchat_dismiss(&self, credential: &Credential, id: &str) -> Result<(), CallError> {
        let _: Done = self.post(credential, &endpoint::APPCHAT_DISMISS, &json!({ "chatid": id })).await?;
        Ok(())
    }
}
