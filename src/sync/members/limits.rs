//! The form that WeCom demands of member fields (contacts.md 3.1–3.3; doc paths 90195, 92230).

use crate::model::MemberField;
use crate::sync::normal;
use std::borrow::Cow;

/// The value as it is to be written, or why WeCom would refuse it. Empty stays empty.
pub fn check<'v>(field: &MemberField, value: &'v str) -> Result<Cow<'v, str>, String> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(Cow::Borrowed(""));
    }
    if value.chars().any(char::is_control) {
        return Err("it contains a control character".into());
    }
    match field {
        MemberField::Name | MemberField::Alias | MemberField::ExtAttr(_) => at_most(value, 64),
        MemberField::Position | MemberField::Address => at_most(value, 128),
        MemberField::ExternalPosition => at_most(value, 12),
        MemberField::External(_) => at_most(value, 32),
        // WeCom demands the country code of all others (60103)
        MemberField::Mobile => normal::doubt_of_mobile(value).map_or_else(|| normal::check_mobile(value), Err),
        MemberField::Email => normal::check_mail(value, normal::MAIL_MAX),
        MemberField::BizMail => normal::check_mail(value, 63),
        MemberField::Gender => check_gender(value),
        MemberField::Telephone => check_telephone(value),
        MemberField::ExtAttrItem(_) | MemberField::ExternalItem(_) | MemberField::ExtAttrs | MemberField::Externals => {
            Err("only WeCom fills it".into())
        }
    }
}

/// Whether two values of a field mean the same.
pub fn is_same(field: &MemberField, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match field {
        MemberField::Mobile => normal::mobile(a) == normal::mobile(b),
        MemberField::Email | MemberField::BizMail => a.eq_ignore_ascii_case(b),
        MemberField::Gender => matches!((a, b), ("" | "0", "" | "0")),
        MemberField::ExtAttrItem(_) | MemberField::ExternalItem(_) => {
            let json = |text| serde_json::from_str::<serde_json::Value>(text).ok();
            json(a).is_some_and(|a| Some(a) == json(b))
        }
        _ => false,
    }
}

fn at_most(value: &str, limit: usize) -> Result<Cow<'_, str>, String> {
    if value.len() > limit {
        let chars = value.chars().count();
        if chars > limit {
            return Err(format!("it has {chars} characters, WeCom allows {limit}"));
        }
    }
    Ok(Cow::Borrowed(value))
}

fn check_gender(value: &str) -> Result<Cow<'_, str>, String> {
    match value {
        "1" | "male" | "男" => Ok(Cow::Borrowed("1")),
        "2" | "female" | "女" => Ok(Cow::Borrowed("2")),
        "0" | "unknown" => Ok(Cow::Borrowed("")),
        _ => Err("it is none of male, female, 男, 女, 1, 2".into()),
    }
}

fn check_telephone(value: &str) -> Result<Cow<'_, str>, String> {
    let compact: Cow<'_, str> =
        if value.contains(' ') { Cow::Owned(value.replace(' ', "")) } else { Cow::Borrowed(value) };
    let ok = compact.len() <= 32 && compact.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b','));
    if ok { Ok(compact) } else { Err("it is not a number of at most 32 digits, + - and ,".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        use MemberField::{
            Address, Alias, BizMail, Email, ExternalPosition, Gender, Mobile, Name, Position, Telephone,
        };
        let c64 = "名".repeat(64);
        let c65 = "名".repeat(65);
        let c128 = "职".repeat(128);
        let c129 = "职".repeat(129);
        let mail64 = format!("{}@example.com", "a".repeat(52));
        let ext = MemberField::ExtAttr("工号".into());
        let external = MemberField::External("网址".into());
        let x32 = "x".repeat(32);
        let x33 = "x".repeat(33);
        for (field, value, expected) in [
            (&Name, "", Some("")),
            (&Name, " 张三 ", Some("张三")),
            (&Name, c64.as_str(), Some(c64.as_str())),
            (&Name, c65.as_str(), None),
            (&Name, "a\tb", None),
            (&Alias, c65.as_str(), None),
            (&Position, c128.as_str(), Some(c128.as_str())),
            (&Position, c129.as_str(), None),
            (&Address, c129.as_str(), None),
            (&ExternalPosition, "十二个字以内的对外职务名", Some("十二个字以内的对外职务名")),
            (&ExternalPosition, "超过十二个字以内的对外职务名", None),
            (&external, x32.as_str(), Some(x32.as_str())),
            (&external, x33.as_str(), None),
            (&ext, c64.as_str(), Some(c64.as_str())),
            (&ext, c65.as_str(), None),
            (&Mobile, "+86 138 0000 0000", Some("13800000000")),
            (&Mobile, "13800000000", Some("13800000000")),
            (&Mobile, "+1 415-555-0100", Some("+14155550100")),
            (&Mobile, "1234", None),
            (&Mobile, "12345", None),
            (&Mobile, "85291234567", None),
            (&Mobile, "+852 9123-4567", Some("+85291234567")),
            (&Mobile, "138x0000000", None),
            (&Mobile, "1+38000000", None),
            (&Email, "a@b.cn", Some("a@b.cn")),
            (&Email, mail64.as_str(), Some(mail64.as_str())),
            (&BizMail, mail64.as_str(), None),
            (&Email, "a@b", None),
            (&Email, "a@@b.cn", None),
            (&Email, "a@b..cn", None),
            (&Email, "张@b.cn", None),
            (&Gender, "male", Some("1")),
            (&Gender, "女", Some("2")),
            (&Gender, "0", Some("")),
            (&Gender, "x", None),
            (&Telephone, "010-1234 5678,9", Some("010-12345678,9")),
            (&Telephone, "ext 5", None),
            (&Telephone, x33.as_str(), None),
        ] {
            let got = check(field, value);
            assert_eq!(got.as_deref().ok(), expected, "{field:?} {value:?}: {got:?}");
        }
    }

    #[test]
    fn values_that_mean_the_same() {
        for (field, a, b, same) in [
            (MemberField::Mobile, "+86 13800000000", "13800000000", true),
            (MemberField::Email, "A@b.cn", "a@B.cn", true),
            (MemberField::Name, "A", "a", false),
            (MemberField::Gender, "", "0", true),
            (MemberField::Gender, "1", "0", false),
        ] {
            assert_eq!(is_same(&field, a, b), same, "{field:?} {a} {b}");
        }
    }
}
