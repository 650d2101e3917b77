//! A catalogue of dangerous input: none of it ever removes anybody (PEER-02).

use super::world::World;
use crate::model::*;
use crate::sync::PlanRefusal;

/// 40 people in 8 units, all in step.
fn world() -> World {
    let mut world = World::new();
    for n in 1..8 {
        let parent = if n < 4 { "r".to_owned() } else { format!("u{}", n - 3) };
        world.unit(&format!("u{n}"), Some(&parent), &format!("部门{n}"));
    }
    for n in 0..40 {
        world.employee(n, &format!("u{}", n % 7 + 1));
    }
    world.employee_mut(0).admin = true;
    world.sync();
    world.facts.previous_source_employees = Some(40);
    world
}

/// 100,000 units, each below the one before.
fn chain(world: &mut World, first: Option<String>) {
    let mut above = first;
    for n in 0..100_000 {
        let id = format!("c{n:05}");
        world.unit(&id, above.as_deref(), "层");
        above = Some(id);
    }
}

type Damage = fn(&mut World);
type Refused = fn(&PlanRefusal) -> bool;

#[test]
fn broken_sources_and_mirrors_are_refused() {
    let cases: [(&str, Damage, Refused); 30] = [
        (
            "empty",
            |w| {
                w.units.clear();
                w.employees.clear();
            },
            |r| matches!(r, PlanRefusal::SourceEmpty { .. }),
        ),
        ("no people", |w| w.employees.clear(), |r| matches!(r, PlanRefusal::SourceEmpty { .. })),
        ("no units", |w| w.units.clear(), |r| matches!(r, PlanRefusal::SourceEmpty { .. })),
        (
            "all departed",
            |w| w.employees.iter_mut().for_each(|e| e.status = EmployeeStatus::Departed),
            |r| matches!(r, PlanRefusal::NobodyActive { .. }),
        ),
        ("rootless", |w| w.units[0].parent_id = Some("u1".into()), |r| matches!(r, PlanRefusal::NoRoot)),
        ("two roots", |w| w.units[3].parent_id = None, |r| matches!(r, PlanRefusal::SeveralRoots { .. })),
        (
            "root row lost",
            |w| {
                w.units.remove(0);
            },
            |r| matches!(r, PlanRefusal::MissingParent { .. }),
        ),
        (
            "missing parent",
            |w| w.units[5].parent_id = Some("gone".into()),
            |r| matches!(r, PlanRefusal::MissingParent { .. }),
        ),
        ("half the units", |w| w.units.truncate(3), |_| false),
        ("cycle", |w| w.units[1].parent_id = Some("u4".into()), |r| matches!(r, PlanRefusal::Cycle { .. })),
        ("own parent", |w| w.units[7].parent_id = Some("u7".into()), |r| matches!(r, PlanRefusal::Cycle { .. })),
        (
            "a chain of 100,000 units",
            |w| chain(w, Some("r".into())),
            |r| matches!(r, PlanRefusal::TooDeep { unit, levels: 64 } if unit.as_str() == "c00063"),
        ),
        (
            "a circle of 100,000 units",
            |w| chain(w, Some("c99999".into())),
            |r| matches!(r, PlanRefusal::Cycle { unit } if unit.as_str() == "c00000"),
        ),
        (
            "duplicate unit",
            |w| {
                let u = w.units[2].clone();
                w.units.push(u);
            },
            |r| matches!(r, PlanRefusal::DuplicateUnit { .. }),
        ),
        (
            "duplicate employee",
            |w| {
                let e = w.employees[2].clone();
                w.employees.push(e);
            },
            |r| matches!(r, PlanRefusal::DuplicateEmployee { .. }),
        ),
        (
            "another company",
            |w| w.units[0].name = "别的公司".into(),
            |r| matches!(r, PlanRefusal::RootNameMismatch { .. }),
        ),
        (
            "WeCom's root renamed",
            |w| w.departments[0].name = Some("别的".into()),
            |r| matches!(r, PlanRefusal::RootNameMismatch { .. }),
        ),
        ("empty mirror", |w| w.departments.clear(), |r| matches!(r, PlanRefusal::MirrorEmpty)),
        ("root not visible", |w| w.departments.retain(|d| d.id.0 != 1), |r| matches!(r, PlanRefusal::RootNotVisible)),
        (
            "mirror with a cycle",
            |w| {
                let last = w.departments.last().unwrap().id;
                w.departments.last_mut().unwrap().parent = last;
            },
            |r| matches!(r, PlanRefusal::MirrorBroken { .. }),
        ),
        (
            "mirror twice",
            |w| {
                let d = w.departments[1].clone();
                w.departments.push(d);
            },
            |r| matches!(r, PlanRefusal::MirrorBroken { .. }),
        ),
        (
            "bad filter",
            |w| w.corp.downstream.scope.filter = "nme == ''".into(),
            |r| matches!(r, PlanRefusal::BadExpression { .. }),
        ),
        (
            "a filter on a missing column",
            |w| w.corp.downstream.scope.filter = "ext['城市'] == '北京'".into(),
            |r| matches!(r, PlanRefusal::MissingColumn { option, column } if option == "scope.filter" && column == "ext.城市"),
        ),
        (
            "a filter on a column that only those who left have",
            |w| {
                w.corp.downstream.scope.filter = "ext[\"城市\"] != ''".into();
                w.employee_mut(5).status = EmployeeStatus::Departed;
                w.employee_mut(5).ext.insert("城市".into(), "北京".into());
            },
            |r| matches!(r, PlanRefusal::MissingColumn { .. }),
        ),
        (
            "a match rule on a missing column",
            |w| w.corp.match_rules[1].employee = "ext.卡号".into(),
            |r| matches!(r, PlanRefusal::MissingColumn { option, .. } if option == "match"),
        ),
        (
            "userids from a missing column",
            |w| w.corp.downstream.userid_from = "ext.卡号".into(),
            |r| matches!(r, PlanRefusal::MissingColumn { option, .. } if option == "userid_from"),
        ),
        (
            "everybody excluded",
            |w| w.corp.downstream.scope.exclude = w.employees.iter().map(|e| e.id.clone()).collect(),
            |r| matches!(r, PlanRefusal::NobodyInScope { excluded: 40, linked: 40, .. }),
        ),
        (
            "a filter that nobody passes",
            |w| w.corp.downstream.scope.filter = "position == 'king'".into(),
            |r| matches!(r, PlanRefusal::NobodyInScope { filtered: 40, .. }),
        ),
        (
            "bad mapping",
            |w| {
                w.corp.downstream.fields.insert("name".into(), "{{ nme }".into());
            },
            |r| matches!(r, PlanRefusal::BadExpression { .. }),
        ),
        (
            "name off",
            |w| {
                w.corp.downstream.fields.insert("name".into(), String::new());
            },
            |r| matches!(r, PlanRefusal::BadOption { .. }),
        ),
    ];
    for (what, damage, expected) in cases {
        let mut world = world();
        world.pull();
        damage(&mut world);
        match crate::sync::plan::plan(&world.input()) {
            Err(refusal) => assert!(expected(&refusal) && refusal.code().starts_with("sync."), "{what}: {refusal}"),
            // not recognisable as damage: then nobody is removed
            Ok(draft) => {
                assert_eq!(what, "half the units");
                assert_eq!((draft.counts.members.disable, draft.counts.members.delete), (0, 0), "{what}");
            }
        }
    }
}

#[test]
fn options_that_cannot_be_planned_with() {
    let cases: [(&str, Damage); 5] = [
        ("userid_from", |w| w.corp.downstream.userid_from = "gender".into()),
        ("match", |w| w.corp.match_rules[0].member = "shoe".into()),
        ("fields.shoe", |w| {
            w.corp.downstream.fields.insert("shoe".into(), "{{ name }}".into());
        }),
        ("disabled_department", |w| w.corp.downstream.disabled_department = "a:b".into()),
        ("external_fields.", |w| {
            w.corp.downstream.external_fields.insert(String::new(), "x".into());
        }),
    ];
    for (name, damage) in cases {
        let mut world = world();
        damage(&mut world);
        match world.try_plan() {
            Err(PlanRefusal::BadOption { option, .. }) => assert_eq!(option, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn what_shrinks_is_held() {
    let cases: [(&str, Damage); 4] = [
        ("half the people gone", |w| w.employees.truncate(20)),
        ("half departed", |w| w.employees.iter_mut().skip(20).for_each(|e| e.status = EmployeeStatus::Departed)),
        ("scope of one person", |w| w.corp.downstream.scope.include = vec!["e0".into()]),
        ("other ids", |w| w.employees.iter_mut().for_each(|e| e.id = format!("x{}", e.id).into())),
    ];
    for (what, damage) in cases {
        let mut world = world();
        damage(&mut world);
        let draft = world.plan();
        assert!(draft.is_held(), "{what}: {:?}", draft.guards);
    }
}

#[test]
fn what_is_unreadable_removes_nobody() {
    let cases: [(&str, Damage); 7] = [
        ("a mirror without members", |w| w.members.clear()),
        ("a partial mirror without members", |w| {
            w.members.clear();
            w.head.is_complete = false;
        }),
        ("half the departments invisible", |w| {
            w.departments.truncate(4);
            w.head.is_complete = false;
        }),
        ("no names readable below the root", |w| w.departments.iter_mut().skip(1).for_each(|d| d.name = None)),
        ("no details readable", |w| {
            w.members.iter_mut().for_each(|m| {
                m.fields = Fields::new();
                m.has_details = false;
                m.status = None;
            })
        }),
        ("employees without units", |w| w.employees.iter_mut().for_each(|e| e.unit_id = "gone".into())),
        ("employees without names", |w| w.employees.iter_mut().for_each(|e| e.name = "".into())),
    ];
    for (what, damage) in cases {
        let mut world = world();
        world.pull();
        damage(&mut world);
        let draft = crate::sync::plan::plan(&world.input()).unwrap();
        let counts = &draft.counts;
        assert_eq!((counts.members.disable, counts.members.delete, counts.departments.delete), (0, 0, 0), "{what}");
        assert!(draft.is_sound(), "{what}: {:?}", draft.invariants);
    }
}

#[test]
fn a_read_only_corp_has_no_applicable_plan() {
    let mut world = world();
    world.corp.access = Access::ReadOnly;
    world.employee_mut(1).name = "改".into();
    let draft = world.try_plan().unwrap();
    assert!(!draft.is_sound());
    assert_eq!(draft.invariants.iter().find(|i| !i.holds).unwrap().name, "corp_is_writable");
}
