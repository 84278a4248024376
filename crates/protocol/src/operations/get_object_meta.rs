//! GetObjectMeta: the short form of HeadObject.

use http::Method;

use super::ObjectHead;
use crate::{DecodeError, Operation, Request, Response};

/// Asks for size, ETag and time of an object only. Needs `oss:GetObject`.
#[derive(Clone, Debug, Default)]
pub struct GetObjectMeta {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
}

impl Operation for GetObjectMeta {
    const NAME: &'static str = "GetObjectMeta";
    type Output = ObjectHead;

    fn request(&self) -> Request {
        Request::object(Method::HEAD, &self.bucket, &self.key)
            .query("objectMeta", "")
            .query_if("versionId", self.version_id.as_ref())
    }

    fn decode(&self, response: &Response) -> Result<ObjectHead, DecodeError> {
        ObjectHead::read(response)
    }
}
