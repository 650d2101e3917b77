//! Faults on purpose: by path, probability, seed and count.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// The call is not carried out and answers this errcode.
    Errcode {
        /// The code, e.g. -1.
        errcode: i64,
    },
    /// The call is carried out, and the answer is this errcode all the same.
    ErrcodeAfter {
        /// The code, e.g. -1.
        errcode: i64,
    },
    /// The call is not carried out and answers this HTTP status.
    Status {
        /// The status, e.g. 502.
        status: u16,
    },
    /// The call is carried out after a pause on the sandbox's clock.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The connection is cut before the call is carried out.
    DropBefore,
    /// The call is carried out, then the connection is cut without an answer.
    DropAfter,
    /// The call is carried out; the answer is no JSON.
    Garbage,
    /// The call is carried out; the connection is cut in the middle of the answer.
    Half,
    /// The caller's token is taken back first, so the call answers 40014.
    InvalidateToken,
}

impl Effect {
    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Errcode { .. } => "errcode",
            Self::ErrcodeAfter { .. } => "errcode_after",
            Self::Status { .. } => "status",
            Self::Delay { .. } => "delay",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::Garbage => "garbage",
            Self::Half => "half",
            Self::InvalidateToken => "invalidate_token",
        }
    }
}

fn always() -> f64 {
    1.0
}

/// A fault to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Beginning of the path after `/cgi-bin/`, e.g. `user/` or `user/create`; empty = every path.
    #[serde(default)]
    pub path: String,
    /// 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// Makes the sequence of hits repeatable.
    #[serde(default)]
    pub seed: u64,
    /// Matching calls that pass unharmed first.
    #[serde(default)]
    pub skip: u64,
    /// Hits after which the fault is spent; `None` = never.
    #[serde(default)]
    pub count: Option<u64>,
    /// What happens.
    pub effect: Effect,
}

impl Fault {
    /// Hits every call of the path.
    pub fn always(path: &str, effect: Effect) -> Self {
        Self { path: path.into(), probability: 1.0, seed: 0, skip: 0, count: None, effect }
    }

    /// Hits the next call of the path, then no more.
    pub fn once(path: &str, effect: Effect) -> Self {
        Self { count: Some(1), ..Self::always(path, effect) }
    }

    /// Hits calls of the path with this probability.
    pub fn sometimes(path: &str, probability: f64, seed: u64, effect: Effect) -> Self {
        Self { probability, seed, ..Self::always(path, effect) }
    }
}

/// A fault and its progress.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActiveFault {
    /// Number given when it was added.
    pub id: u64,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// Hits so far.
    pub hits: u64,
    /// Matching calls so far.
    pub seen: u64,
    #[serde(skip)]
    random: u64,
}

/// All faults to come.
#[derive(Debug, Default)]
pub struct Faults {
    active: Vec<ActiveFault>,
    last_id: u64,
}

impl Faults {
    /// Adds one; answers its id.
    pub fn add(&mut self, fault: Fault) -> u64 {
        self.last_id += 1;
        self.active.push(ActiveFault { id: self.last_id, random: fault.seed, fault, hits: 0, seen: 0 });
        self.last_id
    }

    /// Removes one, or all.
    pub fn remove(&mut self, id: Option<u64>) -> usize {
        let before = self.active.len();
        self.active.retain(|fault| id.is_some_and(|id| fault.id != id));
        before - self.active.len()
    }

    /// All, spent ones included.
    pub fn list(&self) -> &[ActiveFault] {
        &self.active
    }

    /// The effects that hit a call of this endpoint, in the order in which they were added.
    pub fn draw(&mut self, endpoint: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for active in &mut self.active {
            let fault = &active.fault;
            let spent = fault.count.is_some_and(|count| active.hits >= count);
            if spent || !endpoint.starts_with(fault.path.trim_start_matches("/cgi-bin/")) {
                continue;
            }
            active.seen += 1;
            if active.seen <= fault.skip {
                continue;
            }
            if fault.probability >= 1.0 || unit(next_random(&mut active.random)) < fault.probability {
                active.hits += 1;
                effects.push(fault.effect);
            }
        }
        effects
    }
}

/// SplitMix64: a small generator that gives the same sequence for the same seed on every machine.
pub(crate) fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number in [0, 1).
pub(crate) fn unit(random: u64) -> f64 {
    f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_its_path_its_share_and_its_count() {
        let mut faults = Faults::default();
        faults.add(Fault { skip: 1, count: Some(2), ..Fault::always("user/", Effect::DropAfter) });
        let hits: Vec<bool> = ["user/get", "department/list", "user/get", "user/create", "user/get"]
            .iter()
            .map(|path| !faults.draw(path).is_empty())
            .collect();
        assert_eq!(hits, [false, false, true, true, false]);

        let share = |seed| {
            let mut faults = Faults::default();
            faults.add(Fault::sometimes("", 0.1, seed, Effect::DropBefore));
            (0..10_000).map(|_| faults.draw("x").len()).collect::<Vec<_>>()
        };
        let hits: usize = share(7).iter().sum();
        assert!((800..1200).contains(&hits), "{hits} of 10,000 at 10 %");
        assert_eq!(share(7), share(7));
        assert_ne!(share(7), share(8));
    }
}
