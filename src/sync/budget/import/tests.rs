use super::*;
use crate::locale::{Lang, T};
use crate::model::{DepartmentId, Membership, Reversible, UserId};
use crate::sync::budget::Strategy;
use proptest::prelude::*;

fn field(path: &str) -> MemberField {
    MemberField::find(path).unwrap()
}

fn image(fields: &[(&str, &str)], departments: &[u32]) -> MemberImage {
    let place = |id: &u32| Membership { department: DepartmentId(*id), order: u32::MAX, is_leader: false };
    MemberImage {
        fields: fields.iter().map(|(path, value)| (field(path), Text::from(*value))).collect(),
        memberships: Some(departments.iter().map(place).collect()),
        ..MemberImage::default()
    }
}

fn plain() -> MemberImage {
    image(&[("name", "陈"), ("mobile", "13900000001"), ("position", "经理"), ("external_position", "")], &[7])
}

fn with(path: &str, value: &str) -> MemberImage {
    let mut image = plain();
    image.fields.insert(field(path), value.into());
    image
}

fn create(seq: u32, after: MemberImage, invite: bool) -> Change {
    let id = format!("e{seq}");
    let action = Action::CreateMember { employee: id.as_str().into(), userid: id.as_str().into(), after, invite };
    Change { seq, action, reason: "test".into(), reversible: Reversible::Yes }
}

fn people(count: u32, after: &MemberImage) -> Vec<Change> {
    (0..count).map(|seq| create(seq, after.clone(), false)).collect()
}

fn quota(calls_per_minute: u32) -> Quota {
    Quota { calls_per_minute, calls_per_hour: 150_000, concurrency: 10, ..Quota::default() }
}

fn terms(quota: &Quota) -> Terms<'_> {
    Terms { edition: Edition::Public, quota, can_look: true }
}

#[test]
fn what_a_file_can_carry() {
    let superiors = MemberImage { direct_leader: Some(vec![UserId::from("boss")]), ..plain() };
    let elsewhere = MemberImage { main_department: Some(DepartmentId(8)), ..plain() };
    let here = MemberImage { main_department: Some(DepartmentId(7)), direct_leader: Some(vec![]), ..plain() };
    let two = image(&[("name", "陈"), ("mobile", "1")], &[7, 8]);
    for (name, after, want) in [
        ("plain", plain(), Ok(())),
        ("main department and no superior", here, Ok(())),
        ("e-mail instead of mobile", image(&[("name", "n"), ("email", "a@b.cn")], &[7]), Ok(())),
        ("gender, attribute", with("extattr.工号", "A-1"), Ok(())),
        ("another main department", elsewhere, Err(Single::SeveralDepartments)),
        ("two departments", two, Err(Single::SeveralDepartments)),
        ("none", image(&[("name", "n"), ("mobile", "1")], &[]), Err(Single::SeveralDepartments)),
        ("superior", superiors, Err(Single::Superiors)),
        ("neither", image(&[("name", "n"), ("mobile", "")], &[7]), Err(Single::NoMobileNorEmail)),
        ("external position", with("external_position", "经理"), Err(Single::ExternalProfile)),
        ("external attribute", with("external.岗位", "x"), Err(Single::ExternalProfile)),
        ("corp mail", with("biz_mail", "a@corp.cn"), Err(Single::CorpMail)),
        ("attribute like a column", with("extattr.职位", "x"), Err(Single::AttributeName)),
        ("attribute like the comment", with("extattr.禁用项说明：(0-启用;1-禁用)", "x"), Err(Single::AttributeName)),
        ("attribute with a comma", with("extattr.a,b", "x"), Err(Single::Characters)),
        ("comma", with("position", "经理,兼职"), Err(Single::Characters)),
        ("quote", with("position", "\"经理\""), Err(Single::Characters)),
        ("line break", with("address", "一楼\n二楼"), Err(Single::Characters)),
        ("blank before", with("alias", " x"), Err(Single::Characters)),
    ] {
        assert_eq!(check(&after), want, "{name}");
        if want.is_ok() {
            // what is said to fit can be written
            assert!(batch_csv::members(&[(&UserId::from("a"), &after)]).is_ok(), "{name}");
        }
    }
    let update = Action::UpdateMember {
        employee: "e".into(),
        userid: "e".into(),
        before: MemberImage::default(),
        after: plain(),
    };
    assert_eq!(fits(&update), None, "who is there is never overwritten by a file");
}

#[test]
fn when_it_is_used() {
    let public = quota(10_000);
    let small = quota(1_000);
    let none = quota(u32::MAX);
    let external = with("external_position", "经理");
    let mut mixed = people(2_000, &plain());
    mixed.extend((2_000..2_500).map(|seq| create(seq, external.clone(), false)));
    for (name, changes, terms, strategy, files, single) in [
        ("nobody", people(0, &plain()), terms(&public), Strategy::PerObject, 0, 0),
        ("few", people(1_999, &plain()), terms(&public), Strategy::PerObject, 0, 0),
        ("a fifth of a minute", people(2_000, &plain()), terms(&public), Strategy::Batch, 2, 0),
        ("one more than a file", people(2_001, &plain()), terms(&public), Strategy::Batch, 3, 0),
        ("some do not fit", mixed, terms(&public), Strategy::Batch, 2, 500),
        ("nobody fits", people(3_000, &external), terms(&public), Strategy::PerObject, 0, 3_000),
        ("a small quota", people(500, &plain()), terms(&small), Strategy::Batch, 1, 0),
        ("below the least", people(499, &plain()), terms(&small), Strategy::PerObject, 0, 0),
        ("a quota without end", people(3_000, &plain()), terms(&none), Strategy::PerObject, 0, 0),
        (
            "private",
            people(3_000, &plain()),
            Terms { edition: Edition::Private, ..terms(&public) },
            Strategy::PerObject,
            0,
            0,
        ),
        (
            "nothing can be seen",
            people(3_000, &plain()),
            Terms { can_look: false, ..terms(&public) },
            Strategy::PerObject,
            0,
            0,
        ),
    ] {
        let choice = choose(&changes, terms);
        let share = choice.share.unwrap_or_default();
        assert_eq!(choice.strategy, strategy, "{name}: {}", choice.reason);
        for t in [T::new(Lang::Zh), T::new(Lang::En)] {
            assert!(!t.call_strategy_reason(choice.reason).is_empty(), "{name}: no text for {}", choice.reason);
        }
        assert_eq!((share.files, share.single.values().sum::<u64>()), (files, single), "{name}");
    }
}

#[test]
fn who_is_invited_and_who_is_not_are_in_different_files() {
    let quota = quota(10_000);
    let changes: Vec<Change> = (0..2_002).map(|seq| create(seq, plain(), seq < 1_001)).collect();
    assert_eq!(choose(&changes, terms(&quota)).share.unwrap().files, 4);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever is planned: nothing but creations goes by file, everybody is counted once, and a plan by file costs
    /// fewer calls than one by one.
    #[test]
    fn everybody_is_counted_once_and_files_save_calls(
        kinds in proptest::collection::vec(0_u8..5, 0..60),
        times in 1_usize..80,
        per_minute in 100_u32..20_000,
    ) {
        let quota = quota(per_minute);
        let of = |kind: u8, seq: u32| match kind {
            0 => create(seq, with("external_position", "x"), false),
            1 => create(seq, with("position", "a,b"), false),
            2 => create(seq, plain(), true),
            _ => create(seq, plain(), false),
        };
        let changes: Vec<Change> =
            kinds.iter().cycle().take(kinds.len() * times).zip(0..).map(|(kind, seq)| of(*kind, seq)).collect();
        let choice = choose(&changes, terms(&quota));
        let fitting = changes.iter().filter(|change| goes_by_file(change)).count() as u64;
        if let Some(share) = choice.share {
            prop_assert_eq!(fitting + share.single.values().sum::<u64>(), changes.len() as u64);
            match choice.strategy {
                Strategy::Batch => {
                    prop_assert_eq!(share.members, fitting);
                    prop_assert!(share.files * FILE_ROWS as u64 >= fitting);
                    prop_assert!(share.files * 20 < fitting, "{} files for {}", share.files, fitting);
                }
                Strategy::PerObject => prop_assert_eq!((share.members, share.files), (0, 0)),
            }
        } else {
            prop_assert_eq!(choice.strategy, Strategy::PerObject);
        }
    }
}
