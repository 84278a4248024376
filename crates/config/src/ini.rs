//! An INI file, kept line by line: printing a parsed file gives back the same bytes.
//!
//! The rules are those of ossutil 1. A section begins with `[` in column 0. Every other line with a
//! `=`, or else a `:`, is a key and a value, whatever they hold: `#` and `;` begin a comment at the
//! beginning of a line only, since a secret may contain either.

use std::fmt;

/// A parsed file. It may hold secrets, so it has no `Debug`.
#[derive(Clone, Default)]
pub struct Ini {
    /// The lines with their ends, and a byte order mark if there was one.
    lines: Vec<String>,
}

/// One line, read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// Whether it begins with white space, as the lines below `bucket =` do in ossutil 2.
    pub indented: bool,
    /// What it says.
    pub content: Content<'a>,
}

/// What a line says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// Nothing, or a comment.
    Nothing,
    /// `[name]`
    Section(&'a str),
    /// `key = value`, without the white space around either.
    Entry(&'a str, &'a str),
    /// Neither.
    Stray,
}

impl Ini {
    /// Parses any text: there is no such thing as a syntax error.
    pub fn parse(text: &str) -> Self {
        Self { lines: text.split_inclusive('\n').map(Into::into).collect() }
    }

    /// The lines in order.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().enumerate().map(|(index, text)| {
            let text = if index == 0 { text.trim_start_matches('\u{feff}') } else { text };
            Line {
                number: index + 1,
                indented: text.starts_with([' ', '\t']),
                content: Content::of(text),
            }
        })
    }
}

/// Changes; lines are numbered from 1, and no other line changes.
impl Ini {
    /// Puts another value behind the key of a line, and keeps the white space around it.
    pub(crate) fn set_value(&mut self, number: usize, value: &str) {
        let line = &mut self.lines[number - 1];
        let Some(separator) = line.find('=').or_else(|| line.find(':')) else { return };
        let (head, rest) = line.split_at(separator + 1);
        let value_at = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let tail_at = rest.trim_end_matches([' ', '\t', '\r', '\n']).len().max(value_at);
        *line = [head, &rest[..value_at], value, &rest[tail_at..]].concat();
    }

    /// Puts a new line behind line `number`.
    pub(crate) fn insert_after(&mut self, number: usize, text: &str) {
        let eol = self.line_end();
        let line = match self.lines.get_mut(number - 1) {
            Some(before) if !before.ends_with('\n') => {
                before.push_str(eol);
                text.into()
            }
            _ => format!("{text}{eol}"),
        };
        self.lines.insert(number.min(self.lines.len()), line);
    }

    /// Takes a line away. Where the last line had no end, the new last line has none.
    pub(crate) fn remove(&mut self, number: usize) {
        let removed = self.lines.remove(number - 1);
        if !removed.ends_with('\n')
            && let Some(last) = self.lines.last_mut()
        {
            let end = last.trim_end_matches('\n').trim_end_matches('\r').len();
            last.truncate(end);
        }
    }

    /// Puts a section at the end, behind an empty line; gives the number of its header.
    pub(crate) fn add_section(&mut self, name: &str) -> usize {
        if self.lines.last().is_some_and(|line| !trim(line).is_empty()) {
            self.insert_after(self.lines.len(), "");
        }
        if self.lines.is_empty() {
            self.lines.push(format!("[{name}]\n"));
        } else {
            self.insert_after(self.lines.len(), &format!("[{name}]"));
        }
        self.lines.len()
    }

    /// What stands between keys and values, by the first entry.
    pub(crate) fn equals_sign(&self) -> &'static str {
        let is_entry = |line: &&String| matches!(Content::of(line), Content::Entry(..));
        match self.lines.iter().find(is_entry) {
            Some(line) if line.contains(" = ") => " = ",
            _ => "=",
        }
    }

    /// The line end of the file, by its first line.
    fn line_end(&self) -> &'static str {
        match self.lines.first() {
            Some(line) if line.ends_with("\r\n") => "\r\n",
            _ => "\n",
        }
    }
}

impl fmt::Display for Ini {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| f.write_str(line))
    }
}

impl<'a> Content<'a> {
    fn of(line: &'a str) -> Self {
        let text = trim(line);
        if text.is_empty() || text.starts_with(['#', ';']) {
            return Self::Nothing;
        }
        if line.starts_with('[') {
            let name = text.trim_start_matches(['[', ' ', '\t']);
            return Self::Section(trim(name.split(']').next().unwrap_or(name)));
        }
        // At the first `=`, else at the first `:`.
        match text.split_once('=').or_else(|| text.split_once(':')) {
            Some((key, value)) => Self::Entry(trim(key), trim(value)),
            None => Self::Stray,
        }
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn content(line: &str) -> String {
        match Content::of(line) {
            Content::Nothing => "nothing".into(),
            Content::Section(name) => format!("section {name}"),
            Content::Entry(key, value) => format!("{key} = {value}"),
            Content::Stray => "stray".into(),
        }
    }

    #[test]
    fn lines_are_read_as_ossutil_reads_them() {
        for (line, read) in [
            ("[Credentials]\r\n", "section Credentials"),
            ("[ profile  a b ]", "section profile  a b"),
            ("[a] # note", "section a"),
            ("[open", "section open"),
            (" [Credentials]", "stray"),
            ("a=b", "a = b"),
            ("\ta = b \t\r\n", "a = b"),
            ("a: b=c", "a: b = c"),
            ("a : b:c", "a = b:c"),
            ("a=#b;c#d", "a = #b;c#d"),
            ("a=", "a = "),
            ("# a=b", "nothing"),
            ("  ; a=b", "nothing"),
            ("\r\n", "nothing"),
            ("word", "stray"),
        ] {
            assert_eq!(content(line), read, "{line:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_does_not_hide_the_first_section() {
        let ini = Ini::parse("\u{feff}[a]\nb=c");
        assert!(ini.lines().next().unwrap().content == Content::Section("a"));
        assert_eq!(ini.to_string(), "\u{feff}[a]\nb=c");
    }

    proptest! {
        #[test]
        fn printing_gives_back_the_same_bytes(text in any::<String>()) {
            prop_assert_eq!(Ini::parse(&text).to_string(), text);
        }

        #[test]
        fn printing_gives_back_lines_of_every_kind(
            lines in prop::collection::vec("\u{feff}?[ \t]?[\\[#;a=:\\] ]{0,6}(\r\n|\n|\r)?", 0..20)
        ) {
            let text = lines.concat();
            prop_assert_eq!(Ini::parse(&text).to_string(), text);
        }

        #[test]
        fn a_value_comes_back_raw(key in "[a-z_]{1,8}", value in "([!-~]([ -~]{0,20}[!-~])?)?") {
            let text = format!("{key} = {value}\r\n");
            let ini = Ini::parse(&text);
            let found = ini.lines().next().unwrap().content;
            prop_assert!(found == Content::Entry(&key, &value));
        }
    }
}
