//! Version, where things are, and the licences of what the program is made of.

use crate::http::Problem;
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::visit::Person;
use actix_web::HttpResponse;
use askama::Template;

/// `name version licence`, one dependency a line; made by `packaging/dependencies.sh`.
const DEPENDENCIES: &str = include_str!("../../../packaging/dependencies.txt");

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/system/about", show);
}

struct Dependency {
    name: &'static str,
    version: &'static str,
    licence: &'static str,
}

#[derive(Template)]
#[template(path = "system/about.html")]
struct AboutPage {
    f: Frame,
    version: &'static str,
    dependencies: Vec<Dependency>,
}

fn dependencies() -> Vec<Dependency> {
    DEPENDENCIES
        .lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ' ');
            Some(Dependency { name: parts.next()?, version: parts.next()?, licence: parts.next()? })
        })
        .collect()
}

async fn show(person: Person) -> Result<HttpResponse, Problem> {
    reply::page(&AboutPage {
        f: person.frame(person.t.nav_about()),
        version: env!("CARGO_PKG_VERSION"),
        dependencies: dependencies(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list is that of `Cargo.lock`; where it is not, run `packaging/dependencies.sh`.
    #[test]
    fn every_locked_dependency_is_named() {
        let lock: toml::Table = include_str!("../../../Cargo.lock").parse().unwrap();
        let listed: Vec<(String, String)> =
            dependencies().iter().map(|known| (known.name.to_owned(), known.version.to_owned())).collect();
        for package in lock["package"].as_array().unwrap() {
            let (name, version) = (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
            let is_there = listed.contains(&(name.to_owned(), version.to_owned()));
            assert!(is_there || name == "wecom-bridge", "{name} {version} is not in packaging/dependencies.txt");
        }
    }
}
