//! Keeps in the store what WeCom's quotas were used for, so that a restart in the middle of a large run overruns none.

use crate::store::{self, Store};
use crate::wecom::{QuotaAccount, QuotaMemory, QuotaUsed};
use futures_util::future::BoxFuture;

/// One row per corp at WeCom and one per address.
#[derive(Debug, Clone)]
pub struct StoredQuota(Store);

impl StoredQuota {
    /// In this store.
    pub fn new(store: Store) -> Self {
        Self(store)
    }
}

fn name(account: &QuotaAccount) -> String {
    format!("wecom.quota {} {}", account.api_base, account.corpid)
}

impl QuotaMemory for StoredQuota {
    fn load<'a>(&'a self, account: &'a QuotaAccount) -> BoxFuture<'a, Result<QuotaUsed, String>> {
        Box::pin(async move {
            let name = name(account);
            let read = move |tx: &store::ReadTx| store::settings::get(tx, store::Scope::Appliance, &name);
            let found = self.0.read_async(read).await.map_err(|error| error.to_string())?;
            Ok(found.unwrap_or_default())
        })
    }

    fn save<'a>(&'a self, account: &'a QuotaAccount, used: QuotaUsed) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let name = name(account);
            let write = move |tx: &store::WriteTx| store::settings::put(tx, store::Scope::Appliance, &name, &used);
            self.0.write(write).await.map_err(|error| error.to_string())
        })
    }
}
