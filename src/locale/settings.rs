//! Texts of the sync settings: every option with its explanation and its danger.

use super::T;

texts! {
    sync_settings_lead = "决定谁会被同步、同步哪些内容、离职和异常时怎么处理。保存后，下一次预览和同步生效。", "Who is synced, what is written, and what happens to leavers. Takes effect with the next plan.";
    sync_saved = "同步设置已保存。建议先生成一次预览。", "The settings were saved. Make a preview next.";
    sync_read_only_role = "您的角色只能查看设置。", "Your role may only look at the settings.";
    sync_main = "总开关", "Main switches";
    opt_enabled = "同步通讯录到企业微信", "Write the directory into WeCom";
    opt_enabled_hint = "关闭时只能预览，不会写入。", "While it is off, plans can be made but not applied.";
    sync_switches = "允许的操作", "What may be done";
    opt_create = "创建新成员", "Create members";
    opt_create_hint = "OA 中有、企业微信中没有的人会被创建。", "People who are not in WeCom yet are created there.";
    opt_update = "更新成员和部门", "Update members and departments";
    opt_update_hint = "关闭后，已有成员和部门的资料不再修改。", "While it is off, what is there is left as it is.";
    opt_remove = "禁用、删除成员和删除部门", "Disable and delete";
    opt_remove_hint = "关闭后，任何人都不会因同步被移出。", "While it is off, a sync removes nobody.";
    opt_invite = "向新成员发送邀请", "Invite new members";
    opt_invite_hint = "创建时由企业微信发送加入邀请（短信或邮件）。", "WeCom then sends an invitation by SMS or e-mail.";
    sync_scope = "同步范围", "Scope";
    scope_edit = "选择范围", "Choose";
    opt_filter = "属性过滤", "Filter";
    opt_filter_hint = "只同步满足条件的人，例如 position != \"\"。留空表示不过滤。写错列名会拒绝生成计划，不会误删。", "Only people who pass are synced, e.g. position != \"\". Empty = no filter. A column that nobody has refuses the plan, so nobody is removed by a slip.";
    sync_tree = "组织结构", "Structure";
    opt_top = "挂在哪个部门下（企业微信部门 ID）", "Top department (WeCom's id)";
    opt_top_hint = "0 表示 OA 根部门对应企业微信根部门，两边根部门名称必须一致；填其他部门 ID 时，整个 OA 组织挂在它下面。", "0 = root against root, whose names must agree; another id hangs everything under that department.";
    opt_follow = "用户所在部门完全以 OA 为准", "Departments strictly follow the OA";
    opt_follow_hint = "开启：企业微信中多出来的部门会被去掉；关闭：保留多出来的部门。只在一个部门的人始终以 OA 为准。", "On: further departments in WeCom are taken away; off: they stay. Who is in one department only always follows the OA.";
    opt_part_time = "同步兼职部门", "Part-time units";
    opt_part_time_hint = "兼职部门也算所在部门，并计入同步范围。", "Count as memberships and toward the scope.";
    opt_superiors = "同步直属上级", "Superiors";
    opt_superiors_hint = "把 OA 的直属上级写入企业微信，默认不写。", "Writes the OA's superiors into WeCom; off by default.";
    sync_matching = "自动关联", "Matching";
    sync_matching_lead = "两边还没有关联的人，按下面的规则从上到下匹配。已有关联不受影响；匹配到多个人时不关联，进入“待确认”。", "People who are not bound yet are matched by these rules, top down. Bindings that exist are never changed; a rule that hits several binds nobody.";
    opt_auto_bind = "拉取时自动关联", "Bind when pulling";
    opt_auto_bind_hint = "关闭后只能手动或用文件关联。", "While it is off, people bind by hand or by file.";
    rule_order = "顺序", "Order";
    rule_employee = "OA 字段", "Employee field";
    rule_member = "企业微信字段", "Member field";
    rule_hint = "留空的行会被忽略。自定义列写 ext.列名，自定义属性写 extattr.属性名。", "Empty rows are ignored. Further columns are ext.<column>, custom attributes extattr.<name>.";
    opt_userid_from = "新成员的账号（userid）取自", "Userid of new members from";
    opt_userid_from_hint = "企业微信账号创建后最多只能改一次，请选稳定且唯一的字段，如工号。", "A userid can hardly be changed later: choose a field that is stable and unique, such as the employee number.";
    sync_fields = "字段对应", "Fields";
    sync_fields_lead = "企业微信的每个字段写入什么内容。用 {{ 字段 }} 引用 OA 字段，也可以写表达式。", "What is written to each field of a member. {{ field }} takes an employee's field; expressions are fine.";
    map_member = "企业微信字段", "Member field";
    map_text = "写入内容", "What is written";
    map_hint = "清空表示不同步这个字段。自定义属性写 extattr.属性名，需要先在管理后台建好。", "Empty = the field is not synced. Custom attributes are extattr.<name> and must exist in the console.";
    map_external = "对外资料", "External profile";
    map_external_field = "对外字段名称", "External field";
    sync_leavers = "离职与范围外人员", "Leavers";
    opt_leaver = "员工离职后", "When an employee leaves";
    leaver_disable = "禁用（推荐）", "Disable (recommended)";
    leaver_disable_hint = "不能登录，仍占名额，可以恢复；聊天记录保留。", "Cannot sign in, still takes a seat, can be enabled again; chats stay.";
    leaver_delete = "删除", "Delete";
    leaver_delete_hint = "危险：聊天记录不可恢复，再次添加会成为新成员。", "Danger: chats are gone for good, and a return makes a new member.";
    opt_leaving = "已关联的人离开同步范围后", "When somebody leaves the scope";
    leaving_keep = "保持不变", "Keep";
    leaving_keep_hint = "不做任何处理。", "Nothing happens.";
    leaving_disable = "禁用（推荐）", "Disable (recommended)";
    leaving_disable_hint = "与离职的禁用相同，可以恢复。", "As a leaver who is disabled.";
    leaving_delete = "删除", "Delete";
    leaving_delete_hint = "危险：缩小范围就会删除成员，不可恢复。", "Danger: a smaller scope deletes members for good.";
    opt_disabled_department = "禁用后移动到的部门", "Department for disabled members";
    opt_disabled_department_hint = "留空表示留在原部门。只会使用由云桥创建或已确认的部门。", "Empty = they stay where they are. Only a department that we created or that was confirmed is used.";
    opt_delete_after = "禁用多少天后删除", "Days after which disabled members are deleted";
    opt_delete_after_hint = "0 表示永不删除。", "0 = never.";
    sync_guards = "安全设置", "Guards";
    sync_guards_lead = "任何一项超过限制，计划会被拦下，等待系统管理员审批，不写入任何内容。", "When one is exceeded, the plan is held until an administrator decides; nothing is written.";
    guards_people = "移出人员", "Removals";
    guards_departments = "删除部门", "Departments";
    guards_source = "OA 数据异常", "What the source loses";
    guards_identity = "身份信息变化", "Who somebody is";
    guard_value(value, limit) = "本次 {value}，限制 {limit}", "{value} here, the limit is {limit}";
    sync_schedule = "定时执行", "Schedules";
    schedule_sync = "定时同步", "Sync";
    schedule_pull = "定时拉取", "Pull";
    schedule_off = "不定时，手动执行", "never, by hand";
    schedule_hourly = "每小时", "every hour";
    schedule_daily = "每天", "every day";
    schedule_weekdays = "工作日", "Monday to Friday";
    schedule_custom = "自定义", "other";
    schedule_at = "时间", "At";
    schedule_at_hint = "时:分，如 02:30；每小时只看分钟。", "Hour:minute, e.g. 02:30; only the minute counts every hour.";
    schedule_text = "定时表达式", "Schedule";
    schedule_text_hint = "六段，秒在最前，星期用 MON-SUN，如 0 30 2 * * *。", "Six fields, seconds first, days as MON-SUN, e.g. 0 30 2 * * *.";
    schedule_zone = "时区", "Time zone";
    schedule_zone_hint = "如 Asia/Shanghai。", "For instance Asia/Shanghai.";
    schedule_next = "接下来的时间（东八区）：", "Next times (UTC+8):";
    opt_strategy = "读取方式", "Read strategy";
    opt_strategy_hint = "一般保持自动：按凭证的权限选择。", "Usually automatic: chosen by what the credentials may do.";
    strategy_auto = "自动", "automatic";
    strategy_lists = "按部门列表读取", "lists by department";
    strategy_ids = "先读账号列表，再读详情", "ids, then details";
    strategy_export = "异步导出", "asynchronous export";
    sync_fault_time = "请按 时:分 填写，如 02:30。", "Give hour:minute, e.g. 02:30.";
    sync_deletes_title = "这些设置会永久删除成员", "These settings delete people for good";
    sync_deletes_lead = "删除后聊天记录不可恢复。建议改用“禁用”。确实需要时，请输入企业标识确认。", "Chats are then gone for good; disabling is safer. If you really want this, type the corp's key.";
    sync_deletes_save = "确认并保存", "Confirm and save";
    what_if_button = "试算（不保存）", "Try without saving";
    what_if_hint = "用当前数据计算这些设置会带来什么变化。", "What these settings would do with the data that is stored now.";
    what_if_title = "试算结果", "What these settings would do";
    what_if_lead = "设置尚未保存，没有写入任何内容。", "Nothing is saved yet and nothing was written.";
    what_if_held = "会被拦下等待审批", "would be held";
    what_if_refused = "会被拒绝", "would be refused";
    what_if_free = "可以执行", "could be applied";
    what_if_create = "创建成员", "members created";
    what_if_update = "更新成员", "members updated";
    what_if_disable = "禁用成员", "members disabled";
    what_if_delete = "删除成员", "members deleted";
    what_if_departments = "创建部门", "departments created";
    what_if_calls = "接口调用", "API calls";

    settings_drafted(count) = "表单中有 {count} 项修改还没有保存。", "{count} changes in this form are not saved.";
    settings_on = "开启", "on";
    settings_off = "关闭", "off";
    settings_drafted_hint = "保存后才生效。请核对下面的修改；不是您填写的，请放弃。", "They take effect when you save. Look at them: if they are not yours, discard them.";
    settings_draft_long = "未保存的修改太多，请先保存，再选择范围。", "There are too many unsaved changes: save them before you choose the scope.";
    scope_title = "选择同步范围", "Choose the scope";
    scope_lead = "选中的部门包含所有下级。排除优先于包含。没有选择任何部门时，同步整个组织。已关联的人员被排除或离开范围后，按“离开同步范围后”的设置处理（默认禁用）。", "Chosen units count with everything below. Exclude beats include. Without a chosen unit everybody is in scope. Whoever is linked and is excluded or leaves the scope is dealt with by the setting for that (by default disabled).";
    scope_danger = "缩小范围后，已关联但不在范围内的人会按“离开同步范围”处理。保存前可以先试算。", "Bound people who are outside a smaller scope are treated as leaving it. Try it before you save.";
    scope_saved = "范围已更新。", "The scope was changed.";
    scope_unsaved(count) = "{count} 处范围修改未保存", "{count} unsaved changes of the scope";
    scope_drafted = "设置页还有未保存的修改，返回后一起保存。", "The settings have unsaved changes too: go back and save all of it.";
    scope_back = "带着修改返回设置", "Back to the settings with the changes";
    scope_excluding_keep = "排除的人不再创建和更新。按现在的设置，已关联的成员保持原样。", "Whoever is excluded is neither created nor updated. As the settings are, linked members stay as they are.";
    scope_excluding_disable = "排除不是“不改动”：已关联的成员被排除后，下次同步会禁用。要保持原样，请先把“离开同步范围后”设为“保持不变”。", "To exclude is not to leave alone: a linked member who is excluded is disabled by the next sync. To keep them as they are, set what happens to who leaves the scope to Keep first.";
    scope_excluding_delete = "排除不是“不改动”：已关联的成员被排除后，下次同步会删除，不可恢复。要保持原样，请先把“离开同步范围后”设为“保持不变”。", "To exclude is not to leave alone: a linked member who is excluded is deleted by the next sync, for good. To keep them as they are, set what happens to who leaves the scope to Keep first.";
    scope_drop = "放弃修改", "Discard";
    scope_full = "请先保存，再继续选择。", "Save before you choose more.";
    scope_units = "选中的部门", "Chosen units";
    scope_no_units = "没有选择部门：整个组织都在范围内。", "None: the whole organisation is in scope.";
    scope_pick = "浏览组织", "Browse";
    scope_root = "顶层", "Top";
    scope_nothing_below = "下面没有部门。", "No unit below.";
    scope_people(count) = "{count} 人", "{count} people";
    scope_chosen = "已选", "chosen";
    scope_add = "选择", "Choose";
    scope_remove = "移除", "Remove";
    scope_gone = "已不在 OA 中", "not in the OA any more";
    scope_people_title = "单独包含或排除的人", "People one by one";
    scope_included = "额外包含", "Included";
    scope_excluded = "排除", "Excluded";
    scope_first_hits(count) = "只显示前 {count} 个，请把名称写得更完整。", "The first {count} are shown: give more of the name.";
    scope_find = "查找人员", "Find people";
    scope_search = "姓名、工号、账号或手机号", "Name, number, account or mobile";
    scope_include = "包含", "Include";
    scope_exclude = "排除", "Exclude";

    expression_title = "表达式测试", "Try expressions";
    expression_lead = "用一个真实的人试算过滤条件或字段内容，不写入任何内容。", "Runs a filter or a mapping for a real person; writes nothing.";
    expression_kind = "类型", "Kind";
    expression_mapping = "字段内容", "field mapping";
    expression_filter = "过滤条件", "filter";
    expression_text = "表达式", "Expression";
    expression_employee = "人员编号或账号", "Employee's id or account";
    expression_employee_hint = "留空只检查写法。", "Empty = only the form is checked.";
    expression_try = "试算", "Try";
    expression_outcome = "结果", "Outcome";
    expression_no_employee = "没有找到这个人，只检查了写法。", "There is no such person; only the form was checked.";
    expression_wrong = "写法有误", "It is not written rightly";
    expression_no_result = "对这个人没有结果", "It has no result for this person";
    expression_at(position) = "第 {position} 个字符", "at character {position}";
    expression_compiles = "写法正确。", "It is written rightly.";
    expression_nothing = "输入表达式后显示结果。", "Type an expression to see what comes out.";
    expression_passes = "在范围内", "passes";
    expression_fails = "不在范围内", "does not pass";
    expression_empty = "（空）", "(empty)";
    expression_examples = "示例", "Examples";
    expression_example_field = "直接使用字段", "a field as it is";
    expression_example_join = "拼接字段和文字", "fields and text together";
    expression_example_default = "为空时使用默认值", "a default where it is empty";
    expression_example_filter = "只同步填写了职位的人", "only people with a position";
    expression_example_path = "只同步总部下的人", "only people below the head office";
    expression_sample_path = "unit_path.startsWith(\"总部/\")", "unit_path.startsWith(\"Head office/\")";
    expression_sample_default = "{{ position == \"\" ? \"员工\" : position }}", "{{ position == \"\" ? \"staff\" : position }}";
    expression_fields = "可用字段：id account employee_no name mobile email gender position telephone alias address unit_name unit_path status，自定义列为 ext.列名。", "Fields: id account employee_no name mobile email gender position telephone alias address unit_name unit_path status; further columns as ext.<column>.";
}

/// Guards: name, Chinese and English of label and explanation.
const GUARDS: &[(&str, [&str; 2], [&str; 2])] = &[
    (
        "max_removals",
        ["一次最多移出人数", "一次计划中禁用和删除的成员数。"],
        ["Removals in one plan", "Members disabled or deleted."],
    ),
    (
        "max_removal_percent",
        ["一次最多移出比例（%）", "占已关联成员的百分比。"],
        ["Removals, percent", "Of the bound members."],
    ),
    (
        "max_removals_30_days",
        ["30 天内最多移出人数", "防止每次移出一点、长期累积。"],
        ["Removals in 30 days", "Finds slow leaks."],
    ),
    (
        "max_source_drop",
        ["OA 人数最多减少", "与上一次相比，OA 人数减少超过这个数就拦下。"],
        ["Drop of the source", "Fewer employees than in the previous run."],
    ),
    (
        "max_department_removals",
        ["一次最多删除部门数", "一次计划中删除的部门数。"],
        ["Departments deleted", "In one plan."],
    ),
    (
        "max_department_removal_percent",
        ["一次最多删除部门比例（%）", "占已关联部门的百分比，10 个部门起计算；0 表示不检查。"],
        ["Departments deleted, percent", "Of the linked ones, from 10 on; 0 = off."],
    ),
    (
        "max_moves_percent",
        ["一次最多调动比例（%）", "离开部门的成员占比，20 人起计算；0 表示不检查。"],
        ["Moves, percent", "Members who leave a department, from 20 people on; 0 = off."],
    ),
    (
        "max_cleared_fields_percent",
        ["一次最多清空比例（%）", "某个字段由有值变为空的占比，20 人起计算；0 表示不检查。"],
        ["Cleared values, percent", "Values that become empty in one field, from 20 on; 0 = off."],
    ),
    (
        "max_changed_names_percent",
        ["一次最多改名比例（%）", "姓名变为另一个的成员占比，20 人起计算；0 表示不检查。目录错行时会触发。"],
        [
            "Changed names, percent",
            "Members who get another name, from 20 on; 0 = off. A file whose rows slipped looks like that.",
        ],
    ),
    (
        "max_changed_mobiles_percent",
        ["一次最多更换手机号比例（%）", "手机号变为另一个的成员占比，20 人起计算；0 表示不检查。手机号决定谁能登录。"],
        [
            "Changed mobiles, percent",
            "Members who get another mobile, from 20 on; 0 = off. Whoever holds the number signs in.",
        ],
    ),
    (
        "max_changed_emails_percent",
        ["一次最多更换邮箱比例（%）", "邮箱变为另一个的成员占比，20 人起计算；0 表示不检查。"],
        ["Changed e-mails, percent", "Members who get another e-mail address, from 20 on; 0 = off."],
    ),
];

/// Text fields of a member by their path.
const FIELDS: &[(&str, &str, &str)] = &[
    ("name", "姓名", "Name"),
    ("mobile", "手机号", "Mobile"),
    ("email", "邮箱", "E-mail"),
    ("position", "职务", "Position"),
    ("gender", "性别", "Gender"),
    ("telephone", "座机", "Telephone"),
    ("alias", "别名", "Alias"),
    ("address", "地址", "Address"),
    ("biz_mail", "企业邮箱", "Business mail"),
    ("external_position", "对外职务", "External position"),
];

/// Faults of options by name, Chinese and English; others show the check's own sentence.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "cron",
        "定时表达式不正确：六段，秒在最前，星期用 MON-SUN，如 0 30 2 * * *。",
        "This is no schedule: six fields, seconds first, days as MON-SUN, e.g. 0 30 2 * * *.",
    ),
    ("time_zone", "请填写时区名称，如 Asia/Shanghai。", "Give the name of a time zone such as Asia/Shanghai."),
    (
        "userid_from",
        "只能是 id、account、employee_no、mobile、email、alias 或 ext.列名。",
        "One of id, account, employee_no, mobile, email, alias, ext.<column>.",
    ),
    (
        "disabled_department",
        "最多 64 个字符，不能包含 \\ : * ? \" < > |。",
        "At most 64 characters without \\ : * ? \" < > |.",
    ),
    ("max_removal_percent", "应为 0–100。", "From 0 to 100."),
    ("max_department_removal_percent", "应为 0–100。", "From 0 to 100."),
    ("max_moves_percent", "应为 0–100。", "From 0 to 100."),
    ("max_cleared_fields_percent", "应为 0–100。", "From 0 to 100."),
    ("max_changed_names_percent", "应为 0–100。", "From 0 to 100."),
    ("max_changed_mobiles_percent", "应为 0–100。", "From 0 to 100."),
    ("max_changed_emails_percent", "应为 0–100。", "From 0 to 100."),
    (
        "employee",
        "OA 字段只能是 account、employee_no、name、mobile、email 或 ext.列名。",
        "One of account, employee_no, name, mobile, email, ext.<column>.",
    ),
    (
        "member",
        "企业微信字段只能是 userid、alias、name、mobile、email 或 extattr.属性名。",
        "One of userid, alias, name, mobile, email, extattr.<name>.",
    ),
];

impl T {
    /// A guard's label and explanation, by its name; the name itself where it is not known.
    pub fn guard_option(self, name: &str) -> (&'static str, &'static str) {
        let known = GUARDS.iter().find(|(known, ..)| *known == name);
        known.map_or(("", ""), |(_, zh, en)| (self.lang.pick(zh[0], en[0]), self.lang.pick(zh[1], en[1])))
    }

    /// The name of a guard: that of its option, or what it counts where it is none.
    pub fn guard_label(self, name: &str) -> String {
        let (label, _) = self.guard_option(name);
        if label.is_empty() { self.guard_name(name) } else { label.to_owned() }
    }

    /// A text field of a member, by its path.
    pub fn member_field(self, path: &str) -> String {
        let known = FIELDS.iter().find(|(known, ..)| *known == path);
        let own = path.strip_prefix("extattr.").unwrap_or(path);
        known.map_or_else(|| own.to_owned(), |(_, zh, en)| self.lang.pick(zh, en).to_owned())
    }

    /// What is wrong with an option.
    pub fn sync_fault(self, name: &str, message: &str) -> String {
        let known = FAULTS.iter().find(|(known, ..)| *known == name);
        known.map_or_else(|| message.to_owned(), |(_, zh, en)| self.lang.pick(zh, en).to_owned())
    }
}
