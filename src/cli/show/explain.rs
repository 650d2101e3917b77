//! One person's explanation, in the order in which the plan looks at it: the words of the page, without its tables.

use super::plain;
use crate::cli::language::Language;
use crate::locale::T;
use crate::model::{BindingOrigin, Change, MemberStatus, RemovalCause, Reversible};
use crate::ops::report::{ChangeReport, time_text};
use serde_json::Value;

/// The whole explanation.
pub fn explanation(found: &Value, language: Language) -> String {
    let page = Page { t: language.t(), language };
    let parts = [
        page.refused(found),
        page.person(found),
        page.scope(found),
        page.matching(found),
        page.member(found),
        page.fields(found),
        page.notices(found),
        page.changes(found),
        page.requests(found),
    ];
    parts.concat()
}

struct Page {
    t: T,
    language: Language,
}

impl Page {
    /// A heading with what stands below it.
    fn part(&self, heading: &str, lines: &[String]) -> String {
        let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("{heading}\n{body}")
    }

    fn colon(&self) -> &'static str {
        self.language.pick(": ", "：")
    }

    fn refused(&self, found: &Value) -> String {
        match text(found, "refused") {
            Some(why) => self.part(self.t.explain_refused(), &[why.to_owned()]),
            None => String::new(),
        }
    }

    fn person(&self, found: &Value) -> String {
        let t = self.t;
        let Some(employee) = present(found, "employee") else {
            let id = text(found, "id").unwrap_or_default();
            return self.part(t.explain_row(), &[format!("{} {id}", t.explain_no_row())]);
        };
        let is_active = text(employee, "status").is_none_or(|status| status == "active");
        let state = if is_active { t.explain_active() } else { t.explain_departed() };
        let name = text(employee, "name").unwrap_or_default();
        let path = text(found, "unit_path").unwrap_or_default();
        let mut lines = vec![format!("{name}  {state}  {path}").trim_end().to_owned()];
        let facts = [
            ("id", t.explain_id()),
            ("account", t.explain_account()),
            ("employee_no", t.explain_employee_no()),
            ("mobile", t.explain_mobile()),
            ("email", t.explain_email()),
            ("position", t.explain_position()),
            ("unit_id", t.explain_unit()),
        ];
        for (key, label) in facts {
            if let Some(value) = text(employee, key).filter(|value| !value.is_empty()) {
                lines.push(format!("{label}{}{value}", self.colon()));
            }
        }
        self.part(t.explain_row(), &lines)
    }

    fn scope(&self, found: &Value) -> String {
        let Some(scope) = present(found, "scope") else { return String::new() };
        let mut lines = vec![self.t.scope_verdict(text(scope, "verdict").unwrap_or_default())];
        lines.extend(text(scope, "why").map(str::to_owned));
        self.part(self.t.explain_scope(), &lines)
    }

    fn matching(&self, found: &Value) -> String {
        let t = self.t;
        let mut lines = Vec::new();
        if let Some(binding) = present(found, "binding") {
            let origin =
                read::<BindingOrigin>(binding, "origin").map(|origin| t.link_origin(origin)).unwrap_or_default();
            let userid = text(binding, "userid").unwrap_or_default();
            let linked = t.explain_link_text(userid, origin, moment(binding, "bound_at_ms"));
            lines.push(format!("{}{}{linked}", t.explain_linked(), self.colon()));
            if let Some(removal) = present(binding, "removal") {
                let cause = read::<RemovalCause>(removal, "cause").map(|cause| t.removal_cause(cause));
                lines.push(t.explain_removal(cause.unwrap_or_default()));
            }
        } else if list(found, "matching").is_empty() {
            lines.push(t.explain_not_tried().to_owned());
        }
        for attempt in list(found, "matching") {
            let (rule, value) = (text(attempt, "rule").unwrap_or_default(), text(attempt, "value").unwrap_or_default());
            let outcome = t.match_outcome(text(attempt, "outcome").unwrap_or_default());
            let members = list(attempt, "members").iter().map(plain);
            let employees = list(attempt, "employees").iter().map(|id| format!("OA {}", plain(id)));
            let candidates: Vec<String> = members.chain(employees).collect();
            let candidates = if candidates.is_empty() {
                String::new()
            } else {
                format!("; {}{}{}", t.explain_candidates(), self.colon(), candidates.join(", "))
            };
            lines.push(format!("{rule} = {value:?}{}{outcome}{candidates}", self.colon()));
        }
        if let Some(tombstone) = present(found, "tombstone") {
            let userid = text(tombstone, "userid").unwrap_or_default();
            lines.push(t.explain_tombstone(userid, moment(tombstone, "deleted_at_ms")));
        }
        self.part(t.explain_matching(), &lines)
    }

    fn member(&self, found: &Value) -> String {
        let t = self.t;
        let Some(member) = present(found, "member") else {
            return self.part(t.explain_member(), &[t.explain_no_member().to_owned()]);
        };
        let name = member.get("fields").and_then(|fields| text(fields, "name")).unwrap_or_default();
        let status = read::<MemberStatus>(member, "status").map(|status| t.wecom_status(status)).unwrap_or_default();
        let (userid, departments) = (text(member, "userid").unwrap_or_default(), list(member, "memberships").len());
        let words = [name, userid, status].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("  ");
        let mut lines = vec![format!("{words}  {}", t.explain_member_text(departments))];
        if member.get("has_details") == Some(&Value::Bool(false)) {
            lines.push(t.explain_no_details().to_owned());
        }
        self.part(t.explain_member(), &lines)
    }

    fn fields(&self, found: &Value) -> String {
        let t = self.t;
        let lines: Vec<String> = list(found, "fields")
            .iter()
            .map(|field| {
                let name = t.synced_field(text(field, "field").unwrap_or_default());
                let state = t.field_state(text(field, "state").unwrap_or_default());
                let value = text(field, "value").filter(|value| !value.is_empty()).or_else(|| text(field, "error"));
                let value = value.unwrap_or("-");
                let of = |label: &str, key: &str| {
                    text(field, key).map(|value| format!("; {label}{}{value}", self.colon())).unwrap_or_default()
                };
                let expression = text(field, "expression").unwrap_or_default();
                format!(
                    "{name}{}{value} ({state}){}{}; {expression}",
                    self.colon(),
                    of(t.explain_shown(), "shown"),
                    of(t.explain_pushed(), "pushed"),
                )
            })
            .collect();
        if lines.is_empty() { String::new() } else { self.part(t.explain_fields(), &lines) }
    }

    fn notices(&self, found: &Value) -> String {
        let lines: Vec<String> = list(found, "notices")
            .iter()
            .map(|notice| {
                let told = self.t.notice_text(text(notice, "code").unwrap_or_default());
                match (self.language, text(notice, "text")) {
                    (Language::En, Some(detail)) => detail.to_owned(),
                    _ => told,
                }
            })
            .collect();
        if lines.is_empty() {
            return self.part(self.t.explain_blocks(), &[self.t.explain_no_blocks().to_owned()]);
        }
        self.part(self.t.explain_blocks(), &lines)
    }

    fn changes(&self, found: &Value) -> String {
        let t = self.t;
        let lines: Vec<String> = list(found, "changes")
            .iter()
            .filter_map(|change| serde_json::from_value::<Change>(change.clone()).ok())
            .map(|change| {
                let change = ChangeReport::new(&change);
                let reversible = read_text::<Reversible>(&change.reversible).map(|one| t.reversible(one));
                let (kind, why) = (super::plan::kind(&change, self.language), t.change_reason(&change.reason));
                format!("{kind}{}{why} ({})", self.colon(), reversible.unwrap_or_default())
            })
            .collect();
        if lines.is_empty() {
            return self.part(t.explain_changes(), &[t.explain_no_changes().to_owned()]);
        }
        self.part(t.explain_changes(), &lines)
    }

    fn requests(&self, found: &Value) -> String {
        let lines: Vec<String> = list(found, "requests")
            .iter()
            .map(|request| {
                let body = request.get("body").map(Value::to_string).unwrap_or_default();
                format!("{} {body}", text(request, "endpoint").unwrap_or_default())
            })
            .collect();
        if lines.is_empty() { String::new() } else { self.part(self.t.explain_requests(), &lines) }
    }
}

fn present<'v>(of: &'v Value, key: &str) -> Option<&'v Value> {
    of.get(key).filter(|value| !value.is_null())
}

fn text<'v>(of: &'v Value, key: &str) -> Option<&'v str> {
    of.get(key).and_then(Value::as_str)
}

fn list<'v>(of: &'v Value, key: &str) -> &'v [Value] {
    of.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn moment(of: &Value, key: &str) -> String {
    of.get(key).and_then(Value::as_i64).map(time_text).unwrap_or_default()
}

fn read<C: serde::de::DeserializeOwned>(of: &Value, key: &str) -> Option<C> {
    of.get(key).cloned().and_then(|value| serde_json::from_value(value).ok())
}

fn read_text<C: serde::de::DeserializeOwned>(code: &str) -> Option<C> {
    serde_json::from_value(Value::String(code.to_owned())).ok()
}
