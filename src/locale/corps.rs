//! Texts of corps, apps, tenants and their credentials.

use super::T;

texts! {
    corps_lead = "把组织的 OA 通讯录接到哪些企业微信企业。一个租户可以接多个企业。", "Which WeCom corps an organisation's directory is connected to. A tenant may have several.";
    corps_none = "还没有租户", "No tenant yet";
    corps_none_hint = "先为您的组织建一个租户，再接入企业微信企业。", "Create a tenant for your organisation first, then connect a WeCom corp.";
    tenant_new = "新建租户", "New tenant";
    tenant_create = "创建租户", "Create tenant";
    tenant_name = "租户名称", "Tenant";
    tenant_key = "租户标识", "Key of the tenant";
    tenant_hint = "通讯录来自哪个租户。", "Whose directory it gets.";
    tenant_lead = "租户就是一个有自己通讯录的组织，例如一家公司或集团。", "A tenant is an organisation with its own directory.";
    tenant_people(count) = "OA 在职人员 {count} 人", "{count} employees";
    tenant_no_corp = "这个租户还没有接入企业微信企业。", "No WeCom corp is connected to this tenant yet.";
    tenant_created = "租户已创建。接下来接入企业微信企业。", "The tenant was created. Connect a WeCom corp next.";
    tenant_removed(key) = "租户 {key} 已删除。", "The tenant {key} was removed.";
    tenant_remove = "删除租户", "Remove tenant";
    tenant_remove_lead = "会删除这个租户的 OA 通讯录和历史，不能恢复。企业微信不受影响。还有企业时不能删除。", "Removes its directory and history for good. WeCom is not touched. Refused while corps are connected.";
    tenant_has_corps = "还有企业接在这个租户下，请先移除企业。", "Corps are still connected to this tenant; remove them first.";
    key_hint = "1–40 个小写字母、数字或 -，出现在地址中，创建后不能修改。", "1 to 40 of a-z, 0-9 and -; stands in addresses and cannot be changed later.";

    corp_new = "接入企业", "Connect a corp";
    corp_new_lead = "先填写企业信息，创建后按步骤补全凭证和应用。", "Give what identifies the corp; credentials and apps follow step by step.";
    corp_create = "创建并继续", "Create and go on";
    corp_created = "企业已创建，请按下面的步骤继续。", "The corp was created; go on with the steps below.";
    corp_edit = "企业设置", "Corp settings";
    corp_needs_tenant = "请先新建租户，再接入企业。", "Create a tenant first, then connect a corp.";
    corp_basics = "企业信息", "The corp";
    corp_name = "企业名称", "Name";
    corp_key = "企业标识", "Key of the corp";
    corp_corpid = "企业 ID（CorpID）", "CorpID";
    corp_corpid_hint = "在企业微信管理后台“我的企业 → 企业信息”页面底部。", "At the foot of My enterprise → Enterprise information in WeCom's console.";
    corp_edition = "版本", "Edition";
    corp_access = "读写权限", "Access";
    corp_apps = "应用", "Apps";
    corp_members = "成员", "Members";
    corp_read = "最近读取", "Last read";
    corp_quota = "接口频率", "Quota";
    corp_quota_text(minute, hour) = "每个接口每分钟 {minute} 次、每小时 {hour} 次", "{minute} calls a minute and {hour} an hour of each API";
    corp_console = "企业微信管理后台", "WeCom's console";
    corp_test = "测试连接", "Test";
    corp_to_sync = "去同步", "To sync";
    corp_remove = "移除企业", "Remove corp";
    corp_remove_lead = "删除云桥中这个企业的设置、凭证、关联和记录，不能恢复；企业微信一侧不受影响。", "Removes settings, credentials, bindings and records of this corp here, for good; WeCom is not touched.";
    corp_removed(key) = "企业 {key} 已移除。", "The corp {key} was removed.";
    edition_public_hint = "企业微信公有云（qyapi.weixin.qq.com），服务器需要能访问互联网。", "The public cloud (qyapi.weixin.qq.com); the server needs a way to the internet.";
    edition_private_hint = "本地部署的企业微信，不需要互联网；需要填写接口地址。", "A deployment of your own; needs no internet, but the address of its API.";
    edition_government_hint = "政务微信，需要填写接口地址。", "Government WeCom; needs the address of its API.";
    access_read_only = "只读", "read-only";
    access_read_only_hint = "只从企业微信读取，不会写入任何内容。", "Only reads from WeCom; nothing is ever written.";
    access_read_write = "读写", "read-write";
    access_read_write_hint = "可以把 OA 通讯录同步到企业微信，需要通讯录同步 Secret 和可信 IP。", "May write the directory into WeCom; needs the contacts secret and the trusted IP.";
    corp_api_base = "接口地址", "Address of the API";
    corp_api_base_hint = "公有云留空即可。私有化和政务版填写服务地址，如 https://wecom.example.com。", "Leave empty for the public cloud. Otherwise the address of the service, e.g. https://wecom.example.com.";
    corp_special = "网络与高级设置", "Network and advanced settings";
    corp_authorize_base = "网页授权地址", "Address of the authorisation page";
    corp_login_base = "扫码登录地址", "Address of the QR sign-in";
    corp_console_url = "管理后台地址", "Address of the console";
    corp_base_hint = "留空使用默认值。", "Empty = the default.";
    corp_ca_file = "私有 CA 证书文件", "File of a private CA";
    corp_ca_file_hint = "服务器上 PEM 文件的路径；留空使用系统证书。", "Path of a PEM file on the server; empty = the system's.";
    corp_proxy = "代理", "Proxy";
    corp_proxy_hint = "如 http://10.0.0.1:3128 或 socks5://…；留空不使用代理。", "For instance http://10.0.0.1:3128 or socks5://…; empty = none.";
    corp_timeout = "请求超时（毫秒）", "Time-out of a request (ms)";
    corp_timeout_hint = "默认 5000。", "5000 by default.";
    corp_per_minute = "每分钟调用上限", "Calls a minute";
    corp_per_hour = "每小时调用上限", "Calls an hour";
    corp_quota_hint = "每个接口的上限；私有化部署可能不同。", "Of each API; private deployments differ.";
    corp_seats = "账号上限", "Account limit";
    corp_seats_hint = "管理后台显示的人数上限；0 表示不清楚。企业微信 30 天内最多新建它的 3 倍，超过的计划会被拦下。", "As the console shows it; 0 = not known. WeCom lets a corp create three times as many in 30 days; a plan over that is held.";
    corp_concurrency = "并发请求数", "Calls at once";
    corp_concurrency_hint = "1–200，默认 10。", "1 to 200; 10 by default.";
    links_title = "这会变成另一个企业微信", "This becomes another WeCom";
    links_lead(changed) = "您修改了{changed}。云桥中的关联、本地数据和计划都属于原来的企业微信，带到新的企业微信会误改不相干的人。请选择如何处理。", "You changed {changed}. Links, mirror and plans belong to the present WeCom; carried over, they would touch strangers. Choose what becomes of them.";
    links_reset = "清空并重新开始", "Drop them and begin anew";
    links_reset_hint = "删除这个企业的全部关联、本地数据、同步计划和运行记录，不能恢复；企业微信两侧都不受影响，审计日志保留。之后请重新拉取并关联。", "Removes links, mirror, plans and runs of this corp for good; neither WeCom is touched, the audit log stays. Pull and link anew afterwards.";
    links_keep = "是同一个企业微信，只是换了地址，保留", "The same WeCom at another address: keep them";
    links_keep_hint = "只有确认新地址背后是同一个企业微信时才选。下次拉取会重新读取全部数据。", "Only when the same WeCom answers there. The next pull reads everything again.";
    links_no_keep = "租户或 CorpID 改变时不能保留关联：原来的账号在那里属于别人。", "Links cannot be kept where tenant or CorpID change: the same ids are other people there.";
    links_members = "已关联成员", "Members linked";
    links_departments = "已关联部门", "Departments linked";
    links_mirrored = "本地数据（部门和成员）", "Departments and members in the mirror";
    links_plans = "同步计划", "Plans";
    links_and = "、", ", ";
    links_choose = "请选择一项。", "Choose one.";
    links_dropped = "已保存，原来的关联已清空。请重新拉取企业微信。", "Saved; the former links were dropped. Pull from WeCom anew.";
    fault_whole_number = "请填写整数。", "Give a whole number.";

    steps_title = "接入步骤", "Steps";
    step_done = "已完成", "done";
    step_next = "下一步", "next";
    step_basics = "填写企业信息", "Identify the corp";
    step_basics_help = "企业 ID、版本和接口地址。", "CorpID, edition and addresses.";
    step_contacts = "填写通讯录同步 Secret", "Give the contacts secret";
    step_contacts_help = "管理后台“管理工具 → 通讯录同步”中开启 API 编辑通讯录，复制 Secret；还要把本机 IP 加入可信 IP。", "In the console under Management tools → Contacts sync: allow editing by API, copy the secret, and add this machine's IP as trusted.";
    step_app = "添加一个自建应用", "Add an app";
    step_app_help = "用它读取姓名等详细信息。可见范围应包含要同步的部门，建议设为根部门。", "Names and details are read with it. Its visible range should hold the departments to sync, best the root.";
    step_test = "测试连接并拉取一次", "Test and pull once";
    step_test_help = "先点右上角“测试连接”，再到“同步通讯录”拉取企业微信现有的组织。", "Press Test above, then pull what WeCom has under Sync to WeCom.";
    step_directory = "导入 OA 通讯录", "Import the directory";
    step_directory_help = "上传 Excel、CSV 或 LDIF，或由业务系统通过接口写入。", "Upload a spreadsheet, CSV or LDIF, or let your system write it over REST.";
    step_settings = "开启同步并设置规则", "Switch the sync on";
    step_settings_help = "同步范围、字段对应、离职处理和安全设置。", "Scope, fields, leavers and guards.";

    contacts_secret = "通讯录同步 Secret", "Contacts secret";
    contacts_secret_hint = "唯一能写入通讯录的凭证。必须属于这个企业，且管理后台开启了“API 编辑通讯录”。", "The only credential that writes. It must belong to this corp, with editing by API allowed in the console.";
    secret_set = "已设置", "set";
    secret_unset = "未设置", "not set";
    secret_new = "填写新的 Secret", "New secret";
    secret_hint = "保存后不会再显示；留空表示不修改。", "Never shown again once saved; empty = as it is.";
    secret_saved = "Secret 已保存。建议测试连接。", "The secret was saved. Test the connection next.";
    secret_fault = "Secret 不正确：应为 1–128 个可见字符，请不带空格重新复制。", "This is no secret: 1 to 128 visible characters; copy it again without blanks.";
    app_new = "添加应用", "Add an app";
    app_label = "应用名称", "Name";
    app_label_hint = "便于识别，可与管理后台一致。", "Best the same as in the console.";
    app_key = "应用标识", "Key of the app";
    app_agentid_hint = "在管理后台应用详情页中。", "On the app's page in the console.";
    app_reader = "用这个应用读取成员详情", "Read members' details with this app";
    app_reader_hint = "它的可见范围就是拉取范围。", "Its visible range is the range of a pull.";
    app_is_reader = "读取详情", "reads details";
    app_use = "用途", "Use";
    app_callback = "接收消息（回调）", "Callback";
    app_callback_on = "接收这个应用的回调", "Receive this app's callbacks";
    app_callback_on_hint = "需要在管理后台填写下面的 URL、Token 和 EncodingAESKey。", "URL, Token and EncodingAESKey below then go into the console.";
    secret_new_hint = "在管理后台应用详情页中；保存后不会再显示。", "On the app's page in WeCom's console; it is not shown again after saving.";
    app_callback_new_hint = "保存后显示要填到管理后台的 URL、Token 和 EncodingAESKey，以及填写的位置。", "After saving you see URL, Token and EncodingAESKey for the console, and where they go.";
    app_callback_lead = "成员发给应用的消息、菜单点击和卡片按钮从这里进来。", "Messages to the app, menu clicks and card buttons come in here.";
    app_saved = "应用已保存。", "The app was saved.";
    app_untested = "未测试", "not tested yet";
    app_untested_hint = "AgentID 和 Secret 填写后还没有成功调用过，请测试连接。", "Nothing has gone through yet with the AgentID and the secret that were entered. Test the connection.";
    app_test_failed = "测试未通过", "test failed";
    app_test_failed_at(when, found) = "{when}：{found}", "{when}: {found}";
    app_test_failed_hint = "修正后请重新测试连接；测试通过，或者用它发消息、更新卡片或菜单成功后，这条提示会消失；Secret 或可信 IP 的问题在拉取或同步成功后也会消失。", "Mend it and test the connection again; the mark goes once a test passes, or a message, a card or a menu has gone through with it; one about the secret or the trusted IP also with a pull or a run.";
    app_removed(key) = "应用 {key} 已移除。", "The app {key} was removed.";
    app_remove = "移除应用", "Remove app";
    app_remove_lead = "删除云桥中这个应用的设置和 Secret，企业微信一侧不受影响。", "Removes the app's settings and secret here; WeCom is not touched.";
    app_is_needed = "企业正在用这个应用读取详情，请先换一个。", "The corp reads details with this app; choose another one first.";
    app_secret_again = "请再次输入 Secret：没有保存，页面也不会回填。", "Type the secret again: nothing was saved, and it is not filled in by the page.";
    app_secret_needed = "读取成员资料的应用需要 Secret。", "The app that reads details needs its secret.";
    app_fault_agentid = "AgentID 是一个正整数，如 1000002。", "An AgentID is a whole number such as 1000002.";
    apps_none = "还没有应用。读取姓名等详情需要一个自建应用。", "No app yet. Reading details needs one.";
    callback_on = "已开启", "on";
    callback_off = "未开启", "off";
    callback_keys_set = "密钥已生成", "keys made";
    callback_keys_unset = "未生成密钥", "no keys";
    callback_generate = "生成 Token 和密钥", "Make token and key";
    callback_renew = "没有记下 Token 和密钥？重新生成", "Token and key were not noted? Make new ones";
    callback_renew_lead = "原来的 Token 和 EncodingAESKey 立即失效；把新的填到管理后台之前，企业微信的回调都会失败。", "Token and EncodingAESKey of today end at once; until the new ones stand in the console, every callback fails.";
    callback_renew_now = "重新生成，原来的失效", "Make new ones, void the old";
    contacts_callback = "通讯录变更通知（回调）", "Callback of contact changes";
    contacts_callback_lead = "企业微信中的人员和部门一有改动就通知云桥，不必等到下次拉取。", "WeCom tells the bridge of every change of members and departments at once.";
    callback_keys_title = "回调密钥", "Callback keys";
    callback_keys_lead = "请立即复制到企业微信管理后台。Token 和 EncodingAESKey 只显示这一次。", "Copy them into WeCom's console now. Token and EncodingAESKey are shown only once.";
    callback_guide = "填到哪里", "Where they go";
    console_tools = "管理工具", "Management tools";
    console_contacts = "通讯录同步", "Contacts sync";
    console_events = "设置接收事件服务器", "Event server";
    console_customers = "客户联系", "Customers";
    console_apps = "应用管理", "Apps";
    console_the_app = "自建应用", "the app";
    console_receive = "接收消息", "Receive messages";
    console_set_api = "设置 API 接收", "Set up API";
    console_trusted_ip = "企业可信 IP", "Trusted IP";
    guide_open = "打开", "Open";
    guide_found_at = "在管理后台的位置：", "In the console:";
    guide_goes_to = "填到管理后台：", "It goes to:";
    guide_shown_once = "已生成；只在生成时显示一次", "made; it was shown once, when it was made";
    guide_not_made = "点击“生成 Token 和密钥”后显示", "shown when you press “Make token and key”";
    guide_not_made_yet = "尚未生成", "not made yet";
    guide_reach_public = "企业微信从互联网访问这个 URL，所以它必须能从互联网打开。经过反向代理时，请把 /cb/ 原样转发，包括问号后面的参数。", "WeCom calls this URL from the internet, so it must be reachable from there. A reverse proxy must pass /cb/ on unchanged, query included.";
    guide_reach_private = "由您单位自己的企业微信服务器访问，内网地址即可，不需要域名和互联网。菜单名称可能因版本略有不同。", "Your own WeCom server calls this URL: an address of the intranet will do. Menus may have other names in some versions.";
    guide_reach_government = "由政务微信平台的服务器访问，请确认平台到这个地址的网络已经打通。菜单名称可能因平台略有不同。", "The government platform calls this URL: make sure that its network reaches it. Menus may have other names on some platforms.";
    guide_trouble_machine(url) = "外部访问地址 {url} 只有这台服务器自己能打开，企业微信验证会失败。请先填写正确的外部访问地址：", "Only this machine itself can open {url}, so WeCom's verification would fail. Set the right public address first:";
    guide_trouble_sandbox(url) = "外部访问地址 {url} 只有这台服务器自己能打开。这里的企业微信是本机上的沙盒，可以试用；接入真实的企业微信之前，请先填写外部访问地址：", "Only this machine itself can open {url}. That will do for a sandbox on this machine; before a real WeCom is connected, set the public address:";
    guide_trouble_plain(url) = "外部访问地址 {url} 是 http，内容不加密传输，建议改用 https：", "{url} is plain http; https is better:";
    guide_trouble_intranet(url) = "外部访问地址 {url} 是内网地址，企业微信从互联网打不开。请先填写互联网地址：", "{url} is an address of the intranet, which WeCom cannot open from the internet. Set a public address first:";
    customers_callback = "客户联系事件（回调）", "Callback of customer events";
    customers_callback_lead = "客户添加、变更和群聊事件会通知云桥。它有自己的一组密钥，与通讯录的不同。", "WeCom then tells the bridge of customer events. It has keys of its own, other than those of contacts.";
    callback_guide_paste = "依次粘贴 URL、Token 和 EncodingAESKey。", "Paste URL, Token and EncodingAESKey.";
    callback_guide_save = "保存。企业微信会立即访问这个 URL 进行验证，可能需要管理员用手机确认。", "Save. WeCom calls the URL at once to verify it; an administrator may have to confirm by telephone.";
    trusted_ip = "企业可信 IP", "Trusted IP";
    trusted_ip_show = "查看企业微信看到的 IP", "Show the IP that WeCom sees";
    trusted_ip_lead = "应用和通讯录同步都要把本机的出口 IP 加入可信 IP，否则接口返回 60020。", "The app and the contacts secret both need this machine's address as trusted IP; otherwise calls answer 60020.";
    setup_fault_taken = "这个标识已被使用，请换一个。", "This key is taken; choose another.";
}

/// Faults of settings by the name of the field, Chinese and English; others show the check's own sentence.
const FAULTS: &[(&str, &str, &str)] = &[
    ("key", "标识应为 1–40 个小写字母、数字或 -。", "A key has 1 to 40 of a-z, 0-9 and -."),
    ("name", "名称应为 1–100 个字符，首尾不能有空格。", "A name has 1 to 100 characters and no blanks at its ends."),
    (
        "corpid",
        "请填写管理后台“我的企业 → 企业信息”中的企业 ID（字母和数字）。",
        "Give the CorpID from My enterprise → Enterprise information (letters and digits).",
    ),
    (
        "api_base",
        "请填写以 http:// 或 https:// 开头的地址。更换接口地址、代理或证书时，凭证需要重新填写。",
        "Give an address that begins with http:// or https://. When address, proxy or CA change, secrets must be given anew.",
    ),
    (
        "authorize_base",
        "请填写以 http:// 或 https:// 开头的地址。",
        "Give an address that begins with http:// or https://.",
    ),
    (
        "login_base",
        "请填写以 http:// 或 https:// 开头的地址。",
        "Give an address that begins with http:// or https://.",
    ),
    (
        "console_url",
        "请填写以 http:// 或 https:// 开头的地址。",
        "Give an address that begins with http:// or https://.",
    ),
    ("ca_file", "找不到这个文件，或者它不是 PEM 证书。", "The file is not there, or is no PEM certificate."),
    ("proxy", "代理应以 http://、https:// 或 socks5:// 开头。", "A proxy begins with http://, https:// or socks5://."),
    ("timeout_ms", "超时应为 100–120000 毫秒。", "A time-out has 100 to 120000 ms."),
    ("calls_per_minute", "至少为 1。", "At least 1."),
    ("calls_per_hour", "至少为 1。", "At least 1."),
    ("concurrency", "应为 1–200。", "From 1 to 200."),
    ("seats", "请填写整数，0 表示不清楚。", "A whole number; 0 = not known."),
    (
        "agentid",
        "企业的另一个应用已使用这个 AgentID，请从应用详情页重新复制。",
        "Another app of the corp has this AgentID; copy it from the app's own page.",
    ),
    (
        "secret",
        "应为 1–128 个可见字符，请不带空格重新复制。",
        "1 to 128 visible characters; copy it again without blanks.",
    ),
];

impl T {
    /// An edition, by its name in forms.
    pub fn edition(self, name: &str) -> &'static str {
        match name {
            "private" => self.lang.pick("私有化部署", "private deployment"),
            "government" => self.lang.pick("政务微信", "government"),
            _ => self.lang.pick("公有云", "public cloud"),
        }
    }

    /// What is wrong with a setting.
    pub fn setup_fault(self, field: &str, message: &str) -> String {
        let known = FAULTS.iter().find(|(known, ..)| *known == field);
        known.map_or_else(|| message.to_owned(), |(_, zh, en)| self.lang.pick(zh, en).to_owned())
    }
}
