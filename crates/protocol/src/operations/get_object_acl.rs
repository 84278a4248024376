//! GetObjectAcl: who may do what with an object.

use http::Method;

use super::AccessControl;
use crate::{DecodeError, Operation, Request, Response};

/// Asks for the access control of an object. Needs `oss:GetObjectAcl`.
#[derive(Clone, Debug, Default)]
pub struct GetObjectAcl {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
}

impl Operation for GetObjectAcl {
    const NAME: &'static str = "GetObjectAcl";
    type Output = AccessControl;

    fn request(&self) -> Request {
        Request::object(Method::GET, &self.bucket, &self.key)
            .query("acl", "")
            .query_if("versionId", self.version_id.as_ref())
    }

    fn decode(&self, response: &Response) -> Result<AccessControl, DecodeError> {
        AccessControl::read(response)
    }
}
