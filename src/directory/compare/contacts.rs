//! What WeCom would refuse of people's mobiles and e-mail addresses, and what two rows of a file share although each person
//! has their own. It is told and no more: the directory may hold it, and the sync leaves it out.

use crate::directory::fault::{Fault, FaultCode, Place};
use crate::directory::parsed::Table;
use crate::model::{Employee, Text, normal};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

/// Rows that are told of each column and each fault; the others are counted.
const TOLD: usize = 500;

/// A column that each person has for themselves.
struct Own {
    name: &'static str,
    get: fn(&Employee) -> &Text,
    normal: fn(&str) -> Cow<'_, str>,
    /// What is wrong with a value, and why.
    doubt: fn(&str) -> Option<(FaultCode, String)>,
}

const OWN: [Own; 3] = [
    Own { name: "employee_no", get: |row| &row.employee_no, normal: normal::folded, doubt: |_| None },
    Own {
        name: "mobile",
        get: |row| &row.mobile,
        normal: normal::mobile,
        doubt: |value| normal::doubt_of_mobile(value).map(|why| (FaultCode::BadMobile, why)),
    },
    Own {
        name: "email",
        get: |row| &row.email,
        normal: normal::folded,
        doubt: |value| normal::check_mail(value, normal::MAIL_MAX).err().map(|why| (FaultCode::BadEmail, why)),
    },
];

/// What is remarkable about the columns that the file states, of people who work here.
pub(super) fn warnings(table: &Table<Employee>) -> Vec<Fault> {
    let mut told = Vec::new();
    for own in OWN.iter().filter(|own| table.columns.known.contains_key(own.name)) {
        of_column(table, own, &mut told);
    }
    told
}

fn of_column(table: &Table<Employee>, own: &Own, told: &mut Vec<Fault>) {
    let caption = table.columns.caption(own.name);
    let mut counts: HashMap<FaultCode, usize> = HashMap::new();
    let mut tell = |code: FaultCode, at: usize, reason: &dyn Fn() -> String| {
        let count = counts.entry(code).or_default();
        *count += 1;
        if *count <= TOLD {
            let row = &table.rows[at];
            let fault = Fault::new(code, Place::cell(&table.sheet, table.line(at), caption), reason());
            told.push(fault.with_value((own.get)(row)).with_name(&row.name));
        }
    };
    // by hash, because there is one entry for everybody; a hit is compared in full
    let hasher = RandomState::new();
    let mut first: HashMap<u64, u32> = HashMap::with_capacity(table.rows.len());
    for (at, row) in table.rows.iter().enumerate().filter(|(_, row)| row.status.is_active()) {
        let value = (own.get)(row);
        if value.is_empty() {
            continue;
        }
        if let Some((code, why)) = (own.doubt)(value) {
            tell(code, at, &|| why.clone());
        }
        let value = (own.normal)(value);
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        match first.entry(hasher.hash_one(value.as_ref())) {
            Entry::Vacant(free) => drop(free.insert(place)),
            Entry::Occupied(taken) => {
                let before = *taken.get() as usize;
                let Some(other) = table.rows.get(before).filter(|other| (own.normal)((own.get)(other)) == value) else {
                    continue;
                };
                tell(FaultCode::SharedValue, at, &|| {
                    format!("row {} has the same: {}", table.line(before), other.name)
                });
            }
        }
    }
    for (code, count) in counts {
        if count > TOLD {
            let reason = format!("{} more rows are not listed", count - TOLD);
            told.push(Fault::new(code, Place::cell(&table.sheet, 0, caption), reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&'static str], people: &[(&str, &str, &str)]) -> Table<Employee> {
        let rows = people.iter().enumerate().map(|(at, (number, mobile, email))| {
            let mut row = Employee::new(format!("e{at}"), &format!("甲{at}"), "1");
            (row.employee_no, row.mobile, row.email) = ((*number).into(), (*mobile).into(), (*email).into());
            row
        });
        let mut table = Table::of_rows(rows.collect());
        table.columns.known.retain(|name, _| columns.contains(name));
        table
    }

    #[test]
    fn what_wecom_refuses_and_what_two_share() {
        use FaultCode::{BadEmail, BadMobile, SharedValue};
        let people = [
            ("A1", "13800000000", "a@b.cn"),
            ("a1", "+86 138 0000 0000", "A@B.cn"),
            ("A2", "12345", "no mail"),
            ("", "+852 2345 6789", ""),
            ("", "", ""),
            ("A3", "13800000000", "c@b.cn"),
            ("A4", "85223456789", "d@b.cn"),
        ];
        let all = table(&["employee_no", "mobile", "email"], &people);
        let told = warnings(&all);
        let told: Vec<_> = told
            .iter()
            .map(|fault| (fault.code, fault.place.row, fault.place.column.as_str(), fault.reason.as_str()))
            .collect();
        let mainland = "without a country code it is a mobile of mainland China: 11 digits that begin with 1";
        assert_eq!(
            told,
            [
                (SharedValue, 2, "employee_no", "row 1 has the same: 甲0"),
                (SharedValue, 2, "mobile", "row 1 has the same: 甲0"),
                (BadMobile, 3, "mobile", mainland),
                (SharedValue, 6, "mobile", "row 1 has the same: 甲0"),
                (BadMobile, 7, "mobile", mainland),
                (SharedValue, 2, "email", "row 1 has the same: 甲0"),
                (BadEmail, 3, "email", "it is not an e-mail address of 6 to 64 bytes"),
            ]
        );
        assert_eq!(warnings(&table(&[], &people)), [], "a column that the file does not state is not the file's");
        let mut gone = all;
        gone.rows.iter_mut().for_each(|row| row.status = crate::model::EmployeeStatus::Departed);
        assert_eq!(warnings(&gone), [], "who has left shares nothing");
    }

    #[test]
    fn the_list_is_bounded() {
        let people = vec![("", "123", ""); 2_000];
        let told = warnings(&table(&["mobile"], &people));
        assert_eq!(told.len(), 2 * TOLD + 2);
        let rest: Vec<_> =
            told.iter().filter(|fault| fault.place.row == 0).map(|fault| fault.reason.as_str()).collect();
        assert!(rest.contains(&"1500 more rows are not listed") && rest.contains(&"1499 more rows are not listed"));
    }
}
