//! ListObjects: the objects of a bucket, in the first form of the API.

use std::sync::Arc;

use http::Method;
use jiff::Timestamp;

use super::repeated::{Owners, Word, word};
use crate::{
    DecodeError, Operation, Request, Response,
    names::Encoding,
    xml::{self, Element},
};

/// Asks for one page of objects in the order of their keys. Needs `oss:ListObjects`.
#[derive(Clone, Debug, Default)]
pub struct ListObjects {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// Keys behind this one.
    pub marker: String,
    /// Rolls keys up to its next occurrence behind the prefix; empty rolls nothing up.
    pub delimiter: String,
    /// How many entries at most, 1 to 1000; the service's own default is 100.
    pub max_keys: Option<u32>,
}

/// One page of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectsPage {
    /// Whether there are more.
    pub is_truncated: bool,
    /// The name the next page begins behind; absent on the last page.
    pub next_marker: Option<String>,
    /// The objects.
    pub objects: Vec<Object>,
    /// What keys were rolled up to.
    pub common_prefixes: Vec<String>,
}

/// An object as listings show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The key.
    pub key: String,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
    /// The entity tag, with the quotes it came in.
    pub etag: String,
    /// `Normal`, `Multipart`, `Appendable` or `Symlink`.
    pub object_type: Option<Word>,
    /// Bytes. Signed, as in the service's own SDKs.
    pub size: i64,
    /// The storage class.
    pub storage_class: Word,
    /// The state of a restore, of an archived object.
    pub restore_info: Option<String>,
    /// When a lifecycle rule changed its class.
    pub transition_time: Option<Timestamp>,
    /// Who owns it, if the answer says.
    pub owner: Option<Arc<Owner>>,
}

/// An owner of a bucket or an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The account id.
    pub id: String,
    /// The name shown for it.
    pub display_name: String,
}

impl Owner {
    /// The `<Owner>` below `element`.
    pub(super) fn below(element: Element<'_, '_>) -> Option<Self> {
        let owner = element.child("Owner")?;
        let display_name = owner.text_or_empty("DisplayName");
        Some(Self { id: owner.text_or_empty("ID"), display_name })
    }
}

impl Object {
    /// Reads a `<Contents>`.
    pub(super) fn read(
        element: Element<'_, '_>,
        encoding: Encoding,
        owners: &mut Owners,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            key: element.key(encoding)?,
            last_modified: element.time("LastModified")?,
            etag: element.text_or_empty("ETag"),
            object_type: word(element, "Type"),
            size: element.number("Size")?.unwrap_or_default(),
            storage_class: word(element, "StorageClass").unwrap_or_default(),
            restore_info: element.filled("RestoreInfo"),
            transition_time: element.time("TransitionTime")?,
            owner: owners.of(element),
        })
    }
}

impl Operation for ListObjects {
    const NAME: &'static str = "ListObjects";
    type Output = ObjectsPage;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket)
            .query_if("prefix", Some(&self.prefix))
            .query_if("marker", Some(&self.marker))
            .query_if("delimiter", Some(&self.delimiter))
            .query_if("max-keys", self.max_keys)
            .query("encoding-type", "url")
    }

    fn decode(&self, response: &Response) -> Result<ObjectsPage, DecodeError> {
        xml::parse(&response.body, "ListBucketResult", |root| {
            let encoding = root.encoding();
            let mut owners = Owners::default();
            let object = |element| Object::read(element, encoding, &mut owners);
            let next_marker = root.decoded("NextMarker", encoding)?;
            Ok(ObjectsPage {
                is_truncated: root.boolean("IsTruncated")?,
                next_marker: next_marker.filter(|marker| !marker.is_empty()),
                objects: root.all("Contents").map(object).collect::<Result<_, _>>()?,
                common_prefixes: root.common_prefixes(encoding)?,
            })
        })
    }
}
