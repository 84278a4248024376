//! The value that `ls -m` yields and that the commands of the family take: one unfinished upload.

use ossutil_client::protocol::operations::{AbortMultipartUpload, ListParts};

use crate::display::{object_url, shell_word};

/// One unfinished upload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UploadRef {
    /// The bucket.
    pub(crate) bucket: String,
    /// The key the object will have.
    pub(crate) key: String,
    /// The upload.
    pub(crate) upload_id: String,
}

impl UploadRef {
    /// The request for its parts, from the first on.
    pub(crate) fn list_parts(&self) -> ListParts {
        ListParts {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            upload_id: self.upload_id.clone(),
            part_number_marker: 0,
            max_parts: Some(1000),
        }
    }

    /// URL and id as words for a shell.
    pub(crate) fn words(&self) -> String {
        let url = format!("oss://{}/{}", self.bucket, self.key);
        format!("{} {}", shell_word(&url), shell_word(&self.upload_id))
    }

    /// The request that gives it up.
    pub(crate) fn abort(&self) -> AbortMultipartUpload {
        AbortMultipartUpload {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            upload_id: self.upload_id.clone(),
        }
    }
}

impl std::fmt::Display for UploadRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", object_url(&self.bucket, &self.key), self.upload_id)
    }
}
