//! Messages of apps: send, recall, change of cards, count (doc paths 90236, 94867, 94888, 92369).

use super::{Client, Done, invalid};
use crate::model::content::LimitFault;
use crate::model::{DepartmentId, UserId};
use crate::wecom::answers::Unusable;
use crate::wecom::clients::Credential;
use crate::wecom::endpoint;
use crate::wecom::error::CallError;
use crate::wecom::message::{AppMessage, CardUpdate, Sent, SentId};
use crate::wecom::wire::{Str, U32, U64};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct SentWire {
    #[serde(default)]
    msgid: Option<Str>,
    #[serde(default)]
    jobid: Option<Str>,
    #[serde(default)]
    invaliduser: Option<Str>,
    #[serde(default)]
    invalidparty: Option<Str>,
    #[serde(default)]
    invalidtag: Option<Str>,
    #[serde(default)]
    unlicenseduser: Option<Str>,
    #[serde(default)]
    response_code: Option<Str>,
}

#[derive(Deserialize)]
struct Updated {
    #[serde(default)]
    invaliduser: Option<Vec<Str>>,
    #[serde(default)]
    invalidparty: Option<Vec<U32>>,
    #[serde(default)]
    invalidtag: Option<Vec<U32>>,
}

#[derive(Deserialize)]
struct Statistics {
    #[serde(default)]
    statistics: Option<Vec<CountWire>>,
}

#[derive(Deserialize)]
struct CountWire {
    agentid: U64,
    #[serde(default)]
    count: Option<U64>,
}

/// The parts of a text joined by `|`.
fn parts(joined: Option<Str>) -> Vec<String> {
    let joined = joined.map(|text| text.0).unwrap_or_default();
    joined.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Faults as one sentence.
pub(super) fn sentence(faults: Vec<LimitFault>) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Client {
    /// Sends a message. It is checked first: what WeCom would refuse or cut silently is
    /// [`Invalid`](crate::wecom::CallErrorKind::Invalid) and not sent.
    ///
    /// `Ok` means accepted: some receivers may be listed as invalid, and WeCom drops silently what one member gets above
    /// 30 a minute or 1,000 an hour from one app. A lost answer is
    /// [`OutcomeUnknown`](crate::wecom::CallErrorKind::OutcomeUnknown); the very same message may be sent again only with
    /// [`AppMessage::duplicate_check_s`]. When nobody who was named is valid, the class of the refusal is
    /// [`NobodyReached`](crate::wecom::RefusalClass::NobodyReached) and nothing was sent.
    pub async fn message_send(&self, credential: &Credential, message: &AppMessage) -> Result<Sent, CallError> {
        let endpoint = &endpoint::MESSAGE_SEND;
        message.check().map_err(sentence).map_err(invalid(endpoint))?;
        let answer: SentWire = self.post(credential, endpoint, &message.body()).await?;
        let msgid = answer.msgid.and_then(Str::non_empty).map(|id| SentId::Msgid(id.to_string()));
        let jobid = answer.jobid.and_then(Str::non_empty).map(|id| SentId::Jobid(id.to_string()));
        Ok(Sent {
            id: msgid.or(jobid),
            invalid_users: parts(answer.invaliduser).iter().map(|id| UserId::from(id.as_str())).collect(),
            invalid_parties: parts(answer.invalidparty)
                .iter()
                .filter_map(|id| id.parse().ok())
                .map(DepartmentId)
                .collect(),
            invalid_tags: parts(answer.invalidtag).iter().filter_map(|id| id.parse().ok()).collect(),
            unlicensed_users: parts(answer.unlicenseduser).iter().map(|id| UserId::from(id.as_str())).collect(),
            response_code: answer.response_code.and_then(Str::non_empty).map(|code| code.to_string()),
        })
    }

    /// Takes a message back from all its receivers, within 24 hours of sending; what the WeChat plugin got stays
    /// (doc path 94867).
    pub async fn message_recall(&self, credential: &Credential, id: &SentId) -> Result<(), CallError> {
        let (endpoint, body) = match id {
            SentId::Msgid(id) => (&endpoint::MESSAGE_RECALL, json!({ "msgid": id })),
            SentId::Jobid(id) => (&endpoint::MESSAGE_REVOKE, json!({ "jobid": id })),
        };
        let _: Done = self.post(credential, endpoint, &body).await?;
        Ok(())
    }

    /// Changes a card that was sent, and uses the code up: write down that it is used before the call. Who could not be
    /// served is answered; the rest is done. A used code is
    /// [`CodeSpent`](crate::wecom::RefusalClass::CodeSpent).
    pub async fn message_update_template_card(
        &self,
        credential: &Credential,
        update: &CardUpdate,
    ) -> Result<Unusable, CallError> {
        let endpoint = &endpoint::MESSAGE_UPDATE_TEMPLATE_CARD;
        update.check().map_err(sentence).map_err(invalid(endpoint))?;
        let answer: Updated = self.post(credential, endpoint, &update.body()).await?;
        Ok(Unusable {
            users: answer.invaliduser.unwrap_or_default().into_iter().map(|id| UserId(id.0)).collect(),
            departments: answer.invalidparty.unwrap_or_default().into_iter().map(|id| DepartmentId(id.0)).collect(),
            tags: answer.invalidtag.unwrap_or_default().into_iter().map(|id| id.0).collect(),
        })
    }

    /// How many messages the app sent today, or yesterday (doc path 92369).
    pub async fn message_get_statistics(
        &self,
        credential: &Credential,
        agentid: u64,
        of_yesterday: bool,
    ) -> Result<u64, CallError> {
        let body = json!({ "time_type": u8::from(of_yesterday) });
        let answer: Statistics = self.post(credential, &endpoint::MESSAGE_GET_STATISTICS, &body).await?;
        let rows = answer.statistics.unwrap_or_default();
        let own = rows.iter().find(|row| row.agentid.0 == agentid);
        Ok(own.and_then(|row| row.count).unwrap_or_default().0)
    }
}
