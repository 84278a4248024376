//! The ways back and across: objects into files, into standard output, into other objects.

use std::path::Path;

use ossutil_client::{
    protocol::operations::{CopySource, ObjectHead},
    transfer::{ByteRange, Carry, Copy, Download},
};

use super::{
    entry::Entry,
    local,
    route::Route,
    work::{Failure, Work, blocking},
};
use crate::error::Error;

/// How objects are read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fetching {
    /// Which bytes of each, if not all.
    pub(crate) range: Option<ByteRange>,
    /// What a copy has of its source beside the content.
    pub(crate) carry: Carry,
}

/// An object that is read.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    pub(super) key: &'a str,
    pub(super) version_id: Option<&'a str>,
    pub(super) etag: &'a str,
}

impl Work {
    /// Fetches an object into a file, whose folders are made where they are missing.
    pub(super) async fn download(
        &self,
        from: Stored<'_>,
        entry: &Entry,
        path: &Path,
    ) -> Result<(), Failure> {
        let (route, target) = (self.route.clone(), path.to_owned());
        blocking(move || {
            match &route {
                Route::Within(root) => local::make_parents(root, &target)?,
                _ => local::make_own_parents(&target)?,
            }
            match target.is_dir() && !target.is_symlink() {
                true => Err(Error::failed(format!(
                    "{} is a directory, and a file is to be written",
                    target.display()
                ))),
                false => Ok(()),
            }
        })
        .await?;
        let meter = self.meter();
        let download = self.fetching(from, entry)?;
        download.fetch(path, |progress| meter.tell(progress)).await?;
        Ok(())
    }

    /// Writes an object to standard output; gives its bytes.
    pub(super) async fn stream(&self, from: Stored<'_>, entry: &Entry) -> Result<u64, Failure> {
        let meter = self.meter();
        let download = self.fetching(from, entry)?;
        let output = Box::new(std::io::stdout());
        download.stream(output, |progress| meter.tell(progress)).await?;
        Ok(entry.size)
    }

    fn fetching(&self, from: Stored<'_>, entry: &Entry) -> Result<Download, Error> {
        let (client, bucket) = self.from()?;
        let known = ObjectHead {
            content_length: Some(entry.size),
            etag: (!from.etag.is_empty()).then(|| from.etag.to_owned()),
            ..ObjectHead::default()
        };
        Ok(Download {
            client: client.clone(),
            bucket: bucket.clone(),
            key: from.key.to_owned(),
            version_id: from.version_id.map(str::to_owned),
            range: self.fetching.range,
            known: Some(known),
            threshold: self.limits.threshold,
            part_size: self.limits.part_size,
            parallel: self.limits.parallel,
            is_resumable: true,
        })
    }

    /// Copies an object within the service.
    pub(super) async fn copy(
        &self,
        from: Stored<'_>,
        (bucket, key): (&str, &str),
    ) -> Result<(), Failure> {
        let (reader, source_bucket) = self.from()?;
        let source = CopySource {
            bucket: source_bucket.clone(),
            key: from.key.to_owned(),
            version_id: from.version_id.map(str::to_owned),
        };
        let checkpoint = self.checkpoints.of_copy(&source, bucket, key);
        let copy = Copy {
            client: self.to()?.clone(),
            reader: reader.clone(),
            source,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            headers: self.headers.clone(),
            carry: self.fetching.carry,
            threshold: self.limits.threshold,
            part_size: self.limits.part_size,
            parallel: self.limits.parallel,
            overwrite: true,
        };
        let meter = self.meter();
        let begun = |id: &str| self.begun(bucket, key, id, "");
        let copied = copy.run(Some(&checkpoint), begun, |progress| meter.tell(progress)).await;
        self.ended(bucket, key, copied).map(|_| ())
    }
}
