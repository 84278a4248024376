//! GetBucketLifecycle: what the service does to old objects and uploads by itself.

use http::Method;
use jiff::Timestamp;

use crate::{
    DecodeError, Operation, Request, Response,
    xml::{self, Element},
};

/// Asks for the lifecycle rules of a bucket; one without any answers 404 `NoSuchLifecycle`. Needs
/// `oss:GetBucketLifecycle`.
#[derive(Clone, Debug, Default)]
pub struct GetBucketLifecycle {
    /// The name.
    pub bucket: String,
}

/// The rules of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// The rules.
    pub rules: Vec<LifecycleRule>,
    /// The document as it came: writing rules replaces all of them, so whoever adds one has to
    /// send back what is not modelled here too.
    pub xml: String,
}

/// A rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleRule {
    /// What names it in the bucket.
    pub id: Option<String>,
    /// It is about keys that begin with this.
    pub prefix: String,
    /// `Enabled` or `Disabled`.
    pub status: String,
    /// It is about objects with all of these tags.
    pub tags: Vec<Tag>,
    /// When unfinished uploads are aborted.
    pub abort_multipart_upload: Option<Age>,
    /// When objects are removed.
    pub expiration: Option<Age>,
    /// When objects change their storage class.
    pub transitions: Vec<Transition>,
    /// After how many days versions that are not the latest are removed.
    pub noncurrent_days: Option<u32>,
}

/// A tag of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// When something is old enough for a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Age {
    /// After so many days.
    pub days: Option<u32>,
    /// If it is from before this midnight, UTC.
    pub created_before_date: Option<Timestamp>,
    /// Not by age: delete markers that hide nothing any more. Of an expiration only.
    pub expired_object_delete_marker: bool,
}

/// A change of storage class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub age: Age,
    /// The class to change to.
    pub storage_class: String,
}

impl LifecycleRule {
    /// Whether the service applies it.
    pub fn is_enabled(&self) -> bool {
        self.status == "Enabled"
    }

    fn read(rule: Element<'_, '_>) -> Result<Self, DecodeError> {
        let age = |name| rule.child(name).map(Age::read).transpose();
        let noncurrent = rule.child("NoncurrentVersionExpiration");
        let noncurrent_days = noncurrent.map(|element| element.number("NoncurrentDays"));
        Ok(Self {
            id: rule.filled("ID"),
            prefix: rule.text_or_empty("Prefix"),
            status: rule.text_or_empty("Status").trim().to_owned(),
            tags: rule.all("Tag").map(Tag::read).collect(),
            abort_multipart_upload: age("AbortMultipartUpload")?,
            expiration: age("Expiration")?,
            transitions: rule.all("Transition").map(Transition::read).collect::<Result<_, _>>()?,
            noncurrent_days: noncurrent_days.transpose()?.flatten(),
        })
    }
}

impl Tag {
    fn read(tag: Element<'_, '_>) -> Self {
        Self { key: tag.text_or_empty("Key"), value: tag.text_or_empty("Value") }
    }
}

impl Age {
    fn read(element: Element<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self {
            days: element.number("Days")?,
            created_before_date: element.time("CreatedBeforeDate")?,
            expired_object_delete_marker: element.boolean("ExpiredObjectDeleteMarker")?,
        })
    }
}

impl Transition {
    fn read(element: Element<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self { age: Age::read(element)?, storage_class: element.text_or_empty("StorageClass") })
    }
}

impl Operation for GetBucketLifecycle {
    const NAME: &'static str = "GetBucketLifecycle";
    type Output = Lifecycle;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket).query("lifecycle", "")
    }

    fn decode(&self, response: &Response) -> Result<Lifecycle, DecodeError> {
        xml::parse(&response.body, "LifecycleConfiguration", |root| {
            Ok(Lifecycle {
                rules: root.all("Rule").map(LifecycleRule::read).collect::<Result<_, _>>()?,
                xml: String::from_utf8_lossy(&response.body).into_owned(),
            })
        })
    }
}
