//! Texts of the push log, of sending by hand, and of the queues.

use super::Lang;
use super::T;
use crate::messages::search::Stage;
use crate::model::{CallState, Delivery, DeliveryState, Priority};

texts! {
    nav_messages_group = "消息推送", "Messages";
    nav_push_log = "推送日志", "Push log";
    nav_push_new = "发送消息", "Send a message";
    nav_push_queues = "发送队列", "Queues";
    push_log_lead = "每个接收人一行：是否送达企业微信、为什么没有送达。点标题查看全过程，可在 24 小时内撤回。", "One line per recipient: whether WeCom took it, and if not, why. Open a title for its whole life; it can be recalled within 24 hours.";
    push_log_who = "姓名、工号、编号、账号或 企业/成员账号", "Name, number, id, account, userid, or corp/userid";
    push_log_who_cut = "同名的人太多，只查了前 100 个：请填写编号。", "Too many people have this name: the first 100 are looked for. Enter an id.";
    push_log_source = "来源", "Source";
    push_log_state = "状态", "State";
    push_log_dead = "所有未送达（可重发）", "Everything that did not arrive";
    push_log_from = "受理日期从", "From";
    push_log_until = "到", "To";
    push_log_when = "受理时间", "Accepted";
    push_log_title = "标题", "Title";
    push_log_recipient = "接收人", "Recipient";
    push_log_target = "企业 / 应用", "Corp / app";
    push_log_why = "说明", "Why";
    push_log_none = "还没有消息", "No messages yet";
    push_log_none_hint = "业务系统调用 POST /api/v1/messages，或在这里手工发送。", "Business systems post to POST /api/v1/messages, or send one here by hand.";
    push_log_no_person = "找不到这个人员或成员，也没有发给他的消息", "There is no such person, and no message to one";
    push_unknown_later = "导入后可在这里重发。", "Once the directory has them, it can be sent again here.";
    push_unknown_all = "通讯录里没有未送达的接收人：导入他们之后，这里会出现重发按钮。", "The directory has none of those whom it did not reach: once they are imported, it can be sent again here.";
    push_no_tenant = "请先创建租户和企业", "Create a tenant and a corp first";
    push_detail_title = "消息详情", "Message";
    push_detail_content = "内容", "Content";
    push_detail_event = "事件", "Event";
    push_detail_priority = "优先级", "Priority";
    push_detail_by = "提交者", "Posted by";
    push_detail_expires = "有效期至", "Valid until";
    push_detail_id = "编号", "Id";
    push_detail_counts = "接收情况", "Recipients";
    push_detail_trace = "全过程", "Life of the message";
    push_detail_recipients = "接收人", "Recipients";
    push_detail_all = "在推送日志中查看全部接收人", "All recipients in the push log";
    push_detail_dead = "只看未送达的", "Only those that did not get it";
    push_log_message = "消息编号", "Message id";
    push_detail_batch(n, all) = "第 {n} 批，共 {all} 批", "batch {n} of {all}";
    push_detail_members(count) = "{count} 个成员", "{count} members";
    push_detail_attempts(count) = "尝试 {count} 次", "{count} attempts";
    push_detail_digest(count) = "合并了 {count} 条消息", "carries {count} messages";
    push_call_collected = "等待与其他消息合并发送", "waits to go out together with others";
    push_call_elsewhere = "已在其他调用中发出", "went out in another call";
    push_by_rule(rule) = "规则：{rule}", "rule: {rule}";
    push_recall = "撤回", "Recall";
    push_recall_title = "撤回消息", "Recall the message";
    push_recall_sure(count) = "将撤回这条消息，涉及 {count} 个接收人", "This message is taken back from {count} recipients";
    push_recall_early = "将撤回这 1 条消息：还在查找接收人，撤回后谁也不会收到", "This 1 message is taken back before its recipients are found: nobody gets it";
    push_recall_nobody(count) = "没有接收人可以撤回；撤回后，没有确认送达的 {count} 个不再重发", "There is nobody to take it back from; the {count} that are not known to have arrived are not sent again";
    push_recall_none = "这 1 条消息没有接收人可以撤回", "There is nobody to take this 1 message back from";
    push_recall_stays(count) = "另有 {count} 个不能撤回：已发出超过 24 小时、与其他消息合并发出，或没有收到企业微信的消息编号。", "{count} more stay: sent over 24 hours ago, in a digest with other messages, or without WeCom's msgid.";
    push_recalled_why(told, why) = "{told}不能撤回的原因：{why}。", "{told} Kept because: {why}.";
    push_recall_hint = "未发出的取消；已发出的在 24 小时内从企业微信撤回，微信插件中已收到的不会消失。", "What has not gone out is cancelled; what was sent is recalled within 24 hours. What the WeChat plugin has received stays there.";
    push_recalled(cancelled, recalled, later, kept) = "已取消 {cancelled}，已撤回 {recalled}，送达后撤回 {later}，不能撤回 {kept}。", "Cancelled {cancelled}, recalled {recalled}, to be recalled on arrival {later}, kept {kept}.";
    push_redrive = "重发未送达的", "Send what did not arrive again";
    push_redrive_hint = "按现在的关联、规则和模板重新发送。", "With the links, rules and templates as they are now.";
    push_redrive_doubtful = "包括结果不明的（可能有人收到两次）", "Also those that may have arrived (somebody may get them twice)";
    push_unknown_units = "未送达的是通讯录里没有的部门，不能重发：部门导入后，请重新发送消息。", "Only units that the directory does not have are left, which cannot be sent again: once they are imported, send the message anew.";
    push_redrive_found = "重发筛选出的未送达消息", "Send these again";
    push_redrive_sure(count) = "将重发筛选出的 {count} 个未送达", "{count} that did not arrive are sent again";
    push_redrive_bound = "一次最多重新排队约 1000 个，来自最多 200 条消息。", "At once about 1,000 are queued again, of 200 messages at most.";
    push_redrive_more = "后面还有，请再操作一次。", "There are more behind them: do it once more.";
    push_redriven_more(told) = "{told}后面还有，请再操作一次。", "{told} There are more behind them: do it once more.";
    push_redrive_none = "筛选条件下没有可以重发的。", "The filter shows none that can be sent again.";
    push_redriven(again, dead, doubtful) = "已重新排队 {again}，仍不能发送 {dead}，结果不明未动 {doubtful}。", "Queued again {again}, still not sendable {dead}, left alone because they may have arrived {doubtful}.";
    push_new_lead = "手工发送一条消息，走与业务系统相同的规则、限额和日志。", "Sends one message by hand, through the same rules, limits and log as those of business systems.";
    push_new_everyone = "全部在职人员", "Every active employee";
    push_new_employees = "人员", "Employees";
    push_new_employees_hint = "编号、账号、工号或姓名；每行一个，或用逗号隔开。", "Ids, accounts, numbers or names; one per line, or separated by commas.";
    push_new_units = "部门", "Units";
    push_new_units_hint = "编号或名称；包括所有下级部门的人员。", "Ids or names; with everybody below them.";
    push_new_everyone_hint = "发送前先预览。", "You see the preview before it is sent.";
    push_new_everyone_sure = "这条消息将发给全部在职人员，确认无误后再点“发送”。", "This message goes to every active employee; press Send when it is right.";
    push_new_source_hint = "规则按来源选择消息，例如 manual。", "Rules choose messages by their source, e.g. manual.";
    push_new_body = "正文", "Body";
    push_new_url = "链接", "Link";
    push_new_url_hint = "文本卡片、图文和模板卡片需要链接，除非规则给了后备值。", "Text cards, news and template cards need one, unless the rule has a fallback.";
    push_new_picture = "图片地址", "Picture";
    push_new_preview = "预览", "Preview";
    push_new_send = "发送", "Send";
    push_new_fix = "有内容需要修改，没有发送。请看下方标红的字段。", "Something has to be corrected; nothing was sent. See the fields marked in red.";
    push_new_preview_lead = "点“预览”可以看到消息发给谁、在企业微信里是什么样子；预览不会发送。", "Preview shows who would get the message and how it looks in WeCom; it sends nothing.";
    push_new_sent_before = "这条消息刚才已经受理过，没有再发一次。", "This message was accepted before; it was not sent once more.";
    push_new_sent = "消息已受理，正在发送。", "The message was accepted and is on its way.";
    push_new_reach(count, place) = "{place}：{count} 个成员", "{place}: {count} members";
    push_new_unreached(count) = "{count} 人收不到：", "{count} would not get it:";
    push_goes_out(when) = "约 {when} 发出。", "It goes out at about {when}.";
    push_new_digest(seconds) = "这条规则有 {seconds} 秒的合并窗口：同一人近期没有收到过时立即发出，否则到时合并发出。", "This rule collects for {seconds} seconds: it goes out at once to whoever got nothing lately, else together with others at the end of that time.";
    push_new_calls(count) = "共需调用企业微信 {count} 次。", "Calls to WeCom: {count}.";
    push_new_nobody = "没有规则匹配这条消息，或没有接收人可以送达。", "No rule matches this message, or nobody can be reached.";
    push_queues_lead = "每个应用等待发送的调用，以及距离企业微信限额还有多远：同一应用对同一成员每分钟 30 条、每小时 1000 条，超出的会被企业微信静默丢弃，云桥会提前合并或推迟。", "What waits at each app, and how near it is to WeCom's limits: above 30 a minute or 1,000 an hour to one member WeCom drops messages silently, so the bridge merges or delays them before.";
    push_queue_calls = "等待的调用", "Waiting calls";
    push_queue_overdue = "最久已到期", "Longest overdue";
    push_queue_seconds(count) = "{count} 秒", "{count} s";
    push_queue_day_limit = "每日上限", "Daily limit";
    push_queue_day = "今日人次", "Person-times today";
    push_queue_day_unknown = "未设置账号上限", "account limit not set";
    push_queue_minute = "单个成员每分钟最多", "Fullest member, minute";
    push_queue_hour = "单个成员每小时最多", "Fullest member, hour";
    push_queue_dropped(count) = "今日疑似被丢弃 {count} 条", "{count} probably dropped today";
    push_queue_state = "状态", "State";
    push_queue_runs = "正常", "running";
    push_queue_throttled = "限额已满", "limit reached";
    push_queue_throttled_until(when) = "企业微信限制了调用频率，{when} 后自动继续；立即重试不会更快。", "WeCom limits its calls: it goes on by itself after {when}; trying again at once does not help.";
    push_queue_paused = "暂停", "paused";
    push_queue_resume = "立即重试", "Try again now";
    push_queue_resumed = "已重新尝试。", "Trying again.";
    push_queue_none = "还没有应用", "There is no app yet";
    push_step_by(who) = "由 {who} 提交", "by {who}";
    push_keep = "保留天数", "Days kept";
    push_keep_hint = "消息及其发送记录超过这么多天后删除，1–3650。", "Messages and all that is known about them are removed after so many days, 1 to 3,650.";
    push_keep_saved = "已保存。", "Saved.";
}

impl T {
    /// Why deliveries stay when their message is recalled.
    pub fn recall_kept(self, code: &str) -> &'static str {
        match code {
            "too_late" => self.lang.pick("已发出超过 24 小时", "sent over 24 hours ago"),
            "no_msgid" => self.lang.pick("没有收到企业微信的消息编号", "WeCom's msgid was lost"),
            "in_digest" => self.lang.pick("与其他消息合并发出", "sent in a digest with other messages"),
            "other_wecom" => {
                self.lang.pick("是从此前接入的企业微信发出的", "sent by the WeCom that was connected before")
            }
            _ => self.lang.pick("企业微信没有接受撤回", "WeCom did not accept the recall"),
        }
    }

    /// What is true at a recipient.
    pub fn delivery_state(self, state: DeliveryState) -> &'static str {
        let (zh, en) = match state {
            DeliveryState::Waiting => ("等待发送", "waiting"),
            DeliveryState::Sent => ("已送达企业微信", "taken by WeCom"),
            DeliveryState::NotBound => ("未关联", "not linked"),
            DeliveryState::UnknownRecipient => ("查无此人", "no such recipient"),
            DeliveryState::Invalid => ("成员无效", "invalid member"),
            DeliveryState::OutsideRange => ("不在可见范围", "outside the visible range"),
            DeliveryState::ProbablyDropped => ("可能被丢弃", "probably dropped"),
            DeliveryState::Unknown => ("结果不明", "unknown"),
            DeliveryState::Failed => ("失败", "failed"),
            DeliveryState::Expired => ("已过期", "expired"),
            DeliveryState::Recalled => ("已撤回", "recalled"),
        };
        self.lang.pick(zh, en)
    }

    /// The same of one recipient, who may be a unit that nobody knows.
    pub fn recipient_state(self, row: &Delivery) -> &'static str {
        match (row.state, row.code.as_deref()) {
            (DeliveryState::UnknownRecipient, Some("unknown_unit")) => self.lang.pick("没有这个部门", "no such unit"),
            (state, _) => self.delivery_state(state),
        }
    }

    /// Where a call stands.
    pub fn call_state(self, state: CallState) -> &'static str {
        let (zh, en) = match state {
            CallState::Prepared => ("准备中", "prepared"),
            CallState::Waiting => ("等待发送", "waiting"),
            CallState::Sending => ("发送中", "on its way"),
            CallState::Sent => ("已送达企业微信", "taken by WeCom"),
            CallState::Failed => ("失败", "failed"),
            CallState::Unknown => ("结果不明", "unknown"),
            CallState::Dropped => ("未发出", "not sent"),
        };
        self.lang.pick(zh, en)
    }

    /// Where a message stands.
    pub fn message_stage(self, stage: Stage) -> &'static str {
        let (zh, en) = match stage {
            Stage::Accepted => ("已受理", "accepted"),
            Stage::Sending => ("发送中", "sending"),
            Stage::Ended => ("发送结束", "sending has ended"),
        };
        self.lang.pick(zh, en)
    }

    /// What goes first.
    pub fn message_priority(self, priority: Priority) -> &'static str {
        let (zh, en) = match priority {
            Priority::High => ("高", "high"),
            Priority::Normal => ("普通", "normal"),
            Priority::Low => ("低", "low"),
        };
        self.lang.pick(zh, en)
    }

    /// Why a delivery or a call waits or did not arrive; empty where there is nothing to say.
    pub fn delivery_why(self, code: &str) -> &'static str {
        let (zh, en) = match code {
            "not_bound" => (
                "人员没有关联到规则所发企业的成员，请检查关联。",
                "Linked to no member of a corp that the rules send to: check the link.",
            ),
            "unknown_employee" => ("通讯录里没有这个人员。", "The directory has no such employee."),
            "unknown_unit" => ("通讯录里没有这个部门。", "The directory has no such unit."),
            "departed" => ("人员已离职。", "The employee has left."),
            "no_rule" => ("没有规则匹配，请先建立推送规则，再重发。", "No rule matches: make one, then send it again."),
            "content" => (
                "内容不符合企业微信的要求，请检查规则的模板。",
                "The content breaks WeCom's rules: check the rule's template.",
            ),
            "unknown_member" => ("企业微信里没有这个成员，请检查关联。", "WeCom knows no such member: check the link."),
            "member_disabled" => (
                "成员已禁用，收不到消息；启用并重新拉取后可以重发。",
                "The member is disabled and gets nothing: enable it and pull, then it can be sent again.",
            ),
            "outside_range" => ("成员不在应用的可见范围内。", "The member is outside the app's visible range."),
            "unlicensed" => ("成员没有接口许可。", "The member has no licence for the interface."),
            "member_limit" => (
                "已达到企业微信对单个成员的频率上限，稍后合并发送。",
                "WeCom's limit per member is reached: it goes out a little later, together with others.",
            ),
            "quiet_hours" => ("免打扰时段，早上发送。", "Quiet hours: it goes out in the morning."),
            "digest" => ("合并窗口未到，与其他消息一起发出。", "Collected, to go out together with others."),
            "in_digest" => ("与其他消息合并为一条摘要发出。", "It went out in a digest together with other messages."),
            "daily_quota" => {
                ("应用今日额度已用完，明天发送。", "The app's quota of the day is used up: it goes out tomorrow.")
            }
            "quota" => ("企业微信限制了调用频率，稍后继续。", "WeCom limits the calls: it goes on later."),
            "busy" => ("企业微信繁忙，稍后重试。", "WeCom is busy: it is tried again."),
            "unknown_outcome" => {
                ("连接中断，不知道企业微信是否收到。", "The connection broke: nobody knows whether WeCom took it.")
            }
            "no_connection" => ("连不上企业微信。", "WeCom cannot be reached."),
            "credential" | "refused_app" => (
                "企业微信拒绝了应用的凭证或权限，请检查应用设置。",
                "WeCom refuses the app's secret or rights: check the app's settings.",
            ),
            "no_callback" => (
                "应用没有设置接收消息的地址，带按钮的卡片无法发送：请在企业微信后台为应用启用 API 接收消息并填写回调地址，然后重新发送。",
                "The app has no callback URL, and cards with buttons need one: switch receiving messages on for the app in \
                 WeCom's console, enter the callback URL, then send it again.",
            ),
            "settings" => ("企业或应用的设置不完整。", "The settings of the corp or the app are not complete."),
            "read_only" => ("企业设为只读，不发送。", "The corp is set to read-only: nothing is sent."),
            "refused" => ("企业微信拒绝了这条消息。", "WeCom refused the message."),
            "partly" => (
                "长消息只有前几段送达，其余没有送达。",
                "Only the first parts of a long message arrived; the rest did not.",
            ),
            "gave_up" => ("尝试一天后放弃。", "Given up after a day."),
            "nobody" => ("没有一个接收人有效。", "None of the recipients is valid."),
            "no_app" => ("企业或应用已被删除。", "The corp or the app was removed."),
            "todo_ended" => ("待办已结束，不再发送。", "The to-do had ended before it was sent."),
            "other_wecom" => (
                "企业已改连另一个企业微信，原来的成员不再对应，没有发送。",
                "The corp was connected to another WeCom: the members named then are other people now.",
            ),
            "expired" => ("超过有效期，没有发送。", "Its time was over before it could be sent."),
            _ => ("", ""),
        };
        self.lang.pick(zh, en)
    }

    /// A step in the life of a message.
    pub fn message_step(self, step: &str) -> &'static str {
        let (zh, en) = match step {
            "accepted" => ("已受理", "Accepted"),
            "expanded" => ("已找到接收人", "Recipients found"),
            "recall" => ("要求撤回", "Recall asked for"),
            "made" => ("已排队", "Queued"),
            "sending" => ("发出", "Sent out"),
            "sent" => ("企业微信已接收", "Taken by WeCom"),
            "lost" => ("结果不明", "Outcome unknown"),
            "again" => ("再次发出", "Sent out again"),
            "held" => ("推迟", "Held"),
            "divided" => ("拆分", "Divided"),
            "refused" => ("被拒绝", "Refused"),
            "interrupted" => ("进程中断", "Interrupted"),
            "unknown" => ("放弃，结果不明", "Given up, outcome unknown"),
            "recalled" => ("已撤回", "Recalled"),
            "kept" => ("撤回不成", "Not taken back"),
            "expired" => ("已过期", "Expired"),
            _ => ("其他", "Other"),
        };
        self.lang.pick(zh, en)
    }

    /// What is wrong with a message that somebody wrote, by its place and the engine's words.
    pub fn message_fault(self, at: &str, said: &str) -> String {
        if self.lang == Lang::En {
            return said.to_owned();
        }
        let numbers: Vec<&str> = said.split([' ', ';']).filter(|word| word.parse::<u64>().is_ok()).collect();
        match numbers.as_slice() {
            ["1", _, "0"] => "请填写".to_owned(),
            [least, most, got] if said.contains("characters") => format!("应为 {least} 至 {most} 个字，现在 {got} 个"),
            [most, ..] if said.contains("bytes") => format!("最多 {most} 字节"),
            [most] if said.starts_with("must name at most") => format!("最多 {most} 个"),
            [most] if said.starts_with("must hold at most") => format!("最多 {most} 个按钮"),
            _ => match said {
                "must not hold control characters" => "不能有控制字符".into(),
                "must not hold blanks or control characters" => "不能有空格或控制字符".into(),
                "must not be blank" => "不能只有空格".into(),
                "is there twice" => "标识重复".into(),
                "must lie in the future" => "应晚于现在".into(),
                _ if said.starts_with("must begin with ") => {
                    format!("应以 {} 开头", said.trim_start_matches("must begin with ").replace(" or ", " 或 "))
                }
                _ if at == "todo" => "有按钮时请选择待办类型".into(),
                _ if at.ends_with(".key") => "标识应为 1–64 个字母、数字、_ 或 -".into(),
                _ if at.ends_with(".style") => "请选择样式".into(),
                _ if at == "webhook" => "没有这个 Webhook".into(),
                _ if said.starts_with("must name somebody") => "请填写接收人：人员、部门，或选择全部在职人员".into(),
                _ if said.starts_with("everyone") => "选择了全部在职人员，请不要再填写人员或部门".into(),
                _ => said.to_owned(),
            },
        }
    }

    /// What is stored beside a step, in the reader's language; `None` where it can only be told as it is stored.
    pub fn message_step_detail(self, detail: &str) -> Option<String> {
        let why = self.delivery_why(if detail == "quiet hours" { "quiet_hours" } else { detail });
        if !why.is_empty() {
            return Some(why.to_owned());
        }
        if let Some(who) = detail.strip_prefix("by ") {
            return Some(self.push_step_by(self.sync_actor(who)));
        }
        self.retold(detail)
    }
}
