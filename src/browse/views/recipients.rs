//! Whose messages somebody asks for, as it is typed: a name, an account, an employee number, an id, or a member.

use super::Views;
use crate::browse::BrowseError;
use crate::model::{CorpKey, EmployeeId, TenantKey, UserId};
use crate::store::deliveries::Recipient;
use crate::store::{self, ReadTx};

/// People of one name that are looked for; whoever means one of more types an id.
const NAMED_MAX: usize = 100;

/// Whom a text may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// Everybody that it may be: also an employee and members of this very id, whom nobody knows but a message may name.
    pub recipients: Vec<Recipient>,
    /// Whether the directory knows one of them; a member that is named with its corp counts as known.
    pub is_known: bool,
    /// Whether more people have this name than are looked for.
    pub is_cut: bool,
}

impl Views {
    /// Whom a text may mean: `corp/userid`, else everybody with this id, name, account or employee number, and the members
    /// of the tenant's corps with this userid.
    ///
    /// # Errors
    /// [`BrowseError::NoTenant`].
    pub async fn recipients(&self, tenant: &TenantKey, typed: &str) -> Result<Meant, BrowseError> {
        let typed = typed.trim().to_owned();
        if let Some((corp, userid)) = typed.split_once('/') {
            let member = Recipient::Member(CorpKey::from(corp.trim()), UserId::from(userid.trim()));
            return Ok(Meant { recipients: vec![member], is_known: true, is_cut: false });
        }
        let of = tenant.clone();
        let corps = move |tx: &ReadTx| store::corps::list_of_tenant(tx, &of);
        let corps = self.0.store.read_async(corps).await?;
        self.directory(tenant, move |view| {
            let mut people = view.people_called(&typed, NAMED_MAX + 1);
            let is_cut = people.len() > NAMED_MAX;
            people.truncate(NAMED_MAX);
            let itself = EmployeeId::from(typed.as_str());
            let is_known = !people.is_empty() || view.employee(&itself).is_some();
            people.retain(|id| *id != itself);
            let people = std::iter::once(itself).chain(people).map(Recipient::Employee);
            let member = |corp: crate::model::Corp| Recipient::Member(corp.key, UserId::from(typed.as_str()));
            Ok(Meant { recipients: people.chain(corps.into_iter().map(member)).collect(), is_known, is_cut })
        })
        .await
    }
}
