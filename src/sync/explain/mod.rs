//! One person's explanation (PEER-04): source row, scope, match attempts, field values, the exact requests, and what
//! stands in the way. Computes, writes nothing.

mod failed;
mod told;

pub use failed::last_failure;
pub use told::Told;

use super::input::{PlanInput, PlanRefusal};
use super::matching::{CompiledRule, rule_name};
use super::members::compare::{FieldState, compare_field};
use super::members::create::Reserved;
use super::members::fields::FieldMap;
use super::scope::{ScopeRules, Verdict};
use super::source::Source;
use crate::model::{Action, Change, Employee, EmployeeId, Member, MemberBinding, Notice, Text, Tombstone, UserId};
use crate::wecom::{MemberWrite, member_body};
use serde::Serialize;
use told::bad_rule;
use utoipa::ToSchema;

/// How many other candidates of a match rule are named.
const CANDIDATES: usize = 20;

/// Everything about one person, in the order in which the plan looks at it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Explanation {
    /// Whom it is about.
    pub id: EmployeeId,
    /// The row of the directory; absent when there is none.
    pub employee: Option<Employee>,
    /// Names from the root to the main unit, joined by `/`.
    pub unit_path: Option<String>,
    /// Why no plan can be made at all; the rest then says only what is known.
    pub refused: Option<String>,
    /// What the scope says.
    pub scope: Option<ScopeVerdict>,
    /// The stored link.
    pub binding: Option<MemberBinding>,
    /// The linked or newly matched member, as last read.
    pub member: Option<Member>,
    /// The account that was deleted earlier and would be used again.
    pub tombstone: Option<Tombstone>,
    /// The match rules in order; empty when a link is stored.
    pub matching: Vec<RuleAttempt>,
    /// Every mapped field.
    pub fields: Vec<FieldExplanation>,
    /// The changes of the plan that concern this person.
    pub changes: Vec<Change>,
    /// The requests that these changes make, exactly as they would be sent.
    pub requests: Vec<Request>,
    /// What stands in the way, and what else should be known.
    pub notices: Vec<Notice>,
}

/// What the scope says about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScopeVerdict {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, where there is more to say.
    pub why: Option<String>,
}

/// How one match rule went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleAttempt {
    /// The rule.
    #[schema(value_type = String)]
    pub rule: Text,
    /// The employee's value in the form in which it is compared; empty = the rule cannot hit.
    pub value: String,
    /// Unlinked members with this value whom no earlier rule has given away.
    pub members: Vec<UserId>,
    /// Other unlinked employees with this value, in scope or not, whom no earlier rule has settled.
    pub employees: Vec<EmployeeId>,
    /// `empty`, `nobody`, `hit`, `unsure`, `ambiguous`
    pub outcome: &'static str,
}

/// One mapped field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldExplanation {
    /// The member's field.
    pub field: String,
    /// The mapping.
    pub expression: String,
    /// Its result in WeCom's form.
    pub value: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
    /// What WeCom shows; absent = not readable.
    #[schema(value_type = Option<String>)]
    pub shown: Option<Text>,
    /// What we last wrote.
    #[schema(value_type = Option<String>)]
    pub pushed: Option<Text>,
    /// `same`, `implied` (WeCom shows the position in its place), `differs`, `ignored` (WeCom ignored it before), `invalid`,
    /// `taken`, `new`, `empty` (it has no value, and a new member gets none), `unsent` (there is no member, and none is created)
    pub state: &'static str,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Request {
    /// The endpoint, e.g. `user/create`.
    pub endpoint: &'static str,
    /// The body or, for a delete, the query.
    pub body: serde_json::Value,
}

/// Explains what a plan would do with one person and why.
pub fn explain(input: &PlanInput<'_>, id: &EmployeeId) -> Explanation {
    explain_told(input, &Told::of(input), id)
}

/// [`explain`] with the plan of this very input.
pub fn explain_told(input: &PlanInput<'_>, told: &Told, id: &EmployeeId) -> Explanation {
    let employee = told.employee(input, id.as_str()).map(|at| &input.employees[at]);
    let binding = told.binding(input, id.as_str()).map(|at| &input.member_bindings[at]);
    let tombstones = input.tombstones.iter().filter(|tombstone| tombstone.employee == *id);
    let mut explanation = Explanation {
        id: id.clone(),
        employee: employee.cloned(),
        unit_path: None,
        refused: None,
        scope: None,
        binding: binding.cloned(),
        member: binding.and_then(|binding| find_member(input, told, &binding.userid)).cloned(),
        tombstone: tombstones.max_by_key(|tombstone| tombstone.deleted_at_ms).cloned(),
        matching: Vec::new(),
        fields: Vec::new(),
        changes: Vec::new(),
        requests: Vec::new(),
        notices: Vec::new(),
    };
    if let Err(refusal) = look(input, told, employee, binding, &mut explanation) {
        explanation.refused = Some(refusal.to_string());
    }
    explanation
}

fn look(
    input: &PlanInput<'_>,
    told: &Told,
    employee: Option<&Employee>,
    binding: Option<&MemberBinding>,
    explanation: &mut Explanation,
) -> Result<(), PlanRefusal> {
    let options = &input.corp.downstream;
    let refuse = |broken: &Option<PlanRefusal>| broken.clone().map_or(Ok(()), Err);
    refuse(&told.broken_source)?;
    let source = Source::around(input.units, employee)?;
    let at = source.find_employee(explanation.id.as_str());
    if let Some(at) = at {
        explanation.unit_path = Some(source.person(at).unit_path.to_owned()).filter(|path| !path.is_empty());
        let (verdict, why) = ScopeRules::compile(options, &source)?.verdict(&source, at);
        explanation.scope = Some(ScopeVerdict { verdict, why });
    }
    refuse(&told.broken_target)?;
    if let (Some(employee), None) = (employee, binding) {
        explanation.matching = attempts(input, told, employee)?;
    }
    let mut subjects = vec![explanation.id.to_string()];
    subjects.extend(explanation.member.iter().map(|member| member.userid.to_string()));
    subjects.extend(employee.map(|employee| employee.unit_id.to_string()));
    explanation.notices = told.notices(&subjects)?;
    explanation.changes = told.changes(&explanation.id)?;
    if explanation.member.is_none() {
        let matched = explanation.changes.iter().find_map(|change| match &change.action {
            Action::BindMember { userid, .. } => Some(userid),
            _ => None,
        });
        explanation.member = matched.and_then(|userid| find_member(input, told, userid)).cloned();
    }
    if let Some(at) = at {
        let creates = |change: &Change| matches!(change.action, Action::CreateMember { .. });
        let is_created = explanation.changes.iter().any(creates);
        let map = FieldMap::compile(options)?;
        explanation.fields = fields(&source, at, explanation.member.as_ref(), binding, &map, is_created);
    }
    explanation.requests =
        explanation.changes.iter().filter_map(|change| request(input.corp.edition, &change.action)).collect();
    Ok(())
}

fn find_member<'a>(input: &PlanInput<'a>, told: &Told, userid: &UserId) -> Option<&'a Member> {
    told.member(input, userid.as_str()).map(|at| &input.members[at])
}

fn attempts(input: &PlanInput<'_>, told: &Told, employee: &Employee) -> Result<Vec<RuleAttempt>, PlanRefusal> {
    let mut attempts = Vec::new();
    for (rule, stage) in input.corp.match_rules.iter().zip(told.match_stages()?) {
        let compiled = CompiledRule::compile(rule).map_err(bad_rule)?;
        let value = compiled.of_employee(employee);
        let wanted = Some(&value).filter(|value| !value.is_empty());
        let members = wanted
            .into_iter()
            .flat_map(|value| stage.members.equal(value, |at| compiled.of_member(&input.members[at])))
            .map(|at| input.members[at].userid.clone());
        let employees = wanted
            .into_iter()
            .flat_map(|value| stage.employees.equal(value, |at| compiled.of_employee(&input.employees[at])))
            .map(|at| &input.employees[at].id)
            .filter(|id| **id != employee.id);
        let hits: Vec<UserId> = members.take(CANDIDATES).collect();
        let employees: Vec<EmployeeId> = employees.take(CANDIDATES).cloned().collect();
        let outcome = match (value.is_empty(), hits.len(), employees.len()) {
            (true, _, _) => "empty",
            (_, 0, _) => "nobody",
            (_, 1, 0) if stage.is_unsure => "unsure",
            (_, 1, 0) => "hit",
            _ => "ambiguous",
        };
        let is_decided = matches!(outcome, "hit" | "unsure" | "ambiguous");
        let value = value.into_owned();
        attempts.push(RuleAttempt { rule: rule_name(rule), value, members: hits, employees, outcome });
        if is_decided {
            break;
        }
    }
    Ok(attempts)
}

fn fields(
    source: &Source<'_>,
    at: usize,
    member: Option<&Member>,
    binding: Option<&MemberBinding>,
    map: &FieldMap,
    is_created: bool,
) -> Vec<FieldExplanation> {
    let person = source.person(at);
    let nobody = Reserved::default();
    map.iter()
        .map(|mapping| {
            let wanted = mapping.render(&person);
            let is_implied = wanted.as_ref().is_ok_and(|value| map.is_implied(&mapping.field, value, &person));
            let (value, error) = match &wanted {
                Ok(value) => (Some(value.to_string()), None),
                Err(reason) => (None, Some(reason.clone())),
            };
            let state = match member {
                None if error.is_some() => "invalid",
                None if is_created && is_implied => "implied",
                None if is_created && value.as_deref().is_some_and(str::is_empty) => "empty",
                None if is_created => "new",
                None => "unsent",
                Some(member) if is_implied && member.fields.get(&mapping.field).is_none() => "implied",
                Some(member) => match compare_field(&mapping.field, wanted, is_implied, at, member, binding, &nobody) {
                    FieldState::Same => "same",
                    FieldState::Differs { .. } => "differs",
                    FieldState::Ignored => "ignored",
                    FieldState::Invalid(_) => "invalid",
                    FieldState::Taken => "taken",
                },
            };
            FieldExplanation {
                field: mapping.field.path().into_owned(),
                expression: mapping.source.clone(),
                value,
                error,
                shown: member.and_then(|member| member.fields.get(&mapping.field)).cloned(),
                pushed: binding.and_then(|binding| binding.pushed.get(&mapping.field)).map(|p| p.value.clone()),
                state,
            }
        })
        .collect()
}

fn request(edition: crate::model::Edition, action: &Action) -> Option<Request> {
    let endpoint = super::budget::endpoint(action)?;
    let body = match action {
        Action::CreateMember { userid, after, invite, .. } => {
            let write = MemberWrite { userid: userid.clone(), image: after.clone(), to_invite: Some(*invite) };
            member_body(edition, &write, true)
        }
        Action::UpdateMember { userid, after, .. }
        | Action::EnableMember { userid, after, .. }
        | Action::DisableMember { userid, after, .. } => {
            let write = MemberWrite { userid: userid.clone(), image: after.clone(), to_invite: None };
            member_body(edition, &write, false)
        }
        Action::DeleteMember { userid, .. } => Ok(serde_json::json!({ "userid": userid })),
        _ => return None,
    };
    let body = body.unwrap_or_else(|reason| serde_json::json!({ "cannot_be_sent": reason }));
    Some(Request { endpoint, body })
}
