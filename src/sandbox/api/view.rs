//! How departments and members look to a caller: what its secret, its age and its range leave of them.

use crate::sandbox::state::corp::{App, AppKind, Corp, SENSITIVE_FIELDS_CUT_MS};
use crate::sandbox::state::member::{Attribute, Department as Row, Member as MemberRow};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// A department as `department/list` shows it. `app` is `None` for the contacts secret.
pub struct Department<'a> {
    /// Corp.
    pub corp: &'a Corp,
    /// Caller.
    pub app: Option<&'a App>,
    /// Department.
    pub department: &'a Row,
    /// Private editions: `get_party_path=1`.
    pub with_path: bool,
}

fn hides_names(app: Option<&App>) -> bool {
    app.is_some_and(|app| app.kind == AppKind::ThirdParty)
}

impl Serialize for Department<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { corp, department, .. } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &department.id)?;
        if hides_names(self.app) {
            map.serialize_entry("name", &department.id.to_string())?;
        } else {
            map.serialize_entry("name", &department.name)?;
            if corp.switches.has_name_en {
                map.serialize_entry("name_en", &department.name_en)?;
            }
        }
        let leaders: Vec<&str> = corp
            .directory
            .leaders_of(department.id)
            .filter(|leader| self.app.is_none_or(|app| corp.sees_member(app, &leader.key())))
            .map(|leader| leader.userid.as_str())
            .collect();
        map.serialize_entry("department_leader", &leaders)?;
        map.serialize_entry("parentid", &department.parent)?;
        map.serialize_entry("order", &department.order)?;
        if corp.switches.has_unit_details {
            map.serialize_entry("type", &department.unit_type)?;
            map.serialize_entry("party_user_limit", &0)?;
            map.serialize_entry("party_detail", &json!({"full_name": department.name, "short_name": department.name}))?;
        }
        if self.with_path && corp.switches.has_private_fields {
            let mut path: Vec<Value> = corp
                .directory
                .path_to_root(department.id)
                .filter_map(|id| corp.directory.department(id))
                .map(|row| json!({"id": row.id, "name": row.name}))
                .collect();
            path.reverse();
            map.serialize_entry("partypath", &json!({"path_info": path}))?;
        }
        map.end()
    }
}

/// A member as `user/get` and `user/list` show it. `app` is `None` for the contacts secret.
pub struct Member<'a> {
    /// Corp.
    pub corp: &'a Corp,
    /// Caller.
    pub app: Option<&'a App>,
    /// Member.
    pub member: &'a MemberRow,
}

impl Member<'_> {
    /// Memberships in departments that the caller sees, as positions in the member's list.
    fn visible(&self) -> Vec<usize> {
        let all = 0..self.member.memberships.len();
        match self.app {
            Some(app) if !app.visible.departments.contains(&1) => {
                all.filter(|&i| self.corp.sees_department(app, self.member.memberships[i].department)).collect()
            }
            _ => all.collect(),
        }
    }

    fn hides_sensitive(&self) -> bool {
        match self.app {
            None => false,
            Some(app) => match app.kind {
                AppKind::SelfBuilt | AppKind::CustomerBuilt => {
                    self.corp.switches.hides_sensitive_fields && app.created_at_ms > SENSITIVE_FIELDS_CUT_MS
                }
                AppKind::ThirdParty | AppKind::EditAuthorised => true,
            },
        }
    }

    /// Private editions: only the account, and what the administrator opened for the app.
    fn is_open(&self, field: &str) -> bool {
        match self.app {
            Some(app) if self.corp.switches.opens_fields_per_app => app.open_fields.contains(field),
            _ => true,
        }
    }
}

/// A member as `user/simplelist` shows it.
pub struct SimpleMember<'a>(pub Member<'a>);

impl Serialize for SimpleMember<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Member { app, member, .. } = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("userid", &member.userid)?;
        if self.0.is_open("name") {
            map.serialize_entry("name", if hides_names(*app) { &member.userid } else { &member.name })?;
        }
        let departments: Vec<u32> = self.0.visible().into_iter().map(|i| member.memberships[i].department).collect();
        map.serialize_entry("department", &departments)?;
        if hides_names(*app) {
            map.serialize_entry("open_userid", &format!("wo{}", member.userid))?;
        }
        map.end()
    }
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { corp, app, member } = self;
        let private = corp.switches.has_private_fields;
        let visible = self.visible();
        let memberships: Vec<_> = visible.iter().map(|&i| member.memberships[i]).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("userid", &member.userid)?;
        macro_rules! field {
            ($name:literal, $value:expr) => {
                if self.is_open($name) {
                    map.serialize_entry($name, &$value)?;
                }
            };
        }
        field!("name", if hides_names(*app) { &member.userid } else { &member.name });
        field!("department", memberships.iter().map(|m| m.department).collect::<Vec<_>>());
        field!("order", memberships.iter().map(|m| m.order).collect::<Vec<_>>());
        field!("is_leader_in_dept", memberships.iter().map(|m| u8::from(m.is_leader)).collect::<Vec<_>>());
        field!("position", member.position);
        if private {
            field!("positions", member.positions);
            field!("hide_mobile", u8::from(member.hide_mobile));
            field!("english_name", member.alias);
            field!("enable", u8::from(member.is_enabled));
        } else {
            field!("alias", member.alias);
        }
        let leaders: Vec<&str> = member
            .direct_leader
            .iter()
            .filter_map(|userid| corp.directory.member(&userid.to_ascii_lowercase()))
            .filter(|leader| app.is_none_or(|app| corp.sees_member(app, &leader.key())))
            .map(|leader| leader.userid.as_str())
            .collect();
        field!("direct_leader", leaders);
        field!("telephone", member.telephone);
        if self.hides_sensitive() {
            map.serialize_entry("gender", "0")?;
            if corp.switches.hidden_fields_are_empty {
                for name in ["mobile", "email", "biz_mail", "avatar", "thumb_avatar", "qr_code", "address"] {
                    map.serialize_entry(name, "")?;
                }
            }
        } else {
            field!("gender", member.gender.to_string());
            field!("mobile", member.mobile);
            field!("email", member.email);
            if corp.switches.has_corp_mail {
                field!("biz_mail", member.biz_mail);
                if private {
                    field!("biz_mail_alias", member.biz_mail_alias);
                } else {
                    field!("biz_mail_alias", json!({"item": member.biz_mail_alias}));
                }
            }
            let picture = |size: &str| {
                let name = if member.avatar.is_empty() { "default" } else { member.avatar.as_str() };
                format!("https://wework.qpic.cn/sandbox/{name}/{size}")
            };
            field!("avatar", picture("0"));
            field!("thumb_avatar", picture("100"));
            field!("qr_code", format!("https://open.work.weixin.qq.com/wwopen/userQRCode?vcode={}", member.userid));
            field!("address", member.address);
        }
        field!("status", if private && member.status() == 5 { 4 } else { member.status() });
        field!("extattr", json!({"attrs": attributes(&member.extattr, private)}));
        if !private {
            let is_visible = memberships.iter().any(|m| m.department == member.main_department);
            if is_visible {
                map.serialize_entry("main_department", &member.main_department)?;
            }
        }
        let external = &member.external;
        let mut profile = json!({"external_attr": attributes(&external.attributes, false)});
        if !external.corp_name.is_empty() {
            profile["external_corp_name"] = json!(external.corp_name);
        }
        if !external.channel_name.is_empty() {
            profile["wechat_channels"] = json!({"nickname": external.channel_name, "status": 1});
        }
        field!("external_profile", profile);
        if !member.external_position.is_empty() {
            field!("external_position", member.external_position);
        }
        map.end()
    }
}

/// Attributes in the form of the edition: private ones put a text flat beside its name.
fn attributes(list: &[Attribute], flat: bool) -> Vec<Value> {
    list.iter()
        .map(|attribute| match attribute {
            Attribute::Text { name, value } if flat => json!({"type": 0, "name": name, "value": value}),
            Attribute::Text { name, value } => json!({"type": 0, "name": name, "text": {"value": value}}),
            Attribute::Web { name, url, title } => {
                json!({"type": 1, "name": name, "web": {"url": url, "title": title}})
            }
            Attribute::MiniProgram { name, appid, pagepath, title } => json!({
                "type": 2, "name": name, "miniprogram": {"appid": appid, "pagepath": pagepath, "title": title}
            }),
        })
        .collect()
}
