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
pub(super) struct Names {
    fields: BTreeMap<usize, Field>,
}

/// Places behind a key where others may begin.
#[derive(Debug, Default)]
pub(super) struct Outward {
    /// Names that were seen in the same field of other keys.
    pub(super) seen: Vec<String>,
    /// Behind all of these.
    pub(super) beyond: Vec<String>,
}

/// What a field was.
#[derive(Debug, Default)]
struct Field {
    seen: BTreeSet<String>,
    /// Whether an earlier field moved on meanwhile: then all that the field ever is was seen.
    has_wrapped: bool,
    /// Whether it had several lengths behind the same fields.
    is_uneven: bool,
}

impl Names {
    /// Takes note of the fields of a key that begins as the one before up to `shared`.
    pub(super) fn learn(&mut self, last: Option<&str>, key: &str, shared: usize) {
        let mut start = 0;
        for (number, (end, _)) in key.match_indices(is_separator).enumerate() {
            if end >= shared {
                let field = self.fields.entry(number).or_default();
                field.has_wrapped |= last.is_some() && shared < start;
                field.is_uneven |=
                    shared >= start && last.is_some_and(|last| ends_elsewhere(last, start, end));
                if field.seen.len() <= MAX_NAMES {
                    field.seen.insert(key[start..end].to_owned());
                }
            }
            start = end + 1;
        }
    }

    /// Where keys may go on behind the fields before `level`, from the inner ones outwards: at the
    /// names that were seen elsewhere, and where something behind all of these could be. Fields
    /// that never changed are left out, unless `is_open`. Only for the first segment, names of
    /// inner fields are looked for: what is found there tells the others.
    pub(super) fn outward(
        &self,
        text: &str,
        floor: usize,
        level: usize,
        is_open: bool,
        is_first: bool,
    ) -> Outward {
        let mut outward = Outward::default();
        for (at, (start, end)) in fields(text, floor, level).enumerate() {
            let (head, name) = (&text[..start], &text[start..end]);
            let field = self.fields.get(&number(head));
            if !(at == 0 || self.varies(head) || is_open) {
                continue;
            }
            let seen: Vec<&str> = field.into_iter().flat_map(|field| field.behind(name)).collect();
            let mut beyond = Vec::new();
            let is_outermost =
                fields(text, floor, start).all(|(at, _)| !is_open && !self.varies(&text[..at]));
            let is_complete = field.is_some_and(Field::is_complete);
            if (is_first || is_outermost) && !is_complete {
                let last = seen.last().copied().unwrap_or(name);
                beyond.extend(STEPS.iter().filter_map(|step| numbered(last, *step)));
                beyond.extend(behind_separator(last, &text[end..]));
                if last.is_ascii() {
                    beyond.extend(kinds(last).next().map(String::from));
                } else {
                    let kinds = kinds(last).map(|kind| format!("{head}{kind}"));
                    outward.seen.splice(..0, kinds).for_each(drop);
                }
            }
            let place = |name: &str| format!("{head}{name}");
            outward.seen.extend(seen.into_iter().map(place));
            outward.beyond.extend(beyond.iter().map(|name| place(name)));
        }
        outward
    }

    /// Whether the field that holds `offset` has one length, as far as was seen.
    pub(super) fn is_even(&self, text: &str, offset: usize) -> bool {
        let head = &text[..text.floor_char_boundary(offset)];
        self.fields.get(&number(head)).is_none_or(|field| !field.is_uneven)
    }

    /// Whether the field behind `head` was seen to change.
    fn varies(&self, head: &str) -> bool {
        self.fields.get(&number(head)).is_some_and(|field| field.seen.len() > 1)
    }

    /// Whether what stands in the field that holds `offset` lies behind all names seen there.
    pub(super) fn is_beyond(&self, text: &str, offset: usize) -> bool {
        let (field, name) = self.field(text, offset);
        let field = field.filter(|field| field.seen.len() <= MAX_NAMES);
        field.and_then(|field| field.seen.last()).is_some_and(|last| **last < *name)
    }

    /// Whether all names are known of the field that holds `offset`, and none lies behind it.
    pub(super) fn is_past(&self, text: &str, offset: usize) -> bool {
        let (field, _) = self.field(text, offset);
        field.is_some_and(Field::is_complete) && self.is_beyond(text, offset)
    }

    /// The field that holds `offset`, and what stands in it.
    fn field<'a>(&self, text: &'a str, offset: usize) -> (Option<&Field>, &'a str) {
        let head = text[..offset].rfind(is_separator).map_or("", |at| &text[..=at]);
        let name = text[head.len()..].split(is_separator).next().unwrap_or_default();
        (self.fields.get(&number(head)), name)
    }

    /// Where keys go on behind the innermost field before `level`, and whether that is known.
    pub(super) fn behind(&self, text: &str, floor: usize, level: usize) -> Option<(String, bool)> {
        fields(text, floor, level).find_map(|(start, end)| {
            let (head, name) = (&text[..start], &text[start..end]);
            let field = self.fields.get(&number(head));
            let next = field.and_then(|field| field.behind(name).next());
            let has_wrapped = field.is_some_and(|field| field.has_wrapped);
            if let Some(next) = next.filter(|_| has_wrapped) {
                return Some((format!("{head}{next}"), true));
            }
            if has_wrapped {
                return None;
            }
            let next = numbered(name, STEPS[0]).or_else(|| behind_separator(name, &text[end..]))?;
            Some((format!("{head}{next}"), false))
        })
    }
}

impl Field {
    /// Whether all names are known.
    fn is_complete(&self) -> bool {
        self.has_wrapped && self.seen.len() <= MAX_NAMES
    }

    /// The names behind `name`, as far as they were seen.
    fn behind(&self, name: &str) -> impl Iterator<Item = &str> {
        let seen = (self.seen.len() <= MAX_NAMES).then_some(&self.seen).into_iter();
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

/// Whether the field that begins at `start` does not end at `end`.
fn ends_elsewhere(text: &str, start: usize, end: usize) -> bool {
    text.get(start..)
        .and_then(|rest| rest.find(is_separator))
        .is_some_and(|length| start + length != end)
}

/// How many fields end in `head`.
fn number(head: &str) -> usize {
    head.matches(is_separator).count()
}

/// A field with the character behind the separator that `rest` begins with: it ends all that lies
/// in the field.
fn behind_separator(name: &str, rest: &str) -> Option<String> {
    let next = char::from_u32(u32::from(rest.chars().next()?) + 1)?;
    Some(format!("{name}{next}"))
}

/// Where other kinds of letters begin than that of a name.
fn kinds(name: &str) -> impl Iterator<Item = char> {
    let letter = name.chars().next().filter(|c| c.is_alphabetic() || !c.is_ascii());
    letter.into_iter().flat_map(|c| KINDS.into_iter().filter(move |kind| *kind > c))
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
