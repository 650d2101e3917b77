//! Parts of the reference page: operations and schemas as markup.

use crate::locale::Lang;
use serde_json::Value;
use std::fmt::Write;

/// One operation of the API.
pub(super) struct Operation<'a> {
    pub(super) tag: Value,
    pub(super) id: String,
    pub(super) summary: String,
    method: String,
    path: String,
    value: &'a Value,
}

/// All of a document, in its order.
pub(super) fn operations(document: &Value) -> Vec<Operation<'_>> {
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
    /// The operation as a section of the page.
    pub(super) fn write(&self, html: &mut String, lang: Lang) {
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
        if value["description"].is_string() {
            let _ = write!(html, "<p>{}</p>", prose(&value["description"]));
        }
        let mut parameters = list(&value["parameters"]).peekable();
        if parameters.peek().is_some() {
            html.push_str("<div class=\"table\"><table>");
            html.push_str(lang.pick(
                "<tr lang=\"zh-CN\"><th>参数</th><th>位置</th><th>类型</th><th></th></tr>",
                "<tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>",
            ));
            for parameter in parameters {
                let _ = write!(
                    html,
                    "<tr><td><code>{}</code>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                    text(&parameter["name"]),
                    if parameter["required"] == true { " *" } else { "" },
                    text(&parameter["in"]),
                    kind(&parameter["schema"]),
                    prose(&parameter["description"])
                );
            }
            html.push_str("</table></div>");
        }
        for (content_type, content) in map(&value["requestBody"]["content"]) {
            let _ = write!(
                html,
                "<p>{} <code>{}</code>: {}</p>",
                lang.pick("<span lang=\"zh-CN\">请求体</span>", "Body"),
                escape(content_type),
                kind(&content["schema"])
            );
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

/// A schema as a table of its fields.
pub(super) fn write_schema(html: &mut String, schema: &Value) {
    if schema["description"].is_string() {
        let _ = write!(html, "<p>{}</p>", prose(&schema["description"]));
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
    html.push_str("<div class=\"table\"><table>");
    for (name, property) in properties {
        let is_required = list(&schema["required"]).any(|required| required == name);
        let _ = write!(
            html,
            "<tr><td><code>{}</code>{}</td><td>{}</td><td>{}</td></tr>",
            escape(name),
            if is_required { " *" } else { "" },
            kind(property),
            prose(&property["description"])
        );
    }
    html.push_str("</table></div>");
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

/// The entries of a list; none where it is none.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The entries of an object; none where it is none.
pub(super) fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// A text, safe in markup.
pub(super) fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// A description; what stands between backticks is code.
pub(super) fn prose(value: &Value) -> String {
    let text = text(value);
    let parts = text.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

/// A text with nothing in it that markup would be made of.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
