//! The table of pages and forms. Who is let in and whether a form's token is checked is read off the handler's types,
//! so that neither can be forgotten: a POST whose handler takes no [`Form`] or upload does not
//! compile.

use super::form::Form;
use super::guard::{self, Gate};
use super::unknown;
use super::upload::Upload;
use super::visit::{Admin, Person, Visitor};
use crate::http::permission::Permission;
use crate::http::{Query, Table, method_not_allowed};
use crate::model::ApiScope;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web;
use actix_web::{FromRequest, Handler, HttpRequest, Responder, Route};

/// What one argument of a handler says about the route.
pub trait Argument {
    /// Whom it lets in.
    const GATE: Gate = Gate::Open;
    /// Whether it checks a form's token.
    const IS_FORM: bool = false;
}

impl Argument for Visitor {}
impl Argument for Person {
    const GATE: Gate = Gate::SignedIn(None);
}
impl<P: Permission> Argument for Admin<P> {
    const GATE: Gate = Gate::SignedIn(Some(P::SCOPE));
}
impl<T> Argument for Form<T> {
    const IS_FORM: bool = true;
}
impl Argument for Upload {
    const IS_FORM: bool = true;
}
impl<T> Argument for web::Path<T> {}
impl<T> Argument for web::Data<T> {}
impl<T> Argument for Query<T> {}
impl Argument for HttpRequest {}

/// What all arguments together say.
pub trait Arguments {
    /// Whom they let in.
    const GATE: Gate;
    /// Whether a form's token is checked.
    const HAS_FORM: bool;
}

impl Arguments for () {
    const GATE: Gate = Gate::Open;
    const HAS_FORM: bool = false;
}

macro_rules! arguments {
    ($($name:ident)+) => {
        impl<$($name: Argument),+> Arguments for ($($name,)+) {
            const GATE: Gate = Gate::Open$(.and($name::GATE))+;
            const HAS_FORM: bool = false $(|| $name::IS_FORM)+;
        }
    };
}
arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);
arguments!(A B C D E F);

/// A route, for tests that walk all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Method.
    pub method: Method,
    /// Path with holes.
    pub path: String,
    /// Whether a session is needed.
    pub needs_session: bool,
    /// The right that is needed besides.
    pub right: Option<ApiScope>,
}

struct Entry {
    known: Known,
    route: Route,
}

/// Collects pages and forms.
#[derive(Default)]
pub struct Routes {
    entries: Vec<Entry>,
}

impl Routes {
    /// A page.
    pub fn get<F, A>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + Arguments + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::GET, path, handler)
    }

    /// A list, and the whole of it as files beside it. The handler of all is the same, so that they cannot differ;
    /// [`Kind::wanted`](super::export::Kind::wanted) tells them apart.
    pub fn list<F, A>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + Arguments + 'static,
        F::Output: Responder + 'static,
    {
        self.get(path, handler.clone()).files(path, handler)
    }

    /// The files of a list whose page is another one.
    pub fn files<F, A>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + Arguments + 'static,
        F::Output: Responder + 'static,
    {
        self.get(&format!("{path}.csv"), handler.clone()).get(&format!("{path}.xlsx"), handler)
    }

    /// A form.
    pub fn post<F, A>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + Arguments + 'static,
        F::Output: Responder + 'static,
    {
        const {
            assert!(A::HAS_FORM, "the handler of a POST takes a `Form` or an `Upload`, which checks the form's token");
        }
        self.add(Method::POST, path, handler)
    }

    fn add<F, A>(&mut self, method: Method, path: &str, handler: F) -> &mut Self
    where
        F: Handler<A>,
        A: FromRequest + Arguments + 'static,
        F::Output: Responder + 'static,
    {
        let gate = A::GATE;
        let route = web::method(method.clone())
            .to(handler)
            .wrap(from_fn(move |request, next| guard::guard(gate, request, next)));
        let (needs_session, right) = match gate {
            Gate::Open => (false, None),
            Gate::SignedIn(right) => (true, right),
        };
        let known = Known { method, path: path.to_owned(), needs_session, right };
        self.entries.push(Entry { known, route });
        self
    }

    pub(super) fn known(self) -> Vec<Known> {
        self.entries.into_iter().map(|entry| entry.known).collect()
    }

    /// Adds everything to the table of addresses; a path answers 405 to methods that it does not know.
    pub(super) fn register(self, table: &mut Table) {
        let mut rest = self.entries;
        while let Some(first) = rest.first() {
            let path = first.known.path.clone();
            let (here, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|entry| entry.known.path == path);
            rest = others;
            let mut methods: Vec<&str> = here.iter().map(|entry| entry.known.method.as_str()).collect();
            methods.sort_unstable();
            let methods = methods.join(", ");
            let refuse = web::to(move |request: HttpRequest| {
                let problem = method_not_allowed(&methods);
                async move { unknown::refuse(&request, problem).await }
            });
            table.add(&path, here.into_iter().map(|entry| (entry.known.method, entry.route)).collect(), refuse);
        }
    }
}
