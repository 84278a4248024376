//! PutSymlink: writes an object that stands for another.

use http::Method;

use crate::{DecodeError, Operation, Request, Response, names};

/// Writes a symlink; the target need not be there. Needs `oss:PutObject`.
#[derive(Clone, Debug, Default)]
pub struct PutSymlink {
    /// The bucket.
    pub bucket: String,
    /// The key of the symlink.
    pub key: String,
    /// The key it stands for, in the same bucket.
    pub target: String,
    /// Headers of the object: ACL, class, user metadata.
    pub headers: Vec<(String, String)>,
}

impl Operation for PutSymlink {
    const NAME: &'static str = "PutSymlink";
    type Output = ();

    fn request(&self) -> Request {
        let mut request = Request::object(Method::PUT, &self.bucket, &self.key)
            .query("symlink", "")
            .header("x-oss-symlink-target", names::encode(&self.target));
        request.headers.extend_from_slice(&self.headers);
        request
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
