//! HeadObject: what the headers of an object say.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Asks for all headers of an object. Needs `oss:GetObject`.
#[derive(Clone, Debug, Default)]
pub struct HeadObject {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
}

/// What an object's headers say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectHead {
    /// All headers of the answer, in its order.
    pub headers: Vec<(String, String)>,
    /// Bytes.
    pub content_length: Option<u64>,
    /// The entity tag, quoted.
    pub etag: Option<String>,
    /// When it was last written, as an HTTP date.
    pub last_modified: Option<String>,
    /// The storage class.
    pub storage_class: Option<String>,
    /// `Normal`, `Multipart`, `Appendable` or `Symlink`.
    pub object_type: Option<String>,
    /// The CRC-64 of the content.
    pub hash_crc64: Option<u64>,
    /// The version.
    pub version_id: Option<String>,
}

impl ObjectHead {
    /// The value of a header, whose name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Reads the headers of an answer.
    pub(super) fn read(response: &Response) -> Result<Self, DecodeError> {
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers.iter();
        Ok(Self {
            headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
            content_length: response.number("content-length")?,
            etag: response.header("etag"),
            last_modified: response.header("last-modified"),
            storage_class: response.header("x-oss-storage-class"),
            object_type: response.header("x-oss-object-type"),
            hash_crc64: response.number("x-oss-hash-crc64ecma")?,
            version_id: response.header("x-oss-version-id"),
        })
    }
}

impl Operation for HeadObject {
    const NAME: &'static str = "HeadObject";
    type Output = ObjectHead;

    fn request(&self) -> Request {
        Request::object(Method::HEAD, &self.bucket, &self.key)
            .query_if("versionId", self.version_id.as_ref())
    }

    fn decode(&self, response: &Response) -> Result<ObjectHead, DecodeError> {
        ObjectHead::read(response)
    }
}
