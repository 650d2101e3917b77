//! What the engine says in codes, in both languages: reasons, notices, guards, invariants, states, outcomes, fields.

mod changes;
mod findings;
mod notices;
mod states;

use super::{Lang, T};
use crate::model::{BatchShare, GuardVerdict};
use changes::{FIELDS, GUARDS, INVARIANTS, KINDS, REASONS};
use findings::{FIELD_STATES, MATCHES, RUN_CODES, SINGLES, STRATEGIES, STRATEGY_REASONS, UNREADABLE, VERDICTS};
use notices::NOTICES;

/// Code, Chinese, English.
type Row = (&'static str, &'static str, &'static str);

fn find(rows: &[Row], code: &str, lang: Lang) -> Option<&'static str> {
    rows.iter().find(|row| row.0 == code).map(|row| match lang {
        Lang::Zh => row.1,
        Lang::En => row.2,
    })
}

impl T {
    /// Why a change is made.
    pub fn change_reason(self, code: &str) -> String {
        find(REASONS, code, self.lang).unwrap_or(code).to_owned()
    }

    /// What a change does.
    pub fn change_kind(self, code: &str) -> String {
        find(KINDS, code, self.lang).unwrap_or(code).to_owned()
    }

    /// What a notice says.
    pub fn notice_text(self, code: &str) -> String {
        find(NOTICES, code, self.lang).unwrap_or(code).to_owned()
    }

    /// What a guard counts.
    pub fn guard_name(self, name: &str) -> String {
        find(GUARDS, name, self.lang).unwrap_or(name).to_owned()
    }

    /// A guard's value or limit with its unit.
    pub fn guard_amount(self, guard: &GuardVerdict, amount: u64) -> String {
        if guard.name.ends_with("_percent") { format!("{amount} %") } else { amount.to_string() }
    }

    /// A guard's value; shares are rounded up, and a small one is not told as more than it is. Where a guard does not count a
    /// handful of people or departments, 0 is told as what it is.
    pub fn guard_told(self, guard: &GuardVerdict) -> String {
        match (guard.name.as_str(), guard.value) {
            ("max_removals_30_days", 0) => self.lang.pick("本次没有移出", "none this time").to_owned(),
            ("max_removal_percent", 0) => self.guard_amount(guard, 0),
            (name, 0) if name.ends_with("_percent") => self.lang.pick("没有或很少", "none or few").to_owned(),
            (name, 1) if name.ends_with("_percent") => "≤ 1 %".to_owned(),
            (_, value) => self.guard_amount(guard, value),
        }
    }

    /// How far a guard is over. A limit of 0 that nobody has set is not told.
    pub fn guard_over(self, guard: &GuardVerdict) -> String {
        match guard.name.as_str() {
            "after_undo" | "two_person_removals" | "undo_activated_members" => self.guard_told(guard),
            _ => self.plan_guard_over(self.guard_told(guard), self.guard_amount(guard, guard.limit)),
        }
    }

    /// An entry of the never-list.
    pub fn invariant_name(self, name: &str) -> String {
        find(INVARIANTS, name, self.lang).unwrap_or(name).to_owned()
    }

    /// A field of a member or department; further ones have their own names.
    pub fn synced_field(self, field: &str) -> String {
        match field.split_once('.') {
            Some(("extattr" | "external", name)) => name.to_owned(),
            _ => find(FIELDS, field, self.lang).unwrap_or(field).to_owned(),
        }
    }

    /// How a match rule went.
    pub fn match_outcome(self, code: &str) -> String {
        find(MATCHES, code, self.lang).unwrap_or(code).to_owned()
    }

    /// How a field stands.
    pub fn field_state(self, code: &str) -> String {
        find(FIELD_STATES, code, self.lang).unwrap_or(code).to_owned()
    }

    /// What the scope says.
    pub fn scope_verdict(self, code: &str) -> String {
        find(VERDICTS, code, self.lang).unwrap_or(code).to_owned()
    }

    /// How the calls of a plan are made.
    pub fn call_strategy(self, code: &str) -> String {
        find(STRATEGIES, code, self.lang).unwrap_or(code).to_owned()
    }

    /// Why they are made so; empty when there is no text for it.
    pub fn call_strategy_reason(self, sentence: &str) -> &'static str {
        find(STRATEGY_REASONS, sentence, self.lang).unwrap_or_default()
    }

    /// How the new members are divided between files and single calls; empty when nothing was to be divided.
    pub fn batch_share(self, share: Option<&BatchShare>) -> String {
        let Some(share) = share else { return String::new() };
        let mut parts = Vec::new();
        if share.files > 0 {
            let (files, members) = (share.files, share.members);
            parts.push(match self.lang {
                Lang::Zh => format!("{files} 个导入文件新建 {members} 名成员"),
                Lang::En => format!("{files} import files create {members} members"),
            });
        }
        if !share.single.is_empty() {
            let mark = self.lang.pick("、", ", ");
            let why = |(code, count): (&String, &u64)| {
                format!("{} {count}", find(SINGLES, code, self.lang).unwrap_or(code.as_str()))
            };
            let all: Vec<String> = share.single.iter().map(why).collect();
            parts.push(format!("{}{}", self.lang.pick("文件表达不了：", "a file cannot carry: "), all.join(mark)));
        }
        parts.join(self.lang.pick("；", "; "))
    }

    /// What could not be read.
    pub fn unreadable_part(self, what: &str) -> String {
        find(UNREADABLE, what, self.lang).unwrap_or(what).to_owned()
    }

    /// Why a run ended as it did; `None` when the table of problems knows the code.
    pub fn run_code(self, code: &str) -> Option<&'static str> {
        find(RUN_CODES, code, self.lang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    const TABLES: [&[Row]; 14] = [
        REASONS,
        NOTICES,
        KINDS,
        GUARDS,
        INVARIANTS,
        FIELDS,
        MATCHES,
        FIELD_STATES,
        VERDICTS,
        STRATEGIES,
        STRATEGY_REASONS,
        SINGLES,
        UNREADABLE,
        RUN_CODES,
    ];

    /// Texts of the same form in the engine that are no codes of changes or notices.
    const OTHERS: [&str; 13] = [
        "run.ended",
        "binding.swap",
        "scope.filter",
        "plan.allow",
        "plan.allow_first",
        "plan.reject",
        "binding.create",
        "binding.remove",
        "binding.remove_all",
        "binding.rename",
        "binding.refused",
        "binding.bad_file",
        "binding.changed",
    ];

    fn sources(folder: &Path, out: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                sources(&path, out);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(path).unwrap();
                out.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
            }
        }
    }

    /// Every literal of the engine's sources, tests left out.
    fn literals() -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        sources(&root.join("src/sync"), &mut texts);
        texts.push(fs::read_to_string(root.join("src/model/plan.rs")).unwrap());
        texts.iter().flat_map(|text| text.split('"').skip(1)).map(str::to_owned).collect()
    }

    #[test]
    fn every_code_of_the_engine_has_a_text() {
        let word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'0');
        let is_code = |text: &str| text.split_once('.').is_some_and(|(kind, what)| word(kind) && word(what));
        let all = literals();
        let known = |code: &str| [REASONS, NOTICES, RUN_CODES].iter().any(|rows| rows.iter().any(|row| row.0 == code));
        // problems have their texts in another table
        let is_problem = |code: &str| code.starts_with("sync.") || code.starts_with("store.");
        let missing: Vec<&String> = all
            .iter()
            .filter(|text| is_code(text) && !OTHERS.contains(&text.as_str()) && !is_problem(text) && !known(text))
            .collect();
        assert!(missing.is_empty(), "codes without a text: {missing:?}");
        for rows in [REASONS, NOTICES] {
            for row in rows {
                assert!(all.contains(row.0), "{} is said by nobody", row.0);
            }
        }
    }

    #[test]
    fn every_guard_and_every_invariant_has_a_text() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sync");
        let own = |file: &str| {
            let text = fs::read_to_string(root.join(file)).unwrap();
            text.split("#[cfg(test)]").next().unwrap().to_owned()
        };
        let guard = own("guard.rs");
        let mut guards: BTreeSet<&str> =
            guard.split('"').skip(1).step_by(2).filter(|text| text.contains('_') && !text.contains(' ')).collect();
        // a setting of the appliance holds a plan like a guard
        guards.insert("two_person_removals");
        let invariants = own("invariants.rs");
        let invariants: BTreeSet<&str> =
            invariants.split("report(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let texts = |rows: &'static [Row]| rows.iter().map(|row| row.0).collect::<BTreeSet<_>>();
        assert_eq!(texts(GUARDS), guards);
        assert_eq!(texts(INVARIANTS), invariants);
    }

    #[test]
    fn every_text_is_there_once_and_in_both_languages() {
        for rows in TABLES {
            let codes: BTreeSet<_> = rows.iter().map(|row| row.0).collect();
            assert_eq!(codes.len(), rows.len(), "twice among {codes:?}");
            for (code, zh, en) in rows {
                assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{code} zh");
                assert!(!en.is_empty() && en.is_ascii(), "{code} en");
            }
        }
    }
}
