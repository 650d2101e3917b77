//! What was uploaded, between its preview and its confirmation. It lives in memory, bounded in number, size and time;
//! after a restart it is uploaded again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How long something can be confirmed.
pub const KEPT_MS: i64 = 30 * 60 * 1000;
/// Kept at once; the oldest makes room.
const ITEMS_MAX: usize = 16;

/// A shelf of uploaded things, each of one owner (a tenant, a corp).
#[derive(Debug)]
pub struct Kept<T> {
    max_bytes: usize,
    items: Mutex<VecDeque<Item<T>>>,
}

#[derive(Debug)]
struct Item<T> {
    id: String,
    owner: String,
    at_ms: i64,
    bytes: usize,
    thing: Arc<T>,
}

impl<T> Kept<T> {
    /// Keeps at most so many bytes together; a single thing may be larger and is then alone.
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, items: Mutex::default() }
    }

    /// Keeps a thing of so many bytes and names it. What has expired, and the oldest where there is too much, is
    /// forgotten.
    pub fn keep(&self, owner: &str, now_ms: i64, bytes: usize, thing: T) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let item = Item { id: id.clone(), owner: owner.to_owned(), at_ms: now_ms, bytes, thing: Arc::new(thing) };
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.retain(|other| now_ms - other.at_ms < KEPT_MS);
        items.push_back(item);
        let size = |items: &VecDeque<Item<T>>| items.iter().map(|item| item.bytes).sum::<usize>();
        while items.len() > 1 && (items.len() > ITEMS_MAX || size(&items) > self.max_bytes) {
            items.pop_front();
        }
        id
    }

    /// The thing with this id, of this owner, not expired.
    pub fn find(&self, id: &str, owner: &str, now_ms: i64) -> Option<Arc<T>> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let item = items.iter().find(|item| item.id == id)?;
        (item.owner == owner && now_ms - item.at_ms < KEPT_MS).then(|| item.thing.clone())
    }

    /// Forgets a thing.
    pub fn forget(&self, id: &str) {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).retain(|item| item.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let kept = Kept::new(100);
        let first = kept.keep("a", 0, 60, 1);
        assert_eq!(kept.find(&first, "a", KEPT_MS - 1).as_deref(), Some(&1));
        assert!(kept.find(&first, "b", 0).is_none(), "of another owner");
        assert!(kept.find(&first, "a", KEPT_MS).is_none(), "expired");
        let second = kept.keep("a", 1, 60, 2);
        assert!(kept.find(&first, "a", 1).is_none(), "too many bytes together");
        let large = kept.keep("a", 2, 1_000, 3);
        assert!(kept.find(&second, "a", 2).is_none());
        assert_eq!(kept.find(&large, "a", 2).as_deref(), Some(&3), "alone it may be larger");
        kept.forget(&large);
        assert!(kept.find(&large, "a", 2).is_none());
        let ids: Vec<String> = (0..20).map(|at| kept.keep("a", 3, 1, at)).collect();
        assert_eq!(ids.iter().filter(|id| kept.find(id, "a", 3).is_some()).count(), ITEMS_MAX);
    }
}
