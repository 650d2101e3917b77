//! Messages and deliveries after whatever may have become of them: every filter finds what a walk over all rows finds, page by
//! page.

use super::support::{furnished, is_good, write};
use proptest::prelude::*;
use serde_json::json;
use wecom_bridge::model::{Delivery, DeliveryState, Message, MessageHead, MessageId, Tally, Tenant, TenantKey};
use wecom_bridge::store::deliveries::{self, DeliveryCursor, DeliveryFilter, Recipient};
use wecom_bridge::store::messages::{self, MessageFilter, id_at};
use wecom_bridge::store::{self, Order, Search, Store};

const START_MS: i64 = 1_700_000_000_000;
const TENANTS: [&str; 2] = ["acme", "beta"];
const SOURCES: [&str; 3] = ["workflow", "mail", "mail2"];

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Accepted,
    /// Its deliveries are being written.
    Begun,
    Expanded,
}

/// Employee, member, state and the state that it is changed to.
type One = (Option<u8>, Option<u8>, usize, Option<usize>);

#[derive(Debug, Clone)]
struct Sent {
    tenant: usize,
    source: usize,
    word: u8,
    stage: Stage,
    deliveries: Vec<One>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let stage =
        prop::sample::select(vec![Stage::Accepted, Stage::Begun, Stage::Expanded, Stage::Expanded, Stage::Expanded]);
    // the first states are the commonest
    let state = || prop_oneof![4 => 0..3usize, 1 => 0..DeliveryState::ALL.len()];
    let delivery = (prop::option::of(0..3u8), prop::option::of(0..3u8), state(), prop::option::of(state()));
    (0..2usize, 0..3usize, 0..3u8, stage, prop::collection::vec(delivery, 0..5))
        .prop_map(|(tenant, source, word, stage, deliveries)| Sent { tenant, source, word, stage, deliveries })
}

fn id(at: usize) -> MessageId {
    MessageId::from(format!("{}-7000-8000-{at:012x}", id_at(at_ms(at))))
}

fn at_ms(at: usize) -> i64 {
    START_MS + at as i64 * 1_000
}

fn delivery(at: usize, seq: usize, employee: Option<u8>, member: Option<u8>, state: usize) -> Delivery {
    serde_json::from_value(json!({
        "message": id(at), "seq": seq, "employee": employee.map(|n| format!("e{n}")),
        "corp": member.map(|_| "acme-main"), "userid": member.map(|n| format!("User{n}")), "app": "oa",
        "state": DeliveryState::ALL[state].name(), "changed_at_ms": 1
    }))
    .unwrap()
}

fn put(store: &Store, at: usize, sent: Sent) {
    let tenant = TenantKey::from(TENANTS[sent.tenant]);
    let message: Message = serde_json::from_value(json!({
        "id": id(at), "tenant": tenant, "source": SOURCES[sent.source], "recipients": "everyone",
        "title": format!("Word{}", sent.word), "accepted_at_ms": at_ms(at), "accepted_by": "key:oa"
    }))
    .unwrap();
    let written = write(store, move |tx| {
        messages::accept(tx, &message)?;
        if sent.stage == Stage::Accepted {
            return Ok(());
        }
        messages::note_source(tx, &message)?;
        let row = |changed: bool| {
            move |(seq, one): (usize, &One)| {
                let state = if changed { one.3.unwrap_or(one.2) } else { one.2 };
                delivery(at, seq, one.0, one.1, state)
            }
        };
        let rows: Vec<Delivery> = sent.deliveries.iter().enumerate().map(row(false)).collect();
        deliveries::put(tx, &tenant, &rows)?;
        if sent.stage == Stage::Expanded {
            let mut tally = Tally::default();
            rows.iter().for_each(|row| tally.add(row.state));
            let head: MessageHead = serde_json::from_value(json!({
                "id": message.id, "tenant": tenant, "source": message.source, "expanded_at_ms": 1, "tally": tally, "calls": []
            }))
            .unwrap();
            messages::put_head(tx, &head)?;
            messages::dequeue(tx, &message)?;
        }
        let rows: Vec<Delivery> = sent.deliveries.iter().enumerate().map(row(true)).collect();
        deliveries::put(tx, &tenant, &rows)
    });
    written.unwrap();
}

fn states() -> impl Strategy<Value = Vec<DeliveryState>> {
    prop_oneof![
        2 => Just(Vec::new()),
        3 => prop::sample::select(DeliveryState::ALL.to_vec()).prop_map(|state| vec![state]),
        1 => Just(DeliveryState::ALL.into_iter().filter(|state| state.is_dead()).collect()),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::Newest), Just(Order::Oldest)]
}

fn recipient() -> impl Strategy<Value = Recipient> {
    (any::<bool>(), 0..3u8).prop_map(|(is_employee, n)| match is_employee {
        true => Recipient::Employee(format!("e{n}").as_str().into()),
        false => Recipient::Member("acme-main".into(), format!("USER{n}").as_str().into()),
    })
}

fn delivery_filters() -> impl Strategy<Value = DeliveryFilter> {
    let time = || prop::option::of((0..25i64).prop_map(|at| START_MS + at * 1_000));
    let recipients = prop::collection::vec(recipient(), 0..3);
    let word = prop::option::of((0..3u8).prop_map(|word| Search::new(&format!("WORD{word}"))));
    (recipients, states(), prop::option::of(0..3usize), word, time(), time(), order()).prop_map(
        |(recipients, states, source, title, from_ms, until_ms, order)| DeliveryFilter {
            recipients,
            title,
            states,
            source: source.map(|at| SOURCES[at].to_owned()),
            from_ms,
            until_ms,
            changed_until_ms: None,
            message: None,
            order,
        },
    )
}

/// Some of them for one message.
fn narrowed_filters() -> impl Strategy<Value = DeliveryFilter> {
    let message = prop::option::weighted(0.3, (0..25usize).prop_map(id));
    (delivery_filters(), message).prop_map(|(filter, message)| DeliveryFilter { message, ..filter })
}

fn message_filters() -> impl Strategy<Value = MessageFilter> {
    let time = || prop::option::of((0..25i64).prop_map(|at| START_MS + at * 1_000));
    let word = prop::option::of((0..3u8).prop_map(|word| Search::new(&format!("word{word}"))));
    (prop::option::of(0..2usize), prop::option::of(0..3usize), word, states(), time(), time(), order()).prop_map(
        |(tenant, source, text, states, from_ms, until_ms, order)| MessageFilter {
            tenant: tenant.map(|at| TENANTS[at].into()),
            source: source.filter(|_| tenant.is_some()).map(|at| SOURCES[at].to_owned()),
            text,
            state: states.first().copied(),
            from_ms,
            until_ms,
            order,
        },
    )
}

fn is_wanted(filter: &DeliveryFilter, sent: &Sent, row: &Delivery) -> bool {
    let is_recipient = |recipient: &Recipient| match recipient {
        Recipient::Employee(id) => row.employee.as_ref() == Some(id),
        Recipient::Member(corp, userid) => {
            row.corp.as_ref() == Some(corp) && row.userid.as_ref().is_some_and(|own| own.folded() == userid.folded())
        }
    };
    let source = SOURCES[sent.source];
    (filter.recipients.is_empty() || filter.recipients.iter().any(is_recipient))
        && filter.title.as_ref().is_none_or(|text| text.hits([format!("word{}", sent.word).as_str()]))
        && (filter.states.is_empty() || filter.states.contains(&row.state))
        && filter.source.as_ref().is_none_or(|wanted| wanted == source)
        && filter.message.as_ref().is_none_or(|wanted| *wanted == row.message)
}

fn is_in(at: usize, from_ms: Option<i64>, until_ms: Option<i64>) -> bool {
    from_ms.is_none_or(|ms| at_ms(at) >= ms) && until_ms.is_none_or(|ms| at_ms(at) < ms)
}

fn paged_deliveries(store: &Store, tenant: &TenantKey, filter: &DeliveryFilter, limit: usize) -> Vec<Delivery> {
    let (mut rows, mut after): (_, Option<DeliveryCursor>) = (Vec::new(), None);
    loop {
        let page = store.read(|tx| deliveries::search(tx, tenant, filter, after.as_ref(), limit)).unwrap();
        rows.extend(page.0);
        after = page.1;
        if after.is_none() {
            return rows;
        }
    }
}

fn paged_messages(store: &Store, filter: &MessageFilter, limit: usize) -> Vec<MessageId> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.read(|tx| messages::search(tx, filter, after.as_ref(), limit)).unwrap();
        rows.extend(page.0.into_iter().map(|listed| listed.message.id));
        after = page.1;
        if after.is_none() {
            return rows;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn lists_say_what_the_rows_say(
        all in prop::collection::vec(sent(), 0..25),
        of_deliveries in prop::collection::vec((narrowed_filters(), 1..5usize), 12),
        of_messages in prop::collection::vec((message_filters(), 1..5usize), 12),
        removed in 0..25usize,
    ) {
        let (_home, store) = furnished();
        write(&store, |tx| store::tenants::put(tx, &Tenant { key: "beta".into(), name: "乙".into() })).unwrap();
        for (at, sent) in all.iter().enumerate() {
            put(&store, at, sent.clone());
        }
        is_good(&store);
        let removed = removed / 3;
        while write(&store, move |tx| messages::remove_before(tx, at_ms(removed), 3, |_| Ok(false))).unwrap() > 0 {}
        is_good(&store);
        // what waits stays, however old it is
        let is_there = |at: usize| store.read(|tx| messages::find(tx, &id(at))).unwrap().is_some();
        let left: Vec<_> = all.iter().enumerate().filter(|(at, _)| *at >= removed || is_there(*at)).rev().collect();
        let kept = || left.iter().copied();

        for (tenant, (filter, limit)) in of_deliveries.iter().enumerate() {
            let tenant = tenant % 2;
            let key = TenantKey::from(TENANTS[tenant]);
            let mut expected = Vec::new();
            for (at, sent) in kept().filter(|(at, sent)| sent.tenant == tenant && is_in(*at, filter.from_ms, filter.until_ms)) {
                let rows = store.read(|tx| deliveries::list(tx, &id(at), 0, 100)).unwrap();
                prop_assert_eq!(rows.len(), if sent.stage == Stage::Accepted { 0 } else { sent.deliveries.len() });
                expected.extend(rows.into_iter().rev().filter(|row| is_wanted(filter, sent, row)));
            }
            if filter.order == Order::Oldest {
                expected.reverse();
            }
            let found = paged_deliveries(&store, &key, filter, *limit);
            prop_assert_eq!(found, expected, "{} {:?}", key, filter);
        }

        for (filter, limit) in &of_messages {
            let mut expected = Vec::new();
            for (at, sent) in kept().filter(|(at, _)| is_in(*at, filter.from_ms, filter.until_ms)) {
                let head = store.read(|tx| messages::head(tx, &id(at))).unwrap();
                let has = |state| match &head {
                    Some(head) => head.tally.of(state) > 0,
                    None => state == DeliveryState::Waiting,
                };
                let is_wanted = filter.tenant.as_ref().is_none_or(|tenant| tenant.as_str() == TENANTS[sent.tenant])
                    && filter.source.as_ref().is_none_or(|source| source == SOURCES[sent.source])
                    && filter.text.as_ref().is_none_or(|text| text.hits([format!("word{}", sent.word).as_str()]))
                    && filter.state.is_none_or(has)
                    // the list of a source has what was begun
                    && (filter.source.is_none() || filter.state.is_some() || sent.stage != Stage::Accepted);
                if is_wanted {
                    expected.push(id(at));
                }
            }
            if filter.order == Order::Oldest {
                expected.reverse();
            }
            prop_assert_eq!(paged_messages(&store, filter, *limit), expected, "{:?}", filter);
        }
    }
}
