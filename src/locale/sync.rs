//! Texts of the main job's pages.

use super::T;

texts! {
    sync_colon = "：", ": ";
    actor_system = "系统", "system";
    actor_schedule = "定时任务", "schedule";
    actor_key(name) = "API 密钥 {name}", "API key {name}";
    actor_cli(name) = "命令行 {name}", "command line {name}";
    subject_member(id) = "成员 {id}", "member {id}";
    subject_department(id) = "部门 {id}", "department {id}";
    people(count) = "{count} 人", "{count} people";

    colour_new = "新建", "New";
    colour_linked = "新关联", "Linked now";
    colour_changed = "变更", "Changed";
    colour_removed = "移出", "Removed";
    colour_matched = "已匹配、无变化", "Matched, unchanged";
    colour_untouched = "未关联、不处理", "Not linked, left alone";
    tile_members = "成员", "members";
    tile_departments = "部门", "departments";
    side_members = "成员", "Members";
    side_departments = "部门", "Departments";
    tree_title = "组织树", "Organisation";
    tree_all = "全部部门", "All departments";
    tree_stray = "位置不明的部门", "Departments without a place";
    tree_unnamed = "（名称不可读）", "(name not readable)";
    tree_more(count) = "还有 {count} 个", "{count} more";
    tree_load = "展开", "Open";
    tree_before(name) = "原名：{name}", "before: {name}";
    fold_open = "全部展开", "Open all";
    fold_close = "全部折叠", "Close all";

    hub_lead = "把 OA 的组织和人员同步到企业微信。先看预览，确认后再执行。", "Brings the OA's units and people to WeCom. Look at a preview first, then apply it.";
    hub_missing = "开始之前", "Before you begin";
    hub_needs_people = "OA 目录里还没有人员。", "The OA directory has no people yet.";
    hub_needs_secret = "还没有填写通讯录同步 Secret，也没有可用于读取的应用 Secret。", "Neither the contacts secret nor the secret of an app that reads is set.";
    hub_needs_access = "企业设置为只读：可以拉取和预览，不能写入企业微信。", "The corp is set to read-only: pulls and previews work, nothing is written to WeCom.";
    hub_needs_enabled = "同步到企业微信尚未开启：可以预览，不能执行。", "Sync to WeCom is switched off: previews work, nothing is applied.";
    hub_to_corp = "企业与应用", "Corps and apps";
    hub_needs_pull = "还没有从企业微信拉取过。先拉取一次，云桥才知道那边已有哪些部门和成员。", "WeCom was never read. Pull once, so that the bridge knows what is there already.";
    hub_pull = "立即拉取", "Pull now";
    hub_plan = "生成预览", "Make a preview";
    hub_sync = "立即同步", "Sync now";
    hub_sync_hint = "立即同步：拉取、计算，没有触发安全设置时直接执行；触发时停下等待审批。", "Sync now pulls and computes, applies at once when no guard trips, and waits for a decision otherwise.";
    hub_pull_full = "完整拉取（重新读取全部名称和详情）", "Full pull (names and details of everything)";
    hub_settings = "当前设置", "What is set";
    hub_direction = "方向", "Direction";
    hub_direction_on = "OA → 企业微信，已开启", "OA → WeCom, switched on";
    hub_direction_off = "OA → 企业微信，尚未开启", "OA → WeCom, switched off";
    hub_direction_read_only = "只从企业微信读取，不写入", "Only reads WeCom, writes nothing";
    hub_scope = "同步范围", "Scope";
    hub_scope_all = "全部在职人员", "Everybody who is active";
    hub_scope_some(units, people) = "{units} 个部门及其下级，另外指定 {people} 人", "{units} units with everything below, and {people} people by name";
    hub_scope_without(people) = "，排除 {people} 人", ", without {people} people";
    hub_scope_filter = "，并须满足范围条件", ", who pass the filter";
    hub_leavers = "离职人员", "Leavers";
    hub_leaver_disable = "禁用账号，保留聊天记录和席位", "are disabled; history and seat stay";
    hub_leaver_disable_delete(days) = "先禁用，{days} 天后删除", "are disabled, and deleted after {days} days";
    hub_leaver_delete = "直接删除，聊天记录无法恢复", "are deleted; their history cannot be restored";
    hub_remove_off = "不移出任何人", "nobody is removed";
    hub_outside = "离开同步范围的人员", "Who leaves the scope";
    hub_outside_keep = "保持不变", "stays as they are";
    hub_outside_disable = "禁用账号", "is disabled";
    hub_outside_delete = "删除账号", "is deleted";
    hub_guards = "安全设置", "Guards";
    hub_guards_text(count, percent) = "一次移出超过 {count} 人或 {percent}% 时等待审批", "more than {count} removals, or {percent} %, wait for a decision";
    hub_state = "最近情况", "Lately";
    hub_last_pull = "最近一次拉取", "Last pull";
    hub_last_good = "最近一次成功的同步", "Last good sync";
    hub_last_run = "最近一次同步", "Last sync";
    run_has_read(departments, members) = "读取 {departments} 个部门，{members} 名成员", "read {departments} departments, {members} members";
    hub_read(departments, members) = "{departments} 个部门，{members} 名成员", "{departments} departments, {members} members";
    hub_schedules = "定时", "Schedules";
    hub_schedule_pull = "定时拉取", "Scheduled pull";
    hub_schedule_sync = "定时同步", "Scheduled sync";
    hub_schedule_next = "下次", "next";
    hub_schedule_trouble = "连续失败，已放缓", "fails again and again; tried less often";
    hub_no_schedule = "未设置定时，只能手动执行。", "No schedule is set; everything is started by hand.";
    hub_running = "正在进行", "Under way";
    hub_follow = "查看进度", "Follow";
    hub_waiting = "等待审批", "Waiting for a decision";
    hub_plans = "最近的预览", "Latest previews";
    hub_runs = "最近的运行", "Latest runs";
    hub_no_plans = "还没有预览。点“生成预览”，看看会发生什么；不会写入企业微信。", "There is no preview yet. Make one to see what would happen; nothing is written to WeCom.";
    hub_all_runs = "全部运行记录", "All runs";
    hub_look = "查看", "Look";

    plan_title = "同步预览", "Preview";
    plan_expired = "已过期", "expired";
    plan_made(at) = "生成于 {at}", "made {at}";
    plan_expires(at) = "有效期至 {at}", "valid until {at}";
    plan_is_undo = "撤销计划", "undoes a run";
    plan_undoes = "撤销的运行", "The run that it undoes";
    plan_file = "同步预览", "preview";
    plan_tabs = "预览的各部分", "Parts of the preview";
    plan_tab_changes = "变更", "Changes";
    plan_tab_checks = "检查与提示", "Checks and notices";
    plan_tab_cost = "调用与时间", "Calls and time";
    plan_none = "没有需要同步的变更", "Nothing has to be changed";
    plan_none_but = "上面列出的人员没有处理；其他人员在 OA 与企业微信中一致。", "The people above are left out; for everybody else OA and WeCom agree.";
    plan_left_out(count) = "{count} 人没有进入企业微信：", "{count} people do not come into WeCom:";
    plan_left_out_all = "查看原因", "See why";
    plan_none_hint = "OA 与企业微信已经一致。", "OA and WeCom agree.";
    plan_apply = "执行这个计划", "Apply this plan";
    plan_apply_hint = "只执行这里列出的内容；执行前再核对企业微信，若已有变化就停下，不写入任何内容。", "Exactly what is listed here is done. WeCom is compared first; if it has changed, nothing is written.";
    plan_apply_time(span) = "预计用时 {span}", "about {span}";
    plan_apply_removes = "这个计划会移出人员或部门，请确认。", "This plan removes people or departments; please confirm.";
    plan_confirm_people(count) = "移出 {count} 人", "remove {count} people";
    plan_confirm_departments(count) = "删除 {count} 个部门", "delete {count} departments";
    plan_barred_access = "企业设置为只读，不能执行。", "The corp is set to read-only; nothing can be applied.";
    plan_barred_enabled = "同步到企业微信尚未开启，不能执行。", "Sync to WeCom is switched off; nothing can be applied.";
    plan_is_held = "触发了安全设置，需要审批后才能执行", "A guard holds this plan until somebody decides";
    decisions_until = "失效时间", "Expires";
    plan_guard_over(value, limit) = "{value}，上限 {limit}", "{value}, limit {limit}";
    plan_waits_for_admin = "请联系系统管理员审批。", "An administrator has to decide.";
    plan_is_refused = "这个计划违反了必须遵守的规则，永远不会执行。请看“检查与提示”。", "This plan breaks an invariant and is never applied. See the checks.";
    plan_is_over = "这个预览已过期，请重新生成。", "This preview has expired; make a new one.";
    plan_is_outdated = "生成预览之后同步设置有改动，这个计划不能再批准或执行，请重新生成预览。", "The settings have changed since this preview was made; it can be neither allowed nor applied any more. Make a new one.";
    plan_make_anew = "去重新预览", "Make a new preview";
    plan_outdated = "设置已变化", "Settings changed";
    plan_taken = "这个计划已经执行", "This plan has been applied";
    plan_to_run = "查看运行", "See the run";
    plan_again = "重新生成预览", "Make a new preview";
    plan_search = "姓名、编号或账号", "Name or id";
    plan_details = "计划信息", "About this plan";
    plan_hash = "计划指纹", "Hash of the plan";
    plan_options_hash = "设置指纹", "Hash of the settings";

    decide_title = "审批", "Decide";
    decide_reason = "理由（记入审计日志）", "Reason (kept in the audit log)";
    decide_allow = "批准", "Allow";
    decide_reject = "驳回", "Reject";
    decide_discard = "作废这个预览", "Discard this preview";
    decide_discard_button = "作废", "Discard";
    decide_needs_reason = "请填写理由。", "Give a reason.";
    decide_reason_long(max) = "理由不能超过 {max} 个字。", "The reason has at most {max} characters.";
    decide_allowed = "已批准，可以执行了。", "Allowed; it can be applied now.";
    decide_half_allowed = "已记录您的批准，还需要另一名管理员批准。", "Your word is noted; another administrator has to allow it too.";
    decide_rejected = "已作废，不会执行。", "Rejected; it is never applied.";
    decide_two = "移出人员的计划需要两名管理员先后批准，且都不是发起人。", "A plan that removes people is allowed by two administrators, neither of whom made it.";
    decide_own_plan = "这个计划由您发起，请由另外两名管理员批准。您仍可以驳回。", "You had this plan made: two others must allow it. You may reject it.";
    decide_own_allow = "您已经批准过，还需要另一名管理员批准。您仍可以驳回。", "You have allowed it already: another administrator must allow it too. You may reject it.";
    decided_first(by, at) = "{by} 已于 {at} 作为第一人批准，还需要另一名管理员批准", "Allowed by {by}, {at}, as the first of two; another administrator must allow it too";
    plan_made_by(by) = "发起人：{by}", "made by {by}";
    decided_allowed(by, at) = "{by} 于 {at} 批准", "Allowed by {by}, {at}";
    decided_rejected(by, at) = "{by} 于 {at} 驳回", "Rejected by {by}, {at}";
    decisions_lead = "触发安全设置的计划停在这里，批准后才能执行。", "Plans that a guard holds stop here until somebody allows them.";
    decisions_none = "没有等待审批的计划", "Nothing waits for a decision";
    decisions_none_hint = "超过安全设置上限的计划会出现在这里。", "Plans over a guard's limit appear here.";
    decisions_why = "触发的安全设置", "Guards";
    decisions_made = "生成时间", "Made";
    decisions_corp = "企业", "Corp";
    decisions_what = "变更", "Changes";
    decisions_blast = "影响", "Who stands out";
    blast_title = "影响范围", "Who stands out";
    blast_heads(count) = "负责人 {count} 名", "{count} heads";
    blast_admins(count) = "OA 管理员 {count} 名", "{count} administrators";
    blast_emptied(count) = "{count} 个部门失去最后一名成员", "{count} departments lose their last member";
    blast_heads_title = "被移出的负责人", "Heads who are removed";
    blast_admins_title = "被移出的 OA 管理员", "Administrators of the OA who are removed";
    blast_emptied_title = "失去最后一名成员的部门", "Departments that lose their last member";
    blast_moved_heads_title = "离开原部门的负责人", "Heads who leave a department";
    blast_moved_admins_title = "离开原部门的 OA 管理员", "Administrators of the OA who leave a department";
    blast_group(title, count) = "{title}（{count}）", "{title} ({count})";
    blast_more(count) = "另有 {count} 个没有列出", "and {count} more";
    blast_none = "移出和移动的人员中没有负责人或管理员，也没有部门变空。", "Among the removals and moves are no heads and no administrators, and no department becomes empty.";

    change_seq = "序号", "No.";
    change_what = "操作", "Change";
    change_name = "对象", "Subject";
    change_employee = "OA 编号", "OA id";
    change_userid = "企业微信编号", "WeCom id";
    change_place = "位置", "Place";
    change_why = "原因", "Reason";
    change_undo = "能否撤销", "Undo";
    change_side = "范围", "Side";
    change_differences = "差异", "Differences";
    change_fields(count) = "{count} 项内容", "{count} fields";
    change_by_rule(rule) = "规则 {rule}", "rule {rule}";
    change_invites = "发送加入邀请", "is invited";
    value_absent = "（空）", "(none)";
    value_enabled = "启用", "enabled";
    value_disabled = "禁用", "disabled";
    value_male = "男", "male";
    value_female = "女", "female";
    value_unknown = "未知", "unknown";
    before_word = "原值", "before";
    after_word = "新值", "after";

    checks_guards = "安全设置", "Guards";
    checks_guard = "检查项", "Guard";
    checks_value = "本次", "Found";
    checks_limit = "上限", "Limit";
    checks_verdict = "结论", "Verdict";
    checks_tripped = "超过上限", "over the limit";
    checks_fine = "通过", "fine";
    checks_invariants = "必须遵守的规则", "Invariants";
    checks_holds = "遵守", "kept";
    checks_broken(count) = "{count} 处违反", "broken by {count} changes";
    checks_offers = "可能是改名", "Perhaps renamed";
    checks_offers_lead = "这些部门两边名称不同，但下级或人员相同。关联后按改名处理；不处理则保持等待，不会新建。", "Names differ, but children or people are the same. Linked, they count as renamed; otherwise they wait and nothing is created.";
    checks_offer_same(children, people) = "{children} 个相同的下级，{people} 名相同的人员", "{children} children and {people} people are the same";
    checks_offer_bind = "关联", "Link";
    checks_offer_done = "已关联，重新生成预览后生效", "linked; takes effect with a new preview";
    offer_bound(unit, department) = "已关联“{unit}”和“{department}”，请重新生成预览。", "“{unit}” and “{department}” are linked; make a new preview.";
    checks_notices = "提示", "Notices";
    checks_notices_lead = "需要知道、但这次不会处理的情况。", "What should be known, and nothing is done about.";
    checks_no_notices = "没有提示。", "There are no notices.";
    checks_all(count) = "显示全部 {count} 条", "Show all {count}";
    checks_subject = "对象", "Subject";
    checks_detail = "英文详情", "Detail";

    cost_calls = "写入调用", "Calls that write";
    cost_reads = "核对调用", "Calls that compare";
    cost_took = "预计用时", "Takes about";
    cost_done_at = "现在执行，预计完成于", "Started now, done by";
    cost_strategy = "调用方式", "Strategy";
    cost_endpoint = "接口", "Endpoint";
    cost_count = "次数", "Calls";
    cost_windows = "占用的配额窗口", "Quota windows";
    cost_windows_text(minutes, hours) = "至少 {minutes} 个分钟窗口、{hours} 个小时窗口", "at least {minutes} windows of a minute, {hours} of an hour";
    cost_quota = "配额", "Quota";
    cost_quota_text(minute, hour, at_once) = "每个接口每分钟 {minute} 次、每小时 {hour} 次，同时 {at_once} 个", "{minute} calls a minute and {hour} an hour of each API, {at_once} at once";
    cost_creations = "30 天内新建成员", "Members created in 30 days";
    cost_of_cap(cap) = "（企业微信上限 {cap}）", " (WeCom allows {cap})";
    cost_none = "这个计划不需要调用企业微信。", "This plan makes no calls.";

    run_title(kind) = "运行：{kind}", "Run: {kind}";
    run_id_label = "编号", "Id";
    run_kind_label = "类型", "Kind";
    run_state_label = "状态", "State";
    run_by_label = "发起人", "Started by";
    run_started = "开始", "Started";
    run_ended = "结束", "Ended";
    run_took = "用时", "Took";
    run_done(done, total) = "{done} / {total}", "{done} / {total}";
    run_progress = "进度", "Progress";
    run_reading = "正在读取企业微信……", "Reading WeCom …";
    run_preparing = "正在拉取和计算……", "Pulling and computing …";
    run_live_hint = "本页自动刷新，可以离开后再回来。", "This page follows by itself; you may leave and come back.";
    run_counts = "已变更", "Changed";
    run_nothing = "没有变更任何内容。", "Nothing was changed.";
    run_calls = "调用次数", "Calls";
    run_calls_text(reads, writes) = "读取 {reads} 次，写入 {writes} 次", "{reads} reads, {writes} writes";
    run_failed_label = "失败", "Failed";
    run_failed_title(count) = "失败的记录（{count}）", "Failed records ({count})";
    run_failed_all = "查看全部失败记录", "All failed records";
    run_subject_label = "对象", "Subject";
    run_why_label = "原因", "Why";
    run_retry = "重试", "Retry";
    run_needs_plan = "重新生成预览", "Make a new plan";
    run_retrying(seq) = "正在重试第 {seq} 条。", "Record {seq} is tried again.";
    run_cancel = "取消运行", "Cancel";
    run_cancelling = "已要求取消：正在进行的调用结束后停止，已完成的保留。", "Asked to cancel: it stops after the calls under way; what is done stays done.";
    run_resume = "继续运行", "Resume";
    run_undo = "撤销这次运行", "Undo this run";
    run_undo_hint = "撤销会生成一个新的预览，每一项都标明能否恢复；确认后才执行。", "An undo is a new preview in which each change says how far it can be given back; nothing is done before you apply it.";
    run_to_plan = "查看预览", "See the preview";
    run_records = "逐条记录", "Records";
    run_is_held = "触发了安全设置，没有写入任何内容。请查看预览并审批。", "A guard holds the plan; nothing was written. Look at the preview and decide.";
    run_accept = "确认确实大量减少，重新拉取", "They were really removed: pull again";
    run_accept_hint = "企业微信返回的部门或成员比上次少很多。只有确认那边确实大量删除时才继续。", "WeCom's answer lacks many departments or members. Go on only if they were really removed there.";
    run_found = "拉取结果", "What was found";
    run_strategy = "读取方式", "How it was read";
    run_bound = "新建关联", "New links";
    run_ambiguous = "待确认", "To be decided";
    run_unreadable = "读不到", "Unreadable";
    run_gaps = "读不到的内容", "What could not be read";
    run_part = "部分", "Part";
    run_detail = "英文详情", "Detail";
    run_times(count) = "尝试 {count} 次", "{count} attempts";
    runs_none = "还没有运行记录", "There are no runs yet";
    runs_none_hint = "拉取、预览和同步都会记录在这里。", "Pulls, previews and syncs are listed here.";
    runs_from = "从", "From";
    runs_to = "到", "To";
    runs_file = "运行记录", "runs";
    runs_older = "更早的记录", "Older";

    records_title = "逐条记录", "Records";
    records_file = "逐条记录", "records";
    record_outcome = "结果", "Outcome";
    record_failed_only = "失败和跳过", "failed and skipped";
    record_at = "时间", "When";
    record_message = "说明", "Message";
    outcome_waiting = "未执行", "not tried";
    outcome_intended = "进行中", "under way";
    outcome_done = "完成", "done";
    outcome_found_done = "核对后确认已完成", "found done";
    outcome_failed = "失败", "failed";
    outcome_skipped = "跳过", "skipped";
    outcome_skipped_because(seq) = "所依赖的第 {seq} 条失败，未执行", "not tried, because record {seq} failed";

    explain_title = "人员诊断", "Explain a person";
    explain_of(name) = "人员诊断：{name}", "Explained: {name}";
    explain_lead = "某人没有出现在企业微信？从 OA 记录到实际调用，逐步查看卡在哪里。", "Somebody does not arrive in WeCom? See each step, from the row of the OA to the exact call.";
    explain_search = "姓名、工号、账号、手机号", "Name, number, account, mobile";
    explain_find = "查找", "Find";
    explain_start = "输入姓名或工号开始", "Search for a person to begin";
    explain_found_total(count) = "找到 {count} 人", "{count} people found";
    explain_departed = "已离职", "departed";
    explain_active = "在职", "active";
    explain_row = "OA 记录", "The row of the OA";
    explain_no_row = "OA 目录里没有这个编号的人员。", "The directory has nobody with this id.";
    explain_id = "编号", "Id";
    explain_account = "账号", "Account";
    explain_employee_no = "工号", "Number";
    explain_mobile = "手机号", "Mobile";
    explain_email = "邮箱", "E-mail";
    explain_position = "职务", "Position";
    explain_unit = "部门编号", "Unit";
    explain_card = "人员卡片", "The person's card";
    explain_refused = "现在无法生成计划，以下只是已知的部分", "No plan can be made at present; the rest is what is known";
    explain_scope = "同步范围", "Scope";
    explain_matching = "匹配", "Match";
    explain_linked = "已关联，不再匹配", "linked; no rule is tried";
    explain_link_text(userid, origin, at) = "成员 {userid}（{origin}，{at}）", "member {userid} ({origin}, {at})";
    explain_removal(cause) = "正在移出：{cause}", "on the way out: {cause}";
    explain_tombstone(userid, at) = "以前的账号 {userid} 于 {at} 删除，将重新使用", "the former account {userid}, deleted {at}, would be used again";
    explain_no_rules = "没有设置匹配规则。", "No match rule is set.";
    explain_not_tried = "不参与匹配。", "No rule was tried.";
    explain_rule = "规则", "Rule";
    explain_value = "值", "Value";
    explain_outcome = "结果", "Outcome";
    explain_candidates = "候选", "Candidates";
    explain_member = "企业微信中的成员", "The member in WeCom";
    explain_no_member = "企业微信中没有对应的成员。", "WeCom has no such member.";
    explain_member_text(departments) = "在 {departments} 个部门中", "in {departments} departments";
    explain_no_details = "读不到详细资料，请检查应用可见范围", "details are not readable; look at the app's visible range";
    explain_fields = "字段", "Fields";
    explain_field = "字段", "Field";
    explain_expression = "规则", "Expression";
    explain_result = "计算结果", "Result";
    explain_shown = "企业微信显示", "WeCom shows";
    explain_pushed = "上次写入", "Last written";
    explain_state = "结论", "State";
    explain_changes = "将要执行", "What would be done";
    explain_no_changes = "没有需要执行的变更。", "Nothing has to be done.";
    explain_requests = "实际调用", "The exact calls";
    explain_blocks = "阻碍与提示", "What stands in the way";
    explain_failed = "上次同步时，企业微信没有接受这一步：", "The last sync could not do this step:";
    explain_no_blocks = "没有阻碍。", "Nothing stands in the way.";
}

impl T {
    /// Who did something, as pages say it.
    pub fn sync_actor(self, name: &str) -> String {
        match name.split_once(':') {
            Some(("account", name)) => name.to_owned(),
            Some(("key", name)) => self.actor_key(name),
            Some(("cli", name)) => self.actor_cli(name),
            None if name == "system" => self.actor_system().to_owned(),
            None if name == "schedule" => self.actor_schedule().to_owned(),
            _ => name.to_owned(),
        }
    }

    /// The stored name, or its beginning, that somebody means who looks for an actor by the words of a page.
    pub fn actor_wanted(self, words: &str) -> String {
        let words = words.trim();
        let (key, cli) = (self.actor_key(""), self.actor_cli(""));
        let kinds = [
            (key.trim(), "key:"),
            (cli.trim(), "cli:"),
            (self.actor_system(), "system"),
            (self.actor_schedule(), "schedule"),
        ];
        let folded = words.to_lowercase();
        for (said, stored) in kinds {
            let said = said.to_lowercase();
            if let Some(rest) = folded.strip_prefix(&said).filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
                return format!("{stored}{}", rest.trim());
            }
            // part of a Chinese word is meant as one; a Latin one may be part of a name
            if !folded.is_empty() && !folded.is_ascii() && said.contains(&folded) {
                return stored.to_owned();
            }
        }
        words.to_owned()
    }

    /// `member x` and `department 7` as the engine writes them.
    pub fn run_subject(self, subject: &str) -> String {
        match subject.split_once(' ') {
            Some(("member", id)) => self.subject_member(id),
            Some(("department", id)) => self.subject_department(id),
            _ => subject.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::locale::{Lang, T};

    #[test]
    fn actors_are_found_by_the_words_of_a_page() {
        let (zh, en) = (T::new(Lang::Zh), T::new(Lang::En));
        for (t, words, expected) in [
            (zh, "命令行", "cli:"),
            (zh, " 命令行 Root ", "cli:root"),
            (zh, "API 密钥 oa", "key:oa"),
            (zh, "密钥", "key:"),
            (zh, "定时", "schedule"),
            (zh, "系统", "system"),
            (zh, "张三", "张三"),
            (zh, "api", "api"),
            (zh, "cli:root", "cli:root"),
            (zh, "", ""),
            (en, "command line", "cli:"),
            (en, "API key hr", "key:hr"),
            (en, "key", "key"),
        ] {
            assert_eq!(t.actor_wanted(words), expected, "{words}");
        }
    }
}
