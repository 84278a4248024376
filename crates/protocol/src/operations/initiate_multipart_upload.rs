//! InitiateMultipartUpload: starts an upload.

use http::Method;

use crate::{DecodeError, Operation, Request, Response, xml};

/// Starts an upload of parts. Not idempotent: each call opens another one. Needs `oss:PutObject`.
#[derive(Clone, Debug, Default)]
pub struct InitiateMultipartUpload {
    /// The bucket.
    pub bucket: String,
    /// The key the object will have.
    pub key: String,
    /// Headers of the object: type, class, user metadata.
    pub headers: Vec<(String, String)>,
}

/// The upload that was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitiatedUpload {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// What names the upload in every further call.
    pub upload_id: String,
}

impl Operation for InitiateMultipartUpload {
    const NAME: &'static str = "InitiateMultipartUpload";
    type Output = InitiatedUpload;

    fn request(&self) -> Request {
        let mut request = Request::object(Method::POST, &self.bucket, &self.key)
            .query("uploads", "")
            .query("encoding-type", "url");
        request.headers.extend_from_slice(&self.headers);
        request
    }

    fn decode(&self, response: &Response) -> Result<InitiatedUpload, DecodeError> {
        xml::parse(&response.body, "InitiateMultipartUploadResult", |root| {
            Ok(InitiatedUpload {
                bucket: root.text_or_empty("Bucket"),
                key: root.decoded("Key", root.encoding())?.unwrap_or_default(),
                upload_id: root.required("UploadId")?,
            })
        })
    }
}
