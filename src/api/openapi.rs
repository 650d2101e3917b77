//! The OpenAPI 3.1 document: what the table of routes says, in a frame.

use super::describe::{PROBLEM, SECURITY};
use super::routes::{Parts, Routes};
use crate::http::ProblemDocument;
use crate::model::ApiScope;
use std::collections::BTreeMap;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    ResponseBuilder, Schema, ServerBuilder,
};
use utoipa::{PartialSchema, ToSchema};

/// The document, for paths that begin with `base_path`.
pub fn document(routes: Routes, base_path: &str) -> OpenApi {
    let mut problem_schemas = Vec::new();
    ProblemDocument::schemas(&mut problem_schemas);
    let mut schemas: BTreeMap<String, RefOr<Schema>> = problem_schemas.into_iter().collect();
    let Parts { paths, tags } = routes.into_parts(|name, schema| {
        schemas.entry(name).or_insert(schema);
    });
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemDocument::name()))).build();
    let scopes = ApiScope::ALL.map(|scope| format!("`{}`", scope.name())).join(", ");
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("wbk_<id>_<secret>".into());
    bearer.description = Some(format!(
        "An API key with the scope that the operation names. Scopes: {scopes}. Keys are made with \
         `wecom-bridge key create` or `POST /api/v1/api-keys` and shown once."
    ));
    let mut components = ComponentsBuilder::new()
        .schema(ProblemDocument::name(), ProblemDocument::schema())
        .security_scheme(SECURITY, SecurityScheme::Http(bearer))
        .response(
            PROBLEM,
            ResponseBuilder::new()
                .description("What went wrong; decide by `code`.")
                .content("application/problem+json", problem)
                .build(),
        );
    for (name, schema) in schemas {
        components = components.schema(name, schema);
    }
    let info = InfoBuilder::new()
        .title("wecom-bridge")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Keeps an organisation's directory and WeCom in step: plans, previews, applies and journals every change.\n\n\
             Errors are `application/problem+json` with a stable `code`. Lists answer `items` and, where there is more, \
             `next`: give it as `after`. Every POST that creates takes an `Idempotency-Key`. Times are Unix milliseconds. \
             Unknown fields and query parameters are refused; fields may be added to answers.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(if base_path.is_empty() { "/" } else { base_path }).build()]))
        .paths(paths)
        .components(Some(components.build()))
        .tags(Some(tags.into_iter().map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build())))
        .build()
}
