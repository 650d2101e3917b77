//! Where a message stands as a whole.

use super::DeliveryState;
use crate::model::ids::{CallId, MessageId, TenantKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How many deliveries are in which state; states that do not occur are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, u32>)]
pub struct Tally(pub BTreeMap<DeliveryState, u32>);

impl Tally {
    /// How many are in a state.
    pub fn of(&self, state: DeliveryState) -> u32 {
        self.0.get(&state).copied().unwrap_or(0)
    }

    /// All together.
    pub fn total(&self) -> u32 {
        self.0.values().sum()
    }

    /// One more in a state.
    pub fn add(&mut self, state: DeliveryState) {
        *self.0.entry(state).or_default() += 1;
    }

    /// One moves from a state to another.
    pub fn shift(&mut self, from: DeliveryState, to: DeliveryState) {
        if let Some(count) = self.0.get_mut(&from) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&from);
            }
        }
        self.add(to);
    }
}

/// Where a message stands as a whole; made when its recipients are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageHead {
    /// The message.
    pub id: MessageId,
    /// Its tenant.
    pub tenant: TenantKey,
    /// Its source.
    pub source: String,
    /// When its recipients were found, Unix milliseconds.
    pub expanded_at_ms: i64,
    /// Deliveries by state.
    pub tally: Tally,
    /// Calls that carry it.
    pub calls: Vec<CallId>,
    /// When somebody asked for it back, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall_at_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_forgets_empty_states() {
        let mut tally = Tally::default();
        tally.add(DeliveryState::Waiting);
        tally.shift(DeliveryState::Waiting, DeliveryState::Sent);
        assert_eq!((tally.of(DeliveryState::Sent), tally.total(), tally.0.len()), (1, 1, 1));
    }
}
