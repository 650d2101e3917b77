//! The inbox after anything that may happen to it: every filter finds what a walk over all items finds, page by page, and what
//! is counted is what a recount counts.

use super::support::{corp_key, furnished, is_good, write};
use proptest::prelude::*;
use std::collections::BTreeMap;
use wecom_bridge::model::{CallbackOf, InboxId, InboxItem, InboxState};
use wecom_bridge::store::inbox::{self, Arrival, Arrivals, Before, InboxFilter, Late};
use wecom_bridge::store::{self, Order, Search, Store};

/// Ten hours before the clock of these stores.
const START_MS: i64 = 1_800_000_000_000 - 10 * 3_600_000;
const RECEIVERS: [&str; 3] = ["oa", "hr", "contacts"];
const KINDS: [&str; 4] = ["message.text", "event.click", "event.clicker", "contact.create_user"];
const SENDERS: [&str; 3] = ["ZhangSan", "lisi", "李四"];
const STATES: [InboxState; 3] = [InboxState::Waiting, InboxState::Done, InboxState::Failed];

#[derive(Debug, Clone)]
struct Said {
    receiver: usize,
    kind: usize,
    sender: usize,
    word: u8,
    after_ms: i64,
    /// Of these there are few, so that some are repeats.
    digest: u8,
}

#[derive(Debug, Clone)]
enum Deed {
    Receive(Said),
    Arrive(Said),
    Settle(usize),
    /// One of those that are kept, by its place among them.
    Work(prop::sample::Index, bool),
    Replay(prop::sample::Index),
    Forget(prop::sample::Index, usize),
}

fn said() -> impl Strategy<Value = Said> {
    (0..3usize, 0..4usize, 0..3usize, 0..4u8, 0..600_000i64, 0..40u8).prop_map(
        |(receiver, kind, sender, word, after_ms, digest)| Said { receiver, kind, sender, word, after_ms, digest },
    )
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let index = any::<prop::sample::Index>;
    let deed = prop_oneof![
        6 => said().prop_map(Deed::Receive),
        6 => said().prop_map(Deed::Arrive),
        2 => (1..4usize).prop_map(Deed::Settle),
        6 => (index(), any::<bool>()).prop_map(|(at, is_good)| Deed::Work(at, is_good)),
        2 => index().prop_map(Deed::Replay),
        1 => (index(), 1..4usize).prop_map(|(at, limit)| Deed::Forget(at, limit)),
    ];
    prop::collection::vec(deed, 0..60)
}

fn filters() -> impl Strategy<Value = InboxFilter> {
    let kind = prop::sample::select(vec!["message.text", "event.click", "event.", "event", "contact.", "none"]);
    (
        prop::option::of(0..3usize),
        prop::option::of(kind),
        prop::option::of(0..3usize),
        prop::collection::vec(0..3usize, 0..3),
        prop::option::of(0..4u8),
        prop::option::of(0..60i64),
        prop::option::of(0..60i64),
        prop_oneof![Just(Order::Newest), Just(Order::Oldest)],
    )
        .prop_map(|(receiver, kind, state, from, word, begin, end, order)| InboxFilter {
            receiver: receiver.map(|at| CallbackOf::of(RECEIVERS[at])),
            kind: kind.map(str::to_owned),
            state: state.map(|at| STATES[at]),
            from: from.iter().map(|at| SENDERS[*at].to_ascii_uppercase()).collect(),
            text: word.map(|word| Search::new(&format!("Word{word}"))),
            from_ms: begin.map(|tens| START_MS + tens * 600_000),
            until_ms: end.map(|tens| START_MS + tens * 600_000),
            order,
        })
}

/// What the filter says, one item at a time.
fn is_wanted(filter: &InboxFilter, item: &InboxItem) -> bool {
    let kind = filter.kind.as_deref();
    filter.receiver.as_ref().is_none_or(|receiver| item.receiver == *receiver)
        && kind.is_none_or(|kind| item.kind == kind || (kind.ends_with('.') && item.kind.starts_with(kind)))
        && filter.state.is_none_or(|state| item.state == state)
        && (filter.from.is_empty() || filter.from.iter().any(|from| item.from.eq_ignore_ascii_case(from)))
        && filter.text.as_ref().is_none_or(|text| text.hits([item.text.as_str()]))
        && filter.from_ms.is_none_or(|ms| item.received_at_ms >= ms)
        && filter.until_ms.is_none_or(|ms| item.received_at_ms < ms)
}

/// Gives each callback its time and its id.
struct Doer<'a> {
    store: &'a Store,
    now_ms: i64,
    count: u64,
}

impl Doer<'_> {
    fn arrivals(&mut self, said: &Said) -> (Arrivals, InboxItem) {
        (self.now_ms, self.count) = (self.now_ms + said.after_ms, self.count + 1);
        let mut id = [0; 16];
        id[..6].copy_from_slice(&self.now_ms.to_be_bytes()[2..]);
        id[6] = 0x70;
        id[8..].copy_from_slice(&(self.count | 1 << 63).to_be_bytes());
        let (text, digest) = (format!("<xml>word{}</xml>", said.word), format!("m{}", said.digest));
        let one = Arrival {
            id,
            corp: "acme-main",
            since_ms: 0,
            receiver: RECEIVERS[said.receiver],
            kind: KINDS[said.kind],
            from: SENDERS[said.sender],
            agentid: None,
            created_at_s: START_MS / 1_000 - i64::from(said.digest),
            received_at_ms: self.now_ms,
            digest: &digest,
            text: &text,
            reply: None,
            pieces: &[],
        };
        let mut arrivals = Arrivals::default();
        arrivals.push(&one);
        (arrivals, one.to_item())
    }

    fn act(&mut self, deed: &Deed) {
        match deed {
            Deed::Receive(said) => {
                let late = [Late { item: self.arrivals(said).1, since_ms: 0 }];
                write(self.store, move |tx| inbox::receive_late(tx, &late).map(drop)).unwrap();
            }
            Deed::Arrive(said) => {
                let arrivals = self.arrivals(said).0;
                write(self.store, move |tx| inbox::arrive(tx, &arrivals)).unwrap();
            }
            Deed::Settle(limit) => {
                let limit = *limit;
                write(self.store, move |tx| inbox::settle(tx, limit)).unwrap();
            }
            Deed::Work(at, is_good) => self.change(at, |item, now_ms| {
                item.state = if *is_good { InboxState::Done } else { InboxState::Failed };
                (item.attempts, item.done_at_ms) = (item.attempts + 1, Some(now_ms));
            }),
            Deed::Replay(at) => self.change(at, |item, _| {
                (item.state, item.done_at_ms, item.replays) = (InboxState::Waiting, None, item.replays + 1);
            }),
            Deed::Forget(at, limit) => {
                let Some(item) = self.pick(at) else { return };
                let limit = *limit;
                // what is a day old has long been unpacked
                write(self.store, |tx| inbox::settle(tx, usize::MAX)).unwrap();
                write(self.store, move |tx| inbox::remove_before(tx, &corp_key(), item.received_at_ms, limit)).unwrap();
            }
        }
    }

    fn pick(&self, at: &prop::sample::Index) -> Option<InboxItem> {
        let mut items = paged(self.store, &InboxFilter::default(), 1_000);
        (!items.is_empty()).then(|| items.swap_remove(at.index(items.len())))
    }

    fn change(&self, at: &prop::sample::Index, change: impl Fn(&mut InboxItem, i64)) {
        let Some(mut item) = self.pick(at) else { return };
        let before = Before::from(&item);
        change(&mut item, self.now_ms + 1_234);
        let changed = write(self.store, move |tx| match item.attempts % 2 {
            0 => inbox::put(tx, &item),
            _ => inbox::with_work(tx, |work| work.put(before, &item)),
        });
        changed.unwrap();
    }
}

/// All pages of a search, one behind the other.
fn paged(store: &Store, filter: &InboxFilter, limit: usize) -> Vec<InboxItem> {
    let (mut rows, mut after): (_, Option<InboxId>) = (Vec::new(), None);
    loop {
        let page = store.read(|tx| inbox::search(tx, &corp_key(), filter, after.as_ref(), limit)).unwrap();
        assert!(page.rows.len() <= limit);
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

/// What `spans` must answer from a time on, counted item by item.
fn recounted(items: &[InboxItem], from_ms: i64) -> BTreeMap<String, [i64; 7]> {
    let mut all: BTreeMap<String, Vec<&InboxItem>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.received_at_ms >= from_ms) {
        all.entry(item.receiver.segment().to_owned()).or_default().push(item);
    }
    let counted = |items: Vec<&InboxItem>| {
        let mut times: Vec<i64> = items.iter().map(|item| item.received_at_ms).collect();
        times.sort_unstable();
        let (mut lags, mut works) = (inbox::Spread::default(), inbox::Spread::default());
        items.iter().filter_map(|item| item.lag_ms()).for_each(|ms| lags.add(ms));
        let firsts = items.iter().filter(|item| item.replays == 0);
        firsts.filter_map(|item| Some(item.done_at_ms? - item.received_at_ms)).for_each(|ms| works.add(ms));
        [
            times.len() as i64,
            items.iter().map(|item| i64::from(item.repeats)).sum(),
            times[0],
            times[times.len() - 1],
            times.windows(2).map(|two| two[1] - two[0]).max().unwrap_or(0),
            lags.percentile(95).unwrap_or(-1),
            works.percentile(95).unwrap_or(-1),
        ]
    };
    all.into_iter().map(|(receiver, items)| (receiver, counted(items))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn lists_and_counts_say_what_the_items_say(
        deeds in deeds(),
        wanted in prop::collection::vec((filters(), 1..7usize), 12),
    ) {
        let (_home, store) = furnished();
        let mut doer = Doer { store: &store, now_ms: START_MS, count: 0 };
        let is_in_order = !deeds.iter().any(|deed| matches!(deed, Deed::Arrive(_)));
        deeds.iter().for_each(|deed| doer.act(deed));
        write(&store, |tx| inbox::settle(tx, usize::MAX)).unwrap();
        is_good(&store);

        let items = paged(&store, &InboxFilter::default(), 1_000);
        prop_assert!(items.windows(2).all(|two| two[0].id > two[1].id));
        for (filter, limit) in &wanted {
            let mut expected: Vec<&InboxItem> = items.iter().filter(|item| is_wanted(filter, item)).collect();
            if filter.order == Order::Oldest {
                expected.reverse();
            }
            let found = paged(&store, filter, *limit);
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{:?}", filter);
        }

        let count = |state| items.iter().filter(|item| item.state == state).count();
        let kept = store.read(|tx| inbox::counts(tx, &corp_key())).unwrap();
        prop_assert_eq!(kept, (count(InboxState::Waiting), count(InboxState::Failed)));

        // behind the quarter of an hour of which some may have been removed
        let first_ms = items.last().map_or(START_MS, |item| item.received_at_ms);
        let from_ms = (first_ms / 900_000 + 1) * 900_000;
        let spans = store.read(|tx| inbox::spans(tx, &corp_key(), from_ms)).unwrap();
        let mut expected = recounted(&items, from_ms);
        for (receiver, span) in &spans {
            let Some(found) = expected.remove(receiver) else { continue };
            let kept = [
                span.received as i64,
                span.repeats as i64,
                span.first_at_ms,
                span.last_at_ms,
                if is_in_order { span.longest_gap_ms } else { found[4] },
                span.lags.percentile(95).unwrap_or(-1),
                span.works.percentile(95).unwrap_or(-1),
            ];
            prop_assert_eq!(kept, found, "{}", receiver);
            prop_assert!(span.longest_gap_ms >= found[4]);
        }
        prop_assert!(expected.is_empty(), "{:?}", expected);

        write(&store, |tx| store::corps::remove(tx, &corp_key())).unwrap();
        is_good(&store);
        let left = store.read(|tx| Ok((inbox::counts(tx, &corp_key())?, inbox::spans(tx, &corp_key(), 0)?))).unwrap();
        prop_assert_eq!(left, ((0, 0), BTreeMap::new()));
    }
}
