//! How far a transfer is, told as pieces end and in between.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, TryStreamExt};

use crate::Error;

/// How often progress is told while no piece ends.
const TICK: Duration = Duration::from_millis(250);

/// How far a transfer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Parts that are done.
    pub parts: u32,
    /// Bytes of those parts.
    pub bytes: u64,
    /// Bytes of parts that are on their way.
    pub in_flight: u64,
    /// Bytes in all, where that is known beforehand.
    pub total: Option<u64>,
}

/// Runs `work` to its end, telling progress beyond `done`; `bytes_of` says what a piece that has ended adds.
pub(super) async fn run<T>(
    work: impl Stream<Item = Result<T, Error>>,
    mut done: Progress,
    in_flight: &Arc<AtomicU64>,
    bytes_of: impl Fn(&T) -> u64,
    mut tell: impl FnMut(Progress),
) -> Result<Vec<T>, Error> {
    let mut work = pin!(work);
    let mut pieces = Vec::new();
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            piece = work.try_next() => {
                let Some(piece) = piece? else { return Ok(pieces) };
                done.parts += 1;
                done.bytes += bytes_of(&piece);
                pieces.push(piece);
            }
            _ = ticks.tick() => {}
        }
        tell(Progress { in_flight: in_flight.load(Ordering::Relaxed), ..done });
    }
}
