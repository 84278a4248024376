//! A set of characters that can be counted through.

use std::ops::RangeInclusive;

/// How many characters beyond ASCII are told apart: alphabets that are larger are not seen whole.
const MAX_SEEN: usize = 64;

/// A set of characters: any of ASCII, and of the others a few, or a range.
#[derive(Clone, Debug, Default)]
pub(super) struct Chars {
    ascii: u128,
    wide: Wide,
}

/// Characters beyond ASCII, as numbers.
#[derive(Clone, Debug)]
enum Wide {
    /// These, in order.
    Few(Vec<u32>),
    /// First and last.
    Range(u32, u32),
}

impl Default for Wide {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Wide {
    fn bounds(&self) -> Option<(u32, u32)> {
        match self {
            Self::Few(few) => few.first().copied().zip(few.last().copied()),
            Self::Range(first, last) => Some((*first, *last)),
        }
    }

    fn join(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Few(few), Self::Few(others)) => {
                for c in others {
                    if let Err(at) = few.binary_search(c) {
                        few.insert(at, *c);
                    }
                }
                if few.len() <= MAX_SEEN {
                    return;
                }
            }
            (_, Self::Few(others)) if others.is_empty() => return,
            _ => {}
        }
        let bounds = [self.bounds(), other.bounds()].into_iter().flatten();
        let joined = bounds.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        *self = joined.map_or_else(Self::default, |(first, last)| Self::Range(first, last));
    }

    fn len(&self) -> u32 {
        match self {
            Self::Few(few) => u32::try_from(few.len()).unwrap_or(u32::MAX),
            Self::Range(first, last) => last - first + 1,
        }
    }

    fn is_empty(&self) -> bool {
        self.bounds().is_none()
    }

    /// How many of them stand before `c`.
    fn index(&self, c: u32) -> u32 {
        match self {
            Self::Few(few) => {
                u32::try_from(few.partition_point(|seen| *seen < c)).unwrap_or(u32::MAX)
            }
            Self::Range(first, last) => c.clamp(*first, last + 1) - first,
        }
    }

    /// The one that stands behind `n` others.
    fn nth(&self, n: u32) -> Option<char> {
        let number = match self {
            Self::Few(few) => *few.get(n as usize)?,
            Self::Range(first, last) => Some(first + n).filter(|number| number <= last)?,
        };
        // No characters have the numbers of surrogates.
        Some(char::from_u32(number).unwrap_or('\u{e000}'))
    }
}

impl Chars {
    /// Adds a character. Says whether it makes the set larger.
    pub(super) fn insert(&mut self, c: char) -> bool {
        if c.is_ascii() {
            let before = self.ascii;
            self.ascii |= 1 << u32::from(c);
            return self.ascii != before;
        }
        let before = self.wide.len();
        self.wide.join(&Wide::Few(vec![u32::from(c)]));
        self.wide.len() > before
    }

    /// Adds all of `others`.
    pub(super) fn join(&mut self, others: &Self) {
        self.ascii |= others.ascii;
        self.wide.join(&others.wide);
    }

    /// Takes out `c` and what of ASCII stands behind it, if it is of ASCII itself.
    pub(super) fn truncate(&mut self, c: char) {
        if c.is_ascii() {
            self.ascii &= (1 << u32::from(c)) - 1;
        }
    }

    /// Without what parts the fields of a key: punctuation of ASCII.
    pub(super) fn without_separators(&self) -> Self {
        let alphanumeric = (0..128_u8).filter(u8::is_ascii_alphanumeric);
        let mask = alphanumeric.fold(0, |mask, c| mask | 1_u128 << c);
        Self { ascii: self.ascii & mask, wide: self.wide.clone() }
    }

    /// Whether some character like `c` is in the set: the same of ASCII, any of the others.
    pub(super) fn has_kin(&self, c: char) -> bool {
        match c.is_ascii() {
            true => self.ascii & (1 << u32::from(c)) != 0,
            false => !self.wide.is_empty(),
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.ascii.count_ones() + self.wide.len()
    }

    pub(super) fn last(&self) -> Option<char> {
        self.nth(self.len().checked_sub(1)?)
    }

    /// How many characters of the set stand before `c`.
    pub(super) fn index(&self, c: char) -> u32 {
        match c.is_ascii() {
            true => (self.ascii & ((1 << u32::from(c)) - 1)).count_ones(),
            false => self.ascii.count_ones() + self.wide.index(u32::from(c)),
        }
    }

    /// The character that stands behind `n` others.
    pub(super) fn nth(&self, n: u32) -> Option<char> {
        let ascii = self.ascii.count_ones();
        if n >= ascii {
            return self.wide.nth(n - ascii);
        }
        (0..128_u8).filter(|c| self.ascii & (1 << c) != 0).map(char::from).nth(n as usize)
    }

    /// The characters that may well stand where `c` does: digits for a digit, and so on. Nothing
    /// for separators, which keep their places.
    pub(super) fn relatives(c: char) -> Self {
        let mut chars = Self::default();
        match c {
            '0'..='9' => chars.ascii = Self::ascii('0'..='9'),
            'a'..='z' => chars.ascii = Self::ascii('a'..='z'),
            'A'..='Z' => chars.ascii = Self::ascii('A'..='Z'),
            c if c.is_ascii() => {}
            c => chars.wide = Wide::Range(u32::from(c) & !0xff, u32::from(c) | 0xff),
        }
        chars
    }

    /// These characters of ASCII.
    fn ascii(chars: RangeInclusive<char>) -> u128 {
        chars.fold(0, |mask, c| mask | 1 << u32::from(c))
    }
}
