//! How matching, fields, scope, calls, reads and runs ended.

use super::Row;

/// How a match rule went.
pub(super) static MATCHES: &[Row] = &[
    ("empty", "OA 中没有这个值，规则不适用", "the OA has no such value; the rule does not apply"),
    ("nobody", "没有成员使用这个值", "no member has this value"),
    ("hit", "找到唯一的成员", "exactly one member has it"),
    ("ambiguous", "不唯一，等待人工确认", "not unique; waits for a decision"),
    (
        "unsure",
        "还有读不到（或读不到详情）的成员，可能也有这个值，等待人工确认",
        "members who cannot be read, or not in detail, may have it too; waits for a decision",
    ),
];

/// How a field of an explanation stands.
pub(super) static FIELD_STATES: &[Row] = &[
    ("same", "一致", "same"),
    ("differs", "需要更新", "differs"),
    ("ignored", "企业微信未采用", "ignored by WeCom"),
    ("invalid", "不符合要求", "not acceptable"),
    ("taken", "被他人使用", "taken"),
    ("new", "将写入", "to be written"),
    ("empty", "没有值，不写入", "empty; not written"),
    ("unsent", "不会写入", "not written"),
    ("implied", "企业微信自动采用职务，不用另写", "WeCom shows the position; not written"),
];

/// What a scope says; as [`crate::sync`] spells its verdicts.
pub(super) static VERDICTS: &[Row] = &[
    ("in", "在同步范围内", "in the scope"),
    ("departed", "已离职，按离职规则处理", "departed: treated as a leaver"),
    ("excluded", "被明确排除", "excluded by name"),
    ("not_in_units", "不在选定的部门内，也没有单独指定", "in none of the chosen units, and not named"),
    ("filtered", "不满足范围条件", "does not pass the filter"),
    ("unknown", "范围条件算不出结果，不处理", "the filter has no result; nothing is done"),
    ("bad_record", "资料不完整，不处理", "the record is incomplete; nothing is done"),
];

/// What calls are made how.
pub(super) static STRATEGIES: &[Row] = &[
    ("per_object", "逐条调用", "one call per record"),
    ("batch", "批量导入新成员，其余逐条调用", "new members by batch import, the rest one call per record"),
];

/// Why; by the sentence that the engine gives with a budget.
pub(super) static STRATEGY_REASONS: &[Row] = &[
    (
        "nobody is created; single calls change exactly what differs",
        "没有新建成员，逐条调用只改有差异的内容",
        "nobody is created; single calls change exactly what differs",
    ),
    (
        "every record gets its own answer, can be retried alone and is never created twice",
        "每条记录都有自己的结果，可单独重试，也不会重复创建",
        "every record gets its own answer, can be retried alone and is never created twice",
    ),
    (
        "only the import of the public edition is known well enough",
        "仅公有云版的批量导入行为足够明确",
        "only the import of the public edition is known well enough",
    ),
    (
        "what an import has made could not be looked at with these credentials",
        "现有凭证读不到导入后的结果，无法核对",
        "what an import has made could not be looked at with these credentials",
    ),
    (
        "too few of the new members fit an import file",
        "导入文件能完整表达的新成员太少",
        "too few of the new members fit an import file",
    ),
    (
        "a file creates up to a thousand members with a few calls; whatever it cannot carry or leaves undone takes single \
         calls",
        "一个文件用几次调用即可新建最多一千名成员；文件表达不了或未完成的，再逐条调用",
        "a file creates up to a thousand members with a few calls; whatever it cannot carry or leaves undone takes single \
         calls",
    ),
];

/// Why a new member cannot go by import file.
pub(super) static SINGLES: &[Row] = &[
    ("several_departments", "属于多个部门", "several departments"),
    ("superiors", "有直接上级", "superiors"),
    ("external_profile", "有对外职务或对外属性", "external position or attributes"),
    ("corp_mail", "有企业邮箱", "corp mail address"),
    ("no_mobile_nor_email", "没有手机号和邮箱", "neither mobile nor e-mail"),
    ("attribute_name", "自定义字段与导入列同名", "an attribute named like another column"),
    ("characters", "字段含引号、逗号或换行", "quotes, commas or line breaks in a field"),
];

/// What could not be read of a member or department.
pub(super) static UNREADABLE: &[Row] = &[
    ("departments", "所在部门", "departments"),
    ("details", "详细资料", "details"),
    ("id", "账号", "id"),
    ("department", "部门", "department"),
    ("name", "名称", "name"),
    ("members", "部门成员", "members"),
];

/// Why a run ended as it did, where neither its state nor the table of problems says it.
pub(super) static RUN_CODES: &[Row] = &[
    ("run.plan_refused", "计划违反了必须遵守的规则，不会执行", "the plan breaks an invariant and is never applied"),
    (
        "run.streak",
        "连续多条被企业微信以同一原因拒绝，已停止，避免继续失败",
        "stopped after many refusals in a row for the same reason",
    ),
    (
        "run.halted",
        "设置已改变（关闭了同步或改为只读），在两条记录之间停止；恢复设置后可以继续运行",
        "the settings do not allow writing any more; stopped between two records, and can be resumed once they do again",
    ),
    ("run.not_tried", "还有记录没有执行，可以继续运行", "some records were not tried yet; the run can be resumed"),
];
