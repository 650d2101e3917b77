//! People whom a plan cannot bring into WeCom: told above everything else, for a plan that is empty because of them looks
//! as if all were well.

use crate::locale::T;
use crate::model::{Corp, EmployeeId, Notice, PlanHead};
use crate::store::{self, Reads, StoreError};
use crate::web::link::part;

/// Why people are left out, how many they are, and the first of them by name.
type Reason = (&'static str, usize, Vec<(EmployeeId, String)>);

/// Notices about somebody who should be in WeCom and is not brought there.
const CODES: [&str; 14] = [
    "department.full",
    "employee.bad_record",
    "employee.unit_without_department",
    "employee.waits",
    "member.contact_shared",
    "member.contact_taken",
    "member.create_switched_off",
    "member.left",
    "member.record_incomplete",
    "member.userid_invalid",
    "member.userid_reserved",
    "member.userid_shared",
    "member.userid_taken",
    "scope.filter_failed",
];
/// People of each kind that are named.
const NAMED: usize = 5;

/// People who are left out for one reason.
pub(in crate::web::sync) struct LeftOut {
    pub(in crate::web::sync) why: String,
    pub(in crate::web::sync) total: usize,
    /// Name and page of the first of them.
    pub(in crate::web::sync) people: Vec<(String, String)>,
    /// The page with all of them.
    pub(in crate::web::sync) href: String,
}

/// How many people a notice stands for: the last one of many says how many more there are.
fn more(notice: &Notice) -> Option<usize> {
    notice.subject.strip_suffix(" more").and_then(|count| count.parse().ok())
}

/// How many are left out.
pub(in crate::web::sync) fn count(head: &PlanHead) -> usize {
    let told = head.notices.iter().filter(|notice| CODES.contains(&notice.code.as_str()));
    told.map(|notice| more(notice).unwrap_or(1)).sum()
}

/// Who is left out, by reason: the codes with their numbers and the first people with their names.
pub(in crate::web::sync) fn find(tx: &impl Reads, corp: &Corp, head: &PlanHead) -> Result<Vec<Reason>, StoreError> {
    let mut all = Vec::new();
    for code in CODES {
        let (mut total, mut people) = (0, Vec::new());
        for notice in head.notices.iter().filter(|notice| notice.code == code) {
            if let Some(more) = more(notice) {
                total += more;
                continue;
            }
            total += 1;
            if people.len() < NAMED {
                let id = EmployeeId::from(notice.subject.as_str());
                let known = store::directory::find_employee(tx, &corp.tenant, &id)?;
                let name = known.map_or_else(|| id.to_string(), |employee| employee.name.to_string());
                people.push((id, name));
            }
        }
        if total > 0 {
            all.push((code, total, people));
        }
    }
    Ok(all)
}

/// The same for a page; `url` makes links of paths, `plan` is the link of the plan.
pub(in crate::web::sync) fn view(
    t: T,
    url: &dyn Fn(&str) -> String,
    corp: &Corp,
    plan: &str,
    found: Vec<Reason>,
) -> Vec<LeftOut> {
    let link =
        |(id, name): (EmployeeId, String)| (name, url(&format!("/corps/{}/explain/{}", corp.key, part(id.as_str()))));
    found
        .into_iter()
        .map(|(code, total, people)| LeftOut {
            why: t.notice_text(code),
            total,
            people: people.into_iter().map(link).collect(),
            href: format!("{plan}?tab=checks&reason={code}"),
        })
        .collect()
}
