//! PutBucketLifecycle: replaces what the service does to old objects and uploads by itself.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Replaces all lifecycle rules of a bucket. Needs `oss:PutBucketLifecycle`.
#[derive(Clone, Debug, Default)]
pub struct PutBucketLifecycle {
    /// The name.
    pub bucket: String,
    /// The document with all rules.
    pub xml: String,
}

impl Operation for PutBucketLifecycle {
    const NAME: &'static str = "PutBucketLifecycle";
    type Output = ();

    /// Rules may overlap: `x-oss-allow-same-action-overlap`, as `ossutil` 1 sends it.
    fn request(&self) -> Request {
        Request::bucket(Method::PUT, &self.bucket)
            .query("lifecycle", "")
            .header("x-oss-allow-same-action-overlap", "true")
            .header("content-type", "application/xml")
            .body(self.xml.clone())
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
