//! Writing and reading are inverse for whatever can be set.

use super::{corp_text, read_text};
use crate::model::{Access, AppKey, Edition, Leaver, MatchRule, OutOfScope, Secret, SecretName, StrategyChoice};
use crate::setup::{SetupCorp, SetupFile, write};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 \"'\\\\#=\\[\\]{}.,\u{4e00}-\u{4eff}\n\t]{0,20}".prop_map(|text| format!("x{text}x"))
}

fn secret() -> impl Strategy<Value = Secret> {
    "[!-~]{1,40}".prop_map(Secret::new)
}

prop_compose! {
    fn corp()(
        names in prop::collection::vec(name(), 3),
        edition in prop_oneof![Just(Edition::Public), Just(Edition::Private), Just(Edition::Government)],
        access in prop_oneof![Just(Access::ReadOnly), Just(Access::ReadWrite)],
        strategy in prop_oneof![Just(StrategyChoice::Auto), Just(StrategyChoice::Export)],
        numbers in prop::collection::vec(1_u32..100, 6),
        flags in prop::collection::vec(any::<bool>(), 8),
        ids in prop::collection::vec(name(), 0..4),
        secrets in prop::collection::vec(secret(), 2),
        has_app in any::<bool>(),
    ) -> SetupCorp {
        let text = corp_text("edition = \"private\"\napi_base = \"https://wecom.example.com\"");
        let mut corp = read_text(&text).unwrap().corps.remove(0);
        let one = &mut corp.corp;
        (one.edition, one.access) = (edition, access);
        one.name.clone_from(&names[0]);
        one.quota.concurrency = numbers[0];
        one.pull.strategy = strategy;
        one.pull.auto_bind = flags[0];
        one.match_rules = vec![MatchRule { employee: format!("ext.{}", names[1]), member: "userid".into() }];
        let options = &mut one.downstream;
        (options.enabled, options.create_members, options.invite) = (flags[1], flags[2], flags[3]);
        (options.update, options.remove, options.superiors_to_wecom) = (flags[4], flags[5], flags[6]);
        options.leaver = if flags[7] { Leaver::Delete } else { Leaver::Disable };
        options.out_of_scope = if flags[0] { OutOfScope::Keep } else { OutOfScope::Delete };
        options.top_department = numbers[1];
        // deleting at once and after some days is refused
        let deletes = flags[7] || options.out_of_scope == OutOfScope::Delete;
        options.delete_after_days = if deletes { 0 } else { numbers[2] };
        options.guard.max_removals = numbers[3];
        options.guard.max_removal_percent = numbers[4];
        options.guard.max_moves_percent = numbers[0];
        options.guard.max_cleared_fields_percent = numbers[1];
        options.guard.max_department_removal_percent = numbers[2];
        options.guard.max_changed_names_percent = numbers[0];
        options.guard.max_changed_mobiles_percent = numbers[1];
        options.guard.max_changed_emails_percent = numbers[2];
        one.quota.seats = numbers[5] - 1;
        options.scope.units = ids.iter().map(|id| id.as_str().into()).collect();
        options.scope.exclude = ids.iter().map(|id| id.as_str().into()).collect();
        options.fields = [(format!("extattr.{}", names[2]), "{{ name }}".to_owned())].into();
        corp.secrets.insert(SecretName::Contacts, secrets[0].clone());
        if has_app {
            let key = AppKey::from("oa");
            let callback_enabled = flags[1];
            let (name, agentid) = (names[1].clone(), u64::from(numbers[5]));
            corp.corp.apps.push(crate::model::App { key: key.clone(), name, agentid, callback_enabled });
            corp.corp.read_app = Some(key.clone());
            corp.secrets.insert(SecretName::App(key), secrets[1].clone());
        }
        corp
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn writing_and_reading_are_inverse(corp in corp()) {
        let tenants = read_text(&corp_text("")).unwrap().tenants;
        let file = SetupFile { tenants, corps: vec![corp] };
        let text = write(&file, false).unwrap();
        let read = read_text(&text).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
        prop_assert_eq!(read, file);
    }
}
