//! The content of a request: bytes, or a range of a file. It is read anew for each attempt, a
//! piece at a time, and its CRC-64 is computed as it goes out.

use std::{
    fmt,
    fs::File,
    io, mem,
    ops::Range,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use md5::{Digest, Md5};
use tokio::{
    task::JoinHandle,
    time::{Instant, Sleep},
};

use crate::{Limiter, position::read_exact_at};

/// How much is read and sent at a time, in bytes: enough for the way to another thread and back to
/// cost little beside it.
const CHUNK: usize = 1 << 20;

/// The content of a request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Content {
    source: Source,
    in_flight: Option<Arc<AtomicU64>>,
}

#[derive(Clone, Debug)]
enum Source {
    Bytes(Bytes),
    File { file: Arc<File>, range: Range<u64> },
}

/// The digests of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    /// The MD5.
    pub md5: [u8; 16],
    /// The CRC-64/XZ.
    pub crc64: u64,
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self { source: Source::Bytes(bytes), in_flight: None }
    }
}

impl Content {
    /// A range of a file, in bytes. A file that turns out to be shorter fails the request.
    pub fn file(file: Arc<File>, range: Range<u64>) -> Self {
        Self { source: Source::File { file, range }, in_flight: None }
    }

    /// Counts in `in_flight` the bytes that an attempt has sent, as long as it lasts.
    pub(crate) fn metered(self, in_flight: Arc<AtomicU64>) -> Self {
        Self { in_flight: Some(in_flight), ..self }
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        self.source.len()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Begins to read it from the start.
    pub fn open(&self) -> Outgoing {
        Outgoing {
            rest: self.source.clone(),
            remaining: self.len(),
            buffers: Buffers::default(),
            ahead: None,
            crc64: crc64fast::Digest::new(),
            progress: Arc::new(Progress::new()),
            in_flight: self.in_flight.clone(),
            counted: 0,
            pace: None,
        }
    }

    /// Reads it for its digests, beside the runtime.
    ///
    /// # Errors
    /// A file that cannot be read, or is shorter than the range.
    pub async fn digests(&self) -> io::Result<Digests> {
        let start = (Md5::new(), crc64fast::Digest::new());
        let (md5, crc64) = self
            .read_through(start, |(md5, crc64), chunk| {
                md5.update(chunk);
                crc64.write(chunk);
            })
            .await?;
        Ok(Digests { md5: md5.finalize().into(), crc64: crc64.sum64() })
    }

    /// Reads it for its CRC-64 alone, which takes a fraction of the time.
    ///
    /// # Errors
    /// As for [`digests`](Self::digests).
    pub async fn crc64(&self) -> io::Result<u64> {
        let start = crc64fast::Digest::new();
        let crc64 = self.read_through(start, crc64fast::Digest::write).await?;
        Ok(crc64.sum64())
    }

    async fn read_through<T: Send + 'static>(
        &self,
        mut state: T,
        take: impl Fn(&mut T, &[u8]) + Send + 'static,
    ) -> io::Result<T> {
        let mut rest = self.source.clone();
        let read = move || {
            let mut buffers = Buffers::default();
            loop {
                let chunk = rest.read(&mut buffers)?;
                if chunk.is_empty() {
                    return Ok(state);
                }
                take(&mut state, &chunk);
            }
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

/// What is read into. Its pieces come back to it when they have been sent, so that a transfer
/// needs few of them; a piece that is sent still leaves the next one to new memory.
#[derive(Default)]
struct Buffers([BytesMut; 2]);

impl Buffers {
    /// The one that has waited longest, `length` bytes of it.
    fn next(&mut self, length: usize) -> &mut BytesMut {
        self.0.rotate_left(1);
        let [buffer, _] = &mut self.0;
        buffer.resize(length, 0);
        buffer
    }
}

impl Source {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { range, .. } => range.end - range.start,
        }
    }

    /// Takes the next piece off the front; empty at the end.
    fn read(&mut self, buffers: &mut Buffers) -> io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.split_to(bytes.len().min(CHUNK))),
            Self::File { file, range } => {
                let length = (range.end - range.start).min(CHUNK as u64);
                let buffer = buffers.next(usize::try_from(length).unwrap_or(CHUNK));
                read_exact_at(file, buffer, range.start).map_err(shorter)?;
                range.start += length;
                Ok(buffer.split().freeze())
            }
        }
    }
}

fn shorter(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            io::Error::new(error.kind(), "the file became shorter while it was being read")
        }
        _ => error,
    }
}

/// The content of one attempt on its way out: a stream of pieces.
pub struct Outgoing {
    rest: Source,
    /// Bytes that have not been handed out.
    remaining: u64,
    buffers: Buffers,
    /// The piece that is being read while the last one is sent.
    ahead: Option<JoinHandle<(Source, Buffers, io::Result<Bytes>)>>,
    crc64: crc64fast::Digest,
    progress: Arc<Progress>,
    in_flight: Option<Arc<AtomicU64>>,
    /// What this attempt has added to `in_flight`.
    counted: u64,
    pace: Option<Pace>,
}

/// What a limit holds back.
struct Pace {
    limiter: Arc<Limiter>,
    /// What was read and has not been handed out.
    held: Bytes,
    /// Until when the next piece waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

/// How far an attempt has got with its content.
#[derive(Debug)]
pub(crate) struct Progress {
    last: Mutex<Instant>,
    crc64: AtomicU64,
    is_stopped: AtomicBool,
}

impl Progress {
    fn new() -> Self {
        let last = Mutex::new(Instant::now());
        Self { last, crc64: AtomicU64::new(0), is_stopped: AtomicBool::new(false) }
    }

    /// When a piece was last taken to be sent.
    pub(crate) fn last(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, to: Instant) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    /// The CRC-64 of what was sent, once all of it was.
    pub(crate) fn crc64(&self) -> u64 {
        self.crc64.load(Ordering::Acquire)
    }

    /// Ends the attempt: after an early answer nobody reads the rest.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
    }
}

impl Outgoing {
    /// Bytes that are still to come.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Hands it out no faster than the limiter lets it.
    pub(crate) fn paced(mut self, limiter: Option<Arc<Limiter>>) -> Self {
        self.pace = limiter.map(|limiter| Pace { limiter, held: Bytes::new(), waiting: None });
        self
    }

    /// The next piece, once it may pass.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let Some(mut pace) = self.pace.take() else { return self.poll_read(context) };
        let piece = self.poll_paced(&mut pace, context);
        self.pace = Some(pace);
        piece
    }

    fn poll_paced(
        &mut self,
        pace: &mut Pace,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Bytes>> {
        if pace.held.is_empty() {
            pace.held = ready!(self.poll_read(context))?;
        }
        let length = pace.held.len().min(pace.limiter.piece());
        let waiting = pace.waiting.get_or_insert_with(|| {
            let may_pass = pace.limiter.reserve(length);
            // To wait for the limit is no standstill.
            self.progress.advance(may_pass);
            Box::pin(tokio::time::sleep_until(may_pass))
        });
        ready!(waiting.as_mut().poll(context));
        pace.waiting = None;
        Poll::Ready(Ok(pace.held.split_to(length)))
    }

    /// The next piece as it is read. That of a file is read beside the runtime, one ahead of what is sent.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if let Source::Bytes(_) = &self.rest {
            return Poll::Ready(self.rest.read(&mut self.buffers));
        }
        let mut reading = self.ahead.take().unwrap_or_else(|| self.read_ahead());
        let Poll::Ready(read) = Pin::new(&mut reading).poll(context) else {
            self.ahead = Some(reading);
            return Poll::Pending;
        };
        let chunk;
        (self.rest, self.buffers, chunk) = read.map_err(io::Error::other)?;
        let chunk = chunk?;
        if self.rest.len() > 0 {
            self.ahead = Some(self.read_ahead());
        }
        Poll::Ready(Ok(chunk))
    }

    fn read_ahead(&mut self) -> JoinHandle<(Source, Buffers, io::Result<Bytes>)> {
        let (mut source, mut buffers) = (self.rest.clone(), mem::take(&mut self.buffers));
        tokio::task::spawn_blocking(move || {
            let chunk = source.read(&mut buffers);
            (source, buffers, chunk)
        })
    }
}

impl Stream for Outgoing {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        if self.progress.is_stopped.load(Ordering::Acquire) {
            return Poll::Ready(Some(Err(io::Error::other("no longer wanted"))));
        }
        let chunk = ready!(self.poll_piece(context))?;
        let length = chunk.len() as u64;
        self.remaining -= length;
        self.crc64.write(&chunk);
        self.progress.advance(Instant::now());
        if self.remaining == 0 {
            self.progress.crc64.store(self.crc64.sum64(), Ordering::Release);
        }
        if let Some(in_flight) = &self.in_flight {
            in_flight.fetch_add(length, Ordering::Relaxed);
            self.counted += length;
        }
        Poll::Ready(Some(Ok(chunk)))
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("remaining", &self.remaining).finish_non_exhaustive()
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if let Some(in_flight) = &self.in_flight {
            in_flight.fetch_sub(self.counted, Ordering::Relaxed);
        }
    }
}
