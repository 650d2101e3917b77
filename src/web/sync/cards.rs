//! What lists show of a plan or a run.

use super::plan::left_out;
use super::{plan_tone, run_tone};
use crate::locale::T;
use crate::model::{Corp, CorpKey, Counts, PlanHead, RunBrief, RunKind};
use crate::sync::service::{Overtaken, overtaken};
use crate::web::time;

/// How many of a kind.
pub(in crate::web) struct CountView {
    pub(in crate::web) label: String,
    pub(in crate::web) count: u64,
    /// Class of the badge.
    pub(in crate::web) tone: &'static str,
}

/// The kinds of changes that occur, members first.
pub(in crate::web) fn counts(t: T, counts: &Counts) -> Vec<CountView> {
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
pub(in crate::web) struct PlanCard {
    pub(in crate::web) id: String,
    pub(in crate::web) corp_name: String,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) tone: &'static str,
    pub(in crate::web) at: String,
    pub(in crate::web) at_machine: String,
    pub(in crate::web) expires: String,
    pub(in crate::web) is_undo: bool,
    pub(in crate::web) counts: Vec<CountView>,
    /// What holds it: name, and how far it is over.
    pub(in crate::web) guards: Vec<(String, String)>,
    pub(in crate::web) heads: u64,
    pub(in crate::web) admins: u64,
    pub(in crate::web) emptied: u64,
    /// Why it can be rejected only; known where the corp is at hand.
    pub(in crate::web) overtaken: Option<&'static str>,
    /// People who are not brought into WeCom.
    pub(in crate::web) left_out: usize,
    is_over: bool,
}

impl PlanCard {
    /// The same, compared with the settings of its corp and with how often runs have written to it.
    pub(in crate::web) fn beside(self, t: T, corp: &Corp, writes: u64, head: &PlanHead) -> Self {
        let why = match overtaken(corp, writes, head).filter(|_| !self.is_over) {
            Some(Overtaken::BySettings) => t.plan_outdated(),
            Some(Overtaken::ByRun) => t.plan_outrun(),
            None => return self,
        };
        self.no_more(t, why)
    }

    /// The same, where it can be rejected only.
    pub(in crate::web) fn no_more(self, t: T, why: &'static str) -> Self {
        Self { overtaken: Some(why), state: t.plan_overtaken(), tone: "", ..self }
    }

    pub(in crate::web) fn new(t: T, head: &PlanHead, corp_name: String, now_ms: i64) -> Self {
        let guards = head.tripped().map(|guard| (t.guard_name(&guard.name), t.guard_over(guard)));
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
            heads: head.blast.totals.heads,
            admins: head.blast.totals.admins,
            emptied: head.blast.totals.emptied,
            overtaken: None,
            left_out: left_out::count(head),
            is_over,
        }
    }
}

/// A run of a list.
pub(in crate::web) struct RunCard {
    pub(in crate::web) id: String,
    pub(in crate::web) kind: &'static str,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) tone: &'static str,
    pub(in crate::web) by: String,
    pub(in crate::web) at: String,
    pub(in crate::web) at_machine: String,
    pub(in crate::web) ago: String,
    pub(in crate::web) took: String,
    pub(in crate::web) done: u64,
    pub(in crate::web) total: u64,
    pub(in crate::web) failed: u64,
    pub(in crate::web) calls: u64,
    pub(in crate::web) counts: Vec<CountView>,
    /// Departments and members that a pull found.
    pub(in crate::web) read: Option<(u64, u64)>,
}

impl RunCard {
    pub(in crate::web) fn new(t: T, run: &RunBrief, now_ms: i64) -> Self {
        Self {
            id: run.id.to_string(),
            kind: if run.undoes.is_some() { t.run_kind_undo() } else { t.run_kind(run.kind) },
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
            read: run.pull.as_ref().filter(|_| run.kind == RunKind::Pull).map(|pull| (pull.departments, pull.members)),
        }
    }
}

/// A corp in titles and links.
#[derive(Clone)]
pub(in crate::web) struct CorpView {
    pub(in crate::web) key: CorpKey,
    pub(in crate::web) name: String,
}
