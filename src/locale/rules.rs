//! Texts of push rules and menus of apps.

use super::T;
use crate::messages::rulebook::{RuleFault, RuleFaultKind, RuleWarning};
use crate::model::content::{LimitFault, LimitRule};
use crate::model::menu::MenuKind;
use crate::model::rule::{BUTTON_MAX_CHARS, NAME_MAX_CHARS, Part, TARGETS_MAX};
use crate::model::{ContentKind, Digest};

texts! {
    nav_rules = "推送规则", "Push rules";
    nav_menus = "应用菜单", "App menus";

    rules_lead = "业务系统发来的消息按下面的顺序逐条对照规则；同一个应用以排在前面的规则为准。", "Messages are held against the rules in this order; where two rules lead to the same app, the first one counts.";
    rules_none = "还没有推送规则", "No push rules yet";
    rules_none_hint = "没有规则时，消息会保存在日志里，但不会发到任何应用。", "Without rules messages are kept in the log and sent nowhere.";
    rule_new = "新建规则", "New rule";
    rule_test = "试一试", "Try it";
    rule_name = "规则名称", "Name";
    rule_source = "消息来源", "Source";
    rule_source_all = "全部来源", "all sources";
    rule_source_hint = "与消息的 source 相同才匹配；留空表示全部来源的消息。", "The source of the messages; empty = those of all sources.";
    rule_filter = "筛选条件", "Filter";
    rule_filter_hint = "CEL 表达式，结果为 true 才匹配，例如 todo == \"pending\" && data.amount > 1000；留空不筛选。", "CEL that says yes or no, e.g. todo == \"pending\" && data.amount > 1000; empty = every message.";
    rule_targets = "推送目标", "Targets";
    rule_enabled = "启用", "In force";
    rule_is_on = "已启用", "on";
    rule_is_off = "已停用", "off";
    rule_switch_on = "启用", "Switch on";
    rule_switch_off = "停用", "Switch off";
    rule_up = "上移", "Move up";
    rule_down = "下移", "Move down";
    rules_order = "顺序", "Order";
    rule_never(by) = "不会用到：排在前面的规则“{by}”已接走它在这个应用上的全部消息，请上移", "Never used: the rule “{by}” before it takes all of its messages to this app; move it up";
    preview_unused(fields) = "没有用到消息的{fields}：成员看不到。", "Not used: the message's {fields}. Members do not see it.";
    message_buttons = "操作按钮", "buttons";
    rule_saved = "规则已保存", "The rule is saved";
    rule_removed(name) = "已删除规则：{name}", "Rule removed: {name}";
    rule_remove = "删除规则", "Remove the rule";
    rule_remove_lead = "已经在发送的消息不受影响；之后的消息不再按这条规则推送。", "Messages on their way go on; later ones no longer follow this rule.";
    rule_restored(parts) = "必填内容不能为空，已恢复默认：{parts}", "Required words cannot be empty and have their default back: {parts}";
    rule_too_many = "规则数量已达上限", "There are as many rules as there may be";
    rule_quiet = "免打扰时段", "Quiet hours";
    rule_quiet_hint = "这段时间内的消息在结束时发送；高优先级消息照常发送。两项都留空表示不设。", "Messages wait until the end; urgent ones go all the same. Leave both empty for none.";
    rule_quiet_from = "开始（时:分）", "From (hh:mm)";
    rule_quiet_until = "结束（时:分）", "Until (hh:mm)";
    rule_digest = "合并窗口（秒，10–3600）", "Collect for (10 to 3,600 seconds)";
    rule_digest_hint = "第一条立即发出；之后这么久内发给同一人的消息先收集，到时合并为一条摘要（只有一条时原样发出）：标题完整，正文放得下时列出全文或首行，否则注明“正文未全列”。高优先级消息和模板卡片不合并。留空不合并。", "The first message goes out at once; what follows for the same person within this time is collected and goes out together at its end (one alone as it is): titles are whole, texts stand below where they fit, whole or as their first lines, else the digest says so. Urgent messages and template cards are never put together. Empty = each by itself.";
    rule_fault_time = "请填写 时:分，例如 22:00", "Enter a time as hh:mm, e.g. 22:00";
    rule_fault_number = "请填写整数", "Enter a whole number";

    target_n(n) = "目标 {n}", "Target {n}";
    target_app = "企业与应用", "Corp and app";
    target_kind = "消息类型", "Form";
    target_add = "增加目标", "Add a target";
    target_take_away = "移除此目标", "Take this target away";
    target_no_apps = "该租户还没有接入应用，请先在“企业与应用”中添加。", "No app is connected to this tenant; add one under Corps and apps.";
    target_show_buttons = "显示消息自带的操作按钮", "Show the message's own buttons";
    target_show_buttons_hint = "快速审批按钮来自业务系统；需要应用已启用回调。", "Buttons for quick approval come from the business system and need the app's callback.";
    target_overlong = "内容过长时", "What is too long";
    target_overlong_split = "在安全的位置拆成多条并编号", "is divided at safe points and numbered";
    target_overlong_refuse = "不发送，并在日志中说明", "is not sent, and the log says so";
    part_title = "标题", "Title";
    part_body = "正文", "Body";
    part_content = "内容", "Content";
    part_button = "按钮文字", "Button";
    part_picture = "默认图片", "Picture";
    part_url = "链接", "Link";
    part_title_hint = "不能为空，清空后恢复为消息标题。", "Cannot be empty: the message's title comes back.";
    part_content_hint = "不能为空，清空后恢复默认（只有标题 {{ title }}）；要带正文，另起一行写 {{ body }}。可写 <a href=\"{{ url }}\">文字</a>。", "Cannot be empty: the default comes back, {{ title }} alone; for the body too, write {{ body }} on another line. Takes <a href=\"{{ url }}\">words</a>.";
    part_markdown_hint = "不能为空，清空后恢复默认。支持标题、加粗、链接、引用、颜色。", "Cannot be empty: the default comes back. Takes headings, bold, links, quotations, colours.";
    part_body_hint = "可以为空。", "May be empty.";
    part_button_hint(max) = "最多 {max} 个字，清空后恢复为“详情”。", "At most {max} characters; empty gives the default back, which is WeCom's own word for details.";
    part_picture_hint = "消息自带图片时优先使用消息的图片；都没有则不显示。", "A picture of the message comes first; without either none is shown.";
    part_url_hint = "不能为空。消息没有链接时可给出后备，例如 {{ url != '' ? url : 'https://oa.example.com' }}", "Cannot be empty. For messages without one: {{ url != '' ? url : 'https://oa.example.com' }}";
    template_fields = "可用变量：title、body、source、event、todo、url、picture、priority、time、data.名称；写在 {{ }} 中，支持 CEL 表达式。", "Variables: title, body, source, event, todo, url, picture, priority, time, data.name; in {{ }}, with CEL.";

    preview = "预览", "Preview";
    preview_lead = "用示例消息生成，与成员在企业微信中看到的样子相近。", "Made with a sample; close to what members see in WeCom.";
    preview_refresh = "刷新预览", "Refresh";
    preview_sent_as(n) = "拆成 {n} 条发送", "sent as {n} messages";
    preview_nothing = "无法发送", "Cannot be sent";
    preview_short = "客户端可能显示不全", "Clients may show it shortened";
    preview_no_match = "没有规则匹配这条消息，它会记入日志，但不会发到任何应用。", "No rule matches this message: it is kept in the log and sent nowhere.";
    preview_later = "排在前面的规则已经发往这个应用，这里不再发送。", "An earlier rule has this app already: not sent here.";
    picture_stands_here = "图片", "picture";

    trial_title = "规则试验", "Try the rules";
    trial_lead = "填一条消息，看它会命中哪些规则、成员会看到什么。不会发送，也不会保存。", "Enter a message and see which rules it meets and what members would read. Nothing is sent or stored.";
    trial_run = "试一试", "Try it";
    trial_meets = "匹配", "meets";
    trial_misses = "不匹配", "does not meet";
    trial_unknown = "无法判断", "cannot be told";
    trial_data = "附加数据（JSON）", "Free fields (JSON)";
    trial_data_hint = "模板中用 data.名称 读取，例如 {\"amount\": 1200}", "Read as data.name in templates, e.g. {\"amount\": 1200}";
    sample_title = "请审批：采购申请", "Please approve: purchase";
    sample_body = "张三提交了采购申请，金额 1200 元。", "Zhang San asks for a purchase of 1200 yuan.";
    sample_agree = "同意", "Yes";
    sample_reject = "驳回", "No";
    trial_fault_data = "不是 JSON 对象", "Not a JSON object";
    trial_buttons = "按钮", "Buttons";
    trial_buttons_hint = "每行一个，最多 4 个字。", "One a line, at most 4 characters each.";
    trial_message = "或用一条真实消息的编号", "Or the id of a message that was posted";
    trial_message_unknown = "没有这条消息", "There is no such message";
    trial_event = "事件", "Event";
    trial_todo = "待办类型", "To-do";
    trial_todo_none = "不是待办", "none";
    todo_pending = "待办", "pending";
    todo_returned = "退回", "returned";
    todo_cc = "抄送", "cc";
    todo_forwarded = "转发", "forwarded";
    todo_circulated = "传阅", "circulated";
    todo_opinion = "征求意见", "opinion";

    menus_lead = "选择一个应用，编辑它在企业微信中底部的菜单。", "Choose an app to edit the menu at the bottom of its talk in WeCom.";
    menu_of(app) = "菜单：{app}", "Menu of {app}";
    menu_lead = "发布后，成员端最迟 24 小时内刷新。仅保存的菜单只在这里，不影响成员。", "Members see what is published at the latest after a day. What is only saved stays here.";
    menu_publish = "保存并发布", "Save and publish";
    menu_save_only = "仅保存", "Save only";
    menu_published = "菜单已发布到企业微信", "The menu is published to WeCom";
    menu_fault_homeless = "有下级菜单的菜单不能再有地址或 KEY：请移到下级，或清空。", "An entry that opens others has no address or key: move it to one of them, or empty it.";
    menu_stored = "菜单已保存，尚未发布", "The menu is saved and not published";
    menu_withdrawn = "已从企业微信删除菜单", "The menu is taken away at WeCom";
    menu_taken_over = "已用企业微信中的菜单覆盖这里的内容", "The menu in force was taken over";
    menu_is_published(when) = "上次发布：{when}", "Last published: {when}";
    menu_never = "从未发布", "Never published";
    menu_unpublished = "有未发布的修改", "Changes are not published";
    menu_entry = "菜单名称", "Name";
    menu_entries = "菜单按钮", "Buttons";
    menu_sub_entry = "子菜单", "Entry below";
    menu_name = "名称", "Name";
    menu_name_hint = "最多 16 字节（约 5 个汉字）；留空则删除此项。", "At most 16 bytes (5 Chinese characters); empty takes it away.";
    menu_sub_name_hint = "最多 40 字节（约 13 个汉字）；留空则删除此项。", "At most 40 bytes (13 Chinese characters); empty takes it away.";
    menu_kind = "点击后", "A tap";
    menu_kind_parent = "展开子菜单", "opens entries below";
    menu_value = "地址 / KEY", "Address / key";
    menu_value_hint = "打开网页填地址；小程序填“AppID 页面路径”；其他类型填 KEY（最多 128 字节）。", "An address for pages, AppID and page for mini programs, a key (at most 128 bytes) for the others.";
    menu_add = "增加一级菜单", "Add an entry";
    menu_add_below = "增加子菜单", "Add an entry below";
    menu_up = "上移", "Up";
    menu_down = "下移", "Down";
    menu_remove = "移除", "Remove";
    menu_preview = "手机上的样子", "On the phone";
    menu_preview_nothing = "还没有菜单", "No menu yet";
    menu_lacks_callback = "有需要回调的菜单项，但该应用没有启用回调：点击后不会有反应。", "Some entries send events, and the app's callback is off: a tap on them does nothing.";
    menu_addresses = "手工填写用的地址", "Addresses for entry by hand";
    menu_addresses_lead = "无法通过接口发布时，可逐项复制到企业微信管理后台。", "Where publishing is not possible, copy them into WeCom's console one by one.";
    menu_compare = "与企业微信对比", "Compare with WeCom";
    menu_compare_same = "与企业微信中的菜单一致", "The same as in WeCom";
    menu_compare_differs(n) = "有 {n} 处不同", "{n} differences";
    menu_compare_none = "企业微信中没有菜单", "WeCom has no menu";
    menu_here = "这里", "Here";
    menu_there = "企业微信中", "In WeCom";
    menu_take_over = "用企业微信中的菜单覆盖", "Take over the one in WeCom";
    menu_withdraw = "从企业微信删除菜单", "Take the menu away at WeCom";
    menu_withdraw_lead = "成员端不再显示菜单；这里的内容保留。", "Members see no menu any more; what is edited here stays.";
    menu_lost_absent = "企业微信的应答丢失，已读回对比：企业微信中不是这个菜单，操作没有生效，可以重试。", "WeCom's answer was lost. Read back, WeCom has another menu: it did not take effect and can be tried again.";
    menu_lost_unknown = "企业微信的应答丢失，也无法读回：是否生效未知，请稍后与企业微信对比。", "WeCom's answer was lost, and the menu could not be read back: whether it took effect is not known. Compare later.";
    menu_found_published = "菜单已发布：企业微信的应答丢失，读回后确认已生效", "The menu is published: WeCom's answer was lost, and reading back found it in force";
    menu_found_withdrawn = "菜单已删除：企业微信的应答丢失，读回后确认已生效", "The menu is taken away: WeCom's answer was lost, and reading back found none";
    menu_unsettled = "结果未知", "outcome unknown";
    menu_unsettled_publish(when, who) = "{who} 于 {when} 发布菜单，没有收到企业微信的应答：是否生效未知。与企业微信对比即可确定。", "{who} published the menu at {when}, and WeCom's answer did not come: whether it is in force is not known. A comparison tells.";
    menu_unsettled_withdraw(when, who) = "{who} 于 {when} 删除菜单，没有收到企业微信的应答：是否生效未知。与企业微信对比即可确定。", "{who} took the menu away at {when}, and WeCom's answer did not come: whether that took effect is not known. A comparison tells.";
    menu_settled = "应答丢失的那次操作已经生效。", "The change whose answer was lost took effect.";
    menu_settled_absent = "应答丢失的那次操作没有生效，或之后又有改动。", "The change whose answer was lost did not take effect, or the menu was changed since.";
    menu_no_apps = "还没有接入应用", "No app is connected yet";
    menu_fix = "菜单有问题，未发布", "The menu has faults and was not published";
}

impl T {
    /// A form of messages.
    pub fn content_kind(self, kind: ContentKind) -> &'static str {
        let (zh, en) = match kind {
            ContentKind::Text => ("文本", "Text"),
            ContentKind::News => ("图文", "Picture and text"),
            ContentKind::Textcard => ("文本卡片", "Text card"),
            ContentKind::TemplateCard => ("模板卡片（仅待办）", "Template card (to-do only)"),
            ContentKind::Markdown => ("Markdown", "Markdown"),
        };
        self.lang.pick(zh, en)
    }

    /// Fields of a message by their names: `title`, `body`, `url`, `buttons`.
    pub fn message_fields(self, names: &[&str]) -> String {
        let name = |name: &&str| match *name {
            "title" => self.part_title(),
            "body" => self.part_body(),
            "buttons" => self.message_buttons(),
            _ => self.part_url(),
        };
        let names: Vec<&str> = names.iter().map(name).collect();
        names.join(self.lang.pick("、", ", "))
    }

    /// A part of a target.
    pub fn rule_part(self, kind: ContentKind, part: Part) -> &'static str {
        match part {
            Part::Body if matches!(kind, ContentKind::Text | ContentKind::Markdown) => self.part_content(),
            Part::Title => self.part_title(),
            Part::Body => self.part_body(),
            Part::Button => self.part_button(),
            Part::Picture => self.part_picture(),
            Part::Url => self.part_url(),
        }
    }

    /// What a tap on an entry of a menu does.
    pub fn menu_kind_name(self, kind: MenuKind) -> &'static str {
        let (zh, en) = match kind {
            MenuKind::Click => ("发送事件", "sends an event"),
            MenuKind::View => ("打开网页", "opens a page"),
            MenuKind::ScancodePush => ("扫码", "scans a code"),
            MenuKind::ScancodeWaitmsg => ("扫码并等待回复", "scans a code and waits for the answer"),
            MenuKind::PicSysphoto => ("拍照", "takes a picture"),
            MenuKind::PicPhotoOrAlbum => ("拍照或选图", "takes or picks pictures"),
            MenuKind::PicWeixin => ("从相册选图", "picks pictures from the album"),
            MenuKind::LocationSelect => ("选择位置", "picks a place"),
            MenuKind::ViewMiniprogram => ("打开小程序", "opens a mini program"),
        };
        self.lang.pick(zh, en)
    }

    /// A limit of WeCom that is broken, without its field.
    pub fn limit_rule(self, rule: &LimitRule) -> String {
        let zh = self.lang == super::Lang::Zh;
        match rule {
            LimitRule::Missing => self.lang.pick("不能为空", "must not be empty").to_owned(),
            LimitRule::Bytes { max, got } if zh => format!("共 {got} 字节，最多 {max} 字节"),
            LimitRule::Bytes { max, got } => format!("has {got} bytes, {max} are allowed"),
            LimitRule::Chars { max, got } if zh => format!("共 {got} 个字，最多 {max} 个字"),
            LimitRule::Chars { max, got } => format!("has {got} characters, {max} are allowed"),
            LimitRule::Han { min, max } if zh => format!("应为 {min} 至 {max} 个汉字"),
            LimitRule::Han { min, max } => format!("must have {min} to {max} Chinese characters"),
            LimitRule::Count { min, max, got } if zh => format!("共 {got} 项，应为 {min} 至 {max} 项"),
            LimitRule::Count { min, max, got } => format!("has {got} entries, {min} to {max} are allowed"),
            LimitRule::Address => {
                self.lang.pick("应以 http:// 或 https:// 开头", "must begin with http:// or https://").to_owned()
            }
            LimitRule::Form => self.lang.pick("格式不正确", "has a form that is not allowed").to_owned(),
            LimitRule::Range => self.lang.pick("取值超出范围", "is out of its range").to_owned(),
            LimitRule::Repeated => self.lang.pick("有重复", "is there twice").to_owned(),
            LimitRule::NotHere => self.lang.pick("此处不适用", "does not belong here").to_owned(),
            LimitRule::Advised { max, got } if zh => format!("共 {got} 个字，超过 {max} 个字会显示不全"),
            LimitRule::Advised { max, got } => format!("has {got} characters, above {max} it is shown shortened"),
        }
    }

    /// A limit of WeCom with its field.
    pub fn limit_fault(self, fault: &LimitFault) -> String {
        format!("{} {}", fault.field, self.limit_rule(&fault.rule))
    }

    /// A fault of a rule, without its place.
    pub fn rule_fault(self, fault: &RuleFault) -> String {
        let pick = |zh: String, en: String| if self.lang == super::Lang::Zh { zh } else { en };
        match &fault.kind {
            RuleFaultKind::Length => {
                pick(format!("应为 1 至 {NAME_MAX_CHARS} 个字"), format!("must have 1 to {NAME_MAX_CHARS} characters"))
            }
            RuleFaultKind::Expression(error) => pick(
                format!("表达式有误（第 {} 个字）：{}", error.position, self.expression_reason(&error.reason)),
                format!("the expression is wrong at character {}: {}", error.position, error.reason),
            ),
            RuleFaultKind::Targets => {
                pick(format!("需要 1 至 {TARGETS_MAX} 个推送目标"), format!("1 to {TARGETS_MAX} targets are needed"))
            }
            RuleFaultKind::Twice => pick("同一个应用只能出现一次".into(), "the app is a target already".into()),
            RuleFaultKind::NoCorp(corp) => pick(format!("没有企业 {corp}"), format!("the tenant has no corp {corp}")),
            RuleFaultKind::NoApp(app) => pick(format!("没有应用 {app}"), format!("the corp has no app {app}")),
            RuleFaultKind::Button { got } => pick(
                format!("共 {got} 个字，最多 {BUTTON_MAX_CHARS} 个字"),
                format!("has {got} characters, {BUTTON_MAX_CHARS} are allowed"),
            ),
            RuleFaultKind::NoCallback => pick(
                "带按钮的模板卡片需要先为该应用启用回调（URL、Token、EncodingAESKey），或不显示按钮".into(),
                "a template card with buttons needs the app's callback: switch it on for the app, or show no buttons"
                    .into(),
            ),
            RuleFaultKind::QuietHours => pick("开始与结束不能相同".into(), "the two times must differ".into()),
            RuleFaultKind::Digest => {
                let (least, most) = (Digest::WINDOW_S.start(), Digest::WINDOW_S.end());
                pick(format!("应为 {least} 至 {most} 秒"), format!("must be {least} to {most} seconds"))
            }
            RuleFaultKind::Limit(limit) => self.limit_rule(&limit.rule),
        }
    }

    /// Why a message cannot be said like this, by the code of the fault.
    pub fn render_fault(self, code: &str) -> &'static str {
        let (zh, en) = match code {
            "template_broken" => ("模板有误", "A template is wrong"),
            "template_failed" => ("模板对这条消息没有结果", "A template has no result for this message"),
            "part_empty" => (
                "必填内容为空：这条消息没有链接时，请给链接一个后备地址",
                "Something required is empty: give the link a fallback for messages without one",
            ),
            "not_todo" => ("模板卡片只用于待办类消息", "Template cards carry to-do messages only"),
            "too_long" => {
                ("超过一条消息的长度，该目标设为不发送", "Too long for one message, and the target refuses that")
            }
            "cannot_split" => ("内容过长且无法在安全的位置拆分", "Too long, and it cannot be divided at safe points"),
            "limits" => ("超出企业微信的限制", "It breaks WeCom's limits"),
            _ => ("无法生成", "It cannot be made"),
        };
        self.lang.pick(zh, en)
    }

    /// What a rule meets with the longest message.
    pub fn rule_warning(self, warning: &RuleWarning) -> String {
        if let Some(by) = &warning.by {
            return self.rule_never(by);
        }
        let why = self.render_fault(&warning.code);
        match self.lang {
            super::Lang::Zh => format!("最长的消息会遇到：{why}"),
            super::Lang::En => format!("With the longest message: {why}"),
        }
    }
}
