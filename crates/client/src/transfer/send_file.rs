//! Uploads a file that no upload has been begun for: in one request, or in parts.

use std::num::NonZeroUsize;

use ossutil_protocol::operations::{InitiateMultipartUpload, PutObject};

use super::{FileSource, Layout, Progress, Source, Upload};
use crate::{Client, Error};

/// Where a file goes, and how.
#[derive(Clone)]
pub struct Destination {
    /// Sends it.
    pub client: Client,
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Headers of the object: type, class, user metadata.
    pub headers: Vec<(String, String)>,
    /// Files of this many bytes and more are sent in parts.
    pub threshold: u64,
    /// Bytes of a part; chosen by the file's size if not given.
    pub part_size: Option<u64>,
    /// How many parts are sent at once.
    pub parallel: NonZeroUsize,
    /// Whether an object that exists is replaced.
    pub overwrite: bool,
}

impl Destination {
    /// Uploads a file. Before the first of several parts is sent, `begun` is given the upload: from
    /// then on it can be resumed.
    ///
    /// # Errors
    /// The first failure; no second upload is ever opened for a file.
    pub async fn send_file(
        &self,
        file: FileSource,
        begun: impl FnOnce(&Upload),
        mut tell: impl FnMut(Progress),
    ) -> Result<(), Error> {
        if file.size() < self.threshold {
            self.put(&file).await?;
            let bytes = file.size();
            tell(Progress { parts: 1, bytes, in_flight: 0, total: Some(bytes) });
            return Ok(());
        }
        let layout = match self.part_size {
            Some(part_size) => Layout::new(file.size(), part_size)?,
            None => Layout::of_size(file.size())?,
        };
        let upload = self.begin().await?;
        begun(&upload);
        upload.send(Source::File(file, layout), tell).await?;
        Ok(())
    }

    /// One request with all of the file. A file that changed meanwhile is sent as it was read.
    async fn put(&self, file: &FileSource) -> Result<(), Error> {
        let request = PutObject {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            headers: self.headers(),
            ..PutObject::default()
        };
        self.client.send_content(&request, &file.content()).await?;
        Ok(())
    }

    async fn begin(&self) -> Result<Upload, Error> {
        let begin = InitiateMultipartUpload {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            headers: self.headers(),
        };
        let begun = self.client.send(&begin).await?;
        Ok(Upload {
            client: self.client.clone(),
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            upload_id: begun.upload_id,
            arrived: Vec::new(),
            parallel: self.parallel,
            overwrite: self.overwrite,
        })
    }

    fn headers(&self) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        if !self.overwrite {
            headers.push(("x-oss-forbid-overwrite".to_owned(), "true".to_owned()));
        }
        headers
    }
}
