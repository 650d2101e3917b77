//! What the result of an import says about each record of its file. Values only.

use crate::model::{Text, UserId};
use crate::wecom::{ImportRow, Refusal, RefusalClass};
use std::collections::HashMap;

/// What WeCom says about one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Created.
    Accepted,
    /// Refused.
    Refused(Refusal),
    /// Nothing: the row is not in the result, or there is no result.
    Unknown,
}

/// The answer for each record, given with its folded userid. The order of the rows means nothing; of several rows for one
/// member a refusal counts, and rows about others are not ours.
pub fn of_file(file: &[(usize, Text)], rows: Vec<ImportRow>) -> Vec<(usize, Answer)> {
    let mut by_userid: HashMap<Text, Option<Refusal>> = HashMap::with_capacity(rows.len());
    for row in rows {
        let Some(userid) = row.userid else { continue };
        let known = by_userid.entry(userid.folded()).or_default();
        if known.is_none() {
            *known = row.refusal;
        }
    }
    file.iter()
        .map(|(index, userid)| {
            let answer = match by_userid.remove(userid) {
                Some(None) => Answer::Accepted,
                Some(Some(refusal)) => Answer::Refused(refusal),
                None => Answer::Unknown,
            };
            (*index, answer)
        })
        .collect()
}

/// Whether a call of its own would be refused alike. Everything else is tried again one by one: how a cell was read is
/// the import's own affair, and what was busy need not be so any more.
pub fn is_final(refusal: &Refusal, userid: &UserId) -> bool {
    match &refusal.class {
        RefusalClass::MobileTaken { holder } => holder.as_ref().is_none_or(|holder| !holder.is_same(userid)),
        RefusalClass::EmailTaken | RefusalClass::Capacity => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(userid: &str, errcode: i64) -> ImportRow {
        let refusal = (errcode != 0).then(|| Refusal::read("batch/getresult", errcode, "mobile existed:b"));
        ImportRow { userid: Some(userid.into()), department: None, action: 0, refusal }
    }

    #[test]
    fn rows_are_found_by_their_userid() {
        let file = [(3, Text::from("a")), (5, "b".into()), (7, "c".into()), (9, "d".into())];
        let nameless = ImportRow { userid: None, ..row("", 0) };
        let rows =
            vec![row("stranger", 0), row("C", 60104), row("A", 0), row("d", 0), row("d", -1), row("d", 0), nameless];
        let got: Vec<(usize, i64)> = of_file(&file, rows)
            .into_iter()
            .map(|(index, answer)| match answer {
                Answer::Accepted => (index, 0),
                Answer::Refused(refusal) => (index, refusal.errcode),
                Answer::Unknown => (index, 404),
            })
            .collect();
        assert_eq!(got, [(3, 0), (5, 404), (7, 60104), (9, -1)]);
        assert!(of_file(&file, Vec::new()).iter().all(|(_, answer)| *answer == Answer::Unknown));
    }

    #[test]
    fn what_is_not_tried_again() {
        for (errcode, userid, want) in [
            (60104, "a", true),
            (60104, "B", false),
            (60106, "a", true),
            (45024, "a", true),
            (-1, "a", false),
            (40058, "a", false),
        ] {
            let refusal = Refusal::read("batch/getresult", errcode, "mobile existed:b");
            assert_eq!(is_final(&refusal, &userid.into()), want, "{errcode} {userid}");
        }
    }
}
