//! Messages and events of apps as XML elements (doc paths 90239, 90240), written in the form that is asked for.

use crate::sandbox::options::DeliveryOptions;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write;

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// In CDATA.
    Text(Cow<'static, str>, String),
    /// Bare.
    Number(Cow<'static, str>, String),
    /// With elements inside.
    Group(Cow<'static, str>, Vec<Element>),
}

impl Element {
    /// A text.
    pub fn text(name: &'static str, value: impl Into<String>) -> Self {
        Self::Text(name.into(), value.into())
    }

    /// A number.
    pub fn number(name: &'static str, value: impl std::fmt::Display) -> Self {
        Self::Number(name.into(), value.to_string())
    }

    /// A group.
    pub fn group(name: &'static str, inside: Vec<Self>) -> Self {
        Self::Group(name.into(), inside)
    }

    /// Elements out of JSON: texts, numbers, objects; an array is the element once more for each.
    pub fn from_json(name: &str, value: &Value) -> Vec<Self> {
        let name: Cow<'static, str> = Cow::Owned(name.to_owned());
        match value {
            Value::Null => Vec::new(),
            Value::Bool(truth) => vec![Self::Number(name, i32::from(*truth).to_string())],
            Value::Number(number) => vec![Self::Number(name, number.to_string())],
            Value::String(text) => vec![Self::Text(name, text.clone())],
            Value::Array(values) => values.iter().flat_map(|value| Self::from_json(&name, value)).collect(),
            Value::Object(members) => {
                let inside = members.iter().flat_map(|(key, value)| Self::from_json(key, value)).collect();
                vec![Self::Group(name, inside)]
            }
        }
    }
}

/// Whether a name can be that of an element.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// `<xml>…</xml>` in the form of the options; `turn` decides the order when elements are shuffled.
pub fn render(mut elements: Vec<Element>, options: &DeliveryOptions, turn: usize) -> String {
    if options.shuffles_elements && !elements.is_empty() {
        let by = turn % elements.len();
        elements.rotate_left(by);
        if turn % 2 == 1 {
            elements.reverse();
        }
    }
    let mut xml = String::from("<xml>");
    write_all(&mut xml, &elements, options);
    xml.push_str("</xml>");
    xml
}

fn write_all(xml: &mut String, elements: &[Element], options: &DeliveryOptions) {
    for element in elements {
        // Writing into a String cannot fail.
        let _ = match element {
            Element::Text(name, value) => write!(xml, "<{name}>{}</{name}>", cdata(value)),
            Element::Number(name, value) if options.numbers_in_cdata => {
                write!(xml, "<{name}>{}</{name}>", cdata(value))
            }
            Element::Number(name, value) => write!(xml, "<{name}>{value}</{name}>"),
            Element::Group(name, inside) => {
                let _ = write!(xml, "<{name}>");
                write_all(xml, inside, options);
                write!(xml, "</{name}>")
            }
        };
    }
}

/// `]]>` would end the section: it is split over two.
fn cdata(value: &str) -> String {
    format!("<![CDATA[{}]]>", value.replace("]]>", "]]]]><![CDATA[>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn elements() -> Vec<Element> {
        vec![Element::text("A", "x]]>y"), Element::number("B", 5), Element::group("C", vec![Element::text("D", "")])]
    }

    #[test]
    fn the_same_elements_in_several_forms() {
        let plain = DeliveryOptions::default();
        let a = "<A><![CDATA[x]]]]><![CDATA[>y]]></A>";
        let c = "<C><D><![CDATA[]]></D></C>";
        assert_eq!(render(elements(), &plain, 5), format!("<xml>{a}<B>5</B>{c}</xml>"));
        let numbers = DeliveryOptions { numbers_in_cdata: true, ..DeliveryOptions::default() };
        assert_eq!(render(elements(), &numbers, 5), format!("<xml>{a}<B><![CDATA[5]]></B>{c}</xml>"));
        let shuffled = DeliveryOptions { shuffles_elements: true, ..DeliveryOptions::default() };
        let mut seen: Vec<String> = (0..6).map(|turn| render(elements(), &shuffled, turn)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 6, "all orders of three");
    }

    #[test]
    fn json_becomes_elements() {
        let value = json!({"ApprovalNode": [{"NodeStatus": 1}, {"NodeStatus": 2}], "ThirdNo": "17"});
        let xml = render(Element::from_json("ApprovalInfo", &value), &DeliveryOptions::default(), 0);
        assert_eq!(
            xml,
            "<xml><ApprovalInfo><ApprovalNode><NodeStatus>1</NodeStatus></ApprovalNode><ApprovalNode>\
             <NodeStatus>2</NodeStatus></ApprovalNode><ThirdNo><![CDATA[17]]></ThirdNo></ApprovalInfo></xml>"
        );
        assert!(is_name("Location_X") && !is_name("a b") && !is_name("1a") && !is_name("a>"));
    }
}
