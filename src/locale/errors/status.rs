//! What is said about a problem whose code is not in the tables: only its HTTP status is known.

use super::{Row, row};

pub(super) fn of_status(status: u16) -> &'static Row {
    match status {
        404 => &NOT_FOUND,
        401 | 403 => &NOT_ALLOWED,
        409 => &CONFLICT,
        400..=499 => &NOT_ACCEPTED,
        502..=504 => &UNAVAILABLE,
        _ => &INTERNAL,
    }
}

static NOT_FOUND: Row = row(
    "not_found",
    ["找不到", "这里没有您要找的内容：地址可能有误，或者它已被删除。", "检查地址，或回到概览重新进入。"],
    [
        "Not found",
        "What you look for is not here: the address may be wrong, or it was removed.",
        "Check the address, or start from the overview.",
    ],
);
static NOT_ALLOWED: Row = row(
    "not_allowed",
    ["没有权限", "当前账号不能执行这个操作，没有任何改动。", "请联系系统管理员调整角色，或换一个账号登录。"],
    [
        "Not allowed",
        "Your account may not do this; nothing was changed.",
        "Ask an administrator for another role, or sign in with another account.",
    ],
);
static CONFLICT: Row = row(
    "conflict",
    ["现在不能执行", "当前状态不允许这个操作，没有任何改动。", "请看下面的详情，处理后再试。"],
    [
        "Not at present",
        "The present state does not allow this; nothing was changed.",
        "See the details below, then try again.",
    ],
);
static NOT_ACCEPTED: Row = row(
    "not_accepted",
    ["无法接受", "提交的内容不能被接受，没有任何改动。", "请看下面的详情，返回修改后重新提交。"],
    [
        "Not accepted",
        "What was sent is not acceptable; nothing was changed.",
        "See the details below, go back, correct it and send it again.",
    ],
);
static UNAVAILABLE: Row = row(
    "unavailable",
    ["暂时不可用", "依赖的服务没有正常应答。", "稍候再试；如果一直如此，请到“系统 → 诊断”检查网络和凭证。"],
    [
        "Unavailable",
        "A service that is needed did not answer well.",
        "Try again shortly; if it stays so, check network and credentials under System → Diagnostics.",
    ],
);
static INTERNAL: Row = row(
    "internal",
    ["出错了", "服务器未能完成这个操作，原因已写入日志。", "请把请求编号交给运维人员，在日志中查找原因。"],
    [
        "Something failed",
        "The server could not do this; the cause is in the log.",
        "Give the request id to the operator, who finds the cause in the log.",
    ],
);
