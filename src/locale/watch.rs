//! Texts of the pages that watch: health, diagnostics, errcodes, audit log.

use super::{Lang, T};

texts! {
    diagnostics_lead = "成员没有到达企业微信、接口报错时，从这里逐项检查。检查不修改企业微信与通讯录，只记下测试结果。", "Start here when somebody does not arrive or a call fails. Neither WeCom nor the directory is changed; what a test finds is kept.";
    health_title = "运行状况", "Health";
    health_ready = "正常", "ready";
    health_degraded = "有待处理的问题", "degraded";
    health_down = "不可用", "down";
    health_no_reason = "一切正常。", "All is well.";
    check_title = "连接检查", "Connection";
    check_no_corp = "还没有接入企业，请先在“企业与应用”中添加。", "No corp is connected yet; add one under Corps and apps.";
    check_all_corps = "全部企业", "All corps";
    check_button = "开始检查", "Check";
    check_hint = "依次检查域名、网络、加密连接、时钟、凭证、可信 IP 和可见范围，通常需要几秒。", "Name, network, TLS, clock, credentials, trusted IP and visible range in turn; takes some seconds.";
    check_all_well = "没有发现问题。", "Nothing is wrong.";
    check_not_well = "有检查没有通过，请按说明处理。", "Some checks failed; do what they say.";
    check_ok = "通过", "ok";
    check_warning = "注意", "look at it";
    check_failed = "未通过", "failed";
    check_seen_as = "企业微信看到的本机 IP（填到可信 IP 中）：", "WeCom sees this machine as (enter it as trusted IP):";
    check_addresses = "接口域名解析到的地址（供防火墙放行）：", "Addresses of the API's host, for firewalls:";
    errcodes_title = "错误码百科", "Errcodes explained";
    errcodes_lead = "企业微信接口返回的错误码、原因和处理办法，离线可查。", "What WeCom's errcodes mean, why they come and what to do; works offline.";
    errcodes_search = "错误码或关键词", "Number or word";
    errcodes_unknown = "这里没有这个错误码；请换一个关键词，或查看企业微信官方文档。", "This one is not known here; try another word or see WeCom's documentation.";
    errcodes_code = "错误码", "Errcode";
    errcodes_meaning = "含义", "Meaning";
    errcodes_cause = "常见原因", "Usual cause";

    audit_lead = "谁在什么时候改了什么、改之前和之后是什么。记录用哈希串联，改动或删除都能被发现。", "Who changed what, when, from what to what. Rows are chained by hash, so that tampering is found.";
    audit_verify = "校验完整性", "Verify";
    audit_whole = "审计日志完整，没有被改动。", "The audit log is whole and unchanged.";
    audit_broken(seq) = "审计日志在第 {seq} 条处被改动或缺失，请立即处理。", "The audit log was changed or cut at row {seq}; look into it at once.";
    audit_when = "时间", "When";
    audit_number = "序号", "Number";
    audit_from_address = "来源地址", "From address";
    audit_code = "操作代码", "Code";
    audit_before = "修改前", "Before";
    audit_after = "修改后", "After";
    audit_hash = "校验链", "Hash";
    audit_hash_before = "上一行校验链", "Hash of the row before";
    audit_who = "操作人", "Who";
    audit_what = "操作", "What";
    audit_subject = "对象", "Subject";
    audit_change = "变化", "Change";
    audit_secret_new = "已更换", "replaced";
    audit_from = "从", "from";
    audit_until = "到", "to";
    audit_fields(count) = "{count} 项变化", "{count} fields";
    audit_looked_back(when) = "已查找到 {when}", "looked as far as {when}";
}

/// Fields that changes are told by, as far as they are known: the stored key, Chinese, English.
const FIELDS: &[(&str, &str, &str)] = &[
    ("session", "会话", "session"),
    ("opened_at_ms", "登录时间", "signed in"),
    ("last_seen_ms", "最近活动", "last active"),
    ("from", "来源地址", "from"),
    ("user_agent", "浏览器", "browser"),
    ("reason", "原因", "reason"),
    ("bytes", "大小（字节）", "size (bytes)"),
    ("size", "大小（字节）", "size (bytes)"),
    ("name", "名称", "name"),
    ("display_name", "姓名", "name"),
    ("role", "角色", "role"),
    ("language", "语言", "language"),
    ("disabled", "已停用", "disabled"),
    ("enabled", "启用", "enabled"),
    ("must_change_password", "下次登录须改密码", "must change the password"),
    ("by_owner", "由本人修改", "by the person"),
    ("second_factor", "两步验证", "second factor"),
    ("totp", "两步验证", "second factor"),
    ("id", "编号", "id"),
    ("key", "标识", "key"),
    ("scopes", "权限", "scopes"),
    ("networks", "允许的来源地址", "may come from"),
    ("expires_at_ms", "有效期至", "expires"),
    ("created_at_ms", "创建时间", "created"),
    ("created_by", "创建人", "made by"),
    ("revoked_at_ms", "吊销时间", "revoked"),
    ("corp", "企业", "corp"),
    ("corpid", "企业 ID", "corpid"),
    ("edition", "版本", "edition"),
    ("access", "访问方式", "access"),
    ("agentid", "AgentID", "agentid"),
    ("callback_enabled", "接收回调", "takes callbacks"),
    ("read_app", "用于读取的应用", "app that reads"),
    ("userid", "成员账号", "userid"),
    ("department", "部门", "department"),
    ("origin", "关联来源", "origin"),
    ("links", "关联数", "links"),
    ("run", "运行", "run"),
    ("plan", "计划", "plan"),
    ("state", "状态", "state"),
    ("decision", "审批", "decision"),
    ("first_allow", "第一次批准", "first allow"),
    ("guards", "被哪些安全设置拦下", "guards"),
    ("hash", "校验值", "hash"),
    ("message", "消息", "message"),
    ("deliveries", "投递数", "deliveries"),
    ("dead_letters", "死信数", "dead letters"),
    ("callbacks", "回调数", "callbacks"),
    ("picture", "图片", "picture"),
    ("url", "地址", "address"),
    ("events", "事件", "events"),
    ("corps", "企业", "corps"),
    ("priority", "优先级", "priority"),
    ("keyword", "关键词", "keyword"),
    ("source", "来源", "source"),
    ("filter", "条件", "filter"),
    ("targets", "目标", "targets"),
    ("text", "文字", "text"),
    ("keep_days", "保留天数", "days kept"),
    ("kept_days", "保留天数", "days kept"),
    ("hour", "每天几点", "every day at"),
    ("keep", "保留份数", "how many are kept"),
    ("public_url", "外部访问地址", "external address"),
    ("bad_rows", "未导入的行", "rows not imported"),
    ("warnings", "提醒", "warnings"),
    ("mode", "导入方式", "mode"),
    ("made_with", "由哪个密钥创建", "made with"),
    ("order", "顺序", "order"),
    ("tenant", "租户", "tenant"),
    ("timeout_ms", "超时（毫秒）", "time-out (ms)"),
    ("employees", "人员", "employees"),
    ("units", "OA 部门", "units"),
    ("added", "新增", "added"),
    ("changed", "变更", "changed"),
    ("departed", "离职", "departed"),
    ("removed", "删除", "removed"),
    ("returned", "恢复在职", "returned"),
    ("unchanged", "不变", "unchanged"),
    ("format", "格式", "format"),
    ("sha256", "SHA-256", "SHA-256"),
];

/// Actions of the audit log and kinds of them: beginning of the code, Chinese, English.
/// What is changed, as the audit log stores it and as pages tell it.
const SUBJECTS: [(&str, &str); 11] = [
    ("account", "账号"),
    ("corp", "企业"),
    ("tenant", "租户"),
    ("run", "运行"),
    ("plan", "计划"),
    ("employee", "人员"),
    ("unit", "OA 部门"),
    ("department", "部门"),
    ("message", "消息"),
    ("appliance", "整台设备"),
    ("store", "全部数据"),
];

const ACTIONS: &[(&str, &str, &str)] = &[
    ("account.create", "新建账号", "account created"),
    ("account.change", "修改账号", "account changed"),
    ("account.role", "修改角色", "role changed"),
    ("account.password", "修改密码", "password changed"),
    ("account.disable", "停用账号", "account disabled"),
    ("account.enable", "恢复账号", "account enabled"),
    ("account.totp_on", "开启两步验证", "second factor set up"),
    ("account.totp_off", "关闭两步验证", "second factor taken away"),
    ("account", "账号", "accounts"),
    ("inbox.replay", "重新处理回调", "callbacks replayed"),
    ("inbox.settings", "修改回调保留期限", "inbox settings changed"),
    ("auto_reply.create", "新建自动回复", "auto reply created"),
    ("auto_reply.update", "修改自动回复", "auto reply changed"),
    ("auto_reply.remove", "删除自动回复", "auto reply removed"),
    ("auto_reply.enable", "启用自动回复", "auto reply switched on"),
    ("auto_reply.disable", "停用自动回复", "auto reply switched off"),
    ("auto_reply.picture_add", "上传自动回复图片", "picture of auto replies added"),
    ("auto_reply.picture_remove", "删除自动回复图片", "picture of auto replies removed"),
    ("auto_reply", "自动回复", "auto replies"),
    ("webhook.create", "添加 Webhook", "webhook created"),
    ("webhook.update", "修改 Webhook", "webhook changed"),
    ("webhook.remove", "删除 Webhook", "webhook removed"),
    ("webhook.secret", "更换 Webhook 密钥", "webhook secret renewed"),
    ("webhook.redrive", "重新发送死信", "dead letters sent again"),
    ("webhook", "Webhook", "webhooks"),
    ("binding.rename", "成员账号变更，关联随之更新", "link follows a new userid"),
    ("session.open", "登录", "signed in"),
    ("session.refused", "登录被拒绝", "sign-in refused"),
    ("session.close", "退出登录", "signed out"),
    ("session.revoke", "结束会话", "session ended"),
    ("session", "登录会话", "sessions"),
    ("key.create", "新建 API 密钥", "API key created"),
    ("key.revoke", "吊销 API 密钥", "API key revoked"),
    ("key", "API 密钥", "API keys"),
    ("tenant.create", "新建租户", "tenant created"),
    ("tenant.update", "修改租户", "tenant changed"),
    ("tenant.remove", "删除租户", "tenant removed"),
    ("tenant", "租户", "tenants"),
    ("corp.create", "接入企业", "corp connected"),
    ("corp.update", "修改企业", "corp changed"),
    ("retention.clean", "清理过期记录", "old records removed"),
    ("corp.reset_links", "清空企业关联", "links of a corp dropped"),
    ("corp.keep_links", "企业换地址，保留关联", "corp moved, links kept"),
    ("corp.remove", "移除企业", "corp removed"),
    ("corp", "企业", "corps"),
    ("app.create", "添加应用", "app added"),
    ("app.update", "修改应用", "app changed"),
    ("app.remove", "移除应用", "app removed"),
    ("app", "应用", "apps"),
    ("secret.remove", "删除凭证", "secret removed"),
    ("secret", "凭证", "secrets"),
    ("directory.import", "导入 OA 组织", "directory imported"),
    ("directory.put_units", "修改 OA 部门", "units changed"),
    ("directory.put_employees", "修改 OA 人员", "employees changed"),
    ("directory.remove_units", "删除 OA 部门", "units removed"),
    ("directory.remove_employees", "删除 OA 人员", "employees removed"),
    ("directory", "OA 通讯录", "OA directory"),
    ("binding.create", "关联", "bound"),
    ("binding.swap", "互换关联", "bindings swapped"),
    ("binding.remove_all", "解除全部关联", "all bindings removed"),
    ("binding.remove", "解除关联", "unbound"),
    ("binding", "关联", "bindings"),
    ("plan.allow", "批准计划", "plan allowed"),
    ("plan.allow_first", "批准计划（第一人）", "plan allowed by the first of two"),
    ("plan.reject", "驳回计划", "plan rejected"),
    ("plan", "审批", "decisions"),
    ("message.send", "手工发送消息", "message sent by hand"),
    ("message.recall", "撤回消息", "message recalled"),
    ("message.redrive", "重发消息", "message sent again"),
    ("message.todo", "修改待办状态", "state of a to-do changed"),
    ("message", "消息", "messages"),
    ("messages.settings", "修改消息设置", "message settings changed"),
    ("rule.create", "新建推送规则", "push rule made"),
    ("rule.change", "修改推送规则", "push rule changed"),
    ("rule.enable", "启用推送规则", "push rule switched on"),
    ("rule.disable", "停用推送规则", "push rule switched off"),
    ("rule.order", "调整推送规则顺序", "push rules reordered"),
    ("rule.remove", "删除推送规则", "push rule removed"),
    ("rule", "推送规则", "push rules"),
    ("menu.save", "保存应用菜单", "menu saved"),
    ("menu.publish", "发布应用菜单", "menu published"),
    ("menu.withdraw", "删除应用菜单", "menu taken away"),
    ("menu.unknown", "应用菜单操作结果未知", "menu change of unknown outcome"),
    ("menu", "应用菜单", "menus"),
    ("run.pull", "开始拉取", "pull started"),
    ("run.sync", "开始同步", "sync started"),
    ("run.apply", "执行计划", "plan applied"),
    ("run.plan", "生成预览", "preview made"),
    ("run.undo", "生成撤销计划", "undo planned"),
    ("run.resume", "继续运行", "run resumed"),
    ("run.retry", "重试记录", "record retried"),
    ("run.cancel", "取消运行", "run cancelled"),
    ("run", "运行", "runs"),
    ("settings.change", "修改基础参数", "settings changed"),
    ("settings", "基础参数", "settings"),
    ("backup.make", "备份", "backup made"),
    ("backup.settings", "修改备份设置", "backup settings changed"),
    ("backup.remove", "删除备份", "backup removed"),
    ("store.restore", "恢复备份，已关闭写入", "backup restored, writing switched off"),
    ("backup", "备份", "backups"),
    ("store", "数据维护", "maintenance"),
];

/// What a check of the doctor looks at: beginning of its name, Chinese, English.
const CHECKS: &[(&str, &str, &str)] = &[
    ("network.dns", "域名解析", "Name"),
    ("network.tcp", "网络连接", "Connection"),
    ("network.https", "接口应答", "Answer of the API"),
    ("clock", "时钟", "Clock"),
    ("secret.contacts", "通讯录同步 Secret", "Contacts secret"),
    ("secret.app", "应用 Secret", "App secret"),
    ("secret.kind", "Secret 类型", "Kind of secret"),
    ("trusted_ip", "可信 IP", "Trusted IP"),
    ("app", "应用", "App"),
    ("read_app", "读取应用", "Reading app"),
    ("range", "可见范围", "Visible range"),
    ("callback", "回调自测", "Callback self-test"),
];

/// Reasons of a state of health.
const REASONS: &[(&str, &str, &str)] = &[
    ("store.down", "数据存储不可用", "the store cannot be used"),
    ("schedule.unreadable", "无法读取定时任务", "schedules cannot be read"),
    ("schedule.unhealthy", "定时任务连续失败", "a schedule keeps failing"),
    ("plan.held", "有计划等待审批", "a plan waits for a decision"),
    ("sync.held", "安全设置一直拦截同步，无人审批", "a guard has held every sync and nobody decided"),
    ("pull.failed", "最近一次拉取失败", "the last pull failed"),
    ("sync.failed", "最近一次同步失败", "the last sync failed"),
    ("sync.partly", "最近一次同步有失败的记录", "the last sync has failed records"),
    ("credential.failed", "最近一次连接测试未通过", "the last test of a connection failed"),
    ("messages.paused", "应用暂停发送消息", "an app sends no messages"),
    ("messages.late", "消息积压", "messages are late"),
    ("messages.unreadable", "无法读取发送队列", "the message queues cannot be read"),
    ("cards.late", "卡片更新积压", "updates of cards are late"),
    ("cards.unreadable", "无法读取卡片更新", "the updates of cards cannot be read"),
    ("callbacks.refused", "回调被拒收", "callbacks are refused"),
    ("callbacks.failed", "有回调处理失败", "the work on callbacks failed"),
    (
        "callbacks.unreadable",
        "有收到的回调无法读取，已另行保留",
        "received callbacks cannot be read and are kept aside",
    ),
    ("callbacks.waiting", "回调处理积压", "callbacks wait for work"),
    ("webhooks.dead", "Webhook 有死信", "webhooks have dead letters"),
    ("webhooks.failing", "Webhook 连续失败", "a webhook keeps failing"),
    ("webhooks.unreadable", "无法读取 Webhook", "webhooks cannot be read"),
];

impl T {
    /// What was done, by the stable code of an audit row.
    pub fn audit_action(self, code: &str) -> String {
        self.named(ACTIONS, code).map_or_else(|| code.to_owned(), str::to_owned)
    }

    /// What was changed: `account boss`, `corp acme-main`, `appliance`, or an id, as the audit log stores it.
    pub fn audit_subject_name(self, subject: &str) -> String {
        let (kind, rest) = subject.split_once(' ').unwrap_or((subject, ""));
        match SUBJECTS.iter().find(|(en, _)| *en == kind).filter(|_| self.lang == Lang::Zh) {
            Some((_, zh)) => format!("{zh} {rest}").trim_end().to_owned(),
            None => subject.to_owned(),
        }
    }

    /// A subject that is looked for, as the audit log stores it, where it begins as a page tells it.
    pub fn audit_subject_wanted(self, wanted: &str) -> String {
        let told = |(en, zh): &(&str, &str)| {
            let rest = wanted.trim().strip_prefix(zh)?;
            (rest.is_empty() || rest.starts_with(' ')).then(|| format!("{en} {}", rest.trim_start()))
        };
        SUBJECTS.iter().find_map(told).map_or_else(|| wanted.to_owned(), |stored| stored.trim_end().to_owned())
    }

    /// The name of a field of a change; one that is not known stays as it is stored.
    pub fn audit_field(self, field: &str) -> String {
        if let Some(place) = field.strip_prefix("secret ") {
            return format!("{}{}", self.lang.pick("凭证：", "secret: "), self.secret_place(place));
        }
        // a path is told where each of its parts is known
        let part = |part: &str| {
            let known = FIELDS.iter().find(|(known, ..)| *known == part);
            known.map(|(_, zh, en)| self.lang.pick(zh, en))
        };
        let parts: Option<Vec<&str>> = field.split('.').map(part).collect();
        parts.map_or_else(|| field.to_owned(), |parts| parts.join(" · "))
    }

    /// What a stored secret is, by [`SecretName::path`](crate::model::SecretName::path).
    fn secret_place(self, path: &str) -> String {
        let (whose, what) = path.rsplit_once('/').unwrap_or((path, ""));
        let owner = match whose.split_once('/') {
            Some(("app", key)) => format!("{} {key}", self.lang.pick("应用", "app")),
            _ if whose == "contacts" && what == "secret" => return self.contacts_secret().to_owned(),
            _ if whose == "contacts" => self.callback_of_contacts().to_owned(),
            _ if whose == "customers" => self.callback_of_customers().to_owned(),
            _ => return path.to_owned(),
        };
        let callback = self.lang.pick("回调", "callback");
        match what {
            "secret" => format!("{owner} Secret"),
            "token" => format!("{owner} {callback} Token"),
            "aes_key" => format!("{owner} {callback} EncodingAESKey"),
            _ => path.to_owned(),
        }
    }

    /// What stands in a field of a change; `set` and `unset` are all that is stored of a secret.
    pub fn audit_value(self, field: &str, value: &str) -> String {
        match value {
            "true" => self.yes().to_owned(),
            "false" => self.no().to_owned(),
            "set" if field.starts_with("secret ") => self.secret_set().to_owned(),
            "unset" if field.starts_with("secret ") => self.secret_unset().to_owned(),
            _ => value.to_owned(),
        }
    }

    /// Kinds of actions to filter by: the beginning of their codes and a name.
    pub fn audit_kinds(self) -> Vec<(&'static str, &'static str)> {
        let kinds = ACTIONS.iter().filter(|(code, ..)| !code.contains('.'));
        kinds.map(|(code, zh, en)| (*code, self.lang.pick(zh, en))).collect()
    }

    /// What a check of the doctor looks at, with what stands behind its name.
    pub fn check_name(self, check: &str) -> String {
        let name = self.named(CHECKS, check).unwrap_or(check);
        match check.split_once('/') {
            Some((_, what)) => format!("{name} {what}"),
            None => name.to_owned(),
        }
    }

    /// Why the bridge is not quite well.
    pub fn health_reason(self, code: &str) -> String {
        self.named(REASONS, code).map_or_else(|| code.to_owned(), str::to_owned)
    }

    fn named(self, table: &[(&str, &'static str, &'static str)], code: &str) -> Option<&'static str> {
        let fits =
            |known: &str| code == known || code.strip_prefix(known).is_some_and(|rest| rest.starts_with(['.', '/']));
        let found = table.iter().filter(|(known, ..)| fits(known)).max_by_key(|(known, ..)| known.len())?;
        Some(self.lang.pick(found.1, found.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_known_beginning_names_a_code() {
        let t = T::new(Lang::En);
        assert_eq!(t.audit_action("binding.remove_all"), "all bindings removed");
        assert_eq!(t.audit_action("tenant.create"), "tenant created");
        assert_eq!(t.audit_action("tenant.other"), "tenants");
        assert_eq!(t.audit_action("unheard.of"), "unheard.of");
        for (stored, told) in [("corp acme-main", "企业 acme-main"), ("store", "全部数据"), ("department 7", "部门 7")]
        {
            let zh = T::new(Lang::Zh);
            assert_eq!(
                (zh.audit_subject_name(stored).as_str(), zh.audit_subject_wanted(told).as_str()),
                (told, stored)
            );
            assert_eq!(t.audit_subject_name(stored), stored);
        }
        assert_eq!(T::new(Lang::Zh).audit_subject_wanted("企业微信"), "企业微信");
        assert_eq!(t.check_name("secret.app/oa"), "App secret oa");
        assert!(t.audit_kinds().iter().all(|(code, _)| !code.contains('.')));
    }
}
