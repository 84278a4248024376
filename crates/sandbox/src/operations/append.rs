//! AppendObject: adds to the end of an object, which must be where the request thinks it is.

use super::{
    encryption,
    properties::{Properties, check_content_md5, object_acl},
    put::{self, Made},
    versions,
};
use crate::{
    answer::Answer,
    digest::{Checksums, combine_crc64},
    ec,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Kind, Lookup, Object, Received},
};

pub(super) fn append(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let position = position(request)?;
    let received = request.received()?;
    check_content_md5(request, &received.checksums)?;
    state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        let existing = change.latest(&bucket.name, key)?;
        let existing = existing.filter(|(_, object)| !object.summary.is_delete_marker());
        let Some((number, mut object)) = existing else {
            check_position(position, 0)?;
            let mut properties = Properties::of(request)?;
            encryption::settle(change, &bucket.name, &mut properties.headers)?;
            let (etag, crc64) = (etag(&received.checksums), received.checksums.crc64);
            let segments = received.segments.clone();
            let content = Made { kind: Kind::Appendable, etag, crc64, md5: None, segments };
            let object = put::object(state, &bucket, properties, content);
            let answer = answer(&object);
            let version_id = versions::write(change, &bucket, key, object)?;
            return Ok(answer.header_if("x-oss-version-id", version_id));
        };
        if object.summary.kind != Kind::Appendable {
            let message = "The object is not appendable.";
            return Err(Refusal::new(409, "ObjectNotAppendable", message));
        }
        check_position(position, object.summary.size)?;
        extend(state, &mut object, received);
        if let Some(acl) = request.header("x-oss-object-acl") {
            object.acl = object_acl(acl)?;
        }
        change.extend_version(&bucket.name, key, number, &mut object, &received.segments)?;
        Ok(answer(&object))
    })
}

fn position(request: &Incoming) -> Outcome<u64> {
    let Some(text) = request.parameter("position").filter(|text| !text.is_empty()) else {
        let message = "Missing Some Required Arguments.";
        return Err(Refusal::new(400, "MissingArgument", message)
            .ec(ec::APPEND_WITHOUT_POSITION)
            .detail("ArgumentName", "position"));
    };
    text.parse().map_err(|_| {
        let message = "The position of an append must be a number that is not negative.";
        Refusal::invalid_argument("position", text, message)
    })
}

fn check_position(position: u64, length: u64) -> Outcome<()> {
    if position == length {
        return Ok(());
    }
    let message = "Position is not equal to file length";
    Err(Refusal::new(409, "PositionNotEqualToLength", message)
        .header("x-oss-next-append-position", length))
}

fn extend(state: &State, object: &mut Object, received: &Received) {
    object.crc64 = combine_crc64(object.crc64, received.checksums.crc64, received.size);
    object.summary.size += received.size;
    object.summary.modified = state.stored_now();
    let seen = Checksums { md5: received.checksums.md5, crc64: object.crc64 };
    object.summary.etag = etag(&seen);
}

/// No MD5 of the content, which would have to be read again; but one that changes with it.
fn etag(checksums: &Checksums) -> String {
    Checksums::of(format!("{checksums:?}").as_bytes()).etag()
}

fn answer(object: &Object) -> Answer {
    Answer::ok()
        .header("etag", &object.summary.etag)
        .header("x-oss-hash-crc64ecma", object.crc64)
        .header("x-oss-next-append-position", object.summary.size)
        .headers(encryption::shown(&object.headers))
}
