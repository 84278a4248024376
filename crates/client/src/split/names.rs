//! The fields of keys, which separators end, and where keys may go on behind them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

/// Fields that were more than that are not names, but numbers of some kind.
const MAX_NAMES: usize = 256;

/// How far on the numbers are that are tried for the next.
const STEPS: [u64; 3] = [1, 4, 16];

/// Where letters of another kind begin: behind ASCII, and so on by script.
const KINDS: [char; 5] = ['\u{80}', '\u{800}', '\u{4e00}', '\u{a000}', '\u{10000}'];

/// What the fields of keys were, by the number of separators before them.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<usize, Field>);

/// What a field was.
#[derive(Debug, Default)]
struct Field {
    seen: BTreeSet<String>,
    /// Whether an earlier field moved on meanwhile: then all that the field ever is was seen.
    has_wrapped: bool,
}

impl Names {
    /// Takes note of the fields of a key that begins as the one before up to `shared`.
    pub(super) fn learn(&mut self, key: &str, shared: usize, is_later: bool) {
        let mut start = 0;
        for (number, (end, _)) in key.match_indices(is_separator).enumerate() {
            if end >= shared {
                let field = self.0.entry(number).or_default();
                field.has_wrapped |= is_later && shared < start;
                if field.seen.len() <= MAX_NAMES {
                    field.seen.insert(key[start..end].to_owned());
                }
            }
            start = end + 1;
        }
    }

    /// Where keys may go on behind the fields before `level`, from the inner ones outwards: at the
    /// names that are known, or the next numbers; behind the separator; and where the next kind of
    /// letters begins. Fields that never changed are left out, unless `is_open`.
    pub(super) fn outward(
        &self,
        text: &str,
        floor: usize,
        level: usize,
        is_open: bool,
    ) -> Vec<String> {
        let mut places = Vec::new();
        for (at, (start, end)) in fields(text, floor, level).enumerate() {
            let (head, name) = (&text[..start], &text[start..end]);
            let field = self.0.get(&number(head));
            let varies = field.is_some_and(|field| field.seen.len() > 1);
            if !(at == 0 || varies || is_open) {
                continue;
            }
            let mut next: Vec<String> =
                field.into_iter().flat_map(|field| field.behind(name)).map(str::to_owned).collect();
            let is_known = !next.is_empty();
            if !is_known {
                next.extend(STEPS.iter().filter_map(|step| numbered(name, *step)));
            }
            next.extend(behind_separator(text, start, end));
            let letter = name.chars().next().filter(|c| c.is_alphabetic() && !is_known);
            let kind = letter.and_then(|c| KINDS.iter().find(|kind| **kind > c));
            next.extend(kind.map(char::to_string));
            places.extend(next.iter().map(|name| format!("{head}{name}")));
        }
        places
    }

    /// Where keys go on behind the innermost field before `level`, and whether that is known.
    pub(super) fn behind(&self, text: &str, floor: usize, level: usize) -> Option<(String, bool)> {
        fields(text, floor, level).find_map(|(start, end)| {
            let (head, name) = (&text[..start], &text[start..end]);
            let field = self.0.get(&number(head));
            if let Some(next) = field.and_then(|field| field.behind(name).next()) {
                return Some((format!("{head}{next}"), true));
            }
            if field.is_some_and(|field| field.has_wrapped) {
                return None;
            }
            let next = numbered(name, STEPS[0]).or_else(|| behind_separator(text, start, end))?;
            Some((format!("{head}{next}"), false))
        })
    }
}

impl Field {
    /// The names behind `name`, if all are known.
    fn behind(&self, name: &str) -> impl Iterator<Item = &str> {
        let is_known = self.has_wrapped && self.seen.len() <= MAX_NAMES;
        let seen = is_known.then_some(&self.seen).into_iter();
        let behind = (Bound::Excluded(name.to_owned()), Bound::Unbounded);
        seen.flat_map(move |seen| seen.range(behind.clone())).map(String::as_str)
    }
}

/// The fields of `text` from `floor` on that end before `level`, the last one first: where each
/// begins, and where its separator stands.
pub(super) fn fields(
    text: &str,
    floor: usize,
    level: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let inner = text.get(floor..text.floor_char_boundary(level)).unwrap_or_default();
    let ends = inner.rmatch_indices(is_separator).map(|(at, _)| at);
    ends.map(move |end| {
        let start = inner[..end].rfind(is_separator).map_or(0, |at| at + 1);
        (floor + start, floor + end)
    })
}

/// How many fields end in `head`.
fn number(head: &str) -> usize {
    head.matches(is_separator).count()
}

/// A field with the character behind its separator, which ends all that lies in the field.
fn behind_separator(text: &str, start: usize, end: usize) -> Option<String> {
    let next = char::from_u32(u32::from(text[end..].chars().next()?) + 1)?;
    Some(format!("{}{next}", &text[start..end]))
}

/// The number `step` further on, with as many digits.
fn numbered(field: &str, step: u64) -> Option<String> {
    let number = field.parse::<u64>().ok().filter(|_| field.bytes().all(|c| c.is_ascii_digit()))?;
    let next = format!("{:0width$}", number.checked_add(step)?, width = field.len());
    (next.len() == field.len()).then_some(next)
}

/// Whether this parts the fields of a key.
pub(super) fn is_separator(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric()
}
