//! PutObjectTagging: replaces the tags of an object.

use http::Method;

use super::Tag;
use crate::{DecodeError, Operation, Request, Response, xml};

/// Replaces all tags of an object: at most ten, each key once. Needs `oss:PutObjectTagging`.
#[derive(Clone, Debug, Default)]
pub struct PutObjectTagging {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
    /// The tags.
    pub tags: Vec<Tag>,
}

impl PutObjectTagging {
    /// Reads the body of such a request.
    ///
    /// # Errors
    /// A body that is no list of tags.
    pub fn parse_body(body: &[u8]) -> Result<Vec<Tag>, DecodeError> {
        xml::parse_lenient(body, "Tagging", |root| Ok(read_tags(&root)))
    }
}

/// The tags below `<Tagging>`.
pub(super) fn read_tags(root: &xml::Element<'_, '_>) -> Vec<Tag> {
    let set = root.child("TagSet");
    set.iter().flat_map(|set| set.all("Tag").map(Tag::read).collect::<Vec<_>>()).collect()
}

impl Operation for PutObjectTagging {
    const NAME: &'static str = "PutObjectTagging";
    type Output = ();

    fn request(&self) -> Request {
        let body = xml::Writer::document("Tagging", |root| {
            root.element("TagSet", |set| {
                for Tag { key, value } in &self.tags {
                    set.element("Tag", |tag| {
                        tag.text("Key", key);
                        tag.text("Value", value);
                    });
                }
            });
        });
        Request::object(Method::PUT, &self.bucket, &self.key)
            .query("tagging", "")
            .query_if("versionId", self.version_id.as_ref())
            .header("content-type", "application/xml")
            .body(body)
    }

    fn decode(&self, _: &Response) -> Result<(), DecodeError> {
        Ok(())
    }
}
