//! What requests brought, and how many more may be spent on guesses.

/// Requests that may be wasted before anything is known.
const CREDIT: f64 = 0.5;

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

    /// A guess was answered.
    pub(super) fn guess(&mut self, is_miss: bool) {
        self.guesses += 1.0;
        self.misses += f64::from(u8::from(is_miss));
    }

    /// A segment ended with a page of which `kept` entries were new.
    pub(super) fn seam(&mut self, kept: usize) {
        self.seams += 1.0;
        self.overlap += 1.0 - count(kept) / self.page.max(1.0);
    }

    /// Whether another guess keeps the waste within `share` of what is useful.
    pub(super) fn allows_guess(&self, open: Open, share: f64) -> bool {
        let useful = self.entries / self.page.max(1.0);
        let wasted = self.answers - useful;
        let miss = (self.misses + 1.0) / (self.guesses + 1.0);
        let seam = (self.overlap + 0.5) / (self.seams + 1.0);
        let expected = (open.guesses + 1.0) * miss + open.seams * seam;
        wasted + expected <= share * (useful + open.in_flight) + CREDIT
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of entries are far below 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}
