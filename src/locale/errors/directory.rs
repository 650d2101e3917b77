//! Problems of directory files, lists and exports.

use super::{Row, row};

pub(super) static ROWS: &[Row] = &[
    row(
        "import.changed",
        [
            "组织已经变化",
            "预览之后组织发生了变化，现在导入的结果会与预览不同，所以没有写入。",
            "请放弃这次导入，重新上传文件并预览。",
        ],
        [
            "The directory has changed",
            "It has changed since the preview, so the import would do something else; nothing was written.",
            "Discard this import, upload the file again and look at the new preview.",
        ],
    ),
    row(
        "directory.bad_rows",
        ["文件中有错误的行", "有的行不能使用，所以没有写入。", "修改文件后重新上传，或勾选“跳过”只导入其余的行。"],
        [
            "Some rows are bad",
            "Rows of the file cannot be used; nothing was written.",
            "Correct the file and upload it again, or tick the box that leaves these rows out.",
        ],
    ),
    row(
        "directory.shrunken",
        [
            "比现有组织少得多",
            "文件中的人员或部门比现有组织少得多，可能不完整，所以没有写入。",
            "检查文件；如果组织确实缩减，请勾选“允许大幅减少”。",
        ],
        [
            "Far less than is stored",
            "The file has far fewer people or units than are stored and may be incomplete; nothing was written.",
            "Look at the file; if the organisation really has shrunk, tick the box that allows it.",
        ],
    ),
    row(
        "directory.other_people",
        [
            "像是另一批人的文件",
            "许多人的姓名、账号、工号、手机号或邮箱与现有组织不同，所以没有写入。",
            "检查是否选错了文件、列是否错位；确认无误时请勾选“允许大量人员换成别人”。",
        ],
        [
            "It looks like a file of other people",
            "Many people have another name, account, number, mobile or e-mail than is stored; nothing was written.",
            "See whether it is the right file and no column has slipped; if all is well, tick the box that allows it.",
        ],
    ),
    row(
        "directory.busy",
        [
            "正在写入另一个导入",
            "同一组织的另一个导入还没有写完，没有改动。",
            "等它写完后再试；如果它已中断，半分钟后可以重试。",
        ],
        [
            "Another import is being written",
            "Another import of this organisation has not ended; nothing was changed.",
            "Try again when it has ended, or in half a minute if it was interrupted.",
        ],
    ),
    row(
        "directory.changed",
        ["组织刚刚被修改", "比对期间组织被别人修改，没有写入。", "请再试一次。"],
        ["The directory has just changed", "Somebody changed it meanwhile; nothing was written.", "Try again."],
    ),
    row(
        "preview.not_found",
        ["预览已经过期", "上传的文件只保留 30 分钟，或者它已经导入、已被放弃。", "请重新上传文件。"],
        [
            "The preview is gone",
            "An uploaded file is kept for 30 minutes; or it was imported or discarded.",
            "Upload the file again.",
        ],
    ),
    row(
        "list.cursor",
        ["无法定位到这一页", "地址中的翻页位置不完整或被改动过。", "请从列表的第一页重新开始。"],
        [
            "The place in the list is unknown",
            "The address was cut off or changed.",
            "Open the list again from its first page.",
        ],
    ),
    row(
        "list.date",
        ["日期无法识别", "“从”或“到”中的日期写法不对，应形如 2026-11-27。", "请在日期框中选择日期，或清除后重新筛选。"],
        [
            "The day cannot be read",
            "A day is written like 2026-11-27.",
            "Choose it in the field, or clear the filters.",
        ],
    ),
    row(
        "export.too_long",
        ["行数超过 Excel 的上限", "一个工作表最多 1,048,575 行。", "缩小筛选范围，或改为导出 CSV。"],
        [
            "Too many rows for a workbook",
            "A sheet has at most 1,048,575 rows.",
            "Narrow the list, or export it as CSV.",
        ],
    ),
];
