//! The tags of an object: PutObjectTagging, GetObjectTagging, DeleteObjectTagging.

use ossutil_protocol::{
    operations::{PutObjectTagging, Tag},
    xml::Writer,
};

use super::{
    properties::check_tags,
    versions::{find_requested, update},
};
use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
};

/// Reads a `Tagging` document.
pub(super) fn parse(body: &[u8]) -> Outcome<Vec<(String, String)>> {
    let tags = PutObjectTagging::parse_body(body).map_err(|_| Refusal::malformed_xml())?;
    Ok(tags.into_iter().map(|Tag { key, value }| (key, value)).collect())
}

/// Writes what stands below the root of a `Tagging` document.
pub(super) fn write(root: &mut Writer, tags: &[(String, String)]) {
    root.element("TagSet", |set| {
        for (key, value) in tags {
            set.element("Tag", |tag| {
                tag.text("Key", key);
                tag.text("Value", value);
            });
        }
    });
}

pub(super) fn put(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let tags = check_tags(parse(&request.body)?)?;
    update(state, request, bucket, key, |object| {
        object.tags = tags;
        Ok(Answer::ok())
    })
}

pub(super) fn get(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let wanted = find_requested(state, request, bucket, key)?;
    let answer = Answer::xml("Tagging", |root| write(root, &wanted.object.tags));
    Ok(answer.header_if("x-oss-version-id", wanted.shown_version()))
}

pub(super) fn delete(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    update(state, request, bucket, key, |object| {
        object.tags.clear();
        Ok(Answer::no_content())
    })
}
