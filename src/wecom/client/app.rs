//! The app itself and the addresses of the API (doc paths 90227, 92520).

use super::Client;
use crate::model::{DepartmentId, UserId};
use crate::wecom::answers::Agent;
use crate::wecom::clients::Credential;
use crate::wecom::endpoint;
use crate::wecom::error::CallError;
use crate::wecom::wire::{Int, Str, U32, U64};
use serde::Deserialize;

#[derive(Deserialize)]
struct AgentWire {
    agentid: U64,
    #[serde(default)]
    name: Option<Str>,
    #[serde(default)]
    close: Option<Int>,
    #[serde(default)]
    redirect_domain: Option<Str>,
    #[serde(default)]
    allow_userinfos: Option<AllowUsers>,
    #[serde(default)]
    allow_partys: Option<AllowParties>,
    #[serde(default)]
    allow_tags: Option<AllowTags>,
}

#[derive(Deserialize)]
struct AllowUsers {
    #[serde(default)]
    user: Option<Vec<AllowUser>>,
}

#[derive(Deserialize)]
struct AllowUser {
    userid: Str,
}

#[derive(Deserialize)]
struct AllowParties {
    #[serde(default)]
    partyid: Option<Vec<U32>>,
}

#[derive(Deserialize)]
struct AllowTags {
    #[serde(default)]
    tagid: Option<Vec<U32>>,
}

#[derive(Deserialize)]
struct Addresses {
    ip_list: Vec<String>,
}

impl Client {
    /// The app and its visible range; an app can only read itself.
    pub async fn agent_get(&self, credential: &Credential, agentid: u64) -> Result<Agent, CallError> {
        let query = vec![("agentid", agentid.to_string())];
        let answer: AgentWire = self.get(credential, &endpoint::AGENT_GET, query).await?;
        let users = answer.allow_userinfos.and_then(|allow| allow.user).unwrap_or_default();
        let departments = answer.allow_partys.and_then(|allow| allow.partyid).unwrap_or_default();
        let tags = answer.allow_tags.and_then(|allow| allow.tagid).unwrap_or_default();
        Ok(Agent {
            agentid: answer.agentid.0,
            name: answer.name.map(|name| name.0).unwrap_or_default(),
            is_closed: answer.close.is_some_and(|close| close.0 == 1),
            users: users.into_iter().map(|user| UserId(user.userid.0)).collect(),
            departments: departments.into_iter().map(|id| DepartmentId(id.0)).collect(),
            tags: tags.into_iter().map(|id| id.0).collect(),
            redirect_domain: answer.redirect_domain.map(|text| text.0.to_string()).unwrap_or_default(),
        })
    }

    /// The addresses behind the API's host name, for firewalls: single ones, `a.b.c.*`, or CIDR.
    pub async fn get_api_domain_ip(&self, credential: &Credential) -> Result<Vec<String>, CallError> {
        let answer: Addresses = self.get(credential, &endpoint::GET_API_DOMAIN_IP, Vec::new()).await?;
        Ok(answer.ip_list)
    }
}
