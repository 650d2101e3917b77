//! What lists have in common: which rows are asked for, and that a list of something that does not exist is an error.

use super::answer::{Ok, Page, Reply};
use super::state::State;
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::model::{CorpKey, TenantKey};
use crate::store::{self, Order, ReadTx, Search, StoreError};
use actix_web::web;
use serde::Deserialize;
use utoipa::IntoParams;

/// Rows on a page where the query does not say.
const PAGE_DEFAULT: usize = 100;

/// Which rows of a list are asked for.
pub(super) struct Asked<I> {
    /// Rows on the page.
    pub limit: usize,
    /// The last row of the page before.
    pub after: Option<I>,
    /// What the rows must hold.
    pub search: Option<Search>,
}

impl<I: From<String>> Asked<I> {
    /// From the parameters of a query; a limit that is not 1 to 1000 is refused.
    pub fn new(limit: Option<usize>, after: Option<String>, search: Option<String>) -> Result<Self, Problem> {
        let (after, search) = (after.map(I::from), search.map(|text| Search::new(&text)));
        Result::Ok(Self { limit: page_limit(limit)?, after, search })
    }
}

/// The query of lists by time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct LatestQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// Which rows come first: `newest` (default) or `oldest`.
    #[param(inline)]
    order: Option<Order>,
}

/// Rows on a page, 1 to 1000.
pub(super) fn page_limit(limit: Option<usize>) -> Result<usize, Problem> {
    match limit {
        None => Result::Ok(PAGE_DEFAULT),
        Some(limit) if (1..=store::PAGE_MAX).contains(&limit) => Result::Ok(limit),
        Some(_) => Err(Problem::bad_request("request.query", "The query is not acceptable.")
            .at("query.limit", format!("must be 1 to {}", store::PAGE_MAX))),
    }
}

/// Whose rows a list shows.
pub(super) trait Owner: Send + 'static {
    /// A list of somebody who does not exist is an error, not an empty list.
    fn must_exist(&self, tx: &ReadTx) -> Result<(), StoreError>;
}

impl Owner for TenantKey {
    fn must_exist(&self, tx: &ReadTx) -> Result<(), StoreError> {
        let found = store::tenants::find(tx, self)?;
        found.map(drop).ok_or_else(|| StoreError::not_found(format!("tenant {self}")))
    }
}

impl Owner for CorpKey {
    fn must_exist(&self, tx: &ReadTx) -> Result<(), StoreError> {
        let found = store::corps::find(tx, self)?;
        found.map(drop).ok_or_else(|| StoreError::not_found(format!("corp {self}")))
    }
}

/// Reads something of a tenant or a corp; 404 when there is no such one.
pub(super) async fn of<O: Owner, T: Send + 'static>(
    state: &State,
    owner: O,
    read: impl FnOnce(&ReadTx, &O) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    let found = state.app.store.read_async(move |tx| {
        owner.must_exist(tx)?;
        read(tx, &owner)
    });
    found.await.map_err(store_problem)
}

/// One page of rows that can be searched.
pub(super) async fn page<O: Owner, I: Send + 'static, T: Send + 'static>(
    state: &State,
    owner: web::Path<O>,
    asked: Asked<I>,
    read: impl FnOnce(&ReadTx, &O, Option<&I>, usize, Option<&Search>) -> Result<store::Page<T>, StoreError>
    + Send
    + 'static,
) -> Result<Ok<Page<T>>, Problem> {
    let Asked { limit, after, search } = asked;
    let found = of(state, owner.into_inner(), move |tx, owner| read(tx, owner, after.as_ref(), limit, search.as_ref()));
    Result::Ok(Reply::new(found.await?.into()))
}

/// The rows of a corp by time, page by page.
pub(super) async fn latest<I: From<String> + Send + 'static, T: Send + 'static>(
    state: &State,
    corp: web::Path<CorpKey>,
    query: LatestQuery,
    read: impl FnOnce(&ReadTx, &CorpKey, Option<&I>, Order, usize) -> Result<Vec<T>, StoreError> + Send + 'static,
    id: impl Fn(&T) -> String,
) -> Result<Ok<Page<T>>, Problem> {
    let Asked { limit, after, .. } = Asked::<I>::new(query.limit, query.after, None)?;
    let order = query.order.unwrap_or_default();
    let rows = of(state, corp.into_inner(), move |tx, corp| read(tx, corp, after.as_ref(), order, limit + 1));
    Result::Ok(Reply::new(Page::first(rows.await?.into_iter(), limit, id)))
}
