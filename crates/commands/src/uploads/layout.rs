//! How the parts of an upload lie: which are missing, which are odd.

use std::collections::BTreeMap;

use ossutil_client::protocol::operations::Part;
use serde::Serialize;

/// The layout of the parts of one upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Layout {
    /// The highest part number that has arrived.
    pub(crate) highest: u32,
    /// Numbers below it that have not: first and last of each run.
    pub(crate) missing: Vec<(u32, u32)>,
    /// The size that most parts have, in bytes.
    pub(crate) part_size: i64,
    /// Parts of another size; the highest part may be smaller without being odd.
    pub(crate) odd: Vec<u32>,
}

impl Layout {
    /// The layout of parts in ascending order of their numbers.
    pub(crate) fn of(parts: &[Part]) -> Self {
        let highest = parts.last().map_or(0, |part| part.part_number);
        let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
        for part in parts {
            *sizes.entry(part.size).or_default() += 1;
        }
        // Of sizes that are equally frequent the larger one: the smaller is the last part's.
        let part_size = sizes.into_iter().max_by_key(|&(size, count)| (count, size));
        let part_size = part_size.map_or(0, |(size, _)| size);
        let is_odd = |part: &&Part| {
            part.size != part_size && !(part.part_number == highest && part.size < part_size)
        };
        let mut missing = Vec::new();
        let mut expected = 1;
        for part in parts {
            if part.part_number > expected {
                missing.push((expected, part.part_number - 1));
            }
            expected = part.part_number + 1;
        }
        let odd = parts.iter().filter(is_odd).map(|part| part.part_number).collect();
        Self { highest, missing, part_size, odd }
    }

    /// How many numbers below the highest are missing.
    pub(crate) fn missing_count(&self) -> u32 {
        self.missing.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// What there is to say about it, in one line.
    pub(crate) fn describe(&self) -> String {
        let missing = match self.missing.as_slice() {
            [] => format!("no part below {} is missing", self.highest),
            runs => format!("missing below {}: {}", self.highest, runs_text(runs)),
        };
        let sizes = match self.odd.as_slice() {
            [] => format!("all parts have {} bytes, the last one perhaps fewer", self.part_size),
            odd => {
                let runs: Vec<(u32, u32)> = odd.iter().map(|number| (*number, *number)).collect();
                format!("most parts have {} bytes, but not {}", self.part_size, runs_text(&runs))
            }
        };
        format!("{missing}; {sizes}")
    }
}

/// Runs of numbers as people write them: `3, 7-9`. Of many only the first are named.
fn runs_text(runs: &[(u32, u32)]) -> String {
    const MAX_RUNS: usize = 12;
    let run = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    let named: Vec<String> = runs.iter().take(MAX_RUNS).map(run).collect();
    let more = match runs.len().saturating_sub(MAX_RUNS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    named.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(parts: &[(u32, i64)]) -> Layout {
        let part =
            |&(part_number, size): &(u32, i64)| Part { part_number, size, ..Part::default() };
        Layout::of(&parts.iter().map(part).collect::<Vec<_>>())
    }

    #[test]
    fn gaps_and_odd_sizes() {
        let whole = layout(&[(1, 8), (2, 8), (3, 5)]);
        assert_eq!((whole.missing.len(), whole.odd.len(), whole.part_size), (0, 0, 8));
        let holes = layout(&[(2, 8), (5, 8), (6, 9), (9, 8)]);
        assert_eq!(holes.missing, [(1, 1), (3, 4), (7, 8)]);
        assert_eq!((holes.missing_count(), holes.odd.as_slice()), (5, &[6][..]));
        assert!(holes.describe().starts_with("missing below 9: 1, 3-4, 7-8; most parts have 8"));
        // A last part that is larger than the others is odd, one that is alone is not.
        assert_eq!(layout(&[(1, 8), (2, 8), (3, 9)]).odd, [3]);
        assert!(layout(&[(1, 8)]).odd.is_empty());
        assert_eq!(layout(&[]), Layout::default());
    }
}
