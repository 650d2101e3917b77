//! API keys.

use crate::cli::language::Language;
use crate::cli::table::table;
use crate::ops::exec::{KeyReport, NewKeyReport};
use serde::Deserialize;

/// A key that was just made: the only time it is seen.
pub fn new_key(report: &NewKeyReport, language: Language) -> String {
    let hint = language.pick(
        "Keep it now: it is not shown again. Send it as `Authorization: Bearer KEY`.",
        "请立即保存，之后不再显示。请求时使用 `Authorization: Bearer KEY`。",
    );
    format!("{}\n{hint}\n", report.key)
}

/// What `key list` answers.
#[derive(Deserialize)]
pub struct Keys {
    keys: Vec<KeyReport>,
}

/// All keys.
pub fn keys(report: &Keys, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    if report.keys.is_empty() {
        return format!("{}\n", pick("There are no API keys.", "没有 API 密钥。"));
    }
    let rows: Vec<Vec<String>> = report
        .keys
        .iter()
        .map(|key| {
            let state = match (&key.revoked_at, &key.expires_at) {
                (Some(at), _) => format!("{} {at}", pick("revoked", "已吊销")),
                (None, Some(at)) => format!("{} {at}", pick("until", "有效至")),
                (None, None) => pick("in force", "有效").to_owned(),
            };
            let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
            vec![key.id.clone(), key.name.clone(), state, scopes.join(" ")]
        })
        .collect();
    table(&["id", pick("name", "名称"), pick("state", "状态"), pick("scopes", "权限")], &rows)
}
