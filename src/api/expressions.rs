//! `/api/v1/tenants/{tenant}/test-expression`: the test box for filters and field mappings (PEER-08).

use super::answer::{Ok, Reply};
use super::auth::{DirectoryRead, Key};
use super::lists;
use super::routes::Routes;
use super::state::State;
use crate::http::{Body, Problem};
use crate::model::{EmployeeId, TenantKey};
use crate::store::{self, StoreError};
use crate::sync::expr::{ExpressionKind, ExpressionTest, test_expression};
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes.part("Expressions", "Filters and field mappings can be tried before they are saved.").post(
        "/api/v1/tenants/{tenant}/test-expression",
        "Try a filter or a field mapping\nWith an employee it is run, without one it is only compiled. Writes nothing.",
        test,
    );
}

/// An expression and whom to run it for.
#[derive(Debug, Deserialize, ToSchema)]
struct TestBody {
    /// `filter`: CEL that says yes or no; `mapping`: text with `{{ CEL }}` holes.
    kind: ExpressionKind,
    /// The expression.
    text: String,
    /// The employee that it is run for.
    #[serde(default)]
    employee: Option<EmployeeId>,
}

async fn test(
    _: Key<DirectoryRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    body: Body<TestBody>,
) -> Result<Ok<ExpressionTest>, Problem> {
    let TestBody { kind, text, employee } = body.value;
    let tested = lists::of(&state, tenant.into_inner(), move |tx, tenant| {
        let found = match &employee {
            None => None,
            Some(id) => Some(
                store::directory::find_employee(tx, tenant, id)?
                    .ok_or_else(|| StoreError::not_found(format!("employee {id}")))?,
            ),
        };
        let units = store::directory::units(tx, tenant)?;
        Result::Ok(test_expression(kind, &text, found.as_ref(), &units))
    });
    tested.await.map(Reply::new)
}
