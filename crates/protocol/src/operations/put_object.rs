//! PutObject: writes an object in one request.

use bytes::Bytes;
use http::Method;

use super::UploadedPart;
use crate::{DecodeError, Operation, Request, Response};

/// Writes an object of at most 5 GiB. Needs `oss:PutObject`.
#[derive(Clone, Debug, Default)]
pub struct PutObject {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Headers of the object: type, class, user metadata.
    pub headers: Vec<(String, String)>,
    /// The content, unless it is streamed.
    pub body: Bytes,
}

impl Operation for PutObject {
    const NAME: &'static str = "PutObject";
    const ECHOES_CRC64: bool = true;
    /// An object says of itself what a part does.
    type Output = UploadedPart;

    fn request(&self) -> Request {
        let mut request = Request::object(Method::PUT, &self.bucket, &self.key);
        request.headers.extend_from_slice(&self.headers);
        request.body(self.body.clone())
    }

    /// The object is written whatever else the answer says: nothing is done with its ETag.
    fn decode(&self, response: &Response) -> Result<UploadedPart, DecodeError> {
        Ok(UploadedPart {
            etag: response.header("etag").unwrap_or_default(),
            hash_crc64: response.number("x-oss-hash-crc64ecma")?,
        })
    }
}
