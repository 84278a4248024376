//! Which part holds which bytes.

use std::{collections::BTreeMap, ops::Range};

/// The highest part number, and so the most parts an upload has.
pub const MAX_PARTS: u32 = 10_000;

/// What every part but the last must have by the time the upload is completed, in bytes.
pub const MIN_PART_SIZE: u64 = 100 << 10;

/// The most a part may have, in bytes.
pub const MAX_PART_SIZE: u64 = 5 << 30;

/// The size of parts where nothing asks for another, in bytes.
pub const DEFAULT_PART_SIZE: u64 = 8 << 20;

/// How many parts there are at most where nothing asks for more: enough to keep many connections
/// busy and to lose little when one breaks.
const USUAL_PARTS: u64 = 2_000;

/// A content of `size` bytes in parts of `part_size`, the last one shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    size: u64,
    part_size: u64,
}

/// Why parts cannot be those of a content. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// A part in the middle has a size of its own.
    #[error(
        "part {number} has {size} bytes where the others have {part_size}, and it is not the last"
    )]
    Uneven {
        /// The part.
        number: u32,
        /// What it has.
        size: u64,
        /// What the others have.
        part_size: u64,
    },
    /// The last part is not what is left of the content.
    #[error("part {number} has {size} bytes where the content has {due} left")]
    Rest {
        /// The part.
        number: u32,
        /// What it has.
        size: u64,
        /// What it should have.
        due: u64,
    },
    /// A part lies behind the end of the content.
    #[error("part {number} reaches to byte {end}, and the content has {size} bytes")]
    Beyond {
        /// The part.
        number: u32,
        /// Where it ends, if it is where parts of this size lie.
        end: u64,
        /// What the content has.
        size: u64,
    },
    /// The content does not fit into the parts an upload may have.
    #[error(
        "parts of {part_size} bytes make more than 10000 parts, which is all an upload may have"
    )]
    TooMany {
        /// What each part has.
        part_size: u64,
    },
    /// The service would not complete such an upload.
    #[error("the parts have {part_size} bytes, and all but the last must have 102400 or more")]
    TooSmall {
        /// What each part has.
        part_size: u64,
    },
    /// The service takes no such part, and no such object.
    #[error("{size} bytes are more than the 10000 parts of 5 GiB that an upload may have")]
    TooLarge {
        /// What the content has.
        size: u64,
    },
}

impl Layout {
    /// `size` bytes in parts of `part_size` bytes.
    ///
    /// # Errors
    /// More parts than an upload may have, or parts too small to be completed.
    ///
    /// # Panics
    /// When `part_size` is 0.
    pub fn new(size: u64, part_size: u64) -> Result<Self, LayoutError> {
        assert!(part_size > 0, "a part holds something");
        if part_size < MIN_PART_SIZE && size > part_size {
            return Err(LayoutError::TooSmall { part_size });
        }
        if size.div_ceil(part_size) > u64::from(MAX_PARTS) {
            return Err(LayoutError::TooMany { part_size });
        }
        Ok(Self { size, part_size })
    }

    /// `size` bytes in parts of a size that suits them.
    ///
    /// # Errors
    /// More bytes than an upload may have.
    pub fn of_size(size: u64) -> Result<Self, LayoutError> {
        Self::of_size_from(size, DEFAULT_PART_SIZE)
    }

    /// The same, with parts of at least `least` bytes.
    ///
    /// # Errors
    /// More bytes than an upload may have.
    pub fn of_size_from(size: u64, least: u64) -> Result<Self, LayoutError> {
        if size > u64::from(MAX_PARTS) * MAX_PART_SIZE {
            return Err(LayoutError::TooLarge { size });
        }
        let usual = size.div_ceil(USUAL_PARTS).next_multiple_of(1 << 20);
        Self::new(size, usual.clamp(least, MAX_PART_SIZE))
    }

    /// Bytes in all.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The layout of an upload, from the parts that have arrived (number and size, ascending) and
    /// the size of the content they are of.
    ///
    /// All parts but the last have one size. It is the one most of them have; if that cannot be,
    /// another of theirs, or what fits when the highest of them is the last part.
    ///
    /// # Errors
    /// Parts that cannot be those of such a content.
    pub fn adopt(arrived: &[(u32, u64)], size: u64) -> Result<Self, LayoutError> {
        let mut candidates = sizes(arrived);
        if let Some(&(number, rest)) = arrived.last() {
            let before = size.saturating_sub(rest);
            let count = u64::from(number.saturating_sub(1));
            if count > 0 && before.is_multiple_of(count) && before / count >= rest {
                candidates.push(before / count);
            }
        }
        candidates.retain(|&part_size| part_size > 0);
        let Some(&likeliest) = candidates.first() else {
            return Self::of_size(size)?.with(arrived);
        };
        let fits = candidates
            .iter()
            .find_map(|&part_size| Self::new(size, part_size).ok()?.with(arrived).ok());
        match fits {
            Some(layout) => Ok(layout),
            None => Self { size, part_size: likeliest }.with(arrived).and_then(|layout| {
                Self::new(size, likeliest)?;
                Ok(layout)
            }),
        }
    }

    /// The layout, once each part that has arrived is seen to be one of it.
    fn with(self, arrived: &[(u32, u64)]) -> Result<Self, LayoutError> {
        arrived.iter().try_for_each(|&(number, size)| self.check(number, size))?;
        Ok(self)
    }

    /// Whether a part that has arrived has the size it should have.
    ///
    /// # Errors
    /// In what it disagrees.
    pub fn check(&self, number: u32, size: u64) -> Result<(), LayoutError> {
        let start = u64::from(number.saturating_sub(1)) * self.part_size;
        let due = self.size.saturating_sub(start).min(self.part_size);
        let is_last = number >= self.parts();
        if size == due && number <= self.parts() {
            Ok(())
        } else if size != self.part_size && !is_last {
            Err(LayoutError::Uneven { number, size, part_size: self.part_size })
        } else if number > self.parts() || start + size > self.size {
            Err(LayoutError::Beyond { number, end: start + size, size: self.size })
        } else {
            Err(LayoutError::Rest { number, size, due })
        }
    }

    /// What each part but the last has, in bytes.
    pub fn part_size(&self) -> u64 {
        self.part_size
    }

    /// How many parts: at least one, which is empty if the content is.
    pub fn parts(&self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part_size)).unwrap_or(u32::MAX).max(1)
    }

    /// The parts: their numbers, from 1 on, and the bytes each holds.
    pub fn ranges(self) -> impl Iterator<Item = (u32, Range<u64>)> {
        (1..=self.parts()).map(move |number| {
            let start = u64::from(number - 1) * self.part_size;
            (number, start..(start + self.part_size).min(self.size))
        })
    }
}

/// The size of the parts of an upload whose content has no known size: the one most of its parts
/// have, the highest left out where there are others, since it may be the last.
pub fn usual_part_size(arrived: &[(u32, u64)]) -> Option<u64> {
    let others = &arrived[..arrived.len().saturating_sub(1)];
    let sizes = sizes(if others.is_empty() { arrived } else { others });
    sizes.first().copied().filter(|&part_size| part_size > 0)
}

/// The sizes of parts, the most frequent first, the larger first among equals.
fn sizes(arrived: &[(u32, u64)]) -> Vec<u64> {
    let mut counts = BTreeMap::<u64, usize>::new();
    for &(_, size) in arrived {
        *counts.entry(size).or_default() += 1;
    }
    let mut sizes: Vec<(usize, u64)> = counts.into_iter().map(|(size, n)| (n, size)).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.into_iter().map(|(_, size)| size).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn ten_thousand_parts_suffice() {
        for (size, part_size, parts) in [
            (0, 8 * MIB, 1),
            (1, 8 * MIB, 1),
            (8 * MIB, 8 * MIB, 1),
            (8 * MIB + 1, 8 * MIB, 2),
            (16_000 * MIB, 8 * MIB, 2000),
            (16_000 * MIB + 1, 9 * MIB, 1778),
            (20_000_000 * MIB, MAX_PART_SIZE, 3907),
            (u64::from(MAX_PARTS) * MAX_PART_SIZE, MAX_PART_SIZE, 10_000),
        ] {
            let layout = Layout::of_size(size).unwrap();
            assert_eq!((layout.part_size(), layout.parts()), (part_size, parts), "{size}");
        }
        let size = u64::from(MAX_PARTS) * MAX_PART_SIZE + 1;
        assert_eq!(Layout::of_size(size), Err(LayoutError::TooLarge { size }));
    }

    #[test]
    fn the_part_size_is_found() {
        let m = MIB;
        for (arrived, size, part_size) in [
            (&[(1, 5 * m), (3, 5 * m)][..], 18 * m, 5 * m),
            (&[(1, 5 * m), (4, 3 * m)], 18 * m, 5 * m),
            // A part alone is taken for one like the others, if it can be one.
            (&[(4, 3 * m)], 18 * m, 3 * m),
            (&[(4, 3)], 15 * m + 3, 5 * m),
            (&[(1, 18 * m)], 18 * m, 18 * m),
            (&[(1, 5)], 5, 5),
            (&[], 18 * m, 8 * m),
            // As large as all before it together.
            (&[(2, 9 * m)], 18 * m, 9 * m),
        ] {
            assert_eq!(Layout::adopt(arrived, size).unwrap().part_size(), part_size, "{arrived:?}");
        }
    }

    #[test]
    fn what_disagrees_is_named() {
        use LayoutError::{Beyond, Rest, TooMany, TooSmall, Uneven};
        let m = MIB;
        for (arrived, size, error) in [
            (
                &[(1, 8 * m), (2, 8 * m), (3, 5 * m)][..],
                40 * m,
                Uneven { number: 3, size: 5 * m, part_size: 8 * m },
            ),
            (&[(1, 8 * m), (2, 8 * m)], 12 * m, Beyond { number: 2, end: 16 * m, size: 12 * m }),
            (&[(1, 8 * m), (9, 8 * m)], 20 * m, Beyond { number: 9, end: 72 * m, size: 20 * m }),
            (&[(1, 8 * m), (2, 3 * m)], 12 * m, Rest { number: 2, size: 3 * m, due: 4 * m }),
            (&[(1, 9)], 18 * m, TooSmall { part_size: 9 }),
            (&[(1, m)], 10_001 * m, TooMany { part_size: m }),
            (&[(1, 0)], 5, Rest { number: 1, size: 0, due: 5 }),
        ] {
            assert_eq!(Layout::adopt(arrived, size), Err(error), "{arrived:?}");
        }
    }

    proptest! {
        #[test]
        fn ranges_are_the_content(size in 0_u64..1 << 50, part_size in MIN_PART_SIZE..1 << 33) {
            let Ok(layout) = Layout::new(size, part_size) else {
                prop_assert!(size.div_ceil(part_size) > u64::from(MAX_PARTS));
                return Ok(());
            };
            let mut end = 0;
            for (index, (number, range)) in (1..).zip(layout.ranges()) {
                prop_assert_eq!((index, range.start), (number, end));
                prop_assert!(layout.check(number, range.end - range.start).is_ok());
                end = range.end;
            }
            prop_assert_eq!(end, size);
        }

        /// Whatever has arrived of a content, a layout is found in which all of it has its place;
        /// with two whole parts it is the one they were sent by.
        #[test]
        fn parts_of_a_content_are_adopted(
            size in 1_u64..1 << 40,
            part_size in MIN_PART_SIZE..1 << 33,
            chosen in proptest::collection::vec(any::<prop::sample::Index>(), 1..20),
        ) {
            prop_assume!(size.div_ceil(part_size) <= 500);
            let layout = Layout::new(size, part_size).unwrap();
            let ranges: Vec<_> = layout.ranges().collect();
            let mut arrived: Vec<(u32, u64)> = chosen
                .iter()
                .map(|index| index.get(&ranges))
                .map(|(number, range)| (*number, range.end - range.start))
                .collect();
            arrived.sort_unstable();
            arrived.dedup();
            let whole = arrived.iter().filter(|(_, size)| *size == part_size).count();
            let adopted = Layout::adopt(&arrived, size);
            let adopted = adopted.map_err(|error| TestCaseError::fail(error.to_string()))?;
            for (number, size) in arrived {
                prop_assert!(adopted.check(number, size).is_ok());
            }
            prop_assert!(whole < 2 || adopted == layout);
        }
    }
}
