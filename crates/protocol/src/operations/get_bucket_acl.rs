//! GetBucketAcl: who may do what with a bucket.

use http::Method;

use super::Owner;
use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for the access control of a bucket. Needs `oss:GetBucketAcl`.
#[derive(Clone, Debug, Default)]
pub struct GetBucketAcl {
    /// The name.
    pub bucket: String,
}

/// Who may do what with a bucket or an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessControl {
    /// Who owns it.
    pub owner: Option<Owner>,
    /// `private`, `public-read` or `public-read-write`; of an object also `default`, which is what
    /// the bucket says.
    pub grant: String,
}

impl AccessControl {
    /// Reads an `<AccessControlPolicy>`.
    pub(super) fn read(response: &Response) -> Result<Self, DecodeError> {
        xml::parse(&response.body, "AccessControlPolicy", |root| {
            let list = root.child("AccessControlList");
            Ok(Self {
                owner: Owner::below(root),
                grant: list.map(|list| list.text_or_empty("Grant")).unwrap_or_default(),
            })
        })
    }
}

impl Operation for GetBucketAcl {
    const NAME: &'static str = "GetBucketAcl";
    type Output = AccessControl;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket).query("acl", "")
    }

    fn decode(&self, response: &Response) -> Result<AccessControl, DecodeError> {
        AccessControl::read(response)
    }
}
