//! What requests brought, and how many more may be spent on guesses.

use super::count;

/// Requests that may be wasted before anything is known.
const CREDIT: f64 = 1.5;

/// Requests that may be wasted before their share of what is useful is earned: a listing of many
/// pages makes up for them, one of few has none to spare.
const ADVANCE: f64 = 12.0;

/// Requests that may be wasted beyond the share of what is useful, should all guesses that are on
/// their way bring nothing.
const BURST: f64 = 20.0;

/// How much of what was known of guesses counts when one more is.
const MEMORY: f64 = 0.95;

/// Keeps the account. Everything is counted in whole pages.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The most entries a page had so far.
    page: f64,
    answers: f64,
    entries: f64,
    /// Guesses that were answered, and those of them that brought nothing.
    guesses: f64,
    misses: f64,
    /// Segments that ran into the next one, and what was wasted there.
    seams: f64,
    overlap: f64,
}

/// What is still open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) in_flight: f64,
    /// Guesses in flight.
    pub(super) guesses: f64,
    /// Segments that will run into the next one.
    pub(super) seams: f64,
}

impl Ledger {
    /// A page of `came` entries came, of which `kept` were new.
    pub(super) fn answer(&mut self, came: usize, kept: usize) {
        self.page = self.page.max(count(came));
        self.answers += 1.0;
        self.entries += count(kept);
    }

    /// The most entries a page had.
    pub(super) fn page(&self) -> f64 {
        self.page
    }

    /// A guess was answered.
    pub(super) fn guess(&mut self, is_miss: bool) {
        self.guesses = self.guesses * MEMORY + 1.0;
        self.misses = self.misses * MEMORY + f64::from(u8::from(is_miss));
    }

    /// A segment ended with a page of which `kept` entries were new.
    pub(super) fn seam(&mut self, kept: usize) {
        self.seams = self.seams * MEMORY + 1.0;
        self.overlap = self.overlap * MEMORY + 1.0 - count(kept) / self.page.max(1.0);
    }

    /// Whether another guess keeps the waste within `share` of what is useful.
    pub(super) fn allows_guess(&self, open: Open, share: f64) -> bool {
        // Many times as many at once as were good lately: what is wrong with one is wrong with many.
        let hits = self.guesses - self.misses;
        if open.guesses >= (16.0 * (hits - self.misses)).max(2.0) {
            return false;
        }
        let useful = self.entries / self.page.max(1.0);
        let wasted = self.answers - useful;
        let guesses = open.guesses + 1.0;
        if wasted + guesses > share * useful + BURST {
            return false;
        }
        let expected = guesses * self.miss() + open.seams * self.seam_overlap();
        let earned = share * (useful + open.in_flight);
        let advance = (2.0 * (useful - 2.0)).min(ADVANCE);
        wasted + expected <= earned.max(advance) + CREDIT
    }

    /// Whether guesses are good enough to make some before those to their left are answered.
    pub(super) fn trusts_guesses(&self) -> bool {
        self.misses / (self.guesses + 4.0) < 0.15
    }

    /// What a guess wastes on average: by missing, and where the segment before it runs into it.
    /// Guesses are taken for good ones until some were not.
    pub(super) fn cost_of_guess(&self) -> f64 {
        self.misses / (self.guesses + 4.0) + self.overlap / (self.seams + 4.0)
    }

    /// How many guesses bring nothing; all of them, as long as nothing is known.
    fn miss(&self) -> f64 {
        (self.misses + 1.0) / (self.guesses + 1.0)
    }

    fn seam_overlap(&self) -> f64 {
        (self.overlap + 0.5) / (self.seams + 2.0)
    }
}
