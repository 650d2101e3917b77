//! Accounts of people.

use crate::cli::language::Language;
use crate::cli::table::table;
use crate::ops::exec::{AccountReport, PasswordReport, SetupLinkReport};
use serde::Deserialize;

/// An account whose password was just set; a generated one stands alone in the first line.
pub fn account_password(report: &PasswordReport, language: Language) -> String {
    let (name, role) = (&report.about.name, report.about.role.name());
    let done = match language {
        Language::En => format!("The account {name} ({role}) is ready.\n"),
        Language::Zh => format!("账号 {name}（{role}）已就绪。\n"),
    };
    let hint = language.pick(
        "Keep the password now: it is not shown again and must be changed at the first sign-in.",
        "请立即保存密码，之后不再显示；首次登录时须修改。",
    );
    match &report.password {
        Some(password) => format!("{password}\n{done}{hint}\n"),
        None => done,
    }
}

/// The link of the first start, alone in the first line.
pub fn setup_link(report: &SetupLinkReport, language: Language) -> String {
    match language {
        Language::En => format!(
            "{}\nOpen it within {} minutes to make the first administrator; it works once.\n",
            report.url, report.valid_min
        ),
        Language::Zh => {
            format!("{}\n请在 {} 分钟内打开，创建首位管理员；链接仅可使用一次。\n", report.url, report.valid_min)
        }
    }
}

/// What `admin list` answers.
#[derive(Deserialize)]
pub struct Accounts {
    accounts: Vec<AccountReport>,
}

/// All accounts.
pub fn accounts(report: &Accounts, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    if report.accounts.is_empty() {
        return format!("{}\n", pick("There are no accounts.", "没有账号。"));
    }
    let rows: Vec<Vec<String>> = report
        .accounts
        .iter()
        .map(|account| {
            let state = match (account.enabled, account.must_change_password) {
                (false, _) => pick("disabled", "已停用"),
                (true, true) => pick("must change the password", "须修改密码"),
                (true, false) => pick("in force", "有效"),
            };
            let factor = if account.second_factor { "TOTP" } else { "-" };
            vec![
                account.name.clone(),
                account.display_name.clone(),
                account.role.name().to_owned(),
                state.to_owned(),
                factor.to_owned(),
                account.last_sign_in.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    let headings = [
        pick("name", "登录名"),
        pick("person", "姓名"),
        pick("role", "角色"),
        pick("state", "状态"),
        pick("second factor", "两步验证"),
        pick("last sign-in", "上次登录"),
    ];
    table(&headings, &rows)
}
