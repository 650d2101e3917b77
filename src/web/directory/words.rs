//! Codes of the read models and of directory files in the reader's language.

use crate::browse::Misplaced;
use crate::browse::mirror::{Likeness, LinkState, Naming, SideState, StatusFilter};
use crate::directory::fields::Record;
use crate::directory::{ChangeKind, Fault, FaultCode};
use crate::locale::{Lang, T, directory_fault};
use crate::model::{Employee, MemberStatus, OrgUnit};
use crate::sync::bindings::LinkFaultCode;
use std::borrow::{Borrow, Cow};

impl T {
    /// What is wrong with a directory file or a row.
    pub fn fault_text(self, code: impl Borrow<FaultCode>) -> Cow<'static, str> {
        let code = code.borrow().code();
        directory_fault(self.lang, &code).map_or(Cow::Owned(code), Cow::Borrowed)
    }

    /// More about a fault than [`T::fault_text`] says, such as the values that are allowed; `None` where that says all, or where
    /// the engine's words are in another language.
    pub fn fault_more(self, fault: &Fault) -> Option<String> {
        if self.says_all(fault) { None } else { self.retold(&fault.reason) }
    }

    /// Whether the engine's words add nothing to [`T::fault_text`].
    pub fn says_all(self, fault: &Fault) -> bool {
        matches!(fault.code, FaultCode::MissingValue | FaultCode::UnknownUnit)
    }

    /// A sheet of a directory file by its caption; as it stands where the file has named it.
    pub fn file_sheet(self, sheet: &str) -> String {
        let known = [(OrgUnit::TABLE, OrgUnit::TABLE_ZH), (Employee::TABLE, Employee::TABLE_ZH)];
        let caption = known.into_iter().find(|(name, _)| *name == sheet).map(|(_, caption)| caption);
        caption.filter(|_| self.lang == Lang::Zh).unwrap_or(sheet).to_owned()
    }

    /// A column of a sheet by its caption; as it stands where the file has named it.
    pub fn file_column(self, sheet: &str, column: &str) -> String {
        let table = sheet.rsplit(['/', '\\']).next().unwrap_or(sheet).split('.').next().unwrap_or(sheet);
        let is_unit = [OrgUnit::TABLE, OrgUnit::TABLE_ZH].contains(&table);
        let of_unit = OrgUnit::fields().iter().find(|field| is_unit && field.name == column).map(|field| field.caption);
        let of_person = || Employee::fields().iter().find(|field| field.name == column).map(|field| field.caption);
        of_unit.or_else(of_person).filter(|_| self.lang == Lang::Zh).unwrap_or(column).to_owned()
    }

    /// What happens to a row.
    pub fn row_change(self, kind: ChangeKind) -> &'static str {
        match kind {
            ChangeKind::Added => self.change_added(),
            ChangeKind::Changed => self.change_changed(),
            ChangeKind::Departed => self.change_departed(),
            ChangeKind::Returned => self.change_returned(),
            ChangeKind::Removed => self.change_removed(),
        }
    }

    /// Why a unit has no place.
    pub fn misplaced(self, why: &Option<Misplaced>) -> &'static str {
        match why {
            Some(Misplaced::ParentMissing) => self.misplaced_parent(),
            Some(Misplaced::Cycle) => self.misplaced_cycle(),
            None => "",
        }
    }

    /// Whether a name is a name.
    pub fn naming(self, naming: Naming) -> &'static str {
        match naming {
            Naming::Read => self.naming_read(),
            Naming::Unreadable => self.naming_unreadable(),
            Naming::Untranslated => self.naming_untranslated(),
        }
    }

    /// A status to filter by.
    pub fn status_filter(self, status: StatusFilter) -> &'static str {
        self.member_status(match status {
            StatusFilter::Activated => Some(MemberStatus::Activated),
            StatusFilter::Disabled => Some(MemberStatus::Disabled),
            StatusFilter::NotActivated => Some(MemberStatus::NotActivated),
            StatusFilter::Left => Some(MemberStatus::Left),
            StatusFilter::Other => None,
        })
    }

    /// How a row of the two trees stands.
    pub fn side_state(self, state: SideState) -> &'static str {
        match state {
            SideState::Linked => self.side_linked(),
            SideState::NameDiffers => self.side_name_differs(),
            SideState::Moved => self.side_moved(),
            SideState::OnlyHere => self.side_only_here(),
            SideState::OnlyThere => self.side_only_there(),
        }
    }

    /// What is remarkable about a link.
    pub fn link_state(self, state: LinkState) -> &'static str {
        match state {
            LinkState::Whole => self.bind_state_whole(),
            LinkState::Departed => self.bind_state_departed(),
            LinkState::EmployeeGone => self.bind_employee_gone(),
            LinkState::MemberGone => self.bind_member_gone(),
        }
    }

    /// What two rows agree in.
    pub fn likeness(self, likeness: Likeness) -> &'static str {
        match likeness {
            Likeness::Account => self.likeness_account(),
            Likeness::Mobile => self.likeness_mobile(),
            Likeness::Email => self.likeness_email(),
            Likeness::Name => self.likeness_name(),
        }
    }

    /// Why a row of a binding file was not used.
    pub fn link_fault(self, code: LinkFaultCode) -> &'static str {
        match code {
            LinkFaultCode::NoEmployee => self.link_fault_no_employee(),
            LinkFaultCode::NoMember => self.link_fault_no_member(),
            LinkFaultCode::SeveralMembers => self.link_fault_several(),
            LinkFaultCode::OtherMember => self.link_fault_other(),
            LinkFaultCode::Conflict => self.link_fault_conflict(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;
    use FaultCode::*;

    /// Whatever a cell may not say, the page says in the reader's language what it may.
    #[test]
    fn what_is_allowed_is_told_in_both_languages() {
        let long = "长".repeat(5_000);
        let mut told = 0;
        let mut check = |refused: Option<&'static str>, value: &str, name: &str| {
            let Some(reason) = refused else { return };
            let more = T::new(Lang::Zh).retold(reason);
            assert!(more.as_ref().is_some_and(|more| more != reason), "{name} {value}: {reason}");
            told += 1;
        };
        for value in ["?", "a;b", "a\nb", "99999999999", "-1", long.as_str()] {
            for field in Employee::fields() {
                check((field.set)(&mut Employee::blank(), value).err().map(|refused| refused.1), value, field.name);
            }
            for field in OrgUnit::fields() {
                check((field.set)(&mut OrgUnit::blank(), value).err().map(|refused| refused.1), value, field.name);
            }
        }
        assert!(told > 15, "{told}");
    }

    #[test]
    fn columns_are_called_as_their_table_calls_them() {
        let zh = T::new(Lang::Zh);
        for (sheet, column, called) in [
            ("部门.csv", "id", "部门编号"),
            ("x/units.csv", "name", "部门名称"),
            ("人员.csv", "id", "人员编号"),
            ("employees", "name", "姓名"),
            ("人员", "手机", "手机"),
        ] {
            assert_eq!(zh.file_column(sheet, column), called, "{sheet} {column}");
        }
    }

    #[test]
    fn every_fault_has_words_in_both_languages() {
        for code in [
            Unreadable,
            UnknownFormat,
            TooLarge,
            TooManyRows,
            TooManyColumns,
            BadArchive,
            BadWorkbook,
            BadEncoding,
            NotText,
            BadCsv,
            BadLdif,
            UnsupportedLdif,
            Truncated,
            MissingTable,
            MissingColumn,
            UnknownTable,
            BadMobile,
            BadEmail,
            SharedValue,
            DuplicateColumn,
            EmptySource,
            DuplicateUnit,
            DuplicateEmployee,
            NoRoot,
            SeveralRoots,
            Cycle,
            MissingParent,
            Shrunken,
            OtherPeople,
            UnitInUse,
            MissingValue,
            BadValue,
            TooLong,
            TooManyValues,
            RoundedNumber,
            UnknownUnit,
            UnknownHead,
            UnknownSuperior,
            UnnamedColumn,
            RemovalsWithheld,
            Ignored,
        ] {
            for lang in Lang::ALL {
                assert_ne!(T::new(lang).fault_text(code), code.code(), "{code:?}");
            }
        }
    }
}
