//! PEER-08, PEER-09: what expressions may say, what they cost, and how they complain.

use super::*;
use crate::model::{Employee, Gender, OrgUnit};

fn employee() -> Employee {
    let mut employee = Employee::new("e1", "张三", "u2");
    employee.employee_no = "A0042".into();
    employee.mobile = "+86 138-0000-0000".into();
    employee.email = "San.Zhang@Example.com".into();
    employee.gender = Gender::Male;
    employee.admin = true;
    employee.ext.insert("工号".into(), "42".into());
    employee.ext.insert("grade".into(), "P7".into());
    employee
}

fn person(employee: &Employee) -> Person<'_> {
    Person { employee, unit_name: "研发", unit_path: "总部/研发" }
}

#[test]
fn mappings() {
    let employee = employee();
    for (source, expected) in [
        ("", ""),
        ("fixed", "fixed"),
        ("{{ name }}", "张三"),
        ("{{name}}/{{ employee_no }}", "张三/A0042"),
        ("{{ name + '(' + unit_name + ')' }}", "张三(研发)"),
        ("{{ ext.工号 }}", "42"),
        (r#"{{ ext["工号"] + "" }}"#, "42"),
        ("{{ ext.missing + 'x' }}", "x"),
        ("{{ ext.missing }}", ""),
        ("{{ has(ext.grade) ? ext.grade : 'none' }}", "P7"),
        ("{{ has(ext.missing) ? 'there' : 'none' }}", "none"),
        ("{{ size(name) }}", "2"),
        ("{{ 1.5 }}", "1.5"),
        ("{{ null }}", ""),
        ("{{ admin }}", "true"),
        ("{{ admin && true }}", "true"),
        ("{{ email.lowerAscii() }}", "san.zhang@example.com"),
        ("{{ mobile.replace('+86', '').replace('-', '').trim() }}", "13800000000"),
        ("{{ unit_path.substring(0, 2) }}", "总部"),
        ("{{ gender == 'male' ? '1' : '2' }}", "1"),
        (r#"{{ "{{" }}"#, "{{"),
        (r#"{{ "}}" + name }}"#, "}}张三"),
        (r#"{{ {"a": {"b": "deep"}}["a"]["b"] }}"#, "deep"),
        ("a }} b", "a }} b"),
        ("{{ employee_no.startsWith('A') ? employee_no : 'A' + employee_no }}", "A0042"),
        ("{{ superior_id }}", ""),
        ("{{ name in ['张三', '李四'] ? 'yes' : 'no' }}", "yes"),
    ] {
        let template = Template::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(template.render(&person(&employee)).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn a_hole_that_is_a_field_is_read_directly() {
    assert_eq!(Template::compile("{{ position }}").unwrap().as_field(), Some(&Field::Position));
    assert_eq!(Template::compile("{{ position + '' }}").unwrap().as_field(), None);
}

#[test]
fn refused_when_compiled() {
    let long = format!("'{}'", "x".repeat(SOURCE_MAX_CHARS));
    let bangs = format!("{}admin", "!".repeat(1_000));
    let sum = vec!["id"; 600].join("+");
    let long_sum = vec!["id"; 200].join("+");
    let choices = format!("{}id", "admin?id:".repeat(60));
    let calls = format!("id{}", ".trim()".repeat(200));
    let minus = vec!["1"; 900].join("-");
    let nested = format!("{}name{}", "(".repeat(500), ")".repeat(500));
    for (source, position, reason) in [
        ("[1, 2].map(x, x * 2)", Some(11), "loops"),
        ("[1].all(x, x > 0)", None, "loops"),
        ("[1].exists(x, x > 0)", None, "loops"),
        ("[1].exists_one(x, x > 0)", None, "loops"),
        ("[1].filter(x, x > 0)", None, "loops"),
        ("true && [1].all(x, [2].exists(y, x == y))", None, "loops"),
        ("nme == 'x'", Some(1), "there is no field nme"),
        ("name == '张三' && nme == 'y'", Some(17), "there is no field nme"),
        ("shout(name)", None, "there is no function shout"),
        ("name.split(',')", None, "there is no function split"),
        ("'%s'.format([name])", None, "there is no function format"),
        ("name.replace('', name).replace('', name)", None, "only one replace()"),
        ("name ==", None, "not CEL"),
        ("", Some(1), "empty"),
        ("  ", Some(1), "empty"),
        (&long, None, "longer than 2000"),
        (&nested, None, "nested too deeply"),
        (&bangs, None, "nested too deeply"),
        (&sum, None, "chain"),
        (&long_sum, None, "chain"),
        (&choices, None, "chained"),
        (&calls, None, "chained"),
        (&minus, None, "chained"),
    ] {
        let error = Filter::compile(source).expect_err(source);
        assert!(error.reason.contains(reason), "{source:.40}: {error}");
        if let Some(position) = position {
            assert_eq!(error.position, position, "{source:.40}: {error}");
        }
    }
    for (source, position, reason) in
        [("姓名 {{ name", 4, "no }}"), ("姓名 {{ nme + '' }}", 7, "there is no field nme"), ("{{ }}", 3, "empty")]
    {
        let error = Template::compile(source).expect_err(source);
        assert_eq!(error.position, position, "{source}: {error}");
        assert!(error.reason.contains(reason), "{source}: {error}");
    }
}

#[test]
fn the_largest_allowed_expression_needs_no_large_stack() {
    let employee = employee();
    let parts = [
        format!("{}name{}", "(".repeat(16), ")".repeat(16)),
        vec!["'a'"; 22].join("+"),
        format!("{}name", "admin?name:".repeat(22)),
        format!("name{}", ".trim()".repeat(22)),
        format!("{}(1){}", "int(".repeat(15), ")".repeat(15)),
    ];
    for source in parts {
        let template = Template::compile(&format!("{{{{ {source} }}}}")).unwrap_or_else(|e| panic!("{source}: {e}"));
        template.render(&person(&employee)).unwrap_or_else(|e| panic!("{source}: {e}"));
    }
}

#[test]
fn filters() {
    let employee = employee();
    for (source, expected) in [
        ("true", Ok(true)),
        ("position != '' && unit_path.startsWith('总部/')", Ok(false)),
        ("unit_path.startsWith('总部/')", Ok(true)),
        ("ext.grade == 'P7'", Ok(true)),
        ("ext['grade'] in ['P6', 'P7']", Ok(true)),
        ("'grade' in ext", Ok(true)),
        ("admin", Ok(true)),
        ("!admin || int(ext.工号) > 40", Ok(true)),
        ("name", Err("the result is a string, but true or false is needed")),
        ("1 / 0 == 1", Err("division by zero")),
        ("int(name) > 1", Err("int() refused its arguments")),
    ] {
        let got = match Filter::compile(source) {
            // CEL's identifiers are ASCII
            Err(error) => {
                assert!(source.contains("ext.工号"), "{source}: {error}");
                continue;
            }
            Ok(filter) => filter.matches(&person(&employee)).map_err(|error| error.to_string()),
        };
        assert_eq!(got, expected.map_err(str::to_owned), "{source}");
    }
}

#[test]
fn results_that_cannot_be_used() {
    let mut employee = employee();
    employee.address = "长".repeat(RESULT_MAX_CHARS + 1).into();
    employee.alias = "x".repeat(RESULT_MAX_CHARS).into();
    for (source, expected) in [
        ("{{ [name] }}", "the result is a list, but a text or a number is needed"),
        ("{{ {'a': name} }}", "the result is a map, but a text or a number is needed"),
        ("{{ name + 1 }}", "add does not fit these types"),
        ("{{ address }}", "the result has more than 4096 characters"),
        ("{{ address.substring(0, 1) }}", "the field address has more than 4096 characters"),
        ("{{ alias + 'y' }}", "the result has more than 4096 characters"),
        ("{{ name.substring(5) }}", "substring() refused its arguments"),
    ] {
        let error = Template::compile(source).unwrap().render(&person(&employee)).expect_err(source);
        assert_eq!(error.to_string(), expected, "{source}");
    }
}

#[test]
fn the_test_box() {
    let mut root = OrgUnit { id: "u1".into(), parent_id: None, name: "总部".into(), ..unit() };
    root.order = Some(1);
    let units = [root, OrgUnit { id: "u2".into(), parent_id: Some("u1".into()), name: "研发".into(), ..unit() }];
    let employee = employee();
    let test = |kind, source| test_expression(kind, source, Some(&employee), &units);
    assert_eq!(test(ExpressionKind::Mapping, "{{ unit_path }}").result.as_deref(), Some("总部/研发"));
    assert_eq!(test(ExpressionKind::Filter, "unit_name == '研发'").result.as_deref(), Some("true"));
    let broken = test(ExpressionKind::Filter, "nme == ''");
    assert_eq!((broken.compiles, broken.position), (false, Some(1)));
    let failing = test(ExpressionKind::Filter, "1 / 0 == 1");
    assert_eq!((failing.compiles, failing.error.as_deref()), (true, Some("division by zero")));
    assert!(test_expression(ExpressionKind::Mapping, "{{ name }}", None, &[]).compiles);
}

fn unit() -> OrgUnit {
    OrgUnit {
        id: "".into(),
        parent_id: None,
        name: "".into(),
        order: None,
        head: Vec::new(),
        ext: std::collections::BTreeMap::new(),
    }
}
