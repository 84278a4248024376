//! PutBucketVersioning and GetBucketVersioning.

use ossutil_protocol::xml;

use super::versions;
use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Versioning,
};

pub(super) fn put(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let status = xml::parse(&request.body, "VersioningConfiguration", |root| {
        Ok(root.text_or_empty("Status"))
    });
    let versioning = match status.map_err(|_| Refusal::malformed_xml())?.trim() {
        "Enabled" => Versioning::Enabled,
        "Suspended" => Versioning::Suspended,
        _ => return Err(Refusal::malformed_xml()),
    };
    state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        change.put_bucket(&crate::store::Bucket { versioning, ..bucket })
    })?;
    Ok(Answer::ok())
}

pub(super) fn get(state: &State, bucket: &str) -> Outcome<Answer> {
    let bucket = state.store.view(|view| versions::bucket(view, bucket))?;
    Ok(Answer::xml("VersioningConfiguration", |root| {
        root.text_if("Status", name(bucket.versioning));
    }))
}

/// The status, in a bucket that ever had versions.
pub(super) fn name(versioning: Versioning) -> Option<&'static str> {
    match versioning {
        Versioning::Off => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    }
}
