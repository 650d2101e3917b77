//! Problems in the reader's language, by their stable code: a title, what it means, what to do. A code that is not
//! here is spoken of by its HTTP status.

mod directory;

use super::{Lang, errors_plan};

/// What a page says about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// A few words.
    pub title: &'static str,
    /// What happened.
    pub what: &'static str,
    /// What to do.
    pub fix: &'static str,
}

type Texts = [&'static str; 3];

pub(super) struct Row {
    code: &'static str,
    zh: Texts,
    en: Texts,
}

pub(super) const fn row(code: &'static str, zh: Texts, en: Texts) -> Row {
    Row { code, zh, en }
}

/// What a page says about a problem's code, or else about its status.
pub fn advice(lang: Lang, code: &str, status: u16) -> Advice {
    let kind = code.rsplit_once('.').filter(|(_, last)| *last == "not_found").map(|_| "not_found");
    let known =
        |wanted: &str| ROWS.iter().chain(directory::ROWS).chain(errors_plan::ROWS).find(|row| row.code == wanted);
    let found = known(code).or_else(|| kind.and_then(known)).unwrap_or_else(|| of_status(status));
    let [title, what, fix] = match lang {
        Lang::Zh => found.zh,
        Lang::En => found.en,
    };
    Advice { title, what, fix }
}

fn of_status(status: u16) -> &'static Row {
    match status {
        404 => &NOT_FOUND,
        401 | 403 => &NOT_ALLOWED,
        409 => &CONFLICT,
        400..=499 => &NOT_ACCEPTED,
        502..=504 => &UNAVAILABLE,
        _ => &INTERNAL,
    }
}

static NOT_FOUND: Row = row(
    "not_found",
    ["找不到", "这里没有您要找的内容：地址可能有误，或者它已被删除。", "检查地址，或回到概览重新进入。"],
    [
        "Not found",
        "What you look for is not here: the address may be wrong, or it was removed.",
        "Check the address, or start from the overview.",
    ],
);
static NOT_ALLOWED: Row = row(
    "not_allowed",
    ["没有权限", "当前账号不能执行这个操作，没有任何改动。", "请联系系统管理员调整角色，或换一个账号登录。"],
    [
        "Not allowed",
        "Your account may not do this; nothing was changed.",
        "Ask an administrator for another role, or sign in with another account.",
    ],
);
static CONFLICT: Row = row(
    "conflict",
    ["现在不能执行", "当前状态不允许这个操作，没有任何改动。", "请看下面的详情，处理后再试。"],
    [
        "Not at present",
        "The present state does not allow this; nothing was changed.",
        "See the details below, then try again.",
    ],
);
static NOT_ACCEPTED: Row = row(
    "not_accepted",
    ["无法接受", "提交的内容不能被接受，没有任何改动。", "请看下面的详情，返回修改后重新提交。"],
    [
        "Not accepted",
        "What was sent is not acceptable; nothing was changed.",
        "See the details below, go back, correct it and send it again.",
    ],
);
static UNAVAILABLE: Row = row(
    "unavailable",
    ["暂时不可用", "依赖的服务没有正常应答。", "稍候再试；如果一直如此，请到“系统 → 诊断”检查网络和凭证。"],
    [
        "Unavailable",
        "A service that is needed did not answer well.",
        "Try again shortly; if it stays so, check network and credentials under System → Diagnostics.",
    ],
);
static INTERNAL: Row = row(
    "internal",
    ["出错了", "服务器未能完成这个操作，原因已写入日志。", "请把请求编号交给运维人员，在日志中查找原因。"],
    [
        "Something failed",
        "The server could not do this; the cause is in the log.",
        "Give the request id to the operator, who finds the cause in the log.",
    ],
);

static ROWS: &[Row] = &[
    row(
        "not_found",
        ["找不到", "这里没有您要找的内容：编号可能有误，或者它已被删除。", "检查地址，或回到概览重新进入。"],
        [
            "Not found",
            "What you look for is not here: the id may be wrong, or it was removed.",
            "Check the address, or start from the overview.",
        ],
    ),
    row(
        "account.no_right",
        [
            "没有权限",
            "您的角色不包含这个操作需要的权限，没有任何改动。",
            "请联系系统管理员调整角色，或换一个账号登录。",
        ],
        [
            "Not allowed",
            "Your role does not include the right that this needs; nothing was changed.",
            "Ask an administrator for another role, or sign in with another account.",
        ],
    ),
    row(
        "account.signed_out",
        ["登录已失效", "您已被退出登录，刚才的操作没有执行。", "重新登录后再操作一次。"],
        [
            "Signed out",
            "You have been signed out in the meantime; nothing was done.",
            "Sign in and repeat what you did.",
        ],
    ),
    row(
        "form.token",
        ["表单已过期", "这个表单已失效，或者不是从本系统的页面提交的，没有任何改动。", "返回上一页，刷新后重新提交。"],
        [
            "The form is out of date",
            "This form has expired or was not sent from a page of this server; nothing was changed.",
            "Go back, load the page again and repeat.",
        ],
    ),
    row(
        "request.too_large",
        ["内容太大", "提交的文件或表单超过了允许的大小。", "请拆分文件，或由运维人员调整 limits.body_max_mib。"],
        [
            "Too large",
            "The file or form is larger than is allowed.",
            "Split the file, or have the operator raise limits.body_max_mib.",
        ],
    ),
    row(
        "sync.running",
        [
            "正在进行其他任务",
            "这个企业同一时间只能运行一个任务，现在有另一个任务正在进行。",
            "等它结束，或到“运行记录”中取消它，然后再试。",
        ],
        [
            "Busy",
            "One task at a time works on a corp, and another one is under way.",
            "Wait for it or cancel it under Runs, then try again.",
        ],
    ),
    row(
        "sync.read_only",
        [
            "企业为只读",
            "这个企业设置为只读，不会向企业微信写入任何内容。",
            "如需写入，请在企业设置中把权限改为“读写”并填写通讯录同步 Secret。",
        ],
        [
            "Read-only",
            "The corp is set to read-only: nothing is written to WeCom.",
            "To allow writing, set its access to read-write and give the contacts secret.",
        ],
    ),
    row(
        "sync.not_enabled",
        ["同步未开启", "这个企业没有开启“同步通讯录到企业微信”。", "到“同步设置”中开启后再试。"],
        [
            "Not enabled",
            "Writing to WeCom is switched off for this corp.",
            "Switch it on in the sync settings, then try again.",
        ],
    ),
    row(
        "sync.not_configured",
        ["还不能同步", "缺少同步所需的数据或设置。", "请看下面的详情：通常需要先拉取一次企业微信通讯录，或补全凭证。"],
        [
            "Not ready",
            "Data or settings that are needed are missing.",
            "See the details: usually a pull comes first, or a credential is missing.",
        ],
    ),
    row(
        "sync.wrong_state",
        [
            "同步计划的状态不允许",
            "这个计划已被执行、审批或拒绝，不能再这样操作。",
            "刷新页面看最新状态；需要时重新生成计划。",
        ],
        [
            "Wrong state",
            "This plan was applied or decided about in the meantime.",
            "Reload to see where it stands; make a new plan if needed.",
        ],
    ),
    row(
        "sync.expired",
        ["计划已过期", "计划超过了有效期，不能再执行。", "重新生成一个计划。"],
        ["Expired", "The plan is too old to be applied.", "Make a new plan."],
    ),
    row(
        "sync.options_changed",
        ["设置已变化", "生成计划之后同步设置有改动，原计划不再有效。", "重新生成一个计划。"],
        ["Settings changed", "The settings have changed since the plan was made.", "Make a new plan."],
    ),
    row(
        "sync.drift",
        [
            "企业微信已变化",
            "生成计划之后企业微信一侧有变化，为避免误改，没有写入任何内容。",
            "重新生成计划，确认后再执行。",
        ],
        [
            "WeCom has changed",
            "WeCom has changed since the plan was made; nothing was written.",
            "Make a new plan and look at it again.",
        ],
    ),
    row(
        "sync.directory_changed",
        [
            "OA 目录已变化",
            "生成计划之后 OA 目录有变化（例如有人离职、复职或调动），计划中有改动已经不成立，没有写入。",
            "重新生成计划，确认后再执行。",
        ],
        [
            "The directory has changed",
            "The directory has changed since the plan was made (somebody left, came back or moved): a part of the plan does \
             not follow from it any more and was not written.",
            "Make a new plan and look at it again.",
        ],
    ),
    row(
        "sync.no_reason",
        ["需要填写原因", "审批必须填写原因，它会保存在审计日志中。", "返回填写原因后再提交。"],
        [
            "A reason is needed",
            "A decision needs a reason; it is kept in the audit log.",
            "Go back, give a reason and send it again.",
        ],
    ),
    row(
        "sync.read_failed",
        [
            "读取企业微信失败",
            "读取企业微信通讯录时出错，之前的数据保持不变。",
            "按下面的说明处理，或到“系统 → 诊断”逐项检查。",
        ],
        [
            "Reading WeCom failed",
            "Reading from WeCom failed; the former data is kept.",
            "Follow the advice below, or check step by step under System → Diagnostics.",
        ],
    ),
    row(
        "sync.suspicious_read",
        [
            "读取结果可疑",
            "企业微信返回的数据明显不完整，没有采用，之前的数据保持不变。",
            "检查应用的可见范围和凭证；确认属实时，拉取时勾选“确认减少属实”。",
        ],
        [
            "A suspicious answer",
            "What WeCom answered is not believed; the former data is kept.",
            "Check visible range and credentials; if it is true, say so when you pull.",
        ],
    ),
    row(
        "sync.stopped",
        ["写入中断", "写入企业微信时中断，已完成的部分保留，可以继续。", "排除下面的原因后，在运行记录中点击“继续”。"],
        [
            "Stopped half way",
            "Writing stopped; what was done stays done and the run can go on.",
            "Remove the cause named below, then resume the run.",
        ],
    ),
    row(
        "sync.directory_unfinished",
        ["导入未完成", "有一个导入尚未完成，不会用半份数据生成计划。", "等待导入结束，或重新导入同一个文件。"],
        [
            "An import is unfinished",
            "An import has not ended; nothing is planned with half of it.",
            "Wait for it, or import the file again.",
        ],
    ),
    row(
        "sync.no_undo",
        ["不能撤销", "这次运行没有可以撤销的内容，或者还在进行中。", "请看下面的详情。"],
        ["Cannot be undone", "The run has nothing that could be undone, or is under way.", "See the details below."],
    ),
    row(
        "sync.no_retry",
        ["不能重试", "这条记录现在不能重试。", "请看下面的详情；需要时重新生成计划。"],
        [
            "Cannot be retried",
            "This record cannot be retried at present.",
            "See the details below; make a new plan if needed.",
        ],
    ),
    row(
        "binding.refused",
        ["不能关联", "这个关联与已有的关联或数据冲突，没有改动。", "请看下面的详情，先解除冲突的关联。"],
        [
            "Not bound",
            "The binding conflicts with what is there; nothing was changed.",
            "See the details; undo the conflicting binding first.",
        ],
    ),
    row(
        "binding.bad_file",
        ["关联文件无法使用", "关联文件的内容不能使用，没有改动。", "按下面的说明修改文件后重新上传。"],
        [
            "The binding file cannot be used",
            "The file cannot be used; nothing was changed.",
            "Correct the file as described below and upload it again.",
        ],
    ),
    row(
        "store.full",
        ["磁盘已满", "服务器磁盘已满，不确定改动是否已保存。", "请先清理磁盘空间，再核对结果。"],
        [
            "The disk is full",
            "The disk is full, and it is unknown whether the change was stored.",
            "Free some space, then look before you repeat it.",
        ],
    ),
    row(
        "store.busy",
        ["暂时繁忙", "数据存储暂时无法使用。", "稍候再试。"],
        ["Busy", "The store cannot be used at this moment.", "Try again shortly."],
    ),
    row(
        "store.commit_failed",
        ["结果未知", "不确定改动是否已保存。", "请先核对，再决定是否重做。"],
        ["Outcome unknown", "It is unknown whether the change was stored.", "Look before you repeat it."],
    ),
    row(
        "setup.invalid",
        ["设置不正确", "有设置项不正确，没有保存。", "按下面列出的位置修改后重新保存。"],
        [
            "Settings not accepted",
            "Some settings are not acceptable; nothing was saved.",
            "Correct the places listed below and save again.",
        ],
    ),
    row(
        "setup.linked",
        [
            "企业已有关联",
            "修改后它会变成另一个企业微信，而现有关联指向原来的企业，继续同步会误改他人，所以没有保存。",
            "在企业设置页修改并选择如何处理关联：清空后重新开始，或者（仅换接口地址时）保留。",
        ],
        [
            "The corp has links",
            "The change would make it another WeCom, while its links name members of the present one; nothing was saved.",
            "Change it under Corp settings and choose what becomes of the links: drop them and begin anew, or, where only the \
             address of the API changes, keep them.",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_texts_are_there() {
        let mut seen = HashSet::new();
        for row in ROWS.iter().chain(directory::ROWS).chain(errors_plan::ROWS) {
            assert!(seen.insert(row.code), "{} twice", row.code);
            assert!(row.zh.iter().chain(&row.en).all(|text| !text.is_empty()), "{}", row.code);
            assert!(row.zh[1].ends_with('。') && row.en[1].ends_with('.'), "{}", row.code);
        }
    }

    #[test]
    fn every_code_of_the_engine_is_explained() {
        for code in ["sync.running", "sync.drift", "sync.read_failed", "sync.stopped", "sync.expired"] {
            assert_eq!(ROWS.iter().filter(|row| row.code == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn others_are_spoken_of_by_status() {
        assert_eq!(advice(Lang::Zh, "corp.not_found", 404).title, "找不到");
        assert_eq!(advice(Lang::En, "key.scope", 403).title, "Not allowed");
        assert_eq!(advice(Lang::En, "whatever", 500).title, "Something failed");
        assert_eq!(advice(Lang::En, "whatever", 422).title, "Not accepted");
    }
}
