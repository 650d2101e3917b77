//! One compiled CEL expression: parsed, checked against what we allow, and run over one subject.

use super::subject::{Subject, Variable};
use super::{EvalError, ExprError, SOURCE_MAX_CHARS, is_longer};
use crate::model::Text;
use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, SelectExpr, SourceInfo, operators};
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, IdedExpr, Value, extensions};
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

/// Functions that an expression may call; none of them loops over a list or grows a text without bound.
const FUNCTIONS: [&str; 18] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "lowerAscii",
    "upperAscii",
    "trim",
    "replace",
    "substring",
    "indexOf",
    "lastIndexOf",
    "charAt",
    "reverse",
];

/// How many brackets may be open at once, and how many `? :` an expression may have. The parser and the interpreter
/// are recursive: what is deeper must not reach them.
const NESTING_MAX: usize = 16;

/// Address space for the parser's stack; only what is used takes memory.
const PARSER_STACK_BYTES: usize = 256 << 20;

/// How many operators and calls may be chained, e.g. by `+`.
const DEPTH_MAX: usize = 24;

/// Longest written-out text that a `replace` may put in where the fields are large.
const INSERT_MAX_BYTES: usize = 64;

#[derive(Debug)]
pub(super) struct CelProgram<V> {
    expr: IdedExpr,
    fields: Vec<V>,
    reads_map: bool,
}

impl<V: Variable> CelProgram<V> {
    /// Parses and checks; positions in errors count characters of `source` from 1.
    pub(super) fn compile(source: &str) -> Result<Self, ExprError> {
        if source.chars().nth(SOURCE_MAX_CHARS).is_some() {
            return Err(ExprError::new(SOURCE_MAX_CHARS + 1, format!("longer than {SOURCE_MAX_CHARS} characters")));
        }
        if source.trim().is_empty() {
            return Err(ExprError::new(1, "the expression is empty"));
        }
        check_nesting(source)?;
        let (mut expr, info) = parse(source)?;
        let mut check = Check::<V> { source, info: &info, fields: Vec::new(), reads_map: false, growing: 0, depth: 0 };
        check.visit(&mut expr)?;
        let Check { fields, reads_map, .. } = check;
        Ok(Self { expr, fields, reads_map })
    }

    /// The fields that it names.
    pub(super) fn fields(&self) -> impl Iterator<Item = &V> {
        self.fields.iter()
    }

    /// The keys of the map (`ext.x`) that it names.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Text> {
        self.fields().filter_map(Variable::key)
    }

    /// Runs the expression; the value is copied out.
    pub(super) fn run<'a>(&self, subject: impl Subject<'a, V>) -> Result<Value, EvalError> {
        for field in &self.fields {
            if is_longer(&subject.text(field), V::FIELD_MAX_CHARS) {
                let max = V::FIELD_MAX_CHARS;
                return Err(EvalError::FieldTooLong { field: field.name().into_owned(), max });
            }
        }
        if self.reads_map
            && let Some(field) = subject.find_longer(V::FIELD_MAX_CHARS)
        {
            return Err(EvalError::FieldTooLong { field, max: V::FIELD_MAX_CHARS });
        }
        let variables = Variables { subject, fields: &self.fields, kind: PhantomData };
        let mut context = Context::with_env(Arc::clone(env()));
        context.set_variable_resolver(&variables);
        Value::resolve(&self.expr, &context).map_err(|error| EvalError::Failed(say(&error)))
    }
}

/// Parses on a thread of its own: the parser takes some hundred kilobytes of stack for every open bracket.
fn parse(source: &str) -> Result<(IdedExpr, SourceInfo), ExprError> {
    let parsed = std::thread::scope(|scope| {
        let parser = std::thread::Builder::new()
            .name("expression".into())
            .stack_size(PARSER_STACK_BYTES)
            .spawn_scoped(scope, || env().parser().parse_with_source_info(source));
        parser.ok().and_then(|parser| parser.join().ok())
    });
    match parsed {
        Some(Ok(parsed)) => Ok(parsed),
        Some(Err(errors)) => {
            let first = errors.errors.into_iter().next();
            Err(first.map_or_else(
                || ExprError::new(1, "this is not CEL"),
                |error| ExprError::new(position_of(source, error.pos), format!("this is not CEL: {}", error.msg)),
            ))
        }
        None => Err(ExprError::new(1, "the expression could not be parsed on this machine; try again")),
    }
}

/// Refuses what would need much stack to parse; texts in quotes do not count.
fn check_nesting(source: &str) -> Result<(), ExprError> {
    let mut open = 0_usize;
    let mut operators = 0_usize;
    let mut unary = 0_usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, c) in source.chars().enumerate() {
        if let Some(end) = quote {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if c == end => quote = None,
                _ => {}
            }
            continue;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '?' | '.' | '+' | '*' | '/' | '%' | '&' | '|' | '<' | '>' | '=' => operators += 1,
            _ => {}
        }
        match c {
            '!' | '-' => unary += 1,
            _ if c.is_whitespace() => {}
            _ => unary = 0,
        }
        if open > NESTING_MAX || unary > NESTING_MAX || operators > 10 * DEPTH_MAX {
            return Err(ExprError::new(at + 1, "the expression is nested too deeply or too long a chain: simplify it"));
        }
    }
    Ok(())
}

/// CEL's complaint without the values, which may be personal.
fn say(error: &ExecutionError) -> String {
    match error {
        ExecutionError::DivisionByZero(_) => "division by zero".into(),
        ExecutionError::RemainderByZero(_) => "remainder by zero".into(),
        ExecutionError::Overflow(..) => "the number is too large".into(),
        ExecutionError::IndexOutOfBounds(_) => "the index is out of bounds".into(),
        ExecutionError::UnsupportedBinaryOperator(operator, ..) => format!("{operator} does not fit these types"),
        ExecutionError::ValuesNotComparable(..) => "these values cannot be compared".into(),
        ExecutionError::FunctionError { function, .. } => format!("{function}() refused its arguments"),
        ExecutionError::NoSuchOverload(error) => error.to_string(),
        ExecutionError::NoSuchKey(key) => format!("there is no key {key}"),
        _ => "the expression does not fit these values".into(),
    }
}

fn env() -> &'static Arc<Env> {
    static ENV: OnceLock<Arc<Env>> = OnceLock::new();
    ENV.get_or_init(|| {
        let mut env = Env::stdlib();
        if env.add_extension(extensions::strings).is_err() {
            tracing::error!("the string functions of expressions could not be declared");
        }
        Arc::new(env)
    })
}

/// From line and column as the parser counts them to characters from 1.
fn position_of(source: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let before: usize = source.split_inclusive('\n').take(line).map(|line| line.chars().count()).sum();
    before + usize::try_from(column).unwrap_or(1).max(1)
}

struct Variables<'a, 'p, S, V> {
    subject: S,
    /// What the program names.
    fields: &'p [V],
    kind: PhantomData<&'a ()>,
}

impl<'a, V: Variable, S: Subject<'a, V>> VariableResolver for Variables<'a, '_, S, V> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        if variable == V::MAP {
            return Some(self.subject.map());
        }
        // A key that `Check` found and wrote as one name: absent = empty. CEL asks for longer names too, `data.who.name`
        // before the `name` in `data.who`: those are not ours.
        match variable.strip_prefix(V::MAP).and_then(|rest| rest.strip_prefix('.')) {
            Some(key) => {
                let field = self.fields.iter().find(|field| field.key().is_some_and(|known| known == key))?;
                Some(self.subject.value(field))
            }
            None => V::find(variable).map(|field| self.subject.value(&field)),
        }
    }
}

struct Check<'a, V> {
    source: &'a str,
    info: &'a SourceInfo,
    fields: Vec<V>,
    reads_map: bool,
    /// `replace` calls that may lengthen a text.
    growing: usize,
    depth: usize,
}

impl<V: Variable> Check<'_, V> {
    fn refuse<T>(&self, id: u64, reason: impl Into<String>) -> Result<T, ExprError> {
        let start = self.info.offset_for(id).map_or(0, |(start, _)| start as usize);
        let position = self.source.char_indices().take_while(|(at, _)| *at < start).count() + 1;
        Err(ExprError::new(position, reason))
    }

    fn visit(&mut self, node: &mut IdedExpr) -> Result<(), ExprError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.refuse(node.id, format!("more than {DEPTH_MAX} operators or calls are chained"));
        }
        let result = self.visit_node(node);
        self.depth -= 1;
        result
    }

    fn visit_node(&mut self, node: &mut IdedExpr) -> Result<(), ExprError> {
        let id = node.id;
        if let Some(key) = key_of_map(&node.expr, V::MAP) {
            self.fields.push(V::of_key(key.as_str().into()));
            node.expr = Expr::Ident(format!("{}.{key}", V::MAP));
            return Ok(());
        }
        match &mut node.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) if name == V::MAP => {
                self.reads_map = true;
                Ok(())
            }
            Expr::Ident(name) => match V::find(name) {
                Some(field) => {
                    self.fields.push(field);
                    Ok(())
                }
                None => {
                    let known = V::NAMES.join(", ");
                    self.refuse(id, format!("there is no field {name}; fields are {known}, {}", V::MAP_HINT))
                }
            },
            Expr::Select(select) => self.visit(&mut select.operand),
            Expr::Call(call) => self.visit_call(id, call),
            Expr::List(list) => list.elements.iter_mut().try_for_each(|element| self.visit(element)),
            Expr::Map(map) => map.entries.iter_mut().try_for_each(|entry| match &mut entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.visit(&mut entry.key)?;
                    self.visit(&mut entry.value)
                }
                EntryExpr::StructField(_) => Ok(()),
            }),
            Expr::Comprehension(_) => {
                self.refuse(id, "loops (all, exists, exists_one, map, filter) are not allowed; use `in`, && and ||")
            }
            Expr::Struct(_) => self.refuse(id, "types with fields cannot be made here"),
            Expr::Unspecified => self.refuse(id, "something is missing here"),
        }
    }

    fn visit_call(&mut self, id: u64, call: &mut CallExpr) -> Result<(), ExprError> {
        let is_operator = !call.func_name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_operator && !FUNCTIONS.contains(&call.func_name.as_str()) {
            let known = FUNCTIONS.join(", ");
            return self.refuse(id, format!("there is no function {}; functions are {known}", call.func_name));
        }
        if call.func_name == "replace" && may_grow(call) {
            if V::IS_LARGE && !puts_in_little(call) {
                let max = INSERT_MAX_BYTES;
                return self.refuse(id, format!("replace() takes a written-out text of at most {max} bytes here"));
            }
            self.growing += 1;
            if self.growing > 1 {
                return self.refuse(id, "only one replace() may put in more than it takes out");
            }
        }
        if let Some(target) = &mut call.target {
            self.visit(target)?;
        }
        call.args.iter_mut().try_for_each(|argument| self.visit(argument))
    }
}

/// The key of `ext.key` and `ext["key"]`.
fn key_of_map(expr: &Expr, map: &str) -> Option<String> {
    let is_map = |node: &IdedExpr| matches!(&node.expr, Expr::Ident(name) if name == map);
    match expr {
        Expr::Select(SelectExpr { operand, field, test: false }) if is_map(operand) => Some(field.clone()),
        Expr::Call(call) if call.func_name == operators::INDEX && call.target.is_none() && call.args.len() == 2 => {
            match (&call.args[0], &call.args[1].expr) {
                (operand, Expr::Literal(LiteralValue::String(key))) if is_map(operand) => Some(key.inner().to_owned()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a `replace` puts in a written-out text that is short.
fn puts_in_little(call: &CallExpr) -> bool {
    matches!(call.args.get(1).map(|argument| &argument.expr),
        Some(Expr::Literal(LiteralValue::String(text))) if text.inner().len() <= INSERT_MAX_BYTES)
}

/// Whether a `replace` can make a text longer: unless both texts are written out and the new one is no longer.
fn may_grow(call: &CallExpr) -> bool {
    let literal = |at: usize| match call.args.get(at).map(|argument| &argument.expr) {
        Some(Expr::Literal(LiteralValue::String(text))) => Some(text.inner()),
        _ => None,
    };
    match (literal(0), literal(1)) {
        (Some(old), Some(new)) => old.is_empty() || new.len() > old.len(),
        _ => true,
    }
}
