//! Which upload a transfer goes into: the one an earlier run began, if it can be known, or a new
//! one. No run leaves an upload behind that no later run finds.

use std::{cmp::Reverse, future};

use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use ossutil_protocol::operations::{
    AbortMultipartUpload, HeadObject, InitiateMultipartUpload, ListMultipartUploads, ListParts,
    ObjectHead, Part, Upload,
};

use super::{
    Checkpoint, FileSource, Layout,
    checkpoint::{Record, digest},
    complete::hex,
    upload::digests,
};
use crate::{
    Client, Error,
    listing::{self, Entry},
};

/// How far the service's clock may be from ours.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// A target that is written by an upload.
pub(super) struct Opening<'a> {
    pub(super) client: &'a Client,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    /// Headers of the object.
    pub(super) headers: &'a [(String, String)],
    /// Whether an object that exists is replaced.
    pub(super) overwrite: bool,
    pub(super) checkpoint: Option<&'a Checkpoint>,
    /// What the source is, now.
    pub(super) source: String,
    /// How the source lies in parts, unless an upload that has begun says otherwise.
    pub(super) layout: Layout,
}

/// An upload to send to.
pub(super) struct Open {
    pub(super) upload_id: String,
    pub(super) layout: Layout,
    /// The parts that are there and have the size they should have.
    pub(super) arrived: Vec<Part>,
}

/// What an earlier run left.
pub(super) enum Left {
    /// Nothing that is of use.
    Nothing,
    /// An upload that is unfinished still.
    Unfinished(Open),
    /// The upload of this source in this layout is gone: completed, or aborted.
    Gone(Layout),
}

impl Opening<'_> {
    /// What the checkpoint remembers.
    pub(super) async fn look(&self) -> Result<Left, Error> {
        let Some(checkpoint) = self.checkpoint else { return Ok(Left::Nothing) };
        let Some(record) = checkpoint.load()? else { return Ok(Left::Nothing) };
        let layout = Layout::new(self.layout.size(), record.part_size);
        let (true, Ok(layout)) = (record.state == self.state(), layout) else {
            self.discard(&record).await?;
            return Ok(Left::Nothing);
        };
        let Some(upload_id) = &record.upload_id else {
            let Some(upload_id) = self.find_empty(record.opened).await? else {
                return Ok(Left::Nothing);
            };
            self.remember(layout, record.opened, Some(&upload_id))?;
            return Ok(Left::Unfinished(Open { upload_id, layout, arrived: Vec::new() }));
        };
        Ok(match self.arrived(upload_id).await? {
            Some(arrived) => {
                let arrived = fitting(arrived, layout);
                Left::Unfinished(Open { upload_id: upload_id.clone(), layout, arrived })
            }
            None => Left::Gone(layout),
        })
    }

    /// Opens a new upload. That one is about to be opened is remembered first: a run that is killed
    /// before it knows the id leaves an upload that the next one finds.
    pub(super) async fn begin(&self) -> Result<Open, Error> {
        let opened = self.client.now();
        self.remember(self.layout, opened, None)?;
        let mut headers = self.headers.to_vec();
        if !self.overwrite {
            headers.push(("x-oss-forbid-overwrite".to_owned(), "true".to_owned()));
        }
        let (bucket, key) = (self.bucket.to_owned(), self.key.to_owned());
        let begin = InitiateMultipartUpload { bucket, key, headers };
        let upload_id = match self.client.send(&begin).await {
            Ok(begun) => begun.upload_id,
            Err(error) => {
                // A refusal opened nothing; any other failure may have.
                if error.service().is_some_and(|error| error.status.is_client_error()) {
                    self.forget()?;
                }
                return Err(error);
            }
        };
        self.remember(self.layout, opened, Some(&upload_id))?;
        Ok(Open { upload_id, layout: self.layout, arrived: Vec::new() })
    }

    /// An unfinished upload of this key that may be of this file, whoever began it: all sizes agree,
    /// and so does the content of a part, if there is any. Of several, the one of which most parts
    /// are the file's. Those that are not are found once more when they are due, and sent again.
    pub(super) async fn adopt(&self, file: &FileSource) -> Result<Option<Open>, Error> {
        let mut candidates = Vec::new();
        for Upload { upload_id, .. } in self.uploads().await? {
            let Some(arrived) = self.arrived(&upload_id).await? else { continue };
            if let Ok(layout) = Layout::adopt(&sizes(&arrived), self.layout.size()) {
                candidates.push(Open { upload_id, layout, arrived });
            }
        }
        candidates.sort_by_key(|open| Reverse(open.arrived.len()));
        let (mut best, mut most) = (None, 0);
        for open in candidates {
            // No later one can have more.
            if best.is_some() && open.arrived.len() <= most {
                break;
            }
            let alike = count_alike(file, &open).await?;
            if alike > most || best.is_none() && open.arrived.is_empty() {
                (best, most) = (Some(open), alike);
            }
        }
        if let Some(open) = &best {
            self.remember(open.layout, self.client.now(), Some(&open.upload_id))?;
        }
        Ok(best)
    }

    /// The object, if it may be what an upload in this layout became.
    pub(super) async fn became(&self, layout: Layout) -> Result<Option<ObjectHead>, Error> {
        let (bucket, key) = (self.bucket.to_owned(), self.key.to_owned());
        let object = match self.client.send(&HeadObject { bucket, key, version_id: None }).await {
            Ok(object) => object,
            Err(error) if error.service().is_some() => return Ok(None),
            Err(error) => return Err(error),
        };
        let ending = format!("-{}", layout.parts());
        let etag = object.etag.as_deref().unwrap_or_default().trim_matches('"');
        let is_alike = object.content_length == Some(layout.size()) && etag.ends_with(&ending);
        Ok(is_alike.then_some(object))
    }

    /// Gives up whatever is remembered: the target is written without an upload.
    pub(super) async fn clear(&self) -> Result<(), Error> {
        match self.checkpoint.map(Checkpoint::load).transpose()?.flatten() {
            Some(record) => self.discard(&record).await,
            None => Ok(()),
        }
    }

    /// Forgets the upload: it is completed, or of no use.
    pub(super) fn forget(&self) -> Result<(), Error> {
        self.checkpoint.map_or(Ok(()), Checkpoint::remove)
    }

    /// Aborts an upload that is of no use, as far as that is allowed.
    pub(super) async fn abort(&self, upload_id: &str) {
        let abort = AbortMultipartUpload {
            bucket: self.bucket.to_owned(),
            key: self.key.to_owned(),
            upload_id: upload_id.to_owned(),
        };
        match self.client.send(&abort).await {
            Err(error) if !error.has_code("NoSuchUpload") => {
                tracing::warn!("the upload {upload_id} is of no use and stays unfinished: {error}");
            }
            _ => {}
        }
    }

    /// Gives up an upload that was of another state of the source, or had other headers.
    async fn discard(&self, record: &Record) -> Result<(), Error> {
        let upload_id = match &record.upload_id {
            Some(upload_id) => Some(upload_id.clone()),
            None => self.find_empty(record.opened).await?,
        };
        if let Some(upload_id) = upload_id {
            tracing::info!("the upload {upload_id} is of something else by now");
            self.abort(&upload_id).await;
        }
        self.forget()
    }

    /// An upload of this key that was opened at about this time, and has no part: the one of a run
    /// that was killed before it knew the id.
    async fn find_empty(&self, opened: Timestamp) -> Result<Option<String>, Error> {
        let earliest = opened.checked_sub(MAX_SKEW).unwrap_or(opened);
        for Upload { upload_id, initiated, .. } in self.uploads().await? {
            let is_late = initiated.is_none_or(|initiated| initiated >= earliest);
            if is_late && self.arrived(&upload_id).await?.is_some_and(|parts| parts.is_empty()) {
                return Ok(Some(upload_id));
            }
        }
        Ok(None)
    }

    /// The unfinished uploads of exactly this key, the latest first; none where they must not be
    /// listed.
    async fn uploads(&self) -> Result<Vec<Upload>, Error> {
        let list = ListMultipartUploads {
            bucket: self.bucket.to_owned(),
            prefix: self.key.to_owned(),
            ..ListMultipartUploads::default()
        };
        // In order, this key comes before all others that begin with it.
        let client =
            self.client.clone().with_listing(listing::Mode { requests: 1, is_ordered: true });
        let is_of_key = |entry: &Entry<Upload>| {
            future::ready(Ok(matches!(entry, Entry::Item(upload) if upload.key == self.key)))
        };
        let found = listing::entries(&client, list).try_take_while(is_of_key);
        let found: Result<Vec<Entry<Upload>>, Error> = found.try_collect().await;
        let mut uploads = match found {
            Err(error) if error.has_code("AccessDenied") => Vec::new(),
            found => found?.into_iter().filter_map(Entry::into_item).collect(),
        };
        uploads.sort_by_key(|upload| Reverse(upload.initiated));
        Ok(uploads)
    }

    /// The parts of an upload; nothing when the service does not know it.
    async fn arrived(&self, upload_id: &str) -> Result<Option<Vec<Part>>, Error> {
        let list = ListParts {
            bucket: self.bucket.to_owned(),
            key: self.key.to_owned(),
            upload_id: upload_id.to_owned(),
            ..ListParts::default()
        };
        match listing::entries(self.client, list).try_collect().await {
            Ok(parts) => Ok(Some(parts)),
            Err(error) if error.has_code("NoSuchUpload") => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remember(
        &self,
        layout: Layout,
        opened: Timestamp,
        upload_id: Option<&str>,
    ) -> Result<(), Error> {
        let Some(checkpoint) = self.checkpoint else { return Ok(()) };
        checkpoint.save(&self.state(), layout.part_size(), opened, upload_id)
    }

    /// A digest of what is sent and of what is asked for.
    fn state(&self) -> String {
        let headers = self.headers.iter().flat_map(|(name, value)| [name, value]);
        let texts = std::iter::once(&self.source).chain(headers);
        digest(texts.map(String::as_bytes))
    }
}

fn sizes(arrived: &[Part]) -> Vec<(u32, u64)> {
    let size = |part: &Part| u64::try_from(part.size).unwrap_or_default();
    arrived.iter().map(|part| (part.part_number, size(part))).collect()
}

/// The parts that can be of this layout; the others are sent again, or left out.
fn fitting(mut arrived: Vec<Part>, layout: Layout) -> Vec<Part> {
    arrived.retain(|part| {
        u64::try_from(part.size).is_ok_and(|size| layout.check(part.part_number, size).is_ok())
    });
    arrived
}

/// How many parts that have arrived are what the file holds in their places.
async fn count_alike(file: &FileSource, open: &Open) -> Result<usize, Error> {
    let mut arrived = open.arrived.iter().peekable();
    let mut alike = 0;
    for (number, range) in open.layout.ranges() {
        let Some(part) = arrived.next_if(|part| part.part_number == number) else { continue };
        let digests = digests(&file.content_of(range)).await?;
        let is_alike = part.etag.trim_matches('"').eq_ignore_ascii_case(&hex(&digests.md5));
        alike += usize::from(is_alike);
    }
    Ok(alike)
}
