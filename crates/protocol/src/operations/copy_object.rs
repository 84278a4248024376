//! CopyObject: makes an object of one that is there already. And what every copy has: a source.

use http::Method;
use jiff::Timestamp;

use crate::{DecodeError, Operation, Request, Response, names, xml};

/// What is copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopySource {
    /// The bucket that has it.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
}

/// Copies an object of at most 1 GiB within the service, also onto itself. Needs `oss:PutObject`,
/// and `oss:GetObject` for the source.
#[derive(Clone, Debug, Default)]
pub struct CopyObject {
    /// The bucket.
    pub bucket: String,
    /// The key the copy will have.
    pub key: String,
    /// What is copied.
    pub source: CopySource,
    /// `COPY`, as when nothing is said, or `REPLACE`: whether the metadata are those of the source
    /// or those among the headers.
    pub metadata_directive: Option<String>,
    /// The same for the tags.
    pub tagging_directive: Option<String>,
    /// Headers of the copy, and the `x-oss-copy-source-if-…` conditions.
    pub headers: Vec<(String, String)>,
}

/// What the service made of a copied object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopiedObject {
    /// The entity tag, quoted.
    pub etag: String,
    /// When the copy was made.
    pub last_modified: Option<Timestamp>,
    /// The CRC-64 of the content, if the answer says.
    pub hash_crc64: Option<u64>,
    /// The version that was made, in a bucket with versioning.
    pub version_id: Option<String>,
    /// The version of the source, in a bucket with versioning.
    pub source_version_id: Option<String>,
}

impl CopySource {
    /// The `x-oss-copy-source` header.
    pub(super) fn header(&self) -> String {
        let path = format!("/{}/{}", self.bucket, names::encode_path(&self.key));
        match &self.version_id {
            Some(id) => format!("{path}?versionId={}", names::encode(id)),
            None => path,
        }
    }
}

impl Operation for CopyObject {
    const NAME: &'static str = "CopyObject";
    type Output = CopiedObject;

    fn request(&self) -> Request {
        let mut request = Request::object(Method::PUT, &self.bucket, &self.key)
            .header("x-oss-copy-source", self.source.header())
            .header_if("x-oss-metadata-directive", self.metadata_directive.as_ref())
            .header_if("x-oss-tagging-directive", self.tagging_directive.as_ref());
        request.headers.extend_from_slice(&self.headers);
        request
    }

    fn decode(&self, response: &Response) -> Result<CopiedObject, DecodeError> {
        xml::parse(&response.body, "CopyObjectResult", |root| {
            Ok(CopiedObject {
                etag: root.required("ETag")?,
                last_modified: root.time("LastModified")?,
                hash_crc64: response.number("x-oss-hash-crc64ecma")?,
                version_id: response.header("x-oss-version-id"),
                source_version_id: response.header("x-oss-copy-source-version-id"),
            })
        })
    }
}
