//! PutSymlink and GetSymlink.

use ossutil_protocol::names;
use ossutil_signing::v1::http_date;

use super::{
    properties::{Properties, forbids_overwrite},
    put::{self, Made},
    versions::{self, find_requested},
};
use crate::{
    answer::Answer,
    digest::Checksums,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Kind,
};

pub(super) fn put(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let header = request.header("x-oss-symlink-target").unwrap_or_default();
    let target = names::decode(&header).ok().filter(|target| !target.is_empty());
    let target = target.ok_or_else(|| {
        let message = "The target of the symlink is missing or invalid.";
        Refusal::invalid_argument("x-oss-symlink-target", &header, message)
    })?;
    let properties = Properties::of(request)?;
    let etag = Checksums::of(target.as_bytes()).etag();
    let version_id = state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        versions::check_overwrite(change, &bucket, key, forbids_overwrite(request))?;
        let (kind, etag, segments) = (Kind::Symlink, etag.clone(), Vec::new());
        let content = Made { kind, etag, crc64: 0, md5: None, segments };
        let mut object = put::object(state, &bucket, properties, content);
        object.symlink_target = Some(target);
        versions::write(change, &bucket, key, object)
    })?;
    Ok(Answer::ok().header("etag", etag).header_if("x-oss-version-id", version_id))
}

pub(super) fn get(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let wanted = find_requested(state, request, bucket, key)?;
    let Some(target) = &wanted.object.symlink_target else {
        return Err(Refusal::new(400, "NotSymlink", "The object is not symlink."));
    };
    let mut answer = Answer::ok()
        .header("x-oss-symlink-target", names::encode(target))
        .header("etag", &wanted.object.summary.etag)
        .header("last-modified", http_date(wanted.object.summary.modified))
        .header_if("x-oss-version-id", wanted.shown_version());
    answer.headers.extend(wanted.object.headers.iter().cloned());
    Ok(answer)
}
