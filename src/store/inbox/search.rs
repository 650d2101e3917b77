//! Looking through received callbacks: newest first, by filters, a bounded stretch at a time.

use super::{BY_KIND, FAILED, ITEMS, WAITING};
use crate::model::{CallbackOf, CorpKey, InboxId, InboxItem, InboxState};
use crate::store::key::{Prefix, Range, Str};
use crate::store::{PAGE_MAX, Reads, Search, StoreError};
use std::ops::{Bound, ControlFlow};

/// Rows that one page looks at. When it ends there, `next` is set although the page may be short or empty.
pub const LOOKED_AT_MAX: usize = 20_000;

/// Which callbacks are wanted; the default wants all.
#[derive(Debug, Clone, Default)]
pub struct InboxFilter {
    /// Whose address they came to.
    pub receiver: Option<CallbackOf>,
    /// A kind (`event.click`), or the beginning of kinds with a dot at the end (`event.`).
    pub kind: Option<String>,
    /// The state of the work.
    pub state: Option<InboxState>,
    /// The sender's userid, ignoring case.
    pub from: Option<String>,
    /// Part of the decrypted text, in whatever case.
    pub text: Option<Search>,
    /// Not received before this time, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Received before this time, Unix milliseconds.
    pub until_ms: Option<i64>,
}

impl InboxFilter {
    fn hits(&self, item: &InboxItem) -> bool {
        let is_kind = |kind: &String| {
            if kind.ends_with('.') { item.kind.starts_with(kind.as_str()) } else { item.kind == kind.as_str() }
        };
        self.receiver.as_ref().is_none_or(|receiver| item.receiver == *receiver)
            && self.kind.as_ref().is_none_or(is_kind)
            && self.state.is_none_or(|state| item.state == state)
            && self.from.as_ref().is_none_or(|from| item.from.eq_ignore_ascii_case(from))
            && self.text.as_ref().is_none_or(|text| text.hits([item.text.as_str()]))
            && self.from_ms.is_none_or(|from_ms| item.received_at_ms >= from_ms)
            && self.until_ms.is_none_or(|until_ms| item.received_at_ms < until_ms)
    }

    /// The one kind whose list has everything that is wanted; what waits is in no such list.
    fn listed_kind(&self, something_waits: bool) -> Option<&str> {
        let is_listed = self.state == Some(InboxState::Done) || (self.state.is_none() && !something_waits);
        self.kind.as_deref().filter(|kind| is_listed && !kind.ends_with('.'))
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxPage {
    /// The newest first.
    pub rows: Vec<InboxItem>,
    /// Give it as `before` to look further back; `None` when everything has been looked through.
    pub next: Option<InboxId>,
}

/// The newest callbacks of a corp before item `before` (all when `None`) that the filter wants.
pub fn search(
    tx: &impl Reads,
    corp: &CorpKey,
    filter: &InboxFilter,
    before: Option<&InboxId>,
    limit: usize,
) -> Result<InboxPage, StoreError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let until = filter.until_ms.map(first_id);
    // the id that everything wanted stands before
    let end = match (before, &until) {
        (Some(before), Some(until)) => Some(before.as_str().min(until.as_str())),
        (Some(before), None) => Some(before.as_str()),
        (None, until) => until.as_deref(),
    };
    let begin = filter.from_ms.map(first_id);
    let mut page = InboxPage { rows: Vec::with_capacity(limit.min(64)), next: None };
    let mut looked_at = 0;
    let mut last: Option<String> = None;
    let mut take = |id: String, item: Option<InboxItem>| {
        if page.rows.len() == limit || looked_at == LOOKED_AT_MAX {
            page.next = last.take().map(InboxId::from);
            return ControlFlow::Break(());
        }
        looked_at += 1;
        last = Some(id);
        page.rows.extend(item.filter(|item| filter.hits(item)));
        ControlFlow::Continue(())
    };
    let get = |id: &str| ITEMS.get(tx, (corp.as_str(), id));
    let something_waits = WAITING.first_key(tx, &Prefix::text(corp.as_str()).range())?.is_some();
    match (filter.state, filter.listed_kind(something_waits)) {
        (Some(InboxState::Waiting), _) => {
            WAITING.scan_back(tx, &stretch(corp, begin.as_deref(), end), |(_, id), ()| {
                let item = get(&id)?;
                Ok(take(id, item))
            })?;
        }
        (Some(InboxState::Failed), _) => {
            FAILED.scan_back(tx, &stretch(corp, begin.as_deref(), end), |(_, id), ()| {
                let item = get(&id)?;
                Ok(take(id, item))
            })?;
        }
        (_, Some(kind)) => {
            let prefix = Prefix::text(corp.as_str()).then_text(kind);
            let from = begin.as_ref().map(|id| prefix.from::<(Str, Str, Str)>((corp.as_str(), kind, id)));
            let to = end.map(|id| prefix.before::<(Str, Str, Str)>((corp.as_str(), kind, id)));
            BY_KIND.scan_back(tx, &between(prefix.range(), from, to), |(_, _, id), ()| {
                let item = get(&id)?;
                Ok(take(id, item))
            })?;
        }
        _ => {
            let range = stretch(corp, begin.as_deref(), end);
            ITEMS.scan_back(tx, &range, |(_, id), item| Ok(take(id, Some(item))))?;
        }
    }
    Ok(page)
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
