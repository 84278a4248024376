//! GetObjectTagging: the tags of an object.

use http::Method;

use super::{Tag, put_object_tagging::read_tags};
use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for the tags of an object; one without any has an empty list. Needs
/// `oss:GetObjectTagging`.
#[derive(Clone, Debug, Default)]
pub struct GetObjectTagging {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
}

impl Operation for GetObjectTagging {
    const NAME: &'static str = "GetObjectTagging";
    type Output = Vec<Tag>;

    fn request(&self) -> Request {
        Request::object(Method::GET, &self.bucket, &self.key)
            .query("tagging", "")
            .query_if("versionId", self.version_id.as_ref())
    }

    fn decode(&self, response: &Response) -> Result<Vec<Tag>, DecodeError> {
        xml::parse(&response.body, "Tagging", |root| Ok(read_tags(&root)))
    }
}
