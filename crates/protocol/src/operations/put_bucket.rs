//! PutBucket: makes a bucket.

use bytes::Bytes;
use http::Method;

use crate::{DecodeError, Operation, Request, Response, xml};

/// Makes a bucket in the region of the endpoint. Needs `oss:PutBucket`.
#[derive(Clone, Debug, Default)]
pub struct PutBucket {
    /// The name.
    pub bucket: String,
    /// `private`, `public-read` or `public-read-write`.
    pub acl: Option<String>,
    /// The class new objects get.
    pub storage_class: Option<String>,
    /// `LRS` or `ZRS`.
    pub redundancy_type: Option<String>,
    /// A `<CreateBucketConfiguration>` as it stands, in place of one made of the fields above.
    pub configuration: Option<Bytes>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
}

impl PutBucket {
    /// Reads the body of such a request: storage class and redundancy type.
    ///
    /// # Errors
    /// A body that is no bucket configuration.
    pub fn parse_body(body: &[u8]) -> Result<(Option<String>, Option<String>), DecodeError> {
        xml::parse_lenient(body, "CreateBucketConfiguration", |root| {
            Ok((root.text("StorageClass"), root.text("DataRedundancyType")))
        })
    }
}

impl Operation for PutBucket {
    const NAME: &'static str = "PutBucket";
    type Output = ();

    fn request(&self) -> Request {
        let mut request =
            Request::bucket(Method::PUT, &self.bucket).header_if("x-oss-acl", self.acl.as_ref());
        request.headers.extend_from_slice(&self.headers);
        let has_fields = self.storage_class.is_some() || self.redundancy_type.is_some();
        let from_fields = || {
            Bytes::from(xml::Writer::document("CreateBucketConfiguration", |root| {
                root.text_if("StorageClass", self.storage_class.as_ref());
                root.text_if("DataRedundancyType", self.redundancy_type.as_ref());
            }))
        };
        match self.configuration.clone().or_else(|| has_fields.then(from_fields)) {
            Some(body) => request.header("content-type", "application/xml").body(body),
            None => request,
        }
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
