//! What laying a file over what is there does. Pure.

use super::{EXAMPLE, corp_text, read_text};
use crate::model::{Secret, SecretName};
use crate::setup::{SetupAction, SetupFile, check_secret, merge};

#[test]
fn laying_a_file_over_nothing_adds_and_over_itself_changes_nothing() {
    let file = read_text(EXAMPLE).unwrap();
    let first = merge(&SetupFile::default(), &file, false);
    let actions: Vec<_> = first.changes.iter().map(|change| (change.subject.as_str(), change.action)).collect();
    let add = SetupAction::Add;
    assert_eq!(actions, [("tenant acme", add), ("corp acme-main", add), ("app acme-main/oa", add)]);
    assert_eq!(first.target, file);
    assert!(merge(&first.target, &file, false).is_empty());
}

#[test]
fn callback_keys_are_generated_once() {
    let file = read_text(&corp_text("")).unwrap();
    let first = merge(&SetupFile::default(), &file, false);
    let secrets = &first.target.corps[0].secrets;
    assert_eq!(secrets.len(), 2, "{secrets:?}");
    for (name, secret) in secrets {
        assert_eq!(check_secret(name, secret, ""), None);
    }
    let second = merge(&first.target, &file, false);
    assert!(second.is_empty(), "{:?}", second.changes);
    assert_eq!(second.target, first.target);
}

#[test]
fn what_differs_is_named_and_what_is_not_in_the_file_stays_unless_pruned() {
    let present = read_text(EXAMPLE).unwrap();
    let mut wanted = present.clone();
    wanted.corps[0].corp.downstream.guard.max_removals = 7;
    wanted.corps[0].secrets = [(SecretName::Contacts, Secret::new("another"))].into();
    wanted.corps[0].corp.apps.clear();
    wanted.corps[0].corp.read_app = None;
    wanted.tenants.clear();
    let kept = merge(&present, &wanted, false);
    let shown = serde_json::to_value(&kept.changes).unwrap();
    assert_eq!(
        shown,
        serde_json::json!([
            { "action": "extra", "subject": "tenant acme" },
            { "action": "change", "subject": "corp acme-main", "differences": [
                { "option": "downstream.guard.max_removals", "before": 50, "after": 7 },
                { "option": "read_app", "before": "oa", "after": null },
                { "option": "secret contacts/secret", "before": "set", "after": "set" },
            ] },
            { "action": "extra", "subject": "app acme-main/oa" },
        ])
    );
    assert_eq!(kept.target.corps[0].corp.apps.len(), 1);
    assert_eq!(kept.target.corps[0].secrets.len(), 6);
    let pruned = merge(&present, &wanted, true);
    let removed: Vec<_> = pruned
        .changes
        .iter()
        .filter(|change| change.action == SetupAction::Remove)
        .map(|c| c.subject.as_str())
        .collect();
    assert_eq!(removed, ["tenant acme", "app acme-main/oa"]);
    assert_eq!(pruned.target.corps[0].secrets.len(), 3);
}

#[test]
fn options_that_the_file_does_not_name_stay_unless_pruned() {
    let present = read_text(EXAMPLE).unwrap();
    let before = &present.corps[0].corp;
    let short = format!(
        "version = 1\n[[tenant]]\nkey = \"acme\"\nname = \"{}\"\n[[corp]]\nkey = \"acme-main\"\ntenant = \"acme\"\n\
         name = \"{}\"\ncorpid = \"{}\"\n[corp.downstream.guard]\nmax_removals = 7\n",
        present.tenants[0].name, before.name, before.corpid
    );
    let wanted = read_text(&short).unwrap();
    let mut after = before.clone();
    after.downstream.guard.max_removals = 7;
    let kept = merge(&present, &wanted, false);
    assert_eq!(kept.target.corps[0].corp, after);
    let changed: Vec<_> = kept.changes.iter().flat_map(|change| &change.differences).map(|one| &one.option).collect();
    assert_eq!(changed, ["downstream.guard.max_removals"]);
    let pruned = merge(&present, &wanted, true);
    assert!(pruned.target.corps[0].corp.match_rules.is_empty(), "with --prune the file is the whole truth");

    let mappings = format!("{short}[corp.downstream.fields]\nposition = \"{{{{ position }}}}\"\n");
    let kept = merge(&present, &read_text(&mappings).unwrap(), false);
    let fields: Vec<_> = kept.target.corps[0].corp.downstream.fields.keys().map(ToString::to_string).collect();
    assert_eq!(fields, ["position"], "the mappings are one value");
}
