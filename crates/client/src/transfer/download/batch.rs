//! What is written at once: a buffer that is filled, written and filled again.

use super::direct::ALIGNMENT;

/// How much is written at a time, in bytes: enough for what a write costs to be small beside it.
const SIZE: u64 = 1 << 20;

/// Content that is to be written at once. It lies in memory as it will in the file, seen from the
/// next multiple of [`ALIGNMENT`], so that the disk can take whole blocks from where they are.
pub(super) struct Batch {
    /// Where the content belongs.
    offset: u64,
    /// The content, and before it as many bytes as it takes for that.
    bytes: Vec<u8>,
    lead: usize,
}

impl Batch {
    /// One for what is to come from `offset` to `end`.
    pub(super) fn new(offset: u64, end: u64) -> Self {
        let capacity = length(SIZE.min(end - offset) + ALIGNMENT);
        let mut batch = Self { offset, bytes: Vec::with_capacity(capacity), lead: 0 };
        batch.restart(offset);
        batch
    }

    /// Begins anew, with what belongs at `offset`.
    pub(super) fn restart(&mut self, offset: u64) {
        let alignment = length(ALIGNMENT);
        let to_aligned = self.bytes.as_ptr().align_offset(alignment);
        self.lead = (to_aligned + length(offset % ALIGNMENT)) % alignment;
        self.bytes.clear();
        self.bytes.resize(self.lead, 0);
        self.offset = offset;
    }

    /// Takes as much of `piece` as belongs into it; gives the rest.
    pub(super) fn fill<'a>(&mut self, piece: &'a [u8]) -> &'a [u8] {
        let room = SIZE - self.end() % SIZE;
        let (taken, rest) = piece.split_at(piece.len().min(length(room)));
        self.bytes.extend_from_slice(taken);
        rest
    }

    pub(super) fn is_full(&self) -> bool {
        !self.content().is_empty() && self.end().is_multiple_of(SIZE)
    }

    pub(super) fn content(&self) -> &[u8] {
        &self.bytes[self.lead..]
    }

    /// Where its content belongs.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where what comes next belongs.
    pub(super) fn end(&self) -> u64 {
        self.offset + self.content().len() as u64
    }
}

fn length(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
