//! What a run came to, and how `ossutil` 1 says it.

use serde::Serialize;

use super::{place::Direction, work::Outcome};

/// The sums of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Tally {
    /// What was found, and its bytes.
    pub(crate) found: u64,
    pub(crate) found_bytes: u64,
    /// Files or objects that were moved, and their bytes.
    pub(crate) moved: u64,
    pub(crate) moved_bytes: u64,
    /// Directories that were made.
    pub(crate) directories: u64,
    /// What was passed over, and its bytes.
    pub(crate) skipped: u64,
    pub(crate) skipped_directories: u64,
    pub(crate) skipped_bytes: u64,
    /// What could not be moved.
    pub(crate) failed: u64,
}

impl Tally {
    /// Adds what became of one entry.
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        match (&outcome.result, outcome.is_directory) {
            (Ok(true), true) => self.directories += 1,
            (Ok(true), false) => {
                self.moved += 1;
                self.moved_bytes += outcome.size;
            }
            (Ok(false), true) => self.skipped_directories += 1,
            (Ok(false), false) => {
                self.skipped += 1;
                self.skipped_bytes += outcome.size;
            }
            (Err(_), _) => self.failed += 1,
        }
        // The size of what is piped in is known once it has been sent.
        self.found_bytes = self.found_bytes.max(self.moved_bytes + self.skipped_bytes);
    }

    /// How many entries are done with, well or not.
    pub(crate) fn dealt(&self) -> u64 {
        self.well() + self.failed
    }

    /// How many entries ended well.
    pub(crate) fn well(&self) -> u64 {
        self.moved + self.directories + self.skipped + self.skipped_directories
    }

    /// The line at the end of a run that reached its end; `is_counted` says that all was found
    /// that there is.
    pub(crate) fn summary(&self, direction: Direction, is_counted: bool) -> String {
        let (things, well) = (direction.things(), self.well());
        let found = self.found.max(self.dealt());
        let size = grouped(self.found_bytes);
        match (self.failed, is_counted) {
            (0, _) => {
                let skipped = match self.skipped_bytes {
                    0 => String::new(),
                    bytes => format!(", Skip size: {}", grouped(bytes)),
                };
                let detail = self.detail(direction);
                format!(
                    "Succeed: Total num: {found}, size: {size}. OK num: {well}{detail}{skipped}."
                )
            }
            (failed, true) => format!(
                "FinishWithError: Total num: {found}, size: {size}. Error num: {failed}. OK num: \
                 {well}{}{}.",
                self.detail(direction),
                self.sizes()
            ),
            (failed, false) => format!(
                "FinishWithError: Scanned {found} {things}. Error num: {failed}. OK num: \
                 {well}{}{}.",
                self.detail(direction),
                self.sizes()
            ),
        }
    }

    /// The line at the end of a run that was stopped.
    pub(crate) fn stopped(&self, direction: Direction, is_counted: bool) -> String {
        let found = self.found.max(self.dealt());
        let head = match is_counted {
            true => format!("Total num: {found}, size: {}.", grouped(self.found_bytes)),
            false => format!("Scanned {found} {}.", direction.things()),
        };
        let (well, detail, sizes) = (self.well(), self.detail(direction), self.sizes());
        format!("{head} Dealed num: {well}{detail}{sizes}. When error happens.")
    }

    /// In brackets, what ended well.
    fn detail(&self, direction: Direction) -> String {
        let (verb, things) = (direction.verb(), direction.things());
        let mut parts = Vec::new();
        if self.moved > 0 {
            parts.push(format!("{verb} {} {things}", self.moved));
        }
        match (self.directories, self.moved) {
            (0, _) => {}
            (directories, 0) => parts.push(format!("{verb} {directories} directories")),
            (directories, _) => parts.push(format!("{directories} directories")),
        }
        if self.skipped > 0 {
            parts.push(format!("skip {} {things}", self.skipped));
        }
        if self.skipped_directories > 0 {
            parts.push(format!("skip {} directory", self.skipped_directories));
        }
        if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) }
    }

    fn sizes(&self) -> String {
        let (moved, skipped) = (grouped(self.moved_bytes), grouped(self.skipped_bytes));
        match (self.moved_bytes, self.skipped_bytes) {
            (_, 0) => format!(", Transfer size: {moved}"),
            (0, _) => format!(", Skip size: {skipped}"),
            (some, other) => {
                let sum = grouped(some + other);
                format!(", OK size: {sum}(transfer: {moved}, skip: {skipped})")
            }
        }
    }
}

/// A number with commas between groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_groups() {
        let numbers = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn lines_as_ossutil_1_has_them() {
        let tally = Tally {
            found: 5,
            found_bytes: 5000,
            moved: 2,
            moved_bytes: 2000,
            directories: 1,
            skipped: 1,
            skipped_bytes: 3000,
            ..Tally::default()
        };
        assert_eq!(
            tally.summary(Direction::Upload, true),
            "Succeed: Total num: 5, size: 5,000. OK num: 4(upload 2 files, 1 directories, skip 1 \
             files), Skip size: 3,000."
        );
        let failed = Tally { failed: 1, ..tally };
        assert_eq!(
            failed.summary(Direction::Copy, true),
            "FinishWithError: Total num: 5, size: 5,000. Error num: 1. OK num: 4(copy 2 objects, \
             1 directories, skip 1 objects), OK size: 5,000(transfer: 2,000, skip: 3,000)."
        );
        let none = Tally { failed: 1, ..Tally::default() };
        assert_eq!(
            none.summary(Direction::Download, false),
            "FinishWithError: Scanned 1 objects. Error num: 1. OK num: 0, Transfer size: 0."
        );
        assert_eq!(
            none.stopped(Direction::Upload, false),
            "Scanned 1 files. Dealed num: 0, Transfer size: 0. When error happens."
        );
    }
}
