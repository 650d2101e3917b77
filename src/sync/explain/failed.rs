//! What the last sync could not do for a person: a plan that is fine says nothing of what WeCom refused.

use super::Explanation;
use crate::model::{Action, FailedRecord, RunId, UserId};
use crate::store::{self, Reads, StoreError};

/// The record of the corp's last sync that failed for this person, with the run; `None` where it went well, or was none of
/// those that the run's row names.
pub fn last_failure(
    tx: &impl Reads,
    corp: &crate::model::CorpKey,
    explained: &Explanation,
) -> Result<Option<(RunId, FailedRecord)>, StoreError> {
    let (Some(brief), _) = store::runs::last_syncs(tx, corp)? else { return Ok(None) };
    let Some(run) = store::runs::find(tx, &brief.id)? else { return Ok(None) };
    let created = explained.changes.iter().filter_map(|change| match &change.action {
        Action::CreateMember { userid, .. } => Some(userid),
        _ => None,
    });
    let linked = explained.binding.iter().map(|binding| &binding.userid);
    let subjects: Vec<String> = created.chain(linked).map(|userid: &UserId| format!("member {userid}")).collect();
    let found = run.failed.iter().find(|record| subjects.contains(&record.subject));
    Ok(found.map(|record| (run.id.clone(), record.clone())))
}
