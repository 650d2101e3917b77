//! WeCom's departments and members into model types.
//!
//! What was not answered stays absent: a restricted field that is missing or empty was not readable, gender `0` means
//! "not available", a missing `enable` says nothing (contract, sections 3, 4 and appendix B).

use super::wire::{Int, Str, U32};
use crate::model::{
    AttributeList, Department, DepartmentId, Edition, Fields, Member, MemberField, MemberStatus, Membership, PARTLY,
    Text, UserId, WHOLE,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct DepartmentWire {
    id: U32,
    #[serde(default)]
    parentid: Option<U32>,
    #[serde(default)]
    name: Option<Str>,
    #[serde(default)]
    order: Option<U32>,
    #[serde(default)]
    department_leader: Option<Vec<Str>>,
}

impl DepartmentWire {
    pub(super) fn into_model(self) -> Department {
        Department {
            id: DepartmentId(self.id.0),
            parent: DepartmentId(self.parentid.map_or(0, |id| id.0)),
            name: self.name.and_then(Str::non_empty),
            order: self.order.map_or(0, |order| order.0),
            leaders: self.department_leader.unwrap_or_default().into_iter().map(|id| UserId(id.0)).collect(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct MemberWire {
    pub(super) userid: Str,
    #[serde(default)]
    name: Option<Str>,
    #[serde(default)]
    alias: Option<Str>,
    #[serde(default)]
    english_name: Option<Str>,
    #[serde(default)]
    mobile: Option<Str>,
    #[serde(default)]
    email: Option<Str>,
    #[serde(default)]
    biz_mail: Option<Str>,
    #[serde(default)]
    position: Option<Str>,
    #[serde(default)]
    gender: Option<Str>,
    #[serde(default)]
    telephone: Option<Str>,
    #[serde(default)]
    address: Option<Str>,
    #[serde(default)]
    external_position: Option<Str>,
    #[serde(default)]
    department: Option<Vec<U32>>,
    #[serde(default)]
    order: Option<Vec<U32>>,
    #[serde(default)]
    is_leader_in_dept: Option<Vec<Int>>,
    #[serde(default)]
    isleader: Option<Int>,
    #[serde(default)]
    main_department: Option<U32>,
    #[serde(default)]
    direct_leader: Option<Vec<Str>>,
    #[serde(default)]
    status: Option<Int>,
    #[serde(default)]
    enable: Option<Int>,
    #[serde(default)]
    extattr: Option<ExtAttrWire>,
    #[serde(default)]
    external_profile: Option<ExternalWire>,
}

#[derive(Deserialize)]
struct ExtAttrWire {
    #[serde(default)]
    attrs: Option<Vec<AttrWire>>,
}

#[derive(Deserialize)]
struct ExternalWire {
    #[serde(default)]
    external_attr: Option<Vec<AttrWire>>,
}

/// All three shapes seen: `type` + `text.value`, `value` without `type`, and both.
#[derive(Deserialize)]
struct AttrWire {
    #[serde(default)]
    name: Option<Str>,
    #[serde(default, rename = "type")]
    kind: Option<Int>,
    #[serde(default)]
    text: Option<TextAttrWire>,
    #[serde(default)]
    value: Option<Str>,
    #[serde(default)]
    web: Option<Value>,
    #[serde(default)]
    miniprogram: Option<Value>,
}

#[derive(Deserialize)]
struct TextAttrWire {
    #[serde(default)]
    value: Option<Str>,
}

/// One entry of a list of attributes.
enum Attr {
    Text(Text, Text),
    /// A web page or a mini program, as JSON without its name.
    Item(Text, Text),
    /// Holds nothing.
    Empty,
    /// Of a kind that we do not know, so that it cannot be written back.
    Unknown,
}

impl AttrWire {
    fn into_attr(self) -> Attr {
        let guessed = match (&self.web, &self.miniprogram) {
            (Some(_), _) => 1,
            (None, Some(_)) => 2,
            (None, None) => 0,
        };
        let kind = self.kind.map_or(guessed, |Int(kind)| kind);
        let Some(name) = self.name.and_then(Str::non_empty) else { return Attr::Unknown };
        let item = |key: &str, value: Option<Value>| match value {
            Some(value) => Attr::Item(name.clone(), json!({ "type": kind, key: value }).to_string().into()),
            None => Attr::Empty,
        };
        match kind {
            0 => match self.text.and_then(|text| text.value).or(self.value) {
                Some(value) => Attr::Text(name, value.0),
                None => Attr::Empty,
            },
            1 => item("web", self.web),
            2 => item("miniprogram", self.miniprogram),
            _ => Attr::Unknown,
        }
    }
}

/// Puts the entries of a list among the fields, and beside them whether these are all.
fn put_list(fields: &mut Fields<Text>, list: AttributeList, attrs: Vec<AttrWire>) {
    let mut known = WHOLE;
    for attr in attrs {
        let (field, value) = match (attr.into_attr(), list) {
            (Attr::Text(name, value), AttributeList::ExtAttr) => (MemberField::ExtAttr(name), value),
            (Attr::Text(name, value), AttributeList::External) => (MemberField::External(name), value),
            (Attr::Item(name, value), AttributeList::ExtAttr) => (MemberField::ExtAttrItem(name), value),
            (Attr::Item(name, value), AttributeList::External) => (MemberField::ExternalItem(name), value),
            (Attr::Empty, _) => continue,
            (Attr::Unknown, _) => {
                known = PARTLY;
                continue;
            }
        };
        fields.insert(field, value);
    }
    fields.insert(list.marker(), known);
}

/// WeCom's number for a member's state (doc path 90196).
fn status(number: i64) -> MemberStatus {
    match number {
        1 => MemberStatus::Activated,
        2 => MemberStatus::Disabled,
        4 => MemberStatus::NotActivated,
        5 => MemberStatus::Left,
        other => MemberStatus::Other(other),
    }
}

impl MemberWire {
    /// `detailed` is whether the endpoint answers details at all (`user/simplelist` does not).
    pub(super) fn into_model(self, edition: Edition, detailed: bool) -> Member {
        let memberships = memberships(
            self.department.unwrap_or_default(),
            &self.order.unwrap_or_default(),
            self.is_leader_in_dept.as_deref(),
            self.isleader.is_some_and(|flag| flag.0 == 1),
        );
        let main_department = match self.main_department {
            Some(U32(id)) if id > 0 => Some(DepartmentId(id)),
            // private deployments have no such field: the first department is the main one (contract, section 15)
            _ if edition != Edition::Public => memberships.first().map(|m| m.department),
            _ => None,
        };
        let mut fields = Fields::new();
        let mut put = |field: MemberField, value: Option<crate::model::Text>| {
            if let Some(value) = value {
                fields.insert(field, value);
            }
        };
        let open = |value: Option<Str>| value.map(|text| text.0);
        let restricted = |value: Option<Str>| value.and_then(Str::non_empty);
        put(MemberField::Name, restricted(self.name));
        put(MemberField::Alias, open(self.alias.or(self.english_name)));
        put(MemberField::Mobile, restricted(self.mobile));
        put(MemberField::Email, restricted(self.email));
        put(MemberField::BizMail, restricted(self.biz_mail));
        put(MemberField::Position, open(self.position));
        put(MemberField::Gender, restricted(self.gender).filter(|gender| gender != "0"));
        put(MemberField::Telephone, open(self.telephone));
        put(MemberField::Address, restricted(self.address));
        put(MemberField::ExternalPosition, open(self.external_position));
        if let Some(attrs) = self.extattr.and_then(|extattr| extattr.attrs) {
            put_list(&mut fields, AttributeList::ExtAttr, attrs);
        }
        if let Some(attrs) = self.external_profile.and_then(|profile| profile.external_attr) {
            put_list(&mut fields, AttributeList::External, attrs);
        }
        fields.shrink();
        let status = match (self.status, self.enable) {
            (Some(Int(number)), _) => Some(status(number)),
            (None, Some(Int(0))) => Some(MemberStatus::Disabled),
            (None, _) => None,
        };
        Member {
            userid: UserId(self.userid.0),
            memberships,
            main_department,
            has_details: detailed && (status.is_some() || !fields.is_empty()),
            status,
            direct_leader: self.direct_leader.map(|ids| ids.into_iter().map(|id| UserId(id.0)).collect()),
            fields,
        }
    }
}

/// Puts the three parallel arrays together; a shorter or missing one leaves the defaults.
fn memberships(departments: Vec<U32>, order: &[U32], leads: Option<&[Int]>, leads_all: bool) -> Vec<Membership> {
    let mut list: Vec<Membership> = Vec::with_capacity(departments.len());
    for (at, U32(id)) in departments.into_iter().enumerate() {
        if list.iter().any(|m| m.department.0 == id) {
            continue;
        }
        list.push(Membership {
            department: DepartmentId(id),
            order: order.get(at).map_or(0, |order| order.0),
            is_leader: leads.map_or(leads_all, |flags| flags.get(at).is_some_and(|flag| flag.0 != 0)),
        });
    }
    list
}

/// Keeps each member once: with `fetch_child` a member comes once per department (contract, trap 11).
pub(super) fn distinct(members: Vec<Member>) -> Vec<Member> {
    let mut seen = std::collections::HashMap::with_capacity(members.len());
    let mut list: Vec<Member> = Vec::with_capacity(members.len());
    for member in members {
        match seen.entry(member.userid.folded()) {
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(list.len());
                list.push(member);
            }
            std::collections::hash_map::Entry::Occupied(at) => {
                let known = &mut list[*at.get()];
                for membership in member.memberships {
                    if !known.memberships.iter().any(|m| m.department == membership.department) {
                        known.memberships.push(membership);
                    }
                }
            }
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(json: &str, edition: Edition) -> Member {
        serde_json::from_str::<MemberWire>(json).unwrap().into_model(edition, true)
    }

    fn text<'a>(member: &'a Member, path: &str) -> Option<&'a str> {
        member.fields.get(&MemberField::find(path).unwrap()).map(|text| text.as_str())
    }

    #[test]
    fn a_member_as_a_new_app_sees_it() {
        let got = member(
            r#"{"errcode":0,"userid":"a.chen","name":"Chen A","department":[20,"21"],"order":[10,0],
                "position":"","gender":"0","mobile":"","is_leader_in_dept":[1,0],"direct_leader":["boss"],
                "telephone":"010-1234","alias":"achen","status":4,"main_department":20,"new_thing":{"a":[1]},
                "extattr":{"attrs":[{"type":0,"name":"No","text":{"value":"10001"}},{"name":"Old","value":"v"},
                  {"type":0,"name":"Both","value":"x","text":{"value":"y"}},{"name":"Site","web":{"url":"u","title":"t"}},
                  {"type":1,"name":"Web","web":{"url":"u","title":"t"}}]},
                "external_profile":{"external_attr":[{"type":0,"name":"职称","text":{"value":"专家"}}]}}"#,
            Edition::Public,
        );
        assert_eq!(text(&got, "mobile"), None, "an empty restricted field was not readable");
        assert_eq!(text(&got, "gender"), None, "0 is not a gender");
        assert_eq!(text(&got, "position"), Some(""), "an empty open field is empty");
        for (path, want) in [
            ("extattr.No", Some("10001")),
            ("extattr.Old", Some("v")),
            ("extattr.Both", Some("y")),
            ("extattr.Site", None),
            ("extattr.Web", None),
            ("external.职称", Some("专家")),
        ] {
            assert_eq!(text(&got, path), want, "{path}");
        }
        assert_eq!(got.memberships.len(), 2);
        assert!(got.memberships[0].is_leader && !got.memberships[1].is_leader);
        assert_eq!(got.status, Some(MemberStatus::NotActivated));
        assert!(got.has_details);
    }

    #[test]
    fn absent_is_not_disabled() {
        for (json, want) in [
            (r#"{"userid":"a","name":"n"}"#, None),
            (r#"{"userid":"a","enable":1}"#, None),
            (r#"{"userid":"a","enable":0}"#, Some(MemberStatus::Disabled)),
            (r#"{"userid":"a","enable":"0"}"#, Some(MemberStatus::Disabled)),
            (r#"{"userid":"a","enable":null}"#, None),
            (r#"{"userid":"a","status":"1","enable":0}"#, Some(MemberStatus::Activated)),
            (r#"{"userid":"a","status":77}"#, Some(MemberStatus::Other(77))),
        ] {
            assert_eq!(member(json, Edition::Public).status, want, "{json}");
        }
        assert!(!member(r#"{"userid":"a","department":[1]}"#, Edition::Private).has_details);
    }

    #[test]
    fn private_editions_put_the_main_department_first_and_the_alias_elsewhere() {
        let json = r#"{"userid":"a","department":[7,3],"english_name":"Al","isleader":1,"biz_mail_alias":["x"]}"#;
        let private = member(json, Edition::Private);
        assert_eq!(private.main_department, Some(DepartmentId(7)));
        assert_eq!(text(&private, "alias"), Some("Al"));
        assert!(private.memberships.iter().all(|m| m.is_leader));
        assert_eq!(member(json, Edition::Public).main_department, None);
    }

    #[test]
    fn a_wrong_kind_of_thing_is_an_error() {
        for json in [
            r#"{"name":"no id"}"#,
            r#"{"userid":"a","department":{"1":2}}"#,
            r#"{"userid":"a","department":[-1]}"#,
            r#"{"userid":"a","order":[4294967296]}"#,
            r#"{"userid":"a","mobile":{}}"#,
        ] {
            assert!(serde_json::from_str::<MemberWire>(json).is_err(), "{json}");
        }
        assert!(serde_json::from_str::<DepartmentWire>(r#"{"name":"no id"}"#).is_err());
    }

    #[test]
    fn departments_with_and_without_names() {
        let json = r#"{"id":"20","parentid":1,"order":4294967295,"name":"","department_leader":["a"]}"#;
        let got = serde_json::from_str::<DepartmentWire>(json).unwrap().into_model();
        assert_eq!((got.id.0, got.parent.0, got.order, got.name), (20, 1, u32::MAX, None));
        assert_eq!(got.leaders, vec![UserId::from("a")]);
    }

    #[test]
    fn a_member_listed_twice_is_kept_once_with_all_departments() {
        let list = distinct(vec![
            member(r#"{"userid":"A","name":"n","department":[1]}"#, Edition::Public),
            member(r#"{"userid":"b","department":[1]}"#, Edition::Public),
            member(r#"{"userid":"a","name":"n","department":[2,1]}"#, Edition::Public),
        ]);
        assert_eq!(list.len(), 2);
        assert_eq!(list[0].memberships.len(), 2);
    }
}
