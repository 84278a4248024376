//! A set of characters, small and fast for ASCII.

use std::collections::BTreeSet;

/// A set of characters.
#[derive(Clone, Debug, Default)]
pub(super) struct Chars {
    ascii: u128,
    others: BTreeSet<char>,
}

impl Chars {
    pub(super) fn insert(&mut self, c: char) {
        match c.is_ascii() {
            true => self.ascii |= 1 << u32::from(c),
            false => {
                self.others.insert(c);
            }
        }
    }

    pub(super) fn contains(&self, c: char) -> bool {
        match c.is_ascii() {
            true => self.ascii & (1 << u32::from(c)) != 0,
            false => self.others.contains(&c),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ascii == 0 && self.others.is_empty()
    }

    /// The characters in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = char> {
        let ascii = (0..128_u8).filter(|c| self.ascii & (1 << c) != 0).map(char::from);
        ascii.chain(self.others.iter().copied())
    }

    pub(super) fn extend(&mut self, others: impl IntoIterator<Item = char>) {
        others.into_iter().for_each(|c| self.insert(c));
    }
}

/// The characters that may well stand where `c` does: digits for a digit, and so on. Nothing
/// for separators, which keep their places.
pub(super) fn relatives(c: char) -> Vec<char> {
    match c {
        '0'..='9' => ('0'..='9').collect(),
        'a'..='z' => ('a'..='z').collect(),
        'A'..='Z' => ('A'..='Z').collect(),
        c if c.is_ascii() => Vec::new(),
        c => {
            let block = u32::from(c) & !0xff;
            (block..block + 0x100).filter_map(char::from_u32).collect()
        }
    }
}
