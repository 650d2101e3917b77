//! Sources that must never change a directory: each leaves it untouched and says one clear thing.

use super::House;
use std::io::{Cursor, Write};
use wecom_bridge::directory::export::{Captions, to_csv, to_xlsx, to_zip};
use wecom_bridge::directory::fields::Record;
use wecom_bridge::directory::sample::{SampleSpec, generate, to_ldif};
use wecom_bridge::directory::{DirectoryError, FaultCode, ImportOptions, Stored};
use wecom_bridge::model::{Employee, OrgUnit};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const SPEC: SampleSpec = SampleSpec { employees: 200, units: 30, seed: 3 };

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The sample with one hand laid on it.
fn spoiled(spoil: impl FnOnce(&mut Vec<OrgUnit>, &mut Vec<Employee>)) -> Vec<u8> {
    let (mut units, mut employees) = generate(SPEC);
    spoil(&mut units, &mut employees);
    to_zip(&units, &employees, Captions::English).unwrap()
}

fn csv_of<T: Record>(rows: &[T]) -> String {
    String::from_utf8(to_csv(rows, Captions::English).unwrap()).unwrap()
}

/// The sample as two CSV files with one hand laid on the text.
fn spoiled_text(spoil: impl FnOnce(&mut String, &mut String)) -> Vec<u8> {
    let (units, employees) = generate(SPEC);
    let (mut units, mut employees) = (csv_of(&units), csv_of(&employees));
    spoil(&mut units, &mut employees);
    zip(&[("units.csv", units.as_bytes()), ("employees.csv", employees.as_bytes())])
}

fn book(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (at, row) in (0..).zip(*rows) {
            sheet.write_row(at, 0, row.iter().copied()).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// Replaces the text of one part of a workbook.
fn rewritten(workbook: &[u8], part: &str, text: &str) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..old.len() {
        let mut entry = old.by_index(at).unwrap();
        let name = entry.name().unwrap().into_owned();
        new.start_file(&name, SimpleFileOptions::default()).unwrap();
        if name == part {
            new.write_all(text.as_bytes()).unwrap();
        } else {
            std::io::copy(&mut entry, &mut new).unwrap();
        }
    }
    new.finish().unwrap().into_inner()
}

const HEADS: (&[&str], &[&str]) = (&["id", "parent_id", "name"], &["id", "name", "unit_id"]);

/// A workbook of 5 KB whose two cells span 17 thousand million.
fn corner_bomb() -> Vec<u8> {
    let sheet = r#"<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>"#;
    rewritten(&book(&[("units", &[HEADS.0]), ("employees", &[HEADS.1])]), "xl/worksheets/sheet1.xml", sheet)
}

/// A workbook whose list of strings claims to be endless.
fn claim_bomb() -> Vec<u8> {
    let strings = r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="999999999999"><si><t>id</t></si></sst>"#;
    rewritten(&book(&[("units", &[HEADS.0]), ("employees", &[HEADS.1])]), "xl/sharedStrings.xml", strings)
}

fn ldif() -> String {
    let (units, employees) = generate(SPEC);
    to_ldif(&units, &employees, "dc=example,dc=org")
}

fn cut(bytes: &[u8], per_cent: usize) -> Vec<u8> {
    bytes[..bytes.len() * per_cent / 100].to_vec()
}

/// Name of the file, its bytes, the code, and what its place must contain.
fn sources() -> Vec<(&'static str, Vec<u8>, FaultCode, &'static str)> {
    use FaultCode::*;
    let (units, employees) = generate(SPEC);
    let whole_zip = to_zip(&units, &employees, Captions::English).unwrap();
    let whole_xlsx = to_xlsx(&units, &employees, Captions::English).unwrap();
    let half = |text: &mut String| {
        let lines: Vec<&str> = text.lines().collect();
        *text = lines[..lines.len() / 2].join("\r\n") + "\r\n";
    };
    let whole_ldif = ldif();
    vec![
        ("empty.xlsx", Vec::new(), EmptySource, "empty.xlsx"),
        ("empty.ldif", Vec::new(), EmptySource, "empty.ldif"),
        ("blank.ldif", b"version: 1\n\n# nothing\n".to_vec(), EmptySource, ""),
        ("no-entries.zip", zip(&[]), MissingTable, "no-entries.zip"),
        ("empty-tables.zip", zip(&[("units.csv", b""), ("employees.csv", b"")]), EmptySource, "units.csv"),
        ("headers.zip", zip(&[("units.csv", b"id,name\n"), ("employees.csv", b"id,name,unit_id\n")]), EmptySource, ""),
        ("headers.xlsx", book(&[("units", &[HEADS.0]), ("employees", &[HEADS.1])]), EmptySource, ""),
        ("blank.xlsx", book(&[("units", &[]), ("employees", &[])]), EmptySource, "units"),
        ("nobody.zip", spoiled_text(|_, e| *e = "id,name,unit_id\r\n".into()), EmptySource, "employees.csv"),
        ("no-units.zip", spoiled_text(|u, _| *u = "id,name\r\n".into()), EmptySource, "units.csv"),
        ("one-table.zip", zip(&[("employees.csv", csv_of(&employees).as_bytes())]), MissingTable, "units"),
        ("employees.csv", csv_of(&employees).into_bytes(), MissingTable, "units"),
        ("halved-people.zip", spoiled_text(|_, e| half(e)), Shrunken, "employees.csv"),
        ("halved-units.zip", spoiled_text(|u, _| half(u)), UnknownUnit, "employees.csv, row"),
        ("few.zip", spoiled(|_, e| e.truncate(150)), Shrunken, "employees.csv"),
        ("rootless.zip", spoiled(|u, _| u[0].parent_id = Some("D00002".into())), NoRoot, "units.csv"),
        ("two-roots.zip", spoiled(|u, _| u[4].parent_id = None), SeveralRoots, "units.csv, row 6, column parent_id"),
        ("cycle.zip", spoiled(|u, _| u[1].parent_id = Some(u[29].id.clone())), Cycle, "units.csv, row"),
        (
            "self.zip",
            spoiled(|u, _| u[7].parent_id = Some(u[7].id.clone())),
            Cycle,
            "units.csv, row 9, column parent_id",
        ),
        (
            "orphan.zip",
            spoiled(|u, _| u[5].parent_id = Some("gone".into())),
            MissingParent,
            "units.csv, row 7, column parent_id",
        ),
        ("lost-root.zip", spoiled(|u, _| drop(u.remove(0))), NoRoot, "units.csv"),
        ("unit-twice.zip", spoiled(|u, _| u[9].id = u[2].id.clone()), DuplicateUnit, "units.csv, row 11, column id"),
        (
            "person-twice.zip",
            spoiled(|_, e| e[9].id = e[2].id.clone()),
            DuplicateEmployee,
            "employees.csv, row 11, column id",
        ),
        (
            "no-column.zip",
            spoiled_text(|_, e| *e = e.replacen("unit_id", "unit", 1)),
            MissingColumn,
            "employees.csv, row 1, column unit_id",
        ),
        (
            "no-id.xlsx",
            book(&[("units", &[&["parent_id", "name"], &["", "a"]]), ("employees", &[HEADS.1])]),
            MissingColumn,
            "units, row 1, column id",
        ),
        (
            "column-twice.zip",
            spoiled_text(|u, _| *u = u.replacen("order", "部门名称", 1)),
            DuplicateColumn,
            "units.csv, row 1",
        ),
        ("named-sheets.xlsx", book(&[("Sheet1", &[HEADS.0]), ("Sheet2", &[HEADS.1])]), EmptySource, ""),
        (
            "wrong-sheets.xlsx",
            book(&[("说明", &[]), ("Sheet2", &[&["名字", "电话号码"], &["a", "1"]])]),
            UnknownTable,
            "Sheet2",
        ),
        ("no-sheets.xlsx", book(&[("说明", &[])]), MissingTable, ""),
        ("wrong.csv", "名字,电话号码,组\na,1,b\n".into(), UnknownTable, "wrong.csv"),
        ("人员 (1).csv", "姓名,电话号码\na,1\n".into(), MissingColumn, "人员 (1).csv, row 1"),
        ("letter.xlsx", zip(&[("word/document.xml", b"<w/>")]), BadWorkbook, "letter.xlsx"),
        ("text.zip", b"units".to_vec(), BadArchive, "text.zip"),
        ("one-sheet.xlsx", book(&[("employees", &[HEADS.1, &["1", "a", "u"]])]), MissingTable, "units"),
        ("cut.zip", cut(&whole_zip, 60), BadArchive, "cut.zip"),
        ("cut.xlsx", cut(&whole_xlsx, 60), BadWorkbook, "cut.xlsx"),
        (
            "cut-line.zip",
            spoiled_text(|_, e| e.truncate(e.trim_end().rfind(',').unwrap() - 8)),
            Truncated,
            "employees.csv, row 201",
        ),
        (
            "open-quote.zip",
            spoiled_text(|u, _| *u = u.replacen("D00005,", "\"D00005,", 1)),
            Truncated,
            "units.csv, row 6",
        ),
        (
            "garbage.xlsx",
            (0..5_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect(),
            BadWorkbook,
            "garbage.xlsx",
        ),
        ("garbage.csv.zip", [b"PK\x03\x04".to_vec(), vec![7; 500]].concat(), BadArchive, "garbage.csv.zip"),
        ("old.xls", [&[0xD0, 0xCF, 0x11, 0xE0][..], &[0; 600]].concat(), UnknownFormat, "old.xls"),
        ("nul.zip", spoiled_text(|_, e| *e = e.replacen("E000007", "E00\u{0}007", 1)), NotText, "employees.csv, row 8"),
        (
            "torn.zip",
            {
                let (u, e) = (csv_of(&units), csv_of(&employees));
                let inside = e.rfind('部').or_else(|| e.rfind('员')).unwrap() + 1;
                zip(&[("units.csv", u.as_bytes()), ("employees.csv", &e.as_bytes()[..inside])])
            },
            BadEncoding,
            "employees.csv, row",
        ),
        ("bomb.xlsx", corner_bomb(), TooManyColumns, "units"),
        ("claim.xlsx", claim_bomb(), BadWorkbook, ""),
        (
            "not-xml.xlsx",
            rewritten(&whole_xlsx, "xl/worksheets/sheet2.xml", "<worksheet><sheetData><row><c>"),
            BadWorkbook,
            "employees",
        ),
        ("bomb.zip", zip(&[("units.csv", &vec![b'a'; 101 << 20]), ("employees.csv", b"")]), TooLarge, "bomb.zip"),
        ("large.ldif", vec![b'#'; (10 << 20) + 1], TooLarge, "large.ldif"),
        ("cut.ldif", cut(whole_ldif.as_bytes(), 60), Truncated, "cut.ldif, row"),
        (
            "cut-entry.ldif",
            whole_ldif[..whole_ldif.rfind("\nmanager").unwrap() + 1].into(),
            Truncated,
            "cut-entry.ldif, row",
        ),
        (
            "half.ldif",
            whole_ldif[..whole_ldif[..whole_ldif.len() / 2].rfind("\n\n").unwrap() + 2].into(),
            Shrunken,
            "half.ldif",
        ),
        ("base64.ldif", whole_ldif.replacen("sn:: ", "sn:: *", 1).into(), BadLdif, "base64.ldif, row"),
        (
            "changes.ldif",
            whole_ldif.replacen("objectClass:", "changetype: delete\nobjectClass:", 1).into(),
            UnsupportedLdif,
            "changes.ldif, row",
        ),
        (
            "file.ldif",
            whole_ldif.replacen("mail: ", "mail:< file:///etc/passwd", 1).into(),
            UnsupportedLdif,
            "file.ldif, row",
        ),
        (
            "limit.ldif",
            (whole_ldif.clone() + "# search result\nsearch: 2\nresult: 4 Size limit exceeded\n\n").into(),
            Truncated,
            "limit.ldif, row",
        ),
        ("no-ou.ldif", without_second_unit(&whole_ldif), MissingParent, "no-ou.ldif, row"),
        ("people-only.ldif", people_only(&whole_ldif), EmptySource, "people-only.ldif"),
        ("page.html", b"<html><body>Sign in</body></html>".to_vec(), UnknownFormat, "page.html"),
        ("answer.ldif", b"{\"errcode\":0}\n".to_vec(), BadLdif, "answer.ldif, row 1"),
    ]
}

fn entries(ldif: &str) -> Vec<&str> {
    ldif.split_inclusive("\n\n").collect()
}

fn without_second_unit(ldif: &str) -> Vec<u8> {
    let mut all = entries(ldif);
    all.remove(1);
    all.concat().into_bytes()
}

fn people_only(ldif: &str) -> Vec<u8> {
    entries(ldif).into_iter().filter(|entry| entry.contains("inetOrgPerson")).collect::<String>().into_bytes()
}

fn place(error: &DirectoryError) -> String {
    error.faults().map_or_else(String::new, |faults| faults.list[0].place.to_string())
}

#[tokio::test]
async fn each_is_refused_with_one_clear_message() {
    let sources = sources();
    assert!(sources.len() >= 30);
    let (house, before) = House::furnished(SPEC).await;
    // the same people under the ids that LDIF gives them
    let (from_ldif, before_ldif) = {
        let house = House::new().await;
        house.import("all.ldif", ldif().as_bytes(), Default::default()).await.unwrap();
        let stored = house.stored();
        (house, stored)
    };
    for (name, bytes, code, where_) in sources {
        let (house, before): (&House, &Stored) =
            if name.ends_with(".ldif") { (&from_ldif, &before_ldif) } else { (&house, &before) };
        let error = house.import(name, &bytes, ImportOptions::default()).await.expect_err(name);
        assert_eq!(error.fault_code(), Some(code), "{name}: {error}");
        assert!(place(&error).contains(where_), "{name}: the place is {:?}, not {where_:?}", place(&error));
        assert!(error.to_string().len() > 20 && !error.to_string().contains('\n'), "{name}: {error}");
        let after = house.stored();
        assert!(after.units == before.units && after.employees == before.employees, "{name}: the store has changed");
    }
}

#[tokio::test]
async fn what_is_shrunken_can_be_allowed_once() {
    let (house, before) = House::furnished(SPEC).await;
    let fewer = spoiled(|_, employees| employees.truncate(150));
    let allowed = ImportOptions { allow_shrink: true, ..ImportOptions::default() };
    let done = house.import("few.zip", &fewer, allowed).await.unwrap();
    assert_eq!((done.summary.employees.departed, done.summary.employees.unchanged), (50, 150));
    assert_eq!(house.stored().employees.len(), before.employees.len(), "nobody is deleted");
}
