//! AppendObject: adds to the end of an appendable object.

use bytes::Bytes;
use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Adds to the end of an object, or makes one that can be added to. Needs `oss:PutObject`.
#[derive(Clone, Debug, Default)]
pub struct AppendObject {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Where the content goes: the present length of the object, 0 for a new one.
    pub position: u64,
    /// Headers of the object: type, class, user metadata. They count when it is made.
    pub headers: Vec<(String, String)>,
    /// What is added, unless it is streamed.
    pub body: Bytes,
}

/// An object that was added to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppendedObject {
    /// Its length now, which is where the next piece goes.
    pub next_position: u64,
    /// The CRC-64 of all of its content, if the answer says.
    pub hash_crc64: Option<u64>,
}

impl Operation for AppendObject {
    const NAME: &'static str = "AppendObject";
    type Output = AppendedObject;

    fn request(&self) -> Request {
        let mut request = Request::object(Method::POST, &self.bucket, &self.key)
            .query("append", "")
            .query("position", self.position.to_string());
        request.headers.extend_from_slice(&self.headers);
        request.body(self.body.clone())
    }

    fn decode(&self, response: &Response) -> Result<AppendedObject, DecodeError> {
        const NEXT: &str = "x-oss-next-append-position";
        Ok(AppendedObject {
            next_position: response.number(NEXT)?.ok_or(DecodeError::Missing(NEXT))?,
            hash_crc64: response.number("x-oss-hash-crc64ecma")?,
        })
    }
}
