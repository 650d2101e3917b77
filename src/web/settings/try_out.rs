//! The test box (PEER-08): a filter or a field mapping against a chosen person.

use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::SyncRead;
use crate::http::{Problem, Query};
use crate::model::{Corp, CorpKey, EmployeeId};
use crate::setup::service as setup;
use crate::store;
use crate::sync::expr::{ExpressionKind, ExpressionTest, test_expression};
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/expressions", show).post("/corps/{corp}/expressions", test);
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    text: String,
    employee: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Fields {
    kind: String,
    text: String,
    employee: String,
}

#[derive(Template)]
#[template(path = "settings/expressions.html")]
struct TryPage {
    f: Frame,
    corp: Corp,
    fields: Fields,
    person: Option<String>,
    is_unknown: bool,
    test: Option<ExpressionTest>,
}

impl TryPage {
    fn kinds(&self) -> [(&'static str, &'static str); 2] {
        [("mapping", self.f.t.expression_mapping()), ("filter", self.f.t.expression_filter())]
    }

    fn examples(&self) -> [(&'static str, &'static str, &'static str); 5] {
        let t = self.f.t;
        [
            ("mapping", "{{ name }}", t.expression_example_field()),
            ("mapping", "{{ employee_no }}-{{ name }}", t.expression_example_join()),
            ("mapping", t.expression_sample_default(), t.expression_example_default()),
            ("filter", "position != \"\"", t.expression_example_filter()),
            ("filter", t.expression_sample_path(), t.expression_example_path()),
        ]
    }

    fn outcome(&self) -> &str {
        match self.test.as_ref().and_then(|test| test.result.as_deref()) {
            Some("true") if self.fields.kind == "filter" => self.f.t.expression_passes(),
            Some("false") if self.fields.kind == "filter" => self.f.t.expression_fails(),
            Some("") => self.f.t.expression_empty(),
            Some(text) => text,
            None => "",
        }
    }
}

async fn show(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let Asked { kind, text, employee } = asked.0;
    answer(&who, &web, &key, Fields { kind, text, employee }).await
}

async fn test(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    answer(&who, &web, &key, form.0).await
}

async fn answer(who: &Person, web: &Web, key: &CorpKey, mut fields: Fields) -> Result<HttpResponse, Problem> {
    let corp = setup::get_corp(&web.app.store, key).await.map_err(setup_problem)?;
    if fields.kind != "filter" {
        fields.kind = "mapping".into();
    }
    let kind = if fields.kind == "filter" { ExpressionKind::Filter } else { ExpressionKind::Mapping };
    let (tenant, id, text) = (corp.tenant.clone(), fields.employee.trim().to_owned(), fields.text.clone());
    let looked = web.app.store.read_async(move |tx| {
        let found = match id.as_str() {
            "" => None,
            id => match store::directory::find_employee(tx, &tenant, &EmployeeId::from(id))? {
                Some(found) => Some(found),
                None => store::directory::find_by_account(tx, &tenant, id)?.into_iter().next(),
            },
        };
        let is_unknown = found.is_none() && !id.is_empty();
        let units = if text.is_empty() { Vec::new() } else { store::directory::units(tx, &tenant)? };
        let test = (!text.is_empty()).then(|| test_expression(kind, &text, found.as_ref(), &units));
        Ok((found.map(|found| format!("{} ({})", found.name, found.id)), is_unknown, test))
    });
    let (person, is_unknown, test) = looked.await.map_err(store_problem)?;
    let f = who.frame_at(key, "settings", who.t.expression_title());
    reply::page(&TryPage { f, corp, fields, person, is_unknown, test })
}
