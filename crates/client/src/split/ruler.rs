//! Measures how far keys are apart, and finds keys at a distance.
//!
//! A key is read as a number: each offset is a digit, whose base is the number of characters that
//! stand there. Which they are is learned from the keys that come by, by field and by offset in
//! the field, so digits, dates, hex, and words of any script are all measured by what they are
//! made of, whatever the length of what stands before them; and from guesses that found nothing
//! there. Only guesses come from here: a wrong one costs a request, never an entry.

use std::collections::BTreeMap;

use super::{
    chars::Chars,
    names::{Names, Outward, fields, is_separator},
};

/// Parts a key from an upload id in the texts that are measured.
pub(super) const ID_MARK: char = '\0';

/// The field of the ids, however many the key has.
const ID_FIELD: usize = usize::MAX / 2;

/// How exactly a key at a distance is spelled, in characters of the level it is measured at.
const PRECISION: f64 = 1e-4;

/// A distance: so many characters at this offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) level: usize,
    pub(super) chars: f64,
}

/// What is known of the keys of a listing.
#[derive(Debug, Default)]
pub(super) struct Ruler {
    /// Where keys may begin to differ: the length of the prefix that is listed.
    floor: usize,
    levels: BTreeMap<Place, Level>,
    names: Names,
}

/// How many separators stand before an offset, which the last one is, and how many characters lie
/// between. Fields behind different separators, as in `photos/1` and `project-1`, are different
/// things.
type Place = (usize, char, usize);

/// What stands at one place.
#[derive(Clone, Debug, Default)]
struct Level {
    seen: Chars,
    /// Whether an earlier offset moved on meanwhile: then all that ever stands here was seen.
    has_wrapped: bool,
    /// From this character on nothing lay in a directory or field that a guess went into.
    ceiling: Option<char>,
}

impl Ruler {
    pub(super) fn new(prefix: &str) -> Self {
        Self { floor: prefix.len(), ..Self::default() }
    }

    /// Takes note of keys, which come in order. Says whether distances may be others now.
    pub(super) fn learn<'a>(&mut self, keys: impl Iterator<Item = &'a str>) -> bool {
        let mut is_news = false;
        let mut last: Option<&str> = None;
        for key in keys {
            let shared = last.map_or(0, |last| common(last, key));
            let mut place = place(key, shared);
            for (at, c) in key[shared..].char_indices() {
                let level = self.levels.entry(place).or_default();
                let wraps = last.is_some() && at > 0 && !level.has_wrapped;
                is_news |= level.seen.insert(c) || wraps;
                level.has_wrapped |= wraps;
                place = next_place(place, c);
            }
            self.names.learn(last, key, shared);
            last = Some(key);
        }
        is_news
    }

    /// Takes note that no key lies between `at`, a guess made from `key`, and `next`, if there is
    /// one. Says whether distances may be others now.
    pub(super) fn learn_gap(&mut self, key: &str, at: &str, next: Option<&str>) -> bool {
        let level = common(key, at);
        if next.is_some_and(|next| common(at, next) >= level) {
            return false;
        }
        let Some(c) = at[level..].chars().next() else { return false };
        let known = self.levels.entry(place(at, level)).or_default();
        let is_news = known.ceiling.is_none_or(|ceiling| c < ceiling);
        if is_news {
            known.ceiling = Some(c);
        }
        is_news
    }

    /// What may stand at offset `level` of keys such as `text`.
    fn alphabet(&self, text: &str, level: usize) -> Chars {
        let mut chars = Chars::default();
        if let Some(own) = text.get(level..).and_then(|rest| rest.chars().next()) {
            chars.insert(own);
        }
        let place = place(text, level);
        let known = self.levels.get(&place);
        if let Some(level) = known {
            chars.join(&level.seen);
        }
        if known.is_none_or(|level| !level.has_wrapped) {
            let mut likely = self.likely(&chars, place);
            if let Some(ceiling) = known.and_then(|level| level.ceiling) {
                likely.truncate(ceiling);
            }
            chars.join(&likely);
        }
        chars
    }

    /// What may well stand at a place beside `chars`, which are not all: what the next running
    /// level is made of, if `chars` are of the same kind.
    fn likely(&self, chars: &Chars, place: Place) -> Chars {
        let Some(last) = chars.last().filter(|c| !is_separator(*c)) else {
            return Chars::default();
        };
        let mut behind =
            self.levels.range((place.0, place.1, place.2 + 1)..).map(|(_, level)| level);
        let running = behind.find(|level| level.has_wrapped && level.seen.has_kin(last));
        running.map_or_else(|| Chars::relatives(last), |level| level.seen.without_separators())
    }

    /// The number that `text` is from `level` on, in characters of that level.
    fn value(&self, text: &str, level: usize) -> f64 {
        let (mut value, mut scale) = (0.0, 1.0);
        for (at, c) in text.get(level..).unwrap_or_default().char_indices() {
            let alphabet = self.alphabet(text, level + at);
            if at > 0 {
                scale /= f64::from(alphabet.len());
            }
            value += scale * f64::from(alphabet.index(c));
            if scale < PRECISION {
                break;
            }
        }
        value
    }

    /// The way from `a` to `b`, measured where they begin to differ.
    pub(super) fn distance(&self, a: &str, b: &str) -> Span {
        let level = common(a, b);
        Span { level, chars: self.value(b, level) - self.value(a, level) }
    }

    /// The same distance in characters of another level.
    fn rescale(&self, span: Span, level: usize, text: &str) -> f64 {
        let (low, high) = (level.min(span.level), level.max(span.level));
        let is_known = |level: &usize| self.levels.contains_key(&place(text, *level));
        let between = (low + 1..=high)
            .filter(|level| text.is_char_boundary((*level).min(text.len())))
            .filter(is_known);
        let factor: f64 =
            between.map(|level| f64::from(self.alphabet(text, level).len())).product();
        if level >= span.level { span.chars * factor } else { span.chars / factor }
    }

    /// How often `unit` fits between `a` and `b`; infinitely often when it is nothing.
    pub(super) fn units(&self, a: &str, b: &str, unit: Span) -> f64 {
        let units = self.rescale(self.distance(a, b), unit.level, a) / unit.chars;
        if units.is_nan() { f64::INFINITY } else { units }
    }

    /// How often `unit` fits behind `text` into the field that it is measured in.
    pub(super) fn field_room(&self, text: &str, unit: Span) -> f64 {
        let start =
            fields(text, self.floor, unit.level).next().map_or(self.floor, |(_, end)| end + 1);
        let radix = f64::from(self.alphabet(text, start).len());
        (radix - self.value(text, start)) / self.rescale(unit, start, text)
    }

    /// Where keys may go on behind the fields before the one that pages differ in; all of them, if
    /// `is_open`, else the innermost and those that were seen to change.
    pub(super) fn outward(&self, text: &str, unit: Span, is_open: bool, is_first: bool) -> Outward {
        self.names.outward(text, self.floor, unit.level, is_open, is_first)
    }

    /// Where keys go on behind the innermost field before `level`, and whether that is known.
    pub(super) fn behind(&self, text: &str, level: usize) -> Option<(String, bool)> {
        self.names.behind(text, self.floor, level)
    }

    /// The key that lies `span` behind `text`; `None` when the listing's prefix ends before.
    pub(super) fn advance(&self, text: &str, span: Span) -> Option<String> {
        let mut level = text.floor_char_boundary(span.level);
        let mut digit = self.value(text, level) + self.rescale(span, level, text);
        let mut lower = Vec::new();
        let mut alphabet = self.alphabet(text, level);
        loop {
            let radix = f64::from(alphabet.len().max(1));
            if digit < radix {
                break;
            }
            lower.push((alphabet, digit % radix));
            let above = text[..level].chars().next_back()?;
            level -= above.len_utf8();
            if level < self.floor {
                return None;
            }
            alphabet = self.alphabet(text, level);
            digit = f64::from(alphabet.index(above)) + (digit / radix).floor();
        }
        let mut spelled = text[..level].to_owned();
        lower.push((alphabet, digit));
        for (alphabet, digit) in lower.iter().rev() {
            spelled.push(alphabet.nth(floor(*digit))?);
        }
        let (_, deepest) = lower[0];
        self.spell(&mut spelled, deepest.fract());
        Some(spelled)
    }

    /// Adds the characters that are `fraction` of one at the level before.
    fn spell(&self, text: &mut String, mut fraction: f64) {
        let mut scale = 1.0;
        for _ in 0..16 {
            let alphabet = self.alphabet(text, text.len());
            fraction *= f64::from(alphabet.len());
            scale /= f64::from(alphabet.len());
            match alphabet.nth(floor(fraction)) {
                Some(c) if c != ID_MARK && scale > PRECISION => text.push(c),
                _ => break,
            }
            fraction = fraction.fract();
        }
    }

    /// Whether the way from `text` to `end` can be told in `unit`s: within their field, or over
    /// numbers alone that have one length each.
    pub(super) fn is_measurable(&self, text: &str, end: &str, unit: Span) -> bool {
        let level = text.floor_char_boundary(unit.level);
        let from = common(text, end).min(level);
        let mut between = text[from..level].match_indices(is_separator).peekable();
        let is_counted = |c: char| c.is_ascii_digit() || is_separator(c);
        between.peek().is_none()
            || text[from..level].chars().all(is_counted)
                && between.all(|(at, _)| self.names.is_even(text, from + at))
    }

    /// Whether the field that pages differ in has one length, or is the last of the key.
    pub(super) fn is_even(&self, text: &str, unit: Span) -> bool {
        let end = text.get(unit.level..).and_then(|rest| rest.chars().find(|c| is_separator(*c)));
        end.is_none_or(|end| end == ID_MARK) || self.names.is_even(text, unit.level)
    }

    /// Whether nothing lies in the field that first differs between `text` and `at` from there on,
    /// as all of its names are known.
    pub(super) fn is_past(&self, text: &str, at: &str) -> bool {
        self.names.is_past(at, common(text, at))
    }

    /// Whether nothing was seen so far of the field that first differs between `text` and `at` from
    /// there on.
    pub(super) fn is_beyond(&self, text: &str, at: &str) -> bool {
        self.names.is_beyond(at, common(text, at))
    }

    /// Whether it is uncertain that keys are at `at` as they are at `text`: there a directory or
    /// a field ends that a page lies within, or characters stand that were never seen there, unless
    /// nearly all others were.
    /// Gives how long the beginning of `text` is that is left behind.
    pub(super) fn left_behind(&self, text: &str, at: &str, unit: Span) -> Option<usize> {
        let changed = common(text, at);
        let within = text.get(changed..unit.level).unwrap_or_default();
        if let Some(separator) = within.find(is_separator) {
            return Some(changed + separator + 1);
        }
        let known = self.levels.get(&place(text, changed))?;
        let c = at[changed..].chars().next()?;
        let is_few = || known.seen.len() * 4 < self.alphabet(text, changed).len() * 3;
        let is_new = !known.has_wrapped && known.seen.last().is_some_and(|last| last < c);
        (is_new && is_few()).then_some(changed)
    }
}

/// The place of an offset in a text; offsets behind its end belong to its last field.
fn place(text: &str, offset: usize) -> Place {
    let head = &text[..text.floor_char_boundary(offset.min(text.len()))];
    let (field, separator, at) = head.chars().fold((0, ID_MARK, 0), next_place);
    (field, separator, at + offset.saturating_sub(text.len()))
}

fn next_place((field, separator, at): Place, c: char) -> Place {
    match c {
        ID_MARK => (ID_FIELD, ID_MARK, 0),
        c if is_separator(c) => (field + 1, c, 0),
        _ => (field, separator, at + 1),
    }
}

/// How many bytes two texts share at the beginning, in whole characters.
fn common(a: &str, b: &str) -> usize {
    a.floor_char_boundary(a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "digits are small")]
fn floor(digit: f64) -> u32 {
    digit as u32
}
