//! Looking through deliveries: by recipient, state, source, title and time, a bounded stretch at a time.

use super::{BY_RECIPIENT, BY_STATE, DELIVERIES, Recipient};
use crate::model::{Delivery, DeliveryState, MessageId, TenantKey};
use crate::store::key::{Key, Prefix, Str};
use crate::store::messages::{self, id_at};
use crate::store::page::Order;
use crate::store::tx::ReadTx;
use crate::store::walk::{Walk, step};
use crate::store::{RowError, Search, StoreError};

/// Places that one page looks at.
const LOOKED_AT_MAX: usize = 20_000;
/// A message that is read for its title takes as long as so many places more: 4,000 messages a page.
const TITLE_COST: usize = 4;

/// Which deliveries are asked for.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// To one of these recipients; empty = to anybody.
    pub recipients: Vec<Recipient>,
    /// In one of these states; empty = in any.
    pub states: Vec<DeliveryState>,
    /// Of this message.
    pub message: Option<MessageId>,
    /// Of messages of this source.
    pub source: Option<String>,
    /// Of messages with this in their title.
    pub title: Option<Search>,
    /// Of messages accepted not before this time, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Of messages accepted before this time, Unix milliseconds.
    pub until_ms: Option<i64>,
    /// Whose state has not changed after this time, Unix milliseconds.
    pub changed_until_ms: Option<i64>,
    /// Which messages come first.
    pub order: Order,
}

/// Where a page of deliveries ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryCursor {
    /// Message.
    pub message: MessageId,
    /// Number.
    pub seq: u32,
}

impl std::fmt::Display for DeliveryCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.message, self.seq)
    }
}

impl DeliveryCursor {
    /// Reads what [`DeliveryCursor`] displays.
    pub fn parse(text: &str) -> Option<Self> {
        let (message, seq) = text.rsplit_once('.')?;
        Some(Self { message: message.into(), seq: seq.parse().ok()? })
    }
}

/// One page of a tenant's deliveries, by message and number in the filter's order. Recipients, states and sources have lists of their
/// own, which are walked together, so what is rare among others is found without looking at these; titles are looked at message by
/// message. A page looks at a bounded number of places: it may be short and still have a `next`.
pub fn search(
    tx: &ReadTx,
    tenant: &TenantKey,
    filter: &DeliveryFilter,
    after: Option<&DeliveryCursor>,
    limit: usize,
) -> Result<(Vec<Delivery>, Option<DeliveryCursor>), StoreError> {
    search_within(tx, tenant, filter, after, limit, LOOKED_AT_MAX)
}

/// [`search`], with the number of places that it looks at.
fn search_within(
    tx: &ReadTx,
    tenant: &TenantKey,
    filter: &DeliveryFilter,
    after: Option<&DeliveryCursor>,
    limit: usize,
    looked_at_max: usize,
) -> Result<(Vec<Delivery>, Option<DeliveryCursor>), StoreError> {
    let order = filter.order;
    let cursor = after.map(|cursor| place_of(cursor.message.as_str(), cursor.seq));
    let behind = |wanted: Order| cursor.clone().filter(|_| order == wanted);
    // in a place a nought stands behind the id; nothing stands between a place and the same with a nought
    let own = |end: u8| filter.message.as_ref().map(|id| [id.as_str().as_bytes(), &[end]].concat());
    let next = behind(Order::Oldest).map(|place| [place, vec![0]].concat());
    let from = filter.from_ms.map(|ms| id_at(ms).into_bytes()).max(own(0)).max(next);
    let until = filter.until_ms.map(|ms| place_of(&id_at(ms), 0));
    let until = until.into_iter().chain(own(1)).chain(behind(Order::Newest)).min();
    let window = (from.as_deref(), until.as_deref());
    let of_tenant = || Prefix::text(tenant.as_str());
    let mut walks = Vec::new();
    if !filter.recipients.is_empty() {
        let prefixes = filter.recipients.iter().map(|recipient| of_tenant().then_text(&recipient.key()));
        walks.push(Walk::new(tx, BY_RECIPIENT.name(), prefixes, window, order)?);
    }
    if !filter.states.is_empty() || walks.is_empty() {
        let is_wanted = |state: &DeliveryState| filter.states.is_empty() || filter.states.contains(state);
        let prefixes =
            DeliveryState::ALL.into_iter().filter(is_wanted).map(|state| of_tenant().then_text(state.name()));
        walks.push(Walk::new(tx, BY_STATE.name(), prefixes, window, order)?);
    }
    let mut of_source = match &filter.source {
        Some(source) => Some(messages::walk_source(tx, tenant, source, (None, None), order)?),
        None => None,
    };
    let (mut rows, mut looked_at) = (Vec::new(), 0);
    let mut titled: Option<(String, bool)> = None;
    while let Some((place, mut is_wanted)) = step(&mut walks)? {
        let (message, seq) = read_place(&place)?;
        if let Some(of_source) = &mut of_source
            && is_wanted
            && !of_source.has(message.as_bytes())?
        {
            let Some(next) = of_source.peek() else { return Ok((rows, None)) };
            let end = if order == Order::Newest { [next, &[0xFF]].concat() } else { next.to_vec() };
            walks.iter_mut().try_for_each(|walk| walk.go_to(&end))?;
            is_wanted = false;
        }
        if let Some(title) = &filter.title
            && is_wanted
        {
            let is_known = titled.as_ref().is_some_and(|(known, _)| *known == message);
            if !is_known {
                titled = Some((message.clone(), messages::has_title(tx, &message, title)?));
                looked_at += TITLE_COST;
            }
            is_wanted = titled.as_ref().is_some_and(|(_, is_hit)| *is_hit);
            if !is_wanted {
                // none of its deliveries is: the next message
                let last = place_of(&message, if order == Order::Newest { 0 } else { u32::MAX });
                walks.iter_mut().try_for_each(|walk| walk.pass(&last))?;
            }
        }
        if is_wanted {
            let is_old = |row: &Delivery| filter.changed_until_ms.is_none_or(|ms| row.changed_at_ms <= ms);
            rows.extend(DELIVERIES.get(tx, (&message, seq))?.filter(is_old));
        }
        looked_at += 1;
        if rows.len() >= limit || looked_at >= looked_at_max {
            return Ok((rows, Some(DeliveryCursor { message: message.into(), seq })));
        }
    }
    Ok((rows, None))
}

/// How a delivery stands behind the prefixes of its lists.
fn place_of(message: &str, seq: u32) -> Vec<u8> {
    let mut place = Vec::with_capacity(48);
    <(Str, u32)>::encode((message, seq), &mut place);
    place
}

fn read_place(place: &[u8]) -> Result<(String, u32), StoreError> {
    <(Str, u32)>::decode(place).ok_or_else(|| StoreError::BadRow {
        table: BY_STATE.name(),
        key: hex::encode(place),
        cause: RowError::Key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::model::Message;
    use crate::store::deliveries::put;
    use crate::store::{KeyRing, Store, StoreOptions};
    use serde_json::json;

    /// Ten messages of one dead delivery each, the oldest called otherwise: a page that has looked at its share ends, empty or
    /// not, and the next goes on behind it.
    #[test]
    fn a_search_by_title_looks_at_a_bounded_number_of_places() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), Clock::manual(5_000))).unwrap();
        let tenant = TenantKey::from("acme");
        let of = tenant.clone();
        store
            .write_blocking(move |tx| {
                for n in 0..10 {
                    let title = if n == 0 { "停电通知" } else { "周报" };
                    let message = json!({
                        "id": format!("m{n}"), "tenant": "acme", "source": "oa", "title": title,
                        "recipients": "everyone", "accepted_at_ms": 1, "accepted_by": "test"
                    });
                    let message: Message = serde_json::from_value(message).unwrap();
                    messages::accept(tx, &message)?;
                    let row = json!({ "message": message.id, "seq": 0, "state": "failed", "changed_at_ms": 1 });
                    let row: Delivery = serde_json::from_value(row).unwrap();
                    put(tx, &of, &[row])?;
                }
                Ok(())
            })
            .unwrap();
        // a message that is read for its title, and its one delivery
        let each = TITLE_COST + 1;
        for (title, bound, hits_by_page) in [
            ("停电", 3 * each, vec![0, 0, 0, 1]),
            ("停电", 10 * each, vec![1]),
            ("停电", 10 * each + 1, vec![1]),
            ("停电", 1, vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            ("周报", 3 * each, vec![3, 3, 3, 0]),
        ] {
            let filter = DeliveryFilter {
                states: vec![DeliveryState::Failed],
                title: Some(Search::new(title)),
                ..DeliveryFilter::default()
            };
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let page = |tx: &ReadTx| search_within(tx, &tenant, &filter, after.as_ref(), 100, bound);
                let (rows, next) = store.read(page).unwrap();
                pages.push(rows.len());
                after = next;
                if after.is_none() {
                    break;
                }
            }
            // a page that ends with the last place says that there may be more
            if pages.len() == hits_by_page.len() + 1 {
                assert_eq!(pages.pop(), Some(0));
            }
            assert_eq!(pages, hits_by_page, "{title}, {bound} places a page");
        }
    }
}
