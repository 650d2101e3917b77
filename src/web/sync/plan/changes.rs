//! The changes of a plan: tree, filters, list, what differs.

use super::tree::{TreeLine, branch_code, find_branch, tree};
use crate::browse::plan::{ChangeKind, ChangeQuery, ChangeRow, PlanSummary, PlanView};
use crate::browse::{BrowseError, Page, Paging};
use crate::locale::T;
use crate::model::{Reversible, Text};
use crate::web::code;
use crate::web::listing::{Listing, ROWS};
use crate::web::sync::{Choice, any};

/// So many differences are shown without a click.
const OPEN_DIFFERENCES: usize = 3;

/// The tab with the changes.
pub(in crate::web::sync) struct ChangesView {
    pub(in crate::web::sync) tree: Vec<TreeLine>,
    /// Lists that end after the last line.
    pub(in crate::web::sync) tree_end: usize,
    pub(in crate::web::sync) path: Vec<(String, String)>,
    pub(in crate::web::sync) kinds: Vec<Choice>,
    pub(in crate::web::sync) reasons: Vec<Choice>,
    pub(in crate::web::sync) sides: Vec<Choice>,
    pub(in crate::web::sync) undos: Vec<Choice>,
    pub(in crate::web::sync) page: Page<RowView>,
}

/// One change.
pub(in crate::web::sync) struct RowView {
    pub(in crate::web::sync) seq: u32,
    pub(in crate::web::sync) kind: String,
    pub(in crate::web::sync) tone: &'static str,
    pub(in crate::web::sync) name: String,
    pub(in crate::web::sync) employee: Option<String>,
    pub(in crate::web::sync) unit: Option<String>,
    pub(in crate::web::sync) userid: Option<String>,
    pub(in crate::web::sync) department: Option<String>,
    pub(in crate::web::sync) place: String,
    pub(in crate::web::sync) why: String,
    pub(in crate::web::sync) more: Vec<String>,
    pub(in crate::web::sync) reversible: &'static str,
    pub(in crate::web::sync) is_final: bool,
    pub(in crate::web::sync) differences: Vec<DifferenceView>,
    pub(in crate::web::sync) is_open: bool,
}

/// A field before and after.
pub(in crate::web::sync) struct DifferenceView {
    pub(in crate::web::sync) field: String,
    pub(in crate::web::sync) before: Option<String>,
    pub(in crate::web::sync) after: Option<String>,
}

/// What the address asks for.
pub(in crate::web::sync) fn query(list: &Listing) -> ChangeQuery {
    let sort = code::find(list.get("sort")).unwrap_or_default();
    let cursor = ["after", "before"].into_iter().map(|name| list.get(name)).find(|cursor| !cursor.is_empty());
    ChangeQuery {
        among: None,
        search: list.get("q").to_owned(),
        colours: code::find(list.get("colour")).into_iter().collect(),
        kinds: code::find(list.get("kind")).into_iter().collect(),
        side: code::find(list.get("side")),
        reason: Some(Text::from(list.get("reason"))).filter(|reason| !reason.is_empty()),
        reversible: code::find(list.get("undo")),
        branch: find_branch(list.get("branch")),
        branch_only: false,
        paging: Paging { sort, descending: list.is("dir", "desc"), cursor: cursor.map(str::to_owned), limit: ROWS },
    }
}

pub(in crate::web::sync) fn view(
    t: T,
    view: &PlanView,
    list: &Listing,
    summary: &PlanSummary,
) -> Result<ChangesView, BrowseError> {
    let query = query(list);
    let path = query.branch.as_ref().map(|branch| view.path(branch)).unwrap_or_default();
    let path = path.into_iter().map(|step| {
        let name = step.name.map_or_else(|| t.tree_unnamed().to_owned(), |name| name.to_string());
        (
            list.with("branch", &branch_code(&step.branch)),
            if name.is_empty() { t.tree_stray().to_owned() } else { name },
        )
    });
    let mut kinds = vec![any(t, t.change_what())];
    kinds.extend(summary.by_kind.iter().map(|(kind, count)| {
        let kind = code::of(kind);
        let label = format!("{} ({count})", t.change_kind(&kind));
        (kind, label)
    }));
    let mut reasons = vec![any(t, t.change_why())];
    reasons.extend(
        summary.by_reason.iter().map(|(why, count)| (why.to_string(), format!("{} ({count})", t.change_reason(why)))),
    );
    let sides = vec![
        any(t, t.change_side()),
        ("members".into(), t.side_members().to_owned()),
        ("departments".into(), t.side_departments().to_owned()),
    ];
    let mut undos = vec![any(t, t.change_undo())];
    let all = [Reversible::Yes, Reversible::Partly, Reversible::No];
    undos.extend(all.map(|reversible| (code::of(reversible), t.reversible(reversible).to_owned())));
    let page = view.page(&query)?.map(|row| row_view(t, row));
    let (tree, tree_end) = tree(t, view, list);
    Ok(ChangesView { tree, tree_end, path: path.collect(), kinds, reasons, sides, undos, page })
}

/// Class of a kind's badge.
pub(in crate::web::sync) fn tone(kind: ChangeKind) -> &'static str {
    super::tree::tone(kind.colour())
}

pub(in crate::web::sync) fn row_view(t: T, row: ChangeRow) -> RowView {
    let mut more = Vec::new();
    more.extend(row.cause.map(|cause| t.removal_cause(cause).to_owned()));
    more.extend(row.rule.as_ref().map(|rule| t.change_by_rule(rule)));
    more.extend(row.origin.map(|origin| t.link_origin(origin).to_owned()));
    more.extend(row.invite.filter(|invite| *invite).map(|_| t.change_invites().to_owned()));
    let differences: Vec<DifferenceView> = row
        .differences
        .into_iter()
        .map(|difference| DifferenceView {
            before: difference.before.map(|value| value_text(t, &difference.field, value)),
            after: difference.after.map(|value| value_text(t, &difference.field, value)),
            field: t.synced_field(&difference.field),
        })
        .collect();
    RowView {
        seq: row.seq,
        kind: t.change_kind(&code::of(row.kind)),
        tone: tone(row.kind),
        name: row.name.to_string(),
        employee: row.employee.map(|id| id.to_string()),
        unit: row.unit.map(|id| id.to_string()),
        userid: row.userid.map(|id| id.to_string()),
        department: row.department.map(|id| id.to_string()),
        place: row.path.join(" / "),
        why: t.change_reason(&row.reason),
        more,
        reversible: t.reversible(row.reversible),
        is_final: row.reversible == Reversible::No,
        is_open: differences.len() <= OPEN_DIFFERENCES,
        differences,
    }
}

/// Orders of the OA below this are told as such; WeCom's own orders are small numbers.
const OA_ORDERS: u32 = 1 << 31;

/// Values that WeCom spells as numbers, in words.
pub(in crate::web::sync) fn value_text(t: T, field: &str, value: String) -> String {
    match (field, value.as_str()) {
        ("enable", "true") => t.value_enabled().to_owned(),
        ("enable", "false") => t.value_disabled().to_owned(),
        // what we write counts down from the greatest number: told as the place in the OA's order
        ("order", text) => match text.parse::<u32>().map(|order| u32::MAX - order) {
            Ok(place) if place < OA_ORDERS => t.value_place(place),
            _ => value,
        },
        ("gender", "1") => t.value_male().to_owned(),
        ("gender", "2") => t.value_female().to_owned(),
        ("gender", "0") => t.value_unknown().to_owned(),
        _ => value,
    }
}

/// A change as a row of a file.
pub(in crate::web::sync) fn cells(t: T, row: ChangeRow) -> [String; 9] {
    let row = row_view(t, row);
    let differences = row.differences.iter().map(|difference| {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| t.value_absent().to_owned());
        format!("{}: {} → {}", difference.field, text(&difference.before), text(&difference.after))
    });
    let differences = differences.collect::<Vec<_>>().join("\n");
    [
        row.seq.to_string(),
        row.kind,
        row.name,
        row.employee.or(row.unit).unwrap_or_default(),
        row.userid.or(row.department).unwrap_or_default(),
        row.place,
        row.why,
        row.reversible.to_owned(),
        differences,
    ]
}
