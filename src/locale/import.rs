//! Texts of the import, and of what can be wrong with a directory file.

use super::Lang;

texts! {
    import_title = "导入 OA 组织", "Import the directory";
    import_lead = "上传文件后先预览差异和错误，确认后才写入。", "A file is previewed first; nothing is written before you confirm.";
    import_upload = "上传文件", "Upload a file";
    import_file = "文件", "File";
    import_file_hint = "Excel（.xlsx，含“部门”“人员”两个工作表）、两个 CSV 打包的 .zip、单个 CSV，或 .ldif。是部门还是人员由标题行判断，文件名不限。", "Excel (.xlsx with the sheets units and employees), a .zip of two CSV files, one CSV, or .ldif. The captions tell units from people, whatever the files are called.";
    import_no_file = "请选择文件。", "Choose a file.";
    import_mode = "导入方式", "How to import";
    import_replace = "整体替换", "Replace";
    import_replace_hint = "文件就是完整的组织：文件里没有的人员标记为离职，没有的部门删除。", "The file is the whole directory: people who are not in it become departed, units that are not in it are removed.";
    import_merge = "合并", "Merge";
    import_merge_hint = "只新增和修改文件中出现的部门和人员，其余不变。", "Only what is in the file is added or changed; everything else stays.";
    import_skip = "跳过有错误的行", "Leave bad rows out";
    import_skip_count(count) = "跳过 {count} 处错误所在的行，导入其余部分", "Leave out the rows of {count} faults and import the rest";
    import_skip_hint = "有错误的人员和部门保持原样，不会被当作离职或删除。", "People and units of bad rows stay as they are; they do not count as absent.";
    import_shrink = "允许大幅减少", "Allow it to shrink";
    import_shrink_hint = "仅在组织确实缩减时勾选。平时遇到人员或部门大量减少会拒绝导入，以防误用残缺的文件。", "Only when the organisation really has shrunk. Otherwise a file with far fewer people or units is refused, because it may be incomplete.";
    import_look = "预览", "Preview";
    import_nothing_yet = "此时不会写入任何数据。", "Nothing is written yet.";
    import_templates = "模板", "Templates";
    import_templates_hint = "下载示例文件，照着填写即可。", "Download a sample and fill in your own.";
    import_template_xlsx = "Excel 模板", "Excel template";
    import_template_zip = "CSV 模板", "CSV template";
    import_template_name = "OA组织导入模板", "directory-template";
    import_columns = "列的说明", "The columns";
    import_columns_units = "部门：部门编号（必填）、上级部门编号（根部门留空）、部门名称（必填）、排序、部门负责人（人员编号，用分号隔开）。", "units: id (required), parent_id (empty for the root), name (required), order, head (employee ids, separated by semicolons).";
    import_columns_people = "人员：人员编号（必填）、姓名（必填）、主部门（必填）、账号、工号、手机号、邮箱、性别、职位、兼职部门、直接上级、座机、别名、地址、状态、管理员。", "employees: id, name and unit_id (required), account, employee_no, mobile, email, gender, position, part_time_unit_ids, superior_id, telephone, alias, address, status, admin.";
    import_columns_more = "其他列作为扩展字段保留，可用于同步规则。", "Further columns are kept and can be used in the rules of a sync.";
    import_last = "上次导入", "The last import";
    import_sample = "示例组织（演示）", "The sample organisation of the demo";
    import_when = "时间", "When";
    import_who = "操作人", "By";
    import_none_yet = "还没有导入过。", "Nothing has been imported yet.";
    import_counts(added, changed, departed) = "新增 {added}，修改 {changed}，离职 {departed}", "{added} new, {changed} changed, {departed} departed";
    import_unit_counts(added, changed, removed) = "新增 {added}，修改 {changed}，删除 {removed}", "{added} new, {changed} changed, {removed} removed";
    import_other = "正在写入另一个导入。", "Another import is being written.";
    import_other_facts(name, by, done, total) = "{name}，{by}，已写入 {done} / {total} 行。", "{name}, {by}, {done} of {total} rows.";
    import_interrupted = "上次导入中断，没有写完。", "The last import was interrupted.";
    import_interrupted_hint = "请重新上传同一个文件并确认，系统会接着写完；在此之前，现有数据只多不少。", "Upload the same file again and confirm: it goes on where it stopped. Until then there is too much rather than too little.";
    import_refused(file) = "“{file}”不能导入，组织保持原样。", "“{file}” cannot be imported; the directory is as it was.";
    import_refused_hint = "请按下面的位置修改后重新上传。", "Correct the places below and upload it again.";
    import_lone(missing) = "文件里没有“{missing}”。只想新增或修改文件中的内容：请选择“合并”，再上传一次。", "The file has no {missing}. To add or change only what is in it, choose Merge and upload it again.";
    import_faults_count(count) = "{count} 个问题", "{count} faults";
    import_more_faults(count) = "另有 {count} 个问题没有列出。", "{count} more are not listed.";
    import_preview_title = "导入预览", "Import preview";
    import_people = "人员", "People";
    import_units = "部门", "Units";
    import_faults = "错误", "Faults";
    import_warnings = "提醒", "Warnings";
    import_has_warnings(count) = "有 {count} 条提醒，不阻止导入，请先看一下。", "{count} warnings. They do not stand against the import; look at them first.";
    import_see_warnings = "查看提醒", "See the warnings";
    import_stat_new = "新增人员", "New people";
    import_stat_changed = "资料变更", "Changed";
    import_stat_departed = "离职", "Departing";
    import_stat_same = "没有变化", "Unchanged";
    import_stat_units = "部门 新增/修改/删除", "Units new/changed/removed";
    import_plus_minus(added, changed, removed) = "{added} / {changed} / {removed}", "{added} / {changed} / {removed}";
    import_search = "姓名、编号、行号或取值", "Name, id, row or value";
    import_what = "变化", "What";
    import_difference = "修改前 → 修改后", "Before → after";
    import_nothing_here = "这里没有内容。", "Nothing here.";
    import_other_people = "允许大量人员换成别人", "Allow many people to become others";
    import_other_people_hint = "只有在姓名、账号、工号、手机号或邮箱确实大量更换时才勾选；否则请检查是否选错文件或列错位。", "Tick it only if so many names, accounts, numbers, mobiles or e-mail addresses have really changed; otherwise see whether it is the right file and no column has slipped.";
    import_shrunken_hint = "如果组织确实缩减，请在下方勾选“允许大幅减少”；否则请检查文件是否完整。", "If the organisation really has shrunk, tick the box below; otherwise see whether the file is complete.";
    import_confirm_title = "确认导入", "Confirm";
    import_confirm = "确认导入", "Import";
    import_departing(count) = "确认后将有 {count} 人被标记为离职。", "{count} people will be marked as departed.";
    import_quiet = "文件与现有组织一致，确认后不会有任何改变。", "The file is the directory as it is; nothing will change.";
    import_discard = "放弃", "Discard";
    import_discarded = "已放弃，文件已清除。", "Discarded; the file is gone.";
    import_kept_hint = "文件只保存在内存中，30 分钟后自动清除。", "The file is kept in memory only, for 30 minutes at most.";
    import_writing = "正在导入", "Importing";
    import_progress(done, total) = "已写入 {done} / {total} 行", "{done} of {total} rows written";
    import_progress_hint = "可以离开本页，导入会继续。中断后重新上传同一个文件即可接着完成。", "You may leave this page; the import goes on. If it is interrupted, upload the same file again.";
    import_done = "导入完成", "Imported";
    import_done_hint = "企业微信尚未改变，可以接着预览同步。", "WeCom is unchanged so far; you can preview a sync now.";
    import_left_out = "未导入的错误", "Faults left out";
    import_to_directory = "查看组织", "See the directory";
    import_to_sync = "同步到企业微信", "Sync to WeCom";
    fault_place = "位置", "Where";
    fault_row(row) = "第 {row} 行", "row {row}";
    fault_whole_file = "整个文件", "The file";
    fault_file = "文件或工作表", "File or sheet";
    fault_row_number = "行号", "Row";
    fault_column = "列", "Column";
    fault_value = "值", "Value";
    fault_reason = "原因", "Why";
    change_added = "新增", "New";
    change_changed = "修改", "Changed";
    change_departed = "离职", "Departed";
    change_returned = "恢复在职", "Back";
    change_removed = "删除", "Removed";
}

/// What is wrong with a directory, by the fault's code.
pub fn directory_fault(lang: Lang, code: &str) -> Option<&'static str> {
    let found = FAULTS.iter().find(|row| row.0 == code)?;
    Some(lang.pick(found.1, found.2))
}

static FAULTS: &[(&str, &str, &str)] = &[
    ("directory.unreadable", "文件无法读取", "The file cannot be read"),
    (
        "directory.unknown_format",
        "不是支持的格式（xlsx、zip、csv、ldif）",
        "Not one of the formats that are read (xlsx, zip, csv, ldif)",
    ),
    ("directory.too_large", "文件太大", "The file is too large"),
    ("directory.too_many_rows", "行数太多", "Too many rows"),
    ("directory.too_many_columns", "列数太多", "Too many columns"),
    ("directory.bad_archive", "压缩包损坏、加密或不完整", "The archive is damaged, encrypted or cut short"),
    ("directory.bad_workbook", "Excel 文件损坏或不完整", "The workbook is damaged or cut short"),
    (
        "directory.bad_encoding",
        "文字编码无法识别，请存为 UTF-8 或 GB18030",
        "The encoding is not known: save it as UTF-8 or GB18030",
    ),
    ("directory.not_text", "不是文本文件", "Not a text file"),
    ("directory.bad_csv", "CSV 格式有误", "The CSV cannot be taken apart"),
    ("directory.bad_ldif", "LDIF 格式有误", "The LDIF cannot be taken apart"),
    (
        "directory.unsupported_ldif",
        "LDIF 含有变更指令或外部文件，只能导入条目",
        "The LDIF asks for changes or other files; only entries are read",
    ),
    ("directory.truncated", "文件不完整，中途截断", "The file stops in the middle"),
    ("directory.missing_table", "缺少工作表或文件（部门、人员）", "A sheet or file is missing (units, employees)"),
    ("directory.missing_column", "缺少必需的列", "Required columns are missing"),
    (
        "directory.unknown_table",
        "看不出是部门还是人员：标题行里没有认识的列",
        "Neither units nor people: the captions are not known",
    ),
    ("directory.duplicate_column", "有两列或两张表含义相同", "Two columns or two tables mean the same"),
    ("directory.empty_source", "文件是空的", "There is nothing in it"),
    ("directory.duplicate_unit", "部门编号重复", "Two units have this id"),
    ("directory.duplicate_employee", "人员编号重复", "Two people have this id"),
    ("directory.no_root", "没有根部门（上级为空的部门）", "There is no root (a unit without one above it)"),
    ("directory.several_roots", "有多个根部门，只能有一个", "There are several roots; there may be one"),
    ("directory.cycle", "部门的上下级形成循环", "Units stand above themselves"),
    ("directory.missing_parent", "上级部门不存在", "The unit above does not exist"),
    (
        "directory.shrunken",
        "比现有组织少得多，可能是残缺的文件。",
        "Far less than is stored; the file may be incomplete.",
    ),
    (
        "directory.other_people",
        "许多人的姓名、账号、工号、手机号或邮箱与现有组织不同，可能选错了文件，或者列错位。",
        "Many people have another name, account, number, mobile or e-mail than is stored; it may be the wrong file, or a column has slipped.",
    ),
    ("directory.unit_in_use", "部门下还有人员或下级部门", "The unit still has people or units"),
    ("directory.missing_value", "不能为空", "Must not be empty"),
    ("directory.bad_value", "值不符合要求", "Not an allowed value"),
    ("directory.too_long", "内容太长", "Too long"),
    ("directory.too_many_values", "这一行的值比列多", "More values than columns"),
    (
        "directory.rounded_number",
        "数字被表格软件舍入，请把该列设为文本格式",
        "The spreadsheet has rounded the number: format the column as text",
    ),
    ("directory.unknown_unit", "部门不存在", "There is no such unit"),
    ("directory.unknown_head", "部门负责人不在人员中", "The head is not an employee"),
    ("directory.unknown_superior", "直接上级不在人员中", "The superior is not an employee"),
    ("directory.unnamed_column", "有一列没有标题，未读取", "A column without a caption; it is not read"),
    (
        "directory.removals_withheld",
        "有的行读不出编号，所以本次不标记离职、不删除部门",
        "Some bad rows have no readable id, so nobody departs and no unit is removed this time",
    ),
    ("directory.bad_mobile", "企业微信不接受这个手机号", "WeCom would refuse this mobile"),
    ("directory.bad_email", "企业微信不接受这个邮箱", "WeCom would refuse this e-mail address"),
    (
        "directory.shared_value",
        "与另一行重复，企业微信要求每人不同",
        "Another row has the same; in WeCom each person has their own",
    ),
    ("directory.ignored", "其他条目、文件或工作表，未读取", "Other entries, files or sheets; they are not read"),
];
