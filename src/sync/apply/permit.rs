//! Whether a run may go on writing: the settings as they are now, asked in the very transaction that notes an intention,
//! and again after every long wait. Who switches writing off stops a run between two records, not at its end.

use super::take::check_allowed;
use crate::model::CorpKey;
use crate::store::{self, Reads, Store, StoreError};
use crate::sync::error::SyncError;
use crate::sync::hash;
use crate::sync::progress::{Interruption, Watch};
use crate::wecom::Gate;
use futures_util::future::BoxFuture;

/// What a run was allowed with, and who may stop it.
#[derive(Clone)]
pub struct Permit {
    /// Where the settings are.
    pub store: Store,
    /// Whose settings.
    pub corp: CorpKey,
    /// Hash of the options that the plan was made with.
    pub options_hash: String,
    /// Who may stop the run.
    pub watch: Watch,
}

impl Permit {
    /// Why nothing more may be written, as the settings are in this transaction.
    pub fn refusal(&self, tx: &impl Reads) -> Result<Option<String>, StoreError> {
        let Some(corp) = store::corps::find(tx, &self.corp)? else {
            return Ok(Some(SyncError::NoCorp(self.corp.clone()).to_string()));
        };
        if let Err(error) = check_allowed(&corp) {
            return Ok(Some(error.to_string()));
        }
        let is_same = hash::of_options(&corp) == self.options_hash;
        Ok((!is_same).then(|| format!("the settings of corp {} were changed while the run was under way", self.corp)))
    }
}

impl Gate for Permit {
    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let permit = self.clone();
            match self.store.read_async(move |tx| permit.refusal(tx)).await {
                Ok(None) => Ok(()),
                Ok(Some(why)) => Err(why),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn closed(&self) -> BoxFuture<'_, String> {
        Box::pin(why_closed(&self.watch))
    }
}

/// For calls that only look at what was handed over already: they go on whatever the settings say, and are given up when
/// the run is to end.
pub struct Looking(pub Watch);

impl Gate for Looking {
    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    fn closed(&self) -> BoxFuture<'_, String> {
        Box::pin(why_closed(&self.0))
    }
}

/// Returns, with the reason, when the run is to end.
async fn why_closed(watch: &Watch) -> String {
    match watch.interrupted().await {
        Interruption::Cancelled => "the run was cancelled".to_owned(),
        Interruption::Stopping => "the appliance stops".to_owned(),
    }
}
