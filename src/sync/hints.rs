//! What contact events tell of before anybody has looked: members whose details are to be read again although the id list
//! shows them as they were, departments whose names are, and members that were given another userid.
//!
//! A hint changes nothing by itself. The next pull reads what the hints name, and only what that read shows is believed.

use crate::model::{Actor, CorpKey, DepartmentId, MemberBinding, Text, UserId};
use crate::store::{self, Reads, StoreError, WriteTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

const NAME: &str = "sync.hints";
/// Subjects of each kind that are kept; beyond it the next pull reads everything.
const KEPT_MAX: usize = 2_000;

/// What the next pull is to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hints {
    /// Folded userids.
    pub members: BTreeSet<Text>,
    /// Departments.
    pub departments: BTreeSet<DepartmentId>,
    /// From one userid to another, in the order of the events.
    pub renamed: Vec<(UserId, UserId)>,
    /// There were too many to keep: everything is read.
    pub is_full: bool,
}

impl Hints {
    /// Whether there is nothing to read that a pull would not read anyway.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a member's details are to be read again.
    pub fn names(&self, folded: &Text) -> bool {
        self.members.contains(folded)
    }
}

/// What is hinted at in a corp.
pub fn get(tx: &impl Reads, corp: &CorpKey) -> Result<Hints, StoreError> {
    Ok(store::settings::get(tx, store::Scope::Corp(corp), NAME)?.unwrap_or_default())
}

/// Adds hints.
pub fn add(tx: &WriteTx, corp: &CorpKey, change: impl FnOnce(&mut Hints)) -> Result<(), StoreError> {
    let mut hints = get(tx, corp)?;
    change(&mut hints);
    let most = hints.members.len().max(hints.departments.len()).max(hints.renamed.len());
    if most > KEPT_MAX {
        hints.is_full = true;
        hints.members.clear();
        hints.departments.clear();
        hints.renamed.truncate(KEPT_MAX);
    }
    store::settings::put(tx, store::Scope::Corp(corp), NAME, &hints)
}

/// Takes away what a pull that began with these hints has looked at, and lets links follow members to their new userids
/// where the mirror shows that the old one is gone and the new one is there.
pub(super) fn serve(tx: &WriteTx, corp: &CorpKey, served: &Hints) -> Result<(), StoreError> {
    for (from, to) in &served.renamed {
        follow(tx, corp, from, to)?;
    }
    let mut left = get(tx, corp)?;
    if left == *served {
        return store::settings::remove(tx, store::Scope::Corp(corp), NAME).map(drop);
    }
    left.members.retain(|member| !served.members.contains(member));
    left.departments.retain(|department| !served.departments.contains(department));
    left.renamed.retain(|pair| !served.renamed.contains(pair));
    left.is_full &= !served.is_full;
    store::settings::put(tx, store::Scope::Corp(corp), NAME, &left)
}

fn follow(tx: &WriteTx, corp: &CorpKey, from: &UserId, to: &UserId) -> Result<(), StoreError> {
    let is_proven = !from.is_same(to)
        && store::mirror::find_member(tx, corp, from)?.is_none()
        && store::mirror::find_member(tx, corp, to)?.is_some()
        && store::bindings::find_by_userid(tx, corp, to)?.is_none();
    let Some(binding) = store::bindings::find_by_userid(tx, corp, from)?.filter(|_| is_proven) else {
        return Ok(());
    };
    store::bindings::remove_member(tx, corp, &binding.employee)?;
    let moved = MemberBinding { userid: to.clone(), ..binding };
    store::bindings::put_member(tx, corp, &moved)?;
    let subject = format!("employee {}", moved.employee);
    let note = |userid: &UserId| Some(json!({ "corp": corp, "userid": userid }));
    store::audit::append(tx, &Actor::callback(), "binding.rename", &subject, note(from), note(to)).map(drop)
}
