//! GetBucketLocation: where a bucket is.

use http::Method;

use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks where a bucket is. Needs `oss:GetBucketLocation`.
#[derive(Clone, Debug, Default)]
pub struct GetBucketLocation {
    /// The name.
    pub bucket: String,
}

impl Operation for GetBucketLocation {
    const NAME: &'static str = "GetBucketLocation";
    /// Where it is, as `oss-cn-hangzhou`.
    type Output = String;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket).query("location", "")
    }

    fn decode(&self, response: &Response) -> Result<String, DecodeError> {
        xml::parse(&response.body, "LocationConstraint", |root| {
            Ok(root.own_text().trim().to_owned())
        })
    }
}
