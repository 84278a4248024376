//! Fetches an object into a file: in ranges that run side by side, into a temporary file beside the
//! target, which takes the target's name only once its checksum is that of the object.

use std::{
    fs::{self, File},
    io,
    num::NonZeroUsize,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{StreamExt, TryStreamExt, stream};
use ossutil_protocol::operations::{GetObject, HeadObject, ObjectHead};
use ring::rand::{SecureRandom, SystemRandom};

use super::{Progress, crc64, progress};
use crate::{
    AnswerBody, Client, Context, Error,
    position::write_all_at,
    retry::{Policy, Verdict, judge},
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
    /// Bytes of a range; at least 1.
    pub part_size: u64,
    /// How many ranges are fetched at once.
    pub parallel: NonZeroUsize,
}

/// A range that has been written.
struct Piece {
    range: Range<u64>,
    crc64: u64,
}

impl Download {
    /// Writes the object to `target`, which is replaced at once and whole or not at all.
    ///
    /// An object that changes meanwhile is fetched anew. Dropping the future leaves nothing behind.
    ///
    /// # Errors
    /// The service's refusal, a target that cannot be written, or content that is not the object's.
    pub async fn fetch(
        &self,
        target: &Path,
        mut tell: impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        for _ in 1..MAX_ROUNDS {
            match self.fetch_once(target, &mut tell).await {
                Err(error) if error.has_code("PreconditionFailed") => {
                    tracing::info!("the object changed while it was being fetched: {error}");
                }
                outcome => return outcome,
            }
        }
        self.fetch_once(target, &mut tell).await
    }

    async fn fetch_once(
        &self,
        target: &Path,
        tell: &mut impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let head = HeadObject {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            version_id: self.version_id.clone(),
        };
        let object = self.client.send(&head).await?;
        let size = object.content_length.unwrap_or_default();
        let failed = |source| Error::Save { path: target.to_owned(), source };
        let temporary = Temporary::beside(target, size).map_err(failed)?;
        let in_flight = Arc::new(AtomicU64::new(0));
        let starts = (0..size).step_by(usize::try_from(self.part_size).unwrap_or(usize::MAX));
        let ranges = starts.map(|start| start..start.saturating_add(self.part_size).min(size));
        let work = stream::iter(ranges)
            .map(|range| self.fetch_range(range, &object, &temporary, &in_flight))
            .buffer_unordered(self.parallel.get());
        let length = |piece: &Piece| piece.range.end - piece.range.start;
        let mut pieces = progress::run(work, Some(size), &in_flight, length, tell).await?;
        pieces.sort_unstable_by_key(|piece| piece.range.start);
        let received = crc64::combine_all(pieces.iter().map(|piece| (piece.crc64, length(piece))));
        if let Some(sent) = object.hash_crc64.filter(|sent| *sent != received) {
            return Err(Error::Damaged { context: self.context(), sent, received });
        }
        temporary.persist(target.to_owned()).await.map_err(failed)?;
        Ok(object)
    }

    /// Fetches one range; a stream that breaks goes on where it was.
    async fn fetch_range(
        &self,
        range: Range<u64>,
        object: &ObjectHead,
        temporary: &Temporary,
        in_flight: &AtomicU64,
    ) -> Result<Piece, Error> {
        let policy = Policy::default();
        let mut writer = Writer {
            file: Arc::clone(&temporary.file),
            offset: range.start,
            end: range.end,
            crc64: crc64fast::Digest::new(),
            in_flight,
            counted: 0,
        };
        let mut failures = 0;
        while writer.offset < range.end {
            let before = writer.offset;
            let body = self.open(before..range.end, object).await?;
            let Err(error) = self.write(body, &mut writer, &temporary.path).await else { continue };
            failures = if writer.offset > before { 1 } else { failures + 1 };
            if judge(&error, true) != Verdict::Retry || failures >= policy.attempts {
                return Err(error);
            }
            tracing::info!("going on at byte {}: {error}", writer.offset);
            tokio::time::sleep(policy.wait(failures)).await;
        }
        Ok(Piece { crc64: writer.crc64.sum64(), range })
    }

    /// Asks for a range of the object as it was when the download began.
    async fn open(&self, range: Range<u64>, object: &ObjectHead) -> Result<AnswerBody, Error> {
        let mut headers = vec![("x-oss-range-behavior".to_owned(), "standard".to_owned())];
        headers.extend(object.etag.iter().map(|etag| ("if-match".to_owned(), etag.clone())));
        let request = GetObject {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            version_id: self.version_id.clone(),
            range: Some(format!("bytes={}-{}", range.start, range.end - 1)),
            headers,
        };
        let (answer, body) = self.client.open(&request).await?;
        match answer.content_length {
            Some(length) if length != range.end - range.start => {
                let what = format!("asked for {range:?}, the service sends {length} bytes");
                Err(Error::Mismatch { context: self.context(), what })
            }
            _ => Ok(body),
        }
    }

    async fn write(
        &self,
        mut body: AnswerBody,
        writer: &mut Writer<'_>,
        path: &Path,
    ) -> Result<(), Error> {
        loop {
            let piece = body.try_next().await.map_err(|source| Error::Transport {
                context: self.context(),
                url: format!("oss://{}/{}", self.bucket, self.key),
                source,
            })?;
            let Some(piece) = piece else { return Ok(()) };
            let written = writer.write(piece).await;
            written.map_err(|source| Error::Save { path: path.to_owned(), source })?;
        }
    }

    fn context(&self) -> Context {
        Context {
            operation: "GetObject",
            bucket: Some(self.bucket.clone()),
            key: Some(self.key.clone()),
        }
    }
}

/// Writes the pieces of one range.
struct Writer<'a> {
    file: Arc<File>,
    offset: u64,
    end: u64,
    crc64: crc64fast::Digest,
    in_flight: &'a AtomicU64,
    /// What this range has added to `in_flight`.
    counted: u64,
}

impl Writer<'_> {
    async fn write(&mut self, piece: bytes::Bytes) -> io::Result<()> {
        let length = piece.len() as u64;
        if length > self.end - self.offset {
            return Err(io::Error::other("more came than was asked for"));
        }
        self.crc64.write(&piece);
        let (file, offset) = (Arc::clone(&self.file), self.offset);
        let write = move || write_all_at(&file, &piece, offset);
        tokio::task::spawn_blocking(write).await.map_err(io::Error::other)??;
        self.offset += length;
        self.in_flight.fetch_add(length, Ordering::Relaxed);
        self.counted += length;
        Ok(())
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(self.counted, Ordering::Relaxed);
    }
}

/// A file beside the target that is removed unless it takes the target's name.
struct Temporary {
    path: PathBuf,
    file: Arc<File>,
}

impl Temporary {
    fn beside(target: &Path, size: u64) -> io::Result<Self> {
        let mut random = [0; 8];
        SystemRandom::new().fill(&mut random).map_err(|_| io::Error::other("no random numbers"))?;
        let name = format!(".ossutil-{:016x}.part", u64::from_le_bytes(random));
        let path = target.with_file_name(name);
        let file = File::options().write(true).create_new(true).open(&path)?;
        let temporary = Self { path, file: Arc::new(file) };
        temporary.file.set_len(size)?;
        Ok(temporary)
    }

    /// Gives it the target's name once it is on the disk.
    async fn persist(self, target: PathBuf) -> io::Result<()> {
        let persist = move || {
            self.file.sync_all()?;
            fs::rename(&self.path, &target)?;
            // The name lasts once the folder is on the disk too; not every system can do that.
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            let _ =
                File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
            Ok(())
        };
        tokio::task::spawn_blocking(persist).await.map_err(io::Error::other)?
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Once renamed, there is nothing of this name.
        let _ = fs::remove_file(&self.path);
    }
}
