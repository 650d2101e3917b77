use super::*;
use crate::directory::parsed::{Format, Source};

fn unit(id: &str, parent: &str) -> OrgUnit {
    let mut unit = OrgUnit::blank();
    (unit.id, unit.name) = (id.into(), id.into());
    unit.parent_id = (!parent.is_empty()).then(|| parent.into());
    unit
}

fn person(id: &str, unit: &str) -> Employee {
    Employee::new(id, id, unit)
}

fn parsed(units: Vec<OrgUnit>, employees: Vec<Employee>) -> Parsed {
    Parsed {
        source: Source { name: "test".into(), format: Format::Rows, sha256: String::new() },
        units: Table::of_rows(units),
        employees: Table::of_rows(employees),
        faults: Vec::new(),
        warnings: Vec::new(),
    }
}

fn stored() -> Stored {
    Stored {
        units: vec![unit("1", ""), unit("2", "1"), unit("3", "2")],
        employees: vec![person("a", "1"), person("b", "2"), person("c", "3")],
    }
}

/// `+added ~changed -gone` of units and employees.
fn tell(diff: &Diff) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (kind, id) in diff
        .units
        .rows
        .iter()
        .map(|change| (change.kind, change.row.id()))
        .chain(diff.employees.rows.iter().map(|change| (change.kind, change.row.id())))
    {
        let sign = match kind {
            ChangeKind::Added => '+',
            ChangeKind::Changed => '~',
            ChangeKind::Departed | ChangeKind::Removed => '-',
            ChangeKind::Returned => '^',
        };
        parts.push(format!("{sign}{id}"));
    }
    parts.join(" ")
}

#[test]
fn replace_and_merge() {
    let renamed = || Employee { name: "B".into(), ..person("b", "2") };
    for (mode, units, employees, expected) in [
        (ImportMode::Replace, stored().units, stored().employees, ""),
        (ImportMode::Merge, vec![], vec![], ""),
        (ImportMode::Replace, vec![unit("1", ""), unit("2", "1")], vec![person("a", "1"), renamed()], "-3 ~b -c"),
        (ImportMode::Merge, vec![], vec![renamed()], "~b"),
        (
            ImportMode::Replace,
            vec![unit("1", ""), unit("4", "1")],
            vec![person("a", "4"), person("d", "4")],
            "+4 -3 -2 ~a +d -b -c",
        ),
        (ImportMode::Merge, vec![unit("4", "3")], vec![person("d", "4")], "+4 +d"),
        (ImportMode::Replace, vec![unit("9", "")], vec![person("a", "9")], "+9 -3 -2 -1 ~a -b -c"),
    ] {
        let diff = compare(&stored(), parsed(units, employees), mode).unwrap();
        assert_eq!(tell(&diff), expected, "{mode:?}");
        let counts = diff.employees.counts;
        assert_eq!(counts.unchanged + counts.changed + counts.departed + counts.returned, 3, "{mode:?} {expected}");
    }
}

#[test]
fn structure_is_that_of_the_result() {
    for (mode, units, employees, expected) in [
        (ImportMode::Replace, vec![unit("1", ""), unit("3", "2")], vec![person("a", "1")], FaultCode::MissingParent),
        (ImportMode::Merge, vec![unit("8", "")], vec![], FaultCode::SeveralRoots),
        (ImportMode::Merge, vec![unit("2", "3")], vec![], FaultCode::Cycle),
        (ImportMode::Merge, vec![unit("1", "3")], vec![], FaultCode::NoRoot),
        (ImportMode::Replace, vec![unit("1", "")], vec![], FaultCode::EmptySource),
        (ImportMode::Replace, vec![], vec![person("a", "1")], FaultCode::EmptySource),
    ] {
        let faults = compare(&stored(), parsed(units, employees), mode).unwrap_err();
        assert_eq!(faults.list[0].code, expected, "{mode:?}: {faults}");
    }
    let mut half = parsed(stored().units, vec![]);
    half.employees = Table::default();
    assert_eq!(compare(&stored(), half, ImportMode::Replace).unwrap_err().list[0].code, FaultCode::MissingTable);
}

#[test]
fn people_in_units_that_are_not_there() {
    let mut elsewhere = person("a", "1");
    elsewhere.part_time_unit_ids = vec!["1".into(), "7".into()];
    let gone = Employee { status: EmployeeStatus::Departed, ..person("b", "nowhere") };
    let source = parsed(vec![unit("1", "")], vec![elsewhere, gone, person("c", "3")]);
    let diff = compare(&stored(), source, ImportMode::Replace).unwrap();
    let faults: Vec<_> = diff.faults.iter().map(|fault| (fault.code, fault.place.row, fault.value.as_str())).collect();
    assert_eq!(faults, [(FaultCode::UnknownUnit, 1, "7"), (FaultCode::UnknownUnit, 3, "3")]);
    // c keeps its stored row, so its unit 3 and what is above stay; nobody departs but b, who is said to
    assert_eq!(tell(&diff), "-b");
}

#[test]
fn a_bad_row_is_not_an_absent_one() {
    let mut source = parsed(vec![unit("1", "")], vec![person("a", "1")]);
    source.units.doubtful.insert("3".into());
    source.employees.doubtful.insert("b".into());
    let diff = compare(&stored(), source.clone(), ImportMode::Replace).unwrap();
    assert_eq!(tell(&diff), "-c", "unit 3 is doubtful and 2 stands above it");
    source.employees.nameless = 1;
    let diff = compare(&stored(), source, ImportMode::Replace).unwrap();
    assert_eq!(tell(&diff), "");
    assert_eq!(diff.warnings[0].code, FaultCode::RemovalsWithheld);
}

#[test]
fn absence_of_a_column_is_not_emptiness() {
    let mut before = stored();
    before.employees[1].mobile = "138".into();
    before.employees[1].status = EmployeeStatus::Departed;
    let mut source = parsed(stored().units, stored().employees);
    source.employees.columns.known.remove("mobile");
    source.employees.columns.known.remove("status");
    let diff = compare(&before, source.clone(), ImportMode::Replace).unwrap();
    assert_eq!(tell(&diff), "^b");
    assert_eq!(diff.employees.rows[0].fields.len(), 1, "only the status: {:?}", diff.employees.rows[0].fields);
    let diff = compare(&before, source, ImportMode::Merge).unwrap();
    assert_eq!(tell(&diff), "", "a merge without a status column hires nobody back");
}

#[test]
fn a_shrunken_source() {
    for (stored_count, present, shrunken) in
        [(100, 80, false), (100, 79, true), (10, 5, false), (10, 4, true), (3, 1, false)]
    {
        let people = |count: usize| (0..count).map(|at| person(&format!("e{at}"), "1")).collect::<Vec<_>>();
        let before = Stored { units: vec![unit("1", "")], employees: people(stored_count) };
        let diff = compare(&before, parsed(vec![unit("1", "")], people(present)), ImportMode::Replace).unwrap();
        assert_eq!(diff.shrunken.is_some(), shrunken, "{present} of {stored_count}");
    }
}

#[test]
fn people_who_are_said_to_have_departed_count_as_gone() {
    for (stored_count, departed, shrunken) in
        [(100, 20, false), (100, 21, true), (10, 5, false), (3, 2, false), (3, 3, true), (1, 1, true)]
    {
        let people = || (0..stored_count).map(|at| person(&format!("e{at}"), "1")).collect::<Vec<_>>();
        let before = Stored { units: vec![unit("1", "")], employees: people() };
        let mut now = people();
        now.iter_mut().take(departed).for_each(|row| row.status = EmployeeStatus::Departed);
        let diff = compare(&before, parsed(vec![unit("1", "")], now), ImportMode::Replace).unwrap();
        assert_eq!(diff.shrunken.is_some(), shrunken, "{departed} of {stored_count}");
    }
}

#[test]
fn the_last_people_do_not_go_unasked_even_when_others_come() {
    let before = Stored { units: vec![unit("1", "")], employees: vec![person("a", "1"), person("b", "1")] };
    let diff = compare(&before, parsed(vec![unit("1", "")], vec![person("c", "1")]), ImportMode::Replace).unwrap();
    assert_eq!(diff.shrunken.unwrap().code, FaultCode::Shrunken);
}

#[test]
fn the_people_of_another_organisation() {
    for (stored_count, given, renamed, mode, refused) in [
        (100, 100, 20, ImportMode::Replace, false),
        (100, 100, 21, ImportMode::Replace, true),
        (8, 8, 5, ImportMode::Replace, false),
        (8, 8, 6, ImportMode::Replace, true),
        (100, 10, 10, ImportMode::Merge, false),
        (100, 30, 30, ImportMode::Merge, true),
    ] {
        let people = |count: usize| (0..count).map(|at| person(&format!("e{at}"), "1")).collect::<Vec<_>>();
        let before = Stored { units: vec![unit("1", "")], employees: people(stored_count) };
        let mut now = people(given);
        now.iter_mut().take(renamed).for_each(|row| row.name = "另一个".into());
        let diff = compare(&before, parsed(vec![unit("1", "")], now), mode).unwrap();
        let code = diff.other_people.map(|fault| fault.code);
        assert_eq!(code, refused.then_some(FaultCode::OtherPeople), "{renamed} of {given} of {stored_count}, {mode:?}");
    }
}

/// A hundred people with everything that says who they are.
fn hundred() -> Vec<Employee> {
    let filled = |at: usize| {
        let mut row = person(&format!("e{at}"), "1");
        row.name = Text::from(format!("人{at}"));
        row.account = Text::from(format!("a{at}"));
        row.employee_no = Text::from(format!("n{at}"));
        row.mobile = Text::from(format!("138{at:08}"));
        row.email = Text::from(format!("e{at}@example.com"));
        row
    };
    (0..100).map(filled).collect()
}

#[test]
fn a_column_that_slipped_by_one_row() {
    type Value = fn(&mut Employee) -> &mut Text;
    let columns: [(&str, Value); 5] = [
        ("name", |row| &mut row.name),
        ("account", |row| &mut row.account),
        ("employee_no", |row| &mut row.employee_no),
        ("mobile", |row| &mut row.mobile),
        ("email", |row| &mut row.email),
    ];
    let before = Stored { units: vec![unit("1", "")], employees: hundred() };
    for (column, value) in columns {
        for (slipped, asked) in [(100, true), (21, true), (20, false)] {
            for mode in [ImportMode::Replace, ImportMode::Merge] {
                let mut now = hundred();
                let values: Vec<Text> = now.iter_mut().map(|row| value(row).clone()).collect();
                (0..slipped).for_each(|at| *value(&mut now[at]) = values[(at + 1) % 100].clone());
                let diff = compare(&before, parsed(vec![unit("1", "")], now), mode).unwrap();
                assert_eq!(diff.shrunken, None);
                let question = diff.other_people.map(|fault| fault.reason).unwrap_or_default();
                assert_eq!(question.contains(column), asked, "{slipped} {column}, {mode:?}: {question}");
            }
        }
    }
}

#[test]
fn ids_that_slipped_and_what_is_no_slip() {
    let before = Stored { units: vec![unit("1", "")], employees: hundred() };
    let ask = |change: fn(usize, &mut Employee), mode| {
        let mut now = hundred();
        now.iter_mut().enumerate().for_each(|(at, row)| change(at, row));
        let diff = compare(&before, parsed(vec![unit("1", "")], now), mode).unwrap();
        (diff.other_people.map(|fault| fault.reason), diff.shrunken.is_some())
    };
    // by one: everybody is known, and is somebody else
    let (question, _) = ask(|at, row| row.id = format!("e{}", (at + 1) % 100).as_str().into(), ImportMode::Replace);
    assert!(question.unwrap().contains("100 another name (e1: 人1 → 人0"));
    // to other ids: the same people once more
    let (question, shrunken) = ask(|at, row| row.id = format!("x{at}").as_str().into(), ImportMode::Merge);
    let question = question.unwrap();
    assert!(
        question.contains("100 people would come anew") && question.contains("x0 has what is e0's, 人0"),
        "{question}"
    );
    assert!(!shrunken);
    // the same numbers otherwise written, values that are new, and values that go
    let harmless: [fn(usize, &mut Employee); 3] = [
        |_, row| row.mobile = Text::from(format!("+86 {}", row.mobile)),
        |_, row| row.email = Text::from(row.email.to_uppercase()),
        |_, row| row.account = Text::default(),
    ];
    for change in harmless {
        assert_eq!(ask(change, ImportMode::Replace), (None, false));
    }
}

#[test]
fn both_questions_are_asked_and_each_is_allowed_by_itself() {
    use crate::directory::import::{ImportOptions, Preview};
    let before = Stored { units: vec![unit("1", "")], employees: hundred() };
    let mut now = hundred();
    now.truncate(60);
    now.iter_mut().for_each(|row| row.name = "另一个".into());
    let source = parsed(vec![unit("1", "")], now);
    let preview = Preview::of(source.source.clone(), compare(&before, source, ImportMode::Replace).unwrap());
    let open = |allow_shrink, allow_other_people| {
        let options = ImportOptions { allow_shrink, allow_other_people, ..ImportOptions::default() };
        let open: Vec<FaultCode> = preview.open_questions(&options).iter().map(|fault| fault.code).collect();
        assert_eq!(preview.check(&options).is_ok(), open.is_empty());
        open
    };
    assert_eq!(open(false, false), [FaultCode::OtherPeople, FaultCode::Shrunken]);
    assert_eq!(open(true, false), [FaultCode::OtherPeople]);
    assert_eq!(open(false, true), [FaultCode::Shrunken]);
    assert_eq!(open(true, true), []);
}

#[test]
fn heads_and_superiors_who_are_nobody() {
    let mut root = unit("1", "");
    root.head = vec!["a".into(), "x".into()];
    let (mut a, mut b) = (person("a", "1"), person("b", "1"));
    (a.superior_id, b.superior_id) = (Some("y".into()), Some("b".into()));
    let diff = compare(&Stored::default(), parsed(vec![root], vec![a, b]), ImportMode::Replace).unwrap();
    let warnings: Vec<_> = diff.warnings.iter().map(|warning| (warning.code, warning.value.as_str())).collect();
    assert_eq!(
        warnings,
        [(FaultCode::UnknownHead, "x"), (FaultCode::UnknownSuperior, "y"), (FaultCode::UnknownSuperior, "b")]
    );
}
