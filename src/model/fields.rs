//! A small map from [`MemberField`] to a value: a sorted vector, because a hundred thousand of them are held at once.

use super::member::MemberField;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;

/// Values by member field, sorted by field; serialised as a map.
#[derive(Clone, PartialEq, Eq)]
pub struct Fields<V>(Vec<(MemberField, V)>);

impl<V> Fields<V> {
    /// No field.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of a field.
    pub fn get(&self, field: &MemberField) -> Option<&V> {
        self.0.binary_search_by(|(key, _)| key.cmp(field)).ok().map(|at| &self.0[at].1)
    }

    /// Sets a field and returns its former value.
    pub fn insert(&mut self, field: MemberField, value: V) -> Option<V> {
        match self.0.binary_search_by(|(key, _)| key.cmp(&field)) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (field, value));
                None
            }
        }
    }

    /// Takes a field out.
    pub fn remove(&mut self, field: &MemberField) -> Option<V> {
        self.0.binary_search_by(|(key, _)| key.cmp(field)).ok().map(|at| self.0.remove(at).1)
    }

    /// All fields in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&MemberField, &V)> {
        self.0.iter().map(|(field, value)| (field, value))
    }

    /// Gives back memory that is not needed.
    pub fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl<V> Default for Fields<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: std::fmt::Debug> std::fmt::Debug for Fields<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<V> FromIterator<(MemberField, V)> for Fields<V> {
    fn from_iter<I: IntoIterator<Item = (MemberField, V)>>(pairs: I) -> Self {
        let mut fields = Self::new();
        for (field, value) in pairs {
            fields.insert(field, value);
        }
        fields
    }
}

impl<V> IntoIterator for Fields<V> {
    type Item = (MemberField, V);
    type IntoIter = std::vec::IntoIter<(MemberField, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<V: Serialize> Serialize for Fields<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (field, value) in &self.0 {
            map.serialize_entry(field, value)?;
        }
        map.end()
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Fields<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for FieldsVisitor<V> {
            type Value = Fields<V>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of member fields")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut fields = Fields(Vec::with_capacity(access.size_hint().unwrap_or(8)));
                while let Some((field, value)) = access.next_entry()? {
                    fields.insert(field, value);
                }
                fields.shrink();
                Ok(fields)
            }
        }
        deserializer.deserialize_map(FieldsVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_that_keeps_its_order_and_round_trips() {
        let mut fields = Fields::new();
        for (path, value) in [("position", "p"), ("extattr.工号", "1"), ("name", "n"), ("name", "m")] {
            fields.insert(MemberField::find(path).unwrap(), value.to_owned());
        }
        let json = serde_json::to_string(&fields).unwrap();
        assert_eq!(json, r#"{"name":"m","position":"p","extattr.工号":"1"}"#);
        assert_eq!(serde_json::from_str::<Fields<String>>(&json).unwrap(), fields);
        assert_eq!(fields.remove(&MemberField::Name).as_deref(), Some("m"));
        assert_eq!(fields.get(&MemberField::Name), None);
    }
}
