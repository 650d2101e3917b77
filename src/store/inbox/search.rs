//! Looking through received callbacks: from either end, by filters, a bounded stretch at a time.

use super::{BY_PLACE, FAILED, ITEMS, WAITING};
use crate::model::{CallbackOf, CorpKey, InboxId, InboxItem, InboxState};
use crate::store::key::{Prefix, Range, Str};
use crate::store::walk::{Walk, step};
use crate::store::{Order, PAGE_MAX, ReadTx, Search, StoreError};
use std::ops::{Bound, ControlFlow};

/// Rows that one page looks at. When it ends there, `next` is set although the page may be short or empty.
pub const LOOKED_AT_MAX: usize = 4_000;
/// A row that is looked up by a list counts as so many that are read in passing.
const BY_LIST: usize = 4;

/// Which callbacks are wanted; the default wants all.
#[derive(Debug, Clone, Default)]
pub struct InboxFilter {
    /// Whose address they came to.
    pub receiver: Option<CallbackOf>,
    /// A kind (`event.click`), or the beginning of kinds with a dot at the end (`event.`).
    pub kind: Option<String>,
    /// The state of the work.
    pub state: Option<InboxState>,
    /// Userids of senders, ignoring case; empty = all.
    pub from: Vec<String>,
    /// Part of the decrypted text, in whatever case.
    pub text: Option<Search>,
    /// Not received before this time, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Received before this time, Unix milliseconds.
    pub until_ms: Option<i64>,
    /// Which callbacks come first.
    pub order: Order,
}

impl InboxFilter {
    fn is_kind(&self, kind: &str) -> bool {
        let wanted = self.kind.as_deref();
        wanted.is_none_or(|wanted| if wanted.ends_with('.') { kind.starts_with(wanted) } else { kind == wanted })
    }

    fn hits(&self, item: &InboxItem) -> bool {
        self.receiver.as_ref().is_none_or(|receiver| item.receiver == *receiver)
            && self.is_kind(&item.kind)
            && self.state.is_none_or(|state| item.state == state)
            && (self.from.is_empty() || self.from.iter().any(|from| item.from.eq_ignore_ascii_case(from)))
            && self.text.as_ref().is_none_or(|text| text.hits([item.text.as_str()]))
            && self.from_ms.is_none_or(|from_ms| item.received_at_ms >= from_ms)
            && self.until_ms.is_none_or(|until_ms| item.received_at_ms < until_ms)
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxPage {
    /// In the filter's order.
    pub rows: Vec<InboxItem>,
    /// Give it as `after` to look further; `None` when everything has been looked through.
    pub next: Option<InboxId>,
}

/// The first callbacks of a corp behind item `after` (all when `None`) that the filter wants, in its order. Receivers, kinds and states
/// have lists of their own, so what is rare among others is found without looking at these; what senders and texts are
/// looked for in is read in passing, and decoded only where it may hit.
pub fn search(
    tx: &ReadTx,
    corp: &CorpKey,
    filter: &InboxFilter,
    after: Option<&InboxId>,
    limit: usize,
) -> Result<InboxPage, StoreError> {
    let order = filter.order;
    let behind = |wanted: Order| after.filter(|_| order == wanted);
    // what is wanted stands between these ids; nothing stands between an id and the same with a nought
    let begin = filter.from_ms.map(first_id).max(behind(Order::Oldest).map(|id| format!("{id}\0")));
    let end = filter.until_ms.map(first_id).into_iter().chain(behind(Order::Newest).map(ToString::to_string)).min();
    let (from, to) = (begin.as_deref().map(str::as_bytes), end.as_deref().map(str::as_bytes));
    let of_corp = || Prefix::text(corp.as_str());
    let mut lists = Vec::new();
    if filter.receiver.is_some() || filter.kind.is_some() {
        let places = places(tx, corp, filter)?;
        let prefixes = places.iter().map(|(receiver, kind)| of_corp().then_text(receiver).then_text(kind));
        lists.push(Walk::new(tx, BY_PLACE.name(), prefixes, (from, to), order)?);
    }
    let mut others = Vec::new();
    match filter.state {
        Some(InboxState::Waiting) => lists.push(Walk::new(tx, WAITING.name(), [of_corp()], (from, to), order)?),
        Some(InboxState::Failed) => lists.push(Walk::new(tx, FAILED.name(), [of_corp()], (from, to), order)?),
        Some(InboxState::Done) => {
            others.push(Walk::new(tx, WAITING.name(), [of_corp()], (from, to), order)?);
            others.push(Walk::new(tx, FAILED.name(), [of_corp()], (from, to), order)?);
        }
        None => {}
    }
    let mut looked = Look::new(filter, limit.clamp(1, PAGE_MAX));
    let is_other = |others: &mut [Walk<'_>], id: &str| -> Result<bool, StoreError> {
        for walk in others {
            if walk.has(id.as_bytes())? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    if lists.is_empty() {
        ITEMS.scan_json_in(tx, &stretch(corp, begin.as_deref(), end.as_deref()), order, |(_, id), json| {
            let json = if is_other(&mut others, &id)? { None } else { Some(json) };
            looked.take(id, 1, json)
        })?;
    } else {
        while let Some((place, is_common)) = step(&mut lists)? {
            let id = String::from_utf8_lossy(&place).into_owned();
            let flow = if !is_common || is_other(&mut others, &id)? {
                looked.take(id, 1, None)?
            } else {
                let own = id.clone();
                let found = ITEMS.get_json(tx, (corp.as_str(), &id), |json| looked.take(own, BY_LIST, Some(json)))?;
                found.unwrap_or(ControlFlow::Continue(()))
            };
            if flow.is_break() {
                break;
            }
        }
    }
    Ok(looked.page)
}

/// The pairs of receiver and kind that a corp has callbacks of and the filter wants; each is found by one look.
fn places(tx: &ReadTx, corp: &CorpKey, filter: &InboxFilter) -> Result<Vec<(String, String)>, StoreError> {
    let mut found = Vec::new();
    let of_corp = Prefix::text(corp.as_str());
    let mut rest = match &filter.receiver {
        Some(receiver) => of_corp.clone().then_text(receiver.segment()).range(),
        None => of_corp.range(),
    };
    while let Some((_, receiver, kind, _)) = BY_PLACE.first_key(tx, &rest)? {
        let behind = of_corp.clone().then_text(&receiver).then_text(&kind).range().to;
        let Bound::Excluded(next) = behind else { break };
        rest.from = Bound::Included(next);
        if filter.is_kind(&kind) {
            found.push((receiver, kind));
        }
    }
    Ok(found)
}

/// A page in the making.
struct Look<'a> {
    filter: &'a InboxFilter,
    /// One of these stands in the JSON of everything that is wanted; empty where that cannot be said.
    senders: Vec<Search>,
    limit: usize,
    page: InboxPage,
    cost: usize,
    last: Option<String>,
}

impl<'a> Look<'a> {
    fn new(filter: &'a InboxFilter, limit: usize) -> Self {
        let page = InboxPage { rows: Vec::with_capacity(limit.min(64)), next: None };
        // what becomes other bytes in lower case may stand there in others
        let can_tell = filter.from.iter().all(|from| from.is_ascii() || from.to_lowercase() == *from);
        let senders = filter.from.iter().filter(|_| can_tell).map(|from| Search::new(from)).collect();
        Self { filter, senders, limit, page, cost: 0, last: None }
    }

    /// Takes the next row in, where it is wanted; `json` is `None` where it cannot be.
    fn take(&mut self, id: String, cost: usize, json: Option<&[u8]>) -> Result<ControlFlow<()>, StoreError> {
        if self.page.rows.len() == self.limit || self.cost >= LOOKED_AT_MAX {
            self.page.next = self.last.take().map(InboxId::from);
            return Ok(ControlFlow::Break(()));
        }
        self.cost += cost;
        self.last = Some(id);
        let may_hit = |json: &&[u8]| {
            (self.senders.is_empty() || self.senders.iter().any(|search| search.may_hit(json)))
                && self.filter.text.as_ref().is_none_or(|search| search.may_hit(json))
        };
        if let Some(json) = json.filter(may_hit) {
            let item: InboxItem = ITEMS.decode_json(json)?;
            if self.filter.hits(&item) {
                self.page.rows.push(item);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// The smallest id of a moment: UUID v7 begins with its 48 bits of milliseconds.
pub(super) fn first_id(at_ms: i64) -> String {
    let hex = format!("{:012x}", at_ms.clamp(0, 0xFFFF_FFFF_FFFF));
    format!("{}-{}", &hex[..8], &hex[8..])
}

fn stretch(corp: &CorpKey, begin: Option<&str>, end: Option<&str>) -> Range {
    let prefix = Prefix::text(corp.as_str());
    let from = begin.map(|id| prefix.from::<(Str, Str)>((corp.as_str(), id)));
    let to = end.map(|id| prefix.before::<(Str, Str)>((corp.as_str(), id)));
    between(prefix.range(), from, to)
}

/// The part of a stretch from where one range begins to where another ends; empty where that lies before.
fn between(whole: Range, from: Option<Range>, to: Option<Range>) -> Range {
    let mut range = Range { from: from.map_or(whole.from, |from| from.from), to: to.map_or(whole.to, |to| to.to) };
    if let (Bound::Included(from), Bound::Excluded(to)) = (&range.from, &range.to)
        && from > to
    {
        range.to = Bound::Excluded(from.clone());
    }
    range
}

#[cfg(test)]
mod tests {
    use super::first_id;

    #[test]
    fn the_first_id_of_a_moment_stands_before_all_of_that_moment() {
        let id = uuid::Builder::from_unix_timestamp_millis(1_760_000_000_123, &[0; 10]).into_uuid().to_string();
        assert!(first_id(1_760_000_000_123) <= id && id < first_id(1_760_000_000_124), "{id}");
    }
}
