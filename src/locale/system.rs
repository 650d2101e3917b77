//! Texts of the appliance's own pages: first start, accounts, settings, backups, about.

use super::T;
use crate::model::{ApiScope, Role};

texts! {
    setup_title = "初次设置", "First start";
    setup_lead = "创建第一个系统管理员，并填写外部访问地址。", "Create the first administrator and give the external address.";
    setup_button = "创建并登录", "Create and sign in";
    setup_link_title = "需要一次性链接", "A one-time link is needed";
    setup_link_lead = "为安全起见，初次设置只能通过服务器启动时打印的链接打开，链接 30 分钟内有效。当前链接无效或已过期。", "For safety the first start opens only through the link that the server prints when it starts, good for 30 minutes. This link is not valid or no longer valid.";
    setup_link_first = "在服务器的启动输出或日志中找到链接并打开；", "Find the link in the server's output or log and open it;";
    setup_link_second = "或者在服务器上运行下面的命令，得到新的链接：", "or run this command on the server to get a new one:";

    account_name = "登录名", "Sign-in name";
    account_name_hint = "2–60 个字符，可用字母、数字和 . _ @ -，创建后不能修改。", "2 to 60 letters, digits and . _ @ -; cannot be changed later.";
    account_display_name = "姓名", "Name";
    account_display_name_hint = "显示在页面和审计日志旁，便于识别。", "Shown on pages, so that others know who it is.";
    account_role = "角色", "Role";
    account_password = "密码", "Password";
    account_password_hint = "至少 10 个字符；建议用几个互不相关的词。", "At least 10 characters; some unrelated words are best.";
    account_repeated = "再次输入密码", "Password again";
    account_present = "当前密码", "Present password";
    account_new_password = "新密码", "New password";
    account_profile = "基本信息", "Profile";
    account_security = "登录安全", "Sign-in security";
    account_language_auto = "跟随浏览器", "As the browser asks";
    account_language_hint = "只影响您自己看到的页面。", "Changes only the pages that you see.";
    account_password_title = "修改密码", "Change password";
    account_password_change = "修改密码", "Change password";
    account_password_changed = "密码已修改，其他会话已退出。", "The password was changed; other sessions have ended.";
    account_password_ends = "修改后，您在其他浏览器上的登录会自动退出。", "Your other sessions end when the password changes.";
    account_password_must = "首次登录或密码被重置后，请先设置自己的密码。", "Choose a password of your own before you go on.";
    account_sessions = "登录会话", "Sessions";
    account_sessions_end_others = "退出其他所有会话", "End all others";
    account_sessions_ended = "会话已退出。", "The session has ended.";
    account_session_browser = "浏览器", "Browser";
    account_session_from = "来源地址", "From";
    account_session_opened = "登录时间", "Signed in";
    account_session_seen = "最近活动", "Last active";
    account_session_own = "当前会话", "this one";
    account_session_end = "退出", "End";
    account_fault_name = "登录名应为 2–60 个字符，只能用字母、数字和 . _ @ -。", "A sign-in name has 2 to 60 letters, digits and . _ @ -.";
    account_fault_name_taken(name) = "已经有名为“{name}”的账号，请换一个。", "There is already an account named “{name}”; choose another name.";
    account_fault_display_name = "姓名应为 1–60 个字符，首尾不能有空格。", "A name has 1 to 60 characters and no blanks at its ends.";
    account_fault_present = "当前密码不正确。", "The present password is wrong.";
    account_fault_code = "验证码不正确、已过期或已使用过，请等下一个验证码，并检查手机时间。", "The code is wrong, expired or used already; wait for the next one and check the telephone's clock.";
    account_fault_last = "这是最后一个可用的系统管理员，请先把另一个账号设为系统管理员。", "This is the last administrator who can sign in; make another one administrator first.";
    account_fault_repeated = "两次输入的密码不一致。", "The two passwords differ.";
    password_fault_short = "密码至少 10 个字符。", "A password has at least 10 characters.";
    password_fault_long = "密码太长，最多 128 个字符。", "A password has at most 128 characters.";
    password_fault_name = "密码不能由登录名组成。", "The password must not be made of the sign-in name.";
    password_fault_common = "这个密码太常见，请换一个，例如四个互不相关的词。", "This password is too common; choose another, for instance four unrelated words.";

    factor_title = "两步验证", "Second factor";
    factor_lead = "开启后，登录时除密码外还需要手机验证器应用中的动态验证码。验证器不需要联网。", "Besides the password, a code of an authenticator app is then asked for. The app needs no network.";
    factor_on = "已开启", "on";
    factor_off = "未开启", "off";
    factor_codes_left(count) = "剩余恢复码 {count} 个", "{count} recovery codes left";
    factor_manage = "设置", "Manage";
    factor_begin = "开启两步验证", "Set up a second factor";
    factor_replace = "更换验证器", "Use another app or telephone";
    factor_why_password = "为防止他人借用已登录的浏览器，请再输入一次密码。", "So that nobody uses a browser that you left open.";
    factor_next = "下一步", "Next";
    factor_scan = "绑定验证器", "Connect the app";
    factor_step_scan = "用手机上的验证器应用扫描二维码。", "Scan the picture with the authenticator app.";
    factor_step_type = "无法扫描时，手动输入密钥：", "Or type this secret:";
    factor_step_code = "输入应用中显示的 6 位验证码。", "Give the six digits that the app shows.";
    factor_qr = "两步验证二维码", "QR code of the second factor";
    factor_code = "动态验证码", "Code";
    factor_confirm = "确认开启", "Confirm";
    factor_done = "两步验证已开启", "The second factor is on";
    factor_codes_lead = "请把恢复码保存在安全的地方：手机不在身边时，每个恢复码可以登录一次。它们只显示这一次。", "Keep these recovery codes in a safe place: each signs you in once when the telephone is not at hand. They are shown only now.";
    factor_codes_kept = "我已保存", "I have kept them";
    factor_off_title = "关闭两步验证", "Take the second factor away";
    factor_off_lead = "关闭后只凭密码即可登录，不建议。", "The password alone is then enough; not recommended.";
    factor_off_button = "关闭两步验证", "Take it away";
    factor_taken_away = "两步验证已关闭。", "The second factor was taken away.";

    accounts_lead = "谁可以登录管理后台、能做什么。账号只停用、不删除，以便审计。", "Who may sign in here and do what. Accounts are disabled, never removed, so that the audit log stays readable.";
    accounts_new = "新建账号", "New account";
    accounts_create = "创建账号", "Create account";
    accounts_last = "最近登录", "Last sign-in";
    accounts_state = "状态", "State";
    accounts_state_on = "正常", "enabled";
    accounts_state_off = "已停用", "disabled";
    accounts_created(when) = "创建于 {when}", "created {when}";
    accounts_role_hint = "修改角色会让对方立即重新登录。", "Another role ends the person's sessions.";
    accounts_new_password_hint = "系统会生成一个初始密码，只显示一次；对方首次登录时必须修改。", "A first password is made and shown once; the person must change it at the first sign-in.";
    accounts_password_made = "初始密码", "First password";
    accounts_password_lead(name) = "请把下面的密码交给{name}。它只显示这一次，首次登录后必须修改。", "Give this password to {name}. It is shown only now and must be changed at the first sign-in.";
    accounts_password_noted = "我已记下", "I have noted it";
    accounts_password_reset = "重置密码", "Reset password";
    accounts_own_lead = "这是你自己的账号：修改密码和动态验证码需要当前密码，请在“我的账号”中操作。", "This is your own account: its password and second factor are changed with the present password, on the page of your account.";
    accounts_password_reset_sure = "现在的密码立即失效，新的一次性密码只显示一次。", "The password of today ends at once; a one-time password is shown once.";
    accounts_password_reset_lead = "重置密码会让对方的所有会话退出。", "A reset ends all sessions of the person.";
    accounts_disable = "停用账号", "Disable account";
    accounts_enable = "恢复账号", "Enable account";
    accounts_disabled = "账号已停用，会话已退出，名下的 API 密钥已吊销。", "The account was disabled, its sessions have ended and its API keys are revoked.";
    accounts_keys = "名下的 API 密钥", "API keys of this person";
    accounts_keys_none = "没有有效的 API 密钥。", "There are no API keys in force.";
    accounts_keys_lead = "停用账号会吊销这些密钥（含由它们再生成的密钥）；改为权限较低的角色会吊销超出新角色权限的密钥。用到它们的系统请先换用别人创建的密钥。", "Disabling the account revokes these keys, and those made with them; a lesser role revokes the keys with rights beyond it. Give systems that use them a key of somebody else first.";
    accounts_enabled = "账号已恢复。", "The account was enabled.";
    accounts_no_session = "没有登录中的会话。", "No session is open.";
    accounts_sessions_end_all = "全部退出", "End all";
    role_about_administrator = "可以做任何事，包括接入企业、审批和账号管理", "may do everything, set-up, decisions and accounts included";
    role_about_operator = "日常操作：导入、关联、同步、消息和回调；不能改设置和审批", "daily work: import, bind, sync, messages, callbacks; no set-up, no decisions";
    role_about_auditor = "只能查看，包括审计日志", "may look at everything, the audit log included";

    keys_lead = "业务系统通过 REST API 调用云桥时使用的密钥。只给它需要的权限。", "For systems that call the REST API. Give each only what it needs.";
    keys_docs = "接口文档", "API reference";
    keys_new = "新建密钥", "New key";
    keys_create = "创建密钥", "Create key";
    keys_name = "名称", "Name";
    keys_name_hint = "例如 OA、HR 系统；会出现在审计日志中。", "For instance the system's name; stands in the audit log.";
    keys_scopes = "权限", "Scopes";
    keys_networks = "允许的来源地址", "May come from";
    keys_networks_hint = "IP 或网段，用逗号分隔，如 10.0.0.0/8；留空表示不限制。", "Addresses or blocks, parted by commas, e.g. 10.0.0.0/8; empty = from anywhere.";
    keys_anywhere = "不限", "anywhere";
    keys_created = "创建", "Created";
    keys_expires = "有效期至", "Expires";
    keys_no_end = "永不过期", "never";
    keys_days(count) = "{count} 天", "{count} days";
    keys_valid = "有效", "in force";
    keys_expired = "已过期", "expired";
    keys_revoked = "已吊销", "revoked";
    keys_revoke = "吊销", "Revoke";
    keys_revoked_now(name) = "密钥“{name}”已吊销，立即失效。", "The key “{name}” was revoked and is refused from now on.";
    keys_none = "还没有 API 密钥", "No API key yet";
    keys_none_hint = "业务系统要调用 REST API 时，在这里为它创建一个密钥。", "Create one here when a system shall call the REST API.";
    keys_made = "密钥已创建", "The key was made";
    keys_made_lead(name) = "这是密钥“{name}”的完整内容，只显示这一次，请立即保存到业务系统中。", "This is the key “{name}”. It is shown only now: put it into the system that uses it.";
    keys_noted = "我已保存", "I have kept it";
    keys_fault_name = "名称应为 1–60 个字符，首尾不能有空格。", "A name has 1 to 60 characters and no blanks at its ends.";
    keys_fault_name_taken(name) = "已有名为“{name}”的有效密钥，请先吊销它或换一个名称。", "There is already a key named “{name}”; revoke it or choose another name.";
    keys_fault_scopes = "至少选择一项权限。", "Choose at least one scope.";
    keys_fault_network(text) = "“{text}”不是 IP 或网段，例如 10.0.0.0/8。", "“{text}” is no address or block such as 10.0.0.0/8.";

    settings_lead = "对整台设备生效，保存后立即生效。", "For the whole appliance; takes effect at once.";
    settings_access = "访问与语言", "Access and language";
    settings_url = "外部访问地址", "External address";
    settings_url_hint = "别人访问云桥的地址，回调和链接都由它生成，如 https://bridge.example.com。私有化企业可填内网 IP。", "Under which others reach the bridge; links and callback addresses derive from it, e.g. https://bridge.example.com. For a private corp an intranet address is fine.";
    settings_url_fixed(url) = "由运维人员在 config.toml 中设为 {url}，在这里不能修改。", "Set by the operator in config.toml to {url}; cannot be changed here.";
    settings_fault_url = "地址应以 http:// 或 https:// 开头，不带查询参数。", "An address begins with http:// or https:// and has no query.";
    settings_language = "默认语言", "Default language";
    settings_language_hint = "没有自己选择语言的人看到的语言。", "For people who chose none.";
    settings_security = "会话与审批", "Sessions and decisions";
    settings_idle = "空闲多少分钟后退出", "Minutes of idleness after which a session ends";
    settings_idle_hint = "5–480 分钟，对已登录的会话也生效。", "5 to 480; holds for open sessions too.";
    settings_max = "最长登录多少小时", "Hours after which a session ends in any case";
    settings_max_hint = "1–72 小时，对之后的登录生效。", "1 to 72; holds for sessions opened from then on.";
    settings_two = "移除人员需要两个人审批", "Removals need two people";
    settings_two_few(count) = "已保存。双人审批需要两名不是发起人的系统管理员，目前可登录的系统管理员只有 {count} 名，可能无人能审批：请再添加管理员。", "Saved. Two administrators who did not start the plan have to allow it, but only {count} can sign in: nobody may be able to decide. Add administrators.";
    settings_two_hint = "被安全设置拦下且会移除人员的计划，需要两个系统管理员先后同意，且都不是发起人。", "A held plan that removes people is allowed by two administrators, neither of whom made it.";
    settings_keep = "保留多久", "How long things are kept";
    settings_keep_lead = "每天凌晨 4 点清理。填 0 表示一直保留。", "Old records are removed at four every night. 0 = kept for good.";
    settings_keep_runs = "运行记录（天）", "Runs (days)";
    settings_keep_runs_hint = "连同执行日志和已执行的计划。每个企业最近 10 次同步，以及还能继续或正要撤销的运行，不会清理。", "With their journals and the plans that they applied. The latest ten syncs of each corp, and what can still go on or is about to be undone, stay.";
    settings_keep_history = "人员变更历史（天）", "History of persons (days)";
    settings_keep_history_hint = "人员资料每次改动的前后内容。", "What changed about each person, before and after.";
    settings_keep_audit = "审计日志（天）", "Audit log (days)";
    settings_keep_audit_hint = "建议一直保留。清理后，剩余部分仍可校验是否被改动。", "Best kept for good. What stays can still be verified.";
    settings_fault_days(from, to) = "请填写 0，或 {from} 到 {to} 之间的整数。", "Give 0, or a whole number from {from} to {to}.";
    settings_fault_range(from, to) = "请填写 {from} 到 {to} 之间的整数。", "Give a whole number from {from} to {to}.";
    settings_stale = "这些设置在您打开页面之后被别人修改过，没有保存。", "Somebody changed these settings after you opened the page; nothing was saved.";
    settings_stale_hint = "下面是您填写的内容。请在另一个页面查看现在的设置并核对；再次保存将覆盖对方的修改。", "Below is what you entered. Look at the present settings in another tab first; saving again overwrites the other change.";
    settings_operator = "运维设置", "Set by the operator";
    settings_operator_lead = "这些设置在 config.toml 中，修改后需要重启服务。", "These stand in config.toml and need a restart.";
    settings_listen = "监听地址", "Listens on";
    settings_data_dir = "数据目录", "Data directory";

    backup_lead = "备份包含全部数据，密钥类内容保持加密。建议定期把备份下载到别的机器上。", "A backup holds everything; secrets stay sealed in it. Download backups to another machine regularly.";
    backup_make = "立即备份", "Back up now";
    backup_made(name, size) = "备份 {name} 已完成（{size}）。", "The backup {name} was made ({size}).";
    backup_removed(name) = "备份 {name} 已删除。", "The backup {name} was removed.";
    backup_key_title = "主密钥不在备份里。", "The master key is not in the backups.";
    backup_key_lead = "请单独保存主密钥文件，没有它就无法恢复已加密的凭证：", "Keep a copy of it apart from them; without it sealed secrets cannot be restored:";
    backup_none = "还没有备份", "No backup yet";
    backup_none_hint = "点击“立即备份”，或等待下面设置的每日自动备份。", "Make one now, or wait for the daily one that is set below.";
    backup_file = "文件", "File";
    backup_when = "时间", "Made";
    backup_size = "大小", "Size";
    backup_kind = "方式", "Kind";
    backup_automatic = "自动", "nightly";
    backup_by_hand = "手动", "by hand";
    backup_schedule = "自动备份", "Nightly backup";
    backup_hour = "每天几点", "Every day at";
    backup_hour_hint = "东八区时间。", "UTC+8.";
    backup_never = "不自动备份", "never";
    backup_keep = "保留最近几份", "How many are kept";
    backup_keep_hint = "1–90 份，更早的自动备份会被删除；手动备份不受影响。", "1 to 90; older nightly ones are removed, those made by hand stay.";
    restore_title = "如何恢复", "How to restore";
    restore_lead = "恢复会替换全部数据，需要在服务器上停机进行：", "Restoring replaces everything and is done on the server while it is stopped:";
    restore_hint = "恢复前会先检查备份，并把原来的数据文件保留在旁边。", "The backup is checked first, and the former file is kept aside.";
    verify_title = "数据校验", "Verification";
    verify_button = "校验数据", "Verify";
    verify_good(rows) = "数据完好：已检查 {rows} 行。", "All is well: {rows} rows were checked.";
    verify_bad(count) = "发现 {count} 处问题。", "{count} faults were found.";
    verify_bad_hint = "请先做一次备份，然后联系技术支持；不要继续同步。", "Make a backup, then ask for support; do not sync meanwhile.";
    verify_tables = "各表行数", "Rows of each table";
    verify_table = "表", "Table";
    verify_rows = "行数", "Rows";
    verify_fault = "问题", "Fault";

    accounts_search = "姓名、登录名", "Name or sign-in name";
    keys_search = "名称、创建人", "Name or maker";
    keys_id = "编号", "Id";
    keys_created_by = "创建人", "Made by";

    about_product = "产品", "Product";
    about_version = "版本", "Version";
    about_licence = "许可证", "Licence";
    about_api = "接口", "API";
    about_api_docs = "REST API 文档", "REST API reference";
    about_name = "名称", "Name";
    about_dependencies(count) = "使用的开源组件（{count} 个）", "Open-source components ({count})";
    about_dependencies_lead = "程序由下列组件构建，均为宽松许可证，不含 OpenSSL。", "The program is built of these, all under permissive licences, without OpenSSL.";
}

impl T {
    /// What a role may do, in a few words.
    pub fn role_about(self, role: Role) -> &'static str {
        match role {
            Role::Administrator => self.role_about_administrator(),
            Role::Operator => self.role_about_operator(),
            Role::Auditor => self.role_about_auditor(),
        }
    }

    /// Why a password is not accepted, by its code.
    pub fn password_fault(self, code: &str) -> &'static str {
        match code {
            "password.too_short" => self.password_fault_short(),
            "password.too_long" => self.password_fault_long(),
            "password.is_name" => self.password_fault_name(),
            _ => self.password_fault_common(),
        }
    }

    /// What a scope lets a key do.
    pub fn scope_about(self, scope: ApiScope) -> &'static str {
        let (zh, en) = match scope {
            ApiScope::DirectoryRead => ("查看 OA 部门、人员和历史", "read units, employees and their history"),
            ApiScope::DirectoryWrite => ("修改 OA 部门和人员，导入文件", "write units and employees, import files"),
            ApiScope::CorpRead => {
                ("查看租户、企业和应用（不含凭证）", "read tenants, corps and apps, never their secrets")
            }
            ApiScope::CorpWrite => ("修改租户、企业、应用和凭证", "change tenants, corps, apps and secrets"),
            ApiScope::SyncRead => ("查看企业微信组织、关联、计划和运行记录", "read mirrors, bindings, plans and runs"),
            ApiScope::SyncRun => ("拉取、生成计划、执行、重试、撤销", "pull, plan, apply, retry, undo"),
            ApiScope::SyncDecide => ("审批被拦下的计划", "allow or reject held plans"),
            ApiScope::BindingWrite => ("关联和解除关联", "bind and unbind"),
            ApiScope::KeysAdmin => ("管理 API 密钥", "manage API keys"),
            ApiScope::AuditRead => ("查看审计日志", "read the audit log"),
            ApiScope::OpsRead => ("查看状态和指标", "read status and metrics"),
            ApiScope::OpsBackup => ("下载备份", "take backups"),
            ApiScope::AccountsAdmin => ("管理账号和会话", "manage accounts and sessions"),
            ApiScope::SettingsWrite => ("修改基础参数", "change base settings"),
            ApiScope::MessagesSend => ("发送消息", "send messages"),
            ApiScope::MessagesRead => ("查看消息与推送日志", "see messages and the push log"),
            ApiScope::MessagesManage => ("撤回、重发消息", "recall and resend messages"),
            ApiScope::CallbacksRead => ("查看回调、自动回复和 Webhook", "read callbacks, auto replies and webhooks"),
            ApiScope::CallbacksManage => {
                ("重放回调、修改自动回复和 Webhook", "replay callbacks, change auto replies and webhooks")
            }
        };
        self.lang.pick(zh, en)
    }
}
