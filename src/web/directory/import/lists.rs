//! The lists of a preview: which one is open, and its rows as they are searched for. Pure.

use crate::directory::diff::field_changes;
use crate::directory::fields::Record;
use crate::directory::values::in_chinese;
use crate::directory::{Change, ChangeKind, Changes, Diff, Fault, FieldChange};
use crate::locale::{Lang, T};
use crate::model::Text;
use crate::web::listing::Listing;
use crate::web::slice::{self, Slice};

/// Parameters of the lists.
pub(super) const KNOWN: &[&str] = &["show", "kind", "q", "page"];

/// A row that changes.
pub(super) struct Row {
    pub(super) kind: ChangeKind,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_unit: bool,
    pub(super) fields: Vec<(String, FieldChange)>,
}

/// The list that is open: the one that the address names, or the first that has something to say.
pub(super) fn open_tab(list: &Listing, diff: &Diff) -> &'static str {
    let all = [
        ("employees", diff.employees.rows.len()),
        ("units", diff.units.rows.len()),
        ("faults", diff.faults.len()),
        ("warnings", diff.warnings.len()),
    ];
    let first = match diff.faults.is_empty() {
        true => all.iter().find(|tab| tab.1 > 0).map_or("employees", |tab| tab.0),
        false => "faults",
    };
    all.iter().map(|tab| tab.0).find(|code| list.is("show", code)).unwrap_or(first)
}

/// The faults or warnings that are searched for; none where another list is open.
pub(super) fn faults_of<'d>(list: &Listing, open: &str, diff: &'d Diff) -> Vec<&'d Fault> {
    let all: &[Fault] = match open {
        "faults" => &diff.faults,
        "warnings" => &diff.warnings,
        _ => &[],
    };
    let is_hit = |fault: &&Fault| {
        let row = fault.place.row.to_string();
        let place = &fault.place;
        let texts = [&place.sheet, &place.column, &fault.value, &fault.name].map(Text::as_str);
        slice::is_hit(list, texts.into_iter().chain([row.as_str()]))
    };
    all.iter().filter(is_hit).collect()
}

/// The changes of a kind that are searched for.
pub(super) fn wanted<'d, R: Record>(
    list: &Listing,
    changes: &'d Changes<R>,
    kind: Option<ChangeKind>,
) -> Vec<&'d Change<R>> {
    let is_searched = !list.get("q").is_empty();
    let is_hit = |change: &Change<R>| slice::is_hit(list, [change.row.id(), change.row.name().as_str()]);
    let is_wanted =
        |change: &&Change<R>| kind.is_none_or(|kind| change.kind == kind) && (!is_searched || is_hit(change));
    changes.rows.iter().filter(is_wanted).collect()
}

/// A page of the changes that are searched for.
pub(super) fn slice_of<R: Record>(
    t: T,
    list: &Listing,
    changes: &Changes<R>,
    kind: Option<ChangeKind>,
    is_unit: bool,
) -> Slice<Row> {
    Slice::of(list, &wanted(list, changes, kind), |change| row(t, change, is_unit))
}

/// A change with the captions of its fields.
pub(super) fn row<R: Record>(t: T, change: &Change<R>, is_unit: bool) -> Row {
    let caption = |field: &str| if is_unit { t.unit_field(field) } else { t.employee_field(field) };
    let (id, name) = (change.row.id().to_owned(), change.row.name().to_string());
    let word = |field: &str, value: Text| match in_chinese(field, &value).filter(|_| t.lang == Lang::Zh) {
        Some(word) => Text::const_new(word),
        None => value,
    };
    let named = |field: FieldChange| {
        let (before, after) = (word(&field.field, field.before), word(&field.field, field.after));
        (caption(&field.field), FieldChange { before, after, field: field.field })
    };
    let fields = match change.kind {
        // everything that somebody new comes with: at a first import nothing else shows a column that was not read
        ChangeKind::Added => {
            let all = field_changes(&R::blank(), &change.row).into_iter();
            all.filter(|field| !matches!(field.field.as_str(), "id" | "name")).map(named).collect()
        }
        _ => change.fields.iter().cloned().map(named).collect(),
    };
    Row { kind: change.kind, id, name, is_unit, fields }
}
