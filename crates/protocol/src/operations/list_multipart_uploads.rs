//! ListMultipartUploads: which uploads of a bucket are unfinished.

use http::Method;
use jiff::Timestamp;

use super::repeated::{Word, word};
use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for one page of uploads, by key and within a key by upload id. Needs
/// `oss:ListMultipartUploads`.
#[derive(Clone, Debug, Default)]
pub struct ListMultipartUploads {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// Rolls keys up to its next occurrence behind the prefix; empty rolls nothing up.
    pub delimiter: String,
    /// Keys behind this one.
    pub key_marker: String,
    /// With a key marker: of that key, uploads behind this id too. Ignored without one.
    pub upload_id_marker: String,
    /// How many entries at most, 1 to 1000 (the service's own default).
    pub max_uploads: Option<u32>,
}

/// One page of uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadsPage {
    /// Whether there are more.
    pub is_truncated: bool,
    /// The key the next page begins behind.
    pub next_key_marker: String,
    /// The upload of that key the next page begins behind.
    pub next_upload_id_marker: String,
    /// The uploads.
    pub uploads: Vec<Upload>,
    /// What keys were rolled up to.
    pub common_prefixes: Vec<String>,
}

/// An upload that was started and neither completed nor aborted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// The key the object will have.
    pub key: String,
    /// The upload; one key may have many.
    pub upload_id: String,
    /// The class the object will have, if the answer says.
    pub storage_class: Option<Word>,
    /// When it was started.
    pub initiated: Option<Timestamp>,
}

impl Operation for ListMultipartUploads {
    const NAME: &'static str = "ListMultipartUploads";
    type Output = UploadsPage;

    /// Both markers are sent even when empty, as `ossutil` 1 and the first SDKs do.
    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket)
            .query("uploads", "")
            .query_if("prefix", Some(&self.prefix))
            .query_if("delimiter", Some(&self.delimiter))
            .query("key-marker", &self.key_marker)
            .query("upload-id-marker", &self.upload_id_marker)
            .query_if("max-uploads", self.max_uploads)
            .query("encoding-type", "url")
    }

    fn decode(&self, response: &Response) -> Result<UploadsPage, DecodeError> {
        xml::parse(&response.body, "ListMultipartUploadsResult", |root| {
            let encoding = root.encoding();
            let upload = |element: xml::Element<'_, '_>| {
                Ok(Upload {
                    key: element.key(encoding)?,
                    upload_id: element.required("UploadId")?,
                    storage_class: word(element, "StorageClass"),
                    initiated: element.time("Initiated")?,
                })
            };
            Ok(UploadsPage {
                is_truncated: root.boolean("IsTruncated")?,
                next_key_marker: root.decoded("NextKeyMarker", encoding)?.unwrap_or_default(),
                next_upload_id_marker: root.text_or_empty("NextUploadIdMarker"),
                uploads: root.all("Upload").map(upload).collect::<Result<_, DecodeError>>()?,
                common_prefixes: root.common_prefixes(encoding)?,
            })
        })
    }
}
