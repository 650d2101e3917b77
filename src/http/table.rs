//! The table of addresses. actix builds one regular expression for each address and worker, and tries one after the other;
//! at four hundred addresses ours, which compares segment by segment within a shelf of few, has less to build and to try.
//!
//! A pattern is made of segments; a segment is fixed, or has one hole with fixed text around it (`{run}`, `{plan}.csv`). A
//! hole takes at least one letter and no `/`. Where several patterns fit, the one that was added first is taken. HEAD is answered by what
//! answers GET.

use actix_web::dev::{
    AppService, HttpServiceFactory, ResourceDef, Service, ServiceFactory, ServiceRequest, ServiceResponse,
};
use actix_web::http::Method;
use actix_web::{Error, Route};
use futures_util::future::LocalBoxFuture;
use hashbrown::HashMap;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Collects addresses; register it last, for it answers everything that reaches it.
pub struct Table {
    rows: Vec<Row<Route>>,
    otherwise: Route,
}

struct Row<S> {
    pattern: Vec<Segment>,
    methods: Vec<(Method, S)>,
    /// Answers methods that it does not know.
    refuse: S,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Fixed(String),
    Hole { before: String, name: String, after: String },
}

impl Table {
    /// An empty table; `otherwise` answers what nothing fits.
    pub fn new(otherwise: Route) -> Self {
        Self { rows: Vec::new(), otherwise }
    }

    /// An address with what it answers to each method, and to every other one.
    pub fn add(&mut self, pattern: &str, methods: Vec<(Method, Route)>, refuse: Route) {
        self.rows.push(Row { pattern: segments(pattern), methods, refuse });
    }
}

fn segments(pattern: &str) -> Vec<Segment> {
    let segment =
        |text: &str| match text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
            Some((before, (name, after))) => {
                Segment::Hole { before: before.to_owned(), name: name.to_owned(), after: after.to_owned() }
            }
            None => Segment::Fixed(text.to_owned()),
        };
    pattern.split('/').map(segment).collect()
}

impl Segment {
    /// What stands in the hole; empty for a fixed segment. `None` = it does not fit.
    fn value<'p>(&self, part: &'p str) -> Option<&'p str> {
        match self {
            Self::Fixed(text) => (text == part).then_some(""),
            Self::Hole { before, after, .. } => {
                let value = part.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                (!value.is_empty()).then_some(value)
            }
        }
    }
}

fn fits(pattern: &[Segment], parts: &[&str]) -> bool {
    pattern.len() == parts.len() && pattern.iter().zip(parts).all(|(segment, part)| segment.value(part).is_some())
}

/// The holes of a pattern that fits, with what stands in them.
fn holes<'p>(pattern: &'p [Segment], parts: &'p [&'p str]) -> impl Iterator<Item = (&'p str, &'p str)> {
    pattern.iter().zip(parts).filter_map(|(segment, part)| match segment {
        Segment::Fixed(_) => None,
        Segment::Hole { name, .. } => Some((name.as_str(), segment.value(part)?)),
    })
}

/// Rows by their number of segments and their second segment (the first is empty, for paths begin with `/`); `None` where
/// that is a hole.
#[derive(Default)]
struct Shelves(HashMap<(usize, Option<String>), Vec<usize>>);

impl Shelves {
    fn of<S>(rows: &[Row<S>]) -> Self {
        let mut shelves = Self::default();
        for (at, row) in rows.iter().enumerate() {
            let name = match row.pattern.get(1) {
                Some(Segment::Fixed(text)) => Some(text.clone()),
                _ => None,
            };
            shelves.0.entry((row.pattern.len(), name)).or_default().push(at);
        }
        shelves
    }

    fn find<S>(&self, rows: &[Row<S>], parts: &[&str]) -> Option<usize> {
        let shelf = |name: Option<&str>| self.0.get(&(parts.len(), name.map(str::to_owned)));
        let first =
            |name| shelf(name)?.iter().copied().find(|at| rows.get(*at).is_some_and(|row| fits(&row.pattern, parts)));
        match (first(parts.get(1).copied()), first(None)) {
            (Some(fixed), Some(hole)) => Some(fixed.min(hole)),
            (fixed, hole) => fixed.or(hole),
        }
    }
}

impl HttpServiceFactory for Table {
    fn register(self, config: &mut AppService) {
        config.register_service(ResourceDef::root_prefix(""), None, Factory(Rc::new(self)), None);
    }
}

type RouteService = <Route as ServiceFactory<ServiceRequest>>::Service;

struct Factory(Rc<Table>);

impl ServiceFactory<ServiceRequest> for Factory {
    type Response = ServiceResponse;
    type Error = Error;
    type Config = ();
    type Service = Dispatch;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Dispatch, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let table = self.0.clone();
        Box::pin(async move {
            let mut rows = Vec::with_capacity(table.rows.len());
            for Row { pattern, methods, refuse } in &table.rows {
                let mut made = Vec::with_capacity(methods.len());
                for (method, route) in methods {
                    made.push((method.clone(), route.new_service(()).await?));
                }
                let refuse = refuse.new_service(()).await?;
                rows.push(Row { pattern: pattern.clone(), methods: made, refuse });
            }
            let shelves = Shelves::of(&rows);
            Ok(Dispatch { rows, shelves, otherwise: table.otherwise.new_service(()).await? })
        })
    }
}

/// The addresses of one worker.
pub struct Dispatch {
    rows: Vec<Row<RouteService>>,
    shelves: Shelves,
    otherwise: RouteService,
}

impl Service<ServiceRequest> for Dispatch {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

    // routes are always ready
    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let path = request.match_info().unprocessed().to_owned();
        let parts: Vec<&str> = path.split('/').collect();
        let found = self.shelves.find(&self.rows, &parts).and_then(|at| self.rows.get(at));
        let Some(row) = found else { return self.otherwise.call(request) };
        for (name, value) in holes(&row.pattern, &parts) {
            request.match_info_mut().add_static(name.to_owned(), value.to_owned());
        }
        let knows = |wanted: &Method| row.methods.iter().find(|(method, _)| method == wanted);
        // whatever can be read answers HEAD too; the server leaves the body out
        let method = knows(request.method()).or_else(|| match *request.method() {
            Method::HEAD => knows(&Method::GET),
            _ => None,
        });
        method.map_or(&row.refuse, |(_, service)| service).call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::web;

    fn found(patterns: &[&str], path: &str) -> Option<(usize, Vec<(String, String)>)> {
        let row = |pattern: &&str| Row { pattern: segments(pattern), methods: Vec::new(), refuse: web::get() };
        let rows: Vec<Row<Route>> = patterns.iter().map(row).collect();
        let parts: Vec<&str> = path.split('/').collect();
        let at = Shelves::of(&rows).find(&rows, &parts)?;
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Some((at, holes(&rows[at].pattern, &parts).map(owned).collect()))
    }

    #[test]
    fn the_first_that_fits() {
        let patterns =
            ["/", "/runs/new", "/runs/{run}", "/{kind}/{name}", "/plans/{plan}.csv", "/plans/{plan}", "/a/{b}/c-{d}.x"];
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for (path, want) in [
            ("/", Some((0, vec![]))),
            ("/runs/new", Some((1, vec![]))),
            ("/runs/7", Some((2, vec![pair("run", "7")]))),
            ("/plans/7.csv", Some((3, vec![pair("kind", "plans"), pair("name", "7.csv")]))),
            ("/a/数/c-9.x", Some((6, vec![pair("b", "数"), pair("d", "9")]))),
            ("/a/1/c-.x", None),
            ("/runs/", None),
            ("/runs/7/", None),
            ("/nothing", None),
            ("", None),
        ] {
            assert_eq!(found(&patterns, path), want, "{path}");
        }
        assert_eq!(found(&patterns[4..], "/plans/7.csv").unwrap().0, 0);
        assert_eq!(found(&patterns[4..], "/plans/7.xlsx"), Some((1, vec![pair("plan", "7.xlsx")])));
        assert_eq!(found(&patterns[4..], "/plans/.csv"), Some((1, vec![pair("plan", ".csv")])));
    }
}
