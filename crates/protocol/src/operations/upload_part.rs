//! UploadPart: sends one part of an upload.

use bytes::Bytes;
use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Sends a part; the same number again replaces it. Needs `oss:PutObject`.
#[derive(Clone, Debug, Default)]
pub struct UploadPart {
    /// The bucket.
    pub bucket: String,
    /// The object key the upload was started for.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// 1 to 10,000.
    pub part_number: u32,
    /// The part, unless it is streamed; all but the last need 100 KiB by the time the upload is
    /// completed.
    pub body: Bytes,
    /// The base64 MD5 of the part, for the service to check.
    pub content_md5: Option<String>,
}

/// What the service made of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadedPart {
    /// The MD5 of the part in upper-case hex, quoted.
    pub etag: String,
    /// The part's CRC-64, if the answer says.
    pub hash_crc64: Option<u64>,
}

impl Operation for UploadPart {
    const NAME: &'static str = "UploadPart";
    const ECHOES_CRC64: bool = true;
    type Output = UploadedPart;

    fn request(&self) -> Request {
        Request::object(Method::PUT, &self.bucket, &self.key)
            .query("partNumber", self.part_number.to_string())
            .query("uploadId", &self.upload_id)
            .header_if("content-md5", self.content_md5.as_ref())
            .body(self.body.clone())
    }

    fn decode(&self, response: &Response) -> Result<UploadedPart, DecodeError> {
        Ok(UploadedPart {
            etag: response.header("etag").ok_or(DecodeError::Missing("ETag"))?,
            hash_crc64: response.number("x-oss-hash-crc64ecma")?,
        })
    }
}
