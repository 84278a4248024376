//! A set of characters that can be counted through.

/// A set of characters: any of ASCII, and of the others a range, as their alphabets are too large
/// to be seen whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chars {
    ascii: u128,
    /// First and last, as numbers.
    wide: Option<(u32, u32)>,
}

impl Chars {
    pub(super) fn insert(&mut self, c: char) {
        match c.is_ascii() {
            true => self.ascii |= 1 << u32::from(c),
            false => self.join_wide((u32::from(c), u32::from(c))),
        }
    }

    /// Adds all of `others`.
    pub(super) fn join(&mut self, others: &Self) {
        self.ascii |= others.ascii;
        others.wide.into_iter().for_each(|wide| self.join_wide(wide));
    }

    fn join_wide(&mut self, (first, last): (u32, u32)) {
        let (from, to) = self.wide.unwrap_or((first, last));
        self.wide = Some((from.min(first), to.max(last)));
    }

    /// Without what parts the fields of a key: punctuation of ASCII.
    pub(super) fn without_separators(&self) -> Self {
        let alphanumeric = (0..128_u8).filter(u8::is_ascii_alphanumeric);
        let mask = alphanumeric.fold(0, |mask, c| mask | 1_u128 << c);
        Self { ascii: self.ascii & mask, wide: self.wide }
    }

    /// Whether some character like `c` is in the set: the same of ASCII, any of the others.
    pub(super) fn has_kin(&self, c: char) -> bool {
        match c.is_ascii() {
            true => self.ascii & (1 << u32::from(c)) != 0,
            false => self.wide.is_some(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ascii == 0 && self.wide.is_none()
    }

    pub(super) fn len(&self) -> u32 {
        self.ascii.count_ones() + self.wide.map_or(0, |(first, last)| last - first + 1)
    }

    pub(super) fn last(&self) -> Option<char> {
        self.nth(self.len().checked_sub(1)?)
    }

    /// How many characters of the set stand before `c`.
    pub(super) fn index(&self, c: char) -> u32 {
        match (c.is_ascii(), self.wide) {
            (true, _) => (self.ascii & ((1 << u32::from(c)) - 1)).count_ones(),
            (false, None) => self.ascii.count_ones(),
            (false, Some((first, last))) => {
                let below = u32::from(c).clamp(first, last + 1) - first;
                self.ascii.count_ones() + below
            }
        }
    }

    /// The character that stands behind `n` others.
    pub(super) fn nth(&self, n: u32) -> Option<char> {
        let ascii = self.ascii.count_ones();
        if n < ascii {
            return (0..128_u8)
                .filter(|c| self.ascii & (1 << c) != 0)
                .map(char::from)
                .nth(n as usize);
        }
        let (first, last) = self.wide?;
        let number = first + (n - ascii);
        // No characters have the numbers of surrogates.
        (number <= last).then(|| char::from_u32(number).unwrap_or('\u{e000}'))
    }

    /// The characters that may well stand where `c` does: digits for a digit, and so on. Nothing
    /// for separators, which keep their places.
    pub(super) fn relatives(c: char) -> Self {
        let mut chars = Self::default();
        match c {
            '0'..='9' => ('0'..='9').for_each(|c| chars.insert(c)),
            'a'..='z' => ('a'..='z').for_each(|c| chars.insert(c)),
            'A'..='Z' => ('A'..='Z').for_each(|c| chars.insert(c)),
            c if c.is_ascii() => {}
            c => chars.wide = Some((u32::from(c) & !0xff, u32::from(c) | 0xff)),
        }
        chars
    }
}
