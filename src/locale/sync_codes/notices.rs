//! What a person should know and nothing is done about.

use super::Row;

/// What a person should know and nothing is done about.
pub(super) static NOTICES: &[Row] = &[
    (
        "admin.last_kept",
        "这是最后一名在企业微信中的 OA 管理员，不禁用也不删除",
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
        "“已禁用成员”部门的名称被其他部门占用，禁用的成员留在原部门",
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
        "field.held",
        "手机号或邮箱仍在另一名成员名下，本次不写；成员激活后，手机号只能由本人在企业微信中更换",
        "another linked member still has this mobile or e-mail; left out. An activated member's mobile only they can change",
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
        "leader.not_in_oa",
        "在企业微信中是部门负责人，但 OA 没有给该部门填写负责人：负责人标记保持不变",
        "leads a department in WeCom for which the OA names no head; the mark stays",
    ),
    (
        "match.ambiguous",
        "同一个值对应（或可能对应）多名人员或多名成员，未自动关联，请到“关联”中处理",
        "a value fits, or may fit, several people or members; nobody is linked until a person decides",
    ),
    (
        "member.contact_shared",
        "手机号或邮箱与另一名人员重复，没有其他可用的联系方式，无法创建",
        "another person has the same mobile or e-mail, and there is nothing else to reach them by; cannot be created",
    ),
    (
        "member.contact_taken",
        "手机号或邮箱已被其他成员使用，无法创建",
        "mobile or e-mail belongs to another member; cannot be created",
    ),
    ("member.create_switched_off", "设置为不创建成员，跳过", "creating members is switched off"),
    (
        "member.disabled_in_wecom",
        "成员在企业微信中被人禁用，保持禁用",
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
        "多次禁用后企业微信仍显示其他状态，不再重复禁用",
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
        "superior.not_created",
        "直属上级这次没有建立，暂不填写",
        "the superior is not created by this plan, and is left out",
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
