//! The whole way: an LDAP server's people, dumped with `ldapsearch`, imported, synced; the sandbox then holds what the
//! dump says, as found out by code that shares nothing with the product.

use crate::support::ldif::{Organisation, organisation};
use crate::support::slapd::{SUFFIX, Slapd};
use crate::sync::world::{CORPID, World, actor, assert_done};
use std::collections::{BTreeMap, HashMap};
use wecom_bridge::directory::sample::{SampleSpec, generate, to_ldif};
use wecom_bridge::directory::{self, ImportOptions, Limits};
use wecom_bridge::sandbox;

/// What WeCom should hold of one person.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    name: String,
    mobile: String,
    email: String,
    position: String,
    telephone: String,
    employee_no: String,
    department: Vec<String>,
    heads_it: bool,
}

fn expected(dump: &Organisation) -> BTreeMap<String, Shown> {
    let shown = dump.people.iter().map(|(account, person)| {
        let shown = Shown {
            name: person.name.clone(),
            mobile: person.mobile.clone(),
            email: person.email.clone(),
            position: person.position.clone(),
            telephone: person.telephone.clone(),
            employee_no: person.employee_no.clone(),
            department: person.units.clone(),
            heads_it: dump.units[&person.units] == *account,
        };
        (person.employee_no.clone(), shown)
    });
    shown.collect()
}

fn found(world: &World) -> (Vec<Vec<String>>, BTreeMap<String, Shown>) {
    let departments: HashMap<u32, sandbox::Department> =
        world.state().departments(CORPID).into_iter().map(|department| (department.id, department)).collect();
    let path = |id: u32| {
        let mut names = Vec::new();
        let mut at = departments.get(&id);
        while let Some(department) = at {
            names.push(department.name.to_string());
            at = departments.get(&department.parent);
        }
        names.reverse();
        names
    };
    let mut paths: Vec<_> = departments.keys().map(|id| path(*id)).collect();
    paths.sort();
    let members = world.members().into_values().map(|member| {
        assert_eq!(member.memberships.len(), 1, "{}", member.userid);
        let employee_no = member.extattr.iter().find_map(|attribute| match attribute {
            sandbox::Attribute::Text { name, value } if name == "工号" => Some(value.to_string()),
            _ => None,
        });
        let shown = Shown {
            name: member.name.to_string(),
            mobile: member.mobile.to_string(),
            email: member.email.to_string(),
            position: member.position.to_string(),
            telephone: member.telephone.to_string(),
            employee_no: employee_no.unwrap_or_default(),
            department: path(member.memberships[0].department),
            heads_it: member.memberships[0].is_leader,
        };
        (member.userid.to_string(), shown)
    });
    (paths, members.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_ldap_server_holds_arrives_in_wecom() {
    let (units, employees) = generate(SampleSpec { employees: 2_000, units: 150, seed: 82 });
    let Some(server) = Slapd::start(&to_ldif(&units, &employees, SUFFIX)).await else { return };
    let dump = server.search_all();

    let world = World::new();
    world.name_root(&units[0].name);
    let parsed = directory::read_bytes("dump.ldif", dump.as_bytes(), Limits::UPLOAD).unwrap();
    let options = ImportOptions::default();
    directory::import::import(&world.env.store, &"acme".into(), parsed, options, &actor(), |_| {}).await.unwrap();
    let run = world.sync().await;
    assert_done(&run);

    let dump = organisation(&dump);
    let (departments, members) = found(&world);
    assert_eq!(departments, dump.units.keys().cloned().collect::<Vec<_>>());
    let expected = expected(&dump);
    assert_eq!((members.len(), expected.len()), (2_000, 2_000));
    for (userid, shown) in &expected {
        assert_eq!(members.get(userid), Some(shown), "member {userid}");
    }
    world.assert_converged().await;
}
