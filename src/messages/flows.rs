//! How many messages an app has sent to each member lately: predicts what WeCom would throw away without saying so
//! (BEY-04). Pure.
//!
//! WeCom drops the 31st message of an app to a member in a minute and the 1,001st in an hour, and answers ok
//! (doc path 90236). Where its windows begin is not known, so any window of that length is kept below the limit. Hours
//! are counted by minutes: 60 whole ones and the begun one.

use std::collections::{HashMap, VecDeque};

/// Messages of one app to one member in a minute (doc path 90236).
pub const MINUTE_MAX: usize = 30;
/// The same in an hour (doc path 90236).
pub const HOUR_MAX: u32 = 1_000;
/// A minute, and what is added for clocks that run apart and calls under way.
const MINUTE_MS: i64 = 62_000;
const BUCKET_MS: i64 = 60_000;
/// Minutes of an hour, the begun one and one for clocks that run apart.
const BUCKETS: i64 = 62;

#[derive(Debug, Default)]
struct Flow {
    /// Times of the messages of the last minute, the earliest first.
    recent: VecDeque<i64>,
    /// Messages by minute, the earliest first.
    minutes: VecDeque<(i64, u32)>,
}

impl Flow {
    fn expire(&mut self, now_ms: i64) {
        while self.recent.front().is_some_and(|at| at + MINUTE_MS <= now_ms) {
            self.recent.pop_front();
        }
        let oldest = now_ms.div_euclid(BUCKET_MS) - BUCKETS;
        while self.minutes.front().is_some_and(|(minute, _)| *minute <= oldest) {
            self.minutes.pop_front();
        }
    }

    fn hour(&self) -> u32 {
        self.minutes.iter().map(|(_, count)| count).sum()
    }

    /// When so many more fit in; `None` = now.
    fn free_at(&self, count: usize) -> Option<i64> {
        let minute = (self.recent.len() + count).checked_sub(MINUTE_MAX + 1).map(|over| {
            let at = self.recent.get(over.min(self.recent.len().saturating_sub(1)));
            at.map_or(0, |at| at + MINUTE_MS)
        });
        let mut over = (self.hour() + u32::try_from(count).unwrap_or(HOUR_MAX)).saturating_sub(HOUR_MAX);
        let mut hour = None;
        for (minute, count) in &self.minutes {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(*count);
            hour = Some((minute + BUCKETS) * BUCKET_MS);
        }
        minute.max(hour)
    }
}

/// The flows of one app by folded userid.
#[derive(Debug, Default)]
pub struct Flows {
    members: HashMap<Box<str>, Flow>,
    swept_at_ms: i64,
}

/// Fullness of the fullest flows, for the meter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fullest {
    /// Most messages to one member in the last minute.
    pub minute: u32,
    /// Most messages to one member in the last hour.
    pub hour: u32,
    /// Members with messages in the last hour.
    pub members: usize,
}

impl Flows {
    /// When `count` more messages to a member fit in; `None` = now.
    pub fn free_at(&mut self, folded: &str, count: usize, now_ms: i64) -> Option<i64> {
        let flow = self.members.get_mut(folded)?;
        flow.expire(now_ms);
        // more parts than fit into a minute go out when nothing else is in the way
        let count = count.min(MINUTE_MAX);
        flow.free_at(count)
    }

    /// Counts messages to a member; answers whether one of them is probably thrown away.
    pub fn count(&mut self, folded: &str, count: usize, at_ms: i64) -> bool {
        self.sweep(at_ms);
        let flow = match self.members.get_mut(folded) {
            Some(flow) => flow,
            None => self.members.entry(folded.into()).or_default(),
        };
        flow.expire(at_ms);
        let strict = |at: &&i64| **at + BUCKET_MS > at_ms;
        let is_over = flow.recent.iter().filter(strict).count() + count > MINUTE_MAX
            || flow.hour() + u32::try_from(count).unwrap_or(HOUR_MAX) > HOUR_MAX;
        flow.recent.extend(std::iter::repeat_n(at_ms, count.min(2 * MINUTE_MAX)));
        while flow.recent.len() > 2 * MINUTE_MAX {
            flow.recent.pop_front();
        }
        let minute = at_ms.div_euclid(BUCKET_MS);
        let count = u32::try_from(count).unwrap_or(HOUR_MAX);
        match flow.minutes.back_mut() {
            Some((known, total)) if *known == minute => *total += count,
            _ => flow.minutes.push_back((minute, count)),
        }
        is_over
    }

    /// Takes messages to a member out again that were counted at that time and did not go out.
    pub fn take_back(&mut self, folded: &str, count: usize, at_ms: i64) {
        let Some(flow) = self.members.get_mut(folded) else { return };
        for _ in 0..count {
            let Some(at) = flow.recent.iter().rposition(|known| *known == at_ms) else { break };
            flow.recent.remove(at);
        }
        let minute = at_ms.div_euclid(BUCKET_MS);
        if let Some((_, total)) = flow.minutes.iter_mut().rfind(|(known, _)| *known == minute) {
            *total = total.saturating_sub(u32::try_from(count).unwrap_or(HOUR_MAX));
        }
        flow.minutes.retain(|(_, total)| *total > 0);
    }

    /// How full the fullest flows are.
    pub fn fullest(&mut self, now_ms: i64) -> Fullest {
        let mut fullest = Fullest::default();
        for flow in self.members.values_mut() {
            flow.expire(now_ms);
            let (minute, hour) = (u32::try_from(flow.recent.len()).unwrap_or(u32::MAX), flow.hour());
            fullest.members += usize::from(hour > 0);
            fullest.minute = fullest.minute.max(minute);
            fullest.hour = fullest.hour.max(hour);
        }
        fullest
    }

    /// Forgets members who got nothing for an hour, every ten minutes.
    fn sweep(&mut self, now_ms: i64) {
        if now_ms - self.swept_at_ms < 600_000 {
            return;
        }
        self.swept_at_ms = now_ms;
        self.members.retain(|_, flow| {
            flow.expire(now_ms);
            !flow.minutes.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_of_a_minute_or_an_hour_holds_too_many() {
        for step_ms in [0, 500, 1_900, 3_700] {
            let (mut flows, mut now_ms, mut sent) = (Flows::default(), 1_000_000, Vec::new());
            while sent.len() < 1_500 {
                match flows.free_at("a", 1, now_ms) {
                    None => {
                        assert!(!flows.count("a", 1, now_ms), "{} at {now_ms}", sent.len());
                        sent.push(now_ms);
                        now_ms += step_ms;
                    }
                    Some(at) => {
                        assert!(at > now_ms);
                        now_ms = at;
                    }
                }
            }
            for (n, at) in sent.iter().enumerate() {
                let minute = sent[n..].iter().take_while(|other| *other - at < 60_000).count();
                let hour = sent[n..].iter().take_while(|other| *other - at < 3_600_000).count();
                assert!(minute <= 30 && hour <= 1_000, "step {step_ms}: {minute} and {hour} from {at}");
            }
        }
    }

    #[test]
    fn what_did_not_go_out_takes_no_room() {
        let mut flows = Flows::default();
        for n in 0..29 {
            flows.count("a", 1, n);
        }
        flows.count("a", 3, 100);
        assert!(flows.free_at("a", 1, 100).is_some());
        flows.take_back("a", 3, 100);
        assert_eq!(flows.free_at("a", 1, 100), None, "the 30th");
        assert_eq!(flows.fullest(100), Fullest { minute: 29, hour: 29, members: 1 });
        // of nobody, and of what is forgotten already, nothing is taken
        flows.take_back("b", 1, 100);
        flows.take_back("a", 1, -100_000);
        assert_eq!(flows.fullest(100).hour, 29);
        let mut only = Flows::default();
        only.count("a", 1, 5);
        only.take_back("a", 1, 5);
        assert_eq!(only.fullest(5), Fullest::default());
    }

    #[test]
    fn what_is_over_the_limit_is_noticed_and_other_members_are_not_held_up() {
        let mut flows = Flows::default();
        let over: Vec<bool> = (0..32).map(|n| flows.count("a", 1, n * 100)).collect();
        assert_eq!(over.iter().filter(|over| **over).count(), 2);
        assert_eq!(flows.free_at("b", 1, 3_200), None);
        assert!(flows.free_at("a", 1, 3_200).is_some());
        assert_eq!(flows.fullest(3_200), Fullest { minute: 32, hour: 32, members: 1 });
        assert_eq!(flows.fullest(5 * 3_600_000), Fullest::default());
    }
}
