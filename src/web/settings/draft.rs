//! What was entered in the form and is not saved: carried in an address while the scope is picked.

use super::fields::SyncFields;
use crate::model::Corp;
use serde_json::{Map, Value, to_value};
use url::form_urlencoded::byte_serialize;

/// What a draft does not carry: it is carried beside it, or belongs to one press of a button.
pub(super) const NOT_DRAFTED: [&str; 4] = ["seen", "pick", "confirm", "what"];
/// Bytes of a draft at most, as it stands in an address: every Chinese character is nine there.
const DRAFT_MAX: usize = 4_000;

impl SyncFields {
    /// What was entered and is not saved, as it stands in an address while the scope is picked: the fields that differ from the
    /// settings, and [`SyncFields::mark`] of those. Empty where nothing differs, `None` where it is too long for an address.
    pub(super) fn draft(&self, corp: &Corp) -> Option<String> {
        let mut entered: Map<String, Value> =
            self.differing(corp).into_iter().map(|(name, _, entered)| (name, entered)).collect();
        if entered.is_empty() {
            return Some(String::new());
        }
        entered.insert("seen".into(), self.seen.clone().into());
        let draft = Value::Object(entered).to_string();
        let length: usize = byte_serialize(draft.as_bytes()).map(str::len).sum();
        (length <= DRAFT_MAX).then_some(draft)
    }

    /// The fields of a draft that differ from the settings: name, as it is saved, as it was entered.
    pub(super) fn differing(&self, corp: &Corp) -> Vec<(String, Value, Value)> {
        let (entered, saved) = (self.clone().without_empty_rows(), Self::blank(corp).without_empty_rows());
        let (Ok(Value::Object(entered)), Ok(Value::Object(mut saved))) = (to_value(&entered), to_value(&saved)) else {
            return Vec::new();
        };
        let fields = entered.into_iter().filter(|(name, _)| !NOT_DRAFTED.contains(&name.as_str()));
        let pairs = fields.map(|(name, entered)| {
            let saved = saved.remove(&name).unwrap_or_default();
            (name, saved, entered)
        });
        pairs.filter(|(_, saved, entered)| saved != entered).collect()
    }

    /// The settings with a draft over them; what is no draft changes nothing.
    pub(super) fn drafted(corp: &Corp, draft: &str) -> Self {
        let saved = Self::of(corp);
        let Ok(Value::Object(draft)) = serde_json::from_str(draft) else { return saved };
        let Ok(Value::Object(mut fields)) = to_value(&saved) else { return saved };
        for (name, value) in draft.into_iter().filter(|(name, _)| !NOT_DRAFTED[1..].contains(&name.as_str())) {
            if let Some(field) = fields.get_mut(&name) {
                *field = value;
            }
        }
        serde_json::from_value(Value::Object(fields)).unwrap_or(saved)
    }

    /// The form shows two empty rows below each list; they are nothing.
    fn without_empty_rows(mut self) -> Self {
        for (first, second) in [
            (&mut self.match_employee, &mut self.match_member),
            (&mut self.map_field, &mut self.map_text),
            (&mut self.external_field, &mut self.external_text),
        ] {
            let rows = std::mem::take(first).into_iter().zip(std::mem::take(second));
            (*first, *second) = rows.filter(|(a, b)| !a.trim().is_empty() || !b.trim().is_empty()).unzip();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::tick;
    use super::*;

    /// What goes along to the scope and back is exactly what was changed, switched off and emptied things too.
    #[test]
    fn a_draft_holds_what_was_changed_and_nothing_else() {
        let endpoints = serde_json::json!({ "api_base": "", "authorize_base": "", "login_base": "", "console_url": "",
            "ca_file": "", "proxy": "", "timeout_ms": 1 });
        let corp = serde_json::json!({ "key": "acme", "tenant": "acme", "name": "A", "corpid": "ww", "edition": "public",
            "endpoints": endpoints, "access": "read-write", "read_app": null, "quota": {}, "apps": [], "match_rules": [],
            "pull": crate::model::PullOptions::default(), "downstream": crate::model::DownstreamOptions::default(),
            "upstream": crate::model::UpstreamOptions::default() });
        let corp: Corp = serde_json::from_value(corp).unwrap();
        let saved = SyncFields::of(&corp);
        let shown = |fields: &SyncFields| {
            // as the form sends it: two empty rows more
            let mut fields = fields.clone();
            for list in [&mut fields.match_employee, &mut fields.match_member, &mut fields.map_field] {
                list.extend([String::new(), String::new()]);
            }
            fields.map_text.extend([String::new(), " ".into()]);
            fields
        };
        assert_eq!(shown(&saved).draft(&corp).as_deref(), Some(""));
        let mut entered = shown(&saved);
        (entered.invite, entered.create_members) = (tick(saved.invite.is_none()), None);
        (entered.max_removals, entered.filter) = ("x".into(), "status == '在职'".into());
        (entered.what, entered.confirm, entered.pick) = ("pick".into(), "acme".into(), vec!["+unit 1".into()]);
        let draft = entered.draft(&corp).expect("a short one");
        let back = SyncFields::drafted(&corp, &draft);
        let changed = (entered.invite, None, "x".to_owned(), entered.filter);
        assert_eq!(
            (back.invite.clone(), back.create_members.clone(), back.max_removals.clone(), back.filter.clone()),
            changed
        );
        assert_eq!((back.differing(&corp).len(), back.seen.as_str()), (4, saved.seen.as_str()));
        assert_eq!((back.what.as_str(), back.confirm.as_str(), back.pick.len()), ("", "", 0));
        for nonsense in ["", "{", "[]", "{\"unknown\":1}", "{\"filter\":[1]}"] {
            assert_eq!(SyncFields::drafted(&corp, nonsense), saved, "{nonsense}");
        }
        for (one, count, is_short) in
            [("x", 3_000, true), ("x", DRAFT_MAX, false), ("范", 400, true), ("范", 500, false)]
        {
            let entered = SyncFields { filter: one.repeat(count), ..saved.clone() };
            assert_eq!(entered.draft(&corp).is_some(), is_short, "{one} {count}");
        }
    }
}
