//! DeleteObject: removes an object, or one version of it.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Removes an object; one that does not exist counts as removed. Needs `oss:DeleteObject`.
#[derive(Clone, Debug, Default)]
pub struct DeleteObject {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version to remove for good.
    pub version_id: Option<String>,
}

impl Operation for DeleteObject {
    const NAME: &'static str = "DeleteObject";
    const SUCCESS: &'static [u16] = &[204];
    type Output = ();

    fn request(&self) -> Request {
        Request::object(Method::DELETE, &self.bucket, &self.key)
            .query_if("versionId", self.version_id.as_ref())
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
