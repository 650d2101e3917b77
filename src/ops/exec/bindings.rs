//! `bindings …`

use super::MessageReport;
use super::sync::refusal;
use crate::app::App;
use crate::model::{Actor, CorpKey, EmployeeId, UserId};
use crate::ops::admin::wire::Bytes;
use crate::ops::admin::{Answer, BindingCommand, CommandError, Exit, FileFormat, Upload};
use crate::store;
use crate::sync::SyncError;
use crate::sync::bindings::{self, LinkRequest};
use serde_json::json;

/// Executes one of them.
pub(super) async fn execute(app: &App, actor: &Actor, command: BindingCommand) -> Result<Answer, CommandError> {
    let env = &app.env;
    match command {
        BindingCommand::List { corp } => list(app, &corp).await,
        BindingCommand::Bind { corp, employee, userid } => {
            bindings::bind(env, &corp, &employee, &userid, actor).await.map_err(refused)?;
            MessageReport::answer(
                format!("employee {employee} is bound to member {userid}"),
                format!("人员 {employee} 已关联成员 {userid}"),
            )
        }
        BindingCommand::BindUnit { corp, unit, department } => {
            bindings::bind_department(env, &corp, &unit, department, actor).await.map_err(refused)?;
            MessageReport::answer(
                format!("unit {unit} is bound to department {department}"),
                format!("部门 {unit} 已关联企业微信部门 {department}"),
            )
        }
        BindingCommand::Unbind { corp, all: true, yes: false, .. } => {
            let key = env.get_corp(&corp).await.map_err(refused)?.key;
            let count = app.store.read_async(move |tx| store::bindings::members(tx, &key)).await;
            let count = count.map_err(|error| CommandError::from_chain(&error))?.len();
            let exit = if count == 0 { Exit::Done } else { Exit::Pending };
            let (message, zh) = match count {
                0 => ("there is no binding to take away".to_owned(), "没有可解除的关联".to_owned()),
                _ => (
                    format!("{count} bindings would be taken away and nothing was written; do it with --yes"),
                    format!("将解除 {count} 条关联，尚未写入；加 --yes 执行"),
                ),
            };
            Ok(Answer { exit, ..MessageReport::answer(message, zh)? })
        }
        BindingCommand::Unbind { corp, all: true, .. } => {
            let count = bindings::unbind_all(env, &corp, actor).await.map_err(refused)?;
            taken_away(count)
        }
        BindingCommand::Unbind { corp, employees, all: false, .. } => {
            bindings::unbind_many(env, &corp, &employees, actor).await.map_err(refused)?;
            taken_away(employees.len() as u64)
        }
        BindingCommand::UnbindUnit { corp, unit } => {
            bindings::unbind_department(env, &corp, &unit, actor).await.map_err(refused)?;
            MessageReport::answer(
                format!("the binding of unit {unit} was taken away; the department stays as it is"),
                format!("已解除部门 {unit} 的关联；企业微信部门保持不变"),
            )
        }
        BindingCommand::Export { corp, format } => {
            let (format, ending) = match format {
                FileFormat::Csv => (bindings::FileFormat::Csv, "csv"),
                FileFormat::Xlsx => (bindings::FileFormat::Xlsx, "xlsx"),
            };
            let content = bindings::export(env, &corp, format, crate::directory::export::Captions::English)
                .await
                .map_err(refused)?;
            Answer::new(Exit::Done, &Upload { name: format!("bindings-{corp}.{ending}"), content: Bytes(content) })
        }
        BindingCommand::Import { corp, file, member_field, dry_run } => {
            let request = LinkRequest { member_field, dry_run };
            let imported = bindings::import(env, &corp, &file.name, file.content.0.into(), request, actor).await;
            let report = imported.map_err(refused)?;
            let exit = match (report.faults_total, dry_run && report.bound > 0) {
                (0, true) => Exit::Pending,
                (0, false) => Exit::Done,
                _ => Exit::Partly,
            };
            Answer::new(exit, &report)
        }
        BindingCommand::Ambiguous { corp } => {
            let cases = bindings::resolve_list(env, &corp).await.map_err(refused)?;
            Answer::new(Exit::Done, &json!({ "cases": cases }))
        }
        BindingCommand::Resolve { corp, employee, userid } => resolve(app, actor, &corp, &employee, &userid).await,
    }
}

fn taken_away(count: u64) -> Result<Answer, CommandError> {
    let en = match count {
        1 => "1 binding was taken away; the member stays as it is".to_owned(),
        _ => format!("{count} bindings were taken away; the members stay as they are"),
    };
    MessageReport::answer(en, format!("已解除 {count} 条关联；企业微信成员保持不变"))
}

async fn list(app: &App, corp: &CorpKey) -> Result<Answer, CommandError> {
    let key = app.env.get_corp(corp).await.map_err(refused)?.key;
    let read = app
        .store
        .read_async(move |tx| Ok((store::bindings::members(tx, &key)?, store::bindings::departments(tx, &key)?)));
    let (members, departments) = read.await.map_err(|error| CommandError::from_chain(&error))?;
    Answer::new(Exit::Done, &json!({ "members": members, "departments": departments }))
}

/// Finds the case that the pair belongs to: a pair can be of one case only, for each side takes part in one rule.
async fn resolve(
    app: &App,
    actor: &Actor,
    corp: &CorpKey,
    employee: &EmployeeId,
    userid: &UserId,
) -> Result<Answer, CommandError> {
    let cases = bindings::resolve_list(&app.env, corp).await.map_err(refused)?;
    let case = cases
        .iter()
        .find(|case| case.employees.contains(employee) && case.members.iter().any(|member| member.is_same(userid)))
        .ok_or_else(|| CommandError::usage(format!("no ambiguous case has employee {employee} and member {userid}")))?;
    bindings::resolve(&app.env, corp, &case.key(), employee, userid, actor).await.map_err(refused)?;
    MessageReport::answer(
        format!("employee {employee} is bound to member {userid}"),
        format!("人员 {employee} 已关联成员 {userid}"),
    )
}

/// A binding that is refused is a fault of the command; nothing was changed.
fn refused(error: SyncError) -> CommandError {
    match error {
        SyncError::Binding(_) | SyncError::BindingFile(_) => CommandError::usage(error.to_string()),
        other => refusal(other),
    }
}
