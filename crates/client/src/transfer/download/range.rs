//! A range of an object, as it is asked for.

use std::{ops::Range, str::FromStr};

/// Bytes of an object, counted from 0: `3-9`, `3-` or `-9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// From one byte to another, both included.
    Between(u64, u64),
    /// From one byte to the end.
    From(u64),
    /// So many bytes before the end.
    Last(u64),
}

impl ByteRange {
    /// The bytes it has of an object of `size` bytes; none where it begins behind their end.
    pub fn within(self, size: u64) -> Option<Range<u64>> {
        let (start, end) = match self {
            Self::Between(first, last) => (first, last.saturating_add(1).min(size)),
            Self::From(first) => (first, size),
            Self::Last(count) => (size.saturating_sub(count), size),
        };
        (start < end).then_some(start..end)
    }
}

impl FromStr for ByteRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no range of bytes: write 3-9, 3- or -9");
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        match text.split_once('-').ok_or_else(wrong)? {
            ("", "") => Err(wrong()),
            ("", count) => Ok(Self::Last(number(count)?)),
            (first, "") => Ok(Self::From(number(first)?)),
            (first, last) => match (number(first)?, number(last)?) {
                (first, last) if first <= last => Ok(Self::Between(first, last)),
                _ => Err(wrong()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_cut_to_what_is_there() {
        for (text, size, bytes) in [
            ("3-9", 20, Some(3..10)),
            ("3-9", 5, Some(3..5)),
            ("3-9", 3, None),
            ("0-18446744073709551615", 7, Some(0..7)),
            ("3-", 5, Some(3..5)),
            ("-9", 5, Some(0..5)),
            ("-2", 5, Some(3..5)),
            ("-0", 5, None),
            ("0-", 0, None),
        ] {
            assert_eq!(text.parse::<ByteRange>().unwrap().within(size), bytes, "{text} of {size}");
        }
        for text in ["", "-", "3", "9-3", "a-b", "1-2-3", "+1-2 ", "--3"] {
            assert!(text.parse::<ByteRange>().is_err(), "{text}");
        }
    }
}
