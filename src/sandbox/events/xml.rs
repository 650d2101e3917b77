//! The decrypted text of events (contacts.md sections 5.6 and 8).

use super::{Change, JobEvent};
use crate::sandbox::state::corp::Corp;
use crate::sandbox::state::member::{Attribute, Member};

/// How much an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// Ids only, and fewer events: addresses configured after 2022-08-15.
    Reduced,
    /// Everything that changed.
    Full,
    /// Ids only, under a suite's header.
    Suite(&'a str),
}

/// Builds an element list.
struct Xml(String);

impl Xml {
    fn bare(&mut self, name: &str, value: impl std::fmt::Display) {
        self.0.push_str(&format!("<{name}>{value}</{name}>"));
    }

    fn cdata(&mut self, name: &str, value: &str) {
        // "]]>" would end the section: it is split over two.
        let value = value.replace("]]>", "]]]]><![CDATA[>");
        self.0.push_str(&format!("<{name}><![CDATA[{value}]]></{name}>"));
    }
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

/// The text of a change; `None` when this form does not fire.
pub fn change(corp: &Corp, change: &Change, form: Form<'_>, now_ms: i64) -> Option<String> {
    let mut xml = Xml("<xml>".into());
    match form {
        Form::Suite(suite_id) => {
            xml.cdata("SuiteId", suite_id);
            xml.cdata("AuthCorpId", &corp.corpid);
            xml.cdata("InfoType", "change_contact");
            xml.bare("TimeStamp", now_ms.div_euclid(1000));
        }
        Form::Reduced | Form::Full => {
            xml.cdata("ToUserName", &corp.corpid);
            xml.cdata("FromUserName", "sys");
            xml.bare("CreateTime", now_ms.div_euclid(1000));
            xml.cdata("MsgType", "event");
            xml.cdata("Event", "change_contact");
        }
    }
    xml.cdata("ChangeType", change.name());
    let full = form == Form::Full;
    match change {
        Change::MemberCreated(member) => {
            xml.cdata("UserID", &member.userid);
            if full {
                details(&mut xml, None, member);
            } else {
                xml.cdata("Department", &joined(member.memberships.iter().map(|m| m.department)));
            }
        }
        Change::MemberUpdated { before, after } => {
            let moved =
                before.memberships.iter().map(|m| m.department).ne(after.memberships.iter().map(|m| m.department));
            let renamed = before.userid != after.userid;
            if !(full || moved || renamed) {
                return None;
            }
            xml.cdata("UserID", &before.userid);
            if renamed {
                xml.cdata("NewUserID", &after.userid);
            }
            if full {
                details(&mut xml, Some(before), after);
            } else if moved {
                xml.cdata("Department", &joined(after.memberships.iter().map(|m| m.department)));
            }
        }
        Change::MemberDeleted(member) => xml.cdata("UserID", &member.userid),
        Change::DepartmentCreated(department) => {
            xml.bare("Id", department.id);
            if full {
                xml.cdata("Name", &department.name);
            }
            xml.cdata("ParentId", &department.parent.to_string());
            if full {
                xml.bare("Order", department.order);
            }
        }
        Change::DepartmentUpdated { before, after } => {
            if !full && before.parent == after.parent {
                return None;
            }
            xml.bare("Id", after.id);
            if full && before.name != after.name {
                xml.cdata("Name", &after.name);
            }
            if before.parent != after.parent {
                xml.cdata("ParentId", &after.parent.to_string());
            }
        }
        Change::DepartmentDeleted(department) => xml.bare("Id", department.id),
        Change::TagUpdated { tagid, added_users, removed_users, added_departments, removed_departments } => {
            xml.bare("TagId", tagid);
            for (name, items) in [
                ("AddUserItems", joined(added_users)),
                ("DelUserItems", joined(removed_users)),
                ("AddPartyItems", joined(added_departments)),
                ("DelPartyItems", joined(removed_departments)),
            ] {
                if !items.is_empty() {
                    xml.cdata(name, &items);
                }
            }
        }
    }
    xml.0.push_str("</xml>");
    Some(xml.0)
}

/// All fields of a new member, or those that differ.
fn details(xml: &mut Xml, before: Option<&Member>, after: &Member) {
    macro_rules! differs {
        ($($field:tt)+) => {
            before.is_none_or(|before| before.$($field)+ != after.$($field)+)
        };
    }
    let memberships = differs!(memberships);
    for (name, value, differs) in [
        ("Name", after.name.as_str(), differs!(name)),
        ("Position", &after.position, differs!(position)),
        ("Email", &after.email, differs!(email)),
        ("BizMail", &after.biz_mail, differs!(biz_mail)),
        ("Alias", &after.alias, differs!(alias)),
        ("Telephone", &after.telephone, differs!(telephone)),
        ("Address", &after.address, differs!(address)),
        ("DirectLeader", &joined(&after.direct_leader), differs!(direct_leader)),
        ("Department", &joined(after.memberships.iter().map(|m| m.department)), memberships),
        ("IsLeaderInDept", &joined(after.memberships.iter().map(|m| u8::from(m.is_leader))), memberships),
    ] {
        if differs && (before.is_some() || !value.is_empty()) {
            xml.cdata(name, value);
        }
    }
    if differs!(main_department) {
        xml.bare("MainDepartment", after.main_department);
    }
    // Live samples have these two bare.
    if differs!(mobile) {
        xml.bare("Mobile", &after.mobile);
    }
    if differs!(gender) {
        xml.bare("Gender", after.gender);
    }
    if before.is_none_or(|before| before.status() != after.status()) {
        xml.bare("Status", after.status());
    }
    if differs!(extattr) {
        let mut list = Xml(String::new());
        for attribute in &after.extattr {
            item(&mut list, attribute);
        }
        xml.bare("ExtAttr", list.0);
    }
}

fn item(xml: &mut Xml, attribute: &Attribute) {
    let mut inner = Xml(String::new());
    inner.cdata("Name", attribute.name());
    let mut value = Xml(String::new());
    match attribute {
        Attribute::Text { value: text, .. } => {
            inner.bare("Type", 0);
            value.cdata("Value", text);
            inner.bare("Text", value.0);
        }
        Attribute::Web { url, title, .. } => {
            inner.bare("Type", 1);
            value.cdata("Title", title);
            value.cdata("Url", url);
            inner.bare("Web", value.0);
        }
        Attribute::MiniProgram { appid, pagepath, title, .. } => {
            inner.bare("Type", 2);
            value.cdata("AppId", appid);
            value.cdata("PagePath", pagepath);
            value.cdata("Title", title);
            inner.bare("MiniProgram", value.0);
        }
    }
    xml.bare("Item", inner.0);
}

/// The text of `batch_job_result`.
pub fn job(corpid: &str, event: &JobEvent, now_ms: i64) -> String {
    let mut xml = Xml("<xml>".into());
    xml.cdata("ToUserName", corpid);
    xml.cdata("FromUserName", event.from);
    xml.bare("CreateTime", now_ms.div_euclid(1000));
    xml.cdata("MsgType", "event");
    xml.cdata("Event", "batch_job_result");
    let mut inner = Xml(String::new());
    inner.cdata("JobId", &event.jobid);
    inner.cdata("JobType", event.kind);
    inner.bare("ErrCode", event.errcode);
    inner.cdata("ErrMsg", if event.errcode == 0 { "ok" } else { "failed" });
    xml.bare("BatchJob", inner.0);
    xml.0.push_str("</xml>");
    xml.0
}
