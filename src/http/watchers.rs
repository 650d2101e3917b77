//! Who listens to a stream of events. Each holds a connection and a task for as long as a run takes, so their number is bounded:
//! by whoever listens, and in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Streams of one session or one API key at once.
pub const EACH_MAX: usize = 20;
/// Streams of everybody at once.
pub const ALL_MAX: usize = 500;

/// The streams that are open.
#[derive(Debug, Clone, Default)]
pub struct Watchers(Arc<Mutex<HashMap<String, usize>>>);

/// A stream's place; it is free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    watchers: Watchers,
    who: String,
}

impl Watchers {
    /// A place for one more stream of `who`; `None` where there are too many.
    pub fn seat(&self, who: &str) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, all) = (open.get(who).copied().unwrap_or(0), open.values().sum::<usize>());
        if own >= EACH_MAX || all >= ALL_MAX {
            return None;
        }
        open.insert(who.to_owned(), own + 1);
        Some(Seat { watchers: self.clone(), who: who.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.watchers.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.who) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.who)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_come_back() {
        let watchers = Watchers::default();
        let mut held: Vec<Seat> = (0..EACH_MAX).map(|_| watchers.seat("a").unwrap()).collect();
        assert!(watchers.seat("a").is_none(), "too many of one");
        drop(held.pop());
        held.push(watchers.seat("a").unwrap());
        let others = (EACH_MAX..ALL_MAX).map(|at| watchers.seat(&format!("b{at}")).unwrap());
        held.extend(others.collect::<Vec<_>>());
        assert!(watchers.seat("c").is_none(), "too many of all");
        drop(held);
        assert!(watchers.0.lock().unwrap().is_empty());
    }
}
