//! GetBucketLifecycle: what the service does to old objects and uploads by itself.

use std::ops::Range;

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
    /// Where each of the rules stands in it.
    ranges: Vec<Range<usize>>,
}

impl Lifecycle {
    /// The document without some of its rules and with one more; whatever else stands in it stays
    /// as it is. `None` when no rule would be left.
    pub fn edited(&self, without: &[usize], with: Option<&LifecycleRule>) -> Option<String> {
        let kept = self.ranges.len() - without.len();
        if kept == 0 && with.is_none() {
            return None;
        }
        let added = with.map(LifecycleRule::write).unwrap_or_default();
        let end = "</LifecycleConfiguration>";
        let Some(at) = self.xml.rfind(end) else {
            let head = r#"<?xml version="1.0" encoding="UTF-8"?><LifecycleConfiguration>"#;
            return Some(format!("{head}{added}{end}"));
        };
        let mut edited = format!("{}{added}{}", &self.xml[..at], &self.xml[at..]);
        // From the back, so that the places of the others stay right.
        let mut without = without.to_vec();
        without.sort_unstable();
        for index in without.into_iter().rev() {
            edited.replace_range(self.ranges[index].clone(), "");
        }
        Some(edited)
    }
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
    /// Whether there is more to it than a prefix and aborting uploads.
    has_more: bool,
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

    /// A rule that aborts unfinished uploads below a prefix after so many days.
    pub fn aborting(id: &str, prefix: &str, days: u32) -> Self {
        Self {
            id: Some(id.to_owned()),
            prefix: prefix.to_owned(),
            status: "Enabled".to_owned(),
            abort_multipart_upload: Some(Age { days: Some(days), ..Age::default() }),
            ..Self::default()
        }
    }

    /// Whether aborting unfinished uploads is all it does.
    pub fn only_aborts(&self) -> bool {
        self.abort_multipart_upload.is_some()
            && self.expiration.is_none()
            && self.transitions.is_empty()
            && self.noncurrent_days.is_none()
            && !self.has_more
    }

    /// The rule as an element. Only what is needed to abort unfinished uploads is written.
    pub fn write(&self) -> String {
        let document = xml::Writer::document("Rule", |rule| {
            rule.text_if("ID", self.id.as_ref());
            rule.text("Prefix", &self.prefix);
            rule.text("Status", &self.status);
            if let Some(days) = self.abort_multipart_upload.as_ref().and_then(|age| age.days) {
                rule.element("AbortMultipartUpload", |abort| abort.text("Days", days));
            }
        });
        let text = String::from_utf8_lossy(&document).into_owned();
        text.split_once("?>").map_or_else(String::new, |(_, rule)| rule.to_owned())
    }

    fn read(rule: Element<'_, '_>) -> Result<Self, DecodeError> {
        const MODELLED: &[&str] = &["ID", "Prefix", "Status", "AbortMultipartUpload"];
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
            has_more: rule.children().any(|child| !MODELLED.contains(&child.name())),
        })
    }
}

impl Tag {
    pub(super) fn read(tag: Element<'_, '_>) -> Self {
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
        // Places count from where the reader begins.
        let text = String::from_utf8_lossy(&response.body);
        let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        xml::parse(text.as_bytes(), "LifecycleConfiguration", |root| {
            Ok(Lifecycle {
                rules: root.all("Rule").map(LifecycleRule::read).collect::<Result<_, _>>()?,
                xml: text.to_owned(),
                ranges: root.all("Rule").map(|rule| rule.range()).collect(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Lifecycle {
        let body = xml.to_owned().into();
        let response = Response { body, ..Response::default() };
        GetBucketLifecycle::default().decode(&response).unwrap()
    }

    const XML: &str = "<?xml version=\"1.0\"?>\n<LifecycleConfiguration>\n  <Rule><ID>keep</ID>\
                       <Prefix>a</Prefix><Status>Enabled</Status><New>thing</New>\
                       <AbortMultipartUpload><Days>3</Days></AbortMultipartUpload></Rule>\n  \
                       <Rule><ID>go</ID><Prefix/><Status>Enabled</Status>\
                       <AbortMultipartUpload><Days>9</Days></AbortMultipartUpload></Rule>\n\
                       </LifecycleConfiguration>";

    #[test]
    fn an_edit_keeps_what_it_does_not_know() {
        let lifecycle = read(XML);
        assert_eq!(
            lifecycle.rules.iter().map(LifecycleRule::only_aborts).collect::<Vec<_>>(),
            [false, true]
        );
        let rule = LifecycleRule::aborting("new", "p<", 7);
        let edited = lifecycle.edited(&[1], Some(&rule)).unwrap();
        assert!(edited.contains("<New>thing</New>") && !edited.contains("<ID>go</ID>"));
        let again = read(&edited);
        assert_eq!(again.rules.len(), 2);
        assert_eq!((&again.rules[0], &again.rules[1]), (&lifecycle.rules[0], &rule));
    }

    #[test]
    fn the_last_rule_takes_the_document_with_it() {
        assert_eq!(read(XML).edited(&[0, 1], None), None);
        let empty = Lifecycle::default().edited(&[], Some(&LifecycleRule::aborting("i", "", 1)));
        assert_eq!(read(&empty.unwrap()).rules.len(), 1);
    }
}
