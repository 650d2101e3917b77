//! Other settings for one corp, to try them: a fragment of the set-up file laid over what is stored. Pure.

use super::check::check_corp;
use super::fault::{SetupFault, SetupFaults};
use super::read::{read_downstream, read_matches};
use super::section::{take_table, take_tables};
use crate::model::Corp;
use toml::{Table, Value};

/// The corp as it would be with a fragment in the form of its section of the set-up file: `[downstream]` with what is
/// below it, and `[[match]]`. Keys that the fragment lacks stay as they are; match rules are replaced as a whole.
///
/// On `Err` every fault is listed with its path.
pub fn lay_over(corp: &Corp, fragment: &str) -> Result<Corp, SetupFaults> {
    let mut fragment = parse(fragment)?;
    let mut faults = Vec::new();
    let downstream = take_table(&mut fragment, "downstream", "", &mut faults);
    let has_matches = fragment.contains_key("match");
    let matches = take_tables(&mut fragment, "match", "", &mut faults);
    for key in fragment.keys() {
        faults.push(SetupFault::new(
            key,
            match key.as_str() {
                "version" | "tenant" | "corp" => {
                    "is of a whole set-up file; a trial takes what stands below one [[corp]], without `corp.` before it: \
                     [downstream] with what is below it, and [[match]]"
                }
                _ => "cannot be tried; a trial knows [downstream] with what is below it, and [[match]]",
            },
        ));
    }
    let mut changed = corp.clone();
    match Table::try_from(&corp.downstream) {
        Ok(mut table) => {
            overwrite(&mut table, downstream);
            changed.downstream = read_downstream(table, "downstream", &mut faults);
        }
        Err(cause) => faults.push(SetupFault::new("downstream", cause.to_string())),
    }
    if has_matches {
        changed.match_rules = read_matches(matches, "", &mut faults);
    }
    if faults.is_empty() {
        faults = check_corp(&changed, "");
    }
    if faults.is_empty() { Ok(changed) } else { Err(SetupFaults(faults)) }
}

/// A fragment out of single settings, e.g. `downstream.leaver` = `delete`, laid over one that a file holds. A value that
/// is no TOML value is taken as a text.
pub fn fragment_of(file: Option<&str>, settings: &[(String, String)]) -> Result<String, SetupFaults> {
    let mut table = file.map_or_else(|| Ok(Table::new()), parse)?;
    for (path, text) in settings {
        let value = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
        let mut value = value.unwrap_or_else(|| Value::String(text.clone()));
        let whole = format!("{path} = 0");
        let Ok(mut branch) = whole.parse::<Table>() else {
            return Err(SetupFaults(vec![SetupFault::new(
                path,
                "is no key; write e.g. downstream.guard.max_removals",
            )]));
        };
        put_leaf(&mut branch, &mut value);
        overwrite(&mut table, branch);
    }
    toml::to_string(&table).map_err(|cause| SetupFaults(vec![SetupFault::new("", cause.to_string())]))
}

fn parse(text: &str) -> Result<Table, SetupFaults> {
    text.parse().map_err(|cause: toml::de::Error| {
        let line = cause.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        SetupFaults(vec![SetupFault::new("", format!("not valid TOML, line {line}: {}", cause.message().trim()))])
    })
}

/// Puts the value at the one leaf of a branch.
fn put_leaf(branch: &mut Table, leaf: &mut Value) {
    for (_, value) in branch.iter_mut() {
        match value {
            Value::Table(inner) => put_leaf(inner, leaf),
            place => std::mem::swap(place, leaf),
        }
    }
}

/// Lays a table over another one, level by level; everything else is replaced.
fn overwrite(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => overwrite(inner, over),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Leaver, MatchRule};
    use crate::setup::{ReadFrom, read};
    use std::path::Path;

    fn corp() -> Corp {
        let text = include_str!("../../packaging/setup-example.toml");
        read(text, &ReadFrom { env: &|_| None, folder: Path::new("") }).unwrap().corps.remove(0).corp
    }

    #[test]
    fn only_what_the_fragment_names_changes() {
        let corp = corp();
        assert_eq!(lay_over(&corp, "").unwrap(), corp);
        let mut want = corp.clone();
        want.downstream.leaver = Leaver::Delete;
        want.downstream.guard.max_removals = 7;
        want.downstream.fields.insert("position".into(), "{{ name }}".into());
        want.match_rules = vec![MatchRule { employee: "mobile".into(), member: "mobile".into() }];
        let fragment = "[downstream]\nleaver = \"delete\"\n[downstream.guard]\nmax_removals = 7\n[downstream.fields]\n\
                        position = \"{{ name }}\"\n[[match]]\nemployee = \"mobile\"\nmember = \"mobile\"\n";
        assert_eq!(lay_over(&corp, fragment).unwrap(), want);
    }

    #[test]
    fn faults_have_their_places() {
        for (fragment, path, word) in [
            ("[downstream]\nleavers = 1", "downstream.leavers", "unknown key"),
            ("[downstream]\nleaver = \"fire\"", "downstream.leaver", "fire"),
            ("[downstream]\ntime_zone = \"Mars\"", "downstream.time_zone", "IANA"),
            ("[downstream.fields]\nshoe = \"1\"", "downstream.fields.shoe", "no member field"),
            ("corpid = \"ww1\"", "corpid", "cannot be tried"),
            ("[[match]]\nemployee = \"x\"\nmember = \"userid\"", "match[1].employee", "x"),
            ("[downstream", "", "not valid TOML, line 1"),
        ] {
            let faults = lay_over(&corp(), fragment).unwrap_err();
            let found = faults.0.iter().any(|fault| fault.path == path && fault.message.contains(word));
            assert!(found, "{fragment}: {faults}");
        }
    }

    #[test]
    fn settings_become_a_fragment() {
        let settings = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
        };
        let text = fragment_of(
            Some("[downstream]\nleaver = \"disable\"\ninvite = true\n"),
            &settings(&[
                ("downstream.leaver", "delete"),
                ("downstream.guard.max_removals", "7"),
                ("downstream.scope.units", "[\"a\"]"),
                ("downstream.scope.filter", "position != \"\""),
                ("downstream.fields.\"extattr.工号\"", "{{ employee_no }}"),
            ]),
        );
        let changed = lay_over(&corp(), &text.unwrap()).unwrap().downstream;
        assert_eq!((changed.leaver, changed.invite, changed.guard.max_removals), (Leaver::Delete, true, 7));
        assert_eq!((changed.scope.units.len(), changed.scope.filter.as_str()), (1, "position != \"\""));
        assert_eq!(changed.fields["extattr.工号"], "{{ employee_no }}");
        for bad in ["", "downstream..leaver", "=", "a b"] {
            assert!(fragment_of(None, &settings(&[(bad, "1")])).is_err(), "{bad:?}");
        }
    }
}
