//! Texts of callbacks: addresses and their failures, the inbox, webhooks.

use super::{Lang, T};
use crate::model::CallbackFault;

texts! {
    nav_callbacks_group = "回调", "Callbacks";
    nav_inbox = "收件箱", "Inbox";
    nav_callbacks = "接收状态", "Addresses";
    nav_replies = "自动回复", "Auto replies";
    nav_webhooks = "Webhook", "Webhooks";
    chart_callbacks = "每日收到的回调", "Callbacks received per day";
    overview_lag = "95% 回调的推送延迟", "lag of 95 % of the callbacks";
    overview_callbacks(count) = "昨日至今 {count} 条", "{count} since yesterday";
    overview_lag_seconds(count) = "≤ {count} 秒", "≤ {count} s";
    overview_lag_minutes(count) = "≤ {count} 分钟", "≤ {count} min";
    overview_lag_late = "超过 6 小时", "more than 6 h";
    callbacks_lead = "企业微信推送到云桥的地址、收到了多少、延迟多少，以及没有收下的原因（不会告诉发送方）。", "Where WeCom calls, what came and how late, and why something was not taken (its sender is never told).";
    callbacks_waiting = "等待处理", "Waiting for work";
    callbacks_oldest = "最久等待", "Longest wait";
    callbacks_failed = "处理失败", "Work failed";
    callbacks_received = "24 小时内收到", "Received in 24 hours";
    callbacks_repeats(count) = "重复投递 {count} 次", "{count} repeats";
    callbacks_last = "最近一次收到", "Last received";
    callbacks_checked = "最近一次 URL 验证通过", "URL last verified";
    callbacks_lag = "推送延迟（95%）", "Lag (95 %)";
    callbacks_gap = "24 小时内最长间隔", "Longest gap in 24 hours";
    callbacks_failures(count) = "最近没有收下的（{count}）", "Last ones that were not taken ({count})";
    callbacks_what = "原因", "What was wrong";
    callbacks_cure = "处理办法", "What to do";
    callbacks_from = "来源", "From";
    callbacks_is_check = "URL 验证", "URL check";
    callback_of_contacts = "通讯录变更", "Contact changes";
    callback_of_customers = "客户联系", "Customers";
    callback_of_nobody = "不存在的地址", "Addresses that lead nowhere";
    callback_state_good = "正常", "good";
    callback_state_failing = "被拒收", "refused";
    callback_state_silent = "尚未收到", "nothing yet";

    inbox_lead = "企业微信推送的每一条消息和事件，先落盘、再应答、再处理；可以筛选、查看和重放。", "Every message and event, stored before it is answered, worked on afterwards; look, filter, replay.";
    inbox_kept_title = "保留期限", "Kept for";
    inbox_kept_days = "保留天数", "Days";
    inbox_kept(days) = "保留 {days} 天。", "Kept for {days} days.";
    inbox_kept_hint = "1 到 365 天，所有企业共用；更早的回调会被删除。", "1 to 365 days, for all corps; older callbacks are removed.";
    inbox_receiver = "接收方", "Receiver";
    inbox_code = "代码", "Code";
    inbox_id = "编号", "Id";
    post_due = "下次发送", "Next attempt";
    inbox_kind = "类型", "Kind";
    inbox_state = "状态", "State";
    inbox_sender_find = "发送人：姓名、账号、工号或编号", "Sender: name, userid, account, number or id";
    inbox_sender = "发送人", "Sender";
    inbox_text = "内容", "Text";
    inbox_note = "处理结果", "What was done";
    inbox_waiting = "等待", "waiting";
    inbox_done = "完成", "done";
    inbox_failed = "失败", "failed";
    inbox_none = "还没有收到回调", "Nothing has been received";
    inbox_none_hint = "在企业微信管理后台填写接收 URL 后，成员的消息和事件会出现在这里。", "Enter the URLs in WeCom's console; what members send then shows here.";
    inbox_replay = "重新处理", "Replay";
    inbox_replay_all = "重新处理筛选出的回调", "Replay what the filter shows";
    inbox_replay_sure(count) = "将重新处理 {count} 条回调", "{count} callbacks are worked on again";
    inbox_replay_hint = "一次最多 1000 条，从最新的开始。会再次通知订阅的 Webhook；已回复给成员的内容不会再发。", "At most 1,000 at once, the newest first. Webhooks are told again; members are not answered again.";
    inbox_sender_many(max) = "叫这个名字的成员超过 {max} 个，只查找了前 {max} 个，请改填账号。", "More than {max} members have this name; only the first {max} are looked for. Give the userid instead.";
    inbox_replayed(count) = "{count} 条回调将重新处理。", "{count} callbacks are worked on again.";
    inbox_to_message = "查看消息", "See the message";
    inbox_still_waits = "这条回调还在等待处理。", "It still waits for its first work.";
    inbox_created = "企业微信产生时间", "Made by WeCom at";
    inbox_ended = "处理结束", "Work ended";
    inbox_counts = "次数", "Counts";
    inbox_counts_text(repeats, replays) = "重复投递 {repeats} 次，重新处理 {replays} 次", "{repeats} repeats, {replays} replays";
    inbox_fields = "内容", "What it says";
    inbox_lag = "推送延迟", "Lag";
    inbox_source = "原文", "Source";
    inbox_reply = "被动回复", "Passive reply";
    inbox_rest = "自动回复的后续部分", "Rest of the auto reply";
    inbox_rest_lead = "放不进一次被动回复的内容，作为应用消息逐条发送。放弃的部分在“重新处理”后再次发送。", "What did not fit into one passive reply, sent as messages of the app. What was given up is sent again by a replay.";
    inbox_rest_what = "内容", "What";
    inbox_rest_why = "原因", "Why";
    inbox_rest_tries(n) = "失败 {n} 次", "{n} failures";
    inbox_rest_waiting = "待发送", "to be sent";
    inbox_rest_sent = "已发送", "sent";
    inbox_rest_given_up = "已放弃", "given up";
    inbox_rest_unknown = "结果未知", "unknown";
    inbox_rest_picture = "图片", "picture";

    webhooks_lead = "把企业微信的事件签名后推送给业务系统，失败自动重试。", "Events are told to business systems, signed, and again until they have them.";
    webhooks_none = "还没有 Webhook", "There are no webhooks";
    webhooks_none_hint = "添加业务系统的地址，选择要推送的事件。", "Add a business system's address and choose its events.";
    webhook_new = "添加 Webhook", "New webhook";
    webhook_edit = "修改", "Edit";
    webhook_name = "名称", "Name";
    webhook_name_hint = "1 到 40 位小写字母、数字和 -，创建后不能修改。", "1 to 40 of a-z, 0-9 and -; never changes.";
    webhook_url_hint = "业务系统接收推送的地址，只会访问这个地址。", "Where it is told; nothing else is ever called.";
    webhook_events = "事件", "Events";
    webhook_events_hint = "用空格分隔，例如 event.click contact.*；单独一个 * 表示全部。", "Separated by blanks: event.click, contact.*, or * for all.";
    webhook_corps = "企业", "Corps";
    webhook_corps_hint = "企业标识，用空格分隔；留空表示全部。", "Keys of corps; empty = all.";
    webhook_timeout = "超时（毫秒）", "Time-out (ms)";
    webhook_timeout_hint = "500 到 30000。", "500 to 30000.";
    webhook_ca = "CA 证书文件", "CA file";
    webhook_ca_hint = "私有 CA 的 PEM 文件完整路径；留空使用系统证书。", "Whole path of a PEM file; empty = the system's.";
    webhook_proxy = "代理", "Proxy";
    webhook_proxy_hint = "http://、https:// 或 socks5://；留空不使用。", "http://, https:// or socks5://; empty = none.";
    webhook_enabled = "启用", "On";
    webhook_enabled_hint = "停用期间发生的事件不会保留给它。", "What happens while it is off is not kept for it.";
    webhook_saved = "已保存。", "Saved.";
    webhook_removed(name) = "已删除 {name}。", "{name} was removed.";
    webhook_remove = "删除 Webhook", "Remove webhook";
    webhook_remove_lead = "未送达的推送会一起删除。", "What is on its way to it goes too.";
    webhook_secret = "签名密钥", "Secret";
    webhook_secret_lead = "密钥只在生成时显示一次。重新生成后，旧的立即失效。", "Shown once when it is made; a new one voids the old at once.";
    webhook_secret_shown = "请立即复制到业务系统，用它验证签名。密钥只显示这一次。", "Copy it into the business system now; it is shown only once.";
    webhook_renew_lead = "对方换上新密钥之前，会拒绝云桥的推送；失败的推送会自动重试。", "Until the other side has the new secret it refuses what it is told; what failed is sent again by itself.";
    webhook_renew = "重新生成", "Make a new one";
    webhook_test = "发送测试", "Send a test";
    webhook_tested = "测试事件已排队发送。", "A test is on its way.";
    webhook_is_off = "Webhook 已停用，先启用再测试。", "It is off: switch it on first.";
    webhook_waiting = "等待发送", "Waiting";
    webhook_failing = "投递失败", "failing";
    webhook_failures(count) = "最近连续失败 {count} 次。", "Failed {count} times in a row.";
    webhook_paused(when) = "将在 {when} 后重试。", "Tried again after {when}.";
    webhook_fault_name = "请输入 1 到 40 位小写字母、数字和 -。", "1 to 40 of a-z, 0-9 and -.";
    webhook_fault_url = "请输入 http:// 或 https:// 地址，不能包含用户名和 #。", "An http:// or https:// address without a user name and #.";
    webhook_fault_corps = "没有这个企业。请填写企业标识，用空格分开；不填表示全部企业。", "There is no such corp. Keys of corps, separated by blanks; empty = all of them.";
    webhook_fault_events = "请填写事件名，例如 event.click、contact.* 或 *。", "Kinds such as event.click, contact.* or *.";
    webhook_fault_timeout = "请输入 500 到 30000。", "500 to 30000.";
    webhook_fault_ca = "请输入以 / 开头的完整路径。", "A whole path, from / on.";
    webhook_fault_proxy = "请输入 http://、https:// 或 socks5:// 地址，不能包含用户名。", "http://, https:// or socks5:// without a user name.";
    posts_none = "还没有推送记录", "Nothing was told yet";
    post_done = "已送达", "taken";
    post_dead = "死信", "Dead letters";
    post_attempts = "尝试次数", "Attempts";
    post_next(when) = "下次 {when}", "next {when}";
    post_redrive = "重新发送", "Send again";
    post_redrive_all(count) = "重新发送 {count} 条死信", "Send {count} dead letters again";
    post_redriven(count) = "{count} 条死信已重新排队。", "{count} dead letters are on their way again.";
    post_not_dead = "这条推送不是死信。", "It is not a dead letter.";
}

/// What the work says that it has done: English as it is stored, Chinese.
const DONE: &[(&str, &str)] = &[
    ("answered by an auto reply", "已自动回复"),
    ("an auto reply follows", "自动回复随后送达"),
    ("the rest of the auto reply was given up", "自动回复的后续部分多次发送失败，已放弃"),
    ("the rest of the auto reply may not have arrived", "自动回复的后续部分可能没有送达"),
    ("a pull will look at it", "由接下来的拉取核对"),
    ("whoever waits for an import or export asks for its result", "等待导入、导出的任务立即查询结果"),
    ("the text can no longer be read", "原文无法读取"),
];

/// The same where an id or a reason follows.
const DONE_WITH: &[(&str, &str)] = &[
    ("decided message ", "已按卡片办理，消息 "),
    ("was worked on before, for message ", "之前已经处理，消息 "),
    ("a press on a card of message ", "卡片操作无效，消息 "),
    ("a press on a card that does not count: ", "卡片操作无效："),
];

/// Kinds of callbacks: beginning of the name, Chinese, English.
const KINDS: &[(&str, &str, &str)] = &[
    ("message.text", "文字消息", "text"),
    ("message.image", "图片消息", "picture"),
    ("message.voice", "语音消息", "voice"),
    ("message.video", "视频消息", "video"),
    ("message.location", "位置消息", "place"),
    ("message.link", "链接消息", "link"),
    ("message.", "消息", "messages"),
    ("event.click", "点击菜单", "menu: click"),
    ("event.view", "打开菜单链接", "menu: link"),
    ("event.scancode", "扫码", "menu: scan"),
    ("event.pic", "菜单发图", "menu: pictures"),
    ("event.location_select", "菜单选位置", "menu: place"),
    ("event.location", "位置上报", "place"),
    ("event.enter_agent", "进入应用", "app opened"),
    ("event.subscribe", "进入可见范围", "came into range"),
    ("event.unsubscribe", "离开可见范围", "left the range"),
    ("event.template_card", "卡片操作", "card"),
    ("event.batch_job_result", "异步任务完成", "job ended"),
    ("event.", "事件", "events"),
    ("contact.create_user", "新增成员", "member created"),
    ("contact.update_user", "成员变更", "member changed"),
    ("contact.delete_user", "删除成员", "member deleted"),
    ("contact.create_party", "新增部门", "department created"),
    ("contact.update_party", "部门变更", "department changed"),
    ("contact.delete_party", "删除部门", "department deleted"),
    ("contact.update_tag", "标签变更", "tag changed"),
    ("contact.", "通讯录变更", "contact changes"),
    ("customer.", "客户联系", "customers"),
    ("card.decision", "卡片审批", "card decision"),
    ("webhook.test", "测试", "test"),
    ("suite.", "应用授权", "suite"),
];

impl T {
    /// A kind of callback in words.
    pub fn callback_kind(self, kind: &str) -> String {
        let found = KINDS.iter().find(|(beginning, ..)| kind.starts_with(beginning));
        found.map_or_else(|| kind.to_owned(), |(_, zh, en)| self.lang.pick(zh, en).to_owned())
    }

    /// What was done about a callback, in the reader's language; what is not known stays as it is stored.
    pub fn inbox_done_text(self, note: &str) -> String {
        let one = |part: &str| {
            if let Some((_, zh)) = DONE.iter().find(|(en, _)| *en == part) {
                return self.lang.pick(zh, part).to_owned();
            }
            let known = DONE_WITH.iter().find_map(|(en, zh)| Some(format!("{zh}{}", part.strip_prefix(en)?)));
            if let Some(known) = known {
                return self.lang.pick(&known, part).to_owned();
            }
            let told = part.strip_prefix("told to ").and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
            told.map_or_else(
                || part.to_owned(),
                |count| self.lang.pick(&format!("已推送给 {count} 个 Webhook"), part).to_owned(),
            )
        };
        note.split("; ").map(one).collect::<Vec<_>>().join(self.lang.pick("；", "; "))
    }

    /// Why an attempt to tell a webhook failed; the engine's sentence where it says more than this.
    pub fn post_fault(self, error: &str) -> (String, Option<String>) {
        if self.lang == Lang::En {
            return (error.to_owned(), None);
        }
        if let Some(status) = error.strip_prefix("the endpoint answered ") {
            return (format!("对方返回 HTTP {status}"), None);
        }
        let known = if error.starts_with("time-out") { "对方没有及时应答" } else { "连接失败" };
        (known.to_owned(), Some(error.to_owned()))
    }

    /// Kinds to choose from.
    pub fn callback_kinds(self) -> Vec<(&'static str, &'static str)> {
        let is_whole = |name: &str| {
            name.ends_with('.')
                || !matches!(
                    name,
                    "event.scancode" | "event.pic" | "event.template_card" | "card.decision" | "webhook.test"
                )
        };
        KINDS.iter().filter(|(name, ..)| is_whole(name)).map(|(name, zh, en)| (*name, self.lang.pick(zh, en))).collect()
    }

    /// Why a callback was not taken, and what to do.
    pub fn callback_fault(self, fault: CallbackFault) -> (&'static str, &'static str) {
        let (what_zh, what_en, cure_zh, cure_en) = match fault {
            CallbackFault::UnknownApp => (
                "地址中的应用不存在",
                "The address names an app that the corp does not have",
                "从应用页面重新复制 URL。",
                "Copy the URL from the app's page again.",
            ),
            CallbackFault::Off => (
                "应用的回调没有开启",
                "The app's callback is off",
                "在应用页面勾选“接收这个应用的回调”。",
                "Switch it on on the app's page.",
            ),
            CallbackFault::NoKeys => (
                "还没有 Token 或 EncodingAESKey",
                "There are no keys yet",
                "在应用页面生成密钥，复制到企业微信管理后台。",
                "Make keys on the page and copy them into the console.",
            ),
            CallbackFault::BadKey => (
                "保存的 EncodingAESKey 不可用",
                "The stored EncodingAESKey cannot be used",
                "重新生成密钥。",
                "Make new keys.",
            ),
            CallbackFault::Parameters => (
                "缺少签名参数",
                "Parameters of the signature are missing",
                "检查反向代理是否丢弃了查询参数；也可能不是企业微信发来的。",
                "See that the proxy keeps the query; or it was not WeCom.",
            ),
            CallbackFault::TooLarge => (
                "内容太大",
                "The body is too large",
                "企业微信的回调不会这么大，多半不是企业微信发来的。",
                "WeCom sends nothing as large.",
            ),
            CallbackFault::BrokenOff => (
                "内容没有收完整",
                "The body broke off or was too slow",
                "检查网络和反向代理的超时设置。",
                "Look at the network and the proxy's time-outs.",
            ),
            CallbackFault::Envelope => (
                "外层内容不是约定的 XML 或 JSON",
                "The body is neither the documented XML nor JSON",
                "检查反向代理是否改写了内容；也可能不是企业微信发来的。",
                "See that the proxy does not change bodies; or it was not WeCom.",
            ),
            CallbackFault::Signature => (
                "签名不符，密钥也解不开",
                "Neither Token nor EncodingAESKey fits",
                "后台填写的是别的应用的密钥，或者不是企业微信发来的。重新生成并复制。",
                "The console has other keys, or it was not WeCom. Make new keys and copy them.",
            ),
            CallbackFault::Token => (
                "Token 不一致",
                "The Token differs",
                "EncodingAESKey 正确，Token 没有复制对。重新复制 Token。",
                "The EncodingAESKey is right: copy the Token again.",
            ),
            CallbackFault::OtherReceiver => (
                "这是另一个接收地址的密钥",
                "The keys are those of another address",
                "管理后台把 URL 填到了别的应用里，请对照右侧名称改回来。",
                "The URL stands in the wrong place of the console; the detail names whose keys fit.",
            ),
            CallbackFault::Base64 => (
                "密文不是 base64",
                "The content is not base64",
                "内容在途中被改写，检查反向代理。",
                "It was changed on the way: look at the proxy.",
            ),
            CallbackFault::Length => (
                "密文长度不对",
                "The content has an impossible length",
                "内容在途中被截断，检查反向代理。",
                "It was cut on the way: look at the proxy.",
            ),
            CallbackFault::Padding => (
                "EncodingAESKey 不一致",
                "The EncodingAESKey differs",
                "Token 正确，EncodingAESKey 没有复制对。重新复制。",
                "The Token is right: copy the EncodingAESKey again.",
            ),
            CallbackFault::LengthField => (
                "密文内部长度不对",
                "The length inside does not fit",
                "重新复制密钥；仍然出现时检查反向代理。",
                "Copy the keys again; then look at the proxy.",
            ),
            CallbackFault::ReceiveId => (
                "是发给另一个企业的",
                "It is meant for another corp",
                "核对企业的 CorpID，详情中写明了两个 CorpID。",
                "Compare the CorpIDs; the detail names both.",
            ),
            CallbackFault::Utf8 => (
                "内容不是 UTF-8",
                "The message is not UTF-8",
                "请保留原文并联系支持。",
                "Keep the request and ask for support.",
            ),
            CallbackFault::Message => (
                "解密后的内容无法识别",
                "The message inside cannot be read",
                "请保留原文并联系支持。",
                "Keep the request and ask for support.",
            ),
            CallbackFault::Stale => (
                "早于保留期限，可能是重放",
                "Older than what is kept: perhaps a replay",
                "检查本机时钟；时钟正确时不需要处理。",
                "Look at this machine's clock; otherwise nothing.",
            ),
            CallbackFault::AgentId => (
                "AgentID 是另一个应用的（已收下）",
                "It names another AgentID (taken all the same)",
                "两个应用用了同一组密钥，建议分别生成。",
                "Two apps share keys: make keys for each.",
            ),
            CallbackFault::NotStored => (
                "没能及时落盘",
                "It could not be stored in time",
                "检查磁盘空间和速度；企业微信会重新推送。",
                "Look at the disk; WeCom sends it again.",
            ),
        };
        (self.lang.pick(what_zh, what_en), self.lang.pick(cure_zh, cure_en))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;

    #[test]
    fn what_was_done_in_the_readers_language() {
        let note = "answered by an auto reply; told to 2 webhooks; store";
        for (lang, want) in [(Lang::Zh, "已自动回复；已推送给 2 个 Webhook；store"), (Lang::En, note)] {
            assert_eq!(T::new(lang).inbox_done_text(note), want);
        }
    }

    #[test]
    fn kinds_in_words() {
        let t = T::new(Lang::En);
        for (kind, want) in [
            ("message.text", "text"),
            ("message.shortvideo", "messages"),
            ("event.scancode_waitmsg", "menu: scan"),
            ("customer.add_half", "customers"),
            ("odd", "odd"),
        ] {
            assert_eq!(t.callback_kind(kind), want);
        }
        assert!(t.callback_kinds().iter().any(|(name, _)| *name == "contact."));
    }
}
