//! Why a change is made, what kind it is, which field; guards and invariants.

use super::Row;

/// Why a change is made.
pub(super) static REASONS: &[Row] = &[
    ("employee.new", "OA 新增人员", "new in the OA"),
    ("employee.back", "人员恢复：重新在职或回到同步范围", "back: active again, or in the scope again"),
    ("employee.departed", "人员已离职", "departed from the OA"),
    ("employee.departed_long", "离职后禁用期已满", "departed, and disabled long enough"),
    ("employee.out_of_scope", "已不在同步范围", "left the scope"),
    ("employee.out_of_scope_long", "离开同步范围后禁用期已满", "left the scope, and disabled long enough"),
    (
        "employee.out_of_scope_unlinked",
        "已不在同步范围；关联由规则建立，云桥从未写入过该成员，只解除关联",
        "left the scope; a rule made the link and nothing was ever written: only the link goes",
    ),
    ("field.changed", "资料有变化", "details differ"),
    (
        "value.freed",
        "先让出手机号或邮箱，供互换的另一人使用；本次计划稍后写入正确的值",
        "gives its mobile or e-mail free first, for people who exchange theirs; the right value follows in this plan",
    ),
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
    ("disabled_department.new", "建立存放已禁用成员的部门", "department for disabled members"),
    ("disabled_department.renamed", "存放已禁用成员的部门改名", "department for disabled members renamed"),
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
    ("undo.enabled", "撤销：重新禁用", "undo: disables again"),
    ("undo.recorded", "撤销：清除移出登记", "undo: clears the record of removal"),
];

/// What a change does; `record_removal` is the sum of its two kinds.
pub(super) static KINDS: &[Row] = &[
    ("create_department", "新建部门", "create department"),
    ("rename_department", "部门改名", "rename department"),
    ("move_department", "移动部门", "move department"),
    ("reorder_department", "调整部门排序", "reorder department"),
    ("delete_department", "删除部门", "delete department"),
    ("bind_department", "关联部门", "link department"),
    ("unbind_department", "解除部门关联", "unlink department"),
    ("create_member", "新建成员", "create member"),
    ("update_member", "更新成员", "update member"),
    ("disable_member", "禁用成员", "disable member"),
    ("enable_member", "启用成员", "enable member"),
    ("delete_member", "删除成员", "delete member"),
    ("bind_member", "关联成员", "link member"),
    ("unbind_member", "解除成员关联", "unlink member"),
    ("begin_removal", "登记移出", "record removal"),
    ("end_removal", "取消移出登记", "clear removal"),
    ("record_removal", "移出登记", "records of removal"),
];

/// What holds a plan: name, what it counts.
pub(super) static GUARDS: &[Row] = &[
    ("max_removals", "一次禁用或删除的成员数", "members disabled or deleted at once"),
    ("max_removal_percent", "一次禁用或删除的成员占已关联成员的比例", "the same as a share of the linked members"),
    ("max_department_removals", "一次删除的部门数", "departments deleted at once"),
    (
        "max_department_removal_percent",
        "一次删除的部门占已关联部门的比例",
        "the same as a share of the linked departments",
    ),
    ("max_source_drop", "OA 在职人数比上次减少", "fewer active employees than last time"),
    ("max_removals_30_days", "30 天内禁用或删除的成员总数", "members disabled or deleted within 30 days"),
    ("max_moves_percent", "离开原部门的成员比例", "share of members who leave a department"),
    ("max_cleared_fields_percent", "同一字段被清空的比例", "share of the values of one field that become empty"),
    ("max_changed_names_percent", "姓名变为另一个的成员比例", "share of the members who get another name"),
    ("max_changed_mobiles_percent", "手机号变为另一个的成员比例", "share of the members who get another mobile"),
    ("max_changed_emails_percent", "邮箱变为另一个的成员比例", "share of the members who get another e-mail address"),
    (
        "max_creations_30_days",
        "30 天内新建的成员总数（企业微信上限）",
        "members created within 30 days (WeCom's limit)",
    ),
    (
        "unseen_identities",
        "姓名、手机号或邮箱读不到现值就会被覆盖的成员数",
        "members whose name, mobile or e-mail is overwritten although its present value cannot be read",
    ),
    (
        "unread_creations",
        "可能已在企业微信中、但读不到详情因而无法辨认的新建人数",
        "people to be created who may be among the members that cannot be read in detail",
    ),
    (
        "renamed_departments_percent",
        "改名的部门占已关联部门的比例",
        "share of the linked departments that get another name",
    ),
    ("changed_heads_percent", "不再担任部门负责人的比例", "share of the heads who lead their department no more"),
    (
        "after_undo",
        "撤销之后的第一次变更（撤销掉的内容可能会重做）",
        "changes of the first plan after an undo (what was undone may be done again)",
    ),
    (
        "clock_minutes_apart",
        "本机时钟与企业微信相差的分钟数（移出成员的时间不可信）",
        "minutes between this clock and WeCom's (when members are to be removed cannot be trusted)",
    ),
    (
        "undo_activated_members",
        "撤销将收回的、已经或可能已激活的成员数",
        "members taken back by an undo who have, or may have, activated WeCom",
    ),
    (
        "two_person_removals",
        "禁用或删除的成员数（每次都须两人审批）",
        "members disabled or deleted, each time allowed by two people",
    ),
];

/// The never-list.
pub(super) static INVARIANTS: &[Row] = &[
    ("last_admin_stays", "至少保留一名管理员", "one administrator always stays"),
    (
        "exclude_beats_include",
        "被排除的人员不会新建、关联、更新或启用（已关联的按“离开同步范围”的设置处理）",
        "who is excluded is never created, linked, updated or enabled (whoever is linked is treated as leaving the scope)",
    ),
    ("only_linked_touched", "只改动已关联的成员和部门", "only what is linked is touched"),
    ("created_ids_are_new", "新建的账号和部门编号都没有用过", "ids of what is created were never used"),
    ("deletes_last", "删除排在所有其他变更之后", "deletes come after everything else"),
    ("disabled_before_deleted", "成员删除前先经过禁用期", "members are disabled before they are deleted"),
    ("absence_is_no_removal", "读不到不等于已离职", "what cannot be read is not taken as gone"),
    ("corp_is_writable", "企业设置允许写入", "the settings allow writing"),
    ("root_stays", "不删除、不移动根部门", "the root department is neither deleted nor moved"),
    ("one_change_per_member", "同一成员不会有互相冲突的变更", "no member has changes that contradict each other"),
    ("parents_before_children", "先建上级部门，再建下级部门", "parents are created before their children"),
    ("no_cycle_and_15_levels", "部门不会互为上级，层级不超过 15", "departments form no cycle and at most 15 levels"),
];

/// Fields of a member or department.
pub(super) static FIELDS: &[Row] = &[
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
