//! Sentences that the engine writes in English, told in Chinese: by their form, with what stands in them. A sentence of no
//! known form is not told; pages then show it as it is, folded up.

use super::{Lang, T, retell_run};

/// English form with `{}` for what varies, and the Chinese one: `{0}` as it stands, `{f0}` as the name of a field, `{e0}` as the
/// fault of an expression, `{s0}` as the subject of a record, `{t0}` told in its turn.
const FORMS: &[(&str, &str)] = &[
    // notices of a plan
    ("the field {} gives no userid: {}", "字段 {0} 生成不了账号：{t1}"),
    (
        "1 to 64 bytes of A-Z a-z 0-9 _ . @ -, beginning with a letter or digit",
        "1 到 64 位字母、数字或 _ . @ -，以字母或数字开头",
    ),
    (
        "employee {} has the same mobile or e-mail, and there is nothing else that can be used",
        "与人员 {0} 的手机号或邮箱相同，没有其他可用的联系方式",
    ),
    ("there is neither a mobile nor an e-mail that can be used", "手机号和邮箱都不可用"),
    (
        "among the removals are {} heads and {} administrators; {} departments lose their last member",
        "移出的人员中有 {0} 名负责人、{1} 名 OA 管理员；{2} 个部门失去最后一名成员",
    ),
    ("among the removals are {} heads and {} administrators", "移出的人员中有 {0} 名负责人、{1} 名 OA 管理员"),
    (
        "among those who move are {} heads and {} administrators; {} departments lose their last member",
        "移动的人员中有 {0} 名负责人、{1} 名 OA 管理员；{2} 个部门失去最后一名成员",
    ),
    ("among those who move are {} heads and {} administrators", "移动的人员中有 {0} 名负责人、{1} 名 OA 管理员"),
    (
        "overwritten without a comparison, because the credentials do not show what is there: {}; {} members",
        "无法核对就会覆盖：{0}；{1} 个成员",
    ),
    (
        "{} employees and {} members have this value; nobody is linked until a person decides",
        "{0} 名人员和 {1} 名成员的取值相同，等待人工确认",
    ),
    ("{} is left out: employee {} has the same", "{f0}不写入：与人员 {1} 相同"),
    ("{} is left out: somebody else has the same", "{f0}不写入：已被其他人占用"),
    ("{} is left out: {}", "{f0}不写入：{t1}"),
    ("WeCom ignored {} when it was last written; it is not written again", "上次写入的{f0}被企业微信忽略，不再写入"),
    ("member {} is left alone: {}", "成员 {0} 不改动：{t1}"),
    ("department {} is left alone: {}", "部门 {0} 不改动：{t1}"),
    (
        "the unit {} is gone, but the department was not created by the bridge: it stays",
        "OA 部门 {0} 已不存在，但部门不是由云桥创建，保留",
    ),
    (
        "the unit {} is gone, but the department is not empty ({} members): it stays",
        "OA 部门 {0} 已不存在，但部门里还有 {1} 名成员，保留",
    ),
    ("not created with this {}: {}", "暂不以这个{f0}创建：{t1}"),
    ("member {}, who cannot take another one now, has it", "成员 {0} 正占用它，暂时不能换成别的"),
    ("superior {} is left out: it is not created", "上级 {0} 不写入：没有创建"),
    (
        "the corp would have {} members, but its account limit is {}: WeCom refuses what is over it",
        "成员将达到 {0} 名，账号上限是 {1}，超出的会被拒绝",
    ),
    (
        "disabled members stay where they are: a unit's department has that name",
        "禁用的成员留在原部门：有业务部门用了这个名称",
    ),
    (
        "disabled members stay where they are: a unit of that name gets a department there",
        "禁用的成员留在原部门：同名的 OA 部门将在那里创建",
    ),
    ("left alone: the main unit {} has no department yet", "不处理：主部门 {0} 还没有对应的企业微信部门"),
    ("member {} was deleted in WeCom; it is created again", "成员 {0} 已在企业微信中被删除，将重新创建"),
    ("member {} was deleted in WeCom; creating is switched off", "成员 {0} 已在企业微信中被删除，创建已关闭"),
    ("linked, but not in the visible range: nothing is done", "已关联，但不在可见范围内，不处理"),
    (
        "not created: a match rule found several candidates, a person must decide",
        "不创建：匹配到多个候选，等待人工确认",
    ),
    ("has no member, and creating members is switched off", "没有对应成员，创建已关闭"),
    (
        "member {} has left the corp by itself; invite it again in WeCom",
        "成员 {0} 已自行退出企业，请在企业微信中重新邀请",
    ),
    (
        "member {} was disabled in WeCom, not by the bridge: it stays disabled",
        "成员 {0} 在企业微信中被禁用（不是由云桥），保持禁用",
    ),
    ("is back and would be enabled, but updating is switched off", "人员已恢复，但更新已关闭，没有启用"),
    ("several employees would get the userid {}: none of them is created", "多名人员会得到同一个账号 {0}，都不创建"),
    ("no member is created: department {} has {} members and departments", "不创建：部门 {0} 已有 {1} 个成员和子部门"),
    ("the filter has no result for this employee, nothing is done: {}", "过滤条件对这个人没有结果，不处理：{e0}"),
    ("skipped, nothing is done: {}", "跳过，不处理：{t0}"),
    ("the scope names an employee that does not exist", "同步范围里的这个人员不存在"),
    (
        "the mapping reads ext.{}, which no employee has: the field is left as it is for everybody",
        "字段对应读取 ext.{0}，但没有人有这一列，所有人的这个字段都不改动",
    ),
    (
        "department {} was deleted in WeCom; it is looked for by name and else created again",
        "部门 {0} 已在企业微信中被删除，先按名称查找，找不到则重新创建",
    ),
    ("department {} is not in the visible range; it is left as it is", "部门 {0} 不在可见范围内，不改动"),
    (
        "not renamed or moved: another department has that name there, or it would hang below itself",
        "不改名、不移动：那里已有同名部门，或会挂到自己下面",
    ),
    ("no department is created: another department has that name at that place", "不创建部门：那里已有同名部门"),
    (
        "unit {}: {}; it, {} units below it and their people are left alone",
        "部门 {0} 无法同步（{t1}），它和下级 {2} 个部门及其人员都不处理",
    ),
    ("no department is created: a corp has at most {}", "不创建部门：企业最多 {0} 个部门"),
    ("to be removed, but not in the visible range: nothing is done", "应移出，但不在可见范围内，不处理"),
    ("would be disabled or deleted, but removing is switched off", "应禁用或删除，但移出已关闭"),
    ("the last administrator stays: member {} is not removed", "保留最后一名管理员：成员 {0} 不移出"),
    ("stays a head of department {}, for which the OA names none", "仍是部门 {0} 的负责人：OA 没有指定负责人"),
    (
        "the departments are left alone: not all of them are visible, and those would be lost",
        "所在部门不改动：有部门不在可见范围内，改动会丢失它们",
    ),
    ("the name cannot be used: {}", "姓名不能使用：{t0}"),
    // what WeCom demands of a value
    ("the name is empty", "姓名为空"),
    ("it contains a control character", "含有控制字符"),
    ("it has {} characters, WeCom allows {}", "共 {0} 个字，企业微信最多 {1} 个"),
    ("it is not a mobile number: digits with an optional + and country code", "不是手机号（数字，可带 + 和国家代码）"),
    ("it is not an e-mail address of 6 to {} bytes", "不是 6 到 {0} 字节的邮箱地址"),
    ("it is none of male, female, 男, 女, 1, 2", "应为 男、女、male、female、1 或 2"),
    ("it is not a number of at most 32 digits, + - and ,", "不是最多 32 位的电话号码（数字、+、-、,）"),
    ("only WeCom fills it", "只能由企业微信填写"),
    // rows of a directory file
    (
        "the row has more values than there are captions; is a separator missing its quotes?",
        "请检查该行是否有未加引号的分隔符",
    ),
    ("column {} has values but no caption; it is not read", "第 {0} 列"),
    (
        "a number of more than 15 digits was rounded by the spreadsheet; format the column as text and enter it again",
        "超过 15 位的数字，设为文本格式后请重新填写",
    ),
    ("the cell shows an error; correct its formula", "单元格显示错误值，请修正公式"),
    ("longer than {} characters", "最多 {0} 个字符"),
    ("longer than the {} characters allowed", "最多 {0} 个字符"),
    ("an id has at most {} characters", "编号最多 {0} 个字符"),
    ("required columns are missing: {}; captions that nobody knows: {}", "请添加：{0}。不认识的标题：{1}"),
    ("required columns are missing: {}", "请添加：{0}"),
    ("{} are the same table; put them together, or remove all but one", "{0} 是同一张表：请合并，或只保留其中一个"),
    ("this file is not read: {}", "这个文件没有读取：{t0}"),
    ("the list says more than is imported; not read: {}", "列表附带的列不导入：{0}"),
    ("this sheet is not read", "这个工作表没有读取"),
    (
        "people need {}; units need {}; captions that nobody knows: {}",
        "人员表需要：{0}；部门表需要：{1}。不认识的标题：{2}",
    ),
    ("it is empty", "文件是空的"),
    ("row {} has the same: {}", "与第 {0} 行（{1}）相同"),
    ("{} more rows are not listed", "另有 {0} 行没有列出"),
    (
        "without a country code it is a mobile of mainland China: 11 digits that begin with 1",
        "大陆手机号为 1 开头的 11 位数字；其他号码前面要有 + 和国家代码",
    ),
    ("the column {} is there twice; remove or rename one", "{f0}出现两列，请删除或改名其中一列"),
    ("an id holds no control characters, invisible marks or semicolons", "编号不能含分号、控制字符或不可见字符"),
    ("a name is one line without control characters", "名称只能是一行，不能含控制字符"),
    ("男, 女, male, female, 1, 2 or empty", "只能填：男、女（或 male、female、1、2），也可留空"),
    ("active (在职) or departed (离职)", "只能填：在职、离职（或 active、departed），留空为在职"),
    ("true (是) or false (否)", "只能填：是、否（或 true、false），留空为否"),
    ("a whole number from {} to {}", "只能填 {0} 到 {1} 的整数，也可留空"),
    ("this id was there before, in row {}", "第 {0} 行已有这个编号"),
    ("this id is also that of a bad row", "另一个有错误的行也是这个编号"),
    ("there is not one row below the captions", "标题行下面没有数据"),
    ("no unit is without a parent, so there is no root", "根部门的上级部门编号应留空"),
    ("a second unit without a parent; the root is {} ({})", "根部门已经是 {1}（{0}）"),
    ("the parent of unit {} ({}) does not exist; the root has none", "部门 {1}（{0}）；根部门的上级应留空"),
    ("these units stand above each other: {}", "{0}"),
    ("the head is not an employee; imported all the same", "仍会导入"),
    ("the superior is not an employee; imported all the same", "仍会导入"),
    ("a person is stated as the own superior; imported all the same", "直接上级是本人，仍会导入"),
    ("{} bad rows have no id, so nobody is marked as departed and no unit is removed", "共 {0} 行"),
    (
        "{} ({}) is missing; a source for the whole directory has units and employees. To add or change only what is in it, \
         import in merge mode",
        "缺少“{1}”（{0}）；整体替换需要部门和人员两张表。只新增或修改文件中的内容，请选择“合并”",
    ),
    ("there are no {}; an empty table is never taken for a whole directory", "{0} 表没有数据，不能作为完整的组织"),
    // contents of a message
    ("the filter cannot be read: {}", "筛选条件有误：{e0}"),
    ("the filter has no result: {}", "筛选条件没有结果：{e0}"),
    (
        "url is empty for this message; give it a fallback, e.g. {{ url != '' ? url : 'https://…' }}",
        "这条消息没有链接：请填写链接，或在规则中给链接一个后备值。",
    ),
    (
        "{} is empty for this message; give it a fallback, e.g. {{ url != '' ? url : 'https://…' }}",
        "规则的 {0} 对这条消息为空：请填写它，或在规则中给一个后备值。",
    ),
    ("a template card carries to-do messages only, and this one is none", "模板卡片只用于待办类消息"),
    ("it is too long for one message, and this target refuses that", "超过一条消息的长度，该目标设为不发送"),
    ("it is too long and cannot be divided into at most {} messages", "太长，无法拆成最多 {0} 条"),
    // steps of a message
    ("{} recipients in {} calls", "{0} 个接收人，{1} 次调用"),
    ("to {} members", "送达 {0} 个成员"),
    ("a digest of {} messages", "由 {0} 条消息合并"),
    ("a message of the digest is over: the others are put together anew", "摘要中有消息已结束，其余消息重新合并"),
    ("{} members must wait: WeCom's limit per member", "{0} 个成员稍后再发：企业微信对单个成员的频率限制"),
    ("apart from the others: WeCom's limit per member", "单独发送：企业微信对单个成员的频率限制"),
    ("before it was sent", "在发出之前"),
    ("the to-do had ended before it was sent", "发出之前待办已经结束"),
    ("the process ended while it was on its way", "发送途中云桥停止运行"),
    (
        "the process ended while it was on its way, and WeCom no longer suppresses its repetition",
        "发送途中云桥停止运行，企业微信已不再识别重复发送",
    ),
];

impl T {
    /// A sentence of the engine in the reader's language; `None` where it can only be shown as it is.
    pub fn retold(self, said: &str) -> Option<String> {
        if self.lang == Lang::En {
            return Some(said.to_owned());
        }
        FORMS.iter().chain(retell_run::FORMS).find_map(|(en, zh)| Some(self.fill(zh, &holes(en, said)?)))
    }

    /// The same, with the sentence as it is where it is not known.
    pub fn told(self, said: &str) -> String {
        self.retold(said).unwrap_or_else(|| said.to_owned())
    }

    /// Why a field has no usable value: what WeCom demands, or what its expression lacks.
    pub fn field_fault(self, said: &str) -> String {
        self.retold(said).unwrap_or_else(|| self.expression_fault(said))
    }

    /// Why a message cannot be said as its rule says it: the engine's code may stand before its words.
    pub fn content_fault(self, said: &str) -> Option<String> {
        let words = said.split_once(": ").filter(|(code, _)| code.contains('_') && !code.contains(' '));
        self.retold(words.map_or(said, |(_, words)| words))
    }

    fn fill(self, form: &str, values: &[&str]) -> String {
        let mut text = form.to_owned();
        for (at, value) in values.iter().enumerate() {
            for (mark, told) in [
                (format!("{{{at}}}"), (*value).to_owned()),
                (format!("{{f{at}}}"), self.synced_field(value)),
                (format!("{{e{at}}}"), self.expression_fault(value)),
                (format!("{{s{at}}}"), self.run_subject(value)),
                (format!("{{t{at}}}"), self.retold(value).unwrap_or_else(|| (*value).to_owned())),
            ] {
                if text.contains(&mark) {
                    text = text.replace(&mark, &told);
                }
            }
        }
        text
    }
}

/// What stands in the holes of a form; `None` where the sentence has another form. A hole is as short as it can be, the last one
/// takes the rest.
fn holes<'s>(form: &str, said: &'s str) -> Option<Vec<&'s str>> {
    let mut parts = form.split("{}");
    let mut rest = said.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let parts: Vec<&str> = parts.collect();
    for (at, part) in parts.iter().enumerate() {
        let end = if at + 1 == parts.len() { rest.strip_suffix(part).map(str::len)? } else { rest.find(part)? };
        found.push(&rest[..end]);
        rest = &rest[end + part.len()..];
    }
    (rest.is_empty() && found.iter().all(|hole| !hole.is_empty())).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_by_their_form() {
        let zh = T::new(Lang::Zh);
        for (said, told) in [
            ("to 12 members", "送达 12 个成员"),
            (
                "among the removals are 360 heads and 0 administrators; 12 departments lose their last member",
                "移出的人员中有 360 名负责人、0 名 OA 管理员；12 个部门失去最后一名成员",
            ),
            ("among those who move are 1 heads and 2 administrators", "移动的人员中有 1 名负责人、2 名 OA 管理员"),
            ("mobile is left out: employee e7 has the same", "手机号不写入：与人员 e7 相同"),
            (
                "position is left out: it has 130 characters, WeCom allows 128",
                "职务不写入：共 130 个字，企业微信最多 128 个",
            ),
            (
                "unit 甲/乙: the name is empty; it, 3 units below it and their people are left alone",
                "部门 甲/乙 无法同步（姓名为空），它和下级 3 个部门及其人员都不处理",
            ),
            (
                "employee E10 is not linked to member 1010 any more, so nothing is written: make a new plan",
                "人员 E10 与成员 1010 已解除关联，没有写入，请重新生成预览",
            ),
            (
                "the directory's row of employee E1 has changed since the plan was made: not written; the next plan says what \
                 is right now",
                "人员 E1 的 OA 资料在生成预览之后有改动，没有写入，请重新生成预览",
            ),
            (
                "member u1 (employee e1): disabling it does not follow from the directory as it is now: not written; the next \
                 plan says what is right now",
                "成员 u1（人员 e1）：按现在的 OA 通讯录，不应禁用，没有写入，请重新生成预览",
            ),
            (
                "not tried again, for WeCom has changed since the plan was made: department 7 was renamed from a to b; make a \
                 new plan",
                "没有重试：生成预览之后企业微信有改动（部门 7 从“a”改名为“b”），请重新生成预览",
            ),
            ("skipped, nothing is done: a reason of its own", "跳过，不处理：a reason of its own"),
        ] {
            assert_eq!(zh.retold(said).as_deref(), Some(told));
            assert_eq!(T::new(Lang::En).retold(said).as_deref(), Some(said));
        }
        assert_eq!(zh.retold("something new"), None);
        let empty =
            "part_empty: url is empty for this message; give it a fallback, e.g. {{ url != '' ? url : 'https://…' }}";
        assert!(zh.content_fault(empty).is_some_and(|told| told.starts_with("这条消息没有链接")));
    }

    /// Every hole is used, and none is used that is not there.
    #[test]
    fn forms_have_the_same_holes() {
        for (en, zh) in FORMS.iter().chain(retell_run::FORMS) {
            let count = en.matches("{}").count();
            for at in 0..9 {
                let is_used = ["", "f", "t", "e", "s"].iter().any(|kind| zh.contains(&format!("{{{kind}{at}}}")));
                assert_eq!(is_used, at < count, "{en}: {at}");
            }
        }
    }
}
