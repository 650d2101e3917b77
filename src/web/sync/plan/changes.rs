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
pub(super) struct ChangesView {
    pub(super) tree: Vec<TreeLine>,
    /// Lists that end after the last line.
    pub(super) tree_end: usize,
    pub(super) path: Vec<(String, String)>,
    pub(super) kinds: Vec<Choice>,
    pub(super) reasons: Vec<Choice>,
    pub(super) sides: Vec<Choice>,
    pub(super) undos: Vec<Choice>,
    pub(super) page: Page<RowView>,
}

/// One change.
pub(super) struct RowView {
    pub(super) seq: u32,
    pub(super) kind: String,
    pub(super) tone: &'static str,
    pub(super) name: String,
    pub(super) employee: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) userid: Option<String>,
    pub(super) department: Option<String>,
    pub(super) place: String,
    pub(super) branch: String,
    pub(super) why: String,
    pub(super) more: Vec<String>,
    pub(super) reversible: &'static str,
    pub(super) is_final: bool,
    pub(super) differences: Vec<DifferenceView>,
    pub(super) is_open: bool,
}

/// A field before and after.
pub(super) struct DifferenceView {
    pub(super) field: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// What the address asks for.
pub(super) fn query(list: &Listing) -> ChangeQuery {
    let sort = code::find(list.get("sort")).unwrap_or_default();
    let cursor = ["after", "before"].into_iter().map(|name| list.get(name)).find(|cursor| !cursor.is_empty());
    ChangeQuery {
        search: list.get("q").to_owned(),
        colours: code::find(list.get("colour")).into_iter().collect(),
        kinds: code::find(list.get("kind")).into_iter().collect(),
        side: code::find(list.get("side")),
        reason: Some(Text::from(list.get("reason"))).filter(|reason| !reason.is_empty()),
        reversible: code::find(list.get("undo")),
        branch: find_branch(list.get("branch")),
        branch_only: false,
        paging: Paging {
            sort,
            descending: list.is("dir", "desc"),
            cursor: cursor.map(str::to_owned),
            limit: ROWS,
        },
    }
}

pub(super) fn view(
    t: T,
    view: &PlanView,
    list: &Listing,
    summary: &PlanSummary,
) -> Result<ChangesView, BrowseError> {
    let query = query(list);
    let path = query.branch.as_ref().map(|branch| view.path(branch)).unwrap_or_default();
    let path = path.into_iter().map(|step| {
        let name = step.name.map_or_else(|| t.tree_unnamed().to_owned(), |name| name.to_string());
        (list.with("branch", &branch_code(&step.branch)), if name.is_empty() { t.tree_stray().to_owned() } else { name })
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
        branch: branch_code(&row.branch),
        why: t.change_reason(&row.reason),
        more,
        reversible: t.reversible(row.reversible),
        is_final: row.reversible == Reversible::No,
        is_open: differences.len() <= OPEN_DIFFERENCES,
        differences,
    }
}

/// Values that WeCom spells as numbers, in words.
fn value_text(t: T, field: &str, value: String) -> String {
    match (field, value.as_str()) {
        ("enable", "true") => t.value_enabled().to_owned(),
        ("enable", "false") => t.value_disabled().to_owned(),
        ("gender", "1") => t.value_male().to_owned(),
        ("gender", "2") => t.value_female().to_owned(),
        ("gender", "0") => t.value_unknown().to_owned(),
        _ => value,
    }
}

/// A change as a row of a file.
pub(super) fn cells(t: T, row: ChangeRow) -> [String; 9] {
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
