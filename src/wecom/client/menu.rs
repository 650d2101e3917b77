//! The custom menu of an app (doc paths 90229 to 90233). The app is named in the query.

use super::message::sentence;
use super::{Client, Done, invalid};
use crate::model::menu::{Menu, MenuEntry, MenuKind};
use crate::wecom::clients::Credential;
use crate::wecom::endpoint;
use crate::wecom::error::CallError;
use crate::wecom::transport::Body;
use crate::wecom::wire::Str;
use serde::Deserialize;

#[derive(Deserialize)]
struct MenuWire {
    #[serde(default)]
    button: Option<Vec<EntryWire>>,
}

#[derive(Deserialize)]
struct EntryWire {
    name: Str,
    #[serde(default, rename = "type")]
    kind: Option<Str>,
    #[serde(default)]
    key: Option<Str>,
    #[serde(default)]
    url: Option<Str>,
    #[serde(default)]
    appid: Option<Str>,
    #[serde(default)]
    pagepath: Option<Str>,
    #[serde(default)]
    sub_button: Option<Vec<EntryWire>>,
}

impl EntryWire {
    fn into_model(self) -> MenuEntry {
        let text = |text: Option<Str>| text.map(|text| text.0.to_string()).unwrap_or_default();
        MenuEntry {
            name: self.name.0.to_string(),
            kind: self.kind.as_ref().and_then(|kind| MenuKind::find(&kind.0)),
            key: text(self.key),
            url: text(self.url),
            appid: text(self.appid),
            pagepath: text(self.pagepath),
            sub_button: self.sub_button.unwrap_or_default().into_iter().map(Self::into_model).collect(),
        }
    }
}

fn query(agentid: u64) -> Vec<(&'static str, String)> {
    vec![("agentid", agentid.to_string())]
}

impl Client {
    /// Replaces the whole menu. It is checked first; a menu that WeCom would refuse is not sent.
    pub async fn menu_create(&self, credential: &Credential, agentid: u64, menu: &Menu) -> Result<(), CallError> {
        let endpoint = &endpoint::MENU_CREATE;
        menu.check().map_err(sentence).map_err(invalid(endpoint))?;
        let body = serde_json::to_vec(&menu.tidy()).map_err(|error| invalid(endpoint)(error.to_string()))?;
        let _: Done = self.request(credential, endpoint, query(agentid), Body::Json(body.into())).await?;
        Ok(())
    }

    /// The menu as it is in force; `None` = there is none. An entry of a type we do not know has no
    /// [`MenuEntry::kind`].
    pub async fn menu_get(&self, credential: &Credential, agentid: u64) -> Result<Option<Menu>, CallError> {
        match self.get::<MenuWire>(credential, &endpoint::MENU_GET, query(agentid)).await {
            Ok(answer) => {
                let button = answer.button.unwrap_or_default().into_iter().map(EntryWire::into_model).collect();
                Ok(Some(Menu { button }))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes the menu away; to be done once more does no harm.
    pub async fn menu_delete(&self, credential: &Credential, agentid: u64) -> Result<(), CallError> {
        let _: Done = self.get(credential, &endpoint::MENU_DELETE, query(agentid)).await?;
        Ok(())
    }
}
