//! What is done with a call that is due. Nothing is written here; what goes out is counted.

use super::super::{outcome, quiet};
use super::counts::{DAY_PER_SEAT, next_day_ms};
use super::desk::{self, Desk};
use crate::model::{Corp, SendCall};
use std::collections::HashSet;

/// What is done with a call that is due.
pub(super) enum Choice {
    /// WeCom probably throws it away at these members, folded.
    Go { over: HashSet<String> },
    /// Its time is over.
    Expire,
    /// Not before that time, for this reason.
    Hold { until_ms: i64, code: &'static str },
    /// These members, by their place, must wait: WeCom would throw the message away.
    Divide { later: Vec<(usize, i64)> },
}

impl Choice {
    /// Members, folded, at whom WeCom probably throws it away.
    pub(super) fn over(&self) -> HashSet<String> {
        if let Self::Go { over } = self { over.clone() } else { HashSet::new() }
    }
}

impl Choice {
    /// Has the counts forget what was counted for a call that was chosen like this at that time and did not go out.
    pub(super) fn take_back(&self, desk: &Desk, call: &SendCall, chosen_ms: i64) {
        match self {
            Self::Expire | Self::Hold { .. } => {}
            Self::Go { .. } => desk.take_back(call, desk::unsent(call), &[], chosen_ms),
            Self::Divide { later } => desk.take_back(call, desk::unsent(call), later, chosen_ms),
        }
        desk.give_back(self.taken(call));
    }

    /// Person-times of the day's quota that a call which was chosen like this holds for the first time.
    fn taken(&self, call: &SendCall) -> u64 {
        let of_later = |later: &[(usize, i64)]| later.len() as u64 * desk::unsent(call) as u64;
        match self {
            Self::Expire | Self::Hold { .. } => 0,
            _ if call.first_sent_at_ms.is_some() => 0,
            Self::Go { .. } => call.person_times(),
            Self::Divide { later } => call.person_times().saturating_sub(of_later(later)),
        }
    }
}

/// Chooses by the clock, the corp's quota and what went to the members lately.
pub(super) fn choose(desk: &Desk, corp: &Corp, call: &SendCall, now_ms: i64) -> Choice {
    let is_repeat = call.first_sent_at_ms.is_some();
    if !is_repeat {
        if call.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            return Choice::Expire;
        }
        if let Some(until_ms) = call.quiet.as_ref().and_then(|window| quiet::ends_at(window, now_ms)) {
            return Choice::Hold { until_ms, code: "quiet_hours" };
        }
        let quota = u64::from(corp.quota.seats) * DAY_PER_SEAT;
        if !desk.take_of_day(call.person_times(), quota, now_ms) {
            return Choice::Hold { until_ms: next_day_ms(now_ms), code: "daily_quota" };
        }
    }
    let later = desk.full(call, now_ms);
    let go = || Choice::Go { over: desk.count(call, desk::unsent(call), &[], now_ms) };
    let Some(last_ms) = later.iter().map(|(_, free_ms)| *free_ms).max() else { return go() };
    if is_repeat {
        // the request must stay as it was
        let can_wait = outcome::repeatable_until(call).is_none_or(|until_ms| last_ms < until_ms);
        return if can_wait { Choice::Hold { until_ms: last_ms, code: "member_limit" } } else { go() };
    }
    desk.count(call, desk::unsent(call), &later, now_ms);
    desk.give_back(later.len() as u64 * desk::unsent(call) as u64);
    Choice::Divide { later }
}

#[cfg(test)]
mod tests {
    use super::super::super::plan;
    use super::*;
    use crate::model::content::Content;

    #[test]
    fn what_did_not_go_out_is_not_counted() {
        let desk = Desk::new("a/oa").unwrap();
        let call = |to: &[&str]| SendCall {
            to: to.iter().map(|id| (*id).into()).collect(),
            parts: plan::parts(&"c".into(), &[Content::text("1")]),
            ..SendCall::sample()
        };
        let (both, one) = (call(&["a", "b"]), call(&["a"]));
        for _ in 0..29 {
            desk.count(&one, 1, &[], 5);
        }
        for (choice, counted) in [
            (Choice::Go { over: desk.count(&both, 1, &[], 7) }, 2),
            (Choice::Hold { until_ms: 9, code: "x" }, 0),
            (Choice::Expire, 0),
        ] {
            assert_eq!(
                desk.full(&one, 7).len(),
                usize::from(counted > 0),
                "one more does not fit in where it was counted"
            );
            choice.take_back(&desk, &both, 7);
            assert!(desk.full(&both, 7).is_empty(), "the 30th");
        }
        let later = vec![(0, 9)];
        desk.count(&both, 1, &later, 7);
        Choice::Divide { later }.take_back(&desk, &both, 7);
        let (fullest, person_times) = desk.meter(7);
        assert_eq!((fullest.minute, fullest.members, person_times), (29, 1, 0));
    }

    #[test]
    fn a_call_holds_of_the_day_what_it_took_and_did_not_give_back() {
        let parts = plan::parts(&"c".into(), &[Content::text("1"), Content::text("2")]);
        let first = SendCall { to: vec!["a".into(), "b".into(), "c".into()], parts, ..SendCall::sample() };
        let again = SendCall { first_sent_at_ms: Some(1), ..first.clone() };
        let go = Choice::Go { over: HashSet::new() };
        let divide = |count: usize| Choice::Divide { later: (0..count).map(|at| (at, 9)).collect() };
        assert_eq!((go.taken(&first), go.taken(&again)), (6, 0));
        assert_eq!([1, 3].map(|count| divide(count).taken(&first)), [4, 0]);
        assert_eq!((Choice::Expire.taken(&first), Choice::Hold { until_ms: 1, code: "x" }.taken(&first)), (0, 0));
    }
}
