//! Version, where things are, and the licences of what the program is made of.

use crate::http::Problem;
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::Person;
use actix_web::{HttpResponse, web};
use askama::Template;

/// `name version licence`, one dependency a line; made by `packaging/dependencies.sh`.
const DEPENDENCIES: &str = include_str!("../../../packaging/dependencies.txt");

pub(super) fn routes(routes: &mut Routes) {
    routes.list("/system/about", show);
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
    list: Listing,
    count: usize,
    page: Slice<Dependency>,
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

async fn show(person: Person, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (t, list, all) = (person.t, Listing::of(&person, &PARAMETERS), dependencies());
    let columns = [("name", t.about_name()), ("version", t.about_version()), ("licence", t.about_licence())];
    let cells = |one: &Dependency| [one.name, one.version, one.licence].map(str::to_owned).to_vec();
    let sheet = Sheet::new(columns, all.iter().map(cells).collect());
    if let Some(file) = sheet.file(&person, &web, &list, "dependencies").await? {
        return Ok(file);
    }
    reply::page(&AboutPage {
        f: person.frame(t.nav_about()),
        version: env!("CARGO_PKG_VERSION"),
        count: all.len(),
        page: sheet.page(&list, all),
        list,
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
