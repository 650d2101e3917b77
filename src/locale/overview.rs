//! Texts of the first page.

texts! {
    overview_welcome = "欢迎使用企微云桥", "Welcome";
    overview_welcome_lead = "先新建租户并接入企业，再导入 OA 通讯录，最后预览并同步到企业微信。", "Create a tenant and connect a corp, import the directory, then preview and sync.";
    overview_waiting = "等待审批", "Waiting for a decision";
    overview_why = "被拦下的原因", "Held by";
    overview_removals = "移除人数", "Removals";
    overview_when = "时间", "When";
    overview_decide = "查看并审批", "Look and decide";
    overview_resolve(count) = "{count} 个待处理的匹配", "{count} matches to resolve";
    overview_unreadable(count) = "{count} 项读取不全", "{count} not fully readable";
    overview_departments = "部门", "Departments";
    overview_last_pull = "最近拉取", "Last pull";
    overview_last_sync = "最近同步", "Last sync";
    overview_never_read = "企业已添加，接入还没有完成。", "The corp was added; it is not connected yet.";
    overview_go_on = "继续接入", "Go on with the steps";
    overview_next = "下次定时", "Next scheduled";
    overview_by_hand = "手动", "by hand";
    overview_quota = "本分钟已用接口次数", "Calls this minute";
    overview_failures = "最近的失败", "Recent failures";
    overview_run = "运行", "Run";
    overview_failed_records = "失败记录", "Failed records";
    overview_run_running = "进行中", "under way";
    overview_run_done = "成功", "done";
    overview_run_partly = "部分失败", "partly done";
    overview_run_failed = "失败", "failed";
    overview_run_held = "被拦下", "held";
    overview_run_cancelled = "已取消", "cancelled";
    overview_run_pull = "拉取", "Pull";
    overview_run_plan = "生成预览", "Preview";
    overview_run_sync = "同步", "Sync";
    chart_members = "成员数（30 天）", "Members (30 days)";
    chart_changes = "每天的变更", "Changes per day";
    chart_calls = "每天的接口调用", "API calls per day";
    chart_created = "创建", "created";
    chart_updated = "更新", "updated";
    chart_removed = "移除", "removed";
    chart_reads = "读取", "reads";
    chart_writes = "写入", "writes";
    chart_deliveries = "每天的消息推送", "Deliveries per day";
    chart_delivered = "已送达企业微信", "taken by WeCom";
    chart_undelivered = "未送达", "not delivered";
}
