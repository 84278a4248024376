//! Sends the parts of an upload that are not there yet, and completes it.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{Arc, atomic::AtomicU64},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::TryStreamExt;
use ossutil_protocol::operations::{CompleteMultipartUpload, ObjectHead, Part, UploadPart};

use super::{
    Completion, Expected, LayoutError, Progress, Source, complete,
    complete::{hex, multipart_etag},
    crc64, progress,
    source::{FileSource, Piece},
};
use crate::{Client, Content, Digests, Error};

/// How much of what can be read only once is held in memory, in bytes, unless one part has more.
const MAX_HELD: u64 = 512 << 20;

/// An upload that has been started, by this program or another.
#[derive(Clone)]
pub struct Upload {
    /// Sends it.
    pub client: Client,
    /// The bucket.
    pub bucket: String,
    /// The key the object will have.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// The parts that have arrived.
    pub arrived: Vec<Part>,
    /// How many parts are sent at once.
    pub parallel: NonZeroUsize,
    /// Whether an object that exists is replaced.
    pub overwrite: bool,
    /// Whether the MD5 of each part goes with it, for the service to check.
    pub content_md5: bool,
}

/// A part that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPart {
    /// Its number.
    pub number: u32,
    /// Its entity tag.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// The CRC-64 of what it was read from.
    pub crc64: u64,
    /// Whether it had arrived before.
    pub was_kept: bool,
}

/// What an upload came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// All parts, in their order.
    pub parts: Vec<SentPart>,
    /// The object they make.
    pub object: ObjectHead,
}

impl Upload {
    /// Sends the parts of `source` that are not there, completes the upload, and sees that the
    /// object is the source.
    ///
    /// A part that has arrived is kept if its MD5 is that of the source, and sent again if not.
    /// Dropping the future stops it; what has arrived then stays, and the upload can be resumed.
    ///
    /// # Errors
    /// The first failure. Until the upload is completed it can be resumed.
    pub async fn send(&self, source: Source, tell: impl FnMut(Progress)) -> Result<Sent, Error> {
        let file = match &source {
            Source::File(file, _) => Some(file.clone()),
            Source::Reader(..) => None,
        };
        let parts = self.send_parts(source, tell).await?;
        if let Some(file) = file {
            check_unchanged(&file)?;
        }
        let completion = self.completion(&parts);
        Ok(Sent { parts, object: complete(&self.client, &completion).await? })
    }

    /// Sends the parts that are not there, at most so many at once.
    async fn send_parts(
        &self,
        source: Source,
        tell: impl FnMut(Progress),
    ) -> Result<Vec<SentPart>, Error> {
        let arrived: BTreeMap<u32, &Part> =
            self.arrived.iter().map(|part| (part.part_number, part)).collect();
        let in_flight = Arc::new(AtomicU64::new(0));
        let start = Progress { total: source.size(), ..Progress::default() };
        let part_size = source.part_size();
        let parallel = self.parallel_for(&source);
        let work = source
            .pieces()
            .map_ok(|piece| self.send_piece(piece, &arrived, part_size, &in_flight))
            .try_buffer_unordered(parallel);
        let size = |part: &SentPart| part.size;
        let mut sent = progress::run(work, start, &in_flight, size, tell).await?;
        sent.sort_unstable_by_key(|part| part.number);
        check_end(&arrived, &sent, part_size)?;
        Ok(sent)
    }

    /// What can be read only once is in memory while it is sent.
    fn parallel_for(&self, source: &Source) -> usize {
        match source {
            Source::File(..) => self.parallel.get(),
            Source::Reader(_, part_size) => {
                let held = usize::try_from(MAX_HELD / part_size).unwrap_or(usize::MAX);
                self.parallel.get().min(held).max(1)
            }
        }
    }

    /// Keeps a part that is there already, or sends it.
    async fn send_piece(
        &self,
        piece: Piece,
        arrived: &BTreeMap<u32, &Part>,
        part_size: u64,
        in_flight: &Arc<AtomicU64>,
    ) -> Result<SentPart, Error> {
        let Piece { number, content } = piece;
        let size = content.len();
        if let Some(part) = arrived.get(&number) {
            check_size(part, size, part_size)?;
            let digests = digests(&content).await?;
            let md5 = hex(&digests.md5);
            if part.etag.trim_matches('"').eq_ignore_ascii_case(&md5) {
                let (etag, crc64) = (part.etag.clone(), digests.crc64);
                return Ok(SentPart { number, etag, size, crc64, was_kept: true });
            }
            tracing::info!("part {number} is not that of the source and is sent again");
        }
        let request = UploadPart {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            upload_id: self.upload_id.clone(),
            part_number: number,
            content_md5: match self.content_md5 {
                true => Some(content_md5(&content).await?),
                false => None,
            },
            ..UploadPart::default()
        };
        let content = content.metered(Arc::clone(in_flight));
        let (answer, crc64) = self.client.send_content(&request, &content).await?;
        Ok(SentPart { number, etag: answer.etag, size, crc64, was_kept: false })
    }

    fn completion(&self, parts: &[SentPart]) -> Completion {
        let etags = parts.iter().map(|part| part.etag.as_str());
        Completion {
            expected: Expected {
                size: parts.iter().map(|part| part.size).sum(),
                etag: Some(multipart_etag(etags)),
                crc64: Some(crc64::combine_all(parts.iter().map(|part| (part.crc64, part.size)))),
            },
            request: CompleteMultipartUpload {
                bucket: self.bucket.clone(),
                key: self.key.clone(),
                upload_id: self.upload_id.clone(),
                parts: parts.iter().map(|part| (part.number, part.etag.clone())).collect(),
                complete_all: false,
                forbid_overwrite: !self.overwrite,
            },
        }
    }
}

/// The digests of a content.
pub(super) async fn digests(content: &Content) -> Result<Digests, Error> {
    content.digests().await.map_err(|error| Error::Content { source: Box::new(error) })
}

/// The `Content-MD5` of a content.
pub(super) async fn content_md5(content: &Content) -> Result<String, Error> {
    Ok(BASE64_STANDARD.encode(digests(content).await?.md5))
}

fn check_unchanged(file: &FileSource) -> Result<(), Error> {
    match file.is_unchanged() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::Changed),
        Err(error) => Err(Error::Content { source: Box::new(error) }),
    }
}

/// Whether a part that has arrived has the size of the piece in its place.
fn check_size(part: &Part, due: u64, part_size: u64) -> Result<(), LayoutError> {
    let (number, size) = (part.part_number, u64::try_from(part.size).unwrap_or_default());
    match () {
        () if size == due => Ok(()),
        () if due == part_size => Err(LayoutError::Uneven { number, size, part_size }),
        () => Err(LayoutError::Rest { number, size, due }),
    }
}

/// Whether all parts that have arrived lie within the source, now that its end is known.
fn check_end(
    arrived: &BTreeMap<u32, &Part>,
    sent: &[SentPart],
    part_size: u64,
) -> Result<(), LayoutError> {
    let last = sent.last().map_or(0, |part| part.number);
    match arrived.range(last + 1..).next() {
        None => Ok(()),
        Some((&number, part)) => {
            let start = u64::from(number - 1) * part_size;
            let end = start + u64::try_from(part.size).unwrap_or_default();
            let size = sent.iter().map(|part| part.size).sum();
            Err(LayoutError::Beyond { number, end, size })
        }
    }
}
