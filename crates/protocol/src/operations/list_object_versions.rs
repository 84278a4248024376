//! ListObjectVersions: every version of every object, delete markers included.

use std::sync::Arc;

use http::Method;
use jiff::Timestamp;

use super::{
    Owner,
    repeated::{Owners, Word, word},
};
use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for one page of versions, by key and within a key newest first. Needs
/// `oss:ListObjectVersions`.
#[derive(Clone, Debug, Default)]
pub struct ListObjectVersions {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// Rolls keys up to its next occurrence behind the prefix; empty rolls nothing up.
    pub delimiter: String,
    /// Keys behind this one.
    pub key_marker: String,
    /// With a key marker: of that key, versions behind this one too.
    pub version_id_marker: String,
    /// How many entries at most, 1 to 1000; the service's own default is 100.
    pub max_keys: Option<u32>,
}

/// One page of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionsPage {
    /// Whether there are more.
    pub is_truncated: bool,
    /// The key the next page begins behind.
    pub next_key_marker: String,
    /// The version of that key the next page begins behind.
    pub next_version_id_marker: String,
    /// Versions and delete markers, in the order of the answer.
    pub entries: Vec<VersionEntry>,
    /// What keys were rolled up to.
    pub common_prefixes: Vec<String>,
}

/// A version of an object, or the marker that hides it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionEntry {
    /// Whether this is a delete marker: it has neither size nor ETag.
    pub is_delete_marker: bool,
    /// The key.
    pub key: String,
    /// The version; `null` for what was written while versioning was off.
    pub version_id: String,
    /// Whether it is what a request without version sees.
    pub is_latest: bool,
    /// When it was written.
    pub last_modified: Option<Timestamp>,
    /// The entity tag, with the quotes it came in.
    pub etag: String,
    /// `Normal`, `Multipart`, `Appendable` or `Symlink`.
    pub object_type: Option<Word>,
    /// Bytes. Signed, as in the service's own SDKs.
    pub size: i64,
    /// The storage class.
    pub storage_class: Word,
    /// The state of a restore, of an archived version.
    pub restore_info: Option<String>,
    /// When a lifecycle rule changed its class.
    pub transition_time: Option<Timestamp>,
    /// Who owns it, if the answer says.
    pub owner: Option<Arc<Owner>>,
}

impl Operation for ListObjectVersions {
    const NAME: &'static str = "ListObjectVersions";
    type Output = VersionsPage;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket)
            .query("versions", "")
            .query_if("prefix", Some(&self.prefix))
            .query_if("delimiter", Some(&self.delimiter))
            .query_if("key-marker", Some(&self.key_marker))
            .query_if("version-id-marker", Some(&self.version_id_marker))
            .query_if("max-keys", self.max_keys)
            .query("encoding-type", "url")
    }

    fn decode(&self, response: &Response) -> Result<VersionsPage, DecodeError> {
        xml::parse(&response.body, "ListVersionsResult", |root| {
            let encoding = root.encoding();
            let mut owners = Owners::default();
            let entry = |element: xml::Element<'_, '_>| {
                Ok(VersionEntry {
                    is_delete_marker: element.name() == "DeleteMarker",
                    key: element.key(encoding)?,
                    version_id: element.text_or_empty("VersionId"),
                    is_latest: element.boolean("IsLatest")?,
                    last_modified: element.time("LastModified")?,
                    etag: element.text_or_empty("ETag"),
                    object_type: word(element, "Type"),
                    size: element.number("Size")?.unwrap_or_default(),
                    storage_class: word(element, "StorageClass").unwrap_or_default(),
                    restore_info: element.filled("RestoreInfo"),
                    transition_time: element.time("TransitionTime")?,
                    owner: owners.of(element),
                })
            };
            let is_entry =
                |e: &xml::Element<'_, '_>| ["Version", "DeleteMarker"].contains(&e.name());
            let entries = root.children().filter(is_entry).map(entry);
            Ok(VersionsPage {
                is_truncated: root.boolean("IsTruncated")?,
                next_key_marker: root.decoded("NextKeyMarker", encoding)?.unwrap_or_default(),
                next_version_id_marker: root.text_or_empty("NextVersionIdMarker"),
                entries: entries.collect::<Result<_, DecodeError>>()?,
                common_prefixes: root.common_prefixes(encoding)?,
            })
        })
    }
}
