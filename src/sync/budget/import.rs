//! Which new members go by WeCom's asynchronous import instead of by one call each, and why. Values only; the budget
//! counts with it, and the engine does what the budget said.
//!
//! Only creations go by import. A file must name mobile or e-mail and department of everybody in it, so a row for
//! somebody who is there would write fields that the plan does not change, or leave cells empty, and what an empty cell
//! does to a member is not documented for the public edition (contract, section 5.3). It would also create again whoever
//! was deleted in the console meanwhile. The full replace of members or departments deletes what is not in the file; the
//! bridge never uses it.

use super::Strategy;
use crate::model::{Action, BatchShare, Change, Edition, MemberField, MemberImage, Quota, Text};
use crate::wecom::batch_csv;

/// Members in one file. WeCom names no limit but 20 MB; with so many a lost answer concerns few, and a run can be
/// cancelled between two files.
pub const FILE_ROWS: usize = 1_000;
/// A file with fewer members costs about as many calls as it saves.
pub const FILE_ROWS_MIN: usize = 20;
/// Fewer new members than this are created one by one under any quota.
const MEMBERS_MIN: u64 = 500;
/// The import is used when single creations would take this part of a minute's calls or more: with the public quota of
/// 10,000 a minute, from 2,000 new members on.
const PART_OF_A_MINUTE: u64 = 5;

/// Why a new member takes a call of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Single {
    /// A file has no column for the main department.
    SeveralDepartments,
    /// A file has no column for superiors.
    Superiors,
    /// A file has no column for the external profile: 对外职务 and external attributes.
    ExternalProfile,
    /// A file has no column for the corp's mail address.
    CorpMail,
    /// A file is refused as a whole when somebody in it has neither.
    NoMobileNorEmail,
    /// A custom attribute has the name of another column.
    AttributeName,
    /// How WeCom reads quotes, commas and line breaks in a cell is not documented; a shifted column would be worse than
    /// a call.
    Characters,
}

impl Single {
    /// As [`BatchShare::single`] spells it.
    pub fn code(self) -> &'static str {
        match self {
            Self::SeveralDepartments => "several_departments",
            Self::Superiors => "superiors",
            Self::ExternalProfile => "external_profile",
            Self::CorpMail => "corp_mail",
            Self::NoMobileNorEmail => "no_mobile_nor_email",
            Self::AttributeName => "attribute_name",
            Self::Characters => "characters",
        }
    }
}

/// Whether a file can carry a change whole; `None` for changes that are no creation of a member.
pub fn fits(action: &Action) -> Option<Result<(), Single>> {
    match action {
        Action::CreateMember { after, .. } => Some(check(after)),
        _ => None,
    }
}

/// Whether a change goes by import in a plan that uses it.
pub fn goes_by_file(change: &Change) -> bool {
    fits(&change.action) == Some(Ok(()))
}

fn check(image: &MemberImage) -> Result<(), Single> {
    let departments = image.memberships.as_deref().unwrap_or_default();
    let [only] = departments else { return Err(Single::SeveralDepartments) };
    if image.main_department.is_some_and(|main| main != only.department) {
        return Err(Single::SeveralDepartments);
    }
    if image.direct_leader.as_ref().is_some_and(|leaders| !leaders.is_empty()) {
        return Err(Single::Superiors);
    }
    let has = |field| image.fields.get(field).is_some_and(|value: &Text| !value.is_empty());
    if !has(&MemberField::Mobile) && !has(&MemberField::Email) {
        return Err(Single::NoMobileNorEmail);
    }
    for (field, value) in image.fields.iter().filter(|(_, value)| !value.is_empty()) {
        match field {
            MemberField::ExternalPosition | MemberField::External(_) => return Err(Single::ExternalProfile),
            MemberField::BizMail => return Err(Single::CorpMail),
            MemberField::ExtAttr(name) if batch_csv::is_template_column(name) => return Err(Single::AttributeName),
            MemberField::ExtAttr(name) if !is_plain(name) => return Err(Single::Characters),
            _ if !is_plain(value) => return Err(Single::Characters),
            _ => {}
        }
    }
    Ok(())
}

/// Whether every reader of CSV reads a cell alike.
fn is_plain(cell: &str) -> bool {
    !cell.contains(['"', ',', '\'']) && !cell.chars().any(char::is_control) && cell.trim() == cell
}

/// What the choice rests on.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The corp's edition.
    pub edition: Edition,
    /// The corp's quota.
    pub quota: &'a Quota,
    /// Whether ids can be listed and details read: an import is looked at before it is believed.
    pub can_look: bool,
}

/// The choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// How.
    pub strategy: Strategy,
    /// Why, one English sentence; the pages have it in both languages.
    pub reason: &'static str,
    /// What goes how; `None` = so few are created that it was not weighed.
    pub share: Option<BatchShare>,
}

/// How the new members of a plan are created.
pub fn choose(changes: &[Change], terms: Terms<'_>) -> Choice {
    let created: Vec<&Change> =
        changes.iter().filter(|change| matches!(change.action, Action::CreateMember { .. })).collect();
    let least = (u64::from(terms.quota.calls_per_minute) / PART_OF_A_MINUTE).max(MEMBERS_MIN);
    let single = |reason, share| Choice { strategy: Strategy::PerObject, reason, share };
    if created.is_empty() {
        return single("nobody is created; single calls change exactly what differs", None);
    }
    if (created.len() as u64) < least {
        return single("every record gets its own answer, can be retried alone and is never created twice", None);
    }
    let mut share = BatchShare::default();
    let mut rows = [0_usize; 2];
    for change in created {
        match &change.action {
            Action::CreateMember { after, invite, .. } => match check(after) {
                Ok(()) => rows[usize::from(*invite)] += 1,
                Err(why) => *share.single.entry(why.code().to_owned()).or_default() += 1,
            },
            _ => continue,
        }
    }
    let fit = (rows[0] + rows[1]) as u64;
    if terms.edition != Edition::Public {
        return single("only the import of the public edition is known well enough", Some(share));
    }
    if !terms.can_look {
        return single("what an import has made could not be looked at with these credentials", Some(share));
    }
    if fit < least {
        return single("too few of the new members fit an import file", Some(share));
    }
    share.members = fit;
    share.files = rows.iter().map(|rows| rows.div_ceil(FILE_ROWS) as u64).sum();
    Choice {
        strategy: Strategy::Batch,
        reason: "a file creates up to a thousand members with a few calls; whatever it cannot carry or leaves undone \
                 takes single calls",
        share: Some(share),
    }
}

#[cfg(test)]
mod tests;
