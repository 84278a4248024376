//! DeleteObjectTagging: removes the tags of an object.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Removes all tags of an object. Needs `oss:DeleteObjectTagging`.
#[derive(Clone, Debug, Default)]
pub struct DeleteObjectTagging {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
}

impl Operation for DeleteObjectTagging {
    const NAME: &'static str = "DeleteObjectTagging";
    const SUCCESS: &'static [u16] = &[204];
    type Output = ();

    fn request(&self) -> Request {
        Request::object(Method::DELETE, &self.bucket, &self.key)
            .query("tagging", "")
            .query_if("versionId", self.version_id.as_ref())
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
