//! What can be done with a plan: apply, allow, reject, link a renamed department.

use super::{Entered, page};
use crate::http::Problem;
use crate::http::errors::sync_problem;
use crate::http::permission::{BindingWrite, SyncDecide, SyncRun};
use crate::locale::T;
use crate::model::{
    Access, Account, ApiKey, ApiScope, Corp, Counts, DepartmentId, PlanHead, PlanId, PlanState, UnitId,
};
use crate::sync::SyncError;
use crate::sync::bindings;
use crate::sync::service::{self, Decided, Overtaken, Part};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, is_typed};
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{link, reply};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

/// A reason is at most so long, characters.
const REASON_MAX: usize = 500;

/// What the person may do with the plan now.
pub(super) struct Act {
    /// A run may take it.
    pub(super) may_apply: bool,
    /// Or, where it was overtaken, reject only.
    pub(super) may_allow: bool,
    pub(super) may_reject: bool,
    /// It waits for somebody else.
    pub(super) waits: bool,
    pub(super) is_ready: bool,
    pub(super) is_empty: bool,
    pub(super) is_refused: bool,
    pub(super) is_over: bool,
    /// Why it can be rejected only.
    pub(super) overtaken: Option<&'static str>,
    /// Why nothing may be written to the corp.
    pub(super) barred: Option<Barred>,
    /// Two people must allow it.
    pub(super) needs_two: bool,
    /// Why this person is not one of the two who can allow it.
    pub(super) not_own: Option<&'static str>,
    /// Administrators who can allow it.
    pub(super) others: String,
    /// They are fewer than it still needs.
    pub(super) is_short: bool,
    /// What it takes away, where it does.
    pub(super) removes: Option<String>,
    /// It deletes people, which nothing gives back.
    pub(super) deletes: bool,
    /// What must be typed before people are removed.
    pub(super) confirm: Option<String>,
}

/// Why nothing may be written to a corp, and where that is set.
pub(super) struct Barred {
    pub(super) why: &'static str,
    /// The page of the corp.
    pub(super) page: &'static str,
    pub(super) name: &'static str,
}

/// Whom a plan that needs two people is held against.
pub(super) struct Deciders {
    pub(super) accounts: Vec<Account>,
    /// All of them, for a key acts for whoever made it.
    pub(super) keys: Vec<ApiKey>,
}

impl Deciders {
    /// Names of the administrators who have neither had the plan made nor allowed it.
    fn others(&self, head: &PlanHead) -> Vec<&str> {
        let is_free = |account: &&Account| {
            account.is_enabled_administrator()
                && service::part_of(&self.keys, head, &format!("account:{}", account.name)).is_none()
        };
        self.accounts.iter().filter(is_free).map(|account| account.name.as_str()).collect()
    }
}

impl Act {
    /// Allowing is offered to those who can.
    pub(super) fn may_say_yes(&self) -> bool {
        self.overtaken.is_none() && (!self.needs_two || self.not_own.is_none())
    }

    /// `writes` is how often runs have written to the corp's WeCom.
    pub(super) fn new(
        who: &Person,
        (corp, writes): (&Corp, u64),
        head: &PlanHead,
        two: Option<&Deciders>,
        now_ms: i64,
    ) -> Self {
        let t = who.t;
        let two = two.filter(|_| head.removes_people());
        let others = two.map(|two| two.others(head)).unwrap_or_default();
        let needed = if head.first_allow.is_none() { 2 } else { 1 };
        let is_over = head.expires_at_ms <= now_ms;
        let overtaken = service::overtaken(corp, writes, head).filter(|_| !is_over).map(|by| match by {
            Overtaken::BySettings => t.plan_is_outdated(),
            Overtaken::ByRun => t.plan_is_outrun(),
        });
        let is_ready = matches!(head.state, PlanState::Ready | PlanState::Allowed) && !is_over;
        let decides = who.may(ApiScope::SyncDecide);
        let barred = if corp.access != Access::ReadWrite {
            Some(Barred { why: t.plan_barred_access(), page: "edit", name: t.corp_edit() })
        } else if !corp.downstream.enabled {
            Some(Barred { why: t.plan_barred_enabled(), page: "settings", name: t.nav_sync_settings() })
        } else {
            None
        };
        Self {
            may_apply: is_ready
                && who.may(ApiScope::SyncRun)
                && barred.is_none()
                && !head.is_empty()
                && overtaken.is_none(),
            may_allow: head.state == PlanState::Held && !is_over && decides,
            may_reject: head.state.is_open() && !is_over && decides,
            waits: head.state == PlanState::Held && !is_over && !decides,
            is_ready,
            is_empty: head.is_empty(),
            is_refused: head.state == PlanState::Refused,
            is_over: is_over && head.state.is_open(),
            overtaken,
            barred,
            not_own: two.and_then(|two| service::part_of(&two.keys, head, &who.actor().name)).map(|part| match part {
                Part::Maker => t.decide_own_plan(),
                Part::First => t.decide_own_allow(),
            }),
            needs_two: two.is_some(),
            is_short: two.is_some() && others.len() < needed,
            others: others.join("、"),
            removes: removes_text(t, &head.counts),
            deletes: head.counts.members.delete > 0,
            confirm: confirm_text(t, &head.counts),
        }
    }
}

/// What must be typed before a plan is applied that removes people or departments. Deleting people has its own word: it
/// cannot be taken back, disabling can.
fn confirm_text(t: T, counts: &Counts) -> Option<String> {
    match (counts.members.delete, counts.members.disable, counts.departments.delete) {
        (0, 0, 0) => None,
        (0, 0, departments) => Some(t.plan_confirm_departments(departments)),
        (0, disabled, _) => Some(t.plan_confirm_people(disabled)),
        (deleted, ..) => Some(t.plan_confirm_deletion(deleted)),
    }
}

/// Everything that a plan takes away, each with its count.
fn removes_text(t: T, counts: &Counts) -> Option<String> {
    let parts = [
        (counts.members.delete, t.plan_will_delete(counts.members.delete)),
        (counts.members.disable, t.plan_will_disable(counts.members.disable)),
        (counts.departments.delete, t.plan_confirm_departments(counts.departments.delete)),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, told)| told).collect();
    (!parts.is_empty()).then(|| t.plan_removes(parts.join(t.plan_removes_comma())))
}

#[derive(Deserialize)]
pub(super) struct ApplyFields {
    #[serde(default)]
    confirm: String,
}

pub(super) async fn apply(
    who: Admin<SyncRun>,
    web: web::Data<Web>,
    plan: web::Path<PlanId>,
    form: Form<ApplyFields>,
) -> Result<HttpResponse, Problem> {
    let head = service::get_plan(&web.app.env, &plan).await.map_err(sync_problem)?;
    if confirm_text(who.t, &head.counts).is_some_and(|wanted| !is_typed(&form.0.confirm, &wanted)) {
        let mut faults = Faults::default();
        faults.add("confirm", who.t.confirm_mismatch());
        return page(&who, &web, &plan, Entered::refused(faults, String::new())).await;
    }
    let run = web.app.jobs.start_apply(&plan, &who.actor()).await.map_err(sync_problem)?;
    Ok(reply::go(&who, &format!("/runs/{run}"), None))
}

#[derive(Deserialize)]
pub(super) struct DecideFields {
    #[serde(default)]
    reason: String,
    decision: String,
}

pub(super) async fn decide(
    who: Admin<SyncDecide>,
    web: web::Data<Web>,
    plan: web::Path<PlanId>,
    form: Form<DecideFields>,
) -> Result<HttpResponse, Problem> {
    let (t, reason) = (who.t, form.0.reason.trim().to_owned());
    let is_allowed = match form.0.decision.as_str() {
        "allow" => true,
        "reject" => false,
        _ => return Err(Problem::bad_request("request.form", "The decision is `allow` or `reject`.")),
    };
    let mut faults = Faults::default();
    if reason.is_empty() {
        faults.add("reason", t.decide_needs_reason());
    } else if reason.chars().count() > REASON_MAX {
        faults.add("reason", t.decide_reason_long(REASON_MAX));
    }
    if !faults.is_empty() {
        return page(&who, &web, &plan, Entered::refused(faults, reason)).await;
    }
    let decided = match service::decide(&web.app.env, &plan, is_allowed, &who.actor(), &reason).await {
        // the page says how things stand now, and what was typed stays
        Err(
            error @ (SyncError::SecondPerson { .. }
            | SyncError::WrongState { .. }
            | SyncError::OptionsChanged(_)
            | SyncError::Drift { .. }),
        ) => {
            let problem = sync_problem(error);
            let advice = crate::locale::advice(who.lang(), problem.code(), problem.status().as_u16());
            faults.add("reason", advice.title);
            return page(&who, &web, &plan, Entered { faults, reason, status: problem.status() }).await;
        }
        decided => decided.map_err(sync_problem)?,
    };
    let flash = match decided {
        Decided::Allowed(_) => Flash::good(t.decide_allowed()),
        Decided::HalfAllowed(_) => Flash::warning(t.decide_half_allowed()),
        Decided::Rejected(_) => Flash::good(t.decide_rejected()),
    };
    Ok(reply::go(&who, &format!("/plans/{}", link::part(&*plan)), Some(flash)))
}

#[derive(Deserialize)]
pub(super) struct OfferFields {
    unit: String,
    department: String,
}

pub(super) async fn bind_offer(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    plan: web::Path<PlanId>,
    form: Form<OfferFields>,
) -> Result<HttpResponse, Problem> {
    let head = service::get_plan(&web.app.env, &plan).await.map_err(sync_problem)?;
    let (unit, department) = (UnitId::from(form.0.unit.as_str()), form.0.department.parse().map(DepartmentId));
    let offer = head.offers.iter().find(|offer| offer.unit == unit && department == Ok(offer.department));
    let Some(offer) = offer else { return Err(Problem::not_found("offer", unit)) };
    let bound = bindings::bind_department(&web.app.env, &head.corp, &offer.unit, offer.department, &who.actor()).await;
    bound.map_err(sync_problem)?;
    web.app.views.refresh_corp(&head.corp);
    let flash = Flash::good(who.t.offer_bound(&offer.unit_name, &offer.department_name));
    Ok(reply::go(&who, &format!("/plans/{}?tab=checks", link::part(&*plan)), Some(flash)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;

    #[test]
    fn deleting_people_is_called_deleting() {
        let t = T::new(Lang::Zh);
        for (deleted, disabled, departments, typed, told) in [
            (0, 0, 0, None, None),
            (0, 8, 0, Some("移出 8 人"), Some("这个计划会：禁用 8 人（可恢复）。")),
            (0, 0, 2, Some("删除 2 个部门"), Some("这个计划会：删除 2 个部门。")),
            (0, 8, 2, Some("移出 8 人"), Some("这个计划会：禁用 8 人（可恢复），删除 2 个部门。")),
            (10, 0, 0, Some("删除 10 人"), Some("这个计划会：删除 10 人（不可恢复）。")),
            (10, 8, 0, Some("删除 10 人"), Some("这个计划会：删除 10 人（不可恢复），禁用 8 人（可恢复）。")),
            (1, 0, 2, Some("删除 1 人"), Some("这个计划会：删除 1 人（不可恢复），删除 2 个部门。")),
        ] {
            let mut counts = Counts::default();
            (counts.members.delete, counts.members.disable, counts.departments.delete) =
                (deleted, disabled, departments);
            assert_eq!(confirm_text(t, &counts).as_deref(), typed, "{counts:?}");
            assert_eq!(removes_text(t, &counts).as_deref(), told, "{counts:?}");
        }
    }
}
