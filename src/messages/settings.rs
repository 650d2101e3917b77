//! How long messages are kept.

use super::{MessageError, Messages};
use crate::model::Actor;
use crate::store::{self, Reads, Scope, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const NAME: &str = "messages";

/// Days that a message may be kept.
pub const KEEP_DAYS: std::ops::RangeInclusive<u32> = 1..=3_650;

/// Settings of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MessageSettings {
    /// Messages and all that is known about them are removed so many days after they were accepted, 1 to 3,650.
    pub keep_days: u32,
}

impl Default for MessageSettings {
    fn default() -> Self {
        Self { keep_days: 90 }
    }
}

pub(super) fn read(tx: &impl Reads) -> Result<MessageSettings, StoreError> {
    Ok(store::settings::get(tx, Scope::Appliance, NAME)?.unwrap_or_default())
}

impl Messages {
    /// The settings in force.
    pub async fn settings(&self) -> Result<MessageSettings, StoreError> {
        self.env().store.read_async(read).await
    }

    /// Changes the settings; writes one audit row.
    ///
    /// # Errors
    /// [`MessageError::Setting`] outside of [`KEEP_DAYS`].
    pub async fn set_settings(&self, actor: &Actor, wanted: MessageSettings) -> Result<MessageSettings, MessageError> {
        if !KEEP_DAYS.contains(&wanted.keep_days) {
            let rule = format!("must be {} to {}", KEEP_DAYS.start(), KEEP_DAYS.end());
            return Err(MessageError::Setting { field: "keep_days", rule });
        }
        let actor = actor.clone();
        self.env()
            .store
            .write(move |tx| {
                let before = serde_json::to_value(read(tx)?).ok();
                store::settings::put(tx, Scope::Appliance, NAME, &wanted)?;
                store::audit::append(
                    tx,
                    &actor,
                    "messages.settings",
                    "appliance",
                    before,
                    serde_json::to_value(wanted).ok(),
                )
            })
            .await?;
        Ok(wanted)
    }
}
