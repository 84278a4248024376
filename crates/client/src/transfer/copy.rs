//! Copies an object within the service: in one request, or by an upload whose parts are ranges of
//! the source, going on with what an earlier run has begun.

use std::{collections::BTreeMap, num::NonZeroUsize, ops::Range, sync::Arc};

use futures_util::{StreamExt, stream};
use ossutil_protocol::{
    names,
    operations::{
        CompleteMultipartUpload, CopyObject, CopySource, GetObjectTagging, HeadObject, ObjectHead,
        Tag, UploadPartCopy,
    },
};

use super::{
    Checkpoint, Completion, Expected, Layout, Progress, complete,
    complete::multipart_etag,
    opening::{Left, Open, Opening},
    progress,
};
use crate::{Client, Context, Error};

/// The largest object that the service copies by one request, in bytes.
pub const MAX_SINGLE_COPY: u64 = 1 << 30;

/// The size of parts where nothing asks for another, in bytes. No byte of them passes through here.
const DEFAULT_PART_SIZE: u64 = 64 << 20;

/// How often a copy begins again because its source has changed, or its upload is gone.
pub(super) const MAX_ROUNDS: u32 = 3;

/// The headers of an object that describe its content. Beside `x-oss-meta-…` they are its metadata.
pub const DESCRIPTION: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];

/// What a copy takes over of its source beside the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carry {
    /// Nothing.
    Nothing,
    /// Tags only: the metadata are those among the headers.
    Tags,
    /// Content type and the like, and user metadata.
    Metadata,
    /// The same, and tags. The access control list is never taken over: a copy has the one among
    /// its headers.
    #[default]
    MetadataAndTags,
}

impl Carry {
    fn has_metadata(self) -> bool {
        matches!(self, Self::Metadata | Self::MetadataAndTags)
    }

    fn has_tags(self) -> bool {
        matches!(self, Self::Tags | Self::MetadataAndTags)
    }
}

/// An object that is copied.
#[derive(Clone)]
pub struct Copy {
    /// Sends to the target's bucket.
    pub client: Client,
    /// Asks about the source: a client of its bucket.
    pub reader: Client,
    /// What is copied.
    pub source: CopySource,
    /// The bucket of the target.
    pub bucket: String,
    /// The key of the target.
    pub key: String,
    /// Headers of the copy. Metadata among them replace those of the source that have their names,
    /// and `x-oss-tagging` replaces all tags.
    pub headers: Vec<(String, String)>,
    /// What is taken over.
    pub carry: Carry,
    /// Objects of this many bytes and more are copied in parts; those above [`MAX_SINGLE_COPY`]
    /// always are.
    pub threshold: u64,
    /// Bytes of a part; chosen by the object's size if not given.
    pub part_size: Option<u64>,
    /// How many parts are copied at once.
    pub parallel: NonZeroUsize,
    /// Whether an object that exists is replaced.
    pub overwrite: bool,
}

/// A part that is there.
struct CopiedPart {
    number: u32,
    etag: String,
    size: u64,
}

impl Copy {
    /// Copies it, and sees that the copy has the size and the CRC-64 of the source. `begun` and the
    /// checkpoint are as for an upload ([`send_file`](super::Destination::send_file)).
    ///
    /// A source that changes meanwhile is copied anew.
    ///
    /// # Errors
    /// The first failure. An upload that has begun stays unfinished, unless it is of no use.
    pub async fn run(
        &self,
        checkpoint: Option<&Checkpoint>,
        mut begun: impl FnMut(&str),
        mut tell: impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let mut round = 1;
        loop {
            let source = self.head().await?;
            let size = source.content_length.unwrap_or_default();
            let outcome = match size < self.threshold && size <= MAX_SINGLE_COPY {
                true => self.copy(&source, checkpoint, &mut tell).await,
                false => self.copy_parts(&source, checkpoint, &mut begun, &mut tell).await,
            };
            match outcome {
                Err(error) if round < MAX_ROUNDS && is_passing(&error) => {
                    tracing::info!("the copy begins again: {error}");
                    round += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn head(&self) -> Result<ObjectHead, Error> {
        let head = HeadObject {
            bucket: self.source.bucket.clone(),
            key: self.source.key.clone(),
            version_id: self.source.version_id.clone(),
        };
        self.reader.send(&head).await
    }

    /// Copies it by one request.
    async fn copy(
        &self,
        source: &ObjectHead,
        checkpoint: Option<&Checkpoint>,
        tell: &mut impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let replaces = !self.carry.has_metadata() || self.headers.iter().any(is_metadata);
        let mut headers = match replaces {
            true => self.metadata(source),
            false => self.headers.clone(),
        };
        headers.extend(condition(source));
        if !self.overwrite {
            headers.push(("x-oss-forbid-overwrite".to_owned(), "true".to_owned()));
        }
        let size = source.content_length.unwrap_or_default();
        let replaces_tags = !self.carry.has_tags() || self.has_tags();
        let directive = |replaces: bool| replaces.then(|| "REPLACE".to_owned());
        let request = CopyObject {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            source: self.source.clone(),
            metadata_directive: directive(replaces),
            tagging_directive: directive(replaces_tags),
            headers,
        };
        let copied = self.client.send(&request).await?;
        self.opening(&[], source, Layout::of_size(size)?, checkpoint).clear().await?;
        let object = ObjectHead {
            content_length: Some(size),
            etag: Some(copied.etag),
            hash_crc64: copied.hash_crc64,
            version_id: copied.version_id,
            ..ObjectHead::default()
        };
        match expected(source).difference(&object) {
            Some(what) => Err(Error::Mismatch { context: self.context(), what }),
            None => {
                tell(Progress { parts: 1, bytes: size, in_flight: 0, total: Some(size) });
                Ok(object)
            }
        }
    }

    /// Copies it range by range.
    async fn copy_parts(
        &self,
        source: &ObjectHead,
        checkpoint: Option<&Checkpoint>,
        begun: &mut impl FnMut(&str),
        tell: &mut impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let size = source.content_length.unwrap_or_default();
        let mut headers = self.metadata(source);
        headers.extend(self.tags(source).await?);
        let layout = match self.part_size {
            Some(part_size) => Layout::new(size, part_size)?,
            None => Layout::of_size_from(size, DEFAULT_PART_SIZE)?,
        };
        let opening = self.opening(&headers, source, layout, checkpoint);
        let open = match opening.look().await? {
            Left::Unfinished(open) => open,
            Left::Gone(layout) => match opening.became(layout).await? {
                Some(object) if is_copy(source, &object) => {
                    return opening.forget().map(|()| object);
                }
                _ => opening.begin().await?,
            },
            Left::Nothing => opening.begin().await?,
        };
        begun(&open.upload_id);
        let outcome = match self.send_parts(source, &open, tell).await {
            Ok(parts) => self.complete(source, &open.upload_id, &parts).await,
            Err(error) => Err(error),
        };
        match &outcome {
            Ok(_) => opening.forget()?,
            // What has arrived is of a source that is no more.
            Err(error) if is_passing(error) => {
                opening.abort(&open.upload_id).await;
                opening.forget()?;
            }
            Err(_) => {}
        }
        outcome
    }

    fn opening<'a>(
        &'a self,
        headers: &'a [(String, String)],
        source: &ObjectHead,
        layout: Layout,
        checkpoint: Option<&'a Checkpoint>,
    ) -> Opening<'a> {
        let etag = source.etag.as_deref().unwrap_or_default();
        Opening {
            client: &self.client,
            bucket: &self.bucket,
            key: &self.key,
            headers,
            overwrite: self.overwrite,
            checkpoint,
            source: format!("{} bytes, {etag}", layout.size()),
            layout,
        }
    }

    /// Copies the parts that are not there.
    async fn send_parts(
        &self,
        source: &ObjectHead,
        open: &Open,
        tell: &mut impl FnMut(Progress),
    ) -> Result<Vec<CopiedPart>, Error> {
        let arrived: BTreeMap<u32, &str> =
            open.arrived.iter().map(|part| (part.part_number, &*part.etag)).collect();
        let work = stream::iter(open.layout.ranges())
            .map(|(number, range)| {
                let kept = arrived.get(&number).map(|etag| (*etag).to_owned());
                self.send_part(source, &open.upload_id, number, range, kept)
            })
            .buffer_unordered(self.parallel.get());
        let start = Progress { total: Some(open.layout.size()), ..Progress::default() };
        let size = |part: &CopiedPart| part.size;
        let mut parts = progress::run(work, start, &Arc::default(), size, tell).await?;
        parts.sort_unstable_by_key(|part| part.number);
        Ok(parts)
    }

    async fn send_part(
        &self,
        source: &ObjectHead,
        upload_id: &str,
        number: u32,
        range: Range<u64>,
        kept: Option<String>,
    ) -> Result<CopiedPart, Error> {
        let size = range.end - range.start;
        if let Some(etag) = kept {
            return Ok(CopiedPart { number, etag, size });
        }
        let request = UploadPartCopy {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            upload_id: upload_id.to_owned(),
            part_number: number,
            source: self.source.clone(),
            source_range: (size > 0).then(|| format!("bytes={}-{}", range.start, range.end - 1)),
            headers: condition(source).into_iter().collect(),
        };
        let etag = self.client.send(&request).await?.etag;
        Ok(CopiedPart { number, etag, size })
    }

    async fn complete(
        &self,
        source: &ObjectHead,
        upload_id: &str,
        parts: &[CopiedPart],
    ) -> Result<ObjectHead, Error> {
        let completion = Completion {
            expected: Expected {
                etag: Some(multipart_etag(parts.iter().map(|part| &*part.etag))),
                ..expected(source)
            },
            request: CompleteMultipartUpload {
                bucket: self.bucket.clone(),
                key: self.key.clone(),
                upload_id: upload_id.to_owned(),
                parts: parts.iter().map(|part| (part.number, part.etag.clone())).collect(),
                complete_all: false,
                forbid_overwrite: !self.overwrite,
            },
        };
        complete(&self.client, &completion).await
    }

    /// The headers of the copy, those it takes over among them.
    fn metadata(&self, source: &ObjectHead) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        if self.carry.has_metadata() {
            let is_new = |name: &str| !self.headers.iter().any(|(own, _)| is_same(own, name));
            let taken = source.headers.iter().filter(|header| is_metadata(header));
            headers.extend(taken.filter(|(name, _)| is_new(name)).cloned());
        }
        headers
    }

    /// The tags it takes over, as a header: an upload gets them when it is begun.
    async fn tags(&self, source: &ObjectHead) -> Result<Option<(String, String)>, Error> {
        let is_tagged = |(name, _): &(String, String)| is_same(name, "x-oss-tagging-count");
        let takes = self.carry.has_tags() && !self.has_tags();
        if !takes || !source.headers.iter().any(is_tagged) {
            return Ok(None);
        }
        let CopySource { bucket, key, version_id } = self.source.clone();
        let tags = self.reader.send(&GetObjectTagging { bucket, key, version_id }).await?;
        let text = |tag: &Tag| format!("{}={}", names::encode(&tag.key), names::encode(&tag.value));
        let text: Vec<String> = tags.iter().map(text).collect();
        Ok(Some(("x-oss-tagging".to_owned(), text.join("&"))))
    }

    fn has_tags(&self) -> bool {
        self.headers.iter().any(|(name, _)| is_same(name, "x-oss-tagging"))
    }

    fn context(&self) -> Context {
        Context {
            operation: "CopyObject",
            bucket: Some(self.bucket.clone()),
            key: Some(self.key.clone()),
        }
    }
}

/// What a copy should be.
fn expected(source: &ObjectHead) -> Expected {
    let size = source.content_length.unwrap_or_default();
    Expected { size, etag: None, crc64: source.hash_crc64 }
}

fn is_copy(source: &ObjectHead, object: &ObjectHead) -> bool {
    let has_checksums = source.hash_crc64.is_some() && object.hash_crc64.is_some();
    has_checksums && expected(source).difference(object).is_none()
}

/// Only the source as it was seen is copied.
pub(super) fn condition(source: &ObjectHead) -> Option<(String, String)> {
    let etag = source.etag.clone()?;
    Some(("x-oss-copy-source-if-match".to_owned(), etag))
}

/// Whether the copy can begin again: the source has changed, or the upload is gone.
pub(super) fn is_passing(error: &Error) -> bool {
    error.has_code("NoSuchUpload")
        || error.service().is_some_and(|error| matches!(error.status.as_u16(), 304 | 412))
}

fn is_same(name: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(other)
}

pub(super) fn is_metadata((name, _): &(String, String)) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("x-oss-meta-") || DESCRIPTION.contains(&&*name)
}
