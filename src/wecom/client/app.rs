//! The app itself and the addresses of the service (doc paths 90227, 90228, 92520, 90238).

use super::{Client, Done, invalid};
use crate::model::content::check_url;
use crate::model::{DepartmentId, UserId};
use crate::wecom::answers::{Agent, AgentRow};
use crate::wecom::clients::Credential;
use crate::wecom::endpoint;
use crate::wecom::error::CallError;
use crate::wecom::requests::AgentChange;
use crate::wecom::wire::{Int, Str, U32, U64};
use serde::Deserialize;
use serde_json::json;

/// Characters of a name and of a description (doc path 90228).
const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=32;
const DESCRIPTION_CHARS: std::ops::RangeInclusive<usize> = 4..=120;

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
    description: Option<Str>,
    #[serde(default)]
    home_url: Option<Str>,
    #[serde(default)]
    isreportenter: Option<Int>,
    #[serde(default)]
    report_location_flag: Option<Int>,
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
struct Listed {
    #[serde(default)]
    agentlist: Option<Vec<RowWire>>,
}

#[derive(Deserialize)]
struct RowWire {
    agentid: U64,
    #[serde(default)]
    name: Option<Str>,
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
            description: answer.description.map(|text| text.0.to_string()).unwrap_or_default(),
            home_url: answer.home_url.map(|text| text.0.to_string()).unwrap_or_default(),
            reports_entering: answer.isreportenter.is_some_and(|flag| flag.0 == 1),
            reports_location: answer.report_location_flag.is_some_and(|flag| flag.0 == 1),
        })
    }

    /// The apps that the secret may manage: a self-built app sees itself.
    pub async fn agent_list(&self, credential: &Credential) -> Result<Vec<AgentRow>, CallError> {
        let answer: Listed = self.get(credential, &endpoint::AGENT_LIST, Vec::new()).await?;
        let rows = answer.agentlist.unwrap_or_default().into_iter();
        Ok(rows
            .map(|row| AgentRow { agentid: row.agentid.0, name: row.name.map(|n| n.0).unwrap_or_default() })
            .collect())
    }

    /// Changes the app's own settings. A new domain whose ownership is not proven is refused although it works for
    /// sign-in from then on (85005).
    pub async fn agent_set(
        &self,
        credential: &Credential,
        agentid: u64,
        change: &AgentChange,
    ) -> Result<(), CallError> {
        let endpoint = &endpoint::AGENT_SET;
        let fits = |text: &Option<String>, chars: std::ops::RangeInclusive<usize>| {
            text.as_ref().is_none_or(|text| chars.contains(&text.chars().count()))
        };
        if !fits(&change.name, NAME_CHARS) {
            return Err(invalid(endpoint)("the name of an app has 1 to 32 characters".into()));
        }
        if !fits(&change.description, DESCRIPTION_CHARS) {
            return Err(invalid(endpoint)("the description of an app has 4 to 120 characters".into()));
        }
        if change.home_url.as_ref().is_some_and(|url| !check_url(url)) {
            return Err(invalid(endpoint)("the home page of an app begins with http:// or https://".into()));
        }
        let mut body = json!({ "agentid": agentid });
        let texts = [
            ("name", &change.name),
            ("description", &change.description),
            ("logo_mediaid", &change.logo_media_id),
            ("redirect_domain", &change.redirect_domain),
            ("home_url", &change.home_url),
        ];
        for (field, text) in texts {
            if let Some(text) = text {
                body[field] = text.as_str().into();
            }
        }
        for (field, flag) in
            [("isreportenter", change.reports_entering), ("report_location_flag", change.reports_location)]
        {
            if let Some(flag) = flag {
                body[field] = u8::from(flag).into();
            }
        }
        let _: Done = self.post(credential, endpoint, &body).await?;
        Ok(())
    }

    /// The addresses from which callbacks come; warn before you block, some come from elsewhere.
    pub async fn get_callback_ip(&self, credential: &Credential) -> Result<Vec<String>, CallError> {
        let answer: Addresses = self.get(credential, &endpoint::GETCALLBACKIP, Vec::new()).await?;
        Ok(answer.ip_list)
    }

    /// The addresses behind the API's host name, for firewalls: single ones, `a.b.c.*`, or CIDR.
    pub async fn get_api_domain_ip(&self, credential: &Credential) -> Result<Vec<String>, CallError> {
        let answer: Addresses = self.get(credential, &endpoint::GET_API_DOMAIN_IP, Vec::new()).await?;
        Ok(answer.ip_list)
    }
}
