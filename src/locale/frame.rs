//! Texts that stand around every page, and words that all pages share.

use super::T;
use crate::model::Role;

texts! {
    app_name = "企微云桥", "WeCom Bridge";
    skip_to_content = "跳到正文", "Skip to content";
    menu = "菜单", "Menu";
    sign_out = "退出登录", "Sign out";
    my_account = "我的账号", "My account";
    language = "语言", "Language";
    colours = "外观", "Appearance";
    colours_auto = "跟随系统", "As the system";
    colours_light = "浅色", "Light";
    colours_dark = "深色", "Dark";
    choose_corp = "切换企业", "Choose a corp";
    no_corp_yet = "尚未接入企业", "No corp connected yet";
    close = "关闭", "Close";

    on_this_page = "本页内容", "On this page";
    export = "导出", "Export";
    nav_main = "主导航", "Main navigation";
    nav_overview = "概览", "Overview";
    nav_corps = "企业与应用", "Corps and apps";
    nav_directory = "通讯录", "Directory";
    nav_oa = "OA 组织", "OA organisation";
    nav_import = "导入", "Import";
    nav_members = "企业微信组织", "WeCom organisation";
    nav_compare = "两边对照", "Side by side";
    nav_bindings = "关联", "Bindings";
    nav_sync_group = "同步", "Sync";
    nav_sync = "同步通讯录", "Sync to WeCom";
    nav_decisions = "待审批", "Decisions";
    nav_explain = "人员诊断", "Explain a person";
    nav_runs = "运行记录", "Runs";
    nav_sync_settings = "同步设置", "Sync settings";
    nav_system = "系统", "System";
    nav_settings = "基础参数", "Base settings";
    nav_diagnostics = "诊断", "Diagnostics";
    nav_accounts = "管理员", "Administrators";
    nav_keys = "API 密钥", "API keys";
    nav_audit = "审计日志", "Audit log";
    nav_backup = "备份", "Backup";
    nav_about = "关于", "About";

    save = "保存", "Save";
    cancel = "取消", "Cancel";
    back = "返回", "Back";
    search = "搜索", "Search";
    list_search = "在列表中搜索", "Search this list";
    list_descending = "倒序", "descending";
    list_sort = "排序", "Sort by";
    search_clear = "清除条件", "Clear filters";
    filter_apply = "筛选", "Filter";
    all = "全部", "All";
    yes = "是", "Yes";
    no = "否", "No";
    none = "无", "None";
    details = "详情", "Details";
    edit = "编辑", "Edit";
    delete = "删除", "Delete";
    copy = "复制", "Copy";
    copied = "已复制", "Copied";
    optional = "选填", "optional";
    required = "必填", "required";
    saved = "已保存。", "Saved.";
    export_csv = "导出 CSV", "Export CSV";
    export_xlsx = "导出 Excel", "Export Excel";
    page_next = "下一页", "Next";
    page_previous = "上一页", "Previous";
    page_first = "第一页", "First";
    rows_total(count) = "共 {count} 条", "{count} in all";
    nothing_found = "没有符合条件的记录", "Nothing matches";
    nothing_found_hint = "换一个关键词，或清除筛选条件。", "Try another word, or clear the filters.";
    day_bad = "日期无法识别，没有按它筛选。日期应形如 2026-11-27。", "The day cannot be read and counts for nothing. A day is written like 2026-11-27.";
    range_reversed = "开始日期晚于结束日期", "The first day lies behind the last one";
    range_reversed_hint = "这样的时间段里没有任何记录。请调换两个日期，或清除条件。", "Nothing lies in such a stretch. Swap the two days, or clear the filters.";
    fix_fields = "有内容需要修改，未保存。请看下方标红的字段。", "Something has to be corrected; nothing was saved. See the fields marked in red.";
    type_to_confirm(text) = "请输入“{text}”以确认", "Type “{text}” to confirm";
    confirm_mismatch = "输入的内容与要求不一致，没有执行。", "What was typed is not what was asked for; nothing was done.";
    time_just_now = "刚刚", "just now";
    time_minutes_ago(count) = "{count} 分钟前", "{count} min ago";
    time_hours_ago(count) = "{count} 小时前", "{count} h ago";
    time_days_ago(count) = "{count} 天前", "{count} d ago";
    span_moment = "不到 1 秒", "under 1 s";
    span_s(s) = "{s} 秒", "{s} s";
    span_m(m, s) = "{m} 分 {s} 秒", "{m} min {s} s";
    span_h(h, m) = "{h} 小时 {m} 分", "{h} h {m} min";
    never = "从未", "never";

    role_administrator = "系统管理员", "Administrator";
    role_operator = "操作员", "Operator";
    role_auditor = "审计员", "Auditor";

    error_what = "发生了什么", "What happened";
    error_do = "怎么办", "What to do";
    error_detail = "详情", "Details";
    error_faults = "具体位置", "Where";
    error_errcode(code) = "企业微信返回 {code}", "WeCom answered {code}";
    error_request = "请求编号（可在日志中查找）", "Request id (to be found in the log)";
    error_back = "返回上一页", "Go back";
    error_home = "回到概览", "To the overview";
}

impl T {
    /// A role.
    pub fn role_name(self, role: Role) -> &'static str {
        match role {
            Role::Administrator => self.role_administrator(),
            Role::Operator => self.role_operator(),
            Role::Auditor => self.role_auditor(),
        }
    }
}
