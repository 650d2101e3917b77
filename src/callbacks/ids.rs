//! Ids of callbacks: UUID v7 that sort in the order of receipt, also within one millisecond of this process.

use crate::model::InboxId;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Bits behind the millisecond that count.
const COUNTER_BITS: u32 = 12;

/// Makes ids.
#[derive(Debug, Default)]
pub(super) struct Ids(Mutex<u64>);

impl Ids {
    /// An id that is larger than all that were made before, even if the clock was set back.
    pub(super) fn next(&self, now_ms: i64) -> InboxId {
        InboxId::from(uuid::Uuid::from_bytes(self.next_bytes(now_ms)).hyphenated().to_string())
    }

    /// The bytes of [`Ids::next`].
    pub(super) fn next_bytes(&self, now_ms: i64) -> [u8; 16] {
        let stamp = {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *last = (now_ms.max(0).unsigned_abs() << COUNTER_BITS).max(*last + 1);
            *last
        };
        let mut random: [u8; 10] = rand::random();
        let counter = stamp & ((1 << COUNTER_BITS) - 1);
        random[0] = u8::try_from(counter >> 8).unwrap_or(0);
        random[1] = u8::try_from(counter & 0xFF).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(stamp >> COUNTER_BITS, &random).into_uuid().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let ids = Ids::default();
        let made: Vec<InboxId> =
            [5, 5, 5, 4, 6, 6].into_iter().chain((0..5_000).map(|_| 7)).map(|now_ms| ids.next(now_ms)).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
