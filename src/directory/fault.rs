//! What can be wrong with a directory, each with a stable code and its place in the source.
//!
//! Knows no file format and no store. Pages translate by [`FaultCode::code`]; the sentences here are English.

use crate::model::Text;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// What is wrong. The weight decides what follows, see [`FaultCode::weight`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// The file cannot be read from the disk.
    Unreadable,
    /// Not one of the formats that are read.
    UnknownFormat,
    /// The file, or what it unpacks to, is larger than allowed.
    TooLarge,
    /// More rows than allowed.
    TooManyRows,
    /// More columns than allowed.
    TooManyColumns,
    /// The archive is damaged, encrypted or cut short.
    BadArchive,
    /// The workbook is damaged or cut short.
    BadWorkbook,
    /// Neither UTF-8 nor GB18030, or a mixture.
    BadEncoding,
    /// Bytes that no text file holds.
    NotText,
    /// CSV that cannot be taken apart.
    BadCsv,
    /// LDIF that cannot be taken apart.
    BadLdif,
    /// LDIF that asks for changes or for other files.
    UnsupportedLdif,
    /// The file stops in the middle.
    Truncated,
    /// A sheet or file of the two is missing.
    MissingTable,
    /// Required columns are missing.
    MissingColumn,
    /// Captions that are neither those of units nor those of employees.
    UnknownTable,
    /// Two columns, or two files or sheets, with one meaning.
    DuplicateColumn,
    /// Nothing in it.
    EmptySource,
    /// Two units with one id.
    DuplicateUnit,
    /// Two employees with one id.
    DuplicateEmployee,
    /// No unit without a parent.
    NoRoot,
    /// More than one unit without a parent.
    SeveralRoots,
    /// Units that stand above themselves.
    Cycle,
    /// The parent of a unit does not exist.
    MissingParent,
    /// Far fewer units or employees than are stored.
    Shrunken,
    /// Far more people with another name, number, mobile or e-mail than is usual: the file of another organisation, or a
    /// column that slipped.
    OtherPeople,
    /// A unit that is to be removed still has units or people.
    UnitInUse,

    /// A required value is empty.
    MissingValue,
    /// A value outside the allowed ones.
    BadValue,
    /// A value longer than allowed.
    TooLong,
    /// More values in the row than captions.
    TooManyValues,
    /// A number that the spreadsheet has rounded.
    RoundedNumber,
    /// A unit that does not exist.
    UnknownUnit,

    /// A head who is not an employee.
    UnknownHead,
    /// A superior who is not an employee.
    UnknownSuperior,
    /// Values below an empty caption; they are not read.
    UnnamedColumn,
    /// Bad rows without a readable id: nobody is marked as departed and no unit removed by this import.
    RemovalsWithheld,
    /// Entries of other kinds, or files or sheets, not read.
    Ignored,
    /// A mobile that WeCom would refuse.
    BadMobile,
    /// An e-mail address that WeCom would refuse.
    BadEmail,
    /// An employee number, mobile or e-mail address that another row has too.
    SharedValue,
}

/// What a fault leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Only told.
    Warning,
    /// Leaves out the row, where the import may go on without bad rows.
    Row,
    /// Refuses the whole source.
    Structure,
}

impl FaultCode {
    /// The stable code, e.g. `directory.duplicate_unit`.
    pub fn code(self) -> String {
        let name = serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned));
        format!("directory.{}", name.unwrap_or_default())
    }

    /// What follows from it.
    pub fn weight(self) -> Weight {
        use FaultCode::*;
        match self {
            MissingValue | BadValue | TooLong | TooManyValues | RoundedNumber | UnknownUnit => Weight::Row,
            UnknownHead | UnknownSuperior | UnnamedColumn | RemovalsWithheld | Ignored | BadMobile | BadEmail
            | SharedValue => Weight::Warning,
            _ => Weight::Structure,
        }
    }
}

/// Where in the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// Sheet or file, e.g. `employees` or `employees.csv`; empty = the source as a whole.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub sheet: Text,
    /// Row of the sheet or line of the file, counted from 1, captions included; 0 = not a row.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub row: u32,
    /// Caption as the source has it; empty = not a column.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub column: Text,
}

fn is_zero(row: &u32) -> bool {
    *row == 0
}

impl Place {
    /// A sheet or file as a whole.
    pub fn sheet(sheet: &str) -> Self {
        Self { sheet: sheet.into(), ..Self::default() }
    }

    /// A row.
    pub fn row(sheet: &str, row: u32) -> Self {
        Self { sheet: sheet.into(), row, ..Self::default() }
    }

    /// A cell.
    pub fn cell(sheet: &str, row: u32, column: &str) -> Self {
        Self { sheet: sheet.into(), row, column: column.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        if !self.sheet.is_empty() {
            f.write_str(&self.sheet)?;
            gap = ", ";
        }
        if self.row > 0 {
            write!(f, "{gap}row {}", self.row)?;
            gap = ", ";
        }
        if !self.column.is_empty() {
            write!(f, "{gap}column {}", self.column)?;
        }
        Ok(())
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// What.
    pub code: FaultCode,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The value that is wrong, cut to 80 characters; empty where there is none.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub value: Text,
    /// Name of the person or unit that the row is about; empty where it has none.
    // boxed: faults are errors, and stay small
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub name: Box<Text>,
    /// Why, and what to do: one English sentence.
    pub reason: String,
}

impl Fault {
    /// A fault without a value.
    pub fn new(code: FaultCode, place: Place, reason: impl Into<String>) -> Self {
        Self { code, place, value: Text::default(), name: Box::default(), reason: reason.into() }
    }

    /// Adds whom or what the row is about.
    pub fn with_name(mut self, name: &Text) -> Self {
        *self.name = name.clone();
        self
    }

    /// Adds the value that is wrong.
    pub fn with_value(mut self, value: &str) -> Self {
        self.value = match value.char_indices().nth(80) {
            Some((end, _)) => Text::from(format!("{}…", &value[..end])),
            None => value.into(),
        };
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.to_string();
        if !place.is_empty() {
            write!(f, "{place}: ")?;
        }
        if !self.value.is_empty() {
            write!(f, "{:?}: ", self.value.as_str())?;
        }
        f.write_str(&self.reason)
    }
}

/// Puts faults into the order of the source: its tables as they are named here, their rows from the first to the last. What is
/// of no table comes first.
pub fn put_in_order(faults: &mut [Fault], tables: [&str; 2]) {
    let table =
        |fault: &Fault| tables.iter().position(|name| *name == fault.place.sheet.as_str()).map_or(0, |at| at + 1);
    faults.sort_by_key(|fault| (table(fault), fault.place.row));
}

/// One or more faults that refuse something; never empty. At most [`Faults::KEPT`] are kept, all are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Faults {
    /// The first ones, in the order of the source.
    pub list: Vec<Fault>,
    /// How many there are.
    pub total: usize,
}

impl Faults {
    /// How many are kept.
    pub const KEPT: usize = 1_000;

    /// All of a list that is not empty; `None` for an empty one.
    pub fn of(mut list: Vec<Fault>) -> Option<Self> {
        let total = list.len();
        list.truncate(Self::KEPT);
        (total > 0).then_some(Self { list, total })
    }

    /// With further ones behind them, so that one look at the source mends all of it.
    #[must_use]
    pub fn and(self, more: Vec<Fault>) -> Self {
        let total = self.total + more.len();
        let list = self.list.into_iter().chain(more).take(Self::KEPT).collect();
        Self { list, total }
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self { list: vec![fault], total: 1 }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(first) = self.list.first() {
            write!(f, "{first}")?;
        }
        if self.total > 1 {
            write!(f, " (and {} more)", self.total - 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_where_and_what() {
        let fault =
            Fault::new(FaultCode::BadValue, Place::cell("employees", 7, "gender"), "use 男 or 女").with_value("x");
        assert_eq!(fault.to_string(), r#"employees, row 7, column gender: "x": use 男 or 女"#);
        assert_eq!(fault.code.code(), "directory.bad_value");
        let long = fault.with_value(&"长".repeat(200));
        assert_eq!(long.value.chars().count(), 81);
        assert_eq!(Faults::of(vec![long.clone(), long]).map(|all| all.total), Some(2));
        assert!(Faults::of(Vec::new()).is_none());
    }
}
