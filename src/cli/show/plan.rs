//! Plans.

use crate::cli::language::Language;
use crate::cli::table::{pairs, table, uncut};
use crate::model::{Counts, PlanState};
use crate::ops::report::{ChangeReport, PlanReport, PlanRow};
use crate::sync::service::WHAT_IF_ID;
use serde::Deserialize;
use serde_json::Value;

/// Changes that are listed; `--json` has all.
const CHANGES_SHOWN: usize = 50;

/// A whole plan: what it does, what holds it, what it costs, its changes, what to do next.
pub fn plan(report: &PlanReport, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let mut text = plan_summary(report, language);
    let rows: Vec<Vec<String>> =
        report.changes.iter().take(CHANGES_SHOWN).map(|change| change_row(change, language)).collect();
    if !rows.is_empty() {
        let headings =
            ["#", pick("action", "操作"), pick("subject", "对象"), "OA", pick("reason", "原因"), pick("what", "内容")];
        text.push('\n');
        text.push_str(&uncut(&headings, &rows));
        more(usize::try_from(report.changes_total).unwrap_or(usize::MAX), &mut text, language);
    }
    let (corp, id) = (&report.corp, &report.id);
    let next = match report.state {
        _ if report.id.as_str() == WHAT_IF_ID => format!(
            "{}\n",
            pick(
                "These settings were only tried: nothing is saved, and this plan cannot be applied.",
                "仅为试算：设置未保存，此计划不能执行。"
            )
        ),
        PlanState::Held => format!(
            "{}\n  wecom-bridge sync --corp {corp} --plan {id} --yes --reason TEXT\n  \
             wecom-bridge plans reject {id} --reason TEXT\n",
            pick("A guard holds the plan. Look at it, then:", "计划被安全设置拦截。请核对后执行：")
        ),
        _ if report.changes_total == 0 => format!("{}\n", pick("Nothing to do.", "没有变化。")),
        PlanState::Ready | PlanState::Allowed => {
            format!(
                "{} wecom-bridge sync --corp {corp} --plan {id}\n{} wecom-bridge plans reject {id} --reason TEXT\n",
                pick("Apply it:", "执行："),
                pick("Or reject it:", "或驳回：")
            )
        }
        PlanState::Rejected | PlanState::Taken | PlanState::Refused => String::new(),
    };
    text.push_str(&next);
    text
}

/// A plan without its changes.
pub fn plan_summary(report: &PlanReport, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let budget = &report.budget;
    let (writes, reads, seconds) = (budget.calls, budget.reads, budget.estimated_s);
    let calls = match language {
        Language::En => format!("{writes} that write, {reads} that read; about {seconds} s"),
        Language::Zh => format!("写入 {writes} 次，读取 {reads} 次；约 {seconds} 秒"),
    };
    let t = language.t();
    let how = [
        t.call_strategy(&budget.strategy),
        t.call_strategy_reason(&budget.strategy_reason).to_owned(),
        t.batch_share(budget.batch.as_ref()),
    ];
    let how: Vec<String> = how.into_iter().filter(|part| !part.is_empty()).collect();
    let guards: Vec<String> = report
        .guards
        .iter()
        .map(|guard| match language {
            Language::En => format!("{} {}/{}", guard.name, guard.value, guard.limit),
            Language::Zh => format!("{} {}/{}", t.guard_name(&guard.name), guard.value, guard.limit),
        })
        .collect();
    let mut text = pairs(&[
        (pick("plan", "同步预览"), report.id.to_string()),
        (pick("state", "状态"), t.plan_state(report.state).to_owned()),
        (pick("expires", "有效期至"), report.expires_at.clone()),
        (pick("changes", "变更"), counts(&report.counts, language)),
        (pick("calls", "调用次数"), calls),
        (pick("strategy", "调用方式"), how.join(pick("; ", ";"))),
        (pick("guards", "安全设置"), guards.join(", ")),
    ]);
    for guard in report.guards.iter().filter(|guard| guard.tripped) {
        let (value, limit) = (t.guard_amount(guard, guard.value), t.guard_amount(guard, guard.limit));
        text.push_str(&match language {
            Language::En => format!("HELD by {} ({}): {value} > {limit}\n", guard.name, t.guard_name(&guard.name)),
            Language::Zh => {
                format!("安全设置拦截：{}（{}）：{value} > {limit}\n", t.guard_name(&guard.name), guard.name)
            }
        });
    }
    if let Some(first) = &report.first_allow {
        let label = pick("allowed first, waits for a second administrator:", "已有一人放行，等待另一位管理员：");
        text.push_str(&format!("{label} {}: {}\n", first.by, first.reason));
    }
    for invariant in report.invariants.iter().filter(|invariant| !invariant.holds) {
        text.push_str(&format!(
            "{} {}\n",
            pick("never applied, breaks:", "禁止执行，违反："),
            t.invariant_name(&invariant.name)
        ));
    }
    for offer in &report.offers {
        let question = pick("renamed? it waits for a decision:", "疑似改名，等待确认：");
        let (unit, department) = (&offer.unit_name, &offer.department_name);
        text.push_str(&format!("{question} {unit} ({}) = {department} ({})\n", offer.unit, offer.department));
    }
    for notice in report.notices.iter().take(CHANGES_SHOWN) {
        text.push_str(&match language {
            Language::En => format!("notice: {} ({})\n", notice.text, notice.subject),
            Language::Zh => format!("提示：{}（{}）\n", t.notice_text(&notice.code), notice.subject),
        });
    }
    more(report.notices.len(), &mut text, language);
    text
}

fn more(total: usize, text: &mut String, language: Language) {
    if total > CHANGES_SHOWN {
        let hint = language.pick("more; --json has all", "项未显示；--json 输出全部");
        text.push_str(&format!("… {} {hint}\n", total - CHANGES_SHOWN));
    }
}

/// `member a.chen` with its first word in the reader's language.
pub(super) fn subject(subject: &str, language: Language) -> String {
    let Some((kind, id)) = subject.split_once(' ') else { return subject.to_owned() };
    let kind = match kind {
        "member" => language.pick("member", "成员"),
        "department" => language.pick("department", "部门"),
        "employee" => language.pick("employee", "人员"),
        "unit" => language.pick("unit", "OA 部门"),
        other => other,
    };
    format!("{kind} {id}")
}

/// What a change does, in words.
pub(super) fn kind(change: &ChangeReport, language: Language) -> String {
    let after = |key: &str| change.details.get("after").and_then(|after| after.get(key)).is_some_and(|v| !v.is_null());
    let code = match change.kind.as_str() {
        "create_disabled_department" => "create_department",
        "update_department" if after("parent") => "move_department",
        "update_department" if after("name") => "rename_department",
        "update_department" => "reorder_department",
        "record_removal" if change.details.get("cause").is_some_and(|cause| !cause.is_null()) => "begin_removal",
        "record_removal" => "end_removal",
        other => other,
    };
    language.t().change_kind(code)
}

fn change_row(change: &ChangeReport, language: Language) -> Vec<String> {
    let oa = change.detail("employee").or_else(|| change.detail("unit")).unwrap_or("-").to_owned();
    let mut parts = Vec::new();
    if let Some(after) = change.details.get("after") {
        leaves("", after, language, &mut parts);
        let (was, is) = (change.details.get("before").map(heads).unwrap_or_default(), heads(after));
        let only = |these: &[String], those: &[String]| {
            let list: Vec<&str> = these.iter().filter(|id| !those.contains(id)).map(String::as_str).collect();
            list.join(",")
        };
        let writes_places = after.get("memberships").is_some();
        for (label, list) in [
            (language.pick("head_of", "担任负责人"), only(&is, &was)),
            (language.pick("no_longer_head_of", "不再担任负责人"), only(&was, &is)),
        ] {
            if writes_places && !list.is_empty() {
                parts.push(format!("{label}={list}"));
            }
        }
    }
    vec![
        change.seq.to_string(),
        kind(change, language),
        subject(&change.subject, language),
        oa,
        language.t().change_reason(&change.reason),
        parts.join(" "),
    ]
}

/// The departments that an image makes its member a head of.
fn heads(image: &Value) -> Vec<String> {
    let places = image.get("memberships").and_then(Value::as_array);
    let leads = places.into_iter().flatten().filter(|place| place.get("is_leader") == Some(&Value::Bool(true)));
    leads.filter_map(|place| place.get("department")).map(super::plain).collect()
}

/// `name=陈 mobile=…` out of an image; the wrapping level `fields` is left out.
fn leaves(path: &str, value: &Value, language: Language, parts: &mut Vec<String>) {
    let name = |path: &str| match language {
        Language::En => path.to_owned(),
        Language::Zh => language.t().synced_field(path),
    };
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                leaves(if key == "fields" { "" } else { key }, inner, language, parts);
            }
        }
        Value::Array(items) => {
            let ids: Vec<String> =
                items.iter().map(|item| super::plain(item.get("department").unwrap_or(item))).collect();
            parts.push(format!("{}={}", name(path), ids.join(",")));
        }
        leaf => parts.push(format!("{}={}", name(path), super::plain(leaf))),
    }
}

/// `departments +3 ~1 · members +20 −2`, the kinds that are not zero.
pub(super) fn counts(counts: &Counts, language: Language) -> String {
    let side = |label: &str, kinds: &[(&str, &str, u64)]| {
        let parts: Vec<String> = kinds
            .iter()
            .filter(|(_, _, count)| *count > 0)
            .map(|(en, zh, count)| format!("{} {count}", language.pick(en, zh)))
            .collect();
        (!parts.is_empty()).then(|| format!("{label}: {}", parts.join(", ")))
    };
    let d = &counts.departments;
    let departments = side(
        language.pick("departments", "部门"),
        &[
            ("create", "新建", d.create),
            ("rename", "改名", d.rename),
            ("move", "移动", d.r#move),
            ("reorder", "排序", d.reorder),
            ("delete", "删除", d.delete),
            ("bind", "关联", d.bind),
            ("unbind", "解除关联", d.unbind),
        ],
    );
    let m = &counts.members;
    let members = side(
        language.pick("members", "成员"),
        &[
            ("create", "新建", m.create),
            ("update", "更新", m.update),
            ("disable", "禁用", m.disable),
            ("enable", "启用", m.enable),
            ("delete", "删除", m.delete),
            ("bind", "关联", m.bind),
            ("unbind", "解除关联", m.unbind),
            ("record", "登记", m.record),
        ],
    );
    let both: Vec<String> = [departments, members].into_iter().flatten().collect();
    if both.is_empty() { language.pick("none", "无").to_owned() } else { both.join("; ") }
}

/// What `plans list` answers.
#[derive(Deserialize)]
pub struct Plans {
    plans: Vec<PlanRow>,
}

/// All stored plans.
pub fn plans(report: &Plans, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    if report.plans.is_empty() {
        return format!("{}\n", pick("There are no plans.", "没有同步预览。"));
    }
    let rows: Vec<Vec<String>> = report
        .plans
        .iter()
        .map(|plan| {
            let state = language.t().plan_state(plan.state);
            let state =
                if plan.guards.is_empty() { state.to_owned() } else { format!("{state} ({})", plan.guards.join(" ")) };
            let (id, corp) = (plan.id.to_string(), plan.corp.to_string());
            vec![id, corp, state, plan.created_at.clone(), counts(&plan.counts, language)]
        })
        .collect();
    let headings =
        ["id", pick("corp", "企业"), pick("state", "状态"), pick("made", "创建时间"), pick("changes", "变更")];
    table(&headings, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, Change, DepartmentId, MemberImage, Membership, Reversible};

    #[test]
    fn the_row_says_who_heads_a_department_and_who_does_not_any_more() {
        let image = |leads: [bool; 2]| {
            let place = |(id, is_leader)| Membership { department: DepartmentId(id), order: 0, is_leader };
            MemberImage {
                memberships: Some([2, 3].into_iter().zip(leads).map(place).collect()),
                ..MemberImage::default()
            }
        };
        for (before, after, text) in [
            ([true, false], [false, true], "memberships=2,3 head_of=3 no_longer_head_of=2"),
            ([true, true], [true, true], "memberships=2,3"),
            ([true, true], [false, false], "memberships=2,3 no_longer_head_of=2,3"),
        ] {
            let (employee, userid) = ("e1".into(), "a".into());
            let action = Action::UpdateMember { employee, userid, before: image(before), after: image(after) };
            let change = Change { seq: 0, action, reason: "place.changed".into(), reversible: Reversible::Yes };
            assert_eq!(change_row(&ChangeReport::new(&change), Language::En).pop().as_deref(), Some(text));
        }
    }
}
