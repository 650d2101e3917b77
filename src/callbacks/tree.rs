//! The decrypted text of a callback as a tree of names and values, from XML or JSON. Bounded in depth and number; entities
//! are never expanded, document types refused. Knows no message.

use crate::model::Text;
use crate::wecom::crypto::flat::flat;
use quick_xml::events::Event;
use serde_json::Value as Json;
use std::borrow::Cow;

/// Elements of one callback at most; the largest documented events have some hundreds.
const ELEMENTS_MAX: usize = 5_000;
/// Elements of most messages.
const FLAT_ELEMENTS: usize = 12;
/// Depth at most; documented events have six.
const DEPTH_MAX: usize = 16;

/// Why a text is no tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeFault {
    /// Neither form can be read.
    #[error("the text is broken XML")]
    Xml,
    /// Begins like JSON and is none.
    #[error("the text is broken JSON")]
    Json,
    /// `<!DOCTYPE`
    #[error("the text holds a document type, which is refused")]
    DocType,
    /// An entity that is not one of the five of XML.
    #[error("the text holds an entity, which is refused")]
    Entity,
    /// Too deep or too many.
    #[error("the text has more than 5000 elements or is deeper than 16")]
    TooMuch,
    /// The root is not `xml` or an object.
    #[error("the text is not one <xml> element or JSON object")]
    Root,
}

/// What stands under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'t> {
    /// A text; numbers too.
    Text(Cow<'t, str>),
    /// Further elements.
    Group(Tree<'t>),
}

/// Elements in their order; a name may come several times. Names are compared without case, for JSON forms spell them in
/// lower case. Of XML it borrows what it can.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree<'t>(pub Vec<(Text, Value<'t>)>);

impl<'t> Tree<'t> {
    /// Reads either form.
    pub fn parse(text: &'t str) -> Result<Self, TreeFault> {
        if text.trim_start().starts_with('{') { Self::parse_json(text) } else { Self::parse_xml(text) }
    }

    /// The first text of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).find_map(|value| match value {
            Value::Text(text) => Some(text.as_ref()),
            Value::Group(_) => None,
        })
    }

    /// The first group of this name.
    pub fn group(&self, name: &str) -> Option<&Self> {
        self.all(name).find_map(|value| match value {
            Value::Group(group) => Some(group),
            Value::Text(_) => None,
        })
    }

    /// Every value of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Value<'t>> {
        self.0.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The same elements whatever their order and form: what a repeat is recognised by.
    pub fn canonical(&self) -> String {
        let part = |(name, value): &(Text, Value<'_>)| {
            let value = match value {
                Value::Text(text) => text.clone(),
                Value::Group(group) => format!("\u{1}{}\u{2}", group.canonical()).into(),
            };
            format!("{}\u{3}{value}", name.to_ascii_lowercase())
        };
        let mut parts: Vec<String> = self.0.iter().map(part).collect();
        parts.sort_unstable();
        parts.join("\u{4}")
    }

    /// As JSON: texts, objects, and arrays where a name comes several times.
    pub fn to_json(&self) -> Json {
        let mut object = serde_json::Map::new();
        for (name, value) in &self.0 {
            let value = match value {
                Value::Text(text) => Json::String(text.clone().into_owned()),
                Value::Group(group) => group.to_json(),
            };
            match object.get_mut(name.as_str()) {
                None => drop(object.insert(name.to_string(), value)),
                Some(Json::Array(list)) => list.push(value),
                Some(known) => *known = Json::Array(vec![known.take(), value]),
            }
        }
        Json::Object(object)
    }

    fn parse_json(text: &str) -> Result<Self, TreeFault> {
        let json: Json = serde_json::from_str(text).map_err(|_| TreeFault::Json)?;
        let Json::Object(object) = json else { return Err(TreeFault::Root) };
        let mut left = ELEMENTS_MAX;
        of_object(object, 0, &mut left)
    }

    fn parse_xml(text: &'t str) -> Result<Self, TreeFault> {
        match Self::parse_flat(text) {
            Some(tree) => Ok(tree),
            None => Self::parse_any_xml(text),
        }
    }

    /// Most messages; `None` where it is another form.
    fn parse_flat(text: &'t str) -> Option<Self> {
        let mut elements = Vec::with_capacity(FLAT_ELEMENTS);
        let is_flat = flat(text, |name, text| elements.push((Text::from(name), Value::Text(Cow::Borrowed(text)))));
        (is_flat && elements.len() < ELEMENTS_MAX).then_some(Self(elements))
    }

    fn parse_any_xml(text: &'t str) -> Result<Self, TreeFault> {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut open: Vec<Element<'t>> = Vec::with_capacity(4);
        let mut root: Option<Self> = None;
        let mut left = ELEMENTS_MAX;
        loop {
            match reader.read_event().map_err(|_| TreeFault::Xml)? {
                Event::Eof => break,
                Event::DocType(_) => return Err(TreeFault::DocType),
                Event::Start(tag) => {
                    if root.is_some() {
                        return Err(TreeFault::Root);
                    }
                    left = left.checked_sub(1).ok_or(TreeFault::TooMuch)?;
                    if open.len() >= DEPTH_MAX {
                        return Err(TreeFault::TooMuch);
                    }
                    open.push(Element::new(tag.name().as_ref()));
                }
                Event::Empty(tag) => {
                    let parent = open.last_mut().ok_or(TreeFault::Root)?;
                    left = left.checked_sub(1).ok_or(TreeFault::TooMuch)?;
                    parent.inside.0.push((Text::from(tag.name().as_ref()), Value::Text(Cow::Borrowed(""))));
                }
                Event::End(_) => {
                    let closed = open.pop().ok_or(TreeFault::Xml)?;
                    match open.last_mut() {
                        Some(parent) => parent.inside.0.push(closed.named()),
                        None if closed.name.eq_ignore_ascii_case("xml") => root = Some(closed.inside),
                        None => return Err(TreeFault::Root),
                    }
                }
                Event::CData(data) => push(&mut open, data.into_inner(), false)?,
                Event::Text(data) => push(&mut open, data.into_inner(), true)?,
                Event::GeneralRef(name) => push(&mut open, character(&name.into_inner())?.into(), false)?,
                _ => {}
            }
        }
        if !open.is_empty() {
            return Err(TreeFault::Xml);
        }
        root.ok_or(TreeFault::Root)
    }
}

struct Element<'t> {
    name: Text,
    text: Cow<'t, str>,
    inside: Tree<'t>,
}

impl<'t> Element<'t> {
    fn new(name: &str) -> Self {
        Self { name: Text::from(name), text: Cow::Borrowed(""), inside: Tree::default() }
    }

    fn named(self) -> (Text, Value<'t>) {
        let value = if self.inside.0.is_empty() { Value::Text(self.text) } else { Value::Group(self.inside) };
        (self.name, value)
    }
}

/// Adds a text to the innermost element; blanks between elements are no text.
fn push<'t>(open: &mut [Element<'t>], text: Cow<'t, str>, is_bare: bool) -> Result<(), TreeFault> {
    if is_bare && text.trim().is_empty() {
        return Ok(());
    }
    let innermost = open.last_mut().ok_or(TreeFault::Root)?;
    if innermost.text.is_empty() {
        innermost.text = text;
    } else {
        innermost.text.to_mut().push_str(&text);
    }
    Ok(())
}

/// One of the five entities, or a character by its number.
fn character(name: &str) -> Result<String, TreeFault> {
    let by_number = || {
        let digits = name.strip_prefix('#')?;
        let number = match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        };
        char::from_u32(number)
    };
    let found = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => by_number(),
    };
    found.map(String::from).ok_or(TreeFault::Entity)
}

fn of_object(
    object: serde_json::Map<String, Json>,
    depth: usize,
    left: &mut usize,
) -> Result<Tree<'static>, TreeFault> {
    if depth >= DEPTH_MAX {
        return Err(TreeFault::TooMuch);
    }
    let mut tree = Tree::default();
    for (name, value) in object {
        add(&mut tree, &name, value, depth, left)?;
    }
    Ok(tree)
}

fn add(tree: &mut Tree<'static>, name: &str, value: Json, depth: usize, left: &mut usize) -> Result<(), TreeFault> {
    *left = left.checked_sub(1).ok_or(TreeFault::TooMuch)?;
    let value = match value {
        Json::Null => Value::Text(Cow::Borrowed("")),
        Json::Bool(truth) => Value::Text(truth.to_string().into()),
        Json::Number(number) => Value::Text(number.to_string().into()),
        Json::String(text) => Value::Text(text.into()),
        Json::Object(object) => Value::Group(of_object(object, depth + 1, left)?),
        Json::Array(values) => {
            if depth + 1 >= DEPTH_MAX {
                return Err(TreeFault::TooMuch);
            }
            return values.into_iter().try_for_each(|value| add(tree, name, value, depth + 1, left));
        }
    };
    tree.0.push((Text::from(name), value));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_give_the_same_elements() {
        let xml = "<xml>\n <A><![CDATA[x\n<b>&amp;]]></A> <B>5</B><C><D>1</D><D>2</D></C><E/></xml>";
        let json = r#"{"e":"","c":{"d":[1,"2"]},"b":5,"a":"x\n<b>&amp;"}"#;
        let (xml, json) = (Tree::parse(xml).unwrap(), Tree::parse(json).unwrap());
        assert_eq!(xml.canonical(), json.canonical());
        assert_eq!(xml.text("a"), Some("x\n<b>&amp;"));
        assert_eq!(xml.group("C").unwrap().all("D").count(), 2);
        assert_eq!(xml.to_json()["C"]["D"], serde_json::json!(["1", "2"]));
    }

    #[test]
    fn what_is_refused() {
        let deep = |n: usize| format!("<xml>{}{}</xml>", "<a>".repeat(n), "</a>".repeat(n));
        let wide = format!("<xml>{}</xml>", "<a>1</a>".repeat(ELEMENTS_MAX));
        let deep_json = format!("{}1{}", "{\"a\":".repeat(40), "}".repeat(40));
        let nested_arrays = format!("{{\"a\":{}1{}}}", "[".repeat(40), "]".repeat(40));
        for (text, want) in [
            ("", TreeFault::Root),
            ("hello", TreeFault::Root),
            ("<xml><a></xml>", TreeFault::Xml),
            ("<xml><a>1</a>", TreeFault::Xml),
            ("<a>1</a>", TreeFault::Root),
            ("<xml></xml><xml></xml>", TreeFault::Root),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><xml>&b;</xml>", TreeFault::DocType),
            ("<xml><a>&b;</a></xml>", TreeFault::Entity),
            ("{\"a\":", TreeFault::Json),
            ("{} x", TreeFault::Json),
            (deep(DEPTH_MAX).as_str(), TreeFault::TooMuch),
            (wide.as_str(), TreeFault::TooMuch),
            (deep_json.as_str(), TreeFault::TooMuch),
            (nested_arrays.as_str(), TreeFault::TooMuch),
        ] {
            assert_eq!(Tree::parse(text), Err(want), "{}", &text[..text.len().min(60)]);
        }
        assert!(Tree::parse(&deep(DEPTH_MAX - 1)).is_ok());
        assert_eq!(Tree::parse("<xml><a>&lt;&#20013;&#x4e2d;</a></xml>").unwrap().text("a"), Some("<中中"));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,200}", inner in "[<>/&;a-z\\[\\]!\\- \"#]{0,200}") {
            let _ = Tree::parse(&text);
            let _ = Tree::parse(&format!("<xml>{inner}</xml>"));
            let _ = Tree::parse(&format!("{{{inner}}}"));
        }

        #[test]
        fn the_short_way_reads_what_the_parser_reads(
            inner in "(<A>|</A>|<Bc>|</Bc>|<C/>|<!\\[CDATA\\[|\\]\\]>|a|中|&lt;|\\]| |\n|<xml>|</xml>|<!---->){0,12}",
        ) {
            let text = format!(" <xml>{inner}</xml>");
            if let Some(tree) = Tree::parse_flat(&text) {
                prop_assert_eq!(Tree::parse_any_xml(&text), Ok(tree));
            }
        }
    }
}
