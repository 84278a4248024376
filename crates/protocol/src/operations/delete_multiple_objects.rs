//! DeleteMultipleObjects: removes up to a thousand objects in one request.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::Method;
use md5::{Digest, Md5};

use crate::{DecodeError, Operation, Request, Response, xml};

/// Removes objects or versions. Needs `oss:DeleteObject`.
#[derive(Clone, Debug, Default)]
pub struct DeleteMultipleObjects {
    /// The bucket.
    pub bucket: String,
    /// At most 1000.
    pub objects: Vec<ObjectId>,
    /// Asks only for what was not removed.
    pub quiet: bool,
}

/// An object, or a version of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectId {
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
}

/// What became of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletedObject {
    /// The key.
    pub key: String,
    /// The version that was named in the request.
    pub version_id: Option<String>,
    /// Whether a delete marker was made or removed.
    pub is_delete_marker: bool,
    /// That marker's version.
    pub delete_marker_version_id: Option<String>,
    /// Code and message, when it was not removed.
    pub error: Option<(String, String)>,
}

impl DeleteMultipleObjects {
    /// Reads the body of such a request: whether it is quiet, and the objects.
    ///
    /// # Errors
    /// A body that is no list of objects.
    pub fn parse_body(body: &[u8]) -> Result<(bool, Vec<ObjectId>), DecodeError> {
        xml::parse_lenient(body, "Delete", |root| {
            let object = |element: xml::Element<'_, '_>| {
                let key = element.text("Key").ok_or(DecodeError::Missing("Key"))?;
                let version_id = element.filled("VersionId");
                Ok(ObjectId { key, version_id })
            };
            let objects = root.all("Object").map(object).collect::<Result<_, DecodeError>>()?;
            Ok((root.boolean("Quiet")?, objects))
        })
    }

    fn body(&self) -> Vec<u8> {
        xml::Writer::document("Delete", |root| {
            root.text("Quiet", self.quiet);
            for object in &self.objects {
                root.element("Object", |element| {
                    element.text("Key", &object.key);
                    element.text_if("VersionId", object.version_id.as_ref());
                });
            }
        })
    }
}

impl Operation for DeleteMultipleObjects {
    const NAME: &'static str = "DeleteMultipleObjects";
    type Output = Vec<DeletedObject>;

    fn request(&self) -> Request {
        let body = self.body();
        Request::bucket(Method::POST, &self.bucket)
            .query("delete", "")
            .query("encoding-type", "url")
            .header("content-md5", BASE64_STANDARD.encode(Md5::digest(&body)))
            .header("content-type", "application/xml")
            .body(body)
            .idempotent()
    }

    /// A quiet answer without failures has no body at all.
    fn decode(&self, response: &Response) -> Result<Vec<DeletedObject>, DecodeError> {
        if response.body.trim_ascii().is_empty() {
            return Ok(Vec::new());
        }
        xml::parse(&response.body, "DeleteResult", |root| {
            let encoding = root.encoding();
            let is_object = |e: &xml::Element<'_, '_>| ["Deleted", "Error"].contains(&e.name());
            let object = |element: xml::Element<'_, '_>| {
                let failure = || (element.text_or_empty("Code"), element.text_or_empty("Message"));
                Ok(DeletedObject {
                    key: element.key(encoding)?,
                    version_id: element.filled("VersionId"),
                    is_delete_marker: element.boolean("DeleteMarker")?,
                    delete_marker_version_id: element.filled("DeleteMarkerVersionId"),
                    error: (element.name() == "Error").then(failure),
                })
            };
            root.children().filter(is_object).map(object).collect()
        })
    }
}
