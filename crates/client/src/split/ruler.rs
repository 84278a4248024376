//! Measures how far keys are apart, and finds keys at a distance.
//!
//! A key is read as a number: each offset is a digit, whose base is the number of characters that
//! stand there. Which they are is learned from the keys that come by, so digits, dates, hex, and
//! Chinese are all measured by what they are made of. Only guesses come from here: a wrong one
//! costs a request, never an entry.

use super::chars::Chars;

/// Parts a key from an upload id in the texts that are measured.
pub(super) const ID_MARK: char = '\0';

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
    levels: Vec<Level>,
}

/// What stands at one offset.
#[derive(Clone, Debug, Default)]
struct Level {
    seen: Chars,
    /// Whether an earlier offset moved on meanwhile: then all that ever stands here was seen.
    has_wrapped: bool,
}

impl Ruler {
    pub(super) fn new(prefix: &str) -> Self {
        Self { floor: prefix.len(), ..Self::default() }
    }

    /// Takes note of keys, which come in order.
    pub(super) fn learn<'a>(&mut self, keys: impl Iterator<Item = &'a str>) {
        let mut last: Option<&str> = None;
        for key in keys {
            let shared = last.map_or(0, |last| common(last, key));
            for (at, c) in key[shared..].char_indices() {
                if self.levels.len() <= shared + at {
                    self.levels.resize(shared + at + 1, Level::default());
                }
                let level = &mut self.levels[shared + at];
                level.seen.insert(c);
                level.has_wrapped |= last.is_some() && at > 0;
            }
            last = Some(key);
        }
    }

    /// What may stand at `level` of keys such as `text`.
    fn alphabet(&self, text: &str, level: usize) -> Chars {
        let mut chars = Chars::default();
        if let Some(own) = text.get(level..).and_then(|rest| rest.chars().next()) {
            chars.insert(own);
        }
        let known = self.levels.get(level);
        if let Some(level) = known {
            chars.join(&level.seen);
        }
        if known.is_none_or(|level| !level.has_wrapped) {
            chars.join(&self.likely(chars, level));
        }
        chars
    }

    /// What may well stand at `level` beside `chars`, which are not all: what the next running
    /// level is made of, if `chars` are of the same kind.
    fn likely(&self, chars: Chars, level: usize) -> Chars {
        let Some(last) = chars.last().filter(|c| !is_separator(*c)) else {
            return Chars::default();
        };
        let mut behind = self.levels.iter().skip(level + 1);
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
        let between = (low + 1..=high)
            .filter(|level| self.levels.get(*level).is_some_and(|level| !level.seen.is_empty()));
        let factor: f64 =
            between.map(|level| f64::from(self.alphabet(text, level).len())).product();
        if level >= span.level { span.chars * factor } else { span.chars / factor }
    }

    /// How often `unit` fits between `a` and `b`; infinitely often when it is nothing.
    pub(super) fn units(&self, a: &str, b: &str, unit: Span) -> f64 {
        let units = self.rescale(self.distance(a, b), unit.level, a) / unit.chars;
        if units.is_nan() { f64::INFINITY } else { units }
    }

    /// The narrowest beginning of `text` into which `unit` still fits so often behind it: its
    /// length, and how often. `None` when that is not even so below the listing's prefix.
    pub(super) fn room(&self, text: &str, unit: Span, times: f64) -> Option<(usize, f64)> {
        let mut level = text.floor_char_boundary(unit.level);
        loop {
            let radix = f64::from(self.alphabet(text, level).len());
            let width = self.rescale(unit, level, text);
            let room = (radix - self.value(text, level)) / width;
            if room >= times {
                return Some((level, room));
            }
            level -= text[..level].chars().next_back()?.len_utf8();
            if level < self.floor {
                return None;
            }
        }
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

    /// Whether it is uncertain that keys are at `at` as they are at `text`: there a directory or
    /// a field ends that a page lies within, or characters stand that were never seen there.
    /// Gives how long the beginning of `text` is that is left behind.
    pub(super) fn left_behind(&self, text: &str, at: &str, unit: Span) -> Option<usize> {
        let changed = common(text, at);
        let within = text.get(changed..unit.level).unwrap_or_default();
        if let Some(separator) = within.find(is_separator) {
            return Some(changed + separator + 1);
        }
        let known = self.levels.get(changed)?;
        let c = at[changed..].chars().next()?;
        let is_new = !known.has_wrapped && known.seen.last().is_some_and(|last| last < c);
        is_new.then_some(changed)
    }

    /// A text some `unit`s behind, by the numbers of characters, where what is known of keys says
    /// that there is nothing and yet pages come.
    pub(super) fn stride(&self, text: &str, unit: Span, times: f64) -> Option<String> {
        let level = text.floor_char_boundary(unit.level.saturating_sub(1).max(self.floor));
        let strides = (self.rescale(unit, level, text) * times).ceil();
        let next = u32::from(text[level..].chars().next()?) + floor(strides);
        Some(format!("{}{}", &text[..level], char::from_u32(next)?))
    }

    /// The first key behind all that begin as `text` does before `level`; `None` when the
    /// listing's prefix ends there.
    pub(super) fn boundary(&self, text: &str, level: usize) -> Option<String> {
        let mut head = text.get(..level)?.to_owned();
        while head.len() > self.floor {
            let next = match head.pop()? {
                '\u{d7ff}' => Some('\u{e000}'),
                last => char::from_u32(u32::from(last) + 1),
            };
            if let Some(next) = next {
                head.push(next);
                return Some(head);
            }
        }
        None
    }
}

/// How many bytes two texts share at the beginning, in whole characters.
fn common(a: &str, b: &str) -> usize {
    a.floor_char_boundary(a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count())
}

/// Whether this parts the fields of a key.
fn is_separator(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "digits are small")]
fn floor(digit: f64) -> u32 {
    digit as u32
}
