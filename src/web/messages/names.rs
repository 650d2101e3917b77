//! Names of employees for pages that know their ids.

use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::model::{EmployeeId, TenantKey};
use crate::store;
use crate::web::state::Web;
use std::collections::BTreeMap;

/// Names by id; empty where the directory does not know somebody any more.
pub(super) struct Names(BTreeMap<EmployeeId, String>);

impl Names {
    /// Reads them in one transaction.
    pub(super) async fn read(web: &Web, tenant: &TenantKey, ids: Vec<EmployeeId>) -> Result<Self, Problem> {
        let tenant = tenant.clone();
        let read = move |tx: &store::ReadTx| {
            let mut names = BTreeMap::new();
            for id in ids {
                let found = store::directory::find_employee(tx, &tenant, &id)?;
                names.insert(id, found.map(|employee| employee.name.to_string()).unwrap_or_default());
            }
            Ok(names)
        };
        web.app.store.read_async(read).await.map(Self).map_err(store_problem)
    }

    /// A name.
    pub(super) fn of(&self, id: &EmployeeId) -> &str {
        self.0.get(id).map(String::as_str).unwrap_or_default()
    }
}
