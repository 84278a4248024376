//! CompleteMultipartUpload: makes an object of the parts of an upload.

use http::Method;

use crate::{DecodeError, Operation, Request, Response, xml};

/// Makes the object. Needs `oss:PutObject`.
#[derive(Clone, Debug, Default)]
pub struct CompleteMultipartUpload {
    /// The bucket.
    pub bucket: String,
    /// The object key the upload was started for.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// Part numbers, strictly ascending, with the ETag of each.
    pub parts: Vec<(u32, String)>,
    /// Takes all parts the service has, in place of a list.
    pub complete_all: bool,
    /// Refuses when the object exists.
    pub forbid_overwrite: bool,
}

/// The object that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompletedUpload {
    /// Its URL.
    pub location: String,
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Its entity tag, which is no MD5.
    pub etag: String,
    /// The CRC-64 of the whole object, if the answer says.
    pub hash_crc64: Option<u64>,
    /// The version that was made, in a bucket with versioning.
    pub version_id: Option<String>,
}

impl CompleteMultipartUpload {
    /// Reads the body of such a request: part numbers and ETags, these without quotes.
    ///
    /// # Errors
    /// A body that is no list of parts.
    pub fn parse_body(body: &[u8]) -> Result<Vec<(u32, String)>, DecodeError> {
        xml::parse_lenient(body, "CompleteMultipartUpload", |root| {
            let part = |element: xml::Element<'_, '_>| {
                let number = element.number("PartNumber")?;
                let number = number.ok_or(DecodeError::Missing("PartNumber"))?;
                let etag = element.text("ETag").ok_or(DecodeError::Missing("ETag"))?;
                Ok((number, etag.trim().trim_matches('"').to_owned()))
            };
            root.all("Part").map(part).collect()
        })
    }

    fn body(&self) -> Vec<u8> {
        xml::Writer::document("CompleteMultipartUpload", |root| {
            for (number, etag) in &self.parts {
                root.element("Part", |part| {
                    part.text("PartNumber", number);
                    part.text("ETag", etag);
                });
            }
        })
    }
}

impl Operation for CompleteMultipartUpload {
    const NAME: &'static str = "CompleteMultipartUpload";
    type Output = CompletedUpload;

    fn request(&self) -> Request {
        let request = Request::object(Method::POST, &self.bucket, &self.key)
            .query("uploadId", &self.upload_id)
            .query("encoding-type", "url")
            .header_if("x-oss-forbid-overwrite", self.forbid_overwrite.then_some("true"));
        match self.complete_all {
            true => request.header("x-oss-complete-all", "yes"),
            false => request.header("content-type", "application/xml").body(self.body()),
        }
    }

    fn decode(&self, response: &Response) -> Result<CompletedUpload, DecodeError> {
        xml::parse(&response.body, "CompleteMultipartUploadResult", |root| {
            Ok(CompletedUpload {
                location: root.text_or_empty("Location"),
                bucket: root.text_or_empty("Bucket"),
                key: root.decoded("Key", root.encoding())?.unwrap_or_default(),
                etag: root.text_or_empty("ETag"),
                hash_crc64: response.number("x-oss-hash-crc64ecma")?,
                version_id: response.header("x-oss-version-id"),
            })
        })
    }
}
