//! The binding file (BIND-05): export the employees with a link column, fill in the chosen field's values of WeCom
//! members, import it again.

use super::{new_binding, put, resolve};
use crate::directory::export::{Captions, ExportError};
use crate::directory::guard::unguard;
use crate::directory::kind::{Column, lacking};
use crate::directory::{Limits, rows, sheet};
use crate::model::{
    Actor, BindingOrigin, Corp, CorpKey, Employee, EmployeeId, MatchRule, Member, MemberBinding, MemberField, Text,
    UserId,
};
use crate::store::{self, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::matching::{CompiledRule, check_rules};
use crate::tasks::joined;
use bytes::Bytes;
use serde::Serialize;
use std::collections::HashMap;
use std::io::Cursor;

/// Faults that are told; all are counted.
const FAULTS_KEPT: usize = 1_000;
/// The columns, in order; an import reads the two that must be there.
const COLUMNS: [Column; 8] = [
    Column { name: "id", caption: "人员编号", required: true },
    Column { name: "name", caption: "姓名", required: false },
    Column { name: "account", caption: "账号", required: false },
    Column { name: "employee_no", caption: "工号", required: false },
    Column { name: "mobile", caption: "手机号", required: false },
    Column { name: "unit_id", caption: "主部门", required: false },
    Column { name: "link", caption: "关联", required: true },
    Column { name: "member_name", caption: "成员姓名", required: false },
];
/// Other captions of those two.
const ALSO: [(&str, &str); 2] = [("人员ID", "id"), ("企业微信", "link")];

/// How a binding file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Workbook.
    Xlsx,
    /// UTF-8 with byte order mark, so that spreadsheets read it right.
    Csv,
}

/// What is asked of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRequest {
    /// The member field whose values are in the link column: `userid`, `mobile`, `email`, `alias`, `name`,
    /// `extattr.<name>`.
    pub member_field: String,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What became of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct LinkImport {
    /// Whether links were made; `false` for a dry run.
    #[serde(default)]
    pub written: bool,
    /// New links; of a dry run, those that would be made.
    pub bound: u64,
    /// Links that were there already.
    pub unchanged: u64,
    /// Rows without a value in the link column.
    pub empty: u64,
    /// Rows that were not used; at most 1,000 are told.
    pub faults: Vec<LinkFault>,
    /// All of them.
    pub faults_total: u64,
}

/// A row that is linked, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPair {
    /// Row in the file, from 1.
    pub row: u32,
    /// Its employee.
    pub employee: EmployeeId,
    /// The employee's name.
    pub employee_name: Text,
    /// The member whose field has the row's value.
    pub userid: UserId,
    /// The member's name; empty where it cannot be read.
    pub member_name: Text,
}

/// Why a row was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkFaultCode {
    /// The directory has no such employee.
    NoEmployee,
    /// No member shows the value, or the field cannot be read.
    NoMember,
    /// Several members show the value.
    SeveralMembers,
    /// The employee is linked to another member.
    OtherMember,
    /// The link contradicts another one, made since or by a row before.
    Conflict,
}

/// A row that was not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct LinkFault {
    /// Why, as a code.
    pub code: LinkFaultCode,
    /// Row in the file, from 1.
    pub row: u32,
    /// Its employee.
    pub employee: String,
    /// Why.
    pub why: String,
}

/// All employees with their links, as a file to fill in. An import reads it in either language.
pub async fn export(env: &Env, corp: &CorpKey, format: FileFormat, captions: Captions) -> Result<Vec<u8>, SyncError> {
    let (_, employees, members, bindings) = load(env, corp).await?;
    let linked: HashMap<&EmployeeId, &MemberBinding> = bindings.iter().map(|b| (&b.employee, b)).collect();
    let known: HashMap<Text, &Member> = members.iter().map(|m| (m.userid.folded(), m)).collect();
    let line = |employee: &Employee| -> Result<[String; 8], ExportError> {
        let binding = linked.get(&employee.id);
        let member = binding.and_then(|binding| known.get(&binding.userid.folded()));
        let name = member.and_then(|member| member.fields.get(&MemberField::Name));
        Ok([
            employee.id.to_string(),
            employee.name.to_string(),
            employee.account.to_string(),
            employee.employee_no.to_string(),
            employee.mobile.to_string(),
            employee.unit_id.to_string(),
            binding.map(|binding| binding.userid.to_string()).unwrap_or_default(),
            name.map(|name| name.to_string()).unwrap_or_default(),
        ])
    };
    let mut bytes = Cursor::new(Vec::new());
    let lines = employees.iter().map(line);
    let (name, captions) = match captions {
        Captions::English => ("links", COLUMNS.map(|column| column.name)),
        Captions::Chinese => ("关联", COLUMNS.map(|column| column.caption)),
    };
    let written = match format {
        FileFormat::Csv => sheet::write_csv(&mut bytes, &captions, lines),
        FileFormat::Xlsx => sheet::write_xlsx(&mut bytes, name, &captions, lines),
    };
    written.map_err(|why| SyncError::Bug(format!("the binding file could not be written: {why}")))?;
    Ok(bytes.into_inner())
}

/// Links the employees of a filled-in file. A row that cannot be used is told and left out; the others are done. The
/// corp must be idle.
///
/// # Errors
/// [`SyncError::BindingFile`] when the file as a whole cannot be used; nothing is changed then.
pub async fn import(
    env: &Env,
    corp: &CorpKey,
    file_name: &str,
    content: Bytes,
    request: LinkRequest,
    actor: &Actor,
) -> Result<LinkImport, SyncError> {
    let _lease = env.occupy(corp, "importing links", &actor.name)?;
    let (corp, report, pairs) = read_pairs(env, corp, file_name, content, &request.member_field).await?;
    if request.dry_run {
        return Ok(LinkImport { bound: pairs.len() as u64, ..report });
    }
    bind_pairs(env, &corp, pairs, report, actor).await
}

/// The pairs of a filled-in file that can be linked now; the rest of its rows is counted and told.
pub(super) async fn read_pairs(
    env: &Env,
    corp: &CorpKey,
    file_name: &str,
    content: Bytes,
    member_field: &str,
) -> Result<(Corp, LinkImport, Vec<LinkPair>), SyncError> {
    let rule = MatchRule { employee: "id".into(), member: member_field.to_owned() };
    check_rules(std::slice::from_ref(&rule)).map_err(|fault| SyncError::BindingFile(fault.to_string()))?;
    // taking a file apart is work for a thread that may block
    let name = file_name.to_owned();
    let read = tokio::task::spawn_blocking(move || rows::read(&name, &content, Limits::UPLOAD));
    let read = joined(read).await.map_err(SyncError::Bug)?;
    let wanted = columns(read.map_err(|faults| SyncError::BindingFile(faults.to_string()))?)?;
    let (corp, employees, members, bindings) = load(env, corp).await?;
    let mut report = LinkImport::default();
    let pairs = pair_up(&rule, wanted, &employees, &members, &bindings, &mut report)?;
    Ok((corp, report, pairs))
}

/// Links these pairs, one by one; one that contradicts what others have linked meanwhile is told and left out.
pub(super) async fn bind_pairs(
    env: &Env,
    corp: &Corp,
    pairs: Vec<LinkPair>,
    report: LinkImport,
    actor: &Actor,
) -> Result<LinkImport, SyncError> {
    let now_ms = env.clock.now_ms();
    let mut report = LinkImport { written: true, ..report };
    for LinkPair { row, employee, userid, .. } in pairs {
        let (corp, actor, id) = (corp.clone(), actor.clone(), employee.clone());
        let bound = env
            .store
            .write(move |tx| {
                let binding = new_binding(tx, &corp, &id, &userid, BindingOrigin::Import, now_ms)?;
                put(tx, &corp, &binding, &actor)?;
                resolve::settle(tx, &corp.key, &binding)
            })
            .await;
        match bound {
            Ok(()) => report.bound += 1,
            Err(error @ (StoreError::Conflict { .. } | StoreError::Refused(_))) => {
                report.fault(row, employee.as_str(), LinkFaultCode::Conflict, error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(report)
}

impl LinkImport {
    fn fault(&mut self, row: u32, employee: &str, code: LinkFaultCode, why: String) {
        self.faults_total += 1;
        if self.faults.len() < FAULTS_KEPT {
            self.faults.push(LinkFault { code, row, employee: employee.to_owned(), why });
        }
    }
}

/// The two columns that count, row by row.
fn columns(read: Vec<rows::Row>) -> Result<Vec<(u32, String, String)>, SyncError> {
    let mut read = read.into_iter();
    let (_, captions) = read.next().ok_or_else(|| SyncError::BindingFile("it is empty".into()))?;
    let known = |caption: &String| {
        let caption = caption.trim();
        let other = ALSO.iter().find(|(also, _)| caption.eq_ignore_ascii_case(also));
        other.map_or_else(|| caption.to_owned(), |(_, name)| (*name).to_owned())
    };
    let captions: Vec<String> = captions.iter().map(known).collect();
    if let Some(reason) = lacking(&COLUMNS, &captions) {
        return Err(SyncError::BindingFile(reason));
    }
    let find = |name: &str| {
        let column = COLUMNS.iter().find(|column| column.name == name);
        let at = captions.iter().position(|caption| column.is_some_and(|column| column.is(caption)));
        at.ok_or_else(|| SyncError::Bug(format!("the column {name} is not found")))
    };
    let (id, link) = (find("id")?, find("link")?);
    let value = |values: &[String], column: usize| {
        // without the mark that an export puts before what looks like a formula
        unguard(values.get(column).map_or("", |value| value.trim())).to_owned()
    };
    Ok(read.map(|(row, values)| (row, value(&values, id), value(&values, link))).collect())
}

/// The pairs that can be bound; the rest is counted or told.
fn pair_up<'m>(
    rule: &MatchRule,
    wanted: Vec<(u32, String, String)>,
    employees: &'m [Employee],
    members: &'m [Member],
    bindings: &'m [MemberBinding],
    report: &mut LinkImport,
) -> Result<Vec<LinkPair>, SyncError> {
    let compiled = CompiledRule::compile(rule).map_err(|fault| SyncError::BindingFile(fault.to_string()))?;
    let mut by_value: HashMap<String, Vec<&Member>> = HashMap::new();
    for member in members {
        let value = compiled.of_member(member);
        if !value.is_empty() {
            by_value.entry(value.into_owned()).or_default().push(member);
        }
    }
    let known: HashMap<&str, &Employee> = employees.iter().map(|e| (e.id.as_str(), e)).collect();
    // What is linked by now, row by row: a dry run refuses what the import would.
    let mut of_employee: HashMap<&str, &UserId> = bindings.iter().map(|b| (b.employee.as_str(), &b.userid)).collect();
    let mut of_member: HashMap<Text, &EmployeeId> = bindings.iter().map(|b| (b.userid.folded(), &b.employee)).collect();
    let mut pairs = Vec::new();
    for (row, id, link) in wanted {
        if link.is_empty() {
            report.empty += 1;
            continue;
        }
        let Some(employee) = known.get(id.as_str()) else {
            report.fault(row, &id, LinkFaultCode::NoEmployee, "there is no such employee in the directory".into());
            continue;
        };
        match by_value.get(compiled.normal(&link).as_ref()).map_or(&[][..], Vec::as_slice) {
            [] => {
                let why = format!("no member shows {} = {link}, or the field cannot be read", rule.member);
                report.fault(row, &id, LinkFaultCode::NoMember, why);
            }
            [member] => match (of_employee.get(employee.id.as_str()), of_member.get(&member.userid.folded())) {
                (Some(present), _) if present.is_same(&member.userid) => report.unchanged += 1,
                (Some(present), _) => {
                    let why = format!(
                        "the employee is linked to member {present}, before or by a row above: only one is possible"
                    );
                    report.fault(row, &id, LinkFaultCode::OtherMember, why);
                }
                (None, Some(other)) => {
                    let why = format!(
                        "member {} is linked to employee {other}, before or by a row above: only one is possible",
                        member.userid
                    );
                    report.fault(row, &id, LinkFaultCode::Conflict, why);
                }
                (None, None) => {
                    of_employee.insert(employee.id.as_str(), &member.userid);
                    of_member.insert(member.userid.folded(), &employee.id);
                    pairs.push(LinkPair {
                        row,
                        employee: employee.id.clone(),
                        employee_name: employee.name.clone(),
                        userid: member.userid.clone(),
                        member_name: member.fields.get(&MemberField::Name).cloned().unwrap_or_default(),
                    });
                }
            },
            several => report.fault(
                row,
                &id,
                LinkFaultCode::SeveralMembers,
                format!("{} members show this value", several.len()),
            ),
        }
    }
    Ok(pairs)
}

type Lists = (Corp, Vec<Employee>, Vec<Member>, Vec<MemberBinding>);

async fn load(env: &Env, corp: &CorpKey) -> Result<Lists, SyncError> {
    let corp = env.get_corp(corp).await?;
    Ok(env
        .store
        .read_async(move |tx| {
            let employees = store::directory::employees(tx, &corp.tenant)?;
            let members = store::mirror::members(tx, &corp.key)?;
            let bindings = store::bindings::members(tx, &corp.key)?;
            Ok((corp, employees, members, bindings))
        })
        .await?)
}
