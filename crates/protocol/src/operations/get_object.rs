//! GetObject: the content of an object.

use http::Method;

use super::ObjectHead;
use crate::{DecodeError, Operation, Request, Response};

/// Asks for an object, or a range of it; the content is the body of the answer. Needs
/// `oss:GetObject`.
#[derive(Clone, Debug, Default)]
pub struct GetObject {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
    /// `bytes=0-99` and the like.
    pub range: Option<String>,
    /// Further headers, such as conditions.
    pub headers: Vec<(String, String)>,
}

impl Operation for GetObject {
    const NAME: &'static str = "GetObject";
    /// An invalid range is answered by 200 and the whole object.
    const SUCCESS: &'static [u16] = &[200, 206];
    type Output = ObjectHead;

    fn request(&self) -> Request {
        let mut request = Request::object(Method::GET, &self.bucket, &self.key)
            .query_if("versionId", self.version_id.as_ref())
            .header_if("range", self.range.as_ref());
        request.headers.extend_from_slice(&self.headers);
        request
    }

    /// Reads the headers only: the content is streamed.
    fn decode(&self, response: &Response) -> Result<ObjectHead, DecodeError> {
        ObjectHead::read(response)
    }
}
