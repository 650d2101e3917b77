//! What WeCom is now, read afresh as far as the changes of a plan rest on it: ids of everything, names where departments
//! are changed, and the details of everybody whose fields are overwritten.

use crate::model::{Action, Change, Corp, Department, DepartmentId, Member, Text, UserId};
use crate::store;
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::facts;
use crate::sync::looks::{self, BRANCH_MAX, Look, NAMES_SINGLY_MAX, Tree};
use crate::sync::progress::{Interruption, Phase, Watch};
use crate::sync::pull::choose::{self, Findings};
use crate::sync::pull::context::{Context, Former};
use crate::sync::pull::ids;
use crate::sync::pull::reading::{self, IdMap};
use crate::wecom::{CallError, Client, Credential, RefusalClass};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeSet, HashMap};

/// What was read.
#[derive(Debug, Default)]
pub struct Now {
    /// Departments by id; the name is there where it was read.
    pub departments: HashMap<DepartmentId, Department>,
    /// Everybody, with departments.
    pub members: IdMap,
    /// Details of those who were looked at, by folded userid.
    pub details: HashMap<Text, Member>,
    /// Whether the departments of the members are all there are, not only those that a credential is shown.
    pub has_all_places: bool,
}

impl Now {
    /// Whether nothing was seen at all.
    pub fn is_empty(&self) -> bool {
        self.departments.is_empty() && self.members.is_empty()
    }
}

/// Who reads.
pub struct Reader<'r> {
    /// For the store.
    pub env: &'r Env,
    /// The corp.
    pub corp: &'r Corp,
    /// Counted by the run's meter.
    pub client: &'r Client,
    /// Who is told, and who may stop it.
    pub watch: &'r Watch,
}

impl Reader<'_> {
    /// Reads everything that these changes rest on.
    pub async fn read(&self, changes: &[&Change]) -> Result<Now, SyncError> {
        self.watch.reading(Phase::Check, 0, 0);
        let Some(mut now) = self.places().await? else { return self.read_everything().await };
        let key = self.corp.key.clone();
        let memory = self.env.store.read_async(move |tx| facts::get(tx, &key)).await?;
        let reader = choose::reader(self.corp, self.client, memory.contacts_reads_details);
        self.add_details(&mut now, changes, reader.as_ref()).await?;
        Ok(now)
    }

    /// Which departments there are, and who is in which; `None` when the credentials may not list that.
    pub async fn places(&self) -> Result<Option<Now>, SyncError> {
        let key = self.corp.key.clone();
        let memory = self.env.store.read_async(move |tx| facts::get(tx, &key)).await?;
        if memory.lists_ids == Some(false) || !self.client.has(&Credential::Contacts) {
            return Ok(None);
        }
        let listed = match self.client.department_simplelist(&Credential::Contacts, None).await {
            Ok(listed) => listed,
            Err(error) if choose::is_not_allowed(self.client, &error) => return Ok(None),
            Err(cause) => return Err(SyncError::read("the ids of departments", cause)),
        };
        let members = match ids::read_ids(self.client).await {
            Ok(members) => members,
            Err(error) if choose::is_not_allowed(self.client, &error) => return Ok(None),
            Err(cause) => return Err(SyncError::read("the ids of members", cause)),
        };
        let departments = listed.into_iter().map(|d| (d.id, d)).collect();
        Ok(Some(Now { departments, members, has_all_places: true, ..Now::default() }))
    }

    /// What the pull of this very run has read, with the details that it took over from an earlier one read afresh.
    /// `None` = it has read all details itself.
    pub async fn read_after_pull(&self, changes: &[&Change]) -> Result<Option<Now>, SyncError> {
        let key = self.corp.key.clone();
        let loaded = self.env.store.read_async(move |tx| {
            let memory = facts::get(tx, &key)?;
            if memory.has_read_details {
                return Ok(None);
            }
            Ok(Some((memory, store::mirror::departments(tx, &key)?, store::mirror::members(tx, &key)?)))
        });
        let Some((memory, departments, members)) = loaded.await? else { return Ok(None) };
        let place = |member: Member| {
            let departments = member.memberships.iter().map(|m| m.department).collect();
            (member.userid.folded(), (member.userid, departments))
        };
        let nameless = |department: Department| (department.id, Department { name: None, ..department });
        let mut now = Now {
            departments: departments.into_iter().map(nameless).collect(),
            members: members.into_iter().map(place).collect(),
            has_all_places: true,
            ..Now::default()
        };
        let reader = choose::reader(self.corp, self.client, memory.contacts_reads_details);
        self.add_details(&mut now, changes, reader.as_ref()).await?;
        Ok(Some(now))
    }

    /// Names of departments and details of members that the changes overwrite, where there is somebody to read them.
    async fn add_details(
        &self,
        now: &mut Now,
        changes: &[&Change],
        reader: Option<&Credential>,
    ) -> Result<(), SyncError> {
        let Some(reader) = reader else { return Ok(()) };
        let changed: BTreeSet<DepartmentId> =
            changes.iter().filter_map(|change| Some(change.action.department_before()?.0)).collect();
        self.add_names(now, changed, reader).await?;
        let wanted = touched(changes, &now.members);
        self.add_members(now, &wanted, reader).await
    }

    /// Details of these members, given with the departments each is in, with the fewest calls. Who is out of sight stays
    /// without.
    pub async fn add_members(
        &self,
        now: &mut Now,
        wanted: &HashMap<Text, Vec<DepartmentId>>,
        reader: &Credential,
    ) -> Result<(), SyncError> {
        let tree = tree_of(&now.departments, &now.members);
        let mut left = looks::cheapest(wanted, &tree, BRANCH_MAX);
        let mut branch_max = BRANCH_MAX;
        while !left.is_empty() {
            let refused = self.look(now, left, reader).await?;
            if branch_max == 0 {
                return Ok(());
            }
            // too large for one answer: department by department, and at last one by one
            branch_max = 0;
            let refused: HashMap<Text, Vec<DepartmentId>> =
                refused.into_iter().filter_map(|folded| Some((folded.clone(), wanted.get(&folded)?.clone()))).collect();
            left = looks::cheapest(&refused, &tree, branch_max);
        }
        Ok(())
    }

    async fn add_names(
        &self,
        now: &mut Now,
        changed: BTreeSet<DepartmentId>,
        reader: &Credential,
    ) -> Result<(), SyncError> {
        let fail = |cause| SyncError::read("names of departments", cause);
        let mut named = Vec::new();
        if changed.len() > NAMES_SINGLY_MAX {
            self.check()?;
            named = self.client.department_list(reader, None).await.map_err(fail)?;
        } else {
            for id in changed {
                self.check()?;
                match self.client.department_get(reader, id).await {
                    Ok(department) => named.push(department),
                    Err(error) if ids::is_out_of_sight(&error) => {}
                    Err(cause) => return Err(fail(cause)),
                }
            }
        }
        for named in named {
            if let Some(department) = now.departments.get_mut(&named.id) {
                department.name = named.name;
            }
        }
        Ok(())
    }

    /// Makes the calls; answers the members whose list was too large. Who is out of sight stays without details.
    async fn look(&self, now: &mut Now, looks: Vec<Look>, reader: &Credential) -> Result<Vec<Text>, SyncError> {
        let width = usize::try_from(self.corp.quota.concurrency.clamp(1, 64)).unwrap_or(1);
        let (mut done, total) = (0, looks.len() as u64);
        let calls: Vec<(Look, UserId)> = looks
            .into_iter()
            .map(|look| {
                let folded = match &look {
                    Look::One(folded) => folded.clone(),
                    Look::List(..) | Look::Branch(..) => Text::default(),
                };
                let userid = now.members.get(&folded).map(|(userid, _)| userid.clone());
                (look, userid.unwrap_or(UserId(folded)))
            })
            .collect();
        let mut answers = stream::iter(calls)
            .map(|(look, userid)| async move {
                let answer = match &look {
                    Look::One(_) => self.client.user_get(reader, &userid).await.map(|member| vec![member]),
                    Look::List(department, _) => self.client.user_list(reader, *department, false).await,
                    Look::Branch(department, _) => self.client.user_list(reader, *department, true).await,
                };
                (look, answer)
            })
            .buffer_unordered(width);
        let mut refused = Vec::new();
        while let Some((look, answer)) = answers.next().await {
            self.check()?;
            match (answer, look) {
                (Ok(members), _) => reading::unite(&mut now.details, members),
                (Err(error), Look::List(_, members) | Look::Branch(_, members)) if is_too_large(&error) => {
                    refused.extend(members);
                }
                (Err(error), _) if ids::is_out_of_sight(&error) => {}
                (Err(cause), _) => return Err(SyncError::read("details of members", cause)),
            }
            done += 1;
            self.watch.reading(Phase::Check, done, total);
        }
        Ok(refused)
    }

    /// Without id lists there is only the whole.
    async fn read_everything(&self) -> Result<Now, SyncError> {
        let key = self.corp.key.clone();
        let former = self.env.store.read_async(move |tx| Former::load(tx, &key)).await?;
        let mut findings = Findings::from(&former.memory);
        let context = Context {
            corp: self.corp.clone(),
            client: self.client.clone(),
            clock: self.env.clock.clone(),
            watch: self.watch.clone(),
            former,
            is_full: true,
            width: usize::try_from(self.corp.quota.concurrency.clamp(1, 64)).unwrap_or(1),
        };
        let read = choose::read(&context, &mut findings).await?;
        let departments = read.departments.into_iter().map(|d| (d.id, d)).collect();
        let mut now = Now { departments, has_all_places: true, ..Now::default() };
        for member in read.members {
            let departments = member.memberships.iter().map(|m| m.department).collect();
            now.members.insert(member.userid.folded(), (member.userid.clone(), departments));
            now.details.insert(member.userid.folded(), member);
        }
        Ok(now)
    }

    fn check(&self) -> Result<(), SyncError> {
        match self.watch.interruption() {
            None => Ok(()),
            Some(Interruption::Cancelled) => Err(SyncError::Cancelled),
            Some(Interruption::Stopping) => Err(SyncError::Stopping),
        }
    }
}

/// The subject of one change and nothing else, for a record that is tried again by itself. What cannot be seen is left
/// out, so an empty answer proves nothing.
pub async fn read_one(client: &Client, reader: Option<&Credential>, action: &Action) -> Result<Now, CallError> {
    let mut now = Now::default();
    let Some(reader) = reader else { return Ok(now) };
    if let Some((id, _)) = action.department_before() {
        match client.department_get(reader, id).await {
            Ok(found) => drop(now.departments.insert(id, found)),
            Err(error) if error.is_systemic() => return Err(error),
            Err(_) => {}
        }
    }
    if let Some((userid, _)) = action.member_before() {
        match client.user_get(reader, userid).await {
            Ok(found) => {
                let departments = found.memberships.iter().map(|m| m.department).collect();
                now.members.insert(userid.folded(), (userid.clone(), departments));
                now.details.insert(userid.folded(), found);
            }
            Err(error) if error.is_systemic() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(now)
}

fn is_too_large(error: &CallError) -> bool {
    error.class() == Some(&RefusalClass::TooLarge)
}

/// Everybody of whom a change overwrites something that details show.
pub fn touched(changes: &[&Change], members: &IdMap) -> HashMap<Text, Vec<DepartmentId>> {
    let befores = changes.iter().filter_map(|change| change.action.member_before());
    befores
        .filter_map(|(userid, _)| {
            let folded = userid.folded();
            let (_, departments) = members.get(&folded)?;
            Some((folded, departments.clone()))
        })
        .collect()
}

fn tree_of(departments: &HashMap<DepartmentId, Department>, members: &IdMap) -> Tree {
    let mut tree = Tree { parents: departments.values().map(|d| (d.id, d.parent)).collect(), ..Tree::default() };
    for (_, places) in members.values() {
        for department in places {
            *tree.sizes.entry(*department).or_default() += 1;
        }
    }
    tree
}
