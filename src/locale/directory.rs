//! Texts of the pages about both directories.

use super::T;
use crate::model::{BindingOrigin, EmployeeStatus, Gender, MemberStatus, RemovalCause};

texts! {
    dir_lead(active, units, departed) = "在职 {active} 人，{units} 个部门，离职 {departed} 人。", "{active} active people, {units} units, {departed} departed.";
    dir_units = "部门", "Units";
    dir_unit = "部门与职位", "Unit and position";
    dir_unit_name = "部门名称", "Unit name";
    dir_people = "人数", "People";
    dir_people_counts(total, direct) = "含下级 {total} 人，直属 {direct} 人", "{total} with everything below, {direct} directly";
    dir_units_below = "下级部门", "Below it";
    dir_everybody = "全部人员", "Everybody";
    dir_whole_tree = "显示整棵树", "Show the whole tree";
    dir_find_unit = "搜索部门名称或编号", "Find a unit by name or id";
    dir_search = "姓名、账号、工号、手机号、邮箱、编号", "Name, account, number, mobile, e-mail, id";
    dir_tree_hidden(count) = "另有 {count} 个没有列出，请用上方的搜索", "{count} more are not listed; use the search above";
    dir_tree_open = "展开下级", "Show what is below";
    dir_contact = "手机号与邮箱", "Mobile and e-mail";
    dir_wecom = "企业微信", "WeCom";
    dir_bound = "关联状态", "Binding";
    dir_bound_any = "是否关联：不限", "Bound or not";
    dir_bound_yes = "已关联", "Bound";
    dir_bound_no = "未关联", "Not bound";
    dir_admin_any = "管理员：不限", "Administrators or not";
    dir_admin_yes = "仅 OA 管理员", "OA administrators only";
    dir_status_default = "状态：默认", "Status: as usual";
    dir_status_all = "全部状态", "Any status";
    dir_only_this_unit = "只看本部门", "This unit only";
    dir_part_time(count) = "兼职 {count}", "{count} part-time";
    dir_no_unit(id) = "部门 {id} 不存在", "There is no unit {id}";
    dir_nobody_hint = "默认只列出在职人员。可以换一个关键词，或改为查看全部状态。", "Usually only active people are listed. Try another word, or any status.";
    dir_unknown_person = "查无此人", "Unknown person";
    dir_linked_department = "关联的企业微信部门", "Linked WeCom department";
    dir_not_linked = "未关联", "Not linked";
    dir_stray = "没有位置的部门与人员", "Without a place";
    dir_stray_hint(units, people) = "{units} 个部门的上级不存在或互为上下级，{people} 人的主部门不存在。", "{units} units have no parent that exists or stand above themselves; {people} people have a main unit that does not exist.";
    dir_stray_show = "查看", "Show them";
    dir_misplaced = "问题", "Fault";
    misplaced_parent = "上级部门不存在", "The unit above does not exist";
    misplaced_cycle = "上下级形成循环", "It stands above itself";
    dir_new_employee = "新建人员", "New person";
    dir_new_unit = "新建部门", "New unit";
    dir_edit_unit = "编辑部门", "Edit this unit";
    dir_empty = "还没有 OA 组织", "No organisation yet";
    dir_empty_hint = "从 OA 导出部门和人员后导入（Excel、CSV 或 LDIF），或由 OA 通过 REST 接口推送。导入前会先给出预览，确认后才写入。", "Export units and people from the OA and import the file (Excel, CSV or LDIF), or let the OA send them through the REST API. An import is previewed before anything is written.";
    dir_empty_import = "导入文件", "Import a file";
    dir_empty_by_hand = "手工新建根部门", "Make the root unit by hand";
    dir_empty_rest = "查看 REST 接口", "See the REST API";

    field_id = "人员编号", "Person id";
    field_account = "账号", "Account";
    field_employee_no = "工号", "Employee no.";
    field_name = "姓名", "Name";
    field_mobile = "手机号", "Mobile";
    field_email = "邮箱", "E-mail";
    field_gender = "性别", "Gender";
    field_position = "职位", "Position";
    field_unit_id = "主部门", "Main unit";
    field_part_time_unit_ids = "兼职部门", "Part-time units";
    field_superior_id = "直接上级", "Superior";
    field_telephone = "座机", "Telephone";
    field_alias = "别名", "Alias";
    field_address = "地址", "Address";
    field_status = "状态", "Status";
    field_admin = "OA 管理员", "OA administrator";
    field_whole = "人员", "Person";
    field_biz_mail = "企业邮箱", "Business mail";
    field_external_position = "对外职务", "External position";
    field_departments = "部门", "Departments";
    field_details = "详细资料", "Details";
    unit_field_id = "部门编号", "Unit id";
    unit_field_parent_id = "上级部门", "Unit above";
    unit_field_name = "部门名称", "Name";
    unit_field_order = "排序", "Order";
    unit_field_head = "部门负责人", "Heads";
    status_active = "在职", "Active";
    status_departed = "离职", "Departed";
    gender_unknown = "未填写", "Not stated";
    gender_male = "男", "Male";
    gender_female = "女", "Female";

    card_facts = "OA 资料", "In the OA";
    card_heads = "负责的部门", "Heads";
    card_explain = "同步时会怎样？", "What would a sync do?";
    card_not_bound = "尚未关联企业微信成员。", "Not bound to a member yet.";
    card_tombstone(userid, at) = "曾用账号 {userid}（{at} 删除），为此人保留，不会分配给别人。", "The userid {userid} (deleted {at}) is kept for this person and never given to anybody else.";
    card_bind_to = "成员账号（userid）或姓名", "Member's userid or name";
    card_find_member = "查找可能的成员", "Look for the member";
    card_history = "变更记录", "History";
    card_no_history = "没有变更记录。", "Nothing has changed yet.";
    card_whole_history = "更早的变更", "Earlier changes";
    history_title(name) = "{name} 的变更记录", "History of {name}";
    history_to_card = "返回人员卡片", "Back to the card";
    history_search = "在变更记录中查找", "Search the history";
    history_none = "还没有变更记录", "Nothing has changed yet";
    history_none_hint = "导入、接口或手工修改这个人时，会在这里逐条记录。", "Each change by an import, over REST or by hand is noted here.";
    history_when = "时间", "When";
    history_by = "修改人", "By";
    history_field = "字段", "Field";
    history_newest_first = "最新的在前", "Newest first";
    history_oldest_first = "最早的在前", "Oldest first";
    history_before = "修改前", "Before";
    history_after = "修改后", "After";
    card_emptied = "（空）", "(empty)";
    card_depart = "标记离职", "Mark as departed";
    card_depart_hint = "只改变 OA 数据。下一次同步时，企业微信成员按“移出设置”先禁用、到期后再删除，期间可以恢复。", "Only the OA's data changes. The next sync then treats the WeCom member as the removal settings say: disabled first, deleted later, and it can be undone until then.";
    card_depart_confirm = "确认离职", "Yes, departed";
    card_departed = "已标记为离职。", "Marked as departed.";
    card_return = "恢复在职", "Mark as active again";
    card_returned = "已恢复为在职。", "Active again.";

    edit_person_title(name) = "编辑：{name}", "Edit {name}";
    edit_unit_title(name) = "编辑部门：{name}", "Edit unit {name}";
    edit_basics = "基本资料", "Basics";
    edit_place = "所在部门与上级", "Place and superior";
    edit_place_hint = "可以填编号，也可以填名称；名称有重复时会提示改用编号。", "Give an id or a name; where several have the name you are asked for the id.";
    edit_more = "更多资料", "More";
    edit_unit = "部门", "Unit";
    edit_id_hint = "OA 中稳定且唯一的编号，保存后不能修改。", "Stable and unique in the OA; it cannot be changed later.";
    edit_id_taken = "这个编号已经存在。", "This id exists already.";
    edit_several_hint = "多个之间用分号（;）隔开。", "Several are separated by semicolons (;).";
    edit_person_hint = "编号、账号、工号或姓名。", "Id, account, number or name.";
    edit_heads_hint = "编号、账号、工号或姓名，多个之间用分号（;）隔开，第一个为主要负责人。", "Ids, accounts, numbers or names, separated by semicolons (;), the first one first.";
    edit_parent_hint = "只有根部门可以留空，整个组织只有一个根部门。", "Empty for the root only; there is one root.";
    edit_order_hint = "数字小的排在前面；留空则不改变企业微信中的顺序。", "Smaller first; empty leaves the order in WeCom alone.";
    edit_admin_hint = "同步时不会移出最后一位 OA 管理员。", "A sync never removes the last OA administrator.";
    edit_ext = "扩展字段", "Further columns";
    edit_ext_hint = "每行一个，写成“名称 = 值”。", "One a line, as name = value.";
    edit_ext_fault(line) = "“{line}”不是“名称 = 值”的形式。", "“{line}” is not of the form name = value.";
    import_further = "作为扩展字段读取的列：", "Columns taken as further fields:";
    import_further_hint = "列名与已知字段不同的列会这样处理。如果其中有手机号、姓名等，请把列名改为模板中的名称后重新上传。", "Columns with no known caption are kept like this. If one of them is a mobile or a name, give it the caption of the template and upload again.";
    edit_stale = "这条资料在您打开页面之后被别人修改过，没有保存。", "Somebody changed this after you opened the page; nothing was saved.";
    edit_stale_hint = "请核对下面您填写的内容，确认后再次保存将覆盖对方的修改。", "Check what you entered; saving again overwrites the other change.";
    edit_unit_remove = "删除部门", "Remove this unit";
    edit_unit_remove_hint = "只有没有下级部门、也没有在职人员的部门可以删除。", "Only a unit with nothing below it and without active people can be removed.";
    edit_unit_removed(name) = "已删除部门“{name}”。", "Unit “{name}” was removed.";
    edit_unit_not_removed = "没有删除。", "It was not removed.";
    pick_no_unit(typed) = "找不到部门“{typed}”，请填写部门编号或完整名称。", "There is no unit “{typed}”; give its id or its whole name.";
    pick_no_person(typed) = "找不到人员“{typed}”，请填写编号、账号、工号或完整姓名。", "There is no person “{typed}”; give an id, account, number or the whole name.";
    pick_person_at(id, place) = "{id}（{place}）", "{id} ({place})";
    pick_unit_below(id, way) = "{id}（{way} 下）", "{id} (below {way})";
    pick_several_units(typed, ids) = "有多个部门叫“{typed}”，请改填编号：{ids}", "Several units are called “{typed}”; give the id: {ids}";
    pick_several_people(typed, ids) = "有多人符合“{typed}”，请改填编号：{ids}", "Several people match “{typed}”; give the id: {ids}";

    wx_lead(members, departments, ago) = "{members} 名成员，{departments} 个部门，{ago}读取。", "{members} members, {departments} departments, read {ago}.";
    wx_never_read = "尚未读取企业微信", "WeCom has not been read yet";
    wx_never_read_hint = "先拉取一次：云桥会读取企业微信的部门和成员，只读取、不修改。", "Pull once: departments and members are read, nothing is changed.";
    wx_to_sync = "前往同步", "To the sync";
    wx_departments = "部门", "Departments";
    wx_members = "成员", "Members";
    wx_member = "企业微信成员", "WeCom member";
    wx_member_name = "成员姓名", "Member's name";
    wx_employee = "OA 人员", "Person in the OA";
    wx_employee_name = "OA 姓名", "Name in the OA";
    wx_userid = "成员账号", "Userid";
    wx_search = "姓名、账号、别名、手机号、邮箱", "Name, userid, alias, mobile, e-mail";
    wx_find_department = "搜索部门名称或编号", "Find a department by name or id";
    wx_department_id = "部门 ID", "Department id";
    wx_department_unreadable(id) = "部门 {id}（名称不可读）", "Department {id} (name unreadable)";
    wx_linked_unit = "关联的 OA 部门", "Linked OA unit";
    wx_only_this = "只看本部门", "This department only";
    wx_leader = "负责人", "Head";
    wx_main = "主部门", "Main";
    wx_no_details = "只读到账号", "Only the userid is known";
    wx_no_details_hint = "当前凭证只能读到账号和部门，读不到其他资料。", "The credential may read userid and departments only.";
    wx_as_read = "企业微信中的资料（上次读取）", "In WeCom, as last read";
    wx_read_at = "读取时间", "Read at";
    wx_not_bound = "尚未关联 OA 人员。", "Not bound to a person yet.";
    wx_bind_to = "人员编号、账号、工号或姓名", "Person's id, account, number or name";
    wx_find_employee = "查找可能的人员", "Look for the person";
    wx_written = "云桥写入、但读不回来的资料", "Written by us, not readable";
    wx_written_hint = "2022 年 6 月后，企业微信不再向新应用返回这些字段，以下是最后一次写入的值。", "WeCom does not show these fields to new apps; this is what was written last.";
    wx_unreadable_title = "没有读到的内容", "What could not be read";
    wx_naming = "名称", "Name";
    wx_naming_any = "名称：不限", "Any name";
    naming_read = "正常", "Read";
    naming_unreadable = "名称不可读", "Unreadable";
    naming_untranslated = "名称未转换", "Not translated";
    wx_removing_any = "移出阶段：不限", "On the way out or not";
    wx_names_title = "有名称没有读到。", "Some names could not be read.";
    wx_names_counts(untranslated, unreadable, departments) = "{untranslated} 名成员显示为占位符（$userName=…$），{unreadable} 名成员的姓名不可读，{departments} 个部门没有名称。", "{untranslated} members show a placeholder ($userName=…$), {unreadable} names of members are unreadable, {departments} departments have no name.";
    wx_names_what = "如何处理", "What to do";
    wx_names_fix_scan = "在手机企业微信扫码登录一次（不要用电脑客户端），占位符会换成真实姓名。", "Sign in once by scanning with WeCom on a phone (not the PC client): placeholders become names.";
    wx_names_fix_one = "用下面的筛选找出未转换的成员，逐个关联，或在“关联文件”中批量填写。", "Filter the members below and bind them one by one, or fill in the binding file.";
    wx_names_fix_contacts = "给应用授权通讯录的读取范围，或配置通讯录同步密钥，然后重新读取。", "Give the app the right to read contacts, or configure the contacts secret, then pull again.";
    wx_show_untranslated = "查看未转换的成员", "Show members not translated";
    wx_show_unreadable = "查看不可读的成员", "Show unreadable members";
    member_activated = "已激活", "Activated";
    member_disabled = "已禁用", "Disabled";
    member_not_activated = "未激活", "Not activated";
    member_left = "已退出企业", "Left";
    member_unknown = "未知", "Unknown";

    cmp_lead = "左边是 OA，右边是企业微信。实心圆点表示已关联；未关联的部门在首次同步时按同级同名自动关联，否则新建。", "The OA on the left, WeCom on the right. A solid dot means linked; units without a link are linked at the first sync by level and name, or else created.";
    cmp_tree = "对照", "Side by side";
    cmp_search = "查找部门名称或编号", "Name or id of a unit or department";
    cmp_state = "对比结果", "How they compare";
    cmp_unit_id = "OA 部门编号", "Unit id";
    cmp_unit = "OA 部门", "Unit";
    cmp_employees = "OA 人数", "Employees";
    cmp_department_id = "企业微信部门 ID", "Department id";
    cmp_department = "企业微信部门", "Department";
    cmp_members = "成员数", "Members";
    cmp_oa = "OA", "OA";
    cmp_wecom = "企业微信", "WeCom";
    cmp_linked = "已关联", "Linked";
    cmp_nothing = "没有这样的部门。", "There is no such department.";
    cmp_bind_department = "关联到企业微信部门", "Link with a department";
    cmp_bind_unit = "关联到 OA 部门", "Link with a unit";
    cmp_no_namesake = "没有同名的未关联部门；按名称搜索后选择。", "None of that name is without a link: search for the one to link with.";
    cmp_nothing_free = "没有找到未关联的部门，换个名称搜索。", "Nothing without a link was found; search for another name.";
    cmp_unbind_hint = "部门本身保持不变。下次同步会重新按同级同名匹配，匹配不到则新建。", "The department stays as it is. The next sync matches by level and name again, or creates one.";
    side_linked = "已关联且一致", "Linked and alike";
    side_name_differs = "名称不同", "Name differs";
    side_moved = "位置不同", "Elsewhere";
    side_only_here = "仅 OA 有", "Only in the OA";
    side_disabled = "存放已禁用的成员", "Holds disabled members";
    side_only_there = "仅企业微信有", "Only in WeCom";
}

impl T {
    /// A property of a person by its name.
    pub fn employee_field(self, name: &str) -> String {
        match name {
            "id" => self.field_id(),
            "account" => self.field_account(),
            "employee_no" => self.field_employee_no(),
            "name" => self.field_name(),
            "mobile" => self.field_mobile(),
            "email" => self.field_email(),
            "gender" => self.field_gender(),
            "position" => self.field_position(),
            "unit_id" => self.field_unit_id(),
            "part_time_unit_ids" => self.field_part_time_unit_ids(),
            "superior_id" => self.field_superior_id(),
            "telephone" => self.field_telephone(),
            "alias" => self.field_alias(),
            "address" => self.field_address(),
            "status" => self.field_status(),
            "admin" => self.field_admin(),
            "*" => self.field_whole(),
            other => other.strip_prefix("ext.").unwrap_or(other),
        }
        .to_owned()
    }

    /// A property of a unit by its name.
    pub fn unit_field(self, name: &str) -> String {
        match name {
            "id" => self.unit_field_id(),
            "parent_id" => self.unit_field_parent_id(),
            "name" => self.unit_field_name(),
            "order" => self.unit_field_order(),
            "head" => self.unit_field_head(),
            other => other.strip_prefix("ext.").unwrap_or(other),
        }
        .to_owned()
    }

    /// A property of a member by its name in WeCom.
    pub fn member_property(self, name: &str) -> String {
        match name {
            "userid" => self.wx_userid(),
            "biz_mail" => self.field_biz_mail(),
            "external_position" => self.field_external_position(),
            "departments" | "parent" => self.field_departments(),
            "details" => self.field_details(),
            other => match other.split_once('.') {
                Some(("extattr" | "external" | "extattr_item" | "external_item", name)) => name,
                _ => return self.employee_field(other),
            },
        }
        .to_owned()
    }

    /// A value of a member as people read it.
    pub fn member_value(self, field: &crate::model::MemberField, value: &str) -> String {
        match (field, value) {
            (crate::model::MemberField::Gender, "1") => self.gender_male().to_owned(),
            (crate::model::MemberField::Gender, "2") => self.gender_female().to_owned(),
            (crate::model::MemberField::Gender, "0") => self.gender_unknown().to_owned(),
            _ => value.to_owned(),
        }
    }

    /// Whether a person works here.
    pub fn employee_status(self, status: EmployeeStatus) -> &'static str {
        if status.is_active() { self.status_active() } else { self.status_departed() }
    }

    /// A gender.
    pub fn gender(self, gender: Gender) -> &'static str {
        match gender {
            Gender::Unknown => "",
            Gender::Male => self.gender_male(),
            Gender::Female => self.gender_female(),
        }
    }

    /// A member's status.
    pub fn member_status(self, status: Option<MemberStatus>) -> &'static str {
        match status {
            Some(MemberStatus::Activated) => self.member_activated(),
            Some(MemberStatus::Disabled) => self.member_disabled(),
            Some(MemberStatus::NotActivated) => self.member_not_activated(),
            Some(MemberStatus::Left) => self.member_left(),
            Some(MemberStatus::Other(_)) | None => self.member_unknown(),
        }
    }

    /// Where a link came from.
    pub fn origin(self, origin: &BindingOrigin) -> &'static str {
        match origin {
            BindingOrigin::Rule => self.origin_rule(),
            BindingOrigin::Manual => self.origin_manual(),
            BindingOrigin::Import => self.origin_import(),
            BindingOrigin::Created => self.origin_created(),
            BindingOrigin::Position => self.origin_position(),
        }
    }

    /// Why somebody is removed.
    pub fn leaving_cause(self, cause: &RemovalCause) -> &'static str {
        match cause {
            RemovalCause::Departed => self.removal_departed(),
            RemovalCause::OutOfScope => self.removal_out_of_scope(),
            RemovalCause::Undo => self.removal_undo(),
        }
    }
}
