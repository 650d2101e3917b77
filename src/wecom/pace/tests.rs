use super::*;
use futures_util::future::BoxFuture;
use proptest::prelude::*;

const START_MS: i64 = 1_760_000_000_000;

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
    let pacer = Pacer::new(clock.clone(), quota(2, 100), None);
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
    let pacer = Pacer::new(clock, quota(1, 1), None);
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
    let pacer = Pacer::new(clock, quota(1, 10), None);
    let mut place = pacer.reserve("user/get", i64::MAX).await.unwrap();
    place.sent();
    drop(place);
    assert_eq!(pacer.reserve("user/get", 0).await.unwrap_err(), LOST_MS + MINUTE_MS);
}

#[tokio::test]
async fn lock_outs_last_a_minute_then_an_hour_and_end_with_a_success() {
    let clock = Clock::manual(0);
    let pacer = Pacer::new(clock.clone(), Quota::default(), None);
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

/// Keeps in memory what would be kept in the store.
#[derive(Default)]
struct Drawer {
    kept: Mutex<HashMap<QuotaAccount, QuotaUsed>>,
    saves: std::sync::atomic::AtomicUsize,
}

impl QuotaMemory for Drawer {
    fn load<'a>(&'a self, account: &'a QuotaAccount) -> BoxFuture<'a, Result<QuotaUsed, String>> {
        Box::pin(async { Ok(self.kept.lock().unwrap().get(account).cloned().unwrap_or_default()) })
    }

    fn save<'a>(&'a self, account: &'a QuotaAccount, used: QuotaUsed) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.saves.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.kept.lock().unwrap().insert(account.clone(), used);
            Ok(())
        })
    }
}

fn remembering(clock: &Clock, quota: Quota, drawer: &Arc<Drawer>) -> Arc<Pacer> {
    let account = QuotaAccount { api_base: "https://wecom".into(), corpid: "ww1".into() };
    Pacer::new(clock.clone(), quota, Some((account, drawer.clone() as Arc<dyn QuotaMemory>)))
}

async fn call(pacer: &Arc<Pacer>, clock: &Clock) -> i64 {
    let mut place = pacer.reserve("user/create", i64::MAX).await.unwrap();
    pacer.promise("user/create").await;
    place.sent();
    let at_ms = clock.now_ms();
    place.answered();
    at_ms
}

#[tokio::test]
async fn whenever_the_process_dies_the_next_one_overruns_no_window() {
    for (per_minute, per_hour, calls) in [(40, 1_000, 200), (3, 7, 40), (1_000, 1_500, 4_000)] {
        let (clock, drawer) = (Clock::jumping(START_MS), Arc::<Drawer>::default());
        let quota = quota(per_minute, per_hour);
        let mut counted = Vec::new();
        let mut pacer = remembering(&clock, quota, &drawer);
        for n in 0..calls {
            counted.push(call(&pacer, &clock).await);
            if n % 17 == 16 {
                clock.advance(Duration::from_millis(n * 37 % 5_000));
                pacer = remembering(&clock, quota, &drawer);
            }
        }
        let (minute, hour) = (usize::try_from(per_minute).unwrap(), usize::try_from(per_hour).unwrap());
        assert!(most_in_a_window(&counted, 60_000) <= minute, "{per_minute} a minute");
        assert!(most_in_a_window(&counted, 3_600_000) <= hour, "{per_hour} an hour");
    }
}

#[tokio::test]
async fn what_is_kept_costs_few_writes_and_little_of_the_quota() {
    let (clock, drawer) = (Clock::jumping(START_MS), Arc::<Drawer>::default());
    let pacer = remembering(&clock, Quota::default(), &drawer);
    for _ in 0..100_000 {
        call(&pacer, &clock).await;
    }
    let saves = drawer.saves.load(std::sync::atomic::Ordering::Relaxed);
    assert!(saves <= 100_000 / 500 + 20, "{saves} writes for 100,000 calls");
    let again = remembering(&clock, Quota::default(), &drawer);
    again.recall().await;
    let used = again.uses()[0].hour_used;
    assert!((100_000..=100_500).contains(&used), "{used} count as used after the restart");
}

#[tokio::test]
async fn a_lock_out_outlives_the_process_and_a_clock_that_was_wrong_does_not_block_for_ever() {
    let (clock, drawer) = (Clock::manual(START_MS), Arc::<Drawer>::default());
    let pacer = remembering(&clock, Quota::default(), &drawer);
    pacer.block("user/list");
    pacer.remember_block().await;
    let again = remembering(&clock, Quota::default(), &drawer);
    assert_eq!(again.reserve("user/list", 0).await.unwrap_err(), START_MS + MINUTE_MS);

    let wrong = Clock::manual(START_MS + 365 * 24 * HOUR_MS);
    let (quota, drawer) = (quota(2, 2), Arc::<Drawer>::default());
    let pacer = remembering(&wrong, quota, &drawer);
    call(&pacer, &wrong).await;
    call(&pacer, &wrong).await;
    let again = remembering(&clock, quota, &drawer);
    let until_ms = again.reserve("user/create", 0).await.unwrap_err();
    assert!(until_ms <= START_MS + 2 * HOUR_MS, "{until_ms}");
}

#[tokio::test]
async fn a_hundred_thousand_creates_near_the_floor_and_never_too_many() {
    let clock = Clock::jumping(0);
    let pacer = Pacer::new(clock.clone(), Quota::default(), None);
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
            let pacer = Pacer::new(clock.clone(), quota(per_minute, per_hour), None);
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
