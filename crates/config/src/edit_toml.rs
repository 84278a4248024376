//! Edits of a TOML file: the parser says where things stand, and only those bytes are replaced.
//!
//! Printing a parsed document would lose line ends and the byte order mark, so it is never done.

use std::ops::Range;

use toml_edit::{Document, InlineTable, Item, Table, TableLike, Value};

use crate::key_path::{KeyPath, Place};
use crate::layer::Key;
use crate::profile::DEFAULT;

/// The byte order mark, which the parser does not see.
const MARK: char = '\u{feff}';

/// The text with `value` at `at`; none where that cannot be done.
pub(crate) fn set(text: &str, at: &KeyPath, value: &str) -> Option<String> {
    let body = text.trim_start_matches(MARK);
    let document = Document::parse(body).ok()?;
    let file = Toml { body, root: document.as_table() };
    let path = file.paths(&at.place).into_iter().next()?;
    let value = literal(at.key, value);
    let found = file.descend(&path).and_then(|found| found.table.entries(at.key).pop());
    let splice = match found {
        Some(entry) => (entry.value, value),
        None => file.insertion(&path, at.key.name, &value)?,
    };
    Some(spliced(text, body, splice))
}

/// The text with nothing at `at`.
pub(crate) fn unset(text: &str, at: &KeyPath) -> Option<String> {
    let mut text = text.to_owned();
    // One at a time: each removal moves what is behind it.
    loop {
        let body = text.trim_start_matches(MARK);
        let document = Document::parse(body).ok()?;
        let file = Toml { body, root: document.as_table() };
        let found = file.paths(&at.place).into_iter().find_map(|path| {
            let found = file.descend(&path)?;
            let entry = found.table.entries(at.key).pop()?;
            Some(file.removal(&found, &entry))
        });
        let Some(range) = found else { return Some(text) };
        text = spliced(&text, body, (range, String::new()));
    }
}

fn spliced(text: &str, body: &str, (range, new): (Range<usize>, String)) -> String {
    let mark = text.len() - body.len();
    let (before, after) = (&text[..mark + range.start], &text[mark + range.end..]);
    [before, &new, after].concat()
}

/// A value as TOML writes it. Numbers and yes or no stand without quotes, where they are ones.
pub(crate) fn literal(key: &Key, text: &str) -> String {
    let is_number = key.range.is_some()
        && text.bytes().all(|c| c.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
        && text.parse::<i64>().is_ok();
    let is_bool = matches!(key.default, Some("true" | "false")) && matches!(text, "true" | "false");
    match is_number || is_bool {
        true => text.into(),
        false => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A name as part of a key.
pub(crate) fn key_part(name: &str) -> String {
    let is_bare = !name.is_empty()
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
    if is_bare { name.into() } else { quoted(name) }
}

/// One key with its value, and where they stand.
struct Entry {
    key: Range<usize>,
    value: Range<usize>,
}

/// A table of any kind.
#[derive(Clone, Copy)]
enum AnyTable<'a> {
    Lines(&'a Table),
    Inline(&'a InlineTable),
}

impl<'a> AnyTable<'a> {
    fn like(self) -> &'a dyn TableLike {
        match self {
            Self::Lines(table) => table,
            Self::Inline(table) => table,
        }
    }

    fn child(self, name: &str) -> Option<Self> {
        match self.like().get(name)? {
            Item::Table(table) => Some(Self::Lines(table)),
            Item::Value(Value::InlineTable(table)) => Some(Self::Inline(table)),
            _ => None,
        }
    }

    /// The entries under `key`, in any of its names, in the order of the file.
    fn entries(self, key: &Key) -> Vec<Entry> {
        let names = self.like().iter().filter(|(name, _)| key.is_written(name));
        let mut found: Vec<_> = names.filter_map(|(name, _)| self.entry(name)).collect();
        found.sort_by_key(|entry| entry.key.start);
        found
    }

    fn entry(self, name: &str) -> Option<Entry> {
        let (key, item) = self.like().get_key_value(name)?;
        Some(Entry { key: key.span()?, value: item.as_value()?.span()? })
    }

    /// Single values that stand between the header, or the braces, of this table and its end.
    fn leaves(self) -> Vec<Entry> {
        let mut leaves = Vec::new();
        for (name, item) in self.like().iter() {
            let nested = match self.child(name) {
                Some(child) if child.like().is_dotted() => Some(child),
                _ => None,
            };
            match (nested, item) {
                (Some(nested), _) => leaves.extend(nested.leaves()),
                (None, Item::Value(_)) => leaves.extend(self.entry(name)),
                (None, _) => {}
            }
        }
        leaves.sort_by_key(|entry| entry.value.start);
        leaves
    }
}

/// A table, and the one whose header or braces it stands behind: itself, unless it is `a.b = …`.
struct Found<'a> {
    table: AnyTable<'a>,
    owner: AnyTable<'a>,
}

struct Toml<'a> {
    body: &'a str,
    root: &'a Table,
}

impl<'a> Toml<'a> {
    /// The tables in which a place's values may stand, the one that counts first.
    fn paths(&self, place: &Place) -> Vec<Vec<String>> {
        let path = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
        match place {
            Place::Top => vec![path(&[])],
            Place::Defaults => vec![path(&["defaults"])],
            Place::Profile(name) if name == DEFAULT => {
                let own = path(&["profiles", DEFAULT]);
                match self.descend(&own).is_some() {
                    true => vec![own, path(&[])],
                    false => vec![path(&[])],
                }
            }
            Place::Profile(name) => vec![path(&["profiles", name])],
            Place::Bucket { profile: None, bucket } => vec![path(&["buckets", bucket])],
            Place::Bucket { profile: Some(name), bucket } => {
                vec![path(&["profiles", name, "buckets", bucket])]
            }
        }
    }

    /// The table at a path, if it was written; `[a.b]` alone does not write `[a]`.
    fn descend(&self, path: &[String]) -> Option<Found<'a>> {
        let root = AnyTable::Lines(self.root);
        let mut found = Found { table: root, owner: root };
        for part in path {
            let table = found.table.child(part)?;
            let owner = if table.like().is_dotted() { found.owner } else { table };
            found = Found { table, owner };
        }
        let is_written = match found.table {
            AnyTable::Lines(table) => !table.is_implicit() || table.is_dotted() || path.is_empty(),
            AnyTable::Inline(_) => true,
        };
        is_written.then_some(found)
    }

    /// What to write, and where, for a key that is not there.
    fn insertion(&self, path: &[String], key: &str, value: &str) -> Option<(Range<usize>, String)> {
        if let Some(found) = self.descend(path) {
            return self.insertion_in(&found, key, value);
        }
        // Inside of braces no header can stand: there the rest of the path goes before the key.
        for depth in (1..path.len()).rev() {
            let Some(found) = self.descend(&path[..depth]) else { continue };
            if let AnyTable::Inline(_) = found.table {
                let rest: String = path[depth..].iter().map(|part| key_part(part) + ".").collect();
                return self.insertion_in(&found, &(rest + key), value);
            }
        }
        let eol = self.line_end();
        let mut text = String::new();
        if !self.body.is_empty() {
            text += if self.body.ends_with('\n') { "" } else { eol };
            text +=
                if self.body.ends_with("\n\n") || self.body.ends_with("\n\r\n") { "" } else { eol };
        }
        let header: Vec<String> = path.iter().map(|part| key_part(part)).collect();
        text += &format!("[{}]{eol}{key} = {value}{eol}", header.join("."));
        Some((self.body.len()..self.body.len(), text))
    }

    /// The same, in a table that is there: behind its last value.
    fn insertion_in(
        &self,
        found: &Found<'_>,
        key: &str,
        value: &str,
    ) -> Option<(Range<usize>, String)> {
        let line = format!("{key} = {value}");
        if let AnyTable::Inline(braces) = found.owner {
            let is_own = !found.table.like().is_dotted();
            let at = found.owner.leaves().pop().map(|leaf| leaf.value.end);
            let (at, comma) = match at {
                Some(at) => (at, ", "),
                None => (braces.span()?.start + 1, ""),
            };
            return is_own.then(|| (at..at, format!("{comma}{line}")));
        }
        // A line of the same table shows how its lines begin.
        let siblings = found.table.like().iter().filter_map(|(name, _)| found.table.entry(name));
        let begin = siblings.max_by_key(|entry| entry.key.start).map(|entry| {
            let start = self.line_start(entry.key.start);
            &self.body[start..entry.key.start]
        });
        let begin = match begin {
            None if found.table.like().is_dotted() => return None,
            begin => begin.unwrap_or_default(),
        };
        let at = match (found.owner.leaves().pop(), found.owner) {
            (Some(leaf), _) => self.line_after(leaf.value.end),
            (None, AnyTable::Lines(table)) if !std::ptr::eq(table, self.root) => {
                self.line_after(table.span()?.end)
            }
            _ if self.has_headers() => 0,
            _ => self.body.len(),
        };
        let eol = self.line_end();
        let is_behind_text = at > 0 && !self.body[..at].ends_with('\n');
        Some((
            at..at,
            match is_behind_text {
                true => format!("{eol}{begin}{line}"),
                false => format!("{begin}{line}{eol}"),
            },
        ))
    }

    /// The bytes to take away with an entry: its line, or its part between braces with one comma.
    fn removal(&self, found: &Found<'_>, entry: &Entry) -> Range<usize> {
        if let AnyTable::Inline(braces) = found.owner {
            let leaves = found.owner.leaves();
            let before = leaves.iter().rev().find(|leaf| leaf.value.end <= entry.key.start);
            if let Some(before) = before {
                return before.value.end..entry.value.end;
            }
            let blank = |at: usize| self.body[at..].len() - self.body[at..].trim_start().len();
            let open = braces.span().map_or(entry.key.start, |span| span.start + 1);
            let comma = entry.value.end + blank(entry.value.end);
            let end = match self.body[comma..].starts_with(',') {
                true => comma + 1 + blank(comma + 1),
                false => entry.value.end,
            };
            return open + blank(open)..end;
        }
        let (start, end) = (self.line_start(entry.key.start), self.line_after(entry.value.end));
        if self.body[..end].ends_with('\n') {
            return start..end;
        }
        // The last line had no end, so the one before it gets none.
        let before = &self.body[..start];
        let before = before.strip_suffix('\n').unwrap_or(before);
        before.strip_suffix('\r').unwrap_or(before).len()..end
    }

    fn has_headers(&self) -> bool {
        let is_header = |item: &Item| match item {
            Item::Table(table) => !table.is_dotted(),
            Item::ArrayOfTables(_) => true,
            _ => false,
        };
        self.root.iter().any(|(_, item)| is_header(item))
    }

    /// Where the line of a byte begins.
    fn line_start(&self, at: usize) -> usize {
        self.body[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// Where the line behind that of a byte begins, or the end of the file.
    fn line_after(&self, at: usize) -> usize {
        self.body[at..].find('\n').map_or(self.body.len(), |end| at + end + 1)
    }

    /// The line end of the file, by its first line.
    fn line_end(&self) -> &'static str {
        match self.body.find('\n') {
            Some(at) if self.body[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}
