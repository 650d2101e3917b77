//! The XML of a passive reply as a tree, and its card as the JSON of the wire.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// An element with its text and the elements inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Name.
    pub name: String,
    /// Text and CDATA, in one.
    pub text: String,
    /// Elements inside, in order.
    pub inside: Vec<Node>,
}

impl Node {
    /// Reads a document whose root is `xml`. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Node> = vec![Self::default()];
        loop {
            match reader.read_event().map_err(|cause| format!("no XML: {cause}"))? {
                Event::Eof => break,
                Event::DocType(_) => return Err("a document type is refused".into()),
                Event::Start(tag) => open.push(Self { name: tag.name().as_ref().to_owned(), ..Self::default() }),
                Event::Empty(tag) => {
                    let node = Self { name: tag.name().as_ref().to_owned(), ..Self::default() };
                    if let Some(parent) = open.last_mut() {
                        parent.inside.push(node);
                    }
                }
                Event::End(_) => {
                    let Some(node) = open.pop() else { break };
                    match open.last_mut() {
                        Some(parent) => parent.inside.push(node),
                        None => return Err("no XML: an element ends that never began".into()),
                    }
                }
                Event::CData(data) => add(&mut open, &data.into_inner()),
                Event::Text(data) => {
                    let text = data.into_inner();
                    // line breaks between elements are no text; blanks beside an entity are
                    let is_between = open.last().is_none_or(|node| node.text.is_empty()) && text.trim().is_empty();
                    if !is_between {
                        add(&mut open, &text);
                    }
                }
                Event::GeneralRef(name) => {
                    let Some(c) = entity(&name.into_inner()) else { return Err("an unknown entity".into()) };
                    add(&mut open, c.encode_utf8(&mut [0; 4]));
                }
                _ => {}
            }
        }
        match (open.len(), open.pop().and_then(|mut top| top.inside.pop())) {
            (1, Some(root)) if root.name == "xml" => Ok(root),
            _ => Err("no XML with the root element xml".into()),
        }
    }

    /// The first element of this name.
    pub fn find(&self, name: &str) -> Option<&Self> {
        self.inside.iter().find(|node| node.name == name)
    }

    /// The text of the element of this name; empty when absent.
    pub fn text_of(&self, name: &str) -> &str {
        self.find(name).map(|node| node.text.as_str()).unwrap_or_default()
    }
}

fn add(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Elements that repeat in place of a list (chapter 13.2 of the contract).
const LISTS: &[&str] = &[
    "ActionList",
    "HorizontalContentList",
    "JumpList",
    "VerticalContentList",
    "OptionList",
    "ButtonList",
    "SelectList",
];
const NUMBERS: &[&str] = &["Type", "DescColor", "Style", "Mode", "AspectRatio"];
const TRUTHS: &[&str] = &["Disable", "IsChecked"];
/// Names that do not follow the rule CamelCase → snake_case.
const NAMES: &[(&str, &str)] = &[
    ("AppId", "appid"),
    ("PagePath", "pagepath"),
    ("KeyName", "keyname"),
    ("UserId", "userid"),
    ("CheckBox", "checkbox"),
];

fn json_name(name: &str) -> String {
    if let Some((_, json)) = NAMES.iter().find(|(xml, _)| *xml == name) {
        return (*json).to_owned();
    }
    let mut json = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            json.push('_');
        }
        json.push(c.to_ascii_lowercase());
    }
    json
}

/// The element as JSON under the names of `update_template_card`.
pub fn card_json(node: &Node) -> Value {
    let mut members = Map::new();
    for child in &node.inside {
        let value = if NUMBERS.contains(&child.name.as_str()) {
            let number = child.text.trim();
            number
                .parse::<i64>()
                .map(Value::from)
                .or_else(|_| number.parse::<f64>().map(Value::from))
                .unwrap_or_default()
        } else if TRUTHS.contains(&child.name.as_str()) {
            Value::Bool(matches!(child.text.trim(), "true" | "1"))
        } else if child.inside.is_empty() {
            Value::String(child.text.clone())
        } else {
            card_json(child)
        };
        let name = json_name(&child.name);
        if LISTS.contains(&child.name.as_str()) {
            let list = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(value);
            }
        } else {
            members.insert(name, value);
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_card_has_the_names_of_the_wire() {
        let xml = "<xml><TemplateCard><CardType><![CDATA[multiple_interaction]]></CardType><Source><IconUrl>http://a</IconUrl>\
            <DescColor>1</DescColor></Source><MainTitle><Title><![CDATA[a]]]]><![CDATA[>b]]></Title></MainTitle><SelectList>\
            <QuestionKey>q</QuestionKey><Disable>true</Disable><OptionList><Id>1</Id><Text>A &amp; B</Text></OptionList></SelectList>\
            <CheckBox><Mode>1</Mode><OptionList><Id>x</Id><IsChecked>false</IsChecked></OptionList></CheckBox>\
            <CardAction><Type>2</Type><AppId>wx</AppId><PagePath>p</PagePath></CardAction><CardImage><AspectRatio>1.5</AspectRatio>\
            </CardImage></TemplateCard></xml>";
        let root = Node::parse(xml).unwrap();
        assert_eq!(
            card_json(root.find("TemplateCard").unwrap()),
            json!({
                "card_type": "multiple_interaction", "source": {"icon_url": "http://a", "desc_color": 1},
                "main_title": {"title": "a]]>b"},
                "select_list": [{"question_key": "q", "disable": true, "option_list": [{"id": "1", "text": "A & B"}]}],
                "checkbox": {"mode": 1, "option_list": [{"id": "x", "is_checked": false}]},
                "card_action": {"type": 2, "appid": "wx", "pagepath": "p"}, "card_image": {"aspect_ratio": 1.5},
            })
        );
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in ["", "x", "<xml>", "<a></a>", "<xml></a>", "<!DOCTYPE x><xml></xml>", "<xml>&nope;</xml>", "</xml>"]
        {
            assert!(Node::parse(text).is_err(), "{text}");
        }
        assert_eq!(Node::parse("<xml><A/></xml>").unwrap().text_of("A"), "");
    }
}
