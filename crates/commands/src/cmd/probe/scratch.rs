//! What a probe leaves in a bucket while it runs, and removes in the end.

use bytes::Bytes;
use ossutil_client::{
    Client,
    protocol::operations::{AbortMultipartUpload, DeleteObject},
};

use crate::error::{Error, Result};

/// The objects that a probe has written, or may have.
pub(super) struct Scratch {
    pub(super) client: Client,
    pub(super) bucket: String,
    /// Names what nobody else names so.
    name: String,
    keys: Vec<String>,
    /// An upload that has begun, and its key.
    upload: Option<(String, String)>,
}

impl Scratch {
    /// Nothing yet.
    pub(super) fn new(client: Client, bucket: String) -> Self {
        let name = format!("ossutil-probe-{:016x}", fastrand::u64(..));
        Self { client, bucket, name, keys: Vec::new(), upload: None }
    }

    /// A key that nobody else has; what is written there will be removed.
    pub(super) fn key(&mut self, number: usize) -> String {
        let key = format!("{}.{number}", self.name);
        self.note(&key);
        key
    }

    /// What is written to this key will be removed.
    pub(super) fn note(&mut self, key: &str) {
        if !self.keys.iter().any(|noted| noted == key) {
            self.keys.push(key.to_owned());
        }
    }

    /// Nothing was written to this key.
    pub(super) fn forget(&mut self, key: &str) {
        self.keys.retain(|noted| noted != key);
    }

    /// An upload has begun.
    pub(super) fn begun(&mut self, key: &str, upload_id: &str) {
        self.upload = Some((key.to_owned(), upload_id.to_owned()));
    }

    /// The upload has become an object.
    pub(super) fn completed(&mut self) {
        self.upload = None;
    }

    /// Removes all of it, and says what could not be removed.
    pub(super) async fn remove(self) -> Result<()> {
        let Self { client, bucket, keys, upload, .. } = self;
        let mut failure = None;
        if let Some((key, upload_id)) = upload {
            let abort = AbortMultipartUpload { bucket: bucket.clone(), key, upload_id };
            match client.send(&abort).await {
                Err(error) if !error.has_code("NoSuchUpload") => failure = Some(error),
                _ => {}
            }
        }
        for key in keys {
            let delete = DeleteObject { bucket: bucket.clone(), key, version_id: None };
            failure = client.send(&delete).await.err().or(failure);
        }
        match failure {
            None => Ok(()),
            Some(error) => Err(Error::of_client(&error)
                .hint(format!("remove what begins so: oss://{bucket}/{}", self.name))),
        }
    }
}

/// Bytes that nothing on the way can make smaller.
pub(super) fn random_bytes(length: usize) -> Bytes {
    let mut bytes = vec![0; length];
    fastrand::fill(&mut bytes);
    bytes.into()
}
