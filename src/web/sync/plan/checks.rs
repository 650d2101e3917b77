//! What a plan was checked for: guards, the never-list, renames that wait for a person, who stands out, notices.

use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::locale::T;
use crate::model::{ApiScope, BlastTotals, Corp, CorpKey, MemberField, PlanHead, UserId};
use crate::store::{self, Reads, StoreError};
use crate::web::link;
use crate::web::listing::Listing;
use crate::web::state::Web;
use crate::web::visit::Person;

/// Notices of one code that are listed until the code is chosen.
const LISTED: usize = 20;

/// The tab with the checks.
pub(super) struct ChecksView {
    pub(super) guards: Vec<GuardView>,
    pub(super) invariants: Vec<InvariantView>,
    pub(super) offers: Vec<OfferView>,
    pub(super) may_bind: bool,
    pub(super) heads: Vec<Named>,
    pub(super) admins: Vec<Named>,
    pub(super) emptied: Vec<Named>,
    pub(super) moved_heads: Vec<Named>,
    pub(super) moved_admins: Vec<Named>,
    /// How many there are of those five, named or not.
    totals: BlastTotals,
    pub(super) notices: Vec<NoticeGroup>,
}

pub(super) struct GuardView {
    pub(super) name: String,
    pub(super) tripped: bool,
    pub(super) value: String,
    pub(super) limit: String,
    pub(super) share: u64,
}

pub(super) struct InvariantView {
    pub(super) name: String,
    pub(super) holds: bool,
    pub(super) broken: usize,
}

pub(super) struct OfferView {
    pub(super) unit: String,
    pub(super) unit_name: String,
    pub(super) department: String,
    pub(super) department_name: String,
    pub(super) same_children: u64,
    pub(super) same_people: u64,
    pub(super) is_bound: bool,
}

/// Somebody or something with an id.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) id: String,
}

pub(super) struct NoticeGroup {
    pub(super) code: String,
    pub(super) text: String,
    pub(super) total: usize,
    pub(super) rows: Vec<NoticeRow>,
    pub(super) is_open: bool,
    /// The page with all of them; empty when all are listed.
    pub(super) all: String,
}

pub(super) struct NoticeRow {
    pub(super) subject: String,
    pub(super) href: String,
    /// In the reader's language.
    pub(super) detail: String,
    /// As the engine says it, where it cannot be told in the reader's language.
    pub(super) stored: String,
}

impl ChecksView {
    /// Who and what stands out, by headings, with how many of them are not named; empty ones left out.
    pub(super) fn stands_out<'a>(&'a self, t: &T) -> Vec<(String, &'a [Named], u64)> {
        let totals = &self.totals;
        let groups = [
            (t.blast_heads_title(), &self.heads, totals.heads),
            (t.blast_admins_title(), &self.admins, totals.admins),
            (t.blast_emptied_title(), &self.emptied, totals.emptied),
            (t.blast_moved_heads_title(), &self.moved_heads, totals.moved_heads),
            (t.blast_moved_admins_title(), &self.moved_admins, totals.moved_admins),
        ];
        let shown = groups.into_iter().filter(|(_, list, _)| !list.is_empty());
        let group = |(title, list, total): (&str, &'a Vec<Named>, u64)| {
            (t.blast_group(title, total), list.as_slice(), total.saturating_sub(list.len() as u64))
        };
        shown.map(group).collect()
    }
}

pub(super) async fn view(
    who: &Person,
    web: &Web,
    corp: &Corp,
    head: &PlanHead,
    list: &Listing,
) -> Result<ChecksView, Problem> {
    let t = who.t;
    let (key, offers, blast) = (corp.key.clone(), head.offers.clone(), head.blast.clone());
    let read = web.app.store.read_async(move |tx| {
        let people = |ids: &[UserId]| ids.iter().map(|id| member(tx, &key, id)).collect::<Result<Vec<_>, _>>();
        let stands_out = [&blast.heads, &blast.admins, &blast.moved_heads, &blast.moved_admins].map(|ids| people(ids));
        let [heads, admins, moved_heads, moved_admins] = stands_out;
        let stands_out = [heads?, admins?, moved_heads?, moved_admins?];
        let mut emptied = Vec::with_capacity(blast.emptied.len());
        for id in &blast.emptied {
            let name = store::mirror::find_department(tx, &key, *id)?.and_then(|department| department.name);
            emptied.push(Named { name: name.map(|name| name.to_string()).unwrap_or_default(), id: id.to_string() });
        }
        let mut shown = Vec::with_capacity(offers.len());
        for offer in &offers {
            let bound = store::bindings::find_by_unit(tx, &key, &offer.unit)?;
            shown.push(OfferView {
                unit: offer.unit.to_string(),
                unit_name: offer.unit_name.to_string(),
                department: offer.department.to_string(),
                department_name: offer.department_name.to_string(),
                same_children: offer.same_children,
                same_people: offer.same_people,
                is_bound: bound.is_some(),
            });
        }
        Ok((shown, stands_out, emptied))
    });
    let (offers, [heads, admins, moved_heads, moved_admins], emptied) = read.await.map_err(store_problem)?;
    Ok(ChecksView {
        guards: head
            .guards
            .iter()
            .map(|guard| GuardView {
                name: t.guard_name(&guard.name),
                tripped: guard.tripped,
                value: t.guard_told(guard),
                limit: t.guard_amount(guard, guard.limit),
                share: guard.value.saturating_mul(100).checked_div(guard.limit).unwrap_or(100).min(100),
            })
            .collect(),
        invariants: head
            .invariants
            .iter()
            .map(|entry| InvariantView {
                name: t.invariant_name(&entry.name),
                holds: entry.holds,
                broken: entry.broken_by.len(),
            })
            .collect(),
        offers,
        may_bind: who.may(ApiScope::BindingWrite),
        heads,
        admins,
        emptied,
        moved_heads,
        moved_admins,
        totals: head.blast.totals,
        notices: notices(t, who, corp, head, list),
    })
}

fn member(tx: &impl Reads, corp: &CorpKey, id: &UserId) -> Result<Named, StoreError> {
    let name = store::mirror::find_member(tx, corp, id)?;
    let name = name.and_then(|member| member.fields.get(&MemberField::Name).map(ToString::to_string));
    Ok(Named { name: name.unwrap_or_default(), id: id.to_string() })
}

fn notices(t: T, who: &Person, corp: &Corp, head: &PlanHead, list: &Listing) -> Vec<NoticeGroup> {
    let mut groups: Vec<NoticeGroup> = Vec::new();
    for notice in &head.notices {
        if groups.last().is_none_or(|group| group.code != notice.code) {
            groups.push(NoticeGroup {
                code: notice.code.clone(),
                text: t.notice_text(&notice.code),
                total: 0,
                rows: Vec::new(),
                is_open: list.is("reason", &notice.code),
                all: String::new(),
            });
        }
        let Some(group) = groups.last_mut() else { continue };
        // the last one of many says how many more there are
        if let Some(more) = notice.subject.strip_suffix(" more").and_then(|count| count.parse::<usize>().ok()) {
            group.total += more;
            continue;
        }
        group.total += 1;
        if group.is_open || group.rows.len() < LISTED {
            let is_person = notice.code.starts_with("employee.") || notice.code.starts_with("field.");
            let href = if is_person {
                who.url(&format!("/corps/{}/explain/{}", corp.key, link::part(&notice.subject)))
            } else {
                String::new()
            };
            let (detail, stored) = match t.retold(&notice.text) {
                Some(detail) => (detail, String::new()),
                None => (String::new(), notice.text.clone()),
            };
            group.rows.push(NoticeRow { subject: notice.subject.clone(), href, detail, stored });
        }
    }
    for group in &mut groups {
        if group.total > group.rows.len() && !group.is_open {
            group.all = list.with("reason", &group.code);
        }
    }
    groups
}
