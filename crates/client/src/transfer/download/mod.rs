//! Fetches an object into a file: in ranges that run side by side, into a temporary file beside the
//! target, which takes the target's name only once its checksum is that of the object. Or into
//! anything that can be written to, in order.

mod batch;
mod direct;
mod landing;
mod range;
mod stream;
mod writer;

use std::{
    io,
    num::NonZeroUsize,
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicU64},
};

use futures_util::{StreamExt, TryStreamExt, stream as streams};
use ossutil_protocol::operations::{GetObject, HeadObject, ObjectHead};

pub use self::range::ByteRange;
use self::{
    landing::Landing,
    writer::{Place, Writer},
};
use super::{Layout, Progress, checkpoint::digest, crc64, progress};
use crate::{
    AnswerBody, Client, Context, Error, TransportError, TransportErrorKind,
    retry::{Verdict, judge},
};

/// How often a download begins again because the object has changed.
const MAX_ROUNDS: u32 = 3;

/// An object that is to be fetched.
#[derive(Clone)]
pub struct Download {
    /// Fetches it.
    pub client: Client,
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
    /// Which bytes of it, if not all.
    pub range: Option<ByteRange>,
    /// What is known of it: its size at least. Spares the question.
    pub known: Option<ObjectHead>,
    /// What has this many bytes and more is fetched in ranges.
    pub threshold: u64,
    /// Bytes of such a range, at least 1; chosen by the size if not given.
    pub part_size: Option<u64>,
    /// How many ranges are fetched at once.
    pub parallel: NonZeroUsize,
    /// Whether what was fetched of several ranges stays when the download fails or is stopped, so
    /// that the next one to the same target goes on with it.
    pub is_resumable: bool,
}

/// A range that has been written.
struct Piece {
    range: Range<u64>,
    crc64: u64,
}

/// What is being fetched, and where to.
struct Run<'a> {
    download: &'a Download,
    object: &'a ObjectHead,
    /// What is wanted of the object.
    wanted: Range<u64>,
    place: Place,
    /// The file, if it is one.
    landing: Option<&'a Landing>,
    /// An answer that is there already.
    first: Mutex<Option<AnswerBody>>,
    in_flight: Arc<AtomicU64>,
    /// The CRC-64 of the whole object, if the first answer says it.
    answered: OnceLock<Option<u64>>,
}

impl Download {
    /// The download of all of an object, in one request.
    pub fn of(client: Client, bucket: String, key: String) -> Self {
        Self {
            client,
            bucket,
            key,
            version_id: None,
            range: None,
            known: None,
            threshold: u64::MAX,
            part_size: None,
            parallel: NonZeroUsize::MIN,
            is_resumable: false,
        }
    }

    /// Writes the object to `target`, which is replaced at once and whole or not at all.
    ///
    /// An object that changes meanwhile is fetched anew. Dropping the future leaves nothing behind
    /// but what a resumable download goes on with.
    ///
    /// # Errors
    /// The service's refusal, a target that cannot be written, or content that is not the object's.
    pub async fn fetch(
        &self,
        target: &Path,
        mut tell: impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let mut known = self.known.clone();
        for _ in 1..MAX_ROUNDS {
            match self.fetch_once(known.take(), target, &mut tell).await {
                Err(error) if error.has_code("PreconditionFailed") => {
                    tracing::info!("the object changed while it was being fetched: {error}");
                }
                outcome => return outcome,
            }
        }
        self.fetch_once(None, target, &mut tell).await
    }

    async fn fetch_once(
        &self,
        known: Option<ObjectHead>,
        target: &Path,
        tell: &mut impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let object = match known {
            Some(object) => object,
            None => self.head().await?,
        };
        let wanted = self.wanted(object.content_length.unwrap_or_default())?;
        let size = wanted.end - wanted.start;
        let part_size = self.part_size(size)?;
        let failed = |source| Error::Save { path: target.to_owned(), source };
        let landing = self.landing(target, &object, &wanted, part_size).map_err(failed)?;
        let place = landing.place(size > part_size);
        let run = Run { landing: Some(&landing), ..Run::new(self, &object, wanted, place) };
        run.fetch(part_size, tell).await?;
        landing.persist(target.to_owned()).await.map_err(failed)?;
        Ok(object)
    }

    async fn head(&self) -> Result<ObjectHead, Error> {
        let head = HeadObject {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            version_id: self.version_id.clone(),
        };
        self.client.send(&head).await
    }

    /// Which bytes of an object of `size` bytes are wanted.
    fn wanted(&self, size: u64) -> Result<Range<u64>, Error> {
        match self.range {
            None => Ok(0..size),
            Some(range) => range.within(size).ok_or_else(|| {
                Error::Invalid(format!("the object has {size} bytes, none of them in the range"))
            }),
        }
    }

    fn part_size(&self, size: u64) -> Result<u64, Error> {
        match self.part_size {
            _ if size < self.threshold => Ok(size.max(1)),
            Some(part_size) => Ok(part_size.max(1)),
            None => Ok(Layout::of_size(size)?.part_size()),
        }
    }

    /// The file to write to. Only what comes in several ranges can be gone on with; but a file of a
    /// known name is found by the next run in any case.
    fn landing(
        &self,
        target: &Path,
        object: &ObjectHead,
        wanted: &Range<u64>,
        part_size: u64,
    ) -> io::Result<Landing> {
        let size = wanted.end - wanted.start;
        if !self.is_resumable {
            return Landing::new(target, size);
        }
        let version = self.version_id.as_deref().unwrap_or_default();
        let file = target.file_name().unwrap_or_default().as_encoded_bytes();
        let names = [self.bucket.as_bytes(), self.key.as_bytes(), version.as_bytes(), file];
        let etag = object.etag.as_ref().filter(|_| size > part_size);
        let head =
            etag.map(|etag| format!("ossutil download 1 {etag} {}-{}", wanted.start, wanted.end));
        Landing::shared(target, &digest(names), head.as_deref(), size)
    }

    /// Asks for a range of the object as it was when the download began.
    async fn open(
        &self,
        range: Option<&Range<u64>>,
        object: &ObjectHead,
    ) -> Result<(ObjectHead, AnswerBody), Error> {
        let mut headers = Vec::new();
        if range.is_some() {
            headers.push(("x-oss-range-behavior".to_owned(), "standard".to_owned()));
        }
        headers.extend(object.etag.iter().map(|etag| ("if-match".to_owned(), etag.clone())));
        let request = GetObject {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            version_id: self.version_id.clone(),
            range: range.map(|range| format!("bytes={}-{}", range.start, range.end - 1)),
            headers,
        };
        self.client.open(&request).await
    }

    fn context(&self) -> Context {
        Context {
            operation: "GetObject",
            bucket: Some(self.bucket.clone()),
            key: Some(self.key.clone()),
        }
    }
}

impl<'a> Run<'a> {
    fn new(
        download: &'a Download,
        object: &'a ObjectHead,
        wanted: Range<u64>,
        place: Place,
    ) -> Self {
        Self {
            download,
            object,
            wanted,
            place,
            landing: None,
            first: Mutex::default(),
            in_flight: Arc::default(),
            answered: OnceLock::new(),
        }
    }

    /// Fetches what is wanted in ranges of so many bytes, and compares the checksum, if that is
    /// all of the object.
    async fn fetch(&self, part_size: u64, tell: &mut impl FnMut(Progress)) -> Result<(), Error> {
        let size = self.wanted.end - self.wanted.start;
        let work = streams::iter(ranges(size, part_size))
            .map(|range| self.fetch_range(range))
            .buffer_unordered(self.download.parallel.get());
        let start = Progress { total: Some(size), ..Progress::default() };
        let length = |piece: &Piece| piece.range.end - piece.range.start;
        let mut pieces = progress::run(work, start, &self.in_flight, length, tell).await?;
        pieces.sort_unstable_by_key(|piece| piece.range.start);
        let received = crc64::combine_all(pieces.iter().map(|piece| (piece.crc64, length(piece))));
        match self.whole_crc64().await?.filter(|sent| *sent != received) {
            Some(sent) => Err(Error::Damaged { context: self.download.context(), sent, received }),
            None => Ok(()),
        }
    }

    /// The CRC-64 of what is wanted, if that is all of the object and the service says it.
    async fn whole_crc64(&self) -> Result<Option<u64>, Error> {
        if !self.is_all(&self.wanted) {
            return Ok(None);
        }
        Ok(match (self.object.hash_crc64, self.answered.get()) {
            (Some(crc64), _) => Some(crc64),
            (None, Some(crc64)) => *crc64,
            (None, None) if self.wanted.is_empty() => None,
            // All of it was there already.
            (None, None) => {
                let object = self.download.head().await?;
                object.hash_crc64.filter(|_| object.etag == self.object.etag)
            }
        })
    }

    /// Fetches one range, unless it is there already; a stream that breaks goes on where it was.
    async fn fetch_range(&self, range: Range<u64>) -> Result<Piece, Error> {
        if let Some(landing) = self.landing
            && let Some(crc64) = landing.kept(&range).await
        {
            return Ok(Piece { range, crc64 });
        }
        let policy = self.download.client.retry();
        let place = Arc::clone(&self.place);
        let mut writer = Writer::new(place, range.start, range.end, &self.in_flight);
        let mut failures = 0;
        while writer.offset() < range.end {
            let before = writer.offset();
            let body = self.open(before..range.end).await?;
            let error = match self.receive(body, &mut writer).await {
                Ok(()) if writer.offset() == range.end => break,
                Ok(()) => self.broken(ended_early()),
                Err(error) => error,
            };
            failures = if writer.offset() > before { 1 } else { failures + 1 };
            if judge(&error, true) != Verdict::Retry || failures >= policy.attempts {
                return Err(error);
            }
            tracing::info!("going on at byte {}: {error}", writer.offset());
            tokio::time::sleep(policy.wait(failures)).await;
        }
        let crc64 = writer.finish().await.map_err(|source| self.unwritten(source))?;
        if let Some(landing) = self.landing {
            landing.note(&range, crc64);
        }
        Ok(Piece { range, crc64 })
    }

    /// Asks for a range of what is wanted.
    async fn open(&self, range: Range<u64>) -> Result<AnswerBody, Error> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(first) = first {
            return Ok(first);
        }
        let range = self.wanted.start + range.start..self.wanted.start + range.end;
        let asked = (!self.is_all(&range)).then_some(&range);
        let (answer, body) = self.download.open(asked, self.object).await?;
        let _ = self.answered.set(answer.hash_crc64);
        match answer.content_length {
            Some(length) if length != range.end - range.start => {
                let what = format!("asked for {range:?}, the service sends {length} bytes");
                Err(Error::Mismatch { context: self.download.context(), what })
            }
            _ => Ok(body),
        }
    }

    async fn receive(&self, mut body: AnswerBody, writer: &mut Writer<'_>) -> Result<(), Error> {
        while let Some(piece) = body.try_next().await.map_err(|source| self.broken(source))? {
            writer.write(&piece).await.map_err(|source| self.unwritten(source))?;
        }
        Ok(())
    }

    fn is_all(&self, range: &Range<u64>) -> bool {
        *range == (0..self.object.content_length.unwrap_or_default())
    }

    fn broken(&self, source: TransportError) -> Error {
        let Download { bucket, key, .. } = self.download;
        let url = format!("oss://{bucket}/{key}");
        Error::Transport { context: self.download.context(), url, source }
    }

    fn unwritten(&self, source: io::Error) -> Error {
        match self.landing {
            Some(landing) => Error::Save { path: landing.path.clone(), source },
            None => Error::Output(source),
        }
    }
}

fn ended_early() -> TransportError {
    let source = "the answer ended early".into();
    TransportError { kind: TransportErrorKind::Broken, source }
}

/// `size` bytes in ranges of `part_size`.
fn ranges(size: u64, part_size: u64) -> impl Iterator<Item = Range<u64>> {
    let starts = (0..size).step_by(usize::try_from(part_size).unwrap_or(usize::MAX));
    starts.map(move |start| start..start.saturating_add(part_size).min(size))
}
