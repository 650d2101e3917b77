//! How often what is kept of a corp's WeCom side has changed: who has read mirror and bindings knows by it whether what
//! was read still holds. A tenant's directory has its own in [`super::directory::counts`]; plans never change after they
//! are stored, but for their head.

use super::StoreError;
use super::settings::{self, Scope};
use super::tx::{Reads, WriteTx};
use crate::model::CorpKey;

/// Moves on with every change of the corp's mirror, bindings or tombstones; one row is read. 0 before the first one. It
/// outlives the corp, so that a new corp of the same key does not repeat the numbers of the former one.
pub fn of_corp(tx: &impl Reads, corp: &CorpKey) -> Result<u64, StoreError> {
    Ok(settings::get(tx, Scope::Appliance, &name(corp))?.unwrap_or(0))
}

/// Notes a change, in the transaction of the change.
pub(super) fn move_on(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    let next = of_corp(tx, corp)? + 1;
    settings::put(tx, Scope::Appliance, &name(corp), &next)
}

fn name(corp: &CorpKey) -> String {
    format!("revision:{corp}")
}
