//! What lists show of a plan or a run.

use super::{plan_tone, run_tone};
use crate::locale::T;
use crate::model::{CorpKey, Counts, PlanHead, RunBrief};
use crate::web::time;

/// How many of a kind.
pub(super) struct CountView {
    pub(super) label: String,
    pub(super) count: u64,
    /// Class of the badge.
    pub(super) tone: &'static str,
}

/// The kinds of changes that occur, members first.
pub(super) fn counts(t: T, counts: &Counts) -> Vec<CountView> {
    let (d, m) = (&counts.departments, &counts.members);
    [
        ("create_member", m.create, "new"),
        ("update_member", m.update, "changed"),
        ("enable_member", m.enable, "changed"),
        ("disable_member", m.disable, "bad"),
        ("delete_member", m.delete, "bad"),
        ("bind_member", m.bind, "matched"),
        ("unbind_member", m.unbind, "changed"),
        ("record_removal", m.record, ""),
        ("create_department", d.create, "new"),
        ("rename_department", d.rename, "changed"),
        ("move_department", d.r#move, "changed"),
        ("reorder_department", d.reorder, "changed"),
        ("delete_department", d.delete, "bad"),
        ("bind_department", d.bind, "matched"),
        ("unbind_department", d.unbind, "changed"),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
    .map(|(kind, count, tone)| CountView { label: t.change_kind(kind), count, tone })
    .collect()
}

/// A plan of a list.
pub(super) struct PlanCard {
    pub(super) id: String,
    pub(super) corp_name: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) at: String,
    pub(super) at_machine: String,
    pub(super) expires: String,
    pub(super) is_undo: bool,
    pub(super) counts: Vec<CountView>,
    /// What holds it: name, value, limit.
    pub(super) guards: Vec<(String, String, String)>,
    pub(super) heads: usize,
    pub(super) admins: usize,
    pub(super) emptied: usize,
}

impl PlanCard {
    pub(super) fn new(t: T, head: &PlanHead, corp_name: String, now_ms: i64) -> Self {
        let guards = head.tripped().map(|guard| {
            let amount = |amount| t.guard_amount(guard, amount);
            (t.guard_name(&guard.name), amount(guard.value), amount(guard.limit))
        });
        let is_over = head.expires_at_ms <= now_ms && head.state.is_open();
        Self {
            id: head.id.to_string(),
            corp_name,
            state: if is_over { t.plan_expired() } else { t.plan_state(head.state) },
            tone: if is_over { "" } else { plan_tone(head.state) },
            at: time::minute(head.created_at_ms),
            at_machine: time::machine(head.created_at_ms),
            expires: time::minute(head.expires_at_ms),
            is_undo: head.undoes.is_some(),
            counts: counts(t, &head.counts),
            guards: guards.collect(),
            heads: head.blast.heads.len(),
            admins: head.blast.admins.len(),
            emptied: head.blast.emptied.len(),
        }
    }
}

/// A run of a list.
pub(super) struct RunCard {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) at_machine: String,
    pub(super) ago: String,
    pub(super) took: String,
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) failed: u64,
    pub(super) calls: u64,
    pub(super) counts: Vec<CountView>,
    /// Departments and members that a pull found.
    pub(super) read: Option<(u64, u64)>,
}

impl RunCard {
    pub(super) fn new(t: T, run: &RunBrief, now_ms: i64) -> Self {
        Self {
            id: run.id.to_string(),
            kind: t.run_kind(run.kind),
            state: t.run_state(run.state),
            tone: run_tone(run.state),
            by: t.sync_actor(&run.by),
            at: time::second(run.started_at_ms),
            at_machine: time::machine(run.started_at_ms),
            ago: time::ago(t, run.started_at_ms, now_ms),
            took: time::span(t, run.ended_at_ms.unwrap_or(now_ms) - run.started_at_ms),
            done: run.done,
            total: run.total,
            failed: run.failed,
            calls: run.calls.reads + run.calls.writes,
            counts: counts(t, &run.counts),
            read: run.pull.as_ref().map(|pull| (pull.departments, pull.members)),
        }
    }
}

/// A corp in titles and links.
#[derive(Clone)]
pub(super) struct CorpView {
    pub(super) key: CorpKey,
    pub(super) name: String,
}
