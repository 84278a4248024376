//! How many requests may be on their way at once.

/// Halves when the service asks for less, and grows back by one.
#[derive(Debug)]
pub(super) struct Window {
    most: usize,
    size: usize,
    /// Answers since the size last changed.
    answers: usize,
    /// Answers to requests that were sent before the window was halved: what they say is known.
    late: usize,
}

impl Window {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), size: most.max(1), answers: 0, late: 0 }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// An answer came: after as many as the window holds it grows by one.
    pub(super) fn answer(&mut self) {
        if self.late > 0 {
            self.late -= 1;
            return;
        }
        self.answers += 1;
        if self.answers > self.size && self.size < self.most {
            self.size += 1;
            self.answers = 0;
        }
    }

    /// The service asked for less, while so many requests were on their way.
    pub(super) fn halve(&mut self, in_flight: usize) {
        if self.late == 0 {
            self.size = (self.size / 2).max(1);
            self.answers = 0;
            self.late = in_flight;
        }
    }
}
