//! The table of routes: each entry registers a handler and documents it in the same breath, so that the document cannot
//! miss a route. What a handler takes and answers is read off its types (see `describe`).

use super::describe::{DescribeInput, DescribeOutput, Draft};
use crate::http::{Problem, Table, method_not_allowed};
use crate::model::ApiScope;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::web;
use actix_web::{Error, FromRequest, Handler, Responder, Route};
use utoipa::openapi::path::{HttpMethod, PathItem};
use utoipa::openapi::{PathsBuilder, RefOr, Schema};

/// One handler at one path.
struct Entry {
    path: String,
    method: Method,
    route: Route,
}

/// One operation of the document; described only when the document is made.
struct Operation {
    path: String,
    method: HttpMethod,
    tag: &'static str,
    text: &'static str,
    describe: fn(&'static str, &'static str, &str) -> Draft,
    scope: Option<ApiScope>,
}

/// What the document is made of.
pub struct Parts {
    /// Paths with their operations.
    pub paths: PathsBuilder,
    /// Parts of the document and what they are about.
    pub tags: Vec<(&'static str, &'static str)>,
}

/// Collects routes and their description.
#[derive(Default)]
pub struct Routes {
    tag: &'static str,
    entries: Vec<Entry>,
    operations: Vec<Operation>,
    tags: Vec<(&'static str, &'static str)>,
}

impl Routes {
    /// What follows belongs to this part of the document.
    pub fn part(&mut self, tag: &'static str, description: &'static str) -> &mut Self {
        self.tag = tag;
        self.tags.push((tag, description));
        self
    }

    /// `GET path`
    pub fn get<F, Args>(&mut self, path: &str, text: &'static str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + DescribeInput + 'static,
        F::Output: Responder + DescribeOutput + 'static,
    {
        self.add(HttpMethod::Get, Method::GET, path, text, handler)
    }

    /// `POST path`
    pub fn post<F, Args>(&mut self, path: &str, text: &'static str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + DescribeInput + 'static,
        F::Output: Responder + DescribeOutput + 'static,
    {
        self.add(HttpMethod::Post, Method::POST, path, text, handler)
    }

    /// `PUT path`
    pub fn put<F, Args>(&mut self, path: &str, text: &'static str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + DescribeInput + 'static,
        F::Output: Responder + DescribeOutput + 'static,
    {
        self.add(HttpMethod::Put, Method::PUT, path, text, handler)
    }

    /// `DELETE path`
    pub fn delete<F, Args>(&mut self, path: &str, text: &'static str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + DescribeInput + 'static,
        F::Output: Responder + DescribeOutput + 'static,
    {
        self.add(HttpMethod::Delete, Method::DELETE, path, text, handler)
    }

    /// `text`: the summary, then (after the first line break) details.
    fn add<F, Args>(
        &mut self,
        documented: HttpMethod,
        method: Method,
        path: &str,
        text: &'static str,
        handler: F,
    ) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + DescribeInput + 'static,
        F::Output: Responder + DescribeOutput + 'static,
    {
        let mut route = web::method(method.clone()).to(handler);
        if !Args::HAS_QUERY {
            route = route.wrap(from_fn(refuse_query));
        }
        // The last one wrapped stands first.
        if let Some(needed) = Args::SCOPE {
            route = route.wrap(from_fn(move |request, next| super::auth::guard(needed, request, next)));
        }
        self.entries.push(Entry { path: path.to_owned(), method, route });
        let describe = if documented == HttpMethod::Get { draft::<F, Args, false> } else { draft::<F, Args, true> };
        self.operations.push(Operation {
            path: path.to_owned(),
            method: documented,
            tag: self.tag,
            text,
            describe,
            scope: Args::SCOPE,
        });
        self
    }

    /// Adds everything to the table of addresses; each path answers 405 with `Allow` to methods that it does not know.
    pub fn register(self, table: &mut Table) {
        let mut rest = self.entries;
        while let Some(first) = rest.first() {
            let path = first.path.clone();
            let (here, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|entry| entry.path == path);
            rest = others;
            let mut allowed: Vec<&str> = here.iter().map(|entry| entry.method.as_str()).collect();
            allowed.sort_unstable();
            let allowed = allowed.join(", ");
            let refuse = web::to(move || {
                let problem = method_not_allowed(&allowed);
                async move { Err::<actix_web::HttpResponse, Problem>(problem) }
            });
            table.add(&path, here.into_iter().map(|entry| (entry.method, entry.route)).collect(), refuse);
        }
    }

    /// What the document is made of. Each schema goes to `keep` by its name, as often as it is used: together they are far
    /// larger than the document.
    pub fn into_parts(self, mut keep: impl FnMut(String, RefOr<Schema>)) -> Parts {
        let mut paths = PathsBuilder::new();
        for Operation { path, method, tag, text, describe, scope } in self.operations {
            let (operation, used) = describe(tag, text, &path).finish(scope);
            used.into_iter().for_each(|(name, schema)| keep(name, schema));
            paths = paths.path(path, PathItem::new(method, operation));
        }
        Parts { paths, tags: self.tags }
    }
}

fn draft<F, Args, const CHANGES: bool>(tag: &'static str, text: &'static str, path: &str) -> Draft
where
    F: Handler<Args>,
    Args: DescribeInput,
    F::Output: DescribeOutput,
{
    let mut draft = Draft::new(tag, operation_id::<F>(), text, path, CHANGES);
    Args::describe(&mut draft);
    F::Output::describe(&mut draft);
    draft
}

/// `wecom_bridge::api::tenants::list` becomes `tenants.list`.
fn operation_id<F>() -> String {
    let name = std::any::type_name::<F>();
    let parts: Vec<&str> = name.rsplit("::").take(2).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(".")
}

/// A route without query parameters takes none.
async fn refuse_query(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.query_string().is_empty() {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let problem = Problem::bad_request("request.query", "This path takes no query parameters.");
    Ok(request.error_response(problem))
}
