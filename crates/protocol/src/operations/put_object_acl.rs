//! PutObjectACL: sets who may read and write one object.

use http::Method;

use crate::{DecodeError, Operation, Request, Response};

/// Sets the ACL of an object. Needs `oss:PutObjectAcl`.
#[derive(Clone, Debug, Default)]
pub struct PutObjectAcl {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
    /// `private`, `public-read`, `public-read-write`, or `default` for what the bucket's says.
    pub acl: String,
}

impl Operation for PutObjectAcl {
    const NAME: &'static str = "PutObjectAcl";
    type Output = ();

    fn request(&self) -> Request {
        Request::object(Method::PUT, &self.bucket, &self.key)
            .query("acl", "")
            .query_if("versionId", self.version_id.as_ref())
            .header("x-oss-object-acl", &self.acl)
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
