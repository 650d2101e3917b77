//! From captions and cells to rows: what CSV and workbooks have in common.

use super::fault::{Fault, FaultCode, Place};
use super::fields::{Field, Record};
use super::kind;
use super::limits::Limits;
use super::parsed::Table;
use super::values::trim;
use crate::model::Text;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What a column is.
enum Slot<T: 'static> {
    Known(&'static Field<T>),
    Ext(Text),
    /// Of our own list of people, beside what can be imported.
    Told,
    /// Empty caption.
    Unnamed {
        told: bool,
    },
}

/// A cell as the file format gives it.
#[derive(Debug, Clone)]
pub enum Cell<'a> {
    /// Text, trimmed or not.
    Text(Cow<'a, str>),
    /// A number of more than 15 digits: the spreadsheet keeps no more, the rest is lost.
    Rounded(String),
    /// An error value such as `#N/A`.
    Error(String),
}

/// Takes rows of cells and makes a table of them.
pub struct Grid<T: 'static> {
    slots: Vec<Slot<T>>,
    captions: Vec<Text>,
    limits: Limits,
    table: Table<T>,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl<T: Record> Grid<T> {
    /// Reads the captions.
    ///
    /// # Errors
    /// Missing required columns, two columns with one meaning, too many columns.
    pub fn new(sheet: &str, row: u32, captions: &[Cow<'_, str>], limits: Limits) -> Result<Self, Fault> {
        let captions: Vec<Text> = captions.iter().map(|caption| Text::from(trim(caption))).collect();
        let used = captions.iter().rposition(|caption| !caption.is_empty()).map_or(0, |last| last + 1);
        if used > limits.columns_max as usize {
            let reason = format!("{used} columns; at most {} are read", limits.columns_max);
            return Err(Fault::new(FaultCode::TooManyColumns, Place::row(sheet, row), reason));
        }
        let mut slots = Vec::with_capacity(captions.len());
        let mut seen: BTreeSet<Text> = BTreeSet::new();
        let mut table = Table { sheet: sheet.into(), ..Table::default() };
        let told = told_beside::<T>(&captions);
        for (at, caption) in captions.iter().enumerate() {
            let slot = if told.contains(&at) { Slot::Told } else { slot_of::<T>(caption) };
            let name = match &slot {
                Slot::Known(field) => Text::from(field.name),
                Slot::Ext(key) => Text::from(format!("ext.{key}")),
                Slot::Told | Slot::Unnamed { .. } => Text::default(),
            };
            if !name.is_empty() && !seen.insert(name.clone()) {
                let reason = format!("the column {name} is there twice; remove or rename one");
                return Err(Fault::new(FaultCode::DuplicateColumn, Place::cell(sheet, row, caption), reason));
            }
            match &slot {
                Slot::Known(field) => drop(table.columns.known.insert(field.name, caption.clone())),
                Slot::Ext(key) => drop(table.columns.ext.insert(key.clone())),
                Slot::Told | Slot::Unnamed { .. } => {}
            }
            slots.push(slot);
        }
        if let Some(fault) = kind::lacks::<T>(sheet, row, &captions) {
            return Err(fault);
        }
        let mut warnings = Vec::new();
        if !told.is_empty() {
            let named: Vec<&str> = told.iter().map(|at| captions[*at].as_str()).collect();
            let reason = format!("the list says more than is imported; not read: {}", named.join(", "));
            warnings.push(Fault::new(FaultCode::Ignored, Place::row(sheet, row), reason));
        }
        Ok(Self { slots, captions, limits, table, faults: Vec::new(), warnings })
    }

    /// Takes a row over. Rows without any value are passed over; a bad row becomes a fault.
    ///
    /// # Errors
    /// Too many rows.
    pub fn push<'a>(&mut self, row: u32, cells: impl Iterator<Item = (usize, Cell<'a>)>) -> Result<(), Fault> {
        let mut record = T::blank();
        let faults_before = self.faults.len();
        let mut filled = false;
        let mut given = 0_u64;
        for (at, cell) in cells {
            let value = match &cell {
                Cell::Text(text) => trim(text),
                Cell::Rounded(text) | Cell::Error(text) => text.as_str(),
            };
            if value.is_empty() {
                continue;
            }
            filled = true;
            given |= 1_u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0);
            let place = |column: &str| Place::cell(&self.table.sheet, row, column);
            let Some(slot) = self.slots.get_mut(at) else {
                let reason = "the row has more values than there are captions; is a separator missing its quotes?";
                self.faults.push(Fault::new(FaultCode::TooManyValues, place(""), reason).with_value(value));
                continue;
            };
            let caption = &self.captions[at];
            let refused = match (&cell, &mut *slot) {
                (_, Slot::Unnamed { told }) => {
                    if !std::mem::replace(told, true) {
                        let reason = format!("column {} has values but no caption; it is not read", at + 1);
                        self.warnings.push(Fault::new(FaultCode::UnnamedColumn, place(""), reason));
                    }
                    None
                }
                (_, Slot::Told) => None,
                (Cell::Rounded(_), _) => Some((
                    FaultCode::RoundedNumber,
                    "a number of more than 15 digits was rounded by the spreadsheet; format the column as text and enter it again",
                )),
                (Cell::Error(_), _) => Some((FaultCode::BadValue, "the cell shows an error; correct its formula")),
                (Cell::Text(_), Slot::Known(field)) => {
                    let most = field.max_chars.min(self.limits.cell_max_chars);
                    if is_longer(value, most) { Some(too_long(most)) } else { (field.set)(&mut record, value).err() }
                }
                (Cell::Text(_), Slot::Ext(key)) => {
                    if is_longer(value, self.limits.cell_max_chars) {
                        Some(too_long(self.limits.cell_max_chars))
                    } else {
                        record.ext_mut().insert(key.clone(), Text::from(value));
                        None
                    }
                }
            };
            if let Some((code, reason)) = refused {
                self.faults.push(Fault::new(code, place(caption), reason).with_value(value));
            }
        }
        if !filled {
            return Ok(());
        }
        if self.table.rows.len() + self.table.doubtful.len() >= self.limits.rows_max as usize {
            let reason = format!("more than {} rows", self.limits.rows_max);
            return Err(Fault::new(FaultCode::TooManyRows, Place::row(&self.table.sheet, row), reason));
        }
        for (at, slot) in self.slots.iter().enumerate() {
            if let Slot::Known(field) = slot
                && field.required
                && (field.get)(&record).is_empty()
                && !was_given(given, at)
            {
                let place = Place::cell(&self.table.sheet, row, &self.captions[at]);
                let reason = format!("{} ({}) is required", field.name, field.caption);
                self.faults.push(Fault::new(FaultCode::MissingValue, place, reason));
            }
        }
        self.faults[faults_before..].iter_mut().for_each(|fault| fault.name.as_mut().clone_from(record.name()));
        if self.faults.len() == faults_before {
            self.table.rows.push(record);
            self.table.lines.push(row);
        } else if record.id().is_empty() {
            self.table.nameless += 1;
        } else {
            self.table.doubtful.insert(record.id().into());
        }
        Ok(())
    }

    /// The table, the faults of its rows, and the warnings.
    pub fn finish(self) -> (Table<T>, Vec<Fault>, Vec<Fault>) {
        (self.table, self.faults, self.warnings)
    }
}

/// Whether a value was given in one of the first 64 columns (it was refused then, which is a fault of its own).
fn was_given(given: u64, at: usize) -> bool {
    u32::try_from(at).ok().and_then(|at| given.checked_shr(at)).is_some_and(|bits| bits & 1 == 1)
}

fn is_longer(value: &str, most: usize) -> bool {
    value.len() > most && value.chars().count() > most
}

fn too_long(most: usize) -> (FaultCode, &'static str) {
    let reason = if most == 512 { "longer than 512 characters" } else { "longer than the 4096 characters allowed" };
    (FaultCode::TooLong, reason)
}

fn slot_of<T: Record>(caption: &Text) -> Slot<T> {
    if caption.is_empty() {
        return Slot::Unnamed { told: false };
    }
    if let Some(field) = find_field::<T>(caption) {
        return Slot::Known(field);
    }
    Slot::Ext(Text::from(caption.strip_prefix("ext.").unwrap_or(caption)))
}

/// Columns of our own list of people as a file, in their order. Two of them only tell: the name of the unit, and at the end,
/// where there is a corp, the userid.
const OWN_LIST: [&str; 11] = [
    "id",
    "name",
    "account",
    "employee_no",
    "mobile",
    "email",
    "position",
    "unit_id",
    "部门名称",
    "status",
    "成员账号",
];

/// The places of what our own list says beside what can be imported; none where these are the captions of another file.
fn told_beside<T: Record>(captions: &[Text]) -> Vec<usize> {
    let own = OWN_LIST.get(..captions.len()).filter(|own| own.len() + 1 >= OWN_LIST.len()).unwrap_or_default();
    let only_tells = |own: &&str| !own.is_ascii();
    let is_own = |(caption, own): (&Text, &&str)| match find_field::<T>(caption) {
        Some(field) => field.name == *own,
        None => only_tells(own) && caption == *own,
    };
    if !captions.iter().zip(own).all(is_own) {
        return Vec::new();
    }
    own.iter().enumerate().filter(|(_, own)| only_tells(own)).map(|(at, _)| at).collect()
}

/// The field that a caption names, in English (any case) or Chinese.
pub fn find_field<T: Record>(caption: &str) -> Option<&'static Field<T>> {
    let caption = trim(caption);
    T::fields().iter().find(|field| caption.eq_ignore_ascii_case(field.name) || caption == field.caption)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Employee;

    fn grid(captions: &[&str]) -> Result<Grid<Employee>, Fault> {
        let captions: Vec<_> = captions.iter().map(|caption| Cow::Borrowed(*caption)).collect();
        Grid::new("employees", 1, &captions, Limits::FILE)
    }

    fn push(grid: &mut Grid<Employee>, row: u32, cells: &[&str]) {
        grid.push(row, cells.iter().map(|cell| Cell::Text(Cow::Borrowed(*cell))).enumerate()).unwrap();
    }

    #[test]
    fn our_own_list_is_imported_without_what_it_tells_beside() {
        let own =
            ["人员编号", "姓名", "账号", "工号", "手机号", "邮箱", "职位", "主部门", "部门名称", "状态", "成员账号"];
        let cells = ["E1", "王芳", "wangfang", "", "", "", "", "D1", "财务部", "在职", "wf"];
        for captions in [&own[..], &own[..10]] {
            let mut grid = grid(captions).unwrap();
            push(&mut grid, 2, &cells[..captions.len()]);
            let (table, faults, warnings) = grid.finish();
            assert_eq!((faults.len(), warnings.len(), table.rows.len()), (0, 1, 1));
            assert!(warnings[0].reason.contains("部门名称"), "{}", warnings[0].reason);
            assert!(table.rows[0].ext.is_empty() && table.columns.ext.is_empty(), "{:?}", table.rows[0].ext);
            assert_eq!(table.rows[0].unit_id.as_str(), "D1");
        }
        // a file of somebody else keeps its column, whatever it is called
        let mut others = grid(&["人员编号", "姓名", "主部门", "部门名称"]).unwrap();
        push(&mut others, 2, &["E1", "王芳", "D1", "财务部"]);
        let (table, _, warnings) = others.finish();
        assert_eq!((table.rows[0].ext["部门名称"].as_str(), warnings.len()), ("财务部", 0));
    }

    #[test]
    fn captions() {
        for (captions, expected) in [
            (vec!["id", "name", "unit_id"], None),
            (vec!["人员编号", " 姓名 ", "主部门", "职级"], None),
            (vec!["ID", "Name", "UNIT_ID", "", ""], None),
            (vec!["id", "name"], Some(FaultCode::MissingColumn)),
            (vec!["id", "姓名", "name", "unit_id"], Some(FaultCode::DuplicateColumn)),
            (vec!["id", "name", "unit_id", "x", "ext.x"], Some(FaultCode::DuplicateColumn)),
            (vec![], Some(FaultCode::MissingColumn)),
        ] {
            assert_eq!(grid(&captions).err().map(|fault| fault.code), expected, "captions {captions:?}");
        }
        let many: Vec<String> = (0..201).map(|at| format!("c{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(grid(&many).err().map(|fault| fault.code), Some(FaultCode::TooManyColumns));
    }

    #[test]
    fn rows() {
        let mut grid = grid(&["人员编号", "姓名", "主部门", "职级", "性别", ""]).unwrap();
        push(&mut grid, 2, &["1", "张三", "u1", "P5", "男"]);
        push(&mut grid, 3, &["", " ", "\u{3000}"]);
        push(&mut grid, 4, &["2", "", "u1"]);
        push(&mut grid, 5, &["", "李四", "u1"]);
        push(&mut grid, 6, &["3", "王五", "u1", "", "?"]);
        push(&mut grid, 7, &["4", "赵六", "u1", "", "", "x"]);
        push(&mut grid, 8, &["5", "孙七", "u1", "", "", "y", "z"]);
        let (table, faults, warnings) = grid.finish();
        assert_eq!(table.lines, [2, 7]);
        assert_eq!(table.rows[0].ext["职级"], "P5");
        assert_eq!(table.doubtful, ["2", "3", "5"].map(Text::from).into());
        assert_eq!(table.nameless, 1);
        let faults: Vec<_> =
            faults.iter().map(|f| (f.code, f.place.row, f.place.column.as_str(), f.value.as_str())).collect();
        assert_eq!(
            faults,
            [
                (FaultCode::MissingValue, 4, "姓名", ""),
                (FaultCode::MissingValue, 5, "人员编号", ""),
                (FaultCode::BadValue, 6, "性别", "?"),
                (FaultCode::TooManyValues, 8, "", "z"),
            ]
        );
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn a_value_that_is_too_long_or_lost() {
        let mut grid = grid(&["id", "name", "unit_id", "address"]).unwrap();
        push(&mut grid, 2, &["1", "a", "u", &"x".repeat(4_096)]);
        push(&mut grid, 3, &["2", "a", "u", &"长".repeat(4_097)]);
        push(&mut grid, 4, &[&"i".repeat(513), "a", "u"]);
        let cells =
            [Cell::Text("3".into()), Cell::Error("#N/A".into()), Cell::Text("u".into()), Cell::Rounded("1e20".into())];
        grid.push(5, cells.into_iter().enumerate()).unwrap();
        let (table, faults, _) = grid.finish();
        assert_eq!(table.lines, [2]);
        let codes: Vec<_> = faults.iter().map(|fault| (fault.code, fault.place.row)).collect();
        assert_eq!(
            codes,
            [(FaultCode::TooLong, 3), (FaultCode::TooLong, 4), (FaultCode::BadValue, 5), (FaultCode::RoundedNumber, 5),]
        );
    }
}
