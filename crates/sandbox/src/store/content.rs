//! Content on its way in, with its checksums, and on its way out.

use std::{io, ops::ControlFlow, sync::Arc};

use bytes::Bytes;

use super::{
    Reading, Shelf, Table,
    bodies::{Bodies, BodyWriter},
    records::Segment,
};
use crate::{
    digest::{Checksums, Digests},
    refusal::{Outcome, Refusal},
};

/// The most that one request may send, in bytes.
const MAX_BODY: u64 = 5 << 30;

/// Content of the store. Reading it may wait for a disk.
pub(crate) struct Content {
    bodies: Arc<dyn Bodies>,
    _reading: Reading,
    segments: Vec<Segment>,
}

impl Content {
    pub(super) fn new(bodies: Arc<dyn Bodies>, reading: Reading, segments: Vec<Segment>) -> Self {
        Self { bodies, _reading: reading, segments }
    }

    /// In bytes.
    pub(crate) fn length(&self) -> u64 {
        self.segments.iter().map(|segment| segment.length).sum()
    }

    /// Hands the content to `sink`, piece by piece, until it has enough.
    pub(crate) fn read(&self, sink: &mut dyn FnMut(Bytes) -> ControlFlow<()>) -> io::Result<()> {
        let mut is_enough = false;
        for segment in &self.segments {
            self.bodies.read(segment, &mut |piece| {
                let flow = sink(piece);
                is_enough = flow.is_break();
                flow
            })?;
            if is_enough {
                break;
            }
        }
        Ok(())
    }

    /// The checksums of the content.
    pub(crate) fn checksums(&self) -> io::Result<Checksums> {
        let mut digests = Digests::default();
        self.read(&mut |piece| {
            digests.write(&piece);
            ControlFlow::Continue(())
        })?;
        Ok(digests.finish())
    }
}

/// The segments of `length` bytes from `first` on of those given.
pub(crate) fn slice(segments: &[Segment], first: u64, length: u64) -> Vec<Segment> {
    let (mut skip, mut left) = (first, length);
    let mut sliced = Vec::new();
    for segment in segments {
        if left == 0 {
            break;
        }
        if skip >= segment.length {
            skip -= segment.length;
            continue;
        }
        let length = left.min(segment.length - skip);
        sliced.push(Segment { body: segment.body, offset: segment.offset + skip, length });
        (skip, left) = (0, left - length);
    }
    sliced
}

/// A body that is being received.
pub(crate) struct Receiver {
    shelf: Arc<Shelf>,
    id: u64,
    writer: Option<Box<dyn BodyWriter>>,
    digests: Digests,
    size: u64,
}

/// A body that was received. Unless it is made part of something, it goes when this is dropped.
pub(crate) struct Received {
    pub(crate) size: u64,
    pub(crate) checksums: Checksums,
    pub(crate) segments: Vec<Segment>,
    shelf: Arc<Shelf>,
}

impl Receiver {
    pub(super) fn new(shelf: Arc<Shelf>, id: u64) -> Self {
        Self { shelf, id, writer: None, digests: Digests::default(), size: 0 }
    }

    /// Takes the next piece; may wait for a disk.
    pub(crate) fn write(&mut self, piece: &Bytes) -> Outcome<()> {
        self.size += piece.len() as u64;
        if self.size > MAX_BODY {
            return Err(Refusal::too_large());
        }
        if piece.is_empty() {
            return Ok(());
        }
        self.digests.write(piece);
        let writer = match &mut self.writer {
            Some(writer) => writer,
            empty => empty.insert(self.shelf.bodies.create(self.id)?),
        };
        Ok(writer.write(piece)?)
    }

    /// Keeps what has come; may wait for a disk.
    pub(crate) fn finish(self) -> Outcome<Received> {
        let segments = match self.writer {
            Some(writer) => {
                writer.finish()?;
                vec![Segment { body: self.id, offset: 0, length: self.size }]
            }
            None => Vec::new(),
        };
        let checksums = self.digests.finish();
        Ok(Received { size: self.size, checksums, segments, shelf: self.shelf })
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        let Some(segment) = self.segments.first() else { return };
        let mut is_kept = false;
        let seen = self.shelf.tables.view(&mut |tables| {
            // When in doubt it stays: a body too many goes at the next start.
            let count = tables.get(Table::Bodies, &segment.body.to_be_bytes());
            is_kept = !matches!(count, Ok(None));
        });
        if seen.is_ok() && !is_kept {
            self.shelf.reclaimer.give_up(vec![segment.body]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_what_they_are_cut_from() {
        let lengths = [3, 1, 4];
        let segment = |body, length| Segment { body, offset: 10, length };
        let segments: Vec<Segment> =
            (0..).zip(lengths).map(|(body, length)| segment(body, length)).collect();
        let bytes = |segments: &[Segment]| -> Vec<(u64, u64)> {
            let bytes =
                |s: &Segment| (s.offset..s.offset + s.length).map(|at| (s.body, at)).collect();
            segments.iter().flat_map(|segment| -> Vec<_> { bytes(segment) }).collect()
        };
        let whole = bytes(&segments);
        for first in 0..8 {
            for length in 0..=8 - first {
                let cut = slice(&segments, first as u64, length as u64);
                assert_eq!(bytes(&cut), whole[first..first + length]);
                assert!(cut.iter().all(|segment| segment.length > 0));
            }
        }
    }
}
