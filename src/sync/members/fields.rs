//! The field mappings of a corp, compiled: defaults, overrides, and fields that are switched off (DIR-49, DIR-50).

use super::limits;
use crate::model::{DownstreamOptions, MemberField, Text};
use crate::sync::expr::{Person, Template};
use crate::sync::input::PlanRefusal;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The mapping of every field that the options do not name; setup-example.toml shows the same.
pub const DEFAULTS: [(&str, &str); 8] = [
    ("name", "{{ name }}"),
    ("mobile", "{{ mobile }}"),
    ("email", "{{ email }}"),
    ("position", "{{ position }}"),
    ("gender", "{{ gender }}"),
    ("telephone", "{{ telephone }}"),
    ("alias", "{{ alias }}"),
    ("extattr.工号", "{{ employee_no }}"),
];

/// The same for the external profile; `position` there is the member's `external_position`.
pub const EXTERNAL_DEFAULTS: [(&str, &str); 1] = [("position", "{{ position }}")];

/// The compiled mappings, by field.
pub struct FieldMap {
    mappings: Vec<Mapping>,
}

/// One compiled mapping.
pub struct Mapping {
    /// What is written.
    pub field: MemberField,
    /// As the options spell it.
    pub source: String,
    template: Template,
}

/// What a mapping gives for one employee.
pub type Rendered<'v> = Result<Cow<'v, str>, String>;

impl FieldMap {
    /// Compiles the mappings, or names the option that is wrong.
    pub fn compile(options: &DownstreamOptions) -> Result<Self, PlanRefusal> {
        let mut by_field: BTreeMap<MemberField, (String, &str)> = BTreeMap::new();
        let defaults = DEFAULTS.iter().map(|(key, text)| ("fields", *key, *text));
        let own = options.fields.iter().map(|(key, text)| ("fields", key.as_str(), text.as_str()));
        let external_defaults = EXTERNAL_DEFAULTS.iter().map(|(key, text)| ("external_fields", *key, *text));
        let external =
            options.external_fields.iter().map(|(key, text)| ("external_fields", key.as_str(), text.as_str()));
        for (section, key, text) in defaults.chain(external_defaults).chain(own).chain(external) {
            let option = format!("{section}.{key}");
            let Some(field) = field_of(section, key) else {
                return Err(PlanRefusal::BadOption {
                    option,
                    value: text.to_owned(),
                    reason: "there is no such member field; fields are name, alias, mobile, email, biz_mail, position, gender, telephone, address, external_position, extattr.<name>, external.<name>".into(),
                });
            };
            by_field.insert(field, (option, text));
        }
        let mut mappings = Vec::with_capacity(by_field.len());
        for (field, (option, text)) in by_field {
            if text.trim().is_empty() {
                if field == MemberField::Name {
                    let reason = "the name is mandatory and cannot be switched off".into();
                    return Err(PlanRefusal::BadOption { option, value: text.to_owned(), reason });
                }
                continue;
            }
            let template = Template::compile(text).map_err(|cause| PlanRefusal::BadExpression { option, cause })?;
            mappings.push(Mapping { field, source: text.to_owned(), template });
        }
        Ok(Self { mappings })
    }

    /// All mappings, by field.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Mapping> {
        self.mappings.iter()
    }

    /// Mappings that name a further column (`ext.x`), with the column.
    pub fn columns(&self) -> impl Iterator<Item = (&Mapping, &Text)> {
        self.mappings.iter().flat_map(|mapping| mapping.template.columns().map(move |column| (mapping, column)))
    }

    /// Whether WeCom shows this value of a mapping by itself: without an external position it shows the position to people
    /// outside (doc path 90195), so that one is written only where it is another.
    pub fn is_implied(&self, field: &MemberField, value: &str, person: &Person<'_>) -> bool {
        *field == MemberField::ExternalPosition
            && !value.is_empty()
            && self
                .find(&MemberField::Position)
                .is_some_and(|position| position.render(person).is_ok_and(|position| position == value))
    }

    /// The mapping of one field, unless it is switched off.
    pub fn find(&self, field: &MemberField) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.field == *field)
    }
}

impl Mapping {
    /// The value for one employee in WeCom's form, or why it cannot be written.
    pub fn render<'v>(&'v self, person: &Person<'v>) -> Rendered<'v> {
        match self.template.render(person) {
            Err(error) => Err(error.to_string()),
            Ok(Cow::Borrowed(text)) => limits::check(&self.field, text),
            Ok(Cow::Owned(text)) => limits::check(&self.field, &text).map(|text| Cow::Owned(text.into_owned())),
        }
    }
}

fn field_of(section: &str, key: &str) -> Option<MemberField> {
    match (section, key) {
        ("fields", key) => MemberField::find(key).filter(|field| !field.is_item() && !field.is_marker()),
        (_, "position" | "external_position") => Some(MemberField::ExternalPosition),
        (_, "") => None,
        (_, key) => Some(MemberField::External(key.into())),
    }
}
