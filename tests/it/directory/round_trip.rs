//! Each format gives back the organisation that was written in it.

use super::{House, sorted};
use encoding_rs::GB18030;
use wecom_bridge::directory::export::{Captions, to_csv, to_xlsx, to_zip};
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::directory::{FaultCode, Format, Limits, read_bytes, read_path};
use wecom_bridge::model::{Employee, EmployeeStatus, Gender, OrgUnit};

const SPEC: SampleSpec = SampleSpec { employees: 300, units: 40, seed: 11 };

/// A sample with everything in it that is easily lost on the way.
fn awkward() -> (Vec<OrgUnit>, Vec<Employee>) {
    let (mut units, mut people) = generate(SPEC);
    units[3].name = "研发, \"一\"部; 二".into();
    units[4].order = None;
    units[5].order = Some(u32::MAX);
    units[6].ext.insert("成本中心".into(), "0012".into());
    units[7].head = vec!["E000001".into(), "E000002".into()];
    people[1].name = "=cmd|' /C calc'!A0".into();
    people[2].telephone = "+86 21 1234".into();
    people[3].alias = "'=quoted".into();
    people[4].employee_no = "007".into();
    people[5].mobile = "8613800138000".into();
    people[6].address = "第一行\n第二行".into();
    people[7].status = EmployeeStatus::Departed;
    people[8].gender = Gender::Unknown;
    people[9].ext.insert("id".into(), "a column of that name".into());
    people[10].ext.insert("ext.x".into(), "1".into());
    people[11].ext.insert("=sum".into(), "@x".into());
    people[12].part_time_unit_ids = vec![units[1].id.clone(), units[2].id.clone()];
    people[13].superior_id = None;
    people[14].ext.insert("身份证号".into(), "310101199001011234".into());
    sorted(units, people)
}

#[tokio::test]
async fn every_format_and_both_languages() {
    let (units, people) = awkward();
    for captions in [Captions::English, Captions::Chinese] {
        let zip = to_zip(&units, &people, captions).unwrap();
        let xlsx = to_xlsx(&units, &people, captions).unwrap();
        for (name, bytes, format) in [("a.zip", zip, Format::Csv), ("a.xlsx", xlsx, Format::Xlsx)] {
            let parsed = read_bytes(name, &bytes, Limits::UPLOAD).unwrap();
            assert!(parsed.faults.is_empty() && parsed.warnings.is_empty(), "{name}: {:?}", parsed.faults);
            assert_eq!(parsed.source.format, format);
            let house = House::new().await;
            let imported = house.import_parsed(parsed, Default::default()).await.unwrap();
            assert_eq!(imported.summary.employees.added, 300, "{name} {captions:?}");
            let stored = house.stored();
            assert_eq!((&stored.units, &stored.employees), (&units, &people), "{name} {captions:?}");
        }
    }
}

#[test]
fn folders_encodings_and_line_ends() {
    let (units, people) = generate(SPEC);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}').to_owned();
    let unit_text = text(to_csv(&units, Captions::Chinese).unwrap());
    let people_text = text(to_csv(&people, Captions::Chinese).unwrap());
    type Encode = fn(&str) -> Vec<u8>;
    let encodings: [(&str, Encode); 5] = [
        ("utf-8", |text| text.as_bytes().to_vec()),
        ("utf-8 with mark", |text| [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("gb18030", |text| GB18030.encode(text).0.into_owned()),
        ("unix line ends", |text| text.replace("\r\n", "\n").into_bytes()),
        ("utf-16", |text| [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()),
    ];
    for (name, encode) in encodings {
        for (unit_file, people_file) in [("units.csv", "employees.csv"), ("部门.csv", "人员.csv")] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(unit_file), encode(&unit_text)).unwrap();
            std::fs::write(folder.path().join(people_file), encode(&people_text)).unwrap();
            std::fs::write(folder.path().join("notes.txt"), "not read").unwrap();
            let parsed = read_path(folder.path(), Limits::FILE).unwrap();
            assert_eq!((&parsed.units.rows, &parsed.employees.rows), (&units, &people), "{name} in {unit_file}");
        }
    }
}

/// The captions tell what a file holds; a browser that saves a file twice, and a person, call it as they like.
#[test]
fn files_of_any_name() {
    let (units, people) = generate(SPEC);
    let (unit_csv, people_csv) =
        (to_csv(&units, Captions::English).unwrap(), to_csv(&people, Captions::Chinese).unwrap());
    let text = String::from_utf8(people_csv.clone()).unwrap();
    assert!(text.contains(",男,") && text.contains(",在职,") && !text.contains("male") && !text.contains("active"));
    for (name, content, rows) in [
        ("人员 (1).csv", &people_csv, (0, people.len())),
        ("导出.CSV", &people_csv, (0, people.len())),
        ("部门.csv", &people_csv, (0, people.len())),
        ("people.txt", &people_csv, (0, people.len())),
        ("人员.csv", &unit_csv, (units.len(), 0)),
    ] {
        let parsed = read_bytes(name, content, Limits::UPLOAD).unwrap();
        assert_eq!((parsed.units.rows.len(), parsed.employees.rows.len()), rows, "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), &unit_csv).unwrap();
    std::fs::write(folder.path().join("b.csv"), &people_csv).unwrap();
    std::fs::write(folder.path().join("c.csv"), "名字,电话\n").unwrap();
    let parsed = read_path(folder.path(), Limits::FILE).unwrap();
    assert_eq!((&parsed.units.rows, &parsed.employees.rows), (&units, &people));
    let unread: Vec<_> = parsed.warnings.iter().map(|told| (told.code, told.place.to_string())).collect();
    assert_eq!(unread, [(FaultCode::Ignored, "c.csv".to_owned())]);
    // of two there is no choice, whatever they are called
    std::fs::rename(folder.path().join("b.csv"), folder.path().join("人员.csv")).unwrap();
    std::fs::write(folder.path().join("employees-2023.csv"), &people_csv).unwrap();
    let refused = read_path(folder.path(), Limits::FILE).unwrap_err().to_string();
    assert!(refused.contains("employees-2023.csv, 人员.csv are the same table"), "{refused}");
    // what macOS lays beside it is no table; what is not understood may be the one that is missing
    std::fs::rename(folder.path().join("employees-2023.csv"), folder.path().join("._人员.csv")).unwrap();
    assert_eq!(read_path(folder.path(), Limits::FILE).unwrap().employees.rows, people);
    std::fs::remove_file(folder.path().join("人员.csv")).unwrap();
    let refused = read_path(folder.path(), Limits::FILE).unwrap_err();
    assert_eq!(refused.fault_code(), Some(FaultCode::UnknownTable), "{refused}");
    assert!(refused.to_string().contains("c.csv") && refused.to_string().contains("名字 → 姓名"), "{refused}");
}

/// A sheet is never chosen unsaid.
#[test]
fn sheets_beside_those_that_are_read() {
    const UNITS: [&[&str]; 2] = [&["部门编号", "上级部门编号", "部门名称"], &["1", "", "总部"]];
    const PEOPLE: [&[&str]; 2] = [&["人员编号", "姓名", "主部门"], &["a", "张三", "1"]];
    const FEW: [&[&str]; 2] = [&["部门编号", "部门名称"], &["1", "总部"]];
    let read = |sheets: &[(&str, [&[&str]; 2])]| {
        let mut book = rust_xlsxwriter::Workbook::new();
        for (name, rows) in sheets {
            let sheet = book.add_worksheet();
            sheet.set_name(*name).unwrap();
            for (at, row) in (0..).zip(rows) {
                sheet.write_row(at, 0, row.iter().copied()).unwrap();
            }
        }
        read_bytes("x.xlsx", &book.save_to_buffer().unwrap(), Limits::UPLOAD)
    };
    for (sheets, named) in [
        (&[("部门", UNITS), ("北京", PEOPLE), ("上海", PEOPLE)][..], "北京, 上海 are"),
        (&[("北京", PEOPLE), ("上海", PEOPLE), ("广州", PEOPLE)], "北京, 上海, 广州 are"),
        (&[("人员", PEOPLE), ("employees", PEOPLE), ("部门", UNITS)], "人员, employees are"),
        (&[("人员", PEOPLE), ("总部", UNITS), ("分部", UNITS)], "总部, 分部 are"),
        (&[("总部", FEW), ("分部", FEW)], "总部, 分部 are"),
    ] {
        let refused = read(sheets).unwrap_err();
        assert_eq!(refused.fault_code(), Some(FaultCode::DuplicateColumn), "{refused}");
        assert!(refused.to_string().contains(named), "{refused}");
    }
    let parsed = read(&[("人员2023", PEOPLE), ("部门", UNITS), ("人员", PEOPLE), ("说明", FEW)]).unwrap();
    assert_eq!((parsed.units.sheet.as_str(), parsed.employees.sheet.as_str()), ("部门", "人员"));
    let unread: Vec<_> = parsed.warnings.iter().map(|told| (told.code, told.place.to_string())).collect();
    assert_eq!(unread, [(FaultCode::Ignored, "人员2023".to_owned()), (FaultCode::Ignored, "说明".to_owned())]);
}

#[test]
fn sheets_of_any_name() {
    use rust_xlsxwriter::Workbook;
    let mut book = Workbook::new();
    for (name, rows) in [
        ("说明", vec![vec!["请看第二页"]]),
        ("组织架构", vec![vec!["部门编号", "上级部门编号", "部门名称"], vec!["1", "", "总部"]]),
        ("Sheet3", vec![vec!["人员编号", "姓名", "主部门"], vec!["a", "张三", "1"]]),
    ] {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        for (at, row) in (0..).zip(rows) {
            sheet.write_row(at, 0, row).unwrap();
        }
    }
    let parsed = read_bytes("x.xlsx", &book.save_to_buffer().unwrap(), Limits::UPLOAD).unwrap();
    assert_eq!((parsed.units.rows.len(), parsed.employees.rows.len()), (1, 1));
}

#[test]
fn numbers_and_dates_that_a_person_typed_into_a_workbook() {
    use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明").unwrap().write_string(0, 0, "not read").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("部门").unwrap();
    sheet.write_row(0, 0, ["部门编号", "上级部门编号", "部门名称", "排序"]).unwrap();
    sheet.write_number(1, 0, 1).unwrap().write_string(1, 2, "总部").unwrap().write_number(1, 3, 10).unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name(" Employees ").unwrap();
    sheet.write_row(0, 0, ["id", "name", "unit_id", "employee_no", "mobile", "入职日期", "admin", "加倍"]).unwrap();
    sheet.write_row(2, 0, ["", "张三"]).unwrap();
    sheet.write_number(2, 0, 10_001).unwrap().write_number(2, 2, 1).unwrap();
    sheet.write_number_with_format(2, 3, 42, &Format::new().set_num_format("000000")).unwrap();
    sheet.write_number(2, 4, 13_800_138_000_f64).unwrap();
    let date = ExcelDateTime::from_ymd(2024, 3, 1).unwrap();
    sheet.write_datetime_with_format(2, 5, &date, &Format::new().set_num_format("yyyy/m/d")).unwrap();
    sheet.write_boolean(2, 6, true).unwrap();
    sheet.write_formula(2, 7, Formula::new("=D3*2").set_result("84")).unwrap();
    let parsed = read_bytes("typed.xlsx", &book.save_to_buffer().unwrap(), Limits::UPLOAD).unwrap();
    assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
    assert_eq!((parsed.units.rows[0].id.as_str(), parsed.units.rows[0].order), ("1", Some(10)));
    assert_eq!(parsed.units.rows[0].parent_id, None);
    let person = &parsed.employees.rows[0];
    assert_eq!(
        [
            person.id.as_str(),
            person.unit_id.as_str(),
            &person.employee_no,
            &person.mobile,
            &person.ext["入职日期"],
            &person.ext["加倍"]
        ],
        ["10001", "1", "000042", "13800138000", "2024-03-01", "84"]
    );
    assert!(person.admin);
    assert_eq!(parsed.employees.lines, [3]);
}
