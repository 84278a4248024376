//! Bodies: bytes that were sent in one request, and are read by pieces.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use bytes::Bytes;

use super::records::Segment;

/// The largest piece that is read at once, in bytes.
pub(crate) const CHUNK: usize = 256 << 10;

/// A place to keep bodies. Its methods may wait for a disk.
pub(crate) trait Bodies: Send + Sync {
    /// Begins a body; `id` is new.
    fn create(&self, id: u64) -> io::Result<Box<dyn BodyWriter>>;

    /// Hands the bytes of a segment to `sink`, piece by piece, until it has enough.
    fn read(
        &self,
        segment: &Segment,
        sink: &mut dyn FnMut(Bytes) -> ControlFlow<()>,
    ) -> io::Result<()>;

    fn remove(&self, id: u64);

    /// Returns when the bodies that were finished cannot be lost.
    fn sync(&self) -> io::Result<()>;
}

/// A body that is being received; dropped unfinished, it leaves nothing.
pub(crate) trait BodyWriter: Send {
    fn write(&mut self, piece: &Bytes) -> io::Result<()>;
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Bodies that are gone with the process.
#[derive(Default)]
pub(crate) struct MemoryBodies(Arc<RwLock<HashMap<u64, Arc<[Bytes]>>>>);

struct MemoryWriter {
    id: u64,
    pieces: Vec<Bytes>,
    bodies: Arc<RwLock<HashMap<u64, Arc<[Bytes]>>>>,
}

impl Bodies for MemoryBodies {
    fn create(&self, id: u64) -> io::Result<Box<dyn BodyWriter>> {
        Ok(Box::new(MemoryWriter { id, pieces: Vec::new(), bodies: Arc::clone(&self.0) }))
    }

    fn read(
        &self,
        segment: &Segment,
        sink: &mut dyn FnMut(Bytes) -> ControlFlow<()>,
    ) -> io::Result<()> {
        let bodies = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let pieces = bodies.get(&segment.body).cloned().ok_or(io::ErrorKind::NotFound)?;
        drop(bodies);
        let (mut skip, mut left) = (segment.offset, segment.length);
        for piece in &*pieces {
            let length = piece.len() as u64;
            if skip < length && left > 0 {
                let end = length.min(skip + left);
                left -= end - skip;
                if sink(piece.slice(to_usize(skip)..to_usize(end))).is_break() {
                    break;
                }
            }
            skip = skip.saturating_sub(length);
        }
        Ok(())
    }

    fn remove(&self, id: u64) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

impl BodyWriter for MemoryWriter {
    /// A small piece is copied: it may be a view of a buffer that is much larger.
    fn write(&mut self, piece: &Bytes) -> io::Result<()> {
        let is_small = piece.len() < 16 << 10;
        self.pieces.push(if is_small { Bytes::copy_from_slice(piece) } else { piece.clone() });
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let mut bodies = self.bodies.write().unwrap_or_else(PoisonError::into_inner);
        bodies.insert(self.id, self.pieces.into());
        Ok(())
    }
}

/// A length of something that is held in memory.
fn to_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// Removes bodies when nobody reads them any more.
///
/// A reader takes a ticket before it looks up what to read. What is removed waits for all readers
/// whose tickets are older; so one that has found a body can read it to its end.
pub(crate) struct Reclaimer {
    bodies: Arc<dyn Bodies>,
    state: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    readers: BTreeSet<u64>,
    /// Bodies with the ticket that was next when they were given up, oldest first.
    bodies: Vec<(u64, u64)>,
}

/// A reader; while it lives, no body goes away that was there when it began.
pub(crate) struct Reading {
    ticket: u64,
    reclaimer: Arc<Reclaimer>,
}

impl Reclaimer {
    pub(crate) fn new(bodies: Arc<dyn Bodies>) -> Arc<Self> {
        Arc::new(Self { bodies, state: Mutex::default() })
    }

    pub(crate) fn begin(self: &Arc<Self>) -> Reading {
        let mut state = self.lock();
        let ticket = state.next;
        state.next += 1;
        state.readers.insert(ticket);
        Reading { ticket, reclaimer: Arc::clone(self) }
    }

    /// Gives up bodies that nothing refers to.
    pub(crate) fn give_up(&self, ids: Vec<u64>) {
        if ids.is_empty() {
            return;
        }
        let mut state = self.lock();
        let now = state.next;
        state.bodies.extend(ids.into_iter().map(|id| (now, id)));
        self.sweep(state);
    }

    fn sweep(&self, mut state: MutexGuard<'_, Waiting>) {
        let oldest = state.readers.first().copied().unwrap_or(u64::MAX);
        let count = state.bodies.partition_point(|(ticket, _)| *ticket <= oldest);
        let ripe: Vec<(u64, u64)> = state.bodies.drain(..count).collect();
        drop(state);
        for (_, id) in ripe {
            self.bodies.remove(id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut state = self.reclaimer.lock();
        state.readers.remove(&self.ticket);
        self.reclaimer.sweep(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(bodies: &MemoryBodies, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        bodies.read(&Segment { body: 1, offset, length }, &mut |piece| {
            content.extend_from_slice(&piece);
            ControlFlow::Continue(())
        })?;
        Ok(content)
    }

    fn stored(text: &[&'static str]) -> MemoryBodies {
        let bodies = MemoryBodies::default();
        let mut writer = bodies.create(1).unwrap();
        for piece in text {
            writer.write(&Bytes::from_static(piece.as_bytes())).unwrap();
        }
        writer.finish().unwrap();
        bodies
    }

    #[test]
    fn any_piece_can_be_read() {
        let bodies = stored(&["abc", "", "defg", "h"]);
        for first in 0..8 {
            for length in 1..=8 - first {
                let expected = &b"abcdefgh"[to_usize(first)..to_usize(first + length)];
                assert_eq!(content(&bodies, first, length).unwrap(), expected);
            }
        }
    }

    #[test]
    fn a_body_outlives_its_readers_only() {
        let bodies = Arc::new(stored(&["abc"]));
        let reclaimer = Reclaimer::new(Arc::clone(&bodies) as Arc<dyn Bodies>);
        let (early, other) = (reclaimer.begin(), reclaimer.begin());
        reclaimer.give_up(vec![1]);
        let late = reclaimer.begin();
        drop(other);
        assert!(content(&bodies, 0, 3).is_ok());
        drop(early);
        assert!(content(&bodies, 0, 3).is_err());
        drop(late);
    }
}
