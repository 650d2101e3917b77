//! What is wrong with an expression, in the reader's language. The engine says it in English; what the reader cannot read is
//! said in other words rather than shown.

use super::{Lang, T};

/// What the engine says, and what it means.
const REASONS: &[(&str, &str)] = &[
    ("the expression is empty", "表达式为空"),
    ("this {{ has no }}", "这个 {{ 没有对应的 }}"),
    ("something is missing here", "这里缺少内容"),
    ("types with fields cannot be made here", "这里不能构造带字段的类型"),
    ("only one replace() may put in more than it takes out", "只能有一个 replace() 使文字变长"),
    ("the expression could not be parsed on this machine; try again", "本机暂时无法解析，请重试"),
    ("division by zero", "除数为零"),
    ("remainder by zero", "对零取余"),
    ("the number is too large", "数字太大"),
    ("the index is out of bounds", "下标超出范围"),
    ("these values cannot be compared", "这两个值不能比较"),
    ("the expression does not fit these values", "表达式不适用于这些值"),
];

/// The same for beginnings.
const BEGINNINGS: &[(&str, &str)] = &[
    ("this is not CEL", "语法不正确"),
    ("the expression is nested too deeply", "嵌套太深或太长，请简化"),
    ("loops (all", "不允许循环（all、exists、exists_one、map、filter），请用 in、&& 和 ||"),
    ("replace() takes a written-out text", "这里的 replace() 只能换成写明的短文字"),
    ("more than ", "连用的运算或调用太多，请简化"),
    ("longer than ", "表达式太长"),
    ("the result has more than ", "结果太长"),
];

impl T {
    /// What is wrong with an expression or its values, without the place.
    pub fn expression_reason(self, reason: &str) -> String {
        if self.lang == Lang::En {
            return reason.to_owned();
        }
        let quoted = |text: &str, mark: char| text.split(mark).nth(1).map(str::to_owned);
        if let Some((_, zh)) = REASONS.iter().find(|(en, _)| *en == reason) {
            return (*zh).to_owned();
        }
        if let Some(rest) = reason.strip_prefix("there is no field ") {
            let (name, known) = rest.split_once("; fields are ").unwrap_or((rest, ""));
            return format!("没有字段 {name}；可用字段：{known}");
        }
        if let Some(rest) = reason.strip_prefix("there is no function ") {
            let (name, known) = rest.split_once("; functions are ").unwrap_or((rest, ""));
            return format!("没有函数 {name}；可用函数：{known}");
        }
        if let Some(key) = reason.strip_prefix("there is no key ") {
            return format!("没有键 {key}");
        }
        if let Some(operator) = reason.strip_suffix(" does not fit these types") {
            return format!("{operator} 不适用于这些类型");
        }
        if let Some(function) = reason.strip_suffix(" refused its arguments") {
            return format!("{function} 不接受这些参数");
        }
        if let Some(rest) = reason.strip_prefix("the field ").and_then(|rest| rest.split_once(" has more than ")) {
            return format!("字段 {} 太长", rest.0);
        }
        if let Some((got, want)) = reason.strip_prefix("the result is a ").and_then(|rest| rest.split_once(", but ")) {
            let want = match want.trim_end_matches(" is needed") {
                "true or false" => "真或假",
                _ => "文字或数字",
            };
            return format!("结果的类型是 {got}，需要{want}");
        }
        let is_syntax = reason.starts_with("this is not CEL");
        if let Some(input) = quoted(reason, '\'').filter(|input| is_syntax && !input.is_empty() && *input != "<EOF>") {
            return format!("语法不正确：“{input}”不应出现在这里");
        }
        let known = BEGINNINGS.iter().find(|(en, _)| reason.starts_with(en));
        known.map_or_else(|| "写法不正确".to_owned(), |(_, zh)| (*zh).to_owned())
    }

    /// `character 7: …` as the engine writes it.
    pub fn expression_fault(self, said: &str) -> String {
        let parts = said.strip_prefix("character ").and_then(|rest| rest.split_once(": "));
        match (self.lang, parts) {
            (Lang::Zh, Some((at, reason))) => format!("第 {at} 个字：{}", self.expression_reason(reason)),
            _ => self.expression_reason(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::expr::Filter;

    #[test]
    fn what_the_engine_says_is_read_in_chinese() {
        let (zh, en) = (T::new(Lang::Zh), T::new(Lang::En));
        for (source, expected) in [
            ("posit ion ==", "第 7 个字：语法不正确：“ion”不应出现在这里"),
            ("posit == ''", "第 1 个字：没有字段 posit；可用字段："),
            ("upper(name) == ''", "没有函数 upper；可用函数："),
            ("[1].all(x, x > 0)", "不允许循环"),
            ("", "表达式为空"),
        ] {
            let said = Filter::compile(source).map(drop).unwrap_err().to_string();
            assert!(zh.expression_fault(&said).contains(expected), "{source}: {said}: {}", zh.expression_fault(&said));
            assert_eq!(en.expression_fault(&said), said);
        }
        assert_eq!(zh.expression_reason("unheard of"), "写法不正确");
        assert_eq!(
            zh.expression_reason("the result is a list, but a text or a number is needed"),
            "结果的类型是 list，需要文字或数字"
        );
    }
}
