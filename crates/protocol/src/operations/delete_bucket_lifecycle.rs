//! DeleteBucketLifecycle: ends what the service does to old objects and uploads by itself.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Removes all lifecycle rules of a bucket. Needs `oss:DeleteBucketLifecycle`.
#[derive(Clone, Debug, Default)]
pub struct DeleteBucketLifecycle {
    /// The name.
    pub bucket: String,
}

impl Operation for DeleteBucketLifecycle {
    const NAME: &'static str = "DeleteBucketLifecycle";
    const SUCCESS: &'static [u16] = &[204];
    type Output = ();

    fn request(&self) -> Request {
        Request::bucket(Method::DELETE, &self.bucket).query("lifecycle", "")
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
