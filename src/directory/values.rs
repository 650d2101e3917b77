//! Values as files hold them: what is allowed, and how it is understood.

use super::fault::FaultCode;
use crate::model::{EmployeeStatus, Gender, Text};

/// What is wrong with a value, and the rule it breaks.
pub type Refused = (FaultCode, &'static str);

/// Characters of an id: ids stand in keys of the store and in URLs.
pub(super) const ID_MAX: usize = 512;
/// Any other value.
pub(super) const TEXT_MAX: usize = 4_096;

/// Cuts off white space and the invisible marks that come with copied text.
pub fn trim(value: &str) -> &str {
    value.trim_matches(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}')
}

pub(super) fn check_id(value: &str) -> Result<Text, Refused> {
    if value.chars().any(|c| c.is_control() || is_invisible(c) || matches!(c, ';' | '；')) {
        return Err((FaultCode::BadValue, "an id holds no control characters, invisible marks or semicolons"));
    }
    Ok(Text::from(value))
}

pub(super) fn check_line(value: &str) -> Result<Text, Refused> {
    if value.chars().any(char::is_control) {
        return Err((FaultCode::BadValue, "a name is one line without control characters"));
    }
    Ok(Text::from(value))
}

pub(super) fn optional(value: &str) -> Result<Option<Text>, Refused> {
    if value.is_empty() { Ok(None) } else { check_id(value).map(Some) }
}

pub(super) fn list(value: &str) -> Result<Vec<Text>, Refused> {
    let mut ids: Vec<Text> = Vec::new();
    for part in value.split([';', '；']).map(trim).filter(|part| !part.is_empty()) {
        let id = check_id(part)?;
        if part.chars().count() > ID_MAX {
            return Err((FaultCode::TooLong, "an id has at most 512 characters"));
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

pub(super) fn join<'a>(ids: impl Iterator<Item = &'a str>) -> Text {
    let mut text = Text::default();
    for (at, id) in ids.enumerate() {
        if at > 0 {
            text.push(';');
        }
        text.push_str(id);
    }
    text
}

pub(super) fn gender_name(gender: Gender) -> &'static str {
    match gender {
        Gender::Unknown => "",
        Gender::Male => "male",
        Gender::Female => "female",
    }
}

pub(super) fn parse_gender(value: &str) -> Result<Gender, Refused> {
    match value.to_lowercase().as_str() {
        "男" | "male" | "1" => Ok(Gender::Male),
        "女" | "female" | "2" => Ok(Gender::Female),
        "" | "0" | "unknown" | "未知" => Ok(Gender::Unknown),
        _ => Err((FaultCode::BadValue, "男, 女, male, female, 1, 2 or empty")),
    }
}

pub(super) fn status_name(status: EmployeeStatus) -> &'static str {
    if status.is_active() { "active" } else { "departed" }
}

pub(super) fn parse_status(value: &str) -> Result<EmployeeStatus, Refused> {
    match value.to_lowercase().as_str() {
        "" | "active" | "在职" => Ok(EmployeeStatus::Active),
        "departed" | "离职" => Ok(EmployeeStatus::Departed),
        _ => Err((FaultCode::BadValue, "active (在职) or departed (离职)")),
    }
}

pub(super) fn parse_yes(value: &str) -> Result<bool, Refused> {
    match value.to_lowercase().as_str() {
        "true" | "1" | "yes" | "是" => Ok(true),
        "" | "false" | "0" | "no" | "否" => Ok(false),
        _ => Err((FaultCode::BadValue, "true (是) or false (否)")),
    }
}

/// A value of a column that has words of its own, in Chinese; it is read back as the same.
pub fn in_chinese(column: &str, value: &str) -> Option<&'static str> {
    Some(match (column, value) {
        ("gender", "male") => "男",
        ("gender", "female") => "女",
        ("status", "active") => "在职",
        ("status", "departed") => "离职",
        ("admin", "true") => "是",
        _ => return None,
    })
}

pub(super) fn parse_order(value: &str) -> Result<Option<u32>, Refused> {
    if value.is_empty() {
        return Ok(None);
    }
    value.parse().map(Some).map_err(|_| (FaultCode::BadValue, "a whole number from 0 to 4294967295"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_words_are_read_back() {
        for gender in [Gender::Male, Gender::Female] {
            assert_eq!(in_chinese("gender", gender_name(gender)).map(parse_gender), Some(Ok(gender)));
        }
        for status in [EmployeeStatus::Active, EmployeeStatus::Departed] {
            assert_eq!(in_chinese("status", status_name(status)).map(parse_status), Some(Ok(status)));
        }
        assert_eq!(in_chinese("admin", "true").map(parse_yes), Some(Ok(true)));
        assert_eq!(in_chinese("name", "male"), None);
    }

    #[test]
    fn invisible_marks_around_a_value_go() {
        assert_eq!(trim("\u{202d}138\u{202c}\u{3000}\r\n"), "138");
    }
}
