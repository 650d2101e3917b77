//! Writes as JSON, one dialect per edition. What the image does not hold is not written; arrays that belong together
//! go together (contract, sections 2, 3 and 15).

use super::requests::{DepartmentWrite, ImportJob, MemberWrite};
use crate::model::{AttributeList, DepartmentId, Edition, MemberField, MemberImage, Membership, Text};
use serde_json::{Map, Value, json};

/// How an edition spells its writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    edition: Edition,
}

/// The body of `user/create` or `user/update` exactly as the client sends it, for explanations; nothing is sent.
/// `Err` says which rule is broken.
pub fn member_body(edition: Edition, write: &MemberWrite, is_new: bool) -> Result<Value, String> {
    let dialect = Dialect::of(edition);
    if is_new { dialect.member_create(write) } else { dialect.member_update(write) }
}

impl Dialect {
    pub(super) fn of(edition: Edition) -> Self {
        Self { edition }
    }

    fn is_public(self) -> bool {
        self.edition == Edition::Public
    }

    /// Body of `department/create`; `Err` says what is missing.
    pub(super) fn department_create(self, write: &DepartmentWrite) -> Result<Value, String> {
        if write.image.name.as_ref().is_none_or(|name| name.is_empty()) {
            return Err("a new department needs a name".into());
        }
        if write.image.parent.is_none() {
            return Err("a new department needs a parent".into());
        }
        Ok(Value::Object(department(write)))
    }

    /// Body of `department/update`; `Err` says what is missing.
    pub(super) fn department_update(self, write: &DepartmentWrite) -> Result<Value, String> {
        if write.id.is_none() {
            return Err("a department is updated by its id".into());
        }
        let mut body = department(write);
        // the root has no parent; 0 is refused with 60124 and null stands for "as it is"
        if write.id == Some(DepartmentId::ROOT) {
            body.remove("parentid");
        }
        Ok(Value::Object(body))
    }

    /// Body of `user/create`; `Err` says what is missing.
    pub(super) fn member_create(self, write: &MemberWrite) -> Result<Value, String> {
        if write.image.fields.get(&MemberField::Name).is_none_or(Text::is_empty) {
            return Err("a new member needs a name".into());
        }
        if write.image.memberships.as_ref().is_none_or(Vec::is_empty) {
            return Err("a new member needs a department".into());
        }
        let mut body = self.member(write)?;
        body.insert("to_invite".into(), write.to_invite.unwrap_or(false).into());
        Ok(Value::Object(body))
    }

    /// Body of `user/update`; `Err` says which rule is broken.
    pub(super) fn member_update(self, write: &MemberWrite) -> Result<Value, String> {
        if write.image.memberships.as_ref().is_some_and(Vec::is_empty) {
            return Err("a member cannot be taken out of every department".into());
        }
        self.member(write).map(Value::Object)
    }

    fn member(self, write: &MemberWrite) -> Result<Map<String, Value>, String> {
        let image = &write.image;
        let mut body = Map::new();
        body.insert("userid".into(), write.userid.as_str().into());
        self.put_fields(&mut body, image);
        self.put_memberships(&mut body, image)?;
        if let Some(leaders) = &image.direct_leader {
            body.insert("direct_leader".into(), leaders.iter().map(|id| id.as_str()).collect());
        }
        if let Some(enable) = image.enable {
            body.insert("enable".into(), i64::from(enable).into());
        }
        Ok(body)
    }

    fn put_fields(self, body: &mut Map<String, Value>, image: &MemberImage) {
        let (mut attrs, mut external) = (Vec::new(), Vec::new());
        let is_whole = |list: AttributeList| image.fields.get(&list.marker()).is_some();
        for (field, value) in image.fields.iter() {
            let text = value.as_str();
            match field {
                MemberField::Alias => {
                    body.insert(if self.is_public() { "alias" } else { "english_name" }.into(), text.into());
                }
                MemberField::Mobile => {
                    let mobile: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                    body.insert("mobile".into(), mobile.into());
                }
                MemberField::Gender => {
                    // "not stated" has no spelling in a write
                    if matches!(text, "1" | "2") {
                        body.insert("gender".into(), text.into());
                    }
                }
                MemberField::ExtAttr(name) => attrs.push(self.text_attr(name, text)),
                MemberField::External(name) => {
                    external.push(json!({"type": 0, "name": name.as_str(), "text": {"value": text}}));
                }
                MemberField::ExtAttrItem(name) => attrs.extend(item(name, text)),
                MemberField::ExternalItem(name) => external.extend(item(name, text)),
                MemberField::ExtAttrs | MemberField::Externals => {}
                MemberField::Name
                | MemberField::Email
                | MemberField::BizMail
                | MemberField::Position
                | MemberField::Telephone
                | MemberField::Address
                | MemberField::ExternalPosition => {
                    body.insert(field.path().into_owned(), text.into());
                }
            }
        }
        if !attrs.is_empty() || is_whole(AttributeList::ExtAttr) {
            body.insert("extattr".into(), json!({ "attrs": attrs }));
        }
        if !external.is_empty() || is_whole(AttributeList::External) {
            body.insert("external_profile".into(), json!({ "external_attr": external }));
        }
    }

    fn text_attr(self, name: &str, value: &str) -> Value {
        if self.is_public() {
            json!({"type": 0, "name": name, "text": {"value": value}})
        } else {
            json!({"type": 0, "name": name, "value": value})
        }
    }

    fn put_memberships(self, body: &mut Map<String, Value>, image: &MemberImage) -> Result<(), String> {
        let Some(memberships) = &image.memberships else {
            return match image.main_department {
                Some(_) => Err("the main department is only written together with all departments".into()),
                None => Ok(()),
            };
        };
        let mut list: Vec<&Membership> = memberships.iter().collect();
        if !self.is_public()
            && let Some(main) = image.main_department
        {
            list.sort_by_key(|m| m.department != main);
        }
        body.insert("department".into(), list.iter().map(|m| m.department.0).collect());
        body.insert("order".into(), list.iter().map(|m| m.order).collect());
        body.insert("is_leader_in_dept".into(), list.iter().map(|m| u32::from(m.is_leader)).collect());
        if self.is_public()
            && let Some(main) = image.main_department
        {
            body.insert("main_department".into(), main.0.into());
        }
        Ok(())
    }

    /// Body of `batch/syncuser` and `batch/replaceuser`.
    pub(super) fn import_members(self, job: &ImportJob) -> Value {
        let mut body = import(self, job);
        if self.is_public() {
            body.insert("to_invite".into(), job.to_invite.into());
        }
        Value::Object(body)
    }

    /// Body of `batch/replaceparty`.
    pub(super) fn import_departments(self, job: &ImportJob) -> Value {
        Value::Object(import(self, job))
    }
}

/// An entry that is no text, as it was read.
fn item(name: &str, json: &str) -> Option<Value> {
    let mut item = serde_json::from_str::<Map<String, Value>>(json).ok()?;
    item.insert("name".into(), name.into());
    Some(Value::Object(item))
}

fn import(dialect: Dialect, job: &ImportJob) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("media_id".into(), job.media_id.as_str().into());
    if let Some(callback) = job.callback.as_ref().filter(|_| dialect.is_public()) {
        body.insert(
            "callback".into(),
            json!({"url": callback.url, "token": callback.token.expose(), "encodingaeskey": callback.aes_key.expose()}),
        );
    }
    body
}

fn department(write: &DepartmentWrite) -> Map<String, Value> {
    let mut body = Map::new();
    if let Some(id) = write.id {
        body.insert("id".into(), id.0.into());
    }
    if let Some(name) = &write.image.name {
        body.insert("name".into(), name.as_str().into());
    }
    if let Some(parent) = write.image.parent {
        body.insert("parentid".into(), parent.0.into());
    }
    if let Some(order) = write.image.order {
        body.insert("order".into(), order.into());
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DepartmentImage, Fields, UserId};

    fn image() -> MemberImage {
        let pairs = [
            ("name", "陈"),
            ("alias", "ac"),
            ("mobile", "+86 139 0000 0001"),
            ("gender", "0"),
            ("extattr.No", "1"),
            ("external.Title", "x"),
        ];
        MemberImage {
            fields: pairs
                .into_iter()
                .map(|(path, value)| (MemberField::find(path).unwrap(), Text::from(value)))
                .collect::<Fields<Text>>(),
            memberships: Some(vec![
                Membership { department: DepartmentId(20), order: u32::MAX, is_leader: false },
                Membership { department: DepartmentId(21), order: 0, is_leader: true },
            ]),
            main_department: Some(DepartmentId(21)),
            direct_leader: Some(vec![]),
            enable: Some(false),
        }
    }

    fn write(image: MemberImage) -> MemberWrite {
        MemberWrite { userid: UserId::from("a.chen"), image, to_invite: None }
    }

    #[test]
    fn a_public_create() {
        let body = Dialect::of(Edition::Public).member_create(&write(image())).unwrap();
        let want = json!({
            "userid": "a.chen", "name": "陈", "alias": "ac", "mobile": "+8613900000001",
            "department": [20, 21], "order": [u32::MAX, 0], "is_leader_in_dept": [0, 1], "main_department": 21,
            "direct_leader": [], "enable": 0, "to_invite": false,
            "extattr": {"attrs": [{"type": 0, "name": "No", "text": {"value": "1"}}]},
            "external_profile": {"external_attr": [{"type": 0, "name": "Title", "text": {"value": "x"}}]},
        });
        assert_eq!(body, want);
    }

    #[test]
    fn a_private_create_puts_the_main_department_first() {
        for edition in [Edition::Private, Edition::Government] {
            let body = Dialect::of(edition).member_create(&write(image())).unwrap();
            assert_eq!(body["department"], json!([21, 20]));
            assert_eq!(body["order"], json!([0, u32::MAX]));
            assert_eq!(body["is_leader_in_dept"], json!([1, 0]));
            assert_eq!(body["english_name"], "ac");
            assert_eq!(body["extattr"]["attrs"][0], json!({"type": 0, "name": "No", "value": "1"}));
            for absent in ["main_department", "alias", "gender"] {
                assert_eq!(body.get(absent), None, "{absent}");
            }
        }
    }

    #[test]
    fn an_update_writes_only_what_is_there() {
        let dialect = Dialect::of(Edition::Public);
        let body = dialect.member_update(&write(MemberImage::default())).unwrap();
        assert_eq!(body, json!({"userid": "a.chen"}), "neither enable nor to_invite may appear by themselves");
        let enabled = MemberImage { enable: Some(true), ..MemberImage::default() };
        assert_eq!(dialect.member_update(&write(enabled)).unwrap()["enable"], 1);
    }

    #[test]
    fn what_is_refused_before_it_is_sent() {
        let dialect = Dialect::of(Edition::Public);
        let main_alone = MemberImage { main_department: Some(DepartmentId(2)), ..MemberImage::default() };
        assert!(dialect.member_update(&write(main_alone)).is_err());
        let nowhere = MemberImage { memberships: Some(vec![]), ..MemberImage::default() };
        assert!(dialect.member_update(&write(nowhere)).is_err());
        assert!(dialect.member_create(&write(MemberImage::default())).is_err());
        let unnamed = DepartmentWrite { id: Some(DepartmentId(2)), image: DepartmentImage::default() };
        assert!(dialect.department_create(&unnamed).is_err());
        assert!(dialect.department_update(&DepartmentWrite { id: None, ..unnamed }).is_err());
    }

    #[test]
    fn departments() {
        let dialect = Dialect::of(Edition::Public);
        let image =
            DepartmentImage { name: Some("财务".into()), parent: Some(DepartmentId(1)), order: Some(u32::MAX) };
        let write = DepartmentWrite { id: Some(DepartmentId(20)), image };
        let want = json!({"id": 20, "name": "财务", "parentid": 1, "order": u32::MAX});
        assert_eq!(dialect.department_create(&write).unwrap(), want);
        let root = DepartmentWrite {
            id: Some(DepartmentId::ROOT),
            image: DepartmentImage { parent: Some(DepartmentId(0)), name: Some("集团".into()), order: None },
        };
        assert_eq!(dialect.department_update(&root).unwrap(), json!({"id": 1, "name": "集团"}));
    }

    #[test]
    fn import_jobs() {
        let job = ImportJob { media_id: "m".into(), to_invite: false, callback: None };
        assert_eq!(Dialect::of(Edition::Public).import_members(&job), json!({"media_id": "m", "to_invite": false}));
        assert_eq!(Dialect::of(Edition::Private).import_members(&job), json!({"media_id": "m"}));
        assert_eq!(Dialect::of(Edition::Public).import_departments(&job), json!({"media_id": "m"}));
    }
}
