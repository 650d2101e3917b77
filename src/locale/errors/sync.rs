//! Problems of pulls, plans and runs.

use super::{Row, row};

pub(super) static ROWS: &[Row] = &[
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
];
