//! The one table from the rooms' errors to answers: which status, which stable code. The sentence is the error's own.

use super::{Fault, Problem};
use crate::admin::AccountError;
use crate::admin::keys::{Excess, KeyError};
use crate::admin::settings::SettingsError;
use crate::browse::BrowseError;
use crate::callbacks::replies::{ReplyError, ReplyFault};
use crate::directory::{DirectoryError, Fault as DirectoryFault, Place};
use crate::menus::MenuError;
use crate::messages::MessageError;
use crate::messages::rulebook::RuleError;
use crate::ops::backups::BackupError;
use crate::setup::{SetupError, SetupFaults};
use crate::store::StoreError;
use crate::sync::SyncError;
use crate::webhooks::WebhookError;
use actix_web::http::StatusCode;

/// The first letter large, a full stop at the end.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let mut sentence: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// Errors of the store. Paths and internals stay in the log.
pub fn store_problem(error: StoreError) -> Problem {
    match &error {
        StoreError::Conflict { what, present } => {
            let told = sentence(&error);
            Problem::conflict("store.conflict", told).with("what", what.as_str()).with("present", present.as_str())
        }
        StoreError::NotFound { what } => {
            let kind = what.split_whitespace().next().unwrap_or("thing");
            Problem::new(StatusCode::NOT_FOUND, format!("{kind}.not_found"), sentence(&error))
        }
        StoreError::Refused(_) => Problem::invalid("request.refused", sentence(&error)),
        StoreError::DiskFull { .. } => Problem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "store.full",
            "The disk of the bridge is full, and it is unknown whether the change was stored. Free some space, then look before \
             you repeat it.",
        )
        .caused_by(error),
        StoreError::Busy { .. } | StoreError::Closed => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store.busy",
            "The store cannot be used at this moment; try again shortly.",
        )
        .retry_after_s(5)
        .caused_by(error),
        StoreError::CommitFailed { .. } => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "store.commit_failed",
            "It is unknown whether the change was stored; look before you repeat it.",
        )
        .caused_by(error),
        _ => Problem::internal(error),
    }
}

/// Errors of tenants, corps, apps, secrets and set-up files.
pub fn setup_problem(error: SetupError) -> Problem {
    match error {
        SetupError::Faults(faults) => faults_problem(&faults),
        SetupError::NotFound(ref what) => {
            let kind = what.split_whitespace().next().unwrap_or("thing").to_owned();
            Problem::new(StatusCode::NOT_FOUND, format!("{kind}.not_found"), sentence(&error))
        }
        SetupError::Conflict { .. } => Problem::conflict("setup.conflict", sentence(&error)),
        SetupError::Stale => Problem::conflict("setup.stale", sentence(&error)),
        SetupError::Linked(ref linked) => {
            let linked = serde_json::to_value(linked).unwrap_or_default();
            Problem::conflict("setup.linked", sentence(&error)).with("linked", linked)
        }
        SetupError::Unconfirmed(ref all) => {
            let keys: Vec<&str> = all.iter().map(|one| one.key.as_str()).collect();
            let told = format!(
                "{}. This cannot be had back: `confirm` must name {}.",
                sentence(&error).trim_end_matches('.'),
                keys.join(", ")
            );
            all.iter().fold(Problem::invalid("request.confirm", told), |problem, one| {
                problem.at("confirm", format!("must have {:?}: {one}", one.key))
            })
        }
        SetupError::Write(_) => Problem::internal(error),
        SetupError::Store(cause) => store_problem(cause),
    }
}

/// Faults of a set-up, each with its place.
pub fn faults_problem(faults: &SetupFaults) -> Problem {
    Problem::invalid("setup.invalid", "The settings are not acceptable.")
        .with_faults(faults.0.iter().map(|fault| Fault { at: fault.path.clone(), message: fault.message.clone() }))
}

/// Errors of the OA directory. Faults name sheet, row and column.
pub fn directory_problem(error: DirectoryError) -> Problem {
    let told = sentence(&error);
    match error {
        DirectoryError::Refused(_) | DirectoryError::BadRows(_) => {
            let faults: Vec<Fault> = error
                .faults()
                .into_iter()
                .flat_map(|faults| &faults.list)
                .map(|fault| Fault { at: fault.place.to_string(), message: fault.reason.clone() })
                .collect();
            let total = error.faults().map_or(0, |faults| faults.total);
            Problem::invalid(error.code(), told).with_faults(faults).with("total_faults", total)
        }
        DirectoryError::UnknownTenant(tenant) => Problem::not_found("tenant", tenant),
        DirectoryError::NotFound { what, id } => Problem::not_found(what, id),
        DirectoryError::PreviewChanged => Problem::conflict(error.code(), told),
        DirectoryError::Busy { .. } | DirectoryError::Changed => Problem::conflict(error.code(), told).retry_after_s(5),
        DirectoryError::Store(cause) => store_problem(cause),
    }
}

/// [`directory_problem`] of a JSON body: faults name the place in it, `employees[3].mobile`, or `mobile` where the body is
/// one row.
pub fn directory_body_problem(error: DirectoryError, is_list: bool) -> Problem {
    let (DirectoryError::BadRows(faults) | DirectoryError::Refused(faults)) = &error else {
        return directory_problem(error);
    };
    let place = |fault: &DirectoryFault| {
        let Place { sheet, row, column } = &fault.place;
        match (is_list, row.checked_sub(1)) {
            (true, Some(at)) if column.is_empty() => format!("{sheet}[{at}]"),
            (true, Some(at)) => format!("{sheet}[{at}].{column}"),
            (true, None) => sheet.to_string(),
            (false, _) => column.to_string(),
        }
    };
    let list: Vec<Fault> = faults
        .list
        .iter()
        .map(|fault| {
            let value = if fault.value.is_empty() { String::new() } else { format!("{:?}: ", fault.value.as_str()) };
            Fault { at: place(fault), message: format!("{value}{}", fault.reason) }
        })
        .collect();
    let rows = if faults.total == 1 { "fault" } else { "faults" };
    let told = format!("The rows have {} {rows}; nothing was written.", faults.total);
    Problem::invalid(error.code(), told).with_faults(list).with("total_faults", faults.total)
}

/// Errors of push rules. Faults name the part of the rule.
pub fn rule_problem(error: RuleError) -> Problem {
    let told = sentence(&error);
    match error {
        RuleError::Faults(faults) => Problem::invalid("rule.invalid", "The rule cannot be saved like this.")
            .with_faults(faults.into_iter().map(|fault| Fault { at: fault.at, message: fault.kind.to_string() })),
        RuleError::TooMany => Problem::conflict("rule.too_many", told),
        RuleError::Store(cause) => store_problem(cause),
    }
}

/// Errors of menus. Faults name the entry.
pub fn menu_problem(error: MenuError) -> Problem {
    let told = sentence(&error);
    match error {
        MenuError::Faults(faults) => Problem::invalid("menu.invalid", "WeCom would refuse this menu.")
            .with_faults(faults.into_iter().map(|fault| Fault { at: fault.field.clone(), message: fault.to_string() })),
        MenuError::Call(ref cause) => {
            let problem = Problem::new(StatusCode::BAD_GATEWAY, "menu.refused", told);
            let refused = cause.refusal().map(|refusal| refusal.errcode);
            let problem = refused.into_iter().fold(problem, |problem, errcode| problem.with("errcode", errcode));
            problem.caused_by(error)
        }
        MenuError::Lost { is_read_back, .. } => {
            let code = if is_read_back { "menu.not_in_force" } else { "menu.unknown" };
            Problem::new(StatusCode::BAD_GATEWAY, code, told).caused_by(error)
        }
        MenuError::Sync(cause) => sync_problem(*cause),
        MenuError::Store(cause) => store_problem(cause),
    }
}

/// Errors of the engine.
pub fn sync_problem(error: SyncError) -> Problem {
    let (code, told) = (error.code(), sentence(&error));
    match error {
        SyncError::NoCorp(corp) => Problem::not_found("corp", corp),
        SyncError::NoPlan(plan) => Problem::not_found("plan", plan),
        SyncError::NoRun(run) => Problem::not_found("run", run),
        SyncError::NoEmployee { employee, .. } => Problem::not_found("employee", employee),
        SyncError::Store(cause) => store_problem(cause),
        SyncError::NoReason(_) => Problem::invalid(code, told).at("reason", "must not be empty"),
        SyncError::Plan(refusal) => Problem::invalid(refusal.code(), told),
        SyncError::BindingFile(_) => Problem::invalid(code, told),
        SyncError::Busy { .. } => Problem::conflict(code, told).retry_after_s(10),
        SyncError::WrongState { state, .. } => {
            Problem::conflict(code, told).with("state", serde_json::to_value(state).unwrap_or_default())
        }
        SyncError::Drift { differences, total, .. } => Problem::conflict(code, told)
            .with_faults(differences.into_iter().map(|message| Fault { at: "WeCom".into(), message }))
            .with("total", total),
        SyncError::DirectoryChanged { differences, total, .. } => Problem::conflict(code, told)
            .with_faults(differences.into_iter().map(|message| Fault { at: "directory".into(), message }))
            .with("total", total),
        SyncError::Read { ref cause, .. } | SyncError::Stopped { ref cause, .. } => {
            let problem = Problem::new(StatusCode::BAD_GATEWAY, code, told);
            let refused = cause.refusal().map(|refusal| refusal.errcode);
            let problem = refused.into_iter().fold(problem, |problem, errcode| problem.with("errcode", errcode));
            problem.caused_by(error)
        }
        SyncError::Suspicious { .. } => Problem::new(StatusCode::BAD_GATEWAY, code, told).caused_by(error),
        SyncError::Stopping => Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, told).retry_after_s(10),
        SyncError::Bug(_) => Problem::internal(error),
        _ => Problem::conflict(code, told),
    }
}

/// Errors of what people look at.
pub fn browse_problem(error: BrowseError) -> Problem {
    let told = sentence(&error);
    match error {
        BrowseError::NoTenant(tenant) => Problem::not_found("tenant", tenant),
        BrowseError::NoCorp(corp) => Problem::not_found("corp", corp),
        BrowseError::NoPlan(plan) => Problem::not_found("plan", plan),
        BrowseError::BadCursor => Problem::bad_request("list.cursor", told),
        BrowseError::TooLarge { .. } => Problem::invalid("list.too_large", told),
        BrowseError::Store(cause) => store_problem(cause),
        BrowseError::Schedules(cause) => sync_problem(cause),
        BrowseError::Bug(_) | BrowseError::Export(_) => Problem::internal(error),
    }
}

/// Errors of messages.
pub fn message_problem(error: MessageError) -> Problem {
    let (code, told) = (error.code(), sentence(&error));
    match error {
        MessageError::Invalid(faults) => Problem::invalid(code, told)
            .with_faults(faults.into_iter().map(|fault| Fault { at: fault.at, message: fault.message })),
        MessageError::NoTenant(tenant) => Problem::not_found("tenant", tenant),
        MessageError::NoMessage(id) => Problem::not_found("message", id),
        MessageError::NoDelivery(seq) => Problem::not_found("delivery", seq),
        MessageError::Setting { field, ref rule } => Problem::invalid(code, told.clone()).at(field, rule.clone()),
        MessageError::OtherRequest
        | MessageError::NoRecall(_)
        | MessageError::NoTodo
        | MessageError::TooManyChanges => Problem::conflict(code, told),
        MessageError::NotAlone { others } => Problem::conflict(code, told).with("others", others),
        MessageError::Store(cause) => store_problem(cause),
    }
}

/// Errors of API keys.
pub fn key_problem(error: KeyError) -> Problem {
    match error {
        KeyError::Store(cause) => store_problem(cause),
        KeyError::Unknown(id) => Problem::not_found("key", id),
        KeyError::NameTaken(_) => Problem::conflict("key.name_taken", sentence(&error)),
        KeyError::Name => Problem::invalid("key.name", sentence(&error)).at("name", error.to_string()),
        KeyError::NoScope => Problem::invalid("key.no_scope", sentence(&error)).at("scopes", error.to_string()),
        KeyError::Network(_) => {
            Problem::invalid("key.network_form", sentence(&error)).at("networks", error.to_string())
        }
        KeyError::NotHeld(ref excess) => {
            let code = match excess {
                Excess::Scope(_) => "key.scope_not_held",
                Excess::Network(_) => "key.network_not_held",
                Excess::Expiry => "key.expiry_not_held",
            };
            let problem = Problem::new(StatusCode::FORBIDDEN, code, sentence(&error));
            match excess {
                Excess::Scope(scope) => problem.with("scope", scope.name()),
                Excess::Network(network) => problem.with("network", network.as_str()),
                Excess::Expiry => problem,
            }
        }
        KeyError::MakerGone => Problem::unauthorized("key.revoked", sentence(&error)),
        KeyError::Expired => Problem::invalid("key.expiry", sentence(&error)).at("expires_at_ms", error.to_string()),
    }
}

/// Errors of accounts.
pub fn account_problem(error: AccountError) -> Problem {
    let (code, told) = (error.code(), sentence(&error));
    let field = |field: &str| Problem::invalid(code, told.clone()).at(field, error.to_string());
    match error {
        AccountError::Store(cause) => store_problem(cause),
        AccountError::Hash(_) => Problem::internal(error),
        AccountError::Unknown(id) => Problem::not_found("account", id),
        AccountError::Name(_) => field("name"),
        AccountError::DisplayName => field("display_name"),
        AccountError::Language(_) => field("language"),
        AccountError::Password(_) => field("password"),
        AccountError::NameTaken(_)
        | AccountError::LastAdministrator(_)
        | AccountError::NotProved
        | AccountError::NotBegun => Problem::conflict(code, told),
        AccountError::WrongPassword | AccountError::WrongCode => Problem::new(StatusCode::FORBIDDEN, code, told),
        AccountError::Wait { retry_after_s } => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, code, told).retry_after_s(retry_after_s)
        }
        AccountError::Busy => Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, told).retry_after_s(5),
    }
}

/// Errors of webhooks.
pub fn webhook_problem(error: WebhookError) -> Problem {
    let told = sentence(&error);
    match error {
        WebhookError::Faults(faults) => {
            let faults = faults.into_iter().map(|fault| Fault { at: fault.field.into(), message: fault.rule.into() });
            Problem::invalid("webhook.invalid", told).with_faults(faults)
        }
        WebhookError::NoWebhook(name) => Problem::not_found("webhook", name),
        WebhookError::NoPost(id) => Problem::not_found("post", id),
        WebhookError::NotDead(_) => Problem::conflict("post.not_dead", told),
        WebhookError::Store(cause) => store_problem(cause),
    }
}

/// Errors of auto replies.
pub fn reply_problem(error: ReplyError) -> Problem {
    let told = sentence(&error);
    match error {
        ReplyError::Faults(faults) => {
            let fault = |fault: ReplyFault| Fault { at: fault.field, message: fault.rule.text().into() };
            Problem::invalid("auto_reply.invalid", told).with_faults(faults.into_iter().map(fault))
        }
        ReplyError::NoApp(app) => Problem::not_found("app", app),
        ReplyError::NoRule(id) => Problem::not_found("auto_reply", id),
        ReplyError::NoPicture(id) => Problem::not_found("picture", id),
        ReplyError::Picture(_) => Problem::invalid("picture.invalid", told),
        ReplyError::PictureInUse(_) => Problem::conflict("picture.in_use", told),
        ReplyError::Store(cause) => store_problem(cause),
    }
}

/// Errors of the base settings.
pub fn settings_problem(error: SettingsError) -> Problem {
    match error {
        SettingsError::Value { field, ref rule } => {
            Problem::invalid("settings.invalid", sentence(&error)).at(field, rule.clone())
        }
        SettingsError::Stale => Problem::conflict("setup.stale", sentence(&error)),
        SettingsError::Store(cause) => store_problem(cause),
    }
}

/// A backup on the appliance that cannot be made, found or removed.
pub fn backup_problem(error: BackupError) -> Problem {
    match error {
        BackupError::Store(cause) => store_problem(cause),
        BackupError::Unknown(name) => Problem::not_found("backup", name),
        BackupError::Folder { .. } => Problem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "backup.folder",
            "The folder of the backups cannot be used: is the disk full or read-only?",
        )
        .caused_by(error),
        BackupError::Bug(_) => Problem::internal(error),
    }
}
