//! Pages of a listing: prefix, delimiter, limit, and what the next page begins behind. Pure.

use crate::store::Scan;

/// What is asked for.
pub(crate) struct Query<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: &'a str,
    /// The name the page begins behind.
    pub(crate) marker: &'a str,
    pub(crate) limit: usize,
}

/// A page as it fills.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) common_prefixes: Vec<String>,
    pub(crate) is_truncated: bool,
    /// The name of the last entry: a key, or a common prefix.
    pub(crate) last: String,
}

impl<T> Page<T> {
    pub(crate) fn new() -> Self {
        let (items, common_prefixes) = (Vec::new(), Vec::new());
        Self { items, common_prefixes, is_truncated: false, last: String::new() }
    }

    /// Offers the next name in order; `item` is made only when it is listed by itself.
    pub(crate) fn offer(
        &mut self,
        query: &Query<'_>,
        name: &str,
        item: impl FnOnce() -> T,
    ) -> Scan {
        let Some(rest) = name.strip_prefix(query.prefix) else { return Scan::Stop };
        let delimiter = query.delimiter;
        let at = if delimiter.is_empty() { None } else { rest.find(delimiter) };
        let rolled = at.map(|at| &name[..query.prefix.len() + at + delimiter.len()]);
        // A page may end on a common prefix, and the next must not show it again.
        if rolled.is_some_and(|prefix| prefix == query.marker) {
            return Scan::SkipTo(behind(query.marker));
        }
        if self.items.len() + self.common_prefixes.len() == query.limit {
            self.is_truncated = true;
            return Scan::Stop;
        }
        match rolled {
            Some(prefix) => {
                prefix.clone_into(&mut self.last);
                self.common_prefixes.push(prefix.to_owned());
                Scan::SkipTo(behind(prefix))
            }
            None => {
                name.clone_into(&mut self.last);
                self.items.push(item());
                Scan::Next
            }
        }
    }
}

/// The first name that does not begin with `prefix` and stands behind all that do.
fn behind(prefix: &str) -> String {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            _ => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            characters.push(next);
            break;
        }
    }
    characters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(
        names: &[&str],
        marker: &str,
        limit: usize,
    ) -> (Vec<String>, Vec<String>, bool, String) {
        let query = Query { prefix: "p/", delimiter: "/", marker, limit };
        let mut page = Page::new();
        let mut from = marker.max("p/").to_owned();
        for name in names {
            if *name < from.as_str() || *name == marker {
                continue;
            }
            match page.offer(&query, name, || (*name).to_owned()) {
                Scan::Next => {}
                Scan::SkipTo(next) => from = next,
                Scan::Stop => break,
            }
        }
        (page.items, page.common_prefixes, page.is_truncated, page.last)
    }

    #[test]
    fn rolls_up_and_goes_on() {
        let names = ["p/a", "p/d/1", "p/d/2", "p/d0", "p/e/1", "q"];
        let (items, prefixes, truncated, last) = page(&names, "", 2);
        assert_eq!(
            (items.len(), prefixes, truncated, last),
            (1, vec!["p/d/".into()], true, "p/d/".into())
        );
        let (items, prefixes, truncated, _) = page(&names, "p/d/", 2);
        assert_eq!((items, prefixes, truncated), (vec!["p/d0".into()], vec!["p/e/".into()], false));
    }

    #[test]
    fn behind_a_prefix() {
        assert_eq!(behind("dir/"), "dir0");
        assert_eq!(behind("a\u{10ffff}"), "b");
        assert_eq!(behind("\u{d7ff}"), "\u{e000}");
    }
}
