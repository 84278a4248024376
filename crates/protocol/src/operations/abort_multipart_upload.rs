//! AbortMultipartUpload: gives up an upload and frees its parts.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Frees the parts that have arrived. A part that is still on its way survives, so look again
/// afterwards. Needs `oss:AbortMultipartUpload`.
#[derive(Clone, Debug, Default)]
pub struct AbortMultipartUpload {
    /// The bucket.
    pub bucket: String,
    /// The object key the upload was started for.
    pub key: String,
    /// The upload.
    pub upload_id: String,
}

impl Operation for AbortMultipartUpload {
    const NAME: &'static str = "AbortMultipartUpload";
    const SUCCESS: &'static [u16] = &[204];
    type Output = ();

    fn request(&self) -> Request {
        Request::object(Method::DELETE, &self.bucket, &self.key).query("uploadId", &self.upload_id)
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
