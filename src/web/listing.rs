//! What every list has in common: search, filters, sorting and the cursor, all in the address.

use super::time;
use super::visit::Visit;
use crate::http::Problem;
use crate::store::Order;

/// Rows on one page of a list.
pub const ROWS: usize = 50;

fn is_place(name: &str) -> bool {
    PLACES.contains(&name)
}

/// The address of a list with its parameters; makes links to its variations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Link without the query, with the base path.
    pub action: String,
    params: Vec<(String, String)>,
}

/// The column that lists by time are sorted by.
const TIME: &str = "time";
/// Parameters that lead to a place inside the list; a new search begins at the start.
const PLACES: [&str; 4] = ["after", "before", "page", "resent"];

/// Parameters that are days: the first, and what the last one may be called.
const DAYS: [&str; 3] = ["from", "until", "to"];

impl Listing {
    /// Of a visit: `known` are the names of the parameters that the list understands; others are dropped.
    pub fn of(visit: &Visit, known: &[&str]) -> Self {
        let params = url::form_urlencoded::parse(visit.query.as_bytes())
            .filter(|(name, value)| known.contains(&name.as_ref()) && !value.trim().is_empty())
            .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
            .collect();
        Self { action: visit.url(&visit.path), params }
    }

    /// With the parameters of a query, all of them.
    #[cfg(test)]
    pub(super) fn parse(action: &str, query: &str) -> Self {
        Self { action: action.into(), params: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
    }

    /// The same parameters on another page.
    pub fn on(self, action: String) -> Self {
        Self { action, ..self }
    }

    /// The value of a parameter; empty where it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Where the page begins, as `read` understands it; the first page where the address does not say.
    ///
    /// # Errors
    /// What is no place in such a list: the address was cut off or changed.
    pub fn after<C>(&self, read: impl FnOnce(&str) -> Option<C>) -> Result<Option<C>, Problem> {
        match self.get("after") {
            "" => Ok(None),
            text => read(text)
                .map(Some)
                .ok_or_else(|| Problem::bad_request("list.cursor", "There is no such place in the list.")),
        }
    }

    /// [`Listing::after`] in a list whose places are ids of things that came one after the other.
    ///
    /// # Errors
    /// As there.
    pub fn after_id<I: for<'i> From<&'i str>>(&self) -> Result<Option<I>, Problem> {
        self.after(|text| uuid::Uuid::try_parse(text).is_ok().then(|| I::from(text)))
    }

    /// Whether a day that is asked for cannot be read; a page says that it counts for nothing.
    pub fn has_bad_day(&self) -> bool {
        DAYS.iter().any(|name| !self.get(name).is_empty() && time::of_day(self.get(name)).is_none())
    }

    /// Refuses such days: nobody reads in a file that they counted for nothing.
    ///
    /// # Errors
    /// `list.date`
    pub fn check_days(&self) -> Result<(), Problem> {
        if self.has_bad_day() {
            return Err(Problem::bad_request("list.date", "A day is written like 2026-11-27."));
        }
        Ok(())
    }

    /// Whether the first day that is asked for lies behind the last one.
    pub fn is_reversed(&self) -> bool {
        let [from, ends @ ..] = DAYS.map(|name| time::of_day(self.get(name)));
        from.is_some_and(|from| ends.into_iter().flatten().any(|end| end < from))
    }

    /// All values of a parameter that may stand there several times.
    pub fn values<'l>(&'l self, name: &'l str) -> impl Iterator<Item = &'l str> {
        self.params.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same list with these values of a parameter in place of its own.
    pub fn with_values(mut self, name: &str, values: &[String]) -> Self {
        self.params.retain(|(known, _)| known != name);
        self.params.extend(values.iter().map(|value| (name.to_owned(), value.clone())));
        self
    }

    /// Whether a parameter has this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    /// Whether anything narrows the list.
    pub fn is_narrowed(&self) -> bool {
        self.params.iter().any(|(name, _)| !is_place(name) && name != "sort" && name != "dir")
    }

    /// The list with another value of one parameter (empty: without it), from its start.
    pub fn with(&self, name: &str, value: &str) -> String {
        let rest = self.params.iter().filter(|(known, _)| known != name && !is_place(known));
        self.link(rest, Some((name, value)))
    }

    /// The list at another place.
    pub fn at(&self, name: &str, cursor: &str) -> String {
        let rest = self.params.iter().filter(|(known, _)| !is_place(known));
        self.link(rest, Some((name, cursor)))
    }

    /// The list from its start, everything else as it is.
    pub fn first(&self) -> String {
        self.link(self.params.iter().filter(|(known, _)| !is_place(known)), None)
    }

    /// The list without what narrows it; what it is a list of (`app`) stays.
    pub fn cleared(&self) -> String {
        self.link(self.params.iter().filter(|(known, _)| known == "app"), None)
    }

    /// The question mark and the parameters of this very page; empty where there are none.
    pub fn query(&self) -> String {
        let link = self.link(self.params.iter(), None);
        link.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default()
    }

    /// The whole list as a file: another path with the same search, filters and order.
    pub fn export(&self, suffix: &str) -> String {
        let link = self.first();
        match link.split_once('?') {
            Some((path, query)) => format!("{path}{suffix}?{query}"),
            None => format!("{link}{suffix}"),
        }
    }

    /// The list sorted by a column; by the same one again, the other way round.
    pub fn sorted(&self, column: &str) -> String {
        let is_ascending = self.get("sort") == column && self.get("dir") != "desc";
        let rest = self.params.iter().filter(|(known, _)| known != "sort" && known != "dir" && !is_place(known));
        let mut link = self.link(rest, Some(("sort", column)));
        if is_ascending {
            link.push_str("&dir=desc");
        }
        link
    }

    /// `ascending`, `descending` or `none`, for `aria-sort`.
    pub fn direction(&self, column: &str) -> &'static str {
        match (self.get("sort") == column, self.get("dir") == "desc") {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    }

    /// The order of a list by time, which begins with the newest unless it is sorted by time.
    pub fn by_time(&self) -> Order {
        if self.get("sort") == TIME && self.get("dir") != "desc" { Order::Oldest } else { Order::Newest }
    }

    /// The list by time, the other way round.
    pub fn time_sorted(&self) -> String {
        if self.by_time() == Order::Newest {
            return self.sorted(TIME);
        }
        let rest =
            self.params.iter().filter(|(known, _)| !["sort", "dir"].contains(&known.as_str()) && !is_place(known));
        self.link(rest, None)
    }

    /// As [`Listing::direction`] of the column that a list by time is sorted by.
    pub fn time_direction(&self) -> &'static str {
        if self.by_time() == Order::Oldest { "ascending" } else { "descending" }
    }

    /// The parameters that a search form has to carry along: all but its own fields.
    pub fn carried<'n>(&self, form: impl AsRef<[&'n str]>) -> Vec<&(String, String)> {
        self.params.iter().filter(|(name, _)| !form.as_ref().contains(&name.as_str()) && !is_place(name)).collect()
    }

    fn link<'a>(&self, params: impl Iterator<Item = &'a (String, String)>, more: Option<(&str, &str)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let mut is_empty = true;
        for (name, value) in params.map(|(name, value)| (name.as_str(), value.as_str())).chain(more) {
            if !value.is_empty() {
                query.append_pair(name, value);
                is_empty = false;
            }
        }
        if is_empty { self.action.clone() } else { format!("{}?{}", self.action, query.finish()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(query: &str) -> Listing {
        Listing::parse("/x", query)
    }

    #[test]
    fn links() {
        let list = listing("q=张&status=active&sort=name&after=abc");
        for (got, expected) in [
            (list.with("status", ""), "/x?q=%E5%BC%A0&sort=name"),
            (list.with("status", "departed"), "/x?q=%E5%BC%A0&sort=name&status=departed"),
            (list.at("after", "d e"), "/x?q=%E5%BC%A0&status=active&sort=name&after=d+e"),
            (list.first(), "/x?q=%E5%BC%A0&status=active&sort=name"),
            (list.sorted("name"), "/x?q=%E5%BC%A0&status=active&sort=name&dir=desc"),
            (list.sorted("id"), "/x?q=%E5%BC%A0&status=active&sort=id"),
            (list.export(".csv"), "/x.csv?q=%E5%BC%A0&status=active&sort=name"),
            (listing("").first(), "/x"),
            (listing("").sorted("id"), "/x?sort=id"),
        ] {
            assert_eq!(got, expected);
        }
        assert_eq!(listing("app=b&q=x&sort=name&page=2").cleared(), "/x?app=b");
        assert_eq!(list.cleared(), "/x");
        assert_eq!(list.direction("name"), "ascending");
        assert_eq!(list.direction("id"), "none");
        assert!(list.is_narrowed() && !listing("sort=name&after=x").is_narrowed());
        assert_eq!(list.carried(["q"]).len(), 2);
    }

    #[test]
    fn days_are_looked_at() {
        for (query, is_good, is_reversed) in [
            ("", true, false),
            ("from=2026-11-27&until=2026-11-27", true, false),
            ("from=2026-11-27&until=2026-11-26", true, true),
            ("from=2026-11-27&to=2026-11-26", true, true),
            ("until=2026-11-26", true, false),
            ("from=xx", false, false),
            ("to=27.11.2026", false, false),
        ] {
            let list = listing(query);
            assert_eq!((list.check_days().is_ok(), list.is_reversed()), (is_good, is_reversed), "{query}");
        }
    }

    #[test]
    fn lists_by_time_are_turned_round_and_back() {
        for (query, order, direction, link) in [
            ("q=x&after=a", Order::Newest, "descending", "/x?q=x&sort=time"),
            ("q=x&sort=time", Order::Oldest, "ascending", "/x?q=x"),
            ("sort=time&dir=asc&q=x", Order::Oldest, "ascending", "/x?q=x"),
            ("q=x&sort=time&dir=desc", Order::Newest, "descending", "/x?q=x&sort=time"),
            ("sort=name", Order::Newest, "descending", "/x?sort=time"),
        ] {
            let list = listing(query);
            assert_eq!((list.by_time(), list.time_direction(), list.time_sorted().as_str()), (order, direction, link));
        }
    }
}
