//! What cards show in place of their buttons. In Chinese, like everything that the bridge says in WeCom by itself; a business
//! system may send words of its own.

use crate::model::TodoState;

/// Characters that a card shows in place of its buttons.
pub const TEXT_MAX_CHARS: usize = 20;
/// Characters of a name that are shown.
const NAME_MAX_CHARS: usize = 8;
/// To a member whose press does not count because the card is somebody else's.
pub(super) const NOT_YOURS: &str = "您不是处理人，操作无效";

/// After a button was pressed: 同意 becomes 张三 已同意, `OK` becomes 张三: OK.
pub(super) fn decided(button: &str, who: Option<&str>) -> String {
    let is_chinese = button.chars().next().is_some_and(|letter| !letter.is_ascii());
    let what = match button {
        done if is_chinese && !done.starts_with('已') => format!("已{done}"),
        other => other.to_owned(),
    };
    let Some(who) = who.map(str::trim).filter(|who| !who.is_empty()) else { return what };
    let mut name: String = who.chars().take(NAME_MAX_CHARS).collect();
    if who.chars().count() > NAME_MAX_CHARS {
        name.push('…');
    }
    if is_chinese { format!("{name} {what}") } else { format!("{name}: {what}") }
}

/// Where nobody gave other words.
pub(super) const fn of(state: TodoState) -> &'static str {
    match state {
        TodoState::Decided | TodoState::Done => "已办理",
        TodoState::Returned => "已退回",
        TodoState::Withdrawn => "已撤回",
        TodoState::Expired => "已过期",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_card_says_afterwards() {
        for (button, who, want) in [
            ("同意", Some("张三"), "张三 已同意"),
            ("同意", None, "已同意"),
            ("同意", Some(" "), "已同意"),
            ("已阅", Some("李四"), "李四 已阅"),
            ("OK", Some("Ann"), "Ann: OK"),
            ("OK", None, "OK"),
            ("驳回", Some("欧阳诸葛-Featherstonehaugh"), "欧阳诸葛-Fea… 已驳回"),
        ] {
            let got = decided(button, who);
            assert_eq!(got, want);
            assert!(got.chars().count() <= TEXT_MAX_CHARS, "{got}");
        }
        for state in TodoState::ALL {
            assert!((1..=TEXT_MAX_CHARS).contains(&of(state).chars().count()), "{state:?}");
        }
        assert!(NOT_YOURS.chars().count() <= TEXT_MAX_CHARS);
    }
}
