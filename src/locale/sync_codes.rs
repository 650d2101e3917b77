//! What the engine says in codes, in both languages: reasons, notices, guards, invariants, states, outcomes, fields.

use super::{Lang, T};
use crate::model::{
    BatchShare, BindingOrigin, GuardVerdict, MemberStatus, PlanState, ReadStrategy, RemovalCause, Reversible, RunKind,
    RunState,
};

/// Code, Chinese, English.
type Row = (&'static str, &'static str, &'static str);

fn find(rows: &[Row], code: &str, lang: Lang) -> Option<&'static str> {
    rows.iter().find(|row| row.0 == code).map(|row| match lang {
        Lang::Zh => row.1,
        Lang::En => row.2,
    })
}

/// Why a change is made.
static REASONS: &[Row] = &[
    ("employee.new", "OA 新增人员", "new in the OA"),
    ("employee.back", "人员恢复：重新在职或回到同步范围", "back: active again, or in the scope again"),
    ("employee.departed", "人员已离职", "departed from the OA"),
    ("employee.departed_long", "离职后停用期已满", "departed, and disabled long enough"),
    ("employee.out_of_scope", "已不在同步范围", "left the scope"),
    ("employee.out_of_scope_long", "离开同步范围后停用期已满", "left the scope, and disabled long enough"),
    ("field.changed", "资料有变化", "details differ"),
    ("place.changed", "所在部门有变化", "departments differ"),
    ("superior.changed", "直属上级有变化", "superior differs"),
    ("match.rule", "按匹配规则找到同一个人", "a match rule found the same person"),
    ("member.vanished", "原来的成员账号已不存在，重新创建", "the member is gone: created again"),
    ("unit.new", "OA 新增部门", "new unit in the OA"),
    ("unit.renamed", "OA 部门改名", "unit renamed in the OA"),
    ("unit.moved", "OA 部门调整上级", "unit moved in the OA"),
    ("unit.reordered", "部门排序有变化", "order of the units differs"),
    ("unit.steps_aside", "先改为临时名称，避免与同级部门重名", "takes a passing name, so that no sibling has the same"),
    ("unit.gone", "OA 已没有这个部门，且部门已空", "gone from the OA, and empty"),
    ("unit.same_name", "位置和名称相同，视为同一个部门", "same place and name: the same department"),
    ("department.taken_over", "部门改由另一个 OA 部门对应", "another unit takes the department over"),
    ("disabled_department.new", "建立存放已停用成员的部门", "department for disabled members"),
    ("disabled_department.renamed", "存放已停用成员的部门改名", "department for disabled members renamed"),
    ("undo.created", "撤销：收回新建", "undo: takes back what was created"),
    ("undo.changed", "撤销：恢复原来的内容", "undo: gives back what was changed"),
    ("undo.deleted", "撤销：重新建立被删除的内容", "undo: makes again what was deleted"),
    ("undo.bound", "撤销：解除新建的关联", "undo: takes the new link away"),
    ("undo.unbound", "撤销：恢复被解除的关联", "undo: gives the link back"),
    (
        "undo.created_activated",
        "撤销：收回新建的成员（已经或可能已激活企业微信）",
        "undo: takes back a new member who has, or may have, activated WeCom",
    ),
    ("undo.disabled", "撤销：重新启用", "undo: enables again"),
    ("undo.enabled", "撤销：重新停用", "undo: disables again"),
    ("undo.recorded", "撤销：清除移出登记", "undo: clears the record of removal"),
];

/// What a person should know and nothing is done about.
static NOTICES: &[Row] = &[
    (
        "admin.last_kept",
        "这是最后一名在企业微信中的 OA 管理员，不停用也不删除",
        "the last administrator of the OA in WeCom is neither disabled nor deleted",
    ),
    (
        "creation.seats",
        "成员数将超过企业的账号上限，超出的部分会被企业微信拒绝",
        "there would be more members than the account limit; WeCom refuses what is over it",
    ),
    ("department.full", "部门人数已达上限，人员暂不加入", "the department is full; the person is not added"),
    (
        "compare.unseen",
        "这些字段用现有凭证读不到，写入前无法核对企业微信中的当前值",
        "the credentials do not show these fields, so they are overwritten without a comparison",
    ),
    (
        "department.kept",
        "OA 已没有对应部门，但企业微信部门仍保留：里面还有成员或子部门，或不是由云桥创建",
        "its unit is gone, but the department stays: it still holds somebody or something, or we did not create it",
    ),
    ("department.name_taken", "目标名称已被企业微信中的同级部门占用", "a sibling in WeCom has this name already"),
    (
        "department.not_visible",
        "部门不在可见范围内，读不到也不改动",
        "the department is outside the visible range; it is left alone",
    ),
    (
        "department.rename_candidate",
        "可能是改名后的同一个部门，等待您确认",
        "looks like the same department under another name; waits for you",
    ),
    (
        "department.vanished",
        "关联的部门在企业微信中已不存在，将重新匹配或创建",
        "the linked department is gone from WeCom; it is matched or created again",
    ),
    (
        "departments.limit",
        "企业微信的部门数量或层级已达上限，这个部门不创建",
        "WeCom's limit of departments or levels is reached; this one is not created",
    ),
    (
        "departments.partly_visible",
        "成员有部分部门不在可见范围内，这些部门保持不变",
        "some departments of the member are outside the visible range; they stay",
    ),
    (
        "disabled_department.name_taken",
        "“已停用成员”部门的名称被其他部门占用，停用的成员留在原部门",
        "the name of the department for disabled members is taken; they stay where they are",
    ),
    (
        "employee.bad_record",
        "人员资料不完整（缺姓名或部门不存在），不处理",
        "the record has no name or no known unit; nothing is done",
    ),
    (
        "employee.unit_without_department",
        "人员所在部门在企业微信中没有对应部门，不处理",
        "the person's unit has no department in WeCom; nothing is done",
    ),
    (
        "employee.waits",
        "匹配到多个可能的成员，等待人工确认",
        "several members may be this person; waits for a decision",
    ),
    (
        "field.column_missing",
        "字段规则用到了 OA 目录里没有的列",
        "a field rule names a column that the directory does not have",
    ),
    (
        "field.ignored",
        "企业微信没有采用我们上次写入的值（例如成员已激活后的手机号），不再重复写入",
        "WeCom ignored what we wrote before (e.g. the mobile of an activated member); it is not written again",
    ),
    (
        "field.invalid",
        "字段的值不符合企业微信的要求，本次不写",
        "the value is not acceptable for WeCom; the field is left out",
    ),
    (
        "field.list_unread",
        "这个成员的自定义字段读不全，写入会覆盖其他字段，本次不写",
        "the member's other attributes cannot be read and a write would replace them; the field is left out",
    ),
    (
        "field.shared",
        "多个人员使用同一个手机号或邮箱，只有一人能写入",
        "several people have the same mobile or e-mail; only one of them gets it",
    ),
    (
        "field.taken",
        "手机号或邮箱已被企业微信中的其他成员使用，本次不写",
        "another member of WeCom has this mobile or e-mail; the field is left out",
    ),
    (
        "match.ambiguous",
        "同一个值对应多名人员或多名成员，未自动关联，请到“关联”中处理",
        "a value fits several people or members; nobody is linked until a person decides",
    ),
    (
        "member.contact_taken",
        "手机号或邮箱已被其他成员使用，无法创建",
        "mobile or e-mail belongs to another member; cannot be created",
    ),
    ("member.create_switched_off", "设置为不创建成员，跳过", "creating members is switched off"),
    (
        "member.disabled_in_wecom",
        "成员在企业微信中被人停用，保持停用",
        "somebody disabled the member in WeCom; it stays so",
    ),
    ("member.left", "成员已退出企业，需要本人重新加入", "the member has left the corp; only they can join again"),
    (
        "member.not_visible",
        "成员不在可见范围内，读不到也不改动",
        "the member is outside the visible range; it is left alone",
    ),
    (
        "member.record_incomplete",
        "缺少姓名，或手机号和邮箱都不可用，无法创建",
        "no usable name, or neither mobile nor e-mail; cannot be created",
    ),
    ("member.update_switched_off", "设置为不更新资料，跳过", "updating is switched off"),
    (
        "member.userid_invalid",
        "生成的账号（userid）不符合企业微信的要求，无法创建",
        "the userid would not be acceptable for WeCom; cannot be created",
    ),
    (
        "member.userid_reserved",
        "账号（userid）为以前删除的成员保留，无法给他人使用",
        "the userid is kept for a member that was deleted; nobody else gets it",
    ),
    (
        "member.userid_shared",
        "多名人员会得到同一个账号（userid），都不创建",
        "several people would get the same userid; none is created",
    ),
    (
        "member.userid_taken",
        "账号（userid）已被其他成员使用，无法创建",
        "another member has this userid; cannot be created",
    ),
    ("member.vanished", "关联的成员在企业微信中已不存在", "the linked member is gone from WeCom"),
    (
        "move.stands_out",
        "调动的人员中有负责人或管理员，或有部门因此没有成员",
        "among those who move are heads or administrators, or a department loses its last member",
    ),
    (
        "removal.not_applied",
        "多次停用后企业微信仍显示其他状态，不再重复停用",
        "WeCom goes on showing another status after several attempts; it is not disabled again",
    ),
    (
        "removal.stands_out",
        "移出的人员中有负责人、管理员，或有部门将失去最后一名成员",
        "among the removals are heads or administrators, or departments lose their last member",
    ),
    ("removal.switched_off", "设置为不移出成员，跳过", "removing is switched off"),
    (
        "scope.filter_failed",
        "范围条件对此人算不出结果，不处理",
        "the scope filter has no result for this person; nothing is done",
    ),
    (
        "scope.unknown_employee",
        "同步范围里指定的人员在 OA 目录中不存在",
        "the scope names an employee that does not exist",
    ),
    (
        "undo.activated",
        "新建的成员已经（或可能已经）激活企业微信，撤销前请确认",
        "the new member has, or may have, activated WeCom; look before you undo",
    ),
    ("undo.skipped", "情况已变化，撤销时不处理", "things have changed since; the undo leaves it alone"),
    (
        "unit.name_taken",
        "同级 OA 部门中有相同名称，企业微信不允许",
        "two sibling units have the same name, which WeCom does not allow",
    ),
    (
        "unit.too_deep",
        "部门层级超过企业微信的上限，它和下级部门、人员都不处理",
        "the unit lies deeper than WeCom allows; it and everything below it is left alone",
    ),
    (
        "unit.skipped",
        "部门无法同步（名称不符合要求，或上级部门无法同步）",
        "the unit cannot be synced (its name is not acceptable, or its parent cannot be)",
    ),
];

/// What a change does; `record_removal` is the sum of its two kinds.
static KINDS: &[Row] = &[
    ("create_department", "新建部门", "create department"),
    ("rename_department", "部门改名", "rename department"),
    ("move_department", "移动部门", "move department"),
    ("reorder_department", "调整部门排序", "reorder department"),
    ("delete_department", "删除部门", "delete department"),
    ("bind_department", "关联部门", "link department"),
    ("unbind_department", "解除部门关联", "unlink department"),
    ("create_member", "新建成员", "create member"),
    ("update_member", "更新成员", "update member"),
    ("disable_member", "停用成员", "disable member"),
    ("enable_member", "启用成员", "enable member"),
    ("delete_member", "删除成员", "delete member"),
    ("bind_member", "关联成员", "link member"),
    ("unbind_member", "解除成员关联", "unlink member"),
    ("begin_removal", "登记移出", "record removal"),
    ("end_removal", "取消移出登记", "clear removal"),
    ("record_removal", "移出登记", "records of removal"),
];

/// What holds a plan: name, what it counts.
static GUARDS: &[Row] = &[
    ("max_removals", "一次停用或删除的成员数", "members disabled or deleted at once"),
    ("max_removal_percent", "一次停用或删除的成员占已关联成员的比例", "the same as a share of the linked members"),
    ("max_department_removals", "一次删除的部门数", "departments deleted at once"),
    (
        "max_department_removal_percent",
        "一次删除的部门占已关联部门的比例",
        "the same as a share of the linked departments",
    ),
    ("max_source_drop", "OA 在职人数比上次减少", "fewer active employees than last time"),
    ("max_removals_30_days", "30 天内停用或删除的成员总数", "members disabled or deleted within 30 days"),
    ("max_moves_percent", "离开原部门的成员比例", "share of members who leave a department"),
    ("max_cleared_fields_percent", "同一字段被清空的比例", "share of the values of one field that become empty"),
    (
        "max_creations_30_days",
        "30 天内新建的成员总数（企业微信上限）",
        "members created within 30 days (WeCom's limit)",
    ),
    (
        "undo_activated_members",
        "撤销将收回的、已经或可能已激活的成员数",
        "members taken back by an undo who have, or may have, activated WeCom",
    ),
];

/// The never-list.
static INVARIANTS: &[Row] = &[
    ("last_admin_stays", "至少保留一名管理员", "one administrator always stays"),
    ("exclude_beats_include", "被排除的人员绝不写入", "who is excluded is never written"),
    ("only_linked_touched", "只改动已关联的成员和部门", "only what is linked is touched"),
    ("created_ids_are_new", "新建的账号和部门编号都没有用过", "ids of what is created were never used"),
    ("deletes_last", "删除排在所有其他变更之后", "deletes come after everything else"),
    ("disabled_before_deleted", "成员删除前先经过停用期", "members are disabled before they are deleted"),
    ("absence_is_no_removal", "读不到不等于已离职", "what cannot be read is not taken as gone"),
    ("corp_is_writable", "企业设置允许写入", "the settings allow writing"),
    ("root_stays", "不删除、不移动根部门", "the root department is neither deleted nor moved"),
    ("one_change_per_member", "同一成员不会有互相冲突的变更", "no member has changes that contradict each other"),
    ("parents_before_children", "先建上级部门，再建下级部门", "parents are created before their children"),
    ("no_cycle_and_15_levels", "部门不会互为上级，层级不超过 15", "departments form no cycle and at most 15 levels"),
];

/// Fields of a member or department.
static FIELDS: &[Row] = &[
    ("name", "名称", "name"),
    ("alias", "别名", "alias"),
    ("mobile", "手机号", "mobile"),
    ("email", "邮箱", "e-mail"),
    ("biz_mail", "企业邮箱", "corp e-mail"),
    ("position", "职务", "position"),
    ("gender", "性别", "gender"),
    ("telephone", "座机", "telephone"),
    ("address", "地址", "address"),
    ("external_position", "对外职务", "external position"),
    ("memberships", "所在部门", "departments"),
    ("main_department", "主部门", "main department"),
    ("direct_leader", "直属上级", "superiors"),
    ("enable", "启用状态", "enabled"),
    ("parent", "上级部门", "parent"),
    ("order", "排序值", "order"),
];

/// How a match rule went.
static MATCHES: &[Row] = &[
    ("empty", "OA 中没有这个值，规则不适用", "the OA has no such value; the rule does not apply"),
    ("nobody", "没有成员使用这个值", "no member has this value"),
    ("hit", "找到唯一的成员", "exactly one member has it"),
    ("ambiguous", "不唯一，等待人工确认", "not unique; waits for a decision"),
];

/// How a field of an explanation stands.
static FIELD_STATES: &[Row] = &[
    ("same", "一致", "same"),
    ("differs", "需要更新", "differs"),
    ("ignored", "企业微信未采用", "ignored by WeCom"),
    ("invalid", "不符合要求", "not acceptable"),
    ("taken", "被他人使用", "taken"),
    ("new", "将写入", "to be written"),
];

/// What a scope says; as [`crate::sync`] spells its verdicts.
static VERDICTS: &[Row] = &[
    ("in", "在同步范围内", "in the scope"),
    ("departed", "已离职，按离职规则处理", "departed: treated as a leaver"),
    ("excluded", "被明确排除", "excluded by name"),
    ("not_in_units", "不在选定的部门内，也没有单独指定", "in none of the chosen units, and not named"),
    ("filtered", "不满足范围条件", "does not pass the filter"),
    ("unknown", "范围条件算不出结果，不处理", "the filter has no result; nothing is done"),
    ("bad_record", "资料不完整，不处理", "the record is incomplete; nothing is done"),
];

/// What calls are made how.
static STRATEGIES: &[Row] = &[
    ("per_object", "逐条调用", "one call per record"),
    ("batch", "批量导入新成员，其余逐条调用", "new members by batch import, the rest one call per record"),
];

/// Why; by the sentence that the engine gives with a budget.
static STRATEGY_REASONS: &[Row] = &[
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
static SINGLES: &[Row] = &[
    ("several_departments", "属于多个部门", "several departments"),
    ("superiors", "有直接上级", "superiors"),
    ("external_profile", "有对外职务或对外属性", "external position or attributes"),
    ("corp_mail", "有企业邮箱", "corp mail address"),
    ("no_mobile_nor_email", "没有手机号和邮箱", "neither mobile nor e-mail"),
    ("attribute_name", "自定义字段与导入列同名", "an attribute named like another column"),
    ("characters", "字段含引号、逗号或换行", "quotes, commas or line breaks in a field"),
];

/// What could not be read of a member or department.
static UNREADABLE: &[Row] = &[
    ("departments", "所在部门", "departments"),
    ("details", "详细资料", "details"),
    ("id", "账号", "id"),
    ("department", "部门", "department"),
    ("name", "名称", "name"),
    ("members", "部门成员", "members"),
];

/// Why a run ended as it did, where neither its state nor the table of problems says it.
static RUN_CODES: &[Row] = &[
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

impl T {
    /// Why a change is made.
    pub fn change_reason(self, code: &str) -> String {
        find(REASONS, code, self.lang).unwrap_or(code).to_owned()
    }

    /// What a change does.
    pub fn change_kind(self, code: &str) -> String {
        find(KINDS, code, self.lang).unwrap_or(code).to_owned()
    }

    /// What a notice says.
    pub fn notice_text(self, code: &str) -> String {
        find(NOTICES, code, self.lang).unwrap_or(code).to_owned()
    }

    /// What a guard counts.
    pub fn guard_name(self, name: &str) -> String {
        find(GUARDS, name, self.lang).unwrap_or(name).to_owned()
    }

    /// A guard's value or limit with its unit.
    pub fn guard_amount(self, guard: &GuardVerdict, amount: u64) -> String {
        if guard.name.ends_with("_percent") { format!("{amount} %") } else { amount.to_string() }
    }

    /// An entry of the never-list.
    pub fn invariant_name(self, name: &str) -> String {
        find(INVARIANTS, name, self.lang).unwrap_or(name).to_owned()
    }

    /// A field of a member or department; further ones have their own names.
    pub fn synced_field(self, field: &str) -> String {
        match field.split_once('.') {
            Some(("extattr" | "external", name)) => name.to_owned(),
            _ => find(FIELDS, field, self.lang).unwrap_or(field).to_owned(),
        }
    }

    /// How a match rule went.
    pub fn match_outcome(self, code: &str) -> String {
        find(MATCHES, code, self.lang).unwrap_or(code).to_owned()
    }

    /// How a field stands.
    pub fn field_state(self, code: &str) -> String {
        find(FIELD_STATES, code, self.lang).unwrap_or(code).to_owned()
    }

    /// What the scope says.
    pub fn scope_verdict(self, code: &str) -> String {
        find(VERDICTS, code, self.lang).unwrap_or(code).to_owned()
    }

    /// How the calls of a plan are made.
    pub fn call_strategy(self, code: &str) -> String {
        find(STRATEGIES, code, self.lang).unwrap_or(code).to_owned()
    }

    /// Why they are made so; empty when there is no text for it.
    pub fn call_strategy_reason(self, sentence: &str) -> &'static str {
        find(STRATEGY_REASONS, sentence, self.lang).unwrap_or_default()
    }

    /// How the new members are divided between files and single calls; empty when nothing was to be divided.
    pub fn batch_share(self, share: Option<&BatchShare>) -> String {
        let Some(share) = share else { return String::new() };
        let mut parts = Vec::new();
        if share.files > 0 {
            let (files, members) = (share.files, share.members);
            parts.push(match self.lang {
                Lang::Zh => format!("{files} 个导入文件新建 {members} 名成员"),
                Lang::En => format!("{files} import files create {members} members"),
            });
        }
        if !share.single.is_empty() {
            let mark = self.lang.pick("、", ", ");
            let why = |(code, count): (&String, &u64)| {
                format!("{} {count}", find(SINGLES, code, self.lang).unwrap_or(code.as_str()))
            };
            let all: Vec<String> = share.single.iter().map(why).collect();
            parts.push(format!("{}{}", self.lang.pick("文件表达不了：", "a file cannot carry: "), all.join(mark)));
        }
        parts.join(self.lang.pick("；", "; "))
    }

    /// What could not be read.
    pub fn unreadable_part(self, what: &str) -> String {
        find(UNREADABLE, what, self.lang).unwrap_or(what).to_owned()
    }

    /// Why a run ended as it did; `None` when the table of problems knows the code.
    pub fn run_code(self, code: &str) -> Option<&'static str> {
        find(RUN_CODES, code, self.lang)
    }

    /// How a mirror was read.
    pub fn read_strategy(self, strategy: ReadStrategy) -> &'static str {
        match strategy {
            ReadStrategy::Lists => self.lang.pick("部门和成员列表", "lists of departments and members"),
            ReadStrategy::IdsAndDetails => self.lang.pick("账号列表加逐个详情", "lists of ids, then details"),
            ReadStrategy::IdsOnly => {
                self.lang.pick("仅账号列表（读不到详情）", "lists of ids only (no details readable)")
            }
            ReadStrategy::Export => self.lang.pick("异步导出", "asynchronous export"),
        }
    }

    /// Where a plan stands.
    pub fn plan_state(self, state: PlanState) -> &'static str {
        match state {
            PlanState::Ready => self.lang.pick("可以执行", "ready"),
            PlanState::Held => self.lang.pick("等待审批", "waits for a decision"),
            PlanState::Allowed => self.lang.pick("已批准", "allowed"),
            PlanState::Rejected => self.lang.pick("已作废", "rejected"),
            PlanState::Taken => self.lang.pick("已执行", "applied"),
            PlanState::Refused => self.lang.pick("不可执行", "refused"),
        }
    }

    /// What a run does.
    pub fn run_kind(self, kind: RunKind) -> &'static str {
        match kind {
            RunKind::Pull => self.lang.pick("拉取", "pull"),
            RunKind::Plan => self.lang.pick("生成预览", "preview"),
            RunKind::Downstream => self.lang.pick("同步", "sync"),
        }
    }

    /// Where a run stands.
    pub fn run_state(self, state: RunState) -> &'static str {
        match state {
            RunState::Running => self.lang.pick("进行中", "running"),
            RunState::Done => self.lang.pick("完成", "done"),
            RunState::Partly => self.lang.pick("部分完成", "partly done"),
            RunState::Failed => self.lang.pick("失败", "failed"),
            RunState::Held => self.lang.pick("等待审批", "held"),
            RunState::Cancelled => self.lang.pick("已取消", "cancelled"),
        }
    }

    /// How far an undo reaches.
    pub fn reversible(self, reversible: Reversible) -> &'static str {
        match reversible {
            Reversible::Yes => self.lang.pick("可完全撤销", "can be undone"),
            Reversible::Partly => self.lang.pick("可部分撤销", "can be undone in part"),
            Reversible::No => self.lang.pick("不可撤销", "cannot be undone"),
        }
    }

    /// Why somebody is removed.
    pub fn removal_cause(self, cause: RemovalCause) -> &'static str {
        match cause {
            RemovalCause::Departed => self.lang.pick("离职", "departed"),
            RemovalCause::OutOfScope => self.lang.pick("离开同步范围", "left the scope"),
            RemovalCause::Undo => self.lang.pick("撤销", "undo"),
        }
    }

    /// Where a link came from.
    pub fn link_origin(self, origin: BindingOrigin) -> &'static str {
        match origin {
            BindingOrigin::Rule => self.lang.pick("匹配规则", "match rule"),
            BindingOrigin::Manual => self.lang.pick("人工关联", "by hand"),
            BindingOrigin::Import => self.lang.pick("导入", "imported"),
            BindingOrigin::Created => self.lang.pick("由云桥创建", "created by the bridge"),
            BindingOrigin::Position => self.lang.pick("位置和名称相同", "same place and name"),
        }
    }

    /// How WeCom shows a member.
    pub fn wecom_status(self, status: MemberStatus) -> &'static str {
        match status {
            MemberStatus::Activated => self.lang.pick("已激活", "active"),
            MemberStatus::Disabled => self.lang.pick("已停用", "disabled"),
            MemberStatus::NotActivated => self.lang.pick("未激活", "not activated"),
            MemberStatus::Left => self.lang.pick("已退出企业", "left the corp"),
            MemberStatus::Other(_) => self.lang.pick("其他", "another"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    const TABLES: [&[Row]; 14] = [
        REASONS,
        NOTICES,
        KINDS,
        GUARDS,
        INVARIANTS,
        FIELDS,
        MATCHES,
        FIELD_STATES,
        VERDICTS,
        STRATEGIES,
        STRATEGY_REASONS,
        SINGLES,
        UNREADABLE,
        RUN_CODES,
    ];

    /// Texts of the same form in the engine that are no codes of changes or notices.
    const OTHERS: [&str; 10] = [
        "binding.swap",
        "scope.filter",
        "plan.allow",
        "plan.allow_first",
        "plan.reject",
        "binding.create",
        "binding.remove",
        "binding.remove_all",
        "binding.refused",
        "binding.bad_file",
    ];

    fn sources(folder: &Path, out: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                sources(&path, out);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(path).unwrap();
                out.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
            }
        }
    }

    /// Every literal of the engine's sources, tests left out.
    fn literals() -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        sources(&root.join("src/sync"), &mut texts);
        texts.push(fs::read_to_string(root.join("src/model/plan.rs")).unwrap());
        texts.iter().flat_map(|text| text.split('"').skip(1)).map(str::to_owned).collect()
    }

    #[test]
    fn every_code_of_the_engine_has_a_text() {
        let word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'0');
        let is_code = |text: &str| text.split_once('.').is_some_and(|(kind, what)| word(kind) && word(what));
        let all = literals();
        let known = |code: &str| [REASONS, NOTICES, RUN_CODES].iter().any(|rows| rows.iter().any(|row| row.0 == code));
        // problems have their texts in another table
        let is_problem = |code: &str| code.starts_with("sync.") || code.starts_with("store.");
        let missing: Vec<&String> = all
            .iter()
            .filter(|text| is_code(text) && !OTHERS.contains(&text.as_str()) && !is_problem(text) && !known(text))
            .collect();
        assert!(missing.is_empty(), "codes without a text: {missing:?}");
        for rows in [REASONS, NOTICES] {
            for row in rows {
                assert!(all.contains(row.0), "{} is said by nobody", row.0);
            }
        }
    }

    #[test]
    fn every_guard_and_every_invariant_has_a_text() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sync");
        let own = |file: &str| {
            let text = fs::read_to_string(root.join(file)).unwrap();
            text.split("#[cfg(test)]").next().unwrap().to_owned()
        };
        let guard = own("guard.rs");
        let guards: BTreeSet<&str> =
            guard.split('"').skip(1).step_by(2).filter(|text| text.contains('_') && !text.contains(' ')).collect();
        let invariants = own("invariants.rs");
        let invariants: BTreeSet<&str> =
            invariants.split("report(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let texts = |rows: &'static [Row]| rows.iter().map(|row| row.0).collect::<BTreeSet<_>>();
        assert_eq!(texts(GUARDS), guards);
        assert_eq!(texts(INVARIANTS), invariants);
    }

    #[test]
    fn every_text_is_there_once_and_in_both_languages() {
        for rows in TABLES {
            let codes: BTreeSet<_> = rows.iter().map(|row| row.0).collect();
            assert_eq!(codes.len(), rows.len(), "twice among {codes:?}");
            for (code, zh, en) in rows {
                assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{code} zh");
                assert!(!en.is_empty() && en.is_ascii(), "{code} en");
            }
        }
    }
}
