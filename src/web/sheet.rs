//! Lists that are short by their nature and held in memory as a whole: the texts of their file are what is searched and sorted, so
//! that the page, its order and its file cannot differ. Not generic, so that a further list costs no further code.

use super::export::{self, Kind, Out};
use super::listing::{Listing, ROWS};
use super::slice::{Slice, is_hit, page_of};
use super::state::Web;
use super::visit::Visit;
use crate::browse::sort_key;
use crate::http::Problem;
use actix_web::HttpResponse;

/// Parameters that such a list understands.
pub const PARAMETERS: [&str; 4] = ["q", "sort", "dir", "page"];

/// A list as its file has it.
pub struct Sheet {
    columns: Vec<(&'static str, &'static str)>,
    rows: Vec<Vec<String>>,
    /// Of each row, the group that it stands in; empty where there are none.
    groups: Vec<usize>,
}

impl Sheet {
    /// `columns`: the name in the address, and the caption; `rows` in the order in which they stand while nobody sorts them. Moments are
    /// written so that they sort as texts.
    pub fn new(columns: impl Into<Vec<(&'static str, &'static str)>>, rows: Vec<Vec<String>>) -> Self {
        Self { columns: columns.into(), rows, groups: Vec::new() }
    }

    /// The same in groups, one for each row: they keep their order, and the rows are sorted within them.
    pub fn below(self, groups: Vec<usize>) -> Self {
        Self { groups, ..self }
    }

    /// Where the rows stand that the address asks for, in its order.
    fn order(&self, list: &Listing) -> Vec<usize> {
        // a moment is found as the page shows it, too
        let moments = |at: usize| self.rows[at].iter().filter_map(|cell| shown(cell));
        let is_wanted = |at: &usize| {
            is_hit(list, self.rows[*at].iter().map(String::as_str))
                || moments(*at).any(|moment| is_hit(list, [moment.as_str()]))
        };
        let mut found: Vec<usize> = (0..self.rows.len()).filter(is_wanted).collect();
        if let Some(column) = self.columns.iter().position(|(name, _)| !name.is_empty() && list.is("sort", name)) {
            let cell = |row: &Vec<String>| key(row.get(column).map(String::as_str).unwrap_or_default());
            let keys: Vec<Key> = self.rows.iter().map(cell).collect();
            let is_down = list.is("dir", "desc");
            found.sort_by(|a, b| {
                let (a, b) = (&keys[*a], &keys[*b]);
                // what is empty stays at the end
                let filled = if is_down { b.1.cmp(&a.1) } else { a.1.cmp(&b.1) };
                a.0.cmp(&b.0).then(filled)
            });
        }
        found.sort_by_key(|at| self.groups.get(*at));
        found
    }

    /// The page that the address asks for; `rows` are what is shown of the rows of the list, in the order in which they were given.
    pub fn page<R>(&self, list: &Listing, rows: Vec<R>) -> Slice<R> {
        let order = self.order(list);
        let begin = (page_of(list, "page", order.len()) - 1) * ROWS;
        let mut rows: Vec<Option<R>> = rows.into_iter().map(Some).collect();
        let shown = order.iter().skip(begin).take(ROWS).filter_map(|at| rows.get_mut(*at)?.take()).collect();
        Slice::part(list, "page", shown, order.len())
    }

    /// The list as a file with this name, where the visit is to one; `None` where it is to the page.
    ///
    /// # Errors
    /// Those of [`export::file`].
    pub async fn file(
        &self,
        visit: &Visit,
        web: &Web,
        list: &Listing,
        name: &str,
    ) -> Result<Option<HttpResponse>, Problem> {
        let Some(kind) = Kind::wanted(visit) else { return Ok(None) };
        let captions = self.columns.iter().map(|(_, caption)| *caption).collect();
        let rows: Vec<Vec<String>> = self.order(list).into_iter().map(|at| self.rows[at].clone()).collect();
        let fill = move |out: Out<'_>| out.rows(rows.into_iter().map(Ok));
        export::file(web, kind, name, captions, fill).await.map(Some)
    }
}

/// Whether a cell is empty; numbers by what they count, texts behind them as an address book has them.
type Key = (bool, (bool, i64, Vec<u8>));

fn key(cell: &str) -> Key {
    match cell.parse() {
        Ok(number) => (false, (false, number, Vec::new())),
        Err(_) => (cell.is_empty(), (true, 0, sort_key(cell))),
    }
}

/// A moment as pages write it; `None` for any other cell.
fn shown(cell: &str) -> Option<String> {
    let is_moment = cell.len() == 25 && cell.as_bytes().get(10) == Some(&b'T');
    is_moment.then(|| cell.replacen('T', " ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_searched_and_sorted() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = ["李四 10 on", "张三 9 off", "Adam - on", "陈一 100 on"].map(|text| {
            let cells: Vec<&str> = text.split(' ').collect();
            row([cells[0], if cells[1] == "-" { "" } else { cells[1] }, cells[2]])
        });
        let sheet = Sheet::new([("name", "Name"), ("count", "Count"), ("state", "State")], rows.to_vec());
        for (query, expected) in [
            ("", "李四 张三 Adam 陈一"),
            ("sort=name", "Adam 陈一 李四 张三"),
            ("sort=name&dir=desc", "张三 李四 陈一 Adam"),
            ("sort=count", "张三 李四 陈一 Adam"),
            ("sort=count&dir=desc", "陈一 李四 张三 Adam"),
            ("sort=state&dir=desc", "李四 Adam 陈一 张三"),
            ("sort=nonsense", "李四 张三 Adam 陈一"),
            ("q=ON&sort=count", "李四 陈一 Adam"),
            ("q=adam", "Adam"),
            ("q=nobody", ""),
        ] {
            let list = Listing::parse("/x", query);
            let page = sheet.page(&list, rows.iter().map(|cells| cells[0].clone()).collect());
            assert_eq!(page.rows.join(" "), expected, "{query}");
        }
    }

    #[test]
    fn groups_keep_their_order_and_moments_are_found_as_they_are_shown() {
        let rows = ["b 2026-11-27T10:05:00+08:00", "a 2026-11-26T10:05:00+08:00", "c ", "a "];
        let rows = rows.map(|text| text.split(' ').map(str::to_owned).collect::<Vec<String>>()).to_vec();
        let sheet = Sheet::new([("name", "Name"), ("at", "At")], rows.clone()).below(vec![0, 0, 1, 1]);
        for (query, expected) in [
            ("sort=name", "a b a c"),
            ("sort=name&dir=desc", "b a c a"),
            ("q=2026-11-27 10:05", "b"),
            ("q=2026-11-26T10", "a"),
        ] {
            let page = sheet.page(&Listing::parse("/x", query), rows.iter().map(|cells| cells[0].clone()).collect());
            assert_eq!(page.rows.join(" "), expected, "{query}");
        }
    }

    #[test]
    fn a_long_list_has_pages() {
        let rows: Vec<Vec<String>> = (0..120).map(|at| vec![at.to_string()]).collect();
        let sheet = Sheet::new([("at", "At")], rows);
        let list = Listing::parse("/x", "sort=at&dir=desc&page=3");
        let page = sheet.page(&list, (0..120).collect());
        assert_eq!((page.rows.first(), page.rows.last(), page.total), (Some(&19), Some(&0), 120));
        assert_eq!(page.previous.as_deref(), Some("/x?sort=at&dir=desc&page=2"));
        assert_eq!(page.next, None);
    }
}
