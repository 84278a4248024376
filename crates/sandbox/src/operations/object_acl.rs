//! PutObjectACL and GetObjectACL.

use super::{
    buckets::grant,
    properties::object_acl,
    versions::{find_requested, update},
};
use crate::{accounts, answer::Answer, incoming::Incoming, refusal::Outcome, server::State};

pub(super) fn put(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let acl = object_acl(request.header("x-oss-object-acl").unwrap_or_default())?;
    update(state, request, bucket, key, |object| {
        object.acl = acl;
        Ok(Answer::ok())
    })
}

pub(super) fn get(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let wanted = find_requested(state, request, bucket, key)?;
    let owner = state.store.view(|view| accounts::owner(view, bucket))?;
    let answer = grant(&wanted.object.acl, &owner);
    Ok(answer.header_if("x-oss-version-id", wanted.shown_version()))
}
