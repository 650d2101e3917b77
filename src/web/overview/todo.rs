//! What needs a person, the gravest first: plans that are held, runs that failed, matches without a decision, names that
//! cannot be read, a corp that is not connected yet, apps that send nothing, messages that did not arrive, backups that are missing.

use crate::app::App;
use crate::browse::stats::CorpStats;
use crate::messages::queues::AppQueue;
use crate::model::{ApiScope, DeliveryState, RunBrief, RunKind, RunState, Tally, Tenant};
use crate::ops::backups;
use crate::web::corps::FailedTest;
use crate::web::visit::Person;
use crate::web::{link, time};

/// Reasons of the health check that an entry here tells in more words, to everybody.
pub(super) const TOLD: [&str; 5] = ["plan.held", "sync.held", "sync.partly", "sync.failed", "pull.failed"];
/// The reason of an app that sends nothing.
pub(super) const PAUSED: &str = "messages.paused";

/// Deliveries that failed and are counted; more are not.
pub(super) const DEAD_COUNTED: usize = 200;

/// Days without a backup after which one is asked for.
const BACKUP_DAYS: i64 = 7;

/// One thing to do.
pub(super) struct Todo {
    /// Class of the mark.
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) href: String,
    pub(super) label: &'static str,
}

/// What a corp needs.
pub(super) fn of_corp(person: &Person, corp: &CorpStats, now_ms: i64) -> Vec<Todo> {
    let t = person.t;
    let at = |path: &str| person.url(&format!("/corps/{}{path}", corp.corp));
    let about = |rest: String| format!("{} · {rest}", corp.name);
    let mut list: Vec<Todo> = Vec::new();
    list.extend(corp.waiting.iter().map(|plan| {
        let guards = plan.guards.iter().map(|name| t.guard_label(name)).collect::<Vec<_>>().join(t.links_and());
        let age = time::ago(t, plan.created_at_ms, now_ms);
        Todo {
            tone: "warn",
            icon: "lock",
            title: t.overview_todo_held(plan.changes, plan.removals),
            detail: about(format!("{guards} · {age}")),
            href: person.url(&format!("/plans/{}", link::part(&plan.id))),
            label: if person.may(ApiScope::SyncDecide) { t.overview_decide() } else { t.hub_look() },
        }
    }));
    list.extend([&corp.last_sync, &corp.last_pull].into_iter().flatten().filter_map(|run| {
        let (tone, title) = failure(person, run)?;
        Some(Todo {
            tone,
            icon: "warn",
            title,
            detail: about(time::ago(t, run.ended_at_ms.unwrap_or(run.started_at_ms), now_ms)),
            href: person.url(&format!("/runs/{}", link::part(&run.id))),
            label: t.overview_todo_look(),
        })
    }));
    if corp.resolve_cases > 0 {
        list.push(Todo {
            tone: "warn",
            icon: "link",
            title: t.overview_resolve(corp.resolve_cases),
            detail: about(t.overview_resolve_hint().to_owned()),
            href: at("/bindings/resolve"),
            label: t.overview_todo_resolve(),
        });
    }
    if corp.unreadable > 0 {
        let run = corp.last_pull.as_ref().map(|run| person.url(&format!("/runs/{}", link::part(&run.id))));
        list.push(Todo {
            tone: "warn",
            icon: "people",
            title: t.overview_unreadable(corp.unreadable),
            detail: about(t.overview_unreadable_hint().to_owned()),
            href: run.unwrap_or_else(|| at("/members")),
            label: t.overview_todo_look(),
        });
    }
    if corp.members.is_none() {
        list.push(Todo {
            tone: "info",
            icon: "building",
            title: t.overview_never_read().to_owned(),
            detail: about(t.overview_never_read_hint().to_owned()),
            href: at(""),
            label: t.overview_go_on(),
        });
    }
    list
}

/// An app that sends nothing until somebody has mended what stops it.
pub(super) fn of_queue(person: &Person, queue: &AppQueue) -> Option<Todo> {
    let (t, code) = (person.t, queue.paused.as_deref()?);
    let why = Some(t.delivery_why(code)).filter(|text| !text.is_empty());
    let why = why.or(queue.paused_text.as_deref()).unwrap_or_default();
    Some(Todo {
        tone: "bad",
        icon: "warn",
        title: t.overview_paused(&queue.app, queue.calls),
        detail: format!("{} · {why}", queue.corp),
        href: person.url("/messages/queues"),
        label: t.overview_todo_look(),
    })
}

/// A credential whose last test failed.
pub(super) fn of_test(person: &Person, failed: FailedTest) -> Todo {
    let t = person.t;
    Todo {
        tone: "bad",
        icon: "warn",
        title: t.overview_test_failed(failed.name),
        detail: failed.text,
        href: person.url(&failed.path),
        label: t.overview_todo_look(),
    }
}

/// Deliveries of a tenant that failed since a day; `has_more` when not all were counted.
pub(super) fn of_dead(
    person: &Person,
    tenant: &Tenant,
    (tally, has_more): (&Tally, bool),
    is_named: bool,
    day: &str,
) -> Todo {
    let t = person.t;
    use DeliveryState::{Invalid, NotBound, OutsideRange, UnknownRecipient};
    // nothing helps these but that somebody mends what the row says
    let stuck = [UnknownRecipient, NotBound, Invalid, OutsideRange].map(|state| (state, tally.of(state)));
    let count = tally.total();
    let hint = if !has_more && stuck.iter().map(|(_, n)| u64::from(*n)).sum::<u64>() == u64::from(count) {
        let told = stuck.iter().filter(|(_, n)| *n > 0).map(|(state, n)| format!("{} {n}", t.delivery_state(*state)));
        t.overview_undelivered_by(told.collect::<Vec<_>>().join(" · "))
    } else {
        t.overview_undelivered_hint().to_owned()
    };
    Todo {
        tone: "warn",
        icon: "warn",
        title: t.overview_undelivered(format!("{count}{}", if has_more { "+" } else { "" })),
        detail: if is_named { format!("{} · {hint}", tenant.name) } else { hint },
        href: person.url(&format!("/tenants/{}/messages?state=dead&from={day}", link::part(&tenant.key))),
        label: t.overview_todo_look(),
    }
}

/// How a run that did not go well is told.
fn failure(person: &Person, run: &RunBrief) -> Option<(&'static str, String)> {
    let t = person.t;
    match (run.kind, run.state) {
        (RunKind::Downstream, RunState::Partly) => Some(("warn", t.overview_todo_partly(run.failed))),
        (RunKind::Downstream, RunState::Failed) => Some(("bad", t.overview_todo_sync_failed().to_owned())),
        (RunKind::Pull, RunState::Failed) => Some(("bad", t.overview_todo_pull_failed().to_owned())),
        _ => None,
    }
}

/// Asks for a backup where none was made for long, or where the folder of backups cannot be read.
pub(super) async fn of_backups(person: &Person, app: &App, now_ms: i64) -> Option<Todo> {
    let t = person.t;
    let made = backups::list(app).await.map(|list| list.first().map(|newest| newest.made_at_ms));
    let title = match made {
        Ok(Some(at_ms)) if now_ms - at_ms < BACKUP_DAYS * 86_400_000 => return None,
        Ok(Some(at_ms)) => t.overview_backup_old(time::day(at_ms)),
        Ok(None) => t.overview_backup_none().to_owned(),
        Err(_) => t.overview_backup_unreadable().to_owned(),
    };
    Some(Todo {
        tone: "info",
        icon: "archive",
        title,
        detail: t.overview_backup_hint().to_owned(),
        href: person.url("/system/backup"),
        label: t.overview_backup_go(),
    })
}
