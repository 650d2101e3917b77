//! The part of a corp's settings that a plan depends on, as one hash: a plan made with other settings is not applied.

use crate::model::Corp;
use sha2::{Digest, Sha256};

/// Lower-case hex SHA-256 over the match rules and the downstream options. Schedules and the switches that only say
/// whether something may be applied at all do not count.
pub fn options_hash(corp: &Corp) -> String {
    let mut options = corp.downstream.clone();
    options.enabled = false;
    options.cron.clear();
    options.time_zone.clear();
    let mut hasher = Sha256::new();
    hasher.update(corp.tenant.as_str());
    // both are plain data of our own types: they always have a JSON form
    for part in [serde_json::to_vec(&options), serde_json::to_vec(&corp.match_rules)] {
        hasher.update([0]);
        hasher.update(part.unwrap_or_default());
    }
    hex::encode(hasher.finalize())
}
