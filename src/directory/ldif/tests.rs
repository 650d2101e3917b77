use super::*;

const BASE: &str =
    "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: 示例集团\n\n";

fn parse(text: &str) -> Read {
    read("org.ldif", text.as_bytes(), Limits::FILE).unwrap()
}

#[test]
fn the_mapping() {
    let text = format!(
        "{BASE}dn: ou=研发\\, 一部,dc=example,dc=org\nobjectClass: organizationalUnit\nou: 研发, 一部\n\
         manager: UID=a,OU=研发\\2C 一部,DC=example,DC=org\n\n\
         dn: uid=a,ou=研发\\, 一部,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: a\ncn: Zhang San\ndisplayName: 张三\n\
         sn: 张\nemployeeNumber: 007\nmail: a@example.com\nmail: b@example.com\nmobile: 13800000001\ntitle: 经理\n\
         telephoneNumber: 021-1\npostalAddress: 一号楼$ 二层\ndepartmentNumber: 12\nuserPassword: x\n\
         entryUUID: 6F1C0D2A-0000-4000-8000-000000000001\n\n\
         dn: cn=b,cn=people,ou=研发\\, 一部,dc=example,dc=org\nobjectClass: inetOrgPerson\ncn: 李四\nmanager: cn=nobody,dc=example,dc=org\n\n\
         dn: cn=admins,dc=example,dc=org\nobjectClass: groupOfNames\ncn: admins\n\n"
    );
    let (units, people, faults, warnings) = parse(&text);
    assert!(faults.is_empty(), "{faults:?}");
    let names: Vec<_> =
        units.rows.iter().map(|unit| (unit.name.as_str(), unit.parent_id.as_ref().map(UnitId::as_str))).collect();
    assert_eq!(names, [("示例集团", None), ("研发, 一部", Some("dc=example,dc=org"))]);
    let a = &people.rows[0];
    assert_eq!(a.id.as_str(), "6f1c0d2a-0000-4000-8000-000000000001");
    assert_eq!(units.rows[1].head.first(), Some(&a.id));
    assert_eq!(
        [&a.account, &a.name, &a.employee_no, &a.email, &a.mobile, &a.position, &a.telephone, &a.address],
        ["a", "张三", "007", "a@example.com", "13800000001", "经理", "021-1", "一号楼 二层"]
    );
    assert_eq!(a.ext.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(), [("departmentNumber", "12")]);
    let b = &people.rows[1];
    assert_eq!((b.id.as_str(), &b.unit_id), ("cn=b,cn=people,ou=研发\\, 一部,dc=example,dc=org", &units.rows[1].id));
    let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, [FaultCode::UnknownSuperior, FaultCode::Ignored]);
}

#[test]
fn an_ou_that_the_dump_lacks_is_a_missing_parent() {
    let text = format!("{BASE}dn: ou=b,ou=a,dc=example,dc=org\nobjectClass: organizationalUnit\nou: b\n\n");
    let (units, ..) = parse(&text);
    assert_eq!(units.rows[1].parent_id.as_ref().map(UnitId::as_str), Some("ou=a,dc=example,dc=org"));
}

#[test]
fn the_base_of_the_dump_may_be_an_ou_below_others() {
    let text = "dn: ou=b,ou=a,dc=x\nobjectClass: organizationalUnit\nou: b\n\n";
    assert_eq!(parse(text).0.rows[0].parent_id, None);
}

#[test]
fn entries_with_faults() {
    let text = format!(
        "{BASE}dn: uid=a,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: a\n\n\
         dn: uid=b,dc=elsewhere\nobjectClass: inetOrgPerson\nuid: b\ncn: B\n\n"
    );
    let (_, people, faults, _) = parse(&text);
    assert!(people.rows.is_empty());
    assert_eq!(people.doubtful.len(), 2);
    let found: Vec<_> = faults.iter().map(|fault| (fault.code, fault.place.row, fault.place.column.as_str())).collect();
    assert_eq!(found, [(FaultCode::MissingValue, 7, "cn"), (FaultCode::UnknownUnit, 11, "dn")]);
}

#[test]
fn a_name_twice_in_any_case() {
    let text = format!("{BASE}dn: DC=Example,dc=org\nobjectClass: organization\no: x\n\n");
    let faults = read("org.ldif", text.as_bytes(), Limits::FILE).unwrap_err();
    assert_eq!((faults.list[0].code, faults.list[0].place.row), (FaultCode::DuplicateUnit, 7));
}
