//! Text with `{{ CEL }}` holes (DIR-49, DIR-50, PEER-08, MSG-06 to 09).

use super::program::CelProgram;
use super::subject::{Subject, Variable};
use super::{EvalError, ExprError, SOURCE_MAX_CHARS, is_longer};
use crate::model::Text;
use cel::Value;
use std::borrow::Cow;

/// A compiled template.
#[derive(Debug)]
pub struct Template<V>(Vec<Part<V>>);

#[derive(Debug)]
enum Part<V> {
    Text(String),
    Hole(Hole<V>),
}

/// One `{{ … }}`.
#[derive(Debug)]
enum Hole<V> {
    /// Just a field's name: read directly.
    Field(V),
    /// Anything else.
    Cel(Box<CelProgram<V>>),
}

impl<V: Variable> Template<V> {
    /// Compiles a template; an empty source gives an empty text. `{{ "{{" }}` writes two braces.
    pub fn compile(source: &str) -> Result<Self, ExprError> {
        if source.chars().nth(SOURCE_MAX_CHARS).is_some() {
            return Err(ExprError::new(SOURCE_MAX_CHARS + 1, format!("longer than {SOURCE_MAX_CHARS} characters")));
        }
        let mut parts = Vec::new();
        let mut rest = source;
        let position = |rest: &str| source[..source.len() - rest.len()].chars().count();
        while let Some(open) = rest.find("{{") {
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            let inner = &rest[open + 2..];
            let Some(close) = find_close(inner) else {
                return Err(ExprError::new(position(&rest[open..]) + 1, "this {{ has no }}"));
            };
            let hole = compile_hole(&inner[..close]).map_err(|error| error.moved_by(position(inner)))?;
            parts.push(Part::Hole(hole));
            rest = &inner[close + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// The text for one subject. Numbers and truth values are written out, `null` is empty.
    pub fn render<'a>(&'a self, subject: impl Subject<'a, V>) -> Result<Cow<'a, str>, EvalError> {
        let text = match self.0.as_slice() {
            [] => Cow::Borrowed(""),
            [Part::Text(text)] => Cow::Borrowed(text.as_str()),
            [Part::Hole(hole)] => hole.render(subject)?,
            parts => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(part) => text.push_str(part),
                        Part::Hole(hole) => text.push_str(&hole.render(subject)?),
                    }
                }
                Cow::Owned(text)
            }
        };
        let max = V::RESULT_MAX_CHARS;
        if is_longer(&text, max) { Err(EvalError::ResultTooLong { max }) } else { Ok(text) }
    }

    /// The fields that it names.
    pub fn fields(&self) -> impl Iterator<Item = &V> {
        let holes = self.0.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        });
        holes.flat_map(|hole| match hole {
            Hole::Field(field) => vec![field],
            Hole::Cel(program) => program.fields().collect(),
        })
    }

    /// The keys of the map (`ext.x`) that it names.
    pub fn columns(&self) -> impl Iterator<Item = &Text> {
        self.fields().filter_map(Variable::key)
    }

    /// The field, when the template is nothing but one field's name in a hole.
    pub fn as_field(&self) -> Option<&V> {
        match self.0.as_slice() {
            [Part::Hole(Hole::Field(field))] => Some(field),
            _ => None,
        }
    }
}

fn compile_hole<V: Variable>(source: &str) -> Result<Hole<V>, ExprError> {
    match V::find(source.trim()) {
        Some(field) => Ok(Hole::Field(field)),
        None => CelProgram::compile(source).map(|program| Hole::Cel(Box::new(program))),
    }
}

impl<V: Variable> Hole<V> {
    fn render<'a>(&self, subject: impl Subject<'a, V>) -> Result<Cow<'a, str>, EvalError> {
        match self {
            Self::Field(field) => Ok(subject.text(field)),
            Self::Cel(program) => match program.run(subject)? {
                Value::String(text) => Ok(Cow::Owned(text.as_str().to_owned())),
                Value::Int(number) => Ok(Cow::Owned(number.to_string())),
                Value::UInt(number) => Ok(Cow::Owned(number.to_string())),
                Value::Float(number) => Ok(Cow::Owned(number.to_string())),
                Value::Bool(value) => Ok(Cow::Borrowed(if value { "true" } else { "false" })),
                Value::Null => Ok(Cow::Borrowed("")),
                other => Err(EvalError::WrongType { got: other.type_of().to_string(), want: "a text or a number" }),
            },
        }
    }
}

/// Where the hole ends: the first `}}` that is neither inside quotes nor closes a map.
fn find_close(inner: &str) -> Option<usize> {
    let bytes = inner.as_bytes();
    let mut quote: Option<u8> = None;
    let mut braces = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None => match byte {
                b'"' | b'\'' => quote = Some(byte),
                b'{' => braces += 1,
                b'}' if braces > 0 => braces -= 1,
                b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at),
                _ => {}
            },
        }
        at += 1;
    }
    None
}
