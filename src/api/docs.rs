//! The reference page: rendered once from the OpenAPI document, one HTML file without script or foreign asset.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

use super::routes::Routes;
use super::state::State;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Reference", "This document and its page; no key is needed.")
        .get("/api/v1/openapi.json", "The OpenAPI 3.1 document", document)
        .get("/api/docs", "This reference as a page", page);
}

const STYLE: &str = include_str!("docs.css");

/// `GET /api/docs`
pub async fn page(state: web::Data<State>) -> HttpResponse {
    let style = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .body(state.page.clone())
}

/// `GET /api/v1/openapi.json`, with an ETag so that a client need not fetch it twice.
pub async fn document(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&state.document)[..16]));
    let is_known = request
        .headers()
        .get("if-none-match")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header(("etag", etag)).insert_header(("cache-control", "no-cache"));
    if is_known {
        return answer.finish();
    }
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(state.document.clone())
}

/// The page for a document.
pub fn render(document: &Value) -> String {
    let mut html = String::with_capacity(128 * 1024);
    let info = &document["info"];
    let title = text(&info["title"]);
    let _ = write!(
        html,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} API</title><style>{STYLE}</style></head><body><nav><h1>{title} {}</h1><p><a href=\"v1/openapi.json\">\
         OpenAPI document</a></p>",
        text(&info["version"])
    );
    let operations = operations(document);
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        let _ = write!(html, "<h2>{name}</h2><ul>");
        for operation in operations.iter().filter(|operation| operation.tag == tag["name"]) {
            let _ = write!(html, "<li><a href=\"#{}\">{}</a></li>", operation.id, operation.summary);
        }
        html.push_str("</ul>");
    }
    html.push_str("<h2>Schemas</h2><ul>");
    for (name, _) in map(&document["components"]["schemas"]) {
        let name = escape(name);
        let _ = write!(html, "<li><a href=\"#schema-{name}\">{name}</a></li>");
    }
    let _ = write!(html, "</ul></nav><main><p>{}</p>", text(&info["description"]).replace("\n\n", "</p><p>"));
    let _ = write!(html, "<p>{}</p>", text(&document["components"]["securitySchemes"]["api_key"]["description"]));
    for tag in list(&document["tags"]) {
        let _ = write!(html, "<h2>{}</h2><p>{}</p>", text(&tag["name"]), text(&tag["description"]));
        for operation in operations.iter().filter(|operation| operation.tag == tag["name"]) {
            operation.write(&mut html);
        }
    }
    html.push_str("<h2>Schemas</h2>");
    for (name, schema) in map(&document["components"]["schemas"]) {
        let name = escape(name);
        let _ = write!(html, "<section id=\"schema-{name}\"><h3>{name}</h3>");
        write_schema(&mut html, schema);
        html.push_str("</section>");
    }
    html.push_str("</main></body></html>");
    html
}

struct Operation<'a> {
    tag: Value,
    id: String,
    summary: String,
    method: String,
    path: String,
    value: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, item) in map(&document["paths"]) {
        for method in ["get", "put", "post", "delete"] {
            let Some(value) = item.get(method) else { continue };
            found.push(Operation {
                tag: value["tags"][0].clone(),
                id: text(&value["operationId"]),
                summary: text(&value["summary"]),
                method: method.to_uppercase(),
                path: escape(path),
                value,
            });
        }
    }
    found
}

impl Operation<'_> {
    fn write(&self, html: &mut String) {
        let Self { id, summary, method, path, value, .. } = self;
        let _ = write!(
            html,
            "<section id=\"{id}\"><h3>{summary}</h3><p><code class=\"{method}\">{method}</code> <code>{path}</code>"
        );
        for scheme in list(&value["security"]) {
            for scope in map(scheme).flat_map(|(_, scopes)| list(scopes)) {
                let _ = write!(html, " <span>{}</span>", text(scope));
            }
        }
        html.push_str("</p>");
        if let Some(description) = value["description"].as_str() {
            let _ = write!(html, "<p>{}</p>", escape(description));
        }
        let mut parameters = list(&value["parameters"]).peekable();
        if parameters.peek().is_some() {
            html.push_str("<table><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>");
            for parameter in parameters {
                let _ = write!(
                    html,
                    "<tr><td><code>{}</code>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                    text(&parameter["name"]),
                    if parameter["required"] == true { " *" } else { "" },
                    text(&parameter["in"]),
                    kind(&parameter["schema"]),
                    text(&parameter["description"])
                );
            }
            html.push_str("</table>");
        }
        for (content_type, content) in map(&value["requestBody"]["content"]) {
            let _ = write!(html, "<p>Body <code>{}</code>: {}</p>", escape(content_type), kind(&content["schema"]));
        }
        let mut problems = Vec::new();
        for (status, response) in map(&value["responses"]) {
            if response.get("$ref").is_some() {
                problems.push(escape(status));
                continue;
            }
            let _ = write!(html, "<p>{} {}", escape(status), text(&response["description"]));
            for (content_type, content) in map(&response["content"]) {
                let _ = write!(html, " <code>{}</code> {}", escape(content_type), kind(&content["schema"]));
            }
            html.push_str("</p>");
        }
        let _ = write!(html, "<p>{} <a href=\"#schema-Problem\">Problem</a></p></section>", problems.join(", "));
    }
}

fn write_schema(html: &mut String, schema: &Value) {
    if let Some(description) = schema["description"].as_str() {
        let _ = write!(html, "<p>{}</p>", escape(description));
    }
    if let Some(parts) = ["allOf", "oneOf", "anyOf"].iter().find_map(|name| schema[name].as_array()) {
        for part in parts {
            if part.get("properties").is_some() {
                write_schema(html, part)
            } else {
                let _ = write!(html, "<p>{}</p>", kind(part));
            }
        }
        return;
    }
    let mut properties = map(&schema["properties"]).peekable();
    if properties.peek().is_none() {
        let _ = write!(html, "<p>{}</p>", kind(schema));
        return;
    }
    html.push_str("<table>");
    for (name, property) in properties {
        let is_required = list(&schema["required"]).any(|required| required == name);
        let _ = write!(
            html,
            "<tr><td><code>{}</code>{}</td><td>{}</td><td>{}</td></tr>",
            escape(name),
            if is_required { " *" } else { "" },
            kind(property),
            text(&property["description"])
        );
    }
    html.push_str("</table>");
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escape(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if let Some(parts) = ["allOf", "oneOf", "anyOf"].iter().find_map(|name| schema[name].as_array()) {
        return parts.iter().map(kind).collect::<Vec<_>>().join(" | ");
    }
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .map(|value| format!("<code>{}</code>", escape(value.as_str().unwrap_or("null"))))
            .collect::<Vec<_>>()
            .join(" ");
    }
    let name = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        _ => "any".into(),
    };
    if schema.get("items").is_some() {
        return format!("{} of {}", escape(&name), kind(&schema["items"]));
    }
    match schema["format"].as_str() {
        Some(format) => format!("{} ({})", escape(&name), escape(format)),
        None => escape(&name),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_document_becomes_markup() {
        let document = serde_json::json!({
            "info": { "title": "<b>", "version": "1", "description": "a\n\nb" },
            "tags": [{ "name": "t", "description": "<i>" }],
            "paths": { "/<x>": { "get": { "tags": ["t"], "operationId": "o", "summary": "\"><script>",
                "description": "<u>", "parameters": [{ "name": "<p>", "in": "query" }],
                "responses": { "200": { "description": "<r>" } } } } },
            "components": { "schemas": { "S": { "type": "object", "properties": { "<q>": { "enum": ["<e>"] } } } } },
        });
        let page = render(&document);
        for markup in ["<b>", "<i>", "<script>", "<u>", "<x>", "<r>", "<q>", "<e>"] {
            assert!(!page.contains(markup), "{markup} in {page}");
        }
        assert!(page.contains("<p>a</p><p>b</p>"));
    }
}
