//! The CSV files of the asynchronous import (contract, section 5.3). Pure: images in, bytes out.
//!
//! A column that is not in the file is not updated, so only columns that some row needs are written. What an empty
//! cell does to an existing member is not documented for the public edition: import creations, or rows that all carry
//! the same fields.

use crate::model::{Department, MemberField, MemberImage, Text, UserId};
use std::collections::BTreeSet;

/// The largest file (doc path 90253).
pub const FILE_MAX_BYTES: usize = 20 << 20;

/// The template's comment cell; it follows the column `禁用` and holds no data.
const COMMENT: &str = "禁用项说明：(0-启用;1-禁用)";
/// Columns that every member file has; without them WeCom refuses it with 40092.
const REQUIRED: [&str; 5] = ["姓名", "帐号", "手机号", "邮箱", "所在部门"];

/// Why no file is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvRefused {
    /// There is nothing to import.
    #[error("the import has no rows")]
    Empty,
    /// WeCom refuses the whole file with 40092 over one such row.
    #[error("member {userid} has no {what}, which an import needs")]
    Incomplete {
        /// Which row.
        userid: UserId,
        /// What it lacks.
        what: &'static str,
    },
    /// WeCom refuses the whole file with 302003.
    #[error("member {0} is in the import twice")]
    Twice(UserId),
    /// An image that a CSV cannot express.
    #[error("member {userid}: a CSV cannot carry {what}")]
    NotExpressible {
        /// Which row.
        userid: UserId,
        /// What.
        what: &'static str,
    },
    /// More than [`FILE_MAX_BYTES`].
    #[error("the import file has {0} bytes; WeCom takes 20 MB: split it")]
    TooLarge(usize),
    /// The writer failed.
    #[error("the import file cannot be written: {0}")]
    Write(String),
}

/// One column after the required ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Position,
    Gender,
    Leader,
    Order,
    Alias,
    Address,
    Telephone,
    Disabled,
    ExtAttr(Text),
}

impl Column {
    fn header(&self) -> &str {
        match self {
            Self::Position => "职位",
            Self::Gender => "性别",
            Self::Leader => "是否部门内领导",
            Self::Order => "排序",
            Self::Alias => "别名",
            Self::Address => "地址",
            Self::Telephone => "座机",
            Self::Disabled => "禁用",
            Self::ExtAttr(name) => name,
        }
    }
}

/// Whether the template has a column of this name, so that a custom attribute cannot have one.
pub fn is_template_column(name: &str) -> bool {
    let fixed = [
        Column::Position,
        Column::Gender,
        Column::Leader,
        Column::Order,
        Column::Alias,
        Column::Address,
        Column::Telephone,
        Column::Disabled,
    ];
    REQUIRED.contains(&name) || name == COMMENT || fixed.iter().any(|column| column.header() == name)
}

/// The member file: name, userid, mobile, e-mail, departments, then what the rows hold, then custom attributes.
pub fn members(rows: &[(&UserId, &MemberImage)]) -> Result<Vec<u8>, CsvRefused> {
    if rows.is_empty() {
        return Err(CsvRefused::Empty);
    }
    let mut seen = BTreeSet::new();
    for (userid, image) in rows {
        check(userid, image)?;
        if !seen.insert(userid.folded()) {
            return Err(CsvRefused::Twice((*userid).clone()));
        }
    }
    let columns = columns(rows);
    let mut lines = Vec::with_capacity(rows.len() + 1);
    let mut header: Vec<String> = REQUIRED.map(String::from).to_vec();
    for column in &columns {
        header.push(column.header().to_owned());
        if *column == Column::Disabled {
            header.push(COMMENT.to_owned());
        }
    }
    lines.push(header);
    lines.extend(rows.iter().map(|(userid, image)| line(userid, image, &columns)));
    write(lines)
}

/// The department file, for a full replace of the tree by id.
pub fn departments(rows: &[Department]) -> Result<Vec<u8>, CsvRefused> {
    if rows.is_empty() {
        return Err(CsvRefused::Empty);
    }
    let mut lines = vec![["部门名称", "部门ID", "父部门ID", "排序"].map(String::from).to_vec()];
    lines.extend(rows.iter().map(|department| {
        vec![
            department.name.as_deref().unwrap_or_default().to_owned(),
            department.id.to_string(),
            department.parent.to_string(),
            department.order.to_string(),
        ]
    }));
    write(lines)
}

fn check(userid: &UserId, image: &MemberImage) -> Result<(), CsvRefused> {
    let lacks = |what| Err(CsvRefused::Incomplete { userid: userid.clone(), what });
    let has = |field| image.fields.get(&field).is_some_and(|value: &Text| !value.is_empty());
    if !has(MemberField::Name) {
        return lacks("name");
    }
    if !has(MemberField::Mobile) && !has(MemberField::Email) {
        return lacks("mobile number or e-mail address");
    }
    if image.memberships.as_ref().is_none_or(Vec::is_empty) {
        return lacks("department");
    }
    let cannot = |what| Err(CsvRefused::NotExpressible { userid: userid.clone(), what });
    if image.direct_leader.as_ref().is_some_and(|leaders| !leaders.is_empty()) {
        return cannot("superiors");
    }
    for (field, value) in image.fields.iter() {
        let has_no_column =
            matches!(field, MemberField::BizMail | MemberField::ExternalPosition | MemberField::External(_));
        if has_no_column && !value.is_empty() || field.is_item() {
            return cannot("the external profile or the corp address");
        }
    }
    Ok(())
}

fn columns(rows: &[(&UserId, &MemberImage)]) -> Vec<Column> {
    let mut columns = BTreeSet::new();
    for (_, image) in rows {
        for (field, _) in image.fields.iter() {
            let column = match field {
                MemberField::Position => Column::Position,
                MemberField::Gender => Column::Gender,
                MemberField::Alias => Column::Alias,
                MemberField::Address => Column::Address,
                MemberField::Telephone => Column::Telephone,
                MemberField::ExtAttr(name) => Column::ExtAttr(name.clone()),
                _ => continue,
            };
            columns.insert(column);
        }
        for membership in image.memberships.iter().flatten() {
            if membership.is_leader {
                columns.insert(Column::Leader);
            }
            if membership.order > 0 {
                columns.insert(Column::Order);
            }
        }
        if image.enable.is_some() {
            columns.insert(Column::Disabled);
        }
    }
    columns.into_iter().collect()
}

fn line(userid: &UserId, image: &MemberImage, columns: &[Column]) -> Vec<String> {
    let field = |field: &MemberField| image.fields.get(field).map(Text::to_string).unwrap_or_default();
    let mut memberships: Vec<_> = image.memberships.iter().flatten().collect();
    // the file has no column for the main department; the first one becomes it
    memberships.sort_by_key(|m| Some(m.department) != image.main_department);
    let joined = |values: Vec<String>| values.join(";");
    let mut cells = vec![
        field(&MemberField::Name),
        userid.to_string(),
        field(&MemberField::Mobile).chars().filter(|c| !c.is_whitespace()).collect(),
        field(&MemberField::Email),
        joined(memberships.iter().map(|m| m.department.to_string()).collect()),
    ];
    for column in columns {
        let cell = match column {
            Column::Position => field(&MemberField::Position),
            Column::Gender => match field(&MemberField::Gender).as_str() {
                "1" => "男".into(),
                "2" => "女".into(),
                _ => String::new(),
            },
            Column::Leader => joined(memberships.iter().map(|m| u8::from(m.is_leader).to_string()).collect()),
            Column::Order => joined(memberships.iter().map(|m| m.order.to_string()).collect()),
            Column::Alias => field(&MemberField::Alias),
            Column::Address => field(&MemberField::Address),
            Column::Telephone => field(&MemberField::Telephone),
            // 0 = enabled: the inverse of `enable` in the JSON calls
            Column::Disabled => image.enable.map(|enable| u8::from(!enable).to_string()).unwrap_or_default(),
            Column::ExtAttr(name) => field(&MemberField::ExtAttr(name.clone())),
        };
        cells.push(cell);
        if *column == Column::Disabled {
            cells.push(String::new());
        }
    }
    cells
}

fn write(lines: Vec<Vec<String>>) -> Result<Vec<u8>, CsvRefused> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    for line in lines {
        writer.write_record(&line).map_err(|error| CsvRefused::Write(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| CsvRefused::Write(error.to_string()))?;
    if bytes.len() > FILE_MAX_BYTES {
        return Err(CsvRefused::TooLarge(bytes.len()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DepartmentId, Membership};

    fn image(fields: &[(&str, &str)], departments: &[(u32, u32, bool)]) -> MemberImage {
        MemberImage {
            fields: fields.iter().map(|(path, v)| (MemberField::find(path).unwrap(), Text::from(*v))).collect(),
            memberships: Some(
                departments
                    .iter()
                    .map(|(id, order, is_leader)| Membership {
                        department: DepartmentId(*id),
                        order: *order,
                        is_leader: *is_leader,
                    })
                    .collect(),
            ),
            ..MemberImage::default()
        }
    }

    #[test]
    fn only_needed_columns_are_written() {
        let plain = image(&[("name", "陈, \"A\""), ("mobile", "+86 139")], &[(20, 0, false)]);
        let id = UserId::from("a.chen");
        let text = String::from_utf8(members(&[(&id, &plain)]).unwrap()).unwrap();
        assert_eq!(text, "姓名,帐号,手机号,邮箱,所在部门\n\"陈, \"\"A\"\"\",a.chen,+86139,,20\n");
    }

    #[test]
    fn every_column_in_the_template_s_order_and_the_disabled_one_inverted() {
        let fields = [
            ("name", "n"),
            ("email", "e@x"),
            ("position", "p"),
            ("gender", "2"),
            ("alias", "a"),
            ("address", "d"),
            ("telephone", "t"),
            ("extattr.工号", "7"),
        ];
        let mut full = image(&fields, &[(20, 5, false), (21, 0, true)]);
        full.main_department = Some(DepartmentId(21));
        full.enable = Some(false);
        let other = image(&[("name", "m"), ("mobile", "1")], &[(1, 0, false)]);
        let (a, b) = (UserId::from("a"), UserId::from("b"));
        let text = String::from_utf8(members(&[(&a, &full), (&b, &other)]).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "姓名,帐号,手机号,邮箱,所在部门,职位,性别,是否部门内领导,排序,别名,地址,座机,禁用,禁用项说明：(0-启用;1-禁用),工号",
                "n,a,,e@x,21;20,p,女,1;0,0;5,a,d,t,1,,7",
                "m,b,1,,1,,,0,0,,,,,,",
            ]
        );
    }

    #[test]
    fn what_would_spoil_the_whole_file_is_refused() {
        let id = UserId::from("a");
        let good = image(&[("name", "n"), ("mobile", "1")], &[(1, 0, false)]);
        assert_eq!(members(&[]), Err(CsvRefused::Empty));
        assert_eq!(members(&[(&id, &good), (&UserId::from("A"), &good)]), Err(CsvRefused::Twice("A".into())));
        for (fields, departments, what) in [
            (&[("mobile", "1")][..], &[(1, 0, false)][..], "name"),
            (&[("name", "n")], &[(1, 0, false)], "mobile number or e-mail address"),
            (&[("name", "n"), ("mobile", "1")], &[], "department"),
        ] {
            let got = members(&[(&id, &image(fields, departments))]);
            assert_eq!(got, Err(CsvRefused::Incomplete { userid: id.clone(), what }), "{what}");
        }
        let external = image(&[("name", "n"), ("mobile", "1"), ("external.x", "y")], &[(1, 0, false)]);
        assert!(matches!(members(&[(&id, &external)]), Err(CsvRefused::NotExpressible { .. })));
    }

    #[test]
    fn departments_with_ids() {
        let root = Department {
            id: DepartmentId(1),
            parent: DepartmentId(0),
            name: Some("集团".into()),
            order: 0,
            leaders: vec![],
        };
        let text = String::from_utf8(departments(&[root]).unwrap()).unwrap();
        assert_eq!(text, "部门名称,部门ID,父部门ID,排序\n集团,1,0,0\n");
    }
}
