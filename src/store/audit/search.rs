//! Looking through the audit log: from either end, by filters, a bounded stretch at a time.

use super::{HEAD, ROWS};
use crate::model::AuditRow;
use crate::store::key::{Prefix, Range};
use crate::store::{Order, PAGE_MAX, Reads, Search, StoreError};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Rows that one page looks at, found or not, so that a search without hits answers as soon as others. When it ends
/// there, `next` is set although the page may be short or empty.
pub const LOOKED_AT_MAX: usize = 20_000;

/// Which rows are wanted; the default wants all.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Part of the actor's name, in whatever case: `zhang`, `key:`, `cli:root`.
    pub actor: Option<Search>,
    /// Or one of these actors, whole: `account:zhang`. They count only beside [`actor`](Self::actor).
    pub actors: Vec<String>,
    /// What the action begins with: `session.`, `plan.allow`.
    pub action: Option<String>,
    /// Part of the subject, in whatever case.
    pub subject: Option<Search>,
    /// Or what concerns one of these: its words stand in the subject (`employee E1`), or it is the corp that the change
    /// names (`acme`). They count only beside [`subject`](Self::subject).
    pub subjects: Vec<String>,
    /// Or one of these people: words of the subject (`employee E1`), and where: their tenant or one of its corps is in the subject or is
    /// the corp that the change names. They count only beside [`subject`](Self::subject).
    pub people: Vec<(String, Arc<[String]>)>,
    /// Not before this time, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Before this time, Unix milliseconds.
    pub until_ms: Option<i64>,
    /// Which rows come first.
    pub order: Order,
}

/// One page of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// In the filter's order.
    pub rows: Vec<AuditRow>,
    /// Give it as `after` to look further; `None` when the log has been looked through.
    pub next: Option<u64>,
    /// Time of the last row that was looked at, found or not, Unix milliseconds: how far this page has come.
    pub looked_to_ms: Option<i64>,
}

impl AuditFilter {
    fn may_hit(&self, action: Option<&[u8]>, json: &[u8]) -> bool {
        let holds = |needle: &[u8]| memchr::memmem::find(json, needle).is_some();
        // one that JSON writes in another way is looked at in the decoded row
        let one_of = |names: &[String]| names.iter().any(|name| name.contains(['"', '\\']) || holds(name.as_bytes()));
        action.is_none_or(holds)
            && self.actor.as_ref().is_none_or(|search| search.may_hit(json) || one_of(&self.actors))
            && self
                .subject
                .as_ref()
                .is_none_or(|search| search.may_hit(json) || one_of(&self.subjects) || self.may_be_of_people(holds))
    }

    fn may_be_of_people(&self, holds: impl Fn(&[u8]) -> bool) -> bool {
        self.people.iter().any(|(words, _)| words.contains(['"', '\\']) || holds(words.as_bytes()))
    }

    fn hits(&self, row: &AuditRow) -> bool {
        let (actor, subject) = (row.actor.name.as_str(), row.subject.as_str());
        let is_actor = || self.actors.iter().any(|name| name == actor);
        let is_of = |(words, places): &(String, Arc<[String]>)| {
            has_words(&row.subject, words) && places.iter().any(|place| concerns(row, place))
        };
        let is_concerned = || self.subjects.iter().any(|words| concerns(row, words)) || self.people.iter().any(is_of);
        self.action.as_ref().is_none_or(|action| row.action.starts_with(action.as_str()))
            && self.actor.as_ref().is_none_or(|search| search.hits([actor]) || is_actor())
            && self.subject.as_ref().is_none_or(|search| search.hits([subject]) || is_concerned())
            && self.from_ms.is_none_or(|from_ms| row.at_ms >= from_ms)
            && self.until_ms.is_none_or(|until_ms| row.at_ms < until_ms)
    }

    /// The action as it stands in a row's JSON.
    fn action_in_json(&self) -> Option<Vec<u8>> {
        let quoted = serde_json::to_string(self.action.as_deref().filter(|action| !action.is_empty())?).ok()?;
        Some(format!("\"action\":{}", quoted.strip_suffix('"')?).into_bytes())
    }
}

/// Whether a row's subject has these words, or its change names the corp that they are.
fn concerns(row: &AuditRow, words: &str) -> bool {
    let corps = [&row.before, &row.after].into_iter().flatten().filter_map(|change| change.get("corp")?.as_str());
    has_words(&row.subject, words) || corps.into_iter().any(|corp| corp == words)
}

/// Whether these words stand in a subject, whole.
fn has_words(subject: &str, words: &str) -> bool {
    let is_whole = |(at, _)| {
        let (before, rest) = (&subject[..at], &subject[at + words.len()..]);
        (before.is_empty() || before.ends_with(' ')) && (rest.is_empty() || rest.starts_with([' ', '/']))
    };
    subject.match_indices(words).any(is_whole)
}

/// The first rows behind row `after` (all when `None`) that the filter wants, in its order.
///
/// The stretch of time is found by halving, for rows stand in the order of their time. Rows that were written while the
/// machine's clock stood wrong are found without a time in the filter.
pub fn search(
    tx: &impl Reads,
    filter: &AuditFilter,
    after: Option<u64>,
    limit: usize,
) -> Result<AuditPage, StoreError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let last = HEAD.get(tx, "head")?.map_or(0, |head| head.seq);
    let order = filter.order;
    let behind = |wanted: Order| after.filter(|_| order == wanted);
    let end = behind(Order::Newest).unwrap_or(u64::MAX).min(last.saturating_add(1));
    let end = match filter.until_ms {
        Some(until_ms) => end.min(first_from(tx, until_ms, last)?),
        None => end,
    };
    let begin = match filter.from_ms {
        Some(from_ms) => first_from(tx, from_ms, last)?,
        None => 1,
    };
    let begin = behind(Order::Oldest).map_or(begin, |seq| begin.max(seq.saturating_add(1)));
    let mut page = AuditPage { rows: Vec::with_capacity(limit.min(64)), next: None, looked_to_ms: None };
    if begin >= end {
        return Ok(page);
    }
    let action = filter.action_in_json();
    let (mut looked_at, mut reached) = (0, end);
    ROWS.scan_json_in(tx, &stretch(begin, end), order, |seq, json| {
        if page.rows.len() == limit || looked_at == LOOKED_AT_MAX {
            page.next = Some(reached);
            return Ok(ControlFlow::Break(()));
        }
        looked_at += 1;
        reached = seq;
        if filter.may_hit(action.as_deref(), json) {
            let row: AuditRow = ROWS.decode_json(json)?;
            if filter.hits(&row) {
                page.rows.push(row);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    page.looked_to_ms = ROWS.get(tx, reached)?.map(|row| row.at_ms);
    Ok(page)
}

/// The first row of `1..=last` whose time is not before `at_ms`; `last + 1` when there is none.
fn first_from(tx: &impl Reads, at_ms: i64, last: u64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        // A row that is missing is the chain's business; here its neighbours decide.
        let is_before = ROWS.get(tx, middle)?.is_none_or(|row| row.at_ms < at_ms);
        if is_before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn stretch(begin: u64, end: u64) -> Range {
    let from = Prefix::all().from::<u64>(begin);
    let to = Prefix::all().before::<u64>(end);
    Range { from: from.from, to: to.to }
}
