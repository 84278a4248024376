//! PutBucketAcl: sets who may read and write a bucket.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Sets the ACL of a bucket; of one that does not exist it is a request to make it. Needs
/// `oss:PutBucketAcl`.
#[derive(Clone, Debug, Default)]
pub struct PutBucketAcl {
    /// The name.
    pub bucket: String,
    /// `private`, `public-read` or `public-read-write`.
    pub acl: String,
}

impl Operation for PutBucketAcl {
    const NAME: &'static str = "PutBucketAcl";
    type Output = ();

    fn request(&self) -> Request {
        Request::bucket(Method::PUT, &self.bucket).query("acl", "").header("x-oss-acl", &self.acl)
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
