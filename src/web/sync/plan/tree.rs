//! The tree of both sides in colours, with counts on each branch; deep branches are loaded when they are opened.

use crate::browse::plan::{Colour, PlanNode, PlanPlace, PlanView};
use crate::browse::{Branch, CHILDREN_MAX, OutlineQuery};
use crate::http::Problem;
use crate::http::errors::browse_problem;
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{DepartmentId, PlanId, UnitId};
use crate::web::listing::Listing;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{link, reply};
use actix_web::{HttpResponse, web};
use askama::Template;

/// Levels that are open from the start.
const LEVELS: usize = 2;

/// A branch as addresses spell it: `u:<unit>`, `d:<department>`, `stray`.
pub(super) fn branch_code(branch: &Branch<PlanPlace>) -> String {
    match branch {
        Branch::Stray => "stray".into(),
        Branch::Node(PlanPlace::Unit(id)) => format!("u:{id}"),
        Branch::Node(PlanPlace::Department(id)) => format!("d:{id}"),
    }
}

/// The branch of an address; `None` for none or an unknown one.
pub(super) fn find_branch(code: &str) -> Option<Branch<PlanPlace>> {
    match code.split_once(':') {
        Some(("u", id)) if !id.is_empty() => Some(Branch::Node(PlanPlace::Unit(UnitId::from(id)))),
        Some(("d", id)) => Some(Branch::Node(PlanPlace::Department(DepartmentId(id.parse().ok()?)))),
        None if code == "stray" => Some(Branch::Stray),
        _ => None,
    }
}

/// Class of a colour.
pub(super) fn tone(colour: Colour) -> &'static str {
    match colour {
        Colour::New => "new",
        Colour::Linked | Colour::Matched => "matched",
        Colour::Changed => "changed",
        Colour::Removed => "removed",
        Colour::Untouched => "untouched",
    }
}

/// One line of the tree.
pub(in crate::web::sync) struct TreeLine {
    /// Lists that end before this line.
    pub(super) closes: usize,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) name_before: Option<String>,
    pub(super) tone: &'static str,
    /// What becomes of it, for those who see no colours.
    pub(super) says: &'static str,
    pub(super) href: String,
    pub(super) is_current: bool,
    pub(super) has_children: bool,
    pub(super) is_open: bool,
    /// Where its children come from when it is opened.
    pub(super) load: String,
    /// The page with it opened, for those without script.
    pub(super) open_href: String,
    /// Changes in the whole branch: class, count, words.
    pub(super) marks: Vec<(&'static str, u32, String)>,
    /// Children that are not listed.
    pub(super) hidden: usize,
    /// Children that are, from the first one on.
    pub(super) listed: usize,
}

/// The tree as the page shows it, and how many lists end after its last line.
pub(super) fn tree(t: T, view: &PlanView, list: &Listing) -> (Vec<TreeLine>, usize) {
    let open = [list.get("branch"), list.get("open")].into_iter().filter_map(find_branch).collect();
    let lines = view.outline(&OutlineQuery { levels: LEVELS, open });
    let base = list.action.clone();
    let mut shown: Vec<TreeLine> = Vec::with_capacity(lines.len() + 1);
    let mut depth = 0;
    for line in lines {
        let closes = depth - line.level.min(depth);
        depth = line.level + usize::from(line.is_open);
        shown.push(TreeLine { closes, hidden: line.hidden, ..node(t, &base, list, line.node, line.is_open) });
    }
    (shown, depth)
}

fn node(t: T, base: &str, list: &Listing, node: PlanNode, is_open: bool) -> TreeLine {
    let code = branch_code(&node.branch);
    let name = match node.name {
        Some(name) if name.is_empty() => t.tree_stray().to_owned(),
        Some(name) => name.to_string(),
        None => t.tree_unnamed().to_owned(),
    };
    let (d, m) = (node.departments, node.members);
    let marks = [
        ("new", d.new + m.new, t.colour_new()),
        ("matched", d.linked + m.linked, t.colour_linked()),
        ("changed", d.changed + m.changed, t.colour_changed()),
        ("removed", d.removed + m.removed, t.colour_removed()),
    ];
    let marks = marks.into_iter().filter(|(_, count, _)| *count > 0);
    TreeLine {
        closes: 0,
        name,
        name_before: node.name_before.map(|name| name.to_string()),
        tone: tone(node.colour),
        says: match node.colour {
            Colour::New => t.colour_new(),
            Colour::Linked => t.colour_linked(),
            Colour::Changed => t.colour_changed(),
            Colour::Removed => t.colour_removed(),
            Colour::Matched if node.is_for_disabled => t.side_disabled(),
            Colour::Matched => t.colour_matched(),
            Colour::Untouched => t.colour_untouched(),
        },
        href: list.with("branch", &code),
        is_current: list.is("branch", &code),
        has_children: node.children > 0,
        is_open,
        load: format!("{base}/tree?branch={}", link::part(&code)),
        open_href: list.with("open", &code),
        marks: marks.map(|(tone, count, label)| (tone, count, format!("{label} {count}"))).collect(),
        hidden: 0,
        listed: CHILDREN_MAX,
        code,
    }
}

#[derive(Template)]
#[template(path = "sync/tree.html")]
struct TreePage {
    t: T,
    lines: Vec<TreeLine>,
    /// Children that were not sent: how many, and where they come from.
    more: Option<(usize, String)>,
}

/// The children of one branch.
pub(super) async fn children(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    plan: web::Path<PlanId>,
) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let from: usize = Listing::of(&who, &["from"]).get("from").parse().unwrap_or(0);
    let base = who.url(&format!("/plans/{}", link::part(&*plan)));
    let list = Listing::of(&who, &["branch"]).on(base.clone());
    let unknown = || Problem::not_found("branch", list.get("branch"));
    let branch = find_branch(list.get("branch")).ok_or_else(unknown)?;
    let missing = unknown();
    let found = web.app.views.plan(&plan, move |view, _| {
        let Some(found) = view.children(&branch, from, CHILDREN_MAX) else { return Ok(None) };
        let (shown, code) = (from + found.nodes.len(), branch_code(&branch));
        let lines: Vec<TreeLine> = found.nodes.into_iter().map(|child| node(t, &base, &list, child, false)).collect();
        let rest = found.total.saturating_sub(shown);
        let more = (rest > 0).then(|| (rest, format!("{base}/tree?branch={}&from={shown}", link::part(&code))));
        Ok(Some((lines, more)))
    });
    let (lines, more) = found.await.map_err(browse_problem)?.ok_or(missing)?;
    reply::page(&TreePage { t, lines, more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_survive_their_address() {
        for code in ["u:a:b/c", "d:7", "stray"] {
            assert_eq!(branch_code(&find_branch(code).unwrap()), code);
        }
        for code in ["", "u:", "d:x", "x:1", "other"] {
            assert_eq!(find_branch(code), None, "{code}");
        }
    }
}
