//! What stands where an entry is to go, and whether the entry is due all the same.

use std::fs;

use jiff::Timestamp;
use ossutil_client::protocol::operations::GetObjectMeta;

use super::{
    choice::Standing,
    entry::{Entry, Origin},
    local,
    remote::{self, last_modified},
    route::Target,
    work::{Failure, Work, blocking},
};
use crate::error::Error;

/// What is known about a target before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing yet.
    Unknown,
    /// A listing has this.
    Listed(Option<Standing>),
}

impl Work {
    /// Whether an entry is to be moved. Asks where something stands that would be replaced.
    pub(super) async fn is_due(
        &self,
        entry: &Entry,
        target: &Target,
        known: Known,
    ) -> Result<bool, Failure> {
        if !self.choice.is_timely(entry) || self.was_sent(entry, target)? {
            return Ok(false);
        }
        let compare = &self.compare;
        let compares = compare.update || compare.size_only || compare.checksum;
        let looks = compares || compare.ignore_existing || self.is_sync || !compare.force;
        // A directory of the file system is only made where there is none.
        let is_local_directory = entry.is_directory() && matches!(target, Target::File(_));
        if !looks || is_local_directory || *target == Target::Pipe {
            return Ok(true);
        }
        let Some(standing) = self.standing(target, known).await? else { return Ok(true) };
        let is_same_size = standing.size == entry.size;
        let is_unchanged = self.is_sync
            && !compares
            && !entry.is_directory()
            && is_same_size
            && self.is_unchanged(&standing, entry, target).await?;
        let is_passed_over = is_unchanged
            || compare.ignore_existing
            || compare.update && standing.is_as_new_as(entry)
            || compare.size_only && is_same_size
            || compare.checksum && is_same_size && self.has_same_content(entry, target).await?
            || entry.is_directory() && (self.is_sync || !compare.force);
        if is_passed_over {
            return Ok(false);
        }
        let is_free = compare.force || compares || self.snapshot.is_some() || self.is_dry;
        if !is_free && matches!(entry.origin, Origin::Pipe) {
            let message = format!("{target} exists, and standard input is what is to be sent");
            return Err(Error::usage(message)
                .hint("nobody can be asked that way; --force replaces it")
                .into());
        }
        Ok(is_free || self.may_replace(target).await)
    }

    /// Whether a target of the same size is what the entry is. One that was written in the same
    /// second may be of a state before or after: only the content tells.
    async fn is_unchanged(
        &self,
        standing: &Standing,
        entry: &Entry,
        target: &Target,
    ) -> Result<bool, Failure> {
        let second = |time: Option<Timestamp>| time.map(Timestamp::as_second);
        match (second(standing.modified), second(entry.modified)) {
            (Some(target), Some(source)) if target != source => Ok(target > source),
            (Some(_), Some(_)) => self.has_same_content(entry, target).await,
            _ => Ok(false),
        }
    }

    /// What stands at the target.
    async fn standing(&self, target: &Target, known: Known) -> Result<Option<Standing>, Failure> {
        if let Known::Listed(standing) = known {
            return Ok(standing);
        }
        match target {
            Target::Object { bucket, key } => self.standing_object(bucket, key).await,
            Target::File(path) => {
                let path = path.clone();
                Ok(blocking(move || Ok(fs::symlink_metadata(&path).ok().map(|d| of_file(&d))))
                    .await?)
            }
            Target::Pipe => Ok(None),
        }
    }

    async fn standing_object(&self, bucket: &str, key: &str) -> Result<Option<Standing>, Failure> {
        let request =
            GetObjectMeta { bucket: bucket.to_owned(), key: key.to_owned(), version_id: None };
        match self.to()?.send(&request).await {
            Ok(head) => Ok(Some(Standing {
                size: head.content_length.unwrap_or_default(),
                modified: last_modified(&head),
            })),
            Err(error) if error.service().is_some_and(|e| e.status.as_u16() == 404) => Ok(None),
            Err(error) => {
                let mut failure = Failure::from(error);
                let hint = "the target is looked at before it is replaced; --force does not";
                failure.error.hints.push(hint.to_owned());
                Err(failure)
            }
        }
    }

    /// Whether source and target have the same CRC64, as far as both are known.
    async fn has_same_content(&self, entry: &Entry, target: &Target) -> Result<bool, Failure> {
        let source = match &entry.origin {
            Origin::File(path) => Some(local::crc64(path).await?),
            Origin::Object { key, version_id, .. } => {
                let (client, bucket) = self.from()?;
                let head = remote::head(client, bucket, key, version_id.as_deref()).await?;
                head.and_then(|head| head.hash_crc64)
            }
            Origin::Directory(_) => return Ok(true),
            Origin::Pipe => None,
        };
        let target = match target {
            Target::File(path) => Some(local::crc64(path).await?),
            Target::Object { bucket, key } => {
                let head = remote::head(self.to()?, bucket, key, None).await?;
                head.and_then(|head| head.hash_crc64)
            }
            Target::Pipe => None,
        };
        Ok(source.is_some() && source == target)
    }

    /// Whether the snapshot knows that this was sent as it is now.
    fn was_sent(&self, entry: &Entry, target: &Target) -> Result<bool, Error> {
        match (&self.snapshot, entry.modified) {
            (Some(snapshot), Some(modified)) => {
                snapshot.has(&self.snapshot_name(entry, target), modified.as_nanosecond())
            }
            _ => Ok(false),
        }
    }

    /// Writes down that this was sent.
    pub(super) fn note_sent(&self, entry: &Entry, target: &Target) -> Result<(), Error> {
        match (&self.snapshot, entry.modified) {
            (Some(snapshot), Some(modified)) => {
                snapshot.add(self.snapshot_name(entry, target), modified.as_nanosecond())
            }
            _ => Ok(()),
        }
    }

    fn snapshot_name(&self, entry: &Entry, target: &Target) -> String {
        let absolute = |path: &std::path::Path| {
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
        };
        let source = match &entry.origin {
            Origin::File(path) | Origin::Directory(path) => absolute(path),
            Origin::Object { .. } | Origin::Pipe => self.describe(entry),
        };
        let target = match target {
            Target::File(path) => absolute(path),
            Target::Object { .. } | Target::Pipe => target.to_string(),
        };
        format!("{source}==>{target}")
    }
}

/// A file that stands somewhere.
pub(super) fn of_file(data: &fs::Metadata) -> Standing {
    Standing { size: data.len(), modified: local::modified(data) }
}
