//! Writes what comes of one range, beside the runtime: one batch is written while the next comes.

use std::{
    io, mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tokio::task::JoinHandle;

/// What writes bytes to where they belong: an offset, where what is written to has any.
pub(super) type Place = Arc<dyn Fn(&[u8], u64) -> io::Result<()> + Send + Sync>;

/// How much is written at a time, in bytes: enough for what a batch costs to be small beside it.
const BATCH: u64 = 1 << 20;

/// Writes the pieces of one range, in their order.
pub(super) struct Writer<'a> {
    place: Place,
    /// Where what comes next belongs.
    offset: u64,
    end: u64,
    batch: Vec<Bytes>,
    /// Bytes of the batch.
    pending: u64,
    writing: Writing,
    in_flight: &'a AtomicU64,
    /// What this range has added to `in_flight`.
    counted: u64,
}

/// The CRC-64 so far, here or with the batch that is being written.
enum Writing {
    Idle(crc64fast::Digest),
    Batch(JoinHandle<io::Result<crc64fast::Digest>>),
    Failed,
}

impl<'a> Writer<'a> {
    pub(super) fn new(place: Place, start: u64, end: u64, in_flight: &'a AtomicU64) -> Self {
        Self {
            place,
            offset: start,
            end,
            batch: Vec::new(),
            pending: 0,
            writing: Writing::Idle(crc64fast::Digest::new()),
            in_flight,
            counted: 0,
        }
    }

    /// The place of what has not come.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// What the system says of an earlier one; more than the range has.
    pub(super) async fn write(&mut self, piece: Bytes) -> io::Result<()> {
        let length = piece.len() as u64;
        if length > self.end - self.offset {
            return Err(io::Error::other("more came than was asked for"));
        }
        self.batch.push(piece);
        self.pending += length;
        self.offset += length;
        self.in_flight.fetch_add(length, Ordering::Relaxed);
        self.counted += length;
        match self.pending >= BATCH || self.offset == self.end {
            true => self.write_batch().await,
            false => Ok(()),
        }
    }

    /// Waits until all is written; gives the CRC-64 of the range.
    pub(super) async fn finish(mut self) -> io::Result<u64> {
        Ok(self.idle().await?.sum64())
    }

    async fn write_batch(&mut self) -> io::Result<()> {
        let mut crc64 = self.idle().await?;
        let (place, mut offset) = (Arc::clone(&self.place), self.offset - self.pending);
        let batch = mem::take(&mut self.batch);
        self.pending = 0;
        self.writing = Writing::Batch(tokio::task::spawn_blocking(move || {
            for piece in batch {
                crc64.write(&piece);
                place(&piece, offset)?;
                offset += piece.len() as u64;
            }
            Ok(crc64)
        }));
        Ok(())
    }

    /// Waits for the batch that is being written.
    async fn idle(&mut self) -> io::Result<crc64fast::Digest> {
        match mem::replace(&mut self.writing, Writing::Failed) {
            Writing::Idle(crc64) => Ok(crc64),
            Writing::Batch(batch) => batch.await.map_err(io::Error::other)?,
            Writing::Failed => Err(io::Error::other("an earlier piece could not be written")),
        }
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(self.counted, Ordering::Relaxed);
    }
}
