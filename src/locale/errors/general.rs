//! Problems of accounts, forms, links, settings and the store, and of whatever is not there.

use super::{Row, row};

pub(super) static ROWS: &[Row] = &[
    row(
        "not_found",
        ["找不到", "这里没有您要找的内容：编号可能有误，或者它已被删除。", "检查地址，或回到概览重新进入。"],
        [
            "Not found",
            "What you look for is not here: the id may be wrong, or it was removed.",
            "Check the address, or start from the overview.",
        ],
    ),
    row(
        "request.not_found",
        ["没有这个页面", "这个地址没有页面：可能输入有误，或者链接已经过时。", "从导航进入，或回到概览。"],
        [
            "No such page",
            "There is no page at this address: it may be mistyped, or the link is out of date.",
            "Use the navigation, or start from the overview.",
        ],
    ),
    row(
        "request.query",
        ["地址不完整", "地址中“?”后面的部分无法识别：可能被截断或改动过。", "从导航进入，或删去“?”后面的部分再打开。"],
        [
            "The address is not complete",
            "What stands behind the “?” of the address cannot be read: it may have been cut off or changed.",
            "Use the navigation, or take away what stands behind the “?”.",
        ],
    ),
    row(
        "account.no_right",
        [
            "没有权限",
            "您的角色不包含这个操作需要的权限，没有任何改动。",
            "请联系系统管理员调整角色，或换一个账号登录。",
        ],
        [
            "Not allowed",
            "Your role does not include the right that this needs; nothing was changed.",
            "Ask an administrator for another role, or sign in with another account.",
        ],
    ),
    row(
        "account.signed_out",
        ["登录已失效", "您已被退出登录，刚才的操作没有执行。", "重新登录后再操作一次。"],
        [
            "Signed out",
            "You have been signed out in the meantime; nothing was done.",
            "Sign in and repeat what you did.",
        ],
    ),
    row(
        "form.token",
        ["表单已过期", "这个表单已失效，或者不是从本系统的页面提交的，没有任何改动。", "返回上一页，刷新后重新提交。"],
        [
            "The form is out of date",
            "This form has expired or was not sent from a page of this server; nothing was changed.",
            "Go back, load the page again and repeat.",
        ],
    ),
    row(
        "request.too_large",
        ["内容太大", "提交的文件或表单超过了允许的大小。", "请拆分文件，或由运维人员调整 limits.body_max_mib。"],
        [
            "Too large",
            "The file or form is larger than is allowed.",
            "Split the file, or have the operator raise limits.body_max_mib.",
        ],
    ),
    row(
        "binding.refused",
        ["不能关联", "这个关联与已有的关联或数据冲突，没有改动。", "请看下面的详情，先解除冲突的关联。"],
        [
            "Not bound",
            "The binding conflicts with what is there; nothing was changed.",
            "See the details; undo the conflicting binding first.",
        ],
    ),
    row(
        "binding.bad_file",
        ["关联文件无法使用", "关联文件的内容不能使用，没有改动。", "按下面的说明修改文件后重新上传。"],
        [
            "The binding file cannot be used",
            "The file cannot be used; nothing was changed.",
            "Correct the file as described below and upload it again.",
        ],
    ),
    row(
        "account.not_proved",
        ["需要当前密码", "修改自己的密码和动态验证码需要当前密码，没有改动。", "请在“我的账号”中修改。"],
        [
            "The present password is needed",
            "One's own password and second factor are changed with the present password; nothing was changed.",
            "Change them on the page of your account.",
        ],
    ),
    row(
        "setup.stale",
        ["设置已被修改", "打开页面之后有人修改过这些设置，没有保存。", "重新打开页面，核对后再修改。"],
        [
            "The settings have changed",
            "Somebody has changed them since the page was opened; nothing was saved.",
            "Open the page again, look at them, and repeat the change.",
        ],
    ),
    row(
        "binding.changed",
        [
            "关联已经变化",
            "预览之后关联、人员或成员发生了变化，现在执行的结果会与预览不同，所以没有关联任何人。",
            "请重新上传文件并预览。",
        ],
        [
            "The links have changed",
            "Links, people or members have changed since the preview, so the file would link others; nobody was linked.",
            "Upload the file again and look at its preview.",
        ],
    ),
    row(
        "store.full",
        ["磁盘已满", "服务器磁盘已满，不确定改动是否已保存。", "请先清理磁盘空间，再核对结果。"],
        [
            "The disk is full",
            "The disk is full, and it is unknown whether the change was stored.",
            "Free some space, then look before you repeat it.",
        ],
    ),
    row(
        "events.too_many",
        ["实时连接过多", "同时打开的运行页面太多，这一页暂时没有实时进度。", "关掉一些页面，或稍后刷新。"],
        [
            "Too many live connections",
            "Too many pages follow runs at once; this one has no live progress for now.",
            "Close some of them, or reload in a while.",
        ],
    ),
    row(
        "store.busy",
        ["暂时繁忙", "数据存储暂时无法使用。", "稍候再试。"],
        ["Busy", "The store cannot be used at this moment.", "Try again shortly."],
    ),
    row(
        "store.commit_failed",
        ["结果未知", "不确定改动是否已保存。", "请先核对，再决定是否重做。"],
        ["Outcome unknown", "It is unknown whether the change was stored.", "Look before you repeat it."],
    ),
    row(
        "setup.invalid",
        ["设置不正确", "有设置项不正确，没有保存。", "按下面列出的位置修改后重新保存。"],
        [
            "Settings not accepted",
            "Some settings are not acceptable; nothing was saved.",
            "Correct the places listed below and save again.",
        ],
    ),
    row(
        "setup.linked",
        [
            "企业已有关联",
            "修改后它会变成另一个企业微信，而现有关联指向原来的企业，继续同步会误改他人，所以没有保存。",
            "在企业设置页修改并选择如何处理关联：清空后重新开始，或者（仅换接口地址时）保留。",
        ],
        [
            "The corp has links",
            "The change would make it another WeCom, while its links name members of the present one; nothing was saved.",
            "Change it under Corp settings and choose what becomes of the links: drop them and begin anew, or, where only the \
             address of the API changes, keep them.",
        ],
    ),
];
