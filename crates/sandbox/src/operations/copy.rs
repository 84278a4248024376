//! CopyObject, and the source of a copy. No byte is copied: the new object has the old one's
//! segments.

use ossutil_protocol::names;

use super::{
    conditions, encryption,
    properties::{Properties, forbids_overwrite},
    restore,
    versions::{self, Wanted},
};
use crate::{
    answer::{Answer, xml_time},
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Bucket, Kind, Lookup, Object, Versioning},
};

/// The largest object that is copied by one request, in bytes.
const MAX_SIZE: u64 = 1 << 30;

/// What is to be copied.
pub(super) struct Source {
    bucket: String,
    key: String,
    version_id: Option<String>,
}

impl Source {
    /// Reads `x-oss-copy-source`: `/bucket/key[?versionId=ID]`, the key percent-encoded.
    pub(super) fn of(request: &Incoming) -> Outcome<Self> {
        let header = request.header("x-oss-copy-source").unwrap_or_default();
        let (path, version_id) = match header.split_once("?versionId=") {
            Some((path, id)) => (path, Some(id.to_owned())),
            None => (header.as_str(), None),
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        let parts =
            path.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
        let key = parts.and_then(|(_, key)| names::decode(key).ok());
        match (parts, key) {
            (Some((bucket, _)), Some(key)) => {
                Ok(Self { bucket: bucket.to_owned(), key, version_id })
            }
            _ => {
                let message = "Copy Source must mention the source bucket and key: \
                               /sourcebucket/sourcekey.";
                Err(Refusal::invalid_argument("x-oss-copy-source", &header, message))
            }
        }
    }

    /// The object, if the request's conditions on it are met and it can be read.
    pub(super) fn find(
        &self,
        state: &State,
        request: &Incoming,
        lookup: &impl Lookup,
    ) -> Outcome<Wanted> {
        let wanted = versions::find(lookup, &self.bucket, &self.key, self.version_id.as_deref())?;
        if conditions::unmet(request, "x-oss-copy-source-", &wanted.object)?.is_some() {
            return Err(Refusal::new(304, "NotModified", "Not Modified"));
        }
        restore::check_readable(state, &wanted.object)?;
        Ok(wanted)
    }

    /// The version that was copied, if the answer says: also when it was asked for by `null`.
    pub(super) fn shown_version(&self, wanted: &Wanted) -> Option<String> {
        let version_id = &wanted.object.summary.version_id;
        let is_shown = wanted.shows_version || self.version_id.is_some();
        is_shown.then(|| version_id.clone())
    }
}

pub(super) fn copy(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let source = Source::of(request)?;
    let properties = Properties::of(request)?;
    let replaces_headers = replaces(request, "x-oss-metadata-directive")?;
    let replaces_tags = replaces(request, "x-oss-tagging-directive")?;
    state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        let wanted = source.find(state, request, change)?;
        if wanted.object.summary.size > MAX_SIZE {
            return Err(Refusal::too_large());
        }
        versions::check_overwrite(change, &bucket, key, forbids_overwrite(request))?;
        let source_version = source.shown_version(&wanted);
        let is_itself = (&*source.bucket, &*source.key) == (&*bucket.name, key);
        let mut object = wanted.object;
        if replaces_headers {
            object.headers = replaced_headers(&object, properties.headers);
        } else {
            encryption::remove(&mut object.headers);
            object.headers.extend(encryption::shown(&properties.headers));
        }
        encryption::settle(change, &bucket.name, &mut object.headers)?;
        if replaces_tags {
            object.tags = properties.tags;
        }
        let keeps_acl = is_itself
            && bucket.versioning == Versioning::Off
            && request.header("x-oss-object-acl").is_none();
        if !keeps_acl {
            object.acl = properties.acl;
        }
        object.summary.storage_class = class(&bucket, properties.storage_class, &object, is_itself);
        object.summary.restoration = None;
        object.summary.modified = state.stored_now();
        if object.summary.kind == Kind::Appendable {
            object.summary.kind = Kind::Normal;
        }
        let answer = copied(&object);
        let version_id = versions::write(change, &bucket, key, object)?;
        Ok(answer
            .header_if("x-oss-version-id", version_id)
            .header_if("x-oss-copy-source-version-id", source_version))
    })
}

/// A copy has the class that is asked for, or the bucket's; onto itself it stays what it was.
fn class(bucket: &Bucket, asked: Option<String>, object: &Object, is_itself: bool) -> String {
    asked.unwrap_or_else(|| match is_itself {
        true => object.summary.storage_class.clone(),
        false => bucket.storage_class.clone(),
    })
}

/// New headers; without a type among them the old one stays.
fn replaced_headers(object: &Object, mut new: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_type = |(name, _): &&(String, String)| name == "content-type";
    if !new.iter().any(|header| is_type(&header)) {
        new.extend(object.headers.iter().find(is_type).cloned());
    }
    new
}

fn copied(object: &Object) -> Answer {
    let answer = Answer::xml("CopyObjectResult", |root| {
        root.text("ETag", &object.summary.etag);
        root.text("LastModified", xml_time(object.summary.modified));
    });
    answer
        .header("etag", &object.summary.etag)
        .header("x-oss-hash-crc64ecma", object.crc64)
        .headers(encryption::shown(&object.headers))
}

fn replaces(request: &Incoming, header: &str) -> Outcome<bool> {
    let directive = request.header(header).unwrap_or_default();
    match directive.to_ascii_uppercase().as_str() {
        "" | "COPY" => Ok(false),
        "REPLACE" => Ok(true),
        _ => {
            let message = "The directive must be COPY or REPLACE.";
            Err(Refusal::invalid_argument(header, &directive, message))
        }
    }
}
