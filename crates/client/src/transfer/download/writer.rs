//! Writes what comes of one range, beside the runtime: one batch is written while the next comes.

use std::{
    io, mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::JoinHandle;

use super::batch::Batch;

/// What writes bytes to where they belong: an offset, where what is written to has any.
pub(super) type Place = Arc<dyn Fn(&[u8], u64) -> io::Result<()> + Send + Sync>;

/// Writes the pieces of one range, in their order.
pub(super) struct Writer<'a> {
    place: Place,
    end: u64,
    /// What has come and is not being written yet.
    batch: Batch,
    writing: Writing,
    in_flight: &'a AtomicU64,
    /// What this range has added to `in_flight`.
    counted: u64,
}

/// The CRC-64 so far and a batch that is free, here or with the batch that is being written.
enum Writing {
    Idle(crc64fast::Digest, Option<Batch>),
    Busy(JoinHandle<io::Result<(crc64fast::Digest, Batch)>>),
    Failed,
}

impl<'a> Writer<'a> {
    pub(super) fn new(place: Place, start: u64, end: u64, in_flight: &'a AtomicU64) -> Self {
        Self {
            place,
            end,
            batch: Batch::new(start, end),
            writing: Writing::Idle(crc64fast::Digest::new(), None),
            in_flight,
            counted: 0,
        }
    }

    /// The place of what has not come.
    pub(super) fn offset(&self) -> u64 {
        self.batch.end()
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// What the system says of an earlier one; more than the range has.
    pub(super) async fn write(&mut self, mut piece: &[u8]) -> io::Result<()> {
        let length = piece.len() as u64;
        if length > self.end - self.offset() {
            return Err(io::Error::other("more came than was asked for"));
        }
        self.in_flight.fetch_add(length, Ordering::Relaxed);
        self.counted += length;
        while !piece.is_empty() {
            piece = self.batch.fill(piece);
            if self.batch.is_full() || self.offset() == self.end {
                self.write_batch().await?;
            }
        }
        Ok(())
    }

    /// Waits until all is written; gives the CRC-64 of the range.
    pub(super) async fn finish(mut self) -> io::Result<u64> {
        Ok(self.idle().await?.0.sum64())
    }

    async fn write_batch(&mut self) -> io::Result<()> {
        let (mut crc64, free) = self.idle().await?;
        let next = self.offset();
        let free = match free {
            Some(mut free) => {
                free.restart(next);
                free
            }
            None => Batch::new(next, self.end),
        };
        let batch = mem::replace(&mut self.batch, free);
        let place = Arc::clone(&self.place);
        self.writing = Writing::Busy(tokio::task::spawn_blocking(move || {
            crc64.write(batch.content());
            place(batch.content(), batch.offset())?;
            Ok((crc64, batch))
        }));
        Ok(())
    }

    /// Waits for the batch that is being written.
    async fn idle(&mut self) -> io::Result<(crc64fast::Digest, Option<Batch>)> {
        match mem::replace(&mut self.writing, Writing::Failed) {
            Writing::Idle(crc64, free) => Ok((crc64, free)),
            Writing::Busy(batch) => {
                let (crc64, free) = batch.await.map_err(io::Error::other)??;
                Ok((crc64, Some(free)))
            }
            Writing::Failed => Err(io::Error::other("an earlier piece could not be written")),
        }
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(self.counted, Ordering::Relaxed);
    }
}
