//! DeleteBucket: removes an empty bucket.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Removes a bucket; parts of unfinished uploads keep it from being empty. Needs
/// `oss:DeleteBucket`.
#[derive(Clone, Debug, Default)]
pub struct DeleteBucket {
    /// The name.
    pub bucket: String,
}

impl Operation for DeleteBucket {
    const NAME: &'static str = "DeleteBucket";
    const SUCCESS: &'static [u16] = &[204];
    type Output = ();

    fn request(&self) -> Request {
        Request::bucket(Method::DELETE, &self.bucket)
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
