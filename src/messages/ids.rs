//! Ids of messages and calls: UUIDs of version 7 that sort in the very order in which they are given, also within one
//! millisecond, so that queues go first in, first out.

use std::sync::{Mutex, PoisonError};

/// Ids that one millisecond can have; then the next one is begun early.
const PER_MS: u32 = 1 << 20;

/// Gives ids.
#[derive(Debug, Default)]
pub(super) struct Ids(Mutex<(u64, u32)>);

impl Ids {
    /// The next id.
    pub(super) fn next(&self, now_ms: i64) -> String {
        let (at_ms, count) = {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let now_ms = now_ms.max(0).unsigned_abs();
            *last = match *last {
                (at_ms, _) if now_ms > at_ms => (now_ms, 0),
                (at_ms, count) if count + 1 < PER_MS => (at_ms, count + 1),
                (at_ms, _) => (at_ms + 1, 0),
            };
            *last
        };
        let mut bytes: [u8; 10] = rand::random();
        let [_, high, middle, low] = count.to_be_bytes();
        // 12 bits before the variant, the other 8 behind it; the rest is random
        (bytes[0], bytes[1], bytes[2], bytes[3]) = (high, middle, 0, low);
        uuid::Builder::from_unix_timestamp_millis(at_ms, &bytes).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_in_which_they_are_given() {
        let ids = Ids::default();
        let times = [5, 5, 5, 6, 6, 4, 1_760_000_000_000, 1_760_000_000_000];
        let mut given: Vec<String> = times.iter().map(|at| ids.next(*at)).collect();
        given.extend((0..5_000).map(|_| ids.next(1_760_000_000_000)));
        assert!(given.is_sorted_by(|a, b| a < b));
        assert!(given[6].starts_with(&crate::store::messages::id_at(1_760_000_000_000)));
        assert_eq!(uuid::Uuid::parse_str(&given[9]).map(|id| id.get_version_num()), Ok(7));
    }
}
