use super::*;
use proptest::prelude::*;

fn quota(calls_per_minute: u32, calls_per_hour: u32) -> Quota {
    Quota { calls_per_minute, calls_per_hour, concurrency: 10, seats: 0 }
}

/// WeCom's side: moments at which calls were counted.
fn most_in_a_window(counted: &[i64], length_ms: i64) -> usize {
    let mut sorted = counted.to_vec();
    sorted.sort_unstable();
    let mut most = 0;
    let mut from = 0;
    for (to, at) in sorted.iter().enumerate() {
        while sorted[from] <= at - length_ms {
            from += 1;
        }
        most = most.max(to - from + 1);
    }
    most
}

#[tokio::test]
async fn a_place_is_free_again_one_window_after_the_answer() {
    let clock = Clock::manual(0);
    let pacer = Pacer::new(clock.clone(), quota(2, 100));
    for _ in 0..2 {
        let mut place = pacer.reserve("user/create", i64::MAX).await.unwrap();
        place.sent();
        clock.advance(Duration::from_secs(5));
        place.answered();
    }
    let until = pacer.reserve("user/create", 0).await.unwrap_err();
    assert_eq!(until, 5_000 + MINUTE_MS, "the first answer came at 5 s");
    pacer.reserve("user/update", 0).await.expect("each API has its own windows");
    let uses = pacer.uses();
    assert_eq!(
        (uses[0].endpoint, uses[0].minute_used, uses[0].minute_left, uses[0].hour_left),
        ("user/create", 2, 0, 98)
    );
    clock.advance(Duration::from_millis(56_000));
    pacer.reserve("user/create", 0).await.expect("free again");
}

#[tokio::test]
async fn an_unsent_place_is_given_back_and_wakes_the_next() {
    let clock = Clock::manual(0);
    let pacer = Pacer::new(clock, quota(1, 1));
    let place = pacer.reserve("user/get", i64::MAX).await.unwrap();
    let waiter = tokio::spawn({
        let pacer = Arc::clone(&pacer);
        async move { pacer.reserve("user/get", i64::MAX).await.map(drop) }
    });
    tokio::task::yield_now().await;
    assert!(!waiter.is_finished());
    drop(place);
    waiter.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_lost_call_counts_longer() {
    let clock = Clock::manual(0);
    let pacer = Pacer::new(clock, quota(1, 10));
    let mut place = pacer.reserve("user/get", i64::MAX).await.unwrap();
    place.sent();
    drop(place);
    assert_eq!(pacer.reserve("user/get", 0).await.unwrap_err(), LOST_MS + MINUTE_MS);
}

#[tokio::test]
async fn lock_outs_last_a_minute_then_an_hour_and_end_with_a_success() {
    let clock = Clock::manual(0);
    let pacer = Pacer::new(clock.clone(), Quota::default());
    pacer.block("user/list");
    pacer.block("user/list");
    assert_eq!(pacer.reserve("user/list", 0).await.unwrap_err(), MINUTE_MS, "two answers at once are one lock-out");
    clock.advance(Duration::from_millis(61_000));
    pacer.block("user/list");
    assert_eq!(pacer.uses()[0].blocked_until_ms, Some(MINUTE_MS + HOUR_MS));
    clock.advance(Duration::from_millis(3_610_000));
    pacer.reserve("user/list", 0).await.expect("the hour is over");
    pacer.unblock("user/list");
    pacer.block("user/list");
    let until = pacer.uses()[0].blocked_until_ms.unwrap();
    assert_eq!(until - clock.now_ms(), MINUTE_MS, "after a success it begins with a minute again");
}

#[tokio::test]
async fn what_was_used_before_a_restart_is_respected() {
    let clock = Clock::manual(1_000_000);
    let pacer = Pacer::new(clock, quota(100, 1000));
    pacer.assume_used("user/create", 100, 990_000);
    assert_eq!(pacer.reserve("user/create", 0).await.unwrap_err(), 990_000 + MINUTE_MS);
}

#[tokio::test]
async fn a_hundred_thousand_creates_near_the_floor_and_never_too_many() {
    let clock = Clock::jumping(0);
    let pacer = Pacer::new(clock.clone(), Quota::default());
    let mut counted = Vec::with_capacity(100_000);
    for _ in 0..100_000 {
        let mut place = pacer.reserve("user/create", i64::MAX).await.unwrap();
        place.sent();
        counted.push(clock.now_ms());
        place.answered();
    }
    assert!(most_in_a_window(&counted, 60_000) <= 10_000);
    // ten full minutes are needed; the first one begins at once
    let floor_ms = 9 * 60_000;
    let took_ms = clock.now_ms();
    assert!(took_ms * 10 <= floor_ms * 12, "{took_ms} ms for a floor of {floor_ms} ms");
    assert_eq!(seconds_for(&Quota::default(), 100_000), 9 * 61);
    assert!(pacer.state().apis["user/create"].hour.leaving.len() < 400, "the log stays small");
}

#[test]
fn budgets() {
    for (calls, seconds) in [(0, 0), (1, 0), (10, 0), (11, 61), (30, 122), (31, 3610), (61, 7220)] {
        assert_eq!(seconds_for(&quota(10, 30), calls), seconds, "{calls} calls");
    }
}

proptest! {
    /// Whatever the latency and wherever in it WeCom counts: no window of its length ever holds too many.
    #[test]
    fn no_window_is_ever_overrun(
        per_minute in 1_u32..20,
        per_hour in 5_u32..60,
        steps in proptest::collection::vec((0_u64..20_000, 0_u64..8_000, 0_u64..100), 1..150),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let counted = runtime.block_on(async {
            let clock = Clock::jumping(0);
            let pacer = Pacer::new(clock.clone(), quota(per_minute, per_hour));
            let mut counted = Vec::new();
            for (idle_ms, latency_ms, share) in steps {
                clock.advance(Duration::from_millis(idle_ms));
                let mut place = pacer.reserve("user/get", i64::MAX).await.unwrap();
                place.sent();
                counted.push(clock.now_ms() + i64::try_from(latency_ms * share / 100).unwrap());
                clock.advance(Duration::from_millis(latency_ms));
                place.answered();
            }
            counted
        });
        prop_assert!(most_in_a_window(&counted, 60_000) <= per_minute as usize);
        prop_assert!(most_in_a_window(&counted, 3_600_000) <= per_hour as usize);
    }
}
