//! Who did something, and to whom: the stored names in words, and words as stored names.

use super::T;

impl T {
    /// Who did something, as pages say it.
    pub fn sync_actor(self, name: &str) -> String {
        match name.split_once(':') {
            Some(("account", name)) => name.to_owned(),
            Some(("key", name)) => self.actor_key(name),
            Some(("cli", name)) => self.actor_cli(name),
            None if name == "system" => self.actor_system().to_owned(),
            None if name == "schedule" => self.actor_schedule().to_owned(),
            _ => name.to_owned(),
        }
    }

    /// A name with the id behind it; the id alone where there is no name.
    pub fn with_id(self, name: &str, id: impl std::fmt::Display) -> String {
        let id = id.to_string();
        if name.is_empty() || name == id { id } else { self.todo_by(name, id) }
    }

    /// The stored name, or its beginning, that somebody means who looks for an actor by the words of a page.
    pub fn actor_wanted(self, words: &str) -> String {
        let words = words.trim();
        let (key, cli) = (self.actor_key(""), self.actor_cli(""));
        let kinds = [
            (key.trim(), "key:"),
            (cli.trim(), "cli:"),
            (self.actor_system(), "system"),
            (self.actor_schedule(), "schedule"),
        ];
        let folded = words.to_lowercase();
        for (said, stored) in kinds {
            let said = said.to_lowercase();
            if let Some(rest) = folded.strip_prefix(&said).filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
                return format!("{stored}{}", rest.trim());
            }
            // part of a Chinese word is meant as one; a Latin one may be part of a name
            if !folded.is_empty() && !folded.is_ascii() && said.contains(&folded) {
                return stored.to_owned();
            }
        }
        words.to_owned()
    }

    /// `member x` and `department 7` as the engine writes them.
    pub fn run_subject(self, subject: &str) -> String {
        match subject.split_once(' ') {
            Some(("member", id)) => self.subject_member(id),
            Some(("department", id)) => self.subject_department(id),
            _ => subject.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::locale::{Lang, T};

    #[test]
    fn actors_are_found_by_the_words_of_a_page() {
        let (zh, en) = (T::new(Lang::Zh), T::new(Lang::En));
        for (t, words, expected) in [
            (zh, "命令行", "cli:"),
            (zh, " 命令行 Root ", "cli:root"),
            (zh, "API 密钥 oa", "key:oa"),
            (zh, "密钥", "key:"),
            (zh, "定时", "schedule"),
            (zh, "系统", "system"),
            (zh, "张三", "张三"),
            (zh, "api", "api"),
            (zh, "cli:root", "cli:root"),
            (zh, "", ""),
            (en, "command line", "cli:"),
            (en, "API key hr", "key:hr"),
            (en, "key", "key"),
        ] {
            assert_eq!(t.actor_wanted(words), expected, "{words}");
        }
    }
}
