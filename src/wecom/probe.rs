//! What a credential may do, found out by harmless calls (PEER-15), and how a corp is best read.

use super::client::{Client, Patience};
use super::clients::Credential;
use super::error::{CallError, CallErrorKind, Refusal};
use crate::model::{DepartmentId, ReadStrategy};

/// Whether something is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ability {
    /// A call went through.
    Allowed,
    /// WeCom refused.
    Refused(Refusal),
    /// Nobody knows: no connection, no usable answer (private editions lack some endpoints).
    Unknown(CallError),
}

impl Ability {
    /// Whether a call went through.
    pub fn is_allowed(&self) -> bool {
        *self == Self::Allowed
    }

    fn of<T>(result: Result<T, CallError>) -> (Self, Option<T>) {
        match result {
            Ok(value) => (Self::Allowed, Some(value)),
            Err(CallError { kind: CallErrorKind::Refused(refusal), .. }) => (Self::Refused(refusal), None),
            Err(error) => (Self::Unknown(error), None),
        }
    }

    fn caller_ip(&self) -> Option<&String> {
        match self {
            Self::Refused(refusal) => refusal.caller_ip.as_ref(),
            _ => None,
        }
    }
}

/// What one credential may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// Which.
    pub credential: Credential,
    /// `department/simplelist`, or the full list where that does not exist: ids and tree of what it sees.
    pub departments: Ability,
    /// `user/list_id`: all userids with their departments. Only the contacts secret has a chance; `None` for apps.
    pub ids: Option<Ability>,
    /// Details of departments and members.
    pub details: Ability,
    /// Departments it sees, where it may list them.
    pub visible_departments: Option<usize>,
    /// The address under which WeCom sees this host, where an answer told.
    pub caller_ip: Option<String>,
}

impl Client {
    /// Finds out what a credential may do: at most five reads, nothing is changed.
    pub async fn probe(&self, credential: &Credential) -> Abilities {
        let client = self.with_patience(Patience::Interactive);
        let lacks = |ability: &Ability| matches!(ability, Ability::Unknown(error) if !error.is_systemic());
        let (mut departments, mut listed) = Ability::of(client.department_simplelist(credential, None).await);
        if lacks(&departments) {
            // private editions may have only the full list
            (departments, listed) = Ability::of(client.department_list(credential, None).await);
        }
        let ids = match credential {
            Credential::Contacts => Some(Ability::of(client.user_list_id(None, 1).await).0),
            Credential::App(_) => None,
        };
        // the lowest id is the root wherever that is visible
        let first = listed.iter().flatten().map(|department| department.id).min().unwrap_or(DepartmentId::ROOT);
        let (mut details, _) = Ability::of(client.department_get(credential, first).await);
        if lacks(&details) {
            details = Ability::of(client.department_list(credential, Some(first)).await).0;
        }
        let seen = [Some(&departments), ids.as_ref(), Some(&details)];
        let caller_ip = seen.into_iter().flatten().find_map(Ability::caller_ip).cloned();
        Abilities {
            credential: credential.clone(),
            visible_departments: listed.map(|list| list.len()),
            departments,
            ids,
            details,
            caller_ip,
        }
    }

    /// The address under which WeCom sees this host: asks for a department that cannot exist and reads the refusal.
    /// `None` when the answer does not tell (private editions).
    pub async fn caller_ip(&self, credential: &Credential) -> Option<String> {
        let client = self.with_patience(Patience::Interactive);
        match client.department_get(credential, DepartmentId(0)).await {
            Ok(_) => None,
            Err(error) => error.refusal().and_then(|refusal| refusal.caller_ip.clone()),
        }
    }
}

/// The best way to read a corp with what its credentials may do, and why; `None` when nothing can be read at all.
/// The export is never chosen by itself.
pub fn best_strategy(contacts: Option<&Abilities>, app: Option<&Abilities>) -> Option<(ReadStrategy, String)> {
    let reads_details = |abilities: Option<&Abilities>| abilities.is_some_and(|a| a.details.is_allowed());
    let lists_ids =
        contacts.is_some_and(|a| a.departments.is_allowed() && a.ids.as_ref().is_some_and(Ability::is_allowed));
    let because = |strategy, why: &str| Some((strategy, why.to_owned()));
    if reads_details(contacts) {
        because(ReadStrategy::Lists, "the contacts secret may read details of the whole corp")
    } else if lists_ids && reads_details(app) {
        because(
            ReadStrategy::IdsAndDetails,
            "the contacts secret may only list ids, so an app's secret reads the details",
        )
    } else if lists_ids {
        because(
            ReadStrategy::IdsOnly,
            "the contacts secret may only list ids, and no app's secret can read details; \
             set read_app to a self-built app whose visible range is the whole corp",
        )
    } else if reads_details(app) {
        because(ReadStrategy::Lists, "only an app's secret can read: what it does not see is not known")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abilities(departments: bool, ids: Option<bool>, details: bool) -> Abilities {
        let ability = |allowed| {
            if allowed {
                Ability::Allowed
            } else {
                Ability::Refused(Refusal::read("department/get", 48009, "api forbidden for contact assistant"))
            }
        };
        Abilities {
            credential: Credential::Contacts,
            departments: ability(departments),
            ids: ids.map(ability),
            details: ability(details),
            visible_departments: None,
            caller_ip: None,
        }
    }

    #[test]
    fn strategies() {
        let old = abilities(true, Some(true), true);
        let new = abilities(true, Some(true), false);
        let dead = abilities(false, Some(false), false);
        let app = abilities(true, None, true);
        let blind = abilities(false, None, false);
        for (contacts, app, want) in [
            (Some(&old), Some(&app), Some(ReadStrategy::Lists)),
            (Some(&new), Some(&app), Some(ReadStrategy::IdsAndDetails)),
            (Some(&new), Some(&blind), Some(ReadStrategy::IdsOnly)),
            (Some(&new), None, Some(ReadStrategy::IdsOnly)),
            (Some(&dead), Some(&app), Some(ReadStrategy::Lists)),
            (None, Some(&app), Some(ReadStrategy::Lists)),
            (Some(&dead), Some(&blind), None),
            (None, None, None),
        ] {
            assert_eq!(best_strategy(contacts, app).map(|(strategy, _)| strategy), want);
        }
    }
}
