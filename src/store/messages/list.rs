//! Lists of messages: by time, source and state, from either end.

use super::{BY_SOURCE, HEADS, MESSAGES, QUEUE, id_at};
use crate::model::{DeliveryState, Message, MessageHead, MessageId, Priority, TenantKey};
use crate::store::key::{Prefix, Range, Str};
use crate::store::page::Order;
use crate::store::table::everything;
use crate::store::tx::ReadTx;
use crate::store::walk::{Walk, Window};
use crate::store::{Search, StoreError, deliveries, tenants};
use std::ops::ControlFlow;

/// Rows that one page looks at.
const LOOKED_AT_MAX: usize = 20_000;

/// Which messages are asked for.
#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    /// Of this tenant.
    pub tenant: Option<TenantKey>,
    /// Of this source; only together with a tenant.
    pub source: Option<String>,
    /// With this in title, body, event or id.
    pub text: Option<Search>,
    /// With at least one delivery in this state.
    pub state: Option<DeliveryState>,
    /// Not before this time, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Before this time, Unix milliseconds.
    pub until_ms: Option<i64>,
    /// Which messages come first.
    pub order: Order,
}

/// A message of a list, with where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The message.
    pub message: Message,
    /// Where it stands.
    pub head: Option<MessageHead>,
}

/// One page of messages in the filter's order, behind the one that the page before ended with. States and sources have lists of
/// their own. A page looks at a bounded number of rows: it may be short and still have a `next`.
pub fn search(
    tx: &ReadTx,
    filter: &MessageFilter,
    after: Option<&MessageId>,
    limit: usize,
) -> Result<(Vec<Listed>, Option<MessageId>), StoreError> {
    let order = filter.order;
    let behind = |wanted: Order| after.filter(|_| order == wanted);
    // a message's deliveries stand between its id and the same with a one
    let from = filter.from_ms.map(id_at).max(behind(Order::Oldest).map(|id| format!("{id}\u{1}")));
    let until = filter.until_ms.map(id_at).into_iter().chain(behind(Order::Newest).map(ToString::to_string)).min();
    let (from, until) = (from.as_deref(), until.as_deref());
    let mut page = Paging { tx, filter, rows: Vec::new(), last: None, scanned: 0, limit };
    match (filter.state, &filter.tenant, &filter.source) {
        // most messages of a source have been sent, so its own list leads further
        (None | Some(DeliveryState::Sent), Some(tenant), Some(source)) => {
            let window = (from.map(str::as_bytes), until.map(str::as_bytes));
            let mut ids = walk_source(tx, tenant, source, window, order)?;
            while let Some(place) = ids.peek().map(<[u8]>::to_vec) {
                if page.look_up(&place)?.is_break() {
                    break;
                }
                ids.pass(&place)?;
            }
        }
        (Some(state), ..) => {
            let mut ids = having(tx, filter.tenant.as_ref(), state, (from, until), order)?;
            loop {
                let heads = ids.iter().filter_map(Walk::peek).map(message_of);
                let first = heads.reduce(|first, id| if order.precedes(id, first) { id } else { first });
                let Some(mut id) = first.map(<[u8]>::to_vec) else { break };
                if page.look_up(&id)?.is_break() {
                    break;
                }
                if order == Order::Oldest {
                    id.push(1);
                }
                ids.iter_mut().try_for_each(|walk| walk.pass(&id))?;
            }
        }
        _ => {
            let prefix = Prefix::all();
            let from = from.map(|id| prefix.from::<Str>(id).from);
            let to = until.map(|id| prefix.before::<Str>(id).to);
            let whole = everything();
            let range = Range { from: from.unwrap_or(whole.from), to: to.unwrap_or(whole.to) };
            if !range.is_empty() {
                MESSAGES.scan_json_in(tx, &range, order, |id, json| page.visit(MessageId::from(id), json))?;
            }
        }
    }
    let next = page.next();
    Ok((page.rows, next))
}

/// Messages with a delivery in a state, of one tenant or all. Until its recipients were found, a message waits.
fn having<'tx>(
    tx: &'tx ReadTx,
    tenant: Option<&TenantKey>,
    state: DeliveryState,
    (from, until): (Option<&str>, Option<&str>),
    order: Order,
) -> Result<Vec<Walk<'tx>>, StoreError> {
    let window = (from.map(str::as_bytes), until.map(str::as_bytes));
    let tenants = match tenant {
        Some(tenant) => vec![tenant.clone()],
        None => tenants::list(tx)?.into_iter().map(|tenant| tenant.key).collect(),
    };
    let mut walks = vec![deliveries::walk_state(tx, &tenants, state, window, order)?];
    if state == DeliveryState::Waiting {
        let lanes = Priority::ALL.into_iter().map(|priority| Prefix::all().then_u32(priority.lane()));
        walks.push(Walk::new(tx, QUEUE.name(), lanes, window, order)?);
    }
    Ok(walks)
}

/// The id in a place that is of a message or of one of its deliveries; ids have no nought.
fn message_of(place: &[u8]) -> &[u8] {
    place.split(|byte| *byte == 0).next().unwrap_or(place)
}

/// Messages of a source whose recipients were found or are being written, with ids in the window.
pub(in crate::store) fn walk_source<'tx>(
    tx: &'tx ReadTx,
    tenant: &TenantKey,
    source: &str,
    window: Window<'_>,
    order: Order,
) -> Result<Walk<'tx>, StoreError> {
    Walk::new(tx, BY_SOURCE.name(), [Prefix::text(tenant.as_str()).then_text(source)], window, order)
}

/// A page in the making.
struct Paging<'a> {
    tx: &'a ReadTx,
    filter: &'a MessageFilter,
    rows: Vec<Listed>,
    last: Option<MessageId>,
    scanned: usize,
    limit: usize,
}

impl Paging<'_> {
    /// [`Paging::visit`] of a message that a list names.
    fn look_up(&mut self, id: &[u8]) -> Result<ControlFlow<()>, StoreError> {
        let id = String::from_utf8_lossy(id);
        let own = MessageId::from(id.as_ref());
        let found = MESSAGES.get_json(self.tx, &id, |json| self.visit(own, json))?;
        Ok(found.unwrap_or(ControlFlow::Continue(())))
    }

    /// Takes a message in, where it is wanted; it is decoded only where it may be.
    fn visit(&mut self, id: MessageId, json: &[u8]) -> Result<ControlFlow<()>, StoreError> {
        self.scanned += 1;
        self.last = Some(id);
        if self.filter.text.as_ref().is_none_or(|text| text.may_hit(json)) {
            let message: Message = MESSAGES.decode_json(json)?;
            let texts = [message.title.as_str(), &message.body, &message.event, message.id.as_str()];
            let is_hit = self.filter.tenant.as_ref().is_none_or(|tenant| *tenant == message.tenant)
                && self.filter.source.as_ref().is_none_or(|source| *source == message.source)
                && self.filter.text.as_ref().is_none_or(|search| search.hits(texts));
            if is_hit {
                let head = HEADS.get(self.tx, message.id.as_str())?;
                let has = |state| match &head {
                    Some(head) => head.tally.of(state) > 0,
                    None => state == DeliveryState::Waiting,
                };
                if self.filter.state.is_none_or(has) {
                    self.rows.push(Listed { message, head });
                }
            }
        }
        Ok(if self.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= self.limit || self.scanned >= LOOKED_AT_MAX
    }

    fn next(&self) -> Option<MessageId> {
        if self.is_full() { self.last.clone() } else { None }
    }
}
