//! GetSymlink: what a symlink stands for.

use http::Method;

use super::ObjectHead;
use crate::{DecodeError, Operation, Request, Response, names};

/// Asks for the target of a symlink. Needs `oss:GetObject`.
#[derive(Clone, Debug, Default)]
pub struct GetSymlink {
    /// The bucket.
    pub bucket: String,
    /// The key of the symlink.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
}

/// A symlink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symlink {
    /// The key it stands for, in the same bucket.
    pub target: String,
    /// Its own headers.
    pub head: ObjectHead,
}

impl Operation for GetSymlink {
    const NAME: &'static str = "GetSymlink";
    type Output = Symlink;

    fn request(&self) -> Request {
        Request::object(Method::GET, &self.bucket, &self.key)
            .query("symlink", "")
            .query_if("versionId", self.version_id.as_ref())
    }

    fn decode(&self, response: &Response) -> Result<Symlink, DecodeError> {
        let target = response.header("x-oss-symlink-target");
        let target = target.ok_or(DecodeError::Missing("x-oss-symlink-target"))?;
        // Some clients write a space as a plus sign; the sign itself is always encoded.
        let target = names::decode(&target.replace('+', " "))?;
        Ok(Symlink { target, head: ObjectHead::read(response)? })
    }
}
