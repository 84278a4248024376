//! PutObject, and what all objects that are made have in common.

use super::{
    encryption,
    properties::{Properties, check_content_md5, forbids_overwrite},
    versions,
};
use crate::{
    answer::Answer,
    digest::Checksums,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Bucket, Kind, Object, Segment, Summary},
};

pub(super) fn put(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    check_unconditional(request)?;
    let received = request.received()?;
    check_content_md5(request, &received.checksums)?;
    let mut properties = Properties::of(request)?;
    let (version_id, shown) = state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        versions::check_overwrite(change, &bucket, key, forbids_overwrite(request))?;
        encryption::settle(change, &bucket.name, &mut properties.headers)?;
        let shown = encryption::shown(&properties.headers);
        let content = Made {
            kind: Kind::Normal,
            etag: received.checksums.etag(),
            crc64: received.checksums.crc64,
            md5: Some(received.checksums.md5),
            segments: received.segments.clone(),
        };
        let object = object(state, &bucket, properties, content);
        Ok((versions::write(change, &bucket, key, object)?, shown))
    })?;
    let answer = described(&received.checksums).headers(shown);
    Ok(answer.header_if("x-oss-version-id", version_id))
}

/// What reads may have conditions, but not what writes.
fn check_unconditional(request: &Incoming) -> Outcome<()> {
    const CONDITIONS: [&str; 4] =
        ["if-modified-since", "if-unmodified-since", "if-match", "if-none-match"];
    let condition = CONDITIONS.iter().find(|name| request.headers.contains_key(**name));
    condition.map_or(Ok(()), |name| {
        let message = "A header you provided implies functionality that is not implemented.";
        Err(Refusal::new(400, "NotImplemented", message).detail("Header", *name))
    })
}

/// The answer of those who sent content.
pub(super) fn described(checksums: &Checksums) -> Answer {
    Answer::ok()
        .header("etag", checksums.etag())
        .header("content-md5", checksums.content_md5())
        .header("x-oss-hash-crc64ecma", checksums.crc64)
}

/// The content of an object that is made.
pub(super) struct Made {
    pub(super) kind: Kind,
    pub(super) etag: String,
    pub(super) crc64: u64,
    pub(super) md5: Option<[u8; 16]>,
    pub(super) segments: Vec<Segment>,
}

/// An object of what the request said and what it brought.
pub(super) fn object(
    state: &State,
    bucket: &Bucket,
    properties: Properties,
    content: Made,
) -> Object {
    let class = properties.storage_class;
    Object {
        summary: Summary {
            kind: content.kind,
            version_id: String::new(),
            modified: state.stored_now(),
            size: content.segments.iter().map(|segment| segment.length).sum(),
            etag: content.etag,
            storage_class: class.unwrap_or_else(|| bucket.storage_class.clone()),
            restoration: None,
        },
        crc64: content.crc64,
        md5: content.md5,
        acl: properties.acl,
        headers: properties.headers,
        tags: properties.tags,
        symlink_target: None,
        segments: content.segments,
    }
}
