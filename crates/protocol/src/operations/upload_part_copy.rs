//! UploadPartCopy: makes a part of (a range of) an object that is there already.

use http::Method;
use jiff::Timestamp;

use super::CopySource;
use crate::{DecodeError, Operation, Request, Response, xml};

/// Copies a part within the service; the same number again replaces it. Needs `oss:PutObject`,
/// and `oss:GetObject` for the source.
#[derive(Clone, Debug, Default)]
pub struct UploadPartCopy {
    /// The bucket.
    pub bucket: String,
    /// The object key the upload was started for.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// 1 to 10,000.
    pub part_number: u32,
    /// What is copied.
    pub source: CopySource,
    /// `bytes=0-99` and the like; an invalid range copies the whole object.
    pub source_range: Option<String>,
    /// Further headers, such as the `x-oss-copy-source-if-…` conditions.
    pub headers: Vec<(String, String)>,
}

/// What the service made of a copied part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopiedPart {
    /// The MD5 of the part in upper-case hex, quoted.
    pub etag: String,
    /// When the part was made.
    pub last_modified: Option<Timestamp>,
    /// The version of the source, in a bucket with versioning.
    pub source_version_id: Option<String>,
}

impl Operation for UploadPartCopy {
    const NAME: &'static str = "UploadPartCopy";
    type Output = CopiedPart;

    fn request(&self) -> Request {
        let mut request = Request::object(Method::PUT, &self.bucket, &self.key)
            .query("partNumber", self.part_number.to_string())
            .query("uploadId", &self.upload_id)
            .header("x-oss-copy-source", self.source.header())
            .header_if("x-oss-copy-source-range", self.source_range.as_ref());
        request.headers.extend_from_slice(&self.headers);
        request
    }

    fn decode(&self, response: &Response) -> Result<CopiedPart, DecodeError> {
        xml::parse(&response.body, "CopyPartResult", |root| {
            Ok(CopiedPart {
                etag: root.required("ETag")?,
                last_modified: root.time("LastModified")?,
                source_version_id: response.header("x-oss-copy-source-version-id"),
            })
        })
    }
}
