//! ListObjectsV2: the objects of a bucket, paged by an opaque token.

use http::Method;

use super::{Object, repeated::Owners};
use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for one page of objects in the order of their keys. Needs `oss:ListObjects`.
#[derive(Clone, Debug, Default)]
pub struct ListObjectsV2 {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// Rolls keys up to its next occurrence behind the prefix; empty rolls nothing up.
    pub delimiter: String,
    /// Keys behind this one.
    pub start_after: String,
    /// The token of the page before.
    pub continuation_token: Option<String>,
    /// How many entries at most, 1 to 1000; the service's own default is 100.
    pub max_keys: Option<u32>,
    /// Whether to name the owner of each object.
    pub fetch_owner: bool,
}

/// One page of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectsV2Page {
    /// Whether there are more.
    pub is_truncated: bool,
    /// The token of the next page; absent on the last.
    pub next_continuation_token: Option<String>,
    /// Keys and common prefixes in this page.
    pub key_count: Option<u32>,
    /// The objects.
    pub objects: Vec<Object>,
    /// What keys were rolled up to.
    pub common_prefixes: Vec<String>,
}

impl Operation for ListObjectsV2 {
    const NAME: &'static str = "ListObjectsV2";
    type Output = ObjectsV2Page;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket)
            .query("list-type", "2")
            .query_if("prefix", Some(&self.prefix))
            .query_if("delimiter", Some(&self.delimiter))
            .query_if("start-after", Some(&self.start_after))
            .query_if("continuation-token", self.continuation_token.as_ref())
            .query_if("max-keys", self.max_keys)
            .query_if("fetch-owner", self.fetch_owner.then_some("true"))
            .query("encoding-type", "url")
    }

    fn decode(&self, response: &Response) -> Result<ObjectsV2Page, DecodeError> {
        xml::parse(&response.body, "ListBucketResult", |root| {
            let encoding = root.encoding();
            let mut owners = Owners::default();
            let object = |element| Object::read(element, encoding, &mut owners);
            let next_token = root.decoded("NextContinuationToken", encoding)?;
            Ok(ObjectsV2Page {
                is_truncated: root.boolean("IsTruncated")?,
                next_continuation_token: next_token.filter(|token| !token.is_empty()),
                key_count: root.number("KeyCount")?,
                objects: root.all("Contents").map(object).collect::<Result<_, _>>()?,
                common_prefixes: root.common_prefixes(encoding)?,
            })
        })
    }
}
