//! Why a record of a run failed, as the engine writes it and in Chinese; [`super::retell`] tells them.

/// As the forms of [`super::retell`]; `{s0}` is the subject of a record.
pub(super) const FORMS: &[(&str, &str)] = &[
    // links that are other ones by now
    (
        "employee {} is not linked to member {} any more, so nothing is written: make a new plan",
        "人员 {0} 与成员 {1} 已解除关联，没有写入，请重新生成预览",
    ),
    (
        "employee {} is not linked to member {} any more, so nobody is removed: make a new plan",
        "人员 {0} 与成员 {1} 已解除关联，没有移出，请重新生成预览",
    ),
    (
        "unit {} is not linked to department {} any more, so nothing is written: make a new plan",
        "OA 部门 {0} 与部门 {1} 已解除关联，没有写入，请重新生成预览",
    ),
    ("not created: {}; make a new plan", "没有创建：{t0}，请重新生成预览"),
    ("written to WeCom, but not linked here: {}", "已写入企业微信，但没有建立关联：{t0}"),
    ("not linked: {}", "没有建立关联：{t0}"),
    ("employee {} was linked to member {} meanwhile", "人员 {0} 已另行关联到成员 {1}"),
    ("member {} was linked to employee {} meanwhile", "成员 {0} 已另行关联到人员 {1}"),
    ("unit {} was linked to department {} meanwhile", "OA 部门 {0} 已另行关联到部门 {1}"),
    ("department {} was linked to unit {} meanwhile", "部门 {0} 已另行关联到 OA 部门 {1}"),
    // a directory that has moved on
    ("{}: not written; the next plan says what is right now", "{t0}，没有写入，请重新生成预览"),
    (
        "the directory's row of employee {} has changed since the plan was made",
        "人员 {0} 的 OA 资料在生成预览之后有改动",
    ),
    (
        "{} (employee {}): {} does not follow from the directory as it is now",
        "{s0}（人员 {1}）：按现在的 OA 通讯录，不应{t2}",
    ),
    ("{}: {} does not follow from the directory as it is now", "{s0}：按现在的 OA 通讯录，不应{t1}"),
    ("creating it", "创建"),
    ("this change", "这样修改"),
    ("deleting it", "删除"),
    ("disabling it", "禁用"),
    ("enabling it", "启用"),
    ("this link", "建立这个关联"),
    ("taking this link away", "解除这个关联"),
    ("this record", "这样记录"),
    // WeCom that has moved on
    (
        "not tried again, for WeCom has changed since the plan was made: {}; make a new plan",
        "没有重试：生成预览之后企业微信有改动（{t0}），请重新生成预览",
    ),
    ("department {} exists meanwhile", "部门 {0} 已经存在"),
    ("member {} exists meanwhile", "成员 {0} 已经存在"),
    ("department {} is gone", "部门 {0} 已不存在"),
    ("member {} is gone", "成员 {0} 已不存在"),
    ("department {} was moved from {} to {}", "部门 {0} 从 {1} 移到了 {2}"),
    ("department {} was renamed from {} to {}", "部门 {0} 从“{1}”改名为“{2}”"),
    ("member {} was moved to other departments", "成员 {0} 被移到了其他部门"),
    ("{} of member {} was changed", "成员 {1} 有改动：{t0}"),
    ("{} of department {} was changed", "部门 {1} 有改动：{t0}"),
    ("field {}", "{f0}"),
    ("name", "名称"),
    ("parent", "上级部门"),
    ("order", "排序"),
    ("head of department {}", "部门 {0} 的负责人"),
    ("order in department {}", "部门 {0} 内的排序"),
    ("department {}, in which it is", "所在的部门 {0}"),
    // who is there already
    (
        "the mobile number belongs to member {}, who is linked with employee {}, somebody else: correct the number of one of the \
         two in the directory; a member who has activated WeCom can change it there only by themselves (WeCom refused: {})",
        "手机号属于成员 {0}，其关联的是另一个人（{1}）：请在 OA 中更正两人之一的号码；已激活的成员只能自己在企业微信中更改（企业微信返回 {2}）",
    ),
    (
        "the mobile number belongs to member {}: link this employee to that member if they are the same person, or free the \
         number (WeCom refused: {})",
        "手机号属于成员 {0}：是同一个人就关联，否则请先让出号码（企业微信返回 {1}）",
    ),
    (
        "it exists already and was not created by us, so it is not overwritten: bind it, or give it another id or name (WeCom \
         refused: {})",
        "已经存在，而且不是由云桥创建，不会覆盖：请关联它，或改用别的编号或名称（企业微信返回 {0}）",
    ),
    (
        "another department of the same name is there already: bind it to the unit, or rename one of them",
        "那里已有同名部门：请与它关联，或给其中一个改名",
    ),
    (
        "department {} exists under department {} although it was to be created: pull and plan again",
        "要创建的部门 {0} 已在部门 {1} 下：请重新拉取并生成预览",
    ),
    (
        "member {} exists with another name or department although it was to be created: link it by hand",
        "要创建的成员 {0} 已经存在，姓名或部门不同：请手动关联",
    ),
    (
        "created by import, but {} is not as the file said, and writing it again failed: {}",
        "批量导入已创建，但{f0}与文件不符，再次写入失败：{t1}",
    ),
    // removals that must not be carried out any more
    (
        "employee {} is active again, so nobody is removed: make a new plan",
        "人员 {0} 又在职了，没有移出，请重新生成预览",
    ),
    (
        "no credential may read details, so nobody can tell whether member {} has been enabled again: set read_app, or delete the \
         member in the WeCom console",
        "没有凭证能读取详情，无法确认成员 {0} 是否已重新启用：请设置读取详情的应用，或在企业微信后台删除",
    ),
    (
        "member {} was to be deleted because its creation is taken back, but has activated WeCom since: make a new plan, which a \
         guard will hold",
        "成员 {0} 原要随撤销一起删除，但此后已激活：请重新生成预览，护栏会要求审批",
    ),
    (
        "member {} was to be deleted after its time as a disabled member, but has been enabled again: pull and make a new plan",
        "成员 {0} 禁用期满原要删除，但已重新启用：请重新拉取并生成预览",
    ),
    (
        "{} cannot see member {}, so nobody can tell whether the account is in use: widen the visible range of the app, pull and \
         make a new plan",
        "凭证（{0}）看不到成员 {1}，无法确认账号是否在用：请扩大应用的可见范围，再重新拉取并生成预览",
    ),
    ("member {} cannot be looked at before it is deleted: {}", "删除前无法查看成员 {0}：{t1}"),
    // how WeCom was read, and what could not be
    (
        "this WeCom knows no id lists; the contacts secret may read everything",
        "这个企业微信没有成员 ID 列表接口；通讯录凭证可以读取全部",
    ),
    (
        "the contacts secret may read neither id lists nor details; the app {} sees its visible range, which is the range of the pull",
        "通讯录凭证既不能读取 ID 列表也不能读取详情；应用 {0} 按其可见范围读取",
    ),
    (
        "no contacts secret is set; the app {} sees its visible range, which is the range of the pull",
        "没有设置通讯录凭证；应用 {0} 按其可见范围读取",
    ),
    (
        "chosen in the settings (pull.strategy); contacts sync (contacts_secret) sees the whole corp",
        "按设置选择的方式读取；通讯录凭证可以看到整个企业",
    ),
    (
        "chosen in the settings (pull.strategy); the app {} sees its visible range, which is the range of the pull",
        "按设置选择的方式读取；应用 {0} 按其可见范围读取",
    ),
    ("chosen in the settings (pull.strategy); the app {} exports", "按设置选择的方式，用应用 {0} 导出"),
    ("the contacts secret may read ids and details", "通讯录凭证可以读取 ID 和详情"),
    (
        "the contacts secret lists ids but may not read details; the app {} reads details",
        "通讯录凭证读取 ID 列表，应用 {0} 读取详情",
    ),
    (
        "the contacts secret lists ids but may not read details, and no app is set to read them",
        "通讯录凭证只能读取 ID 列表，没有设置读取详情的应用",
    ),
    (
        "the app {} cannot see the member: widen its visible range in the WeCom console",
        "应用 {0} 看不到这个成员：请在企业微信后台扩大可见范围",
    ),
    ("the app {} cannot see the department: widen its visible range", "应用 {0} 看不到这个部门：请扩大可见范围"),
    (
        "no credential may read details: set read_app to an app whose visible range is the whole corp",
        "没有凭证能读取详情：请设置读取详情的应用，可见范围为整个企业",
    ),
    ("the app {} is not shown its name", "企业微信没有向应用 {0} 提供名称"),
    ("the app {} is not shown details", "企业微信没有向应用 {0} 提供详情"),
    ("the export names no department", "导出结果中没有部门"),
    (
        "the member is in no visible department (the visible range names the person only)",
        "成员不在任何可见的部门里（可见范围只包含个人）",
    ),
    // calls
    (
        "{}; whether it was carried out all the same cannot be seen with the credentials: try the record again",
        "{t0}；凭证看不到它是否已经生效，请重试这条记录",
    ),
    ("not tried, because record {}, on which it rests, failed", "所依赖的第 {0} 条失败，没有执行"),
    ("{}: the request was sent and no usable answer came back ({})", "请求已发出，但没有收到可用的应答（{0}：{1}）"),
    ("{}: not sent: the corp is set to read-only access", "没有发出：企业设为只读（{0}）"),
    ("{}: not sent: the call quota is used up until {}", "没有发出：调用额度已用完，{1} 恢复（{0}）"),
    ("{}: not sent: no secret is set for {}", "没有发出：没有设置凭证 {1}（{0}）"),
    ("{}: not sent: no connection: {}", "没有发出：连接不上企业微信（{0}：{1}）"),
    ("{}: not sent: {}", "没有发出（{0}：{1}）"),
    ("{}: WeCom's answer cannot be used: {}", "企业微信的应答无法使用（{0}：{1}）"),
];
